"""Plots show the figures they were given, with units, on the axes they were given, and say them to a screen reader."""

import xml.etree.ElementTree as ElementTree

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.container import ErrorbarContainer

from labkit import plots
from labkit.measure import MB, Peak, compare
from labkit.onnx import Node

SVG = "{http://www.w3.org/2000/svg}"
TIMES = np.array([1.0, 2.0, 1.0, 3.0, 1.0])
PAIRS = {"naive": [0.8, 1.0, 1.2], "labkit": [0.99, 1.0, 1.01, 1.04]}
PEAKS = {"small": Peak(100 * MB, 90 * MB, 130 * MB, 3), "large": Peak(400 * MB, 400 * MB, 400 * MB, 1)}
NETWORKS = pd.DataFrame(
    {
        "variant": ["small", "large"],
        "latency_ms": [5.0, 50.0],
        "latency_low_ms": [4.0, 45.0],
        "latency_high_ms": [7.0, 60.0],
        "size_bytes": [5 * MB, 100 * MB],
        "accuracy": [57.5, 76.1],
    }
)
PICTURES = np.arange(2 * 28 * 28).reshape(2, 1, 28, 28) % 256
ANIMALS = ("cat", "dog", "fox")
SEEDS = {"soft": [(0.93, 0.92, 0.94), (0.92, 0.91, 0.93)], "hard": [(0.91, 0.9, 0.92)]}
DIGITS = [
    {"mantissa": 2, "accuracy": 0.91, "accuracy_low": 0.9, "accuracy_high": 0.92, "flips": 40, "images": 1000},
    {"mantissa": 10, "accuracy": 0.93, "accuracy_low": 0.92, "accuracy_high": 0.94, "flips": 3, "images": 1000},
]
METHODS = [
    {"method": "PTQ", "bits": 3, "accuracy": 0.5, "accuracy_low": 0.4, "accuracy_high": 0.6},
    {"method": "PTQ", "bits": 8, "accuracy": 0.93, "accuracy_low": 0.92, "accuracy_high": 0.94},
    {"method": "QAT", "bits": 3, "accuracy": 0.92, "accuracy_low": 0.91, "accuracy_high": 0.93},
]
GAINS = {"all images": (0.005, -0.002, 0.012), "few images": (0.03, 0.01, 0.05)}
WEIGHTS = np.array([0.01, -0.02, 0.1, -0.2, 0.3])
CURVE = [
    {"amount": 0.0, "accuracy": 0.93, "low": 0.92, "high": 0.94},
    {"amount": 0.9, "accuracy": 0.6, "low": 0.58, "high": 0.63},
]
NODES = [
    Node("FusedConv", ("images", "weight"), ("a",), "Relu"),
    Node("MaxPool", ("a",), ("b",)),
    Node("Gemm", ("b", "matrix"), ("logits",)),
]
LEDGERS = {
    "baseline": {"raw bytes": 400, "latency": (1.0, 1.0, 1.0)},
    "rebuilt": {"raw bytes": 100, "latency": (0.5, 0.4, 0.7)},
}
STEPS = [
    {"step": "baseline in PyTorch", "by": "", "latency_ms": 2.0, "size_bytes": 8000, "gzip_bytes": 7000},
    {"step": "baseline in ONNX Runtime", "by": "runtime", "faster": 2.0, "smaller": 1.0, "smaller_gzip": 1.0},
    {"step": "student", "by": "network", "faster": 5.0, "smaller": 4.0, "smaller_gzip": 3.5},
]
STEPS[1] |= {"faster_low": 1.9, "faster_high": 2.2}
STEPS[2] |= {"faster_low": 4.0, "faster_high": 6.0}


TINY = [
    {"variant": name, "accuracy": share, "accuracy_low": share - 0.01, "accuracy_high": share + 0.01}
    | {"size_bytes": size, "ram_bytes": 7 * size // 10}
    for name, share, size in (("tiny", 0.89, 9_864), ("small", 0.92, 29_800))
]


@pytest.fixture(autouse=True)
def no_window():
    plt.switch_backend("Agg")
    yield
    plt.close("all")


def compared(slow_ms: int = 4, spread: float = 0.0):
    """A comparison on a clock that only the variants move: a baseline of 2 ms, one of 1 ms and one of `slow_ms`."""
    now, random = [0], np.random.default_rng(0)

    def takes(ms):
        def predict(images):
            now[0] += round(ms * 1_000_000 * random.uniform(1 - spread, 1 + spread))
            return np.zeros((len(images), 10), np.float32)

        return predict

    variants = {"float32": takes(2), "int8": takes(1), "slow": takes(slow_ms)}
    return compare(variants, np.zeros((1, 1, 28, 28), np.float32), clock=lambda: now[0])


# How to draw each, what its axes must say, and what a screen reader must hear.
EVERY = {
    "weight_histogram": (
        lambda ax=None: plots.weight_histogram(WEIGHTS, 0.05, ax=ax),
        "value of a weight",
        "weights",
        ["5 weights", "half of them within 0.1000", "2 below 0.0500"],
    ),
    "accuracy_curves": (
        lambda ax=None: plots.accuracy_curves({"magnitude": CURVE}, ax=ax),
        "pruning amount, %",
        "accuracy, % (95 % interval)",
        ["magnitude: 93.0 % at 0 %, 60.0 % at 90 %"],
    ),
    "ledgers": (
        lambda ax=None: plots.ledgers(LEDGERS, ax=ax),
        "% of baseline",
        "",
        ["baseline: raw bytes 100 %, latency 100 %", "rebuilt: raw bytes 25 %, latency 50 %"],
    ),
    "waterfall": (
        lambda ax=None: plots.waterfall(STEPS, ax=ax),
        "ms a call",
        "",
        ["runtime (baseline in ONNX Runtime): 2x (1.9 to 2.2)", "network (student): 5x (4 to 6)", "together 10x"],
    ),
    "call_times": (lambda ax=None: plots.call_times(TIMES, ax=ax), "call", "ms", ["5 calls", "1.00 ms", "1.60 ms"]),
    "a_a_errors": (
        lambda ax=None: plots.a_a_errors(PAIRS, ax=ax),
        "time of the model over time of the same model",
        "",
        ["naive: 2 of 3", "labkit: 0 of 4", "5%"],
    ),
    "ratios": (
        lambda ax=None: plots.ratios(compared(), ax=ax),
        "latency over that of float32 (95 % interval)",
        "",
        ["int8: 0.50", "slow: 2.00", "float32 (again): 1.00"],
    ),
    "peaks": (lambda ax=None: plots.peaks(PEAKS, ax=ax), "MB (10^6 bytes)", "", ["small: 100 MB", "large: 400 MB"]),
    "tradeoff": (
        lambda ax=None: plots.tradeoff(NETWORKS, "accuracy", "(published)", ax=ax),
        "latency of one image, ms",
        "accuracy, % (published)",
        ["small: 57.5 %, 5.0 ms", "large: 76.1 %, 50.0 ms"],
    ),
    "file_bytes": (
        lambda ax=None: plots.file_bytes({"float": {"float32": 4000}, "int8": {"int8": 1000, "rest": 200}}, ax=ax),
        "kB (1000 bytes)",
        "",
        ["float: float32 4.0 kB", "int8: int8 1.0 kB, rest 0.2 kB"],
    ),
    "gain_shares": (
        lambda ax=None: plots.gain_shares({"time": (0.75, 0.25)}, ("architecture", "int8"), {"time": 16.0}, ax=ax),
        "% of its logarithm",
        "",
        ["time, 16.0 times: architecture 75%, int8 25%"],
    ),
    "device_fit": (
        lambda ax=None: plots.device_fit(TINY, 65_536, 32_768, 0.88, ax=ax),
        "kB (1000 bytes)",
        "accuracy, % (95 % interval)",
        ["at least 88%", "tiny: 89.0%, file 9.9 kB, arena 6.9 kB"],
    ),
    "soft_labels": (
        lambda ax=None: plots.soft_labels(PICTURES, [[0.9, 0.08, 0.02], [0, 0.25, 0.75]], [0, 1], ANIMALS, ax=ax),
        "probability",
        "",
        ["cat: cat 90.0%, dog 8.0%", "dog: fox 75.0%, dog 25.0%"],
    ),
    "gradient_scale": (
        lambda ax=None: plots.gradient_scale([1, 2, 4], [0.4, 0.1, 0.025], [0.4, 0.4, 0.4], ax=ax),
        "temperature",
        "length of the gradient",
        ["temperature 1 to 4", "alone from 0.4 to 0.025", "times T squared from 0.4 to 0.4"],
    ),
    "students": (
        lambda ax=None: plots.students(SEEDS, (0.95, 0.94, 0.96), ax=ax),
        "accuracy, %",
        "",
        ["soft: 93.00%, 92.00%", "hard: 91.00%", "teacher 95.00 %"],
    ),
    "precision": (
        lambda ax=None: plots.precision(DIGITS, ax=ax),
        "mantissa bits kept",
        "accuracy, %",
        ["2 bits: 91.00 %, 40 labels changed", "10 bits: 93.00 %, 3 labels changed"],
    ),
    "ptq_and_qat": (
        lambda ax=None: plots.ptq_and_qat(METHODS, ax=ax),
        "bits of every weight",
        "accuracy, %",
        ["PTQ: 3 bits 50.0 %, 8 bits 93.0 %", "QAT: 3 bits 92.0 %"],
    ),
    "graph": (
        lambda ax=None: plots.graph({"file": NODES, "fused": NODES[:1]}, ax=ax),
        "operations, from the first at the top",
        "",
        ["file: 3 operations: Conv + Relu, MaxPool, Gemm", "fused: 1 operations: Conv + Relu"],
    ),
    "differences": (
        lambda ax=None: plots.differences(GAINS, "soft minus hard", ax=ax),
        "soft minus hard, points",
        "",
        ["all images: +0.50 (-0.20 to +1.20)", "few images: +3.00 (+1.00 to +5.00)"],
    ),
}


@pytest.fixture(params=EVERY)
def plot(request):
    return EVERY[request.param]


def marks(ax, marker) -> list[tuple[float, float]]:
    """Where the marks of a kind are."""
    lines = [line for line in ax.lines if line.get_marker() == marker]
    return [tuple(map(float, xy)) for line in lines for xy in line.get_xydata()]


def spans(ax) -> list[tuple[float, float]]:
    """From where to where the horizontal intervals reach."""
    errors = [container for container in ax.containers if isinstance(container, ErrorbarContainer)]
    segments = [segment for _, _, bars in errors for lines in bars for segment in lines.get_segments()]
    return [tuple(map(float, segment[:, 0])) for segment in segments]


def test_no_plot_is_left_out_here():
    functions = [
        f for f in vars(plots).values() if getattr(f, "__module__", "").startswith(plots.__name__) and callable(f)
    ]
    drawing = {f.__name__ for f in functions if "ax" in f.__code__.co_varnames and not f.__name__.startswith("_")}
    assert drawing == set(EVERY)


def test_a_plot_is_drawn_on_the_axes_that_were_given(plot):
    draw, *_ = plot
    figure, (left, right) = plt.subplots(1, 2)
    assert draw(ax=right) is right
    assert right.has_data()
    assert not left.has_data()
    assert plt.get_fignums() == [figure.number]


def test_a_plot_without_axes_makes_a_figure_of_its_own(plot):
    draw, *_ = plot
    first, second = draw(), draw()
    assert first.has_data()
    assert first.figure is not second.figure
    assert first.figure.axes == [first]


def test_axes_say_what_they_show_and_in_which_unit(plot):
    draw, x_label, y_label, _ = plot
    ax = draw()
    assert x_label in ax.get_xlabel()
    assert ax.get_ylabel() == y_label


def test_a_screen_reader_hears_the_figures(plot):
    draw, _, _, said = plot
    label = draw().figure.get_label()
    assert [part for part in said if part not in label] == []


def test_a_figure_is_one_svg_with_a_role_and_its_label(plot):
    draw, *_ = plot
    figure = draw().figure
    svg = ElementTree.fromstring(plots.html(figure)).find(f"{SVG}svg")
    assert (svg.get("role"), svg.get("aria-label")) == ("img", figure.get_label())
    assert plots.html(figure).count("<svg") == plots.html(figure).count('role="img"') == 1


def test_the_same_figure_is_the_same_bytes(plot):
    draw, *_ = plot
    one = draw().figure
    first = plots.html(one)
    assert plots.html(one) == first
    assert plots.html(draw().figure) == first


def test_a_label_with_any_characters_stays_one_attribute():
    figure = plt.figure(label='a "quoted" <b>label</b> & it\'s ü')
    text = plots.html(figure)
    assert ElementTree.fromstring(text).find(f"{SVG}svg").get("aria-label") == figure.get_label()
    assert "<b>" not in text


def test_a_figure_without_a_label_says_so():
    assert 'aria-label="figure without a description"' in plots.html(plt.figure())


def test_text_in_a_figure_stays_text_and_no_date_is_kept():
    html = plots.html(plots.call_times(TIMES).figure)
    assert "Time of each call" in {text.text for text in ElementTree.fromstring(html).iter(f"{SVG}text")}
    assert "<dc:date>" not in html


def test_a_figure_leaves_matplotlibs_settings_as_they_were():
    before = dict(plt.rcParams)
    plots.html(plots.call_times(TIMES).figure)
    assert dict(plt.rcParams) == before


def test_every_call_is_a_dot_and_mean_and_median_are_lines():
    ax = plots.call_times(TIMES)
    assert marks(ax, ".") == list(enumerate(TIMES))
    heights = {line.get_label(): set(line.get_ydata()) for line in ax.lines if line.get_marker() != "."}
    assert heights == {"mean 1.60 ms": {1.6}, "median 1.00 ms": {1.0}}
    assert [text.get_text() for text in ax.get_legend().get_texts()] == list(heights)


def test_a_call_far_beyond_the_median_makes_the_axis_logarithmic():
    assert plots.call_times(TIMES).get_yscale() == "linear"
    assert plots.call_times(np.array([1.0, 1.0, 5.0])).get_yscale() == "linear"
    assert plots.call_times(np.array([1.0, 1.0, 5.1])).get_yscale() == "log"


def test_every_pair_of_an_a_a_test_is_a_mark_in_the_row_of_its_stopwatch():
    ax = plots.a_a_errors(PAIRS)
    for row, (values, marker) in enumerate(zip(PAIRS.values(), plots.MARKERS)):
        found = marks(ax, marker)
        assert [x for x, _ in found] == values
        assert {round(y) for _, y in found} == {row}
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["naive: 2 of 3 beyond 5%", "labkit: 0 of 4 beyond 5%"]


def test_the_limit_of_an_a_a_test_is_the_band_and_what_is_counted():
    ax = plots.a_a_errors(PAIRS, limit=0.02)
    assert "labkit: 1 of 4 beyond 2%" in ax.figure.get_label()
    band = ax.patches[0].get_extents().transformed(ax.transData.inverted())
    assert (band.x0, band.x1) == pytest.approx((0.98, 1.02))


def test_ratios_stand_at_their_value_with_their_interval_and_the_control_is_among_them():
    comparison = compared(spread=0.2)
    ax = plots.ratios(comparison)
    shown = [comparison["int8"], comparison["slow"], comparison.race.control]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["int8", "slow", "float32 (again)"]
    for row, (one, marker) in enumerate(zip(shown, plots.MARKERS)):
        assert marks(ax, marker) == [(pytest.approx(one.ratio), row)]
    assert spans(ax) == [pytest.approx((one.ratio_low, one.ratio_high)) for one in shown]
    assert all(low < high for low, high in spans(ax))


def test_large_ratios_make_the_axis_logarithmic_with_plain_numbers():
    assert plots.ratios(compared(slow_ms=6)).get_xscale() == "linear"
    ax = plots.ratios(compared(slow_ms=7))
    assert ax.get_xscale() == "log"
    ax.figure.canvas.draw()
    ticks = [tick.get_text() for tick in ax.get_xticklabels()]
    assert {"0.5", "1", "2"} <= set(ticks)
    assert not any("10^" in tick for tick in ticks)


def test_bars_are_as_long_as_the_peak_in_mb_with_the_range_of_the_runs():
    ax = plots.peaks(PEAKS)
    assert [bar.get_width() for bar in ax.patches] == [100, 400]
    assert spans(ax) == [pytest.approx((90, 130)), pytest.approx((400, 400))]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["small", "large"]
    assert [text.get_text() for text in ax.texts] == ["100", "400"]


def test_a_network_stands_at_its_latency_and_accuracy_and_its_area_is_its_bytes():
    ax = plots.tradeoff(NETWORKS, "accuracy")
    for i, row in NETWORKS.iterrows():
        assert marks(ax, plots.MARKERS[i]) == [(row.latency_ms, row.accuracy)]
    assert spans(ax) == [pytest.approx((4, 7)), pytest.approx((45, 60))]
    small, large = (float(one.get_sizes()[0]) for one in ax.collections if hasattr(one, "get_sizes"))
    assert large / small == pytest.approx(100 / 5)
    assert [text.get_text() for text in ax.texts] == ["small, 5.0 MB", "large, 100.0 MB"]
    assert ax.get_ylabel() == "accuracy, %"


def test_the_histogram_parts_the_weights_at_the_threshold():
    ax = plots.weight_histogram(WEIGHTS, 0.05)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["stay: 3", "leave: 2"]
    assert sum(patch.get_height() for patch in ax.patches) == 4  # the one farthest out is not shown
    assert plots.weight_histogram(np.array([0.5, -0.5])).get_legend() is None


def test_accuracy_stands_at_its_amount_with_its_interval_in_percent():
    ax = plots.accuracy_curves({"magnitude": CURVE, "random": CURVE})
    assert marks(ax, plots.MARKERS[0]) == [(0, 93), (90, 60)]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["magnitude", "random"]
    ends = [path.vertices[:, 1].tolist() for path in ax.collections[0].get_paths()]
    assert ends == [pytest.approx((92, 94)), pytest.approx((58, 63))]


def test_ledgers_are_bars_in_percent_of_the_first_variant_and_what_was_estimated_has_its_interval():
    ax = plots.ledgers(LEDGERS)
    assert [bar.get_width() for bar in ax.patches] == [100, 100, 25, 50]
    assert [text.get_text() for text in ax.texts] == ["100 %", "100 %", "25 %", "50 %"]
    lines = [path.vertices[:, 0].tolist() for one in ax.collections for path in one.get_paths()]
    assert lines == [pytest.approx((40, 70))]


def test_a_graph_has_a_box_for_each_operation_below_what_it_takes():
    ax = plots.graph([*NODES, Node("Add", ("a", "logits"), ("sum",))])
    rows = [(text.get_text(), text.get_position()[1]) for text in ax.texts[:-1]]
    assert rows == [("Conv + Relu", 0), ("MaxPool", 1), ("Gemm", 2), ("Add", 3)]
    assert sorted(tuple(map(float, line.get_ydata().round())) for line in ax.lines) == [(0, 1), (0, 3), (1, 2), (2, 3)]


def test_a_side_branch_of_a_graph_stands_right_above_what_needs_it():
    late = [Node("Constant", (), ("matrix",)), *NODES]
    ax = plots.graph(late)
    places = {text.get_text(): text.get_position() for text in ax.texts[:-1]}
    assert places["Constant"][1] == places["MaxPool"][1] == places["Gemm"][1] - 1
    assert places["Constant"][0] != places["MaxPool"][0]


def test_of_a_large_graph_the_first_operations_are_drawn_and_the_number_of_all_is_told():
    many = [Node("Relu", (f"v{i}",), (f"v{i + 1}",)) for i in range(5000)]
    ax = plots.graph({"large": many})
    assert len(ax.texts) == 81
    assert ax.texts[-1].get_text() == "large: 5000, the first 80 drawn"


def test_colours_and_markers_are_all_different_and_as_many():
    assert len(set(plots.COLOURS)) == len(set(plots.MARKERS)) == len(plots.COLOURS) == len(plots.MARKERS) == 7


def test_more_variants_than_colours_can_still_be_drawn():
    many = pd.concat([NETWORKS] * 5, ignore_index=True)
    assert len(plots.tradeoff(many, "accuracy").texts) == 10
    assert len(plots.a_a_errors({str(i): [1.0] for i in range(10)}).get_yticks()) == 10


def test_outside_a_notebook_setup_does_nothing():
    assert plots.setup() is None


NAN = float("nan")
IMAGE = np.zeros((1, 1, 28, 28), np.uint8)
WRONG = {
    "no graph": (lambda: plots.graph({}), "nothing to draw"),
    "no operations": (lambda: plots.graph({"a": []}), "without operations"),
    "no precision": (lambda: plots.precision([]), "no rows"),
    "no bits": (lambda: plots.ptq_and_qat([]), "no rows"),
    "outside": (lambda: plots.differences({"a": (0.0, 0.1, 0.2)}, "x"), "a: an interval holds its middle"),
    "NaN difference": (lambda: plots.differences({"a": (NAN, NAN, NAN)}, "x"), "is finite, not nan"),
    "no differences": (lambda: plots.differences({}, "x"), "no differences"),
    "no students": (lambda: plots.students({}, (0.9, 0.8, 1.0)), "no students"),
    "NaN student": (lambda: plots.students({"a": [(NAN, 0.8, 1.0)]}, (0.9, 0.8, 1.0)), "around nan"),
    "NaN weight": (lambda: plots.weight_histogram([1.0, NAN]), "did the training diverge"),
    "no weights": (lambda: plots.weight_histogram([]), "there are no weights"),
    "NaN threshold": (lambda: plots.weight_histogram([1.0], NAN), "a magnitude, 0 or more, not nan"),
    "no curve": (lambda: plots.accuracy_curves({"a": []}), "one without rows"),
    "no ledgers": (lambda: plots.ledgers({}), "no variants"),
    "no steps": (lambda: plots.waterfall(STEPS[:1]), "at least two steps, not 1"),
    "unknown waterfall": (lambda: plots.waterfall(STEPS, "size"), "latency, bytes, gzip, not 'size'"),
    "outside a step": (lambda: plots.waterfall([STEPS[0], STEPS[1] | {"faster": 3.0}]), "an interval holds its middle"),
    "a factor of 0": (lambda: plots.waterfall([STEPS[0], STEPS[1] | {"faster": 0}]), "faster is a number above 0"),
    "no latency": (lambda: plots.waterfall([STEPS[0] | {"latency_ms": None}, STEPS[1]]), "latency_ms is a number"),
    "no bytes": (lambda: plots.ledgers({"a": {"bytes": 0}}), "a value above 0, not 0"),
    "no gradient": (lambda: plots.gradient_scale([1, 2], [0, 1], [1, 1]), "finite and above 0"),
    "lengths": (lambda: plots.gradient_scale([1, 2], [1], [1, 1]), "do not fit together"),
    "logits": (lambda: plots.soft_labels(IMAGE, [[7.0, -1.0]], [0], ["a", "b"]), "were these logits"),
    "classes": (lambda: plots.soft_labels(IMAGE, [[1.0, 0.0]], [0], ["a"]), r"\(1, 1\), 0 to 1, are needed"),
    "label": (lambda: plots.soft_labels(IMAGE, [[1.0, 0.0]], [2], ["a", "b"]), "labels are 0 to 1"),
}


@pytest.mark.parametrize(("call", "message"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_plotted_is_refused_with_the_reason(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_files_bar_is_as_long_as_its_parts_together():
    ax = plots.file_bytes({"float": {"float32": 4000}, "int8": {"int8": 1000, "rest": 200}})
    ends = {round(bar.get_y() + 0.3): bar.get_x() + bar.get_width() for bar in ax.patches if bar.get_width()}
    assert ends == {0: 4.0, 1: 1.2}


def test_shares_of_a_gain_fill_the_whole_bar():
    ax = plots.gain_shares({"bytes": (0.6, 0.4), "time": (0.9, 0.1)}, ("one", "two"), {"bytes": 2, "time": 3})
    assert [bar.get_width() for bar in ax.patches] == pytest.approx([60, 40, 90, 10])
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["bytes: 2.0 times", "time: 3.0 times"]


def test_networks_stand_at_their_bytes_with_their_intervals_and_budgets_are_lines():
    ax = plots.device_fit(TINY, 65_536, 65_536, 0.88)
    assert marks(ax, "o") == [(9.864, 89.0), (29.8, 92.0)]
    assert [label for label in ax.get_legend_handles_labels()[1] if "flash" in label] == ["flash and RAM: 65.5 kB"]


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: plots.file_bytes({}), "no files"),
        (lambda: plots.file_bytes({"a": {"b": -1}}), "fewer than 0"),
        (lambda: plots.gain_shares({}, ("a", "b"), {}), "do not belong together"),
        (lambda: plots.gain_shares({"x": (0.5, 0.6)}, ("a", "b"), {"x": 2}), "add up to 1"),
        (lambda: plots.device_fit([], 1, 1, 0.88), "no networks"),
        (lambda: plots.device_fit([TINY[0] | {"accuracy_low": 0.9}], 1, 1, 0.88), "interval"),
    ],
)
def test_bytes_shares_and_networks_that_cannot_be_are_named(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()
