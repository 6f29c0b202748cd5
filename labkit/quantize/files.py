"""ONNX files that really run in int8: static post-training quantization (PTQ) by ONNX Runtime, in QDQ form."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from labkit.files import write_atomically
from labkit.measure.machine import fingerprint
from labkit.onnx import quiet
from labkit.onnx.files import load
from labkit.quantize.maps import SCHEMES
from labkit.runtimes import first_line

METHODS = {"minmax": "MinMax", "entropy": "Entropy", "percentile": "Percentile"}
NO_OVERFLOW = {"avx512_vnni", "avx_vnni", "amx_int8"}  # x86 features whose int8 sums are kept in 32 bits
BATCH = 32


def quantize_onnx(
    path: str | Path,
    output: str | Path,
    images: np.ndarray,
    method: str = "minmax",
    scheme: str = "per_channel",
    reduce_range: bool | None = None,
) -> Path:
    """Writes the float32 file `path` as an int8 file `output`; returns its path. Weights int8, activations uint8.

    Args:
        images: what the activations' ranges are taken from (calibration): float32 `(n, ...)`, real ones.
        method: how a range follows from what was seen: "minmax", "entropy" or "percentile".
        scheme: of the weights, "per_tensor" or "per_channel".
        reduce_range: weights of 7 bits, so that no pair of products overflows 16 bits. None: where this CPU needs it.

    Raises:
        FileNotFoundError: there is no file `path`, or not the one with its weights.
        ValueError: no images, images with NaN or of another shape than the file takes, an unknown method or scheme, a
            damaged file or one that ONNX Runtime cannot run, or weights that are NaN or infinite.
    """
    from onnxruntime import quantization

    path, output = Path(path), Path(output)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file; was the model exported?")
    if method not in METHODS:
        raise ValueError(f"the method is one of {', '.join(METHODS)}, not {method!r}")
    if scheme not in SCHEMES:
        raise ValueError(f"the scheme is one of {', '.join(SCHEMES)}, not {scheme!r}")
    _, entry = checked_file(path)
    shape = [one.dim_value for one in entry.type.tensor_type.shape.dim]
    _check_images(images, shape)
    options = {
        "quant_format": quantization.QuantFormat.QDQ,
        "activation_type": quantization.QuantType.QUInt8,
        "weight_type": quantization.QuantType.QInt8,
        "per_channel": scheme == "per_channel",
        "reduce_range": needs_reduced_range() if reduce_range is None else reduce_range,
        "calibrate_method": getattr(quantization.CalibrationMethod, METHODS[method]),
    }
    with quiet(), tempfile.TemporaryDirectory() as folder:
        try:
            reader = _Reader(entry.name, images, shape[0])
            quantization.quantize_static(path, Path(folder) / "int8.onnx", reader, **options)
        except Exception as error:  # ONNX Runtime's own kinds have nothing else in common
            raise ValueError(f"{path} cannot be quantized, so export it again: {first_line(error)}") from None
        write_atomically(output, (Path(folder) / "int8.onnx").read_bytes())
    return output


def needs_reduced_range(machine: dict | None = None) -> bool:
    """Whether int8 sums of this CPU are cut at 16 bits: x86 without VNNI. Arm adds in 32 bits.

    Args:
        machine: from `labkit.fingerprint()`; this one unless told.

    >>> needs_reduced_range({"architecture": "x86_64", "features": ["avx2"]})
    True
    """
    machine = fingerprint() if machine is None else machine
    x86 = machine["architecture"].lower() in ("x86_64", "amd64", "i386", "i686", "x86")
    return x86 and not NO_OVERFLOW & set(machine["features"])


class _Reader:
    """Hands the images to ONNX Runtime in batches of one size: its histograms cannot do with a smaller last one.

    Args:
        fixed: the batch that is baked into the file; 0 if it is free.
    """

    def __init__(self, name: str, images: np.ndarray, fixed: int = 0) -> None:
        batch = fixed or max(n for n in range(1, BATCH + 1) if len(images) % n == 0)
        starts = range(0, len(images), batch)
        self.batches: Iterator[dict] = iter([{name: images[start : start + batch]} for start in starts])

    def get_next(self) -> dict | None:
        return next(self.batches, None)

    def set_range(self, start_index: int, end_index: int) -> None:  # asked for by ONNX Runtime where files are huge
        raise NotImplementedError("labkit calibrates with all images at once")


def checked_file(path: str | Path):
    """The file as `onnx` reads it, and the description of its only input.

    Raises:
        FileNotFoundError, ValueError: as `labkit.onnx.check_file`; or it has more inputs, or a weight is not finite.
    """
    import onnx

    file = load(path)
    graph = file.graph
    inputs = [one for one in graph.input if one.name not in {weight.name for weight in graph.initializer}]
    if len(inputs) != 1:
        raise ValueError(f"{path} has the inputs {[one.name for one in inputs]}, not one for the images")
    for one in graph.initializer:
        try:
            values = onnx.numpy_helper.to_array(one)
        except (KeyError, TypeError, ValueError) as error:  # of a type or a size that there is not
            raise ValueError(f"{path}: {one.name!r} is damaged ({first_line(error)}); export it again") from None
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            raise ValueError(f"{path}: {one.name!r} holds NaN or infinity: did the training diverge?")
    return file, inputs[0]


def _check_images(images: np.ndarray, shape: Sequence[int]) -> None:
    if not isinstance(images, np.ndarray):
        raise ValueError(f"calibration images are a NumPy array of float32, not {type(images).__name__}")
    if not images.ndim or not len(images):
        raise ValueError("the calibration set is empty: give it a few hundred training images")
    if images.dtype != np.float32:
        raise ValueError(f"calibration images are float32 from 0 to 1, as the model takes them, not {images.dtype}")
    if images.ndim != len(shape) or any(wanted not in (0, found) for wanted, found in zip(shape[1:], images.shape[1:])):
        raise ValueError(f"calibration images have the shape {images.shape[1:]}; the file takes {tuple(shape[1:])}")
    if shape[0] and len(images) % shape[0]:
        raise ValueError(f"the file takes {shape[0]} images at once, and {len(images)} are no multiple of that")
    if not np.isfinite(images).all():
        raise ValueError("the calibration images hold NaN or infinity, so no range fits them")
