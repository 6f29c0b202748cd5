"""The page of what the labs take of memory: every lab is there, and below what Binder gives."""

import importlib
import json
import sys
from pathlib import Path

import pytest

from labkit import exercises

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))
lab_memory = importlib.import_module("lab_memory")
SAID = json.loads((ROOT / "docs" / "memory.json").read_text(encoding="utf-8"))


def test_every_lab_was_measured_and_stays_below_one_and_a_half_gigabytes():
    peaks = {name[:2]: peak for name, peak in SAID["peak_memory_bytes"].items()}
    assert list(peaks) == list(exercises.LABS)
    assert max(peaks.values()) < 1.5e9
    assert min(peaks.values()) > 1e8  # torch alone takes more


def test_the_page_is_that_of_the_measurement():
    assert (ROOT / "docs" / "memory.md").read_text(encoding="utf-8") == lab_memory.page(SAID)


@pytest.mark.parametrize(("peak", "code"), [(1_499_999_999, 0), (1_500_000_000, 1)])
def test_a_lab_that_takes_too_much_makes_the_command_fail_by_name(tmp_path, capsys, peak, code):
    labs = {"01_benchmark": {"peak_memory_bytes": peak, "seconds": 1.0}}
    (tmp_path / "run_lab.json").write_text(json.dumps({"machine": SAID["machine"], **labs}))
    assert lab_memory.main([str(tmp_path / "run_lab.json"), "-o", str(tmp_path)]) == code
    assert ("01_benchmark" in capsys.readouterr().out) == bool(code)
    assert "| 01 | 1,500 |" in (tmp_path / "memory.md").read_text(encoding="utf-8")


def test_without_a_measurement_the_command_to_run_first_is_named(tmp_path, capsys):
    with pytest.raises(SystemExit):
        lab_memory.main([str(tmp_path / "none.json")])
    assert "benchmarks/run_lab.py" in capsys.readouterr().err
