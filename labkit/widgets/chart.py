"""What a chart holds: its axes, its series, and what each position of the sliders shows of it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

KINDS = ("line", "bars", "hist", "image", "scatter")
STATES = {"f": "on the front", "d": "dominated", "o": "outside the limits", "-": "not measured"}
NOT_FINITE = "holds a value that is missing or not finite"


@dataclass(frozen=True)
class Series:
    """One curve of a line panel, one colour of the bars, one set of columns, or one picture.

    Args:
        name: as in the legend.
        y: its values; None when every frame brings its own. Of a picture: its pixels row by row, 0 (black) to 255.
        low, high: the ends of the 95 % intervals, line panels only.
    """

    name: str
    y: Sequence[float] | None = None
    low: Sequence[float] | None = None
    high: Sequence[float] | None = None


@dataclass(frozen=True)
class Dot:
    """One thing in a scatter panel.

    Args:
        name: what it is, shown when the reader looks at it.
        x: None where it was not measured: the dot is not drawn, but keeps its number.
        low, high: the ends of the 95 % interval of `y`.
        group: which of the panel's series it belongs to.
        text: its figures in words, for a screen reader.
    """

    name: str
    x: float | None
    y: float
    low: float
    high: float
    group: int = 0
    text: str = ""


@dataclass(frozen=True)
class View:
    """What one panel shows at one position of the sliders.

    Args:
        y: the values of each series that has none of its own, in the panel's order.
        at: `(series, index)`, the point to highlight; its curve is emphasised. Of an image panel: `(series, 0)`, the
            picture to show.
        mark: `(x, y)`, a highlighted point that belongs to no curve, such as a crossing.
        label: a word or two beside the highlighted point.
        states: of a scatter panel: a letter for each dot, a key of `STATES`; the front is drawn through those with "f".
    """

    y: Sequence[Sequence[float]] = ()
    at: tuple[int, int] | None = None
    mark: tuple[float, float] | None = None
    label: str = ""
    states: str = ""


@dataclass(frozen=True)
class Panel:
    """One chart.

    Args:
        kind: "line" (curves), "bars" (lying bars, one for each name in `x`, the series stacked), "hist" (columns),
            "image" (one of several square pictures) or "scatter" (dots, and a front through the best of them: less of
            `x` and more of `y` is better).
        x: line: the values; bars: the names; hist: the edges of the columns, one more than there are columns; image:
            the columns of pixels; scatter: the two ends of the axis.
        series: scatter: the groups of the dots, by name alone.
        dots: scatter only.
        x_scale, y_scale: "linear" or "log"; only lines have a logarithmic y, only lines and dots a logarithmic x.
        x_ticks: where to write the x axis; None chooses.
        y_limits: the ends of the value axis; None takes them from every frame together. Curves beyond are cut.

    Raises:
        ValueError: a value is missing, not finite or not positive on a logarithmic axis, or lengths differ.
    """

    kind: str
    title: str
    x_label: str
    y_label: str
    x: Sequence
    series: Sequence[Series]
    x_scale: str = "linear"
    y_scale: str = "linear"
    x_ticks: Sequence[float] | None = None
    y_limits: tuple[float, float] | None = None
    dots: Sequence[Dot] = ()

    def __post_init__(self):
        def need(true: bool, message: str) -> None:
            if not true:
                raise ValueError(f"panel {self.title!r}: {message}")

        need(self.kind in KINDS, f"kind is one of {', '.join(KINDS)}, not {self.kind!r}")
        need(len(self.series) > 0, "at least one series is needed")
        need(self.points > 0, "x is empty")
        need({self.x_scale, self.y_scale} <= {"linear", "log"}, "a scale is 'linear' or 'log'")
        need(self.kind in ("line", "scatter") or self.x_scale == "linear", "only lines and dots have a log x scale")
        need(self.kind == "line" or self.y_scale == "linear", "only lines have a log y scale")
        need(self.y_limits is None or self.y_limits[0] < self.y_limits[1], "y_limits go from low to high")
        if self.kind != "bars":
            need(finite(self.x), f"x {NOT_FINITE}")
            need(all(a < b for a, b in zip(self.x, self.x[1:])), "x must grow from value to value")
            need(self.x_scale == "linear" or min(self.x) > 0, "x must be positive on a logarithmic axis")
        need((self.kind == "scatter") == bool(self.dots), "a scatter panel has dots, and no other has")
        if self.kind == "scatter":
            self._check_dots(need)
            return
        for series in self.series:
            for name in ("y", "low", "high"):
                values = getattr(series, name)
                if values is not None:
                    self.check(values, f"{name} of {series.name!r}")
            need((series.low is None) == (series.high is None), f"{series.name!r} has one end of an interval, not both")
            need(series.low is None or series.y is not None, f"{series.name!r} has an interval but no y")
            if self.kind == "image":
                need(series.y is not None, f"the picture {series.name!r} has no pixels")
                need(max(series.y) <= 255, f"a pixel of {series.name!r} is beyond 255, white")
            if series.low is not None:
                inside = all(a <= y <= b for a, y, b in zip(series.low, series.y, series.high))
                need(inside, f"an interval of {series.name!r} does not hold its value")

    def _check_dots(self, need) -> None:
        need(len(self.x) == 2, "x of a scatter panel is the two ends of its axis")
        need(self.y_limits is not None, "a scatter panel needs y_limits")
        need(all(series.y is None for series in self.series), "groups of a scatter panel have no values")
        for dot in self.dots:
            need(finite([0 if dot.x is None else dot.x, dot.low, dot.y, dot.high]), f"dot {dot.name!r} {NOT_FINITE}")
            need(dot.low <= dot.y <= dot.high, f"the interval of dot {dot.name!r} does not hold its value")
            need(dot.x is None or self.x[0] <= dot.x <= self.x[1], f"dot {dot.name!r} is beyond the ends of x")
            need(0 <= dot.group < len(self.series), f"dot {dot.name!r} is of no group")

    @property
    def points(self) -> int:
        """How many values a series has."""
        return len(self.x) ** 2 if self.kind == "image" else len(self.x) - (self.kind == "hist")

    @property
    def moving(self) -> list[int]:
        """The indices of the series whose values come with each frame."""
        return [i for i, series in enumerate(self.series) if series.y is None]

    def check(self, values: Sequence[float], what: str) -> None:
        """Raises ValueError unless `values` can be drawn on this panel."""
        wrong = None
        if len(values) != self.points:
            wrong = f"has {len(values)} values where x has {self.points}"
        elif not finite(values):
            wrong = NOT_FINITE
        elif self.y_scale == "log" and min(values) <= 0:
            wrong = "must be positive on a logarithmic axis"
        elif self.kind != "line" and min(values) < 0:
            wrong = "must not be negative"
        if wrong:
            raise ValueError(f"panel {self.title!r}: {what} {wrong}")

    def check_view(self, view: View) -> None:
        """Raises ValueError unless `view` fits this panel."""
        if self.kind == "scatter":
            self._check_states(view)
            return
        if view.states:
            raise ValueError(f"panel {self.title!r}: only a scatter panel has states")
        if len(view.y) != len(self.moving):
            raise ValueError(f"panel {self.title!r}: a frame brings {len(view.y)} series, not {len(self.moving)}")
        for i, values in zip(self.moving, view.y):
            self.check(values, f"y of {self.series[i].name!r}")
        if view.at is not None:
            series, index = view.at
            if not (0 <= series < len(self.series) and 0 <= index < self.points):
                raise ValueError(f"panel {self.title!r}: there is no point {view.at}")
        if view.mark is not None and not finite(view.mark):
            raise ValueError(f"panel {self.title!r}: the mark {NOT_FINITE}")
        if self.kind == "image":
            if view.at is None or view.mark:
                raise ValueError(f"panel {self.title!r}: a frame says in `at` which picture to show, and nothing else")
        elif self.kind != "line" and (view.at or view.mark):
            raise ValueError(f"panel {self.title!r}: only a line panel has a highlighted point")

    def _check_states(self, view: View) -> None:
        if view.y or view.at or view.mark:
            raise ValueError(f"panel {self.title!r}: a frame brings the states of the dots, and nothing else")
        if len(view.states) != len(self.dots) or set(view.states) - set(STATES):
            raise ValueError(f"panel {self.title!r}: {len(self.dots)} states of {', '.join(STATES)} are needed")
        if any((dot.x is None) != (state == "-") for dot, state in zip(self.dots, view.states)):
            raise ValueError(f"panel {self.title!r}: a dot without x, and no other, has the state '-'")

    def values(self, view: View) -> list[Sequence[float]]:
        """The values of every series at `view`, in order."""
        brought = iter(view.y)
        return [next(brought) if series.y is None else series.y for series in self.series]


def by_values(rows: Sequence[Mapping], names: Sequence[str]) -> dict[tuple, Mapping]:
    """The rows by their values of `names`; raises ValueError where there are none, or two of the same values."""
    found = {tuple(row[name] for name in names): row for row in rows}
    if not found:
        raise ValueError("there are no rows to show")
    if len(found) < len(rows):
        raise ValueError(f"a combination of {' and '.join(names)} is there twice")
    return found


def finite(values: Sequence[float]) -> bool:
    """Whether every value is a number, neither NaN nor infinite."""
    return all(v is not None and math.isfinite(v) for v in values)


def number(value: float) -> str:
    """A value as a person writes it: three digits, thousands apart.

    >>> number(0.12345), number(1234567), number(20.0)
    ('0.123', '1,234,567', '20')
    """
    return f"{value:,.0f}" if abs(value) >= 999.5 else f"{value:.3g}"
