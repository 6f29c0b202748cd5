"""A student's visit: each lab in JupyterLab, every cell run unfilled, every slider dragged.

On the way the pictures of the README are taken if LABKIT_PICTURES names a folder (`make pictures`), and every slider is
timed if LABKIT_SLIDERS does (`benchmarks/sliders.py`).
"""

from pathlib import Path

import nbformat
import pictures
import pytest
from playwright.sync_api import expect
from stopwatch import spot, time_sliders

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


def shown(explorer):
    """What an explorer says and draws at the moment."""
    return explorer.get_by_role("img").evaluate_all("(figures) => figures.map((figure) => figure.outerHTML)")


@pytest.mark.parametrize("name", WIDGETS)
def test_a_lab_runs_unfilled_from_top_to_bottom_and_every_slider_moves_its_figure(lab, new_page, name):
    page = new_page(width=1100, height=1000)
    notebook = nbformat.read(ROOT / "labs" / f"{name}.ipynb", as_version=4)
    cells = [cell.cell_type for cell in notebook.cells].count("code")
    lab.show(page, notebook)
    expect(page.locator(".jp-Notebook .jp-CodeCell")).to_have_count(cells)  # all are there before the first is run
    for i in range(cells):
        lab.run(page, i)
        assert new_page.problems == []
    assert page.locator(".jp-Notebook").get_by_text("not attempted yet").count() >= 6
    explorers = page.locator(".lk-explorer")
    expect(explorers).to_have_count(WIDGETS[name])
    for i in range(WIDGETS[name]):
        explorer = explorers.nth(i)
        explorer.scroll_into_view_if_needed()
        if explorer.get_by_role("radio").count():
            explorer.get_by_role("radio").first.check()
            explorer.get_by_role("button").click()
        sliders = explorer.get_by_role("slider")
        for j in range(sliders.count()):
            slider, before = sliders.nth(j), shown(explorer)
            slider.evaluate("(s) => s.scrollIntoView({ block: 'center' })")
            page.wait_for_timeout(1000)  # JupyterLab may still be scrolling to the cell that ran last
            now, last = int(slider.input_value()), int(slider.get_attribute("max"))
            page.mouse.move(*spot(slider, now))
            page.mouse.down()
            page.mouse.move(*spot(slider, 0 if now == last else last), steps=5)
            page.mouse.up()
            for _ in range(50):  # a frame or two; more where other tests keep the machine busy
                if shown(explorer) != before:
                    break
                page.wait_for_timeout(100)
            assert shown(explorer) != before, f"slider {j} of widget {i} moved nothing"
    if name in PAD:
        page.locator("[data-state=measured]").first.wait_for(timeout=90_000)  # the runtime comes in small pieces
    pictures.take(page, name)
    time_sliders(page, name)
