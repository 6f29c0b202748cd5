"""Programs that run in a process of their own: torch and TensorFlow never meet, and a crash stays outside."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

LONGEST_REPORT = 6  # lines of an error that a student can use


def has(module: str) -> bool:
    """Whether `module` is installed; it is not imported."""
    try:
        return find_spec(module) is not None
    except (ImportError, ValueError):  # ValueError: it stands in sys.modules as None
        return False


def run(program: str | Path, *arguments: str | Path, seconds: float = 300) -> str:
    """What a Python program printed that ran in a process of its own, with these arguments.

    Args:
        program: a file, or the dotted name of a module such as "labkit.mobile.converter".
        seconds: after so long it is stopped.

    Raises:
        FileNotFoundError: there is no such file.
        RuntimeError: it failed; the message holds the end of what it said.
        TimeoutError: it took too long.
    """
    is_file = str(program).endswith(".py")
    if is_file and not Path(program).is_file():
        raise FileNotFoundError(f"{program}: no such program; was its cell run?")
    started = [str(program)] if is_file else ["-m", str(program)]
    try:
        done = subprocess.run(
            [sys.executable, *started, *map(str, arguments)],
            capture_output=True,
            timeout=seconds,
            env=_environment(),
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise TimeoutError(f"{program} took longer than {seconds:g} s and was stopped") from None
    if done.returncode:
        raise RuntimeError(f"{program} {_ended(done.returncode)}:\n{_last_lines(done.stderr)}")
    return done.stdout.decode(errors="replace")


def _environment() -> dict[str, str]:
    """Ours, with labkit to be found, and TensorFlow asked for one thread, errors only and no graphics card."""
    above = str(Path(__file__).parents[2])
    paths = [above, *filter(None, [os.environ.get("PYTHONPATH")])]
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", "OMP_NUM_THREADS": "1"}
    return {**os.environ, **quiet, "PYTHONPATH": os.pathsep.join(paths)}


def _ended(code: int) -> str:
    return f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"


def _last_lines(said: bytes) -> str:
    lines = [line for line in said.decode(errors="replace").splitlines() if line.strip() and line[:6] != "INFO: "]
    return "\n".join(_without_folders(lines[-LONGEST_REPORT:])) or "it said nothing"


def _without_folders(lines: Iterable[str]) -> list[str]:
    """The lines of a traceback without the folders of this machine."""
    here = str(Path(sys.prefix))
    return [line.replace(here, "...") for line in lines]
