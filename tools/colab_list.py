"""What Colab has installed, and what the labs' set-up cell would bring there: read, and asked of pip, not installed.

`tools/colab_3.13.txt` and `colab_3.12.txt` are Colab's own lists; `tools/colab_packages.toml` says of which day.
`resolve` gives pip an empty wheel for each package of a list, so pip sees its versions and fetches what is missing.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
import zipfile
from dataclasses import dataclass
from pathlib import Path

TOOLS = Path(__file__).resolve().parent
MARK = "+colab"  # the local version of an empty wheel: no package index has one of that name
REFERENCE = re.compile(r"/[A-Za-z0-9_.]+-(\d[^-/]*)-[^/]*\.whl")  # the version in the address of a wheel


class ColabError(Exception):
    """Something that Colab's list, pip or a lab refuses; the message says what, and what to do."""


@dataclass(frozen=True)
class Runtime:
    """One of Colab's images: its Python as "3.13", the day of its list, and versions by normalized name."""

    python: str
    date: str
    packages: dict[str, str]


def runtimes(path: Path = TOOLS / "colab_packages.toml") -> list[Runtime]:
    """What the repository knows of Colab, the newest first.

    Raises:
        ColabError: the list of a runtime is missing or names no package.
    """
    found = []
    for one in tomllib.loads(path.read_text(encoding="utf-8"))["runtime"]:
        freeze = path.with_name(f"colab_{one['python']}.txt")
        if not freeze.exists():
            raise ColabError(f"{freeze} is missing: it is Colab's pip-freeze.txt of {one['date']}, see {path.name}")
        found.append(Runtime(one["python"], str(one["date"]), read_freeze(freeze.read_text(encoding="utf-8"))))
    return found


def installed(path: Path = TOOLS / "colab_packages.toml") -> list[str]:
    """The packages of Colab that `make colab` really installs."""
    return tomllib.loads(path.read_text(encoding="utf-8"))["installed"]


def normal(name: str) -> str:
    """A package's name as indexes compare it.

    >>> normal("Typing_Extensions")
    'typing-extensions'
    """
    return re.sub(r"[-_.]+", "-", name).lower()


def read_freeze(text: str) -> dict[str, str]:
    """Versions by name from what `pip freeze` prints; packages from addresses that tell no version are left out.

    >>> read_freeze("numpy==2.1.3")
    {'numpy': '2.1.3'}
    """
    found = {}
    for line in text.splitlines():
        name, separator, rest = re.match(r"([\w.-]*)\s*(==|@|)\s*(.*)", line.partition("#")[0].strip()).groups()
        version = rest if separator == "==" else next(iter(REFERENCE.findall(rest)), "")
        if version:
            found[normal(name)] = re.split(r"\+|%2B", version)[0]
    if not found:
        raise ColabError(
            "the list names no package: it must be what `pip freeze` prints, such as Colab's pip-freeze.txt"
        )
    return found


def project() -> dict:
    """The `[project]` table of labkit's pyproject.toml."""
    return tomllib.loads((TOOLS.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def requirements() -> list[str]:
    """Labkit's requirements as the metadata of a wheel writes them, those of extras with the extra's name."""
    said = project()
    found = list(said["dependencies"])
    for extra, wanted in said["optional-dependencies"].items():
        for one in wanted:
            what, _, marker = (part.strip() for part in one.partition(";"))
            found.append(f'{what}; ({marker}) and extra == "{extra}"' if marker else f'{what}; extra == "{extra}"')
    return found


def empty_wheel(folder: Path, name: str, version: str, requires: tuple[str, ...] = (), extras: tuple = ()) -> Path:
    """A wheel that holds nothing but its metadata, for any Python and system."""
    stem = f"{name.replace('-', '_')}-{version}"
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    lines += [f"Provides-Extra: {one}" for one in extras] + [f"Requires-Dist: {one}" for one in requires]
    path = folder / f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(f"{stem}.dist-info/METADATA", "\n".join(lines) + "\n")
        file.writestr(f"{stem}.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr(f"{stem}.dist-info/RECORD", "")
    return path


def resolve(runtime: Runtime, extras: tuple[str, ...], folder: Path) -> dict[str, str]:
    """Every package that the set-up cell leads to on that runtime, by normalized name; installs nothing.

    Versions that end in "+colab" are there already and stay.

    Args:
        folder: empty; for the empty wheels and pip's report.

    Raises:
        ColabError: pip finds no versions that fit what is there; its reason is in the message.
    """
    keep = [f"{name}=={version}{MARK}" for name, version in runtime.packages.items()]
    for name, version in runtime.packages.items():
        empty_wheel(folder, name, version + MARK)
    empty_wheel(folder, "labkit", f"0{MARK}", tuple(requirements()), tuple(project()["optional-dependencies"]))
    (folder / "keep.txt").write_text("\n".join(keep), encoding="utf-8")
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--only-binary=:all:"]
    command += ["--python-version", runtime.python, "--target", str(folder / "target"), "--find-links", str(folder)]
    command += ["--constraint", str(folder / "keep.txt"), "--report", str(folder / "report.json")]
    result = subprocess.run([*command, f"labkit[{','.join(extras)}]==0{MARK}"], capture_output=True, encoding="utf-8")
    if result.returncode:
        reason = "\n".join([*result.stdout.splitlines()[-20:], result.stderr.strip()])
        raise ColabError(f"pip cannot add labkit to Colab's Python {runtime.python}:\n{reason}")
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    found = [one["metadata"] for one in report["install"]]
    return {normal(one["name"]): one["version"] for one in found if one["name"] != "labkit"}
