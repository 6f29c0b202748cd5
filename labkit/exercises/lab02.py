"""The laws of lab 02, quantize: each calls the student's function on inputs that nobody can guess."""

from __future__ import annotations

import numpy as np

from labkit.exercises.laws import (
    Exercise,
    Wrong,
    all_near,
    array,
    expect,
    is_rounded,
    kind,
    near,
    number,
    numbers,
    parts,
)
from labkit.exercises.recipes import Recipe


def _same(found: np.ndarray, right: np.ndarray, mistakes: dict, otherwise: str, tolerance: float = 1e-6) -> None:
    """`expect` for arrays of one shape: hints where a likely mistake gives just these values."""

    def alike(other) -> bool:
        return np.shape(other) == found.shape and all_near(found.ravel(), np.ravel(other), tolerance)

    if alike(right):
        return
    for hint, values in mistakes.items():
        if alike(values):
            raise Wrong(hint)
    raise Wrong(otherwise)


# round_mantissa(value, bits) -> number


def _rounded(value: float, bits: int) -> float:
    step = 2.0 ** (np.floor(np.log2(abs(value))) - bits)
    return float(np.rint(value / step) * step)


def _mantissa(answer, value: float, bits: int, why: str) -> None:
    found = number(answer(value, bits), "the rounded number")
    if found == value:
        raise Wrong("nothing was rounded: the number came back as it was")
    step = 2.0 ** (np.floor(np.log2(abs(value))) - bits)
    mistakes = {
        "`bits` counts binary digits, this rounds decimal ones": round(value, bits),
        "this counts the steps: multiply by the step again": np.rint(value / step),
        "this rounds to steps of 2**-bits whatever the value: the step must grow and shrink with the exponent": (
            np.rint(value * 2**bits) / 2**bits
        ),
        "this is the mantissa alone: multiply by 2**exponent again": _rounded(value, bits) / (step * 2**bits),
        "one digit too few is kept: the leading 1 is not counted, and 2**e is the power of two just below the value": (
            _rounded(value, bits - 1)
        ),
        "one digit too many is kept: the step is 2**(exponent - bits) with a mantissa from 1 to 2": _rounded(
            value, bits + 1
        ),
        "round to the nearest, do not cut the digits off": np.trunc(value / step) * step,
        "round to the nearest, not always down": np.floor(value / step) * step,
        "round to the nearest, not always up": np.ceil(value / step) * step,
        "the sign was lost": _rounded(abs(value), bits),
    }
    expect(found, _rounded(value, bits), mistakes, f"{value:.8g} with {bits} bits {why}, not {found:.8g}", 1e-9)


def _draw(random, up: bool | None = None) -> tuple[float, int]:
    """A large value and bits. `up`: rounding gives more or less than cutting; None: one digit more or less matters."""
    while True:
        value, bits = float(random.uniform(1.5, 1.95) * 2.0 ** random.integers(9, 14)), int(random.integers(3, 7))
        right = _rounded(value, bits)
        if right == _rounded(value, bits + 1) or (right == _rounded(value, bits - 1)) == (up is None):
            continue
        if (right > value) == bool(up):
            return value, bits


def _large_numbers_are_rounded_to_the_nearest(answer, random):
    for up in (False, True, None):
        value, bits = _draw(random, up)
        _mantissa(answer, value, bits, f"is {_rounded(value, bits):.8g}")


def _negative_and_small_numbers_too(answer, random):
    value, bits = _draw(random, True)
    _mantissa(answer, -value, bits, f"is {_rounded(-value, bits):.8g}")
    value, bits = _draw(random)
    small, right = value / 2**20, _rounded(value, bits)
    found, large = (number(answer(one, bits), "the rounded number") for one in (small, value))
    if near(large, right, 1e-9) and not near(found, right / 2**20, 1e-9):
        raise Wrong(
            f"{value:.6g} is rounded well and {small:.6g} is not: below 1 the exponent is negative, and the step is "
            "smaller; note that int(-9.5) is -9, and math.floor(-9.5) is -10"
        )
    _mantissa(answer, small, bits, f"is {right / 2**20:.8g}")


# quantize_affine(values) -> codes, scale, zero_point

AFFINE = "three things: codes, scale, zero_point"


def _both_signs(random, up: bool = True) -> np.ndarray:
    """Values whose zero point lies between two codes, nearer to the upper one or not; no value is near a tie."""
    while True:
        values = random.normal(random.uniform(-0.5, 0.5), random.uniform(0.5, 2), int(random.integers(150, 250)))
        steps = values / (np.ptp(values) / 255)
        place = -steps.min() % 1 - 0.5
        if 0.15 < (place if up else -place) < 0.3 and abs(-steps.min() - 127.5) > 5 and _no_ties(steps):
            return values


def _no_ties(steps: np.ndarray) -> bool:
    """Whether no value is so near the middle of two codes that float32 arithmetic could round it the other way."""
    return bool((abs(steps % 1 - 0.5) > 1e-4).all())


def _affine(answer, values) -> tuple[object, float, float]:
    codes, scale, zero_point = parts(answer(values), 3, AFFINE)
    return codes, number(scale, "a scale"), number(zero_point, "a zero point")


def _with_its_scale(answer, values) -> tuple[object, float]:
    """Codes and zero point; both are counted in steps of the scale, so it comes first."""
    codes, scale, zero_point = _affine(answer, values)
    if not near(scale, (max(values.max(), 0) - min(values.min(), 0)) / 255):
        raise Wrong("the zero point and the codes are counted in steps of the scale, so get the scale right first")
    return codes, zero_point


def _the_range_is_spread_over_255_steps(answer, random):
    values = _both_signs(random)
    _, scale, _ = _affine(answer, values)
    low, high = float(values.min()), float(values.max())
    mistakes = {
        "from code 0 to code 255 there are 255 steps, not 256": (high - low) / 256,
        "this is upside down: the scale is the value of one step": 255 / (high - low),
        "the scale is the whole range, from min to max, over 255": high / 255,
        "this is the symmetric scale, max|x| / 127: here the range goes from min to max": max(-low, high) / 127,
        "this spreads twice the largest magnitude: the range goes from min to max": 2 * max(-low, high) / 255,
        "divide the range by the number of steps, 255": high - low,
    }
    right = (high - low) / 255
    expect(scale, right, mistakes, f"values from {low:.4f} to {high:.4f} have the scale {right:.6f}, not {scale:.6f}")


def _zero_is_exactly_one_of_the_codes(answer, random):
    for up in (True, False):
        values = _both_signs(random, up)
        _, zero_point = _with_its_scale(answer, values)
        place = -values.min() / (np.ptp(values) / 255)
        right = float(np.rint(place))
        mistakes = {
            "the zero point is a code, so round it to a whole number": place,
            "round the zero point to the nearest whole number, do not cut it": np.floor(place),
            "round the zero point to the nearest whole number, not always up": np.ceil(place),
            "the zero point is positive here: it is how many steps 0 lies above the smallest value": -right,
            "these codes go from 0 to 255: the zero point of a signed code, -128 to 127, is 128 less": right - 128,
            "the zero point is the code of the value 0, and not always 128": 128,
            "a zero point of 0 would leave no code below it for the negative values": 0,
            "this is the smallest value itself: count it in steps of the scale": values.min(),
            "count the steps from the smallest value up to 0, not from 0 to the largest": 255 - right,
        }
        expect(zero_point, right, mistakes, f"0 has the code {right:.0f}, not {zero_point:g}")
    for values, code in ((random.uniform(2, 5, 50), 0), (-random.uniform(2, 5, 50), 255)):
        _, scale, zero_point = _affine(answer, values)
        if not near(scale, abs(values).max() / 255) or abs(zero_point - code) > 1:
            raise Wrong("0 must have a code even where all values have one sign: stretch the range until it holds 0")
        if abs(zero_point - code) > 1e-9:
            raise Wrong("round the zero point to the nearest whole number, do not cut it")


def _codes_are_rounded_steps_from_the_zero_point(answer, random):
    values = _both_signs(random)
    codes = array(_with_its_scale(answer, values)[0], values.shape, "codes")
    scale = np.ptp(values) / 255
    steps, zero_point = values / scale, np.rint(-values.min() / scale)
    right = np.clip(np.rint(steps) + zero_point, 0, 255)
    mistakes = {
        "an int8 holds -128 to 127, so codes above 127 came back negative: store them as uint8": (right + 128) % 256
        - 128,
        "these are signed codes; the slide's range is 0 to 255, so add the zero point": np.rint(steps),
        "these are signed codes, -128 to 127; the range asked for is 0 to 255": right - 128,
        "round to the nearest code; turning a number into an integer cuts its digits off": np.clip(
            np.trunc(steps) + zero_point, 0, 255
        ),
        "round each value / scale first, and add the zero point then: else 0 is between two codes": np.rint(
            (values - values.min()) / scale
        ),
        "round to the nearest code; this cuts the digits of (value - min) / scale off": np.floor(
            (values - values.min()) / scale
        ),
        "round to the nearest code; this cuts the digits of value / scale + zero_point off": np.floor(
            steps + zero_point
        ),
        "codes are whole numbers: round them": steps + zero_point,
        "add the zero point before you clip": np.clip(np.rint(steps), 0, 255),
        "add the zero point, do not subtract it": np.clip(np.rint(steps) - zero_point, 0, 255),
        "the last code is 255, not 127": np.clip(right, -128, 127),
        "these are the restored values: return the codes": (right - zero_point) * scale,
    }
    worst = int(abs(codes - right).argmax())
    said = f"the value {values[worst]:.4f} has the code {right[worst]:.0f}, not {codes[worst]:g}"
    _same(codes, right, mistakes, said)
    # Where both ends round up there would be a code 256: round(-81.5) is -82, round(173.5) is 174, and 82 + 174 = 256.
    below = 2.0 * random.integers(20, 100) - 0.5
    values = np.array([-below, 3, -7, 255 - below]) * 2.0 ** -random.integers(3, 8)
    codes = array(_with_its_scale(answer, values)[0], values.shape, "codes")
    if abs(codes[-1] - 255) > 1e-9:
        raise Wrong(
            f"the largest value of {values.tolist()} has the code 255, not {codes[-1]:g}: rounding twice can end at "
            "256, so clip the codes (before they become uint8, where 256 is 0)"
        )


# sqnr_db(values, restored) -> dB


def _sqnr(answer, values, restored) -> None:
    found = number(answer(values, restored), "decibels")
    signal, noise = float((values**2).sum()), float(((values - restored) ** 2).sum())
    right = 10 * np.log10(signal / noise)
    mistakes = {
        "this is upside down: the signal over the noise": -right,
        "squares are powers already, so the factor is 10; 20 is for ratios that are not squared": 2 * right,
        "square the values and the errors before you add them up": 10
        * np.log10(abs(values).sum() / abs(values - restored).sum()),
        "square both: this is the ratio of the root mean squares": right / 2,
        "decibels use the logarithm to the base 10, not the natural one": 10 * np.log(signal / noise),
        "this is the ratio itself: decibels are 10 * log10 of it": signal / noise,
        "this is log10 of the ratio: times 10 for decibels": right / 10,
        "the noise is the error, values - restored, not the restored values": 10
        * np.log10(signal / (restored**2).sum()),
        "the signal is the values before, not the restored ones": 10 * np.log10((restored**2).sum() / noise),
        "take the sum of both squares, or the mean of both": right + 10 * np.log10(values.size),
        "take the mean of both squares, or the sum of both": right - 10 * np.log10(values.size),
        "divide the sums, then take the logarithm": 10 * np.log10(signal) / np.log10(noise),
        "the power is the mean square; the variance leaves the mean out": 10
        * np.log10(values.var() / (values - restored).var()),
    }
    expect(found, float(right), mistakes, f"here it is {right:.4f} dB, not {found:.4f}")


def _noise_is_what_rounding_changed(answer, random):
    values = random.normal(0, random.uniform(0.1, 10), 100)
    _sqnr(answer, values, values + random.normal(0, 0.05, 100))


def _values_that_are_not_around_zero_count_in_full(answer, random):
    values = random.normal(random.uniform(3, 6), 1, 100)
    _sqnr(answer, values, values + random.normal(0.05, 0.05, 100))


# quantize_per_channel(weights, bits) -> codes, scales

CHANNELS = "two things: codes and scales"


def _weights(random) -> tuple[np.ndarray, int]:
    """Channels of different sizes, the largest magnitude of most on the negative side, and bits: never 8."""
    while True:
        channels, bits = int(random.integers(4, 8)), int(random.integers(4, 7))
        weights = random.normal(size=(channels, int(random.integers(20, 40)))) * random.uniform(0.5, 3, (channels, 1))
        largest = abs(weights).max(1)
        weights[abs(weights) == largest[:, None]] = [largest[0], *-largest[1:]]
        if _no_ties(weights / largest[:, None] * (2 ** (bits - 1) - 1)):
            return weights, bits


def _scales(found, weights, bits) -> np.ndarray:
    _, scales = parts(found, 2, CHANNELS)
    if type(scales) is np.ndarray and scales.shape == (len(weights), 1):
        scales = scales[:, 0]
    if type(scales) is np.ndarray and scales.shape == (weights.shape[1],):
        raise Wrong("this is one scale for each column; a channel is a row: take the largest along axis 1")
    if any(type(scales) is one for one in (int, float, np.float64, np.float32)):
        raise Wrong(f"this is one scale for the whole tensor; {len(weights)} channels need {len(weights)} scales")
    return numbers(scales, len(weights), "scales, one for each channel")


def _each_channel_has_its_own_scale(answer, random):
    weights, bits = _weights(random)
    largest, top = abs(weights).max(1), 2 ** (bits - 1) - 1
    scales = _scales(answer(weights, bits), weights, bits)
    mistakes = {
        "every channel has the same scale: take the largest magnitude of each row by itself": largest.max()
        / top
        * np.ones(len(weights)),
        f"the largest of {bits} bits' symmetric codes is {top}, one less than 2**(bits - 1)": largest / (top + 1),
        "half of the codes are for negative weights: divide by 2**(bits - 1) - 1": largest / (2**bits - 1),
        "take the largest magnitude, abs(weights): the most negative weight counts too": weights.max(1) / top,
        "take the largest magnitude, abs(weights): in some channels it is a positive weight": -weights.min(1) / top,
        "this is 8 bits whatever is asked for: use `bits`": largest / 127,
        "symmetric: from -max to max of the magnitude, without a zero point": np.ptp(weights, axis=1) / (2**bits - 1),
        "this is upside down: the scale is the value of one step": top / largest,
        "these are the largest magnitudes: divide them by the largest code": largest,
    }
    _same(scales, largest / top, mistakes, f"with {bits} bits the scales are max|w| / {top} of each channel")


def _codes_are_weights_over_their_channels_scale(answer, random):
    weights, bits = _weights(random)
    codes = array(parts(answer(weights, bits), 2, CHANNELS)[0], weights.shape, "codes")
    top = 2 ** (bits - 1) - 1
    steps = weights / (abs(weights).max(1, keepdims=True) / top)
    mistakes = {
        "codes are whole numbers: round them": steps,
        "round to the nearest code; turning a number into an integer cuts its digits off": np.trunc(steps),
        "these are the restored weights: return the codes, before they are multiplied by the scale": np.rint(steps)
        * weights
        / np.where(steps == 0, 1, steps),
        "this is 8 bits whatever is asked for: use `bits`": np.rint(steps / top * 127),
        "every channel was divided by the same scale": np.rint(weights / (abs(weights).max() / top)),
        "symmetric codes have no zero point: 0 stays 0": np.rint(steps) + top,
    }
    _same(codes, np.rint(steps), mistakes, f"with {bits} bits, codes are weight / scale, rounded, from -{top} to {top}")


def _an_outlier_stays_in_its_own_channel(answer, random):
    weights, bits = _weights(random)
    before = array(parts(answer(weights, bits), 2, CHANNELS)[0], weights.shape, "codes")
    weights[0] *= 1000
    after = array(parts(answer(weights, bits), 2, CHANNELS)[0], weights.shape, "codes")
    if not before[1:].any():
        raise Wrong("the codes are all 0: divide by the scale")
    if not after[1:].any():
        raise Wrong("one large channel turned all others to 0: each channel needs a scale of its own")
    if not all_near(after.ravel(), np.rint(after).ravel()):
        raise Wrong("codes are whole numbers: weight / scale, rounded")
    if not all_near(after.ravel(), before.ravel()):
        raise Wrong("a channel 1000 times larger must change its own scale, and no code at all")
    top = 2 ** (bits - 1) - 1
    if not all_near(abs(after).max(1), [top] * len(after)):
        raise Wrong(f"with {bits} bits, the largest magnitude of every channel gets the code {top} or -{top}")


# clip_range(values, percent) -> low, high


def _between(found: float, values: np.ndarray, percent: float) -> bool:
    """Whether `found` lies where any way to interpolate a percentile would put it."""
    ordered, place = np.sort(values), percent / 100 * (len(values) - 1)
    first, last = max(0, int(place) - 1), min(len(values) - 1, int(place) + 2)
    return bool(ordered[first] <= found <= ordered[last])


def _clip(answer, values, percent) -> None:
    found = numbers(answer(values, percent), 2, "numbers: low, then high")
    rest = (100 - percent) / 2
    right = np.percentile(values, [rest, 100 - rest])
    if _between(found[0], values, rest) and _between(found[1], values, 100 - rest):
        return
    mistakes = {
        "low comes first, then high": right[::-1],
        "this is 90 per cent whatever is asked for: use `percent`": np.percentile(values, [5, 95]),
        "what is left out is 100 - percent, half of it on either side: not percent / 2": np.percentile(
            values, [percent / 2, 100 - percent / 2]
        ),
        "these are positions, in per cent: np.percentile gives the value at each": [rest, 100 - rest],
        "these are the smallest and the largest value: leave out what lies beyond `percent`": [
            values.min(),
            values.max(),
        ],
        "half of the rest is left out on either side: this leaves out all of it on one": np.percentile(
            values, [0, percent]
        ),
        "half of the rest is left out on either side: this leaves out twice as much": np.percentile(
            values, [100 - percent, percent]
        ),
        "np.percentile counts from 0 to 100, np.quantile from 0 to 1": np.percentile(
            values, [rest / 100, 1 - rest / 100]
        ),
        "this is symmetric around 0: each end has its own percentile": np.percentile(abs(values), percent)
        * np.array([-1, 1]),
        "this cuts the range's length, so an outlier still decides: leave out values instead": [
            values.min() * percent / 100,
            values.max() * percent / 100,
        ],
    }
    if all(is_rounded(*pair) for pair in zip(found, right, strict=True)):
        raise Wrong("do not round or cut the result: return all of its digits")
    _same(found, right, mistakes, f"the middle {percent:g} % lie from {right[0]:.4f} to {right[1]:.4f}")


def _the_middle_of_the_values_is_kept(answer, random):
    values = random.normal(random.uniform(1, 2), 1, int(random.integers(900, 1100)))
    _clip(answer, values * random.uniform(0.01, 0.1), float(random.uniform(80, 88)))


def _one_outlier_does_not_move_the_range(answer, random):
    values = random.normal(1, 1, 1001)
    values[int(random.integers(1001))] = 1000.0
    _clip(answer, values, float(random.uniform(92, 99)))


# dynamic_bytes(layers) -> bytes


def _sizes(random, n):
    return [int(size) for size in random.permutation(np.arange(11, 60))[:n]]  # all different


def _a_linear_layer_has_one_byte_for_each_weight(answer, random):
    inputs, outputs = _sizes(random, 2)
    weights = inputs * outputs
    found = number(answer([("linear", inputs, outputs)]), "a number of bytes")
    mistakes = {
        "this is float32: a weight of a linear layer becomes one byte": 4 * (weights + outputs),
        "the biases stay float32: four bytes for each output": weights + outputs,
        "the biases are missing: four bytes for each output": weights,
        "there is one bias for each output, not for each input": weights + 4 * inputs,
        "this counts bits: a byte has 8 of them": 8 * weights + 32 * outputs,
    }
    expect(found, weights + 4 * outputs, mistakes, f"{weights} weights and {outputs} biases: not {found:g} bytes")


def _all_other_layers_stay_float32(answer, random):
    inputs, outputs, channels = _sizes(random, 3)
    for layer, count in ((("conv", inputs, outputs, 3), 9 * inputs * outputs), (("norm", channels), 2 * channels)):
        found = number(answer([layer]), "a number of bytes")
        mistakes = {
            f"only linear layers shrink: the {layer[0]} layer keeps four bytes for each number": count,
            f"the {layer[0]} layer stays in the file: four bytes for each of its numbers": 0,
            "a norm has a scale and a shift for each channel": 4 * channels if layer[0] == "norm" else -1,
        }
        expect(found, 4 * count, mistakes, f"{layer} has {count} numbers of four bytes, not {found:g} bytes in all")


def _layers_add_up(answer, random):
    a, b, c, d = _sizes(random, 4)
    layers = [("conv", a, b, 5), ("norm", b), ("linear", c, d), ("linear", d, 10)]
    right = 100 * a * b + 8 * b + c * d + 4 * d + 10 * d + 40
    if number(answer([]), "0 for a list without layers") != 0:
        raise Wrong("no layers have no bytes: start the total at 0")
    found = number(answer(layers), "a number of bytes")
    alone = [number(answer([layer])) for layer in layers]
    everything = 25 * a * b + 2 * b + c * d + d + 10 * d + 10
    mistakes = {
        "only the first layer was counted: is `return` inside the loop?": alone[0],
        "only the last layer was counted: add to the total inside the loop": alone[-1],
        "this is the slide's 4x smaller: only the weights of linear layers take one byte": everything,
        "this is float32: the weights of linear layers take one byte": 4 * everything,
    }
    expect(found, right, mistakes, f"{len(layers)} layers have {right} bytes together, not {found:g}")


# pair_sums(activations, weights) -> sums


def _pairs(answer, activations, weights) -> None:
    found = numbers(
        answer([*map(int, activations)], [*map(int, weights)]), len(weights) // 2, "sums, one for each pair"
    )
    activations, weights = np.array(activations, int), np.array(weights, int)
    products = activations * weights
    exact = products[0::2] + products[1::2]
    half = len(products) // 2
    mistakes = {
        "neighbours make a pair: the first with the second, the third with the fourth": np.clip(
            products[:half] + products[half:], -32768, 32767
        ),
        "multiply each activation by its weight before you add": activations[0::2] + activations[1::2],
        "nothing was cut: a sum beyond 32767 becomes 32767": exact,
        "this wraps around: a sum beyond 32767 becomes 32767, as in a glass that is full": (exact + 32768) % 65536
        - 32768,
        "negative sums are cut too: below -32768 they become -32768": np.minimum(exact, 32767),
        "a cut is to both sides: above 32767 sums become 32767": np.maximum(exact, -32768),
        "the smallest 16-bit number is -32768": np.clip(exact, -32767, 32767),
        "the largest 16-bit number is 32767": np.clip(exact, -32768, 32768),
        "the sum has 16 bits, not 8: it reaches from -32768 to 32767": np.clip(exact, -128, 127),
    }
    _same(found, np.clip(exact, -32768, 32767), mistakes, "each sum is a0 * w0 + a1 * w1, cut to -32768 to 32767")


def _neighbours_are_multiplied_and_added(answer, random):
    _pairs(answer, random.integers(1, 100, 12), random.integers(-100, 100, 12))


def _mixed(random, activations, weights) -> tuple[list[int], list[int]]:
    """The pairs, and three whose sums need no cut, in any order: which sums are cut is not known beforehand."""
    activations = [*activations, *random.integers(1, 100, 6)]
    weights = [*weights, *random.integers(-100, 100, 6)]
    places = [place for i in random.permutation(len(weights) // 2) for place in (2 * i, 2 * i + 1)]
    return [int(activations[i]) for i in places], [int(weights[i]) for i in places]


def _sums_beyond_16_bits_are_cut_above(answer, random):
    _pairs(answer, *_mixed(random, random.integers(200, 256, 6), random.integers(100, 128, 6)))


def _and_below(answer, random):
    weights = [*random.integers(-128, -100, 6), *random.integers(100, 128, 2)]
    _pairs(answer, *_mixed(random, random.integers(200, 256, 8), weights))


# straight_through(weights, scale, bits) -> tensor


def _straight(answer, weights, scale: float, bits: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What came back, the gradient that passed through, and the gradient that was sent."""
    weights = weights.astype(np.float32)
    sent = np.linspace(-2, 3, len(weights), dtype=np.float32)
    found = answer(Recipe("tensor", {"values": weights, "weights": sent}), scale, bits)
    if type(found) is not tuple or len(found) != 3 or any(type(one) is not np.ndarray for one in found):
        shape = f" of shape {found.shape}" if type(found) is np.ndarray else ""
        said = "nothing" if found is None else kind(found) + shape
        raise Wrong(f"return a torch tensor of the shape of `weights`, {weights.shape}; your function returned {said}")
    if not all_near(array(found[2], weights.shape), weights):
        raise Wrong("this changes `weights` itself, so training loses the exact values: return a new tensor")
    return array(found[0], weights.shape), array(found[1], weights.shape), sent


def _inside(random) -> tuple[np.ndarray, float, int]:
    """Weights within the codes' range and away from the middle between two codes; a scale; bits."""
    bits, scale = int(random.integers(3, 9)), float(random.uniform(0.05, 0.5))
    top = 2 ** (bits - 1) - 1
    n = int(random.integers(30, 50))
    steps = random.integers(-top + 1, top, n) + random.choice([-0.7, -0.3, 0.2, 0.6], n) * 0.7
    return np.clip(steps, -top, top) * scale, scale, bits


def _forward(found, weights, scale, bits) -> None:
    top, steps = 2 ** (bits - 1) - 1, weights / scale
    right = scale * np.clip(np.rint(steps), -top, top)
    mistakes = {
        "nothing was rounded: the weights came back as they were": weights,
        "these are the codes: multiply them by the scale again": np.clip(np.rint(steps), -top, top),
        f"codes beyond -{top} to {top} do not exist with {bits} bits: clamp them": scale * np.rint(steps),
        f"the smallest symmetric code of {bits} bits is -{top}": scale * np.clip(np.rint(steps), -top - 1, top),
        f"the largest code of {bits} bits is {top}, one less than 2**(bits - 1)": scale
        * np.clip(np.rint(steps), -top - 1, top + 1),
        "half of the codes are for negative weights: top is 2**(bits - 1) - 1": scale
        * np.clip(np.rint(steps), -2 * top - 1, 2 * top + 1),
        "round to the nearest code, not always down": scale * np.clip(np.floor(steps), -top, top),
        "the way from the weight to the rounded one is rounded - weights": 2 * weights - right,
        "round to the nearest code, do not cut the digits off": scale * np.clip(np.trunc(steps), -top, top),
        "this is 8 bits whatever is asked for: use `bits`": scale * np.clip(np.rint(steps), -127, 127),
        "unsigned codes: a symmetric range has as many codes below 0 as above": scale
        * np.clip(np.rint(steps), 0, 2 * top),
    }
    worst = int(abs(found - right).argmax())
    said = f"with {bits} bits and the scale {scale:.4f}, {weights[worst]:.4f} becomes {right[worst]:.4f}"
    _same(found, right, mistakes, f"{said}, not {found[worst]:.4f}", 1e-4)


def _weights_are_rounded_to_the_codes_values(answer, random):
    weights, scale, bits = _inside(random)
    _forward(_straight(answer, weights, scale, bits)[0], weights, scale, bits)


def _weights_beyond_the_largest_code_are_clamped(answer, random):
    weights, scale, bits = _inside(random)
    steps = 2.0 ** (bits - 1) * 1.3
    weights[:6] = np.array([steps, -steps, steps + 1.2, -steps - 1.2, 300, -300]) * scale
    _forward(_straight(answer, weights, scale, min(bits, 6))[0], weights, scale, min(bits, 6))


def _the_gradient_passes_as_if_nothing_was_rounded(answer, random):
    weights, scale, bits = _inside(random)
    found, gradient, sent = _straight(answer, weights, scale, bits)
    if all_near(found, weights.astype(np.float32), 1e-5):
        raise Wrong("the gradient passes because nothing was rounded: round first")
    mistakes = {
        "no gradient comes through: round() is flat, so its slope is 0 everywhere; go around it with .detach()": 0
        * sent,
        "the gradient comes through divided by the scale: the whole of it must pass": sent / scale,
        "the gradient comes through multiplied by the scale: the whole of it must pass": sent * scale,
        "the gradient comes through twice": 2 * sent,
        "the gradient comes through with its sign turned": -sent,
    }
    _same(
        gradient, sent, mistakes, "inside the range the gradient of the output must reach the weights unchanged", 1e-4
    )
    _forward(found, weights, scale, bits)


EXERCISES = (
    Exercise(
        "round_mantissa",
        1,
        False,
        (_large_numbers_are_rounded_to_the_nearest, _negative_and_small_numbers_too),
    ),
    Exercise(
        "quantize_affine",
        3,
        True,
        (
            _the_range_is_spread_over_255_steps,
            _zero_is_exactly_one_of_the_codes,
            _codes_are_rounded_steps_from_the_zero_point,
        ),
    ),
    Exercise("sqnr_db", 1, False, (_noise_is_what_rounding_changed, _values_that_are_not_around_zero_count_in_full)),
    Exercise(
        "quantize_per_channel",
        3,
        True,
        (
            _each_channel_has_its_own_scale,
            _codes_are_weights_over_their_channels_scale,
            _an_outlier_stays_in_its_own_channel,
        ),
    ),
    Exercise("clip_range", 1, False, (_the_middle_of_the_values_is_kept, _one_outlier_does_not_move_the_range)),
    Exercise(
        "dynamic_bytes",
        1,
        False,
        (_a_linear_layer_has_one_byte_for_each_weight, _all_other_layers_stay_float32, _layers_add_up),
    ),
    Exercise(
        "pair_sums",
        1,
        False,
        (_neighbours_are_multiplied_and_added, _sums_beyond_16_bits_are_cut_above, _and_below),
    ),
    Exercise(
        "straight_through",
        3,
        True,
        (
            _weights_are_rounded_to_the_codes_values,
            _weights_beyond_the_largest_code_are_clamped,
            _the_gradient_passes_as_if_nothing_was_rounded,
        ),
    ),
)
