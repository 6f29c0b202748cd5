"""Intervals: how far a number may be from the truth, given how often it was measured."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist

import numpy as np

LEVEL = 0.95  # every interval in the course covers the truth in 95 of 100 repetitions
Z = NormalDist().inv_cdf((1 + LEVEL) / 2)  # 1.96: so many standard deviations to either side


def wilson(correct: int, n: int) -> tuple[float, float]:
    """95 % interval of a share, such as an accuracy: `(low, high)`, both 0..1.

    Raises:
        ValueError: `correct` is not between 0 and `n`, or `n` is 0.

    Source: E. B. Wilson, "Probable inference", Journal of the American Statistical Association 22 (1927).

    >>> low, high = wilson(93, 100)
    >>> round(low, 3), round(high, 3)
    (0.863, 0.966)
    """
    if n < 1 or not 0 <= correct <= n:
        raise ValueError(f"{correct} correct of {n} is not a share")
    share, shrink = correct / n, 1 + Z**2 / n
    centre = (share + Z**2 / (2 * n)) / shrink
    half = Z * sqrt(share * (1 - share) / n + Z**2 / (4 * n**2)) / shrink
    return float(max(0.0, min(share, centre - half))), float(min(1.0, max(share, centre + half)))  # rounding errors


def mcnemar(first_correct: np.ndarray, second_correct: np.ndarray) -> float:
    """How often chance alone would make two equally good variants differ at least this much: p, 0..1.

    Only images that one variant gets right and the other wrong count; among them each side wins a fair coin toss.

    Args:
        first_correct, second_correct: bool `(n,)`, the same images in the same order.

    Raises:
        ValueError: the two arrays do not describe the same images.

    Source: Q. McNemar, Psychometrika 12 (1947); the exact (binomial) form.
    """
    only_first, only_second, _ = discordant(first_correct, second_correct)
    tosses, fewer = only_first + only_second, min(only_first, only_second)
    ways = at_most = 1  # one way to toss no head at all; each further head follows from the one before
    for heads in range(fewer):
        ways = ways * (tosses - heads) // (heads + 1)
        at_most += ways
    return min(1.0, 2 * at_most / 2**tosses)


def accuracy_difference(first_correct: np.ndarray, second_correct: np.ndarray) -> tuple[float, float, float]:
    """Accuracy of the second variant minus the first, on the same images: `(difference, low, high)`, 95 %.

    Raises:
        ValueError: the two arrays do not describe the same images.

    Source: A. Agresti and Y. Min, Statistics in Medicine 24 (2005): half a count is added to each of the four cells.
    """
    only_first, only_second, n = discordant(first_correct, second_correct)
    gained, lost, total = only_second + 0.5, only_first + 0.5, n + 2
    centre = (gained - lost) / total
    half = Z * sqrt(gained + lost - (gained - lost) ** 2 / total) / total
    return (only_second - only_first) / n, max(centre - half, -1.0), min(centre + half, 1.0)


def median_interval(values: np.ndarray, resamples: int = 2000, seed: int = 0) -> tuple[float, float, float]:
    """The median and its 95 % interval, `(median, low, high)`, by drawing as many values again, with replacement.

    Of each draw only the middle is needed, so only its middle ranks are drawn: they follow a beta distribution.

    Raises:
        ValueError: no values.

    Source: B. Efron, "Bootstrap methods", Annals of Statistics 7 (1979); the percentile interval.
    """
    values = np.sort(np.asarray(values, float))
    n, middle = values.size, (values.size + 1) // 2
    if n == 0:
        raise ValueError("no values, so no median")
    random = np.random.default_rng(seed)
    rank = random.beta(middle, n - middle + 1, resamples)
    medians = values[(rank * n).astype(int)]
    if n % 2 == 0:  # the median of an even number is half-way between two neighbours in the draw
        above = rank + (1 - rank) * random.beta(1, n - middle, resamples)
        medians = (medians + values[np.minimum(above * n, n - 1).astype(int)]) / 2
    low, high = np.quantile(medians, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(np.median(values)), float(low), float(high)


def discordant(first: np.ndarray, second: np.ndarray) -> tuple[int, int, int]:
    """How many images only the first gets right, how many only the second, and how many there are.

    Raises:
        ValueError: the two arrays do not describe the same images.
    """
    first, second = np.asarray(first, bool), np.asarray(second, bool)
    if first.shape != second.shape or first.ndim != 1 or not first.size:
        raise ValueError(f"the same images in the same order are needed, not {first.shape} against {second.shape}")
    return int((first & ~second).sum()), int((~first & second).sum()), first.size
