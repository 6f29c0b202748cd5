"""What a student gets: one HTML page a lab, which needs nothing else. All texts in it are shown as text."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from html import escape
from pathlib import Path

from labkit.grading import late, sheets
from labkit.grading.grades import Grade, number
from labkit.report.page import page

NOT_GRADED = (
    "Your file could not be graded yet. A person will look at it, and nothing is lost; you need not do anything unless "
    "you are asked to."
)
BONUS = "Bonus points make up for points that were lost elsewhere, up to what is possible."


def write(rows: Sequence[Grade], folder: Path) -> list[Path]:
    """Writes `feedback/LAB/STUDENT.html` for each, and `feedback/moodle-LAB.zip` for what came from Moodle; the paths.

    Raises:
        CannotGrade: a file cannot be written.
    """
    pages = [(row, sheets.visible(html(row)).encode()) for row in rows]
    written = [sheets.write(folder / "feedback" / row.lab / f"{row.student}.html", page) for row, page in pages]
    for lab in sorted({row.lab for row in rows if _is_moodles(row)}):
        content = _for_moodle([(row, page) for row, page in pages if row.lab == lab and _is_moodles(row)])
        written.append(sheets.write(folder / "feedback" / f"moodle-{lab}.zip", content))
    return written


def _is_moodles(row: Grade) -> bool:
    return row.result["platform"].get("kind") == "moodle"


def _for_moodle(pages: Sequence[tuple[Grade, bytes]]) -> bytes:
    """The zip of "Upload multiple feedback files in a zip", where Moodle tells by its own names whose a file is.

    Source: Moodle, mod/assign/feedback/file/importziplib.php.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as bundle:
        for row, page in pages:
            name = re.sub(r"[^\w .'-]|_", " ", row.name).lstrip(". ")
            name = f"{name}_{row.result['platform']['id']}_assignsubmission_file_feedback-{row.lab}.html"
            bundle.writestr(zipfile.ZipInfo(name), page)
    return packed.getvalue()


def html(row: Grade) -> str:
    """The page of one student and lab."""
    who = f"<p>{escape(row.name)}</p>"
    if not row.graded:
        body = f"<p><strong>{NOT_GRADED}</strong></p><p>What stood in the way: {escape(row.result['reason'])}</p>"
        return page(f"Lab {row.lab}", who + body)
    return page(f"Lab {row.lab}", "\n".join([who, _sum(row), _exercises(row), _written(row), _notes(row)]))


def _sum(row: Grade) -> str:
    still = f" {len(row.waiting)} of your written answers still to be marked." if row.waiting else ""
    points = f"<p><strong>{number(row.final)} of {number(row.possible)} points.</strong>{still}</p>"
    return points + "".join(f"<p>{escape(said)}</p>" for said in (_arithmetic(row), _lateness(row)) if said)


def _arithmetic(row: Grade) -> str:
    """How the points came about."""
    said = f"{number(row.points)} for the core exercises, {number(row.manual)} for written answers"
    if all(one["core"] for one in row.result["exercises"]):
        return f"{said}."
    return f"{said}, {number(row.bonus)} as a bonus: {number(row.earned)} of {number(row.possible)}. {BONUS}"


def _lateness(row: Grade) -> str:
    if row.deadline is None or row.days is None:
        return ""
    due = f"{row.deadline:%Y-%m-%d %H:%M %z}"
    if not row.days:
        return f"Received in time (deadline {due})."
    said = f"Received {row.days} {'day' if row.days == 1 else 'days'} after the deadline, {due}"
    if not row.penalty:
        return f"{said}; that costs nothing."
    kept = late.keep(row.days, row.penalty)
    off = f"{row.days} times {row.penalty:g} % are taken off" if kept else "nothing is left of the points"
    return f"{said}: {off}, {number(row.earned)} times {kept:g} = {number(row.final)}."


def _exercises(row: Grade) -> str:
    return f"<h2>Exercises</h2><dl>{''.join(map(_exercise, row.result['exercises']))}</dl>"


def _exercise(one: dict) -> str:
    kind = "core" if one["core"] else "bonus"
    points = f"{number(one['points'])} of {number(one['possible'])}"
    said = ["correct" if one["points"] >= one["possible"] else "not right yet"]
    said = (one["hints"] or said) if one["attempted"] else ["not attempted"]
    hints = "".join(f"<dd>{escape(hint)}</dd>" for hint in said)
    return f"<dt><strong>{escape(one['name'])}</strong> ({kind}): {points}</dt>{hints}"


def _written(row: Grade) -> str:
    if not row.result["written"]:
        return ""
    return "<h2>Written answers</h2>" + "".join(_answer(row, one) for one in row.result["written"])


def _answer(row: Grade, one: dict) -> str:
    mark = row.marks.get(one["name"])
    if mark:
        points = f"{number(mark.points)} of {number(one['possible'])} points"
    else:
        points = (
            "not marked yet" if one["answer"].strip() else f"nothing written, 0 of {number(one['possible'])} points"
        )
    comment = f'<p class="text">{escape(mark.comment)}</p>' if mark and mark.comment else ""
    return f"<h3>{escape(one['name'])}: {points}</h3>{comment}"


def _notes(row: Grade) -> str:
    notes = row.result["notes"]
    if not notes:
        return ""
    items = "".join(f"<li>{escape(note)}</li>" for note in notes)
    return f"<h2>Notes on your file</h2><ul>{items}</ul>"
