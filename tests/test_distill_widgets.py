"""The explorers and plots of lab 04 show what softening, seeds and images say; pictures and many bars in explorers."""

import json
import re
import xml.etree.ElementTree as ElementTree
from itertools import product

import matplotlib.pyplot as plt
import numpy as np
import pytest

from labkit import distill, plots
from labkit.widgets import Control, Explorer, Frame, Panel, Series, View, alpha_explorer, temperature_explorer

SVG = "{http://www.w3.org/2000/svg}"
CLASSES = tuple("abcdefghij")
IMAGES = (np.arange(3 * 28 * 28).reshape(3, 1, 28, 28) * 7 % 256).astype(np.uint8)
LOGITS = np.random.default_rng(0).normal(0, 4, (3, 10))
LABELS = np.array([1, 4, 4])
ALPHAS, TEMPERATURES, SEEDS = (0.0, 0.25, 0.5), (1.0, 4.0), (0, 1, 2)


def thermometer(**changes):
    return temperature_explorer(
        **({"images": IMAGES, "logits": LOGITS, "labels": LABELS, "classes": CLASSES, "source": "a test"} | changes)
    )


def rows():
    """Each seed with hard labels at 0.8, 0.81, 0.82; with a teacher better by 0.01 times alpha plus temperature."""
    found = [{"alpha": 1.0, "temperature": 1.0, "seed": s, "accuracy": 0.8 + s / 100} for s in SEEDS]
    for a, t, s in product(ALPHAS, TEMPERATURES, SEEDS):
        luck = (s - 1) * t / 1000
        found.append({"alpha": a, "temperature": t, "seed": s, "accuracy": 0.8 + s / 100 + 0.01 * (a + t) + luck})
    return found


def tuned(changed=None):
    return alpha_explorer(rows() if changed is None else changed, "a test")


def at(explorer, **values):
    explorer.position = [list(c.values).index(values[c.name]) for c in explorer.controls]
    return explorer.frame


def drawn(explorer):
    return ElementTree.fromstring(explorer.figure().replace("<br>", "<br/>"))


@pytest.fixture(autouse=True)
def no_window():
    plt.switch_backend("Agg")
    yield
    plt.close("all")


@pytest.mark.parametrize("explorer", [thermometer(), tuned()], ids=["temperature", "alpha"])
def test_what_is_sent_is_plain_json_below_a_hundred_kilobytes(explorer):
    sent = json.dumps(explorer.spec, allow_nan=False)
    assert len(sent) < 100_000
    charts = [e for e in drawn(explorer).iter(f"{SVG}svg") if e.get("role") == "img"]
    assert len(charts) == 2
    for name, value in explorer.frame.readouts.items():
        assert all(f"{name} {value}" in chart.get("aria-label") for chart in charts)


@pytest.mark.parametrize(("image", "temperature"), list(product(range(3), (0.5, 1, 10))))
def test_the_bars_are_the_softened_logits_of_the_image_that_shows(image, temperature):
    explorer = thermometer()
    frame = at(explorer, image=image, temperature=temperature)
    shares = distill.soften(LOGITS, temperature)[image]
    (bars,) = frame.panels[1].y
    np.testing.assert_allclose(bars, 100 * shares, atol=0.005)
    assert frame.panels[0].at == (image, 0)
    assert frame.readouts["first choice"] == f"{CLASSES[shares.argmax()]} {shares.max():.1%}"
    assert frame.readouts["entropy"] == f"{distill.entropy_bits(shares[None])[0]:.2f} bits"
    shown = [g for g in drawn(explorer).iter(f"{SVG}g") if g.get("shape-rendering") and not g.get("visibility")]
    assert [g.get("data-series") for g in shown] == [str(image)]


def test_it_starts_at_temperature_one_and_the_answer_is_what_softening_gives():
    explorer = thermometer()
    assert explorer.values == {"image": 0, "temperature": 1}
    assert f"{distill.soften(LOGITS, 10)[0].max():.0%}" in explorer.spec["answer"]
    assert f"{distill.soften(LOGITS, 1)[0].max():.0%}" in explorer.spec["question"]


def test_each_pixel_of_a_picture_is_painted_in_its_shade():
    group = next(g for g in drawn(thermometer()).iter(f"{SVG}g") if g.get("shape-rendering"))
    painted = np.full((28, 28), -1)
    for path in group:
        for x, y, length in re.findall(r"M(\d+) (\d+)h(\d+)", path.get("d")):
            start = int(x) // 8
            painted[int(y) // 8, start : start + int(length) // 8] = int(path.get("stroke")[1:3], 16)
    assert abs(painted - IMAGES[0, 0]).max() <= 9  # half of the step between 16 shades


def test_the_gain_is_over_the_same_seed_with_hard_labels():
    frame = at(tuned(), alpha=0.5, temperature=4.0)
    before = [0.8, 0.81, 0.82]
    mean, low, high = distill.mean_gain(before, [b + 0.045 + (s - 1) * 0.004 for s, b in enumerate(before)])
    assert frame.readouts["gain"] == f"{100 * mean:+.2f} points ({100 * low:+.2f} to {100 * high:+.2f})"
    assert frame.readouts["each seed"] == "84.10, 85.50, 86.90 %"
    assert frame.readouts["accuracy, mean"] == "85.50 %"
    assert frame.readouts["hard labels alone"] == "81.00 %"
    assert frame.readouts["verdict"] == "gain"


def test_an_interval_that_holds_zero_is_called_noise_and_one_below_it_a_loss():
    noisy, worse = rows(), rows()
    noisy[3:] = [r | {"accuracy": 0.81 + (r["seed"] == 1) * 0.05} for r in noisy[3:]]
    worse[3:] = [r | {"accuracy": 0.7 + r["seed"] / 100} for r in worse[3:]]
    assert tuned(noisy).frame.readouts["verdict"] == "inside the noise"
    assert tuned(worse).frame.readouts["verdict"] == "loss"


def test_both_panels_show_the_point_where_the_sliders_stand():
    explorer = tuned()
    for alpha, temperature in product(ALPHAS, TEMPERATURES):
        frame = at(explorer, alpha=alpha, temperature=temperature)
        for panel, view, x in zip(explorer.panels, frame.panels, (temperature, alpha)):
            index = view.at[1]
            assert panel.x[index] == x
            value, low, high = (curve[index] for curve in view.y)
            assert value == pytest.approx(float(frame.readouts["accuracy, mean"][:-2]), abs=0.005)
            assert low <= value <= high


def test_the_order_of_the_rows_does_not_matter():
    assert tuned(rows()[::-1]).spec == tuned().spec


def test_many_bars_are_lower_and_few_stay_as_they_were():
    def heights(n):
        panel = Panel("bars", "B", "", "%", [str(i) for i in range(n)], [Series("s")])
        explorer = Explorer("B", [Control("x", (1,), "x")], [panel], [Frame({}, [View(y=[range(n)])])], "made up")
        return {float(rect.get("height")) for rect in drawn(explorer).iter(f"{SVG}rect")}

    assert heights(2) == heights(6) == {30}
    assert heights(10) == {18}


def a_picture(pixels=(0, 255, 9, 9), view=None, **changes):
    panel = Panel(
        **(
            {"kind": "image", "title": "P", "x_label": "", "y_label": "", "x": (0, 1)}
            | {"series": [Series("p", pixels)]}
            | changes
        )
    )
    frame = Frame({}, [View(at=(0, 0)) if view is None else view])
    return Explorer("P", [Control("x", (1,), "x")], [panel], [frame], "made up")


WRONG = {
    "no row": (lambda: tuned(rows()[:-1]), "no row for alpha 0.5, temperature 4, seed 2"),
    "twice": (lambda: tuned(rows() + rows()[-1:]), "there twice"),
    "no hard": (lambda: tuned(rows()[1:]), "each seed needs a student with hard labels alone"),
    "only hard": (lambda: tuned(rows()[:3]), "and students with a teacher"),
    "labels": (lambda: thermometer(labels=LABELS[:2]), "2 labels do not belong together"),
    "label": (lambda: thermometer(labels=[99, *LABELS[1:]]), "labels are 0 to"),
    "grey shares": (
        lambda: plots.soft_labels(IMAGES / 255, np.eye(10)[:3], LABELS, CLASSES),
        "uint8, 0 .black. to 255",
    ),
    "NaN": (lambda: thermometer(logits=LOGITS * float("nan")), "NaN or infinity"),
    "soft_labels": (lambda: plots.soft_labels(IMAGES, np.eye(10)[:2], LABELS, CLASSES), "do not belong together"),
    "too bright": (lambda: a_picture((0, 256, 0, 0)), "beyond 255"),
    "pixels missing": (lambda: a_picture((0, 1, 2)), "has 3 values where x has 4"),
    "no pixels": (lambda: a_picture(None), "has no pixels"),
    "no picture chosen": (lambda: a_picture(view=View()), "which picture to show"),
    "a mark": (lambda: a_picture(view=View(at=(0, 0), mark=(0, 0))), "and nothing else"),
    "no such picture": (lambda: a_picture(view=View(at=(1, 0))), "there is no point"),
}


@pytest.mark.parametrize(("make", "message"), WRONG.values(), ids=WRONG)
def test_bad_input_is_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()


# Plots


def test_every_image_has_a_bar_for_each_class_as_long_as_its_probability():
    shares = distill.soften(LOGITS)
    ax = plots.soft_labels(IMAGES, shares, LABELS, CLASSES)
    bars = [container.patches[0] for container in ax.containers]
    np.testing.assert_allclose([bar.get_width() for bar in bars], 0.66 * shares.ravel(), atol=1e-12)
    assert [tick.get_text() for tick in ax.get_yticklabels()] == list(CLASSES)
    dark = [i % 10 for i, bar in enumerate(bars) if bar.get_facecolor() == bars[1].get_facecolor()]
    assert dark == LABELS.tolist()


def test_pictures_are_square_and_hold_no_bitmap():
    ax = plots.soft_labels(IMAGES, distill.soften(LOGITS), LABELS, CLASSES)
    backgrounds = [p for p in ax.patches if p.get_facecolor() == (0, 0, 0, 1) and hasattr(p, "get_width")]
    assert len(backgrounds) == 3
    ax.figure.canvas.draw()
    boxes = [p.get_window_extent() for p in backgrounds]
    assert [box.width / box.height for box in boxes] == pytest.approx([1, 1, 1], rel=0.02)
    assert "<image" not in plots.html(ax.figure)


def test_each_seed_is_a_mark_with_its_interval_and_the_teacher_a_line():
    found = {"soft": [(0.93, 0.92, 0.94), (0.91, 0.9, 0.92)], "hard": [(0.9, 0.89, 0.91)]}
    ax = plots.students(found, (0.95, 0.94, 0.96))
    marks = [[float(x) for x in line.get_xdata()] for line in ax.lines if line.get_marker() in ("o", "s")]
    assert sorted(x for mark in marks for x in mark) == pytest.approx([90, 91, 93])
    assert any(list(line.get_xdata()) == [95, 95] for line in ax.lines)


def test_differences_are_shown_in_points_beside_a_line_at_none():
    ax = plots.differences({"a": (0.01, -0.01, 0.03)}, "b minus c")
    assert [float(line.get_xdata()[0]) for line in ax.lines if line.get_marker() == "o"] == [1]
    segments = [s for c in ax.containers for lines in c[2] for s in lines.get_segments()]
    assert segments[0][:, 0].tolist() == pytest.approx([-1, 3])
    assert any(list(line.get_xdata()) == [0, 0] for line in ax.lines)


def test_both_curves_of_the_gradient_are_drawn_over_the_temperatures():
    ax = plots.gradient_scale([1, 2], [0.4, 0.1], [0.4, 0.4])
    curves = {line.get_label(): list(line.get_ydata()) for line in ax.lines}
    assert curves == {"soft loss alone": [0.4, 0.1], "times temperature squared": [0.4, 0.4]}
    assert [list(line.get_xdata()) for line in ax.lines] == [[1, 2], [1, 2]]
