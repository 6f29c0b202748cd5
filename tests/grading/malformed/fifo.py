import os


def build(folder):
    os.mkfifo(folder / "fifo.ipynb")
