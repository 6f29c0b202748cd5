"""The figures of lab 03: the weights by magnitude, accuracy against the pruning amount, the ledgers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from labkit.plots.figure import COLOURS, MARKERS, axes, labelled


def weight_histogram(weights: np.ndarray, threshold: float = 0.0, ax: Axes | None = None) -> Axes:
    """How many weights have which value; those of smaller magnitude than `threshold`, which would leave, in orange.

    Args:
        weights: any shape. The one in a thousand that lies farthest out is not shown.
    """
    values = np.ravel(weights)
    reach = float(np.quantile(np.abs(values), 0.999)) or 1.0
    small = np.abs(values) < threshold
    ax = axes(ax)
    edges = np.linspace(-reach, reach, 81)
    for chosen, colour, name in ((~small, COLOURS[0], "stay"), (small, COLOURS[1], "leave")):
        ax.hist(values[chosen], edges, color=colour, label=f"{name}: {int(chosen.sum()):,}")
    if threshold:
        ax.legend(frameon=False)
    ax.set(xlabel="value of a weight", ylabel="weights", title="Weights by their value", xlim=(-reach, reach))
    said = f"{values.size:,} weights around zero, half of them within {np.median(np.abs(values)):.4f}"
    return labelled(ax, f"{said}; {int(small.sum()):,} below {threshold:.4f} would leave")


def accuracy_curves(curves: Mapping[str, Sequence[Mapping]], ax: Axes | None = None) -> Axes:
    """Accuracy against the pruning amount with its 95 % interval, one curve for each name.

    Args:
        curves: rows with `amount`, `accuracy`, `low` and `high`, all 0..1, by the curve's name.
    """
    ax, said = axes(ax, height=3.6), []
    for i, (name, rows) in enumerate(curves.items()):
        amount, middle, low, high = (
            100 * np.array([row[field] for row in rows]) for field in ("amount", "accuracy", "low", "high")
        )
        look = {"color": COLOURS[i % 7], "marker": MARKERS[i % 7], "linestyle": "--" if i >= 7 else "-"}
        ax.errorbar(amount, middle, [middle - low, high - middle], markersize=4, capsize=2, label=name, **look)
        said.append(f"{name}: {middle[0]:.1f} % at {amount[0]:.0f} %, {middle[-1]:.1f} % at {amount[-1]:.0f} %")
    ax.set(xlabel="pruning amount, %", ylabel="accuracy, % (95 % interval)")
    if len(curves) > 1:
        ax.legend(frameon=False, fontsize="small", loc="center left", bbox_to_anchor=(1, 0.5))
    return labelled(ax, f"Accuracy against pruning amount. {'; '.join(said)}")


def ledgers(rows: Mapping[str, Mapping[str, float | tuple]], ax: Axes | None = None) -> Axes:
    """Each variant's ledgers in percent of the first variant's, as bars with the percentage at their end.

    Args:
        rows: for each variant a value of every ledger, such as `{"baseline": {"raw bytes": 4727352}, ...}`; where it
            was estimated, with the ends of its 95 % interval: `(value, low, high)`.
    """
    names, whole = list(rows), next(iter(rows.values()))
    ax, said = axes(ax, height=0.6 + 0.25 * len(names) * len(whole)), []
    for i, name in enumerate(names):
        ends = np.array([_percent(rows[name][ledger], whole[ledger]) for ledger in whole])
        places = np.arange(len(whole)) + (i - (len(names) - 1) / 2) * 0.8 / len(names)
        bars = [ends[:, 0] - ends[:, 1], ends[:, 2] - ends[:, 0]]
        ax.barh(places, ends[:, 0], 0.8 / len(names), color=COLOURS[i % 7], label=name)
        estimated = ends[:, 1] < ends[:, 2]
        if estimated.any():
            spread = [side[estimated] for side in bars]
            ax.errorbar(ends[estimated, 0], places[estimated], xerr=spread, fmt="none", ecolor=COLOURS[6], capsize=2)
        for place, (share, _, high) in zip(places, ends):
            ax.annotate(f"{share:.0f} %", (high, place), xytext=(4, 0), textcoords="offset points", va="center")
        said.append(f"{name}: " + ", ".join(f"{ledger} {end[0]:.0f} %" for ledger, end in zip(whole, ends)))
    ax.set_yticks(range(len(whole)), list(whole))
    ax.set(xlabel=f"% of {names[0]} (lines on bars: 95 % interval)")
    ax.margins(x=0.12)
    ax.invert_yaxis()
    ax.legend(frameon=False, fontsize="small", loc="center left", bbox_to_anchor=(1, 0.5))
    return labelled(ax, f"Ledgers in percent of {names[0]}. {'; '.join(said)}")


def _percent(value: float | tuple, whole: float | tuple) -> tuple[float, float, float]:
    """A value, or a value and its ends, in percent of another value."""
    ends = value if isinstance(value, tuple) else (value,) * 3
    one = whole[0] if isinstance(whole, tuple) else whole
    return tuple(100 * end / one for end in ends)
