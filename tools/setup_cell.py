"""The first code cell of every lab. It does nothing where labkit is installed, and brings labkit where it is not.

On Colab one machine serves several labs: there it also brings what this lab needs and the one before it did not.
"""

from __future__ import annotations

COLAB = "COLAB_RELEASE_TAG"  # an environment variable that Colab sets
BEGIN = """\
# Where labkit is missing (on Colab, say) this installs it. What is there already keeps its version.
import importlib.util, os, pathlib, subprocess, sys, tempfile
from importlib.metadata import distributions, version
present = importlib.util.find_spec("labkit") is not None
if not present or "{colab}" in os.environ:"""
ADDRESS_KNOWN = """
    source = os.environ.get("LABKIT_SOURCE") or "git+{repository}\""""
NO_ADDRESS = """
    source = os.environ.get("LABKIT_SOURCE", "")
    if not present and not source:
        raise RuntimeError("labkit is missing: run `make lab`, or set LABKIT_SOURCE to its wheel, zip or address")"""
END = """
    source = pathlib.Path(source).resolve().as_uri() if os.path.exists(source) else source
    keep = pathlib.Path(tempfile.mkdtemp(), "keep.txt")
    keep.write_text("\\n".join(f"{{one.name}}=={{version(one.name)}}" for one in distributions() if one.name))
    pip_install = [sys.executable, "-m", "pip", "install", "--quiet", "--constraint", str(keep)]
    subprocess.run([*pip_install, "labkit{extras}" + ("" if present else f" @ {{source}}")], check=True)
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
    return (BEGIN + middle + END).format(colab=COLAB, repository=repository, extras=wanted)
