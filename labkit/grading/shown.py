"""A submission as a notebook to look at: the lab's own cells with the student's answers. Nothing of it runs."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

from labkit.grading import output, sheets
from labkit.grading.grades import Grade, number
from labkit.notebooks import master, matching
from labkit.notebooks.cells import Trouble
from labkit.notebooks.read import read


def write(row: Grade, path: Path, folder: Path | None = None) -> Path:
    """Writes the notebook; its path.

    Args:
        folder: the output folder with the copies of the submissions; without it the exercises stay empty.

    Raises:
        CannotGrade: it cannot be written.
    """
    return sheets.write(path, json.dumps(notebook(row, folder), indent=1, sort_keys=True).encode("utf-8", "replace"))


def notebook(row: Grade, folder: Path | None = None):
    """The lab's notebook with this student's points, hints and answers, as nbformat's node."""
    import nbformat

    shown = empty(row)
    texts = _texts(row, folder)
    earned = {f"check_{one['name']}": one for one in row.result["exercises"]}
    for position, cell in enumerate(shown.cells):
        cell.source = texts.get(position, cell.source)
        one = earned.get(cell.metadata.get("nbgrader", {}).get("grade_id"))
        if one:
            cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text=_said(one))]
    return shown


def empty(row: Grade):
    """The lab's notebook as students get it, without outputs; what each answer can earn is as in the result."""
    import nbformat
    from nbgrader.utils import compute_checksum

    lab = nbformat.from_dict(json.loads(_text(row.lab)))
    possible = {f"check_{one['name']}": one["possible"] for one in row.result["exercises"]}
    possible |= {one["name"]: one["possible"] for one in row.result["written"]}
    for cell in lab.cells:
        cell.source = "".join(cell.source)
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        if says := cell.metadata.get("nbgrader"):
            if says.grade:
                says.points = possible.get(says.grade_id, says.points)
            says.checksum = compute_checksum(cell)
    return lab


def compact(value: object) -> str:
    """JSON on one line."""
    return json.dumps(value, sort_keys=True)


@lru_cache(maxsize=16)
def _text(lab: str) -> str:
    return master.path(lab).read_text(encoding="utf-8")


@lru_cache(maxsize=16)
def _master(lab: str) -> master.Master:
    return master.load(lab)


def _texts(row: Grade, folder: Path | None) -> dict[int, str]:
    """What the student wrote, by the position of the lab's cell."""
    ours = _master(row.lab)
    answers = {one["name"]: one["answer"] for one in row.result["written"] if one["answer"].strip()}
    texts = {i: answers[cell.name] for i, cell in enumerate(ours.cells) if cell.name in answers}
    if folder is None:
        return texts
    try:
        copy = output.copy_path(folder, row.lab, row.result["sha256"])
        cells = read(copy.read_bytes())
        found = matching.match(cells, ours).theirs()
    except (Trouble, OSError):
        return texts
    exercises = [i for i, cell in enumerate(ours.cells) if cell.role == master.EXERCISE and i in found]
    return texts | {i: cells[found[i]].source for i in exercises}


def _said(one: dict) -> str:
    """As the check cell of the lab prints it."""
    if not one["attempted"]:
        return f"{one['name']}: not attempted\n"
    head = f"{one['name']}: {number(one['points'])} of {number(one['possible'])} points"
    return "\n".join([head, *(f"  wrong: {hint}" for hint in one["hints"])]) + "\n"
