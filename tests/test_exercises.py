"""Every exercise accepts right answers, rejects wrong ones with a hint that fits, and cannot be talked into points."""

import importlib
from collections import Counter

import numpy as np
import pytest
from mutants import RIGHT, WRONG

from labkit import exercises
from labkit.check import check, not_attempted, score

for lab in exercises.LABS:
    importlib.import_module(f"mutants.lab{lab}")

EVERY = [exercise for lab in exercises.LABS for exercise in exercises.of_lab(lab)]
NAMES = [exercise.name for exercise in EVERY]
CONSTANTS = [None, 0, 1, 0.5, True, "same", "cannot tell", [], [0.0] * 12, {}, float("nan"), 10**400]
SEEDS = range(12)  # laws draw their inputs; an answer must fare the same on all of them


def _id(value):
    return getattr(value, "__name__", None) or str(value)


@pytest.mark.parametrize(("name", "answer"), RIGHT, ids=_id)
def test_a_right_answer_gets_full_points(name, answer):
    for seed in SEEDS:
        outcome = score(exercises.find(name), answer, seed)
        assert outcome.points == exercises.find(name).points, str(outcome)
        assert outcome.hints == ()


@pytest.mark.parametrize(("name", "answer", "hint"), WRONG, ids=_id)
def test_a_wrong_answer_loses_points_and_gets_the_hint_that_fits(name, answer, hint):
    for seed in SEEDS:
        outcome = score(exercises.find(name), answer, seed)
        assert outcome.points < exercises.find(name).points
        assert hint in " ".join(outcome.hints)


@pytest.mark.parametrize("name", NAMES)
def test_every_exercise_has_at_least_four_wrong_and_two_right_answers(name):
    assert Counter(n for n, *_ in WRONG)[name] >= 4
    assert Counter(n for n, *_ in RIGHT)[name] >= 2


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("constant", CONSTANTS)
def test_a_constant_answer_earns_nothing(name, constant):
    for seed in SEEDS:
        assert score(exercises.find(name), lambda *_, **__: constant, seed).points == 0


class _Liar(float):
    """Claims to be equal to everything, and to be any number."""

    def __eq__(self, other):
        return True

    def __float__(self):
        return 1.0

    def __array__(self, *_, **__):
        return np.ones(12)

    def __repr__(self):
        raise RuntimeError("no")

    __hash__ = float.__hash__


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("liar", [_Liar(1), [_Liar(1)] * 12, np.array([_Liar(1)] * 12), np.ma.masked_all(12)], ids=type)
def test_an_object_that_claims_to_be_right_earns_nothing(name, liar):
    assert score(exercises.find(name), lambda *_, **__: liar).points == 0


@pytest.mark.parametrize("error", [ValueError("x"), SystemExit(0), RecursionError(), KeyError(1)])
@pytest.mark.parametrize("name", NAMES)
def test_an_error_in_the_answer_becomes_a_hint(name, error):
    def fails(*_, **__):
        raise error

    outcome = score(exercises.find(name), fails)
    assert outcome.points == 0
    assert type(error).__name__ in outcome.hints[0]


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_stub_is_not_attempted_rather_than_wrong(name, capsys, monkeypatch):
    monkeypatch.delenv("LABKIT_STRICT", raising=False)

    def stub(*_, **__):
        raise NotImplementedError

    assert check(name, stub) == 0.0
    assert capsys.readouterr().out == f"{not_attempted(exercises.find(name))}\n"


def test_an_answer_that_changes_its_inputs_does_not_change_the_law():
    def sorts_in_place(baseline_ms, variant_ms):
        ratio = float(np.median(variant_ms / baseline_ms))
        baseline_ms[:] = 1
        variant_ms[:] = 1
        return ratio

    assert score(exercises.find("paired_ratio"), sorts_in_place).points == 2


def test_partial_credit_is_a_plain_float():
    points = check("throughput", lambda latency_ms, batch: 1000 / latency_ms)
    assert type(points) is float
    assert points == 0.5


def test_what_is_wrong_is_an_error_only_where_strict(monkeypatch):
    monkeypatch.setenv("LABKIT_STRICT", "1")
    with pytest.raises(AssertionError, match="calls per second"):
        check("throughput", lambda latency_ms, batch: 1000 / latency_ms)
    assert check("throughput", lambda latency_ms, batch: batch * 1000 / latency_ms) == 1.0


def test_a_name_that_was_used_again_is_explained():
    assert "used again" in score(exercises.find("verdict"), "faster").hints[0]


def test_an_unknown_exercise_names_those_that_exist():
    with pytest.raises(KeyError, match="paired_ratio"):
        exercises.find("paired_ration")
    with pytest.raises(KeyError, match="01"):
        exercises.of_lab("99")


def test_a_branch_that_is_still_a_stub_costs_its_own_laws_only():
    def half(layers):
        if any(kind == "norm" for kind, *_ in layers):
            raise NotImplementedError
        return sum(i * o * size[0] ** 2 if kind == "conv" else i * o + o for kind, i, o, *size in layers)

    outcome = score(exercises.find("count_parameters"), half)
    assert outcome.attempted
    assert outcome.points == 1.0
    assert "still holds the line" in outcome.hints[0]


def test_two_checks_draw_different_inputs():
    seen = []

    def remembers(latency_ms, batch):
        seen.append((latency_ms, batch))
        return 1000 * batch / latency_ms

    for _ in range(2):
        check("throughput", remembers)
    assert len(set(seen)) == len(seen)
