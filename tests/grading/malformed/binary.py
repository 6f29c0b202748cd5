import gzip

import handed_in


def build(folder):
    path = folder / "binary.ipynb"
    handed_in.write(handed_in.honest(), path)
    path.write_bytes(gzip.compress(path.read_bytes()))
