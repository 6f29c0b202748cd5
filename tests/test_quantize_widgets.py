"""The widgets and plots of lab 02 show the rows that they were given; the lab goes on where PyTorch lacks an API."""

import ast
import warnings
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import labkit as lk
from labkit import plots, quantize, sweeps
from labkit.widgets import bits_explorer, crossover_explorer

SOURCE = Path(__file__).parents[1] / "solutions" / "02_quantize.py"
WEIGHTS = {"conv": np.random.default_rng(0).normal(size=(4, 3, 3, 3)), "linear": np.ones((2, 5)) * [[1], [0.1]]}
BITS, WIDTHS, BATCHES = (2, 4, 8), (16, 64, 256), (1, 8)


def accuracies(**more):
    rows = []
    for bits, scheme in product(BITS, quantize.SCHEMES):
        lost = {2: 0.5, 4: 0.02, 8: 0.0}[bits] * (1 if scheme == "per_tensor" else 0.25)
        row = {"bits": bits, "scheme": scheme, "images": 2000, "accuracy": 0.93 - lost, "difference": -lost}
        for name in ("accuracy", "difference"):
            row |= {f"{name}_low": row[name] - 0.01, f"{name}_high": row[name] + 0.01}
        rows.append(row | more)
    return rows


def alone():
    return [row for name in WEIGHTS for row in accuracies(layer=name)]


def an_explorer():
    return bits_explorer(WEIGHTS, accuracies(), alone(), "a test")


def speeds(ratio=lambda width, batch: 40 / width / batch**0.5):
    rows = []
    for width, batch in product(WIDTHS, BATCHES):
        r = ratio(width, batch)
        row = {"width": width, "batch": batch, "float_ms": 1.0, "int8_ms": r, "ratio": r}
        rows.append(row | {"ratio_low": 0.9 * r, "ratio_high": 1.1 * r})
    return rows


def at(explorer, **values):
    explorer.position = [list(c.values).index(values[c.name]) for c in explorer.controls]
    return explorer.frame


def test_every_readout_of_the_bits_is_that_of_its_row():
    frame = at(an_explorer(), bits=4, scheme=0, layer=0)
    assert frame.readouts["accuracy, all layers rounded"] == "91.00 % (90.00 to 92.00)"
    assert frame.readouts["against float32"] == "-2.00 points (-3.00 to -1.00)"
    assert frame.readouts["this layer alone (2,000 images)"] == "-2.00 points (-3.00 to -1.00)"
    assert frame.readouts["codes"] == "-7 to 7"
    assert at(an_explorer(), bits=4, scheme=1, layer=0).readouts["against float32"].startswith("-0.50")


def test_the_step_and_the_error_are_those_of_the_rounding():
    frame = at(an_explorer(), bits=2, scheme=0, layer=1)  # 1 and 0.1 with the codes -1, 0, 1
    assert frame.readouts["one step"] == "1"
    assert frame.readouts["largest error"] == "0.1"
    assert frame.readouts["weights that become 0"] == "50.0 %"
    frame = at(an_explorer(), bits=2, scheme=1, layer=1)
    assert frame.readouts["one step"] == "0.1 to 1"
    assert frame.readouts["weights that become 0"] == "0.0 %"


def test_the_columns_hold_every_weight_before_and_after():
    explorer = an_explorer()
    for bits, scheme, layer in product(BITS, range(2), range(2)):
        _, before, after = at(explorer, bits=bits, scheme=scheme, layer=layer).panels
        assert sum(before.y[0]) == pytest.approx(100)
        assert sum(after.y[0]) == pytest.approx(100)
    _, _, after = at(explorer, bits=2, scheme=0, layer=0).panels
    assert sum(share > 0 for share in after.y[0]) == 3  # the codes -1, 0 and 1


def test_the_question_about_bits_is_answered_by_the_rows():
    assert an_explorer().spec["answer"] == "4 bits."


def test_a_missing_combination_of_bits_is_named():
    with pytest.raises(ValueError, match=r"no row for \(4, 'per_channel'\)"):
        bits_explorer(
            WEIGHTS, [r for r in accuracies() if (r["bits"], r["scheme"]) != (4, "per_channel")], alone(), "x"
        )
    with pytest.raises(ValueError, match="no row for"):
        bits_explorer(WEIGHTS, accuracies(), alone()[:-1], "x")
    with pytest.raises(ValueError, match="no layers"):
        bits_explorer({}, accuracies(), alone(), "x")
    with pytest.raises(ValueError, match="no rows"):
        bits_explorer(WEIGHTS, [], alone(), "x")
    with pytest.raises(ValueError, match="there twice"):
        bits_explorer(WEIGHTS, accuracies() * 2, alone(), "x")


def test_the_shipped_rows_fill_the_explorer_and_stay_below_half_a_megabyte():
    weights = {name: layer.weight.detach().numpy() for name, layer in quantize.layers(lk.load_baseline()).items()}
    rows, single = sweeps.load("quantize_bits"), sweeps.load("quantize_layers")
    explorer = bits_explorer(weights, rows.select(outlier="no"), single.rows, rows.source)
    assert len(explorer.frames) == 7 * 2 * 8
    assert len(str(explorer.spec)) < 500_000
    assert explorer.spec["answer"] in ("3 bits.", "4 bits.", "5 bits.")


def test_a_speed_is_the_reciprocal_of_its_ratio_and_so_are_the_ends_turned_round():
    explorer = crossover_explorer(speeds(), "a test")
    row = next(r for r in speeds() if (r["width"], r["batch"]) == (64, 8))
    frame = at(explorer, width=64, batch=8)
    low, high = 1 / row["ratio_high"], 1 / row["ratio_low"]
    assert frame.readouts["int8 against float32"] == f"{1 / row['ratio']:.2f} times ({low:.2f} to {high:.2f})"
    curve = explorer.panels[0].series[1]
    assert (curve.y[1], curve.low[1], curve.high[1]) == (1 / row["ratio"], low, high)
    assert frame.panels[1].y == [[1.0] * 3, [r["int8_ms"] for r in speeds() if r["batch"] == 8]]


@pytest.mark.parametrize(("ratio", "word"), [(0.5, "faster"), (2.0, "slower"), (1.05, "cannot tell")])
def test_an_interval_across_one_says_nothing(ratio, word):
    explorer = crossover_explorer(speeds(lambda *_: ratio), "a test")
    assert explorer.frame.readouts["int8 is"] == word


def test_the_crossing_is_the_width_from_which_all_wider_win():
    assert "from 64 on" in crossover_explorer(speeds(), "x").spec["answer"]
    dips = speeds(lambda width, _: {16: 0.5, 64: 2.0, 256: 0.5}[width])
    assert "from 256 on" in crossover_explorer(dips, "x").spec["answer"]
    assert "not once" in crossover_explorer(speeds(lambda *_: 2.0), "x").spec["answer"]


def test_a_missing_combination_of_the_crossover_is_named():
    with pytest.raises(ValueError, match=r"no row for width and batch \(256, 8\)"):
        crossover_explorer(speeds()[:-1], "x")
    with pytest.raises(ValueError, match="no rows"):
        crossover_explorer([], "x")
    with pytest.raises(ValueError, match="a ratio is not above 0"):
        crossover_explorer([row | {"ratio_low": 0.0} for row in speeds()], "x")


def test_the_shipped_crossover_and_encoder_name_their_machine():
    for name in ("quantize_crossover", "quantize_encoder"):
        found = sweeps.here(name, None, skip=True)
        assert found.source.startswith("Shipped: computed on ")
        assert all(row["ratio_low"] <= row["ratio"] <= row["ratio_high"] for row in found.rows)


def test_points_of_the_precision_plot_are_the_rows_in_order():
    rows = sweeps.load("quantize_precision").rows
    ax = plots.precision(rows[::-1])
    line = ax.lines[0].get_ydata()
    assert line == pytest.approx([100 * row["accuracy"] for row in sorted(rows, key=lambda row: row["mantissa"])])
    assert [text.get_text() for text in ax.texts][-1] == "0"  # 23 bits are all of them: no label changes


def test_each_method_is_a_curve_over_its_bits():
    rows = [
        {"bits": b, "method": m, "accuracy": a, "accuracy_low": a - 0.1, "accuracy_high": a + 0.1}
        for m, b, a in (("PTQ", 8, 0.9), ("PTQ", 3, 0.4), ("QAT", 3, 0.8), ("QAT", 8, 0.9))
    ]
    ax = plots.ptq_and_qat(rows)
    curves = {c.get_label(): c.lines[0].get_xydata().tolist() for c in ax.containers}
    assert curves == {"PTQ": [[3, 40], [8, 90]], "QAT": [[3, 80], [8, 90]]}


def test_shipped_qat_recovers_most_of_what_ptq_lost_at_4_bits():
    rows = sweeps.load("quantize_qat")
    ptq, qat = (rows.one(bits=4, method=method) for method in ("PTQ", "QAT"))
    gained, low, _ = lk.measure.accuracy_difference(sweeps.unpack(ptq["correct"]), sweeps.unpack(qat["correct"]))
    assert low > 0
    assert gained > 0.5 * -ptq["difference"]


def dynamic_cell() -> str:
    """The cell of the lab that holds the slide's line."""
    cells = SOURCE.read_text(encoding="utf-8").split("\n# %%")
    (cell,) = [cell for cell in cells if "torch.ao.quantization.quantize_dynamic(" in cell]
    return "#" + cell


def ran(folder) -> dict:
    model = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.Flatten(), nn.Linear(2 * 28 * 28, 10)).eval()
    names = {"lk": lk, "torch": torch, "model": model, "folder": folder, "warnings": warnings}
    exec(compile(ast.parse(dynamic_cell()), "cell", "exec"), names)
    return names


def test_the_labs_dynamic_cell_runs_with_the_api_and_without_it(tmp_path, monkeypatch, capsys):
    images = np.random.default_rng(0).random((5, 1, 28, 28), np.float32)
    with_api = ran(tmp_path)
    assert with_api["engine"] in torch.backends.quantized.supported_engines
    assert "any more" not in capsys.readouterr().out
    monkeypatch.delattr(torch.ao.quantization, "quantize_dynamic")
    torch.manual_seed(1)
    without = ran(tmp_path)
    assert without["engine"] is None
    assert "any more" in capsys.readouterr().out
    for names in (with_api, without):
        with torch.inference_mode():
            expected = names["model"](torch.from_numpy(images)).numpy()
        assert abs(names["dynamic"](images) - expected).max() < 0.05
        assert names["file"].stat().st_size < 0.5 * (tmp_path / "float32.pth").stat().st_size
