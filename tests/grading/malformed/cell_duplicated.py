import handed_in


def build(folder):
    notebook = handed_in.honest()
    place = handed_in.position(notebook, "verdict")
    right, check = notebook["cells"][place : place + 2]
    notebook["cells"][place + 1 : place + 1] = [right | {"source": "def verdict(*_):\n    return 'same'"}, *[check] * 5]
    handed_in.write(notebook, folder / "cell_duplicated.ipynb")
