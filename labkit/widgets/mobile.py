"""The figure of lab 06: which activations are in memory while each layer works."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from labkit.widgets.chart import Panel, Series, View
from labkit.widgets.explorer import Control, Explorer, Frame

KB = 1000
CHOICES = ("the first layer", "a layer in the middle", "the last layer", "all need the same")


def arena_explorer(names: Sequence[str], sizes: Sequence[int], ram_bytes: int, source: str) -> Explorer:
    """The activations that are in memory together, layer by layer, for a network whose layers stand in a row.

    Args:
        names: "image", then the layers in order.
        sizes: bytes of the image, then of each layer's output.
        ram_bytes: the room on the device.
        source: where the sizes are from.

    Raises:
        ValueError: there is not one size for each name, fewer than two layers, or a size or the room is not above 0.
    """
    if len(names) != len(sizes) or len(sizes) < 3:
        raise ValueError(f"{len(names)} names and {len(sizes)} sizes: an image and at least two layers are needed")
    if min(*sizes, ram_bytes) <= 0:
        raise ValueError("activations and the room on a device have more than 0 bytes")
    labels = [str(names[0]), *(f"{i} {_word(name)}" for i, name in enumerate(names[1:], 1))]
    together = [before + after for before, after in pairwise(sizes)]
    most = max(together)
    layers = range(1, len(sizes))
    return Explorer(
        title="What is on the table while each layer works",
        description="A layer needs its input and its output at once; what it does not need may be overwritten.",
        controls=[Control("layer", list(layers), "layer at work", text=labels[1:])],
        panels=[
            _panel("Activations", labels, ("in memory now", "not there yet, or overwritten")),
            _panel("Input and output of each layer", labels[1:], ("this layer", "the others")),
        ],
        frames=[_frame(sizes, together, layer, ram_bytes, most) for layer in layers],
        source=source,
        question="Which layer needs the most memory for its input and its output?",
        choices=CHOICES,
        answer=f"here it is layer {together.index(most) + 1} of {len(together)}, {labels[together.index(most) + 1]}: "
        f"{most:,} bytes, {most / ram_bytes:.0%} of {ram_bytes:,}.",
    )


def _word(name: str) -> str:
    """An operation's name as it fits beside a bar."""
    return {"fully_connected": "linear"}.get(name.lower(), name.lower().removesuffix("_2d").replace("_", " "))


def _panel(title: str, labels: Sequence[str], series: tuple[str, str]) -> Panel:
    return Panel("bars", title, "", "kB (1000 bytes)", list(labels), [Series(name) for name in series])


def _frame(sizes: Sequence[int], together: Sequence[int], layer: int, ram_bytes: int, most: int) -> Frame:
    here = {layer - 1, layer}
    readouts = {
        "input": f"{sizes[layer - 1]:,} bytes",
        "output": f"{sizes[layer]:,} bytes",
        "together": f"{together[layer - 1]:,} bytes",
        "of the RAM": f"{together[layer - 1] / ram_bytes:.0%}",
        "most of all layers": f"{most:,} bytes",
    }
    return Frame(readouts, [View(y=_split(sizes, here)), View(y=_split(together, {layer - 1}))])


def _split(values: Sequence[int], chosen: set[int]) -> list[list[float]]:
    """The values in kB twice: those chosen, 0 elsewhere, and the others, 0 where chosen."""
    shown = [value / KB for value in values]
    return [
        [value if i in chosen else 0.0 for i, value in enumerate(shown)],
        [0.0 if i in chosen else value for i, value in enumerate(shown)],
    ]
