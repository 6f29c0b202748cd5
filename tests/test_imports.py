"""Who imports whom: `import labkit` is light, and the directions of the modules hold. The source is read, not run."""

import ast
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "labkit"
FRAMEWORKS = {"torch", "torchvision", "tensorflow", "onnx", "onnxruntime", "onnxscript", "ai_edge_litert", "keras"}
HEAVY = FRAMEWORKS | {"matplotlib", "pandas", "scipy", "ipywidgets", "anywidget", "numpy", "IPython"}
LABS = {"quantize", "prune", "distill", "onnx", "mobile", "browser", "compress"}
ABOVE_LABS = {"results", "claims", "plots", "widgets", "check", "exercises", "notebooks", "grading", "cli", "doctor"}
ABOVE_LABS |= {"report"}
LAYERS = ("measure", "results", "plots", "widgets")  # each may know those before it and none after it
KNOW_PREDICT_ONLY = {"measure", "results", "claims", "plots", "widgets", "check", "exercises", "notebooks", "grading"}


@lru_cache(maxsize=1)
def modules() -> dict[str, ast.Module]:
    """The parsed source of each module by its dotted name."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = ast.parse(path.read_text(encoding="utf-8"))
    return found


def names(node: ast.AST, package: str) -> list[str]:
    """What one import statement names, dotted; `from labkit import data` names labkit.data."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
    base = ".".join([*above, *([node.module] if node.module else [])])
    known = [f"{base}.{alias.name}" for alias in node.names if f"{base}.{alias.name}" in modules()]
    return known if len(known) == len(node.names) else [base, *known]


def imports(module: str, anywhere: bool = True) -> set[str]:
    """What a module imports: anywhere in it, or when it is itself imported (not inside its functions)."""
    tree = modules()[module]
    is_package = any(name.startswith(f"{module}.") for name in modules())
    package = module if is_package else module.rpartition(".")[0]
    nodes = ast.walk(tree) if anywhere else outside_functions(tree)
    return {name for node in nodes for name in names(node, package)}


def outside_functions(node: ast.AST):
    """Every node that runs at import."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield child
            yield from outside_functions(child)


def part(module: str) -> str:
    """The part of labkit that a module belongs to: `measure` for `labkit.measure.size`; empty for others' modules."""
    pieces = module.split(".")
    return pieces[1] if pieces[0] == "labkit" and len(pieces) > 1 else ""


def parts_known(wanted: set[str]) -> dict[str, set[str]]:
    """For each module of the wanted parts: the parts of labkit that it imports."""
    return {module: {part(name) for name in imports(module)} for module in modules() if part(module) in wanted}


def loaded_with(module: str) -> set[str]:
    """The top-level modules that importing `module` brings into a fresh process."""
    code = f"import sys; before = set(sys.modules); import {module}; print(*set(sys.modules) - before)"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    return {name.split(".")[0] for name in printed.split()}


def test_importing_labkit_takes_no_library_along():
    assert loaded_with("labkit") & HEAVY == set()


@pytest.mark.parametrize("module", ["labkit.cli", "labkit.measure.machine"])
def test_the_command_and_the_fingerprint_take_no_framework_along(module):
    assert loaded_with(module) & (FRAMEWORKS | {"matplotlib", "pandas"}) == set()


def test_widgets_know_plots_know_results_know_measure_and_none_looks_back():
    wrong = [
        (module, known & set(LAYERS[i + 1 :]))
        for i, layer in enumerate(LAYERS)
        for module, known in parts_known({layer}).items()
        if known & set(LAYERS[i + 1 :])
    ]
    assert wrong == []


def test_lab_modules_know_the_runtimes_and_nothing_above():
    wrong = {module: known & ABOVE_LABS for module, known in parts_known(LABS).items() if known & ABOVE_LABS}
    assert wrong == {}


def test_grading_is_known_to_the_command_alone():
    everyone = {part(module) for module in modules()} - {"grading", "cli"}
    assert [module for module, known in parts_known(everyone).items() if "grading" in known] == []


def test_notebooks_as_files_know_the_laws_and_nothing_that_measures_or_shows():
    allowed = {"", "exercises", "files", "notebooks", "results"}
    wrong = {module: known - allowed for module, known in parts_known({"notebooks"}).items() if known - allowed}
    assert wrong == {}


def test_what_measures_compares_plots_or_grades_knows_no_framework():
    wrong = {
        module: frameworks
        for module in modules()
        if part(module) in KNOW_PREDICT_ONLY
        and (frameworks := {name.split(".")[0] for name in imports(module, anywhere=False)} & FRAMEWORKS)
    }
    assert wrong == {}


def test_tensorflow_is_never_imported_with_a_module():
    with_module = {module: imports(module, anywhere=False) for module in modules()}
    assert [
        module for module, found in with_module.items() if {name.split(".")[0] for name in found} & {"tensorflow"}
    ] == []


def test_no_module_imports_itself_through_others():
    graph = {module: {name for name in imports(module) if name in modules() and name != module} for module in modules()}
    done, path = set(), []

    def visit(module: str) -> None:
        assert module not in path, " -> ".join([*path[path.index(module) :], module])
        if module not in done:
            path.append(module)
            for known in sorted(graph[module]):
                visit(known)
            done.add(path.pop())

    for module in graph:
        visit(module)


def test_the_reader_of_imports_finds_every_spelling(monkeypatch):
    source = "import torch\nfrom labkit import data, load\nfrom . import size\ndef f():\n    import tensorflow as tf\n"
    tree = {name: ast.parse("") for name in ("labkit", "labkit.data", "labkit.measure", "labkit.measure.size")}
    monkeypatch.setitem(globals(), "modules", lambda: tree | {"labkit.measure.memory": ast.parse(source)})
    light = {"torch", "labkit", "labkit.data", "labkit.measure.size"}
    assert imports("labkit.measure.memory", anywhere=False) == light
    assert imports("labkit.measure.memory") == light | {"tensorflow"}


def test_no_two_files_of_tests_have_one_name():
    names = [path.name for path in (PACKAGE.parent / "tests").rglob("test_*.py")]
    assert sorted(names) == sorted(set(names)), "pytest takes one for the other"
