"""Runs the labs in an environment with Colab's versions: `python tools/colab.py`. Needs a network and 8 GB of disk.

For each of Colab's Pythons that is on this machine: an environment with its versions, then each lab as its badge opens
it, alone in an empty folder, then all of them one after the other in one folder, as in one Colab machine. A lab's first
cell must bring labkit, data and weights, change no version, and leave `pip check` with no new complaint. A Python that
is not on this machine is named as not run. Writes `docs/colab.json` and the page `docs/colab.md` after each lab.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict
from datetime import date
from pathlib import Path

import colab_page
from colab_list import ColabError, Runtime, installed, resolve, runtimes
from colab_machine import LabRun, find_python, make_environment, run_lab, state, take_out

from labkit import exercises

ROOT = Path(__file__).resolve().parents[1]
EXTRAS = ("torch", "onnx", "tensorflow", "micro")  # what the set-up cells of the labs ask for


def main(arguments: list[str] | None = None) -> int:
    """Runs what can be run and writes the page; 0 if all of it went well, 1 if not."""
    options = parse(arguments)
    problems = 0
    with tempfile.TemporaryDirectory(prefix="labkit-colab-") as folder:
        wheel = options.wheel.resolve() if options.wheel else build_wheel(Path(folder))
        for runtime in runtimes():
            if runtime.python in (options.python or [runtime.python]):
                problems += try_runtime(runtime, wheel, Path(folder) / runtime.python, options)
    return int(problems > 0)


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """The options; a Python or a lab that there is not is refused."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    known = [runtime.python for runtime in runtimes()]
    parser.add_argument("labs", nargs="*", help="such as 01 02; all unless told")
    parser.add_argument("--python", action="append", choices=known, help="only this one of Colab's")
    parser.add_argument("--way", action="append", choices=colab_page.WAYS, help="alone and after unless told")
    parser.add_argument("--wheel", type=Path, help="labkit's; built unless named")
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "docs", help="folder; default: docs")
    options = parser.parse_args(arguments)
    options.labs, options.way = options.labs or list(exercises.LABS), options.way or ["alone", "after"]
    if unknown := set(options.labs) - set(exercises.LABS):
        parser.error(f"no lab {', '.join(sorted(unknown))}; there are {', '.join(exercises.LABS)}")
    return options


def build_wheel(folder: Path) -> Path:
    """What `make wheel` builds."""
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    result = subprocess.run(command, capture_output=True, encoding="utf-8")
    if result.returncode:
        raise ColabError(f"labkit's wheel cannot be built:\n{result.stderr or result.stdout}")
    return next(folder.glob("labkit-*.whl"))


def try_runtime(runtime: Runtime, wheel: Path, folder: Path, options: argparse.Namespace) -> int:
    """How many labs had problems on one of Colab's Pythons; each is printed and put on the page."""
    (folder / "resolve").mkdir(parents=True)
    lacks = {name: one for name, one in resolve(runtime, EXTRAS, folder / "resolve").items() if "+" not in one}
    print(f"Python {runtime.python}: Colab lacks {', '.join(f'{name} {one}' for name, one in lacks.items())}")
    python = find_python(runtime.python)
    if python is None:
        print(f"Python {runtime.python} is not on this machine: no lab was run with it")
        return 0
    environment = make_environment(python, runtime, installed(), folder)
    there = len(state(environment).versions)
    known = {"date": runtime.date, "packages": len(runtime.packages), "installed": there, "lacks": lacks}
    bad = 0
    for way in options.way:
        for lab, run in run_labs(environment, way, options.labs, wheel, folder):
            print(f"  lab {lab}, {way}, {run.seconds:.0f} s: {'; '.join(run.problems) or 'ran'}", flush=True)
            row = {"python": runtime.python, "lab": lab, "way": way, "date": str(date.today()), **asdict(run)}
            colab_page.add(options.output / "colab.json", runtime.python, known, row)
            bad += bool(run.problems)
    return bad


def run_labs(environment: str, way: str, labs: list[str], wheel: Path, folder: Path) -> Iterator[tuple[str, LabRun]]:
    """Each lab with how it went, one of `colab_page.WAYS`; the environment is Colab's again in the end."""
    source, brought = ROOT / ("solutions" if way == "solution" else "labs"), set()
    with ExitStack() as leaving:
        leaving.callback(lambda: take_out(environment, brought))
        for lab in labs:
            if way == "alone":
                take_out(environment, brought)
                brought = set()
            place = folder / (f"{way}-{lab}" if way == "alone" else way)
            place.mkdir(exist_ok=True)
            run = run_lab(environment, next(source.glob(f"{lab}_*.ipynb")), wheel, place, strict=way == "solution")
            brought |= run.brought.keys()
            yield lab, run


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ColabError as error:
        sys.exit(f"\n{error}")
