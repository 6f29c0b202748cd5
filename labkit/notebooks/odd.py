"""What of a lab's cells is missing, changed or there twice in a student's notebook. Names come in backticks."""

from __future__ import annotations

from collections.abc import Iterable

from labkit.notebooks.cells import Cell
from labkit.notebooks.master import CHECK, EXERCISE, TEXT, WRITTEN, Master, MasterCell
from labkit.notebooks.matching import Match, pointless

LISTED = 5


def missing(master: Master, found: Match, role: str) -> list[str]:
    """The names whose cell of that role is not there."""
    theirs = found.theirs()
    return [f"`{cell.name}`" for mine, cell in enumerate(master.cells) if cell.role == role and mine not in theirs]


def edited_checks(cells: list[Cell], master: Master, found: Match) -> list[str]:
    """The exercises whose check cell says something else than the lab's."""
    changed = changed_cells(cells, master, found)
    return [f"`{master.cells[mine].name}`" for mine in changed if master.cells[mine].role == CHECK]


def changed_cells(cells: list[Cell], master: Master, found: Match) -> dict[int, int]:
    """By position in the lab, the position of each cell that is no answer and has another text than the lab's."""
    return {
        mine: theirs
        for mine, theirs in sorted(found.theirs().items())
        if master.cells[mine].role not in (EXERCISE, WRITTEN) and not is_unchanged(cells[theirs], master.cells[mine])
    }


def is_unchanged(cell: Cell, ours: MasterCell) -> bool:
    """Whether a cell says what the lab's says; in its texts the points may be a course's own."""
    plain = pointless if ours.role == TEXT else str.strip
    return plain(cell.source) == plain(ours.source)


def retyped(cells: list[Cell], master: Master, found: Match) -> list[str]:
    """The names, and the type that a cell has now, where the lab's is code and this is not, or the other way round."""
    theirs = {
        master.cells[mine]: cells[i].kind for mine, i in sorted(found.theirs().items()) if master.cells[mine].name
    }
    return [
        f"`{cell.name}` (now {kind})" for cell, kind in theirs.items() if (kind == "code") == (cell.role == WRITTEN)
    ]


def doubled(master: Master, found: Match) -> list[str]:
    """The names that have more than one cell of the same role."""
    return [f"`{name}`" for name in dict.fromkeys(master.cells[mine].name for mine in found.copies.values()) if name]


def listed(names: Iterable[str]) -> str:
    """The names in one line, at most five."""
    names = list(names)
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return ", ".join(names[:LISTED]) + more
