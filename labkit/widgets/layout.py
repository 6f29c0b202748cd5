"""Where on paper a panel's values lie: chosen once for all frames, so that the axes stay still while sliders move."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from labkit.widgets.chart import Panel, View, number

WIDTH = 420
PLOT_HEIGHT = 176
ROW = 52  # from one lying bar to the next
LOW_ROW = 25  # the same where there are many
FEW_BARS = 6
PIXEL = 8  # of a picture
LINE = 18  # from one line of text to the next
LETTER = 6.6  # a letter's usual width at 12 px


@dataclass(frozen=True)
class Plot:
    """Where a panel's values lie on paper; an axis is `(low, high, is it logarithmic)`."""

    left: float
    top: float
    width: float
    height: float
    x: tuple[float, float, bool]
    y: tuple[float, float, bool]
    x_ticks: Sequence[float]
    y_ticks: Sequence[float]

    def across(self, value: float) -> float:
        """Pixels from the plot's left edge to `value` on the x axis."""
        return round(place(value, self.x) * self.width, 1)

    def down(self, value: float) -> float:
        """Pixels from the plot's top edge to `value` on the y axis."""
        return round((1 - place(value, self.y)) * self.height, 1)

    def along(self, value: float) -> float:
        """Pixels from the plot's left edge to `value` on the axis of a lying bar."""
        return round(place(value, self.y) * self.width, 1)


def place(value: float, axis: tuple[float, float, bool]) -> float:
    """Where `value` lies on an axis: 0 is the low end, 1 the high end.

    >>> place(5, (0, 10, False))
    0.5
    """
    low, high, log = axis
    if log:
        value, low, high = math.log(value), math.log(low), math.log(high)
    return (value - low) / (high - low)


def steps(low: float, high: float, most: int = 6) -> list[float]:
    """Round numbers, at most `most + 1`, from at or below `low` to at or above `high`.

    >>> steps(0, 93)
    [0, 20, 40, 60, 80, 100]
    """
    rough = (high - low) / most or 1
    power = 10 ** math.floor(math.log10(rough))
    step = next(s * power for s in (1, 2, 5, 10) if s * power >= rough * 0.999)
    ends = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    # Rounding takes away the 0.30000000000000004 that adding up steps would leave.
    found = [float(f"{i * step:.10g}") for i in range(ends[0], max(ends[1], ends[0] + 1) + 1)]
    return [int(v) if v == int(v) else v for v in found]


def log_steps(low: float, high: float) -> list[float]:
    """Round numbers for a logarithmic axis, from at or below `low` to at or above `high`."""
    for digits in ((1, 2, 5), (1, 3), (1,)):
        powers = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 2)
        every = [float(f"{d}e{p}") for p in powers for d in digits]
        first = max(v for v in every if v <= low * 1.001)
        last = min(v for v in every if v >= high * 0.999)
        found = [v for v in every if first <= v <= last]
        if len(found) <= 7:
            break
    return found if len(found) > 1 else [found[0], found[0] * 10]


def plot(panel: Panel, views: Iterable[View], legend_rows: int) -> Plot:
    """The layout that suits every one of `views`, so that the axes stay still while the sliders move."""
    if panel.kind == "image":
        side, axis = PIXEL * len(panel.x), (0, 1, False)
        return Plot(0, LINE * (legend_rows + 1) + 8, side, side, axis, axis, (), ())
    if panel.kind == "scatter":
        views = ()  # its dots stay where they are
    values = [s for series in panel.series for part in (series.low, series.high) if part is not None for s in part]
    for view in views:
        every = panel.values(view)
        values += [sum(stack) for stack in zip(*every)] if panel.kind == "bars" else [v for y in every for v in y]
    log = panel.y_scale == "log"
    if panel.y_limits:
        low, high = panel.y_limits
        y_ticks = [v for v in (log_steps if log else steps)(low, high) if low <= v <= high]
    else:
        y_ticks = log_steps(min(values), max(values)) if log else steps(min(0, *values), max(0, *values))
        low, high = y_ticks[0], y_ticks[-1]
    bars = panel.kind == "bars"
    names = panel.x if bars else [number(v) for v in y_ticks]
    left = max(len(str(name)) for name in names) * LETTER + 12
    top = LINE + LINE * legend_rows + (8 if bars else LINE + 10)
    right = 64 if bars else 16
    height = (ROW if len(panel.x) <= FEW_BARS else LOW_ROW) * len(panel.x) if bars else PLOT_HEIGHT
    x, x_ticks = ((0, 1, False), ()) if bars else x_axis(panel)
    return Plot(left, top, WIDTH - left - right, height, x, (low, high, log), x_ticks, y_ticks)


def x_axis(panel: Panel) -> tuple[tuple[float, float, bool], Sequence[float]]:
    """The x axis of a line or column panel and where it is labelled."""
    low, high = panel.x[0], panel.x[-1]
    log = panel.x_scale == "log"
    if low == high:
        low, high = (low / 2, high * 2) if log else (low - 1, high + 1)
    elif log:
        margin = (high / low) ** 0.03
        low, high = low / margin, high * margin
    elif panel.kind in ("line", "scatter"):
        low, high = low - 0.02 * (high - low), high + 0.02 * (high - low)
    if panel.x_ticks is not None:
        ticks = panel.x_ticks
    elif len(panel.x) <= 8:
        ticks = panel.x
    elif log:
        ticks = panel.x[:: math.ceil(len(panel.x) / 8)]
    else:
        ticks = steps(panel.x[0], panel.x[-1])
    return (low, high, log), [v for v in ticks if low <= v <= high]


def legend_rows(panel: Panel) -> list[list[int]]:
    """The series in each line of the legend; one series needs none, and neither does a picture."""
    if len(panel.series) < 2 or panel.kind == "image":
        return []
    rows, used = [[]], 0.0
    for i, series in enumerate(panel.series):
        width = legend_width(series.name)
        if rows[-1] and used + width > WIDTH:
            rows.append([])
            used = 0.0
        rows[-1].append(i)
        used += width
    return rows


def legend_width(name: str) -> float:
    """Pixels that one entry of the legend takes."""
    return 28 + len(name) * LETTER + 16
