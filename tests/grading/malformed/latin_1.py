import json

import handed_in


def build(folder):
    notebook = handed_in.with_cells('# %% written="why_edge"\nGrün, weil é')
    (folder / "latin_1.ipynb").write_bytes(json.dumps(notebook, ensure_ascii=False).encode("latin-1", "replace"))
