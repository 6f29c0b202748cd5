"""The explorers of labs 02 to 07 as the labs make them, from what is shipped."""

from labkit import data, models, prune, quantize, results, sweeps, widgets
from labkit.runtimes import torch_predictor


def bits():
    layers = quantize.layers(models.load_baseline())
    weights = {name: layer.weight.detach().numpy() for name, layer in layers.items()}
    rows, alone = sweeps.load("quantize_bits").select(outlier="no"), sweeps.load("quantize_layers").rows
    return widgets.bits_explorer(weights, rows, alone, "shipped")


def crossover():
    return widgets.crossover_explorer(sweeps.load("quantize_crossover").rows, "shipped")


def pruning():
    rows = [row for part in ("unstructured", "structured") for row in sweeps.load(f"prune_{part}").rows]
    accuracies = [row for row in rows if row["kind"] != "random"]
    return widgets.pruning_explorer(accuracies, sweeps.load("prune_amounts").rows, prune.EDGES, ["shipped"] * 2)


def temperature():
    test = data.load().test
    logits = torch_predictor(models.load_baseline())(test.inputs[:4])
    return widgets.temperature_explorer(test.images[:4], logits, test.labels[:4], data.CLASSES, "shipped")


def alpha():
    return widgets.alpha_explorer(sweeps.load("distill_alpha_temperature").rows, "shipped")


def levels():
    rows = [
        {"file": file, "level": level, "counts": {"Conv": 6 - i, "Conv + Relu": i}}
        | {"latency_ms": 1.0 - i / 10, "latency_low_ms": 0.9 - i / 10, "latency_high_ms": 1.1 - i / 10}
        for file in ("today's export", "layer by layer")
        for i, level in enumerate(("DISABLE_ALL", "BASIC", "EXTENDED", "ALL"))
    ]
    return widgets.level_explorer(rows, "a test")


def pareto():
    rows = results.everything(own=False)
    machine = rows["machine"].iloc[-1]
    return widgets.pareto_explorer(results.comparable(rows, machine).to_dict("records"), "baseline", "shipped")


def arena():
    names = ["image", "CONV_2D", "MAX_POOL_2D", "FULLY_CONNECTED"]
    return widgets.arena_explorer(names, [784, 12544, 3136, 10], 65_536, "a test")


EVERY = (bits, crossover, pruning, temperature, alpha, levels, pareto, arena)
