"""The figure of lab 05: an ONNX file as a picture of its operations, before and after they are fused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from labkit.plots.figure import COLOURS, axes, labelled

ROW = 0.25  # inches from one operation to the next
MOST = 80  # operations of one file that are drawn
TALL = 0.64  # of a row
SHADES = {"Conv": 0, "BatchNorm": 1, "Relu": 2, "MaxPool": 3, "Gemm": 4}
GREY = "#777777"


def graph(sources, ax: Axes | None = None) -> Axes:
    """Each operation as a box, top to bottom in the order of what needs what; several files stand side by side.

    Args:
        sources: an `.onnx` file, a PyTorch network or a list of nodes as `labkit.onnx.graph` gives it, or a dictionary
            of these by name. Of a large file the first operations are drawn.

    Raises:
        FileNotFoundError, ValueError: as `labkit.onnx.check_file`, or a file without operations.
    """
    from labkit.onnx.operations import nodes

    found = sources if isinstance(sources, Mapping) else {_name(sources): sources}
    columns = {name: nodes(source) for name, source in found.items()}
    if not columns or not all(columns.values()):
        raise ValueError("there is nothing to draw: no file, or one without operations")
    places = {name: _places(every[:MOST]) for name, every in columns.items()}
    rows = 1 + max(row for place in places.values() for row, _ in place)
    ax, left, said = axes(ax, height=0.7 + ROW * rows), 0.0, []
    for name, every in columns.items():
        wide = 1 + max(column for _, column in places[name])
        _draw(ax, every[:MOST], places[name], left, wide)
        shown = f", the first {MOST} drawn" if len(every) > MOST else ""
        title = f"{name}: {len(every)}{shown}"
        ax.text(left + wide / 2, -0.9, title, ha="center", va="bottom", fontsize=9, fontweight="bold")
        said.append(f"{title} operations: " + ", ".join(node.label for node in every[:MOST]))
        left += wide + 0.25
    ax.set(
        xlim=(0, left - 0.25), ylim=(rows, -1.6), xticks=(), yticks=(), xlabel="operations, from the first at the top"
    )
    ax.spines[["left", "bottom"]].set_visible(False)
    return labelled(ax, "Graph. " + ". ".join(said))


def _name(source) -> str:
    return Path(source).name if isinstance(source, str | Path) else "network"


def _places(nodes: Sequence) -> list[tuple[int, int]]:
    """Row and column of each node: below all whose outputs it takes, and right above the first that takes its own."""
    made, rows = {}, []
    for node in nodes:
        rows.append(1 + max((made[name] for name in node.inputs if name in made), default=-1))
        made |= dict.fromkeys(node.outputs, rows[-1])
    taken: dict[str, int] = {}
    for i in reversed(range(len(nodes))):
        rows[i] = max(rows[i], min((taken[name] for name in nodes[i].outputs if name in taken), default=0) - 1)
        taken |= {name: min(rows[i], taken.get(name, rows[i])) for name in nodes[i].inputs}
    used = [rows[:i].count(row) for i, row in enumerate(rows)]
    return list(zip(rows, used))


def _draw(ax: Axes, nodes: Sequence, places: Sequence[tuple[int, int]], left: float, wide: int) -> None:
    in_row = [row for row, _ in places]
    centres, made = [], {}
    for node, (row, column) in zip(nodes, places):
        x = left + (column + 0.5) * wide / in_row.count(row)
        for name in node.inputs:
            if name in made:
                above_x, above_row = made[name]
                ax.plot([above_x, x], [above_row + TALL / 2, row - TALL / 2], color="0.6", linewidth=1, zorder=0)
        made |= dict.fromkeys(node.outputs, (x, row))
        centres.append((x, row))
    for node, (x, row) in zip(nodes, centres):
        ax.add_patch(Rectangle((x - 0.45, row - TALL / 2), 0.9, TALL, color="white"))
        pieces = node.label.split(" + ")
        for i, piece in enumerate(pieces):
            colour = COLOURS[SHADES[piece]] if piece in SHADES else GREY
            part = 0.9 / len(pieces)
            ax.add_patch(Rectangle((x - 0.45 + i * part, row - TALL / 2), part, TALL, color=colour, alpha=0.3))
        ax.text(x, row, node.label, ha="center", va="center", fontsize=7)
