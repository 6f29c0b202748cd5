"""Intervals are held against their formulas, against simulation, and against what no interval may do."""

from math import comb, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from labkit.measure import accuracy_difference, mcnemar, median_interval, wilson

settings.register_profile("labkit", deadline=None, derandomize=True)  # no test depends on the machine or the day
settings.load_profile("labkit")

Z = 1.959963984540054  # 2.5 % of a normal distribution lie above


@st.composite
def shares(draw):
    """`(correct, n)`."""
    n = draw(st.integers(1, 100_000))
    return draw(st.integers(0, n)), n


def counts(both: int, only_first: int, only_second: int, neither: int) -> tuple[np.ndarray, np.ndarray]:
    """Two arrays of correct answers with these numbers of images of each kind."""
    first = [True] * (both + only_first) + [False] * (only_second + neither)
    second = [True] * both + [False] * only_first + [True] * only_second + [False] * neither
    return np.array(first), np.array(second)


CELLS = st.tuples(*[st.integers(0, 2) | st.integers(0, 500)] * 4).filter(sum)


@given(shares())
def test_wilson_is_the_closed_formula(share):
    correct, n = share
    p = correct / n
    centre = (p + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z / (1 + Z**2 / n) * sqrt(p * (1 - p) / n + Z**2 / (4 * n**2))
    assert wilson(correct, n) == pytest.approx((max(0, centre - half), min(1, centre + half)), abs=1e-9)


@given(shares())
def test_wilson_is_what_scipy_finds(share):
    theirs = binomtest(*share).proportion_ci(0.95, method="wilson")
    assert wilson(*share) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


@given(shares())
def test_wilson_contains_the_share_and_stays_between_0_and_1(share):
    correct, n = share
    low, high = wilson(correct, n)
    assert 0 <= low <= correct / n <= high <= 1
    assert low < high


@given(shares())
def test_wilson_of_the_wrong_ones_mirrors_that_of_the_right_ones(share):
    correct, n = share
    low, high = wilson(correct, n)
    assert wilson(n - correct, n) == pytest.approx((1 - high, 1 - low), abs=1e-9)


def test_wilson_needs_four_times_the_images_for_half_the_width():
    small, large = (np.ptp(wilson(9 * n, 10 * n)) for n in (1000, 4000))
    assert small / large == pytest.approx(2, rel=1e-3)


@pytest.mark.parametrize(("correct", "n"), [(0, 0), (-1, 10), (11, 10), (0, -1)])
def test_what_is_no_share_has_no_interval(correct, n):
    with pytest.raises(ValueError, match="is not a share"):
        wilson(correct, n)


@given(st.integers(0, 12), st.integers(0, 12), st.integers(0, 50))
def test_mcnemar_is_a_fair_coin_counted_by_hand(only_first, only_second, both):
    n = only_first + only_second
    tail = sum(comb(n, i) for i in range(min(only_first, only_second) + 1)) / 2**n
    first, second = counts(both, only_first, only_second, 3)
    assert mcnemar(first, second) == pytest.approx(min(1, 2 * tail), abs=1e-12)


@pytest.mark.parametrize(("only_first", "only_second"), [(1, 0), (10, 3), (500, 560), (4000, 3900), (3000, 0)])
def test_mcnemar_is_what_scipy_finds(only_first, only_second):
    theirs = binomtest(only_first, only_first + only_second, 0.5).pvalue
    assert mcnemar(*counts(7, only_first, only_second, 3)) == pytest.approx(theirs, rel=1e-9)


@given(CELLS)
def test_mcnemar_does_not_care_which_is_the_first(cells):
    first, second = counts(*cells)
    assert mcnemar(first, second) == pytest.approx(mcnemar(second, first), abs=1e-12)
    assert 0 <= mcnemar(first, second) <= 1


@given(st.lists(st.booleans(), min_size=1))
def test_variants_that_agree_on_every_image_have_p_of_exactly_1(correct):
    assert mcnemar(np.array(correct), np.array(correct)) == 1.0


@given(CELLS)
def test_the_difference_is_the_second_accuracy_minus_the_first_and_inside_its_interval(cells):
    first, second = counts(*cells)
    difference, low, high = accuracy_difference(first, second)
    assert difference == pytest.approx(second.mean() - first.mean(), abs=1e-12)
    assert -1 <= low <= difference <= high <= 1
    assert low < high


@given(CELLS)
def test_the_difference_changes_its_sign_with_the_order(cells):
    first, second = counts(*cells)
    difference, low, high = accuracy_difference(first, second)
    assert accuracy_difference(second, first) == pytest.approx((-difference, -high, -low), abs=1e-12)


def test_the_interval_of_a_difference_is_agrestis_and_mins():
    # 5 images only the first gets right, 15 only the second, of 98; with half an image in each cell 5.5 and 15.5 of 100
    found = accuracy_difference(*counts(60, 5, 15, 18))
    half = Z * sqrt((15.5 + 5.5) / 100 - 0.10**2) / sqrt(100)
    assert found == pytest.approx((10 / 98, 0.10 - half, 0.10 + half), abs=1e-7)


def test_the_interval_of_a_difference_covers_the_truth_95_times_in_100():
    random = np.random.default_rng(0)
    truth, trials, n = 0.02, 3000, 400  # of 400 images 8 % are won, 6 % lost
    covered = 0
    for _ in range(trials):
        kind = random.random(n)
        first, second = (kind < 0.06) | (kind > 0.5), (kind > 0.92) | ((kind > 0.5) & (kind <= 0.92))
        first &= kind <= 0.92
        _, low, high = accuracy_difference(first, second)
        covered += low <= truth <= high
    assert covered / trials == pytest.approx(0.95, abs=3 * sqrt(0.95 * 0.05 / trials) + 0.005)


def test_the_interval_of_a_median_covers_the_truth_95_times_in_100():
    random = np.random.default_rng(0)
    trials, covered = 1000, 0
    for _ in range(trials):
        values = random.lognormal(0, 1, 101)  # skewed as times are; the median is 1
        _, low, high = median_interval(values, resamples=300, seed=int(random.integers(2**32)))
        covered += low <= 1 <= high
    assert covered / trials == pytest.approx(0.95, abs=3 * sqrt(0.95 * 0.05 / trials) + 0.005)


@pytest.mark.parametrize("n", [1, 2, 3, 8, 31, 100])
def test_the_interval_of_a_median_is_that_of_drawing_every_value_again(n):
    values = np.random.default_rng(n).lognormal(0, 1, n)
    drawn = np.median(np.random.default_rng(0).choice(values, (20_000, n)), axis=1)
    _, low, high = median_interval(values, resamples=20_000)
    # As many medians are below each bound as should be, to four standard deviations of both simulations.
    error = 4 * sqrt(2 * 0.025 * 0.975 / 20_000)
    assert (drawn < low).mean() <= 0.025 + error
    assert (drawn <= low).mean() >= 0.025 - error
    assert (drawn > high).mean() <= 0.025 + error
    assert (drawn >= high).mean() >= 0.025 - error


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60))
def test_the_median_is_inside_its_interval_and_the_interval_among_the_values(values):
    median, low, high = median_interval(np.array(values), resamples=200)
    assert median == np.median(values)
    assert min(values) <= low <= median <= high <= max(values)


def test_the_interval_of_a_median_is_the_same_at_each_call_and_scales_with_its_values():
    values = np.random.default_rng(1).normal(10, 2, 50)
    assert median_interval(values) == median_interval(values)
    assert median_interval(values, seed=1) != median_interval(values)
    assert median_interval(values * 4) == tuple(4 * one for one in median_interval(values))


def test_a_single_value_is_its_own_interval():
    assert median_interval([3]) == (3.0, 3.0, 3.0)


def test_no_values_have_no_median():
    with pytest.raises(ValueError, match="no values"):
        median_interval(np.array([]))


@pytest.mark.parametrize(
    ("first", "second"),
    [([True], [True, False]), ([], []), ([[True]], [[True]]), (True, True)],
    ids=["lengths", "empty", "two dimensions", "no array"],
)
@pytest.mark.parametrize("compare", [mcnemar, accuracy_difference])
def test_answers_that_are_not_on_the_same_images_are_refused(compare, first, second):
    with pytest.raises(ValueError, match="the same images in the same order"):
        compare(np.array(first), np.array(second))


@given(CELLS)
def test_everything_is_a_plain_number(cells):
    first, second = counts(*cells)
    found = [*wilson(int(first.sum()), len(first)), mcnemar(first, second), *accuracy_difference(first, second)]
    assert {type(one) for one in [*found, *median_interval(first * 1.0, 20)]} == {float}
