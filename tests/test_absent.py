"""A laptop where a library is missing gets a sentence and a way on, never a traceback."""

import json
import os
import subprocess
import sys
from pathlib import Path

import nbclient
import nbformat
import pytest

from labkit import doctor, needs

ROOT = Path(__file__).resolve().parents[1]
LIBRARIES = ("torch", "torchvision", "torch_pruning", "onnx", "onnxscript", "onnxruntime", "tensorflow")
LIBRARIES += ("ai_edge_litert", "jupyterlab")


def lacking(absent: str) -> dict[str, str]:
    """The variables of a Python in which these packages, named with commas between them, are not installed."""
    paths = os.pathsep.join(map(str, (ROOT / "tests" / "elsewhere", ROOT)))
    return os.environ | {"PYTHONPATH": paths, "ABSENT": absent}


def without(absent: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess:
    """A run of such a Python."""
    environment = lacking(absent) | {"LABKIT_RESULTS": str(folder / "results")}
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, encoding="utf-8")


def test_what_is_absent_is_neither_found_nor_imported_nor_listed(tmp_path):
    code = "import importlib.util, importlib.metadata, labkit.mobile as mobile\n"
    code += "print(importlib.util.find_spec('torch'), mobile.has('torch'), mobile.has('numpy'))\n"
    code += "import torch"
    done = without("torch", tmp_path, "-c", code)
    assert done.stdout.split() == ["None", "False", "True"]
    assert done.stderr.splitlines()[-1] == "ModuleNotFoundError: No module named 'torch'"


def test_the_doctor_names_each_with_what_brings_it(tmp_path):
    done = without(",".join(LIBRARIES), tmp_path, "-m", "labkit", "doctor")
    missing = [line for line in done.stdout.splitlines() if "missing  ->  python tools/install.py" in line]
    assert {line.split()[0].replace("-", "_") for line in missing} == {*LIBRARIES}
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.parametrize(
    ("absent", "command", "named"),
    [
        ("torch", "compress", "torch"),
        ("pandas", "claims", "pandas"),
        ("tensorflow", "compress --target phone --runtime LiteRT", "TensorFlow"),
        ("nbformat,nbgrader,yaml,pyseccomp", "grade some --lab 02", ""),
    ],
)
def test_a_command_that_misses_something_says_so_in_a_line(tmp_path, absent, command, named):
    done = without(absent, tmp_path, "-m", "labkit", *command.split())
    assert done.returncode in (1, 2)
    assert "Traceback" not in done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith("labkit: ")
    assert named in line


def test_commands_that_need_no_framework_work_without_any(tmp_path):
    code = "from labkit.cli import main\nfor one in ('labs mine', 'claims', 'compress --help'):\n"
    code += "    try:\n        print('code', main(one.split()))\n    except SystemExit as stop:\n"
    code += "        print('code', stop.code)"
    done = without(",".join([*LIBRARIES, "tflite_micro", "coremltools"]), tmp_path, "-c", code)
    assert [line for line in done.stdout.splitlines() if line.startswith("code")] == ["code 0"] * 3


@pytest.fixture
def missing(monkeypatch):
    """Makes the doctor find that libraries are missing."""

    def these(*names: str) -> None:
        found = [doctor.Finding(one, "missing" if one in names else "1.0", "python tools/install.py" * (one in names))
                 for one in doctor.NEEDED]  # fmt: skip
        monkeypatch.setattr(doctor, "library_findings", lambda: found)

    return these


def test_where_nothing_is_missing_a_lab_says_nothing(missing, capsys):
    missing()
    needs.say("torch", "onnx")
    assert capsys.readouterr().out == ""


def test_a_lab_goes_on_without_a_library_that_some_cells_need_and_says_what_brings_it(missing, capsys):
    missing("onnxruntime", "tensorflow")
    needs.say("torch", "onnx")
    said = capsys.readouterr().out
    assert said.startswith("Missing here: onnxruntime. Run `python tools/install.py`, or open the lab on Colab.")
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize("name", ["torch", "ai-edge-litert"])
def test_a_lab_stops_where_nothing_of_it_could_run(missing, name):
    missing(name)
    with pytest.raises(ModuleNotFoundError, match=f"^Missing here: {name}. Run `python tools/install.py`, or open"):
        needs.say("torch", "tensorflow")


def test_what_another_lab_needs_does_not_stop_this_one(missing, capsys):
    missing("ai-edge-litert")
    needs.say("torch", "onnx")
    assert capsys.readouterr().out == ""


def shown(absent: str, folder: Path, *sources: str) -> list[str]:
    """The text that each of these cells shows in a kernel where these packages are not installed."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(one) for one in sources])
    client = nbclient.NotebookClient(notebook, timeout=120, allow_errors=True)
    client.execute(cwd=folder, env=lacking(absent))
    texts = [[one.get("text", "\n".join(one.get("traceback", []))) for one in cell.outputs] for cell in notebook.cells]
    return ["".join(one) for one in texts]


def test_a_cell_that_needs_what_is_missing_ends_in_a_sentence_and_no_other_error_is_hidden(tmp_path):
    say = "from labkit import needs\nneeds.say('torch', 'onnx')"
    deep = "def mine():\n    import onnxscript.ir\nmine()"
    _, plain, typing, below, zero, after = shown(
        "onnx,onnxscript", tmp_path, say, "import onnx.helper", "import nmpy", deep, "1 / 0", "print('goes on')"
    )
    way_on = "which is missing here. Run `python tools/install.py`, or open the lab on Colab.\n"
    assert plain == f"This cell needs onnx, {way_on}"
    assert below == f"This cell needs onnxscript, {way_on}"
    assert "Traceback" in typing
    assert "No module named 'nmpy'" in typing
    assert "Handler failed" not in typing
    assert "ZeroDivisionError" in zero
    assert after == "goes on\n"


def test_a_first_cell_that_cannot_begin_shows_the_sentence_alone(tmp_path):
    (said,) = shown("torch", tmp_path, "from labkit import needs\nneeds.say('torch')")
    assert said == "Missing here: torch. Run `python tools/install.py`, or open the lab on Colab.\n"


def test_where_nothing_is_missing_python_shows_all_errors_itself(tmp_path):
    _, said = shown("tensorflow", tmp_path, "from labkit import needs\nneeds.say('torch')", "import tensorflow")
    assert "Traceback" in said


def test_each_lab_asks_before_it_imports():
    for path in sorted((ROOT / "labs").glob("*.ipynb")):
        first = next(cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["id"] == "setup")
        source = "".join(first["source"])
        assert (
            0
            < source.index('needs.say("torch"')
            < source.index("\nimport numpy" if "06" in path.name else "\nimport torch")
        )
