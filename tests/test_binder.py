"""What Binder would build of this repository, as `jupyter-repo2docker` itself says it. Needs a network, not Docker."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).resolve().parents[1]
READ = ("binder", "pyproject.toml", "requirements.txt", "constraints.txt")  # all of the repository that decides
pytestmark = [pytest.mark.sandbox, pytest.mark.slow]


@pytest.fixture(scope="module")
def repo2docker(tmp_path_factory) -> str:
    """The command, in an environment of its own."""
    folder = tmp_path_factory.mktemp("repo2docker") / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = str(next(folder.glob("[bS]*/python*")))
    command = [python, "-m", "pip", "install", "--quiet", "jupyter-repo2docker==2026.4.0"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, f"the package index was not reached, or lacks a version:\n{result.stderr}"
    return str(next(folder.glob("[bS]*/jupyter-repo2docker*")))


def dockerfile(repo2docker: str, folder: Path) -> str:
    """What it would build from a copy of the files that decide, in `folder`."""
    for name in READ:
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, folder / name)
    command = [repo2docker, "--no-build", "--debug", str(folder)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout + result.stderr


@pytest.fixture(scope="module")
def built(repo2docker, tmp_path_factory) -> str:
    """The Dockerfile of this repository."""
    return dockerfile(repo2docker, tmp_path_factory.mktemp("repository"))


def test_binder_has_the_python_of_runtime_txt_which_labkit_supports(built):
    said = (ROOT / "binder" / "runtime.txt").read_text().strip().removeprefix("python-")
    assert re.findall(r"^Building conda environment for python=(\S+)$", built, re.MULTILINE) == [said]
    assert (
        f"environment-2epy-2d{said.replace('.', '-2e')}-2dlinux" in built
    )  # how it writes "environment.py-3.12-linux"
    supported = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    assert said in SpecifierSet(supported)


def test_binder_installs_its_requirements_and_nothing_else(built):
    installs = re.findall(r"^RUN .*\b(?:pip|conda|mamba) install.*$", built, re.MULTILINE)
    assert installs == ['RUN ${KERNEL_PYTHON_PREFIX}/bin/pip install --no-cache-dir -r "binder/requirements.txt"']
    lines = (ROOT / "binder" / "requirements.txt").read_text().splitlines()
    assert {"-r ../requirements.txt", "-e ."} < set(lines)
    assert "--extra-index-url https://download.pytorch.org/whl/cpu" in lines


def test_binders_torch_without_cuda_is_the_version_of_the_course():
    pins = [
        dict(re.findall(r"^(torch|torchvision)==([\d.]+)(?:\+cpu)?$", (ROOT / name).read_text(), re.MULTILINE))
        for name in ("binder/requirements.txt", "requirements.txt")
    ]
    assert pins[0] == pins[1]
    assert pins[0].keys() == {"torch", "torchvision"}


def test_the_whole_repository_is_there_in_the_working_folder_before_anything_is_installed(built):
    order = ["WORKDIR ${REPO_DIR}", "COPY --chown=0:0 src/ ${REPO_DIR}/", "bin/pip install"]
    places = [built.index(step) for step in order]
    assert places == sorted(places)
    assert built.count("WORKDIR ") == 1


def test_a_change_of_the_python_reaches_binder(repo2docker, tmp_path):
    (tmp_path / "binder").mkdir()
    (tmp_path / "binder" / "runtime.txt").write_text("python-3.13")
    (tmp_path / "binder" / "requirements.txt").write_text("numpy\n")
    said = subprocess.run([repo2docker, "--no-build", "--debug", str(tmp_path)], capture_output=True, text=True)
    assert "Building conda environment for python=3.13\n" in said.stdout + said.stderr
