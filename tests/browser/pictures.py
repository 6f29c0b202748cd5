"""The pictures of the README and of the site: the labs' own figures, taken while test_labs.py shows them."""

from __future__ import annotations

import io
import os
from pathlib import Path

from PIL import Image

from labkit import files

PICTURES = {
    "01_benchmark": {"widget": ".lk-explorer >> nth=2", "tradeoff": "svg[aria-label^='Accuracy against latency']"},
    "03_prune": {"pruning": ".lk-explorer >> nth=0"},
    "05_onnx": {"pad": ".lb-root >> nth=0"},
    "06_mobile": {"arena": ".lk-explorer >> nth=0"},
    "07_compare": {"pareto": ".lk-explorer >> nth=0"},
}
SIZE = {"width": 1100, "height": 1800}  # as tall as the tallest figure
SCHEMES = {"light": "", "dark": "-dark"}  # what stands behind a picture's name
IN_DARK = {"pad", "arena"}  # what the site shows follows the page's colours; the README's pictures bring their paper
# Each slider in the middle, but no dot looked at: its name would hide its neighbours.
TO_THE_MIDDLE = """(slider) => {
  slider.value = slider.id.endsWith("-look") ? 0 : Math.floor(slider.max / 2);
  slider.dispatchEvent(new Event("input", { bubbles: true }));
}"""
THEME = "(light) => document.body.dataset.jpThemeLight === light"


def take(page, lab: str) -> None:
    """Takes the pictures of `lab`, which `page` shows with every cell run, if LABKIT_PICTURES names a folder."""
    folder = os.environ.get("LABKIT_PICTURES")
    if not folder:
        return
    page.set_viewport_size(SIZE)
    for slider in page.locator(".lk-explorer").get_by_role("slider").all():
        slider.evaluate(TO_THE_MIDDLE)
    for reset in page.locator(".lb-root").get_by_role("button", name="Reset").all():
        reset.click()
    for scheme, ending in SCHEMES.items():
        page.emulate_media(color_scheme=scheme)
        page.wait_for_function(THEME, arg=str(scheme == "light").lower())
        page.wait_for_timeout(1000)  # JupyterLab loads the other theme's styles
        for name, selector in PICTURES.get(lab, {}).items():
            if scheme == "light" or name in IN_DARK:
                files.write_atomically(Path(folder) / f"{name}{ending}.png", small(page.locator(selector).screenshot()))


def small(png: bytes) -> bytes:
    """The same picture with at most 256 colours, as PNG: less than half as large, and figures have few colours."""
    out = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGB").quantize(256, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()
