"""`tools/ladder.py` without a network: which versions it climbs to, what it makes of pip's and pytest's words."""

import importlib
import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))
ladder, ladder_page = map(importlib.import_module, ("ladder", "ladder_page"))
ENDS = ladder_page.ENDS
PROJECT = """[project]
dependencies = ["ipywidgets>=7.7.1", "numpy>=2.0.2,<3", "pandas>=2.2"]
[project.optional-dependencies]
torch = ["torch>=2.11", "torchvision", "torch-pruning>=1.6"]
onnx = ["onnx>=1.22", "onnxscript", "onnxruntime"]
"""


def said(text="", code=0, errors=""):
    """What a command gave."""
    return subprocess.CompletedProcess([], code, text, errors)


def test_the_claims_are_read_from_dependencies_and_extras(tmp_path):
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    assert ladder.claimed(tmp_path / "pyproject.toml") == {
        "torch": "torch>=2.11",
        "onnx": "onnx>=1.22",
        "ipywidgets": "ipywidgets>=7.7.1",
        "pandas": "pandas>=2.2",
        "numpy": "numpy>=2.0.2,<3",
    }


@pytest.mark.parametrize(
    ("requirement", "oldest"), [("torch>=2.11", "torch==2.11"), ("numpy>=2.0.2,<3", "numpy==2.0.2")]
)
def test_the_oldest_is_the_floor_itself(requirement, oldest):
    assert ladder.floor(requirement) == oldest


def test_every_library_has_tests_and_all_of_them_are_there():
    files = [ROOT / "tests" / f"test_{name}.py" for names in ladder.TESTS.values() for name in names]
    assert [path.name for path in files if not path.exists()] == []
    assert ladder.TESTS.keys() == ladder.TOGETHER.keys() == ladder.claimed(ROOT / "pyproject.toml").keys()


@pytest.mark.parametrize("library", ladder.TESTS)
def test_what_the_rung_does_not_concern_keeps_its_version(library):
    kept = dict(line.split("==") for line in ladder.others(library))
    assert library not in kept
    assert not [name for name in kept if name.startswith(("labkit", *ladder.TOGETHER[library]))]
    assert kept["psutil"] == version("psutil")
    assert all(Requirement(f"{name}=={number}") for name, number in kept.items())


@pytest.mark.parametrize(
    ("printed", "found"),
    [
        ("....\n4 passed in 1.02s", (4, 0, "passed")),
        ("4 passed, 2 deselected, 1 warning in 1s", (4, 0, "passed")),
        ("FAILED tests/test_a.py::test_b[x] - E\n1 failed, 3 passed in 1s", (3, 1, "test_b[x]")),
        ("ERROR tests/test_a.py\n1 error in 1s", (0, 1, "tests/test_a.py")),
        ("12 deselected in 1s", (0, 0, "no test ran: 12 deselected in 1s")),
        ("", (0, 0, "no test ran: ")),
    ],
)
def test_a_rung_passes_only_if_tests_ran_and_none_failed(printed, found):
    passed, failed, seconds, words = ladder.outcome(printed, 7.0)
    assert (passed, failed, words) == found
    assert seconds == 7.0


class Shell:
    """In place of commands: what each was, with the answer of the first key that it holds."""

    def __init__(self, **answers):
        self.answers, self.asked = answers, []

    def __call__(self, command):
        self.asked.append(command)
        return next((answer for word, answer in self.answers.items() if f"--{word}" in command), said("3 passed in 1s"))


@pytest.fixture
def climb(monkeypatch):
    """`ladder.climb` with a `Shell` and an environment that is only folders."""

    def climbed(shell, library="torch", requirement="torch==2.11"):
        def make(command, **_):
            Path(command[-1], "lib", "site-packages").mkdir(parents=True)

        monkeypatch.setattr(ladder, "run", shell)
        monkeypatch.setattr(ladder.subprocess, "run", make)
        return ladder.climb(library, "oldest", requirement)

    return climbed


def test_torch_is_installed_with_the_torchvision_that_fits_and_then_tested(climb):
    shell = Shell()
    rung = climb(shell)
    dry, install, _, tests = shell.asked
    assert "--dry-run" in dry
    assert install[-2:] == ["torch==2.11", "torchvision"]
    assert "--constraint" in install
    assert {Path(one).name for one in tests[tests.index(ladder.MARKS) + 1 :]} == {
        f"test_{name}.py" for name in ladder.TESTS["torch"]
    }
    assert (rung.passed, rung.failed, rung.result) == (3, 0, "passed")


def test_a_version_that_is_here_already_is_not_installed_again(climb):
    shell = Shell(**{"dry-run": said(f"Would install numpy-{version('numpy')}\n")})
    assert climb(shell, "numpy", "numpy>=2").result == "passed"
    assert [command for command in shell.asked if "--constraint" in command] == []


def test_what_pip_refuses_is_a_rung_that_did_not_pass_with_pips_reason(climb):
    shell = Shell(constraint=said(code=1, errors="note\nERROR: Cannot install pandas==2.2 and numpy\n"))
    rung = climb(shell, "pandas", "pandas==2.2")
    assert (rung.version, rung.passed) == ("pandas==2.2", 0)
    assert rung.result == "pip refuses: Cannot install pandas==2.2 and numpy"


def test_the_table_is_written_after_each_rung_and_a_later_climb_replaces_its_own(monkeypatch, tmp_path, capsys):
    results = iter(["passed", "test_x", "passed"])
    monkeypatch.setattr(
        ladder, "climb", lambda library, end, asked: ladder.Rung(library, end, asked, 3, 0, 1.0, next(results))
    )
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n\n{ladder_page.BEGIN}\n| old |\n{ladder_page.END}\n\nafter\n")
    arguments = ["-o", str(tmp_path), "--readme", str(readme)]
    assert ladder.main(["onnx", *arguments]) == 1
    assert ladder.main(["onnx", "--end", "newest", *arguments]) == 0
    rungs = json.loads((tmp_path / "ladder.json").read_text())["rungs"]
    assert [(rung["end"], rung["result"]) for rung in rungs] == [("oldest", "passed"), ("newest", "passed")]
    table = (tmp_path / "ladder.md").read_text().splitlines()
    assert table[2] == "| library | end | version | tests | result |"
    assert len([line for line in table if line.startswith("| onnx")]) == 2
    assert "onnx" in capsys.readouterr().out
    before, after = readme.read_text().split(ladder_page.BEGIN)[0], readme.read_text().split(ladder_page.END)[1]
    assert (before, after) == ("before\n\n", "\n\nafter\n")
    assert "| onnx | onnx==1.22: passed | onnx>=1.22: passed |" in readme.read_text()
    assert "| old |" not in readme.read_text()


def test_a_rung_that_failed_or_was_not_climbed_stands_in_the_readmes_table():
    rungs = [
        ladder.Rung("torch", "oldest", "2.11.0", 3, 1, 1.0, "test_x"),
        ladder.Rung("onnx", "newest", "1.23", 9, 0, 1.0, "passed"),
    ]
    lines = ladder_page.short_table("here", rungs).splitlines()
    assert lines[2:4] == ["| torch | 2.11.0: test_x | not run |", "| onnx | not run | 1.23: passed |"]
    assert lines[-1] == "here."


@pytest.mark.parametrize(
    "text", ["no marks", f"{ladder_page.END} the wrong way round {ladder_page.BEGIN}", f"{ladder_page.BEGIN} alone"]
)
def test_a_readme_without_both_marks_stays_as_it_is(text):
    assert ladder_page.between_marks(text, "new") == text


def test_a_table_that_is_in_the_readme_is_that_of_the_last_climb():
    said = json.loads((ROOT / "docs" / "ladder.json").read_text())
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    table = ladder_page.short_table(said["where"], ladder.read(ROOT / "docs" / "ladder.json"))
    assert ladder_page.between_marks(text, table) == text


def test_an_unknown_library_is_refused_with_the_known_ones(capsys):
    with pytest.raises(SystemExit):
        ladder.main(["scipy"])
    assert "no rung for scipy; there are torch, onnx" in capsys.readouterr().err


def test_the_table_in_docs_has_both_ends_of_every_library_within_the_claims():
    rungs = ladder.read(ROOT / "docs" / "ladder.json")
    assert [(rung.library, rung.end) for rung in rungs] == [(one, end) for one in ladder.TESTS for end in ENDS]
    claims = {name: Requirement(one) for name, one in ladder.claimed(ROOT / "pyproject.toml").items()}
    assert [rung for rung in rungs if rung.version not in claims[rung.library].specifier] == []
    assert {rung.result for rung in rungs} == {"passed"}
    assert "| passed |" in (ROOT / "docs" / "ladder.md").read_text()
