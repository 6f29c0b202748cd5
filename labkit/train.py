"""Training and accuracy: one `fit` for every lab, one `after_step` hook for what a lab wants to do between steps."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from tqdm.auto import tqdm

from labkit.data import Split
from labkit.measure.memory import give_back

Loss = Callable[[torch.Tensor, torch.Tensor, "torch.Tensor | None"], torch.Tensor]


def fit(
    model: nn.Module,
    split: Split,
    epochs: int,
    lr: float = 0.1,
    batch: int = 128,
    seed: int = 0,
    augment: bool = True,
    bfloat16: bool = False,
    weight_decay: float = 5e-4,
    loss: Loss | None = None,
    targets: np.ndarray | None = None,
    after_step: Callable[[nn.Module], None] | None = None,
) -> list[float]:
    """Trains `model` in place; returns the mean training loss of each epoch (nats).

    Stochastic gradient descent with Nesterov momentum and a one-cycle learning rate that peaks at `lr`.

    Args:
        augment: mirror half of the images and shift each by up to two pixels.
        bfloat16: multiply in bfloat16 (weights stay float32): three times faster on CPUs that have it.
        weight_decay: how strongly each step pulls the weights towards 0; small networks need less.
        loss: from logits `(n, 10)`, labels `(n,)` and their rows of `targets` to one number; cross-entropy unless told.
        targets: one row for each image, handed to `loss`, such as a teacher's logits: `(images, ...)`.
        after_step: called with the model after each step, for instance to put pruned weights back to zero.

    Raises:
        TypeError: `model` is no network.
        ValueError: `epochs` or `batch` is no whole number above 0, `lr` or `weight_decay` below 0, there are no images,
            `targets` are not one row for each, the model does not take the images or has no class for a label, or the
            loss is not one number, or NaN or infinite: the training diverged, and `model` is spoiled.
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"a PyTorch network is needed, not {type(model).__name__}")
    if not len(split):
        raise ValueError("there are no images to train with")
    if targets is not None and len(targets) != len(split):
        raise ValueError(f"targets need one row for each of the {len(split)} images, not {len(targets)}")
    loss = hard_loss if loss is None else loss
    goals = None if targets is None else torch.from_numpy(np.asarray(targets, np.float32))
    if not all(isinstance(one, int) and one >= 1 for one in (epochs, batch)):
        raise ValueError(f"epochs and batch must be whole numbers of at least 1, not {epochs} and {batch}")
    if not (0 <= lr < float("inf") and 0 <= weight_decay < float("inf")):
        raise ValueError(f"lr and weight_decay must be finite and not below 0, not {lr} and {weight_decay}")
    random = torch.Generator().manual_seed(seed)
    images, labels = torch.from_numpy(split.images.copy()), torch.from_numpy(split.labels.copy())
    steps = max(1, len(labels) // batch)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9, nesterov=True, weight_decay=weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=lr, total_steps=epochs * steps)
    model.to(memory_format=torch.channels_last).train()
    losses = []
    with tqdm(total=epochs * steps, unit="step", leave=None) as bar:  # below another bar it goes when done
        for _ in range(epochs):
            total = 0.0
            for chosen in torch.randperm(len(labels), generator=random)[: steps * batch].split(batch):
                inputs = images[chosen].float() / 255
                inputs = augmented(inputs, random) if augment else inputs
                logits = _answers(model, inputs, bfloat16)
                found = loss(logits, labels[chosen], None if goals is None else goals[chosen])
                if found.ndim:
                    raise ValueError(f"the loss must be one number, not of shape {tuple(found.shape)}: take the mean")
                if not found.isfinite():
                    raise ValueError(
                        f"the loss became {found.item()}: the training diverged. Load the weights again, and "
                        f"try a smaller lr than {lr:g}; are the weights and the targets finite?"
                    )
                optimizer.zero_grad()
                found.backward()
                optimizer.step()
                schedule.step()
                if after_step:
                    after_step(model)
                total += found.item()
                bar.update()
            losses.append(total / steps)
            bar.set_postfix(loss=f"{losses[-1]:.3f}")
    model.to(memory_format=torch.contiguous_format).eval()
    give_back()
    return losses


def _answers(model: nn.Module, inputs: torch.Tensor, bfloat16: bool) -> torch.Tensor:
    try:
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            return model(inputs).float()
    except RuntimeError as error:
        said = str(error).strip().splitlines()[0]
        raise ValueError(
            f"{type(model).__name__} cannot answer images of shape {tuple(inputs.shape)}: {said}"
        ) from None


def hard_loss(logits: torch.Tensor, labels: torch.Tensor, _targets: torch.Tensor | None = None) -> torch.Tensor:
    """Cross-entropy against the labels alone (nats): what `fit` trains with unless told.

    Raises:
        ValueError: a label is no class of the logits.
    """
    if labels.min() < 0 or labels.max() >= logits.shape[1]:
        raise ValueError(
            f"labels go from {int(labels.min())} to {int(labels.max())}, the logits have {logits.shape[1]} classes"
        )
    return F.cross_entropy(logits, labels)


def augmented(inputs: torch.Tensor, random: torch.Generator) -> torch.Tensor:
    """Images `(n, 1, 28, 28)`, half of them mirrored, each shifted by up to two pixels, black where nothing was."""
    n, _, height, width = inputs.shape
    mirrored = torch.where(torch.rand(n, 1, 1, 1, generator=random) < 0.5, inputs.flip(3), inputs)
    padded = F.pad(mirrored, (2, 2, 2, 2))
    down, right = torch.randint(0, 5, (2, n, 1, 1), generator=random)
    rows = (torch.arange(height).view(1, -1, 1) + down).expand(n, height, width)
    columns = (torch.arange(width).view(1, 1, -1) + right).expand(n, height, width)
    return padded[torch.arange(n).view(-1, 1, 1), 0, rows, columns].unsqueeze(1)


def correct(predict: Callable[[np.ndarray], np.ndarray], split: Split, batch: int = 100) -> np.ndarray:
    """Which images `predict` labels correctly: bool `(n,)`. Its mean is the accuracy.

    Args:
        predict: float32 images `(n, 1, 28, 28)` to logits `(n, 10)`, from any runtime.

    Raises:
        ValueError: as `labels_of`.
    """
    return labels_of(predict, split.inputs, batch) == split.labels


def labels_of(predict: Callable[[np.ndarray], np.ndarray], images: np.ndarray, batch: int = 100) -> np.ndarray:
    """The class that `predict` finds most likely for each image: int64 `(n,)`.

    Raises:
        ValueError: there are no images, `batch` is below 1, or the answers are not one row of logits for each image, or
            hold NaN, which is no class.
    """
    if not len(images) or batch < 1:
        raise ValueError(f"at least one image and a batch of at least 1 are needed, not {len(images)} and {batch}")
    starts = tqdm(range(0, len(images), batch), unit="batch", leave=False, disable=len(images) < 5000)
    return np.concatenate([_likeliest(predict, images[start : start + batch]) for start in starts])


def _likeliest(predict: Callable[[np.ndarray], np.ndarray], images: np.ndarray) -> np.ndarray:
    logits = predict(images)
    if logits.ndim != 2 or len(logits) != len(images):
        raise ValueError(f"predict gave {tuple(logits.shape)} for {len(images)} images, not (n, classes)")
    if np.isnan(logits).any():
        raise ValueError("predict gave NaN, which is no class: are the weights and the images finite?")
    return logits.argmax(1)
