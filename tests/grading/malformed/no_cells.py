import handed_in


def build(folder):
    handed_in.write(handed_in.honest() | {"cells": []}, folder / "no_cells.ipynb")
