"""A claim is confirmed or refuted by its whole interval, or the verdict is that nobody can tell."""

import ast
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit import claims, results
from labkit.claims import CLAIMS, Claim, judge
from labkit.measure import fingerprint

settings.register_profile("labkit", deadline=None, derandomize=True)  # no test depends on the machine or the day
settings.load_profile("labkit")

INF = float("inf")


@pytest.fixture(autouse=True, scope="module")
def kept(tmp_path_factory):
    """The results folder of these tests, and three claims of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LABKIT_RESULTS", str(tmp_path_factory.mktemp("results")))
        for id, bounds in {"most": {"high": 10}, "least": {"low": 4}, "about": {"low": 2, "high": 4}}.items():
            patch.setitem(CLAIMS, id, Claim(id, "a slide", "a quote", "a test", "ms", **bounds))
        yield


@pytest.mark.parametrize(
    ("id", "value", "low", "high", "word"),
    [
        ("most", 8, 7, 9, "confirmed"),
        ("most", 8, 7, 10, "confirmed"),  # at the threshold the claim still holds
        ("most", 9, 8, 11, "cannot tell"),
        ("most", 11, 9, 12, "cannot tell"),  # whatever the value itself says
        ("most", 10, 10, 12, "cannot tell"),
        ("most", 12, 11, 13, "refuted"),
        ("least", 5, 4, 6, "confirmed"),
        ("least", 5, 3, 6, "cannot tell"),
        ("least", 3, 2, 3.9, "refuted"),
        ("about", 3, 2, 4, "confirmed"),
        ("about", 3, 1, 5, "cannot tell"),  # the interval holds the claim's and more
        ("about", 3, 1, 3, "cannot tell"),
        ("about", 5, 4.1, 6, "refuted"),
        ("about", 1, 0, 1.9, "refuted"),
    ],
)
def test_the_whole_interval_decides(id, value, low, high, word):
    assert judge(id, value, low, high).word == word


@pytest.mark.parametrize(("value", "word"), [(9.99, "confirmed"), (10, "confirmed"), (10.01, "refuted")])
def test_exact_arithmetic_needs_no_interval_and_can_always_tell(value, word):
    verdict = judge("most", value)
    assert (verdict.word, verdict.low, verdict.high) == (word, value, value)


@pytest.mark.parametrize("missing", ["low", "high"])
def test_an_interval_may_be_open_at_the_side_that_is_exact(missing):
    verdict = judge("about", 3, **{"low": {"high": 5}, "high": {"low": 1}}[missing])
    assert getattr(verdict, missing) == 3
    assert verdict.word == "cannot tell"


ENDS = st.integers(-6, 6)
INTERVALS = st.tuples(ENDS, ENDS).map(sorted)
BOUNDS = INTERVALS | ENDS.map(lambda low: [low, INF]) | ENDS.map(lambda high: [-INF, high])


def word_of(bounds: list[float], value: float, low: float, high: float) -> str:
    """The verdict on a claim with these bounds, which is not kept."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(results, "append", lambda name, row: None)
        patch.setitem(CLAIMS, "drawn", Claim("drawn", "a slide", "a quote", "a test", "ms", *bounds))
        return judge("drawn", value, low, high).word


@given(BOUNDS, INTERVALS)
def test_the_verdict_is_what_asking_every_point_of_the_interval_gives(bounds, interval):
    low, high = interval
    holds = [bounds[0] <= point / 2 <= bounds[1] for point in range(2 * low, 2 * high + 1)]
    expected = "confirmed" if all(holds) else "cannot tell" if any(holds) else "refuted"
    assert word_of(bounds, low, low, high) == word_of(bounds, high, low, high) == expected


@given(BOUNDS, INTERVALS, INTERVALS)
def test_overlapping_intervals_never_confirm_and_refute_the_same_claim(bounds, one, other):
    overlap = max(one[0], other[0]) <= min(one[1], other[1])
    words = {word_of(bounds, ends[0], *ends) for ends in (one, other)}
    assert not (overlap and words == {"confirmed", "refuted"})


def test_an_unknown_claim_is_refused_and_the_known_ones_are_named():
    with pytest.raises(KeyError, match=r"no claim 'L9'; there are L1\.edge, "):
        judge("L9", 1)


@pytest.mark.parametrize(
    ("value", "low", "high"),
    [(5, 6, 7), (5, 3, 4), (5, 6, 4), (float("nan"), None, None), (5, float("nan"), 6), (5, 4, float("nan"))],
)
def test_a_value_outside_its_interval_is_refused_and_not_kept(value, low, high):
    before = len(results.read("verdicts"))
    with pytest.raises(ValueError, match="is not between"):
        judge("most", value, low, high)
    assert len(results.read("verdicts")) == before


def test_every_verdict_is_kept_with_its_figures_and_its_machine():
    before = results.read("verdicts")
    judge("most", 8, 7, 9)
    judge("least", 3)
    figures = [
        {"claim": "most", "value": 8.0, "low": 7.0, "high": 9.0, "verdict": "confirmed", "machine": fingerprint()},
        {"claim": "least", "value": 3.0, "low": 3.0, "high": 3.0, "verdict": "refuted", "machine": fingerprint()},
    ]
    assert results.read("verdicts") == before + figures


def test_the_same_verdict_again_is_not_kept_twice_and_another_figure_is():
    judge("most", 5, 4, 6)
    before = results.read("verdicts")
    judge("most", 5, 4, 6)
    assert results.read("verdicts") == before
    judge("most", 5, 4, 6.5)
    assert len(results.read("verdicts")) == len(before) + 1


def test_the_table_has_a_row_a_claim_and_an_interval_only_where_there_is_one():
    table = claims.table(judge("most", 8.125, 7, 9), judge("least", 3))
    assert table.index.tolist() == ["most", "least"]
    assert table["found here"].tolist() == ["8.12 ms (7 to 9)", "3 ms"]
    assert table["verdict"].tolist() == ["confirmed", "refuted"]
    assert table["the slide says"].tolist() == ["a quote"] * 2
    assert table["tested by"].tolist() == ["a test"] * 2


def of_the_lecture() -> list[Claim]:
    return [claim for id, claim in CLAIMS.items() if id not in ("most", "least", "about")]


def test_a_large_figure_is_shown_with_all_its_digits():
    assert claims.found(judge("least", 9864.4)) == "9,864 ms"
    assert claims.found(judge("least", 1234, 999.4, 12345.6)) == "1,234 ms (999 to 12,346)"
    assert claims.found(judge("most", 7.63e-06)) == "7.63e-06 ms"


def test_no_claim_hides_another_of_the_same_id():
    sources = [path.read_text("utf-8") for path in Path(claims.__file__).parent.glob("*.py")]
    nodes = [node for source in sources for node in ast.walk(ast.parse(source))]
    calls = [node for node in nodes if isinstance(node, ast.Call) and ast.unparse(node.func) == "Claim"]
    ids = sorted(ast.literal_eval(call.args[0]) for call in calls)
    assert ids == sorted(claim.id for claim in of_the_lecture())
    assert len(ids) == len(set(ids)) > 0


def test_every_claim_says_where_what_and_how_and_can_be_refuted():
    for claim in of_the_lecture():
        assert all(text.strip() for text in (claim.id, claim.slide, claim.quote, claim.test, claim.unit)), claim.id
        assert claim.low < claim.high, claim.id
        assert (claim.low, claim.high) != (-INF, INF), claim.id


def test_a_table_of_no_verdicts_is_empty():
    assert claims.table().empty
