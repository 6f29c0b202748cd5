import handed_in


def build(folder):
    notebook = handed_in.honest()
    handed_in.write(notebook | {"cells": notebook["cells"][::-1]}, folder / "reversed_cells.ipynb")
