"""Files that are either whole or not there, and where those are that came with labkit."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def shipped(name: str) -> Path:
    """The folder `name` that came with labkit: inside the installed package, else the repository's."""
    package = Path(__file__).parent
    packaged = package / f"_{name}"
    return packaged if packaged.is_dir() else package.parent / name


def write_atomically(path: str | Path, content: bytes) -> None:
    """Writes `content` under a temporary name beside `path`, then renames: a reader sees the old file or the new."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)  # mkstemp makes files that only their owner can read
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
