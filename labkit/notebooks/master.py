"""A lab's own notebook as the grader knows it. It is parsed with `ast`; nothing of it is executed here."""

from __future__ import annotations

import builtins
import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path

from labkit import exercises
from labkit.exercises.laws import Exercise
from labkit.files import shipped
from labkit.notebooks.cells import Refused
from labkit.notebooks.source import bound, dumped, reduced

GIVEN, EXERCISE, CHECK, WRITTEN, TEXT = "given", "exercise", "check", "written", "text"


@dataclass(frozen=True)
class MasterCell:
    """A cell of the lab's own notebook.

    Args:
        role: what it is there for: one of the five words above.
        name: of the exercise or written answer that the cell belongs to.
        possible: points, where the cell carries them.
        given: of a given cell, what of it runs when graded; see `reduced`.
        question: of a written answer, what the cell before it asks.
    """

    id: str
    role: str
    source: str
    grade_id: str = ""
    name: str = ""
    possible: float = 0.0
    given: str = ""
    question: str = ""


@dataclass(frozen=True)
class Master:
    """A lab's own notebook, and its exercises with the points and hidden laws of the overlay.

    Args:
        name: of the file, such as "02_quantize".
        digest: changes with the notebook's cells, the points and the overlay.
    """

    lab: str
    name: str
    cells: tuple[MasterCell, ...]
    exercises: tuple[Exercise, ...]
    digest: str

    def by_role(self, role: str) -> tuple[MasterCell, ...]:
        """The cells of one role, in the notebook's order."""
        return tuple(cell for cell in self.cells if cell.role == role)

    def at(self, role: str, name: str) -> int | None:
        """The position of the cell of that role that belongs to `name`; None where there is none."""
        return next((i for i, cell in enumerate(self.cells) if (cell.role, cell.name) == (role, name)), None)

    @cached_property
    def statements(self) -> frozenset[str]:
        """Every statement of the lab's own cells, as `dumped` writes it."""
        return frozenset(one for cell in self.by_role(GIVEN) for one in dumped(cell.source))

    @cached_property
    def names(self) -> frozenset[str]:
        """Every name that the lab's own cells set."""
        return frozenset(name for cell in self.by_role(GIVEN) for name in bound(cell.source))

    @cached_property
    def left_out(self) -> frozenset[str]:
        """Those of these names that are not there when graded: what trains, measures or plots is left out."""
        there = {name for cell in self.by_role(GIVEN) for name in bound(cell.given)}
        return self.names - there - {one.name for one in self.exercises} - set(dir(builtins))


def load(lab: str, applied: Callable[[Exercise], Exercise] = lambda one: one, others: str = "") -> Master:
    """The lab numbered `lab`, such as "02", from the wheel or from the repository.

    Args:
        applied: gives an exercise the points and laws of this course.
        others: what else its digest changes with.

    Raises:
        Refused: there is no such lab, or its notebook is missing.
    """
    place = path(lab)
    cells = _cells(place)
    ours = tuple(applied(one) for one in exercises.of_lab(lab))
    points = {f"check_{one.name}": float(one.points) for one in ours}
    cells = tuple(replace(cell, possible=points.get(cell.grade_id, cell.possible)) for cell in cells)
    digest = hashlib.sha256(repr((cells, [(one.name, one.points) for one in ours], others)).encode())
    return Master(lab, place.stem, cells, ours, digest.hexdigest())


def path(lab: str) -> Path:
    """Where the lab's notebook is, as students get it.

    Raises:
        Refused: there is no such lab, or its notebook is missing.
    """
    if lab not in exercises.LABS:
        raise Refused(f"no lab {lab!r}; there are {', '.join(exercises.LABS)}")
    folder = shipped("labs")
    found = sorted(folder.glob(f"{lab}_*.ipynb"), key=lambda one: (len(one.name), one.name))  # copies have longer ones
    if not found:
        raise Refused(f"there is no notebook of lab {lab} in {folder}: install the labkit wheel again")
    return found[0]


@lru_cache(maxsize=16)
def _cells(place: Path) -> tuple[MasterCell, ...]:
    return parsed(place.read_text(encoding="utf-8"))


def parsed(text: str) -> tuple[MasterCell, ...]:
    """The cells of a lab's own notebook."""
    raw = json.loads(text)["cells"]
    sources = ["".join(cell["source"]) for cell in raw]
    return tuple(_cell(cell, source, before) for cell, source, before in zip(raw, sources, ["", *sources]))


def _cell(raw: dict, source: str, before: str) -> MasterCell:
    says = raw["metadata"].get("nbgrader", {})
    grade_id = says.get("grade_id", "")
    role = _role(raw["cell_type"], says)
    given = reduced(source.partition("\n\n")[2] if raw["id"] == "setup" else source) if role == GIVEN else ""
    question = before[max(before.rfind("**Question"), 0) :] if role == WRITTEN else ""
    question = re.sub(r"(?<!\n)\n(?![\n|*0-9-])", " ", question)  # a source's line ends are no paragraphs
    name = grade_id.removeprefix("check_") if role == CHECK else grade_id
    return MasterCell(raw["id"], role, source, grade_id, name, float(says.get("points", 0)), given, question)


def _role(kind: str, says: dict) -> str:
    if says.get("grade") and says.get("solution"):
        return WRITTEN
    if says.get("solution"):
        return EXERCISE
    if says.get("grade"):
        return CHECK
    return GIVEN if kind == "code" else TEXT
