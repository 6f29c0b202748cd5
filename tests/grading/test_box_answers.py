"""An answer fares in the box as it does in the student's own notebook: right ones, wrong ones, and labkit's own."""

import importlib
import time
from pathlib import Path

import mutants
import pytest

from labkit import exercises
from labkit.check import judge, score
from labkit.grading.box import Box, Stub
from labkit.grading.work import Limits, Step

pytestmark = pytest.mark.sandbox
FOLDER = Path(mutants.__file__).parent
SLOT, SEED = 3, 7
PACKAGE = """
import sys, types
mutants = types.ModuleType("mutants")
mutants.__dict__.update(right=right, wrong=wrong)
sys.modules["mutants"], __package__ = mutants, "mutants"
"""
LISTED = """
import importlib, pkgutil, sys, types, labkit
for one in pkgutil.walk_packages(labkit.__path__, "labkit.", onerror=lambda name: None):
    try:
        importlib.import_module(one.name)
    except Exception:
        pass
found = {}
for name, module in sorted(sys.modules.items()):
    if name.startswith("labkit") and not name.startswith(("labkit.grading", "labkit.plots", "labkit.measure.machine")):
        for part, value in sorted(vars(module).items()):
            if callable(value) and str(getattr(value, "__module__", "")).startswith("labkit"):
                found[id(value)] = (f"{name}.{part}", value)
own = [one for one in found.values() if not one[0].split(".")[-1].startswith("_") and not one[0].endswith(".main")]
def names():
    return [name for name, _ in own]
"""


def run(box: Box, source: str, exercise: str = "") -> None:
    assert box.run(Step("a cell", source, exercise)) == "", box.log[-1]


def registered(lab: str) -> list[tuple[str, int, str, object]]:
    """The list, the place in it, the exercise and the function of each answer of a lab."""
    module = f"mutants.lab{lab}"
    importlib.import_module(module)
    lists = {"RIGHT": mutants.RIGHT, "WRONG": mutants.WRONG}
    of_lab = {one.name for one in exercises.of_lab(lab)}
    return [
        (kind, i, name, answer)
        for kind, rows in lists.items()
        for i, (name, answer) in enumerate(row[:2] for row in rows if row[0] in of_lab)
    ]


def fits(said: str, hints: tuple[str, ...]) -> bool:
    """Whether a hint of the box is one that the notebook gives too; of an error only the name and the line travel."""
    if said.startswith("your function stopped with "):
        return said.split(" in line ")[0] in " ".join(hints)
    return said in hints


@pytest.mark.parametrize("lab", exercises.LABS)
@pytest.mark.filterwarnings("ignore")
def test_every_answer_gets_the_same_points_and_hints_as_in_a_notebook(lab):
    with Box(Limits(), SLOT) as box:
        run(box, (FOLDER / "__init__.py").read_text() + PACKAGE)
        run(box, (FOLDER / f"lab{lab}.py").read_text())
        for kind, i, name, answer in registered(lab):
            run(box, f"{name} = {kind}[{i}][1]", name)
            exercise = exercises.find(name)
            here, there = score(exercise, answer, SEED), judge(exercise, Stub(box, name), SEED)
            assert (there.points, there.attempted) == (here.points, here.attempted), (kind, i, name, there.hints)
            assert all(fits(one, here.hints) for one in there.hints), (there.hints, here.hints)
            assert {one for one in here.hints if " stopped with " not in one} <= {*there.hints}


def earned(box: Box, i: int) -> dict[str, float]:
    """What function `i` of labkit earns as the answer to each exercise; one that takes a second is no answer."""
    run(box, f"answer = own[{i}][1]", "answer")
    found, began = {}, time.monotonic()
    for exercise in (one for lab in exercises.LABS for one in exercises.of_lab(lab)):
        found[exercise.name] = judge(exercise, Stub(box, "answer"), SEED).points
        if box.dead or time.monotonic() - began > 1:
            break
    return {name: points for name, points in found.items() if points}


@pytest.mark.slow
def test_no_function_of_labkit_as_it_is_in_the_box_earns_a_point():
    found, box = {}, None
    try:
        for i in range(10**6):
            if box is None or box.dead:
                box = Box(Limits(call_seconds=4), SLOT)
                run(box, LISTED)
                names = box.ask("names", ())
            if i == len(names):
                break
            if points := earned(box, i):
                found[names[i]] = points
    finally:
        box.close()
    assert len(names) > 200
    assert found == {}


@pytest.mark.parametrize("name", ["cloud_latency_ms", "soften", "pareto_front", "quantize_affine"])
def test_the_reason_is_named_when_labkits_own_is_called(name):
    with Box(Limits(cell_seconds=60), SLOT) as box:
        run(box, LISTED)
        i = next(i for i, one in enumerate(box.ask("names", ())) if one.endswith(f".{name}"))
        run(box, f"def {name}(*given):\n    return own[{i}][1](*given)", name)
        outcome = judge(exercises.find(name), Stub(box, name), SEED)
    assert outcome.points == 0
    assert set(outcome.hints) == {f"this calls labkit's own {name}(); write the calculation yourself"}
