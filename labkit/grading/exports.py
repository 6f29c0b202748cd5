"""The grades as files for spreadsheets, Canvas, Moodle and Gradescope.

Whose submission needs a look has no grade there, never a zero.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from pathlib import Path

from labkit.grading import sheets
from labkit.grading.grades import Grade, number

COLUMNS = ("student", "name", "lab", "points", "possible", "bonus", "manual points", "to mark", "late days", "final")
CANVAS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
MOODLE = ("Identifier", "Full name", "Status", "Grade", "Maximum grade", "Grade can be changed")
MOODLE += ("Last modified (submission)", "Last modified (grade)", "Feedback comments")
# The importers map these by hand; the names are those that Moodle's own export uses.
MOODLE_IMPORT = ("ID number", "Email address", "Full name")


def write(rows: Sequence[Grade], folder: Path) -> list[Path]:
    """Writes every export of the grades into the folder; the paths.

    Raises:
        CannotGrade: a file cannot be written.
    """
    labs = sorted({row.lab for row in rows})
    written = [
        sheets.write(folder / "grades.csv", sheets.sheet(table(rows), for_excel=True)),
        sheets.write(folder / "canvas.csv", sheets.sheet(canvas(rows))),
    ]
    for lab in labs:
        of_lab = [row for row in rows if row.lab == lab]
        written.append(sheets.write(folder / f"moodle-{lab}.csv", sheets.sheet(moodle(of_lab))))
    for row in rows:
        path = folder / "gradescope" / row.lab / f"{row.student}.json"
        if row.graded:
            written.append(sheets.write(path, json.dumps(gradescope(row), indent=1).encode()))
        else:
            path.unlink(missing_ok=True)  # of an earlier file; without a file there is no grade
    return written


def table(rows: Sequence[Grade]) -> list[list[object]]:
    """Everything, a line for each student and lab, with a column for each exercise."""
    names = list(dict.fromkeys(one["name"] for row in rows for one in row.result["exercises"]))
    lines: list[list[object]] = [[*COLUMNS, "status", "reason", "notes", *names]]
    for row in rows:
        line: list[object] = [row.student, row.name, row.lab]
        figures = [row.points, row.possible, row.bonus, row.manual]
        line += [number(one) if row.graded else "" for one in figures]
        line += [len(row.waiting) if row.graded else "", "" if row.days is None else row.days, number(row.final)]
        line += [row.result["status"], row.result["reason"], "\n".join(row.remarks)]
        points = {one["name"]: number(one["points"]) for one in row.result["exercises"]}
        lines.append(line + [points.get(name, "") for name in names])
    return lines


def canvas(rows: Sequence[Grade]) -> list[list[object]]:
    """The gradebook as Canvas imports it, a column for each lab.

    Canvas knows a student by its own `ID`, which the zip of submissions tells, else by the login. A column of an
    assignment that exists already has to be renamed to that assignment's name before the import.

    Source: Canvas Instructor Guide, "How do I import grades in the Gradebook?" and the header that "How do I export
    grades in the Gradebook?" gives; the row "Points Possible" comes before the students.
    """
    labs = sorted({row.lab for row in rows})
    possible = {row.lab: number(row.possible) for row in rows if row.graded}
    lines: list[list[object]] = [[*CANVAS, *(f"Lab {lab}" for lab in labs)]]
    lines.append(["    Points Possible", "", "", "", "", *(possible.get(lab, "") for lab in labs)])
    students: dict[str, dict[str, Grade]] = {}
    for row in rows:
        students.setdefault(row.student, {})[row.lab] = row
    for student, grades in students.items():
        row = next(iter(grades.values()))
        ids = [row.result["platform"]["id"], "", ""] if _kind(row) == "canvas" else ["", "", student]
        finals = [number(grades[lab].final) if lab in grades else "" for lab in labs]
        lines.append([row.name, *ids, "", *finals])
    return lines


def moodle(rows: Sequence[Grade]) -> list[list[object]]:
    """One lab as Moodle takes it back: the offline grading worksheet for what came as a zip from Moodle.

    For what came otherwise, a list by id or address for the import of grades into Moodle's gradebook. Moodle passes
    over a grade above the assignment's maximum, so set that to what is possible here.

    Source: MoodleDocs, "Using Assignment" (offline marking) and "Grade import"; Moodle finds the columns of the
    worksheet by these names, and needs Identifier, Grade and Last modified (grade).
    """
    of_moodle = [row for row in rows if _kind(row) == "moodle"]
    if not of_moodle:
        return _moodle_import(rows)
    lines: list[list[object]] = [list(MOODLE)]
    for row in of_moodle:
        identifier = f"Participant {row.result['platform']['id']}"
        grade = [number(row.final), number(row.possible) if row.graded else ""]
        lines.append([identifier, row.name, "Submitted for grading", *grade, "Yes", "", "", _comment(row)])
    return lines


def _moodle_import(rows: Sequence[Grade]) -> list[list[object]]:
    lines: list[list[object]] = [[*MOODLE_IMPORT, *(f"Lab {lab}" for lab in sorted({row.lab for row in rows}))]]
    for row in rows:
        ids = ["", row.student] if "@" in row.student else [row.student, ""]
        lines.append([*ids, row.name, number(row.final)])
    return lines


def _comment(row: Grade) -> str:
    """Points and hints as the HTML that Moodle shows: a name or hint in it is text, never a tag."""
    if not row.graded:
        return ""
    return "<br>".join(escape(line) for line in lines(row)).replace("\n", " ")


def gradescope(row: Grade) -> dict:
    """One student's `results.json`.

    Source: Gradescope Autograder Documentation, "Autograder Specifications", output format.
    """
    tests = [
        {
            "name": f"{one['name']}{'' if one['core'] else ' (bonus)'}",
            "score": round(one["points"], 2),
            "max_score": one["possible"],
            "output": sheets.visible("\n".join(one["hints"])) if one["attempted"] else "not attempted",
            "output_format": "text",
            "visibility": "visible",
        }
        for one in row.result["exercises"]
    ]
    output = {"output": sheets.visible("\n".join(lines(row))), "output_format": "text"}
    return {"score": row.final, **output, "visibility": "visible", "stdout_visibility": "hidden", "tests": tests}


def lines(row: Grade) -> list[str]:
    """The grade in words: the sum, each exercise with its hints, each written answer with its comment."""
    late = "" if not row.days else f", {row.days} {'day' if row.days == 1 else 'days'} late"
    said = [f"{number(row.final)} of {number(row.possible)} points{late}"]
    for one in row.result["exercises"]:
        kind = "" if one["core"] else " (bonus)"
        hints = one["hints"] if one["attempted"] else ["not attempted"]
        earned = f"{one['name']}{kind}: {number(one['points'])} of {number(one['possible'])}"
        said.append(": ".join([earned, "; ".join(hints)]) if hints else earned)
    for one in row.result["written"]:
        mark = row.marks.get(one["name"])
        earned = f"{number(mark.points)} of {number(one['possible'])}" if mark else _unmarked(one)
        said.append(f"{one['name']}: {earned}" + (f": {mark.comment}" if mark and mark.comment else ""))
    return said


def _unmarked(written: dict) -> str:
    return "not marked yet" if written["answer"].strip() else "nothing written"


def _kind(row: Grade) -> str:
    return row.result["platform"].get("kind", "")
