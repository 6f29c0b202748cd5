"""What took long is kept in `results/kept`, so that a lab can go on after its kernel was restarted.

A kept result is JSON: numbers, texts, lists, arrays, labkit's own results. Of a file it holds the name and the
checksum. Nothing in it is ever run.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import re
import sys
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from labkit import __version__, results
from labkit.checksum import Unknown, checksum, content
from labkit.files import write_atomically
from labkit.measure.machine import fingerprint

NOW = "now"
_here: set[Path] = set()  # what was asked for since the kernel started


def keep(name: str, work: Callable[[], object], *needs):
    """What `work()` returns: the first time after a restart what it returned before, else what it returns now.

    It works anew, too, where something changed: this machine, labkit, the code of `work` or what that uses.

    Args:
        name: what it is called in `results/kept`; no other call in any lab has this name.
        work: a function of no arguments. It returns numbers, texts, arrays, paths of files in `results/`, labkit's own
            results such as a comparison, or lists and dictionaries of these.
        needs: what else the result depends on, such as a file that `work` finds by its name.

    Raises:
        ValueError: the name cannot be that of a file.
        TypeError: `work` returned what cannot be kept.
    """
    value, when = kept(name, work, *needs)
    if when != NOW:
        print(f"{name}: from {when}, on this machine; run the cell again to do it anew")
    return value


def kept(name: str, work: Callable[[], object], *needs) -> tuple[object, str]:
    """As `keep`, with a word on when it was done: "now", or such as "14:02 today"."""
    if not re.fullmatch(r"\w[\w-]*", name):
        raise ValueError(f"a name of letters, digits, _ and - is needed, not {name!r}")
    quick = os.environ.get("LABKIT_QUICK") == "1"
    path = results.folder() / "kept" / f"{name}{'-quick' if quick else ''}.json"
    first = path not in _here
    _here.add(path)
    try:
        key = checksum(__version__, fingerprint()["id"], work, needs)
    except Unknown as unknown:
        print(f"{name}: not kept, since nobody can tell whether a {unknown} is the same after a restart")
        return work(), NOW
    if first and (found := _read(path, key)):
        return found
    plain = _plain(work(), name)
    text = json.dumps({"key": key, "time": datetime.now(UTC).isoformat(timespec="seconds"), "value": plain})
    write_atomically(path, text.encode())
    return _restored(plain), NOW


def _read(path: Path, key: str) -> tuple[object, str] | None:
    """The value in a file and when it was made; None if it has another key, or is damaged, or a file of it changed."""
    try:
        said = json.loads(path.read_bytes())
        return (_restored(said["value"]), moment(said["time"])) if said["key"] == key else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def moment(time: str, now: datetime | None = None) -> str:
    """A moment in words, on this machine's clock.

    Args:
        time: such as "2026-11-30T13:02:00+00:00".

    >>> moment("2026-11-30T13:02:00+00:00", datetime(2026, 12, 1, tzinfo=UTC)).endswith(" on 2026-11-30")
    True
    """
    then, now = datetime.fromisoformat(time).astimezone(), (now or datetime.now(UTC)).astimezone()
    return f"{then:%H:%M} {'today' if then.date() == now.date() else f'on {then:%Y-%m-%d}'}"


def _plain(value, name: str):
    """The value as JSON can hold it; what JSON has no word for is a dictionary of one entry, its kind."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list):
        return [_plain(one, name) for one in value]
    if isinstance(value, tuple):
        return {"tuple": [_plain(one, name) for one in value]}
    if isinstance(value, dict):
        return {"dict": [[_plain(one, name) for one in item] for item in value.items()]}
    if isinstance(value, np.ndarray) and not value.dtype.hasobject:
        np.save(file := io.BytesIO(), value, allow_pickle=False)
        return {"array": base64.b64encode(file.getvalue()).decode()}
    if isinstance(value, Path) and value.is_file() and value.resolve().is_relative_to(results.folder().resolve()):
        place = value.resolve().relative_to(results.folder().resolve()).as_posix()
        return {"file": [place, hashlib.sha256(content(value)).hexdigest()]}
    if _is_ours(type(value)):
        kind, parts = type(value), [[one.name, _plain(getattr(value, one.name), name)] for one in fields(value)]
        return {"labkit": [kind.__module__, kind.__qualname__, parts]}
    raise TypeError(f"{name}: a {type(value).__name__} cannot be kept; see `help(lk.keep)` for what can")


def _restored(plain):
    """The value that `_plain` was given.

    Raises:
        ValueError, KeyError, TypeError, AttributeError, OSError: `_plain` did not write this, or a file changed since.
    """
    if isinstance(plain, list):
        return [_restored(one) for one in plain]
    if not isinstance(plain, dict):
        return plain
    ((kind, inner),) = plain.items()
    if kind == "tuple":
        return tuple(_restored(one) for one in inner)
    if kind == "dict":
        return {_restored(key): _restored(value) for key, value in inner}
    if kind == "array":
        return np.load(io.BytesIO(base64.b64decode(inner)), allow_pickle=False)
    return _file(*inner) if kind == "file" else _result(*inner)


def _file(place: str, sha256: str) -> Path:
    path = results.folder() / place
    if hashlib.sha256(content(path)).hexdigest() != sha256:
        raise ValueError(f"{path} is another file now")
    return path


def _result(module: str, name: str, parts: list):
    """One of labkit's own results. Only what is loaded already is looked for, and only a dataclass is made."""
    kind = getattr(sys.modules[module], name)
    if not _is_ours(kind):
        raise TypeError(f"{module}.{name} is no result of labkit's")
    return kind(**{field: _restored(value) for field, value in parts})


def _is_ours(kind: type) -> bool:
    return isinstance(kind, type) and is_dataclass(kind) and kind.__module__.startswith("labkit.")
