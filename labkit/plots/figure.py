"""What every plot shares: colours and markers, axes, and the figure as SVG with a text for screen readers."""

from __future__ import annotations

from html import escape
from io import StringIO
from math import inf

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

# M. Okabe and K. Ito, "Color universal design"; yellow is left out, it is too pale on white.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = "osD^vP*"


def setup() -> None:
    """Shows every figure of this notebook as inline SVG that carries its label, and every table with its whole text."""
    from IPython import get_ipython

    shell = get_ipython()
    if shell is None:
        return
    import pandas as pd
    from matplotlib_inline.backend_inline import set_matplotlib_formats

    pd.set_option("display.max_colwidth", None)
    shell.run_line_magic("matplotlib", "inline")
    set_matplotlib_formats()
    shell.display_formatter.formatters["text/html"].for_type(Figure, html)


def html(figure: Figure) -> str:
    """The figure as one `<svg>` with a role and a label."""
    label = figure.get_label() or "figure without a description"
    drawn = StringIO()
    with plt.rc_context({"svg.fonttype": "none", "svg.hashsalt": label}):
        figure.savefig(drawn, format="svg", bbox_inches="tight", metadata={"Date": None})
    svg = drawn.getvalue()
    svg = svg[svg.index("<svg") :].replace("<svg", f'<svg role="img" aria-label="{escape(label)}"', 1)
    return f'<div style="background: white; max-width: 100%; overflow-x: auto">{svg}</div>'


def axes(ax: Axes | None, height: float = 3.0) -> Axes:
    """`ax`, or the only axes of a new figure of 7 inches by `height`."""
    if ax is None:
        ax = plt.subplots(figsize=(7, height))[1]
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def interval(what: str, middle: float, low: float, high: float) -> tuple[float, float]:
    """How far an interval reaches below and above its middle.

    Raises:
        ValueError: something is NaN or infinite, or the middle is outside.
    """
    if not -inf < low <= middle <= high < inf:
        raise ValueError(f"{what}: an interval holds its middle and is finite, not {low} to {high} around {middle}")
    return middle - low, high - middle


def log_x(ax: Axes) -> None:
    """A logarithmic x axis whose ticks are plain numbers: 1, 2, 5, 10."""
    ax.set_xscale("log")
    ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.xaxis.set_major_formatter("{x:g}")
    ax.xaxis.set_minor_formatter("")


def labelled(ax: Axes, text: str) -> Axes:
    ax.figure.set_label(text)
    return ax
