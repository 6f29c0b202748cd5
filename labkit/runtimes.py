"""`predict` from each runtime: float32 images in, float32 logits out, both NumPy, with a stated number of threads."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

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


def onnx_predictor(path: str | Path, threads: int = 1) -> Predict:
    """`predict` through ONNX Runtime on the CPU: the file's only input is the images, its first output the logits.

    Args:
        path: an `.onnx` file, with its `.onnx.data` beside it if it has one.
        threads: cores that one call may use. They sleep between calls, so that they slow nothing else down.

    Raises:
        ValueError: `threads` is below 1, or the model has more than one input.
        FileNotFoundError: there is no such file.
    """
    import onnxruntime

    if threads < 1:
        raise ValueError(f"threads must be at least 1, not {threads}")
    if not Path(path).is_file():
        raise FileNotFoundError(f"{path}: no such file; was the model exported?")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3  # errors only
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    inputs = [one.name for one in session.get_inputs()]
    if len(inputs) != 1:
        raise ValueError(f"{path} has the inputs {inputs}, not one for the images")

    def predict(images: np.ndarray) -> np.ndarray:
        return session.run(None, {inputs[0]: images})[0]

    predict.threads = threads
    predict.runtime = "ONNX Runtime"
    return predict
