"""What students get holds no solution and no hidden law, is the same to the byte each time, and overwrites nothing."""

import io
import json
import os
import re
import stat
import zipfile
from pathlib import Path

import handed_in
import nbformat
import pytest

from labkit import cli, exercises
from labkit.grading import graft, overlay, release
from labkit.notebooks import master
from labkit.notebooks.cells import Cell, Refused

ROOT = Path(__file__).parents[2]
OVERLAY = overlay.load(ROOT / "docs" / "overlay")
REGION = re.compile(r"^ *### BEGIN SOLUTION\n(.*?)^ *### END SOLUTION", re.DOTALL | re.MULTILINE)
every_lab = pytest.mark.parametrize("lab", exercises.LABS)


def released(folder: Path, lab: str, own: overlay.Overlay | None = None) -> tuple[dict, str]:
    """The notebook of a bundle, and all texts of the bundle in one."""
    place, _ = release.release(lab, folder, own)
    texts = [path.read_text() for path in sorted(place.iterdir())]
    return json.loads((place / f"{place.name}.ipynb").read_text()), "\n".join(texts)


@every_lab
def test_the_bundle_is_the_notebook_and_how_to_start(tmp_path, lab):
    place, bundle = release.release(lab, tmp_path)
    name = master.path(lab).stem
    assert (place, bundle) == (tmp_path / name, tmp_path / f"{name}.zip")
    assert sorted(path.name for path in place.iterdir()) == [f"{name}.ipynb", "README.md"]
    readme = (place / "README.md").read_text()
    for word in (f"`{name}.ipynb`", "make lab", "labkit[", "Colab", "Fashion-MNIST", "hand in"):
        assert word in readme
    with zipfile.ZipFile(bundle) as packed:
        assert packed.namelist() == [f"{name}/{name}.ipynb", f"{name}/README.md"]
        for entry in packed.infolist():
            assert packed.read(entry) == (tmp_path / entry.filename).read_bytes()
            assert stat.S_IMODE(entry.external_attr >> 16) == 0o644


@every_lab
def test_no_line_of_a_solution_is_in_the_bundle(tmp_path, lab):
    _, texts = released(tmp_path, lab)
    solved = handed_in.lab(lab, "solutions")["cells"]
    regions = [found for cell in solved for found in REGION.findall(handed_in.text(cell))]
    answers = [handed_in.text(c) for c in solved if handed_in.is_solution(c) and c["cell_type"] == "markdown"]
    assert len(regions) == len(exercises.of_lab(lab))
    assert len(answers) >= 3
    for text in regions + answers:
        assert text.strip() not in texts.replace("\\n", "\n")
        assert json.dumps(text.strip())[1:-1] not in texts
    assert "SOLUTION" not in texts
    assert "__pycache__" not in texts


@every_lab
def test_the_bundle_is_valid_and_its_only_outputs_are_those_of_empty_stubs(tmp_path, lab):
    found, _ = released(tmp_path, lab, OVERLAY)
    nbformat.validate(nbformat.from_dict(found))
    for cell in found["cells"]:
        if cell.get("outputs"):
            assert handed_in.grade_id(cell).startswith("check_")
            assert "not attempted yet (0 of" in handed_in.text({"source": cell["outputs"][0]["text"]})


def test_two_bundles_are_equal_whatever_the_clock_the_zone_and_the_mask(tmp_path, monkeypatch):
    release.release("02", tmp_path / "one")
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    before = os.umask(0o077)
    try:
        release.release("02", tmp_path / "two")
    finally:
        os.umask(before)
    for path in sorted((tmp_path / "one").rglob("*")):
        other = tmp_path / "two" / path.relative_to(tmp_path / "one")
        assert path.is_dir() or path.read_bytes() == other.read_bytes()
    packed = zipfile.ZipFile(io.BytesIO((tmp_path / "one" / "02_quantize.zip").read_bytes()))
    assert {entry.date_time for entry in packed.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_without_an_overlay_the_notebook_is_the_labs_own_to_the_byte(tmp_path):
    place, _ = release.release("01", tmp_path)
    assert (place / "01_benchmark.ipynb").read_bytes() == master.path("01").read_bytes()


def test_the_overlays_points_are_in_heading_metadata_and_output_and_its_laws_nowhere(tmp_path):
    found, texts = released(tmp_path, "01", OVERLAY)
    cells = {handed_in.grade_id(cell): cell for cell in found["cells"]}
    assert cells["check_verdict"]["metadata"]["nbgrader"]["points"] == 3
    assert cells["check_verdict"]["outputs"][0]["text"][0].startswith("verdict: not attempted yet (0 of 3 points)")
    assert "### Exercise: `verdict` (bonus, 3 points)" in texts
    assert "### Exercise: `throughput` (bonus, 2 points)" in texts
    assert "### Exercise: `paired_ratio` (core, 2 points)" in texts
    assert "The points of verdict, throughput are this course's own" in texts
    assert "The deadline is 2026-11-30T23:59 Asia/Kolkata" in texts
    assert "slow model" not in texts
    again = json.loads(master.path("01").read_text())
    assert [handed_in.grade_id(cell) for cell in again["cells"]] == [handed_in.grade_id(c) for c in found["cells"]]


def test_a_heading_names_one_point_as_one(tmp_path):
    _, texts = released(tmp_path, "01", overlay.Overlay(points={"verdict": 0.5, "paired_ratio": 1.0}))
    assert "`verdict` (bonus, 0.5 points)" in texts
    assert "`paired_ratio` (core, 1 point)" in texts


def test_what_is_there_already_is_kept_unless_it_is_the_same(tmp_path):
    release.release("01", tmp_path)
    release.release("01", tmp_path)
    mine = tmp_path / "01_benchmark" / "README.md"
    mine.write_text("mine")
    (tmp_path / "01_benchmark.zip").unlink()
    with pytest.raises(Refused, match=r"README\.md is there already, and different: .* with -o"):
        release.release("01", tmp_path)
    assert mine.read_text() == "mine"
    assert not (tmp_path / "01_benchmark.zip").exists()


def test_what_cannot_be_released_is_refused(tmp_path):
    with pytest.raises(Refused, match="no lab '99'; there are 01"):
        release.release("99", tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(Refused, match="cannot write"):
        release.release("01", tmp_path / "file")


def test_the_command_writes_a_bundle_and_says_where(tmp_path, capsys):
    arguments = ["release", "02", "-o", str(tmp_path), "--overlay", str(ROOT / "docs" / "overlay")]
    assert cli.main(arguments) == 0
    assert capsys.readouterr().out == f"wrote {tmp_path / '02_quantize'} and {tmp_path / '02_quantize.zip'}\n"


@every_lab
def test_the_untouched_bundle_is_grafted_without_repairs_and_answers_nothing(tmp_path, lab):
    found, _ = released(tmp_path, lab, OVERLAY)
    cells = [Cell(c["cell_type"], handed_in.text(c), c["id"], handed_in.grade_id(c)) for c in found["cells"]]
    work = graft.graft(cells, OVERLAY.master(lab))
    assert work.notes == ()
    assert all("raise NotImplementedError" in step.source for step in work.steps if step.exercise)
    assert all(one.answer == "" for one in work.written)


@pytest.mark.sandbox
@every_lab
def test_grading_the_untouched_bundle_says_not_attempted(tmp_path, lab):
    from labkit.grading.engine import Job, grade_one
    from labkit.grading.work import Submission

    place, _ = release.release(lab, tmp_path)
    content = (place / f"{place.name}.ipynb").read_bytes()
    result = grade_one(Job(Submission("alice", "Alice", "x", content), lab, b"0123456789abcdef"))
    assert result["status"] == "graded", result["reason"]
    assert [one["attempted"] for one in result["exercises"]] == [False] * len(exercises.of_lab(lab))
    assert [one["points"] for one in result["exercises"]] == [0.0] * len(exercises.of_lab(lab))
    assert result["notes"] == []
