"""How long a slider's move takes to reach the screen, for tests and benchmarks."""

from __future__ import annotations

import json
import os
import statistics
from pathlib import Path

# A message sent inside an animation frame is read after that frame was painted.
PAINTED = """(range) => {
  const painted = () => new Promise((done) => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => done(performance.now());
    channel.port2.postMessage(0);
  }));
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
    await new Promise((done) => requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = done;
      channel.port2.postMessage(0);
    }));
    times.push(performance.now() - start);
  }
  return times;
}"""


def time_sliders(page, lab: str) -> None:
    """Times every slider of `lab`, which `page` shows with every cell run, if LABKIT_SLIDERS names a folder."""
    if folder := os.environ.get("LABKIT_SLIDERS"):
        sliders = page.locator(".lk-explorer").get_by_role("slider").all()
        times = [slider_times(page, slider) for slider in sliders]
        (Path(folder) / f"{lab}.json").write_text(json.dumps(times))


def slider_times(page, slider, steps: int = 40) -> dict[str, float]:
    """Milliseconds from a pointer's move to the painted frame: `median_ms`, `p95_ms`, over `moves` moves.

    Args:
        page: a playwright page.
        slider: the locator of a range input, which is dragged from end to end and back.
        steps: how many moves change the slider.
    """
    slider.scroll_into_view_if_needed()
    slider.evaluate(PAINTED)
    last = int(slider.get_attribute("max"))
    goals = [abs((step + last) % (2 * last) - last) for step in range(steps + 1)]  # 0 to the end, back, and again
    page.mouse.move(*spot(slider, 0))
    page.mouse.down()
    page.wait_for_timeout(50)
    page.evaluate("moves.length = 0")  # going to the start is no step
    for goal in goals[1:]:
        page.mouse.move(*spot(slider, goal))
        page.wait_for_timeout(30)
    page.mouse.up()
    page.wait_for_timeout(100)
    return summary(page.evaluate("moves"))


def empty_frame_times(page) -> dict[str, float]:
    """Milliseconds that a painted frame takes when nothing moves, summed up like `slider_times`."""
    return summary(page.evaluate(EMPTY))


def summary(times: list[float]) -> dict[str, float]:
    """Median and 95th percentile of `times`.

    >>> summary([1.0, 2.0, 3.0])["median_ms"]
    2.0
    """
    ordered = sorted(times)
    p95 = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    return {"median_ms": statistics.median(ordered), "p95_ms": p95, "moves": len(ordered)}


def spot(slider, index: int) -> tuple[float, float]:
    """Where on the page the thumb stands when the slider is at `index`."""
    box, thumb = slider.bounding_box(), 18
    share = index / int(slider.get_attribute("max"))
    return box["x"] + thumb / 2 + share * (box["width"] - thumb), box["y"] + box["height"] / 2
