"""A law takes the student's function and a random generator; it raises `Wrong` or returns."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

# Exact types: bool is an int to isinstance, and a class of the student's own may claim to be anything.
NUMBERS = {int, float} | {t for t in np.sctypeDict.values() if issubclass(t, np.integer | np.floating)}


KINDS = {
    str: "a text",
    list: "a list",
    tuple: "a tuple",
    dict: "a dictionary",
    bool: "True or False",
    int: "a number",
    float: "a number",
    type(None): "None",
    np.ndarray: "an array",
}
LONGEST_TEXT = 60  # of what a hint repeats of an answer


class Wrong(Exception):
    """The answer breaks a law; the message is a hint that names the likely mistake."""


class NotAttempted(Exception):
    """The stub is still empty."""


class Stopped(Exception):
    """The answer's process is gone, and the exercise earns nothing; the message completes "stopped with ..."."""


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
    if type(found) is np.ndarray and found.ndim == 0:
        found = found[()]
    if not any(type(found) is one for one in NUMBERS):
        raise Wrong(f"your function returned {kind(found)}, not {what}")
    if isinstance(found, np.generic):
        found = found.item()  # a float32 cannot be compared with 1e300 without a warning
    if not abs(found) < 1e300:  # also NaN; an int may be too large for a float
        raise Wrong(
            f"your function returned a number without bounds, not {what}; did something get divided by 0, or was the "
            "logarithm of a number below 0 taken?"
        )
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


def array(found: object, shape: tuple[int, ...], what: str = "numbers", dtype: str = "number") -> np.ndarray:
    """`found`, a NumPy array of that shape: as float64, or as bool where `dtype` is "bool". Always a copy.

    Raises:
        Wrong: it is something else, has another shape or kind of values, or holds what is not a finite number.
    """
    wanted = f"a NumPy array of {what} of shape {shape}"
    if found is None:
        raise Wrong(f"your function returned nothing; end it with `return` and {wanted}")
    if type(found) is not np.ndarray:
        raise Wrong(f"your function returned {kind(found)}, not {wanted}")
    if found.shape != shape:
        raise Wrong(f"your array has the shape {found.shape}, not {shape}")
    if dtype == "bool":
        if found.dtype != np.bool_:
            raise Wrong(f"your array holds {found.dtype}, not True and False; a comparison such as `<` gives those")
        return np.array(found, bool)
    if found.dtype.kind not in "iuf":
        raise Wrong(f"your array holds {found.dtype}, not numbers")
    values = np.array(found, np.float64)
    if not np.isfinite(values).all():
        raise Wrong("your array holds NaN or infinity; did something get divided by 0?")
    return values


def parts(found: object, n: int, what: str) -> list:
    """`found`, the `n` things that an answer returned together, as a list.

    Raises:
        Wrong: it is something else, or another number of things.
    """
    if found is None:
        raise Wrong(f"your function returned nothing; end it with `return` and {what}")
    if type(found) not in (tuple, list) or len(found) != n:
        got = f"{len(found)} things" if type(found) in (tuple, list) else kind(found)
        raise Wrong(f"your function returned {got}, not {what}")
    return list(found)


def texts(found: object, what: str = "names") -> list[str]:
    """`found`, a list or tuple of texts, as a list.

    Raises:
        Wrong: it is something else.
    """
    if found is None:
        raise Wrong(f"your function returned nothing; end it with `return` and a list of {what}")
    if type(found) not in (list, tuple):
        raise Wrong(f"your function returned {kind(found)}, not a list of {what}")
    for one in found:
        if type(one) not in (str, np.str_):
            raise Wrong(f"your list holds {kind(one)}, not only {what}")
    return [str(one) for one in found]


def in_any_order(random: np.random.Generator, ask: Callable, cases: list[tuple]) -> list:
    """What `ask(*case)` says to each case, in the order of `cases`.

    They are asked in an order drawn from `random`: where few answers are possible, one that counts its calls and has
    learned what was right the last time knows nothing.
    """
    found = {int(i): ask(*cases[i]) for i in random.permutation(len(cases))}
    return [found[i] for i in range(len(cases))]


def near(a: float, b: float, tolerance: float = 1e-6) -> bool:
    """Whether two numbers are equal to a share of `tolerance`. Plain arithmetic: an answer can replace NumPy's own."""
    room = tolerance * (b if b > 0 else -b) + tolerance * 1e-3
    return -room <= a - b <= room


def all_near(found, right, tolerance: float = 1e-6) -> bool:
    """Whether two equally long rows of numbers are equal, each to a share of `tolerance`."""
    return all(near(a, b, tolerance) for a, b in zip(found, right, strict=True))


def expect(found: float, right: float, mistakes: Mapping[str, float], otherwise: str, tolerance: float = 1e-6) -> None:
    """Compares a number with the right one, to a share of `tolerance`.

    Args:
        mistakes: the number that a likely mistake gives, by the hint that names the mistake.
        otherwise: the hint where no known mistake fits.

    Raises:
        Wrong: the numbers differ.
    """
    if near(found, right, tolerance):
        return
    for hint, value in mistakes.items():
        if near(found, value, tolerance):
            raise Wrong(hint)
    if is_rounded(found, right):
        raise Wrong("do not round or cut the result: return all of its digits")
    raise Wrong(otherwise)


def is_rounded(found: float, right: float) -> bool:
    """Whether `found` is `right` cut or rounded up to a whole number, or rounded to at most three digits."""
    rounded = [math.floor(right), math.ceil(right), *(round(right, digits) for digits in range(4))]
    return near(found, right, 0.05) and any(near(found, one) for one in rounded)


def kind(value: object) -> str:
    """A value's type in the words of a first-year."""
    for known, words in KINDS.items():
        if type(value) is known:
            return words
    if type(value) in NUMBERS:
        return "a number"
    name = type(value).__name__[:LONGEST_TEXT]
    if name == "Tensor":
        return "a tensor (`.item()` makes it a number)"
    if hasattr(type(value), "__next__") or name in ("dict_keys", "dict_values"):
        return f"a {name} (put `list(...)` around it)"
    return f"an object of type {name}"
