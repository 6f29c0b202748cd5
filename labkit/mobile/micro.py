"""TensorFlow Lite Micro: the interpreter of microcontrollers, here on a laptop, and the arena that it needs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from labkit.mobile.child import has, run
from labkit.mobile.codes import decoded, encoded, scale_of
from labkit.mobile.tflite import check_file
from labkit.mobile.trial import LARGEST_ARENA

ABSENT = (
    "the microcontroller's interpreter is not installed; it is there for Linux on x86-64 alone: "
    "pip install tflite-micro, or labkit's extra `micro`"
)


def has_micro() -> bool:
    """Whether the microcontroller's interpreter is installed."""
    return has("tflite_micro")


def micro_predictor(path: str | Path, arena_bytes: int | None = None):
    """`predict` through TensorFlow Lite Micro, image by image, with the kernels that a microcontroller runs.

    Args:
        path: a `.tflite` file, full-integer or float; not dynamic-range.
        arena_bytes: memory for all activations, at most 2**28; ten times the file's bytes unless told.

    Raises:
        ImportError: `tflite-micro` is not installed.
        FileNotFoundError: there is no such file.
        ValueError: it is damaged, has an op that microcontrollers lack, or the arena is too small or too large; from
            `predict`, the model does not take images of this shape.
    """
    if not has_micro():
        raise ImportError(ABSENT)
    from tflite_micro import runtime

    if arena_bytes is not None and not 0 < arena_bytes <= LARGEST_ARENA:
        raise ValueError(f"an arena has 1 to {LARGEST_ARENA:,} bytes, not {arena_bytes:,}")
    content = check_file(path, "micro").read_bytes()
    arena_bytes = min(10 * len(content), LARGEST_ARENA) if arena_bytes is None else arena_bytes
    try:
        interpreter = runtime.Interpreter.from_bytes(content, arena_size=arena_bytes)
    except RuntimeError:
        raise ValueError(f"an arena of {arena_bytes} bytes is too small for {Path(path).name}") from None
    takes, gives = interpreter.get_input_details(0), interpreter.get_output_details(0)

    def predict(images: np.ndarray) -> np.ndarray:
        codes = encoded(images, tuple(takes["shape"][1:]), takes["dtype"], *scale_of(takes))
        logits = [_answer(interpreter, one[None]) for one in codes]
        return decoded(np.concatenate(logits), *scale_of(gives))

    predict.threads = 1
    predict.runtime = "TFLite Micro"
    return predict


def smallest_arena(path: str | Path) -> int:
    """The fewest bytes of memory with which the microcontroller's interpreter runs the file, a multiple of 16.

    Tried out, not computed: on a laptop of 64 bits, so that a microcontroller of 32 bits needs rather less.

    Raises:
        ImportError: `tflite-micro` is not installed.
        FileNotFoundError, ValueError: as `micro_predictor`.
    """
    if not has_micro():
        raise ImportError(ABSENT)
    said = json.loads(run("labkit.mobile.trial", "arena", check_file(path, "micro")).splitlines()[-1])
    if said["error"]:
        raise ValueError(f"{path} cannot be run by TensorFlow Lite Micro: {said['error']}")
    return said["found"]


def _answer(interpreter, image: np.ndarray) -> np.ndarray:
    interpreter.set_input(image, 0)
    interpreter.invoke()
    return interpreter.get_output(0).copy()
