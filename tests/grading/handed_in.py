"""Makes what students hand in: a lab's notebook with right answers, in which single cells are replaced."""

import copy
import json
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
HEAD = re.compile(r"^# %%(?: (exercise|written)=\"(\w+)\")?$", re.MULTILINE)
SOLUTION = re.compile(r"^ *### (BEGIN|END) SOLUTION\n", re.MULTILINE)


def lab(number: str, folder: str = "labs") -> dict:
    """A lab's notebook as students get it, or as the folder `solutions` has it."""
    return copy.deepcopy(_read(number, folder))


@cache
def _read(number: str, folder: str) -> dict:
    (path,) = (ROOT / folder).glob(f"{number}_*.ipynb")
    return json.loads(path.read_text())


def honest(number: str = "01") -> dict:
    """A lab's notebook with right answers, and without outputs."""
    notebook = lab(number)
    right = {grade_id(cell): cell for cell in lab(number, "solutions")["cells"]}
    for cell in notebook["cells"]:
        if is_solution(cell):
            cell["source"] = SOLUTION.sub("", text(right[grade_id(cell)]))
        if cell["cell_type"] == "code":
            cell["outputs"] = []
    return notebook


def with_cells(script: str, number: str = "01", start=honest) -> dict:
    """`start`'s notebook with the cells of a script: those of an exercise or a written answer replace its own.

    Any other cell of the script stands before the script's next exercise, or after everything if there is none.
    """
    notebook, waiting = start(number), []
    for kind, name, source in cells(script):
        if not kind:
            waiting.append({"cell_type": "code", "source": source, "metadata": {}, "outputs": []})
            continue
        place = position(notebook, name)
        notebook["cells"][place]["source"] = source
        notebook["cells"][place:place] = waiting
        waiting = []
    notebook["cells"] += waiting
    return notebook


def cells(script: str) -> list[tuple[str, str, str]]:
    """Of each cell of a script: what it replaces ("exercise", "written" or nothing), of what name, and its text."""
    heads = list(HEAD.finditer(script))
    ends = [head.start() for head in heads[1:]] + [len(script)]
    return [(head[1] or "", head[2] or "", script[head.end() : end].strip("\n")) for head, end in zip(heads, ends)]


def position(notebook: dict, name: str) -> int:
    """Where in the notebook the cell with the grade id `name` stands."""
    return next(i for i, cell in enumerate(notebook["cells"]) if grade_id(cell) == name)


def grade_id(cell: dict) -> str:
    return cell["metadata"].get("nbgrader", {}).get("grade_id", "")


def is_solution(cell: dict) -> bool:
    return cell["metadata"].get("nbgrader", {}).get("solution", False)


def text(cell: dict) -> str:
    return "".join(cell["source"])


def write(notebook: object, path: Path) -> None:
    """Writes the notebook as a student's Jupyter would."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(notebook), encoding="utf-8")
