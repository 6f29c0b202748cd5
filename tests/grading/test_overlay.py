"""An instructor's folder adds hidden laws and changes numbers; what is wrong in it is said with file and line."""

from pathlib import Path

import pytest

from labkit import check, exercises
from labkit.exercises.laws import Stopped
from labkit.grading import late, overlay
from labkit.grading.work import Limits
from labkit.notebooks.cells import Refused

EXAMPLE = Path(__file__).parents[2] / "docs" / "overlay"
LAW = "def law(answer, random):\n    {doc}\n    if answer(1.0, 2) != 2000:\n        raise Wrong('secret')\n"
HEAD = "from labkit.exercises.laws import Wrong\n\n"


def written(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text)
    return folder


def judged(folder: Path | None, answer, name: str = "throughput"):
    one = next(one for one in overlay.load(folder).master("01").exercises if one.name == name)
    return check.score(one, answer)


def right(latency_ms, batch):
    return batch * 1000 / latency_ms


def right_unless_slow(latency_ms, batch):
    return batch * 1000 / min(latency_ms, 10_000)


def test_without_a_folder_everything_stays_as_it_is():
    assert overlay.load(None) == overlay.Overlay()
    assert overlay.Overlay().limits == Limits()
    assert overlay.Overlay().master("01").exercises == exercises.of_lab("01")


def test_the_example_changes_points_and_limits():
    found = overlay.load(EXAMPLE)
    assert found.limits == Limits(call_seconds=5.0, submission_seconds=120.0)
    assert found.late_penalty == 10
    assert late.deadline(found.deadline).isoformat() == "2026-11-30T23:59:00+05:30"
    points = {one.name: one.points for one in found.master("01").exercises}
    assert points == {one.name: one.points for one in exercises.of_lab("01")} | {"throughput": 2.0, "verdict": 3.0}


def test_the_hidden_law_of_the_example_costs_its_share_and_tells_nothing():
    assert judged(None, right_unless_slow).points == 1.0
    assert judged(EXAMPLE, right).points == 2.0
    outcome = judged(EXAMPLE, right_unless_slow)
    assert outcome.points == pytest.approx(2 * 2 / 3)
    assert outcome.hints == ("the instructor's own test is not passed: a slow model",)


def test_the_example_is_not_passed_by_a_constant_and_an_empty_stub_is_not_attempted():
    def stub(*_):
        raise NotImplementedError

    assert judged(EXAMPLE, lambda *_: 1.0).points == 0
    assert not judged(EXAMPLE, stub).attempted


@pytest.mark.parametrize(
    ("doc", "said"), [("'''a big batch\n\n    secret'''", ": a big batch"), ("'''\n'''", ""), ("", "")]
)
def test_of_a_hidden_law_the_first_line_of_its_docstring_is_shown(tmp_path, doc, said):
    text = HEAD + LAW.format(doc=doc) + "LAWS = {'throughput': [law]}\n"
    outcome = judged(written(tmp_path, lab01_py=text), lambda *_: 7.0)
    assert f"the instructor's own test is not passed{said}" in outcome.hints
    assert "secret" not in " ".join(outcome.hints)


def test_a_dead_process_stays_one_whatever_the_hidden_law(tmp_path):
    def gone(*_):
        raise Stopped("gone")

    text = HEAD + LAW.format(doc="") + "LAWS = {'throughput': [law]}\n"
    (law,) = overlay.load(written(tmp_path, lab01_py=text)).laws["throughput"]
    with pytest.raises(Stopped):
        law(gone, None)


def test_a_hidden_law_can_use_dataclasses(tmp_path):
    text = "from __future__ import annotations\nfrom dataclasses import dataclass\n"
    text += "@dataclass\nclass Case:\n    x: int\nLAWS = {}\n"
    assert overlay.load(written(tmp_path, lab01_py=text)).laws == {}
    assert list(tmp_path.iterdir()) == [tmp_path / "lab01.py"]


REFUSED = {
    "points = 7": "line 1: 'points' should be a table",
    "\n[points]\nthruput = 1": "line 3: no exercise is called 'thruput'",
    "[points]\nthroughput = -1": "line 2: throughput = -1: a number of at least 0",
    "[points]\nthroughput = nan": "line 2: throughput = nan",
    "[points]\nthroughput = true": "line 2: throughput = True",
    "[points]\nthroughput = '2'": "line 2: throughput = '2'",
    "[limits]\ncall_second = 1": "line 2: no limit is called 'call_second'; there are call_seconds, cell_seconds",
    "[limits]\ncall_seconds = 0": "line 2: call_seconds = 0",
    "# point\n\npoint = 1": "line 3: 'point' means nothing here; there are points, limits, deadline, late_penalty",
    "late_penalty = 'ten'": "line 1: late_penalty = 'ten'",
    "[points\n": "line 1",
}


@pytest.mark.parametrize("text", REFUSED)
def test_settings_that_mean_nothing_are_refused_by_line(tmp_path, text):
    with pytest.raises(Refused) as refused:
        overlay.load(written(tmp_path, overlay_toml=text))
    assert "overlay.toml" in str(refused.value)
    assert REFUSED[text] in str(refused.value)
    assert "\n" not in str(refused.value)


BROKEN = {
    "LAWS = {\n\n": "line 1: SyntaxError",
    "x = 1\ny = z\n": "line 2: NameError: name 'z' is not defined",
    "def f():\n    return 1 / 0\n\n\nLAWS = f()": "line 2: ZeroDivisionError",
    "import sys\nsys.exit(0)": "line 2: SystemExit",
    "": "it needs a dictionary LAWS",
    "LAWS = {\n    'soften': (print,)}": "line 2: no exercise of this lab is called 'soften'",
    "LAWS = {'throughput': print}": "line 1: LAWS['throughput'] should be a tuple of functions",
    "LAWS = {'throughput': ('x',)}": "line 1: LAWS['throughput'] should be a tuple of functions",
    "LAWS = {'throughput': ()}": "line 1: LAWS['throughput'] should be a tuple of functions",
    "LAWS = {7: (print,)}": "no exercise of this lab is called 7",
}


@pytest.mark.parametrize("text", BROKEN)
def test_hidden_laws_that_do_not_load_are_refused_by_line(tmp_path, text):
    with pytest.raises(Refused) as refused:
        overlay.load(written(tmp_path, lab01_py=text))
    assert "lab01.py" in str(refused.value)
    assert BROKEN[text] in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_folder_that_is_none_is_refused(tmp_path):
    with pytest.raises(Refused, match="there is no overlay folder"):
        overlay.load(tmp_path / "nowhere")
    with pytest.raises(Refused, match=r"neither overlay\.toml nor hidden laws"):
        overlay.load(tmp_path)
    with pytest.raises(Refused, match=r"lab99\.py: there is no such lab"):
        overlay.load(written(tmp_path, lab99_py=""))
    (tmp_path / "lab99.py").unlink()
    (tmp_path / "overlay.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(Refused, match="it is not UTF-8"):
        overlay.load(tmp_path)


def test_the_course_key_is_read_and_a_short_one_refused(tmp_path):
    written(tmp_path, overlay_toml="", course_key="0123456789abcdef\n")
    assert overlay.load(tmp_path).key == b"0123456789abcdef"
    with pytest.raises(Refused, match="at least 16 characters"):
        overlay.load(written(tmp_path, course_key="short\n"))


def test_the_digest_changes_with_what_decides_over_points_and_not_with_the_deadline(tmp_path):
    def digest(**files):
        return overlay.load(written(tmp_path, **files)).digest

    first = digest(overlay_toml="[points]\nthroughput = 2")
    assert digest(overlay_toml="deadline = '2026-11-30T23:59Z'\n[points]\nthroughput = 2.0") == first
    assert digest(overlay_toml="[points]\nthroughput = 3") != first
    assert digest(overlay_toml="[limits]\ncall_seconds = 2\n[points]\nthroughput = 2") != first
    assert digest(overlay_toml="[points]\nthroughput = 2", lab01_py="LAWS = {}") != first


def test_a_deadline_may_be_a_time_of_toml(tmp_path):
    written(tmp_path, overlay_toml="deadline = 2026-11-30T23:59:00+05:30")
    assert late.deadline(overlay.load(tmp_path).deadline).utcoffset().total_seconds() == 5.5 * 3600


def test_limits_in_bytes_and_counts_are_whole_numbers(tmp_path):
    written(tmp_path, overlay_toml="[limits]\nmemory_bytes = 3e9\nprocesses = 32")
    limits = overlay.load(tmp_path).limits
    assert (limits.memory_bytes, limits.processes) == (3_000_000_000, 32)
    assert type(limits.memory_bytes) is int
