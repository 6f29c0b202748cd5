"""Machines that are not here: what Windows and Macs lack is taken away, and what Windows refuses is refused.

`tests/elsewhere/sitecustomize.py` does that to child processes. No Windows and no Mac was at hand.
"""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from labkit.grading import box
from labkit.grading.work import CannotGrade
from labkit.measure import machine
from labkit.notebooks.read import read
from labkit.quantize import dynamic

ROOT = Path(__file__).resolve().parents[1]
OURS = ("labkit", "tools", "benchmarks")
RESERVED = re.compile(r'[<>:"|?*\\]|[. ]$|^(con|prn|aux|nul|com\d|lpt\d)(\.|$)', re.IGNORECASE)
SHIPPED = ("benchmarks", "binder", "data", "docs", "labkit", "labs", "solutions", "tests", "tools", "web/src")


@pytest.fixture
def place(tmp_path):
    """A folder as a Windows user may have it: with a space, an umlaut and a letter that few consoles have."""
    folder = tmp_path / "Anna Müller 中"
    folder.mkdir()
    return folder


def python(place: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess:
    """A Python of another machine, in that folder."""
    paths = os.pathsep.join(map(str, (ROOT / "tests" / "elsewhere", ROOT)))
    told = {"PYTHONPATH": paths, "LABKIT_RESULTS": str(place / "results"), "LABKIT_QUICK": "1", "PYTHONUTF8": "1"}
    environment = os.environ | told | variables
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, cwd=place, env=environment, capture_output=True, encoding="utf-8", errors="replace")


def elsewhere(place: Path, code: str) -> str:
    """What a program prints where there is neither POSIX nor /proc; an encoding that labkit leaves open is an error."""
    strict = "import warnings; warnings.filterwarnings('error', category=EncodingWarning, module='labkit')\n"
    done = python(place, "-X", "warn_default_encoding", "-c", strict + code, ELSEWHERE="1")
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_the_other_machine_is_another_one(place):
    code = """
import os, signal, sys
from pathlib import Path
for name in ("fcntl", "resource", "pwd"):
    try:
        __import__(name)
        sys.exit(name)
    except ModuleNotFoundError:
        pass
assert not any(hasattr(os, name) for name in ("fork", "sched_getaffinity", "geteuid"))
assert not hasattr(signal, "SIGKILL")
for way in (lambda: open("/proc/cpuinfo"), lambda: Path("/proc/self/status").read_text(encoding="utf-8")):
    try:
        sys.exit(way())
    except FileNotFoundError:
        pass
held = open("held.txt", "w", encoding="utf-8")
Path("other.txt").touch()
for way in (lambda: os.remove("held.txt"), lambda: os.replace("other.txt", "held.txt"), lambda: open("aux.json", "w")):
    try:
        sys.exit(way())
    except OSError:
        pass
held.close()
os.replace("other.txt", "held.txt")
"""
    elsewhere(place, code)


@pytest.mark.slow
def test_every_module_can_be_imported(place):
    code = """
import importlib, pkgutil, labkit
names = [one.name for one in pkgutil.walk_packages(labkit.__path__, "labkit.") if not one.name.endswith("__main__")]
ours = [name for name in names if not name.startswith("labkit.grading.") or name == "labkit.grading.cli"]
print(len([importlib.import_module(name) for name in ours]))
"""
    assert int(elsewhere(place, code)) > 100


@pytest.mark.slow
def test_measuring_running_keeping_and_writing_work(place):
    code = """
import numpy as np
import labkit as lk
from pathlib import Path

images, folder = np.zeros((4, 1, 28, 28), np.float32), lk.results.folder()
student = lk.models.load_shipped("student_soft_0")
for _ in range(2):  # the second time the file is there, and a session has it
    path = lk.onnx.export(student, folder / "student.onnx")
    onnx = lk.onnx_predictor(path)
    onnx(images)
lite = lk.litert_predictor(lk.mobile.shipped("student_int8", folder / "student.tflite"))
predictors = {"PyTorch": lk.torch_predictor(student), "ONNX": onnx, "LiteRT": lite}
compared = lk.compare(predictors, images, tolerance=None, seconds=0.05)
assert compared["LiteRT"].latency_ms > 0
for _ in range(2):
    lk.results.save(lk.measurement("student", "05", onnx, compared["ONNX"], lk.size(path)))
assert len(lk.results.table("05")) == 1
assert lk.peak_memory("block = b'x' * 80_000_000").peak_memory_bytes > 80_000_000
raced = lk.measure.race_processes(["calls = {'one': int}", "calls = {'two': float}"], seconds=0.05)
assert raced["two"].latency_ms > 0
assert lk.keep("of_a_name", lambda: [1, 2]) == [1, 2]
lk.models.save_weights(lk.models.load_weights(student, lk.data.weights_folder() / "student_soft_0.safetensors"),
                       folder / "mine.safetensors", {})
assert lk.models.load_weights(student, folder / "mine.safetensors") is student
lk.models.save_weights(student, folder / "mine.safetensors", {})
print(lk.browser.page(path, folder / "page.html").stat().st_size)
print(lk.fingerprint())
"""
    size, machine = elsewhere(place, code).splitlines()[-2:]
    assert int(size) > 1_000_000
    assert str(place) not in machine


COMMANDS = {  # and the code with which each ends
    "labs mine": 0,
    "doctor mine": 0,
    "claims --json claims.json": 0,
    "report": 2,  # nothing was measured yet
    "restore 03 mine/03_prune.ipynb -o clean.ipynb": 0,
    "release 02 -o released": 0,
}


@pytest.mark.slow
def test_the_commands_work(place):
    code = "from labkit.cli import main\nprint([main(one.split()) for one in " + repr([*COMMANDS]) + "])"
    assert ast.literal_eval(elsewhere(place, code).splitlines()[-1]) == [*COMMANDS.values()]
    written = ("mine/07_compare.ipynb", "claims.json", "clean.ipynb", "released/02_quantize.zip")
    assert [name for name in written if not (place / name).is_file()] == []


@pytest.mark.parametrize("system", ["win32", "darwin"])
def test_grading_says_where_it_can_run(system, monkeypatch):
    monkeypatch.setattr(box.sys, "platform", system)
    with pytest.raises(CannotGrade, match=r"needs Linux.*WSL.*virtual machine"):
        box.available.__wrapped__()


@pytest.mark.parametrize("letters", ["cp1252", "cp437", "ascii"])
def test_a_console_of_few_letters_gets_question_marks_and_no_traceback(place, letters):
    for arguments in (["labs", "mine"], ["claims"], ["restore", "99"], ["--help"]):
        done = python(place, "-m", "labkit", *arguments, PYTHONIOENCODING=letters, PYTHONUTF8="0")
        assert "Traceback" not in done.stderr
    done = python(place, "-m", "labkit", "labs", str(place / "more"), PYTHONIOENCODING=letters)
    assert done.returncode == 0
    assert "?" in done.stdout


@pytest.fixture
def mac(monkeypatch):
    """The fingerprint takes this for a Mac."""
    monkeypatch.setattr(machine.sys, "platform", "darwin")
    machine._processor.cache_clear()
    yield monkeypatch
    machine._processor.cache_clear()


def test_a_mac_tells_its_processor_through_sysctl(mac):
    said = b"machdep.cpu.brand_string: Apple M3\nhw.optional.arm.FEAT_DotProd: 1\nkern.hostname: \xff\n"
    mac.setattr(machine.subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, 0, said))
    facts = machine.fingerprint()
    assert (facts["cpu"], facts["features"]) == ("Apple M3", ["neon_dotprod"])


def test_a_mac_without_sysctl_on_its_path_is_called_by_its_architecture(mac):
    mac.setenv("PATH", "")
    assert machine.fingerprint()["features"] == []


@pytest.mark.parametrize(("there", "chosen"), [(["qnnpack", "none"], "qnnpack"), (["none"], None), ([], None)])
def test_the_engine_of_arm_is_taken_and_without_any_there_is_a_none(there, chosen, monkeypatch):
    set_to = []
    engines = type("Engines", (), {"supported_engines": there, "__setattr__": lambda *told: set_to.append(told[1:])})()
    monkeypatch.setattr(dynamic.torch.backends, "quantized", engines)
    assert dynamic.choose_engine() == chosen
    assert set_to == ([("engine", chosen)] if chosen else [])


def sources() -> list[Path]:
    return sorted(path for top in OURS for path in (ROOT / top).rglob("*.py"))


def calls(path: Path) -> list[ast.Call]:
    """Every call in a file."""
    return [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]


def leaves_encoding_open(call: ast.Call) -> bool:
    """Whether a call reads or writes text in whatever encoding the machine prefers: on Windows not UTF-8."""
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    of = getattr(getattr(call.func, "value", None), "id", "")
    named = {word.arg: word.value for word in call.keywords}
    texts = [word.value for word in call.args if isinstance(word, ast.Constant) and isinstance(word.value, str)]
    if "encoding" in named or of in ("os", "lzma", "opened", "webbrowser"):  # numbers of files, bytes, zips
        return False
    if name in ("read_text", "write_text"):
        return len(call.args) < (1 if name == "read_text" else 2)
    if name in ("open", "fdopen"):
        modes = [*texts[-1:], *(word.value for word in [named.get("mode")] if word)]
        return not any("b" in mode for mode in modes if set(mode) <= set("rwxabt+"))
    return name in ("run", "Popen", "check_output") and ("text" in named or "universal_newlines" in named)


@pytest.mark.parametrize(
    ("code", "is_open"),
    [
        ("path.read_text()", True),
        ("path.write_text(x, encoding='utf-8')", False),
        ("path.open()", True),
        ("open(path, 'w')", True),
        ("open('b.txt')", True),
        ("open(path, 'rb')", False),
        ("run(command, text=True)", True),
        ("run(command, capture_output=True)", False),
    ],
)
def test_a_call_that_leaves_the_encoding_open_is_seen(code, is_open):
    assert leaves_encoding_open(ast.parse(code).body[0].value) is is_open


def test_every_text_is_read_and_written_in_an_encoding_that_is_named():
    found = [f"{path.relative_to(ROOT)}:{one.lineno}" for path in sources() for one in calls(path)
             if leaves_encoding_open(one)]  # fmt: skip
    assert found == []


def test_no_program_is_started_through_a_shell_or_by_forking():
    wrong = []
    for path in sources():
        for one in calls(path):
            if ast.unparse(one.func) in ("os.fork", "os.system", "os.popen") or {"shell", "preexec_fn"} & {
                word.arg for word in one.keywords
            }:
                wrong.append(f"{path.relative_to(ROOT)}:{one.lineno}")
    assert wrong == []


def test_no_model_goes_to_a_graphics_card_without_being_asked():
    texts = {path: path.read_text(encoding="utf-8") for path in sources() if path.is_relative_to(ROOT / "labkit")}
    assert [path for path, text in texts.items() if re.search(r"""['"](mps|cuda)\b|\.cuda\(|\.mps\b""", text)] == []


def files_of_the_project() -> list[Path]:
    found = [path for top in SHIPPED for path in (ROOT / top).rglob("*")]
    return [path.relative_to(ROOT) for path in found if not {"__pycache__", "node_modules"} & set(path.parts)]


def test_no_file_has_a_name_that_windows_refuses_or_takes_for_another():
    files = files_of_the_project()
    assert len(files) > 300
    assert [path for path in files if any(RESERVED.search(part) for part in path.parts)] == []
    assert len({str(path).lower() for path in files}) == len(files)
    assert max(len(str(path)) for path in files) < 120  # of 260, with the folder that it is cloned into


def test_a_notebook_with_the_line_ends_of_windows_is_the_same_notebook():
    for path in sorted((ROOT / "labs").glob("*.ipynb")):
        content = path.read_bytes()
        assert b"\r" not in content
        assert read(content.replace(b"\n", b"\r\n")) == read(content)
