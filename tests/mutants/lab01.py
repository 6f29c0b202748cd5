"""Wrong and right answers to the exercises of lab 01."""

import statistics
import time

import numpy as np

from labkit import edge, measure
from mutants import right, wrong

# cloud_latency_ms


@right("cloud_latency_ms")
def with_a_speed(distance_km, network_ms, processing_ms):
    speed_km_per_ms = 200
    return distance_km / speed_km_per_ms * 2 + network_ms + processing_ms


@right("cloud_latency_ms")
def as_a_sum(distance_km, network_ms, processing_ms):
    return np.float64(sum([distance_km / 100, network_ms, processing_ms]))


@wrong("cloud_latency_ms", "there and back")
def one_way(distance_km, network_ms, processing_ms):
    return distance_km / 200 + network_ms + processing_ms


@wrong("cloud_latency_ms", "300 km is its speed in vacuum")
def in_vacuum(distance_km, network_ms, processing_ms):
    return 2 * distance_km / 300 + network_ms + processing_ms


@wrong("cloud_latency_ms", "processing time is missing")
def no_processing(distance_km, network_ms, processing_ms):
    return 2 * distance_km / 200 + network_ms


@wrong("cloud_latency_ms", "add it once")
def network_twice(distance_km, network_ms, processing_ms):
    return 2 * (distance_km / 200 + network_ms) + processing_ms


@wrong("cloud_latency_ms", "do not multiply")
def multiplies(distance_km, network_ms, processing_ms):
    return 2 * distance_km * 200 + network_ms + processing_ms


@wrong("cloud_latency_ms", "returned nothing")
def prints_it(distance_km, network_ms, processing_ms):
    print(2 * distance_km / 200 + network_ms + processing_ms)


@wrong("cloud_latency_ms", "labkit's own cloud_latency_ms")
def asks_labkit(distance_km, network_ms, processing_ms):
    return edge.cloud_latency_ms(distance_km, network_ms, processing_ms)


# count_parameters


@right("count_parameters")
def with_branches(layers):
    total = 0
    for layer in layers:
        if layer[0] == "conv":
            total += layer[1] * layer[2] * layer[3] ** 2
        elif layer[0] == "norm":
            total += 2 * layer[1]
        else:
            total += layer[1] * layer[2] + layer[2]
    return total


@right("count_parameters")
def with_a_table(layers):
    rules = {"conv": lambda i, o, k: i * o * k * k, "norm": lambda c: 2 * c, "linear": lambda i, o: (i + 1) * o}
    return sum(rules[kind](*sizes) for kind, *sizes in layers)


def _variant(conv=lambda i, o, k: i * o * k * k, norm=lambda c: 2 * c, linear=lambda i, o: i * o + o):
    rules = {"conv": conv, "norm": norm, "linear": linear}
    return lambda layers: sum(rules[kind](*sizes) for kind, *sizes in layers)


wrong("count_parameters", "one bias for each output")(_variant(linear=lambda i, o: i * o))
wrong("count_parameters", "not for each input")(_variant(linear=lambda i, o: i * o + i))
wrong("count_parameters", "not one for the whole layer")(_variant(linear=lambda i, o: i * o + 1))
wrong("count_parameters", "a kernel is a square")(_variant(conv=lambda i, o, k: i * o * k))
wrong("count_parameters", "multiply by the input channels")(_variant(conv=lambda i, o, k: o * k * k))
wrong("count_parameters", "these convolutions have no bias")(_variant(conv=lambda i, o, k: i * o * k * k + o))
wrong("count_parameters", "a scale and a shift")(_variant(norm=lambda c: c))
wrong("count_parameters", "running mean and variance are not parameters")(_variant(norm=lambda c: 4 * c))
wrong("count_parameters", "a normalisation has parameters too")(_variant(norm=lambda c: 0))
wrong("count_parameters", "not 0")(lambda layers: 0)


@wrong("count_parameters", "is `return` inside the loop")
def returns_early(layers):
    for layer in layers:
        return with_branches([layer])
    return 0


@wrong("count_parameters", "only the last layer was counted")
def forgets_to_add(layers):
    total = 0
    for layer in layers:
        total = with_branches([layer])
    return total


# megabytes

right("megabytes")(lambda size_bytes: (size_bytes / 1e6, size_bytes / 2**20))
right("megabytes")(lambda size_bytes: [size_bytes / 1000**2, size_bytes / 1024 / 1024])
wrong("megabytes", "first")(lambda size_bytes: (size_bytes / 2**20, size_bytes / 10**6))
wrong("megabytes", "this is in kB")(lambda size_bytes: (size_bytes / 1000, size_bytes / 1024**2))
wrong("megabytes", "not 1000 x 1024")(lambda size_bytes: (size_bytes / 10**6, size_bytes / 1024 / 1000))
wrong("megabytes", "you gave MB")(lambda size_bytes: (size_bytes / 10**6, size_bytes / 10**6))
wrong("megabytes", "not a list of 2")(lambda size_bytes: size_bytes / 10**6)
wrong("megabytes", "a text")(lambda size_bytes: (f"{size_bytes / 10**6} MB", f"{size_bytes / 2**20} MiB"))

# time_calls


@right("time_calls")
def with_a_list(call, clock, runs=100, warmup=10):
    for _ in range(warmup):
        call()
    times = []
    for _ in range(runs):
        start = clock()
        call()
        times.append((clock() - start) * 1000)
    return times


@right("time_calls")
def with_an_array_and_marks(call, clock, runs=100, warmup=10):
    marks = []
    for i in range(warmup + runs):
        before = clock()
        call()
        if i >= warmup:
            marks.append((before, clock()))
    return 1000 * np.diff(np.array(marks), axis=1)[:, 0]


@wrong("time_calls", "in milliseconds")
def in_seconds(call, clock, runs=100, warmup=10):
    return [t / 1000 for t in with_a_list(call, clock, runs, warmup)]


@wrong("time_calls", "before you start to measure")
def no_warm_up(call, clock, runs=100, warmup=10):
    return with_a_list(call, clock, runs, 0)


@wrong("time_calls", "before you start to measure")
def times_the_warm_up_and_cuts_the_end(call, clock, runs=100, warmup=10):
    return with_a_list(call, clock, runs + warmup, 0)[:runs]


@wrong("time_calls", "you made more calls than that")
def always_ten_to_warm_up(call, clock, runs=100, warmup=10):
    return with_a_list(call, clock, runs, 10)


@wrong("time_calls", "the average would hide")
def the_mean_over_and_over(call, clock, runs=100, warmup=10):
    return [statistics.mean(with_a_list(call, clock, runs, warmup))] * runs


@wrong("time_calls", "not a list of")
def the_mean_alone(call, clock, runs=100, warmup=10):
    return statistics.mean(with_a_list(call, clock, runs, warmup))


@wrong("time_calls", "read the clock anew")
def one_start_for_all(call, clock, runs=100, warmup=10):
    for _ in range(warmup):
        call()
    start, times = clock(), []
    for _ in range(runs):
        call()
        times.append((clock() - start) * 1000)
    return times


@wrong("time_calls", "the call must stand between")
def call_outside(call, clock, runs=100, warmup=10):
    times = []
    for _ in range(runs):
        call()
        start = clock()
        times.append((clock() - start) * 1000)
    return times


@wrong("time_calls", "not 12 times")
def times_all_calls(call, clock, runs=100, warmup=10):
    return with_a_list(call, clock, runs + 1, warmup)


wrong("time_calls", "labkit's own time_calls")(
    lambda call, clock, runs=100, warmup=10: measure.time_calls(call, clock, runs, warmup)
)

# throughput

right("throughput")(lambda latency_ms, batch: batch / (latency_ms / 1000))
right("throughput")(lambda latency_ms, batch: 1000 / latency_ms * batch)
wrong("throughput", "this is calls per second")(lambda latency_ms, batch: 1000 / latency_ms)
wrong("throughput", "in milliseconds")(lambda latency_ms, batch: batch / latency_ms)
wrong("throughput", "turn the fraction around")(lambda latency_ms, batch: latency_ms / 1000 / batch)
wrong("throughput", "turn the fraction around")(lambda latency_ms, batch: latency_ms / batch)
wrong("throughput", "a text")(lambda latency_ms, batch: f"{1000 * batch / latency_ms:.1f} samples/sec")

# paired_ratio


@right("paired_ratio")
def median_of_ratios(baseline_ms, variant_ms):
    return np.median(np.asarray(variant_ms) / np.asarray(baseline_ms))


@right("paired_ratio")
def without_numpy(baseline_ms, variant_ms):
    return statistics.median(float(v) / float(b) for b, v in zip(baseline_ms, variant_ms, strict=True))


wrong("paired_ratio", "upside down")(lambda b, v: np.median(b / v))
wrong("paired_ratio", "not the mean")(lambda b, v: np.mean(v / b))
wrong("paired_ratio", "first the ratio of each round")(lambda b, v: np.mean(v) / np.mean(b))
wrong("paired_ratio", "two medians")(lambda b, v: np.median(v) / np.median(b))
wrong("paired_ratio", "this is a difference")(lambda b, v: np.median(v - b))
wrong("paired_ratio", "two fastest calls")(lambda b, v: v.min() / b.min())
wrong("paired_ratio", "this is a change")(lambda b, v: np.median(v / b) - 1)
wrong("paired_ratio", "an array, not one ratio")(lambda b, v: v / b)
wrong("paired_ratio", "yours is 0.500")(lambda b, v: 0.5)
wrong("paired_ratio", "labkit's own paired_ratio")(lambda b, v: measure.paired_ratio(b, v))

# verdict


@right("verdict")
def by_the_ends(low, high, margin=0.02):
    if high < 1 - margin:
        return "faster"
    if low > 1 + margin:
        return "slower"
    if low > 1 - margin and high < 1 + margin:
        return "same"
    return "cannot tell"


@right("verdict")
def by_the_distance(low, high, margin=0.02):
    if max(abs(low - 1), abs(high - 1)) < margin:
        return "same"
    return "faster" if high - 1 < -margin else "slower" if low - 1 > margin else "cannot tell"


@wrong("verdict", "takes less time, so it is faster")
def turned_around(low, high, margin=0.02):
    return {"faster": "slower", "slower": "faster"}.get(by_the_ends(low, high, margin), by_the_ends(low, high, margin))


@wrong("verdict", "part does not")
def by_the_middle(low, high, margin=0.02):
    return by_the_ends((low + high) / 2, (low + high) / 2, margin)


@wrong("verdict", "lies within the margin")
def any_side_of_one(low, high, margin=0.02):
    return "faster" if high < 1 else "slower" if low > 1 else "cannot tell"


@wrong("verdict", "part does not")
def never_unsure(low, high, margin=0.02):
    return "faster" if high < 1 - margin else "slower" if low > 1 + margin else "same"


wrong("verdict", "not 'same'")(lambda low, high, margin=0.02: "same")
wrong("verdict", "not 'cannot tell'")(lambda low, high, margin=0.02: "cannot tell")
wrong("verdict", "the answer is 'faster'")(lambda low, high, margin=0.02: "Faster!")

# devices_that_fit


@right("devices_that_fit")
def sorted_by_budget(size_bytes, budgets):
    return [name for name in sorted(budgets, key=budgets.get) if size_bytes <= budgets[name]]


@right("devices_that_fit")
def from_pairs(size_bytes, budgets):
    return tuple(name for room, name in sorted((room, name) for name, room in budgets.items()) if room >= size_bytes)


wrong("devices_that_fit", "does NOT fit")(
    lambda size, budgets: [n for n in sorted(budgets, key=budgets.get) if budgets[n] < size]
)
wrong("devices_that_fit", "largest budget comes first")(lambda size, budgets: sorted_by_budget(size, budgets)[::-1])
wrong("devices_that_fit", "alphabetical")(lambda size, budgets: sorted(sorted_by_budget(size, budgets)))
wrong("devices_that_fit", "<=, not <")(
    lambda size, budgets: [n for n in sorted(budgets, key=budgets.get) if size < budgets[n]]
)
wrong("devices_that_fit", "sort the names by their budget")(
    lambda size, budgets: [n for n in budgets if size <= budgets[n]]
)
wrong("devices_that_fit", "all devices are named")(lambda size, budgets: sorted(budgets, key=budgets.get))
wrong("devices_that_fit", "not a list of device names")(lambda size, budgets: len(sorted_by_budget(size, budgets)))

# Rounding, and other mistakes that reviewers made

wrong("throughput", "do not round")(lambda latency_ms, batch: round(batch * 1000 / latency_ms, 1))
wrong("throughput", "divide by the latency")(lambda latency_ms, batch: latency_ms * batch)
wrong("megabytes", "a power is written **")(lambda size_bytes: (size_bytes / (10 ^ 6), size_bytes / (2 ^ 20)))
wrong("megabytes", "do not round")(lambda size_bytes: (round(size_bytes / 1e6, 1), size_bytes / 2**20))
wrong("cloud_latency_ms", "do not round")(lambda d, n, p: int(d / 100 + n + p))
wrong("cloud_latency_ms", "only the light goes there and back")(lambda d, n, p: 2 * (d / 200 + n + p))
wrong("paired_ratio", "the ratio of one round")(lambda b, v: v[0] / b[0])
wrong("paired_ratio", "per cent")(lambda b, v: 100 * np.median(v / b))
wrong("paired_ratio", "does not follow a single odd round")(lambda b, v: np.mean(v / b))
wrong("paired_ratio", "yours is")(lambda b, v: sorted(v / b)[20])
wrong("time_calls", "do not sort")(
    lambda call, clock, runs=100, warmup=10: sorted(with_a_list(call, clock, runs, warmup))
)
wrong("time_calls", "do not round")(
    lambda call, clock, runs=100, warmup=10: [round(t, 2) for t in with_a_list(call, clock, runs, warmup)]
)
wrong("devices_that_fit", "the list is empty")(lambda size, budgets: sorted_by_budget(size, budgets) or ["none"])
wrong("devices_that_fit", "more than once")(lambda size, budgets: 2 * sorted_by_budget(size, budgets))
wrong("devices_that_fit", "sort the names by their budget")(
    lambda size, budgets: [n for n in sorted(budgets, key=lambda n: str(budgets[n])) if size <= budgets[n]]
)
wrong("count_parameters", "layers that are alike")(lambda layers: with_branches(set(layers)))
wrong("verdict", "All of it lies below 1 - margin")(lambda low, high, margin=0.02: by_the_ends(low, high, 2 * margin))
wrong("verdict", "part does not")(lambda low, high, margin=0.02: by_the_ends(low, high, margin / 2))
wrong("verdict", "with a margin of")(lambda low, high, margin=0.02: by_the_ends(low, high))


@wrong("time_calls", "not time.perf_counter()")
def the_real_clock(call, clock, runs=100, warmup=10):
    return with_a_list(call, time.perf_counter, runs, warmup)


@wrong("time_calls", "runs twice")
def calls_twice(call, clock, runs=100, warmup=10):
    def both():
        call()
        call()

    return with_a_list(both, clock, runs, warmup)


@wrong("count_parameters", "no layers have no parameters")
def starts_with_nothing(layers):
    total = None
    for layer in layers:
        total = (total or 0) + with_branches([layer])
    return 1 if total is None else total


@right("devices_that_fit")
def with_numpy_texts(size_bytes, budgets):
    return list(np.array(sorted_by_budget(size_bytes, budgets)))


@right("verdict")
def with_numpy_text(low, high, margin=0.02):
    return np.str_(by_the_ends(low, high, margin))


@right("paired_ratio")
def as_an_array_without_dimensions(baseline_ms, variant_ms):
    return np.array(np.median(variant_ms / baseline_ms))
