"""An ONNX file with one operation for each layer of a PyTorch network: as an exporter writes that improves nothing."""

from __future__ import annotations

from pathlib import Path

from labkit.files import write_atomically

OPSET, IR_VERSION = 20, 10


def layer_by_layer(model, path: str | Path, shape: tuple[int, ...] = (1, 28, 28)) -> Path:
    """Writes a network whose layers follow one another, with its BatchNorms as they are; returns the path.

    Args:
        model: an `nn.Module` of convolutions, BatchNorm, ReLU, max pooling, flatten and linear layers, run in order.
        shape: of one input, without the batch.

    Raises:
        TypeError: `model` is no network, or has a layer of another kind.
    """
    import onnx
    import torch

    if not isinstance(model, torch.nn.Module):
        raise TypeError(f"a PyTorch network is needed, not {type(model).__name__}")
    nodes, weights, value = [], [], "images"
    layers = [(name, one) for name, one in model.named_modules() if not any(one.children())]
    for i, (name, layer) in enumerate(layers):
        op, tensors, attributes = _operation(layer)
        weights += [onnx.numpy_helper.from_array(one, f"{name}.{part}") for part, one in tensors.items()]
        inputs = [value, *(f"{name}.{part}" for part in tensors)]
        value = "logits" if i == len(layers) - 1 else f"value_{i}"
        nodes.append(onnx.helper.make_node(op, inputs, [value], name=name, **attributes))
    ends = [
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, sizes)
        for name, sizes in (("images", ["batch", *shape]), ("logits", ["batch", None]))
    ]
    whole = onnx.helper.make_graph(nodes, "layers", ends[:1], ends[1:], weights)
    opset = [onnx.helper.make_opsetid("", OPSET)]
    write_atomically(
        path, onnx.helper.make_model(whole, opset_imports=opset, ir_version=IR_VERSION).SerializeToString()
    )
    return Path(path)


def _operation(layer) -> tuple[str, dict, dict]:
    """A layer's operation, its tensors by name, and its attributes."""
    from torch import nn

    def tensors(*names) -> dict:
        return {name: one.detach().numpy() for name in names if (one := getattr(layer, name)) is not None}

    if isinstance(layer, nn.Conv2d) and layer.padding_mode == "zeros" and not isinstance(layer.padding, str):
        attributes = {"kernel_shape": layer.kernel_size, "strides": layer.stride, "dilations": layer.dilation}
        return "Conv", tensors("weight", "bias"), attributes | {"pads": layer.padding * 2, "group": layer.groups}
    if isinstance(layer, nn.BatchNorm2d) and layer.affine and layer.track_running_stats:
        names = ("weight", "bias", "running_mean", "running_var")
        return "BatchNormalization", tensors(*names), {"epsilon": layer.eps}
    if isinstance(layer, nn.ReLU):
        return "Relu", {}, {}
    if isinstance(layer, nn.MaxPool2d) and not layer.ceil_mode and not layer.return_indices:
        sizes = {"kernel_shape": _pair(layer.kernel_size), "strides": _pair(layer.stride)}
        return "MaxPool", {}, sizes | {"pads": _pair(layer.padding) * 2, "dilations": _pair(layer.dilation)}
    if isinstance(layer, nn.Flatten) and (layer.start_dim, layer.end_dim) == (1, -1):
        return "Flatten", {}, {}
    if isinstance(layer, nn.Linear):
        return "Gemm", tensors("weight", "bias"), {"transB": 1}
    raise TypeError(f"layer_by_layer does not know this layer: {layer}")


def _pair(size) -> tuple[int, int]:
    return size if isinstance(size, tuple) else (size, size)
