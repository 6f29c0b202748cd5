def build(folder):
    (folder / "link_to_another.ipynb").symlink_to("honest_first.ipynb")
