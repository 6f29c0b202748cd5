"""Builds labs/NN_topic.ipynb and solutions/NN_topic.ipynb from their one source, solutions/NN_topic.py.

The source is a script of cells (jupytext's py:percent). A cell's first line says what it is:

    # %% setup="torch"           the set-up cell, written here; the extras of labkit that this lab needs
    # %% exercise="NAME"         a stub; its solution stands between ### BEGIN SOLUTION and ### END SOLUTION
    # %% check="NAME"            its check cell, locked; its points come from labkit/exercises
    # %% [markdown] written="NAME" points=1     a written answer, marked by hand; the cell's text is a model answer
    # %% tags=["nbval-check-output"]            nbval compares this cell's output with what is stored

Without options both folders are rebuilt, and outputs of unchanged cells are kept. Two builds give the same bytes.
"""

import argparse
import ast
import difflib
import json
import os
import re
import sys
import tomllib
from pathlib import Path

import jupytext
import nbformat
from setup_cell import setup_cell

from labkit import check, exercises, results
from labkit.files import write_atomically

ROOT = Path(__file__).parents[1]
SOLUTION = re.compile(r"^( *)### BEGIN SOLUTION\n.*?^ *### END SOLUTION\n?", re.DOTALL | re.MULTILINE)
STUB = r"\1# your code here\n\1raise NotImplementedError\n"
WRITE_HERE = "*Write your answer here: double-click, replace this line, and press Shift + Enter.*"
SLOW_CELL_SECONDS = 300


class SourceError(Exception):
    """A source breaks the rules above; the message says where."""


def repository() -> str | None:
    """The public address in pyproject.toml, the one place where it stands; None while there is none."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project.get("urls", {}).get("Repository")


def build(source: Path, address: str | None = None) -> tuple[nbformat.NotebookNode, nbformat.NotebookNode]:
    """The lab and the solution of one source, without the outputs of a run.

    Raises:
        SourceError: an exercise is unknown, lacks its stub, its check or its solution region, or stands there twice.
    """
    read = jupytext.reads(source.read_text(encoding="utf-8"), fmt="py:percent")
    lab_number = source.stem[:2]
    solved, seen = [], []
    for position, cell in enumerate(read.cells):
        solved.append(_cell(cell, position, source, address))
        seen += [kind + name for kind in ("exercise", "check") for name in [cell.metadata.get(kind)] if name]
    expected = [kind + one.name for one in exercises.of_lab(lab_number) for kind in ("exercise", "check")]
    if seen != expected:
        raise SourceError(f"{source.name}: its exercises and checks are {seen}, but labkit/exercises has {expected}")
    if address:
        solved[0].source += "\n\n" + badges(address, source.stem)
    return _notebook([_unsolved(cell) for cell in solved]), _notebook(solved)


def badges(address: str, stem: str) -> str:
    """Links that open the lab on Colab and Binder. Text and not pictures: a notebook needs no network."""
    place = address.removeprefix("https://github.com/").removesuffix(".git")
    colab = f"https://colab.research.google.com/github/{place}/blob/main/labs/{stem}.ipynb"
    binder = f"https://mybinder.org/v2/gh/{place}/main?labpath=labs/{stem}.ipynb"
    return f"[Open in Colab]({colab}) · [Open in Binder]({binder})"


def _cell(read, position: int, source: Path, address: str | None):
    """One cell of the solution notebook, its id and nbgrader metadata set."""
    says = {key: value for key, value in read.metadata.items() if key != "lines_to_next_cell"}
    new = nbformat.v4.new_markdown_cell if read.cell_type == "markdown" else nbformat.v4.new_code_cell
    cell = new(read.source, id=f"cell-{position:02d}", metadata={})
    tags = says.pop("tags", [])
    if "setup" in says:
        extras = tuple(says.pop("setup").split())
        needs = f"from labkit import needs\nneeds.say({', '.join(map(json.dumps, extras))})"
        # the grader leaves out what stands above the first empty line
        cell.source, cell.id = f"{setup_cell(address, extras)}\n{needs}\n\n{cell.source}", "setup"
    elif "exercise" in says:
        name = says.pop("exercise")
        if not SOLUTION.search(cell.source + "\n"):
            raise SourceError(f"{source.name}: the cell of {name!r} has no solution region")
        _grade(cell, name, solution=True)
        cell.metadata["deletable"] = False
    elif "check" in says:
        name = says.pop("check")
        _grade(cell, f"check_{name}", grade=True, locked=True, points=exercises.find(name).points)
        cell.metadata |= {"deletable": False, "editable": False}
        tags = [*tags, "nbval-check-output"]
    elif "written" in says:
        _grade(cell, says.pop("written"), grade=True, solution=True, points=says.pop("points"))
        cell.metadata["deletable"] = False
    if says:
        raise SourceError(f"{source.name}: cell {position} says {says}, which means nothing here")
    if tags:
        cell.metadata["tags"] = tags
    return cell


def _grade(cell, grade_id: str, **what) -> None:
    cell.id = grade_id
    cell.metadata["nbgrader"] = {
        "grade": False,
        "grade_id": grade_id,
        "locked": False,
        "schema_version": 3,
        "solution": False,
        "task": False,
        **what,
    }


def _unsolved(cell):
    """The same cell as a student gets it: an empty stub, a check that says so, no other output."""
    cell = nbformat.from_dict(dict(cell))
    graded = cell.metadata.get("nbgrader", {})
    if graded.get("solution") and cell.cell_type == "markdown":
        cell.source = WRITE_HERE
    elif graded.get("solution"):
        cell.source = SOLUTION.sub(STUB, cell.source + "\n").rstrip("\n")
        ast.parse(cell.source)
    elif graded.get("grade"):
        name = graded["grade_id"].removeprefix("check_")
        said = check.not_attempted(exercises.find(name)) + "\n"
        cell.outputs = [
            nbformat.v4.new_output("stream", name="stdout", text=said),
            nbformat.v4.new_output("execute_result", data={"text/plain": "0.0"}, execution_count=1),
        ]
        cell.execution_count = 1
    else:
        tags = [tag for tag in cell.metadata.get("tags", []) if tag != "nbval-check-output"]
        cell.metadata = (
            {**cell.metadata, "tags": tags} if tags else {k: v for k, v in cell.metadata.items() if k != "tags"}
        )
    return cell


def _notebook(cells):
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return nbformat.v4.new_notebook(
        cells=cells, metadata={"kernelspec": kernel, "language_info": {"name": "python"}}, nbformat_minor=5
    )


def keep_outputs(new, old):
    """Puts the outputs of `old` back where a code cell's id and source are still the same."""
    before = {cell.id: cell for cell in old.cells if cell.cell_type == "code"}
    for cell in new.cells:
        same = before.get(cell.id)
        if cell.cell_type == "code" and same is not None and same.source == cell.source:
            cell.outputs, cell.execution_count = same.outputs, same.execution_count
    return new


def execute(notebook, folder: Path) -> None:
    """Runs the notebook in `folder`, strictly: an exercise that misses a point is an error."""
    from nbclient import NotebookClient

    metadata = dict(notebook.metadata)
    environment = {**os.environ, "LABKIT_STRICT": "1"}
    environment.pop("LABKIT_QUICK", None)
    NotebookClient(
        notebook,
        timeout=SLOW_CELL_SECONDS,
        resources={"metadata": {"path": str(folder)}},
        store_widget_state=True,  # without it, nbclient fails on Output widgets
    ).execute(env=environment)
    notebook.metadata = nbformat.from_dict(metadata)  # the run adds the widgets' state and this machine's Python
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs = [output for output in map(_still, cell.outputs) if output is not None]
            _with_the_students_folder(cell.outputs, os.path.relpath(results.folder(), folder))


def _with_the_students_folder(outputs: list, place: str) -> None:
    """Writes results/ for the temporary folder of this run, `place`, where a cell printed it."""
    for output in outputs:
        if output.output_type == "stream":
            output.text = output.text.replace(place, "../results")


def _still(output):
    """The output as it looks where no widget runs; None for progress bars, which have nothing to show afterwards."""
    if output.output_type == "stream" and output.name == "stderr":
        return None
    if "application/vnd.jupyter.widget-view+json" in output.get("data", {}):
        del output.data["application/vnd.jupyter.widget-view+json"]
        return output if "text/html" in output.data else None
    return output


def text(notebook) -> str:
    """The notebook as the bytes that are committed."""
    nbformat.validate(notebook)
    return nbformat.writes(notebook, version=4) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a rebuild would change a file")
    parser.add_argument("--execute", action="store_true", help="run the solutions and keep what they print")
    parser.add_argument("labs", nargs="*", help="which labs, such as 01; all unless told")
    options = parser.parse_args()
    if unknown := set(options.labs) - set(exercises.LABS):
        parser.error(f"no lab {', '.join(sorted(unknown))}; there are {', '.join(exercises.LABS)}")
    changed = 0
    for source in sorted((ROOT / "solutions").glob("[0-9][0-9]_*.py")):
        if options.labs and source.stem[:2] not in options.labs:
            continue
        lab, solution = build(source, repository())
        lab_path, solution_path = ROOT / "labs" / f"{source.stem}.ipynb", source.with_suffix(".ipynb")
        if options.execute:
            execute(solution, source.parent)
        elif solution_path.exists():
            keep_outputs(solution, nbformat.read(solution_path, as_version=4))
        for path, notebook in ((lab_path, lab), (solution_path, solution)):
            before = path.read_text(encoding="utf-8") if path.exists() else ""
            after = text(notebook)
            if before == after:
                continue
            changed += 1
            if options.check:
                sys.stderr.writelines(list(difflib.unified_diff(before.splitlines(True), after.splitlines(True)))[:40])
                print(f"{path.relative_to(ROOT)} is not what its source builds; run `make notebooks`", file=sys.stderr)
            else:
                write_atomically(path, after.encode())
                print(f"wrote {path.relative_to(ROOT)}")
    return 1 if options.check and changed else 0


if __name__ == "__main__":
    sys.exit(main())
