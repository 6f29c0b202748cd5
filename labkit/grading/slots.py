"""One submission a core: whoever grades on this machine takes a free core by a lock that ends with its holder."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from labkit.grading.work import CannotGrade

POLL_SECONDS = 0.01


def cores() -> set[int]:
    """The numbers of the cores that this process may use."""
    return os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set(range(os.cpu_count() or 1))


@contextmanager
def taken() -> Iterator[int]:
    """The number of a core that no other grading uses; the calling thread and its children run on it alone.

    Waits until a core is free. The lock is released when the block ends or the process dies.

    Raises:
        CannotGrade: the folder of the locks belongs to somebody else.
    """
    if not sys.platform.startswith("linux"):  # no sandbox there, and nothing that keeps a process on a core
        yield 0
        return
    allowed = cores()
    folder = _folder()
    while (found := _free(folder, sorted(allowed))) is None:
        time.sleep(POLL_SECONDS)
    core, lock = found
    try:
        os.sched_setaffinity(0, {core})
        yield core
    finally:
        os.sched_setaffinity(0, allowed)
        os.close(lock)


def _free(folder: Path, cores: list[int]) -> tuple[int, int] | None:
    """The first core whose lock could be taken, and the open lock."""
    import fcntl

    for core in cores:
        lock = os.open(folder / str(core), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return core, lock
        except BlockingIOError:
            os.close(lock)
    return None


def _folder() -> Path:
    """Of this user alone: in a folder that all can write to, somebody else could hold every lock."""
    folder = Path(tempfile.gettempdir()) / f"labkit-slots-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()  # a link to elsewhere has a mode that all can write
    if found.st_uid != os.getuid() or found.st_mode & 0o022:
        raise CannotGrade(f"{folder} belongs to somebody else, and graders take turns there: remove it")
    return folder
