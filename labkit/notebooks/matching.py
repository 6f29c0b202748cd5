"""Which cell of the lab each cell of a submission is, however much was lost or moved on its way."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

from labkit.notebooks import master as masters
from labkit.notebooks.cells import Cell
from labkit.notebooks.master import CHECK, EXERCISE, GIVEN, TEXT, WRITTEN, Master
from labkit.notebooks.source import defined, functions

OUR_ID = re.compile(r"setup|cell-\d{2,3}")  # ids as this and older versions of the labs have them
CHECK_CALL = re.compile(r"""\s*check\(\s*["'](\w+)["']\s*,\s*\w+\s*\)\s*""")
POINTS = re.compile(r"\b[\d.]+ points?\b")
WORD = re.compile(r"[A-Za-z_]\w*")
ALIKE = 0.6  # share of words that a given cell and what a student made of it have in common


@dataclass
class Match:
    """What was found.

    Args:
        ours: by position in the submission, the position in the lab.
        how: by position in the submission, what told: grade_id, id, text, name or likeness.
        copies: positions of further copies of cells of the lab; they count for nothing.
        strays: positions of cells that only an older version of the lab has.
    """

    ours: dict[int, int] = field(default_factory=dict)
    how: dict[int, str] = field(default_factory=dict)
    copies: dict[int, int] = field(default_factory=dict)
    strays: list[int] = field(default_factory=list)

    def theirs(self) -> dict[int, int]:
        """By position in the lab, the position in the submission."""
        return {mine: position for position, mine in self.ours.items()}

    def is_new(self, position: int) -> bool:
        """Whether nothing was found out about that cell of the submission yet."""
        return position not in self.ours and position not in self.copies and position not in self.strays

    def take(self, how: str, claims: dict[int, int], cells: list[Cell], master: Master) -> None:
        """Gives each claimed cell of the lab to the first claimant, before whom an empty stub steps back."""
        taken = self.theirs()
        for mine in dict.fromkeys(claims.values()):
            claimants = [position for position, claimed in claims.items() if claimed == mine]
            if mine not in taken:
                stub = master.cells[mine].source.strip()
                first = next((one for one in claimants if cells[one].source.strip() != stub), claimants[0])
                self.ours[first], self.how[first] = mine, how
                claimants.remove(first)
            self.copies |= dict.fromkeys(claimants, mine)


def match(cells: list[Cell], master: Master) -> Match:
    """What each cell of a submission is: by its grading metadata, else its id, its text, its function, its words."""
    found = Match()
    for how, claim in (("grade_id", _grade_ids), ("id", _ids), ("text", _texts), ("name", _names)):
        new = {i: cell for i, cell in enumerate(cells) if found.is_new(i)}
        found.take(how, claim(new, master, found), cells, master)
    _answers(cells, master, found)
    found.strays += [i for i, cell in enumerate(cells) if found.is_new(i) and OUR_ID.fullmatch(cell.id)]
    _alike(cells, master, found)
    return found


def _grade_ids(new: dict[int, Cell], master: Master, _found: Match) -> dict[int, int]:
    known = {cell.grade_id: mine for mine, cell in enumerate(master.cells) if cell.grade_id}
    return {i: known[cell.grade_id] for i, cell in new.items() if cell.grade_id in known}


def _ids(new: dict[int, Cell], master: Master, _found: Match) -> dict[int, int]:
    known = {cell.id: mine for mine, cell in enumerate(master.cells)}
    return {i: known[cell.id] for i, cell in new.items() if cell.id in known}


def _texts(new: dict[int, Cell], master: Master, _found: Match) -> dict[int, int]:
    """Cells that say the same; a call of `check` is a check cell, whatever it is called with."""
    code = {cell.source.strip(): mine for mine, cell in enumerate(master.cells) if cell.role not in (TEXT, WRITTEN)}
    texts = {pointless(cell.source): mine for mine, cell in enumerate(master.cells) if cell.role == TEXT}
    checks = {cell.name: mine for mine, cell in enumerate(master.cells) if cell.role == CHECK}
    claims = {}
    for i, cell in new.items():
        call = CHECK_CALL.fullmatch(cell.source)
        mine = checks.get(call[1]) if call else code.get(cell.source.strip())
        if mine is None and cell.kind == "markdown":
            mine = texts.get(pointless(cell.source))
        if mine is not None:
            claims[i] = mine
    return claims


def pointless(text: str) -> str:
    """A text without the points in it, which are each course's own."""
    return POINTS.sub("", text.strip())


def _names(new: dict[int, Cell], master: Master, found: Match) -> dict[int, int]:
    """Cells that define the function of an exercise whose own cell was not found."""
    missing = {
        cell.name: mine
        for mine, cell in enumerate(master.cells)
        if cell.role == EXERCISE and mine not in found.theirs()
    }
    claims = {}
    for i, cell in new.items():
        if cell.kind == "code" and (named := functions(cell.source) & missing.keys()):
            claims[i] = missing[min(named)]
    return claims


def _answers(cells: list[Cell], master: Master, found: Match) -> None:
    """Written answers that lost all marks: the text below the question, if it is none of the lab's own texts."""
    ours = {cell.source.strip() for cell in master.cells if cell.role == TEXT}
    below = {cell.source.strip(): i + 1 for i, cell in enumerate(cells[:-1]) if cell.kind == "markdown"}
    for mine, cell in enumerate(master.cells):
        at = below.get(master.cells[mine - 1].source.strip()) if cell.role == WRITTEN else None
        if at is None or mine in found.theirs() or not found.is_new(at):
            continue
        if cells[at].kind == "markdown" and cells[at].source.strip() not in ours:
            found.ours[at], found.how[at] = mine, "text"


def _alike(cells: list[Cell], master: Master, found: Match) -> None:
    """Given cells that the student changed, where every mark is lost: most of their words are still there."""
    taken = found.theirs()
    left = {mine: cell.source for mine, cell in enumerate(master.cells) if cell.role == GIVEN and mine not in taken}
    for i, cell in enumerate(cells):
        if cell.kind != "code" or not found.is_new(i) or not left:
            continue
        mine = max(left, key=lambda one: _likeness(cell.source, left[one]))
        if _likeness(cell.source, left[mine]) >= ALIKE:
            found.ours[i], found.how[i] = mine, "likeness"
            del left[mine]


def _likeness(theirs: str, ours: str) -> float:
    """Twice the words in common over all words, 0 to 1; enough, too, if each line of ours stands in theirs."""
    (lines, words), (our_lines, our_words) = _parts(theirs), _parts(ours)
    share = 2 * (words & our_words).total() / max(1, words.total() + our_words.total())
    return max(share, ALIKE if our_lines <= lines else 0)


@lru_cache(maxsize=256)
def _parts(source: str) -> tuple[frozenset[str], Counter]:
    return frozenset(map(str.strip, source.strip().split("\n"))), Counter(WORD.findall(source))


def lab_of(cells: list[Cell], load: Callable[[str], Master] = masters.load) -> str | None:
    """The lab that most graded cells of a notebook belong to, such as "02"; None where there is none.

    Args:
        load: gives a lab's own notebook.
    """
    found = _labs_in(cells, {lab: load(lab) for lab in masters.exercises.LABS})
    return max(sorted(found), key=found.__getitem__) if found else None


def _labs_in(cells: list[Cell], every: dict[str, Master]) -> Counter:
    """How many graded cells of each lab are in a notebook; by function names alone where no id is left."""
    ids = {name: lab for lab, one in every.items() for cell in one.cells if (name := cell.grade_id)}
    found = Counter(ids[name] for cell in cells for name in {cell.grade_id or cell.id} if name in ids)
    if found:
        return found
    names = {one.name: lab for lab, master in every.items() for one in master.exercises}
    code = (cell.source for cell in cells if cell.kind == "code")
    return Counter(names[name] for source in code for name in defined(source) & names.keys())
