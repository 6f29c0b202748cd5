"""A race of programs is as fair as a race of functions, and a program that fails says why."""

import time

import pytest

from labkit.measure import race_processes

SLEEPS = "import time\ncalls = {{{name!r}: lambda: time.sleep({seconds})}}"


def sleeps(name: str, seconds: float) -> str:
    return SLEEPS.format(name=name, seconds=seconds)


def test_a_program_that_takes_three_times_as_long_is_three_times_slower():
    race = race_processes([sleeps("short", 0.004), sleeps("long", 0.012)], seconds=0.5)
    assert race.baseline == "short"
    assert race["long"].ratio == pytest.approx(3, rel=0.3)
    assert race["long"].verdict == "slower"
    assert race["short"].latency_ms >= 4


def test_one_program_may_bring_several_functions():
    both = "import time\ncalls = {'a': lambda: time.sleep(0.002), 'b': lambda: time.sleep(0.008)}"
    race = race_processes([both], baseline="b", seconds=0.3)
    assert list(race.timings) == ["a", "b"]
    assert race["a"].ratio < 0.6


def test_while_one_program_has_its_turn_the_others_do_nothing(tmp_path):
    program = """
import time
def call():
    with open({log!r}, "a") as log:
        log.write("begin {name}\\n")
        time.sleep(0.001)
        log.write("end {name}\\n")
        log.flush()
calls = {{{name!r}: call}}
"""
    log = str(tmp_path / "log")
    race_processes([program.format(log=log, name=name) for name in "ab"], seconds=0.2)
    lines = (tmp_path / "log").read_text().split("\n")[:-1]
    for begin, end in zip(lines[::2], lines[1::2], strict=True):
        assert (begin.split()[0], end.split()[0]) == ("begin", "end")
        assert begin.split()[1] == end.split()[1]


def test_what_a_program_prints_disturbs_nobody():
    loud = (
        "import time, sys\nprint('loud')\ndef call():\n    print('loud')\n    time.sleep(0.001)\ncalls = {'loud': call}"
    )
    assert race_processes([loud, sleeps("quiet", 0.001)], seconds=0.2).rounds >= 8


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("raise ValueError('no such model')", "code 1: .*ValueError: no such model"),
        ("import sys; sys.exit(3)", "code 3"),
        ("x = 1", "does not end with `calls`"),
        ("calls = {}", "does not end with `calls`"),
        ("def call():\n    raise OSError('gone')\ncalls = {'call': call}", "OSError: gone"),
        ("import os\ncalls = {'call': lambda: os._exit(5)}", "code 5"),
        ("this is no Python", "SyntaxError"),
    ],
)
def test_a_program_that_fails_says_why(program, message):
    start = time.perf_counter()
    with pytest.raises(RuntimeError, match=f"(?s){message}"):
        race_processes([sleeps("other", 0.001), program], seconds=0.2)
    assert time.perf_counter() - start < 30


@pytest.mark.parametrize(
    ("programs", "options", "message"),
    [
        ([], {}, "a list of programs is needed"),
        ("calls = {}", {}, "a list of programs is needed"),
        ([sleeps("a", 0), sleeps("a", 0)], {}, "two programs have a function called a"),
        ([sleeps("a", 0)], {"baseline": "b"}, "'b' is not among the variants"),
        ([sleeps("a", 0)], {"seconds": 0}, "must be above 0"),
    ],
)
def test_a_race_that_cannot_be_held_is_refused(programs, options, message):
    with pytest.raises(ValueError, match=message):
        race_processes(programs, **options)


def test_no_process_is_left_behind():
    import psutil

    before = {child.pid for child in psutil.Process().children(recursive=True)}
    race_processes([sleeps("a", 0.001)], seconds=0.1)
    with pytest.raises(RuntimeError):
        race_processes([sleeps("a", 0.001), "raise ValueError"], seconds=0.1)
    assert {child.pid for child in psutil.Process().children(recursive=True)} <= before


def test_a_program_that_never_gets_ready_is_stopped(monkeypatch):
    from labkit.measure import processes

    monkeypatch.setattr(processes, "START_SECONDS", 0.5)
    with pytest.raises(RuntimeError, match="ended with code"):
        race_processes(["import time; time.sleep(60)"])
