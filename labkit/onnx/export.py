"""A PyTorch network written as one ONNX file."""

from __future__ import annotations

import io
import logging
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

from labkit.files import write_atomically
from labkit.measure.memory import give_back


def export(model, path: str | Path, shape: tuple[int, ...] = (1, 28, 28)) -> Path:
    """Writes `model` as one ONNX file with a free batch size, input `images` and output `logits`; returns its path.

    Args:
        model: an `nn.Module`.
        shape: of one input, without the batch.

    Raises:
        TypeError: `model` is no network.
        ValueError: the model does not take inputs of this shape.
    """
    import torch

    if not isinstance(model, torch.nn.Module):
        raise TypeError(f"a PyTorch network is needed, not {type(model).__name__}")
    path = Path(path)
    example = torch.zeros(2, *shape)  # a batch of 1 would be baked in
    try:
        with torch.inference_mode():
            model.eval()(example)
    except (RuntimeError, TypeError, ValueError) as error:
        said = str(error).strip().splitlines()[0]
        raise ValueError(f"{type(model).__name__} cannot answer inputs of shape {tuple(shape)}: {said}") from None
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings(), quiet("torch.onnx"):
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model,
            (example,),
            Path(folder) / "model.onnx",
            input_names=["images"],
            output_names=["logits"],
            dynamic_shapes=({0: torch.export.Dim("batch")},),
            external_data=False,
            verbose=False,
        )
        content = (Path(folder) / "model.onnx").read_bytes()
    write_atomically(path, _without_notes(content))
    give_back()
    return path


@contextmanager
def quiet(logger: str | None = None) -> Iterator[None]:
    """Nothing is printed and, but for errors, nothing logged by `logger` (the root one unless told): the exporter and
    ONNX Runtime's tools tell of their progress, and advise what is done already."""
    log = logging.getLogger(logger)
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        with redirect_stdout(io.StringIO()):
            yield
    finally:
        log.setLevel(level)


def _without_notes(content: bytes) -> bytes:
    """The file without what the exporter notes on every node for its developers: a tenth of a small model's file."""
    import onnx

    file = onnx.load_from_string(content)
    for part in (file, file.graph, *file.graph.node, *file.graph.value_info, *file.graph.input, *file.graph.output):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    return file.SerializeToString()
