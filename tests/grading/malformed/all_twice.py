import handed_in


def build(folder):
    notebook = handed_in.honest()
    handed_in.write(notebook | {"cells": notebook["cells"] * 2}, folder / "all_twice.ipynb")
