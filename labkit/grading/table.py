"""What a run prints at its end: a line for each submission, what needs a look and why, and totals."""

from __future__ import annotations

from collections import Counter

from labkit.grading.grades import Grade, number
from labkit.grading.work import GRADED

LONGEST_REMARK = 60
LONGEST_NAME = 24


def text(results: list[dict]) -> str:
    """The tables of all labs, then what needs a look, then totals."""
    parts = [_of_lab([one for one in results if one["lab"] == lab]) for lab in sorted({one["lab"] for one in results})]
    looked = sorted((one for one in results if one["status"] != GRADED), key=_order)
    if looked:
        parts.append("\n".join(["needs a look:", *(_shown(f"  {_who(one)}  {one['reason']}") for one in looked)]))
    return "\n\n".join([*(part for part in parts if part), _totals(results)])


def still_open(rows: list[Grade]) -> list[str]:
    """What the points do not hold yet: late days, those that nobody knows, written answers; a line each."""
    graded = [row for row in rows if row.graded]
    late = [row for row in graded if row.days]
    unknown = [row for row in graded if row.deadline and row.days is None]
    waiting = sum(len(row.waiting) for row in graded)
    said = {
        "a late penalty without a deadline takes nothing off: give --deadline": any(
            row.penalty and not row.deadline for row in graded
        ),
        f"{len(late)} late: see 'late days' and 'final' in grades.csv": late,
        f"{len(unknown)} with no known time of receipt: no late days counted, no points taken off": unknown,
        f"{waiting} written to mark, in written.html; until then they count as 0": waiting,
    }
    return [line for line, holds in said.items() if holds]


def _of_lab(results: list[dict]) -> str:
    graded = sorted((one for one in results if one["status"] == GRADED), key=_order)
    if not graded:
        return ""
    exercises = graded[0]["exercises"]
    legend = "  ".join(f"{i}: {one['name']} ({one['possible']:g})" for i, one in enumerate(exercises, 1))
    width = max(len("student"), *(len(_who(one)) for one in graded))
    columns = "".join(f"{i:>6}" for i in range(1, len(exercises) + 1))
    head = f"{'student':<{width}}{columns}{'sum':>8}{'time':>8}  remarks"
    return "\n".join([f"Lab {graded[0]['lab']}   {legend}", head, *(_line(one, width) for one in graded)])


def _line(result: dict, width: int) -> str:
    points = "".join(f"{_points(one):>6}" for one in result["exercises"])
    total = sum(one["points"] for one in result["exercises"])
    return _shown(
        f"{_who(result):<{width}}{points}{number(total):>8}{result['seconds']:>7.1f}s  {_remark(result)}"
    ).rstrip()


def _points(exercise: dict) -> str:
    return number(exercise["points"]) if exercise["attempted"] else "-"


def _who(result: dict) -> str:
    """The id, and the name where a platform's number says nothing."""
    again = f" ({result['attempt']})" if result["attempt"] > 1 else ""
    name = f" {result['name'][:LONGEST_NAME]}" if result["student"].isdecimal() and result["name"] else ""
    return result["student"][:LONGEST_NAME] + name + again


def _remark(result: dict) -> str:
    """The first note, and how many more there are; the rest is in the result's file."""
    notes = ["graded without a sandbox"] * result["unsafe"] + result["notes"]
    if not notes:
        return ""
    first = notes[0] if len(notes[0]) <= LONGEST_REMARK else f"{notes[0][: LONGEST_REMARK - 3]}..."
    return first + (f" (and {len(notes) - 1} more)" if len(notes) > 1 else "")


def _totals(results: list[dict]) -> str:
    count = Counter(one["status"] for one in results)
    words = f"{count[GRADED]} graded, {len(results) - count[GRADED]} need a look"
    return f"{words}; {sum(one['seconds'] for one in results):.0f} s of grading"


def _order(result: dict) -> tuple:
    return result["student"], result["lab"], result["attempt"]


def _shown(line: str) -> str:
    """Without what a terminal would obey: a name or a note may hold what a student wrote."""
    return "".join(letter if letter.isprintable() else "?" for letter in line)
