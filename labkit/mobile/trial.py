"""The child process of `check_file` and `smallest_arena`: an interpreter and a file that may be damaged.

Prints one line of JSON, `{"error": null}` where all went well.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import numpy as np

MEMORY = 4 * 2**30  # bytes of addresses that a file may ask for
STEP = 16  # bytes to which a microcontroller's arena is aligned
LARGEST_ARENA = 2**28


def main(what: str, path: str) -> None:
    with suppress(ImportError, ValueError, OSError):  # Windows has no such limit
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
    try:
        found = {"litert": litert, "micro": micro, "arena": smallest_arena}[what](path)
        print(json.dumps({"error": None, "found": found}))
    except Exception as error:  # whatever the interpreter says of the file
        print(json.dumps({"error": (str(error).strip().splitlines() or [type(error).__name__])[0][:200]}))


def litert(path: str) -> None:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=Path(path).read_bytes(), num_threads=1)
    interpreter.allocate_tensors()
    for one in interpreter.get_input_details():
        interpreter.set_tensor(one["index"], np.zeros(one["shape"], one["dtype"]))
    interpreter.invoke()
    for one in interpreter.get_output_details():
        interpreter.get_tensor(one["index"])


def micro(path: str) -> None:
    """Raises RuntimeError with the reason, which the interpreter itself only writes on stderr."""
    with tempfile.TemporaryFile() as errors:
        kept = os.dup(2)
        os.dup2(errors.fileno(), 2)
        try:
            _micro(path, LARGEST_ARENA)
        except RuntimeError as error:
            errors.seek(0)
            said = errors.read().decode(errors="replace").splitlines()
            raise RuntimeError("; ".join([*said[:2], str(error)])) from None
        finally:
            os.dup2(kept, 2)


def _micro(path: str, arena: int) -> None:
    from tflite_micro import runtime

    interpreter = runtime.Interpreter.from_bytes(Path(path).read_bytes(), arena_size=arena)
    one = interpreter.get_input_details(0)
    interpreter.set_input(np.zeros(one["shape"], one["dtype"]), 0)
    interpreter.invoke()
    interpreter.get_output(0)


def smallest_arena(path: str) -> int:
    """The fewest bytes, a multiple of 16, with which the file runs: halved until found."""
    micro(path)
    low, high = 0, LARGEST_ARENA // STEP  # does not run, runs
    while high - low > 1:
        middle = (low + high) // 2
        try:
            _micro(path, middle * STEP)
            high = middle
        except RuntimeError:
            low = middle
    return high * STEP


if __name__ == "__main__":
    main(*sys.argv[1:])
