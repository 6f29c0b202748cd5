"""The pruning explorer shows the rows that it was given, at every amount and for both kinds."""

import copy
import json

import pytest

from labkit import widgets

AMOUNTS = (0, 0.5, 0.9)
EDGES = (0, 0.01, 0.02)
SOURCES = ("shipped, machine A", "measured, machine B")


def rows():
    """Accuracies and costs whose every figure is different."""
    accuracies, costs = [], []
    for k, kind in enumerate(("unstructured", "structured")):
        for i, amount in enumerate(AMOUNTS):
            for tuned in (False, True):
                share = 0.93 - 0.1 * i * (2 - tuned) - 0.01 * k * i
                facts = {"kind": kind, "amount": amount, "tuned": tuned, "accuracy": share}
                accuracies.append(facts | {"low": share - 0.005, "high": share + 0.005})
            cost = {"kind": kind, "amount": amount, "nonzeros": 1000 - 400 * i, "raw_bytes": 4_000_000 - k * i * 10**6}
            cost |= {"gzip_bytes": 3_600_000 - i * 10**6, "latency_ms": 2 - 0.5 * k * i, "ratio": 1 - 0.25 * k * i}
            cost |= {"ratio_low": 0.95 - 0.25 * k * i, "ratio_high": 1.05 - 0.25 * k * i}
            cost |= {"threshold": None if k or not i else 0.01 * i, "stays": [500 - i, 700], "leaves": [i, 2 * i]}
            costs.append(cost)
    return accuracies, costs


@pytest.fixture
def explorer():
    return widgets.pruning_explorer(*rows(), EDGES, SOURCES)


def test_every_combination_of_amount_and_kind_has_a_frame_with_its_own_figures(explorer):
    assert [control.name for control in explorer.controls] == ["amount", "kind"]
    assert len(explorer.frames) == 6
    explorer.position = [1, 0]
    assert explorer.values == {"amount": 0.5, "kind": 0}
    found = explorer.frame.readouts
    assert found["accuracy at once"] == "73.00% (72.50% to 73.50%)"
    assert found["accuracy fine-tuned"] == "83.00% (82.50% to 83.50%)"
    assert (found["non-zeros"], found["raw"], found["gzip"]) == ("600", "4,000 kB", "2,600 kB")
    assert found["latency"] == "2.00 ms, 1.00 times (0.95 to 1.05)"
    assert found["threshold"] == "0.0100"
    explorer.position = [1, 1]
    assert explorer.frame.readouts["accuracy at once"] == "72.00% (71.50% to 72.50%)"
    assert explorer.frame.readouts["latency"] == "1.50 ms, 0.75 times (0.70 to 0.80)"
    assert explorer.frame.readouts["threshold"] == "none"


def test_the_curves_hold_every_row_with_its_interval(explorer):
    accuracy, _, unstructured, structured = explorer.panels
    assert list(accuracy.x) == [0, 50, 90]
    by_name = {series.name: series for series in accuracy.series}
    assert by_name["weights, at once"].y == pytest.approx([93, 73, 53])
    assert by_name["channels, fine-tuned"].y == pytest.approx([93, 82, 71])
    assert by_name["channels, fine-tuned"].low == pytest.approx([92.5, 81.5, 70.5])
    ledgers = {series.name: series for series in structured.series}
    assert ledgers["non-zeros"].y == pytest.approx([100, 60, 20])
    assert ledgers["raw bytes"].y == pytest.approx([100, 75, 50])
    assert ledgers["latency"].y == pytest.approx([100, 75, 50])
    assert ledgers["latency"].high == pytest.approx([105, 80, 55])
    assert {s.name: s for s in unstructured.series}["raw bytes"].y == pytest.approx([100, 100, 100])


def test_the_marks_follow_the_sliders(explorer):
    explorer.position = [2, 1]
    accuracy, histogram, unstructured, structured = explorer.frame.panels
    assert accuracy.at == (3, 2)
    assert (unstructured.at, structured.at) == (None, (3, 2))
    assert [list(column) for column in histogram.y] == [[0.498, 0.7], [0.002, 0.004]]
    explorer.position = [0, 0]
    assert explorer.frame.panels[0].at == (1, 0)
    assert [view.at for view in explorer.frame.panels[2:]] == [(3, 0), None]


def test_the_source_says_where_both_kinds_of_numbers_are_from(explorer):
    for source in SOURCES:
        assert source in explorer.spec["source"]
        assert source in explorer.figure()


def test_the_question_is_answered_from_the_rows():
    accuracies, costs = rows()
    for row in accuracies:
        if row["amount"] == 0.5 and row["kind"] == "unstructured":
            row |= {"accuracy": 0.926, "low": 0.925, "high": 0.93}
    explorer = widgets.pruning_explorer(accuracies, costs, EDGES, SOURCES)
    assert explorer.spec["answer"] == "50% of them."
    assert len(explorer.spec["choices"]) == 4


def test_no_question_where_no_choice_is_near_the_answer(explorer):
    assert explorer.spec["question"] == ""


def test_the_message_to_the_browser_is_small(explorer):
    assert len(json.dumps(explorer.spec)) < 100_000


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a, c: c.pop(), "ledgers: there is no row for structured at 0.9"),
        (lambda a, c: c.append(copy.deepcopy(c[0])), "ledgers: a combination of kind and amount is there twice"),
        (lambda a, c: a.pop(), "after fine-tuning: there is no row for structured at 0.9"),
        (lambda a, c: c.clear(), "ledgers: there are no rows"),
        (
            lambda a, c: [row.update(amount=0.1) for row in [*a, *c] if row["amount"] == 0],
            "the whole network, is missing",
        ),
        (lambda a, c: [row.update(amount=0.8) for row in c if row["amount"] == 0.9], "not of the same amounts"),
        (lambda a, c: c[0].update(raw_bytes=0), "a ledger of the whole network is not above 0"),
        (lambda a, c: c[0].update(gzip_bytes=float("nan")), "not finite"),
    ],
)
def test_rows_that_cannot_be_shown_are_refused_with_the_reason(change, message):
    accuracies, costs = rows()
    change(accuracies, costs)
    with pytest.raises(ValueError, match=message):
        widgets.pruning_explorer(accuracies, costs, EDGES, SOURCES)
