"""Peak memory of a program in a fresh process: what a notebook holds already does not count."""

from __future__ import annotations

import ctypes
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
from tqdm.auto import tqdm

from labkit.measure.size import MB

POLL_SECONDS = 0.005

# Runs in the child. `ru_maxrss` would do, but on Linux it starts at the memory of the process that forked the child.
_CHILD = """
import sys
try:
    with open(sys.argv[1], encoding="utf-8") as program:
        code = compile(program.read(), "<measured program>", "exec")
    exec(code, {"__name__": "__main__"})
except SystemExit as stop:
    if stop.code:
        raise
try:
    with open("/proc/self/status", encoding="utf-8") as status:
        peak = next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:"))
except (OSError, StopIteration):
    try:
        import resource
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # bytes on macOS
    except ImportError:
        import psutil
        peak = psutil.Process().memory_info().peak_wset  # Windows
with open(sys.argv[2], "w", encoding="utf-8") as report:
    report.write(str(peak))
import os
os._exit(0)  # what Python does to end a process may take more memory than the program did
"""


@dataclass(frozen=True)
class Peak:
    """Median of the peaks of several runs, bytes, with the smallest and the largest."""

    peak_memory_bytes: int
    low: int
    high: int
    runs: int

    def __repr__(self) -> str:
        middle, low, high = (value / MB for value in (self.peak_memory_bytes, self.low, self.high))
        return f"{middle:.1f} MB of 10^6 bytes ({low:.1f} to {high:.1f} in {self.runs} runs)"


def peak_memory(program: str, runs: int = 3) -> Peak:
    """Peak resident memory of a Python program, its child processes included, each run in a fresh process.

    Args:
        program: Python source, such as `"import torch"`.
        runs: how often to run it; with `LABKIT_QUICK=1` once.

    Raises:
        ValueError: `runs` is below 1.
        RuntimeError: the program failed; the message holds the end of its error output.
    """
    if runs < 1:
        raise ValueError(f"runs must be at least 1, not {runs}")
    runs = 1 if os.environ.get("LABKIT_QUICK") == "1" else runs
    give_back()
    peaks = [_run(program) for _ in tqdm(range(runs), unit="run", leave=False, disable=runs < 2)]
    return Peak(int(statistics.median(peaks)), min(peaks), max(peaks), runs)


def give_back() -> None:
    """Returns to the system what the C library keeps of freed memory: laptops and Binder have little."""
    with suppress(OSError, AttributeError):  # only glibc has malloc_trim
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def _run(program: str) -> int:
    with tempfile.TemporaryDirectory() as folder:
        source, report, errors = (Path(folder) / name for name in ("program.py", "peak", "stderr"))
        source.write_text(program, encoding="utf-8")  # a command line may not be as long as a program
        with errors.open("wb") as stderr:
            child = psutil.Popen(
                [sys.executable, "-c", _CHILD, str(source), str(report)], stdout=subprocess.DEVNULL, stderr=stderr
            )
            together, known = 0, set()
            try:
                while child.poll() is None:
                    now, known = _resident(child, known)
                    together = max(together, now)
                    time.sleep(POLL_SECONDS)
            except BaseException:
                child.kill()
                child.wait()
                raise
        if child.returncode or not report.exists():
            tail = errors.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-3:]
            raise RuntimeError(f"the program ended with code {child.returncode}: " + "\n".join(tail or ["no message"]))
        return max(together, int(report.read_text(encoding="utf-8")))


def _resident(process: psutil.Process, known: set[int]) -> tuple[int, set[int]]:
    """Bytes that the process and its descendants hold now, and the descendants' ids.

    A descendant counts from the second look on: between its fork and its start it shares all memory with its parent.
    What processes share later counts once, where the system tells (Linux).
    """
    try:
        children = process.children(recursive=True)
        together = [process, *(child for child in children if child.pid in known)]
        total = process.memory_info().rss if len(together) == 1 else sum(map(share_of, together))
    except psutil.Error:  # one of them ended while we looked
        return 0, known
    return total, {child.pid for child in children}


def share_of(process: psutil.Process) -> int:
    """Resident bytes of a process, and its part of what it shares with others (Linux; elsewhere all of that)."""
    memory = process.memory_full_info() if psutil.LINUX else process.memory_info()
    return getattr(memory, "pss", memory.rss)
