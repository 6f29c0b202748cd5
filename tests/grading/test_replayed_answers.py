"""An answer that has learned what was right the last time, and in which order, earns nothing on fresh inputs."""

import copy
import importlib
from functools import cache

import numpy as np
import pytest
from mutants import RIGHT

from labkit import exercises
from labkit.check import judge
from labkit.exercises.asked import asked
from labkit.exercises.laws import Stopped

for lab in exercises.LABS:
    importlib.import_module(f"mutants.lab{lab}")

NAMES = [exercise.name for lab in exercises.LABS for exercise in exercises.of_lab(lab)]


@cache
def _recorded(name: str, seed: int) -> tuple:
    """What a right answer says under `seed`, in order."""
    said, right = [], asked(next(answer for one, answer in RIGHT if one == name))

    def remembers(*arguments):
        said.append(right(*arguments))
        return copy.deepcopy(said[-1])

    exercise = exercises.find(name)
    assert judge(exercise, remembers, seed).points == exercise.points
    return tuple(said)


@pytest.mark.parametrize("name", NAMES)
def test_answers_of_another_time_in_the_same_order_earn_nothing(name):
    earned = []
    for seed in range(1, 9):
        said = iter(copy.deepcopy(_recorded(name, 0)))

        def replay(*_, said=said):
            for one in said:
                return one
            raise Stopped("no answer is left")

        earned.append(judge(exercises.find(name), replay, seed).points)
    assert np.mean(earned) < 0.1 * exercises.find(name).points, earned
