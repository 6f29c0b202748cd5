"""Marks the functions that an exercise asks the student to write, so that calling them is not an answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps

_closed = ContextVar("closed", default=False)


class ReferenceUsed(Exception):
    """The student's function called labkit's own version of the function it was asked to write."""


def reference(function: Callable) -> Callable:
    """`function`, which raises `ReferenceUsed` while `closed()` is in force."""

    @wraps(function)
    def guarded(*args, **kwargs):
        if _closed.get():
            raise ReferenceUsed(function.__name__)
        return function(*args, **kwargs)

    return guarded


@contextmanager
def closed() -> Iterator[None]:
    """Closes the reference functions while a student's function runs."""
    token = _closed.set(True)
    try:
        yield
    finally:
        _closed.reset(token)
