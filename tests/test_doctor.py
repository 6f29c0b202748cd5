"""`labkit doctor` and the command around it: what is broken on purpose is named, with the command that mends it."""

import hashlib
import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from labkit import __version__, cli, data, doctor, files, sweeps
from labkit.measure import machine


@pytest.fixture
def weights(tmp_path):
    """A folder with one weights file and its card."""
    content = b"not really weights, but they have a checksum"
    (tmp_path / "baseline.safetensors").write_bytes(content)
    card = {"data": data.checksum(), "sha256": hashlib.sha256(content).hexdigest()}
    (tmp_path / "baseline.json").write_text(json.dumps(card))
    return tmp_path


def without(monkeypatch, *missing: str) -> None:
    """Makes the doctor believe that these libraries are not installed."""
    installed = doctor.version

    def version(name: str) -> str:
        if name in missing:
            raise doctor.PackageNotFoundError(name)
        return installed(name)

    monkeypatch.setattr(doctor, "version", version)


@pytest.fixture
def swept(monkeypatch, weights):
    """A folder with one sweep, made from those weights."""
    monkeypatch.setattr(data, "weights_folder", lambda: weights)
    monkeypatch.setattr(sweeps, "folder", lambda: weights / "sweeps")
    sweeps.save("bits", [{"bits": 8}], "tools/sweep_bits.py", ["baseline.safetensors"])
    return weights / "sweeps"


@pytest.fixture
def empty(tmp_path, monkeypatch):
    """A folder without notebooks to work in, and none of this machine's results."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("LABKIT_RESULTS", str(tmp_path / "results"))
    return tmp_path / "work"


@pytest.fixture
def healthy(monkeypatch, weights, swept, empty):
    """A machine with everything, whatever this one lacks."""
    monkeypatch.setattr(doctor, "version", lambda name: "1.2.3")
    monkeypatch.setattr(machine, "usable_memory", lambda: 8_000_000_000)


def test_a_machine_with_everything_passes(healthy, capsys):
    assert doctor.main() == 0
    assert capsys.readouterr().out.endswith("Everything the labs need is here.\n")


def test_the_report_fits_on_one_screen_even_if_everything_is_missing(monkeypatch, tmp_path, capsys, empty):
    without(monkeypatch, *doctor.NEEDED)
    monkeypatch.setattr(data, "folder", lambda: tmp_path / "nothing here")
    assert doctor.main() == 1
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 100


@pytest.mark.parametrize("library", ["torch", "onnxruntime", "ai-edge-litert"])
def test_a_missing_library_is_named_with_the_command_that_brings_it(healthy, monkeypatch, capsys, library):
    without(monkeypatch, library)
    assert doctor.main() == 1
    printed = capsys.readouterr().out
    line = next(line for line in printed.splitlines() if line.startswith(library + " "))
    assert line.endswith("missing  ->  python tools/install.py")
    assert printed.endswith(f"\n\nMissing: {library}.\n")


def test_outside_the_repository_pip_gets_the_requirements_of_the_extra(monkeypatch, tmp_path):
    lines = [
        "numpy<3,>=2.0",
        'onnx>=1.22; extra == "onnx"',
        'onnxruntime; extra == "onnx"',
        'torch>=2.11; extra == "torch"',
    ]
    monkeypatch.setattr(doctor, "requires", lambda name: lines)
    assert doctor.install_command("onnx", tmp_path) == 'python -m pip install "onnx>=1.22" onnxruntime'
    assert doctor.install_command("", tmp_path) == 'python -m pip install "numpy<3,>=2.0"'


def test_the_extras_that_the_doctor_knows_bring_what_it_looks_for():
    project = Path(doctor.__file__).parents[1] / "pyproject.toml"
    declared = tomllib.loads(project.read_text())["project"]
    extras = {"": declared["dependencies"], **declared["optional-dependencies"]}
    names = {extra: {re.split(r"[<>=]", one)[0] for one in wanted} for extra, wanted in extras.items()}
    assert [library for library, extra in doctor.NEEDED.items() if library not in names[extra]] == []


def test_looking_for_libraries_imports_none():
    code = "import sys; from labkit import doctor; doctor.main(); print(*{'torch', 'onnx'} & set(sys.modules))"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.splitlines()[-1] == ""


def test_whole_data_is_found_whole():
    assert doctor.data_finding().remedy == ""


@pytest.fixture
def broken_data(tmp_path):
    """The official files, to be broken."""
    for name in data.CHECKSUMS:
        shutil.copy(data.folder() / name, tmp_path / name)
    return tmp_path


LABELS = "t10k-labels-idx1-ubyte.gz"


@pytest.mark.parametrize("damage", ["missing", "truncated", "altered"])
def test_a_broken_data_file_is_named_and_the_others_are_not(broken_data, damage):
    path = broken_data / LABELS
    content = path.read_bytes()
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(content[:-100] if damage == "truncated" else content[:2000] + b"\0" + content[2001:])
    assert doctor.data_finding(broken_data) == doctor.Finding(
        "data", f"missing or altered: {LABELS}", "git checkout -- data"
    )


def test_several_broken_files_are_counted(tmp_path):
    assert doctor.data_finding(tmp_path).state == "missing or altered: 4 of 4 files"


def test_weights_as_their_card_says_are_whole(weights):
    assert doctor.weights_finding(weights) == doctor.Finding("weights", "whole (1 file)")


@pytest.mark.parametrize("damage", ["altered", "missing", "no card", "card without sum", "card that is no JSON"])
def test_weights_that_differ_from_their_card_are_named(weights, damage):
    file, card = weights / "baseline.safetensors", weights / "baseline.json"
    {
        "altered": lambda: file.write_bytes(file.read_bytes() + b"!"),
        "missing": file.unlink,
        "no card": card.unlink,
        "card without sum": lambda: card.write_text("{}"),
        "card that is no JSON": lambda: card.write_text("{"),
    }[damage]()
    found = doctor.weights_finding(weights)
    assert (found.state, found.remedy) == ("missing or altered: baseline", "git checkout -- data/weights")


@pytest.mark.parametrize("change", ["another file", "another order"])
def test_weights_that_were_trained_on_other_data_are_found(weights, monkeypatch, change):
    names, sums = [*data.CHECKSUMS], [*data.CHECKSUMS.values()]
    sums = ["0" * 64, *sums[1:]] if change == "another file" else sums[::-1]
    monkeypatch.setattr(data, "CHECKSUMS", dict(zip(names, sums)))
    found = doctor.weights_finding(weights)
    assert found.state == "trained on other data than labkit/data.py names"
    assert found.remedy == "make weights, then make sweeps"


def test_no_weights_at_all_are_not_whole_weights(tmp_path):
    assert doctor.weights_finding(tmp_path).remedy != ""
    assert doctor.weights_finding(tmp_path / "no such folder").remedy != ""


def test_sweeps_of_these_weights_are_whole(swept):
    assert doctor.sweeps_finding() == doctor.Finding("sweeps", "whole (1 file)")


@pytest.mark.parametrize("damage", ["cut short", "other weights"])
def test_a_sweep_that_cannot_be_used_is_named(swept, damage):
    path = swept / "bits.json" if damage == "cut short" else swept.parent / "baseline.safetensors"
    path.write_bytes(path.read_bytes()[:-9])
    found = doctor.sweeps_finding()
    assert (found.state, found.remedy) == ("missing or altered: bits", "git checkout -- data/sweeps")


def test_no_sweeps_at_all_are_not_whole_sweeps(swept):
    (swept / "bits.json").unlink()
    assert doctor.sweeps_finding().remedy != ""


def test_cores_and_memory_of_a_small_container_are_told(monkeypatch, healthy, capsys):
    monkeypatch.setattr(machine, "usable_cores", lambda: 0.5)
    monkeypatch.setattr(machine, "installed_cores", lambda: 64)
    monkeypatch.setattr(machine, "usable_memory", lambda: 1_000_000_000)
    assert doctor.main() == 1
    printed = capsys.readouterr().out
    assert "0.5 usable of 64" in printed
    assert "1.0 GB: a lab needs up to 2 GB" in printed


def run(*arguments: str) -> subprocess.CompletedProcess:
    """The `labkit` command as a user calls it."""
    return subprocess.run([sys.executable, "-m", "labkit", *arguments], capture_output=True, text=True, check=False)


def test_labkit_alone_lists_its_commands():
    alone, helped = run(), run("--help")
    assert (alone.returncode, helped.returncode) == (0, 0)
    assert alone.stdout == helped.stdout
    assert "doctor" in alone.stdout
    assert "labs" in alone.stdout


def test_the_version_is_that_of_the_package():
    assert run("--version").stdout == f"labkit {__version__}\n"


@pytest.mark.parametrize("arguments", [["doctro"], ["doctor", "--fast"], ["labs", "a", "b"]])
def test_a_mistake_ends_with_code_2_and_no_traceback(arguments):
    result = run(*arguments)
    assert result.returncode == 2
    assert "Traceback" not in result.stderr
    assert result.stderr.splitlines()[-1].startswith("labkit")


def test_help_imports_no_numpy():
    code = "import sys; from labkit import cli; cli.main([]); print(*{'numpy', 'psutil'} & set(sys.modules))"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.splitlines()[-1] == ""


def test_a_missing_library_is_told_in_one_line(monkeypatch, capsys):
    def run_doctor(_options):
        raise ModuleNotFoundError("No module named 'numpy'", name="numpy")

    monkeypatch.setattr(cli, "run_doctor", run_doctor)
    assert cli.main(["doctor"]) == 1
    assert capsys.readouterr().err.startswith("labkit: numpy is not installed here")


@pytest.fixture
def shipped(monkeypatch, tmp_path):
    """A package that carries two labs."""
    package = tmp_path / "site" / "labkit"
    (package / "_labs").mkdir(parents=True)
    for name in ("01_a.ipynb", "02_b.ipynb"):
        (package / "_labs" / name).write_text("as shipped")
    monkeypatch.setattr(files, "__file__", str(package / "files.py"))
    monkeypatch.chdir(tmp_path)
    return package


def test_labs_are_copied_and_a_students_work_is_kept(shipped, capsys):
    Path("mine").mkdir()
    Path("mine/01_a.ipynb").write_text("my answers")
    assert cli.main(["labs", "mine"]) == 0
    assert [Path("mine", name).read_text() for name in ("01_a.ipynb", "02_b.ipynb")] == ["my answers", "as shipped"]
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["kept", "copied"]


def test_a_folder_that_cannot_be_made_is_a_mistake_in_one_line(shipped, capsys):
    Path("taken").write_text("a file")
    assert cli.main(["labs", "taken"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_package_without_labs_says_so(shipped, capsys):
    shutil.rmtree(shipped / "_labs")
    assert cli.main(["labs"]) == 2
    assert "no notebooks" in capsys.readouterr().err
