"""Weights as codes inside an ONNX file: smaller at once, and unpacked when the file is loaded."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from labkit.files import write_atomically
from labkit.prune import magnitude_mask
from labkit.quantize import quantize_per_channel
from labkit.quantize.files import checked_file

LAYERS = ("Conv", "Gemm", "MatMul")
INT4_OPSET = 21  # the first that has 4-bit integers


def pack_weights(path: str | Path, output: str | Path, bits: int = 8) -> Path:
    """Writes the float32 file `path` with its weights as symmetric codes per channel; returns `output`.

    Every weight becomes `Cast(codes) * scale`. A runtime computes that once, when it loads the file, so the network
    runs as fast as before, in float32: a file 4 or 8 times smaller that is not faster. Biases stay as they are.

    Args:
        bits: 8, or 4 with two codes in a byte.

    Raises:
        FileNotFoundError: there is no file `path`.
        ValueError: `bits` is neither, the file is damaged, has no float32 weights, or they hold NaN or infinity.
    """
    import onnx

    if isinstance(bits, bool) or bits not in (4, 8):
        raise ValueError(f"codes in a file have 4 or 8 bits, not {bits!r}")
    file, _ = checked_file(path)
    weights = _float_weights(file.graph)
    if not weights:
        raise ValueError(f"{path} has no layer with float32 weights: is it int8 already?")
    if bits == 4:
        _standard(file).version = max(_standard(file).version, INT4_OPSET)
    front = []
    for name, axis in weights.items():
        tensor = next(one for one in file.graph.initializer if one.name == name)
        codes, scale = _codes(onnx.numpy_helper.to_array(tensor), bits, axis)
        file.graph.initializer.remove(tensor)
        scale = onnx.numpy_helper.from_array(scale, f"{name}_s")
        file.graph.initializer.extend([_tensor(codes, f"{name}_q", bits), scale])
        front += [
            onnx.helper.make_node("Cast", [f"{name}_q"], [f"{name}_f"], to=onnx.TensorProto.FLOAT),
            onnx.helper.make_node("Mul", [f"{name}_f", f"{name}_s"], [name]),
        ]
    behind = list(file.graph.node)
    del file.graph.node[:]
    file.graph.node.extend([*front, *behind])
    onnx.checker.check_model(file)
    write_atomically(output, file.SerializeToString())
    return Path(output)


def prune_codes(path: str | Path, output: str | Path, amount: float) -> Path:
    """Writes the int8 file `path` with the share `amount` of its smallest weights at code 0; returns `output`.

    What counts is the weight, code times scale, and all layers compete. The ranges of the activations stay those of
    the network before: that is what pruning after quantizing means.

    Raises:
        FileNotFoundError: there is no file `path`.
        ValueError: `amount` is not in 0..1, the file is damaged or holds no int8 weights.
    """
    import onnx

    file, _ = checked_file(path)
    tensors = {one.name: one for one in file.graph.initializer}
    found = {}
    for node in file.graph.node:
        if node.op_type == "DequantizeLinear" and node.input[0] in tensors:
            codes = onnx.numpy_helper.to_array(tensors[node.input[0]])
            if codes.dtype == np.int8 and codes.ndim > 1:  # biases are int32
                axis = next((one.i for one in node.attribute if one.name == "axis"), 1) % codes.ndim
                scale = onnx.numpy_helper.to_array(tensors[node.input[1]])
                found[node.input[0]] = (codes, np.abs(codes * _along(scale, axis, codes.ndim)))
    if not found:
        raise ValueError(f"{path} holds no int8 weights: quantize it first")
    mask = magnitude_mask(np.concatenate([size.ravel() for _, size in found.values()]), amount)
    ends = np.cumsum([codes.size for codes, _ in found.values()])[:-1]
    for (name, (codes, _)), kept in zip(found.items(), np.split(mask, ends)):
        tensors[name].CopyFrom(onnx.numpy_helper.from_array(codes * kept.reshape(codes.shape), name))
    write_atomically(output, file.SerializeToString())
    return Path(output)


def _standard(file):
    return next(one for one in file.opset_import if one.domain in ("", "ai.onnx"))


def _float_weights(graph) -> dict[str, int]:
    """The float32 weights of layers by name, and the axis of their output channels."""
    import onnx

    floats = {one.name for one in graph.initializer if one.data_type == onnx.TensorProto.FLOAT}
    found = {}
    for node in graph.node:
        if node.op_type in LAYERS and node.input[1] in floats:
            turned = any(one.name == "transB" and one.i for one in node.attribute)
            found[node.input[1]] = 0 if node.op_type == "Conv" or turned else 1
    return found


def _codes(weights: np.ndarray, bits: int, axis: int) -> tuple[np.ndarray, np.ndarray]:
    codes, scale = quantize_per_channel(np.moveaxis(weights, axis, 0), bits)
    return np.ascontiguousarray(np.moveaxis(codes, 0, axis)), _along(scale.astype(np.float32), axis, weights.ndim)


def _along(scale: np.ndarray, axis: int, dimensions: int) -> np.ndarray:
    """One scale for each channel in a shape that broadcasts; a single one as it is."""
    return (
        scale.reshape([-1 if i == axis else 1 for i in range(dimensions)]) if scale.size > 1 else scale.reshape(-1)[0]
    )


def _tensor(codes: np.ndarray, name: str, bits: int):
    """The codes as a tensor of the file; two codes of 4 bits share a byte, the first in its lower half."""
    import onnx

    if bits == 8:
        return onnx.numpy_helper.from_array(codes, name)
    halves = codes.ravel().view(np.uint8) & 15
    halves = np.append(halves, np.zeros(halves.size % 2, np.uint8))
    tensor = onnx.TensorProto(name=name, data_type=onnx.TensorProto.INT4, dims=codes.shape)
    tensor.raw_data = (halves[::2] | halves[1::2] << 4).astype(np.uint8).tobytes()
    return tensor
