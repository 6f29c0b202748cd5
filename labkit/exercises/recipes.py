"""Things that a law cannot send as a number: it sends their recipe, and they are built beside the student's code."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Recipe:
    """The name of what to build and the plain values to build it from; recipes of one call share one machine."""

    name: str
    values: dict = field(default_factory=dict)


class FakeMachine:
    """A machine whose calls take exactly as long as it was told: the oracle for anything that measures time."""

    def __init__(self, seconds: list[float]) -> None:
        self.now, self.calls, self.seconds = 0.0, 0, list(seconds)

    def call(self) -> None:
        """Takes the next duration; the last one again when all are used."""
        self.now += self.seconds[min(self.calls, len(self.seconds) - 1)]
        self.calls += 1

    def clock(self) -> float:
        return self.now


def build(arguments: tuple) -> tuple[tuple, Callable]:
    """The arguments of one call with every recipe built, and what makes a plain value of the call's result.

    Recipes: `call` and `clock` of one `FakeMachine` (`seconds`: list); `tensor`, a torch tensor of the array `values`.
    A tensor recipe that also has `weights` asks for a gradient: the result is then `(values, gradient, after)`, arrays:
    the gradient of `(result * weights).sum()` with respect to that tensor, and what the tensor holds after the call.
    Any other tensor returns as its values, also in a tuple or list.
    `teacher` is a small network in training mode: BatchNorm of `mean` and `variance`, then the layer `weight`. A tensor
    result is then `(values, does it carry gradients, the BatchNorm's mean afterwards)`.

    Raises:
        ValueError: there is no such recipe.
    """
    machine = FakeMachine(next((a.values["seconds"] for a in arguments if _is(a, "call")), []))
    made = {"call": lambda _: machine.call, "clock": lambda _: machine.clock, "tensor": _tensor, "teacher": _teacher}
    for argument in arguments:
        if isinstance(argument, Recipe) and argument.name not in made:
            raise ValueError(f"no recipe {argument.name!r}; there are {', '.join(made)}")
    built = tuple(made[a.name](a) if isinstance(a, Recipe) else a for a in arguments)
    asked = [
        (one, a.values["weights"]) for one, a in zip(built, arguments) if _is(a, "tensor") and "weights" in a.values
    ]
    teachers = [one for one, a in zip(built, arguments) if _is(a, "teacher")]
    if teachers:
        return built, lambda result: _with_teacher(result, teachers[0])
    return built, (lambda result: _with_gradient(result, *asked[0])) if asked else plain


def plain(result: object) -> object:
    """A torch tensor as a NumPy array, also within tuples and lists; anything else as it is."""
    if type(result) in (tuple, list):
        return type(result)(plain(one) for one in result)
    torch = sys.modules.get("torch")
    if torch is not None and type(result) is torch.Tensor:
        return result.detach().numpy().copy()
    return result


def _tensor(recipe: Recipe):
    import torch

    tensor = torch.from_numpy(np.array(recipe.values["values"]))
    return tensor.requires_grad_() if "weights" in recipe.values else tensor


def _with_gradient(result: object, tensor, weights) -> object:
    import torch

    if type(result) is not torch.Tensor or result.shape != np.shape(weights):
        return plain(result)  # the law says what is wrong with it
    if result.requires_grad:
        (result * torch.from_numpy(np.array(weights))).sum().backward()
    gradient = torch.zeros_like(tensor) if tensor.grad is None else tensor.grad
    return plain(result), plain(gradient), plain(tensor)


def _teacher(recipe: Recipe):
    import torch

    weight = torch.tensor(np.asarray(recipe.values["weight"], np.float32))
    norm = torch.nn.BatchNorm1d(weight.shape[1], affine=False)
    norm.running_mean.copy_(torch.tensor(recipe.values["mean"]))
    norm.running_var.copy_(torch.tensor(recipe.values["variance"]))
    layer = torch.nn.Linear(*weight.shape[::-1], bias=False)
    layer.weight.data.copy_(weight)
    return torch.nn.Sequential(torch.nn.Flatten(), norm, layer)


def _with_teacher(result: object, teacher) -> object:
    import torch

    if type(result) is not torch.Tensor:
        return plain(result)  # the law says what is wrong with it
    return plain(result), result.requires_grad, plain(teacher[1].running_mean)


def _is(argument: object, name: str) -> bool:
    return isinstance(argument, Recipe) and argument.name == name
