"""The tensors between the layers of an ONNX file: how large, from when to when, and what keeping all of them costs."""

from __future__ import annotations

from math import prod
from pathlib import Path

from labkit.files import write_atomically
from labkit.onnx.files import BITS, load


def lifetimes(path: str | Path, batch: int = 1) -> list[tuple[int, int, int]]:
    """`(bytes, first step, last step)` of every tensor that is computed for a batch of images; a step is a node.

    Raises:
        FileNotFoundError, ValueError: as `check_file`; or the file does not tell the shape of a tensor.
    """
    graph = _inferred(path).graph
    fixed = {one.name for one in graph.initializer}
    shapes = {one.name: one.type.tensor_type for one in (*graph.input, *graph.value_info, *graph.output)}
    last = {name: step for step, node in enumerate(graph.node) for name in node.input}
    last |= {one.name: len(graph.node) for one in graph.output}
    found = []
    for step, node in enumerate(graph.node):
        for name in node.output:
            if name and name not in fixed:
                found.append((_bytes(path, shapes.get(name), batch, name), step, last.get(name, step)))
    return found


def keep_everything(path: str | Path, output: str | Path) -> Path:
    """Writes the file with every tensor between its layers as a further output, so that no buffer can be reused.

    Raises:
        FileNotFoundError, ValueError: as `check_file`.
    """
    model = _inferred(path)
    outputs, fixed = {one.name for one in model.graph.output}, {one.name for one in model.graph.initializer}
    described = {one.name: one for one in model.graph.value_info}
    for node in model.graph.node:
        for name in node.output:
            if name in described and name not in outputs | fixed:
                model.graph.output.append(described[name])
    write_atomically(output, model.SerializeToString())
    return Path(output)


def _inferred(path: str | Path):
    """The model with the shapes of all tensors."""
    import onnx

    return onnx.shape_inference.infer_shapes(load(path))


def _bytes(path, kind, batch: int, name: str) -> int:
    if kind is None or not kind.HasField("shape") or kind.elem_type not in BITS:
        raise ValueError(f"{path}: the shape of {name!r} cannot be told")
    sizes = [one.dim_value or batch for one in kind.shape.dim]
    return prod(sizes) * BITS[kind.elem_type] // 8
