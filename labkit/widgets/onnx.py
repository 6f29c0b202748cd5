"""The figure of lab 05: what each level of the runtime's optimiser makes of a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from labkit.widgets.chart import Panel, Series, View, by_values, number
from labkit.widgets.explorer import Control, Explorer, Frame, combinations

WORDS = {"DISABLE_ALL": "none", "BASIC": "basic", "EXTENDED": "extended", "ALL": "all"}


def level_explorer(rows: Sequence[Mapping], machine: str) -> Explorer:
    """Operations by kind, and latency, at every level of ONNX Runtime's optimiser, for one or several files.

    Args:
        rows: `file`, `level`, `counts` (how often each operation occurs), `latency_ms` (median of one call) with
            `latency_low_ms` and `latency_high_ms`, for every file and level, as `labkit.onnx.levels` gives them.
        machine: where they were measured.

    Raises:
        ValueError: there are no rows, a combination is missing or there twice, or a number is not above 0.
    """
    grid = by_values(rows, ("file", "level"))
    files, levels = (list(dict.fromkeys(row[name] for row in rows)) for name in ("file", "level"))
    _check(grid, files, levels)
    kinds = list(dict.fromkeys(kind for row in rows for kind in row["counts"]))
    names = [WORDS.get(level, level) for level in levels]
    controls = [
        Control("level", range(len(levels)), "level of the optimiser", text=names),
        Control("file", range(len(files)), "file", text=files),
    ]
    frames = []
    for level, file in combinations(controls):
        row = grid[files[file], levels[level]]
        columns = [View(y=[[row["counts"].get(kind, 0) for kind in kinds]]), View(at=(file, level))]
        frames.append(Frame(_readouts(row), columns))
    return Explorer(
        title="What the runtime makes of a file before it runs it",
        description="Each level of the optimiser does what the one before does, and more. Bars are 95 % intervals.",
        controls=controls,
        panels=[
            Panel("bars", "Operations that run", "", "how many", kinds, [Series("operations")]),
            _times(names, [_series(file, [grid[file, level] for level in levels]) for file in files]),
        ],
        frames=frames,
        source=f"Measured on this machine: {machine}",
        **_question(grid[files[0], levels[0]], grid[files[0], levels[-1]]),
    )


def _check(grid: Mapping, files: Sequence[str], levels: Sequence[str]) -> None:
    for file in files:
        for level in levels:
            if (file, level) not in grid:
                raise ValueError(f"no row for {file!r} at level {level}: every combination is needed")
            if not min(grid[file, level][f"latency_{end}ms"] for end in ("", "low_", "high_")) > 0:
                raise ValueError(f"{file!r} at level {level}: a latency must be above 0")


def _times(levels: Sequence[str], series: list[Series]) -> Panel:
    label = "level: " + ", ".join(f"{i} {name}" for i, name in enumerate(levels))
    return Panel("line", "Latency of one call", label, "ms", list(range(len(levels))), series)


def _readouts(row: Mapping) -> dict[str, str]:
    counts = row["counts"]
    times = [f"{row[f'latency_{end}ms']:.3f}" for end in ("", "low_", "high_")]
    return {
        "operations": number(sum(counts.values())),
        "BatchNorms left": number(counts.get("BatchNorm", 0)),
        "ReLUs left": number(counts.get("Relu", 0)),
        "latency": "{} ms ({} to {})".format(*times),
    }


def _series(file: str, rows: Sequence[Mapping]) -> Series:
    return Series(file, *([row[f"latency_{end}ms"] for row in rows] for end in ("", "low_", "high_")))


def _question(before: Mapping, after: Mapping) -> dict:
    """How much of the operations is left; nothing where the choices would not differ."""
    first, last = (sum(row["counts"].values()) for row in (before, after))
    choices = sorted({first, round(first * 0.75), round(first / 2), round(first / 4)}, reverse=True)
    if len(choices) < 4 or last > first:
        return {}
    return {
        "question": f"The first file has {first} operations. About how many run at the highest level?",
        "choices": [f"about {choice}" for choice in choices],
        "answer": f"{last} here.",
    }
