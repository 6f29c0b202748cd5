import handed_in


def build(folder):
    handed_in.write(handed_in.honest(), folder / "folder_with_two" / "01_benchmark.ipynb")
    handed_in.write(handed_in.lab("01"), folder / "folder_with_two" / "01_benchmark-old.ipynb")
