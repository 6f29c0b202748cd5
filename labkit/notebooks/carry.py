"""A lab's clean notebook with a student's answers and own cells in it. What comes along is what the grader reads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from labkit.notebooks import odd
from labkit.notebooks.cells import Cell
from labkit.notebooks.master import CHECK, EXERCISE, TEXT, WRITTEN, Master
from labkit.notebooks.matching import OUR_ID, Match
from labkit.notebooks.source import added, functions

ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
FROM_OURS = "# from cell {}, one of the lab's own, which had been changed\n"


@dataclass(frozen=True)
class Theirs:
    """A student's notebook, each cell matched with the lab's. `attachments` are pasted pictures, by position."""

    cells: list[Cell]
    attachments: dict[int, dict]
    master: Master
    found: Match

    def answered(self, mine: int) -> bool:
        """Whether the exercise or written answer at `mine` of the lab holds something of the student's."""
        i = self.found.theirs().get(mine)
        return i is not None and self.cells[i].source.strip() not in ("", self.master.cells[mine].source.strip())


def cells(ours: list[dict], theirs: Theirs) -> Iterator[dict]:
    """The lab's own cells with the student's answers in them, each followed by what the student put below it."""
    following, ids = own(theirs), {cell["id"] for cell in ours}
    for mine, cell in enumerate([None, *ours], start=-1):
        if cell is not None:
            yield _answered(cell, mine, theirs)
        for i, source in following.get(mine, {}).items():
            yield _new(theirs.cells[i], source, theirs.attachments.get(i), ids)


def own(theirs: Theirs) -> dict[int, dict[int, str]]:
    """By position in the lab, what to put below it: the texts of the student's own, by position in their notebook."""
    following, at = {}, -1
    for i in range(len(theirs.cells)):
        at = theirs.found.ours.get(i, at)
        if source := brought(i, theirs):
            following.setdefault(at, {})[i] = source
    return following


def brought(i: int, theirs: Theirs) -> str:
    """Of a cell that is no answer: all of the student's own cell, or what was added to one of the lab's.

    Of code that is what the grader takes: imports, functions, constants. Of text it is whole lines, if none is changed.
    """
    cell, found = theirs.cells[i], theirs.found
    if found.is_new(i):
        return cell.source if cell.source.strip() else ""
    ours = theirs.master.cells[found.ours[i]] if i in found.ours else None
    if i in found.copies or (ours and ours.role in (EXERCISE, CHECK, WRITTEN)):
        return ""
    if ours and odd.is_unchanged(cell, ours):
        return ""
    if cell.kind == "code":
        code = added(cell.source, theirs.master.statements)
        return FROM_OURS.format(i + 1) + code if code else ""
    return _lines_added(cell.source, ours.source) if ours and ours.role == TEXT else ""


def _lines_added(source: str, ours: str) -> str:
    lines, our_lines = source.split("\n"), {line.strip() for line in ours.split("\n")}
    if not our_lines <= {line.strip() for line in lines}:
        return ""
    return "\n".join(line for line in lines if line.strip() not in our_lines)


def _answered(cell: dict, mine: int, theirs: Theirs) -> dict:
    """The lab's cell; an exercise or a written answer with the student's text, and a check without its old output."""
    ours, i = theirs.master.cells[mine], theirs.found.theirs().get(mine)
    if ours.role == CHECK and theirs.answered(theirs.master.at(EXERCISE, ours.name)):
        return {**cell, "outputs": [], "execution_count": None}
    if ours.role == TEXT and i is not None and odd.is_unchanged(theirs.cells[i], ours):
        return {**cell, "source": theirs.cells[i].source.splitlines(keepends=True)}
    if ours.role not in (EXERCISE, WRITTEN) or i is None:
        return cell
    if theirs.cells[i].source.strip() or ours.name in _defined_elsewhere(theirs):
        cell = {**cell, "source": theirs.cells[i].source.splitlines(keepends=True)}
    return cell | ({"attachments": theirs.attachments[i]} if ours.role == WRITTEN and i in theirs.attachments else {})


def _defined_elsewhere(theirs: Theirs) -> set[str]:
    """Functions in cells of the student's own: below them, the lab's stub in an emptied exercise would undo them."""
    new = (cell for i, cell in enumerate(theirs.cells) if cell.kind == "code" and theirs.found.is_new(i))
    return {name for cell in new for name in functions(cell.source)}


def _new(theirs: Cell, source: str, attachments: dict | None, ids: set[str]) -> dict:
    """A cell of the student's own, under its id where that is a free one."""
    id = theirs.id
    if not ID.fullmatch(id) or OUR_ID.fullmatch(id) or id in ids:
        id = next(name for i in range(1, 10_000) if (name := f"yours-{i}") not in ids)
    ids.add(id)
    cell = {"cell_type": theirs.kind, "id": id, "metadata": {}, "source": source.splitlines(keepends=True)}
    if theirs.kind == "code":
        return cell | {"outputs": [], "execution_count": None}
    return cell | ({"attachments": attachments} if attachments else {})
