"""What Python would draw in a lab: run by the lab's own kernel, whose answers the tests hold against the browser's."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from labkit.widgets import BrowserPad, Explorer

ANSWERS, MODEL = "oracle.json", "pad.onnx"


def cell(folder: Path) -> str:
    """The code cell that writes the answers into `folder`."""
    here = str(Path(__file__).parent)
    return f"import sys\nsys.path.append({here!r})\nimport oracle\noracle.write(Out.values(), {str(folder)!r})"


def write(outputs: Iterable[object], folder: str) -> None:
    """Writes what each explorer among the notebook's outputs shows, and the model of its pad, into `folder`."""
    outputs = list(outputs)
    # A cell that was run twice has made two explorers of one title: the later one shows.
    explorers = {each.spec["title"]: each for each in outputs if isinstance(each, Explorer)}
    Path(folder, ANSWERS).write_text(json.dumps([story(each) for each in explorers.values()]), encoding="utf-8")
    for pad in outputs:
        if isinstance(pad, BrowserPad):
            Path(folder, MODEL).write_bytes(pad._parts["model"])


def story(explorer: Explorer) -> dict:
    """Its words, its sliders' labels and starts, what it shows at the start, and with each slider moved alone."""
    start = list(explorer.position)
    lasts = [len(control.values) - 1 for control in explorer.controls]
    goals = [0 if now == last else last for now, last in zip(start, lasts)]
    with explorer.hold_sync():  # the browser does not hear of it
        moved = [state(explorer, [*start[:i], goal, *start[i + 1 :]]) for i, goal in enumerate(goals)]
        first = state(explorer, start)
    words = {name: explorer.spec[name] for name in ("title", "question", "choices", "answer")}
    dots = next((panel.dots for panel in explorer.panels if panel.kind == "scatter"), ())
    labels = [control.label for control in explorer.controls]
    return words | {"labels": labels, "first": first, "moved": moved, "dots": [dot.name for dot in dots]}


def state(explorer: Explorer, position: list[int]) -> dict:
    """What it shows at `position`: the readouts, the charts as SVG text, and the data of every panel."""
    explorer.position = position
    views = [[view.y, view.at, view.mark, view.states] for view in explorer.frame.panels]
    readouts = list(explorer.frame.readouts.values())
    return {"position": position, "readouts": readouts, "charts": explorer.charts(), "data": repr(views)}
