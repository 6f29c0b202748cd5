"""Choosing among variants: the Pareto front, what fits a device, what stands in the way, what each step brought."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import log

import numpy as np

from labkit.reference import reference

LIMITS = ("bytes", "ms", "drop")
NOTHING = "nothing"


@reference
def pareto_front(costs: np.ndarray) -> list[int]:
    """Indices of the rows that no other row beats, in order.

    A row is beaten by another that is at most as large in every column and smaller in at least one. Equal rows do not
    beat each other.

    Args:
        costs: `(n, k)`, each column a cost: less is better. Turn an accuracy into a share of errors first.

    Raises:
        ValueError: there are not two dimensions, or a cost is NaN.

    Source: V. Pareto, "Manuale di economia politica" (1906).

    >>> pareto_front([[1, 9], [5, 5], [6, 6]])
    [0, 1]
    """
    costs = np.asarray(costs, float)
    if costs.ndim != 2 or np.isnan(costs).any():
        raise ValueError(f"costs are an array (variants, costs) without NaN, not of shape {costs.shape}")
    return [i for i, mine in enumerate(costs) if not ((costs <= mine).all(1) & (costs < mine).any(1)).any()]


@reference
def choose_variant(
    names: Sequence[str],
    sizes: Sequence[float],
    times: Sequence[float],
    accuracies: Sequence[float],
    max_bytes: float,
    max_drop: float,
) -> str:
    """Name of the fastest variant that fits, of equally fast ones the smallest; "nothing" if none fits.

    Args:
        sizes, times, accuracies: bytes, milliseconds and shares 0..1, one for each name; the first is the baseline.
        max_bytes: a variant fits with at most so many,
        max_drop: and with an accuracy at most so many points (of 100) below the baseline's.

    Raises:
        ValueError: there are no variants, or not one of everything for each.

    >>> choose_variant(["baseline", "int8"], [4000, 1000], [1.0, 0.9], [0.93, 0.925], 2000, 1.0)
    'int8'
    """
    _check_rows(names, sizes, times, accuracies)
    broken = _broken(sizes, times, accuracies, max_bytes, float("inf"), max_drop)
    fits = [i for i, limits in enumerate(broken) if not limits]
    return names[min(fits, key=lambda i: (times[i], sizes[i]))] if fits else NOTHING


@reference
def what_binds(
    sizes: Sequence[float],
    times: Sequence[float],
    accuracies: Sequence[float],
    max_bytes: float,
    max_ms: float,
    max_drop: float,
) -> list[str]:
    """The limits, of "bytes", "ms" and "drop", that alone stand in the way: without it, some variant would fit.

    Empty if a variant fits, and also if no single limit is to blame.

    Args:
        sizes, times, accuracies: as for `choose_variant`.

    >>> what_binds([4000, 1000], [1.0, 0.9], [0.93, 0.925], 2000, 0.5, 1.0)
    ['ms']
    """
    _check_rows(sizes, times, accuracies)
    broken = _broken(sizes, times, accuracies, max_bytes, max_ms, max_drop)
    return [] if [] in broken else [limit for limit in LIMITS if [limit] in broken]


def _broken(sizes, times, accuracies, max_bytes, max_ms, max_drop) -> list[list[str]]:
    """For each variant the limits that it breaks."""
    beyond = [
        (size > max_bytes, ms > max_ms, 100 * (accuracies[0] - accuracy) > max_drop + 1e-9)
        for size, ms, accuracy in zip(sizes, times, accuracies)
    ]
    return [[limit for limit, true in zip(LIMITS, row) if true] for row in beyond]


def _check_rows(*columns: Sequence) -> None:
    lengths = {len(column) for column in columns}
    if lengths == {0} or len(lengths) > 1:
        raise ValueError(f"one of everything for each variant, and at least one, is needed, not {sorted(lengths)}")


@reference
def gain_shares(values: Sequence[float]) -> list[float]:
    """What share of the whole gain each step brought, adding up to 1: its factor's logarithm over the whole one's.

    Args:
        values: bytes or milliseconds before the first step and after each.

    Raises:
        ValueError: fewer than two values, one is not above 0, or the last is the first.

    >>> [round(share, 2) for share in gain_shares([8, 4, 1])]
    [0.33, 0.67]
    """
    if len(values) < 2 or not min(values) > 0 or values[0] == values[-1]:
        raise ValueError("values before and after each step are needed, all above 0, with a gain from first to last")
    whole = log(values[0] / values[-1])
    return [log(before / after) / whole for before, after in pairwise(values)]


@reference
def packed_bytes(weights: int, bits: float, sparsity: float) -> float:
    """The fewest bytes that can hold `weights` of which a share `sparsity` is zero and the others take `bits` each.

    For every weight one must say whether it is zero, which takes the entropy of that yes or no; the codes of those that
    are not zero follow.

    Raises:
        ValueError: `sparsity` is not 0..1, or a number is negative.

    Source: C. Shannon, "A mathematical theory of communication" (1948).

    >>> packed_bytes(1000, 8, 0.0), packed_bytes(1000, 8, 0.5)
    (1000.0, 625.0)
    """
    if not (0 <= sparsity <= 1 and weights >= 0 and bits >= 0):
        raise ValueError("a sparsity is 0..1, weights and bits are not negative")
    is_zero = -sum(share * np.log2(share) for share in (sparsity, 1 - sparsity) if share > 0)
    return float(weights * (is_zero + (1 - sparsity) * bits) / 8)


@reference
def pool(lows: Sequence[float], highs: Sequence[float], threshold: float) -> tuple[int, int, int]:
    """How many laptops confirm, refute and cannot tell that a figure is at least `threshold`, from their intervals.

    >>> pool([4.0, 1.0, 3.0], [5.0, 2.0, 6.0], 4.0)
    (1, 1, 1)
    """
    confirmed = sum(bool(low >= threshold) for low in lows)
    refuted = sum(bool(high < threshold) for high in highs)
    return confirmed, refuted, len(lows) - confirmed - refuted
