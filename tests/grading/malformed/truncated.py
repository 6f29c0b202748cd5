import handed_in


def build(folder):
    path = folder / "truncated.ipynb"
    handed_in.write(handed_in.honest(), path)
    path.write_bytes(path.read_bytes()[:-5000])
