import handed_in


def build(folder):
    notebook = handed_in.honest()
    cells = notebook["cells"][: handed_in.position(notebook, "devices_that_fit") - 3]
    gone = {"grade_id": "old_exercise", "solution": True, "grade": False, "locked": False, "schema_version": 3}
    cells.append(
        {
            "cell_type": "code",
            "source": "def old_exercise():\n    return 1",
            "metadata": {"nbgrader": gone},
            "outputs": [],
        }
    )
    handed_in.write(notebook | {"cells": cells}, folder / "old_release.ipynb")
