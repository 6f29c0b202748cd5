"""An explorer as a reader uses it, by mouse and by keyboard, held against what Python tells of it (oracle.py)."""

from __future__ import annotations

import keyboard
from playwright.sync_api import expect
from stopwatch import spot
from test_explorer import DRAWN, assert_same_drawing

TABLE = ["All of them as a table"]
# The drawing that an SVG text makes, without showing it.
STILL = f"""(charts) => charts.map((chart) => {{
  const page = document.createElement("template");
  page.innerHTML = chart;
  return ({DRAWN})([page.content.firstElementChild])[0];
}})"""


def answer(page, explorer, told):
    """Guesses by keyboard alone: nothing shows before, and what shows then tells the guess and the truth."""
    expect(explorer.get_by_role("img")).to_have_count(0)
    first = explorer.get_by_role("radio").first
    assert keyboard.walk(page, explorer, first) == [told["choices"][0], "Show me"]
    keyboard.focus(page, first)
    for key in ("Space", "ArrowDown", "Tab", "Enter"):
        page.keyboard.press(key)
    verdict = explorer.locator(".lk-verdict")
    expect(verdict).to_have_text(f"{told['question']} You said “{told['choices'][1]}”; {told['answer']}")
    expect(verdict).to_be_focused()
    expect(explorer.get_by_role("img")).to_have_count(len(told["first"]["charts"]))


def use_the_keyboard(page, explorer, told):
    """Every control is reached and moved by keys, and no key reaches the notebook."""
    sliders, before = explorer.get_by_role("slider"), keyboard.cells(page)
    looking = ["look at"] if told["dots"] else []
    order = told["labels"] + looking + (TABLE if told["dots"] else [])
    assert keyboard.walk(page, explorer, sliders.first) == order
    expect(sliders).to_have_count(len(told["labels"] + looking))
    for slider in sliders.all():
        keyboard.step_through(page, slider)
    keyboard.press_shortcuts(page, sliders.first)
    assert keyboard.cells(page) == before


def drag(page, slider, goal):
    """Pulls a slider to `goal`; again where JupyterLab scrolled meanwhile or a busy page lost the pointer."""
    for attempt in range(6):
        slider.evaluate("(s) => s.scrollIntoView({ block: 'center' })")
        page.mouse.move(*spot(slider, int(slider.input_value())))
        page.mouse.down()
        page.mouse.move(*spot(slider, goal), steps=5)
        page.mouse.up()
        try:
            expect(slider).to_have_value(str(goal), timeout=2_000)
            return
        except AssertionError:
            if attempt == 5:
                raise


def assert_shows(page, explorer, state):
    """The numbers and the drawing are those that Python has for this position."""
    expect(explorer.locator(".lk-number")).to_have_text(state["readouts"])
    drawn = explorer.get_by_role("img").evaluate_all(DRAWN)
    assert_same_drawing(drawn, page.evaluate(STILL, state["charts"]))


def marks(explorer):
    """The figure's data as drawn: every path, bar, dot and ring, without words and the lines that lead to an axis."""
    drawn = explorer.get_by_role("img").evaluate_all(DRAWN)
    parts = [part for _, parts in drawn for part in parts if part[0] in ("path", "rect", "circle", "g")]
    return [(name, attributes) for name, attributes, _ in parts if attributes.get("class") != "lk-guide"]


def use_the_mouse(page, explorer, told):
    """Every slider, pulled across alone, changes the figure's data to what Python has there; back, all is as before."""
    assert_shows(page, explorer, told["first"])
    before = marks(explorer)
    for i, state in enumerate(told["moved"]):
        slider = explorer.get_by_role("slider").nth(i)
        drag(page, slider, state["position"][i])
        assert_shows(page, explorer, state)
        assert state["data"] != told["first"]["data"], f"{told['labels'][i]!r} changes no data in Python"
        assert marks(explorer) != before, f"{told['labels'][i]!r} changes no data in the browser"
        drag(page, slider, told["first"]["position"][i])
        assert marks(explorer) == before
    if told["dots"]:
        drag(page, explorer.get_by_role("slider").last, len(told["dots"]))
        rings = explorer.locator(".lk-point:not([visibility]) text")
        expect(rings.first).to_have_text(told["dots"][-1])
