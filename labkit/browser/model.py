"""Whether a file can go onto a page at all, before anything is loaded."""

from __future__ import annotations

from pathlib import Path

MOST_BYTES = 100_000_000  # nobody waits for more; the slide's limit is a tenth of it


def readable(model: str | Path) -> Path:
    """The path of a model that can go onto a page by its size and build; the runtime has the last word on its content.

    Raises:
        FileNotFoundError, ValueError: as `facts` does.
    """
    path = Path(model)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file; was the model exported?")
    size = path.stat().st_size
    if size == 0:
        raise ValueError(f"{path} is empty, so export it again")
    if size > MOST_BYTES:
        raise ValueError(f"{path} has {size:,} bytes; a page takes at most {MOST_BYTES:,}: compress the model first")
    if elsewhere := _weights_elsewhere(path):
        raise ValueError(
            f"{path} keeps its weights in {elsewhere!r}; a page needs one file: export with external_data=False"
        )
    return path


def _weights_elsewhere(path: Path) -> str | None:
    """The name of the file beside `path` that holds its weights; None if the model is one whole file."""
    import onnx
    from google.protobuf.message import DecodeError

    try:
        model = onnx.load(path, load_external_data=False)
    except (DecodeError, ValueError) as error:
        raise ValueError(f"{path} is no ONNX file, or only a part of one ({error}), so export it again") from None
    for tensor in model.graph.initializer:
        if tensor.data_location == onnx.TensorProto.EXTERNAL:
            return next((entry.value for entry in tensor.external_data if entry.key == "location"), "another file")
    return None
