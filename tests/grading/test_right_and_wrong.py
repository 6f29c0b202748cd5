"""Every solution gets full points through the whole grader; every wrong answer loses what it loses in a check cell.

Notebook number i of a lab holds the i-th wrong answer to each exercise that has so many, and a right one elsewhere.
"""

import importlib
import json
import re
from functools import cache

import handed_in
import pytest
from mutants import RIGHT, WRONG

from labkit import exercises
from labkit.check import score

pytestmark = [pytest.mark.sandbox, pytest.mark.slow]

for lab in exercises.LABS:
    importlib.import_module(f"mutants.lab{lab}")

# The wrong answers are Python functions: their module goes along, as a text in a cell of its own. In it torch is what
# it is in the lab's own cells, imported when it is used: otherwise its second would be most of what this test takes.
TORCH = re.compile(r"^(?:import (torch)|from (torch[\w.]*) import (\w+)(?: as (\w+))?)$", re.MULTILINE)
PRELUDE = """# %%
import importlib
import sys
import types

WRONG, RIGHT = [], []
mutants = sys.modules["mutants"] = types.ModuleType("mutants")
mutants.wrong = lambda name, hint: lambda answer: WRONG.append((name, answer)) or answer
mutants.right = lambda name: lambda answer: RIGHT.append((name, answer)) or answer


class Later:
    def __init__(self, module, part=""):
        self.wanted = module, part

    def __getattr__(self, name):
        found = importlib.import_module(self.wanted[0])
        return getattr(getattr(found, self.wanted[1]) if self.wanted[1] else found, name)

    def __call__(self, *arguments, **named):
        return self.__getattr__("__call__")(*arguments, **named)


exec(compile({text!r}, "mutants", "exec"), {{"__name__": "a_lab", "Later": Later}})
wrong = lambda name, i: [answer for one, answer in WRONG if one == name][i]
right = lambda name, i: [answer for one, answer in RIGHT if one == name][i]
"""


def _answers(which: list, name: str) -> list:
    return [answer for one, answer, *_ in which if one == name]


@cache
def _notebooks(lab: str) -> int:
    return max(len(_answers(WRONG, one.name)) for one in exercises.of_lab(lab))


def _said(lab: str, number: int) -> dict[str, tuple[str, int]]:
    """Of each exercise, whether its answer is wrong or right, and which of those it is."""
    found = {}
    for one in exercises.of_lab(lab):
        is_wrong = number < len(_answers(WRONG, one.name))
        found[one.name] = ("wrong", number) if is_wrong else ("right", number % len(_answers(RIGHT, one.name)))
    return found


def _later(found: re.Match) -> str:
    whole, module, part, name = found.groups()
    return f"torch = Later({whole!r})" if whole else f"{name or part} = Later({module!r}, {part!r})"


def _notebook(lab: str, number: int) -> dict:
    text = (handed_in.ROOT / "tests" / "mutants" / f"lab{lab}.py").read_text(encoding="utf-8")
    text = TORCH.sub(_later, text.replace("from . import", "from mutants import"))
    cells = [PRELUDE.format(text=text)]
    for name, (which, i) in _said(lab, number).items():
        cells.append(f'# %% exercise="{name}"\n{name} = {which}("{name}", {i})\n')
    return handed_in.with_cells("".join(cells), lab)


@pytest.fixture(scope="module")
def results(tmp_path_factory) -> dict[str, dict]:
    """Of one run over all labs, by student: `solution-04` and `lab04-17`."""
    from labkit.grading import run

    home = tmp_path_factory.mktemp("right_and_wrong")
    for lab in exercises.LABS:
        (solution,) = (handed_in.ROOT / "solutions").glob(f"{lab}_*.ipynb")
        handed_in.write(json.loads(solution.read_text()), home / "class" / f"solution-{lab}.ipynb")
        for number in range(_notebooks(lab)):
            handed_in.write(_notebook(lab, number), home / "class" / f"lab{lab}-{number}.ipynb")
    found = run.grade_class(home / "class", home / "grades", workers=2, show=False)
    return {one["student"]: one for one in found}


@pytest.mark.parametrize("lab", exercises.LABS)
def test_a_solution_gets_full_points_without_a_word(lab, results):
    found = results[f"solution-{lab}"]
    assert (found["status"], found["lab"], found["notes"]) == ("graded", lab, [])
    assert [one["name"] for one in found["exercises"]] == [one.name for one in exercises.of_lab(lab)]
    for one in found["exercises"]:
        assert (one["points"], one["hints"], one["log"]) == (one["possible"], [], []), one


@pytest.mark.parametrize("lab", exercises.LABS)
def test_a_solutions_written_answers_come_along(lab, results):
    assert all(one["answer"] and one["question"] for one in results[f"solution-{lab}"]["written"])
    assert len(results[f"solution-{lab}"]["written"]) >= 1


@pytest.mark.parametrize(("lab", "number"), [(lab, i) for lab in exercises.LABS for i in range(_notebooks(lab))])
def test_wrong_answers_lose_their_own_points_and_right_ones_none(lab, number, results):
    found = {one["name"]: one for one in results[f"lab{lab}-{number}"]["exercises"]}
    for name, (which, i) in _said(lab, number).items():
        answer = _answers(WRONG if which == "wrong" else RIGHT, name)[i]
        outcome = score(exercises.find(name), answer, int(found[name]["seed"], 16))
        assert found[name]["points"] == outcome.points, (found[name], outcome.hints)
        assert (found[name]["points"] < found[name]["possible"]) == (which == "wrong")
        assert bool(found[name]["hints"]) == (which == "wrong")
