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
        TypeError: the teacher is no network, or the images are no tensor.
        ValueError: the teacher does not take these images, or does not answer with one row of logits for each, or with
            NaN or infinity.

    >>> ask_teacher(torch.nn.Identity(), torch.zeros(2, 10)).requires_grad
    False
    """
    if not isinstance(teacher, torch.nn.Module) or not isinstance(images, torch.Tensor):
        found = f"{type(teacher).__name__} and {type(images).__name__}"
        raise TypeError(f"a network and a tensor of images are needed, not {found}: use torch.from_numpy")
    was_training = teacher.training
    teacher.eval()
    try:
        with torch.no_grad():  # what inference_mode returns cannot stand in every loss
            logits = teacher(images)
    except RuntimeError as error:
        said = str(error).strip().splitlines()[0]
        raise ValueError(f"the teacher cannot answer {images.dtype} {tuple(images.shape)}: {said}") from None
    finally:
        teacher.train(was_training)
    _check_logits(logits, len(images), bool(logits.isfinite().all()))
    return logits


def teacher_logits(predict: Predict, images: np.ndarray, batch: int = 100) -> np.ndarray:
    """The teacher's logits for every image, float32 `(n, classes)`, computed once so that no step waits for it.

    Raises:
        ValueError: there are no images, `batch` is below 1, or the answers are not one row of finite logits for each.
    """
    if not len(images) or batch < 1:
        raise ValueError(f"at least one image and a batch of at least 1 are needed, not {len(images)} and {batch}")
    logits = np.concatenate([predict(images[start : start + batch]) for start in range(0, len(images), batch)])
    give_back()
    _check_logits(logits, len(images), bool(np.isfinite(logits).all()))
    return logits


def _check_logits(logits: np.ndarray | torch.Tensor, images: int, finite: bool) -> None:
    if logits.ndim != 2 or len(logits) != images:
        raise ValueError(f"the teacher gave {tuple(logits.shape)} for {images} images, not (n, classes)")
    if not finite:
        raise ValueError("the teacher's logits hold NaN or infinity: are its weights and the images finite?")
