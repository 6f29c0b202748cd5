"""Unstructured pruning: masks that say which weights stay (True = kept). Shapes stay, removed weights are 0."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import nn

from labkit.models import weighted_layers
from labkit.reference import reference


@reference
def magnitude_mask(weights: np.ndarray, amount: float) -> np.ndarray:
    """Which weights stay when the share `amount` of smallest magnitude is removed: bool, the shape of `weights`.

    Args:
        amount: 0..1; exactly `round(amount * weights.size)` weights are removed.

    Raises:
        ValueError: there are no weights, one is NaN or infinite, or `amount` is not in 0..1.

    Source: the slide "Pruning: Remove Useless Weights".

    >>> magnitude_mask(np.array([0.9, 0.01, -0.8, 0.001, 0.7]), 0.4).tolist()
    [True, False, True, False, True]
    """
    weights = _checked(weights, amount)
    last = min(round(amount * weights.size), weights.size - 1)
    return _without(weights, np.argpartition(np.abs(weights), last, axis=None), amount)  # faster than to sort


def random_mask(weights: np.ndarray, amount: float, seed: int = 0) -> np.ndarray:
    """Which weights stay when the share `amount` is removed by drawing lots: bool, the shape of `weights`. A control.

    Raises:
        ValueError: there are no weights, one is NaN or infinite, or `amount` is not in 0..1.
    """
    weights = _checked(weights, amount)
    return _without(weights, np.random.default_rng(seed).permutation(weights.size), amount)


@reference
def model_sparsity(layers: Sequence[np.ndarray]) -> float:
    """The share of zeros among the weights of all layers together, 0..1.

    Args:
        layers: the weights of each layer, arrays of any shapes.

    Raises:
        ValueError: there are no weights, or one is NaN or infinite.

    >>> model_sparsity([np.array([0.0]), np.array([1.0, 2.0, 3.0])])
    0.25
    """
    total = sum(np.size(weights) for weights in layers)
    if not total:
        raise ValueError("no layers, or layers without weights, so there is no share of zeros")
    return sum(int((_checked(weights) == 0).sum()) for weights in layers if np.size(weights)) / total


def layers(model: nn.Module) -> dict[str, nn.Module]:
    """The layers whose weights can be pruned (convolutions and Linear) by their names in `model`.

    Biases and normalisations are few and needed.

    Raises:
        TypeError: `model` is no network.
        ValueError: there is none.
    """
    return weighted_layers(model, "has no layer that can be pruned: no Conv2d and no Linear")


def weights_of(model: nn.Module) -> dict[str, np.ndarray]:
    """The weights of every prunable layer by its name, float32 copies."""
    return {name: layer.weight.detach().numpy().copy() for name, layer in layers(model).items()}


def layer_masks(model: nn.Module, amounts: Mapping[str, float] | float, how=magnitude_mask) -> dict[str, np.ndarray]:
    """A mask for each layer by name, each layer losing its own amount.

    Args:
        amounts: by the layers' names, layers without one keep all; or one amount for every layer.
        how: `magnitude_mask` or `random_mask`.

    Raises:
        ValueError: a name is no prunable layer, an amount is not in 0..1, or a weight is NaN or infinite.
    """
    every = weights_of(model)
    amounts = amounts if isinstance(amounts, Mapping) else dict.fromkeys(every, amounts)
    for name in set(amounts) - set(every):
        kind = type(dict(model.named_modules()).get(name)).__name__
        raise ValueError(f"the layer {name!r} cannot be pruned ({kind}); there are {', '.join(every)}")
    return {name: _named(name, how, weights, amounts.get(name, 0)) for name, weights in every.items()}


def global_masks(model: nn.Module, amount: float, how=magnitude_mask) -> dict[str, np.ndarray]:
    """A mask for each layer by name: the weights of all layers compete, so that layers lose different shares.

    Raises:
        ValueError: there is no prunable layer, `amount` is not in 0..1, or a weight is NaN or infinite.
    """
    every = weights_of(model)
    for name, weights in every.items():
        _named(name, lambda weights, _: _checked(weights), weights, amount)
    mask = how(np.concatenate([weights.ravel() for weights in every.values()]), amount)
    ends = np.cumsum([weights.size for weights in every.values()])[:-1]
    return {name: part.reshape(weights.shape) for (name, weights), part in zip(every.items(), np.split(mask, ends))}


def apply_masks_(model: nn.Module, masks: Mapping[str, np.ndarray]) -> nn.Module:
    """Sets the weights whose mask is False to zero, in place; returns `model`.

    Raises:
        ValueError: a mask's name is no prunable layer, its shape is not that of the weights, it is not of True and
            False, or the layer's weights are made anew at each use (PyTorch's own pruning, or QAT).
    """
    known = layers(model)
    with torch.no_grad():
        for name, mask in masks.items():
            if name not in known:
                raise ValueError(f"there is no layer {name!r} to prune; there are {', '.join(known)}")
            if "weight" not in known[name]._parameters:  # what is written to it would be lost
                raise ValueError(f"the weights of {name!r} are not final: call prune.remove or finish_qat first")
            weight, mask = known[name].weight, np.asarray(mask)
            if mask.dtype != bool:
                raise ValueError(f"the mask of {name!r} must be of True (kept) and False, not {mask.dtype}")
            if mask.shape != tuple(weight.shape):
                raise ValueError(f"the mask of {name!r} has the shape {mask.shape}, its weights {tuple(weight.shape)}")
            weight.mul_(torch.from_numpy(mask))
    return model


def pruned(model: nn.Module, masks: Mapping[str, np.ndarray]) -> nn.Module:
    """A copy of `model` with the weights whose mask is False at zero; `model` itself stays as it is.

    Raises:
        ValueError: as `apply_masks_`.
    """
    if any("weight" not in layer._parameters for layer in layers(model).values()):
        raise ValueError("a layer's weights are not final: call prune.remove or finish_qat first")
    return apply_masks_(copy.deepcopy(model), masks)


def _checked(weights: np.ndarray, amount: float = 0) -> np.ndarray:
    weights = np.asarray(weights)
    if not weights.size:
        raise ValueError("there are no weights to prune: the array is empty")
    if not np.isfinite(weights).all():
        raise ValueError("the weights hold NaN or infinity: did the training diverge?")
    if not 0 <= amount <= 1:
        raise ValueError(f"amount is the share of weights to remove, 0 to 1, not {amount}")
    return weights


def _without(weights: np.ndarray, order: np.ndarray, amount: float) -> np.ndarray:
    """True but for the first `round(amount * size)` of `order`."""
    mask = np.ones(weights.size, bool)
    mask[order[: round(amount * weights.size)]] = False
    return mask.reshape(weights.shape)


def _named(name: str, how, weights: np.ndarray, amount: float):
    try:
        return how(weights, amount)
    except ValueError as error:
        raise ValueError(f"layer {name!r}: {error}") from None
