"""A student's function as laws call it, in whichever process the function lives."""

from __future__ import annotations

import copy
from collections.abc import Callable

from labkit.exercises.laws import NotAttempted, Wrong
from labkit.exercises.recipes import build
from labkit.reference import ReferenceUsed, closed

LONGEST_ERROR = 300


def asked(answer: object) -> Callable:
    """`answer` called on copies, labkit's own functions closed, its errors turned into hints.

    The callable raises `NotAttempted` for an empty stub and `Wrong` for whatever else goes wrong in the answer. The
    error itself is the hint's `__cause__`.
    """

    def ask(*arguments):
        if answer is None:
            raise NotAttempted
        if not callable(answer):
            raise Wrong(f"this should be a function, not {type(answer).__name__}; was its name used again below?")
        try:
            with closed():
                built, finish = build(copy.deepcopy(arguments))
                return finish(answer(*built))
        except NotImplementedError:
            raise NotAttempted from None
        except ReferenceUsed as used:
            raise Wrong(f"this calls labkit's own {used}(); write the calculation yourself") from None
        except KeyboardInterrupt:  # the student stopped it
            raise
        except BaseException as error:
            message = f"{type(error).__name__}: {error}"[:LONGEST_ERROR]
            raise Wrong(f"your function stopped with {message}") from error

    return ask
