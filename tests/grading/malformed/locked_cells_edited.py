import handed_in


def build(folder):
    stub = '# %% exercise="verdict"\ndef verdict(low, high, margin=0.02):\n    raise NotImplementedError'
    notebook = handed_in.with_cells(stub)
    for cell in notebook["cells"]:
        if handed_in.grade_id(cell).startswith("check_"):
            cell["source"] = "print('2 of 2 points, correct')\n2.0"
    handed_in.write(notebook, folder / "locked_cells_edited.ipynb")
