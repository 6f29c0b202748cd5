"""The files of a folder from outside, seen without opening one: links are not followed, pipes cannot make it wait."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from labkit.notebooks.cells import Refused, Trouble, display_name
from labkit.notebooks.read import MAX_BYTES

MAX_STUDENTS = 20_000  # entries of the folder itself
MAX_FILES = 500  # of one student
MAX_DEPTH = 10
LEFT_OUT = {"__macosx", "thumbs.db", "desktop.ini"}


@dataclass(frozen=True)
class Found:
    """A file that was seen and not yet read.

    Args:
        parts: its path below the place; none of them is `..`.
        source: for messages, which students may read too: below the place, and not where that is.
        read: gives the file, or raises Trouble; takes the most bytes that it may have.
        trouble: why it is not read, or empty.
    """

    parts: tuple[str, ...]
    source: str
    read: Callable[..., bytes]
    received: datetime | None = None
    trouble: str = ""

    @property
    def stem(self) -> str:
        return self.parts[-1].rsplit(".", 1)[0]

    def ends(self, ending: str) -> bool:
        return self.parts[-1].casefold().endswith(ending)


def shown(path: str) -> str:
    """A path for a message: at most 100 characters of it, none of them a control character."""
    return display_name(path if len(path) <= 100 else f"...{path[-97:]}")


def is_hidden(parts: tuple[str, ...]) -> bool:
    """Whether a file is the system's or an editor's, and nobody handed it in."""
    if len(parts) == 1 and parts[0].endswith(".ipynb") and not parts[0].startswith(("._", ".~")):
        return False  # somebody's, with an odd name
    return any(part.startswith(".") or part.casefold() in LEFT_OUT for part in parts)


def walk(folder: Path) -> list[Found]:
    """Every file below the folder that is not hidden. One entry has at most 500 files; more become its trouble.

    Raises:
        Refused: the folder cannot be listed, or holds more than 20,000 entries.
    """
    try:
        with os.scandir(folder) as entries:
            top = sorted((one for one in entries if not is_hidden((one.name,))), key=lambda one: one.name)
    except OSError as error:
        raise Refused(f"{shown(str(folder))} cannot be read: {error.strerror}") from None
    if len(top) > MAX_STUDENTS:
        raise Refused(f"{shown(str(folder))} holds {len(top):,} files and folders: give the folder of one class")
    found = []
    for entry in top:
        mine = []
        for one in _below(entry, (entry.name,)):
            mine.append(one)
            if len(mine) > MAX_FILES:
                mine = [_troubled((entry.name,), f"the folder holds more than {MAX_FILES} files")]
                break
        found += mine
    return found


def _below(entry: os.DirEntry, parts: tuple[str, ...]) -> Iterator[Found]:
    if not entry.is_dir(follow_symlinks=False):
        yield _file(entry, parts)
        return
    if len(parts) > MAX_DEPTH:
        yield _troubled(parts, f"the folder is more than {MAX_DEPTH} folders deep")
        return
    try:
        with os.scandir(entry.path) as entries:
            for one in entries:
                if not is_hidden((*parts, one.name)):
                    yield from _below(one, (*parts, one.name))
    except OSError as error:
        yield _troubled(parts, f"the folder cannot be read: {error.strerror}")


def _file(entry: os.DirEntry, parts: tuple[str, ...]) -> Found:
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError as error:
        return _troubled(parts, f"the file cannot be read: {error.strerror}")
    if stat.S_ISLNK(status.st_mode):
        return _troubled(parts, "it is a link to another file; links are not followed")
    if not stat.S_ISREG(status.st_mode):
        return _troubled(parts, "it is no regular file but a pipe, socket or device")
    return Found(parts, shown("/".join(parts)), partial(read_regular, entry.path), moment(status.st_mtime))


def _troubled(parts: tuple[str, ...], trouble: str) -> Found:
    def read(limit: int = MAX_BYTES) -> bytes:
        raise Trouble(trouble)

    return Found(parts, shown("/".join(parts)), read, trouble=trouble)


def moment(seconds: float) -> datetime | None:
    """The time so many seconds after 1970, in UTC; None where no calendar has it."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def read_regular(path: str | Path, limit: int = MAX_BYTES) -> bytes:
    """The bytes of a regular file.

    Raises:
        Trouble: it is a link, pipe or device, is larger than `limit`, or cannot be read.
    """
    try:
        with open_regular(path) as file:
            content = file.read(limit + 1)
    except OSError as error:
        raise Trouble(f"the file cannot be read: {error.strerror}") from None
    if len(content) > limit:
        raise Trouble(f"the file is larger than {limit // 1_000_000} MB: clear the outputs of the notebook")
    return content


def open_regular(path: str | Path):
    """The file, open for reading bytes. A link is not followed, and a pipe does not make it wait.

    Raises:
        OSError: it cannot be opened.
        Trouble: it is no regular file.
    """
    flags = sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"))
    handle = os.open(path, os.O_RDONLY | flags)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise Trouble("it is no regular file")
    return os.fdopen(handle, "rb")
