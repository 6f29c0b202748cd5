"""The figure of the pipeline: what each step contributed, on a scale on which factors are lengths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf, prod

from matplotlib.axes import Axes

from labkit.plots.figure import COLOURS, axes, interval, labelled, log_x

WHAT = {  # the fields of value and factor, the unit, and how much of the value it is
    "latency": ("latency_ms", "faster", "ms a call", 1),
    "bytes": ("size_bytes", "smaller", "kB (1000 bytes) of the file", 1000),
    "gzip": ("gzip_bytes", "smaller_gzip", "kB (1000 bytes) after gzip", 1000),
}
KINDS = ("runtime", "network", "pruning", "bits")  # each keeps its colour in every figure


def waterfall(rows: Sequence[Mapping], what: str = "latency", ax: Axes | None = None) -> Axes:
    """One bar a step from where it found the model to where it left it, on a logarithmic axis: lengths are factors.

    The last bar is all steps together. Lines on the bars of times: 95 % interval of that step's factor.

    Args:
        rows: from `lk.compress.steps`.
        what: "latency", "bytes" or "gzip".

    Raises:
        ValueError: `what` is unknown, there are fewer than two rows, or a factor is not above 0, not finite, or outside
            its interval.
    """
    if what not in WHAT:
        raise ValueError(f"a waterfall is of {', '.join(WHAT)}, not {what!r}")
    if len(rows) < 2:
        raise ValueError(f"a waterfall needs at least two steps, not {len(rows)}")
    value, factor, unit, one = WHAT[what]
    ends = [_ends(row, factor) for row in rows[1:]]
    together = prod(middle for middle, _, _ in ends)
    start = _positive(value, rows[0][value]) / one
    ax, said, place = axes(ax, height=1.2 + 0.42 * len(rows)), [], start
    for i, (row, (middle, low, high)) in enumerate(zip(rows[1:], ends)):
        left = place / middle
        _bar(ax, i, place, left, COLOURS[KINDS.index(row["by"]) % 7] if row["by"] in KINDS else "0.5")
        if low < high:
            ax.errorbar(
                left, i, xerr=[[left - place / high], [place / low - left]], fmt="none", ecolor="black", capsize=3
            )
        _note(ax, i, max(place, left, place / low), f"{_times(middle, low, high)}  {row['by']}")
        said.append(f"{row['by']} ({row['step']}): {_times(middle, low, high)}")
        place = left
    _bar(ax, len(ends), start, place, "0.35")
    _note(ax, len(ends), max(start, place), f"{together:.3g}x  together")
    ax.set_yticks(range(len(rows)), [*(row["step"] for row in rows[1:]), "all steps"])
    ax.set(xlabel=f"{unit}, from {rows[0]['step']} (logarithmic)", ylim=(len(rows) - 0.4, -0.6))
    log_x(ax)
    reach = (start / place) ** 0.55 if start > place else 2.0
    ax.set_xlim(min(place, start) / 1.3, max(place, start) * max(reach, 3))
    return labelled(ax, f"What each step contributed to {unit}. {'; '.join(said)}; together {together:.3g}x")


def _ends(row: Mapping, factor: str) -> tuple[float, float, float]:
    """A step's factor and the ends of its interval: for bytes, which are counted, the factor itself."""
    middle = _positive(factor, row[factor])
    low, high = row.get(f"{factor}_low", middle), row.get(f"{factor}_high", middle)
    interval(str(row["step"]), middle, _positive(factor, low), high)
    return middle, low, high


def _positive(what: str, value: float) -> float:
    if value is None or not 0 < value < inf:
        raise ValueError(f"{what} is a number above 0, not {value}")
    return value


def _bar(ax: Axes, row: int, before: float, after: float, colour: str) -> None:
    low, high = sorted((before, after))
    ax.barh(row, high - low, left=low, height=0.55, color=colour)
    ax.plot([before, before], [row - 0.275, row + 0.275], color=colour, linewidth=2)  # shows a step that did nothing
    ax.plot([after, after], [row, row + 1.275], color="0.6", linewidth=0.8, zorder=0)


def _note(ax: Axes, row: int, place: float, text: str) -> None:
    ax.annotate(text, (place, row), (6, 0), textcoords="offset points", va="center")


def _times(middle: float, low: float, high: float) -> str:
    return f"{middle:.3g}x" if low == high else f"{middle:.3g}x ({low:.3g} to {high:.3g})"
