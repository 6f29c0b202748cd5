"""The slider of lab 05 shows what each level of the optimiser leaves, and what that is worth in time."""

import json

import pytest

from labkit.widgets import level_explorer

LEVELS = ("DISABLE_ALL", "BASIC", "EXTENDED", "ALL")
COUNTS = (
    {"Conv": 6, "BatchNorm": 6, "Relu": 7, "Gemm": 1},
    {"Conv": 6, "Relu": 7, "Gemm": 1},
    {"Conv + Relu": 6, "Gemm": 1},
    {"Conv + Relu": 4},
)


def rows(**changes):
    found = []
    for file in ("one", "two"):
        for i, (level, counts) in enumerate(zip(LEVELS, COUNTS)):
            ms = 1.0 - i / 10
            times = {"latency_ms": ms, "latency_low_ms": ms - 0.05, "latency_high_ms": ms + 0.05}
            found.append({"file": file, "level": level, "counts": counts} | times | changes)
    return found


def test_every_level_shows_its_operations_and_its_time():
    explorer = level_explorer(rows(), "a test")
    explorer.position = [0, 0]
    assert explorer.frame.readouts["operations"] == "20"
    assert explorer.frame.readouts["BatchNorms left"] == "6"
    explorer.position = [2, 1]
    assert explorer.frame.readouts["operations"] == "7"
    assert explorer.frame.readouts["ReLUs left"] == "0"
    assert explorer.frame.readouts["latency"] == "0.800 ms (0.750 to 0.850)"
    assert explorer.frame.panels[1].at == (1, 2)


def test_the_question_is_answered_by_what_was_measured():
    spec = level_explorer(rows(), "a test").spec
    assert spec["question"].startswith("The first file has 20 operations")
    assert spec["choices"] == ["about 20", "about 15", "about 10", "about 5"]
    assert spec["answer"] == "4 here."
    assert level_explorer(rows(counts={"Conv": 1}), "a test").spec["question"] == ""


def test_what_is_sent_is_plain_json_and_the_still_figure_says_where_it_is_from():
    explorer = level_explorer(rows(), "a test")
    assert len(json.dumps(explorer.spec, allow_nan=False)) < 100_000
    assert "Measured on this machine: a test" in explorer.figure()


@pytest.mark.parametrize(
    ("made", "message"),
    [
        ([], "no rows"),
        (rows() + rows()[:1], "there twice"),
        (rows()[:-1], "no row for 'two' at level ALL"),
        (rows(latency_low_ms=0), "must be above 0"),
        (rows(latency_ms=float("nan")), "above 0|not finite"),
    ],
)
def test_rows_that_do_not_fit_are_named(made, message):
    with pytest.raises(ValueError, match=message):
        level_explorer(made, "a test")
