"""The set-up cell of the labs: what it asks of pip, told by its own text run here, and what pip makes of it."""

import importlib
import importlib.metadata
import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from environments import fake_wheel

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))
build_notebooks, setup = map(importlib.import_module, ("build_notebooks", "setup_cell"))
ADDRESS = "https://example.org/owner/labkit"
SHIPPED = ("pyproject.toml", "README.md", "LICENSE", "labkit", "labs", "data", "tools")
WHERE = "\nimport labkit\nprint(labkit.__file__)"


@pytest.fixture
def cell(monkeypatch, tmp_path):
    """Runs the cell's text where labkit is present or not; returns every command it gave, in place of running it."""

    def ran(present: bool, colab: bool = False, source: str | None = None, address: str | None = None) -> list:
        commands, find_spec = [], importlib.util.find_spec
        monkeypatch.setattr(subprocess, "run", lambda command, **how: commands.append((command, how)))
        spec = {"labkit": object() if present else None}
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec[name] if name in spec else find_spec(name))
        for name, value in ((setup.COLAB, "a test" if colab else None), ("LABKIT_SOURCE", source)):
            monkeypatch.delenv(name, raising=False) if value is None else monkeypatch.setenv(name, value)
        exec(setup.setup_cell(address, ("torch", "onnx")), {})
        return commands

    return ran


def asked(commands) -> str:
    """What the one pip command of the cell would install; a failure of it is an error."""
    ((command, how),) = commands
    assert command[:5] == [sys.executable, "-m", "pip", "install", "--quiet"]
    assert how == {"check": True}
    return command[-1]


def kept(commands) -> set[str]:
    """The lines of the constraint file that pip is given."""
    (command, _) = commands[0]
    return set(Path(command[command.index("--constraint") + 1]).read_text().splitlines())


@pytest.mark.parametrize("address", [None, ADDRESS])
def test_on_a_laptop_that_has_labkit_nothing_is_run(cell, address):
    assert cell(present=True, address=address) == []


@pytest.mark.parametrize("source", [None, "labkit-0.1.0-py3-none-any.whl"])
@pytest.mark.parametrize("address", [None, ADDRESS])
def test_on_colab_a_lab_after_another_brings_its_extras_and_no_labkit(cell, address, source):
    assert asked(cell(present=True, colab=True, address=address, source=source)) == "labkit[torch,onnx]"


@pytest.mark.parametrize("colab", [False, True])
def test_where_labkit_is_missing_it_comes_from_its_public_address(cell, colab):
    assert asked(cell(present=False, colab=colab, address=ADDRESS)) == f"labkit[torch,onnx] @ git+{ADDRESS}"


@pytest.mark.parametrize("address", [None, ADDRESS])
def test_a_source_that_is_a_file_comes_before_the_address(cell, tmp_path, address):
    wheel = tmp_path / "labkit with spaces.whl"
    wheel.touch()
    expected = f"labkit[torch,onnx] @ {wheel.as_uri()}"
    assert asked(cell(present=False, source=str(wheel), address=address)) == expected
    assert "%20" in expected


def test_a_source_that_is_an_address_is_taken_as_it_is(cell):
    assert asked(cell(present=False, source=f"git+{ADDRESS}")) == f"labkit[torch,onnx] @ git+{ADDRESS}"


@pytest.mark.parametrize("colab", [False, True])
def test_where_nothing_says_where_labkit_is_nothing_is_run_and_the_ways_on_are_told(cell, colab):
    with pytest.raises(RuntimeError, match=r"make lab.*LABKIT_SOURCE"):
        cell(present=False, colab=colab)


def test_every_package_that_is_there_is_held_at_its_version(cell):
    lines = kept(cell(present=False, address=ADDRESS))
    there = {f"{one.name}=={one.version}" for one in importlib.metadata.distributions() if one.name}
    assert lines == there


@pytest.fixture
def strangers(tmp_path):
    """A package index on which another project has the name labkit: in our own version and in a newer one."""
    folder = tmp_path / "index"
    folder.mkdir()
    for version in ("0.1.0", "9.9"):
        fake_wheel(folder, "labkit", version, 'stranger; extra == "onnx"')
    fake_wheel(folder, "stranger", "1.0")
    return folder


def with_first_lab(environment, folder: Path, *requires: str) -> None:
    """What the lab before left: our labkit 0.1.0 without extras."""
    ours = fake_wheel(folder, "labkit", "0.1.0", *requires)
    result = environment.run(setup.setup_cell(None), LABKIT_SOURCE=str(ours))
    assert result.returncode == 0, result.stderr


def second_lab(environment, index: Path) -> subprocess.CompletedProcess:
    """The cell of a lab that needs the extra "onnx", on Colab."""
    variables = {setup.COLAB: "a test", "PIP_FIND_LINKS": str(index)}
    return environment.run(setup.setup_cell(None, ("onnx",)), **variables)


def installed(environment) -> dict[str, str]:
    """Versions of what was installed into the environment itself, by name."""
    return dict(one.stem.split("-", 1) for one in environment.site.glob("*.dist-info"))


def test_another_project_of_the_same_name_is_not_taken_in_labkits_place(environment, strangers, tmp_path):
    fake_wheel(strangers, "runtime", "1.0")
    with_first_lab(environment, tmp_path, 'runtime; extra == "onnx"')
    assert installed(environment) == {"labkit": "0.1.0"}
    result = second_lab(environment, strangers)
    assert result.returncode == 0, result.stderr
    assert installed(environment) == {"labkit": "0.1.0", "runtime": "1.0"}


def test_where_an_extra_does_not_fit_the_cell_fails_and_labkit_stays(environment, strangers, tmp_path):
    with_first_lab(environment, tmp_path, 'nowhere; extra == "onnx"')
    result = second_lab(environment, strangers)
    assert result.returncode != 0
    assert "nowhere" in result.stderr
    assert installed(environment) == {"labkit": "0.1.0"}


@pytest.fixture(scope="module")
def repository(tmp_path_factory) -> str:
    """The address of a git repository with all that belongs to labkit, on this machine's disk."""
    folder = tmp_path_factory.mktemp("git") / "labkit"
    for name in SHIPPED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        folder.mkdir(exist_ok=True)
        copy(ROOT / name, folder / name)
    shutil.copy(ROOT / ".gitignore", folder)
    who = ["-c", "user.name=a test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"]
    for command in (["init", "-q"], ["add", "."], [*who, "commit", "-q", "-m", "All of it"]):
        subprocess.run(["git", *command], cwd=folder, check=True, capture_output=True)
    return folder.as_uri().replace("file://", "file://localhost")  # pip wants a host before the path


@pytest.mark.slow
def test_a_lab_whose_badge_is_followed_brings_labkit_data_and_weights_from_its_address(environment, repository):
    lab, _ = build_notebooks.build(ROOT / "solutions" / "01_benchmark.py", repository)
    first = next(one.source for one in lab.cells if one.cell_type == "code")
    use = "\nprint(len(lk.data.load().test), sum(one.numel() for one in lk.load_baseline().parameters()))"
    result = environment.run(first + use + WHERE)
    assert result.returncode == 0, result.stderr
    *_, counts, file = result.stdout.splitlines()
    assert counts == "10000 1180074"
    assert Path(file).is_relative_to(environment.site)


@pytest.mark.parametrize("source", sorted((ROOT / "solutions").glob("[0-9][0-9]_*.py")), ids=lambda path: path.stem)
def test_a_badge_leads_to_the_lab_as_it_lies_in_the_repository(source):
    lab, _ = build_notebooks.build(source, "https://github.com/owner/labkit.git")
    badges = lab.cells[0].source.splitlines()[-1]
    path = f"labs/{source.stem}.ipynb"
    assert (ROOT / path).exists()
    assert badges == (
        f"[Open in Colab](https://colab.research.google.com/github/owner/labkit/blob/main/{path}) · "
        f"[Open in Binder](https://mybinder.org/v2/gh/owner/labkit/main?labpath={path})"
    )
    nbformat.validate(lab)
