"""The explorer widget without a browser: what it sends, what it refuses, and the figure that needs no JavaScript."""

import json
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from itertools import product

import pytest
import traitlets

from labkit import edge
from labkit.widgets import (
    Control,
    Explorer,
    Frame,
    Panel,
    Series,
    View,
    combinations,
    cost_calculator,
    latency_calculator,
    latency_explorer,
)

NAN = float("nan")


def a_panel(**changes):
    parts = {"kind": "line", "title": "Squares", "x_label": "x", "y_label": "y", "x": (1, 2, 3)}
    return Panel(**(parts | {"series": [Series("square", (1, 4, 9))]} | changes))


def an_explorer(**changes):
    frames = [Frame({"square": str(x * x)}, [View(at=(0, i))]) for i, x in enumerate((1, 2, 3))]
    parts = {"title": "Squares", "controls": [Control("x", (1, 2, 3), "the number", "cm")], "panels": [a_panel()]}
    return Explorer(**(parts | {"frames": frames, "source": "computed"} | changes))


def measured(batches=(1, 2, 4, 8, 16, 32), threads=(1, 2)):
    rows = []
    for batch, count in product(batches, threads):
        ms = 0.4 + 0.1 * batch / count
        rows.append({"batch": batch, "threads": count, "latency_ms": ms})
        rows[-1] |= {"latency_low_ms": ms * 0.9, "latency_high_ms": ms * 1.2}
    return rows


def everything():
    return latency_explorer(measured(), "a test"), latency_calculator(), cost_calculator()


def at(explorer, **values):
    explorer.position = [list(c.values).index(values[c.name]) for c in explorer.controls]
    return explorer.frame


def test_import_labkit_loads_no_widget_and_no_plotting_library():
    code = "import labkit, sys; print([m for m in ('matplotlib', 'ipywidgets', 'anywidget') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


def test_the_last_slider_goes_fastest():
    controls = [Control("a", (1, 2), "a"), Control("b", (10, 20, 30), "b")]
    frames = [Frame({"sum": str(a + b)}, [View(at=(0, 0))]) for a, b in combinations(controls)]
    explorer = an_explorer(controls=controls, frames=frames)
    for i, j in product(range(2), range(3)):
        explorer.position = [i, j]
        assert explorer.frame.readouts["sum"] == str(sum(explorer.values.values()))


def test_a_control_starts_where_it_is_told():
    explorer = an_explorer(controls=[Control("x", (1, 2, 3), "the number", start=3)])
    assert explorer.values == {"x": 3}
    assert explorer.frame.readouts == {"square": "9"}


def test_a_position_that_no_slider_has_is_refused():
    explorer = an_explorer()
    for position in ([3], [-1], [0, 0], []):
        with pytest.raises(traitlets.TraitError, match="none of them"):
            explorer.position = position


@pytest.mark.parametrize("explorer", everything(), ids=lambda e: e.spec["title"])
def test_what_is_sent_is_plain_json_below_half_a_megabyte(explorer):
    sent = json.dumps(explorer.spec, allow_nan=False)
    assert json.loads(sent) == explorer.spec
    assert len(sent) < 500_000
    assert explorer.get_state()["spec"] == explorer.spec


@pytest.mark.parametrize("explorer", everything(), ids=lambda e: e.spec["title"])
def test_the_still_figure_is_well_formed_and_says_what_shows(explorer):
    bundle, _ = explorer._repr_mimebundle_()
    root = ElementTree.fromstring(bundle["text/html"].replace("<br>", "<br/>"))
    charts = [e for e in root.iter("{http://www.w3.org/2000/svg}svg") if e.get("role") == "img"]
    assert len(charts) == len(explorer.panels)
    for name, value in explorer.frame.readouts.items():
        assert all(f"{name} {value}" in chart.get("aria-label") for chart in charts)
    text = "".join(root.itertext())
    assert explorer.spec["source"] in text
    assert explorer.spec["source"] in bundle["text/plain"]
    assert "application/vnd.jupyter.widget-view+json" in bundle


def test_the_still_figure_shows_the_current_position():
    explorer = an_explorer()
    assert 'data-x="1" data-y="1"' in explorer.figure()
    explorer.position = [2]
    assert 'data-x="3" data-y="9"' in explorer.figure()


def test_words_from_outside_cannot_become_markup():
    explorer = an_explorer(title="<script>", source="a < b & c", panels=[a_panel(title='"><script>')])
    assert "<script>" not in explorer.figure() + explorer.spec["panels"][0]["svg"]
    assert "a &lt; b &amp; c" in explorer.figure()


def test_the_same_explorer_is_drawn_the_same_every_time():
    assert latency_calculator().figure() == latency_calculator().figure()


def test_axes_stay_still_while_bars_move():
    series = [Series("time")]
    panel = a_panel(kind="bars", x=("cloud", "edge"), series=series)
    frames = [Frame({"n": str(n)}, [View(y=[(n, 1)])]) for n in (1, 20, 93)]
    drawn = an_explorer(panels=[panel], frames=frames).spec["panels"][0]
    assert drawn["y"] == [0, 100, False]


def test_columns_have_one_edge_more_than_values():
    panel = a_panel(kind="hist", x=(0, 1, 2, 3), series=[Series("count")])
    frames = [Frame({"n": str(n)}, [View(y=[(n, 1, 2)])]) for n in (1, 2, 3)]
    assert an_explorer(panels=[panel], frames=frames).figure().count("<rect") == 3


WRONG = {
    "2 frames for 3": (lambda: an_explorer(frames=an_explorer().frames[:2]), "need 3 frames, not 2"),
    "no control": (lambda: an_explorer(controls=[]), "at least one control"),
    "no value": (lambda: Control("x", (), "x"), "has no values"),
    "NaN value": (lambda: Control("x", (1, NAN), "x"), "not finite"),
    "too few texts": (lambda: Control("x", (1, 2), "x", text=["1"]), "1 texts for 2 values"),
    "unknown start": (lambda: Control("x", (1, 2), "x", start=3), "cannot start at 3"),
    "same name": (lambda: an_explorer(controls=[Control("x", (1, 2, 3), "x"), Control("x", (1,), "x")]), "same name"),
    "no source": (lambda: an_explorer(source=""), "where the numbers come from"),
    "unknown kind": (lambda: a_panel(kind="pie"), "kind is one of line, bars, hist"),
    "no x": (lambda: a_panel(x=()), "x is empty"),
    "no series": (lambda: a_panel(series=[]), "at least one series"),
    "short y": (lambda: a_panel(series=[Series("s", (1, 4))]), "y of 's' has 2 values where x has 3"),
    "NaN y": (lambda: a_panel(series=[Series("s", (1, NAN, 9))]), "not finite"),
    "infinite y": (lambda: a_panel(series=[Series("s", (1, 4, float("inf")))]), "not finite"),
    "x not growing": (lambda: a_panel(x=(1, 3, 2)), "x must grow"),
    "zero on log x": (lambda: a_panel(x=(0, 1, 2), x_scale="log"), "x must be positive"),
    "zero on log y": (lambda: a_panel(y_scale="log", series=[Series("s", (0, 1, 2))]), "must be positive"),
    "one end": (lambda: a_panel(series=[Series("s", (1, 4, 9), low=(1, 4, 9))]), "not both"),
    "interval beside": (lambda: a_panel(series=[Series("s", (1, 4, 9), (2, 4, 9), (3, 5, 9))]), "does not hold"),
    "unknown scale": (lambda: a_panel(x_scale="cubic"), "a scale is"),
    "negative bar": (lambda: a_panel(kind="bars", series=[Series("s", (1, -4, 9))]), "must not be negative"),
    "limits turned round": (lambda: a_panel(y_limits=(1, 0)), "from low to high"),
    "no such point": (lambda: an_explorer(frames=[Frame({}, [View(at=(0, 3))])] * 3), "there is no point"),
    "NaN mark": (lambda: an_explorer(frames=[Frame({}, [View(mark=(1, NAN))])] * 3), "not finite"),
    "a view too many": (lambda: an_explorer(frames=[Frame({}, [View()] * 2)] * 3), "2 views for 1 panels"),
    "y too many": (lambda: an_explorer(frames=[Frame({}, [View(y=[(1, 2, 3)])])] * 3), "brings 1 series, not 0"),
    "readouts differ": (
        lambda: an_explorer(frames=[Frame({name: "1"}, [View(at=(0, 0))]) for name in "aab"]),
        "same readouts",
    ),
    "no answer": (lambda: an_explorer(question="how many?", choices=("1", "2")), "needs an answer"),
    "no choices": (lambda: an_explorer(question="how many?", answer="2"), "at least two choices"),
    "no question": (lambda: an_explorer(answer="2"), "without a question"),
}


@pytest.mark.parametrize(("make", "message"), WRONG.values(), ids=WRONG)
def test_bad_input_is_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_throughput_follows_from_latency():
    rows = measured()
    explorer = latency_explorer(rows, "a test")
    latency, throughput = explorer.panels
    for ours, theirs in zip(latency.series, throughput.series):
        for batch, ms, low, images, high in zip(latency.x, ours.y, ours.low, theirs.y, theirs.high):
            assert images == pytest.approx(1000 * batch / ms)
            assert high == pytest.approx(1000 * batch / low)
    frame = at(explorer, batch=4, threads=2)
    assert frame.readouts["latency of one call"] == "0.600 (0.540 to 0.720) ms"
    assert frame.readouts["throughput"] == "6,667 images/s"
    assert frame.readouts["throughput against batch 1"] == "3.00 times"  # 4/0.6 images a ms against 1/0.45


def test_the_order_of_the_rows_does_not_matter():
    rows = measured()
    assert latency_explorer(rows[::-1], "a test").spec == latency_explorer(rows, "a test").spec


def test_one_thread_count_needs_no_slider():
    explorer = latency_explorer(measured(threads=(1,)), "a test")
    assert [control.name for control in explorer.controls] == ["batch"]
    assert [len(panel.series) for panel in explorer.panels] == [1, 1]


def test_the_answer_comes_from_the_rows():
    spec = latency_explorer(measured(), "a test").spec
    assert spec["answer"] == f"measured: {32 * 0.5 / 3.6:.3g} times."  # one thread: 0.5 ms alone, 3.6 ms for 32
    assert spec["choices"][-1] == "32 times"


def test_close_batches_are_not_asked_about():
    assert latency_explorer(measured(batches=(1, 2, 4)), "a test").spec["question"] == ""


def test_a_missing_combination_is_named():
    rows = [row for row in measured() if (row["batch"], row["threads"]) != (8, 2)]
    with pytest.raises(ValueError, match="no row for batch 8 with 2 threads"):
        latency_explorer(rows, "a test")


def test_no_rows_and_rows_there_twice_are_refused():
    with pytest.raises(ValueError, match="no rows"):
        latency_explorer([], "a test")
    with pytest.raises(ValueError, match="there twice"):
        latency_explorer(measured() + measured()[:1], "a test")


@pytest.mark.parametrize("latency_ms", [0, -1, NAN])
def test_a_latency_that_cannot_be_is_refused(latency_ms):
    rows = measured()
    rows[3] |= {"latency_ms": latency_ms}
    with pytest.raises(ValueError, match=r"above 0|not finite"):
        latency_explorer(rows, "a test")


def test_the_slides_car_drives_2_7_metres_in_100_ms():
    frame = at(latency_calculator(), distance_km=0, network_ms=100, server_ms=1, device_ms=10)
    assert frame.readouts["cloud"] == "101 ms"
    assert frame.readouts["car drives, cloud"] == "2.71 m"
    assert frame.readouts["car drives, edge"] == "0.268 m"


def test_the_parts_of_each_bar_add_up_to_its_delay():
    explorer = latency_calculator()
    for values, frame in zip(combinations(explorer.controls), explorer.frames):
        cloud, device = map(sum, zip(*frame.panels[0].y))
        assert cloud == pytest.approx(edge.cloud_latency_ms(*values[:3]))
        assert device == values[3]


def test_break_even_lies_where_the_curves_cross():
    explorer = cost_calculator()
    frame = at(explorer, requests_per_day=1000, price=0.5, device_price=100, image_kb=100)
    assert frame.readouts["break-even"] == "day 200"
    (_, end), device = frame.panels[0].y
    month, cost = frame.panels[0].mark
    assert cost == device[0] == pytest.approx(end * month / 36)


def test_a_device_that_never_pays_has_no_break_even():
    frame = at(cost_calculator(), requests_per_day=100, price=0.05, device_price=800, image_kb=100)
    assert frame.readouts["break-even"] == "not in 3 years"
    assert frame.panels[0].mark is None


def test_energy_is_radio_power_times_time_on_the_air():
    frame = at(cost_calculator(), requests_per_day=100, price=1, device_price=25, image_kb=50)
    assert frame.readouts["radio, to send an image"] == "40 mJ"  # 0.4 Mbit at 10 Mbit/s and 1 W
    assert frame.readouts["processor, to answer here"] == "20 mJ"
    assert frame.panels[1].y == [pytest.approx((40, 20))]  # the bars are the same
