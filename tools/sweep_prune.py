"""Computes what stands behind the sliders of lab 03, and two pruned networks: accuracy on the whole test split.

`data/sweeps/prune_*.json` and `data/weights/{pruned,rebuilt}.safetensors`, from `baseline.safetensors`. Seeded: the
same versions and CPU family give the same accuracies to within their intervals. One core needs about 25 minutes.
"""

import argparse
import sys
from importlib.metadata import version

import torch
from tqdm import tqdm

from labkit import data, models, prune, sweeps, train
from labkit.measure import wilson
from labkit.runtimes import torch_predictor

PRUNED, REBUILT = 0.85, 0.35  # the two that are shipped as weights
MULTIPLE = 16  # the shipped network's channels: what fast kernels take at once
SHORT = {"images": 20_000, "epochs": 1, "lr": 0.02}  # fine-tuning of what keeps its shape: 156 steps
MEDIUM = {"images": 20_000, "epochs": 2, "lr": 0.05}  # of what was rebuilt
LONG = {"images": 55_000, "epochs": 10, "lr": 0.1}  # of the rebuilt network that is shipped
SCHEDULE_AMOUNTS = (0.95, 0.98)
SCHEDULE_SEEDS = (0, 1)
LAYER_AMOUNTS = (0.5, 0.7, 0.8, 0.9, 0.95, 0.98)
MADE_BY = "tools/sweep_prune.py"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"which, of {', '.join(PARTS)}; all unless told")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    torch.set_num_threads(options.threads)
    for part in options.parts or PARTS:
        rows = list(tqdm(PARTS[part](), desc=part, unit="row"))
        sweeps.save(f"prune_{part}", rows, MADE_BY, ["baseline.safetensors"])


def unstructured():
    """Global magnitude pruning before and after a short fine-tuning with the mask held; random pruning before it."""
    baseline = models.load_baseline()
    for amount in prune.AMOUNTS:
        masks = prune.global_masks(baseline, amount)
        model = prune.pruned(baseline, masks)
        yield row(model, kind="unstructured", amount=amount, tuned=False)
        fit(model, SHORT, after_step=prune.hold(masks))
        tuned = row(model, kind="unstructured", amount=amount, tuned=True)
        yield tuned
        if amount == PRUNED:
            ship(model, "pruned.safetensors", tuned, SHORT)
        masks = prune.global_masks(baseline, amount, how=prune.random_mask)
        yield row(prune.pruned(baseline, masks), kind="random", amount=amount, tuned=False)


def structured():
    """The baseline rebuilt without the channels of the smallest BatchNorm scale, before and after fine-tuning."""
    baseline = models.load_baseline()
    for amount in prune.AMOUNTS:
        model = prune.rebuild(baseline, prune.keep_channels(baseline, amount))
        yield row(model, kind="structured", amount=amount, tuned=False)
        fit(model, MEDIUM)
        yield row(model, kind="structured", amount=amount, tuned=True)


def rebuilt():
    """The rebuilt network that is shipped: widths that kernels like, and a long fine-tuning."""
    baseline = models.load_baseline()
    model = prune.rebuild(baseline, prune.keep_channels(baseline, REBUILT, multiple=MULTIPLE))
    fit(model, LONG)
    tuned = row(model, kind="structured", amount=REBUILT, tuned=True)
    yield tuned
    ship(model, "rebuilt.safetensors", tuned, LONG)


def sensitivity():
    """One layer pruned at a time, no fine-tuning, on the validation split: this is for choosing amounts."""
    baseline = models.load_baseline()
    for name in prune.layers(baseline):
        for amount in LAYER_AMOUNTS:
            model = prune.pruned(baseline, prune.layer_masks(baseline, {name: amount}))
            yield row(model, "validation", layer=name, amount=amount)


def schedule():
    """One-shot against gradual pruning with the same number of fine-tuning steps, two seeds each."""
    baseline, steps = models.load_baseline(), SHORT["images"] // 128
    for amount in SCHEDULE_AMOUNTS:
        for seed in SCHEDULE_SEEDS:
            masks = prune.global_masks(baseline, amount)
            model = prune.pruned(baseline, masks)
            fit(model, SHORT, seed, after_step=prune.hold(masks))
            yield row(model, way="one-shot", amount=amount, seed=seed)
            model = prune.pruned(baseline, {})
            fit(model, SHORT, seed, after_step=prune.gradually(amount, steps // 2))
            yield row(model, way="gradual", amount=amount, seed=seed)


def amounts():
    """Ledgers and latency of every position of the slider on this machine, for who does not measure their own."""
    yield from prune.measure_amounts(models.load_baseline(), data.load().test.inputs[:1], seconds=20)


def fit(model, how: dict, seed: int = 0, after_step=None) -> None:
    split = data.load().train.subset(how["images"], seed=203)
    train.fit(model, split, how["epochs"], how["lr"], seed=seed, bfloat16=True, after_step=after_step)


def row(model, split: str = "test", **facts) -> dict:
    model.to(memory_format=torch.channels_last)  # twice as fast
    predict = torch_predictor(model, torch.get_num_threads())
    correct = train.correct(predict, getattr(data.load(), split))
    model.to(memory_format=torch.contiguous_format)
    low, high = wilson(int(correct.sum()), len(correct))
    figures = {"accuracy": float(correct.mean()), "low": low, "high": high, "correct": sweeps.pack(correct)}
    return {**facts, "split": split, **figures}


def ship(model, file: str, tuned: dict, how: dict) -> None:
    """Writes the weights of a row with their card."""
    convolutions = [layer for layer in model.features if isinstance(layer, torch.nn.Conv2d)]
    card = {
        "model": "Baseline",
        "widths": [layer.out_channels for layer in convolutions],
        "hidden": model.classifier[1].out_features,
        "parameters": models.count_parameters(model),
        "sparsity": round(prune.model_sparsity(list(prune.weights_of(model).values())), 4),
        "test_accuracy": {"value": tuned["accuracy"], "low": round(tuned["low"], 4), "high": round(tuned["high"], 4)},
        "pruning": {"kind": tuned["kind"], "amount": tuned["amount"], "from": "baseline.safetensors"},
        "training": {**how, "seed": 0, "threads": torch.get_num_threads()},
        "versions": {"python": sys.version.split()[0], "torch": version("torch")},
    }
    models.save_weights(model, data.weights_folder() / file, card)


PARTS = {one.__name__: one for one in (unstructured, structured, rebuilt, sensitivity, schedule, amounts)}

if __name__ == "__main__":
    main()
