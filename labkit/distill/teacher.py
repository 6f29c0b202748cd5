"""How a teacher is asked: in evaluation mode, without gradients, once for each image."""

from __future__ import annotations

import numpy as np
import torch

from labkit.measure.memory import give_back
from labkit.reference import reference
from labkit.runtimes import Predict


@reference
def ask_teacher(teacher: torch.nn.Module, images: torch.Tensor) -> torch.Tensor:
    """The teacher's logits `(n, classes)`, in evaluation mode and without gradients; its own mode is put back after.

    Raises:
        ValueError: the teacher does not answer with one row of logits for each image.

    >>> ask_teacher(torch.nn.Identity(), torch.zeros(2, 10)).requires_grad
    False
    """
    was_training = teacher.training
    teacher.eval()
    try:
        with torch.no_grad():  # what inference_mode returns cannot stand in every loss
            logits = teacher(images)
    finally:
        teacher.train(was_training)
    if logits.ndim != 2 or len(logits) != len(images):
        raise ValueError(f"the teacher gave {tuple(logits.shape)} for {len(images)} images, not (n, classes)")
    return logits


def teacher_logits(predict: Predict, images: np.ndarray, batch: int = 100) -> np.ndarray:
    """The teacher's logits for every image, float32 `(n, classes)`, computed once so that no step waits for it.

    Raises:
        ValueError: there are no images, or `batch` is below 1.
    """
    if not len(images) or batch < 1:
        raise ValueError(f"at least one image and a batch of at least 1 are needed, not {len(images)} and {batch}")
    logits = np.concatenate([predict(images[start : start + batch]) for start in range(0, len(images), batch)])
    give_back()
    return logits
