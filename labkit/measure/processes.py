"""A race of programs: each runtime in a process of its own, so that the threads of one cannot slow the others."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from threading import Timer

import numpy as np

from labkit.measure.memory import give_back
from labkit.measure.stopwatch import race
from labkit.measure.timing import Race

START_SECONDS = 120  # the longest that a program may take to get ready; torch alone needs some seconds
TURN_SECONDS = 120
PAUSE_SECONDS = 0.002  # before a turn: the process that had the last one shall be asleep

# Runs in the child: the program first, then a turn for each line that comes in. Answers go out on a pipe of their own,
# because programs print.
_CHILD = """
import gc, json, os, sys, time
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
space = {"__name__": "__main__"}
with open(sys.argv[1], encoding="utf-8") as program:
    exec(compile(program.read(), "<raced program>", "exec"), space)
calls = space.get("calls")
def say(what):
    answers.write(json.dumps(what) + "\\n")
    answers.flush()
if not isinstance(calls, dict) or not calls:
    sys.exit("the program does not end with `calls`, a dictionary of functions by name")
say(list(calls))
gc.disable()
for line in sys.stdin:
    name, repeats, pause = json.loads(line)
    call, times = calls[name], []
    time.sleep(pause)
    call()
    for _ in range(repeats):
        start = time.perf_counter_ns()
        call()
        times.append(time.perf_counter_ns() - start)
    say(times)
"""


def race_processes(programs: Sequence[str], *, baseline: str | None = None, seconds: float = 3.0, **options) -> Race:
    """Times functions of several Python programs against each other, each program in a process of its own.

    In every round each function gets a turn while all other processes wait, as in `race`. The baseline is raced against
    itself in its own process. Threads that spin after their work, as ONNX Runtime's do for some 25 ms unless told
    otherwise, still take a core from the next: switch that off.

    Args:
        programs: Python sources; each ends with `calls`, a dictionary of functions of no arguments by name.
        baseline: the name that every ratio is against; the first one unless told.
        options: further arguments of `race`.

    Raises:
        ValueError: no programs, two functions of one name, or an unknown baseline.
        RuntimeError: a program failed or never got ready; the message holds the end of its error output.
    """
    if isinstance(programs, str) or not programs:
        raise ValueError("a list of programs is needed, each a text of Python that ends with `calls`")
    gc.collect()
    give_back()  # the programs need memory, too
    with ExitStack() as stack:
        children = [stack.enter_context(_Child(program)) for program in programs]
        owners = [(name, child) for child in children for name in child.names()]
        names = [name for name, _ in owners]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two programs have a function called {', '.join(twice)}")
        calls = {name: _Elsewhere(child, name) for name, child in owners}
        return race(calls, baseline=baseline, seconds=seconds, **options)


class _Elsewhere:
    """A function in another process. `race` asks it for whole turns, which are timed over there."""

    def __init__(self, child: _Child, name: str) -> None:
        self.child, self.name = child, name

    def turn(self, repeats: int) -> np.ndarray:
        """Nanoseconds of each of `repeats` calls, after one that is not timed."""
        return np.array(self.child.ask([self.name, repeats, PAUSE_SECONDS]), float)


class _Child:
    """A process that runs one program and then waits for its turns."""

    def __init__(self, program: str) -> None:
        self.program = program

    def __enter__(self) -> _Child:
        self.folder = tempfile.TemporaryDirectory()
        source = Path(self.folder.name) / "program.py"
        source.write_text(self.program, encoding="utf-8")
        self.errors = (Path(self.folder.name) / "stderr").open("w+", encoding="utf-8", errors="replace")
        self.process = subprocess.Popen(
            [sys.executable, "-c", _CHILD, str(source)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, text=True, encoding="utf-8",
        )  # fmt: skip
        return self

    def __exit__(self, *_) -> None:
        self.process.kill()
        with suppress(OSError):  # the pipe to a process that has ended
            self.process.communicate()
        self.errors.close()
        self.folder.cleanup()

    def names(self) -> list[str]:
        """The functions of the program, when it is ready."""
        return self._answer(START_SECONDS)

    def ask(self, what: list) -> list[int]:
        """What the process answers to one line."""
        with suppress(OSError):  # it has ended: reading its answer says why
            self.process.stdin.write(json.dumps(what) + "\n")
            self.process.stdin.flush()
        return self._answer(TURN_SECONDS)

    def _answer(self, seconds: float):
        alarm = Timer(seconds, self.process.kill)
        alarm.start()
        try:
            line = self.process.stdout.readline()
        finally:
            alarm.cancel()
        if line:
            return json.loads(line)
        self.process.wait()
        self.errors.seek(0)
        tail = self.errors.read().strip().splitlines()[-3:]
        raise RuntimeError(f"a raced program ended with code {self.process.returncode}: " + "\n".join(tail or ["-"]))
