"""Sorts the files of a place by student and by lab: for each of them one notebook, or why there is none."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from labkit.grading import platforms
from labkit.grading.identity import student_id
from labkit.grading.places import MAX_FILES, Found, shown
from labkit.grading.platforms import Owner
from labkit.notebooks import matching
from labkit.notebooks.cells import Refused, Trouble
from labkit.notebooks.read import read

LAB_NUMBER = re.compile(r"(?:^0|(?<![a-z])lab[ _-]*0*)([1-9]\d?)(?!\d)", re.IGNORECASE)
NOTEBOOK = ".ipynb"


@dataclass(frozen=True)
class Handed:
    """What one student handed in for one lab. `found` is the notebook; None where `trouble` says why there is none."""

    owner: Owner
    source: str
    found: Found | None = None
    lab: str = ""
    trouble: str = ""

    @property
    def student(self) -> str:
        return student_id(self.owner.id or self.owner.name)


def by_student(found: list[Found], kind: str) -> Iterator[Handed]:
    """What each student handed in, where the first part of each path names the student.

    Args:
        kind: "folder", or "nbgrader" where the second part names the lab.

    Raises:
        Refused: it is a Gradescope export that does not say whose the files are.
    """
    owners = _gradescope_owners(found) if platforms.is_gradescope(found) else {}
    groups: dict[tuple, tuple[list[Owner], list[Found]]] = {}
    for one in found:
        if owners and one.parts == (platforms.GRADESCOPE_METADATA,):
            continue
        whose = owners.get(one.parts[0]) or [platforms.of_platform(one.parts) or _plain_owner(one, kind)]
        key = (one.parts[0] if whose[0].platform["kind"] == "gradescope" else "", *whose[0].key)
        groups.setdefault(key, (whose, []))[1].append(one)
    for whose, files in groups.values():
        for owner in whose:
            yield from of_owner(owner, files)


def _gradescope_owners(found: list[Found]) -> dict[str, list[Owner]]:
    metadata = next(one for one in found if one.parts == (platforms.GRADESCOPE_METADATA,))
    try:
        owners = platforms.gradescope_owners(metadata.read(platforms.MAX_METADATA))
    except Trouble as trouble:
        raise Refused(f"{metadata.source}: {trouble}") from None
    for folder in {one.parts[0] for one in found if len(one.parts) > 1}:
        if not owners.get(folder):
            trouble = f"{platforms.GRADESCOPE_METADATA} does not say whose it is"
            platform = {"kind": "gradescope", "id": "", "email": "", "submission": folder}
            owners[folder] = [Owner(("gradescope", folder), folder, platform=platform, trouble=trouble)]
    return owners


def _plain_owner(one: Found, kind: str) -> Owner:
    """A student by the name of the folder or file; alice.pdf beside alice.ipynb is hers too."""
    is_folder = len(one.parts) > 1
    name = one.parts[0] if is_folder else one.stem
    return Owner(("folder" if is_folder else "file", name), name, platform={"kind": kind})


def of_owner(owner: Owner, files: list[Found]) -> Iterator[Handed]:
    """What one student handed in: one for each lab."""
    if owner.trouble or len(files) > MAX_FILES:
        yield Handed(owner, files[0].source, trouble=owner.trouble or f"more than {MAX_FILES} files were handed in")
        return
    by_folder = defaultdict(list)
    for one in files:
        by_folder[_lab_folder(one, owner.platform["kind"])].append(one)
    for folder, mine in by_folder.items():
        if folder or len(by_folder) == 1 or any(one.ends(NOTEBOOK) for one in mine):
            yield from _of_folder(_with_time(owner, mine), mine, lab_number(folder))


def _lab_folder(one: Found, kind: str) -> str:
    """The folder between the student's and the file, where it stands for a lab."""
    if kind not in ("folder", "nbgrader") or len(one.parts) < 3:
        return ""
    return one.parts[1] if kind == "nbgrader" or lab_number(one.parts[1]) else ""


def _with_time(owner: Owner, files: list[Found]) -> Owner:
    """nbgrader keeps the notebook's own time, and adds a file when it is handed in: so the last time counts."""
    times = [one.received for one in files if one.received]
    return replace(owner, received=max(times)) if times and owner.platform["kind"] == "nbgrader" else owner


def _of_folder(owner: Owner, files: list[Found], lab: str) -> Iterator[Handed]:
    notebooks = [one for one in files if one.ends(NOTEBOOK)]
    if not notebooks:
        yield Handed(owner, files[0].source, None, lab, _only_others(files))
        return
    by_lab = defaultdict(list)
    for one in notebooks:
        by_lab[lab or (_lab_inside(one) if len(notebooks) > 1 else "")].append(one)
    if len(by_lab) > 1 and None not in by_lab:
        by_lab.pop("", None)  # notebooks of no lab, beside those of one
    if None in by_lab:  # one that cannot be read may be of any lab
        by_lab = {"": notebooks}
    for number, mine in by_lab.items():
        names = ", ".join(sorted(shown("/".join(one.parts)) for one in mine)[:5])
        trouble = f"{len(mine)} notebooks were handed in where one is wanted: {names}" if len(mine) > 1 else ""
        yield Handed(owner, mine[0].source, mine[0], number, trouble)


def _only_others(files: list[Found]) -> str:
    names = ", ".join(sorted(shown(one.parts[-1]) for one in files)[:3])
    why = next((one.trouble for one in files if one.trouble), "")
    return f"no notebook was handed in, only {names}" + (f" ({why})" if why else "")


def lab_number(name: str) -> str:
    """The number of the lab that a folder or file is named by, or "".

    >>> [lab_number(name) for name in ("02_quantize", "lab2", "week 3 lab 02", "2nd try")]
    ['02', '02', '02', '']
    """
    found = LAB_NUMBER.search(name)
    return f"{int(found[1]):02d}" if found else ""


def _lab_inside(one: Found) -> str | None:
    """The lab whose cells are in the notebook, "" where it is none's, None where it cannot be read."""

    try:
        return matching.lab_of(read(one.read())) or ""
    except Trouble:
        return None


def without_clashes(handed: Iterable[Handed]) -> Iterator[Handed]:
    """The same, but two of one student id for one lab are trouble, each: nobody can say which of them counts."""
    by_id = defaultdict(list)
    for one in handed:
        by_id[one.student].append(one)
    for mine in by_id.values():
        if len(mine) > 1:
            mine = [replace(one, lab=one.lab or _lab_of(one)) for one in mine]
        for one in mine:
            other = next((other for other in mine if other is not one and _may_be_the_same(one, other)), None)
            if other and not one.trouble:
                both = " and ".join(sorted((one.source, other.source)))
                one = replace(one, trouble=f"two submissions of the student {one.student}: {both}")
            yield one


def _lab_of(one: Handed) -> str:
    return "" if one.trouble or one.found is None else _lab_inside(one.found) or ""


def _may_be_the_same(one: Handed, other: Handed) -> bool:
    return one.lab == other.lab or (one.owner.key != other.owner.key and "" in (one.lab, other.lab))
