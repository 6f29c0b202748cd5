"""One interactive figure for every lab: sliders over charts whose every state was computed before the first move."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import product
from pathlib import Path

import anywidget
import traitlets

from labkit.widgets import draw, layout
from labkit.widgets.chart import STATES, Panel, View, finite, number

FOLDER = Path(__file__).parent
TABLE = "All of them as a table"
STILL = '<div style="display: grid; gap: 16px; grid-template-columns: repeat(auto-fit, minmax(330px, 1fr))">'


@dataclass(frozen=True)
class Control:
    """One slider.

    Args:
        name: how the code calls it, a key of `Explorer.values`.
        values: what it goes through, in order; at least one.
        label: what stands beside it.
        unit: what follows every value, such as "ms".
        text: how each value is written, in place of the value and its unit.
        start: the value that it begins at; None is the first.

    Raises:
        ValueError: no values, a text for each is missing, or `start` is not one of them.
    """

    name: str
    values: Sequence[float]
    label: str
    unit: str = ""
    text: Sequence[str] | None = None
    start: float | None = None

    def __post_init__(self):
        if not len(self.values):
            raise ValueError(f"control {self.name!r} has no values")
        if not finite(self.values):
            raise ValueError(f"control {self.name!r} holds a value that is missing or not finite")
        if self.text is not None and len(self.text) != len(self.values):
            raise ValueError(f"control {self.name!r} has {len(self.text)} texts for {len(self.values)} values")
        if self.start is not None and self.start not in self.values:
            raise ValueError(f"control {self.name!r} cannot start at {self.start}")

    @property
    def texts(self) -> list[str]:
        """How each value is written."""
        return list(self.text) if self.text is not None else [f"{number(v)} {self.unit}".strip() for v in self.values]


@dataclass(frozen=True)
class Frame:
    """What shows at one position of the sliders: named numbers as text, and a `View` for each panel."""

    readouts: Mapping[str, str]
    panels: Sequence[View]


class Explorer(anywidget.AnyWidget):
    """A figure with sliders. Moving one only looks up a frame: nothing is computed, and the kernel is not asked.

    Args:
        title: what it is, one line.
        controls: the sliders.
        panels: the charts.
        frames: one for every combination of the sliders' values, the last slider going fastest.
        source: where the numbers come from; always shown.
        description: a sentence below the title.
        question, choices, answer: when given, the charts stay hidden until a choice is made; then the answer shows.
        table: what every dot of the scatter panels is: for each a dict of texts by column, all with the same columns.

    Raises:
        ValueError: frames are missing or do not fit the panels, a number is not finite, or a question lacks an answer.
    """

    _esm = FOLDER / "explorer.js"
    _css = FOLDER / "explorer.css"
    spec = traitlets.Dict().tag(sync=True)
    position = traitlets.List(traitlets.Int()).tag(sync=True)
    guess = traitlets.Unicode("").tag(sync=True)

    def __init__(
        self,
        title: str,
        controls: Sequence[Control],
        panels: Sequence[Panel],
        frames: Sequence[Frame],
        source: str,
        description: str = "",
        question: str | None = None,
        choices: Sequence[str] = (),
        answer: str | None = None,
        table: Sequence[Mapping[str, str]] = (),
    ):
        _check(controls, panels, frames, source)
        _check_table(table, panels)
        _check_question(question, choices, answer)
        self.controls, self.panels, self.frames = tuple(controls), tuple(panels), tuple(frames)
        rows = max(len(layout.legend_rows(panel)) for panel in panels)
        self._plots = [layout.plot(p, [f.panels[i] for f in frames], rows) for i, p in enumerate(panels)]
        start = [0 if c.start is None else list(c.values).index(c.start) for c in controls]
        words = {"title": title, "source": source, "description": description}
        words |= {"question": question or "", "choices": list(choices), "answer": answer or ""}
        words["table"] = [dict(row) for row in table]
        super().__init__(position=start, spec=words | self._drawing())

    @traitlets.validate("position")
    def _valid_position(self, proposal):
        lengths = [len(control.values) for control in self.controls]
        place = proposal["value"]
        if len(place) != len(lengths) or not all(0 <= i < n for i, n in zip(place, lengths)):
            raise traitlets.TraitError(f"the sliders have {lengths} positions, counted from 0; {place} is none of them")
        return place

    @property
    def values(self) -> dict[str, float]:
        """What the sliders stand at, by the controls' names."""
        return {control.name: control.values[i] for control, i in zip(self.controls, self.position)}

    @property
    def frame(self) -> Frame:
        """What shows now."""
        index = 0
        for control, i in zip(self.controls, self.position):
            index = index * len(control.values) + i
        return self.frames[index]

    def figure(self) -> str:
        """What shows now as a figure that needs no JavaScript, HTML text."""
        spec, readouts, charts = self.spec, self.frame.readouts, "".join(self.charts())
        place = ", ".join(f"{c.label}: {c.texts[i]}" for c, i in zip(self.controls, self.position))
        read = " &#183; ".join(f"{escape(name)}: <b>{escape(value)}</b>" for name, value in readouts.items())
        question = f"<p>{escape(spec['question'])} <b>{escape(spec['answer'])}</b></p>" if spec["question"] else ""
        return (
            f"<div><p><b>{escape(spec['title'])}</b><br>{escape(spec['description'])}</p>{question}"
            f"<p>{escape(place)}<br>{read}</p>{STILL}{charts}</div>{self._still_table()}<p><small>{escape(spec['source'])}</small></p></div>"
        )

    def charts(self) -> list[str]:
        """The charts as they show now, each an SVG text."""
        return [
            draw.svg(panel, paper, view, self._label(panel))
            for panel, paper, view in zip(self.panels, self._plots, self.frame.panels)
        ]

    def _still_table(self) -> str:
        """The table below the charts, HTML text: each dot's row, and its state in each scatter panel."""
        rows, scatters = self.spec["table"], [i for i, panel in enumerate(self.panels) if panel.kind == "scatter"]
        if not rows:
            return ""
        head = [*rows[0], *(self.panels[i].title for i in scatters)]
        body = [
            [*row.values(), *(STATES[self.frame.panels[i].states[n]] for i in scatters)] for n, row in enumerate(rows)
        ]
        cells = ["".join(f"<td>{escape(text)}</td>" for text in (str(n + 1), *row)) for n, row in enumerate(body)]
        return (
            f"<details><summary>{TABLE}</summary><table><thead><tr><th>number</th>"
            f"{''.join(f'<th>{escape(name)}</th>' for name in head)}</tr></thead>"
            f"<tbody>{''.join(f'<tr>{row}</tr>' for row in cells)}</tbody></table></details>"
        )

    def _repr_mimebundle_(self, **kwargs):  # ipywidgets 7 (Colab) never asks: there the live widget shows alone
        bundle = super()._repr_mimebundle_(**kwargs)
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        data["text/plain"] = f"Explorer: {self.spec['title']} ({self.spec['source']})"
        data["text/html"] = self.figure()
        return data, metadata

    def _label(self, panel: Panel) -> str:
        place = ", ".join(f"{c.label} {c.texts[i]}" for c, i in zip(self.controls, self.position))
        return f"{panel.title}. {place}. " + ", ".join(f"{k} {v}" for k, v in self.frame.readouts.items())

    def _drawing(self) -> dict:
        """The charts, where their values lie, and every frame, as plain numbers and strings for the browser."""
        panels = []
        for panel, paper, view in zip(self.panels, self._plots, self.frames[0].panels):
            drawn = {"svg": draw.svg(panel, paper, view, panel.title), "title": panel.title, "kind": panel.kind}
            drawn |= {name: getattr(paper, name) for name in ("left", "top", "width", "height")}
            drawn |= {"x": list(paper.x), "y": list(paper.y)}
            drawn["xs"] = list(range(panel.points)) if panel.kind == "bars" else [_plain(v) for v in panel.x]
            if panel.kind == "scatter":
                drawn["dots"] = [[dot.name, dot.text, dot.x is not None] for dot in panel.dots]
            own = [None if s.y is None else [_plain(v) for v in s.y] for s in panel.series]
            drawn["series"] = [] if panel.kind == "image" else own  # pictures are in the drawing
            panels.append(drawn)
        controls = [{"name": c.name, "label": c.label, "texts": c.texts} for c in self.controls]
        frames = [[list(f.readouts.values()), [_compact(view) for view in f.panels]] for f in self.frames]
        return {"panels": panels, "controls": controls, "readouts": list(self.frames[0].readouts), "frames": frames}


def _check(controls, panels, frames, source) -> None:
    if not controls or not panels:
        raise ValueError("an explorer needs at least one control and one panel")
    if len({c.name for c in controls}) < len(controls):
        raise ValueError("two controls have the same name")
    expected = math.prod(len(control.values) for control in controls)
    if len(frames) != expected:
        raise ValueError(f"{expected} combinations of the sliders need {expected} frames, not {len(frames)}")
    if not source:
        raise ValueError("say in `source` where the numbers come from")
    for frame in frames:
        if list(frame.readouts) != list(frames[0].readouts):
            raise ValueError("every frame needs the same readouts in the same order")
        if len(frame.panels) != len(panels):
            raise ValueError(f"a frame has {len(frame.panels)} views for {len(panels)} panels")
        for panel, view in zip(panels, frame.panels):
            panel.check_view(view)


def _check_table(table, panels) -> None:
    for panel in panels:
        if panel.kind == "scatter" and len(table) != len(panel.dots):
            raise ValueError(f"{len(panel.dots)} dots need a table of {len(panel.dots)} rows, not {len(table)}")
    if any(list(row) != list(table[0]) for row in table):
        raise ValueError("every row of the table needs the same columns in the same order")


def _check_question(question, choices, answer) -> None:
    if question and not (answer and len(choices) > 1):
        raise ValueError("a question needs an answer and at least two choices")
    if not question and (answer or choices):
        raise ValueError("an answer or choices without a question")


def _plain(value) -> float | int:
    value = float(f"{value:.6g}")  # six digits are more than a screen shows, and keep the message small
    return int(value) if value == int(value) else value


def _compact(view: View) -> dict:
    compact = {}
    if view.y:
        compact["y"] = [[_plain(v) for v in y] for y in view.y]
    if view.at is not None:
        compact["at"] = list(map(int, view.at))
    if view.mark is not None:
        compact["mark"] = [_plain(v) for v in view.mark]
    if view.label:
        compact["label"] = view.label
    if view.states:
        compact["states"] = view.states
    return compact


def combinations(controls: Sequence[Control]) -> list[tuple]:
    """Every combination of the controls' values, in the order in which `Explorer` wants its frames."""
    return list(product(*(control.values for control in controls)))
