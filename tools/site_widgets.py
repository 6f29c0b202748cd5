"""The explorers of the site, as the labs make them, but from what is shipped: no kernel measures for a page."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from labkit import data, models, prune, quantize, results, sweeps, widgets
from labkit.measure import describe
from labkit.runtimes import torch_predictor
from labkit.widgets import Explorer

SHIRTS = [4, 252, 217, 147, 0, 2]  # the test images that lab 04 shows
SCRIPT = Path(widgets.__file__).with_name("explorer.js")
STYLE = SCRIPT.with_suffix(".css")
EXPORT = "export default { render };"


def script(mount: str) -> str:
    """The explorer's own script, then `mount`, as one script that also runs on a page opened from disk.

    Raises:
        ValueError: the explorer no longer ends with its export.
    """
    explorer = SCRIPT.read_text(encoding="utf-8")
    if explorer.count(EXPORT) != 1:
        raise ValueError(f"{SCRIPT.name} does not hold the line `{EXPORT}`: a page cannot call it")
    return f"(() => {{\n{explorer.replace(EXPORT, '')}\n{mount}}})();\n"


def live(name: str) -> str:
    """The explorer that `labkit.widgets` has under `name`, HTML text: a still figure until live.js moves it.

    Raises:
        KeyError: no explorer of this name can be built from what is shipped.
    """
    if name not in EXPLORERS:
        raise KeyError(f"{name}: say in tools/site_widgets.py what the site shows for it")
    explorer = EXPLORERS[name]()
    state = json.dumps({"spec": explorer.spec, "position": explorer.position}, allow_nan=False)
    state = state.replace("<", "\\u003c")  # no text in it can end the script early
    return f'<div class="lk-live"><script type="application/json">{state}</script>{explorer.figure()}</div>'


def latency() -> Explorer:
    sweep = sweeps.load("benchmark_batch")
    explorer = widgets.latency_explorer(sweep.rows, describe(sweep.machine))
    explorer.spec = explorer.spec | {"source": sweep.source}
    return explorer


def bits() -> Explorer:
    layers = quantize.layers(models.load_baseline())
    weights = {name: layer.weight.detach().numpy() for name, layer in layers.items()}
    rounded, alone = sweeps.load("quantize_bits"), sweeps.load("quantize_layers")
    return widgets.bits_explorer(weights, rounded.select(outlier="no"), alone.rows, rounded.source)


def crossover() -> Explorer:
    sweep = sweeps.load("quantize_crossover")
    return widgets.crossover_explorer(sweep.rows, sweep.source)


def pruning() -> Explorer:
    loaded = [sweeps.load(f"prune_{part}") for part in ("unstructured", "structured")]
    accuracies = [row for sweep in loaded for row in sweep.rows if row["kind"] != "random"]
    costs = sweeps.load("prune_amounts")
    return widgets.pruning_explorer(accuracies, costs.rows, prune.EDGES, [loaded[0].source, costs.source])


def temperature() -> Explorer:
    test = data.load().test
    logits = torch_predictor(models.load_baseline())(test.inputs[SHIRTS])
    source = "Computed from the shipped weights of the baseline."
    return widgets.temperature_explorer(test.images[SHIRTS], logits, test.labels[SHIRTS], data.CLASSES, source)


def alpha() -> Explorer:
    sweep = sweeps.load("distill_alpha_temperature")
    return widgets.alpha_explorer(sweep.rows, sweep.source)


def pareto() -> Explorer:
    rows = results.everything(own=False)
    machine = rows["machine"].iloc[-1]
    source = f"{machine[:1].upper()}{machine[1:]}, measured by the solutions of labs 01 to 06"
    return widgets.pareto_explorer(results.comparable(rows, machine).to_dict("records"), "baseline", source)


EXPLORERS: dict[str, Callable[[], Explorer]] = {
    "latency_calculator": widgets.latency_calculator,
    "cost_calculator": widgets.cost_calculator,
    "latency_explorer": latency,
    "bits_explorer": bits,
    "crossover_explorer": crossover,
    "pruning_explorer": pruning,
    "temperature_explorer": temperature,
    "alpha_explorer": alpha,
    "pareto_explorer": pareto,
}
