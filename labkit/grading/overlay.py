"""The instructor's own folder: hidden laws, other points, limits. It is trusted, and it never leaves the instructor."""

from __future__ import annotations

import hashlib
import math
import re
import sys
import tomllib
import types
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from functools import wraps
from pathlib import Path

from labkit import exercises
from labkit.exercises.laws import Exercise, Wrong
from labkit.grading.work import Limits
from labkit.notebooks import master as masters
from labkit.notebooks.cells import Refused
from labkit.notebooks.master import Master

NOT_PASSED = "the instructor's own test is not passed"
KEYS = ("points", "limits", "deadline", "late_penalty")
SHORTEST_KEY = 16


@dataclass(frozen=True)
class Overlay:
    """What an overlay folder says; without a folder it says nothing.

    Args:
        points: by exercise.
        laws: by exercise; their messages are hidden already.
        deadline: as it was written, with its zone; empty where there is none.
        late_penalty: percent of the points for each begun day; None where it says nothing.
        key: the course key, where the folder has one.
        digest: changes with whatever decides over points; deadlines do not.
    """

    points: dict[str, float] = field(default_factory=dict)
    laws: dict[str, tuple[Callable, ...]] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    deadline: str = ""
    late_penalty: float | None = None
    key: bytes = b""
    digest: str = ""

    def applied(self, exercise: Exercise) -> Exercise:
        """The exercise with this overlay's points, and its hidden laws after the open ones."""
        laws = (*exercise.laws, *self.laws.get(exercise.name, ()))
        return replace(exercise, points=self.points.get(exercise.name, exercise.points), laws=laws)

    def master(self, lab: str) -> Master:
        """The lab's own notebook with this overlay's points and laws; see `labkit.notebooks.master.load`."""
        return masters.load(lab, self.applied, self.digest)


def load(folder: Path | None) -> Overlay:
    """The overlay in `folder`: `overlay.toml`, and hidden laws in files such as `lab02.py`; both may be missing.

    Raises:
        Refused: it cannot be read, or says what means nothing here; the message names file and line.
    """
    if folder is None:
        return Overlay()
    folder = Path(folder)
    files = {path.name: _text(path) for path in _files(folder)}
    said = _settings(folder / "overlay.toml", files.pop("overlay.toml", ""))
    laws: dict[str, tuple[Callable, ...]] = {}
    for name, text in files.items():
        laws |= _hidden(folder / name, text)
    deciding = repr((sorted(said["points"].items()), said["limits"], sorted(files.items())))
    return Overlay(laws=laws, key=_key(folder), digest=hashlib.sha256(deciding.encode()).hexdigest(), **said)


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise Refused(f"there is no overlay folder {folder}")
    found = sorted(folder.glob("lab*.py")) + [folder / "overlay.toml"] * (folder / "overlay.toml").is_file()
    for path in found:
        if path.suffix == ".py" and path.stem.removeprefix("lab") not in exercises.LABS:
            raise Refused(f"{path}: there is no such lab; there are {', '.join(exercises.LABS)}")
    if not found:
        raise Refused(f"{folder} is no overlay: it has neither overlay.toml nor hidden laws such as lab01.py")
    return found


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"cannot read {path}: {getattr(error, 'strerror', None) or 'it is not UTF-8'}") from None


def _key(folder: Path) -> bytes:
    path = folder / "course.key"
    if not path.exists():
        return b""
    key = _text(path).strip().encode()
    if len(key) < SHORTEST_KEY:
        raise Refused(f"{path}: a course key has at least {SHORTEST_KEY} characters, which nobody can guess")
    return key


def _settings(path: Path, text: str) -> dict:
    try:
        said = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Refused(f"{path}: {error}") from None
    for key in said:
        if key not in KEYS:
            raise _refused(path, text, key, f"{key!r} means nothing here; there are {', '.join(KEYS)}")
    points, limits = (_table(path, text, said, key) for key in ("points", "limits"))
    names = {one.name for lab in exercises.LABS for one in exercises.of_lab(lab)}
    _known(path, text, points, names, "exercise")
    _known(path, text, limits, {one.name for one in fields(Limits)}, "limit")
    whole = {key: type(getattr(Limits, key))(value) for key, value in limits.items()}
    deadline = said.get("deadline", "")
    deadline = deadline.isoformat() if isinstance(deadline, datetime) else str(deadline)
    penalty = _number(path, text, "late_penalty", said["late_penalty"]) if "late_penalty" in said else None
    return {"points": points, "limits": Limits(**whole), "deadline": deadline, "late_penalty": penalty}


def _table(path: Path, text: str, said: dict, key: str) -> dict[str, float]:
    table = said.get(key, {})
    if not isinstance(table, dict):
        raise _refused(path, text, key, f"{key!r} should be a table: a line [{key}], and below it lines name = number")
    return {name: _number(path, text, name, value, 0 if key == "points" else 1e-3) for name, value in table.items()}


def _number(path: Path, text: str, name: str, value: object, least: float = 0) -> float:
    if type(value) not in (int, float) or not math.isfinite(value) or value < least:
        raise _refused(path, text, name, f"{name} = {value!r}: a number of at least {least:g} is needed")
    return float(value)


def _known(path: Path, text: str, names: dict, known: set[str], what: str) -> None:
    for name in names:
        if name not in known:
            raise _refused(path, text, name, f"no {what} is called {name!r}; there are {', '.join(sorted(known))}")


def _hidden(path: Path, text: str) -> dict[str, tuple[Callable, ...]]:
    """The laws of one file, which runs here as a module of its own."""
    module = types.ModuleType(f"_labkit_overlay_{path.stem}")
    sys.modules[module.__name__] = module  # dataclasses look their module up
    try:
        exec(compile(text, str(path), "exec"), module.__dict__)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # it may call sys.exit
        line = error.lineno if isinstance(error, SyntaxError) else _line_of(error, path)
        said = " ".join(f"{type(error).__name__}: {error}".split())
        raise Refused(f"{path}, line {line}: {said}") from None
    laws = module.__dict__.get("LAWS")
    if not isinstance(laws, dict):
        raise Refused(f"{path}: it needs a dictionary LAWS, such as LAWS = {{'throughput': (my_law,)}}")
    names = {one.name for one in exercises.of_lab(path.stem.removeprefix("lab"))}
    _known(path, text, laws, names, "exercise of this lab")
    for name, some in laws.items():
        if not isinstance(some, tuple | list) or not some or not all(map(callable, some)):
            raise _refused(path, text, name, f"LAWS[{name!r}] should be a tuple of functions")
    return {name: tuple(map(_hushed, some)) for name, some in laws.items()}


def _hushed(law: Callable) -> Callable:
    """The law with its own hints kept back: what a student reads is the first line of its docstring."""
    first = (law.__doc__ or "").strip().split("\n")[0]
    message = f"{NOT_PASSED}: {first}" if first else NOT_PASSED

    @wraps(law)
    def hushed(ask, random):
        try:
            law(ask, random)
        except Wrong:
            raise Wrong(message) from None

    return hushed


def _line_of(error: BaseException, path: Path) -> int:
    """The last line of the file that the error went through."""
    line, step = 0, error.__traceback__
    while step is not None:
        line = step.tb_lineno if step.tb_frame.f_code.co_filename == str(path) else line
        step = step.tb_next
    return line


def _refused(path: Path, text: str, word: str, why: str) -> Refused:
    whole = re.compile(rf"[^#]*\b{re.escape(str(word))}\b")
    line = next((i for i, line in enumerate(text.split("\n"), 1) if whole.match(line)), 1)
    return Refused(f"{path}, line {line}: {why}")
