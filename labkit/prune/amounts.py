"""What every position of the pruning slider costs: the ledgers and the latency of each network, measured here."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from functools import partial

import numpy as np
import torch
from tqdm.auto import tqdm

from labkit import models
from labkit.measure import race
from labkit.prune.ledgers import ledger
from labkit.prune.masks import global_masks, layers, pruned, weights_of
from labkit.prune.structured import Keep, keep_channels, rebuild
from labkit.runtimes import torch_predictor

AMOUNTS = (0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98)
EDGES = tuple(round(0.004 * i, 3) for i in range(21))  # of the histogram of magnitudes; the last column is open


def measure_amounts(
    model: models.Baseline, images: np.ndarray, amounts: Sequence[float] = AMOUNTS, seconds: float = 5.0
) -> list[dict]:
    """One row for each `kind` ("unstructured", "structured") and `amount`: the ledgers, the latency of one image in
    PyTorch on one thread with its ratio to the whole network, and how many weights stay and leave by magnitude.

    Args:
        images: float32 `(n, 1, 28, 28)`; the first one is timed.
        seconds: for all the timing together.

    Raises:
        ValueError: an amount is not in 0..1, there is no image, or a layer of `model` cannot be pruned.
    """
    if not len(images):
        raise ValueError("there are no images to time with")
    masks = {("unstructured", amount): global_masks(model, amount) for amount in amounts}
    keeps = {("structured", amount): keep_channels(model, amount) for amount in amounts}
    networks = {place: pruned(model, mask) for place, mask in masks.items()}
    networks |= {place: rebuild(model, keep) for place, keep in keeps.items()}
    masks |= {place: _channel_masks(model, keep) for place, keep in keeps.items()}
    image = np.ascontiguousarray(images[:1])
    calls = {"whole": partial(torch_predictor(model), image)}
    calls |= {place: partial(torch_predictor(network), image) for place, network in networks.items()}
    timed = race(calls, seconds=seconds)
    rows, magnitudes = [], np.abs(np.concatenate([w.ravel() for w in weights_of(model).values()]))
    for place in tqdm(networks, unit="network", leave=False):
        kind, amount = place
        stays = np.concatenate([mask.ravel() for mask in masks[place].values()])
        row = {"kind": kind, "amount": amount, **ledger(networks[place]), **_columns(magnitudes, stays)}
        row["threshold"] = row["threshold"] if kind == "unstructured" else None  # of channels, none
        for name in ("latency_ms", "latency_low_ms", "latency_high_ms", "ratio", "ratio_low", "ratio_high"):
            row[name] = getattr(timed[place], name)
        rows.append(row)
    return rows


def _columns(magnitudes: np.ndarray, stays: np.ndarray) -> dict:
    """How many weights of each magnitude stay and leave, and the threshold: the largest magnitude that leaves."""
    leaving = magnitudes[~stays]
    columns = [np.histogram(np.minimum(part, EDGES[-1]), EDGES)[0].tolist() for part in (magnitudes[stays], leaving)]
    return {"threshold": float(leaving.max()) if leaving.size else None, "stays": columns[0], "leaves": columns[1]}


def _channel_masks(model: models.Baseline, keep: Keep) -> dict[str, np.ndarray]:
    """Which weights are still there after rebuilding, as masks: each weight is numbered, and rebuilding keeps some."""
    numbered = copy.deepcopy(model)
    for layer in layers(numbered).values():
        layer.weight.data = torch.arange(layer.weight.numel(), dtype=torch.float32).view_as(layer.weight)
    masks = {name: np.zeros(layer.weight.shape, bool) for name, layer in layers(model).items()}
    for name, left in weights_of(rebuild(numbered, keep)).items():
        masks[name].ravel()[left.astype(np.int64).ravel()] = True
    return masks
