"""Points for written answers: read whole or not at all, kept across regrades, and told when the answer changed."""

import sys

import pytest
from made_up import keep, look, result

from labkit.grading import marking
from labkit.grading.gradebook import Gradebook
from labkit.grading.grades import CHANGED, Mark, digest
from labkit.grading.work import CannotGrade
from labkit.notebooks.cells import Refused

HEADER = "student,lab,question,points,comment\n"


@pytest.fixture
def grades(tmp_path):
    """The folder of a class of three, of whom one needs a look."""
    some = [result(), result("bob"), look("carol")]
    folder = tmp_path / "grades"
    keep(folder, *some)
    with Gradebook(folder) as book:
        book.record(some)
        book.publish()
    return folder


def given(folder):
    with Gradebook(folder) as book:
        return {(m.student, m.question): (m.points, m.comment) for row in book.rows() for m in row.marks.values()}


def write(folder, text, encoding="utf-8"):
    path = folder.parent / "manual.csv"
    path.write_bytes(text.encode(encoding))
    return path


def rows(folder):
    with Gradebook(folder) as book:
        return {row.student: row for row in book.rows()}


def test_points_from_a_file_are_in_the_gradebook_the_table_and_the_feedback(grades):
    said = marking.mark(grades, write(grades, HEADER + 'alice,02,why_channels,1.5,"Good, but why?"\n'))
    assert given(grades) == {("alice", "why_channels"): (1.5, "Good, but why?")}
    assert "1 new" in said
    assert "3 written answers wait" in said
    assert "Good, but why?" in (grades / "feedback/02/alice.html").read_text()
    assert ",1.5,1," in (grades / "grades.csv").read_text()


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("student;lab;question;points;comment\nalice;02;why_channels;1,5;gut\n", "utf-8-sig"),
        ("student;lab;question;points;comment\r\nalice;2;why_channels;1,5;gut\r\n;;;;\r\n", "utf-8"),
        ("Comment\tPoints\tQuestion\tLab\tStudent\tmine\ngut\t1.5\twhy_channels\t02\talice\tx\n", "utf-8"),
        ('"student","lab","question","points","comment"\n\n"alice","02","why_channels","1.50","gut"', "utf-8"),
    ],
)
def test_a_file_is_read_as_spreadsheets_write_it(grades, text, encoding):
    marking.mark(grades, write(grades, text, encoding))
    assert given(grades) == {("alice", "why_channels"): (1.5, "gut")}


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("dave,02,why_channels,1,", "line 3: no student 'dave'"),
        ("carol,02,why_channels,1,", "line 3: no student 'carol'"),
        ("alice,03,why_channels,1,", "line 3: alice has no written answer for a lab '03'"),
        ("alice,02,why_not,1,", "line 3: lab 02 has no question 'why_not'"),
        ("alice,02,why_channels,2.5,", "line 3: the points '2.5' are not a number from 0 to 2"),
        ("alice,02,why_channels,-1,", "line 3: the points '-1'"),
        ("alice,02,why_channels,nan,", "line 3: the points 'nan'"),
        ("alice,02,why_channels,1e0,", "line 3: the points '1e0'"),
        ("alice,02,why_channels,\u0661,", "line 3: the points"),
        ("alice,02,why_channels,,no points", "line 3: the points ''"),
        ("alice,02", "line 3: lab 02 has no question ''"),
        ("bob,02,why_channels,1,", "line 3: bob, lab 02, why_channels stands in line 2, too"),
        ('alice,02,"why', "line 3: not a line of a CSV"),
    ],
)
def test_one_wrong_line_is_named_and_nothing_is_stored(grades, line, why):
    with pytest.raises(Refused, match="Nothing was stored") as refused:
        marking.mark(grades, write(grades, f"{HEADER}bob,02,why_channels,2,\n{line}\n"))
    assert why in str(refused.value)
    assert given(grades) == {}


def test_many_wrong_lines_are_counted_and_the_lines_are_those_of_the_file(grades):
    text = HEADER + 'bob,02,why_channels,1,"two\nlines"\n' + "\n" + "x,02,why_channels,1,\n" * 7
    with pytest.raises(Refused, match=r"line 5: .*line 6: .*line 9: .*; and 2 more"):
        marking.mark(grades, write(grades, text))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"student,lab,question,points\n", "look at comment"),
        (b"student,student,lab,question,points,comment\n", "look at student"),
        (b"", "look at student, lab"),
        (b"PK\x03\x04\xff\xff", "not UTF-8: save it from the spreadsheet as 'CSV UTF-8'"),
        ("student;comment;gr\u00fcn".encode("cp1252"), "not UTF-8"),
        ((HEADER + "a\x00").encode("utf-16"), "not UTF-8"),
        (b"student\x00,lab", "look at"),
    ],
)
def test_a_file_that_is_no_list_of_points_is_refused(grades, content, why):
    path = grades.parent / "points.csv"
    path.write_bytes(content)
    with pytest.raises(Refused, match=why):
        marking.mark(grades, path)


def test_a_system_without_locks_is_told_in_plain_words(grades, monkeypatch):
    monkeypatch.setitem(sys.modules, "fcntl", None)
    with pytest.raises(CannotGrade, match="need Linux"):
        marking.mark(grades)


def test_a_missing_file_or_folder_is_refused(grades):
    with pytest.raises(Refused, match=r"cannot read .*no\.csv"):
        marking.mark(grades, grades / "no.csv")
    with pytest.raises(Refused, match="no graded submission is in"):
        marking.mark(grades.parent)


def test_the_written_file_read_back_gives_the_same(grades):
    comments = ["=1+1", "'=1+1", "-", 'it\'s "so";\nreally', "\u00fc", ""]
    for comment in comments:
        with Gradebook(grades) as book:
            marks = [Mark("alice", "02", "why_channels", 0.3333, comment), Mark("bob", "02", "why_half_a_step", 1.0)]
            book.mark(marks)
            book.publish()
            before = book.rows()
        path = grades / "manual.csv"
        content = path.read_bytes()
        assert "0 new, 0 changed, 0 taken back" in marking.mark(grades, path)
        assert list(rows(grades).values()) == before
        assert path.read_bytes() == content


def test_empty_points_take_points_back(grades):
    marking.mark(grades, write(grades, HEADER + "alice,02,why_channels,1,x\nbob,02,why_channels,2,\n"))
    said = marking.mark(grades, write(grades, HEADER + "alice,02,why_channels,,\nbob,02,why_channels,1,\n"))
    assert "0 new, 1 changed, 1 taken back" in said
    assert given(grades) == {("bob", "why_channels"): (1.0, "")}


def test_points_stay_when_a_lab_is_graded_again(grades):
    marking.mark(grades, write(grades, HEADER + "alice,02,why_channels,1,x\n"))
    with Gradebook(grades) as book:
        book.record([result(share=0.5, rules="f" * 12)])
    row = rows(grades)["alice"]
    assert (row.manual, row.changed) == (1.0, [])


def test_points_for_an_answer_that_changed_are_kept_and_told_until_it_is_marked_again(grades):
    marking.mark(grades, write(grades, HEADER + "alice,02,why_channels,1,x\n"))
    with Gradebook(grades) as book:
        book.record([result(answer="Something else.", content="new")])
        book.publish()
    row = rows(grades)["alice"]
    assert (row.manual, row.changed) == (1.0, ["why_channels"])
    assert CHANGED in (grades / "grades.csv").read_text()
    assert CHANGED.capitalize() in (grades / "written.html").read_text()
    marking.mark(grades, grades / "manual.csv")  # as it was written: nobody looked at the new answer
    assert rows(grades)["alice"].changed == ["why_channels"]
    marking.mark(grades, write(grades, HEADER + "alice,02,why_channels,1,x\n"))  # nor does a spreadsheet say so
    assert rows(grades)["alice"].changed == ["why_channels"]
    seen = f"student,lab,question,points,comment,answer\nalice,02,why_channels,1,x,{digest('Something else.')}\n"
    marking.mark(grades, write(grades, seen))  # as the page saves it
    row = rows(grades)["alice"]
    assert (row.manual, row.changed) == (1.0, [])


def test_points_outlive_a_file_that_needs_a_look(grades):
    marking.mark(grades, write(grades, HEADER + "alice,02,why_channels,1,x\n"))
    with Gradebook(grades) as book:
        book.record([look()])
        book.publish()
    assert "0 new, 0 changed, 0 taken back" in marking.mark(grades, grades / "manual.csv")
    with Gradebook(grades) as book:
        book.record([result()])
    assert rows(grades)["alice"].manual == 1.0
