"""Wrong and right answers to the exercises of lab 02."""

import math

import numpy as np
import torch

from labkit import quantize
from mutants import right, wrong

# round_mantissa


@right("round_mantissa")
def with_frexp(value, bits):
    fraction, exponent = math.frexp(value)
    return math.ldexp(round(fraction * 2 ** (bits + 1)), exponent - bits - 1)


@right("round_mantissa")
def with_a_step(value, bits):
    step = 2.0 ** (np.floor(np.log2(abs(value))) - bits)
    return np.round(value / step) * step


def _exponent(value):
    return math.floor(math.log2(abs(value)))


wrong("round_mantissa", "binary digits")(lambda value, bits: round(value, bits))
wrong("round_mantissa", "whatever the value")(lambda value, bits: round(value * 2**bits) / 2**bits)
wrong("round_mantissa", "the leading 1 is not counted")(lambda value, bits: with_frexp(value, bits - 1))
wrong("round_mantissa", "one digit too many")(lambda value, bits: with_frexp(value, bits + 1))
wrong("round_mantissa", "do not cut")(
    lambda value, bits: math.trunc(value / 2.0 ** (_exponent(value) - bits)) * 2.0 ** (_exponent(value) - bits)
)
wrong("round_mantissa", "multiply by 2**exponent")(
    lambda value, bits: round(value / 2.0 ** _exponent(value) * 2**bits) / 2**bits
)
wrong("round_mantissa", "the exponent is negative")(  # int() cuts towards 0
    lambda value, bits: with_frexp(value, bits - 1 if abs(value) < 1 else bits)
)
wrong("round_mantissa", "do not cut")(
    lambda value, bits: value // 2.0 ** (_exponent(value) - bits) * 2.0 ** (_exponent(value) - bits)
)
wrong("round_mantissa", "not always up")(
    lambda value, bits: -(-value // 2.0 ** (_exponent(value) - bits)) * 2.0 ** (_exponent(value) - bits)
)
wrong("round_mantissa", "the sign was lost")(lambda value, bits: abs(with_frexp(value, bits)))
wrong("round_mantissa", "as it was")(lambda value, bits: value)
wrong("round_mantissa", "labkit's own round_mantissa")(lambda value, bits: quantize.round_mantissa(value, bits))

# quantize_affine


@right("quantize_affine")
def with_numpy(values):
    low, high = min(values.min(), 0), max(values.max(), 0)
    scale = (high - low) / 255
    zero_point = int(np.round(-low / scale))
    return np.clip(np.round(values / scale) + zero_point, 0, 255).astype(np.uint8), scale, zero_point


@right("quantize_affine")
def with_a_loop(values):
    low, high = min([0.0, *values]), max([0.0, *values])
    scale = (high - low) / 255
    zero_point = round(-low / scale)
    codes = [min(255, max(0, round(value / scale) + zero_point)) for value in values]
    return np.array(codes), scale, float(zero_point)


@right("quantize_affine")
def with_tensors(values):
    values = torch.from_numpy(values)
    low, high = values.min().clamp(max=0), values.max().clamp(min=0)
    scale = (high - low) / 255
    zero_point = torch.floor(-low / scale + 0.5)
    return (torch.floor(values / scale + 0.5) + zero_point).clamp(0, 255).to(torch.uint8), scale, zero_point


@right("quantize_affine")
def in_float32(values):
    return with_numpy(values.astype(np.float32))


@wrong("quantize_affine", "so clip the codes")
def wraps_round(values):
    _, scale, zero_point = with_numpy(values)
    return (np.round(values / scale) + zero_point).astype(np.int64).astype(np.uint8), scale, zero_point


def _affine(
    steps=255, holds_zero=True, code=lambda values, scale, zero, low: np.rint(values / scale) + zero, zero=np.rint
):
    def answer(values):
        low, high = values.min(), values.max()
        if holds_zero:
            low, high = min(low, 0), max(high, 0)
        scale = (high - low) / steps
        zero_point = zero(-low / scale)
        return code(values, scale, zero_point, low), scale, zero_point

    return answer


wrong("quantize_affine", "there are 255 steps, not 256")(_affine(steps=256))
wrong("quantize_affine", "stretch the range until it holds 0")(_affine(holds_zero=False))
wrong("quantize_affine", "round it to a whole number")(_affine(zero=lambda place: place))
wrong("quantize_affine", "do not cut it")(_affine(zero=int))
wrong("quantize_affine", "not always up")(_affine(zero=np.ceil))
wrong("quantize_affine", "get the scale right first")(_affine(steps=254))
wrong("quantize_affine", "add the zero point before you clip")(
    _affine(code=lambda values, scale, zero, low: np.clip(np.rint(values / scale), 0, 255))
)
wrong("quantize_affine", "it is how many steps 0 lies above")(_affine(zero=lambda place: -np.rint(place)))
wrong("quantize_affine", "no code below it")(_affine(zero=lambda place: 0))
wrong("quantize_affine", "not always 128")(_affine(zero=lambda place: 128))
wrong("quantize_affine", "round each value / scale first")(
    _affine(code=lambda values, scale, zero, low: np.rint((values - low) / scale))
)
wrong("quantize_affine", "store them as uint8")(
    _affine(code=lambda values, scale, zero, low: (np.rint(values / scale) + zero).astype(np.int64).astype(np.int8))
)
wrong("quantize_affine", "round to the nearest code")(
    _affine(code=lambda values, scale, zero, low: np.trunc(values / scale) + zero)
)
wrong("quantize_affine", "this cuts the digits")(
    _affine(code=lambda values, scale, zero, low: np.floor((values - low) / scale))
)
wrong("quantize_affine", "round them")(_affine(code=lambda values, scale, zero, low: values / scale + zero))
# The slide's own example, [45, -127, 95] under "scale to 0-255": signed codes.
wrong("quantize_affine", "signed codes")(_affine(code=lambda values, scale, zero, low: np.rint(values / scale)))


@wrong("quantize_affine", "the symmetric scale")
def symmetric(values):
    scale = abs(values).max() / 127
    return np.rint(values / scale), scale, 0


@wrong("quantize_affine", "three things")
def codes_alone(values):
    return with_numpy(values)[0]


wrong("quantize_affine", "labkit's own quantize_affine")(lambda values: quantize.quantize_affine(values))

# sqnr_db


@right("sqnr_db")
def with_sums(values, restored):
    return 10 * np.log10(np.sum(values**2) / np.sum((values - restored) ** 2))


@right("sqnr_db")
def with_norms(values, restored):
    return 20 * math.log10(np.linalg.norm(values) / np.linalg.norm(restored - values))


wrong("sqnr_db", "upside down")(lambda values, restored: -with_sums(values, restored))
wrong("sqnr_db", "20 is for ratios")(lambda values, restored: 2 * with_sums(values, restored))
wrong("sqnr_db", "before you add them up")(
    lambda values, restored: 10 * np.log10(abs(values).sum() / abs(values - restored).sum())
)
wrong("sqnr_db", "not the natural one")(lambda values, restored: with_sums(values, restored) * math.log(10))
wrong("sqnr_db", "the ratio itself")(lambda values, restored: (values**2).sum() / ((values - restored) ** 2).sum())
wrong("sqnr_db", "leaves the mean out")(
    lambda values, restored: 10 * np.log10(values.var() / (values - restored).var())
)
wrong("sqnr_db", "or the sum of both")(
    lambda values, restored: 10 * np.log10(np.mean(values**2) / np.sum((values - restored) ** 2))
)
wrong("sqnr_db", "not the restored ones")(
    lambda values, restored: 10 * np.log10(np.sum(restored**2) / np.sum((values - restored) ** 2))
)
wrong("sqnr_db", "root mean squares")(lambda values, restored: with_sums(values, restored) / 2)

# quantize_per_channel


@right("quantize_per_channel")
def along_axis_1(weights, bits):
    scales = abs(weights).max(axis=1) / (2 ** (bits - 1) - 1)
    return np.round(weights / scales[:, None]), scales


@right("quantize_per_channel")
def row_by_row(weights, bits):
    codes, scales = np.zeros(weights.shape, np.int8), []
    for i, row in enumerate(weights):
        scales.append(max(abs(w) for w in row) / (2 ** (bits - 1) - 1))
        codes[i] = np.rint(row / scales[i])
    return codes, scales


@right("quantize_per_channel")
def with_tensors_of_float32(weights, bits):
    weights, top = torch.tensor(weights, dtype=torch.float32), (1 << (bits - 1)) - 1
    scales = weights.abs().amax(1) / top
    return torch.clamp(torch.round(weights / scales[:, None]), -top - 1, top).to(torch.int8), scales


def _channels(largest=lambda w: abs(w).max(axis=1), top=lambda bits: 2 ** (bits - 1) - 1, code=np.rint):
    def answer(weights, bits):
        scales = np.broadcast_to(largest(weights) / top(bits), len(weights))
        return code(weights / scales[:, None]), scales

    return answer


wrong("quantize_per_channel", "every channel has the same scale")(_channels(largest=lambda w: abs(w).max()))
wrong("quantize_per_channel", "one large channel turned all others to 0")(_channels(largest=lambda w: abs(w).max()))
wrong("quantize_per_channel", "the most negative weight counts too")(_channels(largest=lambda w: w.max(axis=1)))
wrong("quantize_per_channel", "in some channels it is a positive weight")(_channels(largest=lambda w: -w.min(axis=1)))
wrong("quantize_per_channel", "use `bits`")(_channels(top=lambda bits: 127))
wrong("quantize_per_channel", "could not be broadcast")(
    _channels(largest=lambda w: np.array([abs(w[i % len(w)]).max() for i in range(32)]))
)
wrong("quantize_per_channel", "one less than")(_channels(top=lambda bits: 2 ** (bits - 1)))
wrong("quantize_per_channel", "half of the codes")(_channels(top=lambda bits: 2**bits - 1))
wrong("quantize_per_channel", "cuts its digits off")(_channels(code=np.trunc))
wrong("quantize_per_channel", "codes are whole numbers")(_channels(code=lambda steps: steps))
wrong("quantize_per_channel", "axis 1")(
    lambda weights, bits: (np.rint(weights / abs(weights).max(0)), abs(weights).max(0) / (2 ** (bits - 1) - 1))
)
wrong("quantize_per_channel", "one scale for the whole tensor")(
    lambda weights, bits: (np.rint(weights / abs(weights).max()), float(abs(weights).max() / (2 ** (bits - 1) - 1)))
)
wrong("quantize_per_channel", "these are the restored weights")(
    lambda weights, bits: (
        along_axis_1(weights, bits)[0] * along_axis_1(weights, bits)[1][:, None],
        abs(weights).max(1),
    )
)
wrong("quantize_per_channel", "labkit's own")(lambda weights, bits: quantize.quantize_per_channel(weights, bits))

# clip_range


@right("clip_range")
def with_percentiles(values, percent):
    return np.percentile(values, (100 - percent) / 2), np.percentile(values, (100 + percent) / 2)


@right("clip_range")
def by_sorting(values, percent):
    ordered, rest = sorted(values), round(len(values) * (100 - percent) / 200)
    return [ordered[rest], ordered[len(values) - 1 - rest]]


wrong("clip_range", "use `percent`")(lambda values, percent: np.percentile(values, [5, 95]))
wrong("clip_range", "not percent / 2")(lambda values, percent: np.percentile(values, [percent / 2, 100 - percent / 2]))
wrong("clip_range", "these are positions")(lambda values, percent: [(100 - percent) / 2, (100 + percent) / 2])
wrong("clip_range", "low comes first")(lambda values, percent: with_percentiles(values, percent)[::-1])
wrong("clip_range", "smallest and the largest")(lambda values, percent: (values.min(), values.max()))
wrong("clip_range", "all of it on one")(lambda values, percent: np.percentile(values, [0, percent]))
wrong("clip_range", "twice as much")(lambda values, percent: np.percentile(values, [100 - percent, percent]))
wrong("clip_range", "from 0 to 100")(
    lambda values, percent: np.percentile(values, [(100 - percent) / 200, (100 + percent) / 200])
)
wrong("clip_range", "symmetric around 0")(
    lambda values, percent: (-np.percentile(abs(values), percent), np.percentile(abs(values), percent))
)
wrong("clip_range", "an outlier still decides")(
    lambda values, percent: (values.min() * percent / 100, values.max() * percent / 100)
)

# dynamic_bytes


@right("dynamic_bytes")
def with_branches(layers):
    total = 0
    for kind, *sizes in layers:
        if kind == "conv":
            total += 4 * sizes[0] * sizes[1] * sizes[2] ** 2
        elif kind == "norm":
            total += 8 * sizes[0]
        else:
            total += sizes[0] * sizes[1] + 4 * sizes[1]
    return total


def _bytes(conv=lambda i, o, k: 4 * i * o * k * k, norm=lambda c: 8 * c, linear=lambda i, o: i * o + 4 * o):
    rules = {"conv": conv, "norm": norm, "linear": linear}
    return lambda layers: sum(rules[kind](*sizes) for kind, *sizes in layers)


right("dynamic_bytes")(_bytes())
wrong("dynamic_bytes", "not for each input")(_bytes(linear=lambda i, o: i * o + 4 * i))
wrong("dynamic_bytes", "4 layers have")(_bytes(conv=lambda i, o, k: 36 * i * o))
wrong("dynamic_bytes", "the biases stay float32")(_bytes(linear=lambda i, o: i * o + o))
wrong("dynamic_bytes", "the biases are missing")(_bytes(linear=lambda i, o: i * o))
wrong("dynamic_bytes", "a weight of a linear layer becomes one byte")(_bytes(linear=lambda i, o: 4 * (i * o + o)))
wrong("dynamic_bytes", "the conv layer keeps four bytes")(_bytes(conv=lambda i, o, k: i * o * k * k))
wrong("dynamic_bytes", "the norm layer keeps four bytes")(_bytes(norm=lambda c: 2 * c))
wrong("dynamic_bytes", "the conv layer stays in the file")(_bytes(conv=lambda i, o, k: 0, norm=lambda c: 0))
# The lecture's trap: {torch.nn.Linear} and "100 to 25.2 MB", as if every layer shrank.
wrong("dynamic_bytes", "the slide's 4x smaller")(
    _bytes(lambda i, o, k: i * o * k * k, lambda c: 2 * c, lambda i, o: i * o + o)
)


@wrong("dynamic_bytes", "is `return` inside the loop")
def returns_early(layers):
    for layer in layers:
        return with_branches([layer])
    return 0


# pair_sums


@right("pair_sums")
def with_slices(activations, weights):
    products = np.array(activations) * np.array(weights)
    return np.clip(products[::2] + products[1::2], -32768, 32767)


@right("pair_sums")
def pair_by_pair(activations, weights):
    sums = []
    for i in range(0, len(weights), 2):
        exact = activations[i] * weights[i] + activations[i + 1] * weights[i + 1]
        sums.append(max(-(2**15), min(2**15 - 1, exact)))
    return sums


def _sums(finish=lambda exact: np.clip(exact, -32768, 32767)):
    def answer(activations, weights):
        products = np.array(activations) * np.array(weights)
        return finish(products[::2] + products[1::2])

    return answer


wrong("pair_sums", "nothing was cut")(_sums(lambda exact: exact))
wrong("pair_sums", "wraps around")(_sums(lambda exact: exact.astype(np.int16)))
wrong("pair_sums", "negative sums are cut too")(_sums(lambda exact: np.minimum(exact, 32767)))
wrong("pair_sums", "a cut is to both sides")(_sums(lambda exact: np.maximum(exact, -32768)))
wrong("pair_sums", "the smallest 16-bit number")(_sums(lambda exact: np.clip(exact, -32767, 32767)))
wrong("pair_sums", "the largest 16-bit number")(_sums(lambda exact: np.clip(exact, -32768, 32768)))
wrong("pair_sums", "wraps around")(lambda a, w: with_slices(np.array(a, np.int16), np.array(w, np.int16)))
wrong("pair_sums", "16 bits, not 8")(_sums(lambda exact: np.clip(exact, -128, 127)))


@wrong("pair_sums", "neighbours make a pair")
def halves(activations, weights):
    products, half = np.array(activations) * np.array(weights), len(weights) // 2
    return np.clip(products[:half] + products[half:], -32768, 32767)


@wrong("pair_sums", "sums, one for each pair")
def one_sum(activations, weights):
    return float(np.dot(activations, weights))


# straight_through


@right("straight_through")
def around_it(weights, scale, bits):
    top = 2 ** (bits - 1) - 1
    rounded = torch.clamp(torch.round(weights / scale), -top, top) * scale
    return weights + (rounded - weights).detach()


@right("straight_through")
def with_torch(weights, scale, bits):
    top = 2 ** (bits - 1) - 1
    return torch.fake_quantize_per_tensor_affine(weights, scale, 0, -top, top)


@right("straight_through")
def around_the_rounding_alone(weights, scale, bits):
    steps, top = weights / scale, 2 ** (bits - 1) - 1
    return torch.clamp(steps + (steps.round() - steps).detach(), -top, top) * scale


@wrong("straight_through", "this changes `weights` itself")
def in_place(weights, scale, bits):
    weights.data = around_it(weights, scale, bits).data
    return weights


def _through(around=True, top=lambda bits: 2 ** (bits - 1) - 1, low=lambda top: -top, cut=torch.round, back=True):
    def answer(weights, scale, bits):
        largest = top(bits)
        codes = torch.clamp(cut(weights / scale), low(largest), largest)
        rounded = codes * scale if back else codes
        return weights + (rounded - weights).detach() if around else rounded

    return answer


wrong("straight_through", "no gradient comes through")(_through(around=False))
wrong("straight_through", "multiply them by the scale again")(_through(back=False))
wrong("straight_through", "clamp them")(_through(top=lambda bits: 2**20))
wrong("straight_through", "the smallest symmetric code")(_through(low=lambda top: -top - 1))
wrong("straight_through", "do not cut the digits off")(_through(cut=torch.trunc))
wrong("straight_through", "half of the codes")(_through(top=lambda bits: 2**bits - 1))
wrong("straight_through", "one less than")(_through(top=lambda bits: 2 ** (bits - 1)))
wrong("straight_through", "not always down")(_through(cut=torch.floor))
wrong("straight_through", "use `bits`")(_through(top=lambda bits: 127))
wrong("straight_through", "nothing was rounded")(lambda weights, scale, bits: weights)
wrong("straight_through", "return a torch tensor")(
    lambda weights, scale, bits: around_it(weights, scale, bits).detach().numpy()
)
wrong("straight_through", "divided by the scale")(
    lambda weights, scale, bits: weights / scale + (around_it(weights, scale, bits) - weights / scale).detach()
)
wrong("straight_through", "labkit's own straight_through")(
    lambda weights, scale, bits: quantize.straight_through(weights, scale, bits)
)
