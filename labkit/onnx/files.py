"""ONNX files from anywhere, looked through before a library opens them: bytes are read in place, nothing is run."""

from __future__ import annotations

import mmap
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from math import prod
from pathlib import Path

MOST_BYTES = 2**31 - 1  # protobuf, the form of these files, holds no more
MOST_NODES = 20_000  # a large language model has some thousand
MOST_PARTS = 2_000_000  # fields of the file that are looked at: some seconds
MOST_DIMENSIONS = 64
DEEPEST = 8  # graphs within graphs
TEXTS = (1, 2, 3, 4, 7)  # of a node: inputs, outputs, name, operation, domain
DOMAINS = {"", "ai.onnx", "ai.onnx.ml", "com.microsoft", "com.microsoft.nchwc"}  # whose operators are known here
BITS = {1: 32, 2: 8, 3: 8, 4: 16, 5: 16, 6: 32, 7: 64, 9: 8, 10: 16, 11: 64, 12: 32, 13: 64, 14: 64, 15: 128, 16: 16}
BITS |= {17: 8, 18: 8, 19: 8, 20: 8, 21: 4, 22: 4, 23: 4, 24: 8, 25: 2, 26: 2}  # of one value, by TensorProto.DataType


@dataclass
class Contents:
    """What a file holds: `nodes`, stored `tensors`, the `opset`, and in `files` all that must ship together."""

    path: Path
    nodes: int = 0
    tensors: int = 0
    opset: int | None = None
    files: list[Path] = field(default_factory=list)


def check_file(path: str | Path) -> Contents:
    """What the ONNX file `path` holds, after looking for what could crash, hang or mislead whoever loads it.

    Raises:
        FileNotFoundError: there is no such file, or not the one with its weights.
        ValueError: it is no whole ONNX file; or it asks for a file outside its folder, for operators of unknown origin,
            for local functions or loops, or for more nodes or bytes than any model of this course.
        PermissionError: it may not be read.
    """
    path = Path(path)
    try:
        with _opened(path) as content:
            found = Contents(path, files=[path])
            _model(_Message(content, 0, len(content), [MOST_PARTS]), found)
    except _Broken as broken:
        raise ValueError(f"{path}: {broken}; export it again") from None
    if not found.nodes:
        raise ValueError(f"{path}: not an ONNX file, or one without a network; export it again")
    return found


def load(path: str | Path, weights: bool = True):
    """The file as `onnx` reads it, an `onnx.ModelProto`, after `check_file`.

    Args:
        weights: False leaves what lies in other files there.

    Raises:
        FileNotFoundError, ValueError: as `check_file`.
    """
    import onnx
    from google.protobuf.message import DecodeError

    check_file(path)
    try:
        return onnx.load(path, load_external_data=weights)
    except (DecodeError, onnx.checker.ValidationError) as error:  # damage in what `check_file` has no eye for
        said = str(error).splitlines()[0]
        raise ValueError(f"{path}: a damaged ONNX file ({said}); export it again") from None


class _Broken(Exception):
    """What is wrong with the file, without its name."""


def _opened(path: Path) -> mmap.mmap:
    if path.is_symlink() and not path.exists():
        raise FileNotFoundError(f"{path}: a link to nowhere")
    if not path.exists():
        raise FileNotFoundError(f"{path}: no such file; was the model exported?")
    if not stat.S_ISREG(path.stat().st_mode):  # opening a pipe would wait for ever
        raise ValueError(f"{path}: a folder or a device, not an ONNX file")
    size = path.stat().st_size
    if not size:
        raise ValueError(f"{path}: an empty file; export it again")
    if size > MOST_BYTES:
        raise ValueError(f"{path}: {size:,} bytes; an ONNX file holds at most {MOST_BYTES:,}, so weights go beside it")
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


@dataclass(frozen=True)
class _Message:
    """Bytes `start` to `end` of the file, read as one protobuf message; `left` counts down the parts still allowed."""

    content: mmap.mmap
    start: int
    end: int
    left: list[int]

    def fields(self) -> Iterator[tuple[int, object]]:
        """Each field's number and value: an int, or the `_Message` of its bytes."""
        at = self.start
        while at < self.end:
            tag, at = self.varint(at)
            number, kind = tag >> 3, tag & 7
            if not number or kind not in (0, 1, 2, 5):
                raise _Broken("not an ONNX file, or a damaged one")
            if kind == 0:
                value, at = self.varint(at)
            else:
                length, at = self.varint(at) if kind == 2 else ((8 if kind == 1 else 4), at)
                if length > self.end - at:
                    raise _Broken("cut short, or damaged")
                value = _Message(self.content, at, at + length, self.left)
                at += length
            self.left[0] -= 1
            if self.left[0] < 0:
                raise _Broken(f"has more than {MOST_PARTS:,} parts")
            yield number, value

    def text(self) -> str:
        """These bytes as text."""
        try:
            return self.content[self.start : self.end].decode()
        except UnicodeDecodeError:
            raise _Broken("not an ONNX file, or a damaged one") from None

    def varint(self, at: int) -> tuple[int, int]:
        """The number that is written from byte `at` on, seven bits a byte, and where the next thing begins."""
        value = 0
        for i in range(10):
            if at + i >= self.end:
                raise _Broken("cut short, or damaged")
            byte = self.content[at + i]
            value |= (byte & 127) << 7 * i
            if byte < 128:
                return value, at + i + 1
        raise _Broken("not an ONNX file, or a damaged one")


def _inside(value: object) -> _Message:
    """`value` as a message; a number in its place is damage."""
    if not isinstance(value, _Message):
        raise _Broken("not an ONNX file, or a damaged one")
    return value


def _model(message: _Message, found: Contents) -> None:
    functions = 0
    for number, value in message.fields():
        if number == 7:
            _graph(_inside(value), found, 1)
        elif number == 8:
            opset = dict(_inside(value).fields())
            name = _inside(opset[1]).text() if 1 in opset else ""
            if name in ("", "ai.onnx") and isinstance(opset.get(2), int):
                found.opset = opset[2]
        functions += number == 25
    if functions:
        raise _Broken(f"holds {functions} local functions, which can crash a runtime and are not opened here")


def _graph(message: _Message, found: Contents, depth: int) -> None:
    if depth > DEEPEST:
        raise _Broken(f"holds graphs within graphs, more than {DEEPEST} deep")
    for number, value in message.fields():
        if number == 1:
            _node(_inside(value), found, depth)
        elif number == 5:
            _tensor(_inside(value), found)
        elif number == 15:
            _parts(_inside(value), {1, 2}, lambda one: _tensor(one, found))


def _node(message: _Message, found: Contents, depth: int) -> None:
    found.nodes += 1
    if found.nodes > MOST_NODES:
        raise _Broken(f"has more than {MOST_NODES:,} nodes")
    for number, value in message.fields():
        if number in TEXTS:
            _check_text(number, _inside(value).text())
        if number == 5:
            attribute = _inside(value)
            _parts(attribute, {5, 10}, lambda one: _tensor(one, found))
            _parts(attribute, {22, 23}, lambda one: _parts(one, {1, 2}, lambda part: _tensor(part, found)))
            _parts(attribute, {6, 11}, lambda one: _graph(one, found, depth + 1))


def _check_text(number: int, text: str) -> None:
    if number == 7 and text not in DOMAINS:
        raise _Broken(f"uses operators of {text[:60]!r}, which no runtime here knows")
    if number == 4 and text == "Loop":
        raise _Broken("holds a loop, which may never end and is not opened here")


def _parts(message: _Message, wanted: set[int], look) -> None:
    for number, value in message.fields():
        if number in wanted:
            look(_inside(value))


def _tensor(message: _Message, found: Contents) -> None:
    found.tensors += 1
    dims, raw, kind, entries = [], None, 0, {}
    for number, value in message.fields():
        if number == 1:
            dims += [value] if isinstance(value, int) else islice(_packed(value), MOST_DIMENSIONS + 1)
            if len(dims) > MOST_DIMENSIONS:
                raise _Broken(f"holds a tensor of more than {MOST_DIMENSIONS} dimensions")
        elif number == 2:
            kind = value
        elif number == 9:
            raw = _inside(value)
        elif number == 13:
            pair = dict(_inside(value).fields())
            entries[_inside(pair.get(1)).text()] = _inside(pair.get(2)).text()
    if any(one >= 2**63 for one in dims):
        raise _Broken("holds a tensor with a size below 0")
    needed = prod(dims) * BITS.get(kind, 0) // 8
    if entries:
        _external(entries, needed, found)
    elif raw is not None and kind in BITS and not needed <= raw.end - raw.start <= needed + 1:
        raise _Broken(f"a tensor of shape {tuple(dims)} has {raw.end - raw.start:,} bytes instead of {needed:,}")


def _packed(message: _Message) -> Iterator[int]:
    at = message.start
    while at < message.end:
        value, at = message.varint(at)
        yield value


def _external(entries: dict[str, str], needed: int, found: Contents) -> None:
    """Checks that a tensor's bytes lie in a file beside this one."""
    location = entries.get("location", "")
    folder = found.path.absolute().parent.resolve()
    if not location or "\0" in location or "\\" in location or ":" in location or Path(location).is_absolute():
        raise _Broken(f"asks for weights in {location[:100]!r}, which is no file beside it")
    file = found.path.parent / location
    if ".." in Path(location).parts or not file.resolve().is_relative_to(folder):
        raise _Broken(f"asks for weights in {location[:100]!r}, outside its folder")
    if not file.is_file():
        where = f"its weights are in {location[:100]!r}, which is not beside it"
        raise FileNotFoundError(f"{found.path}: {where}; copy both files")
    try:
        offset, length = (int(entries.get(name, default)) for name, default in (("offset", 0), ("length", needed)))
    except ValueError:
        raise _Broken(f"does not say where in {location[:100]!r} its weights are") from None
    if min(offset, length) < 0 or offset + max(length, needed) > os.stat(file).st_size:
        raise _Broken(f"needs more bytes of {location[:100]!r} than there are; the two files do not belong together")
    if file not in found.files:
        found.files.append(file)
