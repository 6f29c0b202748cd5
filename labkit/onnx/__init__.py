"""ONNX files: a network as one file that other runtimes read."""

from labkit.onnx.export import export, quiet

__all__ = ["export", "quiet"]
