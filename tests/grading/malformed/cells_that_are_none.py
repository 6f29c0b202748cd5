import handed_in


def build(folder):
    notebook = handed_in.honest()
    odd = [1, "two", None, {}, {"cell_type": "code"}, {"cell_type": [], "source": {"a": 1}}]
    notebook["cells"] = [*odd, *notebook["cells"], *odd]
    handed_in.write(notebook, folder / "cells_that_are_none.ipynb")
