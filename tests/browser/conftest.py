"""A real Chromium, a bare page for the widget's JavaScript and a real JupyterLab; nothing leaves this machine."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
import pytest
from server import served

ROOT = Path(__file__).parents[2]
WIDGETS = ROOT / "labkit" / "widgets"
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# JupyterLab asks each kernel for a second shell; a kernel that is shut down first cannot answer.
UNASKED = "Canceled future for create_subshell_request"
LOCAL = {"127.0.0.1", "localhost"}

# A page with one widget and a model object that records what the widget saves, as Jupyter's would send it.
HARNESS = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Explorer</title>
<meta name="color-scheme" content="light dark"><link rel="icon" href="data:,">
<link rel="stylesheet" href="explorer.css">
<style>html { background: Canvas; color: CanvasText } body { margin: 16px }</style></head>
<body><main><h1>A page</h1><div id="here"></div><div id="still"></div></main>
<script type="module">
import widget from "./explorer.js";
const state = await (await fetch("state.json")).json();
const heard = {};
window.saved = [];
window.model = {
  get: (name) => state[name],
  set(name, value) { state[name] = value; (heard["change:" + name] ?? []).forEach((f) => f()); },
  save_changes() { saved.push(structuredClone({ position: state.position, guess: state.guess })); },
  on(name, f) { (heard[name] ??= []).push(f); },
  off(name, f) { heard[name] = heard[name].filter((g) => g !== f); },
};
window.leaked = [];
document.addEventListener("keydown", (event) => leaked.push(event.key));
window.cleanup = widget.render({ model, el: document.querySelector("#here") });
document.body.dataset.ready = "yes";
</script></body></html>"""


def pytest_ignore_collect(collection_path, config):
    """A run that leaves the browser tests out anyway needs no Playwright."""
    return True if "not browser" in (config.option.markexpr or "") else None


@pytest.fixture(scope="session")
def chromium():
    """Debian's Chromium; a machine without it fails these tests, since a skipped one proves nothing."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=30_000)  # a kernel on a busy machine takes long to start
    path = shutil.which("chromium")
    assert path, "the browser tests need the program chromium (Debian package chromium)"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def new_page(chromium):
    """Opens pages in a fresh context; afterwards nothing may have gone wrong in them or asked another machine."""
    contexts, problems = [], []

    def gate(route):
        url = urlsplit(route.request.url)
        if url.scheme in ("data", "blob", "file") or url.hostname in LOCAL:
            return route.continue_()
        problems.append(f"asked for {route.request.url}")
        return route.abort()

    def listen(socket_):
        def hear(frame):
            frame = frame if isinstance(frame, bytes) else frame.encode()
            if b'"msg_type":"error"' in frame.replace(b": ", b":") or b"Traceback (most recent" in frame:
                problems.append(f"kernel: {frame.decode(errors='replace')[-2000:]}")

        socket_.on("framereceived", hear)

    def open_page(color_scheme="light", width=1000, height=900):
        context = chromium.new_context(color_scheme=color_scheme, viewport={"width": width, "height": height})
        contexts.append(context)
        context.set_default_timeout(30_000)
        context.route("**/*", gate)
        page = context.new_page()
        page.on("websocket", listen)
        page.on("pageerror", lambda e: problems.append(f"page: {e}") if UNASKED not in str(e) else None)
        page.on("console", lambda said: problems.append(f"console: {said.text}") if said.type == "error" else None)
        return page

    open_page.problems = problems
    yield open_page
    for context in contexts:
        context.close()
    assert problems == []


@pytest.fixture
def bare(new_page, tmp_path):
    """Shows an explorer on a page without Jupyter."""
    for name in ("explorer.js", "explorer.css"):
        shutil.copy(WIDGETS / name, tmp_path)
    (tmp_path / "index.html").write_text(HARNESS)

    def show(explorer, **options):
        state = {"spec": explorer.spec, "position": explorer.position, "guess": explorer.guess}
        (tmp_path / "state.json").write_text(json.dumps(state, allow_nan=False))
        page = new_page(**options)
        page.goto(f"{address}/index.html")
        page.wait_for_selector("body[data-ready]")
        return page

    with served(tmp_path) as address:
        yield show


class Lab:
    """A running JupyterLab."""

    def __init__(self, url: str, folder: Path):
        self.url, self.folder, self.count = url, folder, 0

    def open(self, page, *cells: str):
        """Opens a new notebook with these code cells in `page` and runs them all."""
        self.show(page, nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells]))
        for i in range(len(cells)):
            self.run(page, i)
        return page

    def show(self, page, notebook) -> None:
        """Opens a copy of the notebook in `page`, its kernel ready."""
        self.count += 1
        name = f"Untitled{self.count}.ipynb"
        notebook.metadata.kernelspec = {"name": "labkit-test", "display_name": "labkit-test", "language": "python"}
        nbformat.write(notebook, self.folder / name)
        # With a kernel that is ready before the page opens, nothing run is lost.
        session = {"path": name, "name": name, "type": "notebook", "kernel": {"name": "labkit-test"}}
        self.request("POST", "/api/sessions", session)
        # A busy JupyterLab asks which kernel all the same.
        page.add_locator_handler(page.locator(".jp-Dialog .jp-mod-accept"), lambda button: button.click())
        page.goto(f"{self.url}/doc/tree/{name}?reset")
        page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]")

    def run(self, page, index: int) -> None:
        """Runs the code cell at `index` and waits until it is done."""
        from playwright.sync_api import expect

        cell = page.locator(".jp-Notebook .jp-CodeCell").nth(index)
        prompt = cell.locator(".jp-InputPrompt")
        before = prompt.inner_text()
        for attempt in range(6):  # a page that is still busy loses the keys; a cell that is run twice shows the same
            cell.locator(".jp-InputArea-editor").click()
            page.keyboard.press("Shift+Enter")
            try:
                expect(prompt).not_to_have_text(before, timeout=10_000)
                break
            except AssertionError:
                if attempt == 5:
                    raise
        expect(prompt).to_have_text(re.compile(r"\[\d+\]"), timeout=120_000)

    def request(self, method: str, path: str, body: dict | None = None):
        """What the server answers, from JSON."""
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(urllib.request.Request(self.url + path, data, method=method), timeout=30) as answer:
            return json.loads(answer.read() or b"null")

    def stop_kernels(self) -> None:
        """Shuts down what the test started."""
        for session in self.request("GET", "/api/sessions"):
            self.request("DELETE", f"/api/sessions/{session['id']}")


def kernel_environment(home: Path) -> dict[str, str]:
    """Short runs of this labkit, whose results stay in `home`; LABKIT_QUICK=0 asks for long ones."""
    quick = os.environ.get("LABKIT_QUICK", "1")
    return {"PYTHONPATH": str(ROOT), "LABKIT_QUICK": quick, "LABKIT_RESULTS": str(home / "results")}


@pytest.fixture(scope="session")
def lab_server(tmp_path_factory):
    """JupyterLab with folders of its own, on a free port, with the kernel of this Python."""
    home = tmp_path_factory.mktemp("lab")
    folder = home / "work"
    folder.mkdir()
    kernel = home / "data" / "kernels" / "labkit-test"
    kernel.mkdir(parents=True)
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec = {"argv": argv, "display_name": "labkit-test", "language": "python", "env": kernel_environment(home)}
    (kernel / "kernel.json").write_text(json.dumps(spec))
    settings = {
        "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
        "apputils-extension/themes": {"adaptive-theme": True},
        "notebook-extension/tracker": {"windowingMode": "none"},
    }
    for name, values in settings.items():
        file = home / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    places = {"CONFIG": "config", "DATA": "data", "RUNTIME": "runtime"}
    environment = os.environ | {f"JUPYTER_{key}_DIR": str(home / value) for key, value in places.items()}
    environment |= {"JUPYTERLAB_SETTINGS_DIR": str(home / "settings"), "IPYTHONDIR": str(home / "ipython")}
    environment |= {"JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces")}
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}"]
    command += ["--ServerApp.port_retries=0", "--IdentityProvider.token=", "--ServerApp.disable_check_xsrf=True"]
    command += [f"--ServerApp.root_dir={folder}"]
    with open(home / "log", "w") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT)
    lab = Lab(f"http://127.0.0.1:{port}", folder)
    try:
        for _ in range(240):
            assert process.poll() is None, (home / "log").read_text()
            try:
                lab.request("GET", "/api")
                break
            except OSError:
                time.sleep(0.25)
        else:
            raise AssertionError((home / "log").read_text())
        yield lab
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture
def lab(lab_server):
    """The running JupyterLab, its kernels shut down after the test."""
    yield lab_server
    lab_server.stop_kernels()
