"""A restored notebook is graded as the old one: the same code runs in the same order, the same answers are marked."""

import ast
import importlib.util
import json
import random
from pathlib import Path

import handed_in
import pytest

from labkit import exercises
from labkit.grading import release
from labkit.grading.graft import graft
from labkit.grading.overlay import Overlay
from labkit.notebooks import clean, odd, restore
from labkit.notebooks.cells import Trouble
from labkit.notebooks.read import read

FOLDER = Path(__file__).parent
LABS = exercises.LABS


def plain(source: str) -> str:
    """A piece of code without its comments and blank lines; what is no Python, as it is."""
    try:
        return ast.unparse(ast.parse(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return source.strip()


def graded(content: bytes, lab: str) -> tuple[list, list]:
    """What of a notebook is run, and what is marked by hand. An emptied exercise is as good as the lab's stub."""
    master = clean.master(lab)
    work, stubs = graft(read(content), master), {cell.name: cell.source for cell in master.by_role("exercise")}
    sources = [step.source if step.source.strip() else stubs.get(step.exercise, "") for step in work.steps]
    steps = [(step.given, step.exercise, plain(source)) for step, source in zip(work.steps, sources)]
    return [step for step in steps if any(step)], [(one.name, one.answer) for one in work.written]


def restored(content: bytes) -> tuple[bytes, str]:
    theirs = restore.opened(Path("mine.ipynb"), content)
    return restore.copy(theirs), theirs.master.lab


def same(content: bytes) -> bool:
    """Whether the restored notebook is graded as the old one."""
    copy, lab = restored(content)
    return graded(copy, lab) == graded(content, lab)


def as_bytes(notebook: dict) -> bytes:
    return json.dumps(notebook).encode()


@pytest.mark.parametrize("lab", LABS)
def test_a_solution(lab):
    assert same(as_bytes(handed_in.honest(lab)))


@pytest.mark.parametrize("lab", LABS)
def test_an_empty_lab(lab):
    assert same(as_bytes(handed_in.lab(lab)))


def test_an_exercise_that_was_emptied_and_written_elsewhere_is_not_undone_by_the_stub():
    notebook = handed_in.honest()
    cell = notebook["cells"][handed_in.position(notebook, "throughput")]
    notebook["cells"].insert(0, {**cell, "metadata": {}, "id": "mine"})
    notebook["cells"][handed_in.position(notebook, "throughput")] = {**cell, "source": " "}
    copy, lab = restored(as_bytes(notebook))
    steps = [step.source for step in graft(read(copy), clean.master(lab)).steps if "def throughput" in step.source]
    assert steps == [handed_in.text(cell)]


def test_the_points_of_a_course_stay_in_its_texts():
    one = Overlay(points={"throughput": 7.0, "verdict": 3.0, "time_calls": 2.5, "plausible": 4.0}).master("01")
    content = release.notebook(one)
    headings = [cell.source for cell in read(content) if cell.source.startswith("### Exercise")]
    assert sum("7 points" in text for text in headings) == 1
    for marks in (content, content.replace(b'"nbgrader"', b'"lost"').replace(b'"id"', b'"lost"')):
        copy, _ = restored(marks)
        assert [cell.source for cell in read(copy)] == [cell.source for cell in read(content)]
    theirs = restore.opened(Path("mine.ipynb"), content)
    assert odd.changed_cells(theirs.cells, theirs.master, theirs.found) == {}


@pytest.mark.parametrize("path", sorted((FOLDER / "hostile").glob("*.py")), ids=lambda path: path.stem)
def test_hostile_submissions(path):
    script = path.read_text(encoding="utf-8")
    lab = path.stem[3:5] if path.stem.startswith("lab0") else "01"
    assert same(as_bytes(handed_in.with_cells(script, lab)))


@pytest.fixture(scope="module")
def malformed(tmp_path_factory) -> Path:
    place = tmp_path_factory.mktemp("malformed")
    for path in sorted((FOLDER / "malformed").glob("*.py")):
        found = importlib.util.spec_from_file_location(path.stem, path)
        module = importlib.util.module_from_spec(found)
        found.loader.exec_module(module)
        module.build(place)
    return place


@pytest.mark.slow
def test_malformed_submissions_that_can_be_read(malformed):
    wrong, seen = [], 0
    for path in sorted(malformed.rglob("*.ipynb")):
        if not path.is_file() or path.stat().st_size > 3_000_000:
            continue
        try:
            content = path.read_bytes()
            graded(content, restored(content)[1])
        except (Trouble, OSError):
            continue
        seen += 1
        wrong += [] if same(content) else [path.name]
    assert wrong == []
    assert seen > 20


@pytest.mark.parametrize("lab", LABS)
@pytest.mark.parametrize("seed", range(10))
def test_whatever_happened_to_the_cells(lab, seed):
    draw = random.Random(seed)
    notebook = handed_in.honest(lab)
    cells = notebook["cells"]
    for _ in range(draw.randrange(1, 15)):
        damage(cells, draw)
    try:
        graded(as_bytes(notebook), lab)
    except Trouble:
        return
    assert same(as_bytes(notebook))


def damage(cells: list[dict], draw: random.Random) -> None:
    """One thing that students and their tools do to a notebook."""
    i, j = draw.randrange(len(cells)), draw.randrange(len(cells))
    cell, kind = cells[i], draw.randrange(10)
    text = handed_in.text(cell)
    if kind == 0:
        del cells[i]
    elif kind == 1:
        cells.insert(j, cells.pop(i))
    elif kind == 2:
        cells.insert(j, json.loads(json.dumps(cell)))
    elif kind == 3:
        cell["metadata"] = {}
    elif kind == 4:
        cell.pop("id", None)
    elif kind == 5:
        cell["source"] = draw.choice(["", "pass", "my notes", "def helper(x):\n    return x"])
    elif kind == 6:
        cell["source"] = text + "\nimport math\nEPSILON = 1e-9\nprint(EPSILON)"
    elif kind == 7:
        cell["cell_type"] = draw.choice(["code", "markdown", "raw"])
    else:
        id = draw.choice(["mine", f"cell-{900 + j}"])  # the second as an older version of the lab had it
        cells.insert(i, {"id": id, "cell_type": "code", "source": f"mine = {j}", "metadata": {}, "outputs": []})
