"""What a microcontroller has room for, what each step of a gain contributed, which file is for which device."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from labkit.choice import gain_shares
from labkit.reference import reference


@dataclass(frozen=True)
class Device:
    """Room on a device, in bytes: `flash_bytes` for the model's file, `ram_bytes` for its activations."""

    name: str
    flash_bytes: int
    ram_bytes: int


MICROCONTROLLER = Device("microcontroller", 65_536, 65_536)


@reference
def arena_bytes(sizes: Sequence[int]) -> int:
    """The fewest bytes that hold all activations of layers in a row.

    While a layer works, its input and its output are both there; all others may be overwritten.

    Args:
        sizes: bytes of the images, then of each layer's output, in order.

    Raises:
        ValueError: there are fewer than two sizes, or one is below 0.

    >>> arena_bytes([784, 12544, 3136, 6272])
    15680
    """
    if len(sizes) < 2 or min(sizes) < 0:
        raise ValueError(f"at least an input and an output are needed, in bytes of 0 or more, not {list(sizes)}")
    return int(max(before + after for before, after in pairwise(sizes)))


@reference
def split_gain(before: float, middle: float, after: float) -> tuple[float, float]:
    """The shares of two steps in the gain from `before` to `after`, such as `(0.75, 0.25)`; they add up to 1.

    Factors multiply, so their logarithms are what adds up; `labkit.choice.gain_shares` takes any number of steps.

    Raises:
        ValueError: a value is not above 0, or nothing changed from `before` to `after`.

    >>> [round(share, 3) for share in split_gain(before=800, middle=200, after=100)]
    [0.667, 0.333]
    """
    if not all(0 < one < float("inf") for one in (before, middle, after)):
        raise ValueError(f"sizes and times are above 0 and finite, not {before}, {middle} and {after}")
    if before == after:
        raise ValueError("nothing was gained from before to after, so there is nothing to share")
    first, second = gain_shares([before, middle, after])
    return first, second


@reference
def choose_target(rows: Sequence[Mapping], flash_bytes: int, ram_bytes: int, max_ms: float) -> str | None:
    """The `variant` of the most accurate row that fits the device and is fast enough; None if there is none.

    Args:
        rows: each with `variant`, `accuracy`, `size_bytes`, `ram_bytes` and `latency_ms`. Where a value was not
            measured it is None, and the row is not chosen. Of equally accurate rows the smaller file is chosen.
        flash_bytes, ram_bytes, max_ms: the device's limits, which a row may just reach.

    Raises:
        KeyError: a row lacks one of these.

    >>> row = {"variant": "int8", "accuracy": 0.93, "size_bytes": 52_960, "ram_bytes": 19_520, "latency_ms": 3.2}
    >>> choose_target([row], flash_bytes=65_536, ram_bytes=65_536, max_ms=10)
    'int8'
    """
    limits = {"size_bytes": flash_bytes, "ram_bytes": ram_bytes, "latency_ms": max_ms}
    fitting = [
        row
        for row in rows
        if row["accuracy"] is not None
        and all(row[name] is not None and row[name] <= limit for name, limit in limits.items())
    ]
    best = max(fitting, key=lambda row: (row["accuracy"], -row["size_bytes"]), default=None)
    return None if best is None else best["variant"]
