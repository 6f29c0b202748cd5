"""A class is graded once, in any order and with any interruption; nothing is lost, and nobody's grade is another's."""

import errno
import json
import multiprocessing
import os
import random
import shutil
import stat
import subprocess
import sys
import time
from concurrent.futures import BrokenExecutor, Executor, Future
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import made_up
import pytest
from handed_in import lab, with_cells, write

from labkit.grading import course, engine, late, output, pool, run, slots, submissions, table, tasks
from labkit.grading.gradebook import Gradebook
from labkit.grading.grades import Grade
from labkit.grading.work import LOOK, CannotGrade, Submission
from labkit.notebooks.cells import Refused

RIGHT = """
# %% exercise="throughput"
def throughput(latency_ms, batch):
    return batch * 1000 / latency_ms
"""
HALF = RIGHT.replace("batch * ", "")
KILLS = RIGHT.replace("return", "import os, signal; os.kill(os.getppid(), signal.SIGKILL); return")


def hand_in(folder: Path, **scripts: str) -> Path:
    """A folder with one notebook of lab 01 for each student, nothing but `throughput` answered."""
    for student, script in scripts.items():
        write(with_cells(script, "01", lab), folder / f"{student}.ipynb")
    return folder


def grade(place: Path, folder: Path, **named) -> list[dict]:
    """Without a sandbox: what the run does with results is the same."""
    return run.grade_class(place, folder, **{"unsafe": True, "show": False, "workers": 2, **named})


def regrade(folder: Path, **named) -> list[dict]:
    return run.regrade(folder, **{"unsafe": True, "show": False, "workers": 2, **named})


def points(results: list[dict]) -> dict[str, float | None]:
    """By student; None for what needs a look."""
    return {
        one["student"]: sum(part["points"] for part in one["exercises"]) if one["status"] == "graded" else None
        for one in results
    }


def times(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in folder.glob("results/*/*.json")}


def same_but_seconds(results: list[dict]) -> str:
    kept = [{key: value for key, value in one.items() if key != "seconds"} for one in results]
    return json.dumps(sorted(kept, key=lambda one: (one["student"], one["attempt"])))


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """Three submissions and what grading them left; tests copy it before they change anything."""
    place = hand_in(tmp_path_factory.mktemp("class") / "in", alice=RIGHT, bob=HALF)
    (place / "carol.ipynb").write_text("[1, 2")
    return place, place.parent / "grades", grade(place, place.parent / "grades")


@pytest.fixture
def again(graded, tmp_path):
    """A copy of that class: its submissions and its output folder."""
    for path in graded[:2]:
        shutil.copytree(path, tmp_path / path.name)
    return tmp_path / "in", tmp_path / "grades"


def test_a_class_gets_points_results_copies_and_exports(graded):
    place, folder, results = graded
    assert points(results) == {"alice": 1.0, "bob": 0.5, "carol": None}
    assert len(times(folder)) == 3
    for one in results:
        assert json.loads(output.result_path(folder, one).read_text()) == one
    copies = {path.read_bytes() for path in (folder / "submissions" / "01").iterdir()}
    assert copies == {path.read_bytes() for path in place.iterdir()}
    assert "bob" in (folder / "grades.csv").read_text()


def test_what_was_graded_is_not_graded_again(again):
    place, folder = again
    for path in folder.glob("results/*/*.json"):
        output.write_atomically(path, json.dumps(json.loads(path.read_text()) | {"seconds": 99}).encode())
    hand_in(place, dora=RIGHT)
    results = grade(place, folder)
    assert points(results) == {"alice": 1.0, "bob": 0.5, "carol": None, "dora": 1.0}
    assert {one["student"] for one in results if one["seconds"] == 99} == {"alice", "bob"}


def test_students_who_left_stay_in_the_gradebook(again):
    place, folder = again
    (place / "bob.ipynb").unlink()
    assert "bob" not in points(grade(place, folder))
    assert "bob" in (folder / "grades.csv").read_text()


def test_only_those_who_were_asked_for_are_graded(again):
    place, folder = again
    hand_in(place, dora=RIGHT, erik=HALF)
    assert points(grade(place, folder, only=["Dora", "erik"])) == {"dora": 1.0, "erik": 0.5}
    with pytest.raises(Refused, match="nothing of zoe is in"):
        grade(place, folder, only=["zoe", "dora"])


def test_a_second_file_is_a_second_attempt_on_other_inputs(again):
    place, folder = again
    first = json.loads(next(folder.glob("results/01/bob-*.json")).read_text())
    hand_in(place, bob=RIGHT)
    (second,) = grade(place, folder, only=["bob"])
    assert (first["attempt"], second["attempt"]) == (1, 2)
    assert {one["seed"] for one in first["exercises"]} & {one["seed"] for one in second["exercises"]} == set()
    assert points([second]) == {"bob": 1.0}
    assert [one["attempt"] for one in grade(place, folder, only=["bob"])] == [2]


def test_the_same_file_from_two_places_is_one_attempt_and_its_number_does_not_depend_on_the_order(tmp_path):
    contents = {sha: tasks.Task(Submission("bob", "Bob", sha, None), "01", sha) for sha in "abc"}
    orders = [("a", "b", "c", "a"), ("c", "a", "b")]
    numbered = [
        {one.sha256: one.attempt for one in tasks._with_attempts([contents[sha] for sha in order], tmp_path)}
        for order in orders
    ]
    assert numbered == [{"a": 1, "b": 2, "c": 3}] * 2
    output.keep_result(tmp_path, {"student": "bob", "lab": "01", "sha256": "b", "rules": "r", "attempt": 2})
    resumed = tasks._with_attempts([contents[sha] for sha in "ab"], tmp_path)
    assert {one.sha256: one.attempt for one in resumed} == {"a": 1, "b": 2}


def test_regrading_by_the_same_rules_gives_the_same_results(again):
    place, folder = again
    hand_in(place, bob=RIGHT)
    before = grade(place, folder)
    assert same_but_seconds(regrade(folder)) == same_but_seconds(before)
    alone = regrade(folder, only=["bob"])
    assert same_but_seconds(alone) == same_but_seconds([one for one in before if one["student"] == "bob"])
    with pytest.raises(Refused, match="nothing of zoe"):
        regrade(folder, only=["zoe"])
    with pytest.raises(Refused, match="no graded submission is in"):
        regrade(place)


def test_a_regrade_keeps_the_reason_of_who_handed_in_no_notebook_beside_an_empty_one(tmp_path):
    place, folder = hand_in(tmp_path / "in", alice=RIGHT), tmp_path / "out"
    (place / "bob.ipynb").write_bytes(b"")
    (place / "carol.txt").write_bytes(b"see my mail")
    grade(place, folder)
    regrade(folder)
    with Gradebook(folder) as book:
        reasons = {row.student: row.result["reason"] for row in book.rows()}
    assert reasons["bob"] == "the file is empty"
    assert "only carol.txt" in reasons["carol"]


def test_new_rules_reach_everybody_and_the_old_results_stay(again, tmp_path):
    _, folder = again
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "overlay.toml").write_text("[points]\nthroughput = 3\n")
    before = times(folder)
    assert points(regrade(folder, overlay=tmp_path / "mine")) == {"alice": 3.0, "bob": 1.5, "carol": None}
    assert before.items() <= times(folder).items()


def test_a_file_that_replaced_a_graded_one_and_cannot_be_read_still_needs_a_look_after_a_regrade(again):
    place, folder = again
    (place / "bob.ipynb").unlink()
    (place / "bob.ipynb").symlink_to(place / "alice.ipynb")
    assert points(grade(place, folder)) == {"alice": 1.0, "bob": None, "carol": None}
    regrade(folder)
    with Gradebook(folder) as book:
        assert {row.student: row.graded for row in book.rows()} == {"alice": True, "bob": False, "carol": False}


def test_a_deadline_takes_points_off_when_grades_are_published_and_holds_for_a_regrade(again):
    place, folder = again
    noon = late.deadline("2026-11-30T12:00Z").timestamp()
    os.utime(place / "alice.ipynb", (noon, noon))
    os.utime(place / "bob.ipynb", (noon + 86401, noon + 86401))
    results = grade(place, folder, deadline="2026-11-30T17:30 Asia/Kolkata", late_penalty=10)
    assert points(results) == {"alice": 1.0, "bob": 0.5, "carol": None}
    regrade(folder)
    with Gradebook(folder) as book:
        assert {row.student: (row.days, row.final) for row in book.rows() if row.graded} == {
            "alice": (0, 1.0),
            "bob": (2, 0.4),
        }


def test_a_worker_with_other_rules_is_found_out(again, monkeypatch):
    place, folder = again
    hand_in(place, dora=RIGHT)
    before = times(folder)
    (result,) = [one for one in output.results(folder) if one["student"] == "bob"]
    other = {**result, "student": "dora", "rules": "0" * 12}
    monkeypatch.setattr(pool, "graded", lambda *_: (one for one in [other]))
    with pytest.raises(CannotGrade, match="the same labkit and the same overlay"):
        grade(place, folder)
    assert times(folder).keys() == before.keys()


def test_a_notebook_of_another_lab_needs_a_look(tmp_path):
    place = hand_in(tmp_path / "in", alice=RIGHT)
    write(lab("02"), place / "bob.ipynb")
    write({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}, place / "carol.ipynb")
    results = grade(place, tmp_path / "grades", lab="01")
    assert points(results) == {"alice": 1.0, "bob": None, "carol": None}
    reasons = {one["student"]: one["reason"] for one in results}
    assert reasons["bob"] == "this is a notebook of lab 02, not of lab 01"
    assert reasons["carol"] == tasks.NOT_A_LAB


def test_a_fault_of_the_grader_costs_nobody_else_and_its_traceback_is_kept(tmp_path, monkeypatch):
    content = (hand_in(tmp_path / "in", alice=RIGHT) / "alice.ipynb").read_bytes()
    monkeypatch.setattr(engine.graft, "graft", lambda *_: {}["a fault"])
    found = engine.grade_one(engine.Job(Submission("alice", "Alice", "alice.ipynb", content), "01", b"k" * 16))
    assert (found["status"], found["reason"]) == (LOOK, "the grader itself failed on it (KeyError)")
    assert found["exercises"] == []
    assert "a fault" in found["traceback"]


def test_where_nothing_tells_the_lab_the_command_asks_for_it(tmp_path):
    place = tmp_path / "in"
    place.mkdir()
    (place / "alice.ipynb").write_text("{")
    with pytest.raises(Refused, match="give --lab 02"):
        grade(place, tmp_path / "grades")
    assert points(grade(place, tmp_path / "grades", lab="01")) == {"alice": None}
    with pytest.raises(Refused, match="no lab '99'"):
        grade(place, tmp_path / "grades", lab="99")


def test_a_process_that_dies_twice_costs_its_own_submission_alone(tmp_path):
    place = hand_in(tmp_path / "in", killer=KILLS, **{f"student{i}": RIGHT for i in range(5)})  # graded in this order
    results = grade(place, tmp_path / "grades")
    assert points(results) == {**{f"student{i}": 1.0 for i in range(5)}, "killer": None}
    assert next(one["reason"] for one in results if one["student"] == "killer") == pool.DIED_TWICE


def test_what_was_graded_without_a_sandbox_does_not_count_for_a_run_with_one(graded):
    _, folder, _ = graded
    safe = course.Course(folder, output.course_key(folder), None, None, unsafe=False)
    assert course.done(safe) == {}
    assert len(course.done(course.Course(folder, output.course_key(folder), None, None, unsafe=True))) == 3


@pytest.mark.parametrize("where", ["in", "in/grades", "."])
def test_results_and_submissions_do_not_mix(again, where):
    place, _ = again
    with pytest.raises(Refused, match="give another folder with -o"):
        grade(place, place.parent / where)
    with pytest.raises(Refused, match="lies in the output folder"):
        grade(place / "deeper", place)


def test_an_output_that_is_a_file_is_refused(again):
    place, _ = again
    (place.parent / "taken").write_text("mine")
    with pytest.raises(Refused, match="taken is a file"):
        grade(place, place.parent / "taken")
    assert (place.parent / "taken").read_text() == "mine"


def test_a_deadline_or_penalty_that_means_nothing_is_refused_before_any_work(again):
    place, folder = again
    for wrong in ({"deadline": "tomorrow"}, {"late_penalty": 120}):
        with pytest.raises(Refused):
            grade(place, folder.parent / "new", **wrong)
    assert times(folder.parent / "new") == {}


def test_a_full_disk_is_told_before_and_after(again, monkeypatch):
    place, folder = again
    usage = shutil.disk_usage(folder)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=3_000_000))
    with pytest.raises(CannotGrade, match=r"needs about 1\d\d MB, and 3 MB are free"):
        grade(place, folder)
    monkeypatch.undo()
    hand_in(place, dora=RIGHT)
    before = {path.name: path.read_bytes() for path in folder.glob("results/*/*.json")}

    def full(path, content):
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr(output, "write_atomically", full)
    with pytest.raises(CannotGrade, match="the same command goes on"):
        grade(place, folder)
    monkeypatch.undo()
    assert {path.name: path.read_bytes() for path in folder.glob("results/*/*.json")} == before
    assert points(grade(place, folder))["dora"] == 1.0


def test_one_students_folder_does_not_stop_the_look_for_room(tmp_path):
    (tmp_path / "alice.ipynb").write_bytes(bytes(50_000))
    with open(tmp_path / "huge.ipynb", "wb") as file:
        file.truncate(10**12)  # takes no room
    deep = os.open(tmp_path, os.O_RDONLY)
    for _ in range(1200):  # deeper than Python recurses
        os.mkdir("a", dir_fd=deep)
        below = os.open("a", os.O_RDONLY, dir_fd=deep)
        os.close(deep)
        deep = below
    os.close(deep)
    held = run._bytes_in(tmp_path)
    subprocess.run(["rm", "-r", str(tmp_path / "a")], check=True)  # pytest's own cleaning recurses
    assert 50_000 <= held < 10**6


def test_the_folder_that_a_run_makes_is_the_graders_alone(tmp_path):
    with output.locked(tmp_path / "new"):
        assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


def test_the_course_key_is_the_graders_alone_and_its_loss_is_told(again):
    place, folder = again
    key = folder / "course.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    saved = key.read_bytes()
    key.unlink()
    with pytest.raises(Refused, match="put it back"):
        grade(place, folder)
    key.write_text("short")
    with pytest.raises(Refused, match="too short"):
        grade(place, folder)
    key.write_bytes(saved)
    assert points(grade(place, folder))["alice"] == 1.0


@pytest.mark.parametrize("damage", [lambda text: text[:100], lambda _: "null", lambda _: '{"lab": "01"}'])
def test_a_damaged_result_is_graded_again(again, damage):
    place, folder = again
    (path,) = folder.glob("results/01/bob-*.json")
    path.write_text(damage(path.read_text()))
    assert points(grade(place, folder)) == {"alice": 1.0, "bob": 0.5, "carol": None}


def test_a_clock_that_jumps_changes_no_grade(tmp_path, monkeypatch, graded):
    place, _, before = graded
    random.seed(0)
    monkeypatch.setattr(time, "time", lambda: random.uniform(0, 4e9))
    jumped = [
        engine.grade_one(engine.Job(one, "01", b"k" * 16, unsafe=True))
        for one in submissions.each(place)
        if one.student != "carol"
    ]
    assert points(jumped) == {name: earned for name, earned in points(before).items() if name != "carol"}


HOLDS = """
import sys, time
from pathlib import Path
from labkit.grading import output
with output.locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_grader_in_the_same_folder_is_refused_until_the_first_is_gone(again):
    place, folder = again
    first = subprocess.Popen([sys.executable, "-c", HOLDS, folder], stdout=subprocess.PIPE)
    try:
        assert first.stdout.readline() == b"held\n"
        with pytest.raises(Refused, match=rf"another grader \(process {first.pid}, since \d\d:\d\d\) works in"):
            grade(place, folder)
    finally:
        first.kill()
        first.wait()
        first.stdout.close()
    assert points(grade(place, folder))["alice"] == 1.0


def test_the_table_shows_everybody_once_and_obeys_nobody(graded, capsys):
    _, _, results = graded
    bob = next(one for one in results if one["student"] == "bob")
    hostile = {**bob, "student": "mallory", "notes": ["\x1b[2J\x1b]0;owned\x07 edited \u202e"], "unsafe": False}
    print(table.text([*results, hostile]))
    shown = capsys.readouterr().out
    assert "edited" in shown
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    for student in ("alice", "bob", "carol", "mallory"):
        assert sum(line.strip().startswith(student) for line in shown.splitlines()) == 1
    assert "3 graded, 1 need a look" in shown


def test_the_end_of_a_run_says_what_the_points_do_not_hold_yet(again, capsys):
    place, folder = again
    grade(place, folder, late_penalty=10, show=True)
    assert "a late penalty without a deadline takes nothing off: give --deadline" in capsys.readouterr().out
    grade(place, folder, deadline="2020-01-01T00:00Z", show=True)
    assert "2 late: see 'late days' and 'final' in grades.csv" in capsys.readouterr().out
    named = {"student": "4711", "name": "Ada \x1b[2JL", "attempt": 1, "lab": "01", "status": LOOK, "seconds": 0.0}
    assert "4711 Ada ?[2JL  why" in table.text([named | {"reason": "why"}])


def test_who_has_no_time_of_receipt_and_what_waits_is_counted():
    row = Grade(made_up.result(received=None), deadline=datetime(2026, 11, 20, tzinfo=UTC))
    assert [line.split()[:2] for line in table.still_open([row])] == [["1", "with"], ["2", "written"]]


def _in_slot(queue, seconds: float) -> None:
    with slots.taken() as core:
        queue.put((core, time.monotonic(), os.sched_getaffinity(0)))
        time.sleep(seconds)
        queue.put((core, time.monotonic(), None))


def test_two_at_a_time_never_share_a_core_and_a_dead_one_gives_its_core_back(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    context = multiprocessing.get_context("fork")
    queue, cores = context.Queue(), len(os.sched_getaffinity(0))
    started = [context.Process(target=_in_slot, args=(queue, 0.2)) for _ in range(2 * cores)]
    for one in started:
        one.start()
    events = [queue.get(timeout=20) for _ in range(4 * cores)]
    busy = set()
    for core, _, affinity in sorted(events, key=lambda event: event[1]):
        if affinity is None:
            busy.remove(core)
        else:
            assert affinity == {core}
            assert core not in busy
            busy.add(core)
    holder = context.Process(target=_in_slot, args=(queue, 60))
    holder.start()
    core = queue.get(timeout=20)[0]
    holder.kill()
    holder.join()
    before = os.sched_getaffinity(0)
    with slots.taken() as taken:
        assert taken == core
    assert os.sched_getaffinity(0) == before


def test_the_folder_of_the_locks_is_nobody_elses(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / f"labkit-slots-{os.getuid()}").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(CannotGrade, match="belongs to somebody else"), slots.taken():
        pass


class Counting(Executor):
    """Answers at once; dies with the jobs that it is told, or is found dead when it gets them."""

    def __init__(self, dies_at: set[int], dead_at: set[int]) -> None:
        self.sent, self.dies_at, self.dead_at = 0, dies_at, dead_at

    def submit(self, _, job):
        self.sent += 1
        if self.sent in self.dead_at:
            raise BrokenExecutor("gone")
        future = Future()
        if self.sent in self.dies_at:
            future.set_exception(BrokenExecutor("gone"))
        else:
            future.set_result({"job": job})
        return future


@pytest.mark.parametrize("dies_at", [set(), {1}, {7}, {3, 4}, {1, 2, 3, 4, 5, 50}])
@pytest.mark.parametrize("dead_at", [set(), {2}, {1, 9, 60}])
def test_jobs_are_taken_only_when_they_can_be_sent_and_none_is_lost(dies_at, dead_at):
    taken, executor, lost = [], Counting(dies_at, dead_at), []

    @contextmanager
    def opened():
        yield executor, 4, (BrokenExecutor,)

    def jobs():
        for i in range(60):
            taken.append(i)
            yield i

    came = []
    for result in pool._through(jobs(), opened, lost):
        came.append(result["job"])
        assert len(taken) - len(came) - len(lost) <= 4
    assert sorted(came + lost) == list(range(60))
    assert len(lost) == len(dies_at | dead_at)


def test_a_container_has_the_memory_of_its_limit(monkeypatch, tmp_path):
    assert pool._memory_bytes(10**10) <= 10**10
    assert 1 <= pool.default_workers() <= len(os.sched_getaffinity(0))
    monkeypatch.setattr(pool, "_memory_bytes", lambda total: 10**9)
    assert pool.default_workers() == 1


def read_only(folder: Path):
    """Nobody can write there: root by a read-only mount, anybody else by its mode."""
    if os.getuid() == 0:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", folder], check=True)
    else:
        folder.chmod(0o500)


def writable(folder: Path):
    if os.getuid() == 0:
        subprocess.run(["umount", folder], check=True)
    else:
        folder.chmod(0o700)


def test_an_output_that_cannot_be_written_to_is_refused(again):
    place, _ = again
    (place.parent / "shut").mkdir()
    read_only(place.parent / "shut")
    try:
        with pytest.raises(Refused, match="cannot write in"):
            grade(place, place.parent / "shut")
    finally:
        writable(place.parent / "shut")


def test_a_forgotten_overlay_is_asked_for_again(again, tmp_path):
    place, folder = again
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "overlay.toml").write_text("[points]\nthroughput = 3\n")
    assert points(grade(place, folder, overlay=tmp_path / "mine"))["alice"] == 3
    for call in (lambda: grade(place, folder), lambda: regrade(folder)):
        with pytest.raises(Refused, match=r"was graded with --overlay .*mine: give it again"):
            call()
    assert points(regrade(folder, overlay=tmp_path / "mine"))["alice"] == 3
    (folder / "overlay.txt").unlink()
    assert points(grade(place, folder))["alice"] == 1


def test_results_of_another_course_key_are_graded_again(again):
    place, folder = again
    before = times(folder)
    grade(place, folder)
    graded = [name for name in before if not name.startswith("carol")]
    assert [times(folder)[name] for name in graded] == [before[name] for name in graded]
    (folder / "course.key").write_text("another key, which is long enough to be one")
    assert points(grade(place, folder))["alice"] == 1
    assert all(times(folder)[name] > before[name] for name in graded)


def test_a_system_without_affinity_still_tells_its_cores(monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity")
    assert slots.cores() == set(range(os.cpu_count()))
    assert pool.default_workers() >= 1
    monkeypatch.setattr(sys, "platform", "darwin")
    with slots.taken() as slot:
        assert slot == 0


def test_a_table_of_times_counts_for_late_days_and_stays(again, tmp_path):
    place, folder = again
    (tmp_path / "times.csv").write_text("student,received\nalice,2020-01-03T12:00Z\nbob,2020-01-01T12:00Z\n")
    grade(place, folder, received=tmp_path / "times.csv", deadline="2020-01-02T00:00Z", late_penalty=10)
    for _ in range(2):
        with Gradebook(folder) as book:
            assert {row.student: row.days for row in book.rows() if row.student != "carol"} == {"alice": 2, "bob": 0}
        grade(place, folder)


def test_a_test_that_fails_by_an_error_of_its_own_is_pointed_out(tmp_path):
    (tmp_path / "mine").mkdir()
    broken = "def _broken(answer, random):\n    raise ValueError\n\n\nLAWS = {'throughput': (_broken,)}\n"
    (tmp_path / "mine" / "overlay.toml").write_text("")
    (tmp_path / "mine" / "lab01.py").write_text(broken)
    (one,) = grade(hand_in(tmp_path / "in", alice=RIGHT), tmp_path / "grades", overlay=tmp_path / "mine")
    assert one["notes"] == ["a test of `throughput` failed on this answer by an error of its own"]
