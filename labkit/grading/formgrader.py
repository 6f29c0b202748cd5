"""The grades in nbgrader's own gradebook, through its API: formgrader shows them, and answers can be marked there.

nbgrader knows no bonus: its sum holds the points of the further exercises in full.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from labkit.grading import late, sheets, shown
from labkit.grading.grades import Grade
from labkit.grading.work import CannotGrade
from labkit.notebooks import master
from labkit.notebooks.cells import Refused

NAME = "gradebook.db"  # where nbgrader looks unless its course says otherwise
BUSY_SECONDS = 60.0
NO_RESPONSE = "No response."  # as nbgrader says


def write(rows: Sequence[Grade], course: Path, folder: Path | None = None) -> None:
    """Writes what was graded into the course's `gradebook.db`, and the notebooks into its `autograded/`.

    Points given by hand in formgrader stay, unless our gradebook has points for the same answer. The same call again
    changes nothing.

    Args:
        course: nbgrader's course folder; it is made if it is not there.
        folder: the output folder, whose copies of the submissions have the students' code.

    Raises:
        Refused: nbgrader is not installed.
        CannotGrade: its gradebook is in use, or cannot be written.
    """
    try:
        from nbgrader.api import Gradebook
        from sqlalchemy.exc import DBAPIError, SAWarning
    except ModuleNotFoundError:
        raise Refused("nbgrader is not installed here: `python tools/install.py --with grading` brings it") from None
    course = Path(course)
    graded = sorted((row for row in rows if row.graded), key=lambda row: (row.lab, row.student))
    try:
        course.mkdir(parents=True, exist_ok=True)
        if not (course / NAME).exists():
            _make(course / NAME)
        with warnings.catch_warnings(), Gradebook(_address(course / NAME)) as book:
            warnings.simplefilter("ignore", SAWarning)  # nbgrader's own habits
            for lab, some in groupby(graded, key=lambda row: row.lab):
                _write_lab(book, lab, list(some), course, folder)
    except (DBAPIError, OSError) as error:
        why = getattr(error, "orig", None) or error
        raise CannotGrade(
            f"cannot write {course / NAME} ({why}): close what uses it, and run the same command again; nothing is lost"
        ) from None


def _make(path: Path) -> None:
    """An empty gradebook, whole or not there: nbgrader runs the program `alembic` of this environment to make one."""
    from nbgrader.api import Gradebook

    unfinished = path.with_name(f".{path.name}.part")
    unfinished.unlink(missing_ok=True)
    before = os.environ.get("PATH", os.defpath)
    try:
        os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), before])
        Gradebook(_address(unfinished)).close()
        os.replace(unfinished, path)
    finally:
        os.environ["PATH"] = before
        unfinished.unlink(missing_ok=True)


def _address(path: Path):
    from sqlalchemy import URL

    return URL.create("sqlite", database=str(path.resolve()), query={"timeout": str(BUSY_SECONDS)})


def _write_lab(book, lab: str, rows: list[Grade], course: Path, folder: Path | None) -> None:
    name = master.path(lab).stem
    _write_cells(book, name, rows[0])
    source = course / "source" / name
    if not source.exists():  # formgrader lists only labs that are there
        sheets.write(source / f"{name}.ipynb", master.path(lab).read_bytes())
    for row in rows:
        _write_row(book, name, row, course)
        shown.write(row, course / "autograded" / row.student / name / f"{name}.ipynb", folder)


def _write_cells(book, name: str, row: Grade) -> None:
    """The lab as nbgrader knows it after `generate_assignment`: its notebook, and what in it is graded."""
    from nbgrader import utils

    book.update_or_create_assignment(name, **({"duedate": row.deadline} if row.deadline else {}))
    notebook = shown.empty(row)
    kernel = shown.compact(notebook.metadata.get("kernelspec", {}))
    book.update_or_create_notebook(name, name, kernelspec=kernel)
    for cell in notebook.cells:
        says = cell.metadata.get("nbgrader", {})
        if says.get("grade"):
            graded = {"max_score": float(says["points"]), "cell_type": cell.cell_type}
            book.update_or_create_grade_cell(says["grade_id"], name, name, **graded)
        if says.get("solution"):
            book.update_or_create_solution_cell(says["grade_id"], name, name)
        if says:
            source = {"source": cell.source, "locked": says["locked"], "checksum": utils.compute_checksum(cell)}
            book.update_or_create_source_cell(says["grade_id"], name, name, cell_type=cell.cell_type, **source)


def _write_row(book, name: str, row: Grade, course: Path) -> None:
    _add_student(book, row)
    book.update_or_create_submission(name, row.student, timestamp=_timestamp(name, row, course))
    submitted = book.find_submission_notebook(name, name, row.student)
    grades, comments = _grades(book, submitted), {one.name: one for one in submitted.comments}
    for one in row.result["exercises"]:
        grade, comment = grades[f"check_{one['name']}"], comments[one["name"]]
        if grade.auto_score != one["points"]:
            grade.auto_score, grade.needs_manual_grade = one["points"], grade.manual_score is not None
        else:
            grade.needs_manual_grade = grade.needs_manual_grade and grade.manual_score is not None
        comment.auto_comment = "\n".join(one["hints"]) or None
    for one in row.result["written"]:
        _write_answer(row, one, grades[one["name"]], comments[one["name"]])
    total = row.points + row.manual + row.bonus
    submitted.late_submission_penalty = total * (1 - late.keep(row.days, row.penalty))
    book.db.commit()


def _write_answer(row: Grade, one: dict, grade, comment) -> None:
    mark, is_empty = row.marks.get(one["name"]), not one["answer"].strip()
    grade.auto_score = 0.0 if is_empty else None
    comment.auto_comment = NO_RESPONSE if is_empty else None
    if mark:
        grade.manual_score = mark.points
        comment.manual_comment = mark.comment or comment.manual_comment
    grade.needs_manual_grade = not is_empty and grade.manual_score is None


def _add_student(book, row: Grade) -> None:
    """Adds the student; one that is there keeps the names that it has."""
    from nbgrader.api import MissingEntry

    try:
        book.find_student(row.student)
    except MissingEntry:
        first, _, last = row.name.rpartition(" ")
        book.add_student(row.student, first_name=first or None, last_name=last)


def _grades(book, submitted) -> dict:
    """The grades of a submission by cell; those of cells that the lab got later are added."""
    from nbgrader.api import Comment
    from nbgrader.api import Grade as Points

    have = {one.name for one in submitted.grades}
    new = [cell for cell in submitted.notebook.grade_cells if cell.name not in have]
    book.db.add_all(Points(cell_id=cell.id, notebook=submitted) for cell in new)
    have = {one.name for one in submitted.comments}
    new = [cell for cell in submitted.notebook.solution_cells if cell.name not in have]
    book.db.add_all(Comment(cell_id=cell.id, notebook=submitted) for cell in new)
    book.db.commit()
    return {one.name: one for one in submitted.grades}


def _timestamp(name: str, row: Grade, course: Path) -> str | None:
    """The time that nbgrader itself finds: with another one, formgrader takes the submission for not graded."""
    path = course / "submitted" / row.student / name / "timestamp.txt"
    if not path.is_file() or path.is_symlink():
        return None
    return path.read_text(encoding="utf-8", errors="replace")[:100].strip()
