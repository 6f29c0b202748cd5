import handed_in


def build(folder):
    notebook = handed_in.honest()
    notebook["cells"] += [{"cell_type": "code", "source": "1", "metadata": {}, "outputs": []}] * 100_000
    handed_in.write(notebook, folder / "hundred_thousand_cells.ipynb")
