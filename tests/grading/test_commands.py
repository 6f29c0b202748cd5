"""What is said on the command line arrives; what it ends with tells a script how it went."""

import inspect
from pathlib import Path

import pytest

from labkit import cli
from labkit.grading import marking, run
from labkit.grading.work import GRADED, LOOK, CannotGrade
from labkit.notebooks.cells import Refused

RUNNING = "--only alice --only bob --overlay mine --workers 3 --scheduler tcp://10.0.0.1:8786 --unsafe"
RUN = {"only": ["alice", "bob"], "overlay": Path("mine"), "workers": 3, "scheduler": "tcp://10.0.0.1:8786"}
GRADE = "grade in.zip --lab 2 -o out --deadline 2026-11-30T23:59Z --late-penalty 10 --formgrader course"
GRADE += " --received times.csv"
DEADLINE = {"deadline": "2026-11-30T23:59Z", "late_penalty": 10.0}
GRADED_BY = {"place": Path("in.zip"), "folder": Path("out"), "lab": "02", "formgrader": Path("course"), **DEADLINE}
GRADED_BY["received"] = Path("times.csv")
ORDERS = [
    (f"{GRADE} {RUNNING}", run, "grade_class", GRADED_BY | RUN | {"unsafe": True}),
    ("grade in", run, "grade_class", {"place": Path("in"), "folder": Path("grades")}),
    (f"regrade out {RUNNING}", run, "regrade", {"folder": Path("out")} | RUN | {"unsafe": True}),
    ("mark out", marking, "mark", {"folder": Path("out")}),
    ("mark out manual.csv", marking, "mark", {"folder": Path("out"), "points": Path("manual.csv")}),
]


def heard(monkeypatch, module, name: str, answer: object) -> list[dict]:
    """What the function is called with from now on: every argument that is not what it is by default."""
    calls, signature = [], inspect.signature(getattr(module, name))
    usual = {one.name: [] if one.default == () else one.default for one in signature.parameters.values()}

    def function(*arguments, **named):
        said = signature.bind(*arguments, **named).arguments
        calls.append({key: value for key, value in said.items() if value != usual[key]})
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(module, name, function)
    return calls


@pytest.mark.parametrize(("line", "module", "name", "expected"), ORDERS, ids=[order[0] for order in ORDERS])
def test_every_option_reaches_its_function(monkeypatch, capsys, line, module, name, expected):
    calls = heard(monkeypatch, module, name, "2 wait" if name == "mark" else [{"status": GRADED}])
    assert cli.main(line.split()) == 0
    assert calls == [expected]
    assert capsys.readouterr().out == ("2 wait\n" if name == "mark" else "")


@pytest.mark.parametrize(("line", "name"), [("grade in", "grade_class"), ("regrade out", "regrade")])
def test_a_run_in_which_one_needs_a_look_ends_with_1(monkeypatch, line, name):
    heard(monkeypatch, run, name, [{"status": GRADED}, {"status": LOOK}])
    assert cli.main(line.split()) == 1


@pytest.mark.parametrize("line", ["grade in", "regrade out", "mark out"])
@pytest.mark.parametrize("why", [Refused("no"), CannotGrade("no"), OSError(5, "no")])
def test_what_stands_in_the_way_is_one_line_and_2(monkeypatch, capsys, line, why):
    for module, name in ((run, "grade_class"), (run, "regrade"), (marking, "mark")):
        heard(monkeypatch, module, name, why)
    assert cli.main(line.split()) == 2
    said = capsys.readouterr().err
    assert said.startswith("labkit: ")
    assert said.endswith("no\n")
    assert said.count("\n") == 1


def test_a_fault_of_ours_is_no_message(monkeypatch):
    heard(monkeypatch, run, "regrade", KeyError("sha256"))
    with pytest.raises(KeyError):
        cli.main(["regrade", "out"])
