import handed_in


def build(folder):
    notebook = handed_in.honest()
    graded = [cell["metadata"]["nbgrader"] for cell in notebook["cells"] if handed_in.grade_id(cell)]
    for i, one in enumerate(graded):
        one |= {"points": [float("nan"), float("inf"), -1, 99, "1", None][i % 6], "locked": True, "grade": True}
    handed_in.write(notebook, folder / "points_not_a_number.ipynb")
