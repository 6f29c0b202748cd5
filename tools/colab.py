"""Runs the labs in an environment with Colab's versions: `python tools/colab.py`. Needs a network and 8 GB of disk.

For each of Colab's Pythons that is on this machine: an environment with its versions, then each lab as its badge opens
it, alone in an empty folder. Its first cell must bring labkit, data and weights, change no version, and leave
`pip check` with no new complaint. A Python that is not on this machine is named as not run.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import asdict, replace
from pathlib import Path

from colab_list import ColabError, Runtime, read_freeze, resolve, runtimes
from colab_machine import find_python, make_environment, run_lab

from labkit.files import write_atomically

ROOT = Path(__file__).resolve().parents[1]
EXTRAS = ("torch", "onnx", "tensorflow", "micro")  # what the set-up cells of the labs ask for


def main(arguments: list[str] | None = None) -> int:
    """Runs what can be run and writes the result as JSON; 0 if all of it went well, 1 if not."""
    options = parse(arguments)
    found = {}
    with tempfile.TemporaryDirectory(prefix="labkit-colab-") as folder:
        wheel = options.wheel.resolve() if options.wheel else build_wheel(Path(folder))
        for runtime in runtimes():
            if runtime.python in (options.python or [runtime.python]):
                work = Path(folder) / runtime.python
                found[runtime.python] = try_runtime(with_list(runtime, options.list), wheel, work, options)
    write_atomically(options.output, json.dumps(found, indent=2).encode())
    print(f"written to {options.output}")
    return int(any(lab["problems"] for one in found.values() for lab in one["labs"].values()))


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """The options; a Python or a lab that there is not is refused."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    known = [runtime.python for runtime in runtimes()]
    parser.add_argument("labs", nargs="*", default=["01", "02"], help="such as 01 02, the default")
    parser.add_argument("--python", action="append", choices=known, help="only this one of Colab's")
    parser.add_argument("--list", type=Path, metavar="FILE", help="Colab's whole pip-freeze.txt, for one --python")
    parser.add_argument("--wheel", type=Path, help="labkit's; built unless named")
    parser.add_argument("--solutions", action="store_true", help="run the solutions and their checks, not the labs")
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "benchmarks" / "results" / "colab.json")
    options = parser.parse_args(arguments)
    if options.list and len(options.python or ()) != 1:
        parser.error("--list holds the versions of one Python: name it, such as --python 3.13")
    if unknown := [lab for lab in options.labs if not list((ROOT / "labs").glob(f"{lab}_*.ipynb"))]:
        parser.error(f"no lab {', '.join(unknown)}; name labs by their numbers, such as 01")
    return options


def with_list(runtime: Runtime, path: Path | None) -> Runtime:
    """The runtime with the versions of a whole list in place of the few in the repository."""
    return runtime if path is None else replace(runtime, packages=read_freeze(path.read_text(encoding="utf-8")))


def build_wheel(folder: Path) -> Path:
    """What `make wheel` builds."""
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode:
        raise ColabError(f"labkit's wheel cannot be built:\n{result.stderr or result.stdout}")
    return next(folder.glob("labkit-*.whl"))


def try_runtime(runtime: Runtime, wheel: Path, folder: Path, options: argparse.Namespace) -> dict:
    """What was found on one of Colab's Pythons: what pip would bring there, and how each lab went."""
    (folder / "resolve").mkdir(parents=True)
    lacks = {name: one for name, one in resolve(runtime, EXTRAS, folder / "resolve").items() if "+" not in one}
    print(f"Python {runtime.python}: Colab lacks {', '.join(f'{name} {one}' for name, one in lacks.items())}")
    found = {"date": runtime.date, "packages": len(runtime.packages), "lacks": lacks, "labs": {}}
    python = find_python(runtime.python)
    if python is None:
        print(f"Python {runtime.python} is not on this machine: no lab was run with it")
        return found | {"not_run": "this Python is not on the machine"}
    names = next(one.packages for one in runtimes() if one.python == runtime.python)
    environment = make_environment(python, runtime, names, folder)
    for lab in options.labs:
        notebook = next((ROOT / ("solutions" if options.solutions else "labs")).glob(f"{lab}_*.ipynb"))
        (folder / lab).mkdir()
        run = run_lab(environment, notebook, wheel, folder / lab, strict=options.solutions)
        print(f"  lab {lab}, {run.seconds:.0f} s: {'; '.join(run.problems) or 'ran, no version changed'}", flush=True)
        found["labs"][lab] = asdict(run)
    return found


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ColabError as error:
        sys.exit(f"\n{error}")
