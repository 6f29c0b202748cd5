"""What stands behind a slider: rows of a sweep, shipped or measured here, and always the machine that they are from.

Accuracy does not depend on the machine, so it ships: `load`. Time does, so it is measured here: `here`.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from labkit import data
from labkit.files import write_atomically
from labkit.kept import NOW, kept
from labkit.measure.machine import describe, fingerprint


@dataclass(frozen=True)
class Sweep:
    """Rows (plain dicts), and in `source` one sentence on where they are from."""

    name: str
    rows: list[dict]
    source: str
    machine: dict

    def select(self, **values) -> list[dict]:
        """The rows in which every named field has that value, such as `select(bits=4, scheme="per_tensor")`."""
        return [row for row in self.rows if all(row.get(name) == value for name, value in values.items())]

    def one(self, **values) -> dict:
        """The only row with these values.

        Raises:
            KeyError: there is none, or more than one.
        """
        found = self.select(**values)
        if len(found) != 1:
            raise KeyError(f"the sweep {self.name!r} has {len(found)} rows with {values}, not one")
        return found[0]


def folder() -> Path:
    """Where the shipped sweeps are."""
    return data.folder() / "sweeps"


def load(name: str) -> Sweep:
    """A shipped sweep, made by `tools/` from the shipped weights.

    Raises:
        DataError: it is missing or damaged, or was made from other weights than the present ones.
    """
    path = folder() / f"{name}.json"
    try:
        content = json.loads(path.read_bytes())
        rows, machine, weights = content["rows"], content["machine"], content["weights"]
    except FileNotFoundError:
        raise data.DataError(f"{path}: no such file\n{data.restore(f'sweeps/{name}.json')}") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise data.DataError(f"{path}: unreadable ({error})\n{data.restore(f'sweeps/{name}.json')}") from None
    for file, expected in weights.items():
        if weights_hash(file) != expected:
            raise data.DataError(
                f"the sweep {name!r} was made from other weights than {file} holds now: `make sweeps` makes it again "
                f"(an hour or two), or restore the weights.\n{data.restore(f'weights/{file}')}"
            )
    return Sweep(name, rows, f"Shipped: computed on {describe(machine)} by {content['made_by']}", machine)


def save(name: str, rows: list[dict], made_by: str, weights: list[str]) -> None:
    """Writes a sweep for `load`: rows of plain values, the script, and the names of the weights files it is from."""
    hashes = {file: weights_hash(file) for file in weights}
    content = {"made_by": made_by, "weights": hashes, "machine": fingerprint(), "rows": rows}
    lines = ",\n  ".join(json.dumps(row, allow_nan=False) for row in rows)
    head = json.dumps({**content, "rows": []}, indent=1).replace('"rows": []', f'"rows": [\n  {lines}\n ]')
    write_atomically(folder() / f"{name}.json", head.encode() + b"\n")


def weights_hash(file: str) -> str:
    """SHA-256 of a shipped weights file, such as "baseline.safetensors".

    Raises:
        DataError: it is missing.
    """
    path = data.weights_folder() / file
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise data.DataError(f"{path}: {error.strerror}\n{data.restore(f'weights/{file}')}") from None


def here(name: str, measure: Callable[[], list[dict]], weights: tuple[str, ...] = (), skip: bool = False) -> Sweep:
    """What `measure()` returns, measured on this machine: before the kernel was restarted, or now (see `labkit.kept`).

    Args:
        measure: returns rows of plain values.
        weights: the names of the weights files that the rows depend on.
        skip: show the shipped rows of another machine, and say which.

    Raises:
        DataError: skipped, and no rows are shipped.
        ValueError: `measure` returned no rows, or a value in them is no plain number or text, or is NaN.
    """
    if skip:
        return load(name)
    rows, when = kept(name, lambda: _checked(name, measure()), [weights_hash(file) for file in weights])
    earlier = "" if when == NOW else "; run the cell again to measure anew"
    return Sweep(name, rows, f"Measured on this machine, {when}: {describe()}{earlier}", fingerprint())


def _checked(name: str, rows: list[dict]) -> list[dict]:
    if not rows:
        raise ValueError(f"the measurement {name!r} gave no rows")
    try:
        json.dumps(rows, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ValueError(f"a row of {name!r} holds what cannot be kept: {error}") from None
    return rows


def pack(correct: np.ndarray) -> str:
    """Which images were labelled correctly, bool `(n,)`, as a short text for a row; `unpack` reads it.

    >>> unpack(pack(np.array([True, False, True]))).tolist()
    [True, False, True]
    """
    correct = np.asarray(correct, bool)
    return f"{len(correct)}:{base64.b64encode(zlib.compress(np.packbits(correct).tobytes(), 9)).decode()}"


def unpack(text: str) -> np.ndarray:
    """The bool array `(n,)` that `pack` wrote: the shipped answer to each image, for a paired test.

    Raises:
        ValueError: the text is cut short, or from elsewhere.
    """
    try:
        count, _, packed = text.partition(":")
        bits = np.unpackbits(np.frombuffer(zlib.decompress(base64.b64decode(packed)), np.uint8))
        if not 0 <= int(count) <= len(bits):
            raise ValueError(f"{count} answers in {len(bits)} bits")
    except (AttributeError, ValueError, zlib.error) as error:
        raise ValueError(f"not what `pack` wrote ({error})") from None
    return bits[: int(count)].astype(bool)
