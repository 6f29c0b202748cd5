"""What a check cell calls: an answer against its exercise's laws, in words for the student and as points."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from labkit import exercises
from labkit.exercises.asked import asked
from labkit.exercises.laws import Exercise, NotAttempted, Stopped, Wrong
from labkit.notebooks import checked

NOT_CHECKED = "this answer could not be checked"
LEFT_OVER = "a part of your function still holds the line `raise NotImplementedError`; replace it by your code"


@dataclass(frozen=True)
class Outcome:
    """Points for one answer, and a hint for every law that it breaks."""

    exercise: Exercise
    points: float
    hints: tuple[str, ...] = ()
    attempted: bool = True

    def __str__(self) -> str:
        head = f"{self.exercise.name}: {self.points:g} of {self.exercise.points:g} points"
        if not self.attempted:
            return not_attempted(self.exercise)
        return "\n".join([head, *(f"  wrong: {hint}" for hint in self.hints)]) if self.hints else f"{head}, correct"


def check(name: str, answer: Callable) -> float:
    """Points for the student's function `answer`; prints what is wrong, and why. Never raises in a student's notebook.

    Where `LABKIT_STRICT=1` is set, as when the solutions are tested, less than full points is an error.

    Raises:
        KeyError: there is no exercise of that name.
        AssertionError: only where strict.
    """
    outcome = score(exercises.find(name), answer, secrets.randbits(32))
    checked.remember(name, answer, outcome.points)
    if os.environ.get("LABKIT_STRICT") == "1" and outcome.points < outcome.exercise.points:
        raise AssertionError(str(outcome))
    print(outcome)
    return outcome.points


def score(exercise: Exercise, answer: Callable, seed: int = 0) -> Outcome:
    """The outcome of the function `answer` of this process; see `judge`."""
    return judge(exercise, asked(answer), seed)


def judge(exercise: Exercise, ask: Callable, seed: int) -> Outcome:
    """The outcome under each law of the exercise, each with its own random inputs drawn from `seed`.

    Args:
        ask: calls the student's function, here or in another process; see `labkit.exercises.asked`.
    """
    hints, laws = [], exercise.laws
    for i, law in enumerate(laws):
        try:
            law(ask, np.random.default_rng([seed, i]))
        except NotAttempted:
            hints.append(LEFT_OVER)
        except Wrong as wrong:
            hints.append(str(wrong))
        except Stopped as stopped:
            return Outcome(exercise, 0.0, (f"your function stopped with {stopped}",))
        except Exception as error:  # an answer so odd that the law itself fell over earns nothing
            hints.append(f"{NOT_CHECKED} ({type(error).__name__})")
    if hints == [LEFT_OVER] * len(laws):
        return Outcome(exercise, 0.0, attempted=False)
    passed = len(laws) - len(hints)
    return Outcome(exercise, float(exercise.points * passed / len(laws)), tuple(dict.fromkeys(hints)))


def not_attempted(exercise: Exercise) -> str:
    """What the check of an empty stub prints."""
    return (
        f"{exercise.name}: not attempted yet (0 of {exercise.points:g} points). "
        "Replace the line `raise NotImplementedError` by your code."
    )
