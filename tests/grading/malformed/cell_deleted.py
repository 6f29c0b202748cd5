import handed_in


def build(folder):
    notebook = handed_in.honest()
    kept = [c for c in notebook["cells"] if handed_in.grade_id(c) != "verdict" and "check(" not in handed_in.text(c)]
    handed_in.write(notebook | {"cells": kept}, folder / "cell_deleted.ipynb")
