"""Results are kept whatever happens: several writers, a crash in mid-line, a file that somebody edited."""

import json
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock

from labkit import results
from labkit.measure import fingerprint, measurement

ROW = measurement("baseline", "01", runtime="PyTorch", latency_ms=1.0)


@pytest.fixture(autouse=True)
def kept(monkeypatch, tmp_path):
    """The results folder of this test, which does not exist yet."""
    monkeypatch.setenv("LABKIT_RESULTS", str(tmp_path / "kept"))
    return tmp_path / "kept"


def on(machine: str, **changes):
    """A row of another machine."""
    return replace(ROW, machine={"id": machine}, **changes)


def test_a_row_comes_back_as_it_went_in():
    assert results.save(ROW) is ROW
    found = results.read("measurements")[0]
    assert type(ROW)(**found) == ROW


def test_a_row_that_says_the_same_again_is_not_doubled_and_keeps_its_first_time():
    results.save(ROW)
    later = replace(ROW, time="2030-01-01T00:00:00+00:00")
    assert results.save(later) == ROW
    assert len(results.read("measurements")) == 1


def test_another_figure_variant_or_machine_is_a_row_of_its_own_and_so_is_the_first_after_that():
    rows = [ROW, replace(ROW, latency_ms=2.0), replace(ROW, variant="other"), on("another"), ROW]
    assert [results.save(row) for row in rows] == rows
    assert len(results.read("measurements")) == 5


def test_rows_come_back_oldest_first_and_names_are_kept_apart():
    for number in range(3):
        results.append("counts", {"number": number})
    results.append("others", {"text": "two\nlines, \u2028 and an umlaut: ü"})
    assert [row["number"] for row in results.read("counts")] == [0, 1, 2]
    assert results.read("others") == [{"text": "two\nlines, \u2028 and an umlaut: ü"}]


def test_without_a_file_there_are_no_rows_and_no_folder_is_made(kept):
    assert results.read("measurements") == []
    assert results.table().empty
    assert results.table("01").empty
    assert not kept.exists()


def test_labkit_results_says_where_rows_go(kept):
    assert results.folder() == kept
    results.save(ROW)
    assert len((kept / "measurements.jsonl").read_text().splitlines()) == 1


def test_rows_go_to_the_repository_or_to_where_python_runs(monkeypatch, tmp_path):
    monkeypatch.delenv("LABKIT_RESULTS")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(results, "__file__", str(tmp_path / "repository" / "labkit" / "results.py"))
    assert results.folder() == Path.cwd() / "results"
    (tmp_path / "repository" / "labs").mkdir(parents=True)
    assert results.folder() == tmp_path / "repository" / "results"
    monkeypatch.setenv("LABKIT_RESULTS", "")
    assert results.folder() == tmp_path / "repository" / "results"


WRITER = """
import sys
from labkit import results
sys.stdin.readline()  # all start together
for number in range(25):
    results.append("counts", {"writer": int(sys.argv[1]), "number": number, "filling": "x" * 5000})
"""


def test_four_writers_at_once_lose_nothing_and_break_no_line(kept):
    start = [sys.executable, "-c", WRITER]
    writers = [subprocess.Popen([*start, str(i)], stdin=subprocess.PIPE, text=True) for i in range(4)]
    for writer in writers:
        writer.stdin.write("go\n")
        writer.stdin.flush()
    assert [writer.wait(60) for writer in writers] == [0] * 4
    for writer in writers:
        writer.stdin.close()
    rows = [json.loads(line) for line in (kept / "counts.jsonl").read_text().splitlines()]
    for i in range(4):
        assert [row["number"] for row in rows if row["writer"] == i] == list(range(25))
    assert len(rows) == 100


def test_a_writer_waits_until_the_other_has_finished_its_line(kept):
    kept.mkdir()
    writer = threading.Thread(target=results.append, args=("counts", {"number": 1}))
    with FileLock(kept / "counts.jsonl.lock"):
        writer.start()
        writer.join(0.2)
        assert writer.is_alive()
        (kept / "counts.jsonl").write_bytes(b'{"number": 0}\n')
    writer.join(10)
    assert results.read("counts") == [{"number": 0}, {"number": 1}]


def test_a_half_written_last_line_spoils_neither_what_was_nor_what_comes(kept):
    results.append("counts", {"number": 0})
    with (kept / "counts.jsonl").open("ab") as file:
        file.write(b'{"number": 1, "tex')
    results.append("counts", {"number": 2})
    lines = (kept / "counts.jsonl").read_bytes().split(b"\n")
    assert lines == [b'{"number": 0}', b'{"number": 1, "tex', b'{"number": 2}', b""]
    with pytest.warns(UserWarning, match=r"counts\.jsonl: left out unreadable line\(s\) 2$"):
        assert results.read("counts") == [{"number": 0}, {"number": 2}]


def test_a_whole_last_line_without_its_end_is_kept(kept):
    kept.mkdir()
    (kept / "counts.jsonl").write_bytes(b'{"number": 0}')
    results.append("counts", {"number": 1})
    assert results.read("counts") == [{"number": 0}, {"number": 1}]


def test_unreadable_lines_are_left_out_and_their_numbers_said(kept, recwarn):
    kept.mkdir()
    garbage = [b"\xff\xfe\x00{", b"[1, 2]", b'"a text"', b"null", b"[" * 100_000, b'{"a": 1}}', b"<<<<<<< HEAD"]
    whole = b'{"number": 7}'
    (kept / "counts.jsonl").write_bytes(b"\n".join([whole, *garbage, b"", b"  ", whole, b""]))
    assert results.read("counts") == [{"number": 7}] * 2
    assert str(recwarn.pop(UserWarning).message).endswith("left out unreadable line(s) 2, 3, 4, 5, 6, 7, 8")
    assert not recwarn


def test_a_file_of_random_bytes_gives_no_rows_and_takes_new_ones(kept):
    kept.mkdir()
    (kept / "counts.jsonl").write_bytes(np.random.default_rng(0).bytes(4096))
    results.append("counts", {"number": 1})
    with pytest.warns(UserWarning, match="unreadable"):
        assert results.read("counts") == [{"number": 1}]


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_nan_and_infinity_are_refused_and_nothing_is_written(kept, bad):
    results.append("counts", {"number": 1})
    with pytest.raises(ValueError, match="not JSON compliant"):
        results.append("counts", {"number": bad})
    assert results.read("counts") == [{"number": 1}]


def test_the_table_keeps_the_latest_row_of_each_variant_on_each_machine():
    for row in (
        on("a", latency_ms=1.0),
        on("b", latency_ms=2.0),
        on("a", latency_ms=3.0, batch=32),
        on("a", latency_ms=4.0, threads=2),
        on("a", latency_ms=5.0, runtime="ONNX Runtime"),
        on("a", latency_ms=6.0, variant="int8"),
        on("a", latency_ms=7.0, lab="02"),
        on("a", latency_ms=8.0),  # replaces the first
    ):
        results.save(row)
    table = results.table()
    assert table["latency_ms"].tolist() == [2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]
    assert table["machine"].tolist() == ["b", "a", "a", "a", "a", "a", "a"]
    assert table.index.tolist() == list(range(7))
    assert len(results.read("measurements")) == 8  # nothing is forgotten


def test_the_table_of_one_lab_holds_no_other():
    for lab in ("01", "02"):
        results.save(on(lab, lab=lab))
    assert results.table("02")["lab"].tolist() == ["02"]
    assert results.table("02").index.tolist() == [0]
    assert results.table("03").empty


def test_a_line_that_is_no_measurement_does_not_break_the_table():
    results.append("measurements", {"variant": "typed in by hand"})
    assert results.table().empty
    results.save(ROW)
    assert results.table()["variant"].tolist() == ["baseline"]


def test_budgets_grow_with_the_device():
    room = [budget.max_bytes for budget in results.BUDGETS]
    assert room == sorted(set(room))
    assert all(budget.device and budget.why for budget in results.BUDGETS)


def test_a_folder_that_cannot_be_written_to_is_named_with_the_way_out(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LABKIT_RESULTS", str(tmp_path / "file" / "results"))
    with pytest.raises(OSError, match="set LABKIT_RESULTS to a folder of yours"):
        results.append("measurements", {"a": 1})


def test_a_row_whose_machine_is_no_machine_is_left_out_of_the_table(tmp_path, monkeypatch):
    monkeypatch.setenv("LABKIT_RESULTS", str(tmp_path))
    row = {"lab": "01", "variant": "baseline", "runtime": "PyTorch", "threads": 1, "batch": 1}
    for machine in (None, "x", {}, {"id": "a"}):
        results.append("measurements", row | {"machine": machine})
    assert results.table()["machine"].tolist() == ["a"]


GOOD = {
    "lab": "07",
    "variant": "baseline",
    "runtime": "PyTorch",
    "threads": 1,
    "batch": 1,
    "latency_ms": 1.0,
    "latency_low_ms": 0.9,
    "latency_high_ms": 1.1,
    "size_bytes": 1000,
    "accuracy": 0.9,
    "accuracy_low": 0.89,
    "accuracy_high": 0.91,
    "images": 10_000,
}
BAD_FIGURES = [
    {"variant": ["a"]},
    {"lab": 7},
    {"lab": None},
    {"runtime": {"a": 1}},
    {"threads": "1"},
    {"batch": True},
    {"latency_ms": "fast"},
    {"latency_ms": 0},
    {"latency_ms": float("nan")},
    {"latency_ms": 1e300},
    {"latency_ms": 10**400},
    {"latency_ms": 2.0},  # outside its interval
    {"latency_high_ms": None},  # half an interval
    {"size_bytes": [1]},
    {"size_bytes": -1},
    {"accuracy": 1.1, "accuracy_high": 1.2},
]


@pytest.mark.parametrize("change", BAD_FIGURES, ids=str)
def test_a_row_edited_by_hand_is_left_out_and_the_others_stay(kept, change):
    kept.mkdir(parents=True, exist_ok=True)
    machine = {"machine": fingerprint()}
    rows = [GOOD | machine, GOOD | {"variant": "edited"} | machine | change]
    (kept / "measurements.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert results.table()["variant"].tolist() == ["baseline"]
    found = results.comparable(results.everything())
    assert found["variant"].tolist() == ["baseline"]


def test_an_accuracy_without_its_interval_is_not_compared(kept):
    kept.mkdir(parents=True, exist_ok=True)
    row = {**GOOD, "machine": fingerprint(), "accuracy_low": None, "accuracy_high": None}
    (kept / "measurements.jsonl").write_text(json.dumps(row) + "\n")
    assert len(results.table()) == 1
    with pytest.raises(ValueError, match="no rows to compare"):
        results.comparable(results.everything())
