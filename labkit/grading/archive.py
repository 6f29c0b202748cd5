"""The files of a zip from outside, read one by one and never unpacked: a bomb or a name with `..` harms nobody."""

from __future__ import annotations

import io
import re
import stat
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from functools import partial
from pathlib import Path

from labkit.grading.places import Found, is_hidden, moment, open_regular, shown
from labkit.notebooks.cells import Trouble
from labkit.notebooks.read import MAX_BYTES

MAX_ENTRIES = 20_000
MAX_TOTAL = 2_000_000_000  # bytes unpacked from one zip
MAX_RATIO = 100
HARMLESS = 1_000_000  # what unpacks to less than this may be packed as tightly as it likes
MAX_READ = 8_000_000  # the table of contents is read at once: so it is no larger than this
BROKEN = (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, RuntimeError, OverflowError, struct.error)
UTF8_NAME, ENCRYPTED = 0x800, 0x1 | 0x40
EXTENDED_TIME = 0x5455
DAMAGED = "it is no zip, or it is damaged: download it again"
LOCAL_HEADER = 30  # bytes before each file, and its name


class Archive:
    """A zip: `found` are its files, which can be read until the archive is closed.

    Args:
        stays_open: until it is closed; else it is opened for each file that is read, as many small zips must be.

    Raises:
        Trouble: it is no zip, or is built like a bomb.
    """

    def __init__(self, path: Path, stays_open: bool = True) -> None:
        self.path, self.left, self.stays_open = path, MAX_TOTAL, stays_open
        self.zip: zipfile.ZipFile | None = None
        with self._opened() as file:
            entries = file.infolist()
        names = Counter(entry.filename for entry in entries)
        found = [self._found(entry, names[entry.filename] > 1) for entry in entries if not entry.is_dir()]
        self.found = [one for one in found if not is_hidden(one.parts)]

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        """Closes the file."""
        if self.zip is not None:
            self.zip.close()
            self.zip = None

    @contextmanager
    def _opened(self) -> Iterator[zipfile.ZipFile]:
        self.zip = self.zip or _open(self.path)
        try:
            yield self.zip
        finally:
            if not self.stays_open:
                self.close()

    def _found(self, entry: zipfile.ZipInfo, is_double: bool) -> Found:
        name = _name(entry)
        trouble = _trouble(entry, name) or ("the zip holds two files of this name" if is_double else "")
        parts = tuple(part for part in name.split("/") if part not in ("", ".", ".."))
        source = f"{shown(self.path.name)}: {shown(name)}"
        return Found(parts or ("unnamed",), source, partial(self._read, entry, trouble), _received(entry), trouble)

    def _read(self, entry: zipfile.ZipInfo, trouble: str, limit: int = MAX_BYTES) -> bytes:
        """The file, counted while it is unpacked: what the zip says of its size is not believed."""
        if trouble:
            raise Trouble(trouble)
        limit = min(limit, self.left)
        pieces, size = [], 0
        try:
            with self._opened() as opened, opened.open(entry) as file:
                while size <= limit and (piece := file.read(1_000_000)):
                    pieces.append(piece)
                    size += len(piece)
        except (*BROKEN, NotImplementedError):
            raise Trouble("the file is damaged in the zip: download the zip again") from None
        self.left -= min(size, self.left)
        if size > limit:
            raise Trouble(f"the file is larger than {limit // 1_000_000} MB: clear the outputs of the notebook")
        return b"".join(pieces)


class _Bounded(io.BufferedReader):
    """A file that nobody reads more than 8 MB of at once."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > MAX_READ:
            raise Trouble("its table of contents is too long: this is no zip of a class")
        return super().read(size)


def _open(path: Path) -> zipfile.ZipFile:
    with ExitStack() as undone:
        try:
            file = undone.enter_context(_Bounded(open_regular(path).detach()))
        except OSError as error:
            raise Trouble(f"the file cannot be read: {error.strerror}") from None
        try:
            opened = _Zip(file)
        except (*BROKEN, NotImplementedError):
            raise Trouble(DAMAGED) from None
        _check(opened.infolist())
        undone.pop_all()
    return opened


class _Zip(zipfile.ZipFile):
    """A zip that closes its file, too."""

    def close(self) -> None:
        file = self.fp
        super().close()
        if file is not None:
            file.close()


def _check(entries: list[zipfile.ZipInfo]) -> None:
    """Raises Trouble if the entries are too many, or two share bytes, as those of the best bombs do."""
    if len(entries) > MAX_ENTRIES:
        raise Trouble(f"it holds {len(entries):,} files; the most that are read are {MAX_ENTRIES:,}")
    end = 0
    for entry in sorted(entries, key=lambda one: one.header_offset):
        if entry.header_offset < 0:
            raise Trouble(DAMAGED)
        if entry.header_offset < end:
            raise Trouble("two of its files share the same bytes: this is built to harm, not by a platform")
        end = entry.header_offset + LOCAL_HEADER + entry.compress_size


def _name(entry: zipfile.ZipInfo) -> str:
    """The name with `/`; UTF-8 even where the zip does not say that it is, as those from a Mac do not."""
    name = entry.filename
    if not entry.flag_bits & UTF8_NAME:
        with suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    return name.replace("\\", "/")


def _trouble(entry: zipfile.ZipInfo, name: str) -> str:
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if name.startswith("/") or re.match(r"[A-Za-z]:", name) or ".." in name.split("/"):
        return "its name in the zip leads out of the zip"
    if kind and kind not in (stat.S_IFREG, stat.S_IFDIR):
        return "it is a link or a device in the zip; only files are read"
    if entry.flag_bits & ENCRYPTED:
        return "it is encrypted in the zip"
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "it is packed in a way that is not read: zip it again as usual"
    is_tight = entry.file_size > max(HARMLESS, MAX_RATIO * entry.compress_size)
    if is_tight and name.casefold().endswith(".ipynb"):  # nothing else is read but what the platform wrote
        return f"it unpacks to more than {MAX_RATIO} times its size, as a zip bomb does"
    return ""


def _received(entry: zipfile.ZipInfo) -> datetime | None:
    """The file's time by the field that has a zone (UTC); the usual field of a zip has none, so it is not used.

    Source: APPNOTE.TXT, 4.5.2, and the Info-ZIP specification of the extended timestamp, header id 0x5455.
    """
    rest = entry.extra
    while len(rest) >= 4:
        kind, size = struct.unpack("<HH", rest[:4])
        field, rest = rest[4 : 4 + size], rest[4 + size :]
        if kind == EXTENDED_TIME and len(field) >= 5 and field[0] & 1:
            return moment(struct.unpack("<i", field[1:5])[0])
    return None
