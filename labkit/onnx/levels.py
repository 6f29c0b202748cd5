"""What each level of ONNX Runtime's optimiser makes of a file, and what that is worth in time."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from labkit.measure.stopwatch import race
from labkit.onnx.operations import graph, optimised
from labkit.runtimes import LEVELS, onnx_predictor


def levels(files: Mapping[str, str | Path], images: np.ndarray, seconds: float = 5.0) -> list[dict]:
    """One row for each file and level: `file`, `level`, `counts` of its operations, `latency_ms` with its interval, and
    the `ratio` to the first file without optimiser with its interval. One thread; all take turns.

    Args:
        files: `.onnx` files by name.
        images: float32, one batch.

    Raises:
        FileNotFoundError, ValueError: as `labkit.onnx.check_file`, or there are no files.
    """
    if not files:
        raise ValueError("there are no files to compare")
    counts, calls = {}, {}
    for name, path in files.items():
        for level in LEVELS:
            with tempfile.TemporaryDirectory() as folder:
                nodes = graph(optimised(path, Path(folder) / "optimised.onnx", level))
            counts[name, level] = dict(Counter(node.label for node in nodes))
            predict = onnx_predictor(path, level=level)
            calls[name, level] = lambda predict=predict: predict(images)
    timed = race(calls, seconds=seconds)
    fields = ("latency_ms", "latency_low_ms", "latency_high_ms", "ratio", "ratio_low", "ratio_high")
    return [
        {"file": name, "level": level, "counts": counts[name, level]}
        | {field: getattr(timed[name, level], field) for field in fields}
        for name, level in calls
    ]
