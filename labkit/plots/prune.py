"""The figures of lab 03: the weights by magnitude, accuracy against the pruning amount, the ledgers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from labkit.plots.figure import COLOURS, MARKERS, axes, interval, labelled


def weight_histogram(weights: np.ndarray, threshold: float = 0.0, ax: Axes | None = None) -> Axes:
    """How many weights have which value; those of smaller magnitude than `threshold`, which would leave, in orange.

    Args:
        weights: any shape. The one in a thousand that lies farthest out is not shown.

    Raises:
        ValueError: there are no weights, one is NaN or infinite, or the threshold is below 0 or NaN.
    """
    values = np.ravel(weights)
    if not values.size or not np.isfinite(values).all():
        raise ValueError("there are no weights, or some are NaN or infinite: did the training diverge?")
    if not threshold >= 0:
        raise ValueError(f"the threshold is a magnitude, 0 or more, not {threshold}")
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

    Raises:
        ValueError: there are no curves or no rows, or an accuracy is not finite or outside its interval.
    """
    if not curves or not all(curves.values()):
        raise ValueError("there are no curves to plot, or one without rows")
    ax, said = axes(ax, height=3.6), []
    for i, (name, rows) in enumerate(curves.items()):
        amount, middle, low, high = (
            100 * np.array([row[field] for row in rows]) for field in ("amount", "accuracy", "low", "high")
        )
        for ends in zip(middle, low, high):
            interval(f"accuracy of {name!r}", *ends)
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

    Raises:
        ValueError: there are no variants or no ledgers, a value is not finite or outside its interval, or one of the
            first variant is not above 0.
    """
    if not rows or not next(iter(rows.values())):
        raise ValueError("there are no variants to plot, or the first has no ledgers")
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
    if not one > 0:
        raise ValueError(f"percent of the first variant need a value above 0, not {one}")
    interval("a ledger", *ends)
    return tuple(100 * end / one for end in ends)
