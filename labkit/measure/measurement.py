"""`Measurement`: all that is known of one variant, as one row that can be kept, compared and pooled."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime

import numpy as np

from labkit import __version__
from labkit.measure.machine import fingerprint
from labkit.measure.memory import Peak
from labkit.measure.size import Size
from labkit.measure.statistics import wilson
from labkit.measure.timing import Timing


@dataclass(frozen=True)
class Measurement:
    """One variant on one machine. Times in milliseconds of one call, sizes in bytes, shares 0..1; None: not measured.

    Every figure that was estimated stands with its 95 % interval (`_low`, `_high`); for memory these are the smallest
    and the largest of the runs.
    """

    variant: str
    lab: str
    runtime: str
    threads: int = 1
    batch: int = 1
    baseline: str | None = None
    latency_ms: float | None = None
    latency_low_ms: float | None = None
    latency_high_ms: float | None = None
    latency_p95_ms: float | None = None
    ratio: float | None = None
    ratio_low: float | None = None
    ratio_high: float | None = None
    verdict: str | None = None
    size_bytes: int | None = None
    gzip_bytes: int | None = None
    parameters: int | None = None
    accuracy: float | None = None
    accuracy_low: float | None = None
    accuracy_high: float | None = None
    images: int | None = None
    peak_memory_bytes: int | None = None
    peak_memory_low: int | None = None
    peak_memory_high: int | None = None
    machine: dict = field(default_factory=fingerprint)
    labkit: str = __version__
    time: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))


def measurement(
    variant: str,
    lab: str,
    predict=None,
    timing: Timing | None = None,
    size: Size | None = None,
    correct: np.ndarray | None = None,
    peak: Peak | None = None,
    **facts,
) -> Measurement:
    """The row of a variant, from whatever was measured of it.

    Args:
        predict: from `labkit.runtimes`; it knows its runtime and threads.
        correct: bool `(n,)`, which images were labelled correctly.
        facts: further fields of `Measurement`, such as `parameters=1_180_074` or `batch=32`.

    Raises:
        TypeError: a fact is not a field of `Measurement`, or no runtime is named.
    """
    unknown = set(facts) - {one.name for one in fields(Measurement)}
    if unknown:
        raise TypeError(f"a measurement has no field {sorted(unknown)}; see labkit.measure.Measurement")
    row: dict = {"variant": variant, "lab": lab}
    if predict is not None:
        row |= {name: getattr(predict, name) for name in ("runtime", "threads") if hasattr(predict, name)}
    if timing is not None:
        row |= {key: value for key, value in asdict(timing).items() if key not in ("name", "p05_ms", "p95_ms")}
        row["latency_p95_ms"] = timing.p95_ms
    if size is not None:
        row |= {"size_bytes": size.size_bytes, "gzip_bytes": size.gzip_bytes}
    if correct is not None:
        low, high = wilson(int(correct.sum()), len(correct))
        row |= {"accuracy": float(correct.mean()), "accuracy_low": low, "accuracy_high": high, "images": len(correct)}
    if peak is not None:
        row |= {"peak_memory_bytes": peak.peak_memory_bytes, "peak_memory_low": peak.low, "peak_memory_high": peak.high}
    row |= facts
    if "runtime" not in row:
        raise TypeError("give predict= or runtime=: a variant is a model with a runtime")
    return Measurement(**row)
