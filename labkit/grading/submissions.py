"""Finds what a class handed in: a folder, nbgrader's `submitted/`, or what a learning platform gives."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

from labkit.grading import platforms
from labkit.grading.archive import Archive
from labkit.grading.handed import NOTEBOOK, Handed, by_student, lab_number, of_owner, without_clashes
from labkit.grading.identity import student_id
from labkit.grading.places import Found, moment, read_regular, shown, walk
from labkit.grading.platforms import Owner
from labkit.grading.work import Submission
from labkit.notebooks.cells import Refused, Trouble, display_name

SUBMITTED = "submitted"  # nbgrader's folder in a course


def find(place: Path) -> list[Submission]:
    """Every student's submission at the place, by student id. One that cannot be read has `trouble` and no content.

    Args:
        place: a folder of notebooks or of students' folders, nbgrader's course or `submitted` folder, a zip of any of
            these, a zip from Canvas, Moodle or Gradescope, a folder of such zips, or one notebook.

    Raises:
        Refused: there is nothing of this kind.
    """
    return list(each(place))


def each(place: Path) -> Iterator[Submission]:
    """Like `find`, but with one submission in memory at a time."""
    place = Path(place)
    with ExitStack() as opened:
        try:
            handed = list(_handed(place, opened))
        except OSError as error:
            raise Refused(f"{shown(str(place))} cannot be read: {error.strerror}") from None
        if not handed:
            raise Refused(f"{shown(str(place))} holds no submission: give a folder of notebooks or a platform's zip")
        for one in sorted(without_clashes(handed), key=lambda one: (one.student, one.lab, one.source)):
            yield _read(one)


def _read(one: Handed) -> Submission:
    owner, content, trouble = one.owner, None, one.trouble
    if not trouble:
        try:
            content = one.found.read()
        except Trouble as why:
            trouble = str(why)
    received = owner.received
    if not received and one.found and owner.platform["kind"] not in ("canvas", "gradescope"):
        received = one.found.received  # the files of those two have the time of the download
    name = display_name(owner.name) or one.student
    return Submission(one.student, name, one.source, content, received, owner.platform, one.lab, trouble)


def _handed(place: Path, opened: ExitStack) -> Iterator[Handed]:
    """What was handed in at the place, be it folder, zip or notebook."""
    if place.is_dir():
        is_course = place.name != SUBMITTED and (place / SUBMITTED).is_dir()
        folder = place / SUBMITTED if is_course else place
        yield from _of_folder(folder, "nbgrader" if folder.name == SUBMITTED else "folder", opened)
    elif not place.is_file():
        raise Refused(f"{shown(str(place))} is not there" if not place.exists() else f"{shown(str(place))} is no file")
    elif place.suffix.casefold() == ".zip":
        try:
            archive = Archive(place.resolve())
        except Trouble as trouble:
            raise Refused(f"{shown(str(place))}: {trouble}") from None
        yield from _of_archive(archive, opened)
    elif place.suffix.casefold() == NOTEBOOK:
        file = place.resolve()
        one = Found((place.name,), shown(str(place)), partial(read_regular, file), moment(file.stat().st_mtime))
        yield from by_student([one], "folder")
    else:
        raise Refused(f"{shown(str(place))} is no folder, no zip and no notebook")


def _of_folder(folder: Path, kind: str, opened: ExitStack) -> Iterator[Handed]:
    """Zips at the top of a folder are classes if all of them are; else each is one student's, whatever is in it."""
    zips, rest = [], []
    for one in walk(folder):
        is_zip = len(one.parts) == 1 and one.ends(".zip") and not platforms.of_platform(one.parts)
        if platforms.of_platform(one.parts):
            one = replace(one, received=None)  # unpacked from a platform's zip: the time of the download
        (zips if is_zip else rest).append(one)
    known = {student_id(_named(one)) for one in rest if one.ends(NOTEBOOK)}
    archives = []
    for one in zips:
        if student_id(one.stem) in known:
            continue  # alice.zip beside alice.ipynb: the same work once more
        try:
            archives.append((one, Archive(folder / one.parts[0], stays_open=False)))
        except Trouble as trouble:
            yield Handed(Owner(("file", one.stem), one.stem), one.source, trouble=one.trouble or str(trouble))
    are_students = known or any(_is_one_students(_without_top(one.found, one.path.stem)) for _, one in archives)
    for one, archive in archives:
        yield from _of_student(one, archive) if are_students else _of_archive(archive, opened)
    yield from by_student(rest, kind)


def _of_student(one: Found, archive: Archive) -> Iterator[Handed]:
    """What is in a zip that a student made: no name in it makes another student, and no time in it is believed."""
    owner = Owner(("file", one.stem), one.stem, received=one.received)
    if archive.found:
        yield from of_owner(owner, archive.found)
    else:
        yield Handed(owner, one.source, trouble="the zip is empty")


def _of_archive(archive: Archive, opened: ExitStack) -> Iterator[Handed]:
    archive.stays_open = True
    opened.enter_context(archive)
    yield from _of_class(_without_top(archive.found, archive.path.stem))


def _named(one: Found) -> str:
    return one.stem if len(one.parts) == 1 else one.parts[0]


def _of_class(found: list[Found]) -> Iterator[Handed]:
    """What a zip holds, which may be nbgrader's folder."""
    submitted = [replace(one, parts=one.parts[1:]) for one in found if one.parts[0] == SUBMITTED and len(one.parts) > 2]
    yield from by_student(submitted or found, "nbgrader" if submitted else "folder")


def _is_one_students(found: list[Found]) -> bool:
    """Whether a zip in a folder is one student's: a single notebook, or several side by side named by their labs."""
    if platforms.is_gradescope(found) or any(platforms.of_platform(one.parts) for one in found):
        return False
    notebooks = [one for one in found if one.ends(NOTEBOOK)]
    together = len({one.parts[:-1] for one in notebooks}) == 1
    return len(notebooks) < 2 or (together and all(lab_number(one.stem) for one in notebooks))


def _without_top(found: list[Found], stem: str) -> list[Found]:
    """The files without the one folder that holds them all, unless that folder is a student's."""
    tops = {one.parts[0] for one in found}
    if len(tops) != 1 or any(len(one.parts) == 1 for one in found):
        return found
    (top,) = tops
    inner = [replace(one, parts=one.parts[1:]) for one in found]
    if top == SUBMITTED or platforms.of_platform((top, "")):
        return found
    if platforms.is_gradescope(inner) or any(platforms.of_platform(one.parts) for one in inner):
        return inner
    notebooks = [one for one in inner if one.ends(NOTEBOOK)]
    names = {_named(one) for one in notebooks}
    many = len(names) > 1 and not all(lab_number(name) for name in names)
    return inner if many or top in (stem, "submissions") or SUBMITTED in names else found
