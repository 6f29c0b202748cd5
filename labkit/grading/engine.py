"""Grades one submission: its code runs in a box, the laws run here, and what comes out is a plain dictionary."""

from __future__ import annotations

import hashlib
import hmac
import re
import time
import traceback
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from labkit import check
from labkit.check import Outcome
from labkit.exercises.laws import Exercise, Stopped
from labkit.grading import graft, overlay
from labkit.grading.box import Box, Stub
from labkit.grading.work import GRADED, LOOK, CannotGrade, Limits, Step, Submission, Work
from labkit.notebooks import master as masters
from labkit.notebooks.cells import Refused, Trouble, visible
from labkit.notebooks.read import read

FORMAT = 1
# What decides over points: a change in one of these makes new rules, and earlier results are graded again.
DECIDING = (
    "box",
    "engine",
    "graft",
    "overlay",
    "plain",
    "process",
    "sandbox",
    "seccomp",
    "stage",
    "watch",
    "wire",
    "worker",
)
READING = ("master", "matching", "read", "source")  # of labkit/notebooks; they decide, too
UNKNOWN_NAME = re.compile(r"name '(\w+)' is not defined")


@dataclass(frozen=True)
class Job:
    """All that grading one submission needs, so that it can be sent to another process or machine.

    Args:
        key: the course key, from which the seeds of all inputs are drawn.
        attempt: 1 for the student's first file for this lab, 2 for the second; a regrade keeps the number.
    """

    submission: Submission
    lab: str
    key: bytes
    attempt: int = 1
    overlay_folder: Path | None = None
    limits: Limits = field(default_factory=Limits)
    unsafe: bool = False


def grade_one(job: Job, slot: int = 0) -> dict:
    """The result of one submission; what it does can cost it points, and nothing else.

    Args:
        slot: of this machine: says which core the box gets, and which user id.

    Raises:
        CannotGrade: this machine has no sandbox.
        Refused: the overlay cannot be read.
    """
    began = time.monotonic()
    result = _blank(job)
    try:
        if job.submission.trouble:
            raise Trouble(job.submission.trouble)
        master = _master(job.lab, job.overlay_folder)
        work = graft.graft(read(job.submission.content), master)
        exercises, notes = _run(work, master, job, slot)
        result |= {"exercises": exercises, "notes": [*work.notes, *notes]}
        result["written"] = [asdict(one) for one in work.written]
    except Trouble as trouble:
        result |= {"status": LOOK, "reason": str(trouble)}
    except (CannotGrade, Refused):
        raise
    except Exception as error:  # whatever a submission brings up in the grader itself ends no class
        reason = f"the grader itself failed on it ({type(error).__name__})"
        result |= {"status": LOOK, "reason": reason, "traceback": traceback.format_exc()}
    return result | {"seconds": round(time.monotonic() - began, 3)}


def rules(lab: str, overlay_folder: Path | None = None, limits: Limits | None = None) -> str:
    """Names the rules by 12 hexadecimal digits: laws, notebook, overlay, limits and the grader itself.

    Raises:
        Refused: the overlay cannot be read.
    """
    given = (FORMAT, lab, _master(lab, overlay_folder).digest, limits or Limits(), _code(lab))
    return hashlib.sha256(repr(given).encode()).hexdigest()[:12]


@lru_cache(maxsize=16)
def _code(lab: str) -> str:
    """Changes with the code that decides. Looked at once: a process runs what it imported, whatever a file says now."""
    digest = hashlib.sha256()
    package = Path(__file__).parents[1]
    laws = [f"exercises/{name}.py" for name in (f"lab{lab}", "asked", "laws", "recipes")]
    reading = (f"notebooks/{name}.py" for name in READING)
    for name in ("check.py", "reference.py", *laws, *(f"grading/{name}.py" for name in DECIDING), *reading):
        digest.update((package / name).read_bytes())
    return digest.hexdigest()


def seed(key: bytes, student: str, exercise: str, attempt: int) -> int:
    """The seed of an exercise's inputs, 128 bits: repeatable with the course key, and without it nobody's guess."""
    return int(hmac.new(key, f"{student}\0{exercise}\0{attempt}".encode(), "sha256").hexdigest()[:32], 16)


@lru_cache(maxsize=16)
def _master(lab: str, overlay_folder: Path | None) -> masters.Master:
    return overlay.load(overlay_folder).master(lab)


def _blank(job: Job) -> dict:
    one = job.submission
    return {
        "format": FORMAT,
        "lab": job.lab,
        "student": one.student,
        "name": one.name,
        "sha256": hashlib.sha256(one.content or b"").hexdigest(),
        "rules": rules(job.lab, job.overlay_folder, job.limits),
        "attempt": job.attempt,
        "status": GRADED,
        "reason": "",
        "received": one.received.isoformat() if one.received else None,
        "source": one.source,
        "platform": one.platform,
        "exercises": [],
        "written": [],
        "notes": [],
        "unsafe": job.unsafe,
    }


def _run(work: Work, master: masters.Master, job: Job, slot: int) -> tuple[list[dict], list[str]]:
    """Every exercise's part of the result, and notes about what happened."""
    graded, notes = [], []
    with Runner(work.steps, job.limits, slot, job.unsafe) as runner:
        for exercise in master.exercises:
            drawn = seed(job.key, job.submission.student, exercise.name, job.attempt)
            outcome, log = runner.judge(exercise, drawn)
            for name in sorted(_unknown(log) & master.left_out):
                notes.append(f"`{exercise.name}` uses `{name}` of another cell, which is not there when graded")
            if any(hint.startswith(check.NOT_CHECKED) for hint in outcome.hints):
                notes.append(f"a test of `{exercise.name}` failed on this answer by an error of its own")
            graded.append(
                {
                    "name": exercise.name,
                    "points": float(outcome.points),
                    "possible": float(exercise.points),
                    "core": exercise.core,
                    "attempted": outcome.attempted,
                    "hints": [visible(hint) for hint in outcome.hints],
                    "seed": f"{drawn:032x}",
                    "log": [visible(line) for line in log],
                }
            )
        lost = any(one["attempted"] and one["points"] < one["possible"] for one in graded)
        notes += [said for said, is_extra in runner.failures() if lost or not is_extra]
    return graded, notes


def _unknown(log: list[str]) -> set[str]:
    return {name for line in log if line.startswith("NameError") for name in UNKNOWN_NAME.findall(line)}


class Runner:
    """Keeps a box with the submission's code alive: what kills it costs that exercise or cell, and no other.

    Args:
        steps: run in their order in every new box, without those that killed an earlier one.
    """

    def __init__(self, steps: tuple[Step, ...], limits: Limits, slot: int = 0, unsafe: bool = False) -> None:
        self.steps, self.limits, self.slot, self.unsafe = steps, limits, slot, unsafe
        self.ends = time.monotonic() + limits.submission_seconds
        self.box: Box | None = None
        self.stopped: dict[Step, str] = {}  # why a step killed its box
        self.failed: dict[Step, str] = {}  # why a step ended early

    def __enter__(self) -> Runner:
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        """Ends the box, if one is alive, and all that runs in it."""
        if self.box is not None:
            self.box.close()
            self.box = None

    def judge(self, exercise: Exercise, drawn: int) -> tuple[Outcome, list[str]]:
        """The outcome of one exercise, and what the instructor alone sees."""
        mine = next((step for step in self.steps if step.exercise == exercise.name), None)
        try:
            box = self._alive()
            before = len(box.log)
            outcome = check.judge(exercise, Stub(box, exercise.name), drawn)
            log = box.log[before:]
            if box.dead:
                self.close()
        except Stopped as stopped:  # the time of the whole submission is over
            return Outcome(exercise, 0.0, (f"your notebook stopped with {stopped}",)), []
        why = self.stopped.get(mine) or self.failed.get(mine)
        if not outcome.attempted and why:
            outcome = Outcome(exercise, 0.0, (f"your cell stopped with {why}",))
        return outcome, log

    def failures(self) -> Iterator[tuple[str, bool]]:
        """What to say of each step that did not run to its end, and whether it is an extra cell's failure."""
        for step, why in {**self.failed, **self.stopped}.items():
            yield f"{step.label} stopped: {why}", not step.exercise and not step.given and step not in self.stopped

    def _alive(self) -> Box:
        while self.box is None:
            left = self.ends - time.monotonic()
            if left <= 0:
                raise Stopped(
                    f"too much time: more than {self.limits.submission_seconds:g} seconds for the whole notebook"
                )
            self._start(replace(self.limits, submission_seconds=left))
        return self.box

    def _start(self, limits: Limits) -> None:
        """A new box that has run every step; or none, and one more step that is left out the next time."""
        self.box = Box(limits, self.slot, self.unsafe)
        for step in self.steps:
            if step in self.stopped:
                continue
            try:
                if why := self.box.run(step):
                    self.failed[step] = why
            except Stopped as stopped:
                self.stopped[step] = str(stopped)
                self.close()
                return
