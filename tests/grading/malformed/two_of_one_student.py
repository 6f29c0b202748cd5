import handed_in


def build(folder):
    handed_in.write(handed_in.honest(), folder / "two_of_one_student.ipynb")
    handed_in.write(handed_in.lab("01"), folder / "TWO_of_one_student.ipynb")
