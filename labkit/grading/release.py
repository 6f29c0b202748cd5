"""A lab as students get it: the notebook with empty stubs and how to start, as a folder and as a zip."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path

from labkit import __version__, check
from labkit.files import write_atomically
from labkit.grading.overlay import Overlay
from labkit.notebooks import master as masters
from labkit.notebooks.cells import Refused
from labkit.notebooks.master import Master

EARLIEST = (1980, 1, 1, 0, 0, 0)  # a zip knows no earlier time; the same one each time makes the same bytes
REGULAR_FILE = 0o100644
UNIX = 3
EXTRAS = re.compile(r"\"labkit(\[[a-z,]+\])\"")
HEADING = re.compile(r"(### Exercise: `(\w+)` \(\w+, )[\d.]+ points?\)")
README = """\
# {title}

`{name}.ipynb` is a lab of the course *Edge Deployment & Model Optimization*. You need Python 3.11 to 3.13 and labkit
{version}, which brings the photographs (Fashion-MNIST, by Zalando Research) and the trained networks along: the lab
downloads no data.

## Start

- **On your computer:** in a checkout of labkit, `make lab` installs everything and opens JupyterLab; put this folder
  there. Or, with the address or the wheel that your course gives you:
  `pip install jupyterlab "labkit{extras} @ ADDRESS"`, then `jupyter lab {name}.ipynb`.
- **On Colab:** upload the notebook and labkit's wheel, put `%env LABKIT_SOURCE=/content/` and the wheel's name into a
  new cell above the first, and run. Where the notebook knows labkit's public address, its first code cell does that
  alone.

`labkit doctor` says what your computer has and what is missing, and what the matter is with a notebook in this folder.
If a cell was lost or changed by mistake, `labkit restore {lab}` writes a clean copy beside it, with your answers in it.

## Hand in

1. Fill in the cells that say `raise NotImplementedError`, and write your answers where the notebook asks for them. The
   cell below an exercise checks it, as often as you like.
2. Do not delete, copy or retype cells that are there; you may add cells of your own. An exercise may use the imports of
   the notebook, what other exercises define, and your own cells, but no model and no measurement of the notebook.
3. Save, let `labkit doctor` look at it, and hand in this one file, `{name}.ipynb`, where your course
   says.{deadline}{points}
"""


def release(lab: str, folder: Path, overlay: Overlay | None = None) -> tuple[Path, Path]:
    """Where the lab's folder and its zip now are; the same lab gives the same bytes.

    Raises:
        Refused: there is no such lab, or other files stand there already.
    """
    overlay = overlay or Overlay()
    master = overlay.master(lab)
    files = {
        f"{master.name}/{master.name}.ipynb": notebook(master),
        f"{master.name}/README.md": _readme(master, overlay).encode(),
    }
    folder = Path(folder)
    written = {folder / name: content for name, content in {**files, f"{master.name}.zip": _zip(files)}.items()}
    try:
        _check_free(written)
        for path, content in written.items():
            write_atomically(path, content)
    except OSError as error:
        raise Refused(f"cannot write {error.filename or folder}: {error.strerror}") from None
    return folder / master.name, folder / f"{master.name}.zip"


def notebook(master: Master) -> bytes:
    """The student's notebook, with the master's points in headings, metadata and outputs."""
    content = masters.path(master.lab).read_bytes()
    said = json.loads(content)
    changed = [_with_points(cell, {one.name: one for one in master.exercises}) for cell in said["cells"]]
    if not any(changed):
        return content
    return (json.dumps(said, indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode()


def _with_points(cell: dict, exercises: dict) -> bool:
    """Puts an exercise's points into the cell of it; whether they were others."""
    before = json.dumps(cell)
    if cell["cell_type"] == "markdown":
        cell["source"] = [HEADING.sub(lambda found: _heading(found, exercises), line) for line in cell["source"]]
    says = cell["metadata"].get("nbgrader", {})
    one = exercises.get(says.get("grade_id", "").removeprefix("check_"))
    if one is not None and says["grade"] and says["points"] != one.points:
        says["points"] = one.points
        cell["outputs"][0]["text"] = [check.not_attempted(one) + "\n"]
    return json.dumps(cell) != before


def _heading(found: re.Match, exercises: dict) -> str:
    points = exercises[found[2]].points
    return f"{found[1]}{points:g} {'point' if points == 1 else 'points'})"


def _readme(master: Master, overlay: Overlay) -> str:
    title = next(cell.source for cell in master.cells if cell.source.startswith("# ")).split("\n")[0].removeprefix("# ")
    extras = next((found[1] for cell in master.cells if (found := EXTRAS.search(cell.source))), "")
    deadline = f" The deadline is {overlay.deadline}." if overlay.deadline else ""
    names = [one.name for one in master.exercises if one.name in overlay.points]
    points = f"\n\nThe points of {', '.join(names)} are this course's own: a check prints labkit's." if names else ""
    return README.format(
        title=title,
        lab=master.lab,
        name=master.name,
        version=__version__,
        extras=extras,
        deadline=deadline,
        points=points,
    )


def _zip(files: dict[str, bytes]) -> bytes:
    """A zip of regular files, not packed: another version of zlib packs to other bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as bundle:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name, EARLIEST)
            entry.create_system, entry.external_attr = UNIX, REGULAR_FILE << 16
            bundle.writestr(entry, content)
    return packed.getvalue()


def _check_free(files: dict[Path, bytes]) -> None:
    for path, content in files.items():
        if path.exists() and (not path.is_file() or path.read_bytes() != content):
            raise Refused(f"{path} is there already, and different: move it away, or name another folder with -o")
