"""Every kind of explorer on a bare page, used as a reader does: its question, its sliders, by mouse and by keyboard."""

import keyboard
import oracle
import pytest
from explorers import EVERY
from playwright.sync_api import expect
from test_explorer import AXE, distribution, measured
from visit import use_the_mouse

from labkit.widgets import cost_calculator, latency_calculator

pytestmark = pytest.mark.browser

KINDS = (measured, latency_calculator, cost_calculator, distribution, *EVERY)
STILL = """<!doctype html><html lang="en"><head><title>Still</title><meta name="color-scheme" content="light dark">
</head><body><main><h1>A page</h1>{}</main></body></html>"""
ASKING = [make for make in KINDS if make().spec["question"]]


def reveal(page, choice):
    """Answers the question with the choice of this number, by keyboard from the top of the page; what it says then."""
    for key in ("Tab", "Space", *["ArrowDown"] * choice, "Tab", "Enter"):
        page.keyboard.press(key)
    expect(page.locator(".lk-verdict")).to_be_focused()
    return page.locator(".lk-verdict").inner_text()


def test_seven_labs_explorers_ask_something_first():
    assert len(ASKING) == 8


@pytest.mark.parametrize("make", ASKING)
def test_a_question_is_answered_by_keyboard_and_what_is_said_hangs_on_the_guess(bare, make):
    explorer = make()
    spec = explorer.spec
    for choice in (0, len(spec["choices"]) - 1):
        page = bare(make())
        expect(page.get_by_role("img")).to_have_count(0)
        said = reveal(page, choice)
        assert said == f"{spec['question']} You said “{spec['choices'][choice]}”; {spec['answer']}"
        assert page.evaluate("saved[0].guess") == spec["choices"][choice]
        expect(page.get_by_role("img")).to_have_count(len(explorer.panels))


@pytest.mark.parametrize("make", KINDS)
def test_every_control_is_reached_seen_and_moved_by_keyboard_and_no_key_leaks(bare, make):
    explorer = make()
    page = bare(explorer)
    if explorer.spec["question"]:
        reveal(page, 1)
    order = [control.label for control in explorer.controls]
    if explorer.spec["table"]:
        order += ["look at", "All of them as a table"]
    sliders = page.get_by_role("slider")
    assert keyboard.walk(page, page.locator(".lk-explorer"), sliders.first) == order
    for slider in sliders.all():
        keyboard.step_through(page, slider)
    page.evaluate("leaked.length = 0")
    keyboard.press_shortcuts(page, sliders.last)
    assert page.evaluate("leaked") == []


@pytest.mark.parametrize("make", KINDS)
def test_every_slider_alone_changes_the_figures_data_to_what_python_has_there(bare, make):
    explorer = make()
    explorer.guess = "anything" if explorer.spec["question"] else ""
    page = bare(explorer)
    use_the_mouse(page, page.locator(".lk-explorer"), oracle.story(explorer))


def test_the_table_opens_by_keyboard_and_is_reached(bare):
    explorer = next(make for make in KINDS if make().spec["table"])()
    page = bare(explorer, width=400)
    page.locator("summary").press("Enter")
    table = page.get_by_role("region", name="table")
    assert keyboard.walk(page, page.locator(".lk-explorer"), page.locator("summary"))[1:] == [
        table.get_attribute("aria-label")
    ]
    table.press("ArrowRight")
    page.wait_for_function("(table) => table.scrollLeft > 0", arg=table.element_handle())


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("make", KINDS)
def test_axe_finds_nothing_in_the_figure_that_needs_no_javascript(new_page, make, scheme):
    page = new_page(color_scheme=scheme)
    page.set_content(STILL.format(make().figure()))
    page.add_script_tag(path=AXE)
    assert page.evaluate("async () => (await axe.run()).violations.map((one) => one.id)") == []
