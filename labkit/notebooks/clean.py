"""A lab as it was handed out, whatever became of the files in `labs/`: in the repository they are the student's own."""

from __future__ import annotations

import json
import sys
from functools import lru_cache
from importlib import import_module
from pathlib import Path

from labkit import exercises
from labkit.files import shipped
from labkit.notebooks import master as masters
from labkit.notebooks.cells import Refused
from labkit.notebooks.master import Master

REPOSITORY = Path(__file__).parents[2]


def notebook(lab: str) -> dict:
    """The clean notebook as plain values: out of the wheel, or built from its source where the repository is.

    Raises:
        Refused: there is no such lab, or its notebook is missing.
    """
    return json.loads(_text(lab))


@lru_cache(maxsize=16)
def master(lab: str) -> Master:
    """The same, as it is matched with students' notebooks.

    Raises:
        Refused: as `notebook`.
    """
    cells = masters.parsed(_text(lab))
    return Master(lab, path(lab).stem, cells, exercises.of_lab(lab), "")


def path(lab: str) -> Path:
    """The file that the clean notebook comes from.

    Raises:
        Refused: as `notebook`.
    """
    built = sorted((REPOSITORY / "solutions").glob(f"{lab}_*.py")) if shipped("labs").name == "labs" else []
    return built[0] if built and lab in exercises.LABS else masters.path(lab)


@lru_cache(maxsize=16)
def _text(lab: str) -> str:
    source = path(lab)
    if source.suffix == ".ipynb":
        return source.read_text(encoding="utf-8")
    sys.path.insert(0, str(REPOSITORY / "tools"))
    try:
        builder = import_module("build_notebooks")
        return builder.text(builder.build(source, builder.repository())[0])
    except ModuleNotFoundError as error:
        raise Refused(f"{error.name} is not installed here: `python tools/install.py` brings it") from None
    finally:
        sys.path.remove(str(REPOSITORY / "tools"))
