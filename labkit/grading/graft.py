"""Puts a student's answers into the lab's own notebook: nothing but the text of their cells comes along."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from labkit.grading.master import CHECK, EXERCISE, GIVEN, WRITTEN, Master, bound, reduced
from labkit.grading.matching import UNREADABLE, Match, labs_in, match
from labkit.grading.work import Cell, Step, Trouble, Work, Written

LONGEST_CELL, LONGEST_CODE, MOST_EXTRA = 200_000, 2_000_000, 300
MAGIC = re.compile(r"[ \t]*([%!?].*|[\w.]+\?{1,2}|[\w, \t]+=[ \t]*[%!].*)[ \t]*")
PYTHON_BELOW = re.compile(r"%%(time|timeit|capture|prun)\b.*")
LISTED = 5


def lab_of(cells: list[Cell]) -> str | None:
    """The lab that most graded cells of a notebook belong to, such as "02"; None where there is none."""
    found = labs_in(cells)
    return max(sorted(found), key=found.__getitem__) if found else None


def graft(cells: list[Cell], master: Master) -> Work:
    """The submission's answers and extra cells among the lab's own code, in the lab's order.

    Raises:
        Trouble: it is another notebook, or too much.
    """
    found = match(cells, master)
    graded = {mine for mine in found.ours.values() if master.cells[mine].grade_id}
    if not graded:
        other = lab_of(cells)
        hint = f"; it is a notebook of lab {other}" if other and other != master.lab else ""
        raise Trouble(f"none of the exercises of lab {master.lab} is in this notebook{hint}")
    _check_sizes(cells, found)
    steps = tuple(_steps(cells, master, found))
    return Work(master.lab, steps, tuple(_written(cells, master, found)), tuple(_notes(cells, master, found)))


def left_out_names(master: Master) -> frozenset[str]:
    """Names that the lab's notebook sets, but which are not there when graded: what trains or measures is left out."""
    given = master.by_role(GIVEN)
    there = {name for cell in given for name in bound(cell.given)} | {one.name for one in master.exercises}
    return frozenset(name for cell in given for name in bound(cell.source)) - there


def python(source: str) -> str:
    """A cell's code with `pass` for what only a notebook understands, such as `%time` and `!pip`; lines stay lines."""
    first, _, below = source.partition("\n")
    if first.startswith("%%"):
        return f"pass\n{python(below)}" if PYTHON_BELOW.fullmatch(first) else "pass"
    try:
        ast.parse(source)
    except UNREADABLE:
        return "\n".join(_plain(line) for line in source.split("\n"))
    return source


def _plain(line: str) -> str:
    return line[: len(line) - len(line.lstrip())] + "pass" if MAGIC.fullmatch(line) else line


def _check_sizes(cells: list[Cell], found: Match) -> None:
    code = {i: cell for i, cell in enumerate(cells) if cell.kind == "code" or i in found.ours}
    for i, cell in code.items():
        if len(cell.source) > LONGEST_CELL:
            raise Trouble(f"cell {i + 1} has {len(cell.source):,} characters, more than {LONGEST_CELL:,}")
    if (total := sum(len(cell.source) for cell in code.values())) > LONGEST_CODE:
        raise Trouble(f"its cells have {total:,} characters of code, more than {LONGEST_CODE:,}")
    if (extra := sum(found.is_new(i) for i in code)) > MOST_EXTRA:
        raise Trouble(f"it has {extra:,} code cells beside the lab's own, more than {MOST_EXTRA}")


def _steps(cells: list[Cell], master: Master, found: Match) -> Iterator[Step]:
    """The lab's own code and the student's, each of the student's after the cell of the lab that it follows."""
    following: dict[int, list[Step]] = {}
    at = -1
    for i, cell in enumerate(cells):
        at = found.ours.get(i, at)
        if step := _students(i, cell, master, found):
            following.setdefault(at, []).append(step)
    answered = {step.exercise for some in following.values() for step in some}
    yield from following.get(-1, [])
    for mine, cell in enumerate(master.cells):
        if cell.given:
            yield Step(f"the lab's own cell {cell.id}", cell.given, given=True)
        if cell.role == EXERCISE and cell.name not in answered:
            yield Step(f"the cell of `{cell.name}`", cell.source, cell.name)
        yield from following.get(mine, [])


def _students(position: int, cell: Cell, master: Master, found: Match) -> Step | None:
    """What of this cell of the submission runs; None where nothing does."""
    where = f"(cell {position + 1})"
    role = master.cells[found.ours[position]].role if position in found.ours else ""
    if role == EXERCISE:
        name = master.cells[found.ours[position]].name
        return Step(f"the cell of `{name}`", python(cell.source), name)
    if cell.kind != "code" or role in (CHECK, WRITTEN) or position in found.copies or not cell.source.strip():
        return None
    if found.is_new(position):
        return Step(f"an extra cell {where}", python(cell.source))
    added = _added(cell.source, master)
    return Step(f"a change of a given cell {where}", added) if added else None


def _added(source: str, master: Master) -> str:
    """The imports, functions and constants that a student wrote into a given cell."""
    try:
        return reduced(python(source), master.statements())
    except UNREADABLE:
        return ""


def _written(cells: list[Cell], master: Master, found: Match) -> Iterator[Written]:
    theirs = found.theirs()
    for mine, cell in enumerate(master.cells):
        if cell.role == WRITTEN:
            text = cells[theirs[mine]].source if mine in theirs else ""
            yield Written(cell.name, cell.question, text.replace(cell.source.strip(), "").strip(), cell.possible)


def _notes(cells: list[Cell], master: Master, found: Match) -> Iterator[str]:
    """What was repaired or is odd, one line a kind."""
    theirs = found.theirs()
    by_role = {role: [m for m, c in enumerate(master.cells) if c.role == role] for role in (EXERCISE, CHECK, WRITTEN)}
    named = {m: f"`{c.name}`" for m, c in enumerate(master.cells)}
    missing = {role: [named[m] for m in some if m not in theirs] for role, some in by_role.items()}
    graded = [m for some in by_role.values() for m in some if m in theirs]
    lost = [named[m] for m in graded if found.how[theirs[m]] != "grade_id"]
    if missing[EXERCISE]:
        yield f"no cell of {_list(missing[EXERCISE])}: deleted, or an older version of the lab"
    if missing[CHECK]:
        yield f"the check cell of {_list(missing[CHECK])} is missing; ours was used"
    if missing[WRITTEN]:
        yield f"no cell for the written answer {_list(missing[WRITTEN])}"
    edited = [m for m in by_role[CHECK] if m in theirs and cells[theirs[m]].source.strip() != master.cells[m].source]
    if edited:
        yield f"the check cell of {_list(named[m] for m in edited)} was edited; ours was used"
    if lost:
        yield f"cells without their grading metadata, found by id, text or function: {_list(dict.fromkeys(lost))}"
    yield from _odd(cells, master, found, named)


def _odd(cells: list[Cell], master: Master, found: Match, named: dict[int, str]) -> Iterator[str]:
    twice = dict.fromkeys(named[m] for m in found.copies.values() if master.cells[m].grade_id)
    if twice:
        yield f"more than one cell of {_list(twice)}; the first that is not empty counts"
    kinds = {EXERCISE: "code", CHECK: "code", WRITTEN: "markdown"}
    retyped = [
        f"{named[m]} ({cells[i].kind})"
        for i, m in found.ours.items()
        if cells[i].kind != kinds.get(master.cells[m].role, cells[i].kind)
    ]
    if retyped:
        yield f"cells of another type than ours, read all the same: {_list(retyped)}"
    known = {cell.grade_id for cell in master.cells}
    foreign = dict.fromkeys(f"`{cell.grade_id[:60]}`" for cell in cells if cell.grade_id and cell.grade_id not in known)
    if foreign:
        yield f"grading metadata that this lab does not have, taken as plain cells: {_list(foreign)}"
    order = [m for i, m in sorted(found.ours.items()) if found.how[i] in ("grade_id", "id", "name")]
    if order != sorted(order):
        yield "cells stand in another order; ours was used"
    if any(python(cell.source) != cell.source for i, cell in enumerate(cells) if _runs(i, cell, master, found)):
        yield "lines that only a notebook understands (such as %time or !pip) were left out"


def _runs(position: int, cell: Cell, master: Master, found: Match) -> bool:
    ours = found.ours.get(position)
    return master.cells[ours].role == EXERCISE if ours is not None else cell.kind == "code" and found.is_new(position)


def _list(names) -> str:
    names = list(names)
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return ", ".join(names[:LISTED]) + more
