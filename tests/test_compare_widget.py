"""The Pareto explorer: every frame says what comparing every pair of variants would say."""

import json
from itertools import product
from xml.etree import ElementTree

import pytest

from labkit import results
from labkit.widgets import Control, Dot, Explorer, Frame, Panel, Series, View, pareto_explorer
from labkit.widgets.chart import STATES

SVG = "{http://www.w3.org/2000/svg}"
ROWS = [
    ("baseline", "PyTorch", 4_000_000, 1.2, 0.93, 5e8),
    ("baseline", "ONNX Runtime", 4_000_000, 0.4, 0.93, None),
    ("int8", "ONNX Runtime", 1_000_000, 0.45, 0.928, 8e7),
    ("student", "ONNX Runtime", 150_000, 0.04, 0.92, 7e7),
    ("tiny <b>", "ONNX Runtime", 20_000, 0.02, 0.85, float("nan")),
]


def rows(memory=True):
    names = ("variant", "runtime", "size_bytes", "latency_ms", "accuracy", "peak_memory_bytes")
    found = [dict(zip(names, row)) | {"machine": "m"} for row in ROWS]
    for row in found:
        row |= {"accuracy_low": row["accuracy"] - 0.005, "accuracy_high": row["accuracy"] + 0.005}
        if not memory:
            del row["peak_memory_bytes"]
    return found


def explorer(memory=True):
    return pareto_explorer(rows(memory), "baseline", "made up for a test")


def every_position(shown):
    for place in product(*(range(len(c.values)) for c in shown.controls)):
        shown.position = list(place)
        yield shown.values, shown.frame


def test_every_frame_dims_what_is_outside_the_limits_and_what_another_one_beats():
    shown, costs = explorer(), ("size_bytes", "latency_ms", "peak_memory_bytes")
    for limits, frame in every_position(shown):
        inside = [
            row["size_bytes"] <= limits["max_bytes"]
            and row["latency_ms"] <= limits["max_ms"]
            and 93 - 100 * row["accuracy"] <= limits["max_drop"] + 1e-9
            for row in rows()
        ]
        assert frame.readouts["within the limits"] == f"{sum(inside)} of 5"
        for cost, view in zip(costs, frame.panels):
            known = [row.get(cost) not in (None,) and row[cost] == row[cost] for row in rows()]
            for i, (row, state) in enumerate(zip(rows(), view.states)):
                beaten = any(
                    inside[j] and known[j] and other[cost] <= row[cost] and other["accuracy"] >= row["accuracy"]
                    and (other[cost], other["accuracy"]) != (row[cost], row["accuracy"])
                    for j, other in enumerate(rows()) if known[i]
                )  # fmt: skip
                wanted = "-" if not known[i] else "o" if not inside[i] else "d" if beaten else "f"
                assert state == wanted, (limits, cost, i)


def test_the_readouts_name_the_best_within_the_limits():
    shown = explorer()
    shown.position = [len(shown.controls[0].values) - 1, 1, 2]  # any size, at most 0.5 ms, at most 1 point
    assert shown.frame.readouts == {
        "within the limits": "3 of 5",
        "smallest": "4: student",
        "fastest": "4: student",
        "most accurate": "2: baseline",
    }
    shown.position = [0, 4, 4]  # the smallest file, the fastest, no drop
    assert set(shown.frame.readouts.values()) == {"0 of 5", "nothing fits"}


def test_every_device_of_the_budgets_is_on_the_slider_with_its_bytes():
    control = explorer().controls[0]
    texts = dict(zip(control.values, control.texts))
    for budget in results.BUDGETS:
        assert budget.device in texts[budget.max_bytes]
    assert list(control.values) == sorted(control.values)


def test_it_starts_without_limits_and_is_sent_as_plain_json_below_a_hundred_kilobytes():
    many = [row | {"variant": f"{row['variant']} {i}"} for i in range(4) for row in rows()]
    shown = pareto_explorer([*rows(), *many], "baseline", "made up")
    assert len(json.dumps(shown.spec, allow_nan=False)) < 100_000
    assert shown.frame.readouts["within the limits"] == "25 of 25"
    assert shown.controls[1].texts[0] == shown.controls[2].texts[0] == "any"


def test_without_memory_there_is_no_memory_panel():
    assert [panel.title for panel in explorer(memory=False).panels] == [
        "Accuracy against bytes",
        "Accuracy against latency",
    ]
    assert len(explorer().panels) == 3


def drawn(shown):
    return ElementTree.fromstring(shown.figure().replace("<br>", "<br/>"))


def test_the_still_figure_has_a_table_with_every_variant_and_its_state():
    shown = explorer()
    body = [[cell.text for cell in row] for row in drawn(shown).iter("tr")]
    assert body[0][:3] == ["number", "variant", "runtime"]
    assert [row[1] for row in body[1:]] == [row[0] for row in ROWS]
    for n, row in enumerate(body[1:]):
        assert row[-3:] == [STATES[view.states[n]] for view in shown.frame.panels]


def test_the_front_is_a_staircase_through_the_dots_on_it_and_dots_lie_where_their_values_say():
    shown = explorer(memory=False)
    charts = [e for e in drawn(shown).iter(f"{SVG}svg") if e.get("role") == "img"]
    for chart, panel, paper, view in zip(charts, shown.panels, shown._plots, shown.frame.panels):
        path = next(e for e in chart.iter(f"{SVG}path") if e.get("class") == "lk-front").get("d")
        for dot, state, group in zip(panel.dots, view.states, (e for e in chart.iter() if e.get("data-dot"))):
            x, y = paper.across(dot.x), paper.down(dot.y)
            assert group.get("transform") == f"translate({x:g} {y:g})"
            assert (f"{x:g}V{y:g}" in path or f"M{x:g}" in path) == (state == "f")


def test_names_from_outside_are_escaped():
    assert "tiny <b>" not in explorer().figure()
    assert "tiny &lt;b&gt;" in explorer().figure()


DOTS = (Dot("a", 1.0, 5.0, 4.0, 6.0),)
PLAIN = {"kind": "scatter", "title": "P", "x_label": "x", "y_label": "y", "x": (1, 10), "series": [Series("s")]}
PLAIN |= {"y_limits": (0, 10), "dots": DOTS}


def panel(**changes):
    return Panel(**(PLAIN | changes))


def one(view, table=({"name": "a"},), **changes):
    return Explorer("P", [Control("c", (1,), "c")], [panel(**changes)], [Frame({}, [view])], "made up", table=table)


WRONG = {
    "no rows": (lambda: pareto_explorer([], "baseline", "s"), "no rows"),
    "two machines": (
        lambda: pareto_explorer([*rows(), rows()[0] | {"machine": "n"}], "baseline", "s"),
        "times of two machines cannot be compared",
    ),
    "no baseline": (lambda: pareto_explorer(rows(), "teacher", "s"), "no row of the baseline 'teacher'"),
    "no dots": (lambda: panel(dots=()), "a scatter panel has dots"),
    "dots elsewhere": (
        lambda: Panel("line", "P", "x", "y", (1, 2), [Series("s", (1, 2))], dots=DOTS),
        "a scatter panel has dots, and no other",
    ),
    "no limits": (lambda: panel(y_limits=None), "needs y_limits"),
    "three ends": (lambda: panel(x=(1, 2, 3)), "the two ends of its axis"),
    "values": (lambda: panel(series=[Series("s", (1, 2))]), "groups of a scatter panel have no values"),
    "NaN": (lambda: panel(dots=(Dot("a", float("nan"), 5, 4, 6),)), "not finite"),
    "interval": (lambda: panel(dots=(Dot("a", 1, 5, 6, 7),)), "does not hold its value"),
    "beyond": (lambda: panel(dots=(Dot("a", 11, 5, 4, 6),)), "beyond the ends"),
    "group": (lambda: panel(dots=(Dot("a", 1, 5, 4, 6, group=1),)), "of no group"),
    "log y": (lambda: panel(y_scale="log"), "only lines have a log y"),
    "states missing": (lambda: one(View()), "1 states of"),
    "unknown state": (lambda: one(View(states="x")), "1 states of"),
    "not measured": (lambda: one(View(states="-")), "and no other, has the state"),
    "with y": (lambda: one(View(y=[(1,)], states="f")), "and nothing else"),
    "states of a line": (
        lambda: one(View(states="f"), kind="line", dots=(), series=[Series("s", (1, 2))]),
        "only a scatter panel has states",
    ),
    "no table": (lambda: one(View(states="f"), table=()), "need a table of 1 rows"),
    "columns": (
        lambda: one(View(states="ff"), dots=DOTS * 2, table=({"a": "1"}, {"b": "2"})),
        "the same columns",
    ),
}


@pytest.mark.parametrize(("make", "message"), WRONG.values(), ids=WRONG)
def test_bad_input_is_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()
