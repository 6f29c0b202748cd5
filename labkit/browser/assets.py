"""What the browser runs: built from `web/` by esbuild, shipped built, so that students need no Node."""

from __future__ import annotations

import gzip
from functools import lru_cache
from pathlib import Path

FOLDER = Path(__file__).parent / "assets"
RUNTIME_VERSION = "1.30.0"  # of onnxruntime-web, as in web/package.json
RUNTIME_NAME = "ONNX Runtime Web"  # as rows of results call it
RUNTIME = f"{RUNTIME_NAME} {RUNTIME_VERSION}"


class AssetError(ValueError):
    """A shipped file of the browser's side is missing or damaged; the message says how to restore it."""


def packed(name: str) -> bytes:
    """A shipped file as it lies on disk, such as the gzipped `ort.wasm.gz`.

    Raises:
        AssetError: it is missing or empty.
    """
    try:
        content = (FOLDER / name).read_bytes()
    except OSError as error:
        raise AssetError(f"{FOLDER / name}: {str(error.strerror).lower()}. {RESTORE}") from None
    if not content:
        raise AssetError(f"{FOLDER / name} is empty. {RESTORE}")
    return content


@lru_cache(maxsize=2)
def unpacked(name: str) -> bytes:
    """The content of a shipped file: that of `ort.wasm.gz` without gzip.

    Raises:
        AssetError: it is missing or damaged.
    """
    content = packed(name)
    try:
        return gzip.decompress(content) if name.endswith(".gz") else content
    except (OSError, EOFError, ValueError) as error:
        raise AssetError(f"{FOLDER / name} is damaged ({error}). {RESTORE}") from None


RESTORE = "Install the labkit wheel again, or rebuild it with `make web`."
