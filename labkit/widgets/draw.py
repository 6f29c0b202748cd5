"""A panel drawn as SVG text. Colours that the page decides are `currentColor`, so one drawing suits light and dark."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from labkit import pixels
from labkit.widgets.chart import STATES, Panel, View, number
from labkit.widgets.layout import LINE, PIXEL, WIDTH, Plot, legend_rows, legend_width, place

COLOURS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9")  # Okabe and Ito
DASHES = ("none", "7 3", "2 3", "10 3 2 3", "5 5", "1 5")
STRIPES = ("none", "1.5 4.5", "3 3", "4.5 1.5", "1 2", "6 6")
MARKERS = (  # one path each, drawn after a move to the point
    "m-3.5,0a3.5,3.5 0 1,0 7,0a3.5,3.5 0 1,0 -7,0z",
    "m-3.2,-3.2h6.4v6.4h-6.4z",
    "m0,-4.4l4,7h-8z",
    "m0,-4.6l4.6,4.6l-4.6,4.6l-4.6,-4.6z",
    "m-4,-2.6h8l-4,7z",
    "m-3.5,-1h7v2h-7z",
)
BAR = 30  # the thickest that a bar gets
MOST_MARKERS = 40  # on one curve
SHOWN = {"f": (1, 1), "d": (0.8, 0), "o": (0.4, 0), "-": (0, 0)}  # of a dot: opacity, opacity of its filling
EDGE = 6  # how far a marker may reach out of the plot


def svg(panel: Panel, paper: Plot, view: View, label: str) -> str:
    """`panel` at one position of the sliders, as SVG text; `label` is what a screen reader says."""
    width, tall = paper.width + 2 * EDGE, paper.height + 2 * EDGE
    height = paper.top + paper.height + (38 if panel.x_label or panel.kind == "bars" else 22)
    return (
        f'<svg class="lk-chart" role="img" aria-label="{escape(label)}" viewBox="0 0 {WIDTH} {height:g}" '
        'font-family="system-ui, sans-serif" font-size="12" fill="currentColor" '
        'xmlns="http://www.w3.org/2000/svg" style="max-width: 500px; width: 100%">'
        f'<text y="13" font-weight="600">{escape(panel.title)}</text>{_legend(panel)}{_axes(panel, paper)}'
        f'<svg aria-hidden="true" x="{paper.left - EDGE:g}" y="{paper.top - EDGE:g}" width="{width:g}" '
        f'height="{tall:g}" viewBox="{-EDGE} {-EDGE} {width:g} {tall:g}">{DRAWN[panel.kind](panel, paper, view)}</svg>'
        f"{_totals(panel, paper, view) if panel.kind == 'bars' else _mark(panel, paper, view)}</svg>"
    )


def point(panel: Panel, view: View) -> tuple[float, float] | None:
    """The highlighted point of a line panel in its own units, or None."""
    if view.at is None:
        return view.mark
    series, index = view.at
    return panel.x[index], panel.values(view)[series][index]


def _legend(panel: Panel) -> str:
    parts = []
    for row, members in enumerate(legend_rows(panel)):
        x, y = 0.0, 13 + LINE * (row + 1)
        for i in members:
            sample = SAMPLES[panel.kind](panel, i, x, y)
            parts.append(f'{sample}<text x="{x + 28:g}" y="{y}">{escape(panel.series[i].name)}</text>')
            x += legend_width(panel.series[i].name)
    return "".join(parts)


def _sample(panel: Panel, i: int, x: float, y: float) -> str:
    marked = panel.series[i].y is not None and panel.points <= MOST_MARKERS
    marker = f'<path d="M{x + 11:g} {y - 4}{MARKERS[i % 6]}" fill="{COLOURS[i % 6]}"/>' if marked else ""
    return f'<path d="M{x:g} {y - 4}h22" {_stroke(i)}/>{marker}'


def _dot_sample(_panel: Panel, i: int, x: float, y: float) -> str:
    return f'<path d="M{x + 16:g} {y - 4}{MARKERS[i % 6]}" fill="{COLOURS[i % 6]}"/>'


def _swatch(_panel: Panel, i: int, x: float, y: float) -> str:
    stripes = f'<path d="M{x:g} {y - 4}h22" {_striped(i, 11)}/>'
    return f'<rect x="{x:g}" y="{y - 9.5:g}" width="22" height="11" fill="{COLOURS[i % 6]}"/>{stripes}'


def _stroke(i: int) -> str:
    return f'fill="none" stroke="{COLOURS[i % 6]}" stroke-width="2" stroke-dasharray="{DASHES[i % 6]}"'


def _striped(i: int, thick: float) -> str:
    # A thick dashed line makes stripes without a pattern, whose id would have to be unique in the page.
    opacity = 0 if STRIPES[i % 6] == "none" else 0.45
    return f'stroke="#fff" stroke-opacity="{opacity}" stroke-width="{thick:g}" stroke-dasharray="{STRIPES[i % 6]}"'


def _axes(panel: Panel, paper: Plot) -> str:
    if panel.kind == "image":
        return ""
    left, bottom = paper.left, paper.top + paper.height
    right, grid, text = left + paper.width, [], []
    if panel.kind == "bars":
        for value in paper.y_ticks:
            x = left + paper.along(value)
            grid.append(f"M{x:g} {paper.top:g}V{bottom:g}")
            text.append(f'<text x="{x:g}" y="{bottom + 16:g}" text-anchor="middle">{number(value)}</text>')
        for i, name in enumerate(panel.x):
            y = paper.top + _middle(panel, paper, i) + 4
            text.append(f'<text x="{left - 10:g}" y="{y:g}" text-anchor="end">{escape(str(name))}</text>')
        below = panel.y_label
    else:
        for value in paper.y_ticks:
            y = paper.top + paper.down(value)
            grid.append(f"M{left:g} {y:g}H{right:g}")
            text.append(f'<text x="{left - 8:g}" y="{y + 4:g}" text-anchor="end">{number(value)}</text>')
        for value in paper.x_ticks:
            x = left + paper.across(value)
            text.append(f'<text x="{x:g}" y="{bottom + 16:g}" text-anchor="middle">{number(value)}</text>')
        text.append(f'<text y="{paper.top - 12:g}">{escape(panel.y_label)}</text>')
        below = panel.x_label
    text.append(f'<text x="{left + paper.width / 2:g}" y="{bottom + 33:g}" text-anchor="middle">{escape(below)}</text>')
    return f'<path d="{"".join(grid)}" stroke="currentColor" stroke-opacity="0.18"/>{"".join(text)}'


def _curve(xs: Sequence[float], ys: Sequence[float], paper: Plot) -> str:
    return "M" + "L".join(f"{paper.across(x):g} {paper.down(y):g}" for x, y in zip(xs, ys))


def _lines(panel: Panel, paper: Plot, view: View) -> str:
    parts = []
    for i, (series, ys) in enumerate(zip(panel.series, panel.values(view))):
        colour = COLOURS[i % 6]
        faded = view.at is not None and view.at[0] != i
        parts.append(f'<g data-series="{i}" opacity="{0.55 if faded else 1}">')
        if series.low is not None:
            parts.append(_intervals(panel.x, series.low, series.high, paper, colour))
        parts.append(f'<path class="lk-curve" d="{_curve(panel.x, ys, paper)}" {_stroke(i)}/>')
        if series.y is not None and panel.points <= MOST_MARKERS:
            markers = "".join(f"M{paper.across(x):g} {paper.down(y):g}{MARKERS[i % 6]}" for x, y in zip(panel.x, ys))
            parts.append(f'<path d="{markers}" fill="{colour}"/>')
        parts.append("</g>")
    return "".join(parts)


def _intervals(xs: Sequence[float], low: Sequence[float], high: Sequence[float], paper: Plot, colour: str) -> str:
    if len(xs) > 16:  # too many for bars: a band
        there = _curve(xs, low, paper)
        back = _curve(xs[::-1], high[::-1], paper).replace("M", "L", 1)
        return f'<path d="{there}{back}Z" fill="{colour}" fill-opacity="0.2"/>'
    bars = "".join(
        f"M{paper.across(x) - 4:g} {paper.down(a):g}h8m-4 0V{paper.down(b):g}m-4 0h8" for x, a, b in zip(xs, low, high)
    )
    return f'<path class="lk-interval" d="{bars}" fill="none" stroke="{colour}" stroke-width="1.5"/>'


def _bars(panel: Panel, paper: Plot, view: View) -> str:
    parts, bar = [], min(BAR, round(0.7 * paper.height / panel.points))
    for b in range(panel.points):
        total, y = 0.0, _middle(panel, paper, b)
        for i, values in enumerate(panel.values(view)):
            x = paper.along(total)
            total += values[b]
            width = round(paper.along(total) - x, 1)
            parts.append(
                f'<g data-bar="{b}" data-series="{i}" data-value="{values[b]:g}">'
                f'<rect x="{x:g}" y="{y - bar / 2:g}" width="{width:g}" height="{bar}" fill="{COLOURS[i % 6]}"/>'
                f'<path d="M{x:g} {y:g}h{width:g}" {_striped(i, bar)}/></g>'
            )
    return "".join(parts)


def _middle(panel: Panel, paper: Plot, bar: int) -> float:
    """Pixels from the plot's top edge to the middle of a lying bar."""
    return paper.height / panel.points * (bar + 0.5)


def _totals(panel: Panel, paper: Plot, view: View) -> str:
    totals = [sum(stack) for stack in zip(*panel.values(view))]
    return "".join(
        f'<text class="lk-total" x="{paper.left + paper.along(total) + 6:g}" '
        f'y="{paper.top + _middle(panel, paper, b) + 4:g}" font-weight="600">{number(total)}</text>'
        for b, total in enumerate(totals)
    )


def _columns(panel: Panel, paper: Plot, view: View) -> str:
    parts, every = [], panel.values(view)
    for i, values in enumerate(every):
        for b, value in enumerate(values):
            left, right = paper.across(panel.x[b]), paper.across(panel.x[b + 1])
            width = (right - left) / len(every)
            y = paper.down(value)
            parts.append(
                f'<rect data-bar="{b}" data-series="{i}" data-value="{value:g}" x="{left + i * width + 0.5:g}" '
                f'y="{y:g}" width="{max(width - 1, 0.5):g}" height="{paper.height - y:g}" fill="{COLOURS[i % 6]}"/>'
            )
    return "".join(parts)


def _dots(panel: Panel, paper: Plot, view: View) -> str:
    """Every dot with its interval and its number, which shows on the front alone, and the front as a staircase."""
    parts = [f'<path class="lk-front" d="{_front(panel, paper, view)}" fill="none" stroke="currentColor"/>']
    for i, (dot, state) in enumerate(zip(panel.dots, view.states)):
        x, y = (0, 0) if dot.x is None else (paper.across(dot.x), paper.down(dot.y))
        top, bottom = round(paper.down(dot.high) - y, 1), round(paper.down(dot.low) - y, 1)
        colour, (opacity, filling) = COLOURS[dot.group % 6], SHOWN[state]
        parts.append(
            f'<g data-dot="{i}" transform="translate({x:g} {y:g})" opacity="{opacity}" fill-opacity="{filling}" '
            f'stroke="{colour}"><title>{i + 1}: {escape(dot.name)}, {escape(dot.text)}, {STATES[state]}</title>'
            f'<path d="M0 {top:g}V{bottom:g}" stroke-opacity="0.5"/>'
            f'<path d="M0 0{MARKERS[dot.group % 6]}" fill="{colour}" stroke-width="1.5"/>'
            f'<text x="6" y="-6" font-size="10" stroke="none" fill="currentColor">{i + 1}</text></g>'
        )
    return "".join(parts)


def _front(panel: Panel, paper: Plot, view: View) -> str:
    """The staircase through the dots of the front: below it and to its right, a variant is beaten."""
    places = sorted(
        (paper.across(dot.x), paper.down(dot.y)) for dot, state in zip(panel.dots, view.states) if state == "f"
    )
    if not places:
        return ""
    steps = "".join(f"H{x:g}V{y:g}" for x, y in places[1:])
    return f"M{places[0][0]:g} {paper.height:g}V{places[0][1]:g}{steps}H{paper.width:g}"


def _mark(panel: Panel, paper: Plot, view: View) -> str:
    if panel.kind not in ("line", "scatter"):
        return ""
    found = point(panel, view)
    hidden = found is None or not all(0 <= place(v, a) <= 1 for v, a in zip(found, (paper.x, paper.y)))
    x, y = (0, 0) if hidden else (paper.left + paper.across(found[0]), paper.top + paper.down(found[1]))
    state = 'visibility="hidden"' if hidden else f'data-x="{found[0]:g}" data-y="{found[1]:g}"'
    before = x > paper.left + 90  # left of a rising curve is free, unless the label would leave the plot
    anchor = "end" if before else "start"
    return (
        f'<g class="lk-point" {state}>'
        f'<path class="lk-guide" d="M{x:g} {y:g}V{paper.top + paper.height:g}M{x:g} {y:g}H{paper.left:g}" '
        'stroke="currentColor" stroke-opacity="0.6" stroke-dasharray="1 3"/>'
        f'<circle cx="{x:g}" cy="{y:g}" r="7" fill="none" stroke="currentColor" stroke-width="2.5"/>'
        f'<text x="{x + (-13 if before else 13):g}" y="{y - 11:g}" text-anchor="{anchor}" font-weight="600">'
        f"{escape(view.label)}</text></g>"
    )


def _pictures(panel: Panel, paper: Plot, view: View) -> str:
    """Every picture, all but one hidden, each shade one path of lines as thick as a pixel."""
    parts = []
    for i, series in enumerate(panel.series):
        shown = "" if view.at is not None and view.at[0] == i else ' visibility="hidden"'
        parts.append(f'<g data-series="{i}" shape-rendering="crispEdges" stroke-width="{PIXEL}"{shown}>')
        square = np.reshape(series.y, (len(panel.x), len(panel.x)))
        for shade, runs in pixels.runs(square).items():
            d = "".join(f"M{PIXEL * x} {PIXEL * y + PIXEL // 2}h{PIXEL * length}" for y, x, length in runs)
            parts.append(f'<path d="{d}" stroke="{pixels.grey(shade)}"/>')
        parts.append("</g>")
    return "".join(parts)


DRAWN = {"line": _lines, "bars": _bars, "hist": _columns, "image": _pictures, "scatter": _dots}
SAMPLES = {"line": _sample, "bars": _swatch, "hist": _swatch, "scatter": _dot_sample}
