import handed_in


def build(folder):
    notebook = handed_in.honest()
    for i, cell in enumerate(notebook["cells"]):
        if not handed_in.grade_id(cell):
            cell["metadata"] = [{"nbgrader": [1]}, {"nbgrader": {"grade_id": ["x"]}}, {"tags": 7}, {"x": "y" * 10_000}][
                i % 4
            ]
            cell["id"] = [7, None, "x" * 10_000, ["setup"]][i % 4]
    handed_in.write(notebook, folder / "odd_metadata.ipynb")
