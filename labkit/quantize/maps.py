"""From numbers to codes and back: `x = scale * (q - zero_point)`, by hand in NumPy."""

from __future__ import annotations

import numpy as np

from labkit.reference import reference

LEAST_BITS, MOST_BITS = 2, 8
SCHEMES = ("per_tensor", "per_channel")


def limits(bits: int, symmetric: bool = True) -> tuple[int, int]:
    """The smallest and the largest code, `(qmin, qmax)`.

    Args:
        symmetric: signed codes, as many below 0 as above; otherwise unsigned ones from 0.

    Raises:
        ValueError: `bits` is not a whole number from 2 to 8.

    >>> limits(8), limits(8, symmetric=False)
    ((-127, 127), (0, 255))
    """
    if isinstance(bits, bool) or bits not in range(LEAST_BITS, MOST_BITS + 1):
        raise ValueError(f"bits must be a whole number from {LEAST_BITS} to {MOST_BITS}, not {bits!r}")
    largest = 2 ** (int(bits) - 1) - 1
    return (-largest, largest) if symmetric else (0, 2 ** int(bits) - 1)


def affine_parameters(values: np.ndarray, bits: int = 8) -> tuple[float, int]:
    """`(scale, zero_point)` that map the smallest value to code 0 and the largest to `2**bits - 1`.

    The range always holds 0, so that 0 is exactly one of the codes: padding and ReLU make many zeros.

    Raises:
        ValueError: `bits` is not 2 to 8, or `values` are empty or hold NaN or infinity.

    Source: B. Jacob et al., "Quantization and training of neural networks", CVPR 2018, equation 1.

    >>> affine_parameters(np.array([-51.0, 204.0]))
    (1.0, 51)
    """
    qmin, qmax = limits(bits, symmetric=False)
    values = checked(values)
    low, high = min(float(values.min()), 0.0), max(float(values.max()), 0.0)
    scale = (high - low) / (qmax - qmin) or 1.0  # nothing but zeros: any scale will do
    return scale, int(np.clip(np.rint(-low / scale), qmin, qmax))


def symmetric_scale(values: np.ndarray, bits: int = 8, scheme: str = "per_tensor") -> np.ndarray:
    """The scale at which the largest magnitude gets the largest code: `()`, or `(channels, 1, ...)` per channel.

    Args:
        values: `(channels, ...)` where `scheme` is "per_channel".

    Raises:
        ValueError: `bits` is not 2 to 8, the scheme is unknown, or `values` are empty or hold NaN or infinity.

    >>> symmetric_scale(np.array([[-1.27, 0.5], [0.1, 12.7]]), scheme="per_channel").round(2).tolist()
    [[0.01], [0.1]]
    """
    _, qmax = limits(bits)
    values = checked(values)
    if scheme not in SCHEMES:
        raise ValueError(f"the scheme is one of {', '.join(SCHEMES)}, not {scheme!r}")
    axes = tuple(range(1, values.ndim)) if scheme == "per_channel" else None
    scale = abs(values).max(axis=axes, keepdims=scheme == "per_channel") / qmax
    return np.where(scale > 0, scale, 1.0)


@reference
def quantize(
    values: np.ndarray, scale: np.ndarray | float, zero_point: int = 0, qmin: int = -127, qmax: int = 127
) -> np.ndarray:
    """The codes of `values`, the same shape: int8 or, where `qmin` is not below 0, uint8. Halves go to the even code.

    Args:
        scale: the value of one step; one number, or one for each channel in a shape that broadcasts.

    Raises:
        ValueError: `values` are empty or hold NaN or infinity, a scale is not above 0 or has the wrong shape, the zero
            point is no whole number, or the codes from qmin to qmax are not below each other or need more than a byte.

    >>> quantize(np.array([0.26, -9.0]), scale=0.1).tolist()
    [3, -90]
    """
    values = checked(values)
    _check_scale(scale)
    try:
        np.broadcast_to(scale, values.shape)
    except ValueError:
        shapes = f"{np.shape(scale)} does not belong to values of shape {values.shape}"
        raise ValueError(f"a scale of shape {shapes}; one for each channel is (channels, 1, ...)") from None
    if zero_point != np.rint(zero_point):
        raise ValueError(f"the zero point is a code, a whole number, not {zero_point}")
    if not qmin < qmax:
        raise ValueError(f"qmin must be below qmax, not {qmin} and {qmax}")
    if qmax > (255 if qmin >= 0 else 127) or qmin < -128:
        raise ValueError(f"codes {qmin} to {qmax} do not fit into a byte: 0 to 255, or -128 to 127")
    codes = np.clip(np.rint(values / scale) + zero_point, qmin, qmax)
    return codes.astype(np.uint8 if qmin >= 0 else np.int8)


def dequantize(codes: np.ndarray, scale: np.ndarray | float, zero_point: int = 0) -> np.ndarray:
    """The values that the codes stand for: float64, the same shape.

    Raises:
        ValueError: a scale is not a finite number above 0, or a code is NaN or infinite.

    >>> dequantize(np.array([3, -90], np.int8), scale=0.1).round(3).tolist()
    [0.3, -9.0]
    """
    _check_scale(scale)
    codes = np.asarray(codes, np.float64)
    if not np.isfinite(codes).all():
        raise ValueError("a code is NaN or infinite, so it stands for no value")
    return scale * (codes - zero_point)


@reference
def quantize_affine(values: np.ndarray) -> tuple[np.ndarray, float, int]:
    """`(codes, scale, zero_point)`: the values on the 256 codes 0 to 255, from the smallest to the largest.

    Raises:
        ValueError: `values` are empty or hold NaN or infinity.

    Source: the slide "Quantization Example": find min/max, scale to 0-255, store as integers.

    >>> quantize_affine(np.array([0.234, -0.567, 0.891]))[0].tolist()
    [140, 0, 255]
    """
    scale, zero_point = affine_parameters(values)
    return quantize(values, scale, zero_point, 0, 255), scale, zero_point


@reference
def quantize_per_channel(weights: np.ndarray, bits: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """`(codes, scales)`: symmetric codes of the shape of `weights`, and one scale for each channel, `(channels,)`.

    Args:
        weights: `(channels, ...)`.

    Raises:
        ValueError: `bits` is not 2 to 8, or `weights` are empty or hold NaN or infinity.

    >>> codes, scales = quantize_per_channel(np.array([[-127.0, 50.0], [0.5, 1.27]]))
    >>> codes.tolist(), scales.tolist()
    ([[-127, 50], [50, 127]], [1.0, 0.01])
    """
    scales = symmetric_scale(weights, bits, "per_channel")
    return quantize(weights, scales, 0, *limits(bits)), scales.reshape(-1)


def fake_quantize(values: np.ndarray, bits: int = 8, scheme: str = "per_tensor") -> np.ndarray:
    """`values` rounded to what symmetric codes can say: float64, the same shape.

    Raises:
        ValueError: as `symmetric_scale`.

    >>> fake_quantize(np.array([3.0, 1.2, -0.4]), bits=3).tolist()
    [3.0, 1.0, 0.0]
    """
    scale = symmetric_scale(values, bits, scheme)
    return dequantize(quantize(values, scale, 0, *limits(bits)), scale)


def _check_scale(scale: np.ndarray | float) -> None:
    if not (np.size(scale) and np.isfinite(scale).all() and np.min(scale) > 0):
        raise ValueError(f"a scale must be a finite number above 0, not {np.min(scale) if np.size(scale) else 'empty'}")


def checked(values: np.ndarray) -> np.ndarray:
    """`values` as float64.

    Raises:
        ValueError: they are empty or hold NaN or infinity.
    """
    values = np.asarray(values, np.float64)
    if not values.size:
        raise ValueError("there are no values to quantize: the array is empty")
    wrong = ~np.isfinite(values)
    if wrong.any():
        first = tuple(map(int, np.argwhere(wrong)[0]))
        raise ValueError(
            f"{int(wrong.sum())} of {values.size} values are NaN or infinite, the first at {first}: "
            "no scale fits these. Did the training diverge?"
        )
    return values
