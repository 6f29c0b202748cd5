"""The pad's loader (browser.js) on a page without Jupyter, its pieces from the same Python that a notebook asks."""

import base64
import json

import pytest
from conftest import WIDGETS
from playwright.sync_api import expect
from server import served
from test_explorer import AXE

from labkit import models, widgets
from labkit.onnx import export
from labkit.widgets import browser

pytestmark = pytest.mark.browser

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Pad</title>
<meta name="color-scheme" content="light dark"><link rel="icon" href="data:,"><link rel="stylesheet" href="pad.css">
<style>html { background: Canvas; color: CanvasText } body { margin: 16px }</style></head>
<body><main><h1>A page</h1><div id="here"></div></main>
<script type="module">
import widget from "./browser.js";
const state = await (await fetch("state.json")).json();
const listening = new Set();
Object.assign(window, { asked: [], saved: [], leaked: [], told: [], lost: Number(location.hash.slice(1)) });
const model = {
  get: (name) => state[name],
  set(name, value) { state[name] = value; },
  save_changes() { saved.push(structuredClone(state.measured)); },
  on(_, hears) { listening.add(hears); },
  off(_, hears) { listening.delete(hears); },
  async send(question) {
    asked.push(question);
    if (asked.length <= lost) return;
    const [message, text] = await ask(question);
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    for (const hears of [...listening]) hears(message, [new DataView(bytes.buffer)]);
  },
};
const said = () => told.push(document.querySelector("[role=status]")?.textContent ?? "");
new MutationObserver(said).observe(document.querySelector("#here"), { childList: true, subtree: true });
document.addEventListener("keydown", (event) => leaked.push(event.key));
window.cleanup = widget.render({ model, el: document.querySelector("#here") });
document.body.dataset.ready = "yes";
</script></body></html>"""
AXE_IN = "async () => (await axe.run(document.querySelector('.lb-root'))).violations.map((one) => one.id)"


@pytest.fixture(scope="module")
def pad(tmp_path_factory):
    """The pad of a small network, as a notebook would make it."""
    model = export(models.load_shipped("student_soft_0"), tmp_path_factory.mktemp("model") / "student.onnx")
    return widgets.browser_pad(model, seconds=0.05)


@pytest.fixture
def opened(new_page, pad, tmp_path, monkeypatch):
    """Shows the pad; the first `lost` questions get no answer, and patience lasts a second."""
    monkeypatch.setattr(browser, "CHUNK", 2_000_000)  # two pieces of the runtime in place of nineteen
    loader = (WIDGETS / "browser.js").read_text(encoding="utf-8")
    assert "PATIENCE_MS = 10000" in loader
    (tmp_path / "browser.js").write_text(loader.replace("PATIENCE_MS = 10000", "PATIENCE_MS = 1000"), encoding="utf-8")
    (tmp_path / "pad.css").write_bytes((browser.FOLDER / "pad.css").read_bytes())
    (tmp_path / "index.html").write_text(PAGE, encoding="utf-8")
    state = {"version": pad.version, "title": pad.title, "measured": {}}
    (tmp_path / "state.json").write_text(json.dumps(state), encoding="utf-8")
    sent = []
    monkeypatch.setattr(pad, "send", lambda message, buffers: sent.append((message, buffers[0])))

    def ask(question):
        pad._answer(pad, question, [])
        message, piece = sent.pop()
        return message, base64.b64encode(piece).decode()

    def show(lost=0, without="", **options):
        page = new_page(**options)
        page.expose_function("ask", ask)
        page.add_init_script(f"delete globalThis.{without}" if without else "")
        page.goto(f"{address}/index.html#{lost}")
        page.wait_for_selector("body[data-ready]")
        return page

    with served(tmp_path) as address:
        yield show


def test_the_pad_asks_piece_by_piece_runs_and_tells_python_what_it_measured(opened, pad):
    page = opened()
    page.wait_for_function("saved.length", timeout=60_000)
    for part, whole in pad._parts.items():
        starts = [one["from"] for one in page.evaluate("asked") if one["part"] == part]
        assert starts == list(range(0, len(whole), 2_000_000))
    found = page.evaluate("saved")[0]
    assert found["same_labels"] == found["images"] == 100
    assert 0 <= found["largest_difference"] < 1e-4
    assert 0 < found["latency_low_ms"] <= found["latency_ms"] <= found["latency_high_ms"]
    page.get_by_role("application").focus()
    for key in ("x", "d", "Enter", "Shift+Enter", "ArrowLeft", "Control+z", "Escape"):
        page.keyboard.press(key)
    assert page.evaluate("leaked") == []


def test_a_piece_that_was_lost_is_asked_for_again_and_the_reader_is_told(opened):
    page = opened(lost=1)
    page.wait_for_selector("[data-state=measured]", timeout=60_000)
    assert any(text.startswith("Python does not answer yet") for text in page.evaluate("told"))
    assert page.evaluate("asked.slice(0, 2)") == [{"part": "facts", "from": 0}] * 2


def test_a_pad_that_is_taken_away_while_it_loads_shows_nothing(opened):
    page = opened()
    page.evaluate("cleanup()")
    page.wait_for_function("asked.filter((one) => one.part === 'wasm').length === 2")
    page.evaluate("() => new Promise((done) => setTimeout(done, 500))")
    expect(page.locator(".lb-pad")).to_have_count(0)
    assert page.evaluate("saved") == []


@pytest.mark.parametrize("lacking", ["WebAssembly", "DecompressionStream"])
def test_a_browser_without_what_is_needed_gets_a_sentence_in_the_notebook(opened, lacking):
    page = opened(without=lacking)
    expect(page.get_by_role("status")).to_contain_text("No pad: this browser lacks WebAssembly or DecompressionStream")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_while_it_waits_and_once_it_runs(opened, scheme):
    page = opened(lost=1, color_scheme=scheme)
    page.add_script_tag(path=AXE)
    assert page.evaluate(AXE_IN) == []
    page.wait_for_selector("[data-state=measured]", timeout=60_000)
    assert page.evaluate(AXE_IN) == []
