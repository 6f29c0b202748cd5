"""`predict` from each runtime: float32 images in, float32 logits out, both NumPy, with a stated number of threads."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Predict = Callable[[np.ndarray], np.ndarray]


def torch_predictor(model, threads: int = 1) -> Predict:
    """`predict` through PyTorch in inference mode, the model in evaluation mode.

    Args:
        model: an `nn.Module` from images `(n, ...)` to logits `(n, classes)`.
        threads: cores that one call may use. PyTorch keeps one number for the whole process, so it is set at each call.

    Raises:
        ValueError: `threads` is below 1.
    """
    import torch

    if threads < 1:
        raise ValueError(f"threads must be at least 1, not {threads}")
    model.eval()

    def predict(images: np.ndarray) -> np.ndarray:
        if model.training:  # trained on since: batch statistics would answer, and change
            model.eval()
        if torch.get_num_threads() != threads:
            torch.set_num_threads(threads)
        with torch.inference_mode():
            return model(torch.from_numpy(images)).numpy()

    predict.threads = threads
    predict.runtime = "PyTorch"
    return predict
