import handed_in


def build(folder):
    notebook = handed_in.honest()
    one, other = (notebook["cells"][handed_in.position(notebook, name)] for name in ("throughput", "verdict"))
    one["metadata"], other["metadata"] = other["metadata"], one["metadata"]
    one["id"], other["id"] = other["id"], one["id"]
    handed_in.write(notebook, folder / "names_swapped.ipynb")
