"""Values on their way into the box and out of it: plain ones as JSON, arrays as raw buffers; nothing in it can run.

A frame is two lengths, a JSON header `[nonce, tree]` and the buffers that its arrays and long texts stand for, one
after the other. Both ends use this module; the end outside believes nothing that it reads.
"""

from __future__ import annotations

import json
import math
import re
import socket
import struct
import time

import numpy as np

from labkit.exercises.recipes import Recipe

LENGTHS = struct.Struct("!II")  # of the header, of the buffers
MOST_BYTES, MOST_HEADER = 32 * 2**20, 4 * 2**20
DEEPEST, MOST_ITEMS, MOST_BITS, MOST_KINDS = 30, 100_000, 4096, 100
LONG_TEXT = 1000  # from here on a text travels as a buffer
LARGEST_KEY = 2**60  # whole numbers below it cannot be made to collide in a dictionary
DTYPES = "|b1", "|i1", "|u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8", "<f2", "<f4", "<f8", "<f16", "<c8", "<c16"
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,59}", re.ASCII)


class Breach(Exception):
    """What came is no frame of this format, or too large: whoever sent it is not to be talked to again."""


class TooMuch(Exception):
    """A value that no frame can hold; the message says why, in words that fit behind "your function returned"."""


def encode(nonce: str, value: object) -> bytes:
    """The frame of a value; what is no plain value goes as the name of its type alone.

    Raises:
        TooMuch: it has too many parts, too many bytes, or is nested too deep.
    """
    writer = _Writer()
    header = json.dumps([nonce, writer.tree(value)], allow_nan=False, separators=(",", ":")).encode()
    if len(header) > MOST_HEADER:
        raise TooMuch("more than 4 MB of lists and texts")
    body = b"".join(writer.buffers)
    return LENGTHS.pack(len(header), len(body)) + header + body


def decode(frame: bytes) -> tuple[str, object]:
    """The nonce and the value of a frame.

    Raises:
        Breach: it breaks any rule of the format.
    """
    if len(frame) < LENGTHS.size:
        raise Breach("too short")
    header, body = lengths(frame[: LENGTHS.size])
    if len(frame) != LENGTHS.size + header + body:
        raise Breach("not as long as it says")
    view = memoryview(frame)
    try:
        read = json.loads(bytes(view[LENGTHS.size : LENGTHS.size + header]), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Breach(f"no JSON: {type(error).__name__}") from None
    if type(read) is not list or len(read) != 2 or type(read[0]) is not str:
        raise Breach("no nonce and value")
    reader = _Reader(view[LENGTHS.size + header :])
    value = reader.value(read[1])
    if reader.at != body:
        raise Breach("buffers that belong to nothing")
    return read[0], value


def lengths(head: bytes) -> tuple[int, int]:
    """The lengths of header and buffers that the first 8 bytes of a frame give.

    Raises:
        Breach: together they are more than a frame may have.
    """
    header, body = LENGTHS.unpack(head)
    if header > MOST_HEADER or body > MOST_BYTES:
        raise Breach(f"{header + body} bytes")
    return header, body


def receive(connection: socket.socket, deadline: float | None = None) -> bytes:
    """The next frame, read until `time.monotonic()` is `deadline`.

    Raises:
        EOFError: the other end is gone.
        TimeoutError: the deadline came first, however many bytes trickled in.
        Breach: a frame that is too long.
    """
    head = _exactly(connection, LENGTHS.size, deadline)
    return head + _exactly(connection, sum(lengths(head)), deadline)


def send(connection: socket.socket, frame: bytes, deadline: float | None = None) -> None:
    """Sends a frame.

    Raises:
        EOFError: the other end is gone.
        TimeoutError: it did not take it until the deadline.
    """
    _wait(connection, deadline)
    try:
        connection.sendall(frame)
    except OSError as error:
        raise (error if isinstance(error, TimeoutError) else EOFError()) from None


def _exactly(connection: socket.socket, n: int, deadline: float | None) -> bytes:
    found = bytearray()
    while len(found) < n:
        _wait(connection, deadline)
        try:
            piece = connection.recv(min(n - len(found), 1 << 20))
        except OSError as error:
            raise (error if isinstance(error, TimeoutError) else EOFError()) from None
        if not piece:
            raise EOFError
        found += piece
    return bytes(found)


def _wait(connection: socket.socket, deadline: float | None) -> None:
    if deadline is None:
        return
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    connection.settimeout(left)


def _no_constant(word: str):
    raise ValueError(word)


class _Writer:
    """Turns one value into a tree of lists, and its arrays and long texts into buffers."""

    def __init__(self) -> None:
        self.items, self.bytes, self.buffers = 0, 0, []

    def tree(self, value: object, depth: int = 0) -> object:
        self.items += 1
        if self.items > MOST_ITEMS:
            raise TooMuch(f"more than {MOST_ITEMS:,} values")
        if depth > DEEPEST:
            raise TooMuch(f"lists within lists, more than {DEEPEST} deep")
        kind = type(value)
        if value is None or kind is bool:
            return value
        if kind is int and value.bit_length() <= MOST_BITS:
            return value
        if kind is float:
            return value if math.isfinite(value) else ["float", repr(value)]
        if kind is str:
            return self._text(value)
        if kind is list or kind is tuple:
            return [kind.__name__, *[self.tree(one, depth + 1) for one in value]]
        if kind is dict and all(_is_key(key) for key in value):
            return self._dict(value, depth + 1)
        if kind is Recipe and type(value.name) is str and type(value.values) is dict:
            return ["recipe", self._text(value.name), self.tree(value.values, depth + 1)]
        return self._array(value) or ["object", *_named(value)]

    def _dict(self, value: dict, depth: int) -> list:
        return ["dict", *[[self.tree(key, depth), self.tree(one, depth)] for key, one in value.items()]]

    def _text(self, value: str) -> object:
        raw = value.encode("utf-8", "replace")
        if len(raw) <= LONG_TEXT:
            return raw.decode()
        self._keep(raw)
        return ["text", len(raw)]

    def _array(self, value: object) -> list | None:
        if type(value) is np.str_:
            return ["str_", self._text(str(value))]
        dtype = value.dtype if isinstance(value, np.ndarray | np.generic) else None
        if dtype is None or type(value) not in (np.ndarray, dtype.type):
            return None
        dtype = dtype.newbyteorder("<")
        if dtype.str not in DTYPES and (dtype.kind != "U" or dtype.itemsize == 0 or dtype.fields):
            return None
        if self.bytes + value.nbytes > MOST_BYTES:
            raise TooMuch(f"more than {MOST_BYTES // 2**20} MB")
        self._keep(np.asarray(value).astype(dtype).tobytes())
        return ["array", dtype.str, *value.shape] if type(value) is np.ndarray else ["scalar", dtype.str]

    def _keep(self, raw: bytes) -> None:
        self.bytes += len(raw)
        if self.bytes > MOST_BYTES:
            raise TooMuch(f"more than {MOST_BYTES // 2**20} MB")
        self.buffers.append(raw)


class _Reader:
    """Builds the value of a tree, taking its buffers in their order."""

    def __init__(self, body: memoryview) -> None:
        self.body, self.at, self.items, self.kinds = body, 0, 0, {}

    def value(self, tree: object, depth: int = 0) -> object:
        self.items += 1
        if self.items > MOST_ITEMS or depth > DEEPEST:
            raise Breach("too many values, or too deep")
        kind = type(tree)
        if tree is None or kind is bool:
            return tree
        if (kind is int and tree.bit_length() <= MOST_BITS) or (kind is float and math.isfinite(tree)):
            return tree
        if kind is str:
            return _text(tree)
        if kind is not list or not tree or type(tree[0]) is not str:
            raise Breach("no value")
        return self._tagged(tree, depth + 1)

    def _tagged(self, tree: list, depth: int) -> object:
        match tree:
            case ["list", *parts]:
                return [self.value(one, depth) for one in parts]
            case ["tuple", *parts]:
                return tuple(self.value(one, depth) for one in parts)
            case ["dict", *pairs]:
                return self._dict(pairs, depth)
            case ["float", "nan" | "inf" | "-inf" as word]:
                return float(word)
            case ["text", int(n)]:
                return _text(self._take(n))
            case ["str_", text]:
                return np.str_(self._exact(text, str, depth))
            case ["array", str(dtype), *shape]:
                return self._array(dtype, shape)
            case ["scalar", str(dtype)]:
                return self._array(dtype, [])[()]
            case ["recipe", name, values]:
                return Recipe(self._exact(name, str, depth), self._exact(values, dict, depth))
            case ["object", str(name), bool(goes_on)]:
                return self._stand_in(name, goes_on)
        raise Breach("no value")

    def _exact(self, tree: object, kind: type, depth: int) -> object:
        value = self.value(tree, depth)
        if type(value) is not kind:
            raise Breach("another kind of value")
        return value

    def _dict(self, pairs: list, depth: int) -> dict:
        found = {}
        for pair in pairs:
            if type(pair) is not list or len(pair) != 2:
                raise Breach("no pair")
            key, value = (self.value(one, depth) for one in pair)
            if not _is_key(key) or key in found:
                raise Breach("no key")
            found[key] = value
        return found

    def _take(self, n: int) -> memoryview:
        if type(n) is not int or not 0 <= n <= len(self.body) - self.at:
            raise Breach("a buffer that is not there")
        self.at += n
        return self.body[self.at - n : self.at]

    def _array(self, dtype: str, shape: list) -> np.ndarray:
        if dtype not in DTYPES and not re.fullmatch(r"<U[1-9][0-9]{0,7}", dtype, re.ASCII):
            raise Breach("no such kind of array")
        if len(shape) > DEEPEST or any(type(n) is not int or not 0 <= n <= MOST_BYTES for n in shape):
            raise Breach("no shape")
        try:
            kind = np.dtype(dtype)
            raw = self._take(math.prod(shape) * kind.itemsize)
            found = np.frombuffer(raw, kind, math.prod(shape)).reshape(shape).copy()
        except (TypeError, ValueError):  # not every machine has the longest float
            raise Breach("no such array") from None
        _sound(found)
        return found

    def _stand_in(self, name: str, goes_on: bool) -> object:
        if not NAME.fullmatch(name) or len(self.kinds) >= MOST_KINDS:
            raise Breach("no name of a type")
        if (name, goes_on) not in self.kinds:
            self.kinds[name, goes_on] = type(name, (), {"__next__": None} if goes_on else {})
        return self.kinds[name, goes_on]()


def _sound(found: np.ndarray) -> None:
    """Refuses bytes that are no True or False, and numbers that are no character."""
    if found.dtype.kind == "b" and (found.view(np.uint8) > 1).any():
        raise Breach("neither True nor False")
    if found.dtype.kind == "U":
        codes = np.frombuffer(found.tobytes(), np.uint32)
        if ((codes > 0x10FFFF) | ((codes >= 0xD800) & (codes < 0xE000))).any():
            raise Breach("no text")


def _text(raw: str | memoryview) -> str:
    try:
        return bytes(raw).decode() if isinstance(raw, memoryview) else raw.encode().decode()
    except UnicodeError:
        raise Breach("no text") from None


def _is_key(key: object) -> bool:
    return type(key) is str or (type(key) is int and -LARGEST_KEY < key < LARGEST_KEY)


def _named(value: object) -> tuple[str, bool]:
    """The name of a value's type as far as it is a plain one, and whether it is an iterator."""
    return cleaned(str(type.__dict__["__name__"].__get__(type(value)))), hasattr(type(value), "__next__")


def cleaned(name: str) -> str:
    """A name as it may stand in a message: itself if it looks like one, cut short, else "object"."""
    return name[:60] if NAME.fullmatch(name[:60]) else "object"
