"""The set-up cell of the notebooks brings labkit, data and weights where they are missing, and changes nothing else.

The new environments see the libraries of this one through links, labkit left out, so nothing is downloaded.
"""

import importlib.util
import json
import subprocess
import sys
import zipfile
from importlib.metadata import distributions
from pathlib import Path

import pytest
from environments import fake_wheel

ROOT = Path(__file__).resolve().parents[1]
SHIPPED = ("pyproject.toml", "README.md", "LICENSE", "labkit", "labs", "data", "tools")
WEIGHTS = {path.name: path.stat().st_size for path in (ROOT / "data" / "weights").glob("*.safetensors")}


def setup_cell(*arguments, **keywords) -> str:
    """The cell's text, from `tools/setup_cell.py`."""
    spec = importlib.util.spec_from_file_location("setup_cell", ROOT / "tools" / "setup_cell.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.setup_cell(*arguments, **keywords)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """What `make wheel` builds."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def archive(tmp_path_factory) -> Path:
    """The repository as a zip with one folder at its top, as the sites that keep repositories hand it out."""
    path = tmp_path_factory.mktemp("zip") / "labkit-main.zip"
    with zipfile.ZipFile(path, "w") as file:
        for name in SHIPPED:
            for found in [ROOT / name, *(ROOT / name).rglob("*")]:
                if found.suffix != ".pyc":
                    file.write(found, Path("labkit-main") / found.relative_to(ROOT))
    return path


USE = """
import labkit, json
from importlib.metadata import distributions
from labkit import data
print(json.dumps({
    "file": labkit.__file__,
    "data": str(data.folder()),
    "images": [len(split) for split in (data.load().train, data.load().validation, data.load().test)],
    "weights": {path.name: path.stat().st_size for path in data.weights_folder().glob("*.safetensors")},
    "versions": {found.name: found.version for found in distributions() if found.name != "labkit"},
}))
"""
VERSIONS = """
import json
from importlib.metadata import distributions
print(json.dumps({found.name: found.version for found in distributions()}))
"""


@pytest.mark.parametrize("source", ["wheel", "archive"])
def test_the_cell_brings_labkit_with_data_and_weights_and_changes_no_version(environment, source, request):
    before = json.loads(environment.run(VERSIONS).stdout)
    assert "labkit" not in before
    result = environment.run(setup_cell(None) + USE, LABKIT_SOURCE=str(request.getfixturevalue(source)))
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout.splitlines()[-1])
    assert found["images"] == [55_000, 5_000, 10_000]
    assert found["weights"] == WEIGHTS
    assert WEIGHTS
    assert found["versions"] == before
    assert Path(found["file"]).is_relative_to(environment.folder / "venv")
    assert Path(found["data"]).is_relative_to(environment.folder / "venv")


@pytest.mark.slow
@pytest.mark.parametrize(("lab", "source"), [("01_benchmark", "wheel"), ("06_mobile", "archive")])
def test_a_lab_alone_in_a_folder_starts_with_labkit_data_and_weights(environment, lab, source, request):
    cells = json.loads((ROOT / "labs" / f"{lab}.ipynb").read_text(encoding="utf-8"))["cells"]
    first = next("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    use = "\nprint(lk.__file__, len(lk.data.load().test), sum(one.numel() for one in lk.load_baseline().parameters()))"
    result = environment.run(first + use, LABKIT_SOURCE=str(request.getfixturevalue(source)))
    assert result.returncode == 0, result.stderr
    file, images, parameters = result.stdout.splitlines()[-1].split()
    assert Path(file).is_relative_to(environment.folder / "venv")
    assert (int(images), int(parameters)) == (10_000, 1_180_074)


def test_the_wheel_carries_the_labs_and_no_solution(wheel):
    with zipfile.ZipFile(wheel) as file:
        names = file.namelist()
    labs = {f"labkit/_labs/{path.name}" for path in (ROOT / "labs").glob("*.ipynb")}
    assert {name for name in names if name.startswith("labkit/_labs/") and name.endswith(".ipynb")} == labs
    assert [name for name in names if "solutions" in name or "mutants" in name] == []


def test_the_wheel_carries_what_the_browser_runs_and_its_licence(wheel):
    assets = ROOT / "labkit" / "browser" / "assets"
    with zipfile.ZipFile(wheel) as file:
        carried = {
            name: file.read(f"labkit/browser/assets/{name}") for name in (path.name for path in assets.iterdir())
        }
        names = file.namelist()
    assert carried == {path.name: path.read_bytes() for path in assets.iterdir()}
    assert {"ort.wasm.gz", "pad.js.gz", "pad.css", "LICENSE.onnxruntime.txt"} <= carried.keys()
    assert "labkit/widgets/browser.js" in names
    assert [name for name in names if "node_modules" in name] == []


def test_an_editable_install_has_no_second_copy_of_the_data():
    assert not (ROOT / "labkit" / "_data").exists()
    labkit = next((found for found in distributions() if found.name == "labkit" and found.files), None)
    assert [str(file) for file in (labkit.files if labkit else ()) if "_data" in str(file)] == []


def test_what_is_installed_already_keeps_its_version_even_if_a_newer_one_is_asked_for(environment, tmp_path):
    protobuf = fake_wheel(tmp_path, "oldbuf", "1.0")
    fake_wheel(tmp_path, "oldbuf", "2.0")
    fake_wheel(tmp_path, "runtime", "1.0", "oldbuf")
    fake_wheel(tmp_path, "runtime", "2.0", "oldbuf>=2.0")  # what pip would take, and oldbuf 2.0 with it
    source = fake_wheel(tmp_path, "labkit", "0.1.0", "runtime")
    pip_install = f"import subprocess, sys; subprocess.run([sys.executable, '-m', 'pip', 'install', {str(protobuf)!r}])"
    assert environment.run(pip_install).returncode == 0
    result = environment.run(setup_cell(None), LABKIT_SOURCE=str(source), PIP_FIND_LINKS=str(tmp_path))
    assert result.returncode == 0, result.stderr
    versions = json.loads(environment.run(VERSIONS).stdout)
    assert (versions["oldbuf"], versions["runtime"], versions["labkit"]) == ("1.0", "1.0", "0.1.0")


def test_the_cell_brings_the_extras_of_its_lab(environment, tmp_path):
    fake_wheel(tmp_path, "runtime", "1.0")
    source = fake_wheel(tmp_path, "labkit", "0.1.0", 'runtime; extra == "onnx"')
    code = setup_cell(None, extras=("onnx",)) + VERSIONS
    result = environment.run(code, LABKIT_SOURCE=str(source), PIP_FIND_LINKS=str(tmp_path))
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout.splitlines()[-1])["runtime"] == "1.0"


def test_without_an_address_and_without_a_source_the_cell_tells_the_two_ways_on(environment):
    result = environment.run(setup_cell(None))
    last = result.stderr.splitlines()[-1]
    assert last.startswith("RuntimeError: labkit is missing")
    assert "make lab" in last
    assert "LABKIT_SOURCE" in last


def test_the_public_address_is_used_where_no_source_is_set(tmp_path):
    cell = setup_cell("https://example.org/labkit")
    assert '"git+https://example.org/labkit"' in cell
    assert "raise" not in cell


def test_the_cell_does_nothing_where_labkit_is_installed():
    cell = setup_cell(None)
    code = f"import subprocess\nsubprocess.run = None\n{cell}\nimport labkit"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


@pytest.mark.parametrize("address", [None, "https://example.org/owner/labkit"])
def test_the_cell_is_short_enough_to_be_read(address):
    lines = setup_cell(address, extras=("torch", "onnx")).splitlines()
    assert len(lines) <= 14
    assert max(map(len, lines)) <= 120
