"""Plain values as a tree of lists for JSON, and the raw buffers of their arrays and long texts; and back.

A text, a whole number, True, False, None and most floats stand for themselves. All else is a list that begins with what
it is: `["tuple", 1, 2]`, `["array", "<f8", 2, 3]` (its numbers are the next buffer), `["object", "Tensor", false]`.
"""

from __future__ import annotations

import math
import re

import numpy as np

from labkit.exercises.recipes import Recipe

MOST_BYTES = 32 * 2**20
DEEPEST, MOST_BITS, MOST_KINDS = 30, 4096, 100
MOST_ITEMS = 100_000  # also within arrays: a law that looks at each of millions would be busy for a minute
LONG_TEXT = 1000  # from here on a text travels as a buffer
LARGEST_KEY = 2**60  # whole numbers below it cannot be made to collide in a dictionary
DTYPES = "|b1", "|i1", "|u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8", "<f2", "<f4", "<f8", "<f16", "<c8", "<c16"
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,59}", re.ASCII)


class Breach(Exception):
    """What came is no frame of this format, or too large: whoever sent it is not to be talked to again."""


class TooMuch(Exception):
    """A value that no frame can hold; the message says why, in words that fit behind "your function returned"."""


class Writer:
    """Turns one value into a tree of lists, and its arrays and long texts into buffers."""

    def __init__(self) -> None:
        self.items, self.bytes, self.buffers = 0, 0, []

    def _count(self, more: int) -> None:
        self.items += more
        if self.items > MOST_ITEMS:
            raise TooMuch(f"more than {MOST_ITEMS:,} values")

    def tree(self, value: object, depth: int = 0) -> object:
        self._count(1)
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
        self._count(value.size)
        if self.bytes + value.nbytes > MOST_BYTES:
            raise TooMuch(f"more than {MOST_BYTES // 2**20} MB")
        self._keep(np.asarray(value).astype(dtype).tobytes())
        return ["array", dtype.str, *value.shape] if type(value) is np.ndarray else ["scalar", dtype.str]

    def _keep(self, raw: bytes) -> None:
        self.bytes += len(raw)
        if self.bytes > MOST_BYTES:
            raise TooMuch(f"more than {MOST_BYTES // 2**20} MB")
        self.buffers.append(raw)


class Reader:
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
        self.items += math.prod(shape)
        if self.items > MOST_ITEMS:
            raise Breach("too many values")
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
