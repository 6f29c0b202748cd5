"""Wrong and right answers to the exercises of lab 06."""

import math
from itertools import pairwise

import numpy as np
import torch

from labkit import mobile, quantize
from mutants import right, wrong

# kernel_to_keras


@right("kernel_to_keras")
def transposed(weight):
    return weight.transpose(2, 3, 1, 0)


@right("kernel_to_keras")
def moved(weight):
    return np.moveaxis(weight, (0, 1), (3, 2))


@right("kernel_to_keras")
def by_letters(weight):
    return np.einsum("oihw->hwio", weight)


@right("kernel_to_keras")
def with_torch(weight):
    return torch.from_numpy(weight).permute(2, 3, 1, 0)


@right("kernel_to_keras")
def in_a_loop(weight):
    out, inputs, height, width = weight.shape
    kernel = np.zeros((height, width, inputs, out))
    for o in range(out):
        for i in range(inputs):
            kernel[:, :, i, o] = weight[o, i]
    return kernel


wrong("kernel_to_keras", "still those of PyTorch")(lambda w: w)
wrong("kernel_to_keras", "reshape cuts anew")(lambda w: w.reshape(w.shape[2], w.shape[3], w.shape[1], w.shape[0]))
wrong("kernel_to_keras", "all four axes turned round")(lambda w: w.T)
wrong("kernel_to_keras", "inputs come before outputs")(lambda w: w.transpose(2, 3, 0, 1))
wrong("kernel_to_keras", "outputs come last")(lambda w: w.transpose(0, 2, 3, 1))
wrong("kernel_to_keras", "height and width come first")(lambda w: w.transpose(1, 0, 2, 3))
wrong("kernel_to_keras", "without mirroring")(lambda w: w.transpose(2, 3, 1, 0)[::-1, ::-1])
wrong("kernel_to_keras", "change no value")(lambda w: 2 * w.transpose(2, 3, 1, 0))
wrong("kernel_to_keras", "a list, not a NumPy array")(lambda w: w.transpose(2, 3, 1, 0).tolist())
wrong("kernel_to_keras", "returned nothing")(lambda w: None)
wrong("kernel_to_keras", "labkit's own kernel_to_keras")(lambda w: mobile.kernel_to_keras(w))

# flatten_order


@right("flatten_order")
def in_four_steps(weight, channels, height, width):
    return weight.reshape(-1, channels, height, width).transpose(2, 3, 1, 0).reshape(channels * height * width, -1)


@right("flatten_order")
def by_numbers(weight, channels, height, width):
    order = np.arange(channels * height * width).reshape(channels, height, width).transpose(1, 2, 0).ravel()
    return weight[:, order].T


@right("flatten_order")
def pixels_as_one_axis(weight, channels, height, width):
    return weight.reshape(-1, channels, height * width).transpose(2, 1, 0).reshape(-1, len(weight))


@right("flatten_order")
def one_by_one(weight, channels, height, width):
    rows = []
    for row in range(height):
        for column in range(width):
            rows += [weight[:, (channel * height + row) * width + column] for channel in range(channels)]
    return np.array(rows)


def maps_of(weight, channels, height, width):
    return weight.reshape(-1, channels, height, width)


wrong("flatten_order", "still in PyTorch's order")(lambda w, c, h, v: w.T)
wrong("flatten_order", "take .T")(lambda w, c, h, v: w)
wrong("flatten_order", "take .T")(lambda w, c, h, v: maps_of(w, c, h, v).transpose(0, 2, 3, 1).reshape(len(w), -1))
wrong("flatten_order", "keep height before width")(
    lambda w, c, h, v: maps_of(w, c, h, v).transpose(3, 2, 1, 0).reshape(-1, len(w))
)
wrong("flatten_order", "as PyTorch made it")(
    lambda w, c, h, v: w.reshape(-1, h, v, c).transpose(3, 1, 2, 0).reshape(-1, len(w))
)
wrong("flatten_order", "reshape alone moves nothing")(lambda w, c, h, v: w.reshape(-1, len(w)))
wrong("flatten_order", "must start from the moved axes")(
    lambda w, c, h, v: maps_of(w, c, h, v).transpose(0, 2, 3, 1).reshape(-1, len(w))
)
wrong("flatten_order", "must get the weights of input number")(lambda w, c, h, v: in_four_steps(w, c, h, v)[::-1])
wrong("flatten_order", "has the shape")(lambda w, c, h, v: maps_of(w, c, h, v).transpose(2, 3, 1, 0))
wrong("flatten_order", "labkit's own flatten_order")(lambda w, c, h, v: mobile.flatten_order(w, c, h, v))

# quantize_input


@right("quantize_input")
def as_in_the_formula(images, scale, zero_point):
    return np.clip(np.round(images / scale + zero_point), -128, 127).astype(np.int8)


@right("quantize_input")
def rounded_before_the_zero_point(images, scale, zero_point):
    return np.clip(np.rint(images / np.float32(scale)).astype(int) + zero_point, -128, 127).astype("int8")


@right("quantize_input")
def half_up(images, scale, zero_point):
    return np.maximum(-128, np.minimum(127, np.floor(images / scale + 0.5) + zero_point)).astype(np.int8)


@right("quantize_input")
def as_a_tensor(images, scale, zero_point):
    return torch.quantize_per_tensor(torch.from_numpy(images), scale, zero_point, torch.qint8).int_repr()


@right("quantize_input")
def one_by_one_in_python(images, scale, zero_point):
    codes = [min(127, max(-128, round(float(one) / scale) + zero_point)) for one in images.ravel()]
    return np.array(codes, np.int8).reshape(images.shape)


def exact(images, scale, zero_point):
    return images / scale + zero_point


wrong("quantize_input", "cutting off the digits")(lambda x, s, z: np.clip(exact(x, s, z), -128, 127).astype(np.int8))
wrong("quantize_input", "rounds down")(lambda x, s, z: np.clip(np.floor(exact(x, s, z)), -128, 127).astype(np.int8))
wrong("quantize_input", "rounds up")(lambda x, s, z: np.clip(np.ceil(exact(x, s, z)), -128, 127).astype(np.int8))
wrong("quantize_input", "starts again from the other end")(
    lambda x, s, z: np.round(exact(x, s, z)).astype(int).astype(np.int8)
)
wrong("quantize_input", "codes end at -128 and 127")(lambda x, s, z: np.round(exact(x, s, z)).astype(int))
wrong("quantize_input", "the zero point is missing")(
    lambda x, s, z: np.clip(np.round(x / s), -128, 127).astype(np.int8)
)
wrong("quantize_input", "do not subtract")(lambda x, s, z: np.clip(np.round(x / s) - z, -128, 127).astype(np.int8))
wrong("quantize_input", "do not multiply")(lambda x, s, z: np.clip(np.round(x * s) + z, -128, 127).astype(np.int8))
wrong("quantize_input", "divide first")(lambda x, s, z: np.clip(np.round((x + z) / s), -128, 127).astype(np.int8))
wrong("quantize_input", "not always 1/255")(lambda x, s, z: np.clip(np.round(x * 255) + z, -128, 127).astype(np.int8))
wrong("quantize_input", "not always -128")(lambda x, s, z: np.clip(np.round(x / s) - 128, -128, 127).astype(np.int8))
wrong("quantize_input", "unsigned codes")(lambda x, s, z: np.clip(np.round(exact(x, s, z)), 0, 255).astype(np.uint8))
wrong("quantize_input", "symmetric codes")(lambda x, s, z: np.clip(np.round(exact(x, s, z)), -127, 127).astype(np.int8))
wrong("quantize_input", ".astype(np.int8)")(lambda x, s, z: np.clip(np.round(exact(x, s, z)), -128, 127))
wrong("quantize_input", ".astype(np.int8)")(lambda x, s, z: np.clip(np.round(exact(x, s, z)), -128, 127).astype(int))
wrong("quantize_input", "whole numbers")(lambda x, s, z: np.clip(exact(x, s, z), -128, 127))
wrong("quantize_input", "stopped with")(
    lambda x, s, z: np.array([[[as_in_the_formula(row, s, z) for row in m] for m in one] for one in x[:, :, :, :]])
)
wrong("quantize_input", "clip after the zero point")(
    lambda x, s, z: (np.clip(np.round(x / s), -128, 127) + z).astype(int)
)
wrong("quantize_input", "has the shape")(lambda x, s, z: as_in_the_formula(x, s, z).ravel())
wrong("quantize_input", "labkit's own quantize_input")(lambda x, s, z: mobile.quantize_input(x, s, z))
wrong("quantize_input", "labkit's own quantize")(lambda x, s, z: quantize.quantize(x, s, z))

# arena_bytes


@right("arena_bytes")
def neighbours(sizes):
    return max(before + after for before, after in pairwise(sizes))


@right("arena_bytes")
def with_numpy(sizes):
    sizes = np.array(sizes)
    return (sizes[:-1] + sizes[1:]).max()


@right("arena_bytes")
def counted(sizes):
    most = 0
    for i in range(len(sizes) - 1):
        most = max(most, sizes[i] + sizes[i + 1])
    return most


wrong("arena_bytes", "may be overwritten")(sum)
wrong("arena_bytes", "largest alone is not enough")(max)
wrong("arena_bytes", "need not be neighbours")(lambda sizes: sum(sorted(sizes)[-2:]))
wrong("arena_bytes", "not only the first")(lambda sizes: sizes[0] + sizes[1])
wrong("arena_bytes", "not only the last")(lambda sizes: sizes[-1] + sizes[-2])
wrong("arena_bytes", "not the smallest")(lambda sizes: min(a + b for a, b in pairwise(sizes)))
wrong("arena_bytes", "twice the largest")(lambda sizes: 2 * max(sizes))


@wrong("arena_bytes", "look at every pair")
def around_the_largest(sizes):
    at = sizes.index(max(sizes))
    return max(sizes[at] + sizes[i] for i in (at - 1, at + 1) if 0 <= i < len(sizes))


wrong("arena_bytes", "the image is there too")(lambda sizes: neighbours(sizes[1:]))
wrong("arena_bytes", "may be the first or the last")(lambda sizes: neighbours(sizes[:-1]))
wrong("arena_bytes", "only two are there at once")(lambda sizes: max(map(sum, zip(sizes, sizes[1:], sizes[2:]))))
wrong("arena_bytes", "sizes[i - 1] is the last one")(lambda s: max(s[i] + s[i - 1] for i in range(len(s))))
wrong("arena_bytes", "largest sum of neighbours")(lambda sizes: min(65536, neighbours(sizes)))
wrong("arena_bytes", "labkit's own arena_bytes")(lambda sizes: mobile.arena_bytes(sizes))

# c_bytes


@right("c_bytes")
def formatted(numbers):
    return ", ".join(f"0x{one:02x}" for one in numbers)


@right("c_bytes")
def in_capitals_and_tight(numbers):
    return ",".join(f"0x{one:02X}" for one in numbers)


@right("c_bytes")
def from_hex(numbers):
    return "".join(f"0x{hex(one)[2:].zfill(2)},\n" for one in numbers)


wrong("c_bytes", "base 10")(lambda numbers: ", ".join(str(one) for one in numbers))
wrong("c_bytes", "base 10")(lambda numbers: str(list(numbers))[1:-1])
wrong("c_bytes", "two digits")(lambda numbers: ", ".join(hex(one) for one in numbers))
wrong("c_bytes", "0x before each")(lambda numbers: ", ".join(f"{one:02x}" for one in numbers))
wrong("c_bytes", "pieces with commas between")(lambda numbers: " ".join(f"0x{one:02x}" for one in numbers))
wrong("c_bytes", "not one text")(lambda numbers: [f"0x{one:02x}" for one in numbers])
wrong("c_bytes", "no brackets")(lambda numbers: "{" + formatted(numbers) + "}")
wrong("c_bytes", "keep the order")(lambda numbers: formatted(numbers[::-1]) + ("" if numbers != numbers[::-1] else "x"))
wrong("c_bytes", "9 pieces")(lambda numbers: formatted(list(dict.fromkeys(numbers))))
wrong("c_bytes", "in C, not")(lambda numbers: ", ".join(f"\\x{one:02x}" for one in numbers))
wrong("c_bytes", "returned nothing")(lambda numbers: None)
wrong("c_bytes", "labkit's own c_bytes")(lambda numbers: mobile.c_bytes(bytes(numbers)))

# split_gain


@right("split_gain")
def by_logarithms(before, middle, after):
    whole = math.log(before / after)
    return math.log(before / middle) / whole, math.log(middle / after) / whole


@right("split_gain")
def to_the_base_of_the_gain(before, middle, after):
    first = math.log(before / middle, before / after)
    return [first, 1 - first]


@right("split_gain")
def by_differences_of_logarithms(before, middle, after):
    steps = -np.diff(np.log2([before, middle, after]))
    return steps / steps.sum()


wrong("split_gain", "shares of the difference")(lambda b, m, a: ((b - m) / (b - a), (m - a) / (b - a)))
wrong("split_gain", "shares of the factors")(lambda b, m, a: (b / m / (b / m + m / a), m / a / (b / m + m / a)))
wrong("split_gain", "what each step saved")(lambda b, m, a: (1 - m / b, 1 - a / m))
wrong("split_gain", "first step goes from before")(lambda b, m, a: by_logarithms(b, m, a)[::-1])
wrong("split_gain", "not per cent")(lambda b, m, a: [100 * one for one in by_logarithms(b, m, a)])
wrong("split_gain", "these are the factors")(lambda b, m, a: (b / m, m / a))
wrong("split_gain", "divide each by that of the whole")(lambda b, m, a: (math.log(b / m), math.log(m / a)))
wrong("split_gain", "do not round")(lambda b, m, a: tuple(round(one, 2) for one in by_logarithms(b, m, a)))
wrong("split_gain", "do not cut it off")(lambda b, m, a: np.clip(by_logarithms(b, m, a), 0, 1))
wrong("split_gain", "do not cut it off")(
    lambda b, m, a: (max(0, by_logarithms(b, m, a)[0]), 1 - max(0, by_logarithms(b, m, a)[0]))
)
wrong("split_gain", "here the first step loses")(
    lambda b, m, a: (abs(by_logarithms(b, m, a)[0]), 1 - abs(by_logarithms(b, m, a)[0]))
)
wrong("split_gain", "do not round")(lambda b, m, a: np.round(by_logarithms(b, m, a), 4))
wrong("split_gain", "not a list of 2 shares")(lambda b, m, a: by_logarithms(b, m, a)[0])
wrong("split_gain", "labkit's own split_gain")(lambda b, m, a: mobile.split_gain(b, m, a))

# choose_target


def fits(row, flash, ram, slow):
    return row["size_bytes"] <= flash and row["ram_bytes"] <= ram and row["latency_ms"] <= slow


@right("choose_target")
def by_a_key(rows, flash, ram, slow):
    fitting = [row for row in rows if fits(row, flash, ram, slow)]
    return max(fitting, key=lambda row: (row["accuracy"], -row["size_bytes"]))["variant"] if fitting else None


@right("choose_target")
def in_one_pass(rows, flash, ram, slow):
    best = None
    for row in rows:
        if row["size_bytes"] > flash or row["ram_bytes"] > ram or row["latency_ms"] > slow:
            continue
        if (
            best is None
            or row["accuracy"] > best["accuracy"]
            or (row["accuracy"] == best["accuracy"] and row["size_bytes"] < best["size_bytes"])
        ):
            best = row
    return best["variant"] if best else None


@right("choose_target")
def sorted_twice(rows, flash, ram, slow):
    ranked = sorted(sorted(rows, key=lambda row: row["size_bytes"]), key=lambda row: row["accuracy"], reverse=True)
    return next((row["variant"] for row in ranked if fits(row, flash, ram, slow)), None)


def chosen(rows, rule, key=lambda row: (row["accuracy"], -row["size_bytes"])):
    return max(filter(rule, rows), key=key, default={"variant": None})["variant"]


wrong("choose_target", "larger than the flash")(
    lambda rows, f, r, t: chosen(rows, lambda row: row["ram_bytes"] <= r and row["latency_ms"] <= t)
)
wrong("choose_target", "more memory than there is")(
    lambda rows, f, r, t: chosen(rows, lambda row: row["size_bytes"] <= f and row["latency_ms"] <= t)
)
wrong("choose_target", "too slow")(
    lambda rows, f, r, t: chosen(rows, lambda row: row["size_bytes"] <= f and row["ram_bytes"] <= r)
)
wrong("choose_target", "not the smallest or the fastest")(
    lambda rows, f, r, t: chosen(rows, lambda row: fits(row, f, r, t), lambda row: -row["size_bytes"])
)
wrong("choose_target", "not the smallest or the fastest")(
    lambda rows, f, r, t: chosen(rows, lambda row: fits(row, f, r, t), lambda row: -row["latency_ms"])
)
wrong("choose_target", "use <= and not <")(
    lambda rows, f, r, t: chosen(
        rows, lambda row: row["size_bytes"] < f and row["ram_bytes"] < r and row["latency_ms"] < t
    )
)
wrong("choose_target", "the smaller file")(
    lambda rows, f, r, t: chosen(rows, lambda row: fits(row, f, r, t), lambda row: row["accuracy"])
)
wrong("choose_target", "the smaller file")(
    lambda rows, f, r, t: chosen(rows, lambda row: fits(row, f, r, t), lambda row: (row["accuracy"], row["size_bytes"]))
)
wrong("choose_target", "without rounding")(
    lambda rows, f, r, t: chosen(
        rows, lambda row: fits(row, f, r, t), lambda row: (round(row["accuracy"], 2), -row["size_bytes"])
    )
)
for other in ("latency_ms", "ram_bytes"):
    wrong("choose_target", "the smaller file")(
        lambda rows, f, r, t, other=other: chosen(
            rows, lambda row: fits(row, f, r, t), lambda row: (row["accuracy"], -row[other], -row["size_bytes"])
        )
    )


@wrong("choose_target", "found none")
def starts_with_the_first_row(rows, flash, ram, slow):
    best = rows[0]
    for row in rows:
        better = (row["accuracy"], -row["size_bytes"]) > (best["accuracy"], -best["size_bytes"])
        best = row if fits(row, flash, ram, slow) and better else best
    return best["variant"] if fits(best, flash, ram, slow) else None


wrong("choose_target", "max() ")(
    lambda rows, f, r, t: max((row for row in rows if fits(row, f, r, t)), key=lambda row: row["accuracy"])["variant"]
)
wrong("choose_target", "not the whole row")(
    lambda rows, f, r, t: next((row for row in rows if fits(row, f, r, t)), None)
)
wrong("choose_target", "one name, not a list")(
    lambda rows, f, r, t: [row["variant"] for row in rows if fits(row, f, r, t)]
)
wrong("choose_target", "labkit's own choose_target")(
    lambda rows, f, r, t: mobile.choose_target(rows, flash_bytes=f, ram_bytes=r, max_ms=t)
)
