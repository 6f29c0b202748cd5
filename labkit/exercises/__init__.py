"""The exercises of every lab: one file a lab, each exercise a few laws. Checks, grader and tests all use these."""

from __future__ import annotations

from importlib import import_module

from labkit.exercises.laws import Exercise

LABS = ("01", "02", "03", "04", "05", "06", "07")


def of_lab(lab: str) -> tuple[Exercise, ...]:
    """The exercises of lab `lab`, such as "01", in the order of the notebook.

    Raises:
        KeyError: there is no such lab.
    """
    if lab not in LABS:
        raise KeyError(f"no lab {lab!r}; there are {', '.join(LABS)}")
    return import_module(f"labkit.exercises.lab{lab}").EXERCISES


def find(name: str) -> Exercise:
    """The exercise called `name`.

    Raises:
        KeyError: there is no such exercise.
    """
    every = {exercise.name: exercise for lab in LABS for exercise in of_lab(lab)}
    if name not in every:
        raise KeyError(f"no exercise {name!r}; there are {', '.join(every)}")
    return every[name]
