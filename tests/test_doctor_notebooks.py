"""`labkit doctor` and notebooks: each damage is named with what it means; an answer that was not saved is missed."""

import json
import os
import shutil
import time
from pathlib import Path

import nbformat
import pytest

from labkit import check, cli, exercises, results
from labkit.notebooks import checked, clean
from labkit.notebooks.salvage import checkpoint
from labkit.notebooks.state import each

NAME = "03_prune.ipynb"
EXERCISE = "magnitude_mask"
ANSWER = "def magnitude_mask(weights, amount):\n    return 7"
EARLIER = time.time() - 3600


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch) -> Path:
    """An empty folder to work in, with results of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LABKIT_RESULTS", str(tmp_path / "results"))
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    monkeypatch.delenv("LABKIT_STRICT", raising=False)
    return tmp_path


@pytest.fixture
def mine() -> dict:
    return clean.notebook("03")


def cell(notebook: dict, id: str) -> dict:
    return next(one for one in notebook["cells"] if one["id"] == id)


def save(notebook: dict, path: str | Path = NAME, at: float | None = None) -> None:
    Path(path).parent.mkdir(exist_ok=True)
    Path(path).write_text(json.dumps(notebook), encoding="utf-8")
    if at:
        os.utime(path, (at, at))


def said(*places: str) -> str:
    """What the doctor says of the notebooks, each line in one piece."""
    return "\n".join(" ".join(str(state).split()) for state in each(map(Path, places)))


def problems(*places: str) -> list[str]:
    return [problem for state in each(map(Path, places)) for problem in state.problems]


def test_seven_untouched_labs_are_seven_lines_and_no_problem(capsys):
    for lab in exercises.LABS:
        save(clean.notebook(lab), Path("labs") / f"{clean.path(lab).stem}.ipynb")
    cli.main(["doctor"])
    machine, notebooks = capsys.readouterr().out.split("\nNotebooks")
    assert len(machine.splitlines()) <= 24
    assert len(notebooks.splitlines()) == 1 + 7
    assert problems() == []
    assert "03_prune.ipynb: 0 of 8 exercises answered, 0 of 5 written answers" in notebooks


def test_answers_are_counted(mine):
    cell(mine, EXERCISE)["source"] = ANSWER
    cell(mine, "why_magnitude")["source"] = "Because."
    cell(mine, "why_control")["source"] = "  "
    save(mine)
    assert said() == f"{NAME}: 1 of 8 exercises answered, 1 of 5 written answers"


def test_without_notebooks_the_doctor_says_nothing_of_them(capsys):
    save({"nbformat": 4, "cells": []}, "plots.ipynb")
    Path("half.ipynb").write_text("{")
    cli.main(["doctor"])
    assert "Notebooks" not in capsys.readouterr().out
    assert problems("plots.ipynb") == ["labkit knows nothing of it"]


def test_damage_makes_the_exit_code_1(mine, monkeypatch):
    from labkit import doctor

    monkeypatch.setattr(doctor, "machine_is_ready", lambda: True)
    save(mine)
    assert cli.main(["doctor"]) == 0
    mine["cells"].remove(cell(mine, EXERCISE))
    save(mine)
    assert cli.main(["doctor"]) == 1
    assert cli.main(["doctor", "elsewhere.ipynb"]) == 1


def remove(*ids):
    return lambda notebook: [notebook["cells"].remove(cell(notebook, id)) for id in ids]


def change(id, **how):
    return lambda notebook: cell(notebook, id).update(how)


def rewrite_texts(notebook):
    for one in [one for one in notebook["cells"] if one["cell_type"] == "markdown" and not one["metadata"]][:4]:
        one["source"] = "As it was last year."


DAMAGES = {
    "exercise": (remove(EXERCISE), f"no cell of `{EXERCISE}`: it counts as empty"),
    "answer": (remove("why_magnitude"), "no cell of `why_magnitude`: it counts as empty"),
    "check": (remove("check_kept_channels"), "the check of `kept_channels` is missing"),
    "edited": (change("check_kept_channels", source="print(1)"), "the check of `kept_channels` was changed"),
    "retyped": (change(EXERCISE, cell_type="markdown", source=ANSWER), f"type than the lab's: `{EXERCISE}` (now mark"),
    "twice": (lambda one: one["cells"].append(dict(cell(one, EXERCISE))), f"more than one cell of `{EXERCISE}`: the"),
    "given": (remove("setup"), "of the lab's own code 1 cell is missing"),
    "texts": (rewrite_texts, "another version of the lab: 4 texts differ from today's, 0 cells are gone today"),
    "old id": (
        lambda one: one["cells"].append({**cell(one, "setup"), "id": "cell-999"}),
        "0 texts differ from today's, 1 cells are gone",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_named_with_the_command_that_mends_it(mine, damage):
    make, line = DAMAGES[damage]
    make(mine)
    if damage == "old id":
        mine["cells"][-1]["source"] = "x = 1"
    save(mine)
    found, remedy = problems()
    assert line in found
    assert remedy == f"->  labkit restore 03 {NAME}"
    assert cli.main(["restore", "03"]) == 0
    assert problems("03_prune.restored.ipynb") == []


def test_a_broken_file_is_named_with_what_breaks_it():
    Path(NAME).write_text('{"cells": [')
    (state,) = each()
    assert state.said == "cannot be read, and would not be graded"
    assert state.problems == [
        "the file ends in the middle of the notebook (line 1)",
        f"->  labkit restore 03 {NAME}",
    ]


def test_a_file_that_is_named_twice_is_looked_at_once(mine):
    save(mine)
    shutil.copy(NAME, "mine.ipynb")
    assert [str(state.place) for state in each([Path(NAME), Path(), Path()])] == [NAME, "mine.ipynb"]


# What a check has seen and the file does not hold.


def see(source: str, points: float = 2.0) -> None:
    """A check of the answer, as a notebook runs it."""
    import linecache

    name = f"cell {time.time_ns()}"
    linecache.cache[name] = (len(source), None, source.splitlines(True), name)
    scope = {}
    exec(compile(source, name, "exec"), scope)
    checked.remember(EXERCISE, scope[EXERCISE], points)


def test_an_answer_that_was_checked_and_not_saved_is_missed(mine):
    save(mine, at=EARLIER)
    see(ANSWER)
    (problem,) = problems()
    assert f"the answer to `{EXERCISE}` that its check saw at " in problem
    assert "(2 points) is not in this file: save it" in problem
    cell(mine, EXERCISE)["source"] = ANSWER
    save(mine, at=EARLIER)
    assert problems() == []


def test_comments_and_spaces_make_no_other_answer(mine):
    cell(mine, EXERCISE)["source"] = f"import math\n\n{ANSWER}  # seven"
    save(mine, at=EARLIER)
    see(ANSWER.replace("    ", "  "))
    assert problems() == []


def test_an_answer_that_was_changed_and_saved_since_is_no_problem(mine):
    see(ANSWER)
    cell(mine, EXERCISE)["source"] = ANSWER.replace("7", "8")
    save(mine, at=time.time() + 60)
    assert problems() == []


def test_a_stub_that_was_once_answered_is_pointed_out_even_in_a_newer_file(mine):
    see(ANSWER)
    save(mine, at=time.time() + 60)
    (problem,) = problems()
    assert "is not in this file, whose cell is empty" in problem


def test_the_last_check_counts(mine):
    cell(mine, EXERCISE)["source"] = ANSWER
    save(mine, at=EARLIER)
    see(ANSWER.replace("7", "8"))
    assert len(problems()) == 1
    see(ANSWER)
    assert problems() == []


def test_a_check_in_another_notebook_says_nothing_of_this_one(mine, monkeypatch):
    save(mine, at=EARLIER)
    save(mine, "other.ipynb", at=EARLIER)
    monkeypatch.setenv("JPY_SESSION_NAME", str(Path("other.ipynb").resolve()))
    see(ANSWER)
    assert problems(NAME) == []
    assert len(problems("other.ipynb")) == 1
    Path("other.ipynb").unlink()  # renamed, perhaps
    assert len(problems(NAME)) == 1


def test_a_check_passes_over_what_it_cannot_note(mine, monkeypatch, capsys):
    Path("results").write_text("a file where the folder should be")
    for answer in (lambda *_: 7, 7, None, len, EARLIER):
        assert check.check(EXERCISE, answer) == 0
    monkeypatch.setattr(results, "append", lambda *_: 1 / 0)
    see(ANSWER)
    save(mine)
    assert problems() == []


@pytest.mark.parametrize("line", ["[]", "{}", '{"exercise": 7, "points": "x"}', "half a li", "\xff"])
def test_a_line_that_is_no_record_is_passed_over(mine, line):
    see(ANSWER)
    with Path("results/answers.jsonl").open("a", encoding="latin-1") as file:
        file.write(line + "\n")
    save(mine, at=EARLIER)
    with pytest.warns() if line[0] not in "{" else nothing():
        assert len(problems()) == 1


def nothing():
    from contextlib import nullcontext

    return nullcontext()


def test_a_kernel_notes_what_a_check_cell_has_seen(mine):
    """The whole way: a kernel runs the lab's check cell on an answer that is never saved."""
    from nbclient import NotebookClient

    save(mine, at=EARLIER)
    sources = ["from labkit.check import check\nimport numpy as np", ANSWER, cell(mine, f"check_{EXERCISE}")["source"]]
    code = [nbformat.v4.new_code_cell("".join(source)) for source in sources]
    NotebookClient(nbformat.v4.new_notebook(cells=code)).execute()
    assert len(problems()) == 1
    cell(mine, EXERCISE)["source"] = ANSWER
    save(mine, at=EARLIER)
    assert problems() == []


def test_an_answer_that_only_the_checkpoint_holds_is_pointed_out(mine):
    before = json.loads(json.dumps(mine))
    cell(before, "why_magnitude")["source"] = "Because."
    save(mine)
    save(before, checkpoint(Path(NAME)))
    found, remedy = problems()
    assert found.startswith("empty here, but not in Jupyter's checkpoint of ")
    assert found.endswith(": `why_magnitude`")
    assert remedy == f"->  labkit restore 03 {checkpoint(Path(NAME))}"
    assert cli.main(["restore", "03", remedy.split()[-1]]) == 0
    assert said("03_prune.restored.ipynb").endswith("0 of 8 exercises answered, 1 of 5 written answers")
