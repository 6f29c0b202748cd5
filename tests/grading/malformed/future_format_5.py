import handed_in


def build(folder):
    handed_in.write(handed_in.honest() | {"nbformat": 5}, folder / "future_format_5.ipynb")
