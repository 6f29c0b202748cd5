"""Which answers a check has seen: a line in `results/` for each, by which one that was never saved is missed."""

from __future__ import annotations

import ast
import hashlib
import inspect
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from labkit import results
from labkit.notebooks.source import python, statements


@dataclass(frozen=True)
class Checked:
    """The last answer to an exercise that a check has seen, by its digest, and when that was."""

    exercise: str
    digest: str
    at: datetime
    points: float


def remember(name: str, answer: object, points: float) -> None:
    """Notes what the check of `name` has seen. Without source, room or rights nothing is noted; it never raises."""
    with suppress(Exception):
        said = digest(inspect.getsource(answer), name)
        row = {"exercise": name, "points": points, "notebook": _notebook(answer), "digest": said}
        if said:
            results.append("answers", {**row, "at": datetime.now().astimezone().isoformat(timespec="milliseconds")})


def _notebook(answer: Callable) -> str:
    """The file that runs here, as Jupyter and Visual Studio Code tell it; empty where nothing does."""
    return answer.__globals__.get("__vsc_ipynb_file__") or os.environ.get("JPY_SESSION_NAME", "")


def digest(source: str, name: str) -> str:
    """16 hexadecimal digits for the function `name` in a cell, empty where it is not; comments and spaces do not count.

    >>> digest("def f(x): return x", "f") == digest("def f(x):\\n    return x  # right", "f")
    True
    """
    every = [one for one in statements(python(source)) or [] if isinstance(one, ast.FunctionDef) and one.name == name]
    return hashlib.sha256(ast.unparse(every[-1]).encode()).hexdigest()[:16] if every else ""


def last(notebook: Path) -> dict[str, Checked]:
    """By exercise, the answer that was checked last in `notebook`, or in one that is not known or gone."""
    found = {}
    with suppress(OSError):
        for row in results.read("answers"):
            with suppress(KeyError, TypeError, ValueError):
                one = Checked(row["exercise"], row["digest"], datetime.fromisoformat(row["at"]), float(row["points"]))
                if _is_of(row["notebook"], notebook) and one.at.tzinfo:
                    found[one.exercise] = one
    return found


def _is_of(said: str, notebook: Path) -> bool:
    return not said or not Path(said).is_file() or Path(said).samefile(notebook)
