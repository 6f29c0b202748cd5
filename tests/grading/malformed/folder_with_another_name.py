import handed_in


def build(folder):
    handed_in.write(handed_in.honest(), folder / "folder_with_another_name" / "Untitled12 (copy).ipynb")
