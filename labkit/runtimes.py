"""`predict` from each runtime: float32 images in, float32 logits out, both NumPy, with a stated number of threads."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np

Predict = Callable[[np.ndarray], np.ndarray]
LEVELS = ("DISABLE_ALL", "BASIC", "EXTENDED", "ALL")  # of ONNX Runtime's optimiser, each does more than the one before


def torch_predictor(model, threads: int = 1) -> Predict:
    """`predict` through PyTorch in inference mode, the model in evaluation mode.

    Args:
        model: an `nn.Module` from images `(n, ...)` to logits `(n, classes)`.
        threads: cores that one call may use. PyTorch keeps one number for the whole process, so it is set at each call.

    Raises:
        TypeError: `model` is no network; from `predict`, the images are no float32 array.
        ValueError: `threads` is below 1; from `predict`, the model does not take images of this shape.
    """
    import torch

    _check_threads(threads)
    if not isinstance(model, torch.nn.Module):
        raise TypeError(f"a PyTorch network is needed, not {type(model).__name__}")
    model.eval()

    def predict(images: np.ndarray) -> np.ndarray:
        if model.training:  # trained on since: batch statistics would answer, and change
            model.eval()
        if torch.get_num_threads() != threads:
            torch.set_num_threads(threads)
        try:
            with torch.inference_mode():
                return model(torch.from_numpy(images)).numpy()
        except (RuntimeError, TypeError, ValueError) as error:
            raise _explained(error, images) from None

    predict.threads = threads
    predict.runtime = "PyTorch"
    predict.made_of = (model, threads)
    return predict


def onnx_predictor(path: str | Path, threads: int = 1, level: str = "ALL") -> Predict:
    """`predict` through ONNX Runtime on the CPU: the file's only input is the images, its first output the logits.

    Args:
        path: an `.onnx` file, with its `.onnx.data` beside it if it has one.
        threads: cores that one call may use. They sleep between calls, so that they slow nothing else down.
        level: of ONNX Runtime's optimiser, one of `LEVELS`.

    Raises:
        TypeError: from `predict`, the images are no float32 array.
        ValueError: `threads` is below 1, the level is unknown, the file is damaged or asks for what no model here needs
            (see `labkit.onnx.check_file`), or the model has more than one input or answers no array; from `predict`,
            the model does not take images of this shape.
        FileNotFoundError: there is no such file, or not the one with its weights.
    """
    import onnxruntime

    from labkit.onnx.files import check_file

    options = onnx_options(threads, level)
    check_file(path)
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's own kinds have nothing else in common
        raise ValueError(f"{path} cannot be loaded, so export it again: {first_line(error)}") from None
    inputs = [one.name for one in session.get_inputs()]
    if len(inputs) != 1:
        raise ValueError(f"{path} has the inputs {inputs}, not one for the images")
    answers = [one.type for one in session.get_outputs()]
    if not answers or not answers[0].startswith("tensor("):
        raise ValueError(f"{path} answers with {answers or 'nothing'}, not with an array of logits")

    def predict(images: np.ndarray) -> np.ndarray:
        try:
            return session.run(None, {inputs[0]: images})[0]
        except Exception as error:  # as above
            raise _explained(error, images, session.get_inputs()[0].shape) from None

    predict.threads = threads
    predict.runtime = "ONNX Runtime"
    predict.made_of = (Path(path), threads, level)
    return predict


def litert_predictor(path: str | Path, threads: int = 1, reference: bool = False) -> Predict:
    """`predict` through LiteRT, which was TensorFlow Lite; codes of full-integer files are made and read inside.

    Args:
        path: a `.tflite` file whose only input is the images. One that was made for a batch of 1 runs image by image.
        threads: cores that one call may use.
        reference: use the plain kernels from which those of microcontrollers were made, not the fast ones.

    Raises:
        TypeError: from `predict`, the images are no float32 array.
        ValueError: `threads` is below 1, the file is damaged or has more than one input; from `predict`, the model does
            not take images of this shape.
        FileNotFoundError: there is no such file.
    """
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    from labkit.mobile.codes import decoded, encoded, scale_of
    from labkit.mobile.tflite import check_file

    _check_threads(threads)
    kernels = OpResolverType.BUILTIN_REF if reference else OpResolverType.AUTO
    content = check_file(path).read_bytes()  # on Windows it cannot open every path
    try:
        interpreter = Interpreter(model_content=content, num_threads=threads, experimental_op_resolver_type=kernels)
        interpreter.allocate_tensors()
    except (RuntimeError, ValueError) as error:  # such as an op without a plain kernel
        raise ValueError(f"{path} cannot be run by LiteRT: {first_line(error)}") from None
    inputs, gives = interpreter.get_input_details(), interpreter.get_output_details()[0]
    if len(inputs) != 1 or len(inputs[0]["shape"]) != 4:
        raise ValueError(f"{path} takes {[one['name'] for one in inputs]}, not one input of images")
    takes = inputs[0]
    free_batch, taken = takes["shape_signature"][0] == -1, int(takes["shape"][0])

    def predict(images: np.ndarray) -> np.ndarray:
        nonlocal taken
        codes = encoded(images, tuple(takes["shape"][1:]), takes["dtype"], *scale_of(takes))
        if free_batch and len(codes) != taken:
            interpreter.resize_tensor_input(takes["index"], (len(codes), *takes["shape"][1:]))
            interpreter.allocate_tensors()
            taken = len(codes)
        if len(codes) % taken:
            raise ValueError(f"the model takes {taken} images at once, and {len(codes)} are no multiple of that")
        answers = []
        for start in range(0, len(codes), taken):
            interpreter.set_tensor(takes["index"], codes[start : start + taken])
            interpreter.invoke()
            answers.append(interpreter.get_tensor(gives["index"]))
        return decoded(np.concatenate(answers), *scale_of(gives))

    predict.threads = threads
    predict.runtime = "LiteRT"
    predict.made_of = (Path(path), threads, reference)
    return predict


def onnx_options(threads: int = 1, level: str = "ALL"):
    """Options of an ONNX Runtime session: its threads sleep between calls, and it says nothing but errors.

    Raises:
        ValueError: `threads` is below 1, or the level is unknown.
    """
    import onnxruntime

    _check_threads(threads)
    if level not in LEVELS:
        raise ValueError(f"the level of the optimiser is one of {', '.join(LEVELS)}, not {level!r}")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3  # errors only
    name = f"ORT_{level}" if level == "DISABLE_ALL" else f"ORT_ENABLE_{level}"
    options.graph_optimization_level = getattr(onnxruntime.GraphOptimizationLevel, name)
    return options


def _check_threads(threads: int) -> None:
    if operator.index(threads) < 1:
        raise ValueError(f"threads must be at least 1, not {threads}")


def _explained(error: Exception, images, wanted=None) -> Exception:
    """What a runtime's error says about the images, in one line; `wanted` is the shape that the file takes."""
    if not isinstance(images, np.ndarray):
        return TypeError(f"images must be a NumPy array of float32, not {type(images).__name__}")
    if images.dtype != np.float32:
        return TypeError(f"images must be float32 from 0 to 1 (`split.inputs`), not {images.dtype}")
    sizes = wanted or images.shape
    fits = len(sizes) == images.ndim and all(
        one in (size, None) or isinstance(one, str) for one, size in zip(sizes, images.shape)
    )
    why = first_line(error) if fits else f"it takes ({', '.join(map(str, sizes))})"
    return ValueError(f"the model cannot answer images of shape {images.shape}: {why}")


def first_line(error: Exception) -> str:
    """The first line of an error's message, at most 200 characters: runtimes put a code before it, a page behind it."""
    said = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return re.sub(r"^\[ONNXRuntimeError\] : \d+ : \w+ : (Load model from .*? failed:)?", "", said)[:200]
