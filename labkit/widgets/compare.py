"""The figure of lab 07: every variant of one machine, the Pareto fronts, and limits that the reader sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isnan

from labkit.choice import pareto_front
from labkit.results import BUDGETS
from labkit.widgets.chart import Dot, Panel, Series, View
from labkit.widgets.explorer import Control, Explorer, Frame, combinations
from labkit.widgets.layout import log_steps

OWN_BYTES = (30_000, 64_000, 150_000, 500_000, 2_000_000)
ANY = 1e15  # no limit
SLOWEST_MS = (ANY, 0.5, 0.2, 0.1, 0.05)
WORST_DROP = (ANY, 2.0, 1.0, 0.5, 0.2)
COSTS = {"size_bytes": ("size of the file, kB", 1000), "latency_ms": ("latency of one image, ms", 1)}
MEMORY = {"peak_memory_bytes": ("peak memory of a process, MB", 1_000_000)}
SHORT = {"size_bytes": "bytes", "latency_ms": "latency", "peak_memory_bytes": "memory"}


def pareto_explorer(rows: Sequence[Mapping], baseline: str, source: str) -> Explorer:
    """Accuracy against bytes, against latency and, if it was measured, against memory; limits dim what breaks them.

    Args:
        rows: of one machine, such as `results.comparable(...).to_dict("records")`: `variant`, `runtime`, `accuracy`
            with `accuracy_low` and `accuracy_high`, `size_bytes`, `latency_ms`, `peak_memory_bytes` (may be missing;
            shown from two rows on).
        baseline: the variant whose accuracy drops are counted from.
        source: where the rows are from.

    Raises:
        ValueError: there are no rows, they are of two machines, or none is of the baseline.
    """
    if not len(rows):
        raise ValueError("there are no rows to show")
    if len({row.get("machine") for row in rows}) > 1:
        raise ValueError("these rows are of two machines, and times of two machines cannot be compared: take one")
    reference = max((row["accuracy"] for row in rows if row["variant"] == baseline), default=None)
    if reference is None:
        raise ValueError(f"no row of the baseline {baseline!r}; there are {sorted({row['variant'] for row in rows})}")
    costs = COSTS | (MEMORY if sum(_known(row, "peak_memory_bytes") for row in rows) > 1 else {})
    controls = _controls()
    panels = [_panel(rows, name, *costs[name]) for name in costs]
    frames = [_frame(rows, costs, reference, *limits) for limits in combinations(controls)]
    return Explorer(
        title="What is worth keeping",
        description="Full marks are on the front: nothing within the limits is at least as good in both and better in "
        "one. Hollow ones are dominated, pale ones are outside the limits. Look at one with the pointer or the slider.",
        controls=controls,
        panels=panels,
        frames=frames,
        source=source,
        table=[words(row) for row in rows],
    )


def _controls() -> list[Control]:
    sizes = sorted([*OWN_BYTES, *(budget.max_bytes for budget in BUDGETS)])
    device = {budget.max_bytes: f" ({budget.device})" for budget in BUDGETS}
    return [
        Control(
            "max_bytes", [*sizes, ANY], "largest file", start=ANY,
            text=[*(_size(b) + device.get(b, "") for b in sizes), "any"],
        ),
        Control("max_ms", SLOWEST_MS, "longest latency", text=_texts(SLOWEST_MS, "ms")),
        Control("max_drop", WORST_DROP, "largest drop", text=_texts(WORST_DROP, "points")),
    ]  # fmt: skip


def _texts(values, unit: str) -> list[str]:
    words = ["any" if value >= ANY else f"{value:g} {unit}" for value in values]
    return ["1 point" if word == "1 points" else word for word in words]


def _size(size_bytes: float) -> str:
    unit, name = next((u, n) for u, n in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1, "bytes")) if size_bytes >= u)
    return f"{size_bytes / unit:.3g} {name}"


def _known(row: Mapping, name: str) -> bool:
    value = row.get(name)
    return value is not None and not isnan(value)


def _name(row: Mapping) -> str:
    return f"{row['variant']}, {row['runtime']}"


def words(row: Mapping) -> dict[str, str]:
    """A row as the table shows it."""
    accuracy, low, high = (100 * row[name] for name in ("accuracy", "accuracy_low", "accuracy_high"))
    memory = _size(row["peak_memory_bytes"]) if _known(row, "peak_memory_bytes") else "not measured"
    return {
        "variant": row["variant"],
        "runtime": row["runtime"],
        "size": _size(row["size_bytes"]),
        "latency": f"{row['latency_ms']:.3g} ms",
        "memory": memory,
        "accuracy": f"{accuracy:.2f} % ({low:.2f} to {high:.2f})",
    }


def _panel(rows: Sequence[Mapping], name: str, label: str, unit: float) -> Panel:
    runtimes = sorted({row["runtime"] for row in rows})
    values = [row[name] / unit for row in rows if _known(row, name)]
    ticks = log_steps(min(values), max(values))
    dots = [
        Dot(
            _name(row),
            row[name] / unit if _known(row, name) else None,
            100 * row["accuracy"],
            100 * row["accuracy_low"],
            100 * row["accuracy_high"],
            runtimes.index(row["runtime"]),
            ", ".join(list(words(row).values())[2:]),
        )
        for row in rows
    ]
    lows, highs = [dot.low for dot in dots], [dot.high for dot in dots]
    return Panel(
        "scatter", f"Accuracy against {SHORT[name]}", label, "accuracy, %", (ticks[0], ticks[-1]),
        [Series(runtime) for runtime in runtimes], x_scale="log", x_ticks=ticks,
        y_limits=(float(int(min(lows))), float(min(100, int(max(highs)) + 1))), dots=dots,
    )  # fmt: skip


def _frame(rows, costs, reference: float, max_bytes: float, max_ms: float, max_drop: float) -> Frame:
    inside = [
        i
        for i, row in enumerate(rows)
        if row["size_bytes"] <= max_bytes
        and row["latency_ms"] <= max_ms
        and 100 * (reference - row["accuracy"]) <= max_drop + 1e-9
    ]
    views = [View(states=_states(rows, name, inside)) for name in costs]
    best = {"smallest": "size_bytes", "fastest": "latency_ms", "most accurate": "accuracy"}
    readouts = {"within the limits": f"{len(inside)} of {len(rows)}"}
    for word, name in best.items():
        one = min(inside, key=lambda i: rows[i][name] * (-1 if name == "accuracy" else 1), default=None)
        readouts[word] = "nothing fits" if one is None else f"{one + 1}: {rows[one]['variant']}"
    return Frame(readouts, views)


def _states(rows: Sequence[Mapping], name: str, inside: list[int]) -> str:
    """A letter for each row, see `chart.STATES`: on the front of this cost and the accuracy, dominated, or outside."""
    measured = [i for i in inside if _known(rows[i], name)]
    costs = [[rows[i][name], -rows[i]["accuracy"]] for i in measured]
    front = {measured[k] for k in pareto_front(costs)} if measured else set()
    return "".join(
        "-" if not _known(row, name) else "f" if i in front else "d" if i in measured else "o"
        for i, row in enumerate(rows)
    )
