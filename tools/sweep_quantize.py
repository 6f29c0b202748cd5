"""Computes the shipped sweeps of lab 02: accuracy on the whole test split, with every image's answer, for weights of
2 to 8 bits, for short mantissas, for short and long QAT. Seeded. About ten minutes on one core.

    quantize_bits        bits x scheme: weights rounded after training (PTQ); also with an outlier channel
    quantize_layers      bits x scheme x layer: one layer rounded, the others not
    quantize_precision   mantissa bits kept, accuracy and label flips
    quantize_qat         fine-tuned with rounded weights, beside PTQ and a control that was fine-tuned without rounding
    quantize_crossover   int8 speed-up of one linear layer, on the machine that ran this: shown where it is skipped
    quantize_encoder     bytes and speed-up of a DistilBERT-shaped encoder, likewise
"""

from __future__ import annotations

import argparse
from itertools import product

import numpy as np
import torch
from tqdm.auto import tqdm

from labkit import data, models, quantize, sweeps, train
from labkit.measure import accuracy_difference, wilson
from labkit.runtimes import torch_predictor

MADE_BY = "tools/sweep_quantize.py"
WEIGHTS = ["baseline.safetensors"]
BITS = range(2, 9)
MANTISSAS = (0, 1, 2, 3, 4, 5, 7, 10, 23)
OUTLIER = 16.0
QAT_BITS = (2, 3, 4, 8)
QAT_STEPS, QAT_BATCH, QAT_LR = 300, 64, 0.01


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sweeps", nargs="*", help=f"which sweeps, of {', '.join(SWEEPS)}; all unless told")
    chosen = parser.parse_args().sweeps or list(SWEEPS)
    if unknown := set(chosen) - set(SWEEPS):
        parser.error(f"no sweep {', '.join(sorted(unknown))}; there are {', '.join(SWEEPS)}")
    torch.set_num_threads(1)
    model, test = models.load_baseline(), data.load().test
    for name in chosen:
        rows = SWEEPS[name](model, test)
        sweeps.save(f"quantize_{name}", rows, MADE_BY, WEIGHTS)


def answers(model, test) -> np.ndarray:
    """The class that the model finds most likely for each test image."""
    predict = torch_predictor(model.to(memory_format=torch.channels_last), threads=1)
    return train.labels_of(predict, test.inputs)


def accuracy(found: np.ndarray, baseline: np.ndarray, test) -> dict:
    """The fields of a row: accuracy, its difference to the baseline, and how many labels changed."""
    right, before = found == test.labels, baseline == test.labels
    low, high = wilson(int(right.sum()), len(right))
    difference, difference_low, difference_high = accuracy_difference(before, right)
    row = {"accuracy": float(right.mean()), "accuracy_low": low, "accuracy_high": high}
    row |= {"difference": difference, "difference_low": difference_low, "difference_high": difference_high}
    return row | {"flips": int((found != baseline).sum()), "images": len(right)}


def bits(model, test) -> list[dict]:
    """All layers at once, with every image's answer: the baseline, and the same function with an outlier channel."""
    baseline, rows = answers(model, test), []
    changed = {"no": model, "yes": quantize.with_outlier(model, OUTLIER)}
    for width, scheme, outlier in tqdm(list(product(BITS, quantize.SCHEMES, changed)), unit="network"):
        found = answers(quantize.quantized_weights(changed[outlier], width, scheme), test)
        row = {"bits": width, "scheme": scheme, "outlier": outlier} | accuracy(found, baseline, test)
        rows.append(row | {"correct": sweeps.pack(found == test.labels)})
    return rows


def layers(model, test) -> list[dict]:
    """One layer alone, the others in float32: 2,000 test images, as there are many."""
    some = test.subset(2000)
    baseline, rows = answers(model, some), []
    for width, scheme, layer in tqdm(list(product(BITS, quantize.SCHEMES, quantize.layers(model))), unit="network"):
        found = answers(quantize.quantized_weights(model, width, scheme, layer), some)
        rows.append({"bits": width, "scheme": scheme, "layer": layer} | accuracy(found, baseline, some))
    return rows


def precision(model, test) -> list[dict]:
    """Every weight cut to a few digits."""
    baseline, rows = answers(model, test), []
    for mantissa in tqdm(MANTISSAS, unit="network"):
        found = answers(quantize.shortened_weights(model, mantissa), test)
        right = sweeps.pack(found == test.labels)
        rows.append({"mantissa": mantissa} | accuracy(found, baseline, test) | {"correct": right})
    return rows


def qat(model, test) -> list[dict]:
    """PTQ, QAT, and the control: the same training without rounding, and PTQ afterwards. Per tensor."""
    baseline, rows = answers(model, test), []
    images = data.load().train.subset(QAT_STEPS * QAT_BATCH, seed=203)
    plain = models.load_baseline()
    train.fit(plain, images, 1, lr=QAT_LR, batch=QAT_BATCH)
    for width in tqdm(QAT_BITS, unit="width"):
        prepared = quantize.prepare_qat(model, width)
        train.fit(prepared, images, 1, lr=QAT_LR, batch=QAT_BATCH)
        networks = {
            "PTQ": quantize.quantized_weights(model, width),
            "QAT": quantize.finish_qat(prepared),
            "control": quantize.quantized_weights(plain, width),
        }
        for method, network in networks.items():
            found = answers(network, test)
            row = {"bits": width, "method": method} | accuracy(found, baseline, test)
            rows.append(row | {"correct": sweeps.pack(found == test.labels)})
    return rows


def crossover(_model, _test) -> list[dict]:
    return quantize.crossover(seconds=40)


def encoder(_model, _test) -> list[dict]:
    return quantize.encoder_rows(seconds=10)


SWEEPS = {
    "bits": bits,
    "layers": layers,
    "precision": precision,
    "qat": qat,
    "crossover": crossover,
    "encoder": encoder,
}

if __name__ == "__main__":
    main()
