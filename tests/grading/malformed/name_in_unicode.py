import handed_in


def build(folder):
    handed_in.write(handed_in.honest(), folder / "Zo\u00eb \u202egnp.ipynb")
