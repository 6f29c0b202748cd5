"""What the sliders' times are summed up to, without a browser."""

import importlib.util
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def modules():
    """The stopwatch of the browser tests, and the benchmark."""
    loaded = []
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "benchmarks")
        for path in ("tests/browser/stopwatch.py", "benchmarks/sliders.py"):
            spec = importlib.util.spec_from_file_location(f"labkit_{Path(path).stem}", ROOT / path)
            loaded.append(importlib.util.module_from_spec(spec))
            spec.loader.exec_module(loaded[-1])
    return loaded


def test_a_drag_goes_to_the_end_and_back_one_step_at_a_time(modules):
    goals = [0, *modules[0].to_and_fro(5, 40)]
    assert {abs(a - b) for a, b in pairwise(goals)} == {1}
    assert (min(goals), max(goals), len(goals)) == (0, 5, 41)


def test_a_95th_percentile_is_a_time_that_was_measured_and_at_most_a_twentieth_is_above(modules):
    times = [float(i * i) for i in range(40)]
    found = modules[0].summary(times)
    assert found["p95_ms"] in times
    assert sum(time > found["p95_ms"] for time in times) <= len(times) / 20
    assert found["moves"] == 40


def test_a_slider_above_the_target_is_named(modules):
    fast, slow = {"median_ms": 10.0, "p95_ms": 20.0}, {"median_ms": 12.0, "p95_ms": 25.1}
    labs = {"01_a": {"sliders": [fast, slow], "empty": fast}, "02_b": {"sliders": [fast], "empty": fast}}
    found = modules[1].summary(labs)
    assert found["above_target"] == {"01_a[1]": 25.1}
    assert (found["sliders"], found["p95_ms"], found["median_ms"]) == (3, [20.0, 25.1], [10.0, 12.0])
