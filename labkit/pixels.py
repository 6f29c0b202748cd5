"""Grey images as few vector shapes: notebooks and widgets hold no bitmap, so that they stay text."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

LEVELS = 16  # shades from black to white: the eye sees no more in 28 x 28 pixels


def runs(image: np.ndarray, levels: int = LEVELS) -> dict[int, list[tuple[int, int, int]]]:
    """By shade, 0 (black) to `levels - 1` (white): the runs `(row, column, length)` of pixels of that shade.

    Args:
        image: `(height, width)`, 0 (black) to 255 (white).

    Raises:
        ValueError: it is no image of two dimensions, or a pixel is not in 0..255.

    >>> runs(np.array([[0, 0, 255], [255, 255, 255]]))
    {0: [(0, 0, 2)], 15: [(0, 2, 1), (1, 0, 3)]}
    """
    image = np.asarray(image)
    if image.ndim != 2 or not image.size:
        raise ValueError(f"an image has the shape (height, width), not {image.shape}")
    if not ((image >= 0) & (image <= 255)).all():  # also NaN
        raise ValueError("a pixel is a number from 0 (black) to 255 (white)")
    shades = np.rint(image / 255 * (levels - 1)).astype(int)
    found: dict[int, list[tuple[int, int, int]]] = {}
    for row, line in enumerate(shades):
        starts = [0, *(np.flatnonzero(np.diff(line)) + 1).tolist(), len(line)]
        for start, end in pairwise(starts):
            found.setdefault(int(line[start]), []).append((row, start, end - start))
    return found


def grey(shade: int, levels: int = LEVELS) -> str:
    """A shade as a colour.

    >>> grey(15)
    '#ffffff'
    """
    value = round(255 * shade / (levels - 1))
    return f"#{value:02x}{value:02x}{value:02x}"
