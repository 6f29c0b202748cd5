"""The figures of lab 02: short numbers, and PTQ beside QAT."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from labkit.plots.figure import COLOURS, MARKERS, axes, interval, labelled

PERCENT = 100


def precision(rows: Sequence[Mapping], ax: Axes | None = None) -> Axes:
    """Accuracy against the mantissa bits that every weight keeps; beside each point, how many labels changed.

    Args:
        rows: `mantissa`, `accuracy` (0..1) with `accuracy_low` and `accuracy_high`, `flips` and `images`.

    Raises:
        ValueError: there are no rows, or an accuracy is not finite or outside its interval.
    """
    if not rows:
        raise ValueError("there are no rows to plot")
    ax = axes(ax, height=3.4)
    rows = sorted(rows, key=lambda row: row["mantissa"])
    places = range(len(rows))
    values, bounds = _percent(rows)
    ax.errorbar(places, values, yerr=bounds, fmt=f"{MARKERS[0]}-", color=COLOURS[0], capsize=3)
    for place, row, value in zip(places, rows, values):
        text = f"{row['flips']:,}"
        ax.annotate(text, (place, value), xytext=(0, -22), textcoords="offset points", ha="center", fontsize="small")
    ax.set_xticks(places, [str(row["mantissa"]) for row in rows])
    ax.set(xlabel="mantissa bits kept (10: float16, 7: bfloat16, 23: float32)", ylabel="accuracy, %")
    ax.set_title(f"Below each point: labels that changed, of {rows[0]['images']:,}", fontsize="small", loc="left")
    ax.margins(y=0.3)
    said = "; ".join(f"{r['mantissa']} bits: {v:.2f} %, {r['flips']} labels changed" for r, v in zip(rows, values))
    return labelled(ax, f"Accuracy against mantissa bits. {said}")


def ptq_and_qat(rows: Sequence[Mapping], ax: Axes | None = None) -> Axes:
    """Accuracy against bits, one curve for each method, with 95 % intervals.

    Args:
        rows: `bits`, `method`, `accuracy` (0..1) with `accuracy_low` and `accuracy_high`.

    Raises:
        ValueError: there are no rows, or an accuracy is not finite or outside its interval.
    """
    if not rows:
        raise ValueError("there are no rows to plot")
    ax = axes(ax, height=3.4)
    said = []
    for i, method in enumerate(dict.fromkeys(row["method"] for row in rows)):
        curve = sorted((row for row in rows if row["method"] == method), key=lambda row: row["bits"])
        values, bounds = _percent(curve)
        bits = [row["bits"] for row in curve]
        style = {"color": COLOURS[i % 7], "capsize": 3, "label": method}
        ax.errorbar(bits, values, yerr=bounds, fmt=f"{MARKERS[i % 7]}-", **style)
        said.append(f"{method}: " + ", ".join(f"{b} bits {v:.1f} %" for b, v in zip(bits, values)))
    ax.set_xticks(sorted({row["bits"] for row in rows}))
    ax.set(xlabel="bits of every weight, per tensor", ylabel="accuracy, %")
    ax.legend(frameon=False)
    return labelled(ax, "Accuracy against bits. " + "; ".join(said))


def _percent(rows: Sequence[Mapping]) -> tuple[list[float], list[list[float]]]:
    """Accuracies in percent, and how far their intervals reach below and above."""
    values = [PERCENT * row["accuracy"] for row in rows]
    ends = [[PERCENT * row[f"accuracy_{end}"] for end in ("low", "high")] for row in rows]
    reach = [interval("accuracy", value, *pair) for value, pair in zip(values, ends)]
    return values, [[below for below, _ in reach], [above for _, above in reach]]
