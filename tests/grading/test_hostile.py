"""Submissions that attack: no unearned point, nobody else's grade touched, one clear line; see `hostile/`.

Each `hostile/NAME.py` is what a student writes, `hostile/NAME.toml` what is expected. Where a file says @CLASS@, the
real path of all submissions stands when it is handed in: an attacker may know more than he should.
"""

import ctypes
import hashlib
import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import handed_in
import harmless
import outcomes
import psutil
import pytest

pytestmark = [pytest.mark.sandbox, pytest.mark.slow]

FOLDER = Path(__file__).parent / "hostile"
EVERY = outcomes.expected(FOLDER)
SHORT = "[limits]\ncall_seconds = 2\ncell_seconds = 4\nsubmission_seconds = 15\nmemory_bytes = 1_000_000_000\n"
HIDDEN = """
def _a_very_wide_layer(answer, random):
    from labkit.exercises.laws import Wrong, number

    if number(answer([("linear", 48151, 62342)]), "a number of parameters") != 48151 * 62342 + 62342:
        raise Wrong("a linear layer of 48151 inputs")


LAWS = {"count_parameters": (_a_very_wide_layer,)}
"""
HONEST = ("honest_first", "m_honest", "z_honest")
CANARY = "nobody may read or change this"
WATCHED = ("labs", "solutions", "labkit/exercises")
SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER of <linux/prctl.h>


class Class:
    """A folder of submissions, graded by the real command; what it left behind."""

    def __init__(self, home: Path, every: list[outcomes.Expected], limits: str) -> None:
        self.home, self.place, self.grades = home, home / "class", home / "grades"
        self.canary, self.shared = home / "canary" / "gradebook.sqlite", Path(f"/dev/shm/labkit-canary-{os.getpid()}")
        for path in (self.canary, self.shared):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(CANARY)
        (home / "overlay").mkdir()
        (home / "overlay" / "overlay.toml").write_text(limits)
        (home / "overlay" / "lab01.py").write_text(HIDDEN)
        (home / "tmp").mkdir()
        for name in HONEST:
            handed_in.write(handed_in.honest(), self.place / f"{name}.ipynb")
        with _listening() as port:
            for one in every:
                self._hand_in(one, port)
            self.before = _checksums(self)
            self.ran, self.survivors = _graded(self)
            self.after = _checksums(self)
        self.canaries = [path.read_text() for path in (self.canary, self.shared)]
        self.shared.unlink()
        found = [json.loads(path.read_text()) for path in self.grades.glob("results/*/*.json")]
        self.results = {one["student"]: one for one in found}

    def _hand_in(self, one: outcomes.Expected, port: int) -> None:
        known = {"ROOT": handed_in.ROOT, "CLASS": self.place, "GRADES": self.grades, "OVERLAY": self.home / "overlay"}
        known |= {"CANARY": self.canary, "SHARED": self.shared, "PORT": port}
        known |= {"NUL": "\0", "NESTED": "x = " + "(" * 9000 + ")" * 9000}
        script = re.sub("@([A-Z]+)@", lambda word: str(known[word[1]]), (FOLDER / f"{one.name}.py").read_text())
        handed_in.write(handed_in.with_cells(script, one.lab), self.place / f"{one.name}.ipynb")


@contextmanager
def _listening() -> Iterator[int]:
    """The number of a port on which this machine serves, and an abstract socket named by it; nobody may reach them."""
    with socket.create_server(("127.0.0.1", 0)) as door, socket.socket(socket.AF_UNIX) as other:
        port = door.getsockname()[1]
        other.bind(f"\0labkit-{port}")
        other.listen()
        yield port


def _checksums(one: Class) -> dict[str, str]:
    """Of every file that no submission may change."""
    places = [one.place, *(handed_in.ROOT / name for name in WATCHED)]
    files = [path for place in places for path in place.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def _graded(one: Class) -> tuple[subprocess.CompletedProcess, list]:
    """The run of `labkit grade`, and the processes that are left of it: orphans come to this process."""
    ctypes.CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0)
    before = set(psutil.Process().children(recursive=True))
    command = [sys.executable, "-m", "labkit", "grade", str(one.place), "-o", str(one.grades), "--workers", "2"]
    command += ["--overlay", str(one.home / "overlay")]
    environment = os.environ | {"TMPDIR": str(one.home / "tmp"), "LABKIT_SECRET": "a key"}
    ran = subprocess.run(
        command, capture_output=True, text=True, timeout=300, env=environment, cwd=one.home, stdin=subprocess.DEVNULL
    )
    left = set(psutil.Process().children(recursive=True)) - before
    _, alive = psutil.wait_procs(left, timeout=3)
    ctypes.CDLL(None).prctl(SUBREAPER, 0, 0, 0, 0)
    return ran, alive


@pytest.fixture(scope="module")
def classes(tmp_path_factory) -> dict[str, Class]:
    """Both classes: with short limits, and with those that every course has."""
    limits = {"short": SHORT, "default": "late_penalty = 0\n"}
    return {
        name: Class(tmp_path_factory.mktemp(name), [one for one in EVERY if one.limits == name], said)
        for name, said in limits.items()
    }


@pytest.fixture(params=("short", "default"))
def graded(request, classes) -> Class:
    return classes[request.param]


@pytest.mark.parametrize("one", EVERY, ids=lambda one: one.name)
def test_it_earns_what_it_deserves(one, classes):
    results = classes[one.limits].results
    assert one.found(results) == one.outcome(), json.dumps(results.get(one.name), indent=1)
    hints = {found["name"]: " ".join(found["hints"]) for found in results[one.name]["exercises"]}
    for exercise, words in one.hint.items():
        assert words in hints[exercise]


@pytest.mark.parametrize("one", EVERY, ids=lambda one: one.name)
def test_what_happened_is_said_in_plain_lines(one, classes):
    result = classes[one.limits].results[one.name]
    for found in result["exercises"]:
        assert bool(found["hints"]) == (found["points"] < found["possible"]), found
        assert all(line and "Traceback" not in line and "\n" not in line for line in found["hints"])
    if one.note is not None:
        assert one.note in " ".join(result["notes"])


@pytest.mark.parametrize("name", HONEST)
def test_honest_work_in_the_same_class_keeps_full_marks(name, graded):
    result = graded.results[name]
    assert all(one["points"] == one["possible"] and not one["hints"] for one in result["exercises"]), result
    assert result["notes"] == []


def test_the_run_ends_as_any_other(graded):
    assert graded.ran.returncode == 0, graded.ran.stderr[-2000:]
    assert "Traceback" not in graded.ran.stderr
    assert len(graded.results) == len(list(graded.place.iterdir()))


def test_nothing_outside_was_changed(graded):
    assert graded.after == graded.before
    assert graded.canaries == [CANARY, CANARY]


def test_nothing_is_left_behind(graded):
    assert graded.survivors == []
    assert [path.name for path in (graded.home / "tmp").iterdir() if not path.name.startswith("labkit-slots")] == []


def test_tables_hold_no_formula_and_pages_no_script(graded):
    assert list(graded.grades.rglob("*.csv"))
    assert len(list(graded.grades.rglob("*.html"))) >= len(graded.results)
    assert harmless.formulas(graded.grades) == []
    assert harmless.scripts(graded.grades) == []


def test_what_hidden_tests_asked_stays_with_the_instructor(graded):
    told = [*graded.grades.rglob("*.html"), *graded.grades.rglob("*.csv"), *graded.grades.glob("gradescope/*/*")]
    for text in (path.read_text(encoding="utf-8") for path in told):
        assert not re.search("LEAKED|48151|62342", text)
    logs = [line for one in graded.results.values() for found in one["exercises"] for line in found["log"]]
    assert any("LEAKED" in line for line in logs) == ("tells_the_hidden_inputs" in graded.results)


def test_the_page_of_the_docs_tells_what_was_found(classes):
    results = {name: result for one in classes.values() for name, result in one.results.items()}
    assert outcomes.on_page(outcomes.table("Hostile", EVERY, results))
