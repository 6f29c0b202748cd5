"""Plots with units, intervals, and colours that colour-blind readers can tell apart. Each takes and returns an `ax`.

The text that a screen reader says instead of a figure is the figure's label: `ax.figure.set_label("...")`.
"""

from labkit.plots.benchmark import a_a_errors, call_times, peaks, ratios, tradeoff
from labkit.plots.compress import waterfall
from labkit.plots.distill import differences, gradient_scale, soft_labels, students
from labkit.plots.figure import COLOURS, MARKERS, html, setup
from labkit.plots.mobile import device_fit, file_bytes, gain_shares
from labkit.plots.onnx import graph
from labkit.plots.prune import accuracy_curves, ledgers, weight_histogram
from labkit.plots.quantize import precision, ptq_and_qat

__all__ = [
    "COLOURS",
    "MARKERS",
    "a_a_errors",
    "accuracy_curves",
    "call_times",
    "device_fit",
    "differences",
    "file_bytes",
    "gain_shares",
    "gradient_scale",
    "graph",
    "html",
    "ledgers",
    "peaks",
    "precision",
    "ptq_and_qat",
    "ratios",
    "setup",
    "soft_labels",
    "students",
    "tradeoff",
    "waterfall",
    "weight_histogram",
]
