"""Whether a student gained: image by image against another one, and seed by seed."""

from __future__ import annotations

from math import sqrt

import numpy as np

from labkit.measure.statistics import discordant
from labkit.reference import reference

# A 95 % interval of a mean of so many values reaches so many standard errors to either side (Student's t).
T_VALUES = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776, 6: 2.571, 7: 2.447, 8: 2.365, 9: 2.306, 10: 2.262}


@reference
def paired_counts(first_correct: np.ndarray, second_correct: np.ndarray) -> tuple[int, int]:
    """How many images only the first gets right, and how many only the second.

    Args:
        first_correct, second_correct: bool `(n,)`, the same images in the same order.

    Raises:
        ValueError: the two do not describe the same images, or are not of True and False.

    >>> paired_counts([True, True, False], [True, False, False])
    (1, 0)
    """
    first, second = np.asarray(first_correct), np.asarray(second_correct)
    if not (np.isin(first, (0, 1)).all() and np.isin(second, (0, 1)).all()):
        raise ValueError("whether each image is right, True or False, is needed: compare the classes with the labels")
    only_first, only_second, _ = discordant(first, second)
    return only_first, only_second


@reference
def mean_gain(before: np.ndarray, after: np.ndarray, t: float | None = None) -> tuple[float, float, float]:
    """The mean of `after - before` over seeds and its 95 % interval, `(mean, low, high)`, in the unit of the two.

    Args:
        before, after: one value for each seed, the same seeds in the same order.
        t: how many standard errors the interval reaches; None takes Student's for so many seeds.

    Raises:
        ValueError: the two are not paired, there are fewer than 2 or, without `t`, more than 10 seeds, or a value is
            NaN or infinite or `t` below 0.

    Source: Student (W. S. Gosset), "The probable error of a mean", Biometrika 6 (1908).

    >>> [round(x, 2) for x in mean_gain([1.0, 1.0, 1.0], [1.0, 2.0, 3.0])]
    [1.0, -1.48, 3.48]
    """
    before, after = np.asarray(before, float), np.asarray(after, float)
    if before.shape != after.shape or before.ndim != 1 or len(before) < 2:
        raise ValueError(f"at least two seeds, paired, are needed, not {before.shape} against {after.shape}")
    if not np.isfinite([before, after]).all():
        raise ValueError("a value is NaN or infinite")
    if t is not None and not 0 <= t < float("inf"):
        raise ValueError(f"t is a number of standard errors, 0 or more, not {t}")
    gains, n = after - before, len(before)
    if t is None and n not in T_VALUES:
        raise ValueError(f"for {n} seeds give t, the number of standard errors; it is known here for 2 to 10")
    reach = (T_VALUES[n] if t is None else t) * gains.std(ddof=1) / sqrt(n)
    return float(gains.mean()), float(gains.mean() - reach), float(gains.mean() + reach)
