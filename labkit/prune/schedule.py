"""Pruning and training together: holding the mask, pruning little by little, and what pruning twice amounts to."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from torch import nn

from labkit.prune.masks import apply_masks_, global_masks
from labkit.reference import reference


@reference
def pruned_twice(first: float, second: float) -> float:
    """The sparsity 0..1 after removing the share `first`, then the share `second` of what was left.

    Raises:
        ValueError: an amount is not in 0..1.

    >>> pruned_twice(0.5, 0.5)
    0.75
    """
    for amount in (first, second):
        if not 0 <= amount <= 1:
            raise ValueError(f"an amount is a share, 0 to 1, not {amount}")
    return 1 - (1 - first) * (1 - second)


@reference
def masked_step(weights: np.ndarray, gradient: np.ndarray, mask: np.ndarray, lr: float) -> np.ndarray:
    """The weights after one step of gradient descent, the removed ones still zero: the shape of `weights`.

    Args:
        mask: bool, True = kept.

    Raises:
        ValueError: the shapes differ, the mask is not of True and False, or something is NaN or infinite.

    >>> masked_step(np.array([1.0, 0.0]), np.array([2.0, 2.0]), np.array([True, False]), 0.25).tolist()
    [0.5, 0.0]
    """
    if not np.shape(weights) == np.shape(gradient) == np.shape(mask):
        shapes = f"{np.shape(weights)}, {np.shape(gradient)} and {np.shape(mask)}"
        raise ValueError(f"weights, gradient and mask must have the same shape, not {shapes}")
    if np.asarray(mask).dtype != bool:
        raise ValueError(f"the mask must be of True (kept) and False, not {np.asarray(mask).dtype}")
    stepped = np.where(mask, weights - lr * np.asarray(gradient), 0.0)
    if not np.isfinite(stepped).all():
        raise ValueError("the weights, their gradient or lr hold NaN or infinity: did the training diverge?")
    return stepped


@reference
def cubic_amount(step: int, steps: int, amount: float) -> float:
    """The sparsity 0..1 that a gradual schedule wants at `step`: 0 at the start, `amount` from `steps` on.

    Args:
        steps: how many steps the schedule takes.
        amount: the sparsity at its end, 0..1.

    Raises:
        ValueError: `steps` is below 1, `step` below 0, or `amount` not in 0..1.

    Source: M. Zhu and S. Gupta, "To prune, or not to prune" (2017), equation 1.

    >>> [cubic_amount(step, 10, 0.5) for step in (0, 5, 10)]
    [0.0, 0.4375, 0.5]
    """
    if not (steps >= 1 and step >= 0):
        raise ValueError(f"a schedule has at least one step and starts at step 0, not step {step} of {steps}")
    if not 0 <= amount <= 1:
        raise ValueError(f"amount is the share of weights to remove, 0 to 1, not {amount}")
    left = 1 - min(step / steps, 1.0)
    return amount * (1 - left**3)


def hold(masks: Mapping[str, np.ndarray]) -> Callable[[nn.Module], None]:
    """What `train.fit` calls after each step so that removed weights stay zero: `fit(..., after_step=hold(masks))`."""

    def after_step(model: nn.Module) -> None:
        apply_masks_(model, masks)

    return after_step


def gradually(amount: float, steps: int, every: int = 10) -> Callable[[nn.Module], None]:
    """What `train.fit` calls after each step to prune little by little, by the cubic schedule over all layers.

    Args:
        amount: the sparsity at the end, 0..1.
        steps: after so many steps the amount is reached and the mask stays as it is.
        every: steps between two prunings; in between the mask holds.

    Raises:
        ValueError: `steps` or `every` is below 1, or `amount` not in 0..1.
    """
    if not every >= 1 or every != int(every):
        raise ValueError(f"every must be at least 1 step, a whole number, not {every}")
    cubic_amount(0, steps, amount)  # says what is wrong before the training starts
    state: dict = {"step": 0, "masks": {}}

    def after_step(model: nn.Module) -> None:
        state["step"] += 1
        if state["step"] <= steps and (state["step"] % every == 0 or state["step"] == steps):
            apply_masks_(model, state["masks"])  # zeros are the smallest magnitudes, so they stay removed
            state["masks"] = global_masks(model, cubic_amount(state["step"], steps, amount))
        apply_masks_(model, state["masks"])

    return after_step
