"""What is the matter with a student's notebook as it is saved: what it lacks, and what that means for its points."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from labkit import exercises
from labkit.notebooks import checked, find, odd, salvage
from labkit.notebooks.carry import Theirs, brought
from labkit.notebooks.cells import Refused, Trouble
from labkit.notebooks.checked import Checked
from labkit.notebooks.master import CHECK, EXERCISE, GIVEN, TEXT, WRITTEN
from labkit.notebooks.odd import listed
from labkit.notebooks.restore import opened, progress

WIDTH = 100
OTHER_TEXTS = 3  # a student may well change one or two


@dataclass(frozen=True)
class State:
    """What is to be said of one notebook: one line, and one for each problem, the last of them with what to do."""

    place: Path
    said: str
    problems: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        lines = [f"{self.place}: {self.said}", *(f"  {problem}" for problem in self.problems)]
        return "\n".join(textwrap.fill(line, WIDTH, subsequent_indent="    ") for line in lines)


def each(places: Iterable[Path] = ()) -> Iterator[State]:
    """The state of each lab notebook in `places`, or in this folder and `labs/` where none are given.

    A notebook in a folder that is of no lab is left out; one that is named is not.
    """
    places = list(places)
    for place in find.notebooks(places):
        state = _state(place)
        if state is not None:
            yield state
        elif place in places:
            yield State(place, "no part of a lab is in it", ["labkit knows nothing of it"])


def _state(place: Path) -> State | None:
    """The state of one file; None where it is of no lab."""
    try:
        theirs = opened(place, place.read_bytes())
    except OSError as error:
        return State(place, "cannot be opened", [error.strerror or str(error)])
    except Refused as refused:
        return State(place, "not looked at", [str(refused)])
    except Trouble as trouble:
        return _broken(place, str(trouble))
    problems = [*_cells(theirs)]
    if problems:
        problems.append(f"->  labkit restore {theirs.master.lab} {place}")
    return State(place, progress(theirs), [*_unsaved(place, theirs), *_lost(place, theirs), *problems])


def _broken(place: Path, trouble: str) -> State | None:
    lab = place.name[:2]
    if lab not in exercises.LABS:
        return None
    return State(place, "cannot be read, and would not be graded", [trouble, f"->  labkit restore {lab} {place}"])


def _cells(theirs: Theirs) -> Iterator[str]:
    """A line for each kind of damage to the lab's own cells."""
    cells, master, found = theirs.cells, theirs.master, theirs.found
    if names := [*odd.missing(master, found, EXERCISE), *odd.missing(master, found, WRITTEN)]:
        yield f"no cell of {listed(names)}: it counts as empty"
    if names := odd.missing(master, found, CHECK):
        yield f"the check of {listed(names)} is missing: it is graded all the same, but you do not see your points"
    if names := odd.edited_checks(cells, master, found):
        yield f"the check of {listed(names)} was changed: what it prints does not count, the grader has its own"
    if names := odd.retyped(cells, master, found):
        yield f"cells of another type than the lab's: {listed(names)}; they are graded all the same"
    if names := odd.doubled(master, found):
        yield f"more than one cell of {listed(names)}: the first that is not empty is graded"
    theirs_of = found.theirs()
    if gone := sum(cell.role == GIVEN and mine not in theirs_of for mine, cell in enumerate(master.cells)):
        yield f"of the lab's own code {gone} cell{'s are' if gone > 1 else ' is'} missing: what needs it will stop"
    changed = odd.changed_cells(cells, master, found)
    others = sum(master.cells[mine].role == TEXT and not brought(i, theirs) for mine, i in changed.items())
    gone = len(found.strays)
    if gone or others >= OTHER_TEXTS:
        yield f"another version of the lab: {others} texts differ from today's, {gone} cells are gone today"


def _unsaved(place: Path, theirs: Theirs) -> Iterator[str]:
    """A line for each answer that a check has seen and that this file does not hold."""
    saved = place.stat().st_mtime
    for name, seen in checked.last(place).items():
        mine = theirs.master.at(EXERCISE, name)
        if mine is None or _holds(theirs, seen):
            continue
        if seen.at.timestamp() > saved:
            yield f"{_answer(seen)} is not in this file: save it (Ctrl+S), then ask again"
        elif not theirs.answered(mine):
            yield f"{_answer(seen)} is not in this file, whose cell is empty: was it written in another one?"


def _holds(theirs: Theirs, seen: Checked) -> bool:
    code = (cell.source for cell in theirs.cells if seen.exercise in cell.source)
    return any(checked.digest(source, seen.exercise) == seen.digest for source in code)


def _answer(seen: Checked) -> str:
    at = seen.at.astimezone()
    day = "" if at.date() == datetime.now().astimezone().date() else f" on {at:%d %b}"
    return f"the answer to `{seen.exercise}` that its check saw at {at:%H:%M}{day} ({seen.points:g} points)"


def _lost(place: Path, theirs: Theirs) -> Iterator[str]:
    """What to say of answers that are empty here and not in Jupyter's checkpoint."""
    kept = salvage.checkpoint(place)
    try:
        before = opened(kept, kept.read_bytes())
    except (OSError, Trouble):
        return
    graded = [mine for mine, cell in enumerate(theirs.master.cells) if cell.role in (EXERCISE, WRITTEN)]
    same = before.master.lab == theirs.master.lab
    names = [f"`{theirs.master.cells[i].name}`" for i in graded if same and before.answered(i) > theirs.answered(i)]
    if names:
        yield f"empty here, but not in Jupyter's checkpoint of {salvage.time_of(kept)}: {listed(names)}"
        yield f"->  labkit restore {theirs.master.lab} {kept}"
