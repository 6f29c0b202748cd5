"""What the steps of grading hand to each other. Nothing here does anything."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

GRADED, LOOK = "graded", "needs a look"


@dataclass(frozen=True)
class Submission:
    """One student's file for one lab as it was found: bytes from outside, of which nothing is believed yet.

    Args:
        student: a checked id, `[a-z0-9_.@-]{1,64}`.
        name: as the platform shows it, for people alone.
        source: where the file was found, for messages.
        content: the file; None where it could not be had, and `trouble` then says why.
        received: when, with a time zone, by the file system or the platform; None where neither says.
        platform: whence, for the way back: {"kind": "moodle", "id": "1234"} or {"kind": "folder"}.
        lab: such as "02" where the place tells (nbgrader's folders), else "".
    """

    student: str
    name: str
    source: str
    content: bytes | None
    received: datetime | None = None
    platform: dict = field(default_factory=dict)
    lab: str = ""
    trouble: str = ""


@dataclass(frozen=True)
class Step:
    """A piece of code to run before the laws ask. `exercise` names the solution cell that it is.

    Args:
        label: for messages, such as "the cell of `soften`" or "an extra cell (the 7th)".
        given: the lab's own imports, functions and constants; a failure in it is not the student's.
    """

    label: str
    source: str
    exercise: str = ""
    given: bool = False


@dataclass(frozen=True)
class Written:
    """A written answer, to be marked by hand. `answer` is empty where nothing was written."""

    name: str
    question: str
    answer: str
    possible: float


@dataclass(frozen=True)
class Work:
    """A submission grafted onto the lab's own notebook. `notes` say what was repaired or is odd, one line each."""

    lab: str
    steps: tuple[Step, ...]
    written: tuple[Written, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Limits:
    """What one submission may use. Times are wall clock seconds."""

    call_seconds: float = 10.0
    cell_seconds: float = 30.0
    submission_seconds: float = 300.0
    memory_bytes: int = 2 * 1024**3
    disk_bytes: int = 128 * 1024**2
    file_bytes: int = 64 * 1024**2
    processes: int = 64
    open_files: int = 256


class CannotGrade(Exception):
    """This machine cannot grade (no sandbox, disk full, ...): the run stops; the message says what to do."""
