import handed_in


def build(folder):
    cells = [{"cell_type": "code", "source": "def fibonacci(n):\n    return n", "metadata": {}, "outputs": []}]
    handed_in.write(handed_in.honest() | {"cells": cells}, folder / "wrong_notebook.ipynb")
