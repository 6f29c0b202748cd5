"""What a class is graded by, and the results: from earlier runs, or graded now and written as each one comes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from tqdm.auto import tqdm

from labkit.grading import box, engine, output, overlay, pool
from labkit.grading.engine import Job
from labkit.grading.tasks import Task
from labkit.grading.work import CannotGrade, Limits


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


@contextmanager
def opened(
    folder: Path, overlay_folder: Path | None, limits: Limits | None, unsafe: bool, scheduler: str | None
) -> Iterator[Course]:
    """What all submissions have in common; nobody else works in the folder meanwhile.

    Raises:
        Refused: the folder or the overlay cannot be used.
        CannotGrade: no sandbox here, or stopped by Ctrl-C.
    """
    said = overlay.load(overlay_folder)
    if not unsafe and not scheduler:
        box.available()
    with output.locked(folder):
        output.same_overlay(folder, overlay_folder)
        key = said.key or output.course_key(folder)
        place = overlay_folder and Path(overlay_folder).resolve()
        try:
            yield Course(folder, key, place, limits or said.limits, unsafe)
        except KeyboardInterrupt:
            raise CannotGrade("stopped; what is graded is kept: give the same command again") from None


def results(
    course: Course, every: list[Task], before: dict, workers: int | None, scheduler: str | None, show: bool
) -> list[dict]:
    """The result of every task: from `before`, or by its trouble, or graded now and written when it comes."""
    rules = lru_cache(lambda lab: engine.rules(lab, course.overlay_folder, course.limits))
    found, waiting = [], []
    for one in every:
        key = (one.lab, one.submission.student, one.sha256, rules(one.lab))
        if one.submission.trouble:
            found.append(engine.grade_one(course.job(one)))
        elif key in before:
            found.append(_as_now(before[key], one))
        else:
            waiting.append(one)
    for one in found:
        output.keep_result(course.folder, one)
    workers = workers or min(pool.default_workers(), len(waiting) or 1)
    with closing(pool.graded(map(course.job, waiting), workers, scheduler)) as graded:
        for one in tqdm(graded, total=len(waiting), disable=not (show and waiting), unit="submission"):
            _same_rules(one, rules(one["lab"]))
            output.keep_result(course.folder, one)
            found.append(one)
    return found


def _as_now(result: dict, task: Task) -> dict:
    """An earlier result; name, place and time of receipt are those that the class comes with today."""
    one = task.submission
    received = one.received.isoformat() if one.received else None
    return result | {"name": one.name, "source": one.source, "platform": one.platform, "received": received}


def _same_rules(result: dict, rules: str) -> None:
    if result["rules"] != rules:
        raise CannotGrade(
            "a worker grades by other rules than this process: every machine needs the same labkit and the same "
            "overlay folder, neither may change while it grades, and workers have to be started again after a change"
        )


def done(course: Course) -> dict:
    """The results of earlier runs with the same course key.

    What was graded without a sandbox counts only for a run without.
    """
    return {
        (one["lab"], one["student"], one["sha256"], one["rules"]): one
        for one in output.results(course.folder)
        if one["unsafe"] <= course.unsafe and _same_key(one, course.key)
    }


def _same_key(result: dict, key: bytes) -> bool:
    """Whether the inputs of the result were drawn from this key."""
    for one in result.get("exercises", [])[:1]:
        drawn = engine.seed(key, result["student"], one["name"], result["attempt"])
        return one["seed"] == f"{drawn:032x}"
    return True
