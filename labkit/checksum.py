"""A checksum of what a computation uses, its own code too: as long as it is the same, so is the work."""

from __future__ import annotations

import dis
import hashlib
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import partial
from numbers import Number
from pathlib import Path
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType

import numpy as np

OWN = "__main__"  # the module that a notebook's functions are in


class Unknown(TypeError):
    """Of this value nobody can tell whether it is still the same."""


def checksum(*values) -> str:
    """Twelve hexadecimal digits of the values: numbers, texts, arrays, networks, predictors, files, functions.

    Of a notebook's function the code counts, and each global variable that it reads; of a file the content; of a
    folder the name alone.

    Raises:
        Unknown: there is something among them that has no such content, such as an open connection.
    """
    digest = hashlib.sha256()
    for piece in _pieces(values, set()):
        digest.update(piece)
    return digest.hexdigest()[:12]


def content(path: Path) -> bytes:
    """The bytes of a file; of an `.onnx` file also those of the weights that lie beside it."""
    beside = path.with_name(f"{path.name}.data")
    return path.read_bytes() + (beside.read_bytes() if beside.is_file() else b"")


def _pieces(value, seen: set[int]) -> Iterator[bytes | memoryview]:
    """The bytes that stand for a value; `seen` holds the functions that are on the way, since one may call itself."""
    if value is None or isinstance(value, Number | str | bytes):
        yield f"{value.item() if isinstance(value, np.generic) else value!r};".encode()
    elif isinstance(value, dict):
        yield from _all("dict", [part for item in value.items() for part in item], seen)
    elif isinstance(value, list | tuple):
        yield from _all("list", value, seen)
    elif isinstance(value, set | frozenset):
        yield from _all("set", sorted(checksum(one) for one in value), seen)
    elif isinstance(value, Path):
        yield f"path {value.name};".encode()
        yield content(value) if value.is_file() else b""
    elif isinstance(value, np.ndarray) and not value.dtype.hasobject:
        yield f"array {value.dtype} {value.shape};".encode()
        yield np.ascontiguousarray(value).reshape(-1).view(np.uint8).data
    elif hasattr(value, "made_of"):  # a predictor
        yield from _all("made of", value.made_of, seen)
    else:
        yield from _code_or_object(value, seen)


def _code_or_object(value, seen: set[int]) -> Iterator[bytes | memoryview]:
    if isinstance(value, FunctionType):
        yield from _function(value, seen)
    elif isinstance(value, CodeType):
        names = [value.co_names, value.co_varnames, value.co_freevars]
        yield from _all("code", [value.co_code, *names, value.co_consts], seen)
    elif isinstance(value, partial):
        yield from _all("partial", [value.func, value.args, value.keywords], seen)
    elif isinstance(value, MethodType):
        yield from _all("method", [value.__self__, value.__name__], seen)
    elif isinstance(value, type | BuiltinFunctionType):
        yield f"{value.__module__}.{value.__qualname__};".encode()
        methods = vars(value).values() if value.__module__ == OWN else ()
        yield from _all("methods", [one for one in methods if isinstance(one, FunctionType)], seen)
    elif isinstance(value, ModuleType):
        yield f"module {value.__name__};".encode()
    elif hasattr(value, "state_dict"):  # a network
        yield from _all(repr(value), value.state_dict(), seen)
        yield from _all("state", list(value.state_dict().values()), seen)
    elif hasattr(value, "dequantize"):  # a tensor, whatever its kind of numbers
        yield from _pieces(value.detach().dequantize().double().numpy(), seen)
    elif is_dataclass(value):
        yield from _all(type(value).__qualname__, [getattr(value, one.name) for one in fields(value)], seen)
    elif type(value).__name__ == "dtype" or isinstance(value, np.dtype | np.ufunc | range | type(...)):
        yield f"{value};".encode()
    else:
        raise Unknown(f"{type(value).__module__}.{type(value).__qualname__}")


def _all(kind: str, values, seen: set[int]) -> Iterator[bytes | memoryview]:
    yield f"{kind} of {len(values)}(".encode()
    for one in values:
        yield from _pieces(one, seen)
    yield b")"


def _function(value: FunctionType, seen: set[int]) -> Iterator[bytes | memoryview]:
    """Its name and code; of one that was made in a notebook or by another function also what it takes from there."""
    yield f"{value.__module__}.{value.__qualname__};".encode()
    if id(value) in seen:
        return
    seen.add(id(value))
    yield from _pieces(value.__code__, seen)
    if value.__module__ == OWN or "<locals>" in value.__qualname__:
        cells = [cell.cell_contents for cell in value.__closure__ or ()]
        yield from _all("closure", [cells, value.__defaults__, value.__kwdefaults__], seen)
    if value.__module__ == OWN:
        names = sorted(_globals_read(value.__code__) & set(value.__globals__))
        yield from _pieces({name: value.__globals__[name] for name in names}, seen)


def _globals_read(code: CodeType) -> set[str]:
    """The names of the global variables that a function and those inside of it read."""
    here = {one.argval for one in dis.get_instructions(code) if one.opname in ("LOAD_GLOBAL", "LOAD_NAME")}
    return here.union(*(_globals_read(one) for one in code.co_consts if isinstance(one, CodeType)))
