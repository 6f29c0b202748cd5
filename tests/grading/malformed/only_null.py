def build(folder):
    (folder / "only_null.ipynb").write_text("null")
