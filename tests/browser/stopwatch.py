"""How long a slider's move takes to reach the screen, for tests and benchmarks.

A time goes from the pointer's event to the end of the frame that shows its effect: a message sent inside an animation
frame is read after that frame was painted. Chromium hands moves to the page once a frame, 16.7 ms apart, so a move that
costs nothing already waits for up to that long. Here it runs without a screen and without a graphics processor.
"""

from __future__ import annotations

import json
import os
import statistics
from pathlib import Path

import numpy as np

PAINTED = """
window.painted = () => new Promise((done) => requestAnimationFrame(() => {
  const channel = new MessageChannel();
  channel.port1.onmessage = () => done(performance.now());
  channel.port2.postMessage(0);
}));
"""
EVERY_MOVE = """(range) => {
  window.moves = [];
  let moved = 0;
  range.addEventListener("pointermove", (event) => { moved = event.timeStamp; }, { capture: true });
  range.addEventListener("input", () => {
    const start = moved;
    painted().then((end) => moves.push(end - start));
  });
}"""
EMPTY = """async () => {
  const times = [];
  for (let i = 0; i < 40; i += 1) {
    const start = performance.now();
    times.push(await painted() - start);
  }
  return times;
}"""
# From the next pointer's move to the frame with a new picture: an <img> with another source, or a drawing that changed.
ONE_MOVE = """(place) => {
  const source = () => place.querySelector("img")?.src;
  const before = source();
  let start = 0;
  window.addEventListener("pointermove", (event) => { start ||= event.timeStamp; }, { capture: true, once: true });
  window.moved = new Promise((done, fail) => {
    setTimeout(() => fail(new Error("the move changed no picture within 30 s")), 30_000);
    const observer = new MutationObserver(async () => {
      if (!start || (before && (!source() || source() === before))) return;
      observer.disconnect();
      await place.querySelector("img")?.decode();
      done(await painted() - start);
    });
    observer.observe(place, { subtree: true, childList: true, attributes: true, characterData: true });
  });
}"""


def time_sliders(page, lab: str) -> None:
    """Times every slider of `lab`, which `page` shows with every cell run, if LABKIT_SLIDERS names a folder."""
    if os.environ.get("LABKIT_SLIDERS"):
        sliders = page.locator(".lk-explorer").get_by_role("slider").all()
        keep(lab, {"sliders": [slider_times(page, slider) for slider in sliders], "empty": empty_frame_times(page)})


def keep(name: str, found: dict) -> None:
    """Writes what was measured into the folder LABKIT_SLIDERS, if it names one."""
    if folder := os.environ.get("LABKIT_SLIDERS"):
        (Path(folder) / f"{name}.json").write_text(json.dumps(found), encoding="utf-8")


def slider_times(page, slider, steps: int = 40) -> dict[str, float]:
    """Milliseconds from a pointer's move to the painted frame: `median_ms`, `p95_ms`, over `moves` moves.

    Args:
        page: a playwright page.
        slider: the locator of a range input, which is dragged from end to end and back.
        steps: how many moves change the slider.
    """
    slider.evaluate("(slider) => slider.scrollIntoView({ block: 'center' })")
    page.wait_for_timeout(1000)  # JupyterLab may still be scrolling to the cell that was used last
    page.evaluate(PAINTED)
    slider.evaluate(EVERY_MOVE)
    last = int(slider.get_attribute("max"))
    goals = to_and_fro(last, steps)
    page.mouse.move(*spot(slider, 0))
    page.mouse.down()
    page.wait_for_timeout(50)
    page.evaluate("moves.length = 0")  # going to the start is no step
    for goal in goals:
        page.mouse.move(*spot(slider, goal))
        page.wait_for_timeout(30)
    page.mouse.up()
    page.wait_for_timeout(100)
    return summary(page.evaluate("moves"))


def one_move(page, picture, start: tuple[float, float], end: tuple[float, float]) -> float:
    """Milliseconds from the pointer's move to the frame that shows another `picture`, a locator around it."""
    page.mouse.move(*start)
    page.mouse.down()
    page.wait_for_timeout(100)  # whatever pressing alone sets off is over
    picture.evaluate(ONE_MOVE)
    page.mouse.move(*end)
    took = page.evaluate("moved")
    page.mouse.up()
    return took


def to_and_fro(last: int, steps: int) -> list[int]:
    """Where `steps` moves of a slider lead that goes from 0 to `last` and back, again and again.

    >>> to_and_fro(2, 5)
    [1, 2, 1, 0, 1]
    """
    return [abs((step + last) % (2 * last) - last) for step in range(1, steps + 1)]


def empty_frame_times(page) -> dict[str, float]:
    """Milliseconds that a painted frame takes when nothing moves, summed up like `slider_times`."""
    page.evaluate(PAINTED)
    return summary(page.evaluate(EMPTY))


def summary(times: list[float]) -> dict[str, float]:
    """Median and 95th percentile of `times`.

    >>> summary([1.0, 2.0, 3.0])["median_ms"]
    2.0
    """
    p95 = float(np.quantile(times, 0.95, method="higher"))
    return {"median_ms": statistics.median(times), "p95_ms": p95, "moves": len(times)}


def spot(slider, index: int) -> tuple[float, float]:
    """Where on the page the thumb stands when the slider is at `index`."""
    box, thumb = slider.bounding_box(), 18
    share = index / int(slider.get_attribute("max"))
    return box["x"] + thumb / 2 + share * (box["width"] - thumb), box["y"] + box["height"] / 2
