"""nbgrader itself reads our notebooks: it makes the labs from the solutions, validates them and grades them."""

import json
import os
import sys
from pathlib import Path

import handed_in
import pytest

from labkit import exercises

its_own_habits = pytest.mark.filterwarnings("ignore:Object of type")
pytestmark = [pytest.mark.sandbox, pytest.mark.slow, its_own_habits]

WRITE_HERE = "*Write your answer here: double-click, replace this line, and press Shift + Enter.*"
STUB = "# your code here\nraise NotImplementedError"
QUICKEST = "04"  # of the labs, when all cells run


@pytest.fixture
def course(tmp_path, monkeypatch):
    """nbgrader's own interface, with an empty course in a temporary folder."""
    from nbgrader.apps.api import NbGraderAPI
    from traitlets.config import Config

    for name, value in {"LABKIT_QUICK": "1", "LABKIT_RESULTS": tmp_path / "results", "HOME": tmp_path}.items():
        monkeypatch.setenv(name, str(value))
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    monkeypatch.setenv("PATH", programs)  # nbgrader runs `alembic` of its own environment
    monkeypatch.delenv("LABKIT_STRICT", raising=False)
    config = Config()
    config.CourseDirectory.root = str(tmp_path)
    config.CourseDirectory.course_id = "edge"
    config.Exchange.root = str(tmp_path)
    config.ClearSolutions.code_stub = {"python": STUB}
    config.ClearSolutions.text_stub = WRITE_HERE
    return NbGraderAPI(config=config)


def root(course) -> Path:
    return Path(course.coursedir.root)


def generated(course, assignment: str, **sources: dict) -> dict[str, dict]:
    """The notebooks that nbgrader makes for students out of the sources, by name."""
    for name, notebook in sources.items():
        handed_in.write(notebook, root(course) / "source" / assignment / f"{name}.ipynb")
    done = course.generate_assignment(assignment)
    assert done["success"], done["log"]
    return {path.stem: json.loads(path.read_text()) for path in (root(course) / "release" / assignment).glob("*.ipynb")}


def answered(empty: dict, lab: str) -> dict:
    """A released notebook with right answers."""
    right = {handed_in.grade_id(cell): handed_in.text(cell) for cell in handed_in.honest(lab)["cells"]}
    cells = [
        cell | {"source": right[handed_in.grade_id(cell)]} if handed_in.is_solution(cell) else cell
        for cell in empty["cells"]
    ]
    return empty | {"cells": cells}


def without_measuring(notebook: dict) -> dict:
    """The notebook with its set-up and its graded cells alone: what trains and measures takes a minute."""
    kept = [cell for cell in notebook["cells"] if handed_in.grade_id(cell) or cell["id"] == "setup"]
    return notebook | {"cells": kept}


def automatic_points(course, student: str, assignment: str) -> dict[str, float]:
    """What nbgrader gives for the check cells of a student's notebook, by exercise."""
    handed = course.autograde(assignment, student)
    assert handed["success"], handed["log"]
    with course.gradebook as gradebook:
        (notebook,) = gradebook.find_submission(assignment, student).notebooks
        return {
            one.name.removeprefix("check_"): one.auto_score for one in notebook.grades if one.name.startswith("check_")
        }


def points_of(lab: str) -> dict[str, float]:
    return {one.name: float(one.points) for one in exercises.of_lab(lab)}


def test_the_labs_that_nbgrader_makes_from_the_solutions_are_ours(course):
    made = generated(course, "all", **{f"lab{lab}": handed_in.lab(lab, "solutions") for lab in exercises.LABS})
    assert len(made) == len(exercises.LABS)
    for lab in exercises.LABS:
        ours = handed_in.lab(lab)["cells"]
        theirs = made[f"lab{lab}"]["cells"]
        assert [handed_in.text(cell) for cell in theirs] == [handed_in.text(cell) for cell in ours]
        assert [_marks(cell) for cell in theirs] == [_marks(cell) for cell in ours]


def _marks(cell: dict) -> dict:
    """A cell's grading metadata without what nbgrader adds when it makes an assignment."""
    says = cell["metadata"].get("nbgrader", {})
    return {key: value for key, value in says.items() if key not in ("checksum", "cell_type")}


def test_nbgrader_gives_a_whole_honest_lab_full_points(course):
    (empty,) = generated(course, "ps", lab=handed_in.lab(QUICKEST, "solutions")).values()
    handed_in.write(answered(empty, QUICKEST), root(course) / "submitted" / "alice" / "ps" / "lab.ipynb")
    assert automatic_points(course, "alice", "ps") == points_of(QUICKEST)


def test_nbgrader_gives_partial_credit_and_nothing_for_empty_stubs(course):
    (empty,) = generated(course, "ps", lab=without_measuring(handed_in.lab("01", "solutions"))).values()
    half = answered(empty, "01")
    cell = half["cells"][handed_in.position(half, "throughput")]
    cell["source"] = "def throughput(latency_ms, batch):\n    return 1000 / latency_ms"
    for student, notebook in {"nobody": empty, "half": half}.items():
        handed_in.write(notebook, root(course) / "submitted" / student / "ps" / "lab.ipynb")
    assert automatic_points(course, "nobody", "ps") == dict.fromkeys(points_of("01"), 0.0)
    assert automatic_points(course, "half", "ps") == points_of("01") | {"throughput": 0.5}


def test_nbgrader_validates_right_answers_and_says_what_fails(course, tmp_path):
    from nbgrader.validator import Validator

    (empty,) = generated(course, "ps", lab=without_measuring(handed_in.lab("01", "solutions"))).values()
    right = answered(empty, "01")
    wrong = answered(empty, "01")
    wrong["cells"][handed_in.position(wrong, "throughput")]["source"] = "def throughput(*_):\n    return 1.0"
    for name, notebook in {"right": right, "wrong": wrong}.items():
        handed_in.write(notebook, tmp_path / f"{name}.ipynb")
    assert Validator().validate(str(tmp_path / "right.ipynb")) == {}
    (failed,) = Validator().validate(str(tmp_path / "wrong.ipynb"))["failed"]
    assert "throughput" in failed["source"]
