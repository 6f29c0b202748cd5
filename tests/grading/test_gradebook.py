"""The gradebook: what was recorded is there, whole, whatever happens to the disk, the clock or the process."""

import errno
import json
import sqlite3
import subprocess
import sys
import threading
from datetime import datetime

import pytest
from made_up import keep, look, result

from labkit.grading import database, late, sheets
from labkit.grading.gradebook import Gradebook
from labkit.grading.grades import Grade, Mark
from labkit.grading.work import CannotGrade
from labkit.notebooks.cells import Refused

NOON = datetime.fromisoformat("2026-11-22T12:00+00:00")


def results(folder):
    with Gradebook(folder) as book:
        return [row.result for row in book.rows()]


def record(folder, *some, **terms):
    with Gradebook(folder) as book:
        book.record(some, **terms)
        return book.rows()


def history(folder):
    with sqlite3.connect(folder / "gradebook.sqlite") as book:
        return [json.loads(text) for (text,) in book.execute("SELECT result FROM history ORDER BY rowid")]


def test_what_was_recorded_is_read_back_the_same_and_in_order(tmp_path):
    some = [result("zoe"), result("alice", "03", 0.5), look("bob", reason="a \x00 and a \ud800 in it")]
    record(tmp_path, *some)
    assert results(tmp_path) == [some[2], some[0], some[1]]


def test_recording_again_changes_nothing(tmp_path):
    for _ in range(3):
        record(tmp_path, result(), look("bob"))
    assert results(tmp_path) == [result(), look("bob")]
    assert history(tmp_path) == []


def test_the_last_file_of_a_student_stands_and_the_one_before_is_kept(tmp_path):
    record(tmp_path, result(share=0.5))
    record(tmp_path, result(content="another file"), result("bob"))
    assert results(tmp_path) == [result(content="another file"), result("bob")]
    assert history(tmp_path) == [result(share=0.5)]


def test_a_regrade_that_finds_other_points_keeps_the_points_before(tmp_path):
    record(tmp_path, result(share=0.5, rules="0" * 12))
    (row,) = record(tmp_path, result(rules="1" * 12))
    assert row.points == 9
    assert history(tmp_path) == [result(share=0.5, rules="0" * 12)]


def test_of_two_files_in_one_run_the_later_attempt_stands(tmp_path):
    (row,) = record(tmp_path, result(content="second", attempt=2), result(content="first", attempt=1))
    assert row.result["attempt"] == 2


def test_a_file_that_needs_a_look_takes_no_grade_away_in_silence(tmp_path):
    record(tmp_path, result(share=0.5))
    (row,) = record(tmp_path, look())
    assert row.final is None
    assert "an earlier file earned 7 points" in row.earlier
    assert row.earlier in row.remarks
    assert history(tmp_path) == [result(share=0.5)]


def test_all_results_of_a_run_are_recorded_or_none(tmp_path):
    record(tmp_path, result())
    with pytest.raises(TypeError):
        record(tmp_path, result("bob"), result("carol", notes=[object()]))
    assert results(tmp_path) == [result()]


@pytest.mark.parametrize("student", ["../bob", "", ".", "..", "a/b", "Bob", "-x", "a" * 65, "a\n", "b\u00f6b"])
def test_an_id_that_is_no_file_name_is_refused(tmp_path, student):
    with pytest.raises(Refused, match="not a student's id"):
        record(tmp_path, result(), result(student))
    assert results(tmp_path) == []


def test_core_and_written_carry_the_grade_and_a_bonus_never_lifts_it_above_what_is_possible():
    for share in (0.0, 0.25, 0.5, 1.0):
        for points in (0.0, 1.0):
            row = Grade(result(share=share), {"why_half_a_step": Mark("alice", "02", "why_half_a_step", points)})
            assert (row.points, row.bonus, row.possible) == (9 * share, 5 * share, 12)
            assert row.final == min(12, 9 * share + points + 5 * share)
    assert Grade(result()).waiting == ["why_half_a_step", "why_channels"]
    assert Grade(result(answer=" \n")).waiting == []


def test_late_days_take_their_share_and_the_deadline_is_remembered(tmp_path):
    late_by = {"in_time": 0, "minutes": 1, "a_day": 1, "two_days": 2}
    times = ["22T12:00", "22T12:01", "23T12:00", "23T13:00"]
    some = [
        result(one, received=f"2026-11-{time}:00+00:00", share=0.5) for one, time in zip(late_by, times, strict=True)
    ]
    record(tmp_path, *some, result("unknown", received=None), deadline=NOON, late_penalty=20.0)
    rows = {row.student: row for row in record(tmp_path, result("zoe", "03"))}
    for one, days in late_by.items():
        assert rows[one].days == days
        assert rows[one].final == pytest.approx(7 * late.keep(days, 20), abs=0.005)
    assert (rows["unknown"].days, rows["unknown"].final) == (None, 12)
    assert "not known" in rows["unknown"].remarks[-1]
    assert (rows["zoe"].deadline, rows["zoe"].days) == (None, None)  # of another lab
    rows = {row.student: row for row in record(tmp_path, result("two_days"), late_penalty=0.0)}
    assert (rows["a_day"].days, rows["a_day"].final) == (1, 7)


def test_what_the_platform_says_of_lateness_is_told_where_no_time_is_known():
    canvas = {"kind": "canvas", "id": "1", "late": True}
    assert "the platform marks it as late" in Grade(result(platform=canvas, received=None), {}, NOON).remarks
    assert "the platform marks it as late" not in Grade(result(platform=canvas), {}, NOON).remarks


def test_a_penalty_that_cannot_be_is_refused_before_anything_is_recorded(tmp_path):
    for penalty in (-1.0, 101.0, float("nan")):
        with pytest.raises(Refused, match="0 to 100 percent"):
            record(tmp_path, result(), late_penalty=penalty)
    assert results(tmp_path) == []


def test_each_run_leaves_a_copy_of_the_gradebook_before_it_and_ten_are_kept(tmp_path, monkeypatch):
    backwards = iter(range(100, 0, -1))
    monkeypatch.setattr(database.time, "gmtime", lambda: datetime(2026, 1, 1, 0, next(backwards) % 60).timetuple())
    for i in range(13):
        record(tmp_path, result(content=f"file {i}"))
    copies = database.backups(tmp_path)
    assert [int(copy.name[10:16]) for copy in copies] == list(range(4, 14))  # by number: the clock ran backwards
    with sqlite3.connect(copies[-1]) as copy:
        ((text,),) = copy.execute("SELECT result FROM results").fetchall()
    assert json.loads(text) == result(content="file 11")
    assert sorted(path.name for path in (tmp_path / "backups").iterdir()) == [copy.name for copy in copies]


def test_a_gradebook_of_a_newer_labkit_is_refused(tmp_path):
    record(tmp_path, result())
    with sqlite3.connect(tmp_path / "gradebook.sqlite") as book:
        book.execute("PRAGMA user_version = 99")
    with pytest.raises(Refused, match="newer labkit"):
        Gradebook(tmp_path)


def test_somebody_elses_database_is_refused_and_left_alone(tmp_path):
    with sqlite3.connect(tmp_path / "gradebook.sqlite") as book:
        book.execute("CREATE TABLE mine (x)")
    before = (tmp_path / "gradebook.sqlite").read_bytes()
    with pytest.raises(Refused, match="no gradebook of labkit"):
        Gradebook(tmp_path)
    assert (tmp_path / "gradebook.sqlite").read_bytes() == before


@pytest.mark.parametrize("where", [0, 4096 * 2], ids=["its first bytes", "a page of it"])
def test_a_damaged_gradebook_is_refused_with_the_name_of_its_newest_copy(tmp_path, where):
    for i in range(3):
        record(tmp_path, *(result(f"student{j}", content=f"{i}") for j in range(20)))
    path = tmp_path / "gradebook.sqlite"
    content = bytearray(path.read_bytes())
    content[where : where + 4096] = b"\xff" * 4096
    path.write_bytes(content)
    with pytest.raises(Refused, match=database.backups(tmp_path)[-1].name):
        Gradebook(tmp_path)
    assert path.read_bytes() == content
    database.backups(tmp_path)[-1].replace(path)
    assert len(results(tmp_path)) == 20


def test_a_lost_gradebook_is_made_again_from_results_and_points(tmp_path):
    some = [result(share=0.5), look("bob"), result("carol", "03")]
    keep(tmp_path, *some)
    with Gradebook(tmp_path) as book:
        book.record(some)
        book.mark([Mark("alice", "02", "why_channels", 1.5, "=good, but")])
        book.publish()
        before = book.rows()
    (tmp_path / "gradebook.sqlite").unlink()
    with Gradebook(tmp_path) as book:
        assert book.rows() == before
        assert book.rows()[0].marks["why_channels"].points == 1.5


def test_a_result_file_that_is_none_is_named_and_left_out(tmp_path, capsys):
    keep(tmp_path, result(), result("bob"))
    broken = next((tmp_path / "results/02").glob("bob*"))
    broken.write_text('{"student": ')
    assert results(tmp_path) == [result()]
    assert str(broken) in capsys.readouterr().err


def test_a_gradebook_in_use_is_said_so_and_nothing_is_lost(tmp_path, monkeypatch):
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.1)
    record(tmp_path, result())
    with Gradebook(tmp_path) as book:
        other = sqlite3.connect(tmp_path / "gradebook.sqlite")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(CannotGrade, match="in use by another program"):
            book.record([result("bob")])
        other.rollback()
        other.close()
        book.record([result("bob")])
    assert len(results(tmp_path)) == 2


def test_a_full_disk_is_said_so_and_nothing_is_lost(tmp_path):
    record(tmp_path, result())
    with Gradebook(tmp_path) as book:
        pages = book._database.execute("PRAGMA page_count").fetchone()[0]
        book._database.execute(f"PRAGMA max_page_count = {pages + 2}")
        with pytest.raises(CannotGrade, match="does not fit on the disk: make room"):
            book.record([result(f"student{i}") for i in range(50)])
        book._database.execute("PRAGMA max_page_count = 1000000")
        book.record([result("bob")])
    assert results(tmp_path) == [result(), result("bob")]


def test_a_gradebook_that_may_only_be_read_is_said_so(tmp_path, monkeypatch):
    record(tmp_path, result())
    connect = sqlite3.connect

    def read_only(path, **options):
        return (
            connect(f"file:{path}?mode=ro", uri=True, **options) if "gradebook.sqlite" in str(path) else connect(path)
        )

    monkeypatch.setattr(database.sqlite3, "connect", read_only)
    with Gradebook(tmp_path) as book, pytest.raises(CannotGrade, match="cannot be written: give yourself the right"):
        book.record([result("bob")])
    assert results(tmp_path) == [result()]


def test_a_folder_that_cannot_be_made_is_said_so(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotGrade, match="Not a directory"):
        Gradebook(tmp_path / "file" / "grades")


def test_exports_that_do_not_fit_on_the_disk_leave_the_old_ones_whole(tmp_path, monkeypatch):
    with Gradebook(tmp_path) as book:
        book.record([result(share=0.5)])
        book.publish()
        before = {
            path: path.read_bytes() for path in tmp_path.rglob("*.*") if path.suffix in (".csv", ".html", ".json")
        }
        book.record([result(content="better")])

        def full(*_):
            raise OSError(errno.ENOSPC, "No space left on device")

        with monkeypatch.context() as patched:
            patched.setattr(sheets.os, "replace", full)
            with pytest.raises(CannotGrade, match=r"grades\.csv.*No space left"):
                book.publish()
        assert {path: path.read_bytes() for path in before} == before
        assert not list(tmp_path.rglob("*.part"))
        book.publish()
    assert (tmp_path / "grades.csv").read_bytes() != before[tmp_path / "grades.csv"]


def test_a_process_killed_while_it_records_leaves_the_gradebook_as_it_was(tmp_path):
    record(tmp_path, result())
    dies = (
        "import os, sys; from pathlib import Path; from labkit.grading.gradebook import Gradebook\n"
        "from made_up import result\n"
        "book = Gradebook(Path(sys.argv[1])); put = book._put\n"
        "book._put = lambda one, now: os.kill(os.getpid(), 9) if one['student'] == 'zoe' else put(one, now)\n"
        "book.record([result('bob'), result('zoe')])"
    )
    command = [sys.executable, "-c", dies, str(tmp_path)]
    done = subprocess.run(command, env={"PYTHONPATH": ":".join(p for p in sys.path if p)}, timeout=60)
    assert done.returncode == -9
    assert results(tmp_path) == [result()]


def test_two_who_record_at_once_are_both_recorded(tmp_path):
    def one(name):
        for i in range(10):
            record(tmp_path, result(f"{name}{i}"))

    record(tmp_path, result())
    threads = [threading.Thread(target=one, args=[name]) for name in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results(tmp_path)) == 21


def test_whoever_reads_the_tables_finds_the_same_points(tmp_path):
    record(tmp_path, result(share=0.5))
    record(tmp_path, result("bob"), look("carol"))
    with sqlite3.connect(tmp_path / "gradebook.sqlite") as book:
        sums = dict(book.execute("SELECT student, sum(points) FROM exercises WHERE core GROUP BY student"))
        runs = book.execute("SELECT results, need_a_look FROM runs").fetchall()
    assert sums == {"alice": 4.5, "bob": 9.0}
    assert runs == [(1, 0), (2, 1)]
