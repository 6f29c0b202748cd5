"""Lab 07 in a real Chromium: the Pareto explorer's dots, names and table, and the pages of the report."""

import json

import keyboard
import pytest
from explorers import pareto
from playwright.sync_api import expect
from test_explorer import AXE, violations

from labkit import claims, report, results
from labkit.measure import fingerprint
from labkit.widgets.chart import STATES

pytestmark = pytest.mark.browser


def looking(page):
    return page.get_by_role("slider", name="look at")


def ring(page, chart):
    point = page.locator("#here .lk-point").nth(chart)
    return None if point.get_attribute("visibility") == "hidden" else point.locator("text").text_content()


def test_the_keyboard_goes_from_variant_to_variant_and_names_each_with_its_figures(bare):
    explorer = pareto()
    page = bare(explorer)
    assert ring(page, 0) is None
    looking(page).focus()
    for i, dot in enumerate(explorer.panels[0].dots):
        page.keyboard.press("ArrowRight")
        assert ring(page, 0) == ring(page, 1) == dot.name
        assert looking(page).get_attribute("aria-valuetext") == f"{i + 1}: {dot.name}, {dot.text}"
    page.keyboard.press("Home")
    assert ring(page, 0) is None
    assert page.evaluate("saved.length") == 0  # looking changes nothing that Python should know


def test_the_pointer_names_the_variant_that_it_is_on_in_every_chart(bare):
    explorer = pareto()
    page = bare(explorer)
    dots = page.locator("#here [role=img]").nth(1).locator("g[data-dot]")
    for i in range(dots.count()):
        box = dots.nth(i).locator("path").nth(1).bounding_box()
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        said = ring(page, 0)
        assert said == ring(page, 1)
        assert said in {dot.name for dot in explorer.panels[0].dots}
    assert looking(page).input_value() != "0"


def test_the_ring_lies_on_the_dot(bare):
    page = bare(pareto())
    looking(page).press("ArrowRight")
    for chart in page.locator("#here [role=img]").all():
        ring_box, dot_box = (
            chart.locator(where).bounding_box() for where in (".lk-point circle", "g[data-dot='0'] path >> nth=1")
        )
        for side, size in (("x", "width"), ("y", "height")):
            middles = [box[side] + box[size] / 2 for box in (ring_box, dot_box)]
            assert middles[0] == pytest.approx(middles[1], abs=1.5)


def test_the_table_says_the_state_of_every_variant_at_every_position(bare):
    explorer = pareto()
    page = bare(explorer)
    page.get_by_text("All of them as a table").click()
    for position in ([0, 0, 0], [4, 2, 1], [8, 0, 3], [9, 0, 0]):
        page.evaluate("(p) => model.set('position', p)", position)
        explorer.position = position
        rows = page.get_by_role("row").all()[1:]
        assert len(rows) == len(explorer.spec["table"])
        for n, row in enumerate(rows):
            cells = row.get_by_role("cell").all_inner_texts()
            states = [STATES[view.states[n]] for view in explorer.frame.panels]
            assert cells == [str(n + 1), *explorer.spec["table"][n].values(), *states]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_explorer_with_its_table_open_has_no_accessibility_violations(bare, scheme):
    page = bare(pareto(), color_scheme=scheme)
    page.get_by_text("All of them as a table").click()
    looking(page).press("End")
    assert violations(page) == []


# Pages


def clean(page):
    page.add_script_tag(path=AXE)
    found = page.evaluate("async () => (await axe.run()).violations")
    return [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found]


@pytest.fixture
def pages(monkeypatch, tmp_path):
    """A report and a class page, from the shipped rows and verdicts as if they were measured here."""
    monkeypatch.setenv("LABKIT_RESULTS", str(tmp_path / "results"))
    for row in results.shipped():
        results.append("measurements", row | {"machine": fingerprint()})
    for row in results.shipped("verdicts"):
        results.append("verdicts", row | {"machine": fingerprint()})
    (tmp_path / "a.json").write_text(claims.evidence_text())
    other = claims.evidence()
    other["machine"]["cpu"] = "Another"
    (tmp_path / "b.json").write_text(json.dumps(other))
    (tmp_path / "c.json").write_text("{")
    report.write_class([str(tmp_path / "*.json")], tmp_path / "class.html")
    return {"report": report.write(tmp_path / "report.html", name="A <Student>"), "class": tmp_path / "class.html"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["report", "class"])
def test_the_page_opens_from_disk_and_has_no_accessibility_violations(new_page, pages, name, scheme):
    page = new_page(color_scheme=scheme)
    page.context.unroute("**/*")  # a file is no address of this machine; whatever else it asked for would fail
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(pages[name].as_uri())
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert asked == [pages[name].as_uri()]
    assert clean_without_policy(new_page, pages[name], scheme) == []


def clean_without_policy(new_page, path, scheme):
    """What axe finds; the page's own policy forbids every script, so axe looks at a copy without it."""
    text = path.read_text()
    start = text.index('<meta http-equiv="Content-Security-Policy"')
    page = new_page(color_scheme=scheme)
    page.set_content(text[:start] + text[text.index("\n", start) :])
    return clean(page)


@pytest.mark.parametrize("width", [360, 1000])
@pytest.mark.parametrize("name", ["report", "class"])
def test_the_page_is_no_wider_than_the_screen(new_page, pages, name, width):
    page = new_page(width=width)
    page.context.unroute("**/*")
    page.goto(pages[name].as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("name", ["report", "class"])
def test_every_table_is_reached_by_the_tab_key(new_page, pages, name):
    page = new_page()
    page.goto(pages[name].as_uri())
    tables = page.get_by_role("region").evaluate_all("(all) => all.map((one) => one.ariaLabel)")
    assert len(tables) >= 2
    assert [one for one in keyboard.walk(page, page.locator("html")) if one in tables] == tables


def test_a_table_that_is_too_wide_for_a_phone_scrolls_by_keyboard(new_page, pages):
    page = new_page(width=360)
    page.goto(pages["report"].as_uri())
    table = page.get_by_role("region", name="all variants")
    table.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("(table) => table.scrollLeft > 0", arg=table.element_handle())
