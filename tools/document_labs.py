"""What the documents say of labs and exercises: minutes, points, and the hint that a typical wrong answer gets."""

from __future__ import annotations

import importlib
import re
import sys
import warnings
from functools import cache
from pathlib import Path

from labkit import exercises
from labkit.check import score

ROOT = Path(__file__).parents[1]
MINUTES = re.compile(r"^# \*\*Time:\*\* (\d+) minutes", re.MULTILINE)
WRITTEN = re.compile(r'^# %% \[markdown\] written="\w+" points=([\d.]+)', re.MULTILINE)
NUMBER = re.compile(r"\d+\.\d+|\d{3,}|round\(")  # drawn for one check: such a hint is no example
TYPICAL = {  # where other wrong answers come first in tests/mutants than students are likely to give
    "verdict": ("part does not", "lies within the margin"),
    "magnitude_mask": ("True means kept", "compare magnitudes"),
    "pair_sums": ("nothing was cut", "wraps around"),
    "remove_channels": ("second[:, keep]", "norm still has all"),
    "smooth_labels": ("spread over ALL classes", "gets its part of the spread share too"),
    "soften": ("over the classes (axis 1)", "and large ones do not"),
}


@cache
def _source(lab: str) -> tuple[str, str]:
    """The name of a lab's source, such as "02_quantize", and its text."""
    path = next((ROOT / "solutions").glob(f"{lab}_*.py"))
    return path.stem, path.read_text(encoding="utf-8")


def _minutes(lab: str) -> int:
    return int(MINUTES.search(_source(lab)[1])[1])


def _points(lab: str) -> tuple[float, float, float]:
    """The points of the core exercises, of the written answers and of the bonus."""
    written = sum(float(one) for one in WRITTEN.findall(_source(lab)[1]))
    core = sum(one.points for one in exercises.of_lab(lab) if one.core)
    return core, written, sum(one.points for one in exercises.of_lab(lab)) - core


def minutes(*labs: str) -> str:
    """The minutes of these labs' core together, as their frames state them."""
    return str(sum(_minutes(lab) for lab in labs))


def labs() -> str:
    """A table: each lab's minutes and points, and the sums."""
    rows = [(_source(lab)[0].replace("_", " "), _minutes(lab), *_points(lab)) for lab in exercises.LABS]
    rows.append(("all", *(sum(column) for column in list(zip(*rows))[1:])))
    lines = ["| lab | minutes for the core | core | written | bonus | a full grade |", "|---|---|---|---|---|---|"]
    lines += [f"| {name} | {took} | {c:g} | {w:g} | {b:g} | {c + w:g} |" for name, took, c, w, b in rows]
    return "\n".join(lines)


def mistakes(lab: str) -> str:
    """A list: each exercise of a lab, its points, and what the check says to two typical wrong answers."""
    lines = []
    for one in exercises.of_lab(lab):
        lines.append(f"- `{one.name}`, {one.points:g} point{'s' * (one.points != 1)}{'' if one.core else ', bonus'}")
        lines += [f"  - {hint}" for hint in _hints(one)]
    return "\n".join(lines)


def _hints(exercise) -> list[str]:
    """What two typical wrong answers get: those of TYPICAL, else the first two with hints that hold no drawn number."""
    wanted, hints = TYPICAL.get(exercise.name), []
    for name, answer, known in _wrong_answers():
        if name != exercise.name or len(hints) == 2 or (wanted and known not in wanted):
            continue
        hint = _hint(exercise, answer, known)
        if hint not in hints and (wanted or not NUMBER.search(hint)):
            hints.append(hint)
    if len(hints) < 2:
        raise ValueError(f"fewer than two typical wrong answers to {exercise.name}; name them in TYPICAL")
    return [re.sub(r"([*<])", r"\\\1", hint) for hint in hints]


def _hint(exercise, answer, known: str) -> str:
    """The hint that a wrong answer gets: the one with the part that the tests look for."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's, on the slide's own mistake
        return next(hint for hint in score(exercise, answer).hints if known in hint)


@cache
def _wrong_answers() -> list:
    """Every wrong answer that the tests know, in the order of their files."""
    sys.path.insert(0, str(ROOT / "tests"))
    for lab in exercises.LABS:
        importlib.import_module(f"mutants.lab{lab}")
    return importlib.import_module("mutants").WRONG


FIELDS = {function.__name__: function for function in (labs, minutes, mistakes)}
