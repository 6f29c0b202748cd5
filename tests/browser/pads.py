"""The drawing pad as a reader uses it, in a notebook or on a page: what it shows after each tool."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

PIXELS = """(canvas) => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, 28, 28);
  return [...data].filter((_, i) => i % 4 === 0);
}"""
ROUNDING = 0.06  # percent: the pad writes one digit behind the point


def picture(pad) -> NDArray:
    """The image on the pad, uint8 of shape (28, 28)."""
    return np.array(pad.locator(".lb-pad canvas").evaluate(PIXELS), np.uint8).reshape(28, 28)


def shares(pad) -> NDArray:
    """The probability of each class as the pad tells it, in percent."""
    told = pad.locator(".lb-answers td:last-child").all_inner_texts()
    return np.array([float(text.removesuffix("\N{NO-BREAK SPACE}%")) for text in told])


def expected(predict, image: NDArray) -> NDArray:
    """What Python tells of `image`, in percent."""
    logits = predict(np.float32(image.reshape(1, 1, 28, 28) / np.float32(255)))[0].astype(float)
    powers = np.exp(logits - logits.max())
    return 100 * powers / powers.sum()


def tools(page, pad) -> Iterator[str]:
    """Uses each tool by pointer or key; yields its name after each, while the pad shows what it made."""
    board = pad.locator(".lb-pad")
    board.evaluate("(board) => board.scrollIntoView({ block: 'center' })")
    for mode, height in (("erase", 0.5), ("paint", 0.3)):
        pad.get_by_role("radio", name=mode).check()
        board.hover(position={"x": 60, "y": height * 280})
        page.mouse.down()
        board.hover(position={"x": 220, "y": height * 280})
        page.mouse.up()
        yield mode
    pad.get_by_role("button", name="Shift right").click()
    yield "shift"
    pad.get_by_label("Rotate").fill("90")
    yield "rotate"
    pad.get_by_label("Blur").fill("2")
    yield "blur"


def settled(page, pad, wanted: NDArray) -> NDArray:
    """The shares that the pad tells, read as soon as they are `wanted`, at the latest after half a minute."""
    for _ in range(300):
        if np.abs(shares(pad) - wanted).max() < ROUNDING:
            break
        page.wait_for_timeout(100)
    return shares(pad)
