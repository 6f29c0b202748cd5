"""Structured pruning: whole channels leave, and the network is rebuilt smaller."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import nn

from labkit import models
from labkit.reference import reference

Keep = Mapping[str, np.ndarray]  # by the name of a layer: the indices of the outputs that stay, in order
HIDDEN, LAST = "classifier.1", "classifier.3"  # the two Linear layers of the baseline
NORM = ("weight", "bias", "running_mean", "running_var")


@reference
def kept_channels(weights: np.ndarray, amount: float) -> np.ndarray:
    """Indices of the output channels that stay, ascending, when those with the smallest L1 norm leave: `(kept,)`.

    Args:
        weights: `(outputs, ...)`, of a convolution or a Linear layer.
        amount: 0..1; `round(amount * outputs)` channels leave, but one always stays.

    Raises:
        ValueError: there are no weights, one is NaN or infinite, or `amount` is not in 0..1.

    Source: H. Li et al., "Pruning filters for efficient ConvNets" (2017).

    >>> kept_channels(np.array([[1.0, -1.0], [0.5, 0.5], [-3.0, 0.0]]), 0.34).tolist()
    [0, 2]
    """
    weights = np.asarray(weights)
    if not weights.ndim or not weights.size:
        raise ValueError(f"weights (outputs, ...) are needed, not an array of shape {weights.shape}")
    return _strongest(np.abs(weights).reshape(len(weights), -1).sum(1), amount)


@reference
def remove_channels(
    first: np.ndarray, norm: np.ndarray, second: np.ndarray, keep: Sequence[int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Convolution, BatchNorm, convolution without the channels between them that are not in `keep`: three arrays.

    Args:
        first: weights of the first convolution, `(channels, inputs, size, size)`.
        norm: `(4, channels)`: scale, shift, mean and variance of each channel.
        second: weights of the second convolution, `(outputs, channels, size, size)`.
        keep: indices of the channels that stay.

    Raises:
        ValueError: the three do not have the same channels, or `keep` is empty or names a channel twice or one that
            is not there.
    """
    first, norm, second = np.asarray(first), np.asarray(norm), np.asarray(second)
    if min(first.ndim, norm.ndim, second.ndim) < 2:
        raise ValueError(f"arrays of at least two axes are needed, not {first.shape}, {norm.shape} and {second.shape}")
    channels = len(first)
    if norm.shape != (4, channels) or second.shape[1] != channels:
        raise ValueError(
            f"the first convolution makes {channels} channels, the norm has {norm.shape[-1]} and the second "
            f"convolution takes {second.shape[1]}: all three must agree"
        )
    keep = _checked_keep("the channels between", keep, channels)
    return first[keep], norm[:, keep], second[:, keep]


def channel_scores(model: models.Baseline, by: str = "norm") -> dict[str, np.ndarray]:
    """How strong each output is, by layer: the six convolutions' channels and the first Linear layer's units.

    Args:
        by: "l1", the sum of the absolute weights; or "norm", the absolute scale in the BatchNorm behind a convolution
            (the units of the Linear layer have none and keep their L1 norm).

    Raises:
        ValueError: `by` is neither, or a layer of `model` cannot be pruned.
    """
    if by not in ("l1", "norm"):
        raise ValueError(f"channels are scored by 'l1' or 'norm', not {by!r}")
    scores = {}
    for name, (layer, norm) in _chain(model).items():
        weight = norm.weight if norm is not None and by == "norm" else layer.weight
        scores[name] = (
            weight.detach().abs().flatten(1).sum(1).numpy() if weight.dim() > 1 else weight.abs().detach().numpy()
        )
    return scores


def keep_channels(model: models.Baseline, amount: float, by: str = "norm", multiple: int = 1) -> dict[str, np.ndarray]:
    """The indices of the strongest outputs of each layer, every layer losing the same share `amount`.

    Args:
        by: how outputs are scored, see `channel_scores`.
        multiple: what stays is rounded to a multiple of this, at least one: fast kernels want 8 or 16 channels at once.

    Raises:
        ValueError: `amount` is not in 0..1, weights are NaN or infinite, `multiple` is below 1, or a layer of `model`
            cannot be pruned.
    """
    if multiple < 1:
        raise ValueError(f"multiple is a number of channels, at least 1, not {multiple}")
    return {name: _strongest(scores, amount, multiple, name) for name, scores in channel_scores(model, by).items()}


def rebuild(model: models.Baseline, keep: Keep) -> models.Baseline:
    """A physically smaller network that has only the outputs named in `keep`; it answers as `masked_channels` does.

    Args:
        keep: by layer; a layer that is not named keeps all.

    Raises:
        ValueError: a layer of `model` cannot be pruned, `keep` names no such layer, or an index that is not there.
    """
    chain, keep = _chain(model), _whole(model, keep)
    state, inputs = {}, np.arange(1)
    for name, (layer, norm) in chain.items():
        if name == HIDDEN:
            inputs = _flat(inputs, layer.in_features // _outputs(chain, -2))
            state[f"{name}.bias"] = layer.bias[keep[name]]
        state[f"{name}.weight"] = layer.weight[keep[name]][:, inputs]
        inputs = keep[name]
        if norm is not None:
            state |= {f"{_norm_name(name)}.{part}": getattr(norm, part)[inputs] for part in NORM}
    state[f"{LAST}.weight"], state[f"{LAST}.bias"] = model.classifier[3].weight[:, inputs], model.classifier[3].bias
    sizes = [len(keep[name]) for name in chain]
    smaller = models.Baseline(tuple(sizes[:-1]), sizes[-1])
    smaller.load_state_dict(state, strict=False)  # not the BatchNorms' counters of training steps
    return smaller.eval()


def masked_channels(model: models.Baseline, keep: Keep) -> models.Baseline:
    """A copy of `model` in its full size whose outputs that are not in `keep` are zero behind BatchNorm and ReLU.

    A zero weight is not enough: BatchNorm would still add its shift, so scale and shift become zero too.
    """
    masked, keep = copy.deepcopy(model), _whole(model, keep)
    with torch.no_grad():
        for name, (layer, norm) in _chain(masked).items():
            mask = torch.zeros(len(layer.weight)).index_fill_(0, torch.from_numpy(keep[name]), 1.0)
            for tensor in (layer.weight, *((layer.bias,) if norm is None else (norm.weight, norm.bias))):
                tensor.mul_(mask.view(-1, *[1] * (tensor.dim() - 1)))
    return masked.eval()


def _chain(model: nn.Module) -> dict[str, tuple[nn.Module, nn.Module | None]]:
    """Each layer whose outputs can leave, with the BatchNorm behind it, in the order of the network."""
    if not isinstance(model, models.Baseline):
        raise ValueError(
            f"only a Baseline can be rebuilt here, not {type(model).__name__}: where channels are added up or split, "
            "layers must lose the same ones; torch-pruning finds out which"
        )
    found = {}
    for i, layer in enumerate(model.features):
        if isinstance(layer, nn.Conv2d):
            if layer.groups != 1 or not isinstance(model.features[i + 1], nn.BatchNorm2d):
                raise ValueError(f"the layer 'features.{i}' cannot be pruned: not a plain Conv2d with a BatchNorm2d")
            found[f"features.{i}"] = (layer, model.features[i + 1])
    found[HIDDEN] = (model.classifier[1], None)
    for name, (layer, _) in found.items():
        if not layer.weight.isfinite().all():
            raise ValueError(f"layer {name!r}: the weights hold NaN or infinity: did the training diverge?")
    return found


def _whole(model: models.Baseline, keep: Keep) -> dict[str, np.ndarray]:
    """`keep` with every layer in it, checked."""
    chain = _chain(model)
    for name in set(keep) - set(chain):
        raise ValueError(f"the outputs of {name!r} cannot be removed; those of {', '.join(chain)} can")
    return {
        name: _checked_keep(name, keep.get(name, range(len(layer.weight))), len(layer.weight))
        for name, (layer, _) in chain.items()
    }


def _checked_keep(name: str, keep: Sequence[int], channels: int) -> np.ndarray:
    keep = np.asarray(keep)
    if keep.size and (keep.dtype.kind not in "iu" or keep.ndim != 1):
        raise ValueError(f"{name}: keep lists the indices of channels, not {keep.dtype} of shape {keep.shape}")
    keep = keep.astype(np.int64)
    if not keep.size or len(np.unique(keep)) < keep.size or keep.min() < 0 or keep.max() >= channels:
        raise ValueError(
            f"{name}: keep at least one of the channels 0 to {channels - 1}, each once, not {keep.tolist()}"
        )
    return keep


def _strongest(scores: np.ndarray, amount: float, multiple: int = 1, name: str = "") -> np.ndarray:
    where = f"layer {name!r}: " if name else ""
    if not scores.size or not np.isfinite(scores).all():
        raise ValueError(f"{where}the weights are missing, NaN or infinite: did the training diverge?")
    if not 0 <= amount <= 1:
        raise ValueError(f"{where}amount is the share of channels to remove, 0 to 1, not {amount}")
    left = scores.size - round(amount * scores.size)
    left = min(max(round(left / multiple), 1) * multiple, scores.size)
    return np.sort(np.argsort(scores, kind="stable")[scores.size - left :])


def _flat(channels: np.ndarray, positions: int) -> np.ndarray:
    """The inputs of a Linear layer behind Flatten that belong to these channels: each has `positions` in a row."""
    return (channels[:, None] * positions + np.arange(positions)).ravel()


def _outputs(chain: dict, index: int) -> int:
    return len(list(chain.values())[index][0].weight)


def _norm_name(name: str) -> str:
    part, _, index = name.rpartition(".")
    return f"{part}.{int(index) + 1}"
