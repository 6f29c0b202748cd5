"""Measuring: time, size, memory, accuracy, and how far each may be from the truth."""

from labkit.measure.comparison import Agreement, Comparison, compare
from labkit.measure.machine import describe, fingerprint
from labkit.measure.measurement import Measurement, measurement
from labkit.measure.memory import Peak, peak_memory
from labkit.measure.processes import race_processes
from labkit.measure.size import MB, MIB, Size, size
from labkit.measure.statistics import accuracy_difference, mcnemar, median_interval, wilson
from labkit.measure.stopwatch import race, time_budget, time_calls
from labkit.measure.sweep import batch_sweep
from labkit.measure.timing import MARGIN, Race, Timing, interval, paired_ratio, verdict

__all__ = [
    "MARGIN",
    "MB",
    "MIB",
    "Agreement",
    "Comparison",
    "Measurement",
    "Peak",
    "Race",
    "Size",
    "Timing",
    "accuracy_difference",
    "batch_sweep",
    "compare",
    "describe",
    "fingerprint",
    "interval",
    "mcnemar",
    "measurement",
    "median_interval",
    "paired_ratio",
    "peak_memory",
    "race",
    "race_processes",
    "size",
    "time_budget",
    "time_calls",
    "verdict",
    "wilson",
]
