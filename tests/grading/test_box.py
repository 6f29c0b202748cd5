"""The box runs a submission's cells and answers calls, whatever the code does to the process that it runs in."""

import os
import random
import subprocess
import sys
import time
from dataclasses import replace

import boxed
import pytest

from labkit.exercises.laws import NotAttempted, Stopped, Wrong
from labkit.grading import process, sandbox
from labkit.grading.box import BREACH, GONE, Box, Stub, available
from labkit.grading.work import CannotGrade, Limits, Step

pytestmark = pytest.mark.sandbox
SLOT = 1000 + os.getpid() % 1000  # whose user id no other test has
LIMITS = Limits(call_seconds=20, cell_seconds=20, submission_seconds=100)
SHORT = replace(LIMITS, call_seconds=0.5)
SOON = 15  # seconds: what is ended comes back long before the 100 that it would take


def cell(source: str, exercise: str = "f") -> Step:
    return Step(f"the cell of `{exercise}`", source, exercise)


def ask(source: str, *arguments, limits: Limits = LIMITS, given: str = "", unsafe: bool = False):
    """What `f` of a cell returns, in a box of its own."""
    with Box(limits, SLOT, unsafe) as box:
        assert box.run(Step("given", given, given=True)) == ""
        assert box.run(cell(source)) == ""
        return box.ask("f", arguments)


@pytest.fixture(autouse=True, scope="module")
def _marked():
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sandbox.ENVIRONMENT, boxed.WORD, "1")
        yield


@pytest.fixture(scope="module")
def shared():
    """A box in which nothing does harm."""
    with Box(LIMITS, SLOT) as box:
        yield box


# Cells


def test_a_function_of_a_cell_is_called_with_plain_values(shared):
    import numpy as np

    assert (
        shared.run(cell("import numpy as np\ndef f(x, k):\n    return [np.mean(x), {'k': k}, (x * 2).tolist()]")) == ""
    )
    found = shared.ask("f", (np.array([1.0, 2.0]), "a"))
    assert found == [1.5, {"k": "a"}, [2.0, 4.0]]
    assert type(found[0]) is np.float64


@pytest.mark.parametrize("unsafe", [False, True])
def test_what_the_order_of_a_set_decides_is_the_same_in_every_box(unsafe):
    order = "def f():\n    return list({str(i) for i in range(20)})"
    assert ask(order, unsafe=unsafe) == ask(order, unsafe=unsafe)


def test_an_empty_stub_and_a_name_that_is_missing_are_not_attempted(shared):
    assert shared.run(cell("def stub(x):\n    raise NotImplementedError")) == ""
    for name in ("stub", "never_written"):
        with pytest.raises(NotAttempted):
            shared.ask(name, (1,))


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("x = 1\ny = missing", "NameError in line 2"),
        ("x = 1\n\nif x\n    pass", "SyntaxError in line 3"),
        ("import sys\nsys.exit(3)", "SystemExit in line 2"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt in line 1"),
        ("class Odd(BaseException):\n    pass\nraise Odd", "an error of its own in line 3"),
        ("class BufferError(Exception):\n    pass\nraise BufferError", "an error of its own in line 3"),
        ("def g():\n    return 1 / 0\n\ng()", "ZeroDivisionError in line 2"),
        ("x = " + "(" * 300 + ")" * 300, "SyntaxError in line 1"),
        ("x = 1\0", "SyntaxError"),
    ],
)
def test_a_cell_that_fails_says_why_and_where_and_stops_no_other(shared, source, why):
    assert shared.run(cell(source)).startswith(why)
    assert shared.run(cell("def after():\n    return 1", "after")) == ""
    assert shared.ask("after", ()) == 1


def test_what_an_error_says_reaches_the_instructor_alone(shared):
    assert shared.run(cell("def tells(x):\n    y = x\n    raise ValueError(f'the input was {y}')", "tells")) == ""
    with pytest.raises(Wrong) as wrong:
        shared.ask("tells", (4711,))
    assert str(wrong.value) == "your function stopped with ValueError in line 3"
    assert shared.log[-1] == "ValueError: the input was 4711 (line 3 of the cell of tells)"


def test_the_line_is_that_of_the_exercises_own_cell(shared):
    assert shared.run(cell("def helper(x):\n\n\n    return x / 0", "helper")) == ""
    assert shared.run(cell("def calls(x):\n    return helper(x)", "calls")) == ""
    with pytest.raises(Wrong, match="ZeroDivisionError in line 2"):
        shared.ask("calls", (1,))


def test_an_error_that_cannot_be_printed_is_still_named(shared):
    assert (
        shared.run(cell("class E(Exception):\n    def __str__(self):\n        1 / 0\ndef odd():\n    raise E", "odd"))
        == ""
    )
    with pytest.raises(Wrong, match="ZeroDivisionError in line 3"):
        shared.ask("odd", ())


def test_a_name_that_was_used_again_is_explained(shared):
    assert shared.run(cell("again = 'faster'", "again")) == ""
    with pytest.raises(Wrong, match="should be a function, not str; was its name used again below"):
        shared.ask("again", ())


def test_labkits_own_version_of_an_exercise_is_not_there(shared):
    source = "import labkit as lk\ndef own(x):\n    return lk.edge.cloud_latency_ms(x, 0, 0)"
    assert shared.run(cell(source, "own")) == ""
    with pytest.raises(Wrong, match=r"labkit's own cloud_latency_ms\(\); write the calculation yourself"):
        shared.ask("own", (100,))


def test_a_check_in_a_students_own_cell_does_nothing(shared):
    assert shared.run(cell("from labkit.check import check\nassert check('verdict', None) == 0.0\ndisplay(1)")) == ""


def test_heavy_imports_of_the_lab_wait_until_they_are_needed():
    given = "import json, sys\nimport torch.nn\nimport torch\nimport torch.nn.functional as F\n"
    given += "from safetensors.torch import save_file"
    light = "def f():\n    return 'torch' in sys.modules, 'safetensors' in sys.modules, json.dumps(1)"
    assert ask(light, given=given) == (False, False, "1")
    used = "def f():\n    return float(F.relu(torch.tensor(-1.0))), torch.get_num_threads(), type(torch).__name__"
    assert ask(used, given=given) == (0.0, 1, "module")
    of_given = "import torch.nn.functional as F\nimport torch\ndef helper():\n    return float(F.relu(torch.ones(1)))"
    later = "def f():\n    return helper(), type(globals()['to' + 'rch']).__name__"
    assert ask(later, given=of_given, limits=LIMITS) == (1.0, "Later")


# What the code may do to its own process


def test_a_child_that_comes_back_from_a_cell_or_a_call_answers_nothing():
    source = "import os\nos.fork()\ndef f(x):\n    os.fork()\n    return x"
    with Box(LIMITS, SLOT) as box:
        assert box.run(cell(source)) == ""
        assert [box.ask("f", (i,)) for i in range(5)] == list(range(5))


def test_threads_and_exit_handlers_and_signals_do_not_disturb():
    source = """
import atexit, signal, threading, time, os
atexit.register(lambda: time.sleep(100))
for one in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM, signal.SIGPIPE, signal.SIGCHLD):
    signal.signal(one, lambda *_: None)
threading.Thread(target=time.sleep, args=(100,)).start()
signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
def f(x):
    os.kill(os.getpid(), signal.SIGTERM)
    return x
"""
    with Box(LIMITS, SLOT) as box:
        assert box.run(cell(source)) == ""
        assert [box.ask("f", (i,)) for i in range(50)] == list(range(50))
        began = time.monotonic()
    assert time.monotonic() - began < SOON


def test_100_mb_of_output_cost_nothing():
    assert ask("import sys\ndef f():\n    print('x' * 10**8)\n    sys.stderr.write('y' * 10**8)\n    return 1") == 1


@pytest.mark.parametrize(
    "end",
    [
        "os._exit(0)",
        "os.kill(os.getpid(), 9)",
        "import ctypes; ctypes.string_at(0)",
        "os.abort()",
        "os.closerange(3, 99)",
    ],
)
def test_an_answer_that_ends_its_process_stops_that_alone(end):
    with Box(LIMITS, SLOT) as box:
        assert box.run(cell(f"import os\ndef f():\n    {end}\ndef g():\n    return 1")) == ""
        with pytest.raises(Stopped):
            box.ask("f", ())
        assert box.dead
        with pytest.raises(Stopped):
            box.ask("g", ())


def test_a_cell_that_ends_its_process_stops():
    with Box(LIMITS, SLOT) as box, pytest.raises(Stopped, match=GONE.partition("(")[0]):
        box.run(cell("import os\nos._exit(0)"))


LOOPS = {
    "sleeps": "import time\ndef f():\n    time.sleep(100)",
    "ignores signals": "import signal\nfor n in range(1, 32):\n    try: signal.signal(n, signal.SIG_IGN)\n"
    "    except OSError: pass\ndef f():\n    while True:\n        try:\n            while True: pass\n"
    "        except BaseException: pass",
    "in C": "def f():\n    return 3 ** (10 ** 9)",
    "in another process": "import subprocess\ndef f():\n    subprocess.run(['sleep', '100'])",
    "stops itself": "import os\ndef f():\n    os.kill(os.getpid(), 19)",
}


@pytest.mark.parametrize("source", LOOPS.values(), ids=LOOPS)
def test_a_call_that_does_not_come_back_is_ended(source):
    began = time.monotonic()
    with pytest.raises(Stopped, match=r"more than 0\.5 seconds for one call"):
        ask(source, limits=SHORT)
    assert time.monotonic() - began < SOON


def test_a_cell_that_does_not_come_back_is_ended():
    with (
        Box(replace(LIMITS, cell_seconds=0.5), SLOT) as box,
        pytest.raises(Stopped, match=r"0\.5 seconds for one cell"),
    ):
        box.run(cell("while True: pass"))


def test_the_time_of_the_whole_notebook_is_limited_too():
    began = time.monotonic()
    with pytest.raises(Stopped, match=r"too much time: more than 3 seconds for the whole notebook"):
        ask(LOOPS["sleeps"], limits=replace(LIMITS, submission_seconds=3))
    assert time.monotonic() - began < SOON


# What the code may do to the connection

FIND = """
import os, socket, struct, sys, time
def number():
    return next(n for n in range(3, 99) if os.path.exists(f'/proc/self/fd/{n}')
                and 'socket' in os.readlink(f'/proc/self/fd/{n}'))
def header(text):
    return struct.pack('!II', len(text), 0) + text
def f():
"""
WRITTEN = {
    "noise": "os.write(number(), b'\\xff' * 100)",
    "half a frame": "os.write(number(), struct.pack('!II', 100, 0) + b'[')",
    "a pickle": "os.write(number(), header(b'cos\\nsystem\\n(S\"true\"\\ntR.'))",
    "an answer of its own": 'os.write(number(), header(b\'["0",["tuple","value",1]]\'))',
    "a claim of 4 GB": "os.write(number(), struct.pack('!II', 2**32 - 1, 2**32 - 1))",
    "another kind of reply": "from labkit.grading.worker import Worker\n    Worker._call = lambda *_: ('points', 9)",
}


@pytest.mark.parametrize("line", WRITTEN.values(), ids=WRITTEN)
def test_what_else_is_written_on_the_socket_ends_the_box(line):
    with Box(replace(LIMITS, call_seconds=2), SLOT) as box:
        assert box.run(cell(FIND + "    " + line)) == ""
        with pytest.raises(Stopped) as stopped:
            list(map(box.ask, "ff", [(), ()]))
        assert str(stopped.value) in (BREACH, "too much time: more than 2 seconds for one call")
        assert box.dead


def test_bytes_that_trickle_do_not_move_the_deadline():
    line = "os.write(number(), struct.pack('!II', 1000, 0))\n    while True: os.write(number(), b' '), time.sleep(0.1)"
    began = time.monotonic()
    with pytest.raises(Stopped, match="too much time"):
        ask(FIND + "    " + line, limits=SHORT)
    assert time.monotonic() - began < SOON


def test_a_worker_that_no_longer_reads_is_given_up():
    with pytest.raises(Stopped, match=r"too much time|whole process"):
        ask("import time\ndef f(x):\n    time.sleep(9)", "x" * 10**7, limits=SHORT)


def test_an_answer_without_end_is_refused_in_words():
    for source in ("x = {}\nx[1] = x\ndef f():\n    return x", "def f():\n    return [0] * 10**6"):
        with pytest.raises(Wrong, match="far more than any answer here needs"):
            ask(source)


def test_a_value_that_fails_when_it_is_looked_at_is_an_error():
    source = "class L(dict):\n    def __class__(self): 1 / 0\n    def __len__(self): 1 / 0\ndef f():\n    return L()"
    assert type(ask(source)).__name__ == "L"


def test_the_stub_that_laws_hold_can_only_be_called(shared):
    assert shared.run(cell("def f(x):\n    return x + 1")) == ""
    stub = Stub(shared, "f")
    assert stub(1) == 2
    for wrong in (lambda: stub == 1, lambda: bool(stub), lambda: {stub}):
        with pytest.raises(TypeError):
            wrong()


# Nothing is left


def test_a_box_that_is_closed_leaves_no_process_and_no_open_file():
    available()
    others = boxed.alive()
    before, folders = sorted(os.listdir("/proc/self/fd")), set(os.listdir("/tmp"))
    source = """
import os, subprocess, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(1000)
    os._exit(0)
subprocess.Popen(['setsid', 'sh', '-c', 'trap "" TERM HUP; sleep 1000'])
"""
    with Box(LIMITS, SLOT) as box:
        assert box.run(cell(source)) == ""
        time.sleep(0.2)
        assert len(boxed.alive() - others) >= 5
    assert boxed.alive() <= others
    assert sorted(os.listdir("/proc/self/fd")) == before
    assert not [one for one in set(os.listdir("/tmp")) - folders if "labkit" in one]


STARTS = """
import sys, time
from labkit.grading import sandbox
from labkit.grading.box import Box
sandbox.ENVIRONMENT[sys.argv[2]] = "1"
from labkit.grading.work import Limits, Step
print("ready", flush=True)
while True:
    box = Box(Limits(), int(sys.argv[1]))
    box.run(Step("a daemon", "import subprocess; subprocess.Popen(['setsid', 'sleep', '1000'])"))
    print("started", flush=True)
    box.close()
"""


@pytest.mark.slow
def test_boxes_whose_grader_is_killed_at_any_moment_leave_no_process():
    drawn, before = random.Random(5), boxed.alive()
    for _ in range(20):
        grader = subprocess.Popen(
            [sys.executable, "-c", STARTS, str(SLOT), boxed.WORD], stdout=subprocess.PIPE, text=True
        )
        grader.stdout.readline()
        time.sleep(drawn.uniform(0, 0.5))
        grader.kill()
        grader.communicate()
    time.sleep(0.5)
    assert boxed.alive() <= before


# Where there is no sandbox


def test_a_plain_users_box_is_a_namespace_of_its_own(monkeypatch):
    command = sandbox.command
    monkeypatch.setattr(sandbox, "command", lambda *given: command(*given, as_root=False))
    source = "import os\ndef f(path):\n    open(path, 'w')\n    return os.getuid(), os.path.exists('/home')"
    assert ask(source, "/tmp/x") == ask(source, "/dev/shm/x") == (sandbox.NOBODY, False)
    for path in ("/x", "/dev/x", "/usr/x", sandbox.ZIP):
        with pytest.raises(Wrong, match="OSError"):
            ask(source, path)


def test_without_a_sandbox_the_same_worker_answers():
    others = boxed.alive()
    assert ask("import numpy as np\ndef f(x):\n    return np.sum(x)", [1, 2], unsafe=True) == 3
    with pytest.raises(Stopped, match="seconds for one call"):
        ask(LOOPS["ignores signals"], unsafe=True, limits=SHORT)
    assert boxed.alive() <= others


def test_a_machine_without_bubblewrap_is_told_what_to_install(monkeypatch):
    others = boxed.alive()
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(CannotGrade, match="bwrap is not installed: `apt install bubblewrap`"):
        Box(LIMITS, SLOT)
    assert boxed.alive() <= others


def test_a_machine_that_forbids_namespaces_says_so(monkeypatch, tmp_path):
    fake = tmp_path / "bwrap"
    fake.write_text("#!/bin/sh\necho 'bwrap: setting up uid map: Permission denied' >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(CannotGrade, match="setting up uid map: Permission denied; this machine forbids new namespaces"):
        Box(LIMITS, SLOT)


def test_a_worker_that_never_says_hello_cannot_grade(monkeypatch):
    others = boxed.alive()
    monkeypatch.setattr(sandbox, "python", lambda *_: ["/usr/bin/sleep", "100"])
    monkeypatch.setattr(process, "START_SECONDS", 0.5)
    with pytest.raises(CannotGrade, match="did not answer"):
        Box(LIMITS, SLOT)
    assert boxed.alive() <= others


def test_a_process_that_is_gone_is_not_killed_again(monkeypatch):
    box = Box(LIMITS, SLOT)
    box.close()
    monkeypatch.setattr(os, "killpg", lambda *_: pytest.fail("that number may be another process's by now"))
    box.close()


def test_another_system_is_told_that_it_needs_linux(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    available.cache_clear()
    with pytest.raises(CannotGrade, match="needs Linux"):
        available()
