"""The explorer in a real Chromium: on a bare page, and in JupyterLab."""

import re
from itertools import product
from pathlib import Path

import axe_playwright_python
import pytest
from explorers import EVERY
from playwright.sync_api import expect
from stopwatch import empty_frame_times, slider_times, spot

from labkit.widgets import (
    Control,
    Explorer,
    Frame,
    Panel,
    Series,
    View,
    cost_calculator,
    latency_calculator,
    latency_explorer,
)

pytestmark = pytest.mark.browser

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")
WIDTHS = "(rects) => rects.map((rect) => Number(rect.getAttribute('width')))"
CELL = """
from labkit.widgets import latency_calculator
shown = latency_calculator()
shown
"""


def measured(guess=""):
    rows = [
        {"batch": b, "threads": t, "latency_ms": ms, "latency_low_ms": 0.9 * ms, "latency_high_ms": 1.2 * ms}
        for b, t in product((1, 2, 4, 8, 16, 32), (1, 2))
        for ms in [0.4 + 0.1 * b / t]
    ]
    explorer = latency_explorer(rows, "a test")
    explorer.guess = guess
    return explorer


def distribution():
    controls = [Control("bits", (2, 4, 8), "bits"), Control("channel", (0, 1), "channel")]
    panel = Panel("hist", "Weights", "weight", "count", (-1, 0, 1, 2), [Series("before", (5, 9, 2)), Series("after")])
    frames = [
        Frame({"sum": str(bits + channel)}, [View(y=[(bits, channel, 1)])])
        for bits, channel in product((2, 4, 8), (0, 1))
    ]
    return Explorer("Weights", controls, [panel], frames, source="made up for a test")


def drag(page, index, to):
    slider = page.get_by_role("slider").nth(index)
    slider.scroll_into_view_if_needed()
    now = int(slider.input_value())
    page.mouse.move(*spot(slider, now))
    page.mouse.down()
    for step in range(now, to, 1 if to > now else -1):
        page.mouse.move(*spot(slider, step + (1 if to > now else -1)))
    page.mouse.up()


# What is drawn: every visible element's name, attributes and text, below each chart.

DRAWN = """(charts) => charts.map((chart) => [
  chart.getAttribute("aria-label"),
  [...chart.querySelectorAll("*")].filter((e) => !e.closest("[visibility=hidden]")).map((e) => [
    e.localName,
    Object.fromEntries([...e.attributes].map((a) => [a.name, a.value])),
    e.children.length ? "" : e.textContent,
  ]),
])"""
NUMBER = re.compile(r"-?\d+\.?\d*(?:e-?\d+)?")


def assert_same_drawing(live, still):
    """Same elements and words, and every number within the two roundings to a tenth of a pixel."""
    for (our_label, ours), (their_label, theirs) in zip(live, still, strict=True):
        assert our_label == their_label
        for (name, mine, text), (their_name, yours, their_text) in zip(ours, theirs, strict=True):
            assert (name, text, mine.keys()) == (their_name, their_text, yours.keys())
            for key in mine:
                assert NUMBER.sub("#", mine[key]) == NUMBER.sub("#", yours[key]), (name, key)
                found, wanted = ([float(n) for n in NUMBER.findall(each[key])] for each in (mine, yours))
                assert found == pytest.approx(wanted, rel=1e-5, abs=0.21), (name, key)


def wait_until(page, true):
    for _ in range(100):
        if true():
            return
        page.wait_for_timeout(100)
    raise AssertionError("it did not happen within ten seconds")


def violations(page):
    page.add_script_tag(path=AXE)
    found = page.evaluate("async () => (await axe.run(document.querySelector('.lk-explorer'))).violations")
    return [(v["id"], [node["html"][:200] for node in v["nodes"]]) for v in found]


def test_dragging_the_slider_moves_the_point(bare):
    explorer = measured(guess="about the same")
    page = bare(explorer)
    latency, throughput = explorer.panels
    points = page.locator(".lk-point")
    before = [points.nth(i).locator("circle").get_attribute("cx") for i in (0, 1)]
    for batch, threads in [(3, 0), (5, 1), (1, 1)]:
        drag(page, 0, batch)
        drag(page, 1, threads)
        for i, panel in enumerate((latency, throughput)):
            assert float(points.nth(i).get_attribute("data-x")) == panel.x[batch]
            assert float(points.nth(i).get_attribute("data-y")) == pytest.approx(
                panel.series[threads].y[batch], rel=1e-5
            )
        after = [points.nth(i).locator("circle").get_attribute("cx") for i in (0, 1)]
        assert after != before
        before = after


@pytest.mark.parametrize("make", [measured, latency_calculator, cost_calculator, distribution, *EVERY])
def test_the_browser_moves_the_picture_to_what_python_would_draw(bare, make):
    explorer = make()
    explorer.guess = "2 to 5 times" if explorer.spec["question"] else ""
    page = bare(explorer)
    lengths = [len(control.values) for control in explorer.controls]
    for step in range(8):
        explorer.position = [(step * (3 + i)) % n for i, n in enumerate(lengths)]
        page.evaluate("(p) => model.set('position', p)", explorer.position)
        page.evaluate("(html) => { document.querySelector('#still').innerHTML = html }", explorer.figure())
        live, still = page.locator("#here [role=img]"), page.locator("#still [role=img]")
        assert_same_drawing(live.evaluate_all(DRAWN), still.evaluate_all(DRAWN))


def test_the_arrow_keys_move_one_step_and_home_and_end_go_to_the_ends(bare):
    explorer = latency_calculator()
    page = bare(explorer)
    slider = page.get_by_role("slider", name="distance to the data centre")
    slider.focus()
    start = explorer.position[0]
    texts = explorer.controls[0].texts
    for key, index in [("ArrowRight", start + 1), ("ArrowLeft", start), ("Home", 0), ("End", len(texts) - 1)]:
        page.keyboard.press(key)
        assert slider.get_attribute("aria-valuetext") == texts[index]
        assert page.locator(".lk-value").first.inner_text() == texts[index]


def test_the_readouts_and_the_charts_label_follow_the_slider(bare):
    explorer = latency_calculator()
    page = bare(explorer)
    page.get_by_role("slider").first.press("End")
    explorer.position = [len(explorer.controls[0].values) - 1, *explorer.position[1:]]
    assert page.locator(".lk-number").all_inner_texts() == list(explorer.frame.readouts.values())
    label = page.get_by_role("img").get_attribute("aria-label")
    assert f"cloud {explorer.frame.readouts['cloud']}" in label
    assert "20,000 km" in label


def test_a_screen_reader_is_told_once_the_slider_rests(bare):
    page = bare(latency_calculator())
    status = page.locator("[aria-live=polite]")
    page.evaluate("""() => {
        window.told = 0;
        const status = document.querySelector(".lk-status");
        new MutationObserver(() => { told += 1; }).observe(status, { childList: true });
    }""")
    for _ in range(5):
        page.get_by_role("slider").first.press("ArrowRight")
    expect(status).to_contain_text("cloud: ")
    assert page.evaluate("told") == 1


def test_python_hears_of_the_last_position_and_not_of_every_step(bare):
    page = bare(latency_calculator())
    drag(page, 0, 0)
    drag(page, 0, 10)
    page.wait_for_function("saved.length && saved.at(-1).position[0] === 10")
    assert page.evaluate("saved.length") < 15  # 15 steps were made


def test_a_position_set_in_python_moves_the_slider(bare):
    page = bare(latency_calculator())
    page.evaluate("model.set('position', [0, 1, 2, 3])")
    assert [slider.input_value() for slider in page.get_by_role("slider").all()] == ["0", "1", "2", "3"]


def test_the_question_hides_the_charts_until_it_is_answered(bare):
    page = bare(measured())
    expect(page.get_by_role("radio")).to_have_count(4)
    expect(page.get_by_role("slider")).to_have_count(0)
    expect(page.get_by_role("img")).to_have_count(0)
    expect(page.get_by_text("Measured on this machine: a test")).to_be_visible()
    page.get_by_role("button", name="Show me").click()  # without a choice nothing happens
    expect(page.get_by_role("img")).to_have_count(0)
    page.get_by_role("radio", name="about 10 times").check()
    page.keyboard.press("Enter")
    expect(page.get_by_role("img")).to_have_count(2)
    expect(page.get_by_role("radio")).to_have_count(0)
    expect(page.locator(".lk-verdict")).to_contain_text("You said “about 10 times”; measured: 4.44 times.")
    expect(page.locator(".lk-verdict")).to_be_focused()
    assert page.evaluate("saved")[0]["guess"] == "about 10 times"


def test_no_key_leaves_the_widget(bare):
    page = bare(latency_calculator())
    page.get_by_role("slider").first.focus()
    for key in ("x", "d", "d", "z", "ArrowLeft", "Escape"):
        page.keyboard.press(key)
    assert page.evaluate("leaked") == []


def test_a_removed_widget_hears_no_more(bare):
    page = bare(latency_calculator())
    page.evaluate("cleanup()")
    before = page.get_by_role("img").get_attribute("aria-label")
    page.evaluate("model.set('position', [0, 0, 0, 0])")
    assert page.get_by_role("img").get_attribute("aria-label") == before


# Every slider through all of its places: the heights that the explorer has on the way.
HEIGHTS = """() => {
  const [explorer, heights] = [document.querySelector(".lk-explorer"), new Set()];
  for (const range of explorer.querySelectorAll("input[type=range]")) {
    for (let i = 0; i <= Number(range.max); i += 1) {
      range.value = i;
      range.dispatchEvent(new Event("input"));
      heights.add(Math.round(explorer.getBoundingClientRect().height));
    }
  }
  return [...heights];
}"""


@pytest.mark.parametrize("width", [1000, 400])
@pytest.mark.parametrize("make", [measured, latency_calculator, cost_calculator, *EVERY])
def test_while_a_slider_moves_the_charts_stay_where_they_are(bare, make, width):
    explorer = make()
    explorer.guess = explorer.spec["choices"][0] if explorer.spec["question"] else ""
    assert len(bare(explorer, width=width).evaluate(HEIGHTS)) == 1


@pytest.mark.parametrize(("scheme", "width"), [("light", 1000), ("dark", 1000), ("light", 400)])
@pytest.mark.parametrize("make", [measured, latency_calculator, cost_calculator, *EVERY])
def test_axe_finds_nothing_and_nothing_sticks_out(bare, make, scheme, width):
    page = bare(make(), color_scheme=scheme, width=width)
    assert violations(page) == []
    if page.get_by_role("radio").count():
        page.get_by_role("radio").first.check()
        page.keyboard.press("Enter")
        assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_request_to_another_machine_would_be_noticed(new_page):
    page = new_page()
    page.goto("about:blank")
    page.evaluate("fetch('http://example.invalid/').catch(() => {})")
    wait_until(page, lambda: any("example.invalid" in problem for problem in new_page.problems))
    new_page.problems.clear()


def test_jupyterlab_shows_the_widget_and_dragging_changes_its_data(lab, new_page):
    page = lab.open(new_page(), CELL, "print('at', shown.values, shown.frame.readouts['cloud'])")
    expect(page.get_by_role("slider")).to_have_count(4)
    rects = page.locator(".lk-explorer g[data-bar='0'] rect")
    before = rects.evaluate_all(WIDTHS)
    drag(page, 0, 10)
    light, network, model = (new / old for new, old in zip(rects.evaluate_all(WIDTHS), before, strict=True))
    assert light == pytest.approx(20, rel=0.02)  # 20,000 km for 1,000 km
    assert (network, model) == pytest.approx((1, 1), abs=0.05)
    assert page.locator(".lk-number").first.inner_text() == "305 ms"  # 200 of light, 100 of network, 5 of the model
    page.wait_for_timeout(500)  # the position is on its way
    lab.run(page, 1)
    expect(page.locator(".jp-Cell").nth(1)).to_contain_text("at {'distance_km': 20000, 'network_ms': 100")
    expect(page.locator(".jp-Cell").nth(1)).to_contain_text("305 ms")


def test_an_error_in_a_kernel_callback_would_be_noticed(lab, new_page):
    page = new_page()
    lab.open(page, CELL, "shown.observe(lambda change: 1 / 0, 'position')")
    assert new_page.problems == []
    page.get_by_role("slider").first.press("ArrowRight")
    wait_until(page, lambda: any("ZeroDivisionError" in problem for problem in new_page.problems))
    new_page.problems.clear()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_jupyterlab(lab, new_page, scheme):
    page = lab.open(new_page(color_scheme=scheme), CELL)
    expect(page.get_by_role("slider")).to_have_count(4)
    expect(page.locator(f"body[data-jp-theme-light={'true' if scheme == 'light' else 'false'}]")).to_have_count(1)
    assert violations(page) == []


def test_typing_x_and_dd_on_a_slider_deletes_no_cell(lab, new_page):
    page = lab.open(new_page(), CELL, "1 + 1")
    expect(page.get_by_role("slider")).to_have_count(4)
    cells = page.locator(".jp-Notebook .jp-Cell").count()
    for index in range(4):
        page.get_by_role("slider").nth(index).click()
        for key in ("x", "d", "d", "a", "b"):
            page.keyboard.press(key)
    page.wait_for_timeout(300)
    assert page.locator(".jp-Notebook .jp-Cell").count() == cells
    page.keyboard.press("Home")  # the slider is still there and still works
    assert page.get_by_role("slider").nth(3).input_value() == "0"


def test_without_the_guard_x_deletes_the_cell(lab, new_page):
    page = lab.open(new_page(), "from IPython.display import HTML\nHTML('<input type=range>')", "1 + 1")
    page.locator(".jp-OutputArea input[type=range]").click()
    cells = page.locator(".jp-Notebook .jp-Cell").count()
    page.keyboard.press("x")
    expect(page.locator(".jp-Notebook .jp-Cell")).to_have_count(cells - 1)


def test_every_move_is_painted_soon_in_jupyterlab(lab, new_page):
    page = lab.open(new_page(), CELL)
    expect(page.get_by_role("slider")).to_have_count(4)
    moved = slider_times(page, page.get_by_role("slider").first)
    empty = empty_frame_times(page)
    print(f"slider {moved}, empty frame {empty}")
    assert moved["moves"] == 40
    assert moved["median_ms"] < 10 * empty["median_ms"]
