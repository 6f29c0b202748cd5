import handed_in


def build(folder):
    handed_in.write(handed_in.honest(), folder / "dots..%2f..%2fetc.ipynb")
