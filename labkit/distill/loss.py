"""The loss of distillation, its gradient, and the losses of the controls."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch.nn import functional as F

from labkit.distill.labels import check_temperature, checked_logits, soften
from labkit.reference import reference

Loss = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]


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
        TypeError: logits or labels are no tensors.
        ValueError: the shapes differ, the temperature is not above 0, `alpha` is not in 0..1, a label is no class, or a
            logit is NaN or infinite.

    Source: the slide "Distillation: Simple Example", with `reduction="batchmean"`: the slide's default also divides by
        the number of classes.

    >>> zeros, label = torch.zeros(1, 2), torch.tensor([0])
    >>> round(distillation_loss(zeros, zeros, label, temperature=3, alpha=0.5).item(), 4)  # half of ln 2, and no KL
    0.3466
    """
    _check_settings(temperature, alpha)
    if not all(isinstance(one, torch.Tensor) for one in (student_logits, teacher_logits, labels)):
        raise TypeError("logits and labels must be torch tensors: give both networks' logits, and use torch.from_numpy")
    _check_same(student_logits, teacher_logits)
    if student_logits.ndim != 2 or not student_logits.numel():
        raise ValueError(f"logits have the shape (n, classes), not {tuple(student_logits.shape)}")
    if labels.dtype != torch.int64 or labels.shape != student_logits.shape[:1]:
        raise ValueError(f"labels are int64 ({len(student_logits)},), not {labels.dtype} {tuple(labels.shape)}")
    if labels.min() < 0 or labels.max() >= student_logits.shape[1]:
        raise ValueError(f"labels are 0 to {student_logits.shape[1] - 1}, one below the number of classes")
    hard_loss = F.cross_entropy(student_logits, labels)
    soft_student = F.log_softmax(student_logits / temperature, dim=1)
    soft_teacher = F.softmax(teacher_logits / temperature, dim=1)
    soft_loss = F.kl_div(soft_student, soft_teacher, reduction="batchmean")
    loss = alpha * hard_loss + (1 - alpha) * soft_loss * temperature**2
    if not loss.isfinite():
        raise ValueError("the logits hold NaN or infinity: did the training diverge?")
    return loss


@reference
def soft_loss_gradient(student_logits: np.ndarray, teacher_logits: np.ndarray, temperature: float = 3.0) -> np.ndarray:
    """How the soft loss, before the factor of the temperature squared, changes with each student logit: `(n, classes)`.

    Raises:
        ValueError: the shapes differ, the temperature is not above 0, or a logit is NaN or infinite.

    Source: G. Hinton, O. Vinyals and J. Dean, "Distilling the knowledge in a neural network" (2015), equation 2.

    >>> soft_loss_gradient(np.array([[2.0, 2.0]]), np.array([[5.0, 5.0]]), temperature=3).tolist()
    [[0.0, 0.0]]
    """
    check_temperature(temperature)
    student, teacher = checked_logits(student_logits), checked_logits(teacher_logits)
    _check_same(student, teacher)
    return (soften(student, temperature) - soften(teacher, temperature)) / temperature / len(student)


def loss_against(temperature: float = 3.0, alpha: float = 0.5) -> Loss:
    """`distillation_loss` as `train.fit` wants it: of logits, labels and the teacher's logits as targets.

    Raises:
        ValueError: the temperature is not above 0, or `alpha` is not in 0..1.
    """
    _check_settings(temperature, alpha)

    def loss(logits: torch.Tensor, labels: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return distillation_loss(logits, targets, labels, temperature, alpha)

    return loss


def smoothed_loss(smoothing: float = 0.1) -> Loss:
    """Cross-entropy against smoothed labels, as `train.fit` wants it: a control that knows nothing of the images.

    Args:
        smoothing: the share of each label that is spread evenly over all classes.

    Raises:
        ValueError: `smoothing` is not in 0..1.
    """
    if not 0 <= smoothing <= 1:
        raise ValueError(f"smoothing is the share that is spread, 0 to 1, not {smoothing}")

    def loss(logits: torch.Tensor, labels: torch.Tensor, _targets: torch.Tensor | None) -> torch.Tensor:
        return F.cross_entropy(logits, labels, label_smoothing=smoothing)

    return loss


def _check_settings(temperature: float, alpha: float) -> None:
    check_temperature(temperature)
    if not 0 <= alpha <= 1:
        raise ValueError(f"alpha is the hard loss's share, 0 to 1, not {alpha}")


def _check_same(student, teacher) -> None:
    if student.shape != teacher.shape:
        raise ValueError(
            f"student and teacher must have the same images and classes: their logits are {tuple(student.shape)} and "
            f"{tuple(teacher.shape)}"
        )
