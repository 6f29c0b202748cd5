"""A student's visit: each lab in JupyterLab, unfilled, every widget by mouse and by keyboard, Python as the oracle.

On the way the pictures of the README are taken if LABKIT_PICTURES names a folder (`make pictures`), and every slider is
timed if LABKIT_SLIDERS does (`benchmarks/sliders.py`).
"""

import json
from pathlib import Path

import nbformat
import numpy as np
import oracle
import pads
import pictures
import pytest
from playwright.sync_api import expect
from stopwatch import time_sliders
from test_explorer import AXE
from visit import answer, use_the_keyboard, use_the_mouse

from labkit.runtimes import onnx_predictor

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
WIDGETS = {
    "01_benchmark": 3,
    "02_quantize": 2,
    "03_prune": 1,
    "04_distill": 2,
    "05_onnx": 1,
    "06_mobile": 1,
    "07_compare": 1,
}
PAD = {"05_onnx"}  # labs with a model that answers in the page
ROOTS = ".lk-explorer, .lb-root"
CHECK = f"""async () => {{
  const found = await axe.run([...document.querySelectorAll("{ROOTS}")], {{ resultTypes: ["violations"] }});
  return found.violations.map((one) => [one.id, one.nodes.map((node) => node.html.slice(0, 200))]);
}}"""


def run(lab, page, name, problems):
    """Opens a lab and runs all its cells unfilled, then the oracle's; returns what that found."""
    notebook = nbformat.read(ROOT / "labs" / f"{name}.ipynb", as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(oracle.cell(lab.folder)))
    count = [cell.cell_type for cell in notebook.cells].count("code")
    lab.show(page, notebook)
    expect(page.locator(".jp-Notebook .jp-CodeCell")).to_have_count(count)  # all are there before the first is run
    for i in range(count):
        lab.run(page, i)
        assert problems == []
    assert page.locator(".jp-Notebook").get_by_text("not attempted yet").count() >= 6
    return json.loads((lab.folder / oracle.ANSWERS).read_text(encoding="utf-8"))


def assert_axe_finds_nothing(page):
    assert page.evaluate(CHECK) == []


def draw(page, pad, model):
    """Each tool changes the picture and the answer; where no pixel is between two greys, the answer is Python's."""
    predict, seen = onnx_predictor(model), [pads.picture(pad)]
    answers = [pads.settled(page, pad, pads.expected(predict, seen[0]))]
    for tool in pads.tools(page, pad):
        seen.append(pads.picture(pad))
        wanted = pads.expected(predict, seen[-1])
        found = pads.settled(page, pad, wanted)
        assert (seen[-1] != seen[-2]).any(), f"{tool} changes no pixel"
        assert np.abs(found - answers[-1]).max() > 0, f"{tool} changes no probability"
        assert np.isfinite(found).all()
        assert found.sum() == pytest.approx(100, abs=10 * pads.ROUNDING)
        if tool in ("erase", "paint", "shift"):
            assert found == pytest.approx(wanted, abs=pads.ROUNDING), tool
        answers.append(found)


def go_dark(page):
    """JupyterLab follows the system's colours; waits until the dark theme's are there."""
    page.emulate_media(color_scheme="dark")
    expect(page.locator("body[data-jp-theme-light=false]")).to_have_count(1)
    paper = "getComputedStyle(document.body).getPropertyValue('--jp-layout-color0').trim()"
    page.wait_for_function(f"() => !['', 'white', '#fff', '#ffffff'].includes({paper}.toLowerCase())")


@pytest.mark.parametrize("name", WIDGETS)
def test_a_lab_runs_unfilled_and_every_widget_shows_what_python_would_draw(lab, new_page, name):
    page = new_page(width=1100, height=1000)
    told = run(lab, page, name, new_page.problems)
    assert len(told) == WIDGETS[name]
    explorers = page.locator(".lk-explorer")
    expect(explorers).to_have_count(WIDGETS[name])
    page.add_script_tag(path=AXE)
    assert_axe_finds_nothing(page)
    for explorer, each in zip(explorers.all(), told, strict=True):
        expect(explorer.locator(".lk-title")).to_have_text(each["title"])
        if each["question"]:
            answer(page, explorer, each)
        use_the_keyboard(page, explorer, each)
        use_the_mouse(page, explorer, each)
    if name in PAD:
        page.locator("[data-state=measured]").first.wait_for(timeout=90_000)  # the runtime comes in small pieces
        draw(page, page.locator(".lb-root"), lab.folder / oracle.MODEL)
    assert_axe_finds_nothing(page)
    go_dark(page)
    assert_axe_finds_nothing(page)
    page.emulate_media(color_scheme="light")
    pictures.take(page, name)
    time_sliders(page, name)
