"""Files that are no proper notebook: each has a row and one clear line, and honest work beside it keeps full marks.

Each `malformed/NAME.py` builds what is handed in, `malformed/NAME.toml` says what is expected.
"""

import importlib.util
import json
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import handed_in
import harmless
import outcomes
import pytest

from labkit import exercises
from labkit.notebooks.read import MAX_BYTES

pytestmark = [pytest.mark.sandbox, pytest.mark.slow]

FOLDER = Path(__file__).parent / "malformed"
EVERY = outcomes.expected(FOLDER)
HONEST = ("honest_first", "m_honest", "z_honest")
ROWS = sorted([*HONEST, *(student for one in EVERY for student in one.students())])


def _build(one: outcomes.Expected, place: Path) -> None:
    found = importlib.util.spec_from_file_location(one.name, FOLDER / f"{one.name}.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    module.build(place)


@pytest.fixture(scope="module")
def graded(tmp_path_factory) -> tuple[Path, dict[str, dict]]:
    """The output folder of one run over all of them, and the results by student."""
    from labkit.grading import run

    home = tmp_path_factory.mktemp("malformed")
    place = home / "class"
    for name in HONEST:
        handed_in.write(handed_in.honest(), place / f"{name}.ipynb")
    for one in EVERY:
        _build(one, place)
    run.grade_class(place, home / "grades", workers=2, show=False)
    found = [json.loads(path.read_text()) for path in (home / "grades").glob("results/*/*.json")]
    return home / "grades", {one["student"]: one for one in found}


@pytest.mark.parametrize("one", EVERY, ids=lambda one: one.name)
def test_its_row_says_what_it_is(one, graded):
    _, results = graded
    assert one.found(results) == one.outcome(), [results.get(student) for student in one.students()]
    for student in one.students():
        assert one.reason in results[student]["reason"]
        assert one.note is None or one.note in " ".join(results[student]["notes"])
        lost = [found for found in results[student]["exercises"] if found["points"] < found["possible"]]
        assert all(found["attempted"] == one.attempted for found in lost)


@pytest.mark.parametrize("one", EVERY, ids=lambda one: one.name)
def test_one_line_says_what_happened(one, graded):
    _, results = graded
    for result in (results[student] for student in one.students()):
        assert bool(result["reason"]) == (result["status"] != "graded")
        assert result["status"] == "graded" or result["exercises"] == []
        for line in [result["reason"], *result["notes"]]:
            assert line.isprintable(), line
            assert len(line) < 400, line
            assert "Traceback" not in line


@pytest.mark.parametrize("name", HONEST)
def test_honest_work_in_the_same_class_keeps_full_marks(name, graded):
    _, results = graded
    assert sum(one["points"] for one in results[name]["exercises"]) == sum(one.points for one in exercises.of_lab("01"))
    assert results[name]["notes"] == []


def test_everybody_has_exactly_one_row(graded):
    _, results = graded
    assert sorted(results) == ROWS


def test_nothing_that_is_kept_is_larger_than_what_is_read(graded):
    folder, _ = graded
    assert max(path.stat().st_size for path in folder.rglob("*") if path.is_file()) < MAX_BYTES


def test_a_student_does_not_say_when_it_was_received(graded):
    _, results = graded
    received = datetime.fromisoformat(results["zip_backdated"]["received"])
    assert datetime.now(UTC) - received < timedelta(days=1)


def test_names_of_students_are_no_formulas_and_no_scripts(tmp_path):
    from labkit.grading import run

    right = json.dumps(handed_in.honest())
    with zipfile.ZipFile(tmp_path / "moodle.zip", "w") as bundle:
        for number, name in enumerate(("=HYPERLINK(1)", "@SUM(A1)", "-2+3", "<img src=x onerror=alert(1)>")):
            bundle.writestr(f"{name}_{number + 1}_assignsubmission_file_/01_benchmark.ipynb", right)
    results = run.grade_class(tmp_path / "moodle.zip", tmp_path / "grades", workers=2, show=False)
    assert sorted(one["student"] for one in results if one["status"] == "graded") == ["1", "2", "3", "4"]
    assert "<img" in " ".join(one["name"] for one in results)
    assert harmless.formulas(tmp_path) == []
    assert harmless.scripts(tmp_path) == []


def test_tables_hold_no_formula_and_pages_no_script(graded):
    folder, _ = graded
    assert harmless.formulas(folder) == []
    assert harmless.scripts(folder) == []


def test_the_page_of_the_docs_tells_what_was_found(graded):
    _, results = graded
    assert outcomes.on_page(outcomes.table("Malformed", EVERY, results))
