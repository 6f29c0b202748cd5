"""What is uploaded: the columns that each platform documents, no formula, no zero for what was not graded."""

import csv
import io
import json
import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up import SECRET, look, result

from labkit.grading import exports, sheets
from labkit.grading.gradebook import Gradebook
from labkit.grading.grades import Grade, Mark
from labkit.grading.work import GRADED

MOODLE = {"kind": "moodle", "id": "1234"}
HOSTILE = [
    '=HYPERLINK("http://x","y")',
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "  =1",
    "\u200b=1",
    "\uff1d1",
    "\uff0b1",
    "\uff0d1",
    "\uff20x",
    "'=1",
]


def read(content, delimiter=","):
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=delimiter))


def published(folder, *some, marks=()):
    """The files of a class by path."""
    with Gradebook(folder) as book:
        book.record(some)
        book.mark(marks)
        paths = book.publish()
    assert len(paths) == len(set(paths))
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def by_student(content):
    header, *lines = read(content)
    return {line[0]: dict(zip(header, line, strict=True)) for line in lines}


def computed(cell):
    """Whether a spreadsheet would compute the cell: told here without the expression that the code uses."""
    shown = cell.lstrip(" \u200b\u2060\ufeff")
    return cell[:1] in ("\t", "\r") or shown[:1] in tuple("=+-@\uff1d\uff0b\uff0d\uff20")


@given(st.text(alphabet=st.sampled_from("=+-@'\t\r\n \u200b\uff1d\uff0da1,\";"), max_size=12))
def test_no_text_is_taken_for_a_formula_and_each_is_read_back(text):
    ((cell,),) = read(sheets.sheet([[text]]))
    assert not computed(cell)
    assert sheets.unguarded(sheets.guarded(text)) == text


@given(st.lists(st.text(), min_size=1, max_size=4))
def test_quotes_commas_and_lines_in_a_text_stay_within_its_cell(texts):
    rows = read(sheets.sheet([[*texts, "end"]]))
    assert len(rows) == 1
    assert rows[0][-1] == "end"
    assert len(rows[0]) == len(texts) + 1


@pytest.mark.parametrize("text", HOSTILE)
def test_a_name_hint_note_or_comment_that_is_a_formula_stays_text_everywhere(tmp_path, text):
    hostile = result(share=0.5, name=text, notes=[text], platform=MOODLE)
    hostile["exercises"][0]["hints"] = [text]
    broken = look("bob", reason=text, name=text)
    files = published(tmp_path, hostile, broken, marks=[Mark("alice", "02", "why_channels", 1.0, text)])
    for name, content in files.items():
        if name.endswith(".csv"):
            assert not [cell for line in read(content) for cell in line if computed(cell)], name


def test_characters_that_cannot_be_seen_reach_no_file(tmp_path):
    unseen = "\x1b[2J\u202e=1+1\u2066\x00\ud800\u200b"
    some = result(share=0.5, name=unseen, notes=[unseen], answer=unseen, platform=MOODLE)
    some["exercises"][0]["hints"] = [unseen]
    for name, content in published(tmp_path, some, look("bob", reason=unseen, name=unseen)).items():
        if name.endswith(".zip"):
            continue  # of the same pages
        text = content.decode("utf-8-sig")
        text = json.dumps(json.loads(text), ensure_ascii=False) if name.endswith(".json") else text
        assert not set(text) & set("\x1b\u202e\u2066\x00\u200b"), name
        assert not name.endswith(".csv") or not [one for line in read(content) for one in line if computed(one)], name


def test_numbers_stay_numbers_and_excel_is_told_the_encoding(tmp_path):
    files = published(tmp_path, result("1234", share=1 / 3, name="Zo\u00eb"))
    assert files["grades.csv"].startswith(b"\xef\xbb\xbf")
    row = by_student(files["grades.csv"])["1234"]
    assert row["name"] == "Zo\u00eb"
    figures = {name: float(row[name]) for name in ("points", "bonus", "final")}
    assert figures == {"points": 3, "bonus": 1.67, "final": 4.67}


def test_the_table_has_a_line_for_each_student_and_lab_and_a_column_for_each_exercise(tmp_path):
    marks = [Mark("alice", "02", "why_channels", 1.5)]
    files = published(tmp_path, result(share=0.5), result("bob", "03"), look("carol"), marks=marks)
    rows = by_student(files["grades.csv"])
    assert list(rows) == ["alice", "carol", "bob"]
    assert {"points": "4.5", "possible": "12", "bonus": "2.5", "manual points": "1.5"}.items() <= rows["alice"].items()
    assert {"final": "8.5", "to mark": "1", "status": GRADED, "late days": ""}.items() <= rows["alice"].items()
    for one in result()["exercises"]:
        assert rows["alice"][one["name"]] == exports.number(one["points"] / 2)
        assert rows["bob"][one["name"]] == ""


def test_who_needs_a_look_has_no_grade_anywhere_and_never_a_zero(tmp_path):
    published(tmp_path, result("bob", platform=MOODLE))
    assert (tmp_path / "gradescope/02/bob.json").exists()
    files = published(tmp_path, look("bob", platform=MOODLE, name="Bob"), result(platform=MOODLE))
    row = by_student(files["grades.csv"])["bob"]
    assert {row[name] for name in (*exports.COLUMNS[3:], "final")} == {""}
    assert (row["status"], row["reason"]) == ("needs a look", "it is no notebook")
    assert "an earlier file earned 14 points" in row["notes"]
    assert by_student(files["canvas.csv"])["Bob"]["Lab 02"] == ""
    moodle = {line["Full name"]: line for line in by_student(files["moodle-02.csv"]).values()}
    assert (moodle["Bob"]["Grade"], moodle["Bob"]["Feedback comments"]) == ("", "")
    assert not (tmp_path / "gradescope/02/bob.json").exists()


def test_canvas_finds_the_columns_that_its_import_wants(tmp_path):
    canvas = {"kind": "canvas", "id": "4711"}
    some = [result("4711", platform=canvas, name="Doe, Jane"), result("4711", "03", 0.5, platform=canvas)]
    files = published(tmp_path, *some, result("bob"))
    header, possible, *students = read(files["canvas.csv"])
    assert header == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Lab 02", "Lab 03"]
    assert "Points Possible" in possible[0]
    assert possible[5:] == ["12", "9"]
    assert students == [["Doe, Jane", "4711", "", "", "", "12", "5.5"], ["Bob Doe", "", "", "bob", "", "12", ""]]


def test_moodle_finds_the_columns_that_its_worksheet_wants(tmp_path):
    hostile = result("1234", share=0.5, platform=MOODLE, name='A "B" <i>')
    hostile["exercises"][0]["hints"] = ["<script>alert(1)</script>"]
    files = published(tmp_path, hostile)
    rows = by_student(files["moodle-02.csv"])
    row = rows["Participant 1234"]
    assert {"Identifier", "Grade", "Last modified (grade)", "Feedback comments"} <= set(row)  # without these it refuses
    assert (row["Full name"], row["Grade"], row["Maximum grade"]) == ('A "B" <i>', "7", "12")
    assert set(re.findall("<[^>]*>", row["Feedback comments"])) == {"<br>"}  # Moodle shows it as HTML
    assert "<script>alert(1)</script>" in unescape(row["Feedback comments"])
    assert not files["moodle-02.csv"].startswith(b"\xef\xbb\xbf")


def test_what_did_not_come_from_moodle_goes_there_by_id_or_address(tmp_path):
    files = published(tmp_path, result("bob"), result("jane@example.org"), look("carol"))
    header, *lines = read(files["moodle-02.csv"])
    assert header == ["ID number", "Email address", "Full name", "Lab 02"]
    assert [line[:2] + line[3:] for line in lines] == [
        ["bob", "", "12"],
        ["carol", "", ""],
        ["", "jane@example.org", "12"],
    ]


def test_gradescope_finds_the_fields_that_it_documents(tmp_path):
    marks = [Mark("alice", "02", "why_channels", 1.5, "well said")]
    files = published(tmp_path, result(share=0.5), marks=marks)
    found = json.loads(files["gradescope/02/alice.json"])
    fields = {"score", "output", "output_format", "visibility", "stdout_visibility", "tests"}
    assert set(found) == fields
    assert found["score"] == 8.5
    assert "well said" in found["output"]
    assert "not marked yet" in found["output"]
    for test, one in zip(found["tests"], result(share=0.5)["exercises"], strict=True):
        assert (test["score"], test["max_score"]) == (one["points"], one["possible"])
        assert set(test) == {"name", "score", "max_score", "output", "output_format", "visibility"}
        assert test["output"] == "half a step is missing"


def test_what_only_the_instructor_sees_is_in_no_file_that_leaves(tmp_path):
    for name, content in published(tmp_path, result(share=0.5, platform=MOODLE), result("bob")).items():
        assert SECRET.encode() not in content, name
        assert b"5eed5eed" not in content, name


def test_publishing_again_writes_the_same_and_touches_nothing(tmp_path):
    files = published(tmp_path, result(), look("bob"))
    before = {name: (tmp_path / name).stat().st_mtime_ns for name in files}
    with Gradebook(tmp_path) as book:
        book.publish()
    assert {name: (tmp_path / name).stat().st_mtime_ns for name in files} == before


def test_a_grade_is_said_the_same_in_every_export(tmp_path):
    late = Grade(result(share=0.5), {})
    files = published(tmp_path, late.result)
    final = exports.number(late.final)
    assert by_student(files["grades.csv"])["alice"]["final"] == final
    assert by_student(files["canvas.csv"])["Alice Doe"]["Lab 02"] == final
    assert exports.number(json.loads(files["gradescope/02/alice.json"])["score"]) == final
    assert f"<strong>{final} of 12 points.</strong>".encode() in files["feedback/02/alice.html"]
