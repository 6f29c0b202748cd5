"""The figures of lab 2: what fewer bits do to weights and to accuracy, and where int8 starts to be faster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from labkit.widgets.chart import Panel, Series, View, by_values, number
from labkit.widgets.explorer import Control, Explorer, Frame, combinations

SCHEMES = {"per_tensor": "one scale per tensor", "per_channel": "one scale per channel"}
EDGES = np.linspace(-1, 1, 42)  # an odd number of columns: 0 is in the middle of one
CLIFF = -0.01


def bits_explorer(
    weights: Mapping[str, np.ndarray], rows: Sequence[Mapping], alone: Sequence[Mapping], source: str
) -> Explorer:
    """What 8 to 2 bits do to the weights of each layer, and to the accuracy of the network.

    Args:
        weights: each layer's, `(channels, ...)`, by name.
        rows: `bits`, `scheme`, `accuracy` and `difference` with `_low` and `_high`, all layers rounded.
        alone: the same with `layer`, that layer alone rounded, and `images`.
        source: where the accuracies are from.

    Raises:
        ValueError: there are no weights, or a combination is missing.
    """
    if not weights or not all(map(np.size, weights.values())):
        raise ValueError("there are no layers to show")
    grid, single = by_values(rows, ("bits", "scheme")), by_values(alone, ("bits", "scheme", "layer"))
    bits, names = sorted({width for width, _ in grid}), list(weights)
    controls = [
        Control("bits", bits[::-1], "bits of a weight", text=[f"{b} bits" for b in bits[::-1]]),
        Control("scheme", range(2), "scales", text=list(SCHEMES.values())),
        Control("layer", range(len(names)), "layer", text=names),
    ]
    before = {name: _shares(values, values) for name, values in weights.items()}
    frames = []
    for width, i, j in combinations(controls):
        readouts, after = _state(grid, single, weights, (width, list(SCHEMES)[i], names[j]))
        views = [View(at=(i, bits.index(width))), View(y=[before[names[j]]]), View(y=[after])]
        frames.append(Frame(readouts, views))
    return Explorer(
        title="What fewer bits do",
        description="Weights are rounded to symmetric codes, activations stay float32. The bars of the accuracy are "
        "95 % intervals.",
        controls=controls,
        panels=_bits_panels(grid, bits),
        frames=frames,
        source=source,
        question="With one scale per tensor, from how many bits down is more than one point of accuracy lost?",
        choices=[str(b) for b in bits[::-1][1:6]],
        answer=f"{_cliff(grid, bits)} bits.",
    )


def _bits_panels(grid, bits) -> list[Panel]:
    curves = [_curve(grid, bits, scheme) for scheme in SCHEMES]
    axes = {"x_label": "weight over the layer's largest", "y_label": "% of weights", "x": EDGES.tolist()}
    cut = {"title": "The same weights after rounding (bars cut at 50 %)", "y_limits": (0, 50)}
    return [
        Panel("line", "Accuracy", "bits of a weight", "%", bits, curves),
        Panel("hist", "Weights of the layer before", series=[Series("before")], **axes),
        Panel("hist", series=[Series("after")], **cut, **axes),
    ]


def _state(grid, single, weights, key) -> tuple[dict, list[float]]:
    """The readouts at `key` (bits, scheme, layer), and the columns of that layer's rounded weights."""
    for known, part in ((grid, key[:2]), (single, key)):
        if part not in known:
            raise ValueError(f"no row for {part}: every combination must be there")
    row, one = grid[key[:2]], single[key]
    readouts, after = _rounded(weights[key[2]], *key[:2])
    accuracies = {
        "accuracy, all layers rounded": _interval(row, "accuracy", 100, " %"),
        "against float32": _interval(row, "difference", 100, " points"),
        f"this layer alone ({one['images']:,} images)": _interval(one, "difference", 100, " points"),
    }
    return accuracies | readouts, after


def crossover_explorer(rows: Sequence[Mapping], source: str) -> Explorer:
    """Speed of one linear layer in int8 against its width and the batch, as measured.

    Args:
        rows: `width`, `batch`, `float_ms`, `int8_ms`, `ratio` (int8 over float32) with `ratio_low` and `ratio_high`.
        source: where they were measured.

    Raises:
        ValueError: there are no rows, a combination is missing or there twice, or a ratio is not above 0.
    """
    grid = by_values(rows, ("width", "batch"))
    widths, batches = (sorted({key[i] for key in grid}) for i in (0, 1))
    if not all(row[end] > 0 for row in rows for end in ("ratio", "ratio_low", "ratio_high")):
        raise ValueError("a ratio is not above 0, so there is no speed to show")
    missing = [(w, b) for w in widths for b in batches if (w, b) not in grid]
    if missing:
        raise ValueError(f"no row for width and batch {missing[0]}: every combination must be measured")
    controls = [
        Control("width", widths, "width of the layer"),
        Control("batch", batches, "batch size", text=[f"{b} input{'s' * (b > 1)}" for b in batches]),
    ]
    frames = []
    for width, batch in combinations(controls):
        times = [[grid[w, batch][f"{kind}_ms"] for w in widths] for kind in ("float", "int8")]
        i, j = widths.index(width), batches.index(batch)
        frames.append(Frame(_speed(grid[width, batch]), [View(at=(j, i)), View(y=times, at=(1, i))]))
    axes = {"x_label": "width of the layer (inputs = outputs)", "x": widths, "x_scale": "log", "y_scale": "log"}
    return Explorer(
        title="Where int8 starts to win",
        description="One linear layer in ONNX Runtime, one thread; turning its input into int8 is included. Above 1, "
        "int8 is faster. Bars are 95 % intervals.",
        controls=controls,
        panels=[
            Panel("line", "Speed of int8 over float32", y_label="times", series=_speeds(grid, widths, batches), **axes),
            Panel("line", "Latency at this batch", y_label="ms", series=[Series("float32"), Series("int8")], **axes),
        ],
        frames=frames,
        source=source,
        **_crossing(grid, widths, batches[0]),
    )


def _crossing(grid, widths, batch) -> dict:
    """What to ask first: from which width on int8 wins at the smallest batch."""
    wins = [grid[width, batch]["ratio_high"] < 1 for width in widths]
    first = next((width for i, width in enumerate(widths) if all(wins[i:])), None)
    if len(widths) < 3:
        return {}
    return {
        "question": f"At batch {batch}, from which width on is int8 faster on this CPU?",
        "choices": [*map(str, widths[:: max(1, len(widths) // 4)]), "never"],
        "answer": f"measured: from {first} on." if first else "measured: not once up to the widest, or not steadily.",
    }


def _speed(row: Mapping) -> dict:
    """The readouts of one measured layer."""
    speed, low, high = (1 / row[end] for end in ("ratio", "ratio_high", "ratio_low"))
    return {
        "int8 against float32": f"{speed:.2f} times ({low:.2f} to {high:.2f})",
        "int8 is": "faster" if low > 1 else "slower" if high < 1 else "cannot tell",
        "float32": f"{row['float_ms']:.4f} ms",
        "int8": f"{row['int8_ms']:.4f} ms",
        "weights": number(row["width"] ** 2),
    }


def _speeds(grid, widths, batches) -> list[Series]:
    """One curve a batch: the reciprocal of the ratio, so its low end is the ratio's high end."""
    curves = []
    for batch in batches:
        y, low, high = ([1 / grid[w, batch][end] for w in widths] for end in ("ratio", "ratio_high", "ratio_low"))
        curves.append(Series(f"batch {batch}", y, low, high))
    return curves


def _rounded(weights: np.ndarray, bits: int, scheme: str) -> tuple[dict, list[float]]:
    """The readouts of one layer's rounding, and the columns of its rounded weights."""
    from labkit.quantize import maps, numerics

    restored = maps.fake_quantize(weights, bits, scheme)
    scale = maps.symmetric_scale(weights, bits, scheme)
    readouts = {
        "codes": f"{-maps.limits(bits)[1]} to {maps.limits(bits)[1]}",
        "one step": f"{scale.min():.2g}" + (f" to {scale.max():.2g}" if scale.size > 1 else ""),
        "largest error": f"{abs(restored - weights).max():.2g}",
        "signal over noise": f"{numerics.sqnr_db(weights, restored):.1f} dB",
        "weights that become 0": f"{100 * (restored == 0).mean():.1f} %",
    }
    return readouts, _shares(restored, weights)


def _shares(values: np.ndarray, weights: np.ndarray) -> list[float]:
    """Per cent of the values in each column, on the scale of the largest weight."""
    counts, _ = np.histogram(np.ravel(values) / abs(weights).max(), EDGES)
    return (100 * counts / np.size(values)).tolist()


def _curve(grid, bits, scheme) -> Series:
    column = [grid[width, scheme] for width in bits]
    y, low, high = ([100 * row[name] for row in column] for name in ("accuracy", "accuracy_low", "accuracy_high"))
    return Series(SCHEMES[scheme], y, low, high)


def _interval(row: Mapping, name: str, factor: float, unit: str) -> str:
    sign = "+" if name == "difference" else ""
    middle, low, high = (f"{factor * row[name + end]:{sign}.2f}" for end in ("", "_low", "_high"))
    return f"{middle}{unit} ({low} to {high})"


def _cliff(grid, bits) -> int:
    """The most bits at which, per tensor, more than a point is lost."""
    return max((width for width in bits if grid[width, "per_tensor"]["difference"] < CLIFF), default=0)
