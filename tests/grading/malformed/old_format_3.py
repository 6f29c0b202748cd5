import handed_in


def build(folder):
    old = []
    for cell in handed_in.honest()["cells"]:
        code = cell["cell_type"] == "code"
        text = {"input": cell["source"], "outputs": [], "language": "python"} if code else {"source": cell["source"]}
        old.append({"cell_type": cell["cell_type"], "metadata": cell["metadata"], **text})
    notebook = {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}, "worksheets": [{"cells": old}]}
    handed_in.write(notebook, folder / "old_format_3.ipynb")
