def build(folder):
    (folder / "list_shaped.ipynb").write_text("[]")
