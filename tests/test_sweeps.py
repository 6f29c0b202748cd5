"""Sweeps say where they are from, fit the weights they were made from, and are measured here once."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from counting import Counting
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit import data, kept, results, sweeps
from labkit.measure import fingerprint

settings.register_profile("labkit", deadline=None, derandomize=True)
settings.load_profile("labkit")

ROWS = [{"bits": 8, "accuracy": 0.5}, {"bits": 4, "accuracy": 0.25}]


@pytest.fixture(autouse=True)
def own_folders(tmp_path, monkeypatch):
    """A data folder with one weights file, and an empty results folder."""
    monkeypatch.setenv("LABKIT_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("LABKIT_RESULTS", str(tmp_path / "results"))
    (tmp_path / "data" / "weights").mkdir(parents=True)
    (tmp_path / "data" / "weights" / "net.safetensors").write_bytes(b"weights")
    restart()
    return tmp_path


def restart():
    kept._here.clear()


def test_a_saved_sweep_loads_as_it_was_and_says_where_it_is_from():
    sweeps.save("bits", ROWS, "tools/sweep_bits.py", ["net.safetensors"])
    sweep = sweeps.load("bits")
    assert sweep.rows == ROWS
    assert sweep.machine == fingerprint()
    assert "Shipped" in sweep.source
    assert "tools/sweep_bits.py" in sweep.source
    assert sweep.machine["cpu"] in sweep.source


def test_every_row_of_a_saved_sweep_is_a_line_of_its_own():
    sweeps.save("bits", ROWS, "tools/sweep_bits.py", ["net.safetensors"])
    lines = (sweeps.folder() / "bits.json").read_text().splitlines()
    assert [line.strip().rstrip(",") for line in lines if "accuracy" in line] == [json.dumps(row) for row in ROWS]


def test_a_sweep_of_other_weights_is_refused_with_the_way_out(own_folders):
    sweeps.save("bits", ROWS, "tools/sweep_bits.py", ["net.safetensors"])
    (own_folders / "data" / "weights" / "net.safetensors").write_bytes(b"other weights")
    with pytest.raises(data.DataError, match=r"other weights.*make sweeps"):
        sweeps.load("bits")


def test_a_sweep_whose_weights_are_missing_names_them(own_folders):
    sweeps.save("bits", ROWS, "tools/sweep_bits.py", ["net.safetensors"])
    (own_folders / "data" / "weights" / "net.safetensors").unlink()
    with pytest.raises(data.DataError, match=r"net\.safetensors"):
        sweeps.load("bits")


@pytest.mark.parametrize("damage", [None, b"", b"{", b"[]", b'{"rows": []}', b"\xff\xfe"])
def test_a_missing_or_damaged_sweep_says_how_to_restore_it(damage):
    if damage is not None:
        sweeps.folder().mkdir()
        (sweeps.folder() / "bits.json").write_bytes(damage)
    with pytest.raises(data.DataError, match=re.escape("git checkout -- data/sweeps/bits.json")):
        sweeps.load("bits")


def test_rows_are_found_by_their_values():
    sweep = sweeps.Sweep("bits", ROWS, "here", {})
    assert sweep.select(bits=4) == [ROWS[1]]
    assert sweep.select(bits=3) == sweep.select(width=8) == []
    assert sweep.one(bits=8, accuracy=0.5) == ROWS[0]


@pytest.mark.parametrize("values", [{"bits": 3}, {}])
def test_none_or_several_rows_are_not_one(values):
    with pytest.raises(KeyError, match="not one"):
        sweeps.Sweep("bits", ROWS, "here", {}).one(**values)


def here_after_a_restart(measure):
    restart()
    return sweeps.here("latency", measure, ("net.safetensors",))


def test_what_was_measured_here_is_taken_after_a_restart_and_says_so():
    measure = Counting(ROWS)
    first, second = here_after_a_restart(measure), here_after_a_restart(measure)
    assert first.rows == second.rows == ROWS
    assert measure.calls == 1
    assert first.source.startswith("Measured on this machine, now")
    assert re.search(r"^Measured on this machine, \d\d:\d\d .*; run the cell again to measure anew$", second.source)
    assert sweeps.here("latency", measure, ("net.safetensors",)).source == first.source
    assert measure.calls == 2


def test_other_weights_another_machine_and_a_quick_run_are_measured_anew(own_folders, monkeypatch):
    measure = Counting(ROWS)
    here_after_a_restart(measure)
    (own_folders / "data" / "weights" / "net.safetensors").write_bytes(b"other weights")
    here_after_a_restart(measure)
    monkeypatch.setattr(kept, "fingerprint", lambda: {**fingerprint(), "id": "another"})
    here_after_a_restart(measure)
    monkeypatch.setenv("LABKIT_QUICK", "0" if os.environ.get("LABKIT_QUICK") == "1" else "1")
    here_after_a_restart(measure)
    assert measure.calls == 4


def test_nothing_is_kept_of_a_measurement_that_failed():
    with pytest.raises(ZeroDivisionError):
        sweeps.here("latency", lambda: 1 / 0)
    assert not (results.folder() / "kept").exists()


def test_skipping_the_measurement_shows_shipped_rows_and_their_machine():
    sweeps.save("latency", ROWS, "tools/sweep_latency.py", ["net.safetensors"])
    measure = Counting(ROWS)
    assert "Shipped" in sweeps.here("latency", measure, skip=True).source
    assert measure.calls == 0


@given(st.lists(st.booleans(), max_size=3000))
def test_packed_answers_unpack_to_themselves(answers):
    assert sweeps.unpack(sweeps.pack(np.array(answers, bool))).tolist() == answers


def test_ten_thousand_answers_are_a_short_text():
    answers = np.random.default_rng(0).random(10_000) < 0.94
    assert len(sweeps.pack(answers)) < 1000


@pytest.mark.parametrize(
    ("rows", "message"),
    [(None, "gave no rows"), ([], "gave no rows"), ([{"a": float("nan")}], "cannot be kept"), ([{"a": {1}}], "cannot")],
)
def test_rows_that_cannot_be_kept_are_refused(rows, message, tmp_path, monkeypatch):
    monkeypatch.setenv("LABKIT_RESULTS", str(tmp_path))
    with pytest.raises(ValueError, match=message):
        sweeps.here("bad", lambda: rows)
    assert not list(tmp_path.rglob("bad*"))


@pytest.mark.parametrize("text", ["x", "9:", None, sweeps.pack(np.ones(99, bool))[:-6]])
def test_answers_cut_short_are_refused(text):
    with pytest.raises(ValueError, match="not what `pack` wrote"):
        sweeps.unpack(text)


@pytest.mark.parametrize(
    "script",
    [
        "tools/sweep_quantize.py",
        "tools/sweep_prune.py",
        "tools/reference_rows.py",
        "tools/build_notebooks.py",
        "benchmarks/run_lab.py",
    ],
)
def test_a_script_refuses_a_name_that_it_does_not_know_and_lists_those_it_knows(script):
    path = Path(__file__).parents[1] / script
    result = subprocess.run([sys.executable, str(path), "nonsense"], capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert re.search(r"error: no (sweep|part|lab) nonsense; there are \w+", result.stderr)
