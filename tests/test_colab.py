"""`tools/colab.py` without a network: Colab's versions, what labkit allows, what a set-up cell must not do."""

import importlib
import json
import re
import sys
from pathlib import Path

import nbformat
import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))
names = ("colab", "colab_list", "colab_machine", "colab_page")
colab, colab_list, machine, colab_page = map(importlib.import_module, names)
RUNTIMES = {runtime.python: runtime for runtime in colab_list.runtimes()}
NAMED = {"torch": "2.11", "tensorflow": "2.20", "ipywidgets": "7.7.1", "ipython": "7.34", "protobuf": "5.29"}


def test_both_of_colabs_pythons_are_known_with_the_day_of_their_lists():
    assert list(RUNTIMES) == ["3.13", "3.12"]
    assert all(re.fullmatch(r"20\d\d-\d\d-\d\d", runtime.date) for runtime in RUNTIMES.values())


@pytest.mark.parametrize("python", RUNTIMES)
def test_what_decides_on_colab_has_the_version_that_the_labs_are_made_for(python):
    found = RUNTIMES[python].packages
    assert {name: found[name][: len(version)] for name, version in NAMED.items()} == NAMED
    assert not {"onnx", "onnxruntime", "onnxscript", "jupyterlab"} & found.keys()


@pytest.mark.parametrize("python", RUNTIMES)
def test_labkit_allows_every_version_that_colab_has(python):
    found = RUNTIMES[python].packages
    wanted = map(Requirement, colab_list.requirements())
    known = [one for one in wanted if one.name in found]
    assert {"torch", "numpy", "ipywidgets", "tensorflow"} <= {one.name for one in known}
    assert [f"{one.name} {found[one.name]}" for one in known if found[one.name] not in one.specifier] == []


@pytest.mark.parametrize("python", RUNTIMES)
def test_colabs_list_is_whole_and_holds_every_package_that_is_really_installed(python):
    assert len(RUNTIMES[python].packages) > 600
    assert set(colab_list.installed()) <= RUNTIMES[python].packages.keys()


def test_a_runtime_without_its_list_is_refused_with_the_files_name(tmp_path):
    table = tmp_path / "colab_packages.toml"
    table.write_text('[[runtime]]\npython = "3.14"\ndate = 2027-01-01\n')
    with pytest.raises(colab_list.ColabError, match=r"colab_3.14.txt is missing.*pip-freeze.txt"):
        colab_list.runtimes(table)


def test_a_list_is_read_with_the_versions_that_stand_in_addresses():
    text = "# made by a machine\nTyping_Extensions==4.16.0\n-e git+https://example.org/x#egg=x\n"
    text += "torch @ https://example.org/cpu/torch-2.11.0%2Bcpu-cp313-cp313-manylinux_2_28_x86_64.whl\n"
    text += "kernel @ git+https://example.org/kernel@b134e99\nnumpy==2.1.3  # pinned\n"
    assert colab_list.read_freeze(text) == {"typing-extensions": "4.16.0", "torch": "2.11.0", "numpy": "2.1.3"}


def test_a_list_without_a_package_is_refused():
    with pytest.raises(colab_list.ColabError, match="pip freeze"):
        colab_list.read_freeze("<html>Not found</html>")


def test_every_extra_keeps_its_own_requirements_and_their_systems():
    found = colab_list.requirements()
    assert 'torch>=2.11; extra == "torch"' in found
    assert any(one.startswith("tflite-micro") and one.endswith(') and extra == "micro"') for one in found)
    assert all(Requirement(one) for one in found)


def test_every_extra_that_a_lab_asks_for_is_tried():
    asked = set()
    for path in (ROOT / "solutions").glob("[0-9][0-9]_*.py"):
        asked |= set(re.search(r'setup="([^"]*)"', path.read_text(encoding="utf-8")).group(1).split())
    assert asked == set(colab.EXTRAS)


@pytest.fixture
def index(tmp_path, monkeypatch):
    """A folder of wheels in place of the package index; Colab has the packages that labkit itself needs."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    for name in ("onnxscript", "onnxruntime"):
        colab_list.empty_wheel(folder, name, "1.0")
    return folder


def resolve(folder):
    (folder / "work").mkdir()
    return colab_list.resolve(RUNTIMES["3.13"], ("onnx",), folder / "work")


def test_a_newer_package_that_wants_more_than_colab_has_is_passed_over(index, tmp_path):
    colab_list.empty_wheel(index, "onnx", "1.24", ("protobuf>=6",))
    colab_list.empty_wheel(index, "onnx", "1.22", ("protobuf>=4",))
    colab_list.empty_wheel(index, "protobuf", "6.0")
    found = resolve(tmp_path)
    assert found["onnx"] == "1.22"
    assert found["protobuf"] == f"{RUNTIMES['3.13'].packages['protobuf']}+colab"
    assert {name for name, version in found.items() if "+" not in version} == {"onnx", "onnxscript", "onnxruntime"}


def test_where_nothing_fits_what_colab_has_pips_reason_is_told(index, tmp_path):
    colab_list.empty_wheel(index, "onnx", "1.24", ("protobuf>=6",))
    with pytest.raises(colab_list.ColabError, match=r"Python 3.13(.|\n)*protobuf"):
        resolve(tmp_path)


def test_a_changed_a_lost_and_a_newly_broken_package_are_told_and_nothing_else():
    before = machine.State({"a": "1", "b": "1", "c": "1"}, frozenset({"ipython requires jedi"}))
    after = machine.State({"a": "2", "c": "1", "d": "1"}, frozenset({"ipython requires jedi", "d requires e"}))
    assert machine.differences(before, after) == ["a 1 became 2", "b 1 became missing", "pip check: d requires e"]
    assert machine.differences(before, before) == []
    assert after.brought(before) == {"d": "1"}


def test_the_python_that_runs_this_is_found_and_one_that_nobody_has_is_not(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{tmp_path}")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    own = ".".join(map(str, sys.version_info[:2]))
    assert machine.find_python(own) is not None
    shim = tmp_path / "python3.99"
    shim.write_text("#!/bin/sh\nexit 127\n")
    shim.chmod(0o755)
    assert machine.find_python("3.99") is None


def run(tmp_path, monkeypatch, code):
    """How a notebook of one cell goes, in this environment."""
    monkeypatch.setenv("LABKIT_RESULTS", "somewhere")
    monkeypatch.delenv("COLAB_RELEASE_TAG", raising=False)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    nbformat.write(notebook, tmp_path / "a.ipynb")
    (tmp_path / "content").mkdir()
    return machine.run_lab(sys.executable, tmp_path / "a.ipynb", tmp_path / "x.whl", tmp_path / "content")


def test_a_lab_stands_alone_in_its_folder_on_colab_and_knows_only_the_wheel(tmp_path, monkeypatch):
    code = "import os, pathlib\nsaid = {n: v for n, v in os.environ.items() if n.startswith('LABKIT')}\n"
    code += (
        f"assert said == {{'LABKIT_SOURCE': {str(tmp_path / 'x.whl')!r}, 'LABKIT_QUICK': '1', 'LABKIT_STRICT': '0'}}\n"
    )
    code += "assert os.environ['COLAB_RELEASE_TAG']\n"
    code += "assert [path.name for path in pathlib.Path().iterdir()] == ['a.ipynb']"
    found = run(tmp_path, monkeypatch, code)
    assert (found.problems, found.brought) == ([], {})


def test_a_lab_that_fails_is_told_with_its_error(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "state", lambda environment: machine.State({}))
    found = run(tmp_path, monkeypatch, "raise ValueError('no such slider')")
    assert len(found.problems) == 1
    assert "ValueError: no such slider" in found.problems[0]


def test_a_python_that_is_not_here_is_named_as_not_run(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(colab, "find_python", lambda version: None)
    monkeypatch.setattr(colab, "resolve", lambda *_: {"onnx": "1.22.0", "numpy": "2.1.3+colab"})
    assert colab.main(["--wheel", "x.whl", "-o", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "Python 3.13: Colab lacks onnx 1.22.0\n" in said
    assert "Python 3.12 is not on this machine" in said
    assert list(tmp_path.iterdir()) == []


class Colab:
    """An environment that is only a set of names: what stood there, and what each lab needs beside labkit."""

    def __init__(self, needs, problems=()):
        self.there, self.needs, self.problems, self.seen = {"numpy"}, needs, list(problems), []

    def run_lab(self, environment, notebook, wheel, folder, strict=False):
        lab, before = notebook.name[:2], set(self.there)
        self.seen.append((lab, notebook.parent.name, sorted(self.there), sorted(one.name for one in folder.iterdir())))
        self.there |= {"labkit", *self.needs[lab]}
        (folder / notebook.name).touch()
        return machine.LabRun(1.0, dict.fromkeys(self.there - before, "1"), self.problems)

    def take_out(self, environment, brought):
        self.there -= set(brought)

    def take_over(self, monkeypatch):
        monkeypatch.setattr(colab, "find_python", lambda version: "python")
        monkeypatch.setattr(colab, "resolve", lambda *_: {"onnx": "1.22.0"})
        monkeypatch.setattr(colab, "make_environment", lambda *_: "python")
        monkeypatch.setattr(colab, "state", lambda environment: machine.State({"numpy": "2.1.3"}))
        for name in ("run_lab", "take_out"):
            monkeypatch.setattr(colab, name, getattr(self, name))
        return self


def test_alone_every_lab_meets_colab_as_it_is_in_an_empty_folder(tmp_path):
    with pytest.MonkeyPatch.context() as patch:
        here = Colab({"01": ["torch-pruning"], "02": ["onnx"]}).take_over(patch)
        assert [lab for lab, _ in colab.run_labs("python", "alone", ["01", "02"], Path("x"), tmp_path)] == ["01", "02"]
    assert here.seen == [("01", "labs", ["numpy"], []), ("02", "labs", ["numpy"], [])]
    assert here.there == {"numpy"}


@pytest.mark.parametrize(("way", "folder"), [("after", "labs"), ("solution", "solutions")])
def test_in_turn_a_lab_meets_what_the_one_before_has_left(tmp_path, way, folder):
    with pytest.MonkeyPatch.context() as patch:
        here = Colab({"01": ["torch-pruning"], "02": ["onnx"]}).take_over(patch)
        list(colab.run_labs("python", way, ["01", "02"], Path("x"), tmp_path))
    left = ["labkit", "numpy", "torch-pruning"]
    assert here.seen == [("01", folder, ["numpy"], []), ("02", folder, left, ["01_benchmark.ipynb"])]
    assert here.there == {"numpy"}


@pytest.mark.parametrize(("problems", "code"), [([], 0), (["numpy 2.1.3 became 2.4"], 1)])
def test_a_lab_with_a_problem_makes_the_command_fail_and_stands_on_the_page(monkeypatch, tmp_path, problems, code):
    Colab({"01": ["onnx"]}, problems).take_over(monkeypatch)
    arguments = ["01", "--wheel", "x.whl", "-o", str(tmp_path), "--way", "alone"]
    assert colab.main(arguments) == code
    page = (tmp_path / "colab.md").read_text(encoding="utf-8")
    assert page.count(f"| 01 | {problems[0] if problems else 'ran'} |") == len(RUNTIMES)
    assert "Colab lacks\nonnx 1.22.0" in page


def test_a_later_run_takes_the_place_of_its_own_and_leaves_the_others(tmp_path):
    known = {"date": "2026-08-19", "packages": 639, "installed": 90, "lacks": {"onnx": "1.22.0"}}
    tried = (("01", "alone", ["a | b"]), ("02", "alone", []), ("01", "after", []), ("01", "alone", []))
    for lab, way, problems in tried:
        row = {"python": "3.13", "lab": lab, "way": way, "date": "2026-11-23", "seconds": 1.0, "brought": {}}
        colab_page.add(tmp_path / "colab.json", "3.13", known, row | {"problems": problems})
        if problems:
            assert "| 01 | a / b |" in (tmp_path / "colab.md").read_text(encoding="utf-8")
    page = (tmp_path / "colab.md").read_text(encoding="utf-8").splitlines()
    rows = [line for line in page if line.startswith(("| lab", "| 0"))]
    assert rows == ["| lab | alone | after the labs above |", "| 01 | ran | ran |", "| 02 | ran | not run |"]


@pytest.mark.parametrize(
    ("arguments", "said"), [(["99"], "no lab 99"), (["--way", "both"], "alone"), (["--python", "3.9"], "3.13")]
)
def test_wrong_arguments_are_refused_with_what_to_say(arguments, said, capsys):
    with pytest.raises(SystemExit):
        colab.parse(arguments)
    assert said in capsys.readouterr().err


def test_the_page_in_docs_is_that_of_the_last_runs_on_both_pythons_and_no_lab_had_a_problem():
    said = json.loads((ROOT / "docs" / "colab.json").read_text(encoding="utf-8"))
    assert (ROOT / "docs" / "colab.md").read_text(encoding="utf-8") == colab_page.page(said)
    assert {one["python"] for one in said["runs"] if one["way"] == "after"} == RUNTIMES.keys()
    assert [one for one in said["runs"] if one["problems"]] == []
    known = {python: (runtime.date, len(runtime.packages)) for python, runtime in RUNTIMES.items()}
    assert {python: (one["date"], one["packages"]) for python, one in said["runtimes"].items()} == known
