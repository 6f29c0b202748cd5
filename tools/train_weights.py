"""Trains the shipped weights and writes each network's card. Seeded: `make weights` on the same versions and CPU family
gives the same accuracy to within its interval (float addition order differs between CPUs, so not the same bits)."""

import argparse
import sys
import time
from importlib.metadata import version
from pathlib import Path

import torch

from labkit import data, models, train
from labkit.measure import statistics
from labkit.runtimes import torch_predictor

EPOCHS = 8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--output", type=Path, default=data.folder() / "weights" / "baseline.safetensors")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--seed", type=int, default=203)
    options = parser.parse_args()

    torch.manual_seed(options.seed)
    splits = data.load()
    model = models.Baseline()
    start = time.perf_counter()
    losses = train.fit(model, splits.train, options.epochs, seed=options.seed, bfloat16=True)
    seconds = time.perf_counter() - start
    predict = torch_predictor(model, threads=torch.get_num_threads())
    card = {"model": "Baseline", "parameters": models.count_parameters(model)}
    for name in ("validation", "test"):
        right = train.correct(predict, getattr(splits, name))
        low, high = statistics.wilson(int(right.sum()), len(right))
        figures = {"value": float(right.mean()), "low": low, "high": high}
        card[f"{name}_accuracy"] = {key: round(figure, 4) for key, figure in figures.items()}
    card |= {
        "training": {
            "images": len(splits.train),
            "epochs": options.epochs,
            "seed": options.seed,
            "seconds": round(seconds),
            "threads": torch.get_num_threads(),
            "final_loss": round(losses[-1], 4),
        },
        "versions": {"python": sys.version.split()[0], "torch": version("torch")},
    }
    models.save_weights(model, options.output, card)
    print(f"{options.output}: {card['test_accuracy']} on the test images")


if __name__ == "__main__":
    main()
