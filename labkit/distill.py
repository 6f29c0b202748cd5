"""Distillation: a small student learns from a large teacher's soft labels, and from the labels themselves."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional as F

from labkit.reference import reference
from labkit.runtimes import Predict


@reference
def soften(logits: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """Probabilities `(n, classes)` of logits divided by the temperature: the higher, the more equal.

    Raises:
        ValueError: the temperature is not above 0, or the logits hold NaN or infinity.

    Source: G. Hinton, O. Vinyals and J. Dean, "Distilling the knowledge in a neural network" (2015), equation 1.

    >>> soften(np.array([[0.0, 0.0]]), 3).tolist()
    [[0.5, 0.5]]
    """
    _check_temperature(temperature)
    logits = np.asarray(logits, np.float64)
    if not np.isfinite(logits).all():
        raise ValueError("the logits hold NaN or infinity: did the training diverge?")
    scaled = logits / temperature
    powers = np.exp(scaled - scaled.max(-1, keepdims=True))  # the largest power is 1, so none overflows
    return powers / powers.sum(-1, keepdims=True)


@reference
def distillation_loss(
    student_logits: torch.Tensor,
    teacher_logits: torch.Tensor,
    labels: torch.Tensor,
    temperature: float = 3.0,
    alpha: float = 0.5,
) -> torch.Tensor:
    """One number (nats): `alpha` of the hard loss plus `1 - alpha` of the soft loss times the temperature squared.

    Args:
        student_logits, teacher_logits: `(n, classes)`.
        labels: int64 `(n,)`.
        temperature: divides both logits in the soft loss.
        alpha: weight of the HARD loss, as on the slide: 1 is training without a teacher.

    Raises:
        ValueError: the shapes differ, the temperature is not above 0, or `alpha` is not in 0..1.

    Source: the slide "Distillation: Simple Example", with `reduction="batchmean"`: the slide's default also divides by
        the number of classes.
    """
    _check_temperature(temperature)
    if not 0 <= alpha <= 1:
        raise ValueError(f"alpha is the hard loss's share, 0 to 1, not {alpha}")
    if student_logits.shape != teacher_logits.shape:
        raise ValueError(
            f"student and teacher must have the same classes: their logits are {tuple(student_logits.shape)} and "
            f"{tuple(teacher_logits.shape)}"
        )
    hard_loss = F.cross_entropy(student_logits, labels)
    soft_student = F.log_softmax(student_logits / temperature, dim=1)
    soft_teacher = F.softmax(teacher_logits / temperature, dim=1)
    soft_loss = F.kl_div(soft_student, soft_teacher, reduction="batchmean")
    return alpha * hard_loss + (1 - alpha) * soft_loss * temperature**2


def loss_against(temperature: float = 3.0, alpha: float = 0.5):
    """`distillation_loss` as `train.fit` wants it: of logits, labels and the teacher's logits as targets."""

    def loss(logits: torch.Tensor, labels: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return distillation_loss(logits, targets, labels, temperature, alpha)

    return loss


def smoothed_loss(smoothing: float = 0.1):
    """Cross-entropy against smoothed labels, as `train.fit` wants it: a control that knows nothing of the images.

    Args:
        smoothing: the share of each label that is spread evenly over all classes.
    """

    def loss(logits: torch.Tensor, labels: torch.Tensor, _targets) -> torch.Tensor:
        return F.cross_entropy(logits, labels, label_smoothing=smoothing)

    return loss


def teacher_logits(predict: Predict, images: np.ndarray, batch: int = 100) -> np.ndarray:
    """The teacher's logits for every image, float32 `(n, classes)`, computed once so that no step waits for it."""
    return np.concatenate([predict(images[start : start + batch]) for start in range(0, len(images), batch)])


def shuffled_within_class(logits: np.ndarray, labels: np.ndarray, seed: int = 0) -> np.ndarray:
    """The same logits dealt out anew among the images of each class: what they say of a class stays, what they say of
    an image is lost. A control."""
    dealt, random = np.array(logits), np.random.default_rng(seed)
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        dealt[members] = dealt[random.permutation(members)]
    return dealt


def _check_temperature(temperature: float) -> None:
    if not temperature > 0 or temperature == float("inf"):
        raise ValueError(f"the temperature must be a number above 0, not {temperature}")
