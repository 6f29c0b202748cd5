"""ONNX files: a network as one file that other runtimes read."""

from __future__ import annotations

import io
import logging
import warnings
from contextlib import redirect_stdout
from pathlib import Path

import torch
from torch import nn

from labkit.measure.memory import give_back


def export(model: nn.Module, path: str | Path, shape: tuple[int, ...] = (1, 28, 28)) -> Path:
    """Writes `model` as one ONNX file with a free batch size, input `images` and output `logits`; returns its path.

    Args:
        shape: of one input, without the batch.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    example = torch.zeros(2, *shape)  # a batch of 1 would be baked in
    logger, level = logging.getLogger("torch.onnx"), logging.getLogger("torch.onnx").level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            torch.onnx.export(
                model.eval(),
                (example,),
                path,
                input_names=["images"],
                output_names=["logits"],
                dynamic_shapes=({0: torch.export.Dim("batch")},),
                external_data=False,
                verbose=False,
            )
    finally:
        logger.setLevel(level)
    _drop_notes(path)
    give_back()
    return path


def _drop_notes(path: Path) -> None:
    """Takes out what the exporter notes on every node for its developers: 17 kB, a tenth of a small model's file."""
    import onnx

    file = onnx.load(path)
    for part in (file, file.graph, *file.graph.node, *file.graph.value_info, *file.graph.input, *file.graph.output):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    onnx.save(file, path)
