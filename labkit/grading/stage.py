"""The labkit that the box gets: without the answers to the exercises, and without what grading alone needs."""

from __future__ import annotations

import ast
import importlib.util
import io
import marshal
import zipfile
from functools import lru_cache
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
WITH_BOX = ("__init__", "plain", "wire", "worker")  # of labkit/grading
LEFT_OUT = ("__main__", "_labs", "browser", "claims", "cli", "compress", "doctor", "notebooks", "report", "widgets")
# What stands in for a module that holds answers, or that needs files which are not in the box.
STAND_INS = {
    "check": "def check(name, answer):\n    return 0.0\n",
    "data": "class DataError(Exception):\n    pass\n\n\n"
    "def __getattr__(name):\n"
    "    if name.startswith('__'):\n"
    "        raise AttributeError(name)\n\n"
    "    def missing(*_, **__):\n"
    "        raise DataError('the data are not there when a notebook is graded')\n\n"
    "    return missing\n",
}
START = """
import sys

sys.path += [path for path in sys.argv[2:] if path not in sys.path]

from labkit.grading.worker import main

main()
"""


@lru_cache(maxsize=1)
def stage() -> bytes:
    """A zip file that Python can run: the worker, and labkit compiled, each function marked `@reference` emptied."""
    found = io.BytesIO()
    with zipfile.ZipFile(found, "w") as bundle:
        _add(bundle, "__main__", START)
        for path in sorted(PACKAGE.rglob("*.py")):
            parts = path.relative_to(PACKAGE).with_suffix("").parts
            if _belongs(parts):
                text = STAND_INS[parts[0]] if parts[0] in STAND_INS else path.read_text(encoding="utf-8")
                _add(bundle, "/".join(("labkit", *parts)), emptied(text))
    return found.getvalue()


def emptied(source: str) -> ast.Module:
    """The tree of a module whose functions marked `@reference` do nothing but say that they were called."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and any(_is_mark(one) for one in node.decorator_list):
            node.decorator_list = []
            node.body = ast.parse(
                f"from labkit.reference import ReferenceUsed\nraise ReferenceUsed({node.name!r})"
            ).body
    return ast.fix_missing_locations(tree)


def _is_mark(decorator: ast.expr) -> bool:
    return isinstance(decorator, ast.Name) and decorator.id == "reference"


def _belongs(parts: tuple[str, ...]) -> bool:
    if parts[0] == "grading":
        return parts[-1] in WITH_BOX
    return parts[0] not in LEFT_OUT and not (parts[0] == "exercises" and parts[-1].startswith("lab"))


def _add(bundle: zipfile.ZipFile, name: str, source: str | ast.Module) -> None:
    """Compiled, so that no box compiles it again; the layout is the one that Python gives a cached module."""
    code = compile(source, f"{name}.py", "exec", dont_inherit=True)
    entry = zipfile.ZipInfo(f"{name}.pyc")
    bundle.writestr(entry, importlib.util.MAGIC_NUMBER + bytes(12) + marshal.dumps(code))
