"""One HTML file that holds a model, its runtime and test images, and opens from disk."""

from __future__ import annotations

import base64
import hashlib
import json
from html import escape
from pathlib import Path

from labkit import data
from labkit.browser.assets import packed, unpacked
from labkit.browser.facts import facts
from labkit.files import write_atomically

# Nothing may be loaded from anywhere: `default-src 'none'`. What the page runs is allowed by its hash.
POLICY = (
    "default-src 'none'; script-src 'wasm-unsafe-eval' 'sha256-{script}'; style-src 'sha256-{style}'; img-src data:; "
    "form-action 'none'; base-uri 'none'"
)
FRAME = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{name} in the browser</title>
<link rel="icon" href="data:,">
<style>{style}</style>
</head>
<body class="lb-page">
<main><h1>{name} in the browser</h1><div id="labkit-pad"></div>
<noscript><p>This page runs a neural network, so it needs JavaScript and WebAssembly.</p></noscript></main>
<script type="application/json" id="labkit-facts">{facts}</script>
<script type="text/plain" id="labkit-model">{model}</script>
<script type="text/plain" id="labkit-wasm">{wasm}</script>
<script type="module">{script}</script>
</body>
</html>
"""


def page(model: str | Path, output: str | Path, images: data.Split | None = None, seconds: float = 1.0) -> Path:
    """Writes one HTML file that runs the model in a browser, without server or network; returns its path.

    It shows test images to choose from and to edit, the model's probabilities, bytes and time beside Python's, and how
    far its logits are from Python's.

    Args:
        model: an `.onnx` file, whole in itself: one image in, 10 logits out, float32 or quantized.
        images: what it shows; the first 100 test images unless told.
        seconds: how long Python's time is measured.

    Raises:
        FileNotFoundError: there is no such model.
        ValueError: the model is empty, damaged, too large, keeps its weights in another file, or answers anything but
            10 logits to one image; there are no images; or the page would replace the model.
        OSError: the page cannot be written.
    """
    if Path(output).resolve() == Path(model).resolve():
        raise ValueError(f"{output} is the model itself: give the page another name")
    told = facts(model, images, seconds)
    script, style = unpacked("pad.js.gz").decode(), unpacked("pad.css").decode()
    policy = POLICY.format(script=_hash(script), style=_hash(style))
    filled = FRAME.format(
        policy=policy,
        name=escape(told["name"]),
        style=style,
        script=script,
        facts=json.dumps(told, allow_nan=False).replace("<", "\\u003c"),  # no name can end the script early
        model=_text(Path(model).read_bytes()),
        wasm=_text(packed("ort.wasm.gz")),
    )
    write_atomically(output, filled.encode())
    return Path(output)


def _hash(source: str) -> str:
    """What a Content-Security-Policy calls a script or style by."""
    return _text(hashlib.sha256(source.encode()).digest())


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
