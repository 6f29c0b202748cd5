"""Images into the codes that a file takes, and the codes that it gives into logits."""

from __future__ import annotations

import numpy as np

from labkit.mobile.layouts import nchw_to_nhwc
from labkit.reference import reference


@reference
def quantize_input(images: np.ndarray, scale: float, zero_point: int) -> np.ndarray:
    """The int8 codes of float images, as a full-integer file takes them: round to `images / scale + zero_point`.

    Raises:
        ValueError: the scale is not above 0, or an image holds NaN.

    Source: B. Jacob and others, "Quantization and training of neural networks for efficient integer-arithmetic-only
    inference" (2018), equation 1.

    >>> quantize_input(np.array([0.0, 0.5, 9.0]), scale=0.01, zero_point=-128).tolist()
    [-128, -78, 127]
    """
    images = np.asarray(images, np.float32)
    if not 0 < scale < float("inf"):
        raise ValueError(f"the scale is above 0 and finite, not {scale}")
    if np.isnan(images).any():
        raise ValueError("the images hold NaN, which has no code")
    return np.clip(np.round(images / np.float32(scale)) + zero_point, -128, 127).astype(np.int8)


def encoded(images: np.ndarray, shape: tuple, dtype: type, scale: float, zero_point: int) -> np.ndarray:
    """Images `(n, channels, height, width)` as a file takes them: rows, columns, channels; codes if it takes codes.

    Raises:
        TypeError: the images are no float32 array.
        ValueError: they have another shape than the file takes.
    """
    if not isinstance(images, np.ndarray):
        raise TypeError(f"images must be a NumPy array of float32, not {type(images).__name__}")
    if images.dtype != np.float32:
        raise TypeError(f"images must be float32 from 0 to 1 (`split.inputs`), not {images.dtype}")
    if images.ndim != 4 or not len(images) or (*images.shape[2:], images.shape[1]) != tuple(shape):
        height, width, channels = shape
        wanted = f"(n, {channels}, {height}, {width}), one or more"
        raise ValueError(f"the model cannot answer images of shape {images.shape}: it takes {wanted}")
    values = nchw_to_nhwc(images)
    if dtype == np.float32:
        return values
    codes = np.rint(values / np.float32(scale))  # as `quantize_input`, without its checks: this is timed
    codes += zero_point
    limits = np.iinfo(dtype)
    return np.clip(codes, limits.min, limits.max, out=codes).astype(dtype)


def decoded(values: np.ndarray, scale: float, zero_point: int) -> np.ndarray:
    """What a file gave, as float32 logits: `scale * (codes - zero_point)` where it gave codes."""
    if values.dtype == np.float32:
        return values
    return np.float32(scale) * (values.astype(np.float32) - np.float32(zero_point))


def scale_of(details: dict) -> tuple[float, int]:
    """`(scale, zero_point)` of an input or output as an interpreter describes it; `(0.0, 0)` where it has none."""
    found = details["quantization_parameters"]
    return (float(found["scales"][0]), int(found["zero_points"][0])) if len(found["scales"]) else (0.0, 0)
