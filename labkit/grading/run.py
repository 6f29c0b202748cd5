"""Grades a class: what is new goes to the workers, each result is on the disk at once, the gradebook comes last."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from tqdm.auto import tqdm

from labkit import exercises
from labkit.grading import box, engine, late, output, overlay, pool, table, tasks
from labkit.grading.engine import Job
from labkit.grading.gradebook import Gradebook
from labkit.grading.grades import Grade
from labkit.grading.tasks import Task
from labkit.grading.work import CannotGrade, Limits, Refused


@dataclass(frozen=True)
class Course:
    """By what a class is graded, and where the results go."""

    folder: Path
    key: bytes
    overlay_folder: Path | None
    limits: Limits
    unsafe: bool

    def job(self, task: Task) -> Job:
        """The task as it is sent to a worker, with its content."""
        content = output.copy_path(self.folder, task.lab, task.sha256).read_bytes() if task.sha256 else None
        submission = replace(task.submission, content=content)
        return Job(submission, task.lab, self.key, task.attempt, self.overlay_folder, self.limits, self.unsafe)


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
) -> list[dict]:
    """The result of each submission in `place`, those of earlier runs by the same rules included.

    Args:
        folder: for results, copies, gradebook and exports; results of students who are not in `place` stay.
        only: students to grade; everybody if empty.
        deadline, late_penalty, limits: before those of the overlay.
        scheduler: address of a Dask cluster; each job tells its workers all but the overlay, whose folder they share.

    Raises:
        Refused: an argument means nothing, or the output folder cannot be used.
        CannotGrade: no sandbox here, a full disk, or stopped by Ctrl-C; the same call goes on.
    """
    place, folder = Path(place), Path(folder)
    if lab is not None and lab not in exercises.LABS:
        raise Refused(f"no lab {lab!r}; there are {', '.join(exercises.LABS)}")
    output.refuse_place(place, folder)
    with _course(folder, overlay, limits, unsafe, scheduler) as course, output.room_in(folder, _bytes_in(place)):
        terms = _terms(overlay, deadline, late_penalty)
        every = tasks.found(place, folder, lab, only)
        results = _results(course, every, _done(course), workers, scheduler, show)
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
    with _course(folder, overlay, limits, unsafe, scheduler) as course, output.room_in(folder):
        results = _results(course, _stored(folder, set(only)), {}, workers, scheduler, show)
        _publish(folder, results, show)
    return results


@contextmanager
def _course(
    folder: Path, overlay_folder: Path | None, limits: Limits | None, unsafe: bool, scheduler: str | None
) -> Iterator[Course]:
    """What all submissions have in common; nobody else works in the folder meanwhile."""
    said = overlay.load(overlay_folder)
    if not unsafe and not scheduler:
        box.available()
    with output.locked(folder):
        key = said.key or output.course_key(folder)
        place = overlay_folder and Path(overlay_folder).resolve()
        yield Course(folder, key, place, limits or said.limits, unsafe)


def _results(
    course: Course, every: list[Task], done: dict, workers: int | None, scheduler: str | None, show: bool
) -> list[dict]:
    """The result of every task: from `done`, or by its trouble, or graded now and written when it comes."""
    rules = lru_cache(lambda lab: engine.rules(lab, course.overlay_folder, course.limits))
    results, waiting = [], []
    for one in every:
        key = (one.lab, one.submission.student, one.sha256, rules(one.lab))
        if one.submission.trouble:
            results.append(engine.grade_one(course.job(one)))
        elif key in done:
            results.append(_as_now(done[key], one))
        else:
            waiting.append(one)
    for one in results:
        output.keep_result(course.folder, one)
    workers = workers or min(pool.default_workers(), len(waiting) or 1)
    try:
        with closing(pool.graded(map(course.job, waiting), workers, scheduler)) as graded:
            for one in tqdm(graded, total=len(waiting), disable=not (show and waiting), unit="submission"):
                _same_rules(one, rules(one["lab"]))
                output.keep_result(course.folder, one)
                results.append(one)
    except KeyboardInterrupt:
        raise CannotGrade(f"stopped; {len(results)} of {len(every)} are done, and the same command goes on") from None
    return results


def _as_now(result: dict, task: Task) -> dict:
    """An earlier result; name, place and time of receipt are those that the class comes with today."""
    one = task.submission
    received = one.received.isoformat() if one.received else None
    return result | {"name": one.name, "source": one.source, "platform": one.platform, "received": received}


def _same_rules(result: dict, rules: str) -> None:
    if result["rules"] != rules:
        raise CannotGrade(
            "a worker grades by other rules than this process: every machine needs the same labkit and the same "
            "overlay folder, and neither may change while it grades"
        )


def _done(course: Course) -> dict:
    """The results of earlier runs. What was graded without a sandbox counts only for a run without."""
    return {
        (one["lab"], one["student"], one["sha256"], one["rules"]): one
        for one in output.results(course.folder)
        if one["unsafe"] <= course.unsafe
    }


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
    said = overlay.load(overlay_folder)
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
        if formgrader is not None:
            _to_formgrader(book.rows(), formgrader, folder)
    if show:
        print(table.text(results))
        print(f"grades, feedback and written answers are in {folder}")


def _bytes_in(place: Path) -> int:
    """What the copies may need; 0 where there is nothing, which the search for submissions explains."""
    if not place.is_dir():
        return place.stat().st_size if place.is_file() else 0
    return sum(path.lstat().st_size for path in place.rglob("*"))


def _to_formgrader(rows: list[Grade], course: Path, folder: Path) -> None:
    from labkit.grading import formgrader  # only who asks for it needs nbgrader

    formgrader.write(rows, course, folder)
