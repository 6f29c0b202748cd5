"""All that a page tells of a model beside running it: its test images, Python's answers to them, and Python's time."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from labkit import data
from labkit.browser.assets import RUNTIME
from labkit.browser.download import bytes_to_load
from labkit.browser.model import readable
from labkit.measure import describe, fingerprint, race
from labkit.runtimes import Predict, onnx_predictor

IMAGES = 100  # test images on a page unless told
MOST_IMAGES = 1000
SHAPE = (1, 28, 28)


def facts(model: str | Path, images: data.Split | None = None, seconds: float = 1.0) -> dict:
    """What the page shows beside the browser's answers, JSON-ready: names, bytes, images, Python's logits and time.

    Args:
        model: an `.onnx` file, whole in itself.
        images: which images it can show; the first 100 test images unless told.
        seconds: how long Python's time is measured.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is empty, damaged, too large, keeps its weights in another file, or answers anything but
            10 finite logits to one image; or there are no images.
    """
    path, split = readable(model), data.load().test if images is None else images
    if images is None:
        split = data.Split(split.images[:IMAGES], split.labels[:IMAGES])
    _check_images(split)
    predict = onnx_predictor(path)
    logits = _one_by_one(predict, split.inputs, path)
    return {
        "name": path.name,
        "runtime": RUNTIME,
        "download": [list(row) for row in bytes_to_load(path).rows()],
        "classes": list(data.CLASSES),
        "labels": split.labels.tolist(),
        "images": base64.b64encode(split.images.tobytes()).decode(),
        "logits": base64.b64encode(logits.astype("<f4").tobytes()).decode(),
        "python": _time(predict, split.inputs[:1], seconds),
    }


def _check_images(split: data.Split) -> None:
    if not 1 <= len(split) <= MOST_IMAGES:
        raise ValueError(f"a page shows 1 to {MOST_IMAGES} images, not {len(split)}")
    if split.images.shape[1:] != SHAPE or split.images.dtype != np.uint8:
        raise ValueError(f"images are uint8 of shape (n, 1, 28, 28), not {split.images.dtype} {split.images.shape}")


def _one_by_one(predict: Predict, inputs: np.ndarray, path: Path) -> np.ndarray:
    """Logits `(n, 10)`, each image asked for alone, as the browser does it: so a batch of 1 may be baked in."""
    answers = [np.asarray(predict(inputs[i : i + 1])) for i in range(len(inputs))]
    expected = (1, len(data.CLASSES))
    if answers[0].shape != expected:
        raise ValueError(f"{path} answers one image with the shape {answers[0].shape}, not with logits {expected}")
    logits = np.concatenate(answers)
    if logits.dtype.kind != "f" or not np.isfinite(logits).all():
        raise ValueError(f"{path} answers with what is no finite float: did the training diverge?")
    return logits


def _time(predict: Predict, image: np.ndarray, seconds: float) -> dict:
    """One call in Python in milliseconds, with its 95 % interval, and where and when it was measured."""
    timing = race({"one image": lambda: predict(image)}, seconds=seconds)["one image"]
    found = {name: getattr(timing, f"latency_{name}") for name in ("ms", "low_ms", "high_ms")}
    machine = fingerprint()
    runtime = f"{predict.runtime} {machine['libraries'].get('onnxruntime', '')}".strip()
    where = {"runtime": runtime, "threads": predict.threads, "machine": describe(machine)}
    return found | where | {"date": datetime.now(UTC).date().isoformat()}
