"""Grades in nbgrader's own gradebook: read back with its API, shown by its formgrader, marked on either side."""

import json
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from datetime import datetime
from pathlib import Path

import pytest
from class_files import solved
from made_up import look, result

from labkit import exercises
from labkit.grading import formgrader
from labkit.grading.grades import Grade, Mark
from labkit.grading.work import CannotGrade
from labkit.notebooks import master
from labkit.notebooks.cells import Refused

pytestmark = pytest.mark.sandbox

LAB = "02_quantize"
NOON = datetime.fromisoformat("2026-11-20T12:00+00:00")


def answered(student="alice", share=1.0, answer="Because of <b>this</b>.", marks=(), **other):
    """A grade with the written answers that the lab really has."""
    written = [
        {"name": cell.name, "question": cell.question, "answer": answer, "possible": cell.possible}
        for cell in master.load("02").by_role("written")
    ]
    terms = {name: other.pop(name) for name in ("deadline", "penalty") if name in other}
    made = result(student, share=share, **{"written": written, **other})
    return Grade(made, {mark.question: mark for mark in marks}, **terms)


WHY = next(cell.name for cell in master.load("02").by_role("written"))


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """A course with an empty gradebook, as it is made; that takes nbgrader seconds."""
    course = tmp_path_factory.mktemp("empty") / "a course?"
    formgrader.write([], course)
    return course


@pytest.fixture
def course(empty, tmp_path):
    """A copy of it."""
    return shutil.copytree(empty, tmp_path / "course")


def test_an_empty_course_has_a_gradebook_that_nbgrader_can_upgrade_and_nothing_else(empty):
    assert [path.name for path in empty.iterdir()] == ["gradebook.db"]
    with sqlite3.connect(empty / "gradebook.db") as book:
        assert len(book.execute("SELECT version_num FROM alembic_version").fetchall()) == 1


@pytest.fixture
def opened(course):
    """Opens nbgrader's gradebook of the course."""
    from nbgrader.api import Gradebook

    books = []

    def open_():
        books.append(Gradebook(f"sqlite:///{course / 'gradebook.db'}"))
        return books[-1]

    yield open_
    for book in books:
        book.close()


def dump(course):
    """Every row of every table, without nbgrader's own counters."""
    with sqlite3.connect(course / "gradebook.db") as book:
        return list(book.iterdump())


def test_nbgrader_reads_back_each_exercise_and_each_sum(course, opened):
    half = answered("bob", 0.5, marks=[Mark("bob", "02", WHY, 1.0, "Say why.")])
    formgrader.write([answered(), half, Grade(look("carol"))], course)
    book = opened()
    assert sorted(student.id for student in book.students) == ["alice", "bob"]  # who needs a look has no zero there
    assert sorted((cell.name, cell.max_score) for cell in book.find_notebook(LAB, LAB).grade_cells) == sorted(
        [(f"check_{one.name}", one.points) for one in exercises.of_lab("02")]
        + [(cell.name, cell.possible) for cell in master.load("02").by_role("written")]
    )
    for row in (answered(), half):
        submission = book.find_submission(LAB, row.student)
        assert submission.score == pytest.approx(row.points + row.bonus + row.manual)
        for one in row.result["exercises"]:
            grade = book.find_grade(f"check_{one['name']}", LAB, LAB, row.student)
            assert (grade.auto_score, grade.manual_score, grade.needs_manual_grade) == (one["points"], None, False)
    assert book.find_comment(exercises.of_lab("02")[0].name, LAB, LAB, "bob").comment == "half a step is missing"
    assert book.find_grade(WHY, LAB, LAB, "alice").needs_manual_grade
    marked = book.find_grade(WHY, LAB, LAB, "bob")
    assert (marked.manual_score, marked.needs_manual_grade) == (1.0, False)
    assert book.find_comment(WHY, LAB, LAB, "bob").comment == "Say why."


def test_the_same_again_changes_nothing(course):
    rows = [answered(), answered("bob", 0.5, deadline=NOON, penalty=10.0)]
    formgrader.write(rows, course)
    before = dump(course), {path: path.stat().st_mtime_ns for path in course.rglob("*.ipynb")}
    formgrader.write(rows, course)
    assert (dump(course), {path: path.stat().st_mtime_ns for path in course.rglob("*.ipynb")}) == before


def test_points_given_in_formgrader_stay_unless_ours_say_otherwise(course, opened):
    formgrader.write([answered()], course)
    book = opened()
    written, check = (book.find_grade(name, LAB, LAB, "alice") for name in (WHY, "check_quantize_affine"))
    written.manual_score, written.needs_manual_grade = 0.5, False
    check.manual_score, check.needs_manual_grade = 2.5, False
    book.db.commit()
    formgrader.write([answered(share=0.5)], course)
    book.db.expire_all()
    assert (written.manual_score, written.needs_manual_grade) == (0.5, False)
    assert (check.manual_score, check.score, check.auto_score) == (2.5, 2.5, 1.5)
    assert check.needs_manual_grade  # its points by the grader changed: a person should look again
    formgrader.write([answered(marks=[Mark("alice", "02", WHY, 1.0)])], course)
    book.db.expire_all()
    assert written.manual_score == 1.0


def test_an_empty_answer_is_nothing_to_mark(course, opened):
    formgrader.write([answered(answer=" ")], course)
    book = opened()
    assert not book.find_submission(LAB, "alice").needs_manual_grade
    assert book.find_comment(WHY, LAB, LAB, "alice").comment == "No response."


def test_lateness_is_a_penalty_there(course, opened):
    late = answered(share=0.5, received="2026-11-21T13:00:00+00:00", deadline=NOON, penalty=10.0)
    formgrader.write([late], course)
    submission = opened().find_submission(LAB, "alice")
    assert submission.late_submission_penalty == pytest.approx(7 * 0.2)
    assert submission.score - submission.late_submission_penalty == pytest.approx(late.final)


def test_an_exercise_that_a_lab_got_later_is_added_to_submissions_that_are_there(course, opened):
    formgrader.write([answered()], course)
    with sqlite3.connect(course / "gradebook.db") as book:
        (cell,) = book.execute("SELECT id FROM base_cell WHERE name = 'check_sqnr_db'").fetchone()
        for table, column in (("grade", "cell_id"), ("grade_cells", "id"), ("base_cell", "id")):
            book.execute(f"DELETE FROM {table} WHERE {column} = ?", [cell])
    formgrader.write([answered()], course)
    assert opened().find_grade("check_sqnr_db", LAB, LAB, "alice").auto_score == 1.0


def test_the_notebook_shows_what_the_student_wrote_and_what_it_earned(course, tmp_path):
    import nbformat

    row = answered(share=0.5)
    copy = tmp_path / "grades/submissions/02" / f"{row.result['sha256']}.ipynb"
    copy.parent.mkdir(parents=True)
    copy.write_bytes(solved("02"))
    formgrader.write([row], course, tmp_path / "grades")
    shown = nbformat.read(course / "autograded/alice" / LAB / f"{LAB}.ipynb", as_version=4)
    nbformat.validate(shown)
    cells = {cell.metadata.nbgrader.grade_id: cell for cell in shown.cells if "nbgrader" in cell.metadata}
    code = [cells[one.name].source for one in exercises.of_lab("02")]
    assert not [source for source in code if "raise NotImplementedError" in source]
    assert cells[WHY].source == "Because of <b>this</b>."
    assert cells["check_quantize_affine"].outputs[0].text == (
        "quantize_affine: 1.5 of 3 points\n  wrong: half a step is missing\n"
    )


def test_without_nbgrader_it_says_how_to_get_it(tmp_path, monkeypatch):
    course = tmp_path / "course"
    monkeypatch.setitem(sys.modules, "nbgrader.api", None)
    with pytest.raises(Refused, match="--with grading"):
        formgrader.write([answered()], course)
    assert not course.exists()


def test_a_course_that_is_in_use_or_no_folder_is_said_so(course, monkeypatch, tmp_path):
    formgrader.write([answered()], course)
    monkeypatch.setattr(formgrader, "BUSY_SECONDS", 0.2)
    other = sqlite3.connect(course / "gradebook.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(CannotGrade, match="database is locked"):
        formgrader.write([answered(share=0.5)], course)
    other.close()
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotGrade, match=r"cannot write .*file"):
        formgrader.write([answered()], tmp_path / "file")


def asked(address):
    with urllib.request.urlopen(address, timeout=60) as answer:
        return answer.read().decode()


@pytest.fixture
def served(course):
    """The address of a Jupyter server with formgrader in the course."""
    formgrader.write([answered("zoe", 0.5, name="Zoe <i>Doe</i>"), answered()], course)
    (course / "nbgrader_config.py").write_text(f"c = get_config()\nc.CourseDirectory.root = {str(course)!r}\n")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {
        f"JUPYTER_{name}_DIR": str(course / f".{name}") for name in ("CONFIG", "DATA", "RUNTIME")
    }
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    options = [
        "--ServerApp.token=",
        "--ServerApp.password=",
        "--IdentityProvider.token=",
        "--allow-root",
        "--no-browser",
    ]
    extension = "--ServerApp.jpserver_extensions={'nbgrader.server_extensions.formgrader': True}"
    command = [sys.executable, "-m", "jupyter_server", f"--port={port}", f"--ServerApp.root_dir={course}", extension]
    with open(course / "log", "w") as log:
        server = subprocess.Popen(
            [*command, *options], cwd=course, env=environment, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        for _ in range(200):
            assert server.poll() is None, (course / "log").read_text()
            try:
                asked(f"http://127.0.0.1:{port}/api")
                break
            except OSError:
                time.sleep(0.2)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(20)


@pytest.mark.slow
def test_formgrader_lists_the_lab_its_students_and_their_points_and_shows_each_notebook(served):
    api = f"{served}/formgrader/api"
    (assignment,) = json.loads(asked(f"{api}/assignments"))
    assert (assignment["name"], assignment["average_score"]) == (LAB, 10.5)
    submissions = {one["student"]: one for one in json.loads(asked(f"{api}/submissions/{LAB}"))}
    assert {name: one["score"] for name, one in submissions.items()} == {"alice": 14.0, "zoe": 7.0}
    assert all(one["autograded"] for one in submissions.values())
    notebooks = json.loads(asked(f"{api}/submitted_notebooks/{LAB}/{LAB}"))
    zoe = next(one["id"] for one in notebooks if one["student"] == "zoe")
    page = asked(f"{served}/formgrader/submissions/{zoe}/?index=0")
    assert "half a step is missing" in page
    assert re.search(r"quantize_affine: 1\.5 of 3 points", page)
