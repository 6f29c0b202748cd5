"""Marks the functions that an exercise asks the student to write, so that calling them is not an answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps

_closed = 0  # how many closed() are in force; one number for all threads, so that starting one is no way around it


class ReferenceUsed(Exception):
    """The student's function called labkit's own version of the function it was asked to write."""


def reference(function: Callable) -> Callable:
    """`function`, which raises `ReferenceUsed` while `closed()` is in force."""

    @wraps(function)
    def guarded(*args, **kwargs):
        if _closed:
            raise ReferenceUsed(function.__name__)
        return function(*args, **kwargs)

    return guarded


@contextmanager
def closed() -> Iterator[None]:
    """Closes the reference functions while a student's function runs."""
    global _closed
    _closed += 1
    try:
        yield
    finally:
        _closed -= 1
