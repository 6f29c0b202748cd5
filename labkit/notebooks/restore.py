"""`labkit restore`: a clean copy of a lab beside a student's notebook, with the answers carried over."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from labkit import exercises
from labkit.files import write_atomically
from labkit.notebooks import carry, clean, find, odd, salvage
from labkit.notebooks.carry import Theirs
from labkit.notebooks.cells import Cell, Refused, Trouble, visible
from labkit.notebooks.master import CHECK, EXERCISE, WRITTEN, Master
from labkit.notebooks.matching import lab_of, match
from labkit.notebooks.read import read
from labkit.notebooks.source import dumped, others, python, statements

LISTED, LONGEST = 8, 60  # lines about what was left out; characters of each that are the cell's


def restore(lab: str, notebook: Path | None = None, output: Path | None = None) -> str:
    """Writes the clean copy, and says what it holds. The old file stays as it is, and nothing is overwritten.

    Args:
        notebook: the student's; default: the one of that lab in this folder or in `labs/`.
        output: default: beside it, named `03_prune.restored.ipynb`.

    Raises:
        Refused: there is no such lab, no notebook of it or more than one, or `output` is there already.
        Trouble: nothing of the notebook can be read, or it is of another lab.
        OSError: a file cannot be read or written.
    """
    if lab not in exercises.LABS:
        raise Refused(f"no lab {lab!r}; there are {', '.join(exercises.LABS)}")
    place = notebook or _only(lab)
    content, notes = salvage.opened(place)
    theirs = opened(place, content)
    if theirs.master.lab != lab:
        raise Refused(f"{place} is a notebook of lab {theirs.master.lab}: `labkit restore {theirs.master.lab} {place}`")
    if clean.path(lab).samefile(place):
        raise Refused(f"{place} is all that is here of the lab: get it again, and give the two another place")
    target = _target(place, output)
    write_atomically(target, copy(theirs))
    return "\n".join([*notes, f"wrote {target}; {place} stays as it was", *_report(theirs)])


def copy(theirs: Theirs) -> bytes:
    """The clean notebook with the student's answers and own cells in it."""
    ours = clean.notebook(theirs.master.lab)
    ours["cells"] = list(carry.cells(ours["cells"], theirs))
    return (json.dumps(ours, indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode()


def opened(place: Path, content: bytes) -> Theirs:
    """The notebook, matched with the lab that it is of.

    Raises:
        Trouble: it cannot be read, or no part of a lab is in it.
    """
    cells = read(content)
    lab = lab_of(cells, clean.master)
    if lab is None:
        raise Trouble(f"no part of a lab is in {place}")
    raw = json.loads(content).get("cells") or []
    pictures = {i: cell["attachments"] for i, cell in enumerate(raw) if isinstance(cell.get("attachments"), dict)}
    master = clean.master(lab)
    return Theirs(cells, pictures, master, match(cells, master))


def _only(lab: str) -> Path:
    """The notebook of that lab here or in `labs/`: the one that has its own name, else the only one."""
    every = [place for place in find.notebooks() if place.name.startswith(f"{lab}_")]
    found = [place for place in every if place.stem == clean.path(lab).stem] or every
    if not found:
        raise Refused(f"no notebook of lab {lab} is here or in labs/: name the file, as in `labkit restore {lab} FILE`")
    if len(found) > 1:
        raise Refused(f"there are {', '.join(map(str, found))}: say which, as in `labkit restore {lab} {found[0]}`")
    return found[0]


def _target(place: Path, output: Path | None) -> Path:
    """Where the copy goes.

    Raises:
        Refused: `output` is there already.
    """
    if output and output.exists() and not output.is_dir():
        raise Refused(f"{output} is there already: give another name with -o")
    if output and not output.is_dir():
        return output
    stem = re.sub(r"(\.restored(-\d+)?|-checkpoint)$", "", place.stem)
    beside = place.parent.parent if place.parent.name == ".ipynb_checkpoints" else place.parent
    names = (f"{stem}.restored{number}.ipynb" for number in ["", *(f"-{i}" for i in range(2, 1000))])
    return next(path for name in names if not (path := (output or beside) / name).exists())


def progress(theirs: Theirs) -> str:
    """How many exercises and written answers hold something of the student's."""
    counts = []
    for role, word in ((EXERCISE, "exercises answered"), (WRITTEN, "written answers")):
        every = [mine for mine, cell in enumerate(theirs.master.cells) if cell.role == role]
        counts.append(f"{sum(map(theirs.answered, every))} of {len(every)} {word}")
    return ", ".join(counts)


def _report(theirs: Theirs) -> Iterator[str]:
    """What was carried over, and what was left where it is."""
    own = sum(map(len, carry.own(theirs).values()))
    yield f"carried over: {progress(theirs)}, {own or 'no'} cell{'s' * (own != 1)} of your own"
    left = list(_left(theirs))
    if left:
        yield "left in the old file:"
    yield from left[:LISTED]
    if len(left) > LISTED:
        yield f"  and {len(left) - LISTED} more"
    yield "Open the new file, run all of its cells, save it, and hand it in instead of the old one."


def _left(theirs: Theirs) -> Iterator[str]:
    """A line for each text of the student's that the copy does not hold, or not all of it."""
    cells, master, found = theirs.cells, theirs.master, theirs.found
    for mine, i in odd.changed_cells(cells, master, found).items():
        ours, kept = master.cells[mine], carry.brought(i, theirs)
        if ours.role == CHECK:
            yield _line(i, cells[i].source, f"the check of `{ours.name}`, changed")
        elif lost := _lost(cells[i], kept, master):
            yield _line(i, lost, "one of the lab's own, changed")
    for i, mine in found.copies.items():
        ours, chosen = master.cells[mine], cells[found.theirs()[mine]]
        if cells[i].source.strip() not in ("", ours.source.strip(), chosen.source.strip()):
            what = f"another cell of `{ours.name}`" if ours.name else "another one of the lab's own"
            yield _line(i, cells[i].source, what)
    for i in found.strays:
        yield _line(i, cells[i].source, "of an older version of the lab")


def _lost(cell: Cell, kept: str, master: Master) -> str:
    """What a changed cell of the lab holds and neither the lab nor the copy does: code, or the text as a whole."""
    if cell.kind == "code" and statements(python(cell.source)) is not None:
        return "\n".join(others(cell.source, [*master.statements, *dumped(kept)]))
    return "" if kept else cell.source


def _line(i: int, source: str, why: str) -> str:
    first = next((visible(line) for line in source.split("\n") if line.strip()), "empty")
    return f"  cell {i + 1} ({why}): {first[:LONGEST]}"
