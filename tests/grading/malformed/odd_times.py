import os

import handed_in


def build(folder):
    for name, seconds in (("early", 0), ("late", 13_600_000_000)):
        path = folder / f"odd_times_{name}.ipynb"
        handed_in.write(handed_in.honest(), path)
        os.utime(path, (seconds, seconds))
