"""Files that are either whole or not there, and where those are that came with labkit."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

IS_WINDOWS = os.name == "nt"
PAUSES = (0.02, 0.05, 0.1, 0.2, 0.5)  # seconds; what looks for viruses lets go of a file within these


def shipped(name: str) -> Path:
    """The folder `name` that came with labkit: inside the installed package, else the repository's."""
    package = Path(__file__).parent
    packaged = package / f"_{name}"
    return packaged if packaged.is_dir() else package.parent / name


def write_atomically(path: str | Path, content: bytes) -> None:
    """Writes `content` under a temporary name beside `path`, then renames: a reader sees the old file or the new.

    Raises:
        OSError: it cannot be written there; on Windows also where another program has the old file open.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)  # mkstemp makes files that only their owner can read
        _replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _replace(temporary: str, path: Path) -> None:
    """Renames. Windows refuses that as long as any program has the old file open."""
    for pause in PAUSES if IS_WINDOWS else ():
        try:
            return os.replace(temporary, path)
        except PermissionError:
            time.sleep(pause)
    try:
        return os.replace(temporary, path)
    except PermissionError as error:
        if not IS_WINDOWS:
            raise
        why = "another program has this file open: close it there, then try again"
        raise PermissionError(error.errno, why, str(path)) from None
