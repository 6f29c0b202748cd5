"""Networks whose weights are rounded: after training (PTQ), and during it (QAT). Activations stay float32."""

from __future__ import annotations

import copy
import itertools

import numpy as np
import torch
from torch import nn
from torch.nn.utils import parametrize

from labkit.models import weighted_layers
from labkit.quantize.maps import SCHEMES, checked, fake_quantize, limits, symmetric_scale
from labkit.quantize.numerics import round_mantissa
from labkit.reference import reference


def layers(model: nn.Module) -> dict[str, nn.Module]:
    """The layers that have weights to quantize, convolutions and linear ones, by name.

    Raises:
        TypeError: `model` is no network.
        ValueError: there are none.
    """
    return weighted_layers(model, "has no convolution and no linear layer to quantize")


def quantized_weights(model: nn.Module, bits: int, scheme: str = "per_tensor", only: str | None = None) -> nn.Module:
    """A copy of `model` whose weights are rounded to `bits` bits, symmetric, in evaluation mode: PTQ of weights.

    Args:
        only: the name of the one layer to round; all unless told.

    Raises:
        ValueError: `bits` is not 2 to 8, the scheme or the layer is unknown, or weights hold NaN or infinity.
    """
    return _rounded(model, lambda weights: fake_quantize(weights, bits, scheme), only)


def shortened_weights(model: nn.Module, bits: int) -> nn.Module:
    """A copy of `model` whose weights keep `bits` bits of their mantissa, in evaluation mode.

    Raises:
        ValueError: `bits` is not 0 to 52, or weights hold NaN or infinity.
    """
    return _rounded(model, lambda weights: round_mantissa(weights, bits), None)


def _check_plain(model: nn.Module) -> None:
    """Raises ValueError where a weight is made anew from other numbers at each use: what is written to it is lost."""
    for name, layer in layers(model).items():
        if parametrize.is_parametrized(layer):
            raise ValueError(f"the layer {name!r} is prepared already: call finish_qat first")
        if "weight" not in layer._parameters:
            raise ValueError(f"the layer {name!r} is still being pruned by PyTorch: call prune.remove first")


def _rounded(model: nn.Module, change, only: str | None) -> nn.Module:
    _check_plain(model)
    rounded = copy.deepcopy(model).eval()
    chosen = layers(rounded)
    if only is not None and only not in chosen:
        raise ValueError(f"no layer {only!r} has weights to quantize; there are {', '.join(chosen)}")
    for name, layer in chosen.items():
        if only in (None, name):
            try:
                values = change(layer.weight.detach().numpy())
            except ValueError as error:
                error.add_note(f"labkit was rounding the weights of the layer {name!r}")
                raise
            layer.weight.data = torch.from_numpy(np.asarray(values, np.float32))
    return rounded


def with_outlier(model: nn.Module, factor: float = 16.0) -> nn.Module:
    """A copy of `model` that answers the same, although in every Conv-BatchNorm pair a channel is `factor` larger.

    The normalisation that follows divides the channel by the same factor again. Real networks have such channels.

    Raises:
        ValueError: `factor` is not above 0, no convolution is followed by a BatchNorm, or its weights are not finite.
    """
    _check_plain(model)
    if not 0 < factor < float("inf"):
        raise ValueError(f"the factor must be a finite number above 0, not {factor}")
    changed = copy.deepcopy(model).eval()
    modules = [m for m in changed.modules() if not list(m.children())]
    pairs = [
        (a, b) for a, b in itertools.pairwise(modules) if isinstance(a, nn.Conv2d) and isinstance(b, nn.BatchNorm2d)
    ]
    if not pairs:
        raise ValueError(f"{type(model).__name__} has no convolution that is followed by a BatchNorm")
    with torch.no_grad():
        for conv, norm in pairs:
            checked(conv.weight.numpy())
            conv.weight[0] *= factor
            norm.running_mean[0] *= factor
            norm.running_var[0] = (norm.running_var[0] + norm.eps) * factor**2 - norm.eps
    return changed


@reference
def straight_through(weights: torch.Tensor, scale: torch.Tensor | float, bits: int = 8) -> torch.Tensor:
    """`weights` rounded to symmetric codes, while the gradient passes as if nothing had been rounded.

    Raises:
        ValueError: `bits` is not 2 to 8, or a scale is not a finite number above 0.

    Source: Y. Bengio, N. Leonard and A. Courville, "Estimating or propagating gradients" (2013).

    >>> straight_through(torch.tensor([1.25, -9.0]), 0.5, bits=3).tolist()
    [1.0, -1.5]
    """
    known = torch.as_tensor(scale)
    if not ((known > 0) & (known < torch.inf)).all():
        raise ValueError("a scale must be a finite number above 0: are there NaN or infinite weights?")
    codes = (weights / scale).round().clamp(*limits(bits))
    return weights + (scale * codes - weights).detach()


class FakeQuantize(nn.Module):
    """What stands between a layer and its weights in QAT: rounds them at each step, the scale from the weights now."""

    def __init__(self, bits: int, scheme: str) -> None:
        super().__init__()
        if scheme not in SCHEMES:
            raise ValueError(f"the scheme is one of {', '.join(SCHEMES)}, not {scheme!r}")
        _, self.qmax = limits(bits)
        self.bits, self.scheme = bits, scheme

    def forward(self, weights: torch.Tensor) -> torch.Tensor:
        magnitudes = weights.detach().abs()
        per_channel = self.scheme == "per_channel"
        largest = magnitudes.amax(tuple(range(1, weights.ndim)), keepdim=True) if per_channel else magnitudes.max()
        return straight_through(weights, largest.clamp(min=1e-12) / self.qmax, self.bits)


def prepare_qat(model: nn.Module, bits: int, scheme: str = "per_tensor") -> nn.Module:
    """A copy of `model` that sees its weights rounded; train it with `labkit.train.fit`, then call `finish_qat`.

    Raises:
        ValueError: `bits` is not 2 to 8, the scheme is unknown, weights are not finite or are prepared already.
    """
    limits(bits)
    _check_plain(model)
    prepared = copy.deepcopy(model)
    for name, layer in layers(prepared).items():
        try:
            symmetric_scale(layer.weight.detach().numpy(), bits, scheme)
        except ValueError as error:
            error.add_note(f"labkit was preparing the layer {name!r} for QAT")
            raise
        parametrize.register_parametrization(layer, "weight", FakeQuantize(bits, scheme))
    return prepared


def finish_qat(model: nn.Module) -> nn.Module:
    """A copy of a network prepared by `prepare_qat` as plain layers, their weights rounded, in evaluation mode.

    Raises:
        ValueError: it was not prepared.
    """
    layers(model)
    finished = copy.deepcopy(model).eval()
    prepared = [layer for layer in layers(finished).values() if parametrize.is_parametrized(layer)]
    if not prepared:
        raise ValueError(f"{type(model).__name__} was not prepared for QAT: call prepare_qat first")
    for layer in prepared:
        weights = layer.weight.detach().clone()
        # Not `remove_parametrizations`: it also takes the weights from every other copy of the layer.
        layer.__class__ = parametrize.type_before_parametrizations(layer)
        del layer.parametrizations
        layer.weight = nn.Parameter(weights)
    return finished
