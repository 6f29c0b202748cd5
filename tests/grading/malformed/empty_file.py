def build(folder):
    (folder / "empty_file.ipynb").write_bytes(b"")
