"""Interactive figures: one `Explorer`, and a function for each figure that a lab shows."""

from labkit.widgets.benchmark import cost_calculator, latency_calculator, latency_explorer
from labkit.widgets.browser import BrowserPad, browser_pad
from labkit.widgets.chart import Dot, Panel, Series, View
from labkit.widgets.compare import pareto_explorer
from labkit.widgets.distill import alpha_explorer, temperature_explorer
from labkit.widgets.explorer import Control, Explorer, Frame, combinations
from labkit.widgets.mobile import arena_explorer
from labkit.widgets.onnx import level_explorer
from labkit.widgets.prune import pruning_explorer
from labkit.widgets.quantize import bits_explorer, crossover_explorer

__all__ = [
    "BrowserPad",
    "Control",
    "Dot",
    "Explorer",
    "Frame",
    "Panel",
    "Series",
    "View",
    "alpha_explorer",
    "arena_explorer",
    "bits_explorer",
    "browser_pad",
    "combinations",
    "cost_calculator",
    "crossover_explorer",
    "latency_calculator",
    "latency_explorer",
    "level_explorer",
    "pareto_explorer",
    "pruning_explorer",
    "temperature_explorer",
]
