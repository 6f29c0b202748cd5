"""The student's own measurements: one JSON object a line, in the `results/` folder that git ignores."""

from __future__ import annotations

import json
import os
import warnings
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from filelock import FileLock

from labkit import data
from labkit.measure.machine import describe, fingerprint
from labkit.measure.measurement import Measurement

SAME_VARIANT = ["lab", "variant", "runtime", "threads", "batch"]  # a new row of these replaces the older one
ONE_VARIANT = ["variant", "runtime", "threads", "batch", "machine"]  # what `joined` makes one row of
TOGETHER = (  # figures that one measurement gave and that stay together
    ["latency_ms", "latency_low_ms", "latency_high_ms", "latency_p95_ms"],
    ["size_bytes", "gzip_bytes"],
    ["accuracy", "accuracy_low", "accuracy_high", "images"],
    ["peak_memory_bytes", "peak_memory_low", "peak_memory_high"],
    ["parameters"],
)
INTERVALS = [names[:3] for names in TOGETHER if names[0] in ("latency_ms", "accuracy", "peak_memory_bytes")]
ABOVE_ZERO = ("latency_ms", "size_bytes", "peak_memory_bytes")
MOST = 1e15  # no figure is larger
YOURS = "measured here"


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
    """Appends the row to `measurements.jsonl` and returns it.

    One whose figures are all those of the variant's latest row was measured then, and kept: that one is returned, with
    its time, and nothing is written.
    """
    older = _latest_same("measurements", asdict(row), SAME_VARIANT)
    if older:
        return replace(row, time=older.get("time", row.time))
    append("measurements", asdict(row))
    return row


def append_once(name: str, row: dict, alike: list[str]) -> None:
    """As `append`, but only where the latest row with the same `alike` fields says something else."""
    if not _latest_same(name, row, alike):
        append(name, row)


def _latest_same(name: str, row: dict, alike: list[str]) -> dict | None:
    """The latest row with the same `alike` fields, if it is equal in all else but its time."""
    row = json.loads(json.dumps(row))  # as it would be read
    older = [one for one in read(name) if all(one.get(field) == row[field] for field in alike)]
    return older[-1] if older and older[-1] | {"time": None} == row | {"time": None} else None


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
    return _lines(folder() / f"{name}.jsonl")


def shipped(name: str = "rows") -> list[dict]:
    """The "rows" or the "verdicts" that came with labkit, measured by `tools/reference_rows.py`; [] if none came."""
    return _lines(data.folder() / f"reference_{name}.jsonl")


def _lines(path: Path) -> list[dict]:
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
    """The latest row of every variant as a pandas DataFrame, with the machine's id; of one lab, or of all.

    What is no measurement, such as a row edited by hand in which a number is missing its digits, is left out.
    """
    frame = _latest(read("measurements"), _machine_id)
    return frame if lab is None or frame.empty else frame[frame["lab"] == lab].reset_index(drop=True)


def _latest(rows: list[dict], origin):
    """The latest row of every variant; `origin` makes, of a row, what its machine is called."""
    import pandas as pd

    rows = [row for row in rows if _is_measurement(row)]
    frame = pd.DataFrame([{**row, "machine": origin(row)} for row in rows])
    return frame if frame.empty else frame.drop_duplicates([*SAME_VARIANT, "machine"], keep="last", ignore_index=True)


def everything(own: bool = True):
    """The rows of all labs as a DataFrame: this machine's own and, of a lab that has none here, the shipped ones.

    With `own=False`, the shipped ones alone. The column `machine` says where a row was measured; `comparable` takes
    those of one machine, since times of two cannot be compared.
    """
    import pandas as pd

    here = fingerprint()["id"]
    mine = [row for row in read("measurements") if _is_measurement(row) and _machine_id(row) == here] if own else []
    done = {row["lab"] for row in mine}
    others = [row for row in shipped() if row.get("lab") not in done]
    frames = [_latest(mine, lambda row: YOURS), _latest(others, _shipped_from)]
    frames = [frame.dropna(axis="columns", how="all") for frame in frames if not frame.empty]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def _shipped_from(row: dict) -> str:
    return f"shipped: {describe(row['machine'])}"


def joined(frame):
    """One row a variant and machine: what different labs measured of the same one, put together, the latest first.

    Figures of one measurement stay together: an interval never comes from another run than its middle.
    """
    import pandas as pd

    rows = []
    for key, group in frame.groupby(ONE_VARIANT, sort=False):
        row = dict(zip(ONE_VARIANT, key)) | {"lab": ", ".join(dict.fromkeys(group["lab"]))}
        for names in TOGETHER:
            there = [name for name in names if name in group]
            measured = group[group[there[0]].notna()] if there else group[:0]
            if "images" in there:  # the accuracy on the most images, of equally many the latest
                measured = measured.sort_values("images", kind="stable")
            if len(measured):
                row |= measured.iloc[-1][there].to_dict()
        rows.append(row)
    return pd.DataFrame(rows)


def comparable(frame, machine: str = YOURS):
    """The joined rows of one machine that may be compared.

    These have bytes, a latency of one image on one thread, and an accuracy, with its interval, on as many images as
    any other. So the networks of lab 01, which answer other questions, stay out, and so do accuracies on a part of
    the test images.

    Raises:
        ValueError: this machine has no such row; the machines that have rows are named.
    """
    needed = ["accuracy", "accuracy_low", "accuracy_high", "images", "size_bytes", "latency_ms"]
    machines = list(dict.fromkeys(frame["machine"])) if len(frame) else []
    found = joined(frame[frame["machine"] == machine]) if machine in machines else []
    if len(found):
        found = found.reindex(columns=list(dict.fromkeys([*found.columns, *needed, "peak_memory_bytes"])))
        found = found[found[needed].notna().all(axis=1) & (found["batch"] == 1) & (found["threads"] == 1)]
        found = found[found["images"] == found["images"].max()]
    if not len(found):
        raise ValueError(f"there are no rows to compare of {machine!r}; there are rows of {machines or 'no machine'}")
    return found.reset_index(drop=True)


def _machine_id(row: dict) -> str | None:
    machine = row.get("machine")
    return machine.get("id") if isinstance(machine, dict) else None


def _is_measurement(row: dict) -> bool:
    """Whether a row has what its variant is matched by, and in its figures numbers alone: a file may be edited."""
    texts, counts = SAME_VARIANT[:3], SAME_VARIANT[3:]
    figures = [row[name] for names in TOGETHER for name in names if row.get(name) is not None]
    return (
        all(isinstance(one, str) for one in (*map(row.get, texts), _machine_id(row)))
        and all(type(row.get(name)) is int and 0 < row[name] <= MOST for name in counts)
        and all(type(one) in (int, float) and 0 <= one <= MOST for one in figures)
        and not any(row.get(name) == 0 for name in ABOVE_ZERO)
        and (row.get("accuracy") or 0) <= 1
        and all(_is_inside(*map(row.get, names)) for names in INTERVALS)
    )


def _is_inside(value, low, high) -> bool:
    """Whether a figure lies in its interval, or has none."""
    return low is high is None or (None not in (value, low, high) and low <= value <= high)


def figures(row) -> dict[str, str]:
    """The lecture's before-and-after figures of one row as text, each with its interval where it has one.

    Args:
        row: a mapping with the fields of `Measurement`, such as a row of `table()`.
    """

    def figure(value, ends, unit, scale, digits):
        number, low, high = (row.get(name) for name in (value, *ends))
        if number is None or number != number:  # NaN, where pandas has no value
            return "not measured"
        between = f" ({low * scale:.{digits}f} to {high * scale:.{digits}f})" if low is not None and low < high else ""
        return f"{number * scale:,.{digits}f} {unit}{between}"

    return {
        "size": figure("size_bytes", ("", ""), "kB", 1e-3, 1),
        "latency": figure("latency_ms", ("latency_low_ms", "latency_high_ms"), "ms", 1, 3),
        "peak memory": figure("peak_memory_bytes", ("peak_memory_low", "peak_memory_high"), "MB", 1e-6, 0),
        "accuracy": figure("accuracy", ("accuracy_low", "accuracy_high"), "%", 100, 2),
    }
