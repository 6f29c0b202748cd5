"""Choosing among variants, rows of several labs and machines put together, and the slide court."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit import choice, claims, results
from labkit.measure import fingerprint, measurement

settings.register_profile("labkit", deadline=None, derandomize=True)
settings.load_profile("labkit")

HERE = fingerprint()


@pytest.fixture(autouse=True)
def folders(monkeypatch, tmp_path):
    """Results and data of this test alone; both are empty."""
    monkeypatch.setenv("LABKIT_RESULTS", str(tmp_path / "results"))
    monkeypatch.setenv("LABKIT_DATA", str(tmp_path / "data"))
    (tmp_path / "data").mkdir()
    return tmp_path


def save(variant="a", lab="03", machine=None, **facts):
    facts = {"runtime": "ONNX Runtime", "size_bytes": 1000, "accuracy": 0.9, "images": 10_000} | facts
    facts |= {"accuracy_low": facts["accuracy"] - 0.01, "accuracy_high": facts["accuracy"] + 0.01}
    if facts.get("latency_ms"):
        facts |= {"latency_low_ms": facts["latency_ms"], "latency_high_ms": facts["latency_ms"]}
    return results.save(measurement(variant, lab, **facts, machine=machine or HERE))


def ship(folders, name, rows):
    path = folders / "data" / f"reference_{name}.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


# Choosing

COSTS = st.integers(1, 4).flatmap(
    lambda k: st.lists(st.lists(st.integers(0, 4), min_size=k, max_size=k), min_size=1, max_size=9)
)


def beats(one, other):
    return all(a <= b for a, b in zip(one, other)) and one != other


@given(COSTS)
def test_the_front_is_what_asking_every_pair_of_rows_gives(rows):
    wanted = [i for i, mine in enumerate(rows) if not any(beats(other, mine) for other in rows)]
    assert choice.pareto_front(np.array(rows)) == wanted


@given(COSTS)
def test_every_row_that_left_the_front_is_beaten_by_one_that_stayed(rows):
    front = choice.pareto_front(np.array(rows))
    assert all(any(beats(rows[j], rows[i]) for j in front) for i in set(range(len(rows))) - set(front))


@pytest.mark.parametrize("bad", [[1, 2, 3], [[float("nan"), 1]]])
def test_costs_that_are_no_table_or_hold_nan_are_refused(bad):
    with pytest.raises(ValueError, match="costs are an array"):
        choice.pareto_front(bad)


SHELF = (["base", "small", "fast", "poor"], [4000, 1000, 2000, 500], [2.0, 1.0, 0.5, 0.1], [0.93, 0.926, 0.928, 0.80])


@pytest.mark.parametrize(
    ("max_bytes", "max_drop", "name"),
    [
        (2000, 1, "fast"),
        (1999, 1, "small"),
        (999, 1, "nothing"),
        (1e9, 0, "base"),
        (1e9, 100, "poor"),
        (500, 13, "poor"),
    ],
)
def test_the_fastest_that_fits_is_chosen(max_bytes, max_drop, name):
    assert choice.choose_variant(*SHELF, max_bytes, max_drop) == name


def test_of_equally_fast_variants_the_smallest_is_chosen():
    assert choice.choose_variant("abc", [9, 3, 5], [1, 1, 1], [0.9] * 3, 10, 0) == "b"


@pytest.mark.parametrize(
    ("limits", "binds"),
    [
        ((2000, 1, 1), []),
        ((999, 1, 1), ["bytes", "drop"]),
        ((2000, 0.2, 1), ["ms", "drop"]),
        ((2000, 1, 0.1), ["drop"]),
        ((400, 0.05, 0.1), []),
    ],
)
def test_a_limit_binds_if_without_it_alone_something_would_fit(limits, binds):
    assert choice.what_binds(*SHELF[1:], *limits) == binds
    lifted = [choice.choose_variant(*SHELF, limits[0], limits[2])]
    assert all(isinstance(one, str) for one in lifted)


@pytest.mark.parametrize("columns", [([], [], [], []), (["a"], [1], [1], []), (["a", "b"], [1], [1], [1])])
def test_columns_of_different_lengths_or_none_are_refused(columns):
    with pytest.raises(ValueError, match="one of everything"):
        choice.choose_variant(*columns, 1, 1)


@given(st.lists(st.floats(0.01, 1e6), min_size=2, max_size=6).filter(lambda v: abs(np.log(v[0] / v[-1])) > 0.01))
def test_the_shares_of_a_gain_add_up_to_one_and_do_not_depend_on_the_unit(values):
    shares = choice.gain_shares(values)
    assert sum(shares) == pytest.approx(1, abs=1e-6)
    assert choice.gain_shares([1000 * v for v in values]) == pytest.approx(shares, abs=1e-6)


@pytest.mark.parametrize("values", [[], [1], [1, 0], [2, 1, 2], [1, -1]])
def test_a_gain_needs_values_above_zero_that_change(values):
    with pytest.raises(ValueError, match="values before and after each step"):
        choice.gain_shares(values)


@given(st.integers(2, 8), st.floats(0.02, 0.98))
def test_no_packer_beats_the_bound_on_random_codes(bits, sparsity):
    """The oracle is the entropy of the codes themselves, counted one by one."""
    shares = [sparsity] + [(1 - sparsity) / 2**bits] * 2**bits
    entropy = -sum(p * np.log2(p) for p in shares)
    assert choice.packed_bytes(8000, bits, sparsity) == pytest.approx(1000 * entropy, rel=1e-9)


@pytest.mark.parametrize("bad", [(10, 8, -0.1), (10, 8, 1.1), (-1, 8, 0.5), (10, -8, 0.5)])
def test_a_sparsity_outside_0_to_1_and_negative_numbers_are_refused(bad):
    with pytest.raises(ValueError, match="sparsity is 0"):
        choice.packed_bytes(*bad)


@given(st.lists(st.tuples(st.integers(-5, 5), st.integers(0, 5)), max_size=8), st.integers(-5, 5))
def test_a_pool_counts_what_judging_each_laptop_would_say(intervals, threshold):
    claim = claims.Claim("x", "s", "q", "t", "u", low=threshold)
    words = [claims.decide(claim, low, low + wide) for low, wide in intervals]
    found = choice.pool([low for low, _ in intervals], [low + wide for low, wide in intervals], threshold)
    assert list(found) == [words.count(word) for word in ("confirmed", "refuted", "cannot tell")]


# Rows


def test_a_lab_that_was_done_here_shows_its_own_rows_and_another_the_shipped_ones(folders):
    other = {**HERE, "id": "other", "cpu": "Elsewhere"}
    rows = [save("theirs", lab, other, latency_ms=1.0) for lab in ("03", "04")]
    ship(folders, "rows", [row.__dict__ for row in rows])
    save("mine", "03", latency_ms=2.0)
    found = results.everything()
    assert sorted(zip(found["variant"], found["lab"])) == [("mine", "03"), ("theirs", "04")]
    assert dict(zip(found["variant"], found["machine"]))["mine"] == results.YOURS
    assert dict(zip(found["variant"], found["machine"]))["theirs"].startswith("shipped: Elsewhere")


def test_without_any_row_there_is_nothing_and_no_error():
    assert results.everything().empty
    assert results.shipped() == results.shipped("verdicts") == []


def test_what_labs_measured_of_one_variant_is_put_together_and_intervals_keep_their_middle():
    save("a", "01", latency_ms=5.0, accuracy=0.8, images=2000)
    save("a", "03", latency_ms=None, accuracy=0.9)
    save("a", "04", latency_ms=4.0, accuracy=0.7, images=2000)
    (row,) = results.joined(results.everything()).to_dict("records")
    assert (row["latency_ms"], row["latency_low_ms"]) == (4.0, 4.0)  # the latest
    assert (row["accuracy"], row["images"]) == (0.9, 10_000)  # of most images
    assert row["accuracy_low"] == pytest.approx(0.89)
    assert row["lab"] == "01, 03, 04"


def test_only_rows_of_one_machine_one_thread_one_image_and_all_test_images_are_compared():
    save("good", latency_ms=1.0)
    save("two threads", latency_ms=1.0, threads=2)
    save("batch", latency_ms=1.0, batch=32)
    save("few images", latency_ms=1.0, images=2000)
    save("never timed", latency_ms=None)
    save("elsewhere", latency_ms=1.0, machine={**HERE, "id": "x"})
    assert results.comparable(results.everything())["variant"].tolist() == ["good"]


@pytest.mark.parametrize("machine", [results.YOURS, "a toaster"])
def test_a_machine_without_rows_is_named(machine):
    with pytest.raises(ValueError, match="no rows to compare of"):
        results.comparable(results.everything(), machine)


# The court


def a_row(id, value, low=None, high=None, machine=None, **other):
    low, high = value if low is None else low, value if high is None else high
    return {"claim": id, "value": value, "low": low, "high": high, "machine": machine or HERE} | other


def test_every_claim_stands_in_court_tried_or_not():
    court = claims.court()
    assert set(claims.CLAIMS) | {one.id for one in claims.OPEN} == set(court.index)
    assert set(court["verdict"]) == {"not tried yet", "no measurement decides it"}
    assert court.loc["B1", "from"] == "lab 01"
    assert (court["lab"].str.fullmatch("0[1-7]")).all()


def test_the_latest_verdict_of_this_machine_goes_before_another_one_and_that_before_the_shipped(folders):
    other = {**HERE, "id": "other", "cpu": "Elsewhere"}
    ship(folders, "verdicts", [a_row(id, 5, machine=other) for id in ("Q1.static", "Q2.encoder", "P1.raw")])
    results.append("verdicts", a_row("Q2.encoder", 1, machine=other))
    claims.judge("Q1.static", 3)
    claims.judge("Q1.static", 4)
    results.append("verdicts", a_row("Q1.static", 9, machine=other))
    court = claims.court()
    assert court.loc["Q1.static", ["found", "verdict", "from"]].tolist() == ["4 times", "confirmed", "this machine"]
    assert court.loc["Q2.encoder", "verdict"] == "refuted"
    assert court.loc["Q2.encoder", "from"].startswith("your results, measured on Elsewhere")
    assert court.loc["P1.raw", "from"].startswith("shipped: measured on Elsewhere")


DAMAGED = [
    a_row("no such claim", 1),
    a_row("B1", 10**400),
    a_row("B1", True),
    a_row("B1", "1"),
    a_row("B1", 5, 6, 7),
    {"claim": ["B1"]},
    {"claim": "B1"},
    {},
]


@pytest.mark.parametrize("row", DAMAGED, ids=str)
def test_a_row_that_is_no_verdict_is_refused_and_the_court_goes_on(row):
    with pytest.raises(ValueError, match="verdict"):
        claims.verdict_of(row)
    results.append("verdicts", row)
    assert claims.court().loc["B1", "verdict"] == "not tried yet"


def test_the_word_in_a_file_is_not_believed():
    assert claims.verdict_of(a_row("B1", 32.0, verdict="confirmed")).word == "refuted"


def test_the_evidence_holds_this_machines_latest_verdicts_alone(folders):
    ship(folders, "verdicts", [a_row("P1.raw", 5)])
    results.append("verdicts", a_row("Q2.encoder", 1, machine={**HERE, "id": "other"}))
    claims.judge("Q1.static", 3)
    claims.judge("Q1.static", 4)
    said = json.loads(claims.evidence_text())
    assert [(row["claim"], row["value"]) for row in said["verdicts"]] == [("Q1.static", 4.0)]
    assert said["machine"] == HERE


def test_what_the_slides_leave_open_is_said_with_the_reason():
    assert {one.id for one in claims.OPEN} == {"L2.cost", "L2.private", "L2.offline"}
    assert all(one.why and one.quote for one in claims.OPEN)


@pytest.mark.parametrize("name", ["rows", "verdicts"])
def test_what_is_shipped_is_readable_and_says_its_machine(monkeypatch, name):
    monkeypatch.delenv("LABKIT_DATA")
    rows = results.shipped(name)
    assert len(rows) > 10
    assert all(row["machine"]["cpu"] and row["machine"]["id"] for row in rows)
    if name == "verdicts":
        assert all(claims.lab_of(claims.verdict_of(row).claim.id) < "07" for row in rows)
