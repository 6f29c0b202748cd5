"""Trains `compact`, the small network that the whole course ends with: about ten minutes of one core with AMX.

Its teachers are the three shipped networks that descend from the baseline, asked about ten views of each image (as it
is, shifted by one pixel to each side, and all of these mirrored); their mean logits are its soft labels. Shape and
training are what six trainings were tried for, judged on the validation split alone:

    blocks              epochs  teachers      alpha, T  weight decay  validation
    16 32 64 96         60      baseline      0.5, 3    2e-4          93.66 %
    16 32 80 80         60      baseline      0.2, 4    2e-4          93.44 %
    16 32 64 96         90      all three     0.3, 3    5e-4          93.78 %
    16 32 32 64 96      70      all three     0.3, 3    5e-4          93.58 %
    16 32 64 64 64      70      all three     0.3, 3    5e-4          94.26 %  (this one; the baseline has 94.38 %)

and one of 16 32 64 96 with hard labels, which was not finished. The test split was used once, for the card.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from importlib.metadata import version

import numpy as np
import torch
from torch.nn import functional as F
from tqdm.auto import tqdm

from labkit import data, distill, models, sweeps, train
from labkit.measure import statistics
from labkit.runtimes import torch_predictor

SHAPE = {"widths": (16, 32, 64, 64, 64), "halved": (1, 2, 4)}
TEACHERS = ("baseline", "rebuilt", "pruned")
TEMPERATURE, ALPHA = 3.0, 0.3
OPTIONS = {"epochs": 70, "lr": 0.1, "weight_decay": 5e-4, "bfloat16": True, "seed": 0}
SHIFTS = ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1))


def main() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    torch.set_num_threads(1)
    split = data.load().train
    torch.manual_seed(OPTIONS["seed"])
    model, start = models.Student(**SHAPE), time.perf_counter()
    loss = distill.loss_against(TEMPERATURE, ALPHA)
    train.fit(model, split, loss=loss, targets=soft_labels(split.inputs), **OPTIONS)
    save(model, time.perf_counter() - start)


def soft_labels(images: np.ndarray) -> np.ndarray:
    """The mean of the teachers' logits over all views: float32 `(n, 10)`."""
    networks = [models.load_shipped(name).to(memory_format=torch.channels_last) for name in TEACHERS]
    found = []
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        for some in tqdm(torch.from_numpy(images).split(200), unit="batch"):
            asked = [network(view).float() for view in views(some) for network in networks]
            found.append(torch.stack(asked).mean(0))
    return torch.cat(found).numpy()


def views(images: torch.Tensor) -> Iterator[torch.Tensor]:
    """Ten views of images `(n, 1, 28, 28)`."""
    padded = F.pad(images, (2, 2, 2, 2))
    for down, right in SHIFTS:
        shifted = padded[:, :, 2 + down : 30 + down, 2 + right : 30 + right]
        yield shifted
        yield shifted.flip(3)


def save(model: torch.nn.Module, seconds: float) -> None:
    """Writes the weights and their card."""
    card = {"model": "Student", **SHAPE, "parameters": models.count_parameters(model)}
    for name in ("validation", "test"):
        right = train.correct(torch_predictor(model), getattr(data.load(), name))
        low, high = statistics.wilson(int(right.sum()), len(right))
        figures = {"value": float(right.mean()), "low": low, "high": high}
        card[f"{name}_accuracy"] = {key: round(figure, 4) for key, figure in figures.items()}
    training = {"labels": "soft", "teachers": TEACHERS, "temperature": TEMPERATURE, "alpha": ALPHA, **OPTIONS}
    card |= {
        "training": training | {"images": len(data.load().train), "seconds": round(seconds), "threads": 1},
        "teachers": {f"{name}.safetensors": sweeps.weights_hash(f"{name}.safetensors") for name in TEACHERS},
        "versions": {"python": sys.version.split()[0], "torch": version("torch")},
    }
    models.save_weights(model, data.weights_folder() / "compact.safetensors", card)
    print(f"compact: {card['validation_accuracy']} on validation, {card['test_accuracy']} on the test images")


if __name__ == "__main__":
    main()
