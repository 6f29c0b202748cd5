"""`labkit restore`: a clean copy beside the old notebook holds the answers, whatever became of the old one."""

import json
import os
from pathlib import Path

import nbformat
import pytest

from labkit import cli, exercises
from labkit.notebooks import clean, master
from labkit.notebooks.salvage import checkpoint

ROOT = Path(__file__).parents[1]
NAME = "03_prune.ipynb"
COPY = "03_prune.restored.ipynb"
every_lab = pytest.mark.parametrize("lab", exercises.LABS)


def lab() -> dict:
    """Lab 03 as students get it."""
    return clean.notebook("03")


def solved() -> dict:
    return json.loads((ROOT / "solutions" / NAME).read_text(encoding="utf-8"))


def text(cell: dict) -> str:
    return "".join(cell["source"])


def texts(notebook: dict) -> list[str]:
    return [text(cell) for cell in notebook["cells"]]


def answers(notebook: dict) -> dict[str, str]:
    """The texts of exercises and written answers, by name."""
    graded = [cell for cell in notebook["cells"] if cell["metadata"].get("nbgrader", {}).get("solution")]
    return {cell["metadata"]["nbgrader"]["grade_id"]: text(cell) for cell in graded}


def position(notebook: dict, id: str) -> int:
    return next(i for i, cell in enumerate(notebook["cells"]) if cell.get("id") == id)


def holding(notebook: dict, words: str) -> int:
    """The position of the first cell that holds these words."""
    return next(i for i, cell in enumerate(notebook["cells"]) if words in text(cell))


SOLVED = answers(solved())
EMPTY = answers(lab())


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LABKIT_RESULTS", str(tmp_path / "results"))
    return tmp_path


@pytest.fixture
def mine(home) -> dict:
    """A student's notebook, solved, without outputs."""
    notebook = solved()
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
    return notebook


def restored(notebook: dict | str | bytes) -> dict:
    """What `labkit restore 03` makes of that file."""
    if isinstance(notebook, dict):
        notebook = json.dumps(notebook, indent=1)
    Path(NAME).write_bytes(notebook if isinstance(notebook, bytes) else notebook.encode())
    assert cli.main(["restore", "03"]) == 0
    found = nbformat.read(COPY, as_version=4)
    nbformat.validate(found)
    return json.loads(Path(COPY).read_text(encoding="utf-8"))


def refused(*arguments: str, capsys) -> str:
    """The one line that the command ends with."""
    assert cli.main(["restore", *arguments]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    return line


@every_lab
def test_the_clean_notebook_is_the_one_that_students_get(lab):
    assert clean.notebook(lab) == json.loads(master.path(lab).read_text(encoding="utf-8"))
    assert clean.master(lab).cells == master.load(lab).cells


@pytest.fixture
def kept_in(monkeypatch, tmp_path):
    """A folder that labkit takes for the one where its labs are."""

    def in_folder(name: str) -> Path:
        folder = tmp_path / "labkit" / name
        folder.mkdir(parents=True)
        for module in (clean, master):
            monkeypatch.setattr(module, "shipped", lambda _: folder)
        clean._text.cache_clear()
        clean.master.cache_clear()
        return folder

    yield in_folder
    monkeypatch.undo()
    clean._text.cache_clear()
    clean.master.cache_clear()


def test_in_the_repository_the_files_in_labs_may_be_the_students_own(home, kept_in, mine):
    folder = kept_in("labs")
    (folder / NAME).write_text(json.dumps(mine))
    (folder / "02_quantize.ipynb").write_text("half a notebo")
    assert cli.main(["restore", "03", str(folder / NAME)]) == 0
    copy = json.loads((folder / COPY).read_text())
    assert answers(copy) == SOLVED
    assert clean.notebook("03") == lab()


def test_out_of_the_wheel_the_clean_notebook_is_the_wheels(kept_in):
    ours, folder = lab(), kept_in("_labs")
    (folder / NAME).write_text(json.dumps({**ours, "metadata": {"of": "the wheel"}}))
    assert clean.notebook("03")["metadata"] == {"of": "the wheel"}


def test_a_copy_in_labs_is_not_taken_for_the_labs_own(kept_in):
    folder = kept_in("_labs")
    for name in ("03_prune-Copy1.ipynb", NAME, COPY):
        (folder / name).write_text("{}")
    assert master.path("03").name == NAME


def test_the_copy_is_the_lab_with_the_answers_in_it(mine):
    copy = restored(mine)
    expected = lab()
    for cell in expected["cells"]:
        name = cell["metadata"].get("nbgrader", {}).get("grade_id", "")
        if name in SOLVED:
            cell["source"] = SOLVED[name].splitlines(keepends=True)
        if name.startswith("check_"):
            cell |= {"outputs": [], "execution_count": None}
    assert copy == expected


def test_the_old_file_stays_and_nothing_is_overwritten(mine, capsys):
    restored(mine)
    before = {path: path.read_bytes() for path in Path().glob("*.ipynb")}
    assert cli.main(["restore", "3", NAME]) == 0
    assert sorted(set(Path().glob("*.ipynb")) - set(before)) == [Path("03_prune.restored-2.ipynb")]
    assert {path: path.read_bytes() for path in before} == before
    capsys.readouterr()
    assert "is there already" in refused("3", NAME, "-o", COPY, capsys=capsys)
    Path("elsewhere").mkdir()
    for output in ("elsewhere", "elsewhere/mine.ipynb"):
        assert cli.main(["restore", "03", NAME, "-o", output]) == 0
    assert sorted(path.name for path in Path("elsewhere").iterdir()) == [COPY, "mine.ipynb"]
    assert {path: path.read_bytes() for path in before} == before


def test_what_an_unfilled_lab_shows_stays_as_it_is(home):
    assert restored(lab()) == lab()


def test_changed_and_deleted_cells_of_the_lab_are_its_own_again(mine, capsys):
    check, given = position(mine, "check_model_sparsity"), holding(mine, "total = ")
    mine["cells"][check]["source"] = 'print("2 of 2 points")'
    mine["cells"][given]["source"] = "total = broken()"
    del mine["cells"][position(mine, "check_pruned_twice")], mine["cells"][holding(mine, 'for name in ("feat')]
    copy = restored(mine)
    assert texts(copy) == [SOLVED.get(cell["id"], text(cell)) for cell in lab()["cells"]]
    said = capsys.readouterr().out
    assert f"cell {check + 1} (the check of `model_sparsity`, changed): print" in said
    assert f"cell {given + 1} (one of the lab's own, changed): total = broken()" in said


def test_a_cell_of_an_exercise_that_is_gone_is_an_empty_one(mine, capsys):
    del mine["cells"][position(mine, "kept_channels")]
    assert answers(restored(mine)) == {**SOLVED, "kept_channels": EMPTY["kept_channels"]}
    assert "7 of 8 exercises" in capsys.readouterr().out


def own(kind: str, source: str, **more) -> dict:
    return {"cell_type": kind, "source": source, "metadata": {}, **more} | ({"outputs": []} if kind == "code" else {})


def test_the_students_own_cells_stand_where_they_stood(mine, capsys):
    mine["cells"].insert(position(mine, "pruned_twice") + 1, own("code", "x = 1"))
    mine["cells"].insert(holding(mine, "## 3 ") + 1, own("markdown", "A *note*."))
    mine["cells"].append(own("raw", "at the end"))
    mine["cells"].insert(0, own("code", "first = True"))
    found = texts(restored(mine))
    assert found[0] == "first = True"
    assert found[found.index("x = 1") - 1] == SOLVED["pruned_twice"]
    assert found[found.index("A *note*.") - 1].startswith("## 3 ")
    assert found[-1] == "at the end"
    assert len(found) == len(texts(lab())) + 4
    assert "4 cells of your own" in capsys.readouterr().out


def test_own_cells_stand_in_place_where_all_marks_are_lost(mine):
    mine["cells"].insert(holding(mine, "## 3 ") + 1, own("markdown", "A *note*."))
    for cell in mine["cells"]:
        cell["metadata"] = {}
        cell.pop("id", None)
    found = restored({**mine, "nbformat_minor": 4})
    assert answers(found) == SOLVED
    assert texts(found)[texts(found).index("A *note*.") - 1].startswith("## 3 ")
    assert len(found["cells"]) == len(lab()["cells"]) + 1


def test_what_was_added_to_cells_of_the_lab_comes_along_below_them(mine, capsys):
    setup, question, guess = (
        mine["cells"][holding(mine, words)] for words in ("import copy", "**Question", "my_guess =")
    )
    setup["source"] = text(setup) + "\nimport math\nprint('hello')"
    question["source"] = text(question) + "\n\nI typed it here."
    guess["source"] = text(guess).replace("my_guess = None", "my_guess = 12")
    copy = restored(mine)
    below = {copy["cells"][i - 1]["id"]: text(cell) for i, cell in enumerate(copy["cells"]) if "yours" in cell["id"]}
    assert {id: source.split("\n")[-1] for id, source in below.items()} == {
        setup["id"]: "import math",
        question["id"]: "I typed it here.",
        guess["id"]: "my_guess = 12",
    }
    left = [line for line in capsys.readouterr().out.splitlines() if line.startswith("  cell")]
    assert left == ["  cell 2 (one of the lab's own, changed): print('hello')"]


def test_pasted_pictures_come_along(mine):
    picture = {"image.png": {"image/png": "iVBORw0KGgo="}}
    mine["cells"][position(mine, "why_magnitude")]["attachments"] = picture
    mine["cells"].append(own("markdown", "![](attachment:image.png)", attachments=picture))
    copy = restored(mine)
    assert copy["cells"][position(copy, "why_magnitude")]["attachments"] == picture
    assert copy["cells"][-1]["attachments"] == picture


def test_of_two_cells_of_an_exercise_the_first_that_is_not_empty_is_taken(mine, capsys):
    at = position(mine, "kept_channels")
    cell = mine["cells"][at]
    mine["cells"].insert(at, {**cell, "id": "a", "source": EMPTY["kept_channels"]})
    mine["cells"].append({**cell, "id": "b", "source": "def kept_channels(*_):\n    return 7"})
    assert answers(restored(mine)) == SOLVED
    assert f"cell {len(mine['cells'])} (another cell of `kept_channels`): def kept" in capsys.readouterr().out


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8, 0.99])
def test_of_a_file_that_was_cut_short_every_whole_cell_is_read(mine, share, capsys):
    whole = json.dumps(mine, indent=1)
    half = whole[: int(len(whole) * share)]
    whole_cells = half.count("\n  }")  # as an indented cell ends
    held = {cell["id"] for cell in mine["cells"][:whole_cells]}
    assert answers(restored(half)) == {name: SOLVED[name] if name in held else EMPTY[name] for name in SOLVED}
    said = capsys.readouterr().out
    assert "03_prune.ipynb is broken" in said
    assert f"read of it: {whole_cells} cells" in said


def test_what_a_cut_short_file_lacks_is_taken_from_a_whole_checkpoint(mine, capsys):
    checkpoint(Path(NAME)).parent.mkdir()
    checkpoint(Path(NAME)).write_text(json.dumps(mine))
    newer = json.loads(json.dumps(mine))
    newer["cells"][position(newer, "magnitude_mask")]["source"] = "def magnitude_mask(*_):\n    return 7"
    content = json.dumps(newer, indent=1)
    expected = {**SOLVED, "magnitude_mask": "def magnitude_mask(*_):\n    return 7"}
    assert answers(restored(content[: len(content) // 2])) == expected
    assert "checkpoint" in capsys.readouterr().out


def test_of_a_merge_both_sides_are_read_the_first_before_the_other(mine):
    def conflict(left: str, right: str) -> str:
        return f'"source": [\n<<<<<<< HEAD\n    {left}\n||||||| base\n=======\n    {right}\n>>>>>>> other\n   ]'

    names = {"kept_channels": "MARK ONE", "masked_step": "MARK TWO"}
    for name, mark in names.items():
        mine["cells"][position(mine, name)]["source"] = [mark]
    content, stub = json.dumps(mine, indent=1), json.dumps(EMPTY["masked_step"])
    content = content.replace('"source": [\n    "MARK ONE"\n   ]', conflict('"left = 1"', '"right = 1"'))
    content = content.replace('"source": [\n    "MARK TWO"\n   ]', conflict(stub, '"right = 2"'))
    assert content.count("<<<<<<<") == 2
    assert answers(restored(content)) == {**SOLVED, "kept_channels": "left = 1", "masked_step": "right = 2"}


def test_other_encodings_and_old_formats_are_read(mine):
    assert answers(restored(json.dumps(mine).encode("utf-16"))) == SOLVED
    old = nbformat.v3.upgrade(nbformat.v3.new_notebook(worksheets=[nbformat.v3.new_worksheet(cells=[])]))
    old["worksheets"][0]["cells"] = [
        {**cell, "input": cell["source"]} if cell["cell_type"] == "code" else cell for cell in mine["cells"]
    ]
    Path(COPY).unlink()
    assert answers(restored(json.dumps(old))) == SOLVED


def test_a_notebook_with_huge_outputs_is_read(mine):
    mine["cells"][1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "y" * 20_000_000}]
    copy = restored(mine)
    assert answers(copy) == SOLVED
    assert Path(COPY).stat().st_size < 200_000


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the file is empty; no cell of it can be read"),
        (b"PK\x03\x04 a zip", "a zip file"),
        (b"{}", "no cell of it can be read, and there is no checkpoint"),
        (json.dumps({"nbformat": 4, "cells": []}).encode(), "no part of a lab is in 03_prune.ipynb"),
    ],
)
def test_what_holds_nothing_of_a_lab_is_said_in_one_line(home, content, said, capsys):
    Path(NAME).write_bytes(content)
    assert said in refused("03", capsys=capsys)
    assert os.listdir() == [NAME]


def test_which_notebook_is_found_or_asked_for(mine, capsys):
    assert "no notebook of lab 03 is here" in refused("03", capsys=capsys)
    assert "no lab '9x'; there are 01" in refused("9x", capsys=capsys)
    assert refused("03", "gone.ipynb", capsys=capsys) == "labkit: gone.ipynb: No such file or directory"
    for name in ("03_prune (1).ipynb", "03_prune-Copy1.ipynb"):
        Path(name).write_text(json.dumps(mine))
    assert "say which, as in `labkit restore 03 03_prune (1).ipynb`" in refused("03", capsys=capsys)
    assert "is a notebook of lab 03" in refused("02", "03_prune (1).ipynb", capsys=capsys)
    Path("labs").mkdir()
    (Path("labs") / NAME).write_text(json.dumps(mine))
    assert cli.main(["restore", "03"]) == 0
    assert Path("labs", COPY).exists()
