"""A claim of the lecture as a record."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf


@dataclass(frozen=True)
class Claim:
    """What a slide says, and how a measurement decides it: the claim holds where the truth is in `low` to `high`."""

    id: str
    slide: str
    quote: str
    test: str
    unit: str
    low: float = -inf
    high: float = inf
