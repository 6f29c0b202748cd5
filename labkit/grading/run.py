"""Grades a class: what is new goes to the workers, each result is on the disk at once, the gradebook comes last."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from labkit import exercises
from labkit.files import write_atomically
from labkit.grading import course, late, output, table, tasks
from labkit.grading import overlay as overlays
from labkit.grading.gradebook import Gradebook
from labkit.grading.grades import Grade
from labkit.grading.tasks import Task
from labkit.grading.work import Limits
from labkit.notebooks.cells import Refused


def grade_class(
    place: Path,
    folder: Path,
    lab: str | None = None,
    only: Iterable[str] = (),
    overlay: Path | None = None,
    deadline: str | None = None,
    late_penalty: float | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    unsafe: bool = False,
    limits: Limits | None = None,
    show: bool = True,
    formgrader: Path | None = None,
    received: Path | None = None,
) -> list[dict]:
    """The result of each submission in `place`, those of earlier runs by the same rules included.

    Args:
        folder: for results, copies, gradebook and exports; results of students who are not in `place` stay.
        only: students to grade; everybody if empty.
        deadline, late_penalty, limits: before those of the overlay.
        received: a table of times of receipt, before those that the files tell; see `late.times`.
        scheduler: address of a Dask cluster; each job tells its workers all but the overlay, whose folder they share.

    Raises:
        Refused: an argument means nothing, or the output folder cannot be used.
        CannotGrade: no sandbox here, a full disk, or stopped by Ctrl-C; the same call goes on.
    """
    place, folder = Path(place), Path(folder)
    if lab is not None and lab not in exercises.LABS:
        raise Refused(f"no lab {lab!r}; there are {', '.join(exercises.LABS)}")
    output.refuse_place(place, folder)
    terms = _terms(overlay, deadline, late_penalty)
    with course.opened(folder, overlay, limits, unsafe, scheduler) as ours, output.room_in(folder, _bytes_in(place)):
        times = _times(folder, received)
        every = [tasks.received(one, times) for one in tasks.found(place, folder, lab, only)]
        results = course.results(ours, every, course.done(ours), workers, scheduler, show)
        _publish(folder, results, show, terms, formgrader)
    return results


def regrade(
    folder: Path,
    only: Iterable[str] = (),
    overlay: Path | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    unsafe: bool = False,
    limits: Limits | None = None,
    show: bool = True,
) -> list[dict]:
    """New results by today's rules for the copies that `grade_class` kept, with the same inputs.

    Raises:
        Refused, CannotGrade: as `grade_class`.
    """
    folder = Path(folder)
    if not (folder / "results").is_dir():
        raise Refused(f"no graded submission is in {folder}: give the folder that `labkit grade` wrote")
    with course.opened(folder, overlay, limits, unsafe, scheduler) as ours, output.room_in(folder):
        results = course.results(ours, _stored(folder, {one.casefold() for one in only}), {}, workers, scheduler, show)
        _publish(folder, results, show)
    return results


def _times(folder: Path, received: Path | None) -> dict[str, datetime]:
    """The times of receipt by the table `received`, of which the folder keeps a copy, else by that copy."""
    kept = folder / "received.csv"
    if received:
        late.times(received)
        write_atomically(kept, received.read_bytes())
    return late.times(kept) if kept.exists() else {}


def _stored(folder: Path, only: set[str]) -> list[Task]:
    """What the gradebook holds, as far as its file was kept; what could not be read stays as it is there."""
    with Gradebook(folder) as book:
        standing = [row.result for row in book.rows() if not only or row.student in only]
    if missing := only - {one["student"] for one in standing}:
        raise Refused(f"nothing of {', '.join(sorted(missing))} is in {folder}")
    return [task for one in standing if (task := tasks.again(one, folder))]


def _terms(
    overlay_folder: Path | None, deadline: str | None, late_penalty: float | None
) -> tuple[datetime | None, float | None]:
    """The deadline and the penalty, looked at before any work; None where nobody says any."""
    said = overlays.load(overlay_folder)
    deadline = deadline or said.deadline
    penalty = said.late_penalty if late_penalty is None else late_penalty
    late.keep(1, penalty or 0.0)
    return late.deadline(deadline) if deadline else None, penalty


def _publish(
    folder: Path,
    results: list[dict],
    show: bool,
    terms: tuple[datetime | None, float | None] = (None, None),
    formgrader: Path | None = None,
) -> None:
    """Into the gradebook in one transaction, then every export; the table comes last, where it is seen."""
    with Gradebook(folder) as book:
        book.record(results, *terms)
        book.publish()
        labs = {one["lab"] for one in results}
        rows = [row for row in book.rows() if row.lab in labs]
        if formgrader is not None:
            _to_formgrader(book.rows(), formgrader, folder)
    if show:
        print(table.text(results))
        print(f"grades, feedback and written answers are in {folder}")
        for line in table.still_open(rows):
            print(line)


def _bytes_in(place: Path) -> int:
    """What the copies may need; 0 where there is nothing, which the search for submissions explains.

    No student's folder stops it: it may be too deep to recurse into, and hold files that are large in name alone.
    """
    if not place.is_dir():
        return place.stat().st_size if place.is_file() else 0
    total, waiting = 0, [str(place)]
    while waiting:
        with suppress(OSError), os.scandir(waiting.pop()) as entries:
            for one in entries:
                if one.is_dir(follow_symlinks=False):
                    waiting.append(one.path)
                else:
                    total += one.stat(follow_symlinks=False).st_blocks * 512  # what it takes of a disk
    return total


def _to_formgrader(rows: list[Grade], course: Path, folder: Path) -> None:
    from labkit.grading import formgrader  # only who asks for it needs nbgrader

    formgrader.write(rows, course, folder)
