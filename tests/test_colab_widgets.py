"""Colab's own ipywidgets 7.7.1 with IPython 7.34, installed, and labkit's extras asked of the real package index.

The environment sees the libraries of this one behind Colab's, so torch is not installed a second time. Needs a network.
"""

import importlib
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))
colab, colab_list = map(importlib.import_module, ("colab", "colab_list"))
RUNTIMES = {runtime.python: runtime for runtime in colab_list.runtimes()}
FROM_COLAB = ("anywidget", "ipykernel", "ipython", "ipywidgets", "jupyter-client", "jupyterlab-widgets", "nbclient")
FROM_COLAB += ("psygnal", "traitlets", "widgetsnbextension", "backcall", "decorator", "entrypoints", "nest-asyncio")
FROM_COLAB += ("ipython-genutils", "pickleshare")
VIEW = "application/vnd.jupyter.widget-view+json"

START = """
import sys, types
manager = types.ModuleType("google.colab.output")  # what Colab has, as far as anywidget asks for it
manager.asked = 0
def enable_custom_widget_manager():
    manager.asked += 1
manager.enable_custom_widget_manager = enable_custom_widget_manager
manager._widgets = types.SimpleNamespace(_installed_url=None)
sys.modules["google.colab.output"] = manager
sys.path.insert(0, {explorers!r})
import IPython, ipywidgets, explorers
from labkit import widgets
print(IPython.__version__, ipywidgets.__version__)
"""
SHOWN = ("bits", "crossover", "pruning", "temperature", "alpha", "levels", "pareto", "arena")
OWN = {
    "latency_calculator": "widgets.latency_calculator()",
    "cost_calculator": "widgets.cost_calculator()",
    "latency_explorer": "widgets.latency_explorer([{'batch': b, 'threads': 1, 'latency_ms': b, 'latency_low_ms': b,"
    " 'latency_high_ms': b} for b in (1, 2)], 'a test')",
}
EXECUTE = """
import json, sys, nbformat
from nbclient import NotebookClient
cells = [nbformat.v4.new_code_cell(source) for source in json.load(sys.stdin)]
notebook = nbformat.v4.new_notebook(cells=cells)
NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
print(nbformat.writes(notebook))
"""
pytestmark = [pytest.mark.sandbox, pytest.mark.slow]


@pytest.fixture(scope="module")
def cells(tmp_path_factory) -> list:
    """Each widget shown in a cell of its own by Colab's versions; the first cell prints which versions."""
    folder = tmp_path_factory.mktemp("colab")
    python = environment(folder / "venv")
    sources = [START.format(explorers=str(ROOT / "tests" / "browser"))]
    sources += [f"explorers.{name}()" for name in SHOWN] + [*OWN.values(), "print(manager.asked)"]
    result = subprocess.run(
        [python, "-c", EXECUTE], cwd=folder, input=json.dumps(sources), capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr[-3000:]
    return json.loads(result.stdout)["cells"]


def environment(folder: Path) -> str:
    """Its Python: Colab's versions first, then everything else of this environment, then this checkout."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = str(next(folder.glob("[bS]*/python*")))
    versions = RUNTIMES["3.13"].packages
    wanted = [f"{name}=={versions[name]}" for name in FROM_COLAB]
    command = [python, "-m", "pip", "install", "--quiet", "--no-deps", *wanted]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, f"the package index was not reached, or lacks a version:\n{result.stderr}"
    site = next(folder.rglob("site-packages"))
    own = [entry for entry in sys.path if entry.endswith("site-packages")]
    (site / "libraries.pth").write_text("\n".join([*own, str(ROOT)]))
    return python


def test_the_kernel_has_colabs_versions(cells):
    assert "".join(cells[0]["outputs"][0]["text"]).split() == ["7.34.0", "7.7.1"]


@pytest.mark.parametrize("position", range(1, 1 + len(SHOWN) + len(OWN)), ids=[*SHOWN, *OWN])
def test_the_widget_is_shown_as_a_view_without_a_word_of_complaint(cells, position):
    (output,) = cells[position]["outputs"]
    assert VIEW in output["data"]
    assert re.fullmatch("[0-9a-f]{32}", output["data"][VIEW]["model_id"])


def test_colabs_manager_for_widgets_of_others_is_asked_for_once(cells):
    assert cells[-1]["outputs"][0]["text"] == ["1\n"]


def test_no_widget_of_the_page_tests_is_missing_here():
    source = (ROOT / "tests" / "browser" / "explorers.py").read_text(encoding="utf-8")
    assert tuple(re.search(r"EVERY = \((.*)\)", source).group(1).split(", ")) == SHOWN


@pytest.mark.parametrize("python", RUNTIMES)
def test_the_extras_of_all_labs_can_be_added_to_colab_without_changing_a_version(python, tmp_path):
    found = colab_list.resolve(RUNTIMES[python], colab.EXTRAS, tmp_path)
    stays = {name: version.removesuffix("+colab") for name, version in found.items() if version.endswith("+colab")}
    assert stays == {name: RUNTIMES[python].packages[name] for name in stays}
    assert {"torch", "tensorflow", "protobuf", "numpy", "ipywidgets", "pandas"} <= stays.keys()
    assert {"onnx", "onnxruntime", "onnxscript", "torch-pruning", "ai-edge-litert"} <= found.keys() - stays.keys()
    assert RUNTIMES[python].packages.keys().isdisjoint(found.keys() - stays.keys())
