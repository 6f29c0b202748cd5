"""The site, built once and opened in a real Chromium: pages to read, sliders that move, nothing from elsewhere."""

import json
import re
import subprocess
import sys
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import jupytext
import keyboard
import nbformat
import pytest
from playwright.sync_api import expect
from server import served
from stopwatch import spot
from test_explorer import AXE, DRAWN

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
LABS = ["01_benchmark", "02_quantize", "03_prune", "04_distill", "07_compare"]
DOCUMENTS = sorted(path.stem for path in (ROOT / "docs").glob("*.md"))
PAGES = ["index", "search", *(f"labs/{name}" for name in LABS), *(f"docs/{name}" for name in DOCUMENTS)]
LIVE = {"index": 1, "labs/01_benchmark": 3, "labs/02_quantize": 2, "labs/03_prune": 1, "labs/04_distill": 2}
LIVE["labs/07_compare"] = 1
ALIKE = ("labs/02_quantize", "labs/03_prune", "labs/04_distill")  # coloured by the same styles as 01 and 07
REGION = re.compile(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", re.DOTALL)


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The site's folder."""
    folder = tmp_path_factory.mktemp("site") / "site"
    command = [sys.executable, str(ROOT / "tools" / "build_site.py"), "--output", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="session")
def address(site):
    """Where a web server shows it."""
    with served(site) as address:
        yield address


@pytest.fixture
def opened(new_page, address):
    """Opens a page of the site; afterwards nothing may have gone wrong or been asked of another machine."""

    def show(name, **options):
        page = new_page(**options)
        page.goto(f"{address}/{name}.html")
        expect(page.locator(".lk-live[data-ready]")).to_have_count(LIVE.get(name, 0))
        return page

    return show


class Read(HTMLParser):
    """What a page links to, loads, and can be jumped to."""

    def __init__(self, path):
        super().__init__()
        self.links, self.loads, self.ids = [], [], set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.ids |= {found[name] for name in ("id", "name") if found.get(name)}
        if tag == "a" and "href" in found:
            self.links.append(found["href"])
        self.loads += [found[name] for name in ("src", "srcset") if name in found]
        if tag == "link" and "href" in found:
            self.loads.append(found["href"])


def squeezed(text):
    """A text without any space: so that no line break hides anything."""
    return "".join(text.split())


def words(html):
    """The text of a page, its tags taken off, without any space."""
    return squeezed(unescape(re.sub(r"<[^<>]+>", "", html)))


def secrets():
    """Every line of a solution and every model answer that a student's notebook does not hold itself, by its lab."""
    for source in sorted((ROOT / "solutions").glob("[0-9][0-9]_*.py")):
        lab = nbformat.read(ROOT / "labs" / f"{source.stem}.ipynb", as_version=4)
        known = squeezed(unescape("".join(cell.source for cell in lab.cells)))
        read = jupytext.reads(source.read_text(encoding="utf-8"), fmt="py:percent")
        regions = [found for cell in read.cells for found in REGION.findall(cell.source)]
        answers = [cell.source for cell in read.cells if "written" in cell.metadata]
        lines = [line.strip() for text in (*regions, *answers) for line in text.splitlines()]
        yield from ((source.stem, line) for line in lines if squeezed(line) not in known and len(squeezed(line)) > 11)


# What there is


def test_every_page_is_built(site):
    built = {path.relative_to(site).with_suffix("").as_posix() for path in site.rglob("*.html")}
    assert built == {*PAGES, "compact"}


def test_every_link_and_every_anchor_leads_somewhere(site):
    read = {path: Read(path) for path in site.rglob("*.html")}
    broken = []
    for path, page in read.items():
        for link in {*page.links, *page.loads}:
            parts = urlsplit(link)
            if parts.scheme:
                assert parts.scheme in ("http", "https", "mailto", "data"), link
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            there = target.is_file() and (not parts.fragment or unquote(parts.fragment) in read[target].ids)
            if not there:
                broken.append((path.name, link))
    assert broken == []
    assert sum(len(page.links) for page in read.values()) > 100


def test_no_page_loads_anything_from_another_machine(site):
    for path in site.rglob("*.html"):
        assert [link for link in Read(path).loads if urlsplit(link).scheme not in ("", "data")] == []
    for path in site.rglob("*.css"):
        assert re.findall(r"url\([\"']?https?:|@import", path.read_text(encoding="utf-8")) == []


def test_no_solution_and_no_model_answer_is_anywhere_on_the_site(site):
    hidden = list(secrets())
    assert len({lab for lab, _ in hidden}) == 7
    assert len(hidden) > 200
    files = [path for path in site.rglob("*") if path.suffix in (".html", ".js", ".txt", ".ipynb", ".md", ".json")]
    texts = {path.name: path.read_text(encoding="utf-8") for path in files if path.name != "compact.html"}
    shown = {name: words(text) + squeezed(text) for name, text in texts.items()}
    assert [(lab, line, name) for lab, line in hidden for name, text in shown.items() if squeezed(line) in text] == []


@pytest.mark.parametrize("name", LABS)
def test_a_lab_has_the_text_of_its_notebook_and_the_outputs_of_its_solution(site, name):
    lab, solution = (nbformat.read(ROOT / part / f"{name}.ipynb", as_version=4) for part in ("labs", "solutions"))
    shown = words((site / "labs" / f"{name}.html").read_text(encoding="utf-8"))
    for cell in lab.cells:
        if cell.cell_type == "code" and not cell.metadata.get("nbgrader", {}).get("grade"):
            assert squeezed(cell.source) in shown
    printed = [
        output.text
        for cell in solution.cells
        if cell.cell_type == "code" and "nbgrader" not in cell.metadata
        for output in cell.outputs
        if output.output_type == "stream"
    ]
    assert len(printed) > 5
    assert all(squeezed(text) in shown for text in printed)
    figures = sum(
        cell.cell_type == "code" and "<svg" in output.get("data", {}).get("text/html", "")
        for cell in solution.cells
        for output in cell.get("outputs", [])
    )
    whole = (site / "labs" / f"{name}.html").read_text(encoding="utf-8")
    assert whole.count('<div class="output text_html">') >= figures >= 4


# Sliders


def pull(page, slider, to):
    slider.scroll_into_view_if_needed()
    page.mouse.move(*spot(slider, int(slider.input_value())))
    page.mouse.down()
    page.mouse.move(*spot(slider, to), steps=3)
    page.mouse.up()


@pytest.mark.parametrize("name", LIVE)
def test_every_slider_of_every_explorer_moves_the_numbers_and_the_drawing(opened, site, name):
    text = (site / f"{name}.html").read_text(encoding="utf-8")
    states = [json.loads(state) for state in re.findall(r'<script type="application/json">(.*?)</script>', text)]
    page = opened(name)
    assert len(states) == LIVE[name]
    for place, state in zip(page.locator(".lk-live").all(), states):
        if state["spec"]["question"]:
            expect(place.locator(".lk-charts")).to_be_hidden()
            place.get_by_role("radio").first.check()
            place.get_by_role("button").click()
        assert "this machine" not in state["spec"]["source"]
        position = state["position"]
        for i, control in enumerate(state["spec"]["controls"]):
            before = place.locator("[role=img]").evaluate_all(DRAWN)
            position[i] = 0 if position[i] else len(control["texts"]) - 1
            pull(page, place.get_by_role("slider").nth(i), position[i])
            index = 0
            for each, at in zip(state["spec"]["controls"], position):
                index = index * len(each["texts"]) + at
            assert place.locator(".lk-number").all_inner_texts() == state["spec"]["frames"][index][0]
            assert place.locator("[role=img]").evaluate_all(DRAWN) != before


def test_a_page_opened_from_disk_has_sliders_that_move(new_page, site):
    page = new_page()
    page.context.unroute("**/*")  # a file is no address of this machine; whatever else it asked for would fail
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto((site / "labs" / "01_benchmark.html").as_uri())
    slider = page.get_by_role("slider").first
    slider.focus()
    slider.press("End")
    expect(page.locator(".lk-value").first).to_have_text("20,000 km")
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []


def test_without_javascript_the_figures_are_still_there(chromium, address):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/labs/03_prune.html")
    expect(page.locator(".lk-live [role=img]").first).to_be_visible()
    context.close()


def test_the_model_page_runs_the_shipped_network(opened, address):
    page = opened("index")
    page.get_by_role("link", name="A network runs in this browser").click()
    page.wait_for_selector("[data-state=measured]", timeout=60_000)
    assert page.url == f"{address}/compact.html"


# For everyone

# What reaches beyond the right edge of the screen, and does not scroll: a page can also hide what is too wide.
CUT_OFF = """() => [...document.querySelectorAll("article *:not(svg *), .lk-live")].filter((element) => {
  const box = element.getBoundingClientRect();
  if (!box.width || box.right <= innerWidth + 1) return false;
  if (element.matches(".lk-live")) return true;
  const scrolls = (above) => ["auto", "scroll"].includes(getComputedStyle(above).overflowX);
  for (let above = element.parentElement; above.localName !== "article"; above = above.parentElement) {
    if (scrolls(above)) return false;
  }
  return true;
}).map((element) => element.outerHTML.slice(0, 200))"""


def violations(page, **options):
    options = json.dumps({"resultTypes": ["violations"], **options})
    found = page.evaluate(f"async () => (await axe.run(document, {options})).violations")
    return [(one["id"], [node["html"][:200] for node in one["nodes"]][:5]) for one in found]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_no_accessibility_violations_and_follows_the_colours_of_the_system(opened, name):
    page = opened(name)
    paper = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(paper) == "rgb(255, 255, 255)"
    page.add_script_tag(path=AXE)
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    assert max(map(int, re.findall(r"\d+", page.evaluate(paper)))) < 64
    if name not in ALIKE:
        assert violations(page, runOnly=["color-contrast"]) == []  # nothing else depends on the colours


@pytest.mark.parametrize("width", [390, 1000])
def test_no_page_is_wider_than_the_screen(opened, width):
    for name in PAGES:
        page = opened(name, width=width)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        assert page.evaluate(CUT_OFF) == [], name


@pytest.mark.parametrize("width", [390, 1200])
def test_the_tab_key_reaches_everything_in_order_and_it_shows_on_the_screen(opened, width):
    page = opened("labs/03_prune", width=width)
    names = keyboard.walk(page, page.locator("html"))
    assert {"Search", "Lab 04: Distill", "Show me", "What we saw"} <= set(names)


def test_what_is_too_wide_for_a_phone_is_moved_with_the_keyboard(opened):
    page = opened("labs/01_benchmark", width=390)
    code = page.locator("article .cell:not(.tag_hide-input) pre[tabindex='0']").first
    code.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("(code) => code.scrollLeft > 0", arg=code.element_handle())


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    command = [sys.executable, str(ROOT / "tools" / "build_site.py"), "--output", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode != 0
    assert "holds something that is no site" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
