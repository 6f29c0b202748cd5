def build(folder):
    (folder / "link_to_nowhere.ipynb").symlink_to("/nowhere/at/all")
