"""The student's own measurements: one JSON object a line, in the `results/` folder that git ignores."""

from __future__ import annotations

import json
import os
import warnings
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock

from labkit.measure.measurement import Measurement

SAME_VARIANT = ["lab", "variant", "runtime", "threads", "batch"]  # a new row of these replaces the older one


def folder() -> Path:
    """Where results are kept: `LABKIT_RESULTS`, else the repository's `results/`, else `results/` where Python runs."""
    if os.environ.get("LABKIT_RESULTS"):
        return Path(os.environ["LABKIT_RESULTS"])
    repository = Path(__file__).parents[1]
    return (repository if (repository / "labs").is_dir() else Path.cwd()) / "results"


@dataclass(frozen=True)
class Budget:
    """What a device has room for: `max_bytes` for the model, and where that number is from."""

    device: str
    max_bytes: int
    why: str


BUDGETS = (
    Budget("microcontroller", 256_000, "slide: KB, not MB; a common 512 kB of flash, half of it for the program"),
    Budget("browser", 10_000_000, "slide: models must be small (< 10 MB)"),
    Budget("phone", 100_000_000, "assumed: more makes an app that people wait for before they install it"),
    Budget("Raspberry Pi", 1_000_000_000, "slide: 2-4 GB of memory, half of the smaller one for the model"),
)


def save(row: Measurement) -> Measurement:
    """Appends the row to `measurements.jsonl` and returns it."""
    append("measurements", asdict(row))
    return row


def append(name: str, row: dict) -> None:
    """Adds one line to `NAME.jsonl`. Two notebooks may do so at once; a line cut short by a crash stays alone.

    Raises:
        ValueError: the row holds NaN or infinity, which JSON cannot.
        OSError: the folder cannot be written to.
    """
    line = json.dumps(row, allow_nan=False).encode() + b"\n"
    path = folder() / f"{name}.jsonl"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{path}.lock"), path.open("ab+") as file:
            _append_line(file, line)
    except OSError as error:
        where = f"the results folder {path.parent} cannot be written to ({error})"
        raise OSError(f"{where}; set LABKIT_RESULTS to a folder of yours") from error


def _append_line(file, line: bytes) -> None:
    if file.tell():
        file.seek(-1, os.SEEK_END)
        if file.read(1) != b"\n":
            line = b"\n" + line
    file.write(line)
    file.flush()
    os.fsync(file.fileno())


def read(name: str) -> list[dict]:
    """The rows of `NAME.jsonl`, oldest first. Lines that are no JSON object are left out, with a warning."""
    path = folder() / f"{name}.jsonl"
    if not path.exists():
        return []
    rows, broken = [], []
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):  # also text that is not UTF-8, or ten thousand brackets
            row = None
        if isinstance(row, dict):
            rows.append(row)
        elif line.strip():
            broken.append(number)
    if broken:
        warnings.warn(f"{path}: left out unreadable line(s) {', '.join(map(str, broken))}", stacklevel=2)
    return rows


def table(lab: str | None = None):
    """The latest row of every variant as a pandas DataFrame, with the machine's id; of one lab, or of all."""
    import pandas as pd

    rows = [row for row in read("measurements") if row.keys() >= {*SAME_VARIANT} and _machine_id(row)]
    frame = pd.DataFrame([{**row, "machine": _machine_id(row)} for row in rows])
    if frame.empty:
        return frame
    frame = frame.drop_duplicates([*SAME_VARIANT, "machine"], keep="last").reset_index(drop=True)
    return frame if lab is None else frame[frame["lab"] == lab].reset_index(drop=True)


def _machine_id(row: dict) -> str | None:
    machine = row.get("machine")
    return machine.get("id") if isinstance(machine, dict) else None
