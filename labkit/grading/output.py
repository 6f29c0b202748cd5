"""The folder that a run writes: nobody else in it meanwhile, room for it, the course key, results and copies."""

from __future__ import annotations

import errno
import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from labkit.files import write_atomically
from labkit.grading.overlay import SHORTEST_KEY
from labkit.grading.work import CannotGrade
from labkit.notebooks.cells import Refused

MB = 1e6
RESERVE_BYTES = 100e6  # for results, feedback and the gradebook's backup
LEFTOVERS = (
    "results/*/.*.json.*",
    "submissions/*/.*.ipynb.*",
    "submissions/*.ipynb",
    "submissions/.*.ipynb.*",
    ".course.key.*",
)
NEEDED = {"lab", "student", "sha256", "rules", "attempt", "unsafe"}  # to find a result again
FULL = (errno.ENOSPC, errno.EDQUOT)


def refuse_place(place: Path, output: Path) -> None:
    """Nothing; see Raises.

    Raises:
        Refused: submissions and results would mix, because one folder lies in the other.
    """
    found, wanted = place.resolve(), output.resolve()
    if found == wanted or wanted in found.parents:
        raise Refused(f"{place} lies in the output folder {output}: give another folder with -o")
    if found in wanted.parents:
        raise Refused(
            f"the output folder {output} lies among the submissions in {place}, and its files would be taken for "
            "some: give another folder with -o"
        )


@contextmanager
def locked(output: Path) -> Iterator[None]:
    """This process alone works in `output`, which is made; ends with the block or the process.

    Raises:
        Refused: it is a file, cannot be written to, or another grader works in it.
        CannotGrade: this system has no such locks.
    """
    try:
        import fcntl
    except ModuleNotFoundError:
        raise CannotGrade("grading and marking need Linux: on Windows, WSL has one") from None
    try:
        output.mkdir(mode=0o700, parents=True, exist_ok=True)  # grades are nobody else's
        lock = open(output / ".lock", "a+", encoding="utf-8")  # noqa: SIM115
        with tempfile.TemporaryFile(dir=output):
            pass
    except FileExistsError:
        raise Refused(f"{output} is a file: give a folder with -o") from None
    except OSError as error:
        raise (
            _full(output)
            if error.errno in FULL
            else Refused(f"cannot write in {output}: {error.strerror}; give another folder with -o")
        ) from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read(100).strip() or "a process that just started"
            raise Refused(
                f"another grader ({holder}) works in {output}: wait for it, or give another folder with -o"
            ) from None
        lock.truncate(0)
        lock.write(f"process {os.getpid()}, since {datetime.now():%H:%M}")
        lock.flush()
        _sweep(output)
        yield


def _sweep(output: Path) -> None:
    """Removes what a killed run was just writing: its temporary files, which nobody will rename any more."""
    for pattern in LEFTOVERS:
        for path in output.glob(pattern):
            path.unlink(missing_ok=True)


@contextmanager
def room_in(output: Path, needed: float = 0) -> Iterator[None]:
    """A block that may fill the disk; that it will is said before, that it did is said afterwards.

    Raises:
        CannotGrade: there is no room.
    """
    free = shutil.disk_usage(output).free
    if free < needed + RESERVE_BYTES:
        raise CannotGrade(
            f"{output} needs about {(needed + RESERVE_BYTES) / MB:,.0f} MB, and {free / MB:,.0f} MB are free there: "
            "free some, or give another folder with -o"
        )
    try:
        yield
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise _full(output) from None


def _full(output: Path) -> CannotGrade:
    return CannotGrade(f"the disk of {output} is full: free some room; then the same command goes on from here")


def same_overlay(output: Path, overlay: Path | None) -> None:
    """Nothing, but the folder remembers which overlay its results are by.

    Raises:
        Refused: they are by one, and none is given now: its tests and points would be lost without a word.
    """
    path = output / "overlay.txt"
    if overlay is not None:
        write_atomically(path, f"{Path(overlay).resolve()}\n".encode())
    elif path.exists():
        was = path.read_text(encoding="utf-8").strip()
        raise Refused(f"{output} was graded with --overlay {was}: give it again, or delete {path} to go on without")


def course_key(output: Path) -> bytes:
    """The key that all inputs are drawn from, `course.key`; made on the first run.

    Raises:
        Refused: it is gone although there are results, or too short to be one.
    """
    path = output / "course.key"
    if path.exists():
        key = path.read_bytes().strip()
        if len(key) < SHORTEST_KEY:
            raise Refused(f"{path} is too short for a key: put it back from your backup")
        return key
    if any(output.glob("results/*/*.json")):
        raise Refused(
            f"{path} is gone, so the inputs of earlier results cannot be drawn again: put it back from your backup, "
            "give the --overlay that has it, or a new folder with -o"
        )
    return _new_key(path)


def _new_key(path: Path) -> bytes:
    """Whole or not there, like every file here; and never, not for a moment, readable by others."""
    key = secrets.token_hex(32).encode()
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".course.key.")  # mode 600
    with os.fdopen(handle, "wb") as file:
        file.write(key + b"\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)
    return key


def copy_path(output: Path, lab: str, sha256: str) -> Path:
    """Where the copy of a submission lies; `lab` may be empty for a short while."""
    return output / "submissions" / lab / f"{sha256}.ipynb"


def keep_copy(output: Path, lab: str, sha256: str, content: bytes) -> None:
    """Copies a submission, unless its copy is there."""
    path = copy_path(output, lab, sha256)
    if not path.exists():
        write_atomically(path, content)


def move_copy(output: Path, sha256: str, lab: str) -> None:
    """Moves a copy that was made before its lab was known."""
    target = copy_path(output, lab, sha256)
    target.parent.mkdir(exist_ok=True)
    os.replace(copy_path(output, "", sha256), target)


def result_path(output: Path, result: dict) -> Path:
    """Where a result lies: one file for each student, file and rules."""
    name = f"{result['student']}-{result['sha256'][:12]}-{result['rules']}.json"
    return output / "results" / result["lab"] / name


def keep_result(output: Path, result: dict) -> None:
    """Writes a result, unless it is there: afterwards it is on the disk, whole."""
    path, content = result_path(output, result), json.dumps(result, indent=1).encode()
    if not path.exists() or path.read_bytes() != content:
        write_atomically(path, content)


def results(output: Path) -> Iterator[dict]:
    """Every result in the folder, the oldest first. A file that is none, say by a fault of the disk, is left out."""
    paths = [(path.stat().st_mtime_ns, path) for path in output.glob("results/*/*.json")]
    for _, path in sorted(paths):
        try:
            result = json.loads(path.read_bytes())
        except ValueError:
            continue
        if isinstance(result, dict) and result.keys() >= NEEDED:
            yield result
