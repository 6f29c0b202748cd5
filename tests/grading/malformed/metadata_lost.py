import handed_in


def build(folder):
    notebook = handed_in.honest()
    for cell in notebook["cells"]:
        cell["metadata"] = {}
        cell.pop("id", None)
    handed_in.write(notebook | {"metadata": {}}, folder / "metadata_lost.ipynb")
