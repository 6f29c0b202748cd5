"""The student's own `.onnx` file, run by the browser that shows the notebook."""

from __future__ import annotations

import base64
import hashlib
import json
from html import escape
from pathlib import Path

import anywidget
import numpy as np
import traitlets

from labkit import browser, data, pixels
from labkit.browser.assets import FOLDER, RUNTIME_NAME, packed

LOADER = Path(__file__).with_name("browser.js")
CHUNK = 200_000  # bytes a message: Jupyter drops what comes faster than a million bytes a second


class BrowserPad(anywidget.AnyWidget):
    """Test images, a pad to edit them, and the answers of a model that runs in the browser.

    Nothing but a title and what was measured is part of the widget's state. The model, the runtime and the images go
    to the browser piece by piece when it asks, so a saved notebook holds none of them.

    Attributes:
        measured: what the browser found once it has run the model, else empty: `latency_ms`, `latency_low_ms`,
            `latency_high_ms`, `largest_difference` to Python's logits, `same_labels` out of `images`.
    """

    _esm = LOADER
    _css = FOLDER / "pad.css"
    version = traitlets.Unicode("").tag(sync=True)
    title = traitlets.Unicode("").tag(sync=True)
    measured = traitlets.Dict().tag(sync=True)

    def __init__(self, model: str | Path, images: data.Split | None = None, seconds: float = 1.0):
        self.facts = browser.facts(model, images, seconds)
        self._parts = {
            "script": packed("pad.js.gz"),
            "wasm": packed("ort.wasm.gz"),
            "model": Path(model).read_bytes(),
            "facts": json.dumps(self.facts, allow_nan=False).encode(),
        }
        version = hashlib.sha256(self._parts["script"]).hexdigest()[:12]
        super().__init__(title=f"{self.facts['name']} in this browser", version=version)
        self.on_msg(self._answer)

    def row(self) -> dict:
        """What was measured in the browser as facts for `lk.measurement`.

        Raises:
            RuntimeError: no browser has run the model yet.
        """
        if not self.measured:
            raise RuntimeError("no browser has measured this model yet: run the cell that shows the pad, and wait")
        times = {name: self.measured[name] for name in ("latency_ms", "latency_low_ms", "latency_high_ms")}
        return {"runtime": RUNTIME_NAME, "threads": 1} | times

    def figure(self) -> str:
        """The first image and Python's answer to it, HTML text: what shows where no widget runs."""
        logits = np.frombuffer(base64.b64decode(self.facts["logits"]), "<f4").reshape(-1, len(self.facts["classes"]))
        shares = np.exp(logits[0] - logits[0].max())
        best = int(shares.argmax())
        answer = f"{self.facts['classes'][best]}, {shares[best] / shares.sum():.1%}"
        image = np.frombuffer(base64.b64decode(self.facts["images"]), np.uint8)[:784].reshape(28, 28)
        return (
            f"<div><p><b>{escape(self.title)}</b></p>{_picture(image)}"
            f"<p>Python's answer to this image: {escape(answer)}. The pad itself needs a running kernel and a browser "
            "with WebAssembly: run this cell to use it.</p></div>"
        )

    def _answer(self, _widget, content, _buffers) -> None:
        """Sends the piece that the browser asks for; anything else is no question of ours."""
        part, start = content.get("part"), content.get("from")
        if part in self._parts and isinstance(start, int) and start >= 0:
            whole = self._parts[part]
            piece = {"part": part, "from": start, "total": len(whole)}
            self.send(piece, [whole[start : start + CHUNK]])

    def _repr_mimebundle_(self, **kwargs):  # as Explorer does
        bundle = super()._repr_mimebundle_(**kwargs)
        shown, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        shown["text/plain"] = f"BrowserPad: {self.title}"
        shown["text/html"] = self.figure()
        return shown, metadata


def browser_pad(model: str | Path, images: data.Split | None = None, seconds: float = 1.0) -> BrowserPad:
    """The model running in the browser, with test images and a pad that edits them.

    Args:
        model: an `.onnx` file, whole in itself: one image in, 10 logits out, float32 or quantized.
        images: what it shows; the first 100 test images unless told.
        seconds: how long Python's time is measured, beside which the browser's stands.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: as `labkit.browser.page` does.
    """
    return BrowserPad(model, images, seconds)


def _picture(image: np.ndarray) -> str:
    paths = "".join(
        f'<path stroke="{pixels.grey(shade)}" d="{"".join(f"M{x} {y + 0.5}h{length}" for y, x, length in found)}"/>'
        for shade, found in pixels.runs(image).items()
    )
    return (
        '<svg role="img" aria-label="the first image" width="112" height="112" viewBox="0 0 28 28" '
        f'xmlns="http://www.w3.org/2000/svg" shape-rendering="crispEdges">{paths}</svg>'
    )
