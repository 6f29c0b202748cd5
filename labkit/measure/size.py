"""How many bytes a variant is: every file that must ship with it. MB = 10^6 bytes, MiB = 2^20 bytes, said each time."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from pathlib import Path

MB, MIB = 10**6, 2**20


@dataclass(frozen=True)
class Size:
    """Bytes on disk and after gzip, over all `files`."""

    size_bytes: int
    gzip_bytes: int
    files: tuple[str, ...]

    def __repr__(self) -> str:
        return (
            f"{' + '.join(self.files)}: {self.size_bytes:,} bytes = {self.size_bytes / MB:.2f} MB (10^6) "
            f"= {self.size_bytes / MIB:.2f} MiB (2^20); {self.gzip_bytes / MB:.2f} MB (10^6) after gzip"
        )


def size(path: str | Path) -> Size:
    """The bytes of `path` and of all that must ship with it: a folder's files, an `.onnx` file's `.onnx.data`.

    Raises:
        FileNotFoundError: there is no such file.
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"{path}: no such file, so it has no size; was it saved?")
    files = sorted(f for f in path.rglob("*") if f.is_file()) if path.is_dir() else [path]
    files += [f.with_name(f.name + ".data") for f in files if f.with_name(f.name + ".data").is_file()]
    files = list(dict.fromkeys(files))
    contents = [file.read_bytes() for file in files]
    names = tuple(str(file.relative_to(path.parent)) for file in files)
    return Size(sum(map(len, contents)), sum(map(gzip_bytes, contents)), names)


def gzip_bytes(content: bytes) -> int:
    """How many bytes are left of `content` after gzip."""
    return len(gzip.compress(content, 6, mtime=0))
