import handed_in


def build(folder):
    handed_in.write(handed_in.honest(), folder / "<img src=x onerror=alert(1)>.ipynb")
