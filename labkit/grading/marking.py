"""Points for written answers: taken from a file into the gradebook, and everything written again."""

from __future__ import annotations

from pathlib import Path

from labkit.grading import output
from labkit.grading.gradebook import Gradebook
from labkit.grading.manual import read
from labkit.notebooks.cells import Refused

__all__ = ["mark", "read"]


def mark(folder: Path, points: Path | None = None) -> str:
    """What was done, in words. Without `points` the page for marking is written; with it, its points are taken.

    Args:
        folder: that `labkit grade` wrote.
        points: manual.csv, as the page or a spreadsheet saved it.

    Raises:
        Refused: the folder or a line of the file is wrong; nothing is stored then.
        CannotGrade: the gradebook or a file cannot be written.
    """
    folder = Path(folder)
    if not (folder / "results").is_dir():
        raise Refused(f"no graded submission is in {folder}: give the folder that `labkit grade` wrote")
    with output.locked(folder), Gradebook(folder) as book:
        said = ""
        if points is not None:
            before = _given(book)
            book.mark(read(Path(points), book.rows()))
            said = _said(before, _given(book))
        book.publish()
        waiting = sum(len(row.waiting) for row in book.rows())
        changed = sum(len(row.changed) for row in book.rows())
    left = f"{waiting} written {'answer waits' if waiting == 1 else 'answers wait'} to be marked"
    left += f"; {changed} changed since they were marked" if changed else ""
    return f"{said}{left}\nto mark them, open {folder / 'written.html'} in a browser"


def _given(book: Gradebook) -> dict:
    return {
        (row.student, row.lab, name): (mark.points, mark.comment)
        for row in book.rows()
        for name, mark in row.marks.items()
    }


def _said(before: dict, after: dict) -> str:
    new = sum(key not in before for key in after)
    other = sum(key in before and before[key] != given for key, given in after.items())
    gone = sum(key not in after for key in before)
    return f"points given: {new} new, {other} changed, {gone} taken back\n"
