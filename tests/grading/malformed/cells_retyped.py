import handed_in


def build(folder):
    notebook = handed_in.honest()
    for cell in notebook["cells"]:
        name = handed_in.grade_id(cell)
        if name in ("throughput", "why_edge") or name.startswith("check_"):
            cell["cell_type"] = {"throughput": "markdown", "why_edge": "code"}.get(name, "raw")
    handed_in.write(notebook, folder / "cells_retyped.ipynb")
