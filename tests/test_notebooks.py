"""The notebooks: built from one source, the same bytes each time, and shaped as CONTRIBUTING promises."""

import json
import re
import subprocess
import sys
from pathlib import Path
from statistics import median

import nbformat
import pytest

from labkit import exercises

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tools"))
import build_notebooks  # noqa: E402

SOURCES = sorted((ROOT / "solutions").glob("[0-9][0-9]_*.py"))
LABS = [ROOT / "labs" / f"{source.stem}.ipynb" for source in SOURCES]
SOLUTIONS = [source.with_suffix(".ipynb") for source in SOURCES]
EVERY = LABS + SOLUTIONS
NBGRADER_KEYS = {"grade", "grade_id", "locked", "schema_version", "solution", "task"}

every_source = pytest.mark.parametrize("source", SOURCES, ids=lambda p: p.stem)
every_lab = pytest.mark.parametrize("path", LABS, ids=lambda p: p.stem)
every_notebook = pytest.mark.parametrize("path", EVERY, ids=lambda p: f"{p.parent.name}-{p.stem}")


def read(path):
    return nbformat.read(path, as_version=4)


def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def graded(notebook):
    return {cell.id: cell.metadata["nbgrader"] for cell in notebook.cells if "nbgrader" in cell.metadata}


def test_every_lab_has_a_source_and_both_notebooks():
    assert [source.stem[:2] for source in SOURCES] == list(exercises.LABS)
    assert all(path.exists() for path in EVERY)
    assert sorted(p.name for p in (ROOT / "labs").glob("*.ipynb")) == sorted(p.name for p in LABS)


def test_a_rebuild_changes_no_byte():
    run = [sys.executable, str(ROOT / "tools" / "build_notebooks.py"), "--check"]
    result = subprocess.run(run, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


@every_source
def test_two_builds_give_the_same_bytes(source):
    first, second = (list(map(build_notebooks.text, build_notebooks.build(source))) for _ in range(2))
    assert first == second


@every_source
def test_the_public_address_reaches_badges_and_setup_cell_and_nothing_else_changes(source):
    without, _ = build_notebooks.build(source)
    lab, _ = build_notebooks.build(source, "https://github.com/someone/labkit")
    changed = [new.id for new, old in zip(lab.cells, without.cells, strict=True) if new.source != old.source]
    assert changed == [lab.cells[0].id, "setup"]
    assert f"colab.research.google.com/github/someone/labkit/blob/main/labs/{source.stem}.ipynb" in lab.cells[0].source
    assert f"mybinder.org/v2/gh/someone/labkit/main?labpath=labs/{source.stem}.ipynb" in lab.cells[0].source
    assert "git+https://github.com/someone/labkit" in lab.cells[1].source


@every_notebook
def test_no_address_is_written_while_there_is_none(path):
    assert build_notebooks.repository() or "colab.research" not in path.read_text(encoding="utf-8")


@every_notebook
def test_notebooks_are_valid_and_hold_neither_widget_state_nor_pictures_in_base64(path):
    notebook = read(path)
    nbformat.validate(notebook)
    assert "widgets" not in notebook.metadata
    text = path.read_text(encoding="utf-8")
    assert "widget-view" not in text
    assert "image/png" not in text
    assert "base64" not in text


@every_notebook
def test_every_exercise_has_a_stub_and_a_locked_check_with_its_points(path):
    cells = graded(read(path))
    for exercise in exercises.of_lab(path.stem[:2]):
        stub, check = cells[exercise.name], cells[f"check_{exercise.name}"]
        assert (stub["solution"], stub["grade"], stub["locked"]) == (True, False, False)
        assert (check["solution"], check["grade"], check["locked"]) == (False, True, True)
        assert check["points"] == exercise.points


@every_notebook
def test_nbgrader_metadata_is_whole_and_cell_ids_are_grade_ids(path):
    notebook = read(path)
    for cell_id, meta in graded(notebook).items():
        assert meta["grade_id"] == cell_id
        assert meta["schema_version"] == 3
        assert set(meta) - {"points"} == NBGRADER_KEYS
        assert ("points" in meta) == meta["grade"]
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)


@every_lab
def test_a_lab_has_three_core_exercises_and_at_least_three_further_ones(path):
    core = [exercise.core for exercise in exercises.of_lab(path.stem[:2])]
    assert core.count(True) == 3
    assert core.count(False) >= 3


@every_lab
def test_a_lab_holds_no_solution_and_no_output_but_those_of_its_checks(path):
    notebook = read(path)
    text = path.read_text(encoding="utf-8")
    assert "BEGIN SOLUTION" not in text
    for cell in code(notebook):
        meta = cell.metadata.get("nbgrader", {})
        if meta.get("solution"):
            assert "raise NotImplementedError" in cell.source
        if meta.get("grade"):
            assert "not attempted yet" in cell.outputs[0].text
            assert cell.outputs[1].data["text/plain"] == "0.0"
        else:
            assert cell.outputs == []


@every_source
def test_no_line_of_a_solution_is_left_in_the_lab(source):
    solved = {cell.id: cell.source for cell in read(source.with_suffix(".ipynb")).cells}
    lab = {cell.id: cell.source for cell in read(ROOT / "labs" / f"{source.stem}.ipynb").cells}
    for exercise in exercises.of_lab(source.stem[:2]):
        body = re.search(r"### BEGIN SOLUTION\n(.*)### END SOLUTION", solved[exercise.name], re.DOTALL).group(1)
        for line in filter(str.strip, body.splitlines()):
            assert line.strip() not in lab[exercise.name]


@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda p: p.stem)
def test_an_executed_solution_shows_full_points_everywhere_and_no_error(path):
    notebook = read(path)
    assert all(output.output_type != "error" for cell in code(notebook) for output in cell.outputs)
    assert all(cell.execution_count for cell in code(notebook))
    for exercise in exercises.of_lab(path.stem[:2]):
        cell = next(cell for cell in notebook.cells if cell.id == f"check_{exercise.name}")
        assert cell.outputs[0].text == f"{exercise.name}: {exercise.points:g} of {exercise.points:g} points, correct\n"
        assert cell.outputs[1].data["text/plain"] == str(float(exercise.points))


@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda p: p.stem)
def test_an_executed_solution_took_nothing_that_was_kept_from_an_earlier_run(path):
    assert "run the cell again" not in path.read_text(encoding="utf-8")


@every_source
def test_cells_are_short_and_prose_stands_between_them(source):
    _, notebook = build_notebooks.build(source)
    lengths = [len(cell.source.splitlines()) for cell in code(notebook)]
    assert median(lengths) <= 8
    assert max(lengths) <= 30
    kinds = "".join(cell.cell_type[0] for cell in notebook.cells)
    assert "cccc" not in kinds


@every_source
def test_every_exercise_is_explained_in_ninety_words_with_three_hints(source):
    _, notebook = build_notebooks.build(source)
    for i, cell in enumerate(notebook.cells):
        meta = cell.metadata.get("nbgrader", {})
        if not (meta.get("solution") and cell.cell_type == "code"):
            continue
        prose = notebook.cells[i - 1].source
        assert re.findall(r"<summary>(Hint \d)</summary>", prose) == ["Hint 1", "Hint 2", "Hint 3"], cell.id
        task = prose.split("### Exercise")[1].split("<details>")[0]
        assert len(task.split()) <= 90, cell.id
        exercise = exercises.find(cell.id)
        kind = "core" if exercise.core else "bonus"
        points = f"{exercise.points:g} point{'s' if exercise.points != 1 else ''}"
        assert f"`{cell.id}` ({kind}, {points})" in prose


@every_notebook
def test_no_absolute_path_or_time_of_this_machine_is_in_an_output(path):
    for cell in code(read(path)):
        assert not re.search(r"(?<![\w.])/(home|root|tmp|work|Users)/", json.dumps(cell.get("outputs", [])))


def a_source(tmp_path, text):
    path = tmp_path / "01_benchmark.py"
    path.write_text(text)
    return path


WHOLE = "".join(
    f'# %% exercise="{one.name}"\ndef {one.name}():\n    ### BEGIN SOLUTION\n    return 1\n    ### END SOLUTION\n\n\n'
    f'# %% check="{one.name}"\ncheck("{one.name}", {one.name})\n\n'
    for one in exercises.of_lab("01")
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (WHOLE.replace("    ### BEGIN SOLUTION\n", "", 1), "no solution region"),
        (WHOLE.replace('# %% check="verdict"', "# %%"), "its exercises and checks are"),
        (WHOLE + WHOLE, "its exercises and checks are"),
        (WHOLE.replace("# %% exercise", "# %% excercise", 1), "means nothing here"),
    ],
)
def test_a_source_with_a_mistake_is_named(tmp_path, text, message):
    build_notebooks.build(a_source(tmp_path, WHOLE))
    with pytest.raises(build_notebooks.SourceError, match=message):
        build_notebooks.build(a_source(tmp_path, text))


def test_an_executed_notebook_is_what_a_rebuild_would_write(tmp_path):
    path = a_source(tmp_path, WHOLE.replace("# %% check", "# %%\nprint(1)\n\n# %% check", 1))
    _, notebook = build_notebooks.build(path)
    for cell in notebook.cells:
        if cell.source != "print(1)":
            cell.source = "pass"
    built = json.loads(build_notebooks.text(notebook))
    build_notebooks.execute(notebook, tmp_path)
    executed = json.loads(build_notebooks.text(notebook))
    assert executed["metadata"] == built["metadata"]
    assert [cell["metadata"] for cell in executed["cells"]] == [cell["metadata"] for cell in built["cells"]]
    assert [cell["outputs"][0]["text"] for cell in executed["cells"] if cell["outputs"]] == [["1\n"]]


def test_an_executed_notebook_names_the_students_results_and_no_folder_of_this_machine(tmp_path, monkeypatch):
    monkeypatch.setenv("LABKIT_RESULTS", str(tmp_path / "elsewhere"))
    cell = "import os\nprint('wrote', os.path.relpath(os.environ['LABKIT_RESULTS'] + '/06/x'))"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)])
    build_notebooks.execute(notebook, tmp_path)
    assert notebook.cells[0].outputs[0].text == "wrote ../results/06/x\n"


@pytest.mark.parametrize("path", sorted((ROOT / "solutions").glob("*.ipynb")), ids=lambda path: path.stem)
def test_no_notebook_names_a_temporary_folder(path):
    assert "/tmp/" not in path.read_text(encoding="utf-8")


def test_outputs_are_kept_for_cells_that_did_not_change_and_dropped_for_those_that_did():
    def notebook(*sources):
        return nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(source, id=f"cell-{i}") for i, source in enumerate(sources)]
        )

    old, new = notebook("a = 1", "b = 1"), notebook("a = 1", "b = 2")
    for cell in old.cells:
        cell.outputs, cell.execution_count = [nbformat.v4.new_output("stream", text="x")], 7
    kept = build_notebooks.keep_outputs(new, old)
    assert [len(cell.outputs) for cell in kept.cells] == [1, 0]
    assert [cell.execution_count for cell in kept.cells] == [7, None]


def test_progress_bars_and_widgets_leave_only_what_can_be_read_without_them():
    view = {"application/vnd.jupyter.widget-view+json": {"model_id": "x"}}
    bar = nbformat.v4.new_output("display_data", data={**view, "text/plain": "100%"})
    widget = nbformat.v4.new_output("display_data", data={**view, "text/html": "<svg></svg>"})
    error = nbformat.v4.new_output("stream", name="stderr", text="100%|###|")
    assert build_notebooks._still(bar) is None
    assert build_notebooks._still(error) is None
    assert build_notebooks._still(widget).data == {"text/html": "<svg></svg>"}
