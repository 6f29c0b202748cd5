import handed_in


def build(folder):
    handed_in.write(handed_in.honest(), folder / 'O\'Brien "the" student.ipynb')
