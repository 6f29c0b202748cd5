"""What `make` runs, for machines without make: `python tools/run.py test`. The Makefile calls this, so both are one.

Needs nothing but Python; runs on Linux, macOS and Windows. Without a target it lists them.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

from install import ROOT, python_of

MARKS = "not browser and not sandbox and not coreml"
# tests/browser imports Playwright, which only test-all installs.
PLAIN = ("--ignore=tests/browser", "-m", MARKS)
NBVAL = ("--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout=300")
# Each needs what those before it have made.
SWEEPS = "sweep_benchmark sweep_quantize sweep_prune sweep_distill train_compact train_micro make_tflite sweep_mobile"
SWEEPS += " sweep_compress"
SYSTEM = ["bubblewrap", "chromium", "fonts-dejavu-core", "gcc", "libc6-dev", "libseccomp2", "python3-venv"]
BUILT = ("build", "dist", "benchmarks/results", ".pytest_cache", ".ruff_cache", ".hypothesis")
CACHES = {"__pycache__", ".ipynb_checkpoints"}
LEFT_ALONE = {".venv", ".git", "node_modules", "results"}


def install(options, *extras: str) -> None:
    """Make .venv and install the course, if that is not done yet"""
    wanted = [part for extra in extras for part in ("--with", extra)]
    script = str(ROOT / "tools" / "install.py")
    call([sys.executable, script, "--venv", str(options.venv), *(["--cpu"] if options.cpu else []), *wanted])


def lab(options) -> None:
    """Open the labs in JupyterLab"""
    install(options)
    # JupyterLab refuses to run as root unless told: in a container, root is often the only user.
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    python(options, "-m", "jupyter", "lab", "--notebook-dir=labs", *(["--allow-root"] if is_root else []))


def test(options) -> None:
    """Run all tests and all notebooks (no Debian packages needed)"""
    install(options)
    pytest(options, *PLAIN)
    notebook_tests(options)


def test_all(options) -> None:
    """Also run what needs a browser, a sandbox or a compiler"""
    install(options, "browser", "coreml", "grading", "site")
    pytest(options)
    notebook_tests(options)


def check(options) -> None:
    """Before a commit: style, unit tests, rebuilt notebooks (under two minutes)"""
    install(options)
    python(options, "-m", "ruff", "check", ".")
    python(options, "-m", "ruff", "format", "--check", ".")
    python(options, "tools/build_notebooks.py", "--check")
    pytest(options, *PLAIN[:-1], f"{MARKS} and not slow")


def notebooks(options) -> None:
    """Build labs/ and solutions/ from solutions/*.py"""
    script(options, "tools/build_notebooks.py")


def solutions(options) -> None:
    """Build the notebooks and execute the solutions"""
    install(options)
    with results_apart() as apart:
        python(options, "tools/build_notebooks.py", "--execute", *options.rest, **apart)


def pictures(options) -> None:
    """Take the pictures of the README in a real browser"""
    install(options, "browser")
    pictures = ROOT / "docs" / "pictures"
    pictures.mkdir(exist_ok=True)
    python(options, "-m", "pytest", "tests/browser/test_labs.py", LABKIT_QUICK="0", LABKIT_PICTURES=str(pictures))


def weights(options) -> None:
    """Train the baseline again (then the sweeps, which depend on it)"""
    script(options, "tools/train_weights.py")


def sweeps(options) -> None:
    """Compute what the sliders show, and train the other shipped weights (hours)"""
    each(options, [f"tools/{name}.py" for name in SWEEPS.split()])


def reference(options) -> None:
    """Run the solutions and ship what they measured (on a quiet machine)"""
    script(options, "tools/reference_rows.py")
    python(options, "tools/documents.py")


def documents(options) -> None:
    """Write the documents that hold numbers: docs/choosing.md and others"""
    script(options, "tools/documents.py")


def web(options) -> None:
    """Build what runs in the browser again (needs Node.js 20)"""
    npm = shutil.which("npm")  # npm.cmd on Windows
    if npm is None:
        sys.exit("npm was not found: install Node.js 20, then run this again.")
    call([npm, "ci", "--ignore-scripts", "--prefix", "web"])
    call([npm, "run", "build", "--prefix", "web"])


def wheel(options) -> None:
    """Build dist/labkit-*.whl with data, weights and labs inside"""
    install(options)
    python(options, "-m", "build", "--wheel", "--no-isolation")


def site(options) -> None:
    """Build build/site: labs to read, with sliders that move"""
    script(options, "tools/build_site.py", "site")


def colab(options) -> None:
    """Run the labs with Colab's versions (network, 8 GB, an hour)"""
    script(options, "tools/colab.py")


def ladder(options) -> None:
    """Test the oldest and newest versions that labkit claims (network, 6 GB)"""
    script(options, "tools/ladder.py")


def bench(options) -> None:
    """Run every benchmark; each writes JSON to benchmarks/results/ (needs system-deps)"""
    scripts = sorted(path.name for path in (ROOT / "benchmarks").glob("*.py"))
    each(options, [f"benchmarks/{name}" for name in scripts if name != "common.py"], "browser")


def doctor(options) -> None:
    """Say what this machine has and what is missing, and what the notebooks lack"""
    install(options)
    python(options, "-m", "labkit", "doctor", *options.rest)


def system_deps(options) -> None:
    """Install the Debian packages that test-all needs"""
    if shutil.which("apt-get") is None:
        sys.exit(f"Not Debian or Ubuntu. Install the like of: {' '.join(SYSTEM)}")
    if subprocess.run(["dpkg", "-s", *SYSTEM], capture_output=True, check=False).returncode == 0:
        print(f"All there: {' '.join(SYSTEM)}")
        return
    apt_get = [*([] if os.geteuid() == 0 else ["sudo"]), "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    call([*apt_get, "update", "-q"])
    call([*apt_get, "install", "-y", "-q", "--no-install-recommends", *SYSTEM])


def clean(options) -> None:
    """Delete what was built (not .venv, not results/)"""
    for name in BUILT:
        shutil.rmtree(ROOT / name, ignore_errors=True)
    for folder, below, _ in os.walk(ROOT):
        for name in CACHES.intersection(below):
            shutil.rmtree(Path(folder, name), ignore_errors=True)
        below[:] = [name for name in below if name not in CACHES | LEFT_ALONE]


def python(options, *arguments: str, **variables: str) -> None:
    """Runs the course's Python."""
    call([python_of(options.venv), *arguments], variables)


def script(options, path: str, *extras: str) -> None:
    """Installs what is needed, then runs one script with the arguments that are left."""
    install(options, *extras)
    python(options, path, *options.rest)


def each(options, scripts: list[str], *extras: str) -> None:
    """Installs what is needed, then runs one script after the other, and says which."""
    install(options, *extras)
    for path in scripts:
        print(path, flush=True)
        python(options, path)


def pytest(options, *arguments: str, **variables: str) -> None:
    """Runs pytest with a results folder of its own."""
    with results_apart() as apart:
        python(options, "-m", "pytest", "-n", str(options.jobs), "--dist", "loadfile", *arguments, **apart, **variables)


def notebook_tests(options) -> None:
    """Runs every notebook: the labs unfilled, the solutions with checks that must hold."""
    pytest(options, *NBVAL, "labs", LABKIT_QUICK="1")
    pytest(options, *NBVAL, "solutions", LABKIT_QUICK="1", LABKIT_STRICT="1")


@contextmanager
def results_apart():
    """A results folder for a test run: never the student's results/."""
    folder = tempfile.mkdtemp()
    try:
        yield {"LABKIT_RESULTS": folder}
    finally:
        shutil.rmtree(folder, ignore_errors=True)  # on Windows, what is still open stays


def call(command: list[str], variables: dict[str, str] | None = None) -> None:
    """Runs a command in the repository; where it fails, this ends with its exit code.

    Ctrl-C is left to the command, which gets it, too: JupyterLab asks whether it is meant.
    """
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONUTF8": "1", **(variables or {})})
    while True:
        try:
            code = process.wait()
            break
        except KeyboardInterrupt:
            continue
    if code:
        sys.exit(code if code > 0 else 128 - code)


ALL = (install, lab, test, test_all, check, notebooks, solutions, pictures, weights, sweeps, reference, documents)
ALL += (web, wheel, site, colab, ladder, bench, doctor, system_deps, clean)
TAKE_ARGUMENTS = (notebooks, solutions, weights, reference, site, colab, ladder, doctor)
TARGETS = {target.__name__.replace("_", "-"): target for target in ALL}


def listing() -> str:
    """Every target with its line of help."""
    lines = [f"  {name:<12} {target.__doc__.splitlines()[0]}" for name, target in TARGETS.items()]
    usage = "`make TARGET` or `python tools/run.py TARGET`; CPU=1 or --cpu installs torch without CUDA: half the disk;"
    return "\n".join([*lines, usage, "JOBS=1 or --jobs 1 runs one test at a time."])


def main(arguments: list[str] | None = None) -> None:
    """Runs one target, or lists all."""
    parser = argparse.ArgumentParser(usage="python tools/run.py TARGET [options] [arguments of its script]")
    parser.add_argument("target", nargs="?", choices=TARGETS, metavar="TARGET")
    parser.add_argument("--venv", type=Path, default=ROOT / ".venv", metavar="FOLDER", help="default: .venv")
    parser.add_argument("--cpu", action="store_true", help="install torch without CUDA (Linux)")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="tests at a time; default: 2")
    options, options.rest = parser.parse_known_args(arguments)
    if options.target is None:
        print(listing())
        return
    target = TARGETS[options.target]
    if options.rest and target not in TAKE_ARGUMENTS:
        parser.error(f"{options.target} takes no {' '.join(options.rest)}")
    options.venv = Path(os.path.abspath(str(options.venv)))
    target(options)


if __name__ == "__main__":
    main()
