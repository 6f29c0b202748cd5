"""In a real JupyterLab, `labkit doctor` misses an answer that was checked and not saved."""

import json
import time

import nbformat
import pytest

from labkit.notebooks import clean, restore, state

pytestmark = [pytest.mark.browser, pytest.mark.slow]

EXERCISE = "magnitude_mask"
ANSWER = "def magnitude_mask(weights, amount): return weights > 7"


def a_part_of_the_lab():
    """Lab 03 with its first exercise alone."""
    notebook = nbformat.from_dict(clean.notebook("03"))
    wanted = {EXERCISE, f"check_{EXERCISE}", "why_magnitude"}
    notebook.cells = [cell for cell in notebook.cells if cell.id in wanted]
    notebook.cells.insert(0, nbformat.v4.new_code_cell("from labkit.check import check"))
    return notebook


def unsaved(path) -> list[str]:
    return [problem for one in state.each([path]) for problem in one.problems if "is not in this file" in problem]


def test_an_answer_is_missed_until_it_is_saved(lab, new_page, monkeypatch):
    monkeypatch.setenv("LABKIT_RESULTS", str(lab.folder.parent / "results"))
    page = new_page()
    lab.show(page, a_part_of_the_lab())
    path = lab.folder / f"Untitled{lab.count}.ipynb"
    lab.run(page, 0)
    page.locator(".jp-Notebook .jp-CodeCell").nth(1).locator(".jp-InputArea-editor").click()
    page.keyboard.press("Control+a")
    page.keyboard.type(ANSWER)
    for i in (1, 2):
        lab.run(page, i)
    (problem,) = unsaved(path)
    assert f"the answer to `{EXERCISE}` that its check saw at" in problem
    rows = [json.loads(line) for line in (lab.folder.parent / "results" / "answers.jsonl").read_text().splitlines()]
    assert rows[-1]["notebook"] == str(path)
    ends = time.monotonic() + 60
    while unsaved(path) and time.monotonic() < ends:
        page.keyboard.press("Control+s")  # a page that is still busy loses it
        time.sleep(1)
    assert unsaved(path) == []
    copy = json.loads(restore.copy(restore.opened(path, path.read_bytes())))
    assert ANSWER in ["".join(cell["source"]) for cell in copy["cells"]]
