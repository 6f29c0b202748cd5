"""Limits, who is within them, who is preferred, and what binds where nobody is: numbers in, a choice out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite

from labkit.compress.plan import TARGETS
from labkit.compress.store import Candidate

PREFER = ("fast", "small", "accurate")
ROUNDING = 1e-9


@dataclass(frozen=True)
class Limits:
    """What was asked for; the arguments of `search`."""

    target: str
    max_bytes: int | None = None
    max_drop: float | None = None
    prefer: str = "fast"
    gzip: bool = False
    min_speedup: float | None = None
    runtime: str | None = None

    @property
    def runtimes(self) -> tuple[str, ...]:
        """What is tried, the preferred one first."""
        return TARGETS[self.target].runtimes if self.runtime is None else (self.runtime,)

    def check(self) -> None:
        """Raises ValueError where an argument is unknown or out of range."""
        if self.target not in TARGETS:
            raise ValueError(f"the target is one of {', '.join(TARGETS)}, not {self.target!r}")
        target = TARGETS[self.target]
        if self.runtime is not None and self.runtime not in (known := (*target.runtimes, *target.others)):
            raise ValueError(f"the runtime of a {self.target} is one of {', '.join(known)}, not {self.runtime!r}")
        if self.prefer not in PREFER:
            raise ValueError(f"prefer one of {', '.join(PREFER)}, not {self.prefer!r}")
        if self.max_bytes is not None and not (_is_number(self.max_bytes) and self.max_bytes > 0):
            raise ValueError(f"max_bytes is a number of bytes above 0, not {self.max_bytes!r}")
        if self.max_drop is not None and not (_is_number(self.max_drop) and 0 <= self.max_drop <= 100):
            raise ValueError(f"max_drop is points of accuracy, 0 to 100, not {self.max_drop!r}")
        if self.min_speedup is not None and not (_is_number(self.min_speedup) and self.min_speedup > 0):
            raise ValueError(f"min_speedup is how many times faster, above 0, not {self.min_speedup!r}")

    def bytes_of(self, one: Candidate) -> int:
        """The bytes that count."""
        return one.gzip_bytes if self.gzip else one.size_bytes


def points_lost(one: Candidate, baseline: Candidate) -> float:
    """Points of accuracy on the validation split that `one` is below the baseline; negative if it is above."""
    return 100 * (int(baseline.correct.sum()) - int(one.correct.sum())) / len(baseline.correct)


def is_small(one: Candidate, limits: Limits) -> bool:
    """Whether its bytes are within the limit."""
    return limits.max_bytes is None or limits.bytes_of(one) <= limits.max_bytes


def is_accurate(one: Candidate, baseline: Candidate, limits: Limits) -> bool:
    """Whether its loss is within the limit."""
    return limits.max_drop is None or points_lost(one, baseline) <= limits.max_drop + ROUNDING


def within(one: Candidate, baseline: Candidate, limits: Limits) -> bool:
    """Whether a candidate is within both limits that need no clock."""
    return is_small(one, limits) and is_accurate(one, baseline, limits)


def ordered(found: Sequence[Candidate], limits: Limits) -> list[Candidate]:
    """The candidates, the preferred one first. What decides is counted, never timed; names break ties."""

    def rank(one: Candidate) -> tuple:
        size, wrong = limits.bytes_of(one), -int(one.correct.sum())
        work = (one.operations, limits.runtimes.index(one.recipe.runtime))
        by = {"fast": (*work, size, wrong), "small": (size, *work, wrong), "accurate": (wrong, size, *work)}
        return (*by[limits.prefer], str(one.recipe))

    return sorted(found, key=rank)


def nearest(found: Sequence[Candidate], baseline: Candidate, limits: Limits) -> tuple[Candidate, str]:
    """Where nobody is within the limits: the candidate to take, and what binds. Accuracy is kept before bytes.

    If some are accurate enough, the smallest of these; else the most accurate of those that are small enough.

    Raises:
        ValueError: there are no candidates.
    """
    if not found:
        raise ValueError("there are no candidates")
    accurate = [one for one in found if is_accurate(one, baseline, limits)]
    small = [one for one in found if is_small(one, limits)]
    best = _first(small or found, limits, "accurate")
    loses = f"the most accurate loses {points_lost(best, baseline):.2f} points ({best.recipe})"
    if not accurate:
        return best, f"accuracy: {loses}" if small else f"bytes and accuracy: {loses}, and none is small enough"
    one = _first(accurate, limits, "small")
    among = "" if limits.max_drop is None else f" within {limits.max_drop:g} points"
    said = f"bytes: the smallest{among} is {limits.bytes_of(one):,} ({one.recipe})"
    return one, f"{said}; within {limits.max_bytes:,} bytes {loses}" if small else said


def _first(found: Sequence[Candidate], limits: Limits, prefer: str) -> Candidate:
    return ordered(found, replace(limits, prefer=prefer))[0]


def _is_number(value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
