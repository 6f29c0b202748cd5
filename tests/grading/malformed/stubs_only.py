import handed_in


def build(folder):
    handed_in.write(handed_in.lab("01"), folder / "stubs_only.ipynb")
