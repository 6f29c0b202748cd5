"""The same numbers in another order: PyTorch keeps channels before rows and columns, Keras after."""

from __future__ import annotations

import numpy as np

from labkit.reference import reference


@reference
def nchw_to_nhwc(images: np.ndarray) -> np.ndarray:
    """Images `(n, channels, height, width)` as `(n, height, width, channels)`.

    Raises:
        ValueError: `images` does not have four dimensions.

    >>> nchw_to_nhwc(np.zeros((5, 3, 28, 30))).shape
    (5, 28, 30, 3)
    """
    images = np.asarray(images)
    if images.ndim != 4:
        raise ValueError(f"images have the shape (n, channels, height, width), not {images.shape}")
    return np.ascontiguousarray(images.transpose(0, 2, 3, 1))


@reference
def kernel_to_keras(weight: np.ndarray) -> np.ndarray:
    """A PyTorch kernel `(out, in, height, width)` as Keras keeps it: `(height, width, in, out)`.

    Raises:
        ValueError: `weight` does not have four dimensions.

    >>> kernel_to_keras(np.zeros((16, 8, 3, 5))).shape
    (3, 5, 8, 16)
    """
    weight = np.asarray(weight)
    if weight.ndim != 4:
        raise ValueError(f"a kernel has the shape (out, in, height, width), not {weight.shape}")
    return np.ascontiguousarray(weight.transpose(2, 3, 1, 0))


@reference
def flatten_order(weight: np.ndarray, channels: int, height: int, width: int) -> np.ndarray:
    """The Linear layer after PyTorch's Flatten, `(out, channels * height * width)`, for Keras: `(inputs, out)`.

    PyTorch's Flatten goes through channels, then rows, then columns; that of Keras through rows, columns, channels.

    Raises:
        ValueError: `weight` does not have two dimensions, or not that many columns.

    >>> flatten_order(np.array([[0, 1, 2, 3]]), channels=2, height=1, width=2).ravel().tolist()
    [0, 2, 1, 3]
    """
    weight = np.asarray(weight)
    if weight.ndim != 2 or weight.shape[1] != channels * height * width:
        raise ValueError(f"the weight has the shape (out, {channels * height * width}), not {weight.shape}")
    maps = weight.reshape(len(weight), channels, height, width)
    return np.ascontiguousarray(maps.transpose(2, 3, 1, 0).reshape(-1, len(weight)))
