"""A student's answers are found in whatever became of the notebook, and nothing else of it comes along."""

import ast
import builtins
import dis
import json
import random
import time
import types
from dataclasses import replace

import handed_in
import pytest

from labkit import exercises
from labkit.grading import graft
from labkit.notebooks import master, matching, source
from labkit.notebooks.cells import Cell, Trouble
from labkit.notebooks.matching import match

every_lab = pytest.mark.parametrize("lab", exercises.LABS)
LAB = "01"
RIGHT = "def throughput(latency_ms, batch):\n    return batch * 1000 / latency_ms"


def cells(lab: str = LAB) -> list[Cell]:
    """A whole right submission, as the reader hands it on."""
    raw = handed_in.honest(lab)["cells"]
    return [Cell(c["cell_type"], handed_in.text(c), c["id"], handed_in.grade_id(c)) for c in raw]


def grafted(some: list[Cell], lab: str = LAB):
    return graft.graft(some, master.load(lab))


def answers(work) -> dict[str, str]:
    return {step.exercise: step.source for step in work.steps if step.exercise}


def extras(work) -> list[str]:
    return [step.source.strip("\n") for step in work.steps if not step.given and not step.exercise]


def changed(some: list[Cell], name: str, **how) -> list[Cell]:
    return [replace(cell, **how) if cell.grade_id == name else cell for cell in some]


def bare(some: list[Cell]) -> list[Cell]:
    return [Cell(cell.kind, cell.source) for cell in some]


@every_lab
def test_an_honest_notebook_needs_no_repair(lab):
    work = grafted(cells(lab), lab)
    assert work.notes == ()
    assert extras(work) == []
    assert list(answers(work)) == [one.name for one in exercises.of_lab(lab)]


@every_lab
def test_the_labs_own_code_is_imports_functions_and_constants(lab):
    for step in grafted(cells(lab), lab).steps:
        if step.given:
            kinds = {type(one) for one in ast.parse(step.source).body}
            assert kinds <= {ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef, ast.Assign}
            assert not any(word in step.source for word in ("subprocess", "importlib", "pip"))


@every_lab
def test_the_solutions_need_nothing_that_is_left_out(lab):
    work, one = grafted(cells(lab), lab), master.load(lab)
    there = {name for step in work.steps for name in source.bound(step.source)} | set(dir(builtins))
    needed = {name for text in answers(work).values() for name in read_from_outside(compile(text, "", "exec"))}
    assert needed <= there
    assert not needed & one.left_out
    assert not there & one.left_out


def read_from_outside(code: types.CodeType) -> set[str]:
    """The global names that a piece of code and its functions read."""
    inner = [one for one in code.co_consts if isinstance(one, types.CodeType)]
    names = {one.argval for one in dis.get_instructions(code) if one.opname in ("LOAD_GLOBAL", "LOAD_NAME")}
    return names.union(*map(read_from_outside, inner))


def test_the_names_of_models_and_measurements_are_known_to_be_left_out():
    assert {"model", "test", "folder", "sys"} <= master.load(LAB).left_out


@every_lab
def test_a_notebook_without_any_metadata_is_read_all_the_same(lab):
    honest, lost = grafted(cells(lab), lab), grafted(bare(cells(lab)), lab)
    assert lost.steps == honest.steps
    assert lost.written == honest.written
    (note,) = lost.notes
    assert "lost their grading metadata" in note


@every_lab
def test_the_lab_of_a_notebook_is_told_by_its_ids_and_else_by_its_functions(lab):
    assert matching.lab_of(cells(lab)) == lab
    assert matching.lab_of(bare(cells(lab))) == lab


def test_the_lab_is_told_by_the_majority():
    assert matching.lab_of(cells("02")[:20] + cells("03")) == "03"
    assert matching.lab_of([Cell("code", "def soften(x):\n    return x"), Cell("markdown", "hello")]) == "04"
    assert matching.lab_of([Cell("code", "print(1)")]) is None
    assert matching.lab_of([Cell("raw", "", "", "check_soften"), Cell("code", "def fuse(x):\n    return x")]) == "04"


def test_another_notebook_is_trouble_that_says_which_it_is():
    with pytest.raises(Trouble, match=r"none of the exercises of lab 01 is in this notebook; it is .* of lab 02"):
        grafted(cells("02"))
    with pytest.raises(Trouble, match=r"none of the exercises of lab 01 is in this notebook$"):
        grafted([Cell("code", "def fibonacci(n):\n    return n")])
    with pytest.raises(Trouble, match="none of the exercises"):
        grafted([])


def test_cells_in_any_order_run_in_the_order_of_the_lab():
    some, honest = cells(), answers(grafted(cells()))
    for seed in range(20):
        random.Random(seed).shuffle(some)
        work = grafted(some)
        assert list(answers(work).items()) == list(honest.items())
        assert [step.given for step in work.steps] == [step.given for step in grafted(cells()).steps]
        assert any("another order" in note for note in work.notes)


def test_deleted_cells_are_said_and_count_as_empty():
    kept = [cell for cell in cells() if cell.grade_id not in ("throughput", "check_verdict", "why_edge")]
    work = grafted(kept)
    assert "raise NotImplementedError" in answers(work)["throughput"]
    assert work.written[0].answer == ""
    assert [note.split(":")[0].split(";")[0] for note in work.notes] == [
        "no cell of `throughput`",
        "the check cell of `verdict` is missing",
        "no cell for the written answer `why_edge`",
    ]


def test_the_first_copy_counts_unless_it_is_still_empty():
    some = cells()
    at = next(i for i, cell in enumerate(some) if cell.grade_id == "throughput")
    copy = replace(some[at], source="def throughput(*_):\n    return 7", id="new")
    assert "1000" in answers(grafted([*some[: at + 1], copy, *some[at + 1 :]]))["throughput"]
    assert "return 7" in answers(grafted([*some[:at], copy, *some[at:]]))["throughput"]
    stub = next(cell for cell in master.load(LAB).cells if cell.grade_id == "throughput").source
    work = grafted([*some[:at], replace(copy, source=stub), *some[at:]])
    assert "1000" in answers(work)["throughput"]
    assert work.notes == ("more than one cell of `throughput`; the first that is not empty was used",)
    assert extras(work) == []


def test_the_whole_notebook_twice_is_the_notebook_once():
    work = grafted(cells() * 2)
    assert work.steps == grafted(cells()).steps
    assert work.written == grafted(cells()).written


def test_a_cell_of_another_type_is_read_all_the_same():
    some = changed(changed(cells(), "throughput", kind="markdown"), "verdict", kind="raw")
    some = changed(some, "why_edge", kind="code", source="speed")
    work = grafted(changed(some, "check_verdict", kind="raw"))
    assert answers(work) == answers(grafted(cells()))
    assert work.written[0].answer == "speed"
    (note,) = work.notes
    assert "`throughput` (now markdown)" in note
    assert "`why_edge` (now code)" in note
    assert extras(work) == []


def test_an_edited_check_cell_is_ours_again():
    work = grafted(changed(cells(), "check_verdict", source="print('2 of 2 points')"))
    assert work.steps == grafted(cells()).steps
    assert work.notes == ("the check cell of `verdict` was edited; ours was used",)
    assert extras(grafted(changed(cells(), "check_verdict", source="def check(*_):\n    return 2.0"))) == []


def test_checks_never_run_whatever_they_are_called():
    added = [Cell("code", 'check("throughput", throughput)', "new"), Cell("code", " check( 'verdict' , mine )", "new")]
    assert extras(grafted(cells() + added)) == []


def test_foreign_metadata_is_named_and_its_cell_is_a_plain_one():
    added = Cell("code", "def old_exercise():\n    return 1", "new", "old\n<b>exercise")
    work = grafted([*cells(), added])
    assert extras(work) == [added.source]
    assert work.notes == ("grading metadata that is not of this lab, taken as plain cells: `old??b?exercise`",)


def test_an_answer_under_foreign_metadata_is_found_by_its_function():
    work = grafted(changed(cells(), "throughput", grade_id="other", id="new"))
    assert answers(work) == answers(grafted(cells()))


def test_an_answer_in_a_cell_of_its_own_is_found_by_its_function_even_if_it_is_not_python():
    kept = [cell for cell in cells() if cell.grade_id != "throughput"]
    broken = "def throughput(latency_ms, batch):\n    return (batch"
    assert answers(grafted([*kept, Cell("code", broken, "new")]))["throughput"] == broken


def test_an_answer_written_again_below_is_an_extra_cell():
    again = "def throughput(*_):\n    return 7"
    work = grafted([*cells(), Cell("code", again, "new")])
    assert extras(work) == [again]
    assert work.notes == ()


def test_cells_that_kept_their_id_alone_are_named_too():
    (note,) = grafted(changed(cells(), "throughput", grade_id="")).notes
    assert note == "cells that lost their grading metadata, found by id, text or function: `throughput`"


def test_classes_that_need_another_class_do_not_run():
    assert source.reduced("class Plain:\n    x = 1") == "class Plain:\n    x = 1"
    assert source.reduced("class Network(torch.nn.Module):\n    x = 1") == ""


def test_an_extra_cell_runs_after_the_cell_that_it_follows():
    some = cells()
    at = next(i for i, cell in enumerate(some) if cell.grade_id == "throughput")
    extra = Cell("code", "HALF = 0.5 * len('ab')", "new")
    work = grafted([*some[: at + 1], extra, *some[at + 1 :]])
    names = [step.exercise or step.source for step in work.steps]
    assert names.index(extra.source) == names.index("throughput") + 1
    assert work.steps[names.index(extra.source)].label == f"an extra cell (cell {at + 2})"
    assert work.notes == ()
    first = grafted([extra, *some]).steps[0]
    assert first.source == extra.source


def test_changes_of_the_labs_own_cells_are_ignored_in_silence():
    some = [replace(cell, source=cell.source.replace("my_guess = None", "my_guess = 12")) for cell in cells()]
    some = [
        replace(cell, source=cell.source + "\nprint('my own test')") if not cell.grade_id else cell for cell in some
    ]
    work = grafted(some)
    assert work.notes == ()
    assert set(extras(work)) <= {"my_guess = 12"}
    assert answers(work) == answers(grafted(cells()))


def test_what_a_student_imports_or_defines_in_one_of_the_labs_cells_is_there():
    added = "\nimport math\nEPSILON = 2**-10\ndef helper(x):\n    return x\nmodel = lk.load_baseline()"
    some = [replace(cell, source=cell.source + added) if cell.id == "setup" else cell for cell in cells()]
    some = changed(some, "throughput", source=RIGHT + " + 0 * EPSILON * helper(math.pi)")
    assert grafted(some).notes == ()
    for one in (some, bare(some)):
        (step,) = extras(grafted(one))
        assert step == "import math\nEPSILON = 2 ** (-10)\ndef helper(x):\n    return x"


def test_a_name_that_only_a_changed_cell_of_the_lab_sets_is_named():
    some = [replace(c, source=c.source + "\nSECONDS = float('1')") if c.id == "setup" else c for c in cells()]
    some = changed(some, "throughput", source=RIGHT + " * SECONDS")
    (note,) = grafted(some).notes
    assert note == "SECONDS is set in one of the lab's own cells, which does not run when graded"
    own = [*some, Cell("code", "SECONDS = float('1')", "new")]
    assert grafted(own).notes == ()


@every_lab
def test_a_changed_cell_without_any_id_is_not_taken_for_an_extra_one(lab):
    some = cells(lab)
    for i, cell in enumerate(some):
        if cell.kind == "code" and not cell.grade_id:
            numbers = cell.source.replace("None", "12").replace("0.", "0.1").replace("seconds=2", "seconds=20")
            some[i] = replace(cell, source=f"# what I tried\n{numbers}\nprint('done')")
    assert [step for step in extras(grafted(bare(some), lab)) if source.reduced(step) != step] == []


SHARE = (
    "mine = lk.load_baseline()\nright = lk.train.correct(lk.torch_predictor(mine), lk.data.load().test)\nx = len(right)"
)


@pytest.mark.parametrize("helper", [SHARE, "def half(x):\n    return x / 2", "import math", "EPSILON = float('1e-9')"])
def test_a_helper_of_the_students_own_is_an_extra_cell_even_where_all_ids_are_lost(helper):
    assert extras(grafted(bare([*cells(), Cell("code", helper)]))) == [helper]
    kept = [cell for cell in bare(cells()) if not cell.source.startswith("model = lk.")]  # the lab's own is missing
    assert helper in extras(grafted([*kept, Cell("code", helper)]))


def test_cells_of_an_older_version_of_the_lab_are_not_extra_cells():
    old = [Cell("code", "big = lk.train.everything(again)", "cell-97"), Cell("code", "import zlib", "cell-98")]
    assert extras(grafted(cells() + old)) == ["import zlib"]


def test_lines_for_the_notebook_alone_are_blanked_and_said_once():
    magic = "%matplotlib inline\nif True:\n    %time f(x)\n    y = !ls\n!pip install x\nthroughput?\nx = 1"
    timed = "%%time\nz = 2"
    work = grafted([*cells(), Cell("code", magic, "a"), Cell("code", timed, "b"), Cell("code", "%%bash\nrm -r /", "c")])
    assert extras(work) == ["pass\nif True:\n    pass\n    pass\npass\npass\nx = 1", "pass\nz = 2", "pass"]
    assert work.notes == ("lines that only a notebook understands, such as %time or !pip, were left out",)


def test_a_percent_sign_in_python_stays():
    fine = 'x = (7\n  % 4)\ntext = """\n%time\n!ls\n"""'
    work = grafted([*cells(), Cell("code", fine, "new")])
    assert extras(work) == [fine]
    assert work.notes == ()


def test_a_statement_that_needs_what_is_left_out_fails_alone():
    text = "import math\nlk.size(model)\ndef half(x):\n    return x / 2"
    work = grafted([*cells(), Cell("code", text, "new")])
    assert extras(work) == ["import math", "lk.size(model)", "def half(x):\n    return x / 2"]
    assert "".join(step.source for step in work.steps[-3:]).count("\n") == 0 + 1 + 2 + 1  # each at its own lines
    own = "both = [test for test in (1, 2)]\nmodel = [1]\nfirst = model[0]"
    assert extras(grafted([*cells(), Cell("code", own, "new")])) == [own]


def test_an_exercise_is_the_piece_of_its_cell_that_defines_it():
    work = grafted(changed(cells(), "throughput", source=f"print(model)\n{RIGHT}\nprint(model)"))
    assert answers(work)["throughput"] == f"\n{RIGHT}"
    assert extras(work) == ["print(model)", "print(model)"]


def test_written_answers_come_without_the_line_that_asks_for_them():
    one = next(cell for cell in master.load(LAB).cells if cell.grade_id == "why_edge")
    for text, answer in ((one.source, ""), ("  \n", ""), (f"{one.source}\n\nSpeed.", "Speed."), ("Speed.", "Speed.")):
        work = grafted(changed(cells(), "why_edge", source=text))
        assert work.written[0].answer == answer
        assert work.written[0].question.startswith("**Question (1 point, marked by hand).** Which of the four")
        assert work.written[0].possible == 1.0


@every_lab
def test_every_written_answer_has_its_question(lab):
    written = grafted(cells(lab), lab).written
    assert len(written) >= 3
    assert all(one.question.startswith("**Question (") and one.possible == 1.0 for one in written)


def test_too_much_code_is_trouble():
    with pytest.raises(Trouble, match=r"cell 1 .* 200,001 characters"):
        grafted([Cell("code", "#" * 200_001), *cells()])
    with pytest.raises(Trouble, match="characters of code, more than 500,000"):
        grafted([*cells(), *[Cell("code", "#" * 100_000)] * 5])
    with pytest.raises(Trouble, match="301 code cells beside"):
        grafted([*cells(), *[Cell("code", f"x = {i}") for i in range(301)]])
    assert len(extras(grafted([*cells(), *[Cell("code", f"x = {i}") for i in range(300)]]))) == 300


NESTED = ["1+" * 50_000 + "1", "-" * 60_000 + "1", "(" * 60_000, "a" + ".a" * 50_000, "x = " + "[" * 150 + "]" * 150]


@pytest.mark.parametrize("text", [*NESTED, "x = '\0'", "def f(", "\ud800", "x = 1\r\ny = 2\rz = 3", "\f\x0b\u2028"])
def test_no_text_makes_the_parser_fall_over(text):
    some = changed(cells(), "throughput", source=text)
    some += [Cell("code", text, "new"), Cell("code", text, "cell-05"), Cell("code", text, "cell-99")]
    for one in (some, bare(some)):
        assert len(answers(grafted(one))) == len(exercises.of_lab(LAB))


def test_an_expression_nested_a_few_hundred_times_costs_itself_alone():
    deep = "x = " + "+".join("1" * 400)
    some = [replace(cell, source=f"{cell.source}\n{deep}") if cell.id == "setup" else cell for cell in cells()]
    assert answers(grafted(some)) == answers(grafted(cells()))


@pytest.mark.parametrize(
    "text", [" " * 199_000 + "=", "a " * 99_000 + "?", "def " + "\t" * 199_000, "%" * 199_000 + "\n!"]
)
def test_no_line_takes_the_search_for_magics_long(text):
    began = time.monotonic()
    grafted([*cells(), Cell("code", text + "\n(", "new")])
    assert matching.lab_of([Cell("code", text)] * 10) is None
    assert time.monotonic() - began < 2


def test_a_cell_of_very_many_pieces_stays_whole():
    text = "model.x\n" * 1000
    assert extras(grafted([*cells(), Cell("code", text, "new")])) == [text.strip()]


def test_the_name_of_an_exercise_tells_its_lab():
    names = [one.name for lab in exercises.LABS for one in exercises.of_lab(lab)]
    assert len(names) == len(set(names))


def test_lines_end_as_on_any_system():
    some = [replace(cell, source=cell.source.replace("\n", "\r\n")) for cell in cells()]
    assert grafted(some).steps == grafted(cells()).steps
    assert grafted(some).notes == ()


def test_each_cell_is_found_once():
    some, one = cells(), master.load(LAB)
    twice = [replace(cell, source=f"{cell.source}\nprint()") for cell in bare(some) for _ in range(2)]
    for lost in (some, bare(some), some * 2, some[::-1], some[::2], twice):
        found = match(lost, one)
        assert len(set(found.ours.values())) == len(found.ours)
        assert not found.ours.keys() & found.copies.keys()


def test_the_digest_of_the_lab_changes_with_its_points():
    from labkit.grading.overlay import Overlay

    assert master.load(LAB).digest == Overlay().master(LAB).digest
    assert master.load(LAB).digest != Overlay(points={"throughput": 3.0}).master(LAB).digest
    assert master.load(LAB).digest != master.load("02").digest


def test_the_master_is_the_notebook_that_students_get():
    raw = json.loads(master.path(LAB).read_text())["cells"]
    assert [cell.source for cell in master.load(LAB).cells] == [handed_in.text(cell) for cell in raw]
    assert master.load(LAB).name == "01_benchmark"
