"""A measurement is a row of what was measured and nothing else: no figure is made up, and all of it is JSON."""

import json
from dataclasses import FrozenInstanceError, asdict, fields
from datetime import datetime, timedelta

import numpy as np
import pytest

from labkit import __version__
from labkit.measure import Measurement, Peak, fingerprint, measurement, race, size, wilson


@pytest.fixture(scope="module")
def timings():
    """A baseline of 2 ms and a variant of half that time, raced on a clock that only they move."""
    now = [0]

    def takes(ms):
        return lambda: now.__setitem__(0, now[0] + ms * 1_000_000)

    return race({"slow": takes(2), "fast": takes(1)}, clock=lambda: now[0])


def predict(images):
    return images


predict.runtime, predict.threads = "ONNX Runtime", 2


def test_a_row_without_figures_makes_none_up():
    row = measurement("int8", "02", runtime="PyTorch")
    assert (row.variant, row.lab, row.runtime, row.threads, row.batch) == ("int8", "02", "PyTorch", 1, 1)
    figures = {"variant", "lab", "runtime", "threads", "batch", "machine", "labkit", "time"}
    assert {name for name, value in asdict(row).items() if value is not None} == figures


def test_predict_knows_its_runtime_and_threads():
    row = measurement("int8", "02", predict)
    assert (row.runtime, row.threads) == ("ONNX Runtime", 2)


def test_a_timing_fills_the_times_and_the_ratio(timings):
    row = measurement("int8", "02", predict, timing=timings["fast"], baseline="slow")
    assert (row.latency_ms, row.latency_low_ms, row.latency_high_ms) == pytest.approx((1, 1, 1))
    assert row.latency_p95_ms == timings["fast"].p95_ms == pytest.approx(1)
    assert (row.ratio, row.ratio_low, row.ratio_high) == pytest.approx((0.5, 0.5, 0.5))
    assert (row.verdict, row.baseline) == ("faster", "slow")
    assert row.variant == "int8"  # not the name it had in the race


def test_the_low_the_high_and_the_95th_are_not_mixed_up(timings):
    from dataclasses import replace

    marks = {name: float(i) for i, name in enumerate(vars(timings["fast"])) if name not in ("name", "verdict")}
    row = asdict(measurement("int8", "02", predict, timing=replace(timings["fast"], **marks)))
    kept = {name: row[name] for name in marks if name in row}
    assert kept == {name: value for name, value in marks.items() if name not in ("p05_ms", "p95_ms")}
    assert row["latency_p95_ms"] == marks["p95_ms"]


def test_the_timing_of_the_baseline_has_no_verdict(timings):
    assert measurement("slow", "02", predict, timing=timings["slow"]).verdict is None


def test_a_size_fills_the_bytes(tmp_path):
    (tmp_path / "a").write_bytes(bytes(1000))
    found = size(tmp_path / "a")
    row = measurement("int8", "02", predict, size=found)
    assert (row.size_bytes, row.gzip_bytes) == (1000, found.gzip_bytes)


def test_correct_answers_fill_the_accuracy_and_its_interval():
    correct = np.array([True] * 93 + [False] * 7)
    row = measurement("int8", "02", predict, correct=correct)
    assert (row.accuracy, row.images) == (0.93, 100)
    assert (row.accuracy_low, row.accuracy_high) == wilson(93, 100)


@pytest.mark.parametrize("right", [0, 1, 5, 6])
def test_the_interval_of_an_accuracy_stays_between_0_and_1(right):
    row = measurement("int8", "02", predict, correct=np.arange(6) < right)
    assert 0 <= row.accuracy_low <= row.accuracy <= row.accuracy_high <= 1


def test_no_answers_are_no_accuracy():
    with pytest.raises(ValueError, match="not a share"):
        measurement("int8", "02", predict, correct=np.array([], bool))


def test_a_peak_fills_the_memory():
    row = measurement("int8", "02", predict, peak=Peak(2000, 1000, 3000, 3))
    assert (row.peak_memory_bytes, row.peak_memory_low, row.peak_memory_high) == (2000, 1000, 3000)


def test_further_facts_are_kept_and_go_before_what_predict_says():
    row = measurement("int8", "02", predict, parameters=12, batch=32, threads=4)
    assert (row.parameters, row.batch, row.threads, row.runtime) == (12, 32, 4, "ONNX Runtime")


def test_an_unknown_fact_is_refused_by_name():
    with pytest.raises(TypeError, match=r"no field \['latency', 'speed'\]"):
        measurement("int8", "02", predict, latency=3, speed=1, batch=1)


@pytest.mark.parametrize("given", [None, lambda images: images], ids=["no predict", "a plain function"])
def test_a_variant_without_a_runtime_is_refused(given):
    with pytest.raises(TypeError, match="a model with a runtime"):
        measurement("int8", "02", given)


def test_a_plain_function_is_a_variant_once_its_runtime_is_named():
    assert measurement("int8", "02", lambda images: images, runtime="browser").runtime == "browser"


def test_a_full_row_is_json_and_comes_back_the_same(tmp_path, timings):
    (tmp_path / "a").write_bytes(bytes(10))
    everything = {"timing": timings["fast"], "size": size(tmp_path / "a"), "correct": np.array([True, False])}
    facts = {"peak": Peak(2, 1, 3, 3), "parameters": 12, "baseline": "slow"}
    row = measurement("int8", "02", predict, **everything, **facts)
    assert Measurement(**json.loads(json.dumps(asdict(row), allow_nan=False))) == row
    assert [one.name for one in fields(row) if getattr(row, one.name) is None] == []


def test_a_row_says_where_when_and_with_what_it_was_measured():
    row = measurement("int8", "02", predict)
    assert row.machine == fingerprint()
    assert row.labkit == __version__
    when = datetime.fromisoformat(row.time)
    assert when.utcoffset() == timedelta(0)
    assert timedelta(0) <= datetime.now(when.tzinfo) - when < timedelta(minutes=5)


def test_a_row_cannot_be_changed_afterwards():
    with pytest.raises(FrozenInstanceError):
        measurement("int8", "02", predict).accuracy = 1.0
