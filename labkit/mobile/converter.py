"""The TensorFlow Lite files of a network, of four kinds. TensorFlow runs in a child process: this file's `main`.

The lab writes a converter of its own; this one serves tools, tests, and who needs files without the lesson.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from labkit.files import write_atomically
from labkit.mobile.child import has, run
from labkit.mobile.layouts import nchw_to_nhwc
from labkit.mobile.twin import load_twin, save_twin

KINDS = ("float", "dynamic", "float16", "int8")


def convert(model, folder: str | Path, images: np.ndarray | None = None, kinds: Sequence[str] = KINDS) -> dict:
    """The paths of `folder/KIND.tflite` by kind, made of a PyTorch network through its Keras twin.

    Args:
        images: real ones, float32 `(n, 1, 28, 28)`, from which "int8" takes the ranges of its activations.
        kinds: "float", "dynamic" (`Optimize.DEFAULT` alone), "float16" or "int8" (full-integer).

    Raises:
        ImportError: TensorFlow is not installed.
        TypeError: `model` is no network.
        ValueError: an unknown kind, "int8" without images, or a layer without a twin.
        RuntimeError: TensorFlow failed.
    """
    if unknown := set(kinds) - set(KINDS):
        raise ValueError(f"the kinds are {', '.join(KINDS)}, not {', '.join(sorted(unknown))}")
    if "int8" in kinds and (images is None or not len(images)):
        raise ValueError('"int8" needs real images to see the range of every activation: give it a few hundred')
    if not has("tensorflow"):
        raise ImportError("TensorFlow, which converts, is not installed: pip install tensorflow")
    folder = Path(folder)
    with tempfile.TemporaryDirectory() as temporary:
        twin = save_twin(model, Path(temporary) / "twin.npz")
        shown = save_images(images if images is not None else np.zeros((1, 1, 28, 28)), Path(temporary) / "images.npy")
        run("labkit.mobile.converter", twin, shown, temporary, *kinds)
        for kind in kinds:
            write_atomically(folder / f"{kind}.tflite", (Path(temporary) / f"{kind}.tflite").read_bytes())
    return {kind: folder / f"{kind}.tflite" for kind in kinds}


def save_images(images: np.ndarray, path: str | Path) -> Path:
    """Writes images `(n, 1, 28, 28)` as Keras takes them, float32 `(n, 28, 28, 1)`; returns the `.npy` file.

    Raises:
        ValueError: the images have another shape, or hold NaN or infinity.
    """
    images = np.asarray(images, np.float32)
    if images.ndim != 4 or images.shape[1:] != (1, 28, 28):
        raise ValueError(f"images have the shape (n, 1, 28, 28), not {images.shape}")
    if not np.isfinite(images).all():
        raise ValueError("the images hold NaN or infinity, so no range fits them")
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, nchw_to_nhwc(images))
    return path


def main(twin: str, images: str, folder: str, *kinds: str) -> None:
    """Runs in the child process: reads the twin and the images, writes one file for each kind."""
    import tensorflow as tf

    model = load_twin(twin)
    shown = np.load(images, allow_pickle=False)
    for kind in kinds:
        converter = tf.lite.TFLiteConverter.from_keras_model(model)
        if kind != "float":
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if kind == "float16":
            converter.target_spec.supported_types = [tf.float16]
        if kind == "int8":
            converter.representative_dataset = lambda: ([image[None]] for image in shown)
            converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
            converter.inference_input_type = converter.inference_output_type = tf.int8
        Path(folder, f"{kind}.tflite").write_bytes(converter.convert())


if __name__ == "__main__":
    main(*sys.argv[1:])
