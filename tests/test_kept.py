"""What took long is kept over a restart of the kernel, comes back as it was, and is done anew if something changed."""

import ast
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import nbformat
import numpy as np
import pytest
from counting import Counting
from nbclient import NotebookClient

import labkit as lk
from labkit import kept, results
from labkit.measure import Peak, compare, measurement, race

LABS = sorted((Path(__file__).parents[1] / "solutions").glob("[0-9][0-9]_*.py"))


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """An empty results folder, and a kernel that has just been started."""
    monkeypatch.setenv("LABKIT_RESULTS", str(tmp_path / "results"))
    restart()
    return tmp_path / "results"


def restart():
    kept._here.clear()


def asked(count, *needs):
    return lk.keep("counted", count, *needs)


def test_after_a_restart_the_earlier_result_is_taken_with_its_time_and_later_calls_work_anew(capsys):
    count = Counting()
    assert [asked(count), asked(count)] == [1, 2]
    assert capsys.readouterr().out == ""
    restart()
    assert asked(count) == 2
    then = kept.moment(written("counted")["time"])
    said = f"counted: from {then}, on this machine; run the cell again to do it anew\n"
    assert capsys.readouterr().out == said
    assert [asked(count), asked(count)] == [3, 4]
    assert capsys.readouterr().out == ""


def file_of(name):
    quick = os.environ.get("LABKIT_QUICK") == "1"
    return results.folder() / "kept" / (f"{name}-quick.json" if quick else f"{name}.json")


def written(name):
    return json.loads(file_of(name).read_bytes())


def test_a_real_restart_takes_what_a_process_before_it_made(folder):
    program = "import labkit as lk, os; print(lk.keep('number', lambda: os.getpid()))"
    printed = [
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.splitlines()
        for _ in range(2)
    ]
    assert len(printed[0]) == 1
    assert printed[1][0].startswith("number: from ")
    assert printed[1][1] == printed[0][0]


@pytest.mark.parametrize(
    "change",
    [
        lambda patch: patch.setattr(kept, "fingerprint", lambda: {"id": "another"}),
        lambda patch: patch.setattr(kept, "__version__", "9"),
        lambda patch: patch.setenv("LABKIT_QUICK", "0" if os.environ.get("LABKIT_QUICK") == "1" else "1"),
    ],
    ids=["another machine", "another labkit", "a quick run"],
)
def test_what_was_done_elsewhere_is_done_anew(change, monkeypatch):
    count = Counting()
    asked(count)
    restart()
    change(monkeypatch)
    assert asked(count) == 2


def test_a_quick_run_leaves_the_long_one_as_it_was(monkeypatch):
    count = Counting()
    for quick in ("0", "1", "0", "1"):
        restart()
        monkeypatch.setenv("LABKIT_QUICK", quick)
        asked(count)
    assert count.calls == 2


def test_other_needs_are_done_anew(folder):
    count, file = Counting(), folder.parent / "model.onnx"
    file.write_bytes(b"one")
    asked(count, file)
    restart()
    assert asked(count, file) == 1
    restart()
    file.write_bytes(b"two")
    assert asked(count, file) == 2


@pytest.mark.parametrize(
    "damage", [b"", b"{", b"[]", b"{}", b"\xff", b'{"key": 1, "time": 2, "value": 3}', b"[" * 10_000]
)
def test_a_damaged_file_is_made_again(damage):
    count = Counting()
    asked(count)
    file_of("counted").write_bytes(damage)
    restart()
    assert asked(count) == 2
    restart()
    assert asked(count) == 2


def test_a_file_cut_short_anywhere_is_made_again():
    count = Counting()
    asked(count)
    path = file_of("counted")
    whole = path.read_bytes()
    for end in range(0, len(whole), 7):
        path.write_bytes(whole[:end])
        restart()
        asked(count)
        assert path.read_bytes() != whole[:end]
    assert count.calls == 1 + len(range(0, len(whole), 7))


def test_work_that_fails_keeps_nothing_and_the_earlier_result_stays():
    with pytest.raises(ZeroDivisionError):
        lk.keep("broken", lambda: 1 / 0)
    assert not (results.folder() / "kept").exists()


def predict(images):
    return images @ np.ones((4, 3), np.float32)


IMAGES = np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32)
COMPARED = compare({"one": predict, "two": lambda images: predict(images)[:, :2]}, IMAGES, seconds=0.02)


@pytest.mark.parametrize(
    "value",
    [
        {"text": "ä\n", 3: [1, 2.5, None, True], (1, 2): ({}, [], ())},
        [float("inf"), float("-inf"), 1e-300, 10**400],
        COMPARED,
        race({(1, 2): lambda: None, (32, 1): lambda: None}, seconds=0.02),
        Peak(3, 2, 4, 3),
        measurement("baseline", "01", predict, COMPARED["one"], runtime="a test"),
    ],
    ids=["plain", "extreme numbers", "comparison", "race", "peak", "row"],
)
def test_a_result_comes_back_equal_and_of_the_same_kind(value):
    first = lk.keep("value", lambda: value)
    restart()
    again = lk.keep("value", lambda: value)
    assert first == again == value
    assert type(first) is type(again) is type(value)
    assert repr(again) == repr(value)


@pytest.mark.parametrize(
    "array", [IMAGES, np.array([True, False]), np.zeros((0, 3)), np.array("text"), np.arange(6).reshape(2, 3).T]
)
def test_an_array_comes_back_with_its_kind_of_numbers_and_its_shape(array):
    lk.keep("array", lambda: [array])
    restart()
    (again,) = lk.keep("array", lambda: [array])
    assert (again.dtype, again.shape, again.tolist()) == (array.dtype, array.shape, array.tolist())


def test_the_first_result_has_the_kinds_that_come_back_later():
    assert type(lk.keep("number", lambda: np.float64(0.5))) is float


def test_a_file_is_taken_only_while_it_is_there_and_unchanged(folder):
    count = Counting()

    def one_file():
        model = folder / "02" / "model.onnx"
        model.parent.mkdir(parents=True, exist_ok=True)
        model.write_bytes(b"%d" % count())
        return {"int8": model}

    def bytes_after_restart():
        restart()
        return lk.keep("files", one_file)["int8"].read_bytes()

    assert [bytes_after_restart(), bytes_after_restart()] == [b"1", b"1"]
    (folder / "02" / "model.onnx").write_bytes(b"something else")
    assert bytes_after_restart() == b"2"
    (folder / "02" / "model.onnx").unlink()
    assert bytes_after_restart() == b"3"


@dataclass(frozen=True)
class Stranger:
    """A dataclass that is not labkit's."""

    number: int = 0


@pytest.mark.parametrize("value", [Stranger(), {1, 2}, lambda: 0, 1j, Path(__file__)])
def test_what_cannot_be_kept_is_refused_with_its_name(value):
    with pytest.raises(TypeError, match=r"^odd: a \w+ cannot be kept"):
        lk.keep("odd", lambda: [value])
    assert not (results.folder() / "kept").exists()


@pytest.mark.parametrize(
    "value",
    [
        {"labkit": ["os", "system", [["command", "touch here"]]]},
        {"labkit": ["labkit.results", "append", [["name", "x"], ["row", {"dict": []}]]]},
        {"labkit": ["test_kept", "Stranger", []]},
        {"file": ["../secret", "0" * 64]},
        {"array": "gASVAAAA"},
        {"unknown": 1},
        {"tuple": [], "list": []},
    ],
)
def test_nothing_but_labkits_own_results_is_made_from_a_file(value, folder):
    count = Counting()
    asked(count)
    path = file_of("counted")
    path.write_text(json.dumps(written("counted") | {"value": value}))
    restart()
    assert asked(count) == 2
    assert sorted(one.name for one in folder.rglob("*") if one.is_file()) == [path.name]


def test_what_nobody_can_compare_is_done_each_time_with_a_sentence(capsys):
    connection, count = object(), Counting()
    for _ in range(2):
        restart()
        lk.keep("open", lambda: (connection, count())[1])
    assert count.calls == 2
    assert capsys.readouterr().out.count("open: not kept, since nobody can tell whether a ") == 2


@pytest.mark.parametrize("name", ["", "../x", "a b", "-x", "x/y", "x.json"])
def test_a_name_that_is_none_of_a_file_is_refused(name):
    with pytest.raises(ValueError, match="a name of letters"):
        lk.keep(name, lambda: 0)


def test_a_moment_is_today_or_has_its_date():
    now = datetime.now(UTC)
    assert kept.moment(now.isoformat(), now).endswith(" today")
    assert kept.moment((now - timedelta(days=1)).isoformat(), now).endswith(
        f" on {(now.astimezone() - timedelta(days=1)):%Y-%m-%d}"
    )


def names_kept(path):
    """The names that a lab's cells give to `lk.keep`."""
    calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    return [ast.literal_eval(one.args[0]) for one in calls if getattr(one.func, "attr", "") == "keep"]


@pytest.mark.parametrize("path", LABS, ids=lambda path: path.stem)
def test_a_lab_keeps_each_result_under_a_name_of_its_own(path):
    names = names_kept(path)
    assert names
    assert len(set(names)) == len(names)
    assert {name[:3] for name in names} == {f"{path.stem[:2]}_"}


@pytest.mark.parametrize("path", LABS, ids=lambda path: path.stem)
def test_a_lab_says_how_to_go_on_after_a_restart_before_its_first_cell(path):
    frame = " ".join(path.read_text(encoding="utf-8").split("# %% setup")[0].replace("\n# ", " ").split())
    assert "To go on after a restart of the kernel, choose *Run*, *Run All Above Selected Cell*" in frame


@pytest.mark.slow
def test_a_lab_that_runs_again_after_a_restart_takes_all_that_it_kept_and_doubles_no_row(folder, monkeypatch):
    monkeypatch.setenv("LABKIT_QUICK", "1")
    path = next(one for one in LABS if one.stem.startswith("04"))
    first, rows = printed_by(path.with_suffix(".ipynb")), lines_of(folder)
    again = printed_by(path.with_suffix(".ipynb"))
    taken = [f"{name}: from " in again for name in names_kept(path)]
    assert all(taken)
    assert "run the cell again" not in first
    assert lines_of(folder) == rows


def printed_by(path):
    """What the cells of a notebook print, in a kernel of its own."""
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(path.parent)}}).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return "".join(output.text for output in outputs if output.output_type == "stream")


def lines_of(folder):
    return {
        one.name: one.read_bytes().splitlines()
        for one in map(folder.joinpath, ("measurements.jsonl", "verdicts.jsonl"))
    }
