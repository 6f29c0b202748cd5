"""Trains the students of lab 06 for microcontrollers, three sizes, each distilled from the baseline: some 15 minutes
of one core. A student that is there already is not trained again (`--again` does). `make_tflite.py` makes their files.
"""

import argparse
import sys
import time
from importlib.metadata import version

import numpy as np
import torch

from labkit import data, distill, models, train
from labkit.measure import statistics
from labkit.runtimes import torch_predictor

WIDTHS = {"micro_12": (12, 24, 32, 32), "micro_8": (8, 16, 24, 24), "micro_4": (4, 8, 12, 12)}
EPOCHS, SEED = 24, 0
TEMPERATURE, ALPHA = 3.0, 0.5  # as on the slide
OPTIONS = {"lr": 0.1, "weight_decay": 1e-4, "bfloat16": True}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--again", action="store_true", help="train every student again")
    parser.add_argument("--only", choices=WIDTHS, help="just one of them")
    options = parser.parse_args()
    torch.set_num_threads(1)
    wanted = [name for name in WIDTHS if options.only in (None, name)]
    wanted = [name for name in wanted if options.again or not path_of(name).exists()]
    if not wanted:
        return
    splits = data.load()
    logits = distill.teacher_logits(torch_predictor(models.load_baseline()), splits.train.inputs)
    for name in wanted:
        train_one(name, splits, logits)


def path_of(name: str):
    return data.weights_folder() / f"{name}.safetensors"


def train_one(name: str, splits: data.Data, logits: np.ndarray) -> None:
    """Trains the student `name` and ships its weights with a card."""
    torch.manual_seed(SEED)
    model, start = models.Student(WIDTHS[name]), time.perf_counter()
    loss = distill.loss_against(TEMPERATURE, ALPHA)
    train.fit(model, splits.train, EPOCHS, seed=SEED, loss=loss, targets=logits, **OPTIONS)
    seconds = round(time.perf_counter() - start)
    card = {"model": "Student", "widths": list(WIDTHS[name]), "parameters": models.count_parameters(model)}
    for split in ("validation", "test"):
        right = train.correct(torch_predictor(model), getattr(splits, split))
        low, high = statistics.wilson(int(right.sum()), len(right))
        figures = {"value": float(right.mean()), "low": low, "high": high}
        card[f"{split}_accuracy"] = {key: round(figure, 4) for key, figure in figures.items()}
    card["training"] = {"labels": "soft", "images": len(splits.train), "epochs": EPOCHS, "seed": SEED}
    card["training"] |= {"temperature": TEMPERATURE, "alpha": ALPHA} | OPTIONS | {"seconds": seconds, "threads": 1}
    card["versions"] = {"python": sys.version.split()[0], "torch": version("torch")}
    models.save_weights(model, path_of(name), card)
    print(f"{name}: {card['validation_accuracy']} on the validation images in {seconds} s", flush=True)


if __name__ == "__main__":
    main()
