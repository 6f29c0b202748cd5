"""`labkit doctor`: what this machine has, what the labs miss on it, the command that brings it; and the notebooks."""

from __future__ import annotations

import hashlib
import json
import platform
import re
import sys
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from labkit import __version__, data, sweeps
from labkit.measure import machine
from labkit.notebooks import state

NEEDED = {  # what the labs import, and the extra of labkit that brings it
    "numpy": "",
    "torch": "torch",
    "torchvision": "torch",
    "torch-pruning": "torch",
    "onnx": "onnx",
    "onnxscript": "onnx",
    "onnxruntime": "onnx",
    "tensorflow": "tensorflow",
    "ai-edge-litert": "tensorflow",
    "jupyterlab": "lab",
} | ({"tflite-micro": "micro"} if (sys.platform, platform.machine()) == ("linux", "x86_64") else {})
MEMORY_BYTES = 2_000_000_000  # what Binder gives, and the least that a lab is tested to run in
WIDTH = 100
REPOSITORY = Path(__file__).parents[1]  # or site-packages, if labkit was installed from its wheel


@dataclass(frozen=True)
class Finding:
    """One line of the report: what, its state, and the command that mends it if something is missing."""

    name: str
    state: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.name:<16}{self.state}" + (f"  ->  {self.remedy}" if self.remedy else "")


def main(places: Iterable[Path] = ()) -> int:
    """Prints the report; 0 if everything the labs need is here and the notebooks are whole, 1 if not.

    Args:
        places: notebooks, or folders of them; where none are given, this folder and `labs/`.
    """
    here = machine_is_ready()
    states = [*state.each(places)]
    if states:
        print("\nNotebooks, as they are saved now (what is not saved is not handed in):")
        print("\n".join(map(str, states)))
    return 0 if here and not any(one.problems for one in states) else 1


def machine_is_ready() -> bool:
    """Whether everything the labs need is here; prints what is, and what brings the rest."""
    findings = [*library_findings(), *machine_findings(), data_finding(), weights_finding(), sweeps_finding()]
    missing = [finding for finding in findings if finding.remedy]
    print(f"labkit {__version__}, Python {sys.version.split()[0]}: {machine.describe()}\n")
    print("\n".join(map(str, findings)), end="\n\n")
    names = ", ".join(finding.name for finding in missing)
    print(textwrap.fill(f"Missing: {names}.", WIDTH) if missing else "Everything the labs need is here.")
    return not missing


def library_findings() -> list[Finding]:
    """The version of each library that a lab imports, or how to get it. Nothing is imported."""
    return [_library(name, extra) for name, extra in NEEDED.items()]


def _library(name: str, extra: str) -> Finding:
    try:
        return Finding(name, version(name))
    except PackageNotFoundError:
        return Finding(name, "missing", install_command(extra))


def install_command(extra: str, repository: Path = REPOSITORY) -> str:
    """The command that brings an extra: the repository's own, or pip with the requirements that labkit's metadata list.

    Not `pip install labkit[extra]`: another project has the name labkit on the package index.
    """
    if (repository / "tools" / "install.py").is_file():
        return "python tools/install.py"
    wanted = [re.sub(r"\s*;.*", "", line) for line in requires("labkit") or () if _extra_of(line) == extra]
    return "python -m pip install " + " ".join(f'"{one}"' if re.search("[<>]", one) else one for one in wanted)


def _extra_of(requirement: str) -> str:
    """The extra that a line of `Requires-Dist` belongs to; empty for what is always needed."""
    found = re.search(r"extra == ['\"]([\w-]+)['\"]", requirement)
    return found.group(1) if found else ""


def machine_findings() -> list[Finding]:
    """What decides speed here: CPU features, the cores that may be used, memory."""
    facts = machine.fingerprint()
    features = ", ".join(machine.feature_labels(facts["features"])) or "none that speed up int8"
    memory = f"{facts['memory_bytes'] / 1e9:.1f} GB"
    enough = facts["memory_bytes"] >= MEMORY_BYTES
    return [
        Finding("CPU", f"{facts['cpu']} ({facts['architecture']})"),
        Finding("CPU features", features),
        Finding("cores", f"{facts['cores']:g} usable of {machine.installed_cores()}"),
        Finding("memory", memory if enough else f"{memory}: a lab needs up to 2 GB", "" if enough else "use Colab"),
    ]


def data_finding(folder: Path | None = None) -> Finding:
    """Whether the four official files are whole."""
    folder = data.folder() if folder is None else folder
    broken = [name for name in data.CHECKSUMS if not _is_official(folder / name)]
    return _files("data", broken, len(data.CHECKSUMS), "data")


def _is_official(path: Path) -> bool:
    try:
        data.read_file(path)
    except data.DataError:
        return False
    return True


def weights_finding(folder: Path | None = None) -> Finding:
    """Whether each weights file has the checksum that its card names, and was trained on these data.

    No file is unpacked.
    """
    folder = data.weights_folder() if folder is None else folder
    names = sorted({path.stem for pattern in ("*.json", "*.safetensors") for path in folder.glob(pattern)})
    broken = [name for name in names if not is_as_its_card_says(folder / f"{name}.safetensors")]
    if not broken and any(card_of(folder / f"{name}.json").get("data") != data.checksum() for name in names):
        return Finding("weights", "trained on other data than labkit/data.py names", "make weights, then make sweeps")
    return _files("weights", broken if names else ["all"], len(names), "data/weights")


def is_as_its_card_says(weights: Path) -> bool:
    """Whether `NAME.safetensors` is there and has the SHA-256 that `NAME.json` beside it names."""
    try:
        return hashlib.sha256(weights.read_bytes()).hexdigest() == card_of(weights.with_suffix(".json"))["sha256"]
    except (OSError, ValueError, KeyError, TypeError):
        return False


def card_of(path: Path) -> dict:
    """What stands in the card of a weights file."""
    return json.loads(path.read_text(encoding="utf-8"))


def sweeps_finding() -> Finding:
    """Whether each shipped sweep is readable and was made from the weights that are here."""
    names = sorted(path.stem for path in sweeps.folder().glob("*.json"))
    broken = [name for name in names if not _is_readable(name)]
    return _files("sweeps", broken if names else ["all"], len(names), "data/sweeps")


def _is_readable(sweep: str) -> bool:
    try:
        sweeps.load(sweep)
    except data.DataError:
        return False
    return True


def _files(name: str, broken: list[str], count: int, folder: str, repository: Path = REPOSITORY) -> Finding:
    if not broken:
        return Finding(name, f"whole ({count} file{'s' * (count != 1)})")
    named = broken[0] if len(broken) == 1 else f"{len(broken)} of {count} files"
    in_repository = (repository / "tools" / "install.py").is_file()
    remedy = f"git checkout -- {folder}" if in_repository else "install the labkit wheel again"
    return Finding(name, f"missing or altered: {named}", remedy)
