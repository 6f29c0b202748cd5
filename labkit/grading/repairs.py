"""What was repaired in a submission or is odd about it, in plain words for the instructor: one line a kind."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from labkit.notebooks import odd
from labkit.notebooks.cells import Cell
from labkit.notebooks.master import CHECK, EXERCISE, GIVEN, WRITTEN, Master
from labkit.notebooks.matching import Match
from labkit.notebooks.odd import listed
from labkit.notebooks.source import bound, python, reduced, statements, used

LONGEST_ID = 40


def notes(cells: list[Cell], master: Master, found: Match) -> Iterator[str]:
    """One line for each kind of repair."""
    named = {mine: f"`{cell.name}`" for mine, cell in enumerate(master.cells) if cell.name}
    yield from _missing(master, found)
    if edited := odd.edited_checks(cells, master, found):
        yield f"the check cell of {listed(edited)} was edited; ours was used"
    if retyped := odd.retyped(cells, master, found):
        yield f"cells of another type than the lab's, read all the same: {listed(retyped)}"
    if lost := {named[mine]: 1 for i, mine in found.ours.items() if mine in named and found.how[i] != "grade_id"}:
        yield f"cells that lost their grading metadata, found by id, text or function: {listed(lost)}"
    if twice := odd.doubled(master, found):
        yield f"more than one cell of {listed(twice)}; the first that is not empty was used"
    known = {cell.grade_id for cell in master.cells}
    if foreign := {f"`{_tame(cell.grade_id)}`": 1 for cell in cells if cell.grade_id not in known}:
        yield f"grading metadata that is not of this lab, taken as plain cells: {listed(foreign)}"
    order = [mine for i, mine in sorted(found.ours.items()) if found.how[i] in ("grade_id", "id", "name")]
    if any(one > other for one, other in pairwise(order)):
        yield "cells stand in another order; the lab's was used"
    yield from _not_run(cells, master, found)


def _missing(master: Master, found: Match) -> Iterator[str]:
    if exercises := odd.missing(master, found, EXERCISE):
        yield f"no cell of {listed(exercises)}: deleted, or an older version of the lab"
    if checks := odd.missing(master, found, CHECK):
        yield f"the check cell of {listed(checks)} is missing; ours was used"
    if answers := odd.missing(master, found, WRITTEN):
        yield f"no cell for the written answer {listed(answers)}"


def _not_run(cells: list[Cell], master: Master, found: Match) -> Iterator[str]:
    """Lines of a notebook that are not Python, and names that only an edited cell of the lab would set."""
    exercises = {i for i, mine in found.ours.items() if master.cells[mine].role == EXERCISE}
    run = exercises | {i for i, cell in enumerate(cells) if cell.kind == "code" and found.is_new(i)}
    sources = {i: python(cells[i].source) for i in run}
    if any(source != cells[i].source for i, source in sources.items()):
        yield "lines that only a notebook understands, such as %time or !pip, were left out"
    given = {cells[i].source: master.cells[mine] for i, mine in found.ours.items() if master.cells[mine].role == GIVEN}
    changed = [source for source, cell in given.items() if source.strip() != cell.source.strip()]
    unknown = {name for source in changed for name in bound(source) - master.names} - _kept(changed)
    needed = unknown & used(one for i in exercises for one in statements(sources[i]) or [])
    if needed - {name for source in sources.values() for name in bound(source)}:
        yield f"{listed(sorted(needed))} is set in one of the lab's own cells, which does not run when graded"


def _tame(grade_id: str) -> str:
    return re.sub(r"[^\w.-]", "?", grade_id[:LONGEST_ID])


def _kept(sources: list[str]) -> set[str]:
    try:
        return {name for source in sources for name in bound(reduced(source))}
    except RecursionError:  # an expression nested hundreds of times
        return set()
