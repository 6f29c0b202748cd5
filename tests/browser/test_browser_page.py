"""The page that runs a model in the browser, in a real Chromium: opened from disk, and the pad in JupyterLab."""

import json
import re
from pathlib import Path

import axe_playwright_python
import keyboard
import nbformat
import numpy as np
import pads
import pytest
from playwright.sync_api import expect
from scipy import ndimage, stats
from server import served

from labkit import browser, data, models, quantize
from labkit.browser.assets import RUNTIME
from labkit.onnx import export
from labkit.runtimes import onnx_predictor, torch_predictor

pytestmark = pytest.mark.browser

SOURCES = Path(__file__).parents[2] / "web" / "src"
AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
LOGITS = """async (images) => {
  const answers = [];
  for (const image of images) answers.push([...await labkit.answer(image.map((value) => value / 255))]);
  return answers;
}"""
NOW = "() => [...labkit.image()]"
CELL = """
import labkit as lk
pad = lk.widgets.browser_pad({path!r}, seconds=0.1)
pad
"""


@pytest.fixture(scope="session")
def variants(tmp_path_factory):
    """The float student, the int8 student and the float baseline as files, by name."""
    folder = tmp_path_factory.mktemp("models")
    student = export(models.load_shipped("student_soft_0"), folder / "student.onnx")
    export(models.load_baseline(), folder / "baseline.onnx")
    quantize.quantize_onnx(student, folder / "int8.onnx", data.calibration_images())
    return {path.stem: path for path in folder.glob("*.onnx")}


@pytest.fixture(scope="session")
def pages(variants):
    """Their pages."""
    return {name: browser.page(path, path.with_suffix(".html"), seconds=0.2) for name, path in variants.items()}


@pytest.fixture
def shown(new_page, pages):
    """Opens the page of a variant from disk, and waits until it has compared and measured."""

    def show(name="student", **options):
        page = new_page(**options)
        page.asked = []
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto(pages[name].as_uri())
        page.wait_for_selector("[data-state=measured]", timeout=60_000)
        return page

    return show


def violations(page):
    """What axe finds; it is handed over as a value, since the page's policy lets no script in."""
    page.evaluate(AXE)
    found = page.evaluate("async () => (await axe.run(document)).violations")
    return [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found]


def image_now(page):
    return np.array(page.evaluate(NOW), np.float32).reshape(28, 28)


def shown_shares(page):
    """The percentages beside the bars, once they are those of the image that is shown."""
    page.wait_for_timeout(200)
    return [
        float(text.removesuffix("\N{NO-BREAK SPACE}%"))
        for text in page.locator(".lb-answers td:last-child").all_inner_texts()
    ]


def shares(path, image):
    """What should stand there, from Python."""
    logits = onnx_predictor(path)(image.reshape(1, 1, 28, 28).astype(np.float32))[0].astype(float)
    powers = np.exp(logits - logits.max())
    return 100 * powers / powers.sum()


def first_image():
    """The image that is chosen at first: the first T-shirt among the first hundred."""
    test = data.load().test
    index = int(np.flatnonzero(test.labels == 0)[0])
    return test.inputs[index, 0]


# The same answers as Python


@pytest.mark.parametrize("name", ["student", "baseline"])
def test_a_float_models_logits_are_pythons_to_a_ten_thousandth_on_a_hundred_other_images(shown, variants, name):
    chosen = data.load().test.images[5000:5100]
    page = shown(name)
    ours = np.array(page.evaluate(LOGITS, chosen.reshape(100, 784).tolist()))
    inputs = data.as_inputs(chosen)
    model = models.load_baseline() if name == "baseline" else models.load_shipped("student_soft_0")
    for theirs in (onnx_predictor(variants[name])(inputs), torch_predictor(model)(inputs)):
        assert np.abs(ours - theirs).max() < 1e-4
        assert np.array_equal(ours.argmax(1), theirs.argmax(1))
    assert np.ptp(ours, axis=0).min() > 1  # the answers hang on the image


def test_an_int8_models_logits_are_pythons_but_for_the_last_rounding(shown, variants):
    # Sums of int8 products are whole numbers and exact on both sides. Only the float factor that scales them back may
    # be rounded the other way, which moves one code by one step; measured here: no logit of 1,000 differs at all.
    chosen = data.load().test.images[5000:5100]
    ours = np.array(shown("int8").evaluate(LOGITS, chosen.reshape(100, 784).tolist()))
    theirs = onnx_predictor(variants["int8"])(data.as_inputs(chosen))
    step = np.diff(np.unique(theirs)).min()
    assert step > 1e-3  # the logits are codes times a scale
    assert np.abs(ours - theirs).max() < 1.01 * step
    assert np.array_equal(ours.argmax(1), theirs.argmax(1))


@pytest.mark.parametrize("name", ["student", "int8", "baseline"])
def test_the_page_tells_the_largest_difference_the_bytes_and_both_times(shown, pages, variants, name):
    page = shown(name)
    told = page.locator(".lb-agreement").inner_text()
    largest, same = re.fullmatch(
        r"Largest difference of a logit to Python on 100 images: (\S+)\. The same label on (\d+) of 100\.", told
    ).groups()
    ours = np.array(page.evaluate(LOGITS, data.load().test.images[:100].reshape(100, 784).tolist()), np.float32)
    theirs = np.concatenate([onnx_predictor(variants[name])(x[None]) for x in data.load().test.inputs[:100]])
    assert float(largest) == pytest.approx(np.abs(ours - theirs).max(), rel=0.05, abs=1e-9)
    assert int(same) == (ours.argmax(1) == theirs.argmax(1)).sum() == 100
    rows = page.locator(".lb-facts table").first.locator("tr").all_inner_texts()
    facts = browser.facts(variants[name], seconds=0.05)
    for time in re.findall(r"(\S+)\sms \(95\s%: (\S+) to (\S+)\)", rows[1]):
        middle, low, high = map(float, time)
        assert 0 < low <= middle <= high < 1000
    assert len(re.findall(r"95\s%", rows[1])) == 2
    assert RUNTIME in rows[2]
    assert facts["python"]["runtime"] in rows[2]
    assert facts["python"]["machine"] in rows[3]
    size = variants[name].stat().st_size
    expected = f"{size / 1e3:.1f} kB" if size < 1e6 else f"{size / 1e6:.2f} MB"
    assert expected in page.locator(".lb-loads tr").nth(1).inner_text()


def test_nothing_is_asked_of_anyone_but_the_page_itself(shown, new_page, pages):
    page = shown()
    assert [url for url in page.asked if not url.startswith(("data:", "blob:"))] == [pages["student"].as_uri()]
    blocked = "() => fetch('http://127.0.0.1:9/').then(() => 'open', (error) => 'blocked')"
    assert page.evaluate(blocked) == "blocked"
    assert new_page.problems  # the browser says that its policy forbids it, and not that nobody answers there
    assert all("Content Security Policy" in problem for problem in new_page.problems)
    new_page.problems.clear()


def test_measuring_again_gives_a_new_time(shown):
    page = shown()
    page.get_by_role("button", name="Measure again").click()
    page.wait_for_selector("[data-state=measuring]", state="attached")
    page.wait_for_selector("[data-state=measured]", timeout=60_000)
    assert "ms" in page.locator(".lb-facts td").nth(1).inner_text()


# Editing


def test_the_chosen_image_has_the_pixels_that_python_gives_the_model(shown):
    page = shown()
    assert np.array_equal(image_now(page), first_image())
    page.get_by_role("radio", name=re.compile("^Bag, image")).first.check(force=True)
    test = data.load().test
    bag = int(np.flatnonzero(test.labels == 8)[0])
    assert np.array_equal(image_now(page), test.inputs[bag, 0])
    expect(page.locator(".lb-verdict")).to_contain_text("label: Bag")


def test_the_bars_are_pythons_probabilities_of_the_edited_image(shown, variants):
    page = shown()
    assert shown_shares(page) == pytest.approx(shares(variants["student"], first_image()), abs=0.06)
    for tool, value in [("Rotate", "90"), ("Blur", "2"), ("Rotate", "0")]:
        page.get_by_label(tool).fill(value)
        edited = image_now(page)
        assert np.abs(edited - first_image()).max() > 0.1
        assert shown_shares(page) == pytest.approx(shares(variants["student"], edited), abs=0.06)
    page.get_by_label("Rotate").fill("90")
    assert np.abs(shown_shares(page) - shares(variants["student"], first_image())).max() > 10
    expect(page.locator(".lb-verdict")).to_contain_text("before: T-shirt")


def test_the_pointer_erases_along_its_way_and_undo_and_reset_bring_the_image_back(shown):
    page = shown()
    box = page.locator(".lb-pad").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    for start, end in [((x - 60, y), (x + 60, y)), ((x, y - 60), (x, y + 60))]:
        page.mouse.move(*start)
        page.mouse.down()
        page.mouse.move(*end, steps=3)
        page.mouse.up()
    image, before = image_now(page), first_image()
    changed = image != before
    assert np.all(image[changed] == 0)
    assert np.all(image[13:15, 8:20] == 0)
    assert np.all(image[8:20, 13:15] == 0)
    assert not changed[:6].any()
    page.get_by_role("button", name="Undo").click()
    assert np.all(image_now(page)[13:15, 8:20] == 0)
    assert np.array_equal(image_now(page)[8:12], before[8:12])
    page.get_by_role("button", name="Undo").click()
    assert np.array_equal(image_now(page), before)
    page.get_by_role("radio", name="paint").check()
    page.mouse.click(x, y)
    assert image_now(page)[13:15, 13:15].min() == 1
    page.get_by_role("button", name="Reset").click()
    assert np.array_equal(image_now(page), before)


def test_the_keyboard_moves_the_brush_paints_shifts_and_takes_back(shown):
    page = shown(height=500)
    page.get_by_label("Width of the brush").fill("1")
    page.get_by_role("radio", name="paint").check()
    pad = page.get_by_role("application")
    pad.focus()
    place = page.evaluate("scrollY")
    for _ in range(30):  # further than the edge
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    expected = first_image().copy()
    expected[0, 1] = 1
    assert np.array_equal(image_now(page), expected)
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Shift+ArrowRight")
    assert np.array_equal(image_now(page)[1:, 1:], expected[:-1, :-1])
    assert image_now(page)[0].max() == image_now(page)[:, 0].max() == 0
    for _ in range(3):
        page.keyboard.press("Control+z")
    assert np.array_equal(image_now(page), first_image())
    page.wait_for_timeout(200)
    assert page.evaluate("scrollY") == place  # the keys do not scroll the page as well


def test_everything_is_reached_by_the_tab_key_and_nothing_holds_it(shown):
    page = shown()
    seen = []
    for _ in range(20):
        page.keyboard.press("Tab")
        seen.append(
            page.evaluate("() => [document.activeElement.localName, document.activeElement.type ?? ''].join(' ')")
        )
    expected = ["input radio", "div ", "input radio", "input range", *["button button"] * 4]
    expected += ["input range", "input range", *["button button"] * 3]
    assert seen[: len(expected)] == expected


def test_every_tool_works_by_keyboard_and_the_answer_is_pythons(shown, variants):
    page = shown()
    predict, pad = onnx_predictor(variants["student"]), page.locator("#labkit-pad")
    order = keyboard.walk(page, pad)
    assert order[1].startswith("The image")
    image = first_image()

    def press(name, *keys):
        control = page.get_by_label(name, exact=True).or_(page.get_by_role("button", name=name, exact=True))
        keyboard.focus(page, control)
        for key in keys:
            page.keyboard.press(key)
        return image_now(page)

    bag = page.get_by_role("radio", name=re.compile(", image")).nth(1).get_attribute("aria-label")
    page.get_by_role("radio", name=re.compile(", image")).first.focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_label(bag)).to_be_checked()
    page.keyboard.press("ArrowLeft")
    assert np.array_equal(image_now(page), image)
    painted = press("erase", "ArrowRight", "Tab", "Home")  # paint, with the thinnest brush
    assert np.array_equal(painted, image)
    painted = press(order[1], "Space", "ArrowRight", "Enter")
    assert painted[14, 14:16].tolist() == [1, 1]
    erased = press("paint", "ArrowLeft")
    erased = press(order[1], "Space")
    assert erased[14, 14:16].tolist() == [1, 0]
    assert np.array_equal(press("Undo", "Enter"), painted)
    moved = press("Shift down", "Space")
    assert np.array_equal(moved, ndimage.shift(painted, (1, 0), order=0, cval=0))
    turned = press("Rotate", "End")
    assert np.allclose(turned, np.rot90(moved, 2), atol=1e-5)
    blurred = press("Blur", "Home", "ArrowRight", "ArrowRight")
    assert np.allclose(blurred, ndimage.gaussian_filter(turned, 0.5, mode="constant", radius=2), atol=1e-5)
    wanted = pads.expected(predict, 255 * blurred)
    assert pads.settled(page, pad, wanted) == pytest.approx(wanted, abs=pads.ROUNDING)
    assert np.array_equal(press("Reset", "Enter"), image)
    press("Measure again", "Enter")
    page.wait_for_selector("[data-state=measured]", timeout=60_000)


@pytest.mark.parametrize(("name", "right", "down"), [("left", -1, 0), ("right", 1, 0), ("up", 0, -1), ("down", 0, 1)])
def test_the_shift_buttons_move_by_one_pixel(shown, name, right, down):
    page = shown()
    page.get_by_role("button", name=f"Shift {name}").click()
    moved = ndimage.shift(first_image(), (down, right), order=0, cval=0)
    assert np.array_equal(image_now(page), moved)


def test_turning_and_blurring_are_what_other_tools_make_of_it(shown):
    page, image = shown(), first_image()
    for degrees, turns in [(90, -1), (-90, 1), (180, 2)]:
        page.get_by_label("Rotate").fill(str(degrees))
        assert np.allclose(image_now(page), np.rot90(image, turns), atol=1e-5)
    page.get_by_label("Rotate").fill("30")
    turned = ndimage.rotate(image, -30, reshape=False, order=1, prefilter=False, mode="grid-constant")
    assert np.allclose(image_now(page), turned, atol=1e-5)
    page.get_by_label("Rotate").fill("0")
    assert np.array_equal(image_now(page), image)
    for pixels in (0.5, 1.25, 3):
        page.get_by_label("Blur").fill(str(pixels))
        radius = int(np.ceil(3 * pixels))
        blurred = ndimage.gaussian_filter(image, pixels, mode="constant", radius=radius)
        assert np.allclose(image_now(page), blurred, atol=1e-5)
        assert 0 <= image_now(page).min() <= image_now(page).max() <= 1


def test_another_image_begins_without_the_edits_of_the_one_before(shown):
    page = shown()
    page.get_by_label("Rotate").fill("45")
    page.get_by_role("radio", name=re.compile("^Sneaker, image")).first.check(force=True)
    assert page.get_by_label("Rotate").input_value() == "0"
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".lb-verdict")).to_contain_text("label: Sneaker")


def test_a_screen_reader_is_told_the_answer_once_the_image_rests(shown):
    page = shown()
    page.get_by_label("Rotate").fill("90")
    expect(page.locator("[aria-live=polite]")).to_contain_text("before: T-shirt")
    assert page.get_by_label("Rotate").get_attribute("aria-valuetext") == "90 degrees"


# How it looks, and where it cannot run


@pytest.mark.parametrize(("scheme", "width"), [("light", 1200), ("dark", 1200), ("light", 700), ("dark", 360)])
def test_axe_finds_nothing_and_nothing_sticks_out(shown, scheme, width):
    page = shown(color_scheme=scheme, width=width)
    page.get_by_label("Rotate").fill("90")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("lacking", ["WebAssembly", "DecompressionStream"])
def test_a_browser_without_what_is_needed_gets_a_sentence(new_page, pages, lacking):
    page = new_page()
    page.add_init_script(f"delete globalThis.{lacking}")
    page.goto(pages["student"].as_uri())
    expect(page.get_by_role("alert")).to_contain_text(f"This browser lacks {lacking}, so it cannot run the model.")


def test_a_browser_that_cannot_load_the_model_says_so(new_page, pages, tmp_path):
    html = pages["student"].read_text(encoding="utf-8")
    broken = re.sub(r'(id="labkit-model">)[^<]*', r"\1AAAA", html)
    (tmp_path / "broken.html").write_text(broken, encoding="utf-8")
    page = new_page()
    page.goto((tmp_path / "broken.html").as_uri())
    expect(page.get_by_role("alert")).to_contain_text("The browser cannot run student.onnx")
    new_page.problems[:] = [one for one in new_page.problems if not one.startswith("console: ")]  # the runtime's own


# The numbers


@pytest.fixture
def module(new_page, tmp_path):
    """A page that can import the sources of the pad one by one."""
    (tmp_path / "index.html").write_text('<!doctype html><title>x</title><link rel="icon" href="data:,">')
    for path in SOURCES.glob("*.js"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    page = new_page()
    with served(tmp_path) as address:
        page.goto(f"{address}/index.html")
        yield page


def test_the_interval_of_the_median_holds_the_truth_in_ninety_five_of_a_hundred_repetitions(module):
    draws = np.random.default_rng(1).exponential(size=(4000, 31))
    call = "async (all) => { const n = await import('./numbers.js'); return all.map(n.medianInterval) }"
    found = np.array(module.evaluate(call, draws.tolist()))
    assert np.array_equal(found[:, 0], np.median(draws, axis=1))
    ranks = np.array([np.searchsorted(np.sort(row), interval) for row, interval in zip(draws, found[:, 1:])])
    low, high = ranks[0]
    expected = stats.binom.cdf(high, 31, 0.5) - stats.binom.cdf(low, 31, 0.5)
    assert 0.95 <= expected <= 0.99
    covered = np.mean((found[:, 1] <= np.log(2)) & (np.log(2) <= found[:, 2]))
    assert covered == pytest.approx(expected, abs=0.015)


def test_a_logit_that_is_no_number_is_infinitely_far_from_python(module):
    call = (
        "async ([a, b]) => { const n = await import('./numbers.js'); return n.agreement(a, b.map((v) => v ?? NaN), 2) }"
    )
    assert module.evaluate(call, [[1, 2, 3, 4], [1, 2.5, 3, 2]]) == {"largest": 2, "same": 1}
    assert module.evaluate(call, [[1, 2], [1, None]])["largest"] == float("inf")


# In a notebook


def test_the_pad_runs_in_jupyterlab_and_tells_python_what_it_measured(lab, new_page, variants):
    page = new_page(width=1300)
    cells = [CELL.format(path=str(variants["int8"])), "print('row', pad.row(), pad.measured)"]
    lab.open(page, cells[0], "1 + 1")
    page.wait_for_selector("[data-state=measured]", timeout=60_000)
    expect(page.locator(".lb-verdict")).to_contain_text("Answer: T-shirt")
    page.get_by_label("Rotate").fill("90")
    expect(page.locator(".lb-verdict")).to_contain_text("before: T-shirt")
    page.get_by_role("application").focus()
    count = page.locator(".jp-Notebook .jp-Cell").count()
    for key in ("x", "d", "d", "a", "b", "ArrowLeft", "Space", "Shift+ArrowUp"):
        page.keyboard.press(key)
    page.wait_for_timeout(300)
    assert page.locator(".jp-Notebook .jp-Cell").count() == count
    page.wait_for_timeout(300)
    assert_axe_finds_nothing_in(page)
    page.locator(".jp-Notebook .jp-CodeCell").nth(1).locator(".cm-content").fill(cells[1])
    lab.run(page, 1)
    printed = page.locator(".jp-Cell").nth(1)
    expect(printed).to_contain_text("row {'runtime': 'ONNX Runtime Web', 'threads': 1, 'latency_ms'")
    expect(printed).to_contain_text("'same_labels': 100, 'images': 100")


def assert_axe_finds_nothing_in(page):
    page.evaluate(AXE)
    found = page.evaluate("async () => (await axe.run(document.querySelector('.lb-root'))).violations")
    assert [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found] == []


def test_two_pads_share_the_runtime_and_a_saved_notebook_holds_none_of_it(lab, new_page, variants):
    page = new_page(width=1300)
    lab.open(page, CELL.format(path=str(variants["student"])), CELL.format(path=str(variants["int8"])))
    expect(page.locator("[data-state=measured]")).to_have_count(2, timeout=90_000)
    page.keyboard.press("Control+s")
    expect(page.locator("[data-state=measured]")).to_have_count(2)
    page.wait_for_timeout(1500)
    saved = max(lab.folder.glob("*.ipynb"), key=lambda path: path.stat().st_mtime)
    notebook = nbformat.read(saved, as_version=4)
    assert "application/vnd.jupyter.widget-view+json" in notebook.cells[0].outputs[0].data
    assert saved.stat().st_size < 60_000
    assert len(json.dumps(notebook.metadata)) < 60_000
