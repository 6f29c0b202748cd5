"""Killed 50 times over, two at once, on a cluster that loses a worker: each time the grades are those of a calm run."""

import hashlib
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest
from handed_in import lab, with_cells, write

pytestmark = [pytest.mark.sandbox, pytest.mark.slow]

RIGHT = """
# %% exercise="throughput"
def throughput(latency_ms, batch):
    return batch * 1000 / latency_ms

# %% exercise="megabytes"
def megabytes(size_bytes):
    return size_bytes / 1e6, size_bytes / 2**20
"""
STUDENTS = 12
KILLS = 50
GONE_SECONDS = 10


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Twelve submissions: every third has a mistake, and one takes its process away."""
    folder = tmp_path_factory.mktemp("killed") / "in"
    for i in range(STUDENTS):
        script = RIGHT.replace("batch * ", "") if i % 3 == 0 else RIGHT
        script = script.replace("return size", "import os; os._exit(0); return size") if i == 5 else script
        write(with_cells(script, "01", lab), folder / f"student{i:02}.ipynb")
    return folder


@pytest.fixture(scope="module")
def calm(place):
    """The output folder of a run that nobody disturbs."""
    folder = place.parent / "calm"
    done = start(place, folder)
    assert done.wait() == 0, done.stderr.read()
    assert sum(points(folder).values()) == 12 * 2 - 4 * 0.5 - 1
    return folder


def start(place: Path, folder: Path) -> subprocess.Popen:
    command = [sys.executable, "-m", "labkit", "grade", place, "-o", folder, "--workers", "2"]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def results(folder: Path) -> list[dict]:
    """All results but what depends on time; a file that is not whole is an error."""
    found = [json.loads(path.read_text()) for path in sorted(folder.glob("results/*/*.json"))]
    return [{key: value for key, value in one.items() if key != "seconds"} for one in found]


def points(folder: Path) -> dict[str, float]:
    return {one["student"]: sum(part["points"] for part in one["exercises"]) for one in results(folder)}


def family(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def workers(pid: int) -> list[psutil.Process]:
    """The processes that grade: what the server forked that `multiprocessing` started."""
    found = []
    for one in family(pid):
        try:
            if all("forkserver" in " ".join(process.cmdline()) for process in (one, one.parent())):
                found.append(one)
        except (psutil.NoSuchProcess, AttributeError):
            continue
    return found


def assert_gone(processes: list[psutil.Process]) -> None:
    assert psutil.wait_procs(processes, timeout=GONE_SECONDS)[1] == []


def new_folder(calm: Path, number: int) -> Path:
    """An output folder with the same course key, and so the same inputs."""
    folder = calm.parent / f"killed{number}"
    folder.mkdir()
    shutil.copy(calm / "course.key", folder)
    return folder


def killed_runs(place: Path, calm: Path) -> list[Path]:
    """The folders of runs that were killed at random moments, and gone on with until they were through."""
    chance, folders, kills, halfway = random.Random(5), [new_folder(calm, 0)], 0, 0
    longest = seconds_of_a_run(place, calm)
    while kills < KILLS:
        run = start(place, folders[-1])
        if chance.random() < 0.3:  # one worker first: those jobs are tried once more
            ends_by(run, chance.uniform(longest / 3, longest))
            for one in workers(run.pid)[:1]:
                one.kill()
        if ends_by(run, chance.uniform(longest / 8, longest)):
            assert run.returncode == 0, run.stderr.read()
            folders.append(new_folder(calm, len(folders)))
        else:
            alive = family(run.pid)
            run.kill()
            kills += 1
            run.wait()
            assert_gone(alive)
            halfway += 0 < len(list(folders[-1].glob("results/*/*.json"))) < STUDENTS
        run.stderr.close()
    assert halfway > KILLS // 10  # else the kills came before there was anything to lose
    return folders


def seconds_of_a_run(place: Path, calm: Path) -> float:
    began = time.monotonic()
    assert start(place, new_folder(calm, 1000)).wait() == 0
    return time.monotonic() - began


def ends_by(run: subprocess.Popen, seconds: float) -> bool:
    """Whether the run ends by itself within so many seconds."""
    try:
        run.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def assert_whole(folder: Path) -> None:
    for path in folder.glob("submissions/*/*"):
        assert hashlib.sha256(path.read_bytes()).hexdigest() == path.stem
    assert [path for path in folder.rglob(".*") if path.name != ".lock"] == []
    with sqlite3.connect(folder / "gradebook.sqlite") as book:
        assert book.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert book.execute("SELECT count(*) FROM results").fetchone() == (STUDENTS,)


def test_a_grader_that_is_killed_50_times_gives_the_grades_of_a_calm_run(place, calm):
    folders = killed_runs(place, calm)
    last = start(place, folders[-1])
    assert last.wait() == 0, last.stderr.read()
    for folder in folders:
        assert results(folder) == results(calm)
        assert (folder / "grades.csv").read_bytes() == (calm / "grades.csv").read_bytes()
        assert_whole(folder)


def with_a_slow_one(place: Path, folder: Path) -> Path:
    """The same class and one more, who takes 8 seconds: there is time to come in between."""
    slow = RIGHT.replace("return batch", "import time; time.sleep(4); return batch")
    write(with_cells(slow, "01", lab), shutil.copytree(place, folder) / "zoe.ipynb")
    return folder


def test_two_graders_at_once_share_a_machine_and_no_folder(place, calm, tmp_path):
    place = with_a_slow_one(place, tmp_path / "in")
    folders = [new_folder(calm, 100), new_folder(calm, 101)]
    first, second = start(place, folders[0]), start(place, folders[1])
    while not (folders[0] / ".lock").exists() or not (folders[0] / ".lock").read_text():
        time.sleep(0.01)
    third = start(place, folders[0])
    assert third.wait() == 2
    assert f"another grader (process {first.pid}, since" in third.stderr.read()
    for run, folder in zip((first, second), folders):
        assert run.wait() == 0, run.stderr.read()
        assert points(folder) == points(calm) | {"zoe": 2}


@pytest.fixture
def heeds_ctrl_c():
    """What a shell starts in the background ignores Ctrl-C, and so does all that it starts in turn: not here."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heeds_ctrl_c")
def test_ctrl_c_says_that_the_same_command_goes_on(place, calm, tmp_path):
    place, folder = with_a_slow_one(place, tmp_path / "in"), new_folder(calm, 200)
    run = start(place, folder)
    while not list(folder.glob("results/*/*.json")):
        time.sleep(0.01)
    alive = family(run.pid)
    run.send_signal(signal.SIGINT)
    said = run.stderr.read()
    assert run.wait() == 2
    assert "give the same command again" in said
    assert "Traceback" not in said
    assert_gone(alive)
    again = start(place, folder)
    assert again.wait() == 0, again.stderr.read()
    assert points(folder) == points(calm) | {"zoe": 2}


@pytest.mark.parametrize("size", ["100k", "250k"])  # room for no copy of all; for all but the gradebook
def test_a_disk_that_fills_up_loses_nothing(place, calm, tmp_path, size):
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", tmp_path], check=True)
    try:
        shutil.copy(calm / "course.key", tmp_path)
        command = [sys.executable, "-c", FULL, place, tmp_path]
        full = subprocess.run(command, capture_output=True, text=True)
        assert "on the disk" in full.stdout or "disk of" in full.stdout, full.stderr
        assert "the same command" in full.stdout
        results(tmp_path)
        subprocess.run(["mount", "-o", "remount,size=200m", tmp_path], check=True)
        last = start(place, tmp_path)
        assert last.wait() == 0, last.stderr.read()
        assert results(tmp_path) == results(calm)
    finally:
        subprocess.run(["umount", "-l", tmp_path], check=True)


# The free space is looked at first; here it is used up by somebody else afterwards.
FULL = """
import sys
from pathlib import Path
from labkit.grading import output, run, work
if __name__ == "__main__":
    output.RESERVE_BYTES = -1e9
    try:
        run.grade_class(Path(sys.argv[1]), Path(sys.argv[2]), workers=2, show=False)
    except work.CannotGrade as error:
        print(error)
"""


@pytest.fixture
def cluster(monkeypatch):
    """A real scheduler and two workers on this machine."""
    from distributed import LocalCluster

    monkeypatch.setenv("DASK_DISTRIBUTED__WORKER__MULTIPROCESSING_METHOD", "spawn")
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        yield cluster


def test_a_cluster_that_loses_a_worker_gives_the_same_grades(place, calm, cluster):
    from labkit.grading import run

    folder, killed = new_folder(calm, 300), []

    def kill() -> None:
        while len(list(folder.glob("results/*/*.json"))) < 3:
            time.sleep(0.01)
        nanny = next(iter(cluster.workers.values()))
        killed.append(nanny.process.process.pid)
        os.kill(killed[0], signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    graded = run.grade_class(place, folder, scheduler=cluster.scheduler_address, show=False)
    killer.join()
    assert killed
    assert len(graded) == STUDENTS
    assert results(folder) == results(calm)


def test_a_scheduler_that_does_not_answer_is_named(place, tmp_path, monkeypatch):
    from labkit.grading import pool, run
    from labkit.grading.work import CannotGrade

    monkeypatch.setattr(pool, "ANSWER_SECONDS", 1)
    with pytest.raises(CannotGrade, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9"):
        run.grade_class(place, tmp_path / "grades", scheduler="tcp://127.0.0.1:9", show=False)
