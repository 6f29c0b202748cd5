import handed_in


def build(folder):
    handed_in.write(handed_in.honest(), folder / "=1+1.ipynb")
    handed_in.write(handed_in.honest(), folder / "@sum.ipynb")
    handed_in.write(handed_in.honest(), folder / "-2.ipynb")
