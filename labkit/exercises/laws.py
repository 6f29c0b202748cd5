"""A law takes the student's function and a random generator; it raises `Wrong` or returns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

# Exact types: bool is an int to isinstance, and a class of the student's own may claim to be anything.
NUMBERS = {int, float} | {t for t in np.sctypeDict.values() if issubclass(t, np.integer | np.floating)}


class Wrong(Exception):
    """The answer breaks a law; the message is a hint that names the likely mistake."""


class NotAttempted(Exception):
    """The stub is still empty."""


@dataclass(frozen=True)
class Exercise:
    """One graded task. Its `name` is the student's function and, in the notebook, the cell's `grade_id`.

    Args:
        points: for all laws together; each law carries an equal share.
        core: core exercises carry the points of the week, the further ones are a bonus.
    """

    name: str
    points: float
    core: bool
    laws: tuple[Callable, ...]


def number(found: object, what: str = "a number") -> float:
    """`found` as a plain float.

    Raises:
        Wrong: it is None, a list, a text, NaN or anything else that is not one finite number.
    """
    if found is None:
        raise Wrong(f"your function returned nothing; end it with `return` and {what}")
    if type(found) not in NUMBERS:
        raise Wrong(f"your function returned {kind(found)}, not {what}")
    if not abs(found) < 1e300:  # also NaN; an int may be too large for a float
        raise Wrong(f"your function returned a number without bounds, not {what}; did something get divided by 0?")
    return float(found)


def numbers(found: object, n: int, what: str = "numbers") -> np.ndarray:
    """`found`, a list, tuple or array of `n` numbers, as float64 `(n,)`.

    Raises:
        Wrong: it is something else, has another length, or holds what is not a finite number.
    """
    if found is None:
        raise Wrong(f"your function returned nothing; end it with `return` and {n} {what}")
    if type(found) not in (list, tuple, np.ndarray):
        raise Wrong(f"your function returned {kind(found)}, not a list of {n} {what}")
    if type(found) is np.ndarray and found.ndim != 1:
        raise Wrong(f"your function returned an array of {found.ndim} dimensions, not {n} {what}")
    if len(found) != n:
        raise Wrong(f"your function returned {len(found)} values, not {n} {what}")
    return np.array([number(one, what) for one in found])


def texts(found: object, what: str = "names") -> list[str]:
    """`found`, a list or tuple of texts, as a list.

    Raises:
        Wrong: it is something else.
    """
    if found is None:
        raise Wrong(f"your function returned nothing; end it with `return` and a list of {what}")
    if type(found) not in (list, tuple) or not all(type(one) is str for one in found):
        raise Wrong(f"your function returned {kind(found)}, not a list of {what}")
    return list(found)


def expect(found: float, right: float, mistakes: Mapping[str, float], otherwise: str, tolerance: float = 1e-6) -> None:
    """Compares a number with the right one, to a share of `tolerance`.

    Args:
        mistakes: the number that a likely mistake gives, by the hint that names the mistake.
        otherwise: the hint where no known mistake fits.

    Raises:
        Wrong: the numbers differ.
    """
    if np.isclose(found, right, rtol=tolerance, atol=tolerance * 1e-3):
        return
    for hint, value in mistakes.items():
        if np.isclose(found, value, rtol=tolerance, atol=tolerance * 1e-3):
            raise Wrong(hint)
    raise Wrong(otherwise)


def kind(value: object) -> str:
    """A value's type in the words of a first-year."""
    names = {str: "a text", list: "a list", tuple: "a tuple", dict: "a dictionary", bool: "True or False"}
    return names.get(type(value), f"an object of type {type(value).__name__}")
