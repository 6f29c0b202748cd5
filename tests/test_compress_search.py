"""The search from end to end: the same choice twice, work that a kill cannot lose, a card of what was measured."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from labkit import compress, data, mobile, models, results, runtimes, train
from labkit.compress import build, store
from labkit.compress.choice import points_lost
from labkit.measure import Measurement, accuracy_difference, size

pytestmark = pytest.mark.slow

ASKED = {"max_bytes": 60_000, "max_drop": 2.0, "starts": ["student_soft_0"], "seconds": 0.3, "page": False}
FORMS = ("float32", "int8 weights")
PROGRAM = "from labkit import compress; compress.search(folder={folder!r}, precisions={forms!r}, **{asked!r})"
CHANGING = ("time", "headline", "machine")  # of a card: what another run on the same machine may not repeat


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """A search that nobody interrupted."""
    folder = tmp_path_factory.mktemp("whole") / "out"
    return compress.search("browser", folder=folder, precisions=FORMS, **ASKED)


def counted(card: dict) -> dict:
    """A card without what the clock says."""
    return {name: value for name, value in card.items() if name not in CHANGING}


def test_the_smallest_file_of_the_fastest_network_is_chosen(found):
    assert found.reached
    assert found.binds == ""
    assert str(found.chosen.recipe) == "student_soft_0, int8 weights"
    assert [one.recipe.precision for one in found.candidates] == ["int8 weights", "float32"]


def test_the_model_that_was_written_is_the_one_on_the_card(found):
    card = json.loads(found.card_path.read_text())
    assert card == found.card
    assert card["size_bytes"] == size(found.path).size_bytes <= ASKED["max_bytes"]
    assert card["limits"]["max_drop"] == 2.0
    assert card["from"]["file"] == "student_soft_0.safetensors"
    assert {"cpu", "libraries", "id"} <= set(card["machine"])


def test_the_figures_of_the_card_are_those_of_the_file(found):
    """Measured again here, with nothing but the file."""
    predict, splits = runtimes.onnx_predictor(found.path), data.load()
    right = train.correct(predict, splits.validation)
    assert found.card["validation"]["accuracy"]["value"] == right.mean()
    after = train.correct(predict, splits.test)
    assert found.headline.accuracy[0] == after.mean()
    before = train.correct(runtimes.torch_predictor(models.load_baseline()), splits.test)
    expected = [100 * end for end in accuracy_difference(before, after)]
    assert found.headline.points == pytest.approx(expected, abs=0.05)


def test_the_row_can_be_kept_and_read_in_the_table_of_all_labs(found, tmp_path, monkeypatch):
    monkeypatch.setenv("LABKIT_RESULTS", str(tmp_path))
    results.save(found.row)
    (row,) = results.table().to_dict("records")
    assert row["variant"] == "student_soft_0, int8 weights"
    assert row["size_bytes"] == found.path.stat().st_size
    assert row["runtime"] == "ONNX Runtime"


def test_a_second_search_in_the_same_folder_builds_and_measures_nothing_again(found):
    found.path.unlink()  # as if killed between card and model
    kept = {path: path.stat().st_mtime_ns for path in (found.path.parent / "candidates").iterdir()}
    again = compress.search("browser", folder=found.path.parent, precisions=FORMS, **ASKED)
    assert {path: path.stat().st_mtime_ns for path in (found.path.parent / "candidates").iterdir()} == kept
    assert again.headline == found.headline  # the test split was used once
    assert isinstance(again.row, Measurement)
    assert counted(again.card) == counted(found.card)
    assert size(again.path).size_bytes == found.card["size_bytes"]


def test_a_search_that_was_killed_goes_on_where_it_stopped_and_ends_with_the_same_choice(found, tmp_path):
    folder = tmp_path / "out"
    program = PROGRAM.format(folder=str(folder), forms=FORMS, asked=ASKED)
    child = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    finished = _wait_for(folder / "candidates", 2)
    os.kill(child.pid, signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    assert not (folder / "card.json").exists()
    before = {path: path.stat().st_mtime_ns for path in finished}
    again = compress.search("browser", folder=folder, precisions=FORMS, **ASKED)
    assert {path: path.stat().st_mtime_ns for path in finished} == before
    assert counted(again.card) == counted(found.card)
    assert again.path.read_bytes() == found.path.read_bytes()


def _wait_for(folder: Path, count: int) -> list[Path]:
    """The first finished candidates."""
    for _ in range(1200):
        finished = list(folder.glob("*.candidate.json"))
        if len(finished) >= count:
            return finished
        time.sleep(0.1)
    raise AssertionError("no candidate was finished in two minutes")


def test_out_of_reach_the_nearest_is_written_and_what_binds_is_said(found):
    asked = ASKED | {"max_bytes": 30_000}
    out = compress.search("browser", folder=found.path.parent, precisions=FORMS, **asked)
    assert not out.reached
    assert out.binds == f"bytes: the smallest within 2 points is {out.chosen.size_bytes:,} ({out.chosen.recipe})"
    assert out.path.stat().st_size == out.chosen.size_bytes > 30_000
    assert "Out of reach" in repr(out)
    assert json.loads(out.card_path.read_text())["reached"] is False


def test_a_speed_that_nothing_reaches_is_what_binds(found):
    out = compress.search("browser", folder=found.path.parent, precisions=FORMS, min_speedup=1e6, **ASKED)
    assert not out.reached
    assert out.binds.startswith("speed: none of the 1 within the other limits is certainly 1e+06x faster")


def test_the_search_reaches_the_target_of_the_course(tmp_path):
    """Chosen on the validation split; the test split is used once, for the figures asserted here.

    4 bits are within half a point by a few images, and fine-tuning adds in another order on another CPU, so there is
    room for 8 bits. Half of the speed is asked for, since this machine may be another one, and busy.
    """
    out = compress.search("browser", 118_000, 0.5, folder=tmp_path / "out", page=False, starts=["compact"])
    assert out.reached
    assert points_lost(out.chosen, out.baseline) <= 0.5
    assert out.path.stat().st_size <= 118_000
    assert out.headline.images == 10_000
    assert out.headline.reached(smaller=40, faster=10, points=0.5), out.headline


def test_tuned_networks_are_the_same_bytes_for_the_same_seed(tmp_path, monkeypatch):
    monkeypatch.setattr(build, "IMAGES", 1024)
    recipe = compress.Recipe("student_soft_0", 0.5, "int4 weights")
    paths = [store.candidate(recipe, tmp_path / name, seed).sha256 for name, seed in (("a", 0), ("b", 0), ("c", 1))]
    assert paths[0] == paths[1] != paths[2]


def test_steps_multiply_to_what_the_pipeline_gained(tmp_path):
    rows = compress.steps("student_soft_0", 0, folder=tmp_path, split=data.load().validation.subset(200), seconds=1)
    assert [row["by"] for row in rows] == ["", "runtime", "network", "bits"]
    whole = np.prod([row["smaller"] for row in rows])
    assert whole == pytest.approx(rows[0]["size_bytes"] / rows[-1]["size_bytes"])
    assert all(row["faster_low"] <= row["faster"] <= row["faster_high"] for row in rows)
    assert rows[0]["points"] == 0


def test_steps_take_the_answers_that_a_search_has_kept(found, monkeypatch):
    folder = found.card_path.parent
    compress.steps("student_soft_0", 0, "int8 weights", folder, seconds=0.2)  # also makes the baseline in ONNX Runtime
    monkeypatch.setattr(train, "correct", None)
    *_, last = compress.steps("student_soft_0", 0, "int8 weights", folder, seconds=0.2)
    assert last["accuracy"] == found.card["validation"]["accuracy"]["value"]
    assert last["size_bytes"] == found.card["size_bytes"]
    assert last["points"] == pytest.approx(-points_lost(found.chosen, found.baseline))


def test_a_microcontroller_gets_whole_numbers_in_and_out(tmp_path):
    out = compress.search("microcontroller", **ASKED | {"folder": tmp_path / "out", "max_bytes": 65_536})
    assert out.path.suffix == ".tflite"
    assert out.path.stat().st_size == out.card["size_bytes"] <= 65_536
    assert out.card["arena_bytes"] < 65_536 if mobile.has_micro() else "arena_bytes" not in out.card
