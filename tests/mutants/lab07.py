"""Lab 07: answers whose outcome is known."""

import itertools
import math

import numpy as np
import torch

from labkit import choice

from . import right, wrong

# pareto_front


@right("pareto_front")
def by_two_comparisons(costs):
    return [i for i, mine in enumerate(costs) if not any((o <= mine).all() and (o < mine).any() for o in costs)]


@right("pareto_front")
def in_plain_loops(costs):
    front = []
    for i in range(len(costs)):
        beaten = False
        for other in costs.tolist():
            if all(o <= m for o, m in zip(other, costs[i])) and other != list(costs[i]):
                beaten = True
        if not beaten:
            front.append(i)
    return front


@right("pareto_front")
def by_broadcasting(costs):
    less, not_more = (costs[None] < costs[:, None]).any(2), (costs[None] <= costs[:, None]).all(2)
    return np.flatnonzero(~(less & not_more).any(1))


FRONT = {
    "less in ALL": lambda c: [i for i, m in enumerate(c) if not any((o < m).all() for o in c)],
    "two equal rows do not beat": lambda c: [
        i for i, m in enumerate(c) if not any((o <= m).all() for j, o in enumerate(c) if j != i)
    ],
    "not only the first": lambda c: [
        i for i in by_two_comparisons(c) if not any((c[i] == c[j]).all() for j in range(i))
    ],
    "the beaten ones": lambda c: [i for i in range(len(c)) if i not in by_two_comparisons(c)],
    "the worst rows": lambda c: by_two_comparisons(-c),
    "only the best of each column": lambda c: sorted({int(i) for i in c.argmin(0)}),
    "it need not be less in ALL, whichever": lambda c: [
        i for i, m in enumerate(c) if not any((o <= m).all() and o[0] < m[0] for o in c)
    ],
    "it need not be less in ALL, whichever column it may be": lambda c: [
        i for i, m in enumerate(c) if not any((o <= m).all() and o[-1] < m[-1] for o in c)
    ],
    "use all columns": lambda c: by_two_comparisons(c[:, :3]),
    "left out column 0": lambda c: by_two_comparisons(c[:, 1:] if c.shape[1] > 2 else c),
    "are the front here": lambda c: [
        i for i, m in enumerate(c) if not any((o <= m).all() and (o < m).any() for o in c[:-1])
    ],
    "one other row beats it": lambda c: [
        i for i, m in enumerate(c) if not any((o <= m).all() and (o < m).any() for o in c[i + 1 :])
    ],
    "row": lambda c: [i for i in by_two_comparisons(c) if i],
    "every row is here": lambda c: list(range(len(c))),
    "a row does not beat itself": lambda c: [i for i, m in enumerate(c) if not any((o <= m).all() for o in c)],
    "this is one row": lambda c: [int(c.sum(1).argmin())],
    "not only the first two": lambda c: by_two_comparisons(c[:, :2]),
    "True and False": lambda c: [i in by_two_comparisons(c) for i in range(len(c))],
    "these are the rows; return": lambda c: [c[i] for i in by_two_comparisons(c)],
    "in rising order": lambda c: sorted(by_two_comparisons(c), key=lambda i: c[i][1]),
    "is in your list twice": lambda c: sorted(by_two_comparisons(c) * 2),
    "rows are numbered 0 to": lambda c: [*by_two_comparisons(c)[:-1], len(c)],
    "labkit's own pareto_front": lambda c: choice.pareto_front(c),
}
for hint, answer in FRONT.items():
    wrong("pareto_front", hint)(answer)


@wrong("pareto_front", "row")
def front_of_rounded_costs(costs):
    return by_two_comparisons(costs.round(2))


# choose_variant


@right("choose_variant")
def with_min_and_a_key(names, sizes, times, accuracies, max_bytes, max_drop):
    rows = list(zip(names, sizes, times, accuracies))
    fits = [r for r in rows if r[1] <= max_bytes and 100 * (accuracies[0] - r[3]) <= max_drop]
    return min(fits, key=lambda r: (r[2], r[1]))[0] if fits else "nothing"


@right("choose_variant")
def in_a_loop(names, sizes, times, accuracies, max_bytes, max_drop):
    best = None
    for i in range(len(names)):
        if sizes[i] > max_bytes or accuracies[i] < accuracies[0] - max_drop / 100:
            continue
        if best is None or times[i] < times[best] or (times[i] == times[best] and sizes[i] < sizes[best]):
            best = i
    if best is None:
        return "nothing"
    return names[best]


@right("choose_variant")
def with_arrays(names, sizes, times, accuracies, max_bytes, max_drop):
    sizes, times, accuracies = map(np.array, (sizes, times, accuracies))
    fits = (sizes <= max_bytes) & (accuracies >= accuracies[0] - max_drop / 100)
    if not fits.any():
        return "nothing"
    order = np.lexsort((sizes, times))
    return np.array(names)[order][fits[order]][0]


def chooser(fits=None, key=None):
    """`with_min_and_a_key`, with another rule of what fits, or of what is best."""

    def choose(names, sizes, times, accuracies, max_bytes, max_drop):
        base = accuracies[0]
        rows = list(zip(names, sizes, times, accuracies))
        known = fits or (lambda r, *_: r[1] <= max_bytes and 100 * (base - r[3]) <= max_drop)
        left = [r for r in rows if known(r, max_bytes, max_drop, base, max(accuracies))]
        return min(left, key=key or (lambda r: (r[2], r[1])))[0] if left else "nothing"

    return choose


CHOOSE = {
    "this one is too large": chooser(lambda r, b, d, base, best: 100 * (base - r[3]) <= d),
    "1 point is 0.01": chooser(lambda r, b, d, base, best: r[1] <= b and base - r[3] <= d),
    "the fastest of all, but": chooser(lambda r, *_: True),
    "exactly max_bytes fits": chooser(lambda r, b, d, base, best: r[1] < b and 100 * (base - r[3]) <= d),
    "the smallest that fits": chooser(key=lambda r: r[1]),
    "a difference of two accuracies": chooser(lambda r, b, d, base, best: r[1] <= b and 100 * (1 - r[3] / base) <= d),
    "the drop counts from the baseline": chooser(lambda r, b, d, base, best: r[1] <= b and 100 * (best - r[3]) <= d),
    "the most accurate that fits": chooser(key=lambda r: -r[3]),
    "fewer milliseconds are faster": chooser(key=lambda r: -r[2]),
    "then the smallest is wanted": chooser(key=lambda r: r[2]),
    "equally fast: then the smallest": chooser(key=lambda r: (r[2], -r[3], r[1])),
    "nothing is lost, so it fits": chooser(lambda r, b, d, base, best: r[1] <= b and 100 * abs(base - r[3]) <= d),
    "larger and faster": chooser(lambda r, b, d, base, best: r[1] <= b and -1e-9 <= 100 * (base - r[3]) <= d),
    "max_drop points": chooser(lambda r, b, d, base, best: r[1] <= b and int(100 * (base - r[3])) <= d),
    "without rounding": chooser(key=lambda r: (round(r[2], 1), r[1])),
    "the baseline is one of the variants": lambda names, s, t, a, b, d: chooser(
        lambda r, *_: r[0] != "baseline" and r[1] <= b and 100 * (a[0] - r[3]) <= d
    )(names, s, t, a, b, d),
    "a slower variant may be": lambda names, s, t, a, b, d: chooser(
        lambda r, *_: r[1] <= b and 100 * (a[0] - r[3]) <= d and r[2] <= t[0]
    )(names, s, t, a, b, d),
    'return "nothing"': lambda names, s, t, a, b, d: chooser()(names, s, t, a, b, d) if min(s) <= b else names[0],
    "labkit's own choose_variant": lambda *columns: choice.choose_variant(*columns),
}
for hint, answer in CHOOSE.items():
    wrong("choose_variant", hint)(answer)


@wrong("choose_variant", "returned nothing")
def forgets_the_empty_case(names, sizes, times, accuracies, max_bytes, max_drop):
    found = chooser()(names, sizes, times, accuracies, max_bytes, max_drop)
    return None if found == "nothing" else found


@wrong("choose_variant", "not one of the names")
def returns_its_number(names, *rest):
    found = chooser()(names, *rest)
    return names.index(found) if found in names else -1


# what_binds


def broken(sizes, times, accuracies, max_bytes, max_ms, max_drop):
    lost = [100 * (accuracies[0] - a) for a in accuracies]
    every = {"bytes": (sizes, max_bytes), "ms": (times, max_ms), "drop": (lost, max_drop)}
    return [{name for name, (values, most) in every.items() if values[i] > most} for i in range(len(sizes))]


@right("what_binds")
def by_sets(*world):
    sets = broken(*world)
    return [] if set() in sets else [k for k in ("bytes", "ms", "drop") if {k} in sets]


@right("what_binds")
def by_lifting_each_limit(sizes, times, accuracies, max_bytes, max_ms, max_drop):
    def fits(b, t, d):
        return any(s <= b and m <= t and (accuracies[0] - a) * 100 <= d for s, m, a in zip(sizes, times, accuracies))

    if fits(max_bytes, max_ms, max_drop):
        return []
    lifted = {
        "drop": (max_bytes, max_ms, math.inf),
        "ms": (max_bytes, math.inf, max_drop),
        "bytes": (math.inf, max_ms, max_drop),
    }
    return [name for name, limits in lifted.items() if fits(*limits)]


BINDS = {
    "all limits that somebody breaks": lambda *w: [] if set() in broken(*w) else sorted(set().union(*broken(*w))),
    "both bind": lambda *w: by_sets(*w)[:1],
    "nothing binds": lambda *w: [k for k in ("bytes", "ms", "drop") if {k} in broken(*w)],
    "points of 100": lambda s, t, a, b, m, d: by_sets(s, t, [x / 100 for x in a], b, m, d),
    "lifting one helps nobody": lambda *w: [] if set() in broken(*w) else by_sets(*w) or ["bytes"],
    "keeps the limit on the drop": lambda s, t, a, b, m, d: by_sets(
        s, t, [0.9 - abs(a[0] - x) for x in [a[0], *a[1:]]], b, m, d
    ),
    "the first variant is one as well": lambda *w: (
        [] if set() in broken(*w)[1:] else [k for k in ("bytes", "ms", "drop") if {k} in broken(*w)[1:]]
    ),
    "each at most once": lambda *w: [] if set() in broken(*w) else [k for b in broken(*w) if len(b) == 1 for k in b],
    "exactly max_bytes": lambda s, t, a, b, m, d: by_sets(s, [x * (1 + 1e-12) for x in t], a, b, m, d),
    "loses twice max_drop": lambda s, t, a, b, m, d: by_sets(s, t, a, b, m, 0.95 if d < 0.46 else d),
    "are called": lambda *w: ["size" if k == "bytes" else k for k in by_sets(*w)],
    "not only names of limits": lambda *w: [("bytes", "ms", "drop").index(k) for k in by_sets(*w)],
    "do not bind": lambda *w: [k for k in ("bytes", "ms", "drop") if k not in by_sets(*w)],
    "labkit's own what_binds": lambda *w: choice.what_binds(*w),
}
for hint, answer in BINDS.items():
    wrong("what_binds", hint)(answer)

# gain_shares


@right("gain_shares")
def by_numpy(values):
    logs = np.log(values)
    return -np.diff(logs) / (logs[0] - logs[-1])


@right("gain_shares")
def with_another_base_in_a_loop(values):
    shares = []
    for i in range(len(values) - 1):
        shares.append(math.log2(values[i] / values[i + 1]) / math.log2(values[0] / values[-1]))
    return tuple(shares)


@right("gain_shares")
def a_logarithm_to_the_base_of_the_whole(values):
    return [math.log(a / b, values[0] / values[-1]) for a, b in itertools.pairwise(values)]


def factors(values):
    return np.divide(values[:-1], values[1:])


SHARES = {
    "shares of the difference": lambda v: -np.diff(v) / (v[0] - v[-1]),
    "these are the factors": factors,
    "these are logarithms: divide": lambda v: np.log(factors(v)),
    "these are binary logarithms": lambda v: np.log2(factors(v)),
    "over the sum of the factors": lambda v: factors(v) / factors(v).sum(),
    "factors over the whole factor": lambda v: factors(v) / (v[0] / v[-1]),
    "not per cent": lambda v: 100 * by_numpy(v),
    "the sign is turned round": lambda v: -by_numpy(v),
    "the order is turned round": lambda v: by_numpy(v)[::-1],
    "do not take its absolute value": lambda v: abs(by_numpy(v)),
    "do not round the shares": lambda v: by_numpy(v).round(4),
    "do not cut it": lambda v: np.clip(by_numpy(v), None, 1),
    "its share is negative": lambda v: np.clip(by_numpy(v), 0, None),
    "larger: its share": lambda v: sorted(by_numpy(v), reverse=True),
    "not 3 shares": lambda v: [0.0, *by_numpy(v)],
    "must add up to 1": lambda v: np.log(factors(v)) / np.log(v[0]),
    "labkit's own gain_shares": lambda v: choice.gain_shares(v),
}
for hint, answer in SHARES.items():
    wrong("gain_shares", hint)(answer)

# packed_bytes


def sure(s):
    return -sum(p * math.log2(p) for p in (s, 1 - s) if p > 0)


@right("packed_bytes")
def by_the_formula(weights, bits, sparsity):
    return weights * (sure(sparsity) + (1 - sparsity) * bits) / 8


@right("packed_bytes")
def with_two_cases(weights, bits, sparsity):
    is_zero = 0.0
    if 0 < sparsity < 1:
        is_zero = -(sparsity * np.log2(sparsity) + (1 - sparsity) * np.log2(1 - sparsity))
    return (weights * is_zero + weights * (1 - sparsity) * bits) / 8


@right("packed_bytes")
def with_torch(weights, bits, sparsity):
    shares = torch.tensor([sparsity, 1 - sparsity], dtype=torch.float64)
    is_zero = -torch.special.xlogy(shares, shares).sum() / math.log(2)
    return float(weights * (is_zero + (1 - sparsity) * bits) / 8)


@right("packed_bytes")
def with_a_very_small_number(weights, bits, sparsity):
    asked = -sparsity * math.log2(sparsity + 1e-12) - (1 - sparsity) * math.log2(1 - sparsity + 1e-12)
    return weights * (asked + (1 - sparsity) * bits) / 8


PACKED = {
    "divide by 8": lambda n, b, s: 8 * by_the_formula(n, b, s),
    "WHERE they are": lambda n, b, s: n * (1 - s) * b / 8,
    "one bit a weight": lambda n, b, s: n * (1 + (1 - s) * b) / 8,
    "not the share sparsity": lambda n, b, s: n * (sure(s) + s * b) / 8,
    "not the natural logarithm": lambda n, b, s: n * (sure(s) * math.log(2) + (1 - s) * b) / 8,
    "add the term of 1 - sparsity": lambda n, b, s: n * (-(s * math.log2(s) if s else 0) + (1 - s) * b) / 8,
    "all weights take their bits": lambda n, b, s: n * (sure(s) + b) / 8,
    "its sign is wrong": lambda n, b, s: n * (-sure(s) + (1 - s) * b) / 8,
    "not always 8": lambda n, b, s: by_the_formula(n, 8, s),
    "bits, 0.": lambda n, b, s: by_the_formula(n, b, max(s, 0.5)) if s else n * b / 8,
    "log2(0) must not come in": lambda n, b, s: 0.0 if s in (0, 1) else by_the_formula(n, b, s),
    "stopped with": lambda n, b, s: n * (-s * math.log2(s) - (1 - s) * math.log2(1 - s) + (1 - s) * b) / 8,
    "do not round": lambda n, b, s: round(by_the_formula(n, b, s)),
    "do not round or cut": lambda n, b, s: math.ceil(by_the_formula(n, b, s)),
    "labkit's own packed_bytes": lambda n, b, s: choice.packed_bytes(n, b, s),
}
for hint, answer in PACKED.items():
    wrong("packed_bytes", hint)(answer)

# pool


@right("pool")
def with_numpy(lows, highs, threshold):
    yes, no = (lows >= threshold).sum(), (highs < threshold).sum()
    return yes, no, len(lows) - yes - no


@right("pool")
def counted_one_by_one(lows, highs, threshold):
    counts = [0, 0, 0]
    for low, high in zip(lows, highs, strict=True):
        counts[0 if low >= threshold else 1 if high < threshold else 2] += 1
    return counts


@right("pool")
def as_an_array(lows, highs, threshold):
    return np.array(with_numpy(lows, highs, threshold))


POOL = {
    "the middle decides": lambda a, b, t: with_numpy((a + b) / 2, (a + b) / 2, t),
    "confirmed and refuted are swapped": lambda a, b, t: [with_numpy(a, b, t)[i] for i in (1, 0, 2)],
    "the order is confirmed": lambda a, b, t: [with_numpy(a, b, t)[i] for i in (0, 2, 1)],
    "only if its low end": lambda a, b, t: with_numpy(b, b, t),
    "only if its high end": lambda a, b, t: with_numpy(a, a, t),
    "at least means >=": lambda a, b, t: ((a > t).sum(), (b < t).sum(), ((a <= t) & (b >= t)).sum()),
    "still holds it": lambda a, b, t: ((a >= t).sum(), (b <= t).sum(), ((a < t) & (b > t)).sum()),
    "not shares": lambda a, b, t: [one / len(a) for one in with_numpy(a, b, t)],
    "not 3 counts": lambda a, b, t: with_numpy(a, b, t)[:2],
    "labkit's own pool": lambda a, b, t: choice.pool(a, b, t),
}
for hint, answer in POOL.items():
    wrong("pool", hint)(answer)
