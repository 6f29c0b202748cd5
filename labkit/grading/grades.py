"""A student's grade for a lab: what was earned, what waits to be marked, what lateness leaves.

The core exercises and the written answers carry the points. Further exercises are a bonus: it makes up for points lost
elsewhere, and never lifts a grade above what is possible.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from labkit.grading import late
from labkit.grading.work import GRADED

CHANGED = "the answer changed since it was marked"


@dataclass(frozen=True)
class Mark:
    """Points that a person gave for a written answer.

    Args:
        answer: the `digest` of the text that was marked; empty where that is not known.
    """

    student: str
    lab: str
    question: str
    points: float
    comment: str = ""
    answer: str = ""


@dataclass(frozen=True)
class Grade:
    """One line of the gradebook: the latest result of a student for a lab, and the points given by hand.

    Args:
        marks: by question; also those whose question the result does not have.
        penalty: percent of the points for each begun day after the deadline.
        earlier: in words, what an earlier file earned where this one could not be graded; else empty.
    """

    result: dict
    marks: dict[str, Mark] = field(default_factory=dict)
    deadline: datetime | None = None
    penalty: float = 0.0
    earlier: str = ""

    @property
    def student(self) -> str:
        return self.result["student"]

    @property
    def lab(self) -> str:
        return self.result["lab"]

    @property
    def name(self) -> str:
        """As the platform shows it; the id where it shows none."""
        return self.result.get("name") or self.student

    @property
    def graded(self) -> bool:
        return self.result["status"] == GRADED

    @property
    def points(self) -> float:
        """Of the core exercises."""
        return sum(one["points"] for one in self.result["exercises"] if one["core"])

    @property
    def bonus(self) -> float:
        """Of the further exercises."""
        return sum(one["points"] for one in self.result["exercises"] if not one["core"])

    @property
    def possible(self) -> float:
        """Of the core exercises and the written answers."""
        core = sum(one["possible"] for one in self.result["exercises"] if one["core"])
        return core + sum(one["possible"] for one in self.result["written"])

    @property
    def manual(self) -> float:
        """Of the written answers that are marked."""
        return sum(self.marks[one["name"]].points for one in self.result["written"] if one["name"] in self.marks)

    @property
    def waiting(self) -> list[str]:
        """The written answers that are not marked yet. Where nothing was written, there is nothing to mark."""
        written = self.result["written"]
        return [one["name"] for one in written if one["answer"].strip() and one["name"] not in self.marks]

    @property
    def changed(self) -> list[str]:
        """The written answers whose text is another than the one that was marked."""
        marked = [(one, self.marks[one["name"]]) for one in self.result["written"] if one["name"] in self.marks]
        return [one["name"] for one, mark in marked if mark.answer and mark.answer != digest(one["answer"])]

    @cached_property
    def days(self) -> int | None:
        """Begun days after the deadline; None where there is no deadline or the time of receipt is not known."""
        received = self.result.get("received")
        return late.days(datetime.fromisoformat(received) if received else None, self.deadline)

    @property
    def earned(self) -> float:
        """Before lateness: core, manual points and bonus together, at most what is possible."""
        return min(self.possible, self.points + self.manual + self.bonus)

    @property
    def final(self) -> float | None:
        """What counts; None where a person has to look first."""
        return round(self.earned * late.keep(self.days, self.penalty), 2) if self.graded else None

    @property
    def remarks(self) -> list[str]:
        """What the instructor should know of it, one line each."""
        said = list(self.result["notes"])
        said += [f"`{name}`: {CHANGED}" for name in self.changed]
        if self.waiting and self.graded:
            said.append(f"{len(self.waiting)} written to mark")
        if self.deadline and self.penalty and self.days is None:
            said.append("when it was received is not known; no points were taken off")
        if self.days is None and self.result["platform"].get("late"):
            said.append("the platform marks it as late")
        if self.result.get("unsafe"):
            said.append("graded without a sandbox")
        return said + [self.earlier] * bool(self.earlier)


def digest(text: str) -> str:
    """Tells one answer from another: 16 hexadecimal digits."""
    return hashlib.sha256(text.strip().encode("utf-8", "replace")).hexdigest()[:16]


def number(value: float | None) -> str:
    """Points as they are written everywhere: at most two decimals; empty for None.

    >>> number(2.0), number(1 / 3), number(None)
    ('2', '0.33', '')
    """
    return "" if value is None else f"{value:.2f}".rstrip("0").rstrip(".")
