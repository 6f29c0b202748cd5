"""Whether a file can go onto a page at all, before anything is loaded."""

from __future__ import annotations

from pathlib import Path

MOST_BYTES = 100_000_000  # nobody waits for more; the slide's limit is a tenth of it


def readable(model: str | Path) -> Path:
    """The path of a model that can go onto a page by its size and build; the runtime has the last word on its content.

    Raises:
        FileNotFoundError, ValueError: as `labkit.browser.facts` does.
    """
    from labkit.onnx.files import check_file  # takes PyTorch along

    path = Path(model)
    if path.is_file() and path.stat().st_size > MOST_BYTES:
        size = path.stat().st_size
        raise ValueError(f"{path} has {size:,} bytes; a page takes at most {MOST_BYTES:,}: compress the model first")
    files = check_file(path).files
    if len(files) > 1:
        raise ValueError(
            f"{path} keeps its weights in {files[1].name}; a page needs one file: export with external_data=False"
        )
    return path
