"""Makes `.venv` and installs the course into it: `python tools/install.py`. A second call finds nothing to do.

Needs nothing but Python; runs on Linux, macOS and Windows. What was installed is written down last, in
`.venv/labkit.json`, so an installation that was cut short is resumed and never trusted.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SUPPORTED = ((3, 11), (3, 12), (3, 13))
INPUTS = ("requirements.txt", "constraints.txt", "pyproject.toml")
CPU_INDEX = "https://download.pytorch.org/whl/cpu"  # PyTorch's own wheels without CUDA: 0.2 GB for 4 GB
SHOWN = ("Downloading ", "Installing collected")  # of pip's many lines, those that tell what takes so long

HINTS = (  # (pattern in pip's last lines, what to do); the first that is found is said
    (
        "No space left on device|not enough space on the disk|Errno 28|Disk quota exceeded",
        "The disk is full. Without CUDA the course needs 4 GB in place of 8: delete {venv}, then\n"
        "`make lab CPU=1` (or `python tools/install.py --cpu`).",
    ),
    (
        "ensurepip is not available|No module named '?(ensurepip|venv)|returned non-zero exit status.*ensurepip",
        "This Python cannot make virtual environments. On Debian and Ubuntu: `sudo apt install python3-venv`\n"
        "(or `make system-deps`); then run the same command again.",
    ),
    (
        "name resolution|NewConnectionError|Connection refused|Network is unreachable|getaddrinfo failed|ConnectTimeout"
        "|ReadTimeout|Read timed out|nodename nor servname|ProxyError",
        "The package index was not reached. Check the network, or install from a folder of wheels. Where there is\n"
        "network: `python -m pip download -r requirements.txt -d wheelhouse`; here, with that folder:\n"
        "`PIP_NO_INDEX=1 PIP_FIND_LINKS=wheelhouse make lab` (or the same before `python tools/install.py`).",
    ),
    (
        "No matching distribution found|ResolutionImpossible|is not a supported wheel",
        "Either the package index was not reached (or the folder of wheels lacks the package), or it has nothing for\n"
        "this Python and this system: a 64-bit CPython 3.11 to 3.13 is needed.",
    ),
    (
        "Permission denied|Access is denied",
        "This folder cannot be written to. Move the repository into a folder of your own.",
    ),
)


class InstallError(Exception):
    """A step of the installation failed; the message says which, and what to do."""


def main(arguments: list[str] | None = None) -> None:
    """Installs what is missing; prints nothing and takes no time when nothing is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cpu", action="store_true", help="torch without CUDA, from PyTorch's own index (Linux)")
    parser.add_argument("--venv", type=Path, default=ROOT / ".venv", metavar="FOLDER", help="default: .venv")
    parser.add_argument(
        "--with", dest="extras", action="append", default=[], metavar="EXTRA", help="an extra, such as browser"
    )
    options = parser.parse_args(arguments)
    options.venv = Path(os.path.abspath(options.venv))  # not resolve(): it may be a link on purpose
    if is_current(read_stamp(options.venv), options.venv, options.cpu, options.extras):
        return
    if sys.version_info[:2] not in SUPPORTED:
        run_under_supported_python(sys.argv[1:] if arguments is None else arguments)
    elif (sys.platform, platform.machine()) == ("darwin", "x86_64"):
        raise InstallError(
            "There is no current PyTorch for Intel Macs: use the labs on Colab (see README.md).\n"
            "On a Mac with Apple silicon, this Python is an Intel one: install an arm64 Python."
        )
    else:
        install(options.venv, options.cpu, options.extras)


def install(venv: Path, cpu: bool, extras: list[str]) -> None:
    """Every step in order; the stamp is written when all of them have succeeded."""
    before = read_stamp(venv)
    if before and cpu and not before["cpu"]:
        raise InstallError(f"{venv} holds a torch with CUDA. Delete that folder, then run the same command again.")
    cpu = cpu or bool(before and before["cpu"])
    extras = sorted({*extras, *(before["extras"] if before else [])})
    planned = steps(cpu, extras)
    stamp_path(venv).unlink(missing_ok=True)
    if not is_usable(venv):
        step("making the virtual environment", [sys.executable, "-m", "venv", "--clear", str(venv)], venv)
    for title, pip_arguments in planned:
        step(title, [python_of(venv), "-m", "pip", "install", *pip_arguments], venv)
    stamp = {"inputs": digest(), "python": version_of(venv), "cpu": cpu, "extras": extras}
    stamp_path(venv).write_text(json.dumps(stamp), encoding="utf-8")
    print("Installed.")


def is_usable(venv: Path) -> bool:
    """Whether `venv` is an environment of a supported Python with pip; if not, it is made anew.

    Raises:
        InstallError: there is something else in that folder, which making it anew would delete.
    """
    if venv.is_dir() and any(venv.iterdir()) and not (venv / "pyvenv.cfg").exists():
        raise InstallError(f"{venv} is not empty and no virtual environment: name another folder.")
    supported = (version_of(venv) or "").startswith(tuple(f"{major}.{minor}." for major, minor in SUPPORTED))
    return supported and run_quietly([python_of(venv), "-m", "pip", "--version"])


def steps(cpu: bool, extras: list[str]) -> list[tuple[str, list[str]]]:
    """What pip is called with, in order: `(title, arguments after "pip install")`."""
    planned = []
    if cpu and sys.platform == "linux":  # elsewhere the ordinary torch has no CUDA
        lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").split()
        torch = [line for line in lines if re.match("torch(vision)?==", line)]
        planned.append(("installing torch without CUDA", ["--no-deps", "--index-url", CPU_INDEX, *torch]))
    planned.append(("installing the course (some minutes the first time)", ["-r", "requirements.txt"]))
    if extras:
        planned.append((f"installing {', '.join(extras)}", ["-c", "constraints.txt", *requirements_of(extras)]))
    # hatchling and editables are in requirements.txt: without isolation nothing is fetched a second time
    planned.append(("installing labkit itself", ["--no-deps", "--no-build-isolation", "-e", "."]))
    return planned


def requirements_of(extras: list[str]) -> list[str]:
    """The requirements of the named extras in pyproject.toml."""
    import tomllib  # Python 3.11; this file must be readable by older ones

    known = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    if unknown := set(extras) - set(known):
        raise InstallError(f"no extra named {', '.join(sorted(unknown))}; there are: {', '.join(known)}")
    return [requirement for extra in extras for requirement in known[extra]]


def step(title: str, command: list[str], venv: Path) -> None:
    """Runs one command from the repository, shows the telling lines, keeps all of them for the case that it fails."""
    print(f"{title} ...", flush=True)
    lines = []
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", errors="replace"
    )
    for line in process.stdout:
        lines.append(line.rstrip())
        if line.lstrip().startswith(SHOWN):
            print(f"  {line.strip()[:100]}", flush=True)
    if process.wait():
        tail = "\n".join(f"  {line}" for line in lines[-12:])
        raise InstallError(f"failed: {title}\n{tail}\n\n{advice(lines, venv)}")


def advice(lines: list[str], venv: Path) -> str:
    """What to do about a failed step, from what it printed."""
    text = "\n".join(lines[-60:])
    for pattern, hint in HINTS:
        if re.search(pattern, text):
            return hint.format(venv=venv)
    return (
        "Run the same command again: it goes on from here. If it fails again, delete\n"
        f"{venv} and run it once more; the lines above say what pip found wrong."
    )


def run_under_supported_python(arguments: list[str]) -> None:
    """Hands over to a Python 3.11 to 3.13 if there is one on this machine."""
    for major, minor in SUPPORTED:
        candidates = [[f"python{major}.{minor}"], *([["py", f"-{major}.{minor}"]] if os.name == "nt" else [])]
        for candidate in candidates:
            if shutil.which(candidate[0]) and run_quietly([*candidate, "--version"]):  # a pyenv shim may be empty
                result = subprocess.run([*candidate, __file__, *arguments], check=False)
                if result.returncode:
                    sys.exit(result.returncode)
                return
    raise InstallError(
        f"The course needs Python 3.11, 3.12 or 3.13; this is {platform.python_version()}, and no other was found.\n"
        "Install one of them (on Debian and Ubuntu: `sudo apt install python3 python3-venv`), then run this again."
    )


def run_quietly(command: list[str]) -> bool:
    """Whether the command exists and succeeds."""
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def is_current(stamp: dict | None, venv: Path, cpu: bool, extras: list[str]) -> bool:
    """Whether the stamp tells that all that is asked for was installed, from the files as they are now."""
    return (
        stamp is not None
        and stamp["inputs"] == digest()
        and stamp["python"] == version_of(venv)
        and stamp["cpu"] >= cpu
        and set(stamp["extras"]) >= set(extras)
        and Path(python_of(venv)).exists()  # not if the Python that it was made from is gone
    )


def digest() -> str:
    """SHA-256 over the files that say what to install."""
    return hashlib.sha256(b"\0".join((ROOT / name).read_bytes() for name in INPUTS)).hexdigest()


def read_stamp(venv: Path) -> dict | None:
    """What the last complete installation wrote down; None if there was none."""
    try:
        stamp = json.loads(stamp_path(venv).read_text(encoding="utf-8"))
        return stamp if {"inputs", "python", "cpu", "extras"} <= set(stamp) else None
    except (OSError, ValueError, TypeError):
        return None


def stamp_path(venv: Path) -> Path:
    """Where the stamp is: inside the environment, so that both go together."""
    return venv / "labkit.json"


def version_of(venv: Path) -> str | None:
    """The Python version that the environment was made with."""
    try:
        found = re.search(
            r"^version(?:_info)? *= *(\S+)", (venv / "pyvenv.cfg").read_text(encoding="utf-8"), re.MULTILINE
        )
    except OSError:
        return None
    return found and found.group(1)


def python_of(venv: Path) -> str:
    """The environment's Python, as Windows or as everyone else names it."""
    return str(venv / "Scripts" / "python.exe" if os.name == "nt" else venv / "bin" / "python")


if __name__ == "__main__":
    try:
        main()
    except InstallError as error:
        sys.exit(f"\n{error}")
    except KeyboardInterrupt:
        sys.exit("\nStopped. Run the same command again to go on.")
