"""Makes the shipped TensorFlow Lite files of lab 06, each with a card: those of the students, by labkit.mobile, and
the lecture's ResNet-50 and MobileNet-v2 as Keras has them, float32 and full-integer. Needs TensorFlow and 2.5 GB.

The large ones have random weights, since their bytes and their latency are what counts. The random numbers repeat after
a while, in the order in which the file keeps them, so that 100 MB travel as some kB of xz.
"""

import argparse
import contextlib
import hashlib
import io
import json
import lzma
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import numpy as np

from labkit import data, files
from labkit.mobile.store import folder

STUDENTS = {"student": "student_soft_0", "micro_12": "micro_12", "micro_8": "micro_8", "micro_4": "micro_4"}
NETWORKS = {"resnet50": "ResNet50", "mobilenet_v2": "MobileNetV2"}
PERIOD = 127  # a prime, so that neighbouring filters differ


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=[*STUDENTS, *NETWORKS], nargs="*", help="just these")
    parser.add_argument("--child", nargs=3, metavar=("NETWORK", "KIND", "FILE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        network(*options.child)
        return
    wanted = options.only or [*STUDENTS, *NETWORKS]
    for name in (name for name in STUDENTS if name in wanted):
        student(name)
    for name in (name for name in NETWORKS if name in wanted):
        for kind in ("float", "int8"):
            with tempfile.TemporaryDirectory() as temporary:
                made = Path(temporary) / "made.tflite"
                subprocess.run([sys.executable, __file__, "--child", name, kind, made], check=True)
                architecture = f"keras.applications.{NETWORKS[name]}"
                ship(f"{name}_{kind}", made.read_bytes(), {"network": architecture, "weights": "random"}, packed=True)


def student(name: str) -> None:
    from labkit import mobile, models

    kinds = mobile.KINDS if name == "student" else ("int8",)
    weights = STUDENTS[name]
    source = {"network": "Student", "weights": f"{weights}.safetensors"}
    source["weights_sha256"] = hashlib.sha256(
        (data.weights_folder() / f"{weights}.safetensors").read_bytes()
    ).hexdigest()
    with tempfile.TemporaryDirectory() as temporary:
        model = models.load_shipped(weights)
        for kind, path in mobile.convert(model, temporary, data.calibration_images(200), kinds).items():
            ship(f"{name}_{kind}", path.read_bytes(), source)


def ship(name: str, content: bytes, facts: dict, packed: bool = False) -> None:
    """Writes the file and its card; `packed`, as xz."""
    card = {"file": f"{name}.tflite", "size_bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    card |= facts | {"versions": {"tensorflow": version("tensorflow")}}
    path = folder() / f"{name}.tflite{'.xz' if packed else ''}"
    stored = lzma.compress(content, preset=6) if packed else content
    files.write_atomically(path, stored)
    files.write_atomically(folder() / f"{name}.json", json.dumps(card, indent=1).encode() + b"\n")
    print(f"{path.name}: {len(content):,} bytes, stored as {len(stored):,}", flush=True)


def network(name: str, kind: str, file: str) -> None:
    """Runs in a child process: one network of Keras' own, converted."""
    import tensorflow as tf

    model = getattr(tf.keras.applications, NETWORKS[name])(weights=None)
    for i, layer in enumerate(model.layers):  # each its own numbers: a file keeps equal tensors once
        layer.set_weights([repeating(one, type(layer).__name__, i) for one in layer.get_weights()])
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    if kind == "int8":
        noise = np.random.default_rng(203).random((8, 1, 224, 224, 3), dtype=np.float32)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: ([image] for image in noise)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.int8
    with contextlib.redirect_stdout(io.StringIO()):
        Path(file).write_bytes(converter.convert())


def repeating(values: np.ndarray, layer: str, seed: int) -> np.ndarray:
    """Random weights of the same shape, small enough for fifty layers, that repeat in the file's order."""
    if values.ndim < 2:
        return values
    pattern = np.random.default_rng(seed).standard_normal(PERIOD)
    pattern -= pattern.mean()  # or all that passes through fifty layers grows beyond what int8 can scale
    depthwise = layer == "DepthwiseConv2D"
    fan_in = values[..., 0, 0].size if depthwise else values[..., 0].size
    stored = values.shape if depthwise else (values.shape[-1], *values.shape[:-1])  # in a file, outputs come first
    numbers = np.resize(pattern * np.sqrt(0.5 / fan_in), values.size).reshape(stored)
    return (numbers if depthwise else np.moveaxis(numbers, 0, -1)).astype(np.float32)


if __name__ == "__main__":
    main()
