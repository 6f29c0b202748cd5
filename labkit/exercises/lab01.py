"""The laws of lab 01, benchmark: each calls the student's function on inputs that nobody can guess."""

from __future__ import annotations

import numpy as np

from labkit.exercises.laws import (
    LONGEST_TEXT,
    Exercise,
    Wrong,
    all_near,
    expect,
    in_any_order,
    is_rounded,
    kind,
    near,
    number,
    numbers,
    texts,
)
from labkit.exercises.recipes import Recipe

# cloud_latency_ms(distance_km, network_ms, processing_ms) -> ms


def _light_goes_there_and_back(answer, random):
    distance = float(random.uniform(500, 15000))
    found = number(answer(distance, 0.0, 0.0), "milliseconds")
    right = 2 * distance / 200
    mistakes = {
        "light must go there and back: count the distance twice": right / 2,
        "in fibre light covers 200 km in a millisecond; 300 km is its speed in vacuum": 2 * distance / 300,
        "in fibre light covers 200 km in a millisecond, and the way is there and back": distance / 300,
        "divide the distance by the speed, do not multiply: kilometres over kilometres per millisecond": distance * 400,
        "the answer is wanted in milliseconds; this looks like seconds": right / 1000,
    }
    expect(found, right, mistakes, f"{distance:.0f} km and nothing else should take {right:.2f} ms, not {found:.2f}")


def _everything_on_the_way_adds_up(answer, random):
    distance, network, processing = (float(x) for x in random.uniform(10, 400, 3))
    found = number(answer(distance, network, processing), "milliseconds")
    light = 2 * distance / 200
    mistakes = {
        "the server's processing time is missing from your sum": light + network,
        "the network's own delay is missing from your sum": light + processing,
        "network_ms is for the whole round trip already: add it once": light + 2 * network + processing,
        "only the light goes there and back: add network_ms and processing_ms once": light + 2 * (network + processing),
        "the server processes once: add processing_ms once": light + network + 2 * processing,
        "light, network and processing follow each other, so their times add up": max(light, network, processing),
    }
    otherwise = "the delay is light there and back, plus network_ms, plus processing_ms"
    # Mistakes about light have their own law: here only what is added to it counts.
    lights = (light / 2, 2 * distance / 300, distance / 300, 2 * distance / 299.792458)
    if any(near(found, one + network + processing) for one in lights):
        return
    expect(found, light + network + processing, mistakes, otherwise)


# count_parameters(layers) -> int


PARAMETERS = "a number of parameters"


def _random_sizes(random, n):
    return [int(size) for size in random.integers(2, 60, n)]


def _a_linear_layer_has_weights_and_biases(answer, random):
    inputs, outputs = _random_sizes(random, 2)
    outputs += inputs + 1  # so that no mistake gives the right number by chance
    found = number(answer([("linear", inputs, outputs)]), PARAMETERS)
    right = inputs * outputs + outputs
    mistakes = {
        "a linear layer also has one bias for each output": inputs * outputs,
        "there is one bias for each output, not for each input": inputs * outputs + inputs,
        "there is one bias for each output, not one for the whole layer": inputs * outputs + 1,
        "each output has a weight for every input: multiply, do not add": inputs + outputs,
    }
    expect(found, right, mistakes, f"a linear layer from {inputs} to {outputs} has {right} parameters, not {found:g}")


def _a_convolution_has_a_kernel_for_each_pair_of_channels(answer, random):
    inputs, outputs = _random_sizes(random, 2)
    outputs, size = outputs + inputs + 1, int(random.choice([5, 7]))
    found = number(answer([("conv", inputs, outputs, size)]), PARAMETERS)
    right = inputs * outputs * size * size
    mistakes = {
        "a kernel is a square: size times size weights": inputs * outputs * size,
        "each output channel looks at every input channel: multiply by the input channels too": outputs * size * size,
        "each output channel has kernels of its own: multiply by the output channels too": inputs * size * size,
        "these convolutions have no bias: the normalisation that follows has one": right + outputs,
    }
    otherwise = f"a {size} x {size} convolution from {inputs} to {outputs} channels has {right} weights, not {found:g}"
    expect(found, right, mistakes, otherwise)


def _a_normalisation_has_a_scale_and_a_shift(answer, random):
    (channels,) = _random_sizes(random, 1)
    found = number(answer([("norm", channels)]), PARAMETERS)
    mistakes = {
        "a normalisation has two parameters for each channel: a scale and a shift": channels,
        "its running mean and variance are not parameters: training does not adjust them": 4 * channels,
        "a normalisation has parameters too: a scale and a shift for each channel": 0,
    }
    expect(found, 2 * channels, mistakes, f"a normalisation of {channels} channels has {2 * channels}, not {found:g}")


def _layers_add_up(answer, random):
    layers, right = [], 0
    for size in _random_sizes(random, int(random.integers(3, 8))):
        layers += [("conv", 3, size, 3), ("norm", size), ("linear", size, 10)]
        right += 27 * size + 2 * size + size * 10 + 10
    layers, unique, right = 2 * layers, set(layers), 2 * right
    cases = [([],), (layers,), ([*unique],), *(([layer],) for layer in layers)]
    nothing, found, once, *alone = in_any_order(random, lambda asked: number(answer(asked), PARAMETERS), cases)
    if nothing != 0:
        raise Wrong("no layers have no parameters: start the total at 0")
    mistakes = {
        "only the last layer was counted: add to the total inside the loop": alone[-1],
        "only the first layer was counted: is `return` inside the loop?": alone[0],
        "layers that are alike count each time: go through the list, not through a set of it": once,
    }
    if near(found, sum(alone)) and right / 2 < found < right * 2:  # a wrong layer has its own law
        return
    expect(found, right, mistakes, f"{len(layers)} layers have {right} parameters together, not {found:g}")


# megabytes(size_bytes) -> (MB, MiB)


def _a_megabyte_is_a_million_bytes(answer, random):
    size = int(random.integers(10**6, 10**9))
    found = numbers(answer(size), 2, "numbers: MB, then MiB")[0]
    mistakes = {
        "the first number is MB, 10^6 bytes; you gave MiB, 2^20 bytes, first": size / 2**20,
        "this is in kB: divide by a million for MB": size / 1000,
        "in Python a power is written **, and ^ is something else": size / (10 ^ 6),
        "a model's bytes do not become bits here: do not multiply by 8": size * 8 / 10**6,
    }
    expect(found, size / 10**6, mistakes, f"{size} bytes are {size / 10**6:.3f} MB, not {found:g}")


def _a_mebibyte_is_two_to_the_twentieth(answer, random):
    size = int(random.integers(10**6, 10**9))
    found = numbers(answer(size), 2, "numbers: MB, then MiB")[1]
    mistakes = {
        "the second number is MiB, 2^20 bytes; you gave MB, 10^6 bytes": size / 10**6,
        "a MiB is 1024 x 1024 bytes, not 1000 x 1024": size / 1024 / 1000,
        "this is in KiB: divide by 1024 once more": size / 1024,
        "in Python a power is written **, and ^ is something else": size / (2 ^ 20),
    }
    expect(found, size / 2**20, mistakes, f"{size} bytes are {size / 2**20:.3f} MiB, not {found:g}")


# time_calls(call, clock, runs, warmup) -> runs numbers, ms


def _timed(found: np.ndarray, right: np.ndarray) -> None:
    """Compares times in milliseconds; a hint for each way to get them wrong that has nothing to do with the warm-up."""
    mean = float(right.mean())
    if all_near(found, right / 1000):
        raise Wrong("the times are wanted in milliseconds; the clock counts seconds, so multiply by 1000")
    if all_near(found, right * 1000):
        raise Wrong("the times are wanted in milliseconds; these are microseconds")
    if all_near(found, [mean] * len(found)):
        raise Wrong("every time is the same: keep the time of each call, the average would hide how they differ")
    if all_near(found, np.cumsum(right)):
        raise Wrong("the times grow: read the clock anew before each call, not once before the loop")
    if all_near(found, [0] * len(found)):
        raise Wrong("every time is 0: the call must stand between the two readings of the clock")
    if all_near(found, -right):
        raise Wrong("the times are below 0: subtract the start from the end")
    if all_near(found, np.sort(right)):
        raise Wrong("keep the times in the order of the calls, do not sort them")
    if all(-0.1 < one < 0.1 for one in found):
        raise Wrong("read the clock that your function was given, clock(), not time.perf_counter()")
    if all(is_rounded(one, other) for one, other in zip(found, right, strict=True)):
        raise Wrong("do not round the times: return all of their digits")
    if not all_near(found, right):
        raise Wrong(f"calls of {right[0]:.2f}, {right[1]:.2f}, ... ms came back as {found[0]:.2f}, {found[1]:.2f}")


def _each_call_has_its_own_time(answer, random):
    seconds = random.uniform(0.001, 0.009, 12).tolist()
    found = numbers(answer(Recipe("call", {"seconds": [*seconds, 0.5]}), Recipe("clock"), 12, 0), 12, "times")
    right = np.array(seconds) * 1000
    if all_near(found[:6], right[0::2] + right[1::2]) or all_near(found[:6], right[1::2]):
        raise Wrong("in each round of your loop, call() runs twice; run it once")
    _timed(found, right)


def _warm_up_calls_are_not_timed(answer, random):
    warmup, runs = int(random.integers(2, 6)), int(random.integers(5, 15))
    slow, fast = random.uniform(0.1, 0.2, warmup).tolist(), random.uniform(0.001, 0.002, runs).tolist()
    recipe = Recipe("call", {"seconds": [*slow, *fast, 9.0]})
    found = numbers(answer(recipe, Recipe("clock"), runs, warmup), runs, "times, one for each of `runs`")
    right = np.array(fast) * 1000
    for unit in (1, 1000):  # seconds instead of milliseconds have their own law
        if all_near(found * unit, right):
            return
        if any(near(one * unit, 9000) for one in found):
            raise Wrong(f"after {warmup} calls to warm up, {runs} calls are to be timed; you made more calls than that")
        if near(found[0] * unit, slow[0] * 1000) or near(found[0] * unit, slow[-1] * 1000):
            raise Wrong(
                f"the first {warmup} calls are slow because they warm up: make them before you start to measure"
            )
    _timed(found, right)


# throughput(latency_ms, batch) -> images/s


def _throughput_counts_every_image_of_the_batch(answer, random):
    latency, batch = float(random.uniform(1, 90)), int(random.integers(2, 129))
    found = number(answer(latency, batch), "images per second")
    right = batch * 1000 / latency
    mistakes = {
        "this is calls per second: each call handles a whole batch of images": 1000 / latency,
        "latency is in milliseconds: there are 1000 of them in a second": batch / latency,
        "this is seconds per image: turn the fraction around": latency / 1000 / batch,
        "this is calls per millisecond: count the images of the batch, and the milliseconds of a second": 1 / latency,
        "a longer call gives fewer images per second: divide by the latency": latency * batch,
        "this is milliseconds per image: turn the fraction around and count seconds": latency / batch,
    }
    expect(found, right, mistakes, f"{batch} images in {latency:.2f} ms are {right:.1f} images/s, not {found:.1f}")


def _one_image_at_a_time_is_the_slides_formula(answer, random):
    latency = float(random.uniform(1, 90))
    found = number(answer(latency, 1), "images per second")
    mistakes = {"latency is in milliseconds: there are 1000 of them in a second": 1 / latency}
    expect(found, 1000 / latency, mistakes, f"at batch 1, {latency:.2f} ms a call are {1000 / latency:.1f} images/s")


# paired_ratio(baseline_ms, variant_ms) -> ratio


def _rounds(random, ratio):
    """Rounds on a machine that becomes four times slower half-way; their ratios lie within 2 % around `ratio`."""
    n = 2 * int(random.integers(15, 30)) + 1
    baseline = random.uniform(1, 2, n) * np.repeat([1.0, 4.0], [n // 2, n - n // 2])
    return baseline, baseline * ratio * np.exp(random.normal(0, 0.02, n))


def _a_ratio_is_variant_over_baseline(answer, random):
    baseline, variant = _rounds(random, float(random.uniform(0.3, 0.8)))
    found = number(answer(baseline, variant), "one ratio")
    ratios = variant / baseline
    right = float(np.median(ratios))
    mistakes = {
        "this is upside down: divide the variant's time by the baseline's, so that below 1 is faster": 1 / right,
        "this is a difference in ms: divide, so that the answer holds on every machine": np.median(variant - baseline),
        "this is a change: the ratio itself is wanted, 1 means equally fast": right - 1,
        "this is a change: the ratio itself is wanted, and 1 means equally fast": 1 - right,
        "this is per cent: the ratio itself is wanted, 1 means equally fast": 100 * right,
        "this is the ratio of one round: take the median of all of them": ratios[0],
        "this is the ratio of the last round: take the median of all rounds": ratios[-1],
        "this is the mean of the ratios: the median does not follow a single odd round": ratios.mean(),
    }
    expect(found, right, mistakes, f"the median of the ratios of the rounds is {right:.6f}; yours is {found:.6f}")


def _a_machine_that_slows_down_changes_nothing(answer, random):
    ratio = float(random.uniform(0.3, 0.8))
    apart = 0.0
    while apart < 0.005:  # the two ways to take a median must not agree by chance
        baseline, variant = _rounds(random, ratio)
        variant = variant * np.exp(random.normal(0, 0.05, len(baseline)))
        right = float(np.median(variant / baseline))
        apart = abs(np.median(variant) / np.median(baseline) - right)
    found = number(answer(baseline, variant), "one ratio")
    mistakes = {
        "first the ratio of each round, then the median: two medians may come from different rounds": float(
            np.median(variant) / np.median(baseline)
        ),
        "use the ratio of each round, then take the median; the two fastest calls come from different rounds": float(
            variant.min() / baseline.min()
        ),
        "this is upside down: divide the variant's time by the baseline's, so that below 1 is faster": 1 / right,
        "first the ratio of each round; dividing the means lets the slow rounds count for more": float(
            variant.mean() / baseline.mean()
        ),
    }
    expect(found, right, mistakes, f"the ratios of the rounds lie around {right:.3f}; yours is {found:.3f}")


def _one_hiccup_changes_nothing(answer, random):
    baseline, variant = _rounds(random, float(random.uniform(0.3, 0.8)))
    variant[int(random.integers(len(variant)))] *= 1000
    found = number(answer(baseline, variant), "one ratio")
    ratios = variant / baseline
    right = float(np.median(ratios))
    mistakes = {
        "one round with a hiccup moved your ratio far away: take the median of the rounds, not the mean": ratios.mean(),
        "first the ratio of each round, then their median: in the means, one hiccup outweighs all other rounds": (
            variant.mean() / baseline.mean()
        ),
    }
    if near(found, 1 / right):  # upside down has its own law
        return
    expect(found, right, mistakes, f"with one hiccup the median of the ratios is {right:.6f}; yours is {found:.6f}")


# verdict(low, high, margin) -> text


def _text(answer, low, high, margin) -> str:
    found = answer(low, high, margin)
    if found is None:
        raise Wrong("your function returned nothing; end it with `return` and one of the four texts")
    if type(found) not in (str, np.str_):
        raise Wrong(f"your function returned {kind(found)}, not one of the four texts")
    if str(found) not in ("faster", "slower", "same", "cannot tell"):
        shown = str(found)[:LONGEST_TEXT]
        raise Wrong(f"the answer is 'faster', 'slower', 'same' or 'cannot tell', not '{shown}'")
    return str(found)


def _say(answer, random, margin: float, right: str, cases: list[tuple[float, float]], hint: str) -> None:
    """Asks for intervals that all have the verdict `right`, mixed with some that nobody can mistake."""
    plain = [(0.1, 0.2, "faster"), (0.25, 0.3, "faster"), (2.0, 2.5, "slower"), (3.0, 4.0, "slower")]
    mixed = [(low, high, margin) for low, high, *_ in [*cases, *plain]]
    for i, found in enumerate(in_any_order(random, lambda *case: _text(answer, *case), mixed)):
        wanted, why = (right, hint) if i < len(cases) else (plain[i - len(cases)][2], "All of it lies far from 1.")
        if found != wanted:
            low, high, _ = mixed[i]
            raise Wrong(f"an interval of {low:.4f} to {high:.4f} with a margin of {margin:.4f}: not '{found}'. {why}")


def _margin(random) -> tuple[float, float]:
    """A margin, and a step so small that an interval may come close to it."""
    margin = float(random.uniform(0.03, 0.08))
    return margin, 0.02 * margin


def _faster_needs_the_whole_interval_below(answer, random):
    margin, step = _margin(random)
    low, high = (float(x) for x in np.sort(random.uniform(0.3, 0.85, 2)))
    hint = "A ratio below 1 takes less time, so it is faster. All of it lies below 1 - margin."
    _say(answer, random, margin, "faster", [(low, high), (0.5, 1 - margin - step)], hint)
    hint = "A ratio above 1 takes more time, so it is slower. All of it lies above 1 + margin."
    _say(answer, random, margin, "slower", [(1 + margin + 0.1, 1.6), (1 + margin + step, 1.6)], hint)


def _same_needs_the_whole_interval_inside(answer, random):
    margin, step = _margin(random)
    cases = [
        (1 - margin / 2, 1 + margin / 3),
        (1 - margin + step, 1 + margin - step),
        (1 - margin + step, 1 - margin / 2),
        (1 + margin / 2, 1 + margin - step),
    ]
    hint = "All of it lies within the margin, so no useful difference is left."
    _say(answer, random, margin, "same", cases, hint)


def _a_wide_interval_says_nothing(answer, random):
    margin, step = _margin(random)
    below, above = 1 - margin, 1 + margin
    cases = [
        (0.7, 1.3),
        (0.8, below + step),
        (above - step, 1.4),
        (below - step, above - step),
        (below + step, above + step),
        (below - step, below + step),
    ]
    hint = "Part of it lies beyond the margin and part does not, so nobody can tell."
    _say(answer, random, margin, "cannot tell", cases, hint)


# devices_that_fit(size_bytes, budgets) -> names

_DEVICES = ("watch", "phone", "car", "doorbell", "drone", "laptop", "toaster", "camera")


def _budgets(random):
    names = [str(name) for name in random.permutation(_DEVICES)]
    return {name: int(10 ** random.uniform(5, 9)) for name in names}


def _only_devices_with_room_are_named(answer, random):
    budgets = _budgets(random)
    size = int(np.median(list(budgets.values())))
    found = texts(answer(size, budgets), "device names")
    right = {name for name, room in budgets.items() if room >= size}
    if set(found) == set(budgets) - right:
        raise Wrong("these are the devices where it does NOT fit: a model fits where its bytes are at most the budget")
    if set(found) == set(budgets) and found:
        raise Wrong("all devices are named: leave out those whose budget is below the model's bytes")
    if set(found) - right:
        raise Wrong(f"'{min(set(found) - right)}' has a budget below the model's bytes, so it does not fit there")
    if right - set(found):
        raise Wrong(f"'{min(right - set(found))}' has room for the model and is missing from your list")


def _the_smallest_device_comes_first(answer, random):
    budgets = _budgets(random)
    found = texts(answer(1, budgets), "device names")
    if len(set(found)) < len(found):
        raise Wrong("a device stands in your list more than once")
    rooms = [budgets.get(name, 0) for name in found]
    if rooms == sorted(rooms, reverse=True) and len(rooms) > 1:
        raise Wrong("the largest budget comes first in your list; the smallest is wanted first")
    if found == sorted(found) and len(rooms) > 1 and rooms != sorted(rooms):
        raise Wrong("the names are in alphabetical order; sort by the budget instead")
    if rooms != sorted(rooms):
        raise Wrong("sort the names by their budget, the smallest first")
    if sorted(found) != sorted(budgets):
        raise Wrong("a model of one byte fits everywhere: name each device once")


def _exactly_full_still_fits(answer, random):
    size = int(random.integers(10**5, 10**9))
    exact, short = (str(name) for name in random.permutation(_DEVICES)[:2])
    both = {exact: size, short: size - 1} if random.random() < 0.5 else {short: size - 1, exact: size}
    cases = [(size, both), (size, {short: size - 1})]
    found, none = in_any_order(random, lambda *case: texts(answer(*case), "device names, empty if none fits"), cases)
    if found == []:
        raise Wrong("a model of exactly the budget fits: compare with <=, not <")
    if short in found:
        raise Wrong("a budget that is one byte too small is too small")
    if found != [exact]:
        raise Wrong("name the device that fits, once")
    if none != []:
        raise Wrong("where no device fits, the list is empty")


EXERCISES = (
    Exercise("cloud_latency_ms", 1, False, (_light_goes_there_and_back, _everything_on_the_way_adds_up)),
    Exercise(
        "count_parameters",
        2,
        True,
        (
            _a_linear_layer_has_weights_and_biases,
            _a_convolution_has_a_kernel_for_each_pair_of_channels,
            _a_normalisation_has_a_scale_and_a_shift,
            _layers_add_up,
        ),
    ),
    Exercise("megabytes", 1, False, (_a_megabyte_is_a_million_bytes, _a_mebibyte_is_two_to_the_twentieth)),
    Exercise("time_calls", 2, True, (_each_call_has_its_own_time, _warm_up_calls_are_not_timed)),
    Exercise(
        "paired_ratio",
        2,
        True,
        (
            _a_ratio_is_variant_over_baseline,
            _a_machine_that_slows_down_changes_nothing,
            _one_hiccup_changes_nothing,
        ),
    ),
    Exercise(
        "verdict",
        1,
        False,
        (
            _faster_needs_the_whole_interval_below,
            _same_needs_the_whole_interval_inside,
            _a_wide_interval_says_nothing,
        ),
    ),
    Exercise(
        "throughput",
        1,
        False,
        (_throughput_counts_every_image_of_the_batch, _one_image_at_a_time_is_the_slides_formula),
    ),
    Exercise(
        "devices_that_fit",
        1,
        False,
        (_only_devices_with_room_are_named, _the_smallest_device_comes_first, _exactly_full_still_fits),
    ),
)
