"""`tools/run.py`, which make calls: every target is there, and what it starts is what it should be."""

import ast
import importlib
import os
import re
import subprocess
import sys
from argparse import Namespace
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
STUDENTS = "the results of a student"
sys.path.insert(0, str(ROOT / "tools"))
run = importlib.import_module("run")


class Started(list):
    """The commands that a target starts, not run, with their variables; one with `fails` in it fails.

    The student has a results folder that must stay untouched.
    """

    def __init__(self, monkeypatch, fails: str = "nothing") -> None:
        self.fails, self.folders = fails, []
        monkeypatch.setenv("LABKIT_RESULTS", STUDENTS)
        monkeypatch.delenv("LABKIT_QUICK", raising=False)
        monkeypatch.setattr(run.subprocess, "Popen", self.start)

    def start(self, command, cwd, env):
        assert cwd == ROOT
        self.append((" ".join(map(str, command)), env))
        if (folder := env.get("LABKIT_RESULTS", STUDENTS)) != STUDENTS:
            assert Path(folder).is_dir()
            self.folders.append(folder)
        return Namespace(wait=lambda: 3 if self.fails in self[-1][0] else 0)

    def told(self, words: str) -> list[tuple[str, dict]]:
        """Those of which the command contains `words`."""
        return [(command, env) for command, env in self if words in command]


@pytest.fixture
def started(monkeypatch):
    return Started(monkeypatch)


def test_make_the_script_and_the_table_name_the_same_targets():
    text = (ROOT / "Makefile").read_text(encoding="utf-8").replace("\\\n", " ")
    made = re.findall(r"^([a-z-]+):\n\t\$\(RUN\)$", text, re.MULTILINE)
    assert [*re.search(r"^\.PHONY: help (.*)$", text, re.MULTILINE).group(1).split()] == made
    table = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split("| target | does |")[1]
    listed = re.findall(r"^\| `([a-z-]+)` \| .+ \| .+ \|$", table, re.MULTILINE)
    assert sorted(made) == sorted(listed) == sorted(run.TARGETS)


def test_without_a_target_each_is_listed_with_a_line(capsys):
    run.main([])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[: len(run.TARGETS)]] == list(run.TARGETS)
    assert all(len(line) <= 120 and len(line.split()) > 3 for line in lines)


@pytest.mark.sandbox
def test_make_hands_everything_to_the_script():
    own = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    command = ["make", "-n", "colab", "CPU=1", "JOBS=1", "VENV=env", "ARGS=01 02"]
    said = subprocess.check_output(command, cwd=ROOT, env=own)  # make below make says more
    assert said.decode().split()[1:] == ["tools/run.py", "colab", "--venv", "env", "--jobs", "1", "--cpu", "01", "02"]


def test_what_the_scripts_need_is_installed_first(started):
    for target, extras in [("notebooks", ""), ("site", " --with site"), ("pictures", " --with browser")]:
        started.clear()
        run.main([target, "--venv", "env", "--cpu"])
        assert started[0][0].endswith(f"install.py --venv {Path('env').absolute()} --cpu{extras}")


def test_all_tests_and_notebooks_run_apart_from_the_students_results(started):
    run.main(["test", "--jobs", "1"])
    tests, labs, solutions = started.told("pytest")
    assert "--ignore=tests/browser" in tests[0]
    assert f"-m {run.MARKS}" in tests[0]
    assert "LABKIT_QUICK" not in tests[1]
    assert labs[0].endswith(" labs")
    assert solutions[0].endswith(" solutions")
    assert all(env["LABKIT_QUICK"] == "1" and "--nbval-lax" in command for command, env in (labs, solutions))
    assert "LABKIT_STRICT" not in labs[1]
    assert solutions[1]["LABKIT_STRICT"] == "1"
    assert all("-n 1 --dist loadfile" in command for command, _ in (tests, labs, solutions))
    assert len(set(started.folders)) == 3
    assert not any(Path(folder).exists() for folder in started.folders)


def test_test_all_leaves_nothing_out(started):
    run.main(["test-all"])
    tests, *_ = started.told("pytest")
    assert "--ignore" not in tests[0]
    assert "-m not" not in tests[0]
    assert "--with browser --with coreml --with grading --with site" in started[0][0]


def test_check_is_style_notebooks_and_quick_tests(started):
    run.main(["check"])
    steps = ["install.py", "ruff check", "ruff format --check", "build_notebooks.py --check", "and not slow"]
    assert [step in command for step, (command, _) in zip(steps, started, strict=True)] == [True] * 5


def test_sweeps_run_in_their_order_and_the_benchmarks_are_all_there(started):
    run.main(["sweeps"])
    scripts = [Path(command.split()[-1]) for command, _ in started[1:]]
    assert [script.stem for script in scripts] == run.SWEEPS.split()
    assert all((ROOT / script).is_file() for script in scripts)
    started.clear()
    run.main(["bench"])
    found = {path.name for path in (ROOT / "benchmarks").glob("*.py")} - {"common.py"}
    assert {Path(command.split()[-1]).name for command, _ in started[1:]} == found


@pytest.mark.parametrize("step", ["install.py", "ruff check", "build_notebooks.py"])
def test_a_step_that_fails_ends_the_target_with_its_code(monkeypatch, step):
    started = Started(monkeypatch, fails=step)
    with pytest.raises(SystemExit) as stop:
        run.main(["check"])
    assert stop.value.code == 3
    assert step in started[-1][0]


def test_a_failed_test_run_leaves_no_folder(monkeypatch):
    started = Started(monkeypatch, fails="pytest")
    with pytest.raises(SystemExit):
        run.main(["test"])
    assert len(started.folders) == 1
    assert not Path(started.folders[0]).exists()


def test_everything_that_is_started_reads_and_writes_utf_8(started):
    run.main(["test"])
    assert all(env["PYTHONUTF8"] == "1" for _, env in started)


def test_arguments_reach_the_script_and_are_refused_where_none_takes_them(started, capsys):
    run.main(["colab", "01", "--python", "3.12"])
    assert started[-1][0].endswith("tools/colab.py 01 --python 3.12")
    with pytest.raises(SystemExit):
        run.main(["test", "01"])
    assert "test takes no 01" in capsys.readouterr().err


def test_without_npm_or_apt_a_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setattr(run.shutil, "which", lambda name: None)
    for target, words in (("web", "install Node.js 20"), ("system-deps", "Not Debian or Ubuntu")):
        with pytest.raises(SystemExit, match=words):
            run.main([target])


def test_clean_deletes_what_was_built_and_nothing_else(monkeypatch, tmp_path):
    gone = ["build/site/index.html", "dist/a.whl", "labkit/__pycache__/a.pyc", "labs/.ipynb_checkpoints/a.ipynb"]
    kept = [".venv/lib/__pycache__/a.pyc", "results/01.jsonl", "labs/01.ipynb", "results/.ipynb_checkpoints/a.ipynb"]
    for name in gone + kept:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x", encoding="utf-8")
    monkeypatch.setattr(run, "ROOT", tmp_path)
    run.main(["clean"])
    assert [name for name in gone + kept if (tmp_path / name).exists()] == kept
    assert not (tmp_path / "labkit" / "__pycache__").exists()


@pytest.mark.parametrize("name", ["install", "run"])
def test_old_pythons_can_read_the_scripts_that_start_before_anything_is_installed(name):
    ast.parse((ROOT / "tools" / f"{name}.py").read_text(encoding="utf-8"), feature_version=(3, 8))


def test_ctrl_c_is_left_to_what_was_started(monkeypatch):
    presses = iter([KeyboardInterrupt, KeyboardInterrupt, 7])

    def wait():
        if (what := next(presses)) is KeyboardInterrupt:
            raise what
        return what

    monkeypatch.setattr(run.subprocess, "Popen", lambda *_, **__: Namespace(wait=wait))
    with pytest.raises(SystemExit) as stop:
        run.main(["doctor"])
    assert stop.value.code == 7


def test_a_real_command_gets_its_variables_and_its_code_comes_back():
    code = "import os, sys; sys.exit(int(os.environ['LABKIT_CODE']))"
    with pytest.raises(SystemExit) as stop:
        run.call([sys.executable, "-c", code], {"LABKIT_CODE": "5"})
    assert stop.value.code == 5
    run.call([sys.executable, "-c", code], {"LABKIT_CODE": "0"})
