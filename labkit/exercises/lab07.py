"""Lab 07: the laws."""

from __future__ import annotations

from math import log2

import numpy as np

from labkit.exercises.laws import (
    Exercise,
    Wrong,
    all_near,
    expect,
    in_any_order,
    kind,
    near,
    number,
    numbers,
    parts,
    texts,
)

LIMITS = ("bytes", "ms", "drop")
NOTHING = "nothing"


def _rows(found: object, n: int) -> list[int]:
    """`found`, row numbers out of `n` in rising order, as a list.

    Raises:
        Wrong: it is something else, such as a mask, or names a row twice.
    """
    if found is None:
        raise Wrong("your function returned nothing; end it with `return` and a list of row numbers")
    if type(found) not in (list, tuple, np.ndarray):
        raise Wrong(f"your function returned {kind(found)}, not a list of row numbers")
    if type(found) is np.ndarray and found.ndim != 1:
        raise Wrong(f"your function returned an array of {found.ndim} dimensions, not a list of row numbers")
    if len(found) > 2 * n:
        raise Wrong(f"there are {n} rows, and your list has {len(found)} numbers")
    if any(type(one) in (bool, np.bool_) for one in found):
        raise Wrong("these are True and False; return the numbers of the rows that are True")
    if any(type(one) in (list, tuple, np.ndarray) for one in found):
        raise Wrong("these are the rows; return their numbers, the first row being 0")
    rows = [number(one, "a row number") for one in found]
    if any(row != int(row) for row in rows):
        raise Wrong("your list holds numbers that are no row numbers: is it the rows' costs?")
    if len(set(rows)) < len(rows):
        raise Wrong("a row number is in your list twice")
    if rows and (max(rows) >= n or min(rows) < 0):
        raise Wrong(f"the rows are numbered 0 to {n - 1}; {max(rows):g} and {min(rows):g} are in your list")
    return [int(row) for row in rows]


# pareto_front(costs) -> row numbers


def _beaten(costs: np.ndarray, i: int) -> bool:
    return any((other <= costs[i]).all() and (other < costs[i]).any() for other in costs)


def _front(costs: np.ndarray) -> list[int]:
    return [i for i in range(len(costs)) if not _beaten(costs, i)]


def _is_front(answer, costs: np.ndarray, mistakes: dict[str, list[int]], otherwise: str) -> None:
    found, right = _rows(answer(costs), len(costs)), _front(costs)
    if found == right:
        return
    if sorted(found) == right:
        raise Wrong("these are the right rows; return their numbers in rising order")
    for hint, rows in mistakes.items():
        if sorted(found) == sorted(rows):
            raise Wrong(hint)
    raise Wrong(otherwise)


def _cloud(random, columns: int) -> np.ndarray:
    """Costs, some below 0, with a front of several rows, several beaten ones, and no ties.

    The first row is a beaten one; the last one alone beats another.
    """
    while True:
        costs = random.uniform(-4, 5, (12, columns)).round(4)
        front, best = _front(costs), {int(column.argmin()) for column in costs.T}
        needed = [i for i in front if len(_front(np.delete(costs, i, 0))) >= len(front)]
        if len(best) < len(front) < 11 and needed and _front(-costs) != front:
            first, last = next(i for i in range(12) if i not in front), needed[0]
            return costs[[first, *(i for i in range(12) if i not in (first, last)), last]]


def _rows_that_are_beaten_leave(answer, random):
    costs = _cloud(random, 2)
    for shown in (costs, costs[::-1] / 1000):  # in seconds, where the first were milliseconds
        _is_the_front_of_two_columns(answer, shown)


def _is_the_front_of_two_columns(answer, costs: np.ndarray) -> None:
    front, n = _front(costs), len(costs)
    mistakes = {
        "these rows are the beaten ones: return the others": [i for i in range(n) if i not in front],
        "these are the worst rows: costs are better when they are less": _front(-costs),
        "only the best of each column is here; a row in between that nobody beats belongs to the front, too": sorted(
            {int(column.argmin()) for column in costs.T}
        ),
        "every row is here: leave out those that another one beats": list(range(n)),
        "no row is here; a row does not beat itself, being less in no column": [],
        "this is one row: each column has its own best, so a front has several": [int(costs.sum(1).argmin())],
    }
    _is_front(answer, costs, mistakes, f"rows {front} are the front here; a row leaves if one other row beats it")


def _every_column_counts(answer, random):
    while True:
        costs = _cloud(random, 4)
        fewer = [_front(np.delete(costs, k, 1)) for k in range(4)]
        if _front(costs) not in (*fewer, _front(costs[:, :2])):
            break
    mistakes = {"use all columns, not only the first two": _front(costs[:, :2])}
    mistakes |= {f"use all columns; yours left out column {k}": rows for k, rows in enumerate(fewer)}
    _is_front(answer, costs, mistakes, "with three columns or more, another row must be at most as much in ALL of them")


def _ties_are_beaten_and_twins_stay(answer, random):
    low = round(random.uniform(1, 5), 3)
    high = round(low + random.uniform(1, 4), 3)
    beats, first_tie, second_tie, worst = [low, high], [low, high + 1], [(low + high) / 2, high], [high + 2, high + 2]
    twin = [high, low]
    order = random.permutation(6)
    costs = np.array([beats, first_tie, second_tie, worst, twin, twin])[order].round(3)
    at = [int(i) for i in np.argsort(order)]  # where each of them stands now
    twins = sorted(at[4:])
    tie = "a row that ties in one column and is less in another beats: it need not be less in ALL"
    mistakes = {
        tie: [*at[:3], *twins],
        f"{tie}, whichever column it is": [*at[:2], *twins],
        f"{tie}, whichever column it may be": [at[0], at[2], *twins],
        "two equal rows do not beat each other: both stay": at[:1],
        "of two equal rows both stay, not only the first": [at[0], twins[0]],
        "of two equal rows both stay, not only the last": [at[0], twins[1]],
    }
    _is_front(answer, costs, mistakes, f"rows {_front(costs)} of {costs.tolist()} are the front")


# choose_variant(names, sizes, times, accuracies, max_bytes, max_drop) -> name


def _name(found: object) -> str:
    if found is None:
        raise Wrong(f'your function returned nothing; end it with `return` and a name, or "{NOTHING}" where none fits')
    if type(found) not in (str, np.str_):
        raise Wrong(f"your function returned {kind(found)}, not one of the names")
    return str(found)


def _shelf(random) -> tuple[list, dict[str, str], float, float]:
    """Columns of eight variants; who is what, by name; and the limits. Each mistake chooses another one."""
    room, share = int(random.integers(40_000, 900_000)), float(random.uniform(0.9, 0.94))
    unit, drop = float(random.uniform(0.5, 2)), float(random.uniform(0.6, 0.8))
    kinds = {  # bytes as a share of the room, milliseconds, points below the baseline
        "right": (1.0, 0.10, 0.96 * drop),  # as a share of the baseline's accuracy this would be too much
        "too large": (1.5, 0.05, 0.0),
        "too bad": (0.5, 0.03, 0.95),
        "smallest": (0.3, 0.50, 0.2),
        "most accurate": (0.8, 0.60, -0.6),
        "slowest": (0.9, 0.90, 0.1),
        "large and bad": (2.0, 0.01, 4.0),
    }
    order = [str(one) for one in random.permutation(list(kinds))]
    named = {one: f"variant {letter}" for one, letter in zip(order, random.permutation(list("ABCDEFG")))}
    rows = [("baseline", 5 * room, 1.2 * unit, share)]
    rows += [
        (named[one], int(room * kinds[one][0]), unit * kinds[one][1], share - kinds[one][2] / 100) for one in order
    ]
    return [list(column) for column in zip(*rows)], named, room, drop


def _the_fastest_that_fits_is_chosen(answer, random):
    columns, named, room, drop = _shelf(random)
    found = _name(answer(*columns, room, drop))
    if found == named["right"]:
        return
    mistakes = {
        "too large": "this one is too large: it needs at most max_bytes",
        "too bad": "this one loses more than max_drop points; accuracies are shares, so 1 point is 0.01",
        "large and bad": "this is the fastest of all, but it does not fit",
        "smallest": "this one is the smallest that fits: the fastest that fits is wanted (exactly max_bytes fits, and "
        "the drop is a difference of two accuracies, not rounded and no share of the baseline's)",
        "most accurate": "this is the most accurate that fits: the drop counts from the baseline, the first one; then "
        "the fastest is wanted",
        "slowest": "this one is the slowest that fits: fewer milliseconds are faster",
    }
    for one, hint in mistakes.items():
        if found == named[one]:
            raise Wrong(hint)
    if found == NOTHING:
        raise Wrong("something fits here: max_drop is in points of 100, and exactly max_bytes still fits")
    if found == "baseline":
        raise Wrong("the baseline does not fit here: it is larger than max_bytes")
    raise Wrong(f"return one of the names, not {found[:40]!r}")


def _every_variant_is_judged_alike(answer, random):
    share, room, ms = (
        float(random.uniform(0.9, 0.94)),
        int(random.integers(50, 900)) * 1000,
        float(random.uniform(1, 3)),
    )
    limits = room, float(random.uniform(0.6, 0.8))
    better, slower = (f"variant {letter}" for letter in random.permutation(list("PQ")))

    def chosen(sizes, times, accuracies) -> str:
        return _name(answer(["baseline", better, slower], sizes, times, accuracies, *limits))

    found = chosen(
        [room // 2, room - 1, room - 2], [ms, ms / 2, ms / 2 * (1 + 1e-9)], [share, share + 0.03, share + 0.03]
    )
    if found == slower:
        raise Wrong("the fastest is wanted, by however little: compare the times as they are, without rounding")
    if found != better:
        raise Wrong(
            "here one variant is 3 points better than the baseline, larger and faster: nothing is lost, so it fits"
        )
    if chosen([room, room // 2, room // 3], [ms, 2 * ms, 3 * ms], [share, share, share]) != "baseline":
        raise Wrong("the baseline is one of the variants: here it fits and is the fastest")
    if chosen([2 * room, room // 2, room // 3], [ms, 2 * ms, 3 * ms], [share, share, share]) != better:
        raise Wrong("where the baseline is too large, a slower variant may be the fastest that fits")


def _of_equally_fast_ones_the_smallest_is_chosen(answer, random):
    sizes = [int(one) for one in random.permutation(np.arange(10, 16)) * 1000]
    names, smallest = [f"variant {letter}" for letter in "ABCDEF"], sizes.index(10_000)
    fast = float(random.uniform(0.1, 0.9))
    accuracies = [0.88 + size / 1e6 for size in sizes]  # the smaller, the worse, and all good enough
    for order in (range(6), range(5, -1, -1)):
        shown, room, shares = ([column[i] for i in order] for column in (names, sizes, accuracies))
        found = _name(answer(["baseline", *shown], [90_000, *room], [3.0] + [fast] * 6, [0.9, *shares], 20_000, 1.5))
        if found != names[smallest]:
            raise Wrong("all six that fit are equally fast: then the smallest is wanted, not the first or the last")


def _where_none_fits_it_says_nothing(answer, random):
    columns, named, room, drop = _shelf(random)
    found = _name(answer(*columns, room // 10, drop))
    if found != NOTHING:
        raise Wrong(f'no variant has so few bytes: return "{NOTHING}"')
    if _name(answer(*columns, 100 * room, 100.0)) != named["large and bad"]:
        raise Wrong("without any real limit the fastest of all is wanted")


# gain_shares(values) -> a share for each step


def _values(random) -> np.ndarray:
    factors = random.permutation([1.3, 2.2, 5.0]) * random.uniform(0.9, 1.1, 3)
    return float(random.uniform(500, 5000)) / np.cumprod([1, *factors])


def _each_step_has_the_logarithm_of_its_factor(answer, random):
    values = _values(random)
    found = numbers(answer(values.tolist()), 3, "shares: one for each step")
    factors = values[:-1] / values[1:]
    whole = values[0] / values[-1]
    right = np.log(factors) / np.log(whole)
    mistakes = {
        "these are shares of the difference: then the first step always looks largest. Take logarithms": -np.diff(
            values
        )
        / (values[0] - values[-1]),
        "these are the factors: take the logarithm of each, over that of the whole": factors,
        "these are logarithms: divide each by the logarithm of the whole factor": np.log(factors),
        "these are binary logarithms: divide each by that of the whole factor": np.log2(factors),
        "these are decimal logarithms: divide each by that of the whole factor": np.log10(factors),
        "these are factors over the whole factor; take the logarithm of both": factors / whole,
        "these are factors over the sum of the factors: factors multiply, logarithms add up": factors / factors.sum(),
        "shares are wanted, not per cent": 100 * right,
        "the sign is turned round: a step that makes it smaller has a positive share": -right,
        "the order is turned round: the first step's share comes first": right[::-1],
        "these are the logarithms of the values, not of the factors": (np.log(values) / np.log(values).sum())[1:],
    }
    if all_near(found, right):
        return
    for hint, wrong in mistakes.items():
        if all_near(found, wrong):
            raise Wrong(hint)
    _not_rounded(found, right)
    if abs(found.sum() - 1) > 1e-6:
        raise Wrong(f"the shares must add up to 1, yours to {found.sum():.3f}")
    raise Wrong("a step's share is the logarithm of before over after, over that of the first value over the last")


def _not_rounded(found: np.ndarray, right: np.ndarray) -> None:
    if any(all_near(found, np.round(right, digits)) for digits in range(2, 6)):
        raise Wrong("do not round the shares: return all of their digits")


def _two_equal_factors_have_equal_shares(answer, random):
    factor, start = float(random.uniform(1.5, 4)), float(random.uniform(100, 900))
    n = int(random.integers(4, 13))
    found = numbers(answer([start / factor**i for i in range(n + 1)]), n, "shares: one for each step")
    if not all_near(found, np.full(n, 1 / n)):
        _not_rounded(found, np.full(n, 1 / n))
        raise Wrong(f"{n} steps, each {factor:.2f} times smaller, have equal shares: {1 / n:.3f} each")


def _a_step_backwards_has_a_negative_share(answer, random):
    start, worse = float(random.uniform(100, 900)), float(random.uniform(1.2, 1.9))
    right = -float(np.log(worse) / np.log(8))
    for values, at in (
        ([start, start * worse, start / 8], 0),
        ([start, start / 8 / worse, start / 8], 1),
        ([start, start / 2, worse * start / 2, start / 8], 1),
    ):
        found = numbers(answer(values), len(values) - 1, "shares: one for each step")
        logs = np.log(values)
        exact = -np.diff(logs) / (logs[0] - logs[-1])
        if not all_near(found, exact):
            _not_rounded(found, exact)
        expect(
            found[at],
            right,
            {"a step that makes it larger has a negative share: do not take its absolute value": -right},
            f"here step {at + 1} makes it {worse:.2f} times larger: its share is negative, {right:.3f}",
        )
        if not near(found.sum(), 1):
            raise Wrong(f"where one share is below 0, the others add up to more than 1: {1 - right:.3f}; do not cut it")


# what_binds(sizes, times, accuracies, max_bytes, max_ms, max_drop) -> limits


def _world(random, breaking: list[tuple[str, ...]]) -> tuple[list, list, list, int, float, float]:
    """Variants of which each breaks just those limits, after a baseline that breaks bytes and ms."""
    room, fast, drop = int(random.integers(1e5, 1e6)), float(random.uniform(0.2, 2)), float(random.uniform(0.5, 1.5))
    share, columns = float(random.uniform(0.9, 0.94)), ([5 * room], [5 * fast], [0.0])
    columns[2][0] = share
    for limits in breaking:
        sizes, times, accuracies = columns
        least = random.choice([0.3, 1.0])  # exactly the limit still keeps it
        sizes.append(int(room * random.uniform(1.1, 3) if "bytes" in limits else room * least))
        times.append(fast * random.uniform(1.1, 3) if "ms" in limits else fast * random.uniform(0.2, 1))
        kept = random.choice([random.uniform(0.95, 0.99), random.uniform(-3, -1.5)])  # nearly all of it, or a gain
        lost = drop * (random.uniform(1.2, 3) if "drop" in limits else kept)
        accuracies.append(share - lost / 100)
    return *columns, room, fast, drop


def _limits(found: object) -> list[str]:
    said = texts(found, "names of limits")
    if set(said) - set(LIMITS) or len(set(said)) < len(said):
        raise Wrong('the limits are called "bytes", "ms" and "drop", each at most once')
    return sorted(said)


def _asked_for_limits(answer, random, cases: list[tuple]) -> list[list[str]]:
    return in_any_order(random, lambda *world: _limits(answer(*world)), cases)


def _a_limit_binds_if_without_it_something_fits(answer, random):
    alone = [str(limit) for limit in random.permutation([*LIMITS, *LIMITS])]
    others = [tuple(one for one in LIMITS if one != limit) for limit in alone]
    worlds = [_world(random, [two, (one,), LIMITS]) for one, two in zip(alone, others, strict=True)]
    for found, limit, two in zip(_asked_for_limits(answer, random, worlds), alone, others, strict=True):
        if found == sorted(LIMITS):
            raise Wrong("these are all limits that somebody breaks: a limit binds if ONE variant breaks that one alone")
        if found == sorted(two):
            raise Wrong("the limits that are broken together with another do not bind: lifting one would not help")
        if found != [limit]:
            raise Wrong(f'one variant breaks nothing but "{limit}", no other breaks just one: ["{limit}"] is right')


def _several_limits_may_bind(answer, random):
    pairs = [(first, second) for first in LIMITS for second in LIMITS if first != second]
    worlds = [_world(random, [(first,), (second,), LIMITS, (first,)]) for first, second in pairs]
    for found, (first, second) in zip(_asked_for_limits(answer, random, worlds), pairs, strict=True):
        if found != sorted([first, second]):
            raise Wrong(f'"{first}" stands in the way of one variant and "{second}" of another: both bind')


def _baseline_and_bounds(random) -> list[tuple[tuple, list[str], str]]:
    """Cases where the baseline counts or a variant has exactly what is allowed, each with its answer and hint."""
    sizes, times, accuracies, room, fast, drop = _world(random, [LIMITS])
    small, share = float(random.uniform(0.3, 0.45)), accuracies[0]
    last = [share, share + drop / 40, share - drop / 120]
    return [
        (
            ([room // 2, sizes[1]], [fast / 2, times[1]], accuracies, room, fast, drop),
            [],
            "the first variant is one as well: here it keeps all limits, so nothing binds",
        ),
        (
            ([room // 2, sizes[1]], times, accuracies, room, fast, drop),
            ["ms"],
            'the first variant is one as well: here it breaks "ms" alone',
        ),
        (
            ([5 * room, room], [5 * fast, fast], [share, share - small / 50], room, fast, small),
            ["drop"],
            "one variant has exactly max_bytes and takes exactly max_ms, which keeps both, and loses twice max_drop",
        ),
        (
            ([5 * room, room // 2, 2 * room], [5 * fast, 2 * fast, fast / 2], last, room, fast, drop),
            ["bytes", "ms"],
            "the drop counts from the first variant, not from the most accurate one",
        ),
    ]


def _where_something_fits_nothing_binds(answer, random):
    said = "one variant breaks nothing but the drop; accuracies are shares, max_drop is in points of 100"
    cases = [(_world(random, [("drop",), LIMITS]), ["drop"], said)]
    sizes, times, accuracies, room, fast, drop = _world(random, [("ms",)])
    better, nearly = accuracies[0] + 2 * drop / 100, accuracies[0] - 0.97 * drop / 100
    said = (
        "a variant that is better than the baseline keeps the limit on the drop, and so does one just within: "
        "the drop is the baseline's accuracy minus the variant's, times 100"
    )
    for accuracy in (better, nearly):
        cases.append(((sizes, times, [accuracies[0], accuracy], room, fast, drop), ["ms"], said))
    said = "one variant keeps all limits: nothing binds, so return an empty list"
    cases.append((_world(random, [("bytes",), (), ("ms",)]), [], said))
    said = "every variant breaks two limits: lifting one helps nobody, so return an empty list"
    cases.append((_world(random, [("bytes", "ms"), ("ms", "drop"), LIMITS]), [], said))
    cases += _baseline_and_bounds(random)
    found = _asked_for_limits(answer, random, [world for world, *_ in cases])
    for one, (_, right, hint) in zip(found, cases, strict=True):
        if one != right:
            raise Wrong(hint)


# packed_bytes(weights, bits, sparsity) -> bytes


def _sure(sparsity: float) -> float:
    return -sum(share * log2(share) for share in (sparsity, 1 - sparsity))


def _zeros_cost_their_entropy_and_the_others_their_bits(answer, random):
    for least, most in ((0.55, 0.9), (0.1, 0.4)):
        weights, bits = int(random.integers(100, 900)), int(random.integers(3, 8))
        _packs(answer, weights, bits, float(random.uniform(least, most)))


def _packs(answer, weights: int, bits: int, sparsity: float) -> None:
    found = number(answer(weights, bits, sparsity), "a number of bytes")
    kept, asked = (1 - sparsity) * bits, _sure(sparsity)
    mistakes = {
        "these are bits: divide by 8": weights * (asked + kept),
        "the zeros are free here: one must also say WHERE they are, which takes the entropy": weights * kept / 8,
        "one bit a weight says where the zeros are, but fewer will do: the entropy": weights * (1 + kept) / 8,
        "the share 1 - sparsity is kept, not the share sparsity": weights * (asked + sparsity * bits) / 8,
        "use log2, not the natural logarithm": weights * (asked * float(np.log(2)) + kept) / 8,
        "this is half of the entropy: add the term of 1 - sparsity": weights * (-sparsity * log2(sparsity) + kept) / 8,
        "a term is missing in the entropy: add that of the zeros": weights
        * (-(1 - sparsity) * log2(1 - sparsity) + kept)
        / 8,
        "all weights take their bits here: only those that are not zero need a code": weights * (asked + bits) / 8,
        "the entropy is minus the sum: its sign is wrong here": weights * (kept - asked) / 8,
        "use `bits`, not always 8": weights * (asked + (1 - sparsity) * 8) / 8,
    }
    right = weights * (asked + kept) / 8
    expect(found, right, mistakes, f"{weights} weights of {bits} bits, {sparsity:.2f} of them zero: {right:,.1f} bytes")


def _without_zeros_all_bits_count_and_of_zeros_alone_nothing_is_left(answer, random):
    weights, bits = 8 * int(random.integers(100, 1000)) + 1, int(random.integers(2, 8))  # no whole number of bytes
    full = number(answer(weights, bits, 0.0), "a number of bytes")
    said = "with sparsity 0, every weight takes its bits and nothing else: log2(0) must not come in"
    expect(full, weights * bits / 8, {"these are bits: divide by 8": weights * bits}, said)
    if abs(number(answer(weights, bits, 1.0), "a number of bytes")) > 1e-3:
        raise Wrong("with sparsity 1, all is zero and everybody knows it: 0 bytes")


# pool(lows, highs, threshold) -> (confirmed, refuted, cannot tell)


def _class(random) -> tuple[np.ndarray, np.ndarray, float, list[int]]:
    """Intervals of a class whose middles say something else, one that begins at the threshold, and the right counts."""
    threshold = float(random.integers(2, 6))
    counts = [int(one) for one in random.permutation([2, 4, 6, 8, 10, 12])[:3]]
    yes, no, unsure = counts
    near_end, far_end = random.uniform(0.1, 0.4, unsure), random.uniform(1, 2, unsure)
    mostly = np.arange(unsure) % 2 == 0  # the threshold cuts off little of the low end, or little of the high end
    below, above = np.where(mostly, near_end, far_end), np.where(mostly, far_end, near_end)
    lows = threshold + np.concatenate([random.uniform(0.1, 2, yes), -random.uniform(2.1, 3, no), -below])
    highs = lows + np.concatenate([random.uniform(0.5, 1, yes), random.uniform(0.5, 1.9, no), below + above])
    lows[0] = highs[-1] = threshold
    order = random.permutation(len(lows))
    return lows[order], highs[order], threshold, counts


def _the_whole_interval_decides(answer, random):
    lows, highs, threshold, right = _class(random)
    found = numbers(answer(lows, highs, threshold), 3, "counts: confirmed, refuted, cannot tell")
    middles = (lows + highs) / 2
    yes, no, unsure = right
    above = int((middles >= threshold).sum())
    mistakes = {
        "the middle decides here; the whole interval should": [above, len(lows) - above, 0],
        "confirmed and refuted are swapped": [no, yes, unsure],
        "the order is confirmed, refuted, cannot tell": [yes, unsure, no],
        "an interval is confirmed only if its low end reaches the threshold, too": [
            yes + unsure,
            no,
            0,
        ],
        "an interval is refuted only if its high end is below the threshold, too": [yes, no + unsure, 0],
        "an interval that begins at the threshold confirms: at least means >=": [yes - 1, no, unsure + 1],
        "an interval that ends at the threshold still holds it: to refute, all of it must be below": [
            yes,
            no + 1,
            unsure - 1,
        ],
        "counts are wanted, not shares": list(np.array(right) / len(lows)),
    }
    if all_near(found, right):
        return
    for hint, wrong in mistakes.items():
        if all_near(found, wrong):
            raise Wrong(hint)
    raise Wrong(f"{yes} laptops confirm, {no} refute and {unsure} cannot tell here, not {found.tolist()}")


def _every_laptop_counts_once(answer, random):
    n = int(random.integers(3, 30))
    lows = np.arange(n) + 0.25
    found = parts(_plain(answer(lows, lows + 0.5, 0.5)), 3, "three counts")
    if not all_near([number(one, "a count") for one in found], [n - 1, 0, 1]):
        raise Wrong(f"with one interval around the threshold and {n - 1} above it, the counts are {n - 1}, 0 and 1")


def _plain(found: object) -> object:
    return list(found) if type(found) is np.ndarray and found.ndim == 1 else found


FRONT = (_rows_that_are_beaten_leave, _every_column_counts, _ties_are_beaten_and_twins_stay)
CHOOSE = (
    _the_fastest_that_fits_is_chosen,
    _every_variant_is_judged_alike,
    _of_equally_fast_ones_the_smallest_is_chosen,
    _where_none_fits_it_says_nothing,
)
BINDS = (
    _a_limit_binds_if_without_it_something_fits,
    _several_limits_may_bind,
    _where_something_fits_nothing_binds,
)
SHARES = (
    _each_step_has_the_logarithm_of_its_factor,
    _two_equal_factors_have_equal_shares,
    _a_step_backwards_has_a_negative_share,
)
PACKED = (
    _zeros_cost_their_entropy_and_the_others_their_bits,
    _without_zeros_all_bits_count_and_of_zeros_alone_nothing_is_left,
)
POOL = (_the_whole_interval_decides, _every_laptop_counts_once)

EXERCISES = (
    Exercise("pareto_front", 3, True, FRONT),
    Exercise("choose_variant", 3, True, CHOOSE),
    Exercise("what_binds", 1, False, BINDS),
    Exercise("gain_shares", 3, True, SHARES),
    Exercise("packed_bytes", 1, False, PACKED),
    Exercise("pool", 1, False, POOL),
)
