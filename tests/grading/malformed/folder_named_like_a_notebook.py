def build(folder):
    (folder / "folder_empty.ipynb").mkdir()
    (folder / "folder_deep" / "/".join("d" * 40)).mkdir(parents=True)
