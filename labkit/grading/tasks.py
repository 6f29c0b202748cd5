"""Which submission is graded as what: its lab, its attempt, and whether that was done before."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from labkit.grading import output, submissions
from labkit.grading.work import Submission
from labkit.notebooks import matching
from labkit.notebooks.cells import Refused, Trouble
from labkit.notebooks.read import read

NOT_A_LAB = "no part of a lab is in it; is it the right file?"
LAST = "9999"  # a time of receipt that is not known sorts behind all others
NOTHING = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True)
class Task:
    """A submission in its place. Its content lies on the disk: only a few are in memory at a time.

    Args:
        sha256: of the content; empty where it could not be had.
    """

    submission: Submission
    lab: str
    sha256: str
    attempt: int = 1


def found(place: Path, folder: Path, lab: str | None = None, only: Iterable[str] = ()) -> list[Task]:
    """What is to be graded in `place`, each file once. Copies it into the output folder.

    Args:
        lab: what else is there is left out where the place tells it, and else needs a look.
        only: students; everybody if empty.

    Raises:
        Refused: there is nothing, nothing of one of these students, or nothing that tells a lab.
    """
    wanted = {one.casefold() for one in only}
    placed = []
    for one in submissions.each(place):
        if (wanted and one.student not in wanted) or (lab and one.lab and one.lab != lab):
            continue
        placed.append(_placed(one, lab, folder))
    if missing := wanted - {one.submission.student for one in placed}:
        raise Refused(f"nothing of {', '.join(sorted(missing))} is in {place}")
    return list(_with_attempts(_with_labs(placed, place, folder), folder))


def received(one: Task, told: Mapping[str, datetime]) -> Task:
    """The task with the time of receipt that `told` has for its student, if it has one."""
    time = told.get(one.submission.student)
    return replace(one, submission=replace(one.submission, received=time)) if time else one


def again(result: dict, folder: Path) -> Task | None:
    """The task that a result came from, with its number; None where no copy of the submission was kept."""
    lab, sha256 = result["lab"], result["sha256"]
    copy = output.copy_path(folder, lab, sha256)
    if sha256 == NOTHING or not copy.exists():
        return None  # another student's empty file has the digest of no file at all
    received = datetime.fromisoformat(result["received"]) if result["received"] else None
    student, name, source = result["student"], result["name"], result["source"]
    one = Submission(student, name, source, copy.read_bytes(), received, result["platform"], lab)
    return replace(_placed(one, lab, folder), attempt=result["attempt"])


def _placed(one: Submission, wanted: str | None, folder: Path) -> Task:
    """The submission's task, without content; its lab is empty where nothing tells it."""
    lab, trouble = _lab_of(one, wanted)
    sha256 = ""
    if one.content is not None and not one.trouble:
        sha256 = hashlib.sha256(one.content).hexdigest()
        output.keep_copy(folder, lab, sha256, one.content)
    return Task(replace(one, content=None, trouble=trouble), lab, sha256)


def _lab_of(one: Submission, wanted: str | None) -> tuple[str, str]:
    """The lab that a submission is graded as, and why it needs a look, if it does."""
    lab = wanted or one.lab
    if one.trouble:
        return lab, one.trouble
    try:
        told = matching.lab_of(read(one.content))
    except Trouble as trouble:
        return lab, str(trouble)
    if told is None:
        return lab, NOT_A_LAB
    if lab and told != lab:
        return lab, f"this is a notebook of lab {told}, not of lab {lab}"
    return told, ""


def _with_labs(placed: list[Task], place: Path, folder: Path) -> list[Task]:
    """The same tasks; where nothing tells the lab, it is the most frequent one that this student has not handed in."""
    labs = Counter(one.lab for one in placed if one.lab)
    if placed and not labs:
        first = placed[0].submission
        raise Refused(
            f"nothing in {place} tells which lab it is, such as {first.source} ({first.trouble}): give --lab 02 or so"
        )
    has = {(one.submission.student, one.lab) for one in placed}

    def likely(one: Task) -> Task:
        lab = min(sorted(labs), key=lambda lab: ((one.submission.student, lab) in has, -labs[lab]))
        if one.sha256:
            output.move_copy(folder, one.sha256, lab)
        return replace(one, lab=lab)

    return [one if one.lab else likely(one) for one in placed]


def _with_attempts(placed: list[Task], folder: Path) -> Iterator[Task]:
    """Each file once, numbered for its student and lab in the order of receipt; a number once given stays."""
    before: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for one in output.results(folder):
        before[one["student"], one["lab"]][one["sha256"]] = one["attempt"]
    groups: dict[tuple[str, str], dict[str, Task]] = defaultdict(dict)
    for one in sorted(placed, key=_received):
        groups[one.submission.student, one.lab].setdefault(one.sha256, one)
    for who, files in groups.items():
        known = before[who]
        free = (number for number in count(1) if number not in known.values())
        for sha256, one in files.items():
            yield replace(one, attempt=known.get(sha256 or NOTHING) or next(free))


def _received(one: Task) -> tuple[str, str]:
    received = one.submission.received
    return (received.astimezone(UTC).isoformat() if received else LAST), one.submission.source
