"""An environment with Colab's versions, and one notebook run in it as Colab runs it: alone in an empty folder."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from colab_list import ColabError, Runtime, normal
from install import python_of
from setup_cell import COLAB

RUN = """
import nbformat, sys
from nbclient import NotebookClient
NotebookClient(nbformat.read(sys.argv[1], as_version=4), timeout=900, kernel_name="python3").execute()
"""
STATE = """
import json
from importlib.metadata import distributions
print(json.dumps({found.name: found.version for found in distributions() if found.name}))
"""


@dataclass(frozen=True)
class State:
    """What an environment holds: versions by normalized name, and what `pip check` complains of."""

    versions: dict[str, str]
    complaints: frozenset[str] = frozenset()

    def brought(self, before: State) -> dict[str, str]:
        """What is here and was not there before."""
        return {name: version for name, version in self.versions.items() if name not in before.versions}


@dataclass
class LabRun:
    """How one lab went: seconds, what it brought, and each problem in a line."""

    seconds: float
    brought: dict[str, str]
    problems: list[str] = field(default_factory=list)


def find_python(version: str) -> str | None:
    """The command of that Python, from PATH or pyenv; None if this machine has none that starts."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    candidates = [f"python{version}", *map(str, sorted(pyenv.glob(f"{version}.*/bin/python"), reverse=True))]
    for candidate in filter(shutil.which, candidates):
        asked = subprocess.run(
            [candidate, "-c", "import sys; print(sys.version)"], capture_output=True, encoding="utf-8"
        )
        if asked.stdout.startswith(f"{version}."):  # a pyenv shim may be empty
            return candidate
    return None


def make_environment(python: str, runtime: Runtime, names: Iterable[str], folder: Path) -> str:
    """The Python of a new environment with `names`, and all that they need in turn, in the runtime's versions.

    Raises:
        ColabError: pip cannot install them; its last lines are in the message.
    """
    subprocess.run([python, "-m", "venv", str(folder / "venv")], check=True)
    environment = python_of(folder / "venv")
    fixed = {name: version for name, version in runtime.packages.items() if not name.startswith("nvidia-")}
    keep = folder / "keep.txt"  # nvidia-*: Colab's torch has no CUDA, the package index's brings its own
    keep.write_text("\n".join(f"{name}=={version}" for name, version in fixed.items()), encoding="utf-8")
    pip_install = [environment, "-m", "pip", "install", "--quiet", "--prefer-binary", "--constraint", str(keep)]
    result = subprocess.run([*pip_install, *names], capture_output=True, encoding="utf-8")
    if result.returncode:
        raise ColabError(f"pip cannot install Colab's versions on Python {runtime.python}:\n{result.stderr[-2000:]}")
    return environment


def run_lab(environment: str, notebook: Path, wheel: Path, folder: Path, strict: bool = False) -> LabRun:
    """Runs a copy of the notebook as on Colab; what its set-up cell brought stays.

    Args:
        wheel: labkit's, where the set-up cell finds it.
        folder: the notebook's own, where it is empty; else what a lab before this one has left is there.
        strict: a check that fails is a problem, as in the solutions.
    """
    shutil.copy(notebook, folder)
    before, start = state(environment), time.perf_counter()
    result = subprocess.run(
        [environment, "-c", RUN, notebook.name],
        cwd=folder,
        env=clean_environment(wheel, strict),
        capture_output=True,
        encoding="utf-8",
    )
    seconds, after = time.perf_counter() - start, state(environment)
    problems = differences(before, after) + ([last_lines(result.stderr)] if result.returncode else [])
    return LabRun(seconds, after.brought(before), problems)


def take_out(environment: str, brought: Iterable[str]) -> None:
    """Uninstalls what set-up cells have brought, so that the environment is Colab's again."""
    if brought := list(brought):
        subprocess.run([environment, "-m", "pip", "uninstall", "--quiet", "--yes", *brought], check=True)


def clean_environment(wheel: Path, strict: bool) -> dict[str, str]:
    """This process's variables without what would lead to this checkout or to another kernel, and with Colab's own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LABKIT", "JUPYTER", "PYTHON"))}
    said = {"LABKIT_SOURCE": str(wheel), "LABKIT_QUICK": "1", "LABKIT_STRICT": str(int(strict))}
    return kept | said | {COLAB: "a test"}


def state(environment: str) -> State:
    """What the environment holds now."""
    printed = subprocess.run([environment, "-c", STATE], capture_output=True, encoding="utf-8", check=True).stdout
    check = subprocess.run([environment, "-m", "pip", "check"], capture_output=True, encoding="utf-8")
    versions = {normal(name): version for name, version in json.loads(printed).items()}
    return State(versions, frozenset(check.stdout.splitlines()) if check.returncode else frozenset())


def differences(before: State, after: State) -> list[str]:
    """What a set-up cell must not do: a line for each version it changed or took away, and each new complaint."""
    changed = [
        f"{name} {version} became {after.versions.get(name, 'missing')}"
        for name, version in sorted(before.versions.items())
        if after.versions.get(name) != version
    ]
    return changed + [f"pip check: {line}" for line in sorted(after.complaints - before.complaints)]


def last_lines(text: str, count: int = 6) -> str:
    """The end of what a failed run printed, in one line."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", text)  # IPython colours its tracebacks
    return " | ".join(line.strip() for line in plain.strip().splitlines()[-count:]) or "ended without a word"
