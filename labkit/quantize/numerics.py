"""What rounding does to numbers: error, outliers, short floats, and sums that are cut at 16 bits."""

from __future__ import annotations

import numpy as np

from labkit.quantize.maps import checked
from labkit.reference import reference

FLOATS = {"float32": 23, "float16": 10, "bfloat16": 7}  # the mantissa bits that each stores
INT16 = (-(2**15), 2**15 - 1)


@reference
def sqnr_db(values: np.ndarray, restored: np.ndarray) -> float:
    """Signal over quantization noise in decibels: how much stronger the values are than their errors.

    Raises:
        ValueError: the shapes differ, something is not finite, or there is no signal.

    Source: 10 log10 of the sum of squares of the values over that of their errors; each bit more gives about 6 dB.

    >>> sqnr_db(np.array([10.0, 0.0]), np.array([9.0, 0.0]))
    20.0
    """
    values, restored = checked(values), checked(restored)
    if values.shape != restored.shape:
        raise ValueError(f"values and restored must have one shape, not {values.shape} and {restored.shape}")
    if not values.any():
        raise ValueError("every value is 0: there is no signal to compare the noise with")
    noise = float(((values - restored) ** 2).sum())
    return float(10 * np.log10((values**2).sum() / noise)) if noise else float("inf")


@reference
def clip_range(values: np.ndarray, percent: float = 99.9) -> tuple[float, float]:
    """`(low, high)` that hold the middle `percent` of the values, half of the rest left out on either side.

    Raises:
        ValueError: `percent` is not above 0 and at most 100, or `values` are empty or hold NaN or infinity.

    >>> clip_range(np.arange(101.0), percent=90)
    (5.0, 95.0)
    """
    if not 0 < percent <= 100:
        raise ValueError(f"percent must be above 0 and at most 100, not {percent}")
    low, high = np.percentile(checked(values), [(100 - percent) / 2, (100 + percent) / 2])
    return float(low), float(high)


@reference
def round_mantissa(value: np.ndarray | float, bits: int) -> np.ndarray:
    """The nearest numbers whose mantissa has `bits` binary digits after the leading 1: float64, the same shape.

    Args:
        bits: 0 to 52; float32 keeps 23, float16 10, bfloat16 7.

    Raises:
        ValueError: `bits` is not a whole number from 0 to 52, or a value is NaN or infinite.

    Source: IEEE 754: a number is `1.m x 2**exponent`.

    >>> float(round_mantissa(0.3, bits=2))  # 1.2 x 2**-2, and 1.25 is the nearest quarter
    0.3125
    """
    if isinstance(bits, bool) or bits not in range(53):
        raise ValueError(f"a mantissa has 0 to 52 bits here, a whole number, not {bits!r}")
    fraction, exponent = np.frexp(checked(value))  # a fraction from 0.5 to 1: one place more than 1.m
    return np.ldexp(np.rint(np.ldexp(fraction, bits + 1)), exponent - bits - 1)


@reference
def pair_sums(activations: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """What a CPU without VNNI adds: `a0*w0 + a1*w1`, `a2*w2 + a3*w3`, ... each cut to 16 bits: `(..., n / 2)`.

    Args:
        activations: codes 0 to 255, `(..., n)` with an even n.
        weights: codes -128 to 127, `(..., n)`.

    Raises:
        ValueError: the last axis is odd, codes are outside their range, or they are no whole numbers.

    Source: Intel's instruction `vpmaddubsw`, which "saturates": a sum beyond 32767 becomes 32767.

    >>> pair_sums([255, 255, 1, 1], [127, 127, 2, 3]).tolist()
    [32767, 5]
    """
    return np.clip(exact_pair_sums(activations, weights), *INT16)


@reference
def exact_pair_sums(activations: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The same sums without the cut: int32 `(..., n / 2)`.

    Raises:
        ValueError: as `pair_sums`.
    """
    activations, weights = np.asarray(activations), np.asarray(weights)
    lengths = [codes.shape[-1] if codes.ndim else 1 for codes in (activations, weights)]
    if lengths[0] % 2 or lengths[0] != lengths[1]:
        raise ValueError(f"pairs need an even, equal length, not {lengths[0]} and {lengths[1]}")
    for codes in (activations, weights):
        if codes.dtype.kind not in "iu" and not (codes.dtype.kind == "f" and (codes == np.rint(codes)).all()):
            raise ValueError(f"codes are whole numbers, and these ({codes.dtype}) are not: quantize() the values first")
    if activations.size and not (activations.min() >= 0 and activations.max() <= 255):
        raise ValueError("activation codes are 0 to 255")
    if weights.size and not (weights.min() >= -128 and weights.max() <= 127):
        raise ValueError("weight codes are -128 to 127")
    products = activations.astype(np.int32) * weights.astype(np.int32)
    return products[..., 0::2] + products[..., 1::2]


def saturated_share(activations: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    """Of all outputs of a layer: the share with at least one pair that is cut, and the largest error in codes.

    Args:
        activations: codes 0 to 255, `(images, n)`.
        weights: codes, `(outputs, n)`.

    Raises:
        ValueError: as `pair_sums`, or there are no images or no outputs.
    """
    if np.ndim(activations) != 2 or np.ndim(weights) != 2 or not (len(activations) and len(weights)):
        shapes = f"{np.shape(activations)} and {np.shape(weights)}"
        raise ValueError(f"codes (images, n) and (outputs, n) are needed, at least one of each, not {shapes}")
    cut, worst, outputs = 0, 0, len(activations) * len(weights)
    for row in activations:  # one image at a time: all pairs together would take gigabytes
        exact = exact_pair_sums(row, weights)
        lost = exact - np.clip(exact, *INT16)
        cut += int(lost.any(-1).sum())
        worst = max(worst, int(abs(lost.sum(-1)).max()))
    return cut / outputs, worst


@reference
def dynamic_bytes(layers: list[tuple]) -> int:
    """Bytes of a model's numbers when only the weights of its linear layers take one byte, and all others four.

    Args:
        layers: `("conv", inputs, outputs, size)`, `("norm", channels)` or `("linear", inputs, outputs)`, as in lab 01.

    Raises:
        ValueError: a layer is of another kind, or its sizes are not as many whole numbers above 0.

    >>> dynamic_bytes([("linear", 100, 10), ("norm", 5)])
    1080
    """
    total, counts = 0, {"conv": 3, "norm": 1, "linear": 2}
    for layer in layers:
        kind, *sizes = layer
        if kind not in counts:
            raise ValueError(f"a layer is 'conv', 'norm' or 'linear', not {kind!r}")
        if len(sizes) != counts[kind] or not all(isinstance(one, int | np.integer) and one > 0 for one in sizes):
            raise ValueError(f"{kind!r} is followed by its sizes, {counts[kind]} of them, each above 0, not {layer}")
        if kind == "linear":
            inputs, outputs = sizes
            total += inputs * outputs + 4 * outputs
        elif kind == "conv":
            inputs, outputs, size = sizes
            total += 4 * inputs * outputs * size * size
        else:
            total += 4 * 2 * sizes[0]
    return total
