"""`tools/install.py` with a pip that only writes down what it is asked, and the files that say what to install."""

import ast
import importlib.util
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import threading
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
FAKE_PIP = """
import json, os, pathlib, sys
if sys.argv[1:] != ["--version"]:
    with open(os.environ["PIP_LOG"], "a") as log:
        log.write(json.dumps(sys.argv[1:]) + "\\n")
    if os.environ.get("PIP_FAILS_AT", "nowhere") in sys.argv:
        sys.exit("Collecting torch\\nERROR: [Errno 28] No space left on device")
"""


@pytest.fixture
def install():
    """The script as a module."""
    spec = importlib.util.spec_from_file_location("labkit_install", ROOT / "tools" / "install.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Checkout:
    """A copy of the repository's installer with an environment whose pip is `FAKE_PIP`."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.venv, self.log = folder, folder / ".venv", folder / "pip.log"
        (folder / "tools").mkdir()
        for name in ("tools/install.py", "requirements.txt", "constraints.txt", "pyproject.toml"):
            shutil.copy(ROOT / name, folder / name)
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(self.venv)], check=True)
        site = self.venv / "Lib" if os.name == "nt" else next((self.venv / "lib").glob("python*"))
        (site / "site-packages" / "pip").mkdir()
        (site / "site-packages" / "pip" / "__main__.py").write_text(FAKE_PIP)

    def run(self, *arguments: str, fails_at: str = "nowhere") -> subprocess.CompletedProcess:
        """The installer's result with pip failing where an argument equals `fails_at`."""
        environment = {**os.environ, "PIP_LOG": str(self.log), "PIP_FAILS_AT": fails_at}
        command = [sys.executable, "tools/install.py", *arguments]
        return subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)

    def asked(self) -> list[list[str]]:
        """What pip was asked since the last call."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return [json.loads(line) for line in lines]


@pytest.fixture
def checkout(tmp_path):
    """A fresh one for each test."""
    return Checkout(tmp_path)


def test_the_first_call_installs_the_requirements_and_then_labkit(checkout):
    assert checkout.run().returncode == 0
    requirements, labkit = checkout.asked()
    assert requirements == ["install", "-r", "requirements.txt"]
    assert labkit == ["install", "--no-deps", "--no-build-isolation", "-e", "."]


def test_the_second_call_does_nothing_and_says_nothing(checkout):
    checkout.run()
    checkout.asked()
    second = checkout.run()
    assert (second.returncode, second.stdout, second.stderr, checkout.asked()) == (0, "", "", [])


@pytest.mark.parametrize("name", ["requirements.txt", "constraints.txt", "pyproject.toml"])
def test_a_changed_file_installs_again(checkout, name):
    checkout.run()
    checkout.asked()
    with (checkout.folder / name).open("a") as file:
        file.write("\n# changed\n")
    checkout.run()
    assert len(checkout.asked()) == 2


def test_an_environment_of_another_python_is_not_taken_for_current(checkout):
    checkout.run()
    checkout.asked()
    config = checkout.venv / "pyvenv.cfg"
    config.write_text(re.sub(r"version = .*", "version = 3.12.99", config.read_text()))
    checkout.run()
    assert len(checkout.asked()) == 2


def test_a_failed_step_is_named_with_the_last_lines_and_what_to_do(checkout):
    result = checkout.run(fails_at="requirements.txt")
    assert result.returncode == 1
    assert "failed: installing the course" in result.stderr
    assert "ERROR: [Errno 28] No space left on device" in result.stderr
    assert "make lab CPU=1" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("step", ["requirements.txt", "."])
def test_an_installation_that_stopped_half_way_is_resumed(checkout, step):
    checkout.run(fails_at=step)
    checkout.asked()
    assert checkout.run().returncode == 0
    assert len(checkout.asked()) == 2


def test_an_update_that_fails_takes_the_trust_from_the_environment(checkout):
    checkout.run()
    text = (checkout.folder / "requirements.txt").read_text()
    (checkout.folder / "requirements.txt").write_text(text + "\n")
    checkout.run(fails_at="requirements.txt")
    (checkout.folder / "requirements.txt").write_text(text)
    checkout.asked()
    checkout.run()
    assert len(checkout.asked()) == 2


def test_an_extra_is_installed_once_and_then_kept(checkout):
    checkout.run("--with", "browser")
    assert ["install", "-c", "constraints.txt", "axe-playwright-python", "playwright"] in checkout.asked()
    checkout.run()
    checkout.run("--with", "browser")
    assert checkout.asked() == []


def test_an_extra_is_brought_up_to_date_with_the_rest(checkout):
    checkout.run("--with", "browser")
    checkout.asked()
    with (checkout.folder / "constraints.txt").open("a") as file:
        file.write("\n# changed\n")
    checkout.run()
    assert ["install", "-c", "constraints.txt", "axe-playwright-python", "playwright"] in checkout.asked()


def test_an_extra_is_added_to_what_is_there(checkout):
    checkout.run()
    checkout.asked()
    checkout.run("--with", "browser")
    assert ["install", "-c", "constraints.txt", "axe-playwright-python", "playwright"] in checkout.asked()


def test_an_unknown_extra_is_refused_with_the_known_ones(checkout):
    result = checkout.run("--with", "brwoser")
    assert result.returncode == 1
    assert "no extra named brwoser" in result.stderr
    assert checkout.asked() == []
    assert "browser" in result.stderr


def test_torch_without_cuda_comes_first_and_from_its_own_index(install, monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    (_, torch), (_, rest), _ = install.steps(cpu=True, extras=[])
    assert torch[:3] == ["--no-deps", "--index-url", install.CPU_INDEX]
    assert [one.split("==")[0] for one in torch[3:]] == ["torch", "torchvision"]
    assert rest == ["-r", "requirements.txt"]


@pytest.mark.parametrize("system", ["darwin", "win32"])
def test_where_torch_has_no_cuda_the_ordinary_one_is_taken(install, monkeypatch, system):
    monkeypatch.setattr(sys, "platform", system)
    assert install.steps(cpu=True, extras=[]) == install.steps(cpu=False, extras=[])


def test_an_environment_without_cuda_stays_so(checkout):
    checkout.run("--cpu")
    checkout.run("--with", "browser")
    assert json.loads((checkout.venv / "labkit.json").read_text())["cpu"] is True


def test_an_environment_with_cuda_is_not_mixed_with_torch_without(checkout):
    checkout.run()
    result = checkout.run("--cpu")
    assert result.returncode == 1
    assert "Delete that folder" in result.stderr


@pytest.mark.parametrize(
    ("printed", "advised"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "CPU=1"),
        ("The virtual environment was not created successfully because ensurepip is not available.", "python3-venv"),
        ("/usr/bin/python3: No module named venv", "python3-venv"),
        (
            "NewConnectionError: Failed to establish a new connection: Temporary failure in name resolution",
            "wheelhouse",
        ),
        ("ERROR: No matching distribution found for torch==2.14.1", "64-bit CPython"),
        ("PermissionError: [Errno 13] Permission denied: '/opt/labs/.venv'", "folder of your own"),
        ("something nobody has seen before", "Run the same command again"),
    ],
)
def test_advice_fits_what_went_wrong(install, printed, advised):
    assert advised in install.advice(["Collecting torch", printed], Path(".venv"))


def test_a_lost_network_is_not_taken_for_a_missing_package(install):
    lines = [
        "Retrying after connection broken by NewConnectionError",
        "ERROR: No matching distribution found for numpy",
    ]
    assert "PIP_FIND_LINKS" in install.advice(lines, Path(".venv"))


def test_a_python_that_is_too_old_or_new_is_refused_in_one_sentence(install, monkeypatch, tmp_path):
    monkeypatch.setattr(install, "SUPPORTED", ((3, 99),))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(
        install.InstallError, match=rf"needs Python 3.11, 3.12 or 3.13; this is {sys.version.split()[0]}"
    ):
        install.main(["--venv", str(tmp_path / "venv")])


def test_the_work_is_handed_to_a_supported_python_that_works(install, monkeypatch, tmp_path):
    monkeypatch.setattr(install, "SUPPORTED", ((3, 98), (3, 99)))
    monkeypatch.setattr(shutil, "which", lambda name: name)
    called = []

    def run(command, **_):
        called.append(command)
        return subprocess.CompletedProcess(command, 127 if "3.98" in command[0] else 0)  # an empty pyenv shim: 127

    monkeypatch.setattr(subprocess, "run", run)
    install.main(["--venv", str(tmp_path / "venv"), "--cpu"])
    assert called[-1][0].endswith("3.99")
    assert called[-1][1:] == [install.__file__, "--venv", str(tmp_path / "venv"), "--cpu"]


def test_the_installer_can_be_read_by_the_pythons_that_it_refuses():
    ast.parse((ROOT / "tools" / "install.py").read_text(), feature_version=(3, 8))


def test_an_intel_mac_is_sent_to_colab(install, monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    with pytest.raises(install.InstallError, match="Colab"):
        install.main(["--venv", str(tmp_path / "venv")])


def test_an_environment_without_pip_is_made_anew(install, monkeypatch, checkout):
    shutil.rmtree(next(checkout.venv.rglob("site-packages/pip")))
    commands = []
    monkeypatch.setattr(install, "step", lambda title, command, venv: commands.append(command))
    install.install(checkout.venv, cpu=False, extras=[])
    assert commands[0][1:] == ["-m", "venv", "--clear", str(checkout.venv)]


def test_a_folder_that_is_no_environment_is_left_alone(checkout):
    thesis = checkout.folder / "home" / "thesis.txt"
    thesis.parent.mkdir()
    thesis.write_text("the only copy")
    result = checkout.run("--venv", "home")
    assert "no virtual environment" in result.stderr
    assert thesis.read_text() == "the only copy"


def lines_of(name: str) -> list[str]:
    """The lines of a requirements file that name a version, without the systems that they are for."""
    text = (ROOT / name).read_text()
    return [line.split(";")[0] for line in text.splitlines() if line and not line.startswith(("#", "-"))]


@pytest.mark.parametrize("name", ["requirements.txt", "constraints.txt", "binder/requirements.txt"])
def test_every_version_is_exact(name):
    assert [line for line in lines_of(name) if not re.fullmatch(r"[\w.-]+==[\w.+]+", line)] == []


def test_no_package_is_fixed_in_two_places():
    names = [line.split("==")[0].lower() for name in ("requirements.txt", "constraints.txt") for line in lines_of(name)]
    assert sorted(names) == sorted(set(names))


def test_binder_has_the_same_torch_without_cuda():
    torch = {line for line in lines_of("requirements.txt") if re.match("torch(vision)?==", line)}
    assert {line.removesuffix("+cpu") for line in lines_of("binder/requirements.txt")} == torch


def test_the_fixed_versions_are_within_what_labkit_allows():
    lines = [line.split("==") for name in ("requirements.txt", "constraints.txt") for line in lines_of(name)]
    fixed = {name.lower(): version for name, version in lines}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    allowed = [*project["dependencies"], *(one for extra in project["optional-dependencies"].values() for one in extra)]
    wrong = [one for one in map(Requirement, allowed) if not one.specifier.contains(fixed[one.name.lower()])]
    assert wrong == []


def test_no_framework_is_a_hard_dependency():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    hard = {Requirement(one).name for one in project["dependencies"]}
    assert hard.isdisjoint(
        {"torch", "torchvision", "tensorflow", "ai-edge-litert", "onnx", "onnxruntime", "jupyterlab"}
    )


def test_no_package_index_is_named_but_pytorchs_own(install):
    files = ["requirements.txt", "constraints.txt", "Makefile", "tools/install.py", "tools/run.py"]
    files += ["binder/requirements.txt", ".pre-commit-config.yaml", ".ci/run"]
    addresses = {found for name in files for found in re.findall(r"https?://[^\s\"'`]+", (ROOT / name).read_text())}
    assert addresses == {install.CPU_INDEX}


@pytest.mark.slow
@pytest.mark.sandbox
def test_make_lab_opens_jupyterlab_for_this_user_root_or_not(tmp_path):
    places = {f"JUPYTER_{name}_DIR": str(tmp_path / name) for name in ("CONFIG", "DATA", "RUNTIME")}
    process = subprocess.Popen(
        ["make", "lab"],
        cwd=ROOT,
        env=os.environ | places | {"BROWSER": "true"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    watchdog = threading.Timer(120, os.killpg, (process.pid, signal.SIGKILL))
    watchdog.start()
    said = []
    try:
        for line in process.stdout:
            said.append(line)
            if re.search(r"http://\S+/lab\?token=", line):
                break
        else:
            raise AssertionError("".join(said[-10:]))
    finally:
        watchdog.cancel()
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
