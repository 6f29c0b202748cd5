"""ONNX files: a network as one file that other runtimes read; what is in it, and what a runtime makes of it."""

from labkit.onnx.buffers import keep_everything, lifetimes
from labkit.onnx.export import export, quiet
from labkit.onnx.files import Contents, check_file
from labkit.onnx.fusion import fold_batchnorm, fold_constants, fuse, parity, peak_with_reuse, takes, times_faster
from labkit.onnx.layers import layer_by_layer
from labkit.onnx.levels import levels
from labkit.onnx.operations import Node, graph, ops, optimised

__all__ = [
    "Contents",
    "Node",
    "check_file",
    "export",
    "fold_batchnorm",
    "fold_constants",
    "fuse",
    "graph",
    "keep_everything",
    "layer_by_layer",
    "levels",
    "lifetimes",
    "ops",
    "optimised",
    "parity",
    "peak_with_reuse",
    "quiet",
    "takes",
    "times_faster",
]
