"""The first code cell of every lab. It does nothing where labkit is installed, and brings labkit where it is not."""

from __future__ import annotations

BEGIN = """\
# Where labkit is missing (on Colab, say) this installs it. What is there already keeps its version.
import importlib.util, os, pathlib, subprocess, sys, tempfile
from importlib.metadata import distributions, version
if importlib.util.find_spec("labkit") is None:"""
ADDRESS_KNOWN = """
    source = os.environ.get("LABKIT_SOURCE") or "git+{repository}\""""
NO_ADDRESS = """
    source = os.environ.get("LABKIT_SOURCE")
    if not source:
        raise RuntimeError("labkit is missing: run `make lab`, or set LABKIT_SOURCE to its wheel, zip or address")"""
END = """
    source = pathlib.Path(source).resolve().as_uri() if os.path.exists(source) else source
    there = [found.name for found in distributions() if found.name not in (None, "labkit")]
    keep = pathlib.Path(tempfile.mkdtemp(), "keep.txt")
    keep.write_text("\\n".join(f"{{name}}=={{version(name)}}" for name in there))
    pip_install = [sys.executable, "-m", "pip", "install", "--quiet", "--constraint", str(keep)]
    subprocess.run([*pip_install, f"labkit{extras} @ {{source}}"], check=True)
    importlib.invalidate_caches()"""


def setup_cell(repository: str | None, extras: tuple[str, ...] = ()) -> str:
    """The text of the cell: 14 lines at most.

    Args:
        repository: the public address in `[project.urls]` of pyproject.toml; None as long as there is none. The cell
            then takes labkit from `LABKIT_SOURCE` alone, and says what to do if that is not set.
        extras: what the lab needs beside labkit itself, such as `("torch", "onnx")`.
    """
    middle = ADDRESS_KNOWN if repository else NO_ADDRESS
    wanted = f"[{','.join(extras)}]" if extras else ""
    return (BEGIN + middle + END).format(repository=repository, extras=wanted)
