"""The oldest and the newest version of each library that labkit claims to work with, tested: `python tools/ladder.py`.

A rung is one library in one version, in an environment of its own before this one's other libraries, and the quick
tests that are about it. Writes `docs/ladder.json`, the page `docs/ladder.md` and the README's table after each rung.
Needs a network, and 6 GB of disk for torch; each environment is deleted when its tests are done.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
import tomllib
from dataclasses import asdict, dataclass
from datetime import date
from importlib.metadata import distributions, version
from pathlib import Path

from install import python_of
from ladder_page import ENDS, between_marks, page, short_table

from labkit.files import write_atomically
from labkit.measure import describe

ROOT = Path(__file__).resolve().parents[1]
MARKS = "not browser and not sandbox and not coreml and not slow"
TESTS = {  # what is about each library
    "torch": ("models", "train", "prune", "runtimes", "onnx_files"),
    "onnx": ("onnx", "onnx_files", "onnx_graph"),
    "ipywidgets": ("widgets", "quantize_widgets", "prune_widgets", "distill_widgets", "onnx_widgets", "compare_widget"),
    "pandas": ("results", "claims", "comparison", "sweeps", "plots"),
    "numpy": ("data", "statistics", "measurement", "quantize", "plots"),
}
TOGETHER = {  # what comes in matching pairs, or changes its main version with the library
    "torch": ("torchvision", "triton", "nvidia-", "cuda-", "sympy", "setuptools"),
    "onnx": ("onnxscript", "onnx-ir", "protobuf", "ml-dtypes"),
    "ipywidgets": ("widgetsnbextension", "jupyterlab-widgets"),
    "pandas": ("pytz", "tzdata"),
    "numpy": (),
}


@dataclass(frozen=True)
class Rung:
    """What one library in one version gave. `result` is "passed", or what failed, in a few words."""

    library: str
    end: str
    version: str
    passed: int
    failed: int
    seconds: float
    result: str


def main(arguments: list[str] | None = None) -> int:
    """Climbs the rungs that are asked for and writes the table; 0 if every one passed, 1 if not."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("libraries", nargs="*", help=f"of {', '.join(TESTS)}; all unless told")
    parser.add_argument("--end", choices=ENDS, help="only this end; both unless told")
    parser.add_argument(
        "--project", type=Path, default=ROOT / "pyproject.toml", help="what claims; to try other floors"
    )
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "docs", help="folder; default: docs")
    parser.add_argument("--readme", type=Path, default=ROOT / "README.md", help="whose table is written too")
    options = parser.parse_args(arguments)
    if unknown := set(options.libraries) - set(TESTS):
        parser.error(f"no rung for {', '.join(sorted(unknown))}; there are {', '.join(TESTS)}")
    path, claims = options.output / "ladder.json", claimed(options.project)
    rungs = read(path)
    for library in options.libraries or TESTS:
        for end in [options.end] if options.end else ENDS:
            rung = climb(library, end, floor(claims[library]) if end == "oldest" else claims[library])
            rungs = [one for one in rungs if (one.library, one.end) != (library, end)] + [rung]
            print(f"{library} {rung.version} ({end}): {rung.result}, {rung.seconds:.0f} s", flush=True)
            write(path, rungs, options.readme)
    return int(any(rung.result != "passed" for rung in rungs))


def climb(library: str, end: str, requirement: str) -> Rung:
    """Installs one rung in an environment of its own, behind it this one's libraries, and runs the tests about it."""
    with tempfile.TemporaryDirectory(prefix="labkit-ladder-") as folder:
        start = time.perf_counter()
        python, problem = environment(Path(folder), library, requirement)
        if problem:
            return Rung(library, end, requirement, 0, 0, time.perf_counter() - start, problem)
        found = run([python, "-c", f"from importlib.metadata import version; print(version({library!r}))"]).stdout
        tests = [str(ROOT / "tests" / f"test_{name}.py") for name in TESTS[library]]
        printed = run([python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", MARKS, *tests]).stdout
        return Rung(library, end, found.strip(), *outcome(printed, time.perf_counter() - start))


def claimed(project: Path) -> dict[str, str]:
    """The requirement of each library of the ladder in a pyproject.toml, such as "torch>=2.11"."""
    said = tomllib.loads(project.read_text(encoding="utf-8"))["project"]
    every = [*said["dependencies"], *(one for extra in said["optional-dependencies"].values() for one in extra)]
    return {library: next(one for one in every if re.match(rf"{library}[<>=]", one)) for library in TESTS}


def floor(requirement: str) -> str:
    """The oldest version that a requirement allows, as a requirement of its own.

    >>> floor("numpy>=2.0.2,<3")
    'numpy==2.0.2'
    """
    return re.sub(">=", "==", requirement.partition(",")[0])


def environment(folder: Path, library: str, requirement: str) -> tuple[str, str]:
    """The Python of a new environment in which the rung comes before this environment; and pip's reason, if it refuses.

    Everything that the rung does not concern keeps this environment's version, so a failure is the rung's.
    """
    venv, keep = folder / "venv", folder / "keep.txt"
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
    python, pip = python_of(venv), [python_of(venv), "-m", "pip", "install", "--prefer-binary"]
    keep.write_text("\n".join(others(library)), encoding="utf-8")
    if f"Would install {library}-{version(library)}\n" not in run([*pip, "--dry-run", "--no-deps", requirement]).stdout:
        pair = [name for name in TOGETHER[library] if name == "torchvision"]
        result = run([*pip, "--constraint", str(keep), requirement, *pair])
        if result.returncode:
            return python, "pip refuses: " + " ".join(re.findall("^ERROR: (.*)", result.stderr, re.MULTILINE))[:200]
    own = [entry for entry in sys.path if entry.endswith("site-packages")]
    next(venv.rglob("site-packages")).joinpath("behind.pth").write_text("\n".join([*own, str(ROOT)]), encoding="utf-8")
    return python, ""


def others(library: str) -> list[str]:
    """This environment's versions of all that the rung does not concern, as constraints."""
    free = (library, "labkit", "pip", *TOGETHER[library])
    found = {one.name.lower().replace("_", "-"): one.version for one in distributions() if one.name}
    return sorted(f"{name}=={number.split('+')[0]}" for name, number in found.items() if not name.startswith(free))


def run(command: list[str]) -> subprocess.CompletedProcess:
    """The command's result, with results of labs in a folder of its own and few threads."""
    with tempfile.TemporaryDirectory() as results:
        variables = os.environ | {"LABKIT_RESULTS": results, "PYTHONDONTWRITEBYTECODE": "1"}
        return subprocess.run(
            command, cwd=ROOT, env=variables, capture_output=True, text=True, encoding="utf-8", check=False
        )


def outcome(printed: str, seconds: float) -> tuple[int, int, float, str]:
    """Passed, failed, seconds and the result in words, from pytest's last lines.

    >>> outcome("FAILED tests/test_a.py::test_b - x\\n1 failed, 3 passed in 2.0s", 5.0)
    (3, 1, 5.0, 'test_b')
    """
    last = printed.strip().splitlines()[-1] if printed.strip() else ""
    counts = {word: int(number) for number, word in re.findall(r"(\d+) (passed|failed|error)", last)}
    wrong = re.findall(r"^(?:FAILED|ERROR) (?:\S+::)?(\S+)", printed, re.MULTILINE)
    bad = counts.get("failed", 0) + counts.get("error", 0)
    words = "passed" if counts.get("passed") and not bad else ", ".join(wrong) or f"no test ran: {last[:120]}"
    return counts.get("passed", 0), bad, seconds, words


def read(path: Path) -> list[Rung]:
    """The rungs of the last climb; none if there was none."""
    return [Rung(**one) for one in json.loads(path.read_text(encoding="utf-8"))["rungs"]] if path.exists() else []


def write(path: Path, rungs: list[Rung], readme: Path) -> None:
    """The rungs as JSON, the page beside it, and the table between the marks of the README."""
    order = [(library, end) for library in TESTS for end in ENDS]
    rungs = sorted(rungs, key=lambda rung: order.index((rung.library, rung.end)))
    where = f"Python {platform.python_version()}, {describe()}, {date.today()}"
    said = {"where": where, "rungs": [asdict(rung) for rung in rungs]}
    write_atomically(path, (json.dumps(said, indent=2) + "\n").encode())
    write_atomically(path.with_suffix(".md"), page(where, rungs).encode())
    write_atomically(readme, between_marks(readme.read_text(encoding="utf-8"), short_table(where, rungs)).encode())


if __name__ == "__main__":
    sys.exit(main())
