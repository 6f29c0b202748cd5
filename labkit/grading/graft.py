"""Puts a student's answers into the lab's own notebook: nothing but the text of their cells comes along."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from labkit.grading.repairs import notes
from labkit.grading.work import Step, Work, Written
from labkit.notebooks.cells import Cell, Trouble
from labkit.notebooks.master import CHECK, EXERCISE, WRITTEN, Master
from labkit.notebooks.matching import Match, lab_of, match
from labkit.notebooks.source import added, functions, pieces, python

LONGEST_CELL, LONGEST_CODE, MOST_EXTRA = 200_000, 500_000, 300  # characters, characters, cells


def graft(cells: list[Cell], master: Master) -> Work:
    """The submission's answers and extra cells among the lab's own code, in the lab's order.

    Raises:
        Trouble: it is another notebook, or too much.
    """
    _check_sizes(cells)
    cells = [replace(cell, source=re.sub("\r\n?", "\n", cell.source)) for cell in cells]
    found = match(cells, master)
    if not any(master.cells[mine].grade_id for mine in found.ours.values()):
        other = lab_of(cells)
        hint = f"; it is a notebook of lab {other}" if other and other != master.lab else ""
        raise Trouble(f"none of the exercises of lab {master.lab} is in this notebook{hint}")
    extra = sum(cell.kind == "code" and found.is_new(i) for i, cell in enumerate(cells))
    if extra > MOST_EXTRA:
        raise Trouble(f"the notebook has {extra:,} code cells beside the lab's own, more than {MOST_EXTRA}")
    steps = tuple(_apart(_steps(cells, master, found), set(master.left_out)))
    return Work(master.lab, steps, tuple(_written(cells, master, found)), tuple(notes(cells, master, found)))


def _check_sizes(cells: list[Cell]) -> None:
    code = [(i, len(cell.source)) for i, cell in enumerate(cells, 1) if cell.kind == "code"]
    for i, length in code:
        if length > LONGEST_CELL:
            raise Trouble(f"cell {i} of the notebook has {length:,} characters of code, more than {LONGEST_CELL:,}")
    if (total := sum(length for _, length in code)) > LONGEST_CODE:
        raise Trouble(f"the notebook has {total:,} characters of code, more than {LONGEST_CODE:,}")


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
    ours = master.cells[found.ours[position]] if position in found.ours else None
    if ours and ours.role == EXERCISE:
        return Step(f"the cell of `{ours.name}`", python(cell.source), ours.name)
    if cell.kind != "code" or position in found.copies or (ours and ours.role in (CHECK, WRITTEN)):
        return None
    if found.is_new(position):
        return Step(f"an extra cell (cell {position + 1})", python(cell.source)) if cell.source.strip() else None
    new = "" if ours and ours.source.strip() == cell.source.strip() else added(cell.source, master.statements)
    return Step(f"a change of one of the lab's own cells (cell {position + 1})", new) if new else None


def _apart(steps: Iterator[Step], missing: set[str]) -> Iterator[Step]:
    """The steps, those of the student cut where a statement needs what is left out: it fails, and the rest runs."""
    for step in steps:
        if step.given:
            yield step
            continue
        cut = list(pieces(step.source, missing)) or [step.source]
        whole = next((i for i, piece in enumerate(cut) if step.exercise in functions(piece)), len(cut) - 1)
        for i, piece in enumerate(cut):
            yield replace(step, source=piece, exercise=step.exercise if i == whole else "")


def _written(cells: list[Cell], master: Master, found: Match) -> Iterator[Written]:
    theirs = found.theirs()
    for mine, cell in enumerate(master.cells):
        if cell.role == WRITTEN:
            text = cells[theirs[mine]].source if mine in theirs else ""
            yield Written(cell.name, cell.question, text.replace(cell.source.strip(), "").strip(), cell.possible)
