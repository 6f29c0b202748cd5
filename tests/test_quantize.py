"""Quantization: the maps agree with torch and with their laws; networks and files lose what rounding explains."""

import copy
import time

import numpy as np
import onnx
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from torch import nn
from torch.nn.utils import prune as torch_prune

from labkit import quantize, runtimes
from labkit.encoder import Encoder
from labkit.onnx import export
from labkit.quantize import dynamic, files, maps, networks, numerics
from labkit.quantize.crossover import layer_files

NAN = float("nan")
LAW = settings(derandomize=True, deadline=None, max_examples=60)
BITS = st.integers(2, 8)
NUMBERS = st.floats(-1e4, 1e4, allow_subnormal=False, width=32)
VALUES = arrays(np.float64, st.integers(1, 40), elements=NUMBERS)
MATRICES = arrays(np.float64, st.tuples(st.integers(1, 5), st.integers(1, 9)), elements=NUMBERS)


def a_network() -> nn.Sequential:
    """Three Conv-BatchNorm-ReLU-pool blocks at 4, 6 and 8 channels, and a linear layer: the layers 0, 4, 8 and 13."""
    torch.manual_seed(0)
    parts, inputs = [], 1
    for outputs in (4, 6, 8):
        conv = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
        parts += [conv, nn.BatchNorm2d(outputs), nn.ReLU(), nn.MaxPool2d(2)]
        inputs = outputs
    model = nn.Sequential(*parts, nn.Flatten(), nn.Linear(72, 10))
    with torch.no_grad():
        model(torch.rand(64, 1, 28, 28))  # statistics of the normalisations
    return model.eval()


@pytest.fixture
def network():
    return a_network()


@pytest.fixture
def images():
    return np.random.default_rng(0).random((40, 1, 28, 28), np.float32)


# Maps


@LAW
@given(VALUES, BITS)
def test_a_round_trip_errs_by_at_most_half_a_step(values, bits):
    scale, zero_point = quantize.affine_parameters(values, bits)
    codes = quantize.quantize(values, scale, zero_point, 0, 2**bits - 1)
    error = abs(quantize.dequantize(codes, scale, zero_point) - values)
    assert error.max() <= scale / 2 * (1 + 1e-9)


@LAW
@given(MATRICES, BITS, st.sampled_from(quantize.SCHEMES))
def test_symmetric_rounding_errs_by_at_most_half_a_step_anywhere(values, bits, scheme):
    scale = quantize.symmetric_scale(values, bits, scheme)
    error = abs(quantize.fake_quantize(values, bits, scheme) - values)
    assert (error <= scale / 2 * (1 + 1e-9)).all()


@LAW
@given(VALUES, BITS)
def test_zero_stays_exactly_zero(values, bits):
    scale, zero_point = quantize.affine_parameters(values, bits)
    codes = quantize.quantize(np.zeros(1), scale, zero_point, 0, 2**bits - 1)
    assert quantize.dequantize(codes, scale, zero_point)[0] == 0
    assert quantize.fake_quantize(np.append(values, 0.0), bits)[-1] == 0


@LAW
@given(MATRICES, BITS, st.sampled_from(quantize.SCHEMES))
def test_rounding_twice_is_rounding_once(values, bits, scheme):
    once = quantize.fake_quantize(values, bits, scheme)
    np.testing.assert_allclose(quantize.fake_quantize(once, bits, scheme), once, rtol=1e-9, atol=1e-12)


@LAW
@given(MATRICES, BITS)
def test_a_channel_does_not_see_the_others(values, bits):
    together, _ = quantize.quantize_per_channel(values, bits)
    for row, codes in zip(values, together):
        np.testing.assert_array_equal(quantize.quantize_per_channel(row[None], bits)[0][0], codes)


@LAW
@given(VALUES, BITS)
def test_codes_are_whole_numbers_within_their_bits(values, bits):
    codes, _ = quantize.quantize_per_channel(values[None], bits)
    assert codes.dtype == np.int8
    assert abs(codes.astype(int)).max() <= 2 ** (bits - 1) - 1
    assert quantize.quantize_affine(values)[0].dtype == np.uint8


@pytest.mark.parametrize("bits", range(2, 9))
def test_affine_rounding_is_torchs(bits):
    values = np.random.default_rng(bits).normal(0.3, 1, 2000).astype(np.float32)
    scale, zero_point = quantize.affine_parameters(values, bits)
    scale = 2.0 ** np.round(np.log2(scale))  # a power of two, so that float32 and float64 agree to the last digit
    codes = quantize.quantize(values, scale, zero_point, 0, 2**bits - 1)
    found = quantize.dequantize(codes, scale, zero_point)
    expected = torch.fake_quantize_per_tensor_affine(torch.from_numpy(values), scale, zero_point, 0, 2**bits - 1)
    np.testing.assert_array_equal(found, expected.numpy())


def test_halves_go_to_the_even_code_as_in_torch():
    values = np.array([0.5, 1.5, 2.5, -0.5, -1.5, -2.5], np.float32)
    codes = quantize.quantize(values, 1.0)
    expected = torch.fake_quantize_per_tensor_affine(torch.from_numpy(values), 1.0, 0, -127, 127)
    assert codes.tolist() == expected.tolist() == [0, 2, 2, 0, -2, -2]


@pytest.mark.parametrize("bits", range(2, 9))
def test_rounding_per_channel_is_torchs(bits):
    values = np.random.default_rng(bits).normal(size=(5, 3, 4)).astype(np.float32)
    qmin, qmax = quantize.limits(bits)
    scale = quantize.symmetric_scale(values, bits, "per_channel").astype(np.float32)
    expected = torch.fake_quantize_per_channel_affine(
        torch.from_numpy(values), torch.from_numpy(scale.ravel()), torch.zeros(5, dtype=torch.int32), 0, qmin, qmax
    )
    np.testing.assert_allclose(quantize.fake_quantize(values, bits, "per_channel"), expected, rtol=1e-5, atol=1e-7)


def test_the_slides_example_becomes_what_the_arithmetic_gives():
    example = np.array([0.234, -0.567, 0.891])
    assert quantize.quantize_affine(example)[0].tolist() == [140, 0, 255]
    assert quantize.quantize(example, quantize.symmetric_scale(example)).tolist() == [33, -81, 127]


def test_values_of_one_sign_keep_a_code_for_zero():
    assert quantize.affine_parameters(np.array([2.0, 5.1]))[1] == 0
    assert quantize.affine_parameters(np.array([-2.0, -5.1]))[1] == 255


def test_nothing_but_zeros_is_no_error():
    codes, scale, zero_point = quantize.quantize_affine(np.zeros(3))
    assert (codes.tolist(), scale, zero_point) == ([0, 0, 0], 1.0, 0)
    assert quantize.fake_quantize(np.zeros((2, 2)), 4, "per_channel").tolist() == [[0, 0], [0, 0]]


# Numerics


@pytest.mark.parametrize(("bits", "dtype"), [(10, torch.float16), (7, torch.bfloat16), (23, torch.float32)])
def test_a_short_mantissa_is_torchs_short_float(bits, dtype):
    values = np.random.default_rng(0).normal(size=1000)
    expected = torch.from_numpy(values).to(dtype).double().numpy()
    np.testing.assert_array_equal(quantize.round_mantissa(values, bits), expected)


@LAW
@given(arrays(np.float64, 20, elements=st.floats(1e-6, 1e6)), st.integers(0, 23))
def test_a_short_mantissa_errs_by_at_most_half_of_its_last_digit(values, bits):
    assert (abs(quantize.round_mantissa(values, bits) / values - 1) <= 2.0 ** -(bits + 1)).all()


def test_a_bit_more_is_six_decibels():
    values = np.random.default_rng(0).uniform(-1, 1, 20_000)
    found = [quantize.sqnr_db(values, quantize.fake_quantize(values, bits)) for bits in (4, 5, 6, 7, 8)]
    assert np.diff(found) == pytest.approx(20 * np.log10(2), abs=0.6)


def test_a_perfect_copy_has_no_noise():
    assert quantize.sqnr_db(np.ones(3), np.ones(3)) == float("inf")


@LAW
@given(VALUES, st.floats(1, 100))
def test_a_clipped_range_holds_its_share_and_lies_within_the_values(values, percent):
    low, high = quantize.clip_range(values, percent)
    assert values.min() <= low <= high <= values.max()
    assert ((values >= low) & (values <= high)).mean() >= percent / 100 - 2 / len(values)


def test_pairs_are_added_as_the_instruction_adds_them():
    assert quantize.pair_sums([255, 255, 255, 255, 1, 2], [127, 127, -128, -128, 3, 4]).tolist() == [32767, -32768, 11]


def test_seven_bits_of_weight_never_saturate():
    worst = np.full((1, 64), 63)
    assert quantize.saturated_share(np.full((3, 64), 255), worst) == (0.0, 0)
    assert quantize.saturated_share(np.full((3, 64), 255), -worst) == (0.0, 0)


def test_the_saturated_share_counts_outputs_with_a_cut_pair():
    activations = np.array([[255, 255, 1, 1]])
    weights = np.array([[127, 127, 0, 0], [1, 1, 1, 1]])
    assert quantize.saturated_share(activations, weights) == (0.5, 255 * 127 * 2 - 32767)


def test_bytes_after_dynamic_quantization_are_those_of_the_file(network, tmp_path):
    layers = [("conv", 1, 4, 3), ("norm", 4), ("conv", 4, 6, 3), ("norm", 6), ("conv", 6, 8, 3), ("norm", 8)]
    layers.append(("linear", 72, 10))
    statistics = 4 * 2 * (4 + 6 + 8) + 8 * 3  # of the normalisations
    tensors = sum(tensor.nbytes for tensor in network.state_dict().values())
    assert quantize.dynamic_bytes(layers) == tensors - statistics - 3 * 720


# Networks


def test_every_layer_of_a_rounded_network_has_few_different_weights(network):
    rounded = quantize.quantized_weights(network, 3)
    assert [len(layer.weight.unique()) <= 7 for layer in quantize.layers(rounded).values()] == [True] * 4
    assert len(quantize.layers(network)["0"].weight.unique()) > 7  # the original is untouched


def test_only_the_named_layer_is_rounded(network):
    rounded = quantize.layers(quantize.quantized_weights(network, 2, only="4"))
    for name, layer in quantize.layers(network).items():
        assert torch.equal(layer.weight, rounded[name].weight) == (name != "4")


def test_a_large_channel_changes_the_weights_and_not_the_answers(network):
    inputs = torch.rand(8, 1, 28, 28)
    changed = quantize.with_outlier(network, 16)
    with torch.inference_mode():
        torch.testing.assert_close(changed(inputs), network(inputs), rtol=1e-4, atol=1e-4)
    first, before = (quantize.layers(one)["0"].weight for one in (changed, network))
    torch.testing.assert_close(first[0], 16 * before[0])
    torch.testing.assert_close(first[1:], before[1:])


def test_the_gradient_passes_straight_through():
    weights = torch.tensor([0.26, -0.1, 0.04], requires_grad=True)
    found = quantize.straight_through(weights, 0.1, bits=4)
    (found * torch.tensor([1.0, 2.0, 3.0])).sum().backward()
    assert found.tolist() == pytest.approx([0.3, -0.1, 0.0])
    assert weights.grad.tolist() == [1, 2, 3]


@pytest.mark.parametrize("scheme", quantize.SCHEMES)
def test_a_prepared_network_answers_as_the_rounded_one(network, scheme):
    inputs = torch.rand(8, 1, 28, 28)
    prepared = quantize.prepare_qat(network, 4, scheme)
    expected = quantize.quantized_weights(network, 4, scheme)
    with torch.inference_mode():
        for one in (prepared.eval(), quantize.finish_qat(prepared)):
            torch.testing.assert_close(one(inputs), expected(inputs), rtol=1e-4, atol=1e-4)


def test_training_a_prepared_network_moves_weights_that_are_rounded_afterwards(network):
    prepared = quantize.prepare_qat(network, 3)
    optimizer = torch.optim.SGD(prepared.parameters(), lr=0.5)
    prepared(torch.rand(8, 1, 28, 28)).square().sum().backward()
    optimizer.step()
    finished = quantize.layers(quantize.finish_qat(prepared))
    assert all(len(layer.weight.unique()) <= 7 for layer in finished.values())
    assert not torch.equal(finished["0"].weight, quantize.layers(quantize.quantized_weights(network, 3))["0"].weight)
    assert not any("parametrizations" in name for name in quantize.finish_qat(prepared).state_dict())


# Files


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    return export(a_network(), tmp_path_factory.mktemp("onnx") / "float32.onnx")


@pytest.mark.parametrize("method", quantize.METHODS)
def test_an_int8_file_answers_nearly_as_the_float_file(exported, images, tmp_path, method, capsys):
    path = quantize.quantize_onnx(exported, tmp_path / "int8.onnx", images, method)
    before, after = (runtimes.onnx_predictor(one)(images) for one in (exported, path))
    assert abs(after - before).max() < 0.15 * np.ptp(before)
    assert capsys.readouterr().out == ""


def weights_of(path) -> dict[str, np.ndarray]:
    tensors = onnx.load(path).graph.initializer
    return {one.name: onnx.numpy_helper.to_array(one) for one in tensors}


def test_the_scheme_decides_how_many_scales_a_layer_has(exported, images, tmp_path):
    sizes = {}
    for scheme in quantize.SCHEMES:
        found = weights_of(quantize.quantize_onnx(exported, tmp_path / f"{scheme}.onnx", images, scheme=scheme))
        sizes[scheme] = sorted(
            {one.size for name, one in found.items() if "weight" in name and name.endswith("_scale")}
        )
    assert sizes["per_tensor"] == [1]
    assert sizes["per_channel"] == [4, 6, 8, 10]


def test_a_reduced_range_keeps_weights_within_seven_bits(exported, images, tmp_path):
    largest = {}
    for reduced in (True, False):
        found = weights_of(quantize.quantize_onnx(exported, tmp_path / "q.onnx", images, reduce_range=reduced))
        largest[reduced] = max(abs(one.astype(int)).max() for one in found.values() if one.dtype == np.int8)
    assert largest[True] <= 64 < largest[False]


@pytest.mark.parametrize(
    ("architecture", "features", "needed"),
    [
        ("x86_64", ["avx2"], True),
        ("AMD64", [], True),
        ("x86_64", ["avx2", "avx_vnni"], False),
        ("x86_64", ["avx512f", "avx512_vnni"], False),
        ("x86_64", ["avx512f"], True),
        ("aarch64", ["neon"], False),
        ("arm64", ["neon", "neon_dotprod"], False),
    ],
)
def test_only_x86_without_vnni_needs_the_reduced_range(architecture, features, needed):
    assert quantize.needs_reduced_range({"architecture": architecture, "features": features}) is needed


def test_the_cpu_decides_unless_told(exported, images, tmp_path, monkeypatch):
    monkeypatch.setattr(files, "fingerprint", lambda: {"architecture": "x86_64", "features": ["avx2"]})
    found = weights_of(quantize.quantize_onnx(exported, tmp_path / "q.onnx", images))
    assert max(abs(one.astype(int)).max() for one in found.values() if one.dtype == np.int8) <= 64


def test_calibration_sees_every_image_in_batches_of_one_size():
    reader = files._Reader("images", np.zeros((70, 1, 2, 2), np.float32))
    batches = iter(reader.get_next, None)
    assert [len(batch["images"]) for batch in batches] == [14] * 5


# Dynamic quantization


def test_the_best_engine_of_this_machine_is_chosen(monkeypatch):
    monkeypatch.setattr(torch.backends.quantized, "engine", torch.backends.quantized.supported_engines[0])
    chosen = quantize.choose_engine()
    there = torch.backends.quantized.supported_engines
    assert chosen == next(one for one in dynamic.ENGINES if one in there)
    assert torch.backends.quantized.engine == chosen


def test_where_the_api_is_gone_there_is_no_engine(monkeypatch):
    monkeypatch.delattr(torch.ao.quantization, "quantize_dynamic")
    assert quantize.choose_engine() is None


def test_onnx_runtime_shrinks_the_linear_layers_alone(network, images, tmp_path):
    path = quantize.dynamic_onnx(network, tmp_path / "dynamic.onnx")
    shapes = [one.shape for one in weights_of(path).values() if one.dtype == np.int8 and one.ndim == 2]
    assert shapes in ([(10, 72)], [(72, 10)])
    assert sum(one.dtype == np.float32 and one.ndim == 4 for one in weights_of(path).values()) == 3
    with torch.inference_mode():
        expected = network(torch.from_numpy(images)).numpy()
    assert abs(runtimes.onnx_predictor(path)(images) - expected).max() < 0.1 * np.ptp(expected)


def test_the_encoder_has_distilberts_size_and_its_linear_layers_are_converted():
    with torch.device("meta"):
        whole = Encoder()
    assert sum(p.numel() for p in whole.parameters()) == pytest.approx(66e6, rel=0.01)
    small = Encoder(layers=1, width=24, heads=3, feed_forward=40, vocabulary=50, positions=16).eval()
    quantize.choose_engine()
    converted = torch.ao.quantization.quantize_dynamic(copy.deepcopy(small), {nn.Linear}, dtype=torch.qint8)
    assert sum(isinstance(one, torch.ao.nn.quantized.dynamic.Linear) for one in converted.modules()) == 6
    assert not any(type(one) is nn.Linear for one in converted.modules())
    tokens = torch.randint(50, (2, 7))
    with torch.inference_mode():
        assert converted(tokens).shape == small(tokens).shape == (2, 7, 24)
        torch.testing.assert_close(converted(tokens), small(tokens), rtol=0.1, atol=0.1)


def test_attention_of_the_encoder_is_that_of_torchs_own_layer():
    torch.manual_seed(0)
    ours = Encoder(layers=1, width=24, heads=3, feed_forward=40, vocabulary=50, positions=16).layers[0].eval()
    theirs = nn.TransformerEncoderLayer(24, 3, 40, dropout=0.0, activation="gelu", batch_first=True).eval()
    joined = {"weight": [], "bias": []}
    for part in (ours.query, ours.key, ours.value):
        joined["weight"].append(part.weight.data)
        joined["bias"].append(part.bias.data)
    theirs.self_attn.in_proj_weight.data = torch.cat(joined["weight"])
    theirs.self_attn.in_proj_bias.data = torch.cat(joined["bias"])
    theirs.self_attn.out_proj.load_state_dict(ours.out.state_dict())
    theirs.linear1.load_state_dict(ours.wide.state_dict())
    theirs.linear2.load_state_dict(ours.narrow.state_dict())
    x = torch.rand(2, 5, 24)
    with torch.inference_mode():
        torch.testing.assert_close(ours(x), theirs(x), rtol=1e-4, atol=1e-5)


def test_the_encoders_process_reports_rows(monkeypatch):
    small = "import labkit.encoder as e; e.Encoder.__init__.__defaults__ = (1, 24, 3, 40, 50, 64); e.VOCABULARY = 50; "
    monkeypatch.setattr(dynamic, "CHILD", small + dynamic.CHILD)
    rows = quantize.encoder_rows((1, 2), seconds=0.05)
    assert [row["batch"] for row in rows] == [1, 2]
    assert all(row["ratio_low"] <= row["ratio"] <= row["ratio_high"] for row in rows)
    assert 0 < rows[0]["linear_share"] < 1
    assert rows[0]["parameters"] == 50 * 24 + 64 * 24 + 4 * (24 * 24 + 24) + 2 * 24 * 40 + 64 + 3 * 48


def test_a_failed_process_is_explained(monkeypatch):
    monkeypatch.setattr(dynamic, "CHILD", "raise ValueError('no memory')")
    with pytest.raises(RuntimeError, match="no memory"):
        quantize.encoder_rows()


# Crossover


def test_the_crossover_measures_every_combination_in_order():
    rows = quantize.crossover(widths=(8, 16), batches=(1, 2), seconds=0.1)
    assert [(row["width"], row["batch"]) for row in rows] == [(8, 1), (8, 2), (16, 1), (16, 2)]
    assert all(0 < row["ratio_low"] <= row["ratio"] <= row["ratio_high"] for row in rows)


def test_the_layers_of_the_crossover_compute_the_same(tmp_path):
    plain, small = layer_files(32, tmp_path)
    inputs = np.random.default_rng(1).normal(size=(50, 32)).astype(np.float32)
    before, after = (runtimes.onnx_predictor(one)(inputs) for one in (plain, small))
    assert quantize.sqnr_db(before, after) > 25
    assert any(one.dtype == np.int8 for one in weights_of(small).values())


# What is wrong is named


def being_pruned() -> nn.Module:
    """A layer whose weight PyTorch makes anew from `weight_orig` and a mask at each use."""
    layer = nn.Linear(3, 2)
    torch_prune.l1_unstructured(layer, "weight", 0.5)
    return layer


ONE = np.ones(4)
WRONG = {
    "1 bit": (lambda: quantize.fake_quantize(ONE, 1), "2 to 8, not 1"),
    "9 bits": (lambda: quantize.affine_parameters(ONE, 9), "2 to 8, not 9"),
    "half a bit": (lambda: quantize.limits(2.5), "whole number"),
    "True bits": (lambda: quantize.limits(True), "whole number"),
    "NaN": (
        lambda: quantize.quantize_affine(np.array([1, NAN])),
        r"1 of 2 values are NaN or infinite, the first at \(1,\)",
    ),
    "infinity": (lambda: quantize.quantize_per_channel(np.array([[np.inf]])), "NaN or infinite"),
    "empty": (lambda: quantize.quantize_affine(np.array([])), "empty"),
    "scheme": (lambda: quantize.fake_quantize(ONE, 4, "per_row"), "per_tensor, per_channel, not 'per_row'"),
    "scale 0": (lambda: quantize.quantize(ONE, 0.0), "above 0"),
    "scale NaN": (lambda: quantize.quantize(ONE, NAN), "above 0"),
    "limits": (lambda: quantize.quantize(ONE, 1.0, 0, 5, 5), "qmin must be below qmax"),
    "sqnr shapes": (lambda: quantize.sqnr_db(ONE, np.ones(3)), "one shape"),
    "no signal": (lambda: quantize.sqnr_db(0 * ONE, ONE), "no signal"),
    "percent": (lambda: quantize.clip_range(ONE, 0), "at most 100, not 0"),
    "mantissa": (lambda: quantize.round_mantissa(1.0, -1), "0 to 52"),
    "odd pairs": (lambda: quantize.pair_sums([1], [1]), "pairs need an even"),
    "activations": (lambda: quantize.pair_sums([256, 1], [1, 1]), "0 to 255"),
    "weights": (lambda: quantize.pair_sums([1, 1], [128, 1]), "-128 to 127"),
    "layer kind": (lambda: quantize.dynamic_bytes([("pool", 2)]), "not 'pool'"),
    "no layers": (lambda: quantize.layers(nn.ReLU()), "no convolution and no linear layer"),
    "unknown layer": (lambda: quantize.quantized_weights(a_network(), 4, only="x"), "no layer 'x'"),
    "outlier": (lambda: quantize.with_outlier(a_network(), 0), "above 0"),
    "no norm": (lambda: quantize.with_outlier(nn.Sequential(nn.Conv2d(1, 1, 3))), "followed by a BatchNorm"),
    "qat bits": (lambda: quantize.prepare_qat(a_network(), 0), "2 to 8"),
    "qat scheme": (lambda: quantize.prepare_qat(a_network(), 4, "x"), "not 'x'"),
    "qat twice": (lambda: quantize.prepare_qat(quantize.prepare_qat(a_network(), 4), 4), "prepared already"),
    "not prepared": (lambda: quantize.finish_qat(a_network()), "not prepared"),
    "infinite bits": (lambda: quantize.fake_quantize(ONE, float("inf")), "2 to 8, not inf"),
    "bits as text": (lambda: quantize.prepare_qat(a_network(), "8"), "2 to 8, not '8'"),
    "wide codes": (lambda: quantize.quantize(ONE, 0.001, 0, -500, 500), "do not fit into a byte"),
    "scale of rows": (lambda: quantize.quantize(ONE, np.ones((4, 1))), "does not belong to values"),
    "zero point": (lambda: quantize.quantize(ONE, 1.0, 0.5), "a whole number, not 0.5"),
    "scale back": (lambda: quantize.dequantize(ONE, NAN), "a scale must be"),
    "NaN code": (lambda: quantize.dequantize([NAN], 1.0), "stands for no value"),
    "fractions of codes": (lambda: quantize.pair_sums([1.5, 1], [1, 1]), "codes are whole numbers"),
    "large codes": (lambda: quantize.pair_sums([2**40, 1], [1, 1]), "0 to 255"),
    "no outputs": (lambda: quantize.saturated_share(np.ones((2, 2)), np.ones((0, 2))), "at least one of each"),
    "layer sizes": (lambda: quantize.dynamic_bytes([("conv", 1, 2)]), "3 of them, each above 0"),
    "straight scale": (lambda: quantize.straight_through(torch.ones(2), 0.0), "a scale must be"),
    "rounding in QAT": (lambda: quantize.quantized_weights(quantize.prepare_qat(a_network(), 4), 3), "finish_qat"),
    "rounding in pruning": (lambda: quantize.quantized_weights(being_pruned(), 3), "prune.remove"),
    "seconds": (lambda: quantize.crossover([4], [1], NAN), "seconds must be above 0"),
    "half a width": (lambda: quantize.crossover([2.5], [1]), "whole numbers"),
    "no word": (lambda: Encoder(1, 8, 2, 4, 5, 6)(torch.tensor([[5]])), "tokens are 0 to 4"),
    "no place": (lambda: Encoder(1, 8, 2, 4, 5, 6)(torch.zeros(1, 7, dtype=torch.int64)), "up to 6"),
    "no linear": (lambda: quantize.dynamic_onnx(nn.Conv2d(1, 1, 3), "x"), "no linear layer"),
    "heads": (lambda: Encoder(1, 10, 3, 4, 5, 6), "cannot be shared by 3"),
    "widths": (lambda: quantize.crossover(widths=()), "at least 1"),
    "batches": (lambda: quantize.crossover(batches=(0,)), "at least 1"),
}


@pytest.mark.parametrize(("call", "message"), WRONG.values(), ids=WRONG)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


CALIBRATION = {
    "none": (lambda images: images[:0], {}, "calibration set is empty"),
    "bytes": (lambda images: (255 * images).astype(np.uint8), {}, "float32 from 0 to 1"),
    "shape": (lambda images: images[:, :, :14], {}, r"shape \(1, 14, 28\)"),
    "NaN": (lambda images: images * np.float32(NAN), {}, "NaN or infinity"),
    "method": (lambda images: images, {"method": "mean"}, "minmax, entropy, percentile, not 'mean'"),
    "scheme": (lambda images: images, {"scheme": "none"}, "not 'none'"),
}


@pytest.mark.parametrize(("change", "options", "message"), CALIBRATION.values(), ids=CALIBRATION)
def test_bad_calibration_is_named(exported, images, tmp_path, change, options, message):
    with pytest.raises(ValueError, match=message):
        quantize.quantize_onnx(exported, tmp_path / "q.onnx", change(images), **options)


@pytest.mark.parametrize("call", [quantize.layers, quantize.quantized_weights, quantize.prepare_qat])
def test_what_is_no_network_is_refused(call):
    with pytest.raises(TypeError, match="a PyTorch network is needed, not NoneType"):
        call(None, *[4] * (call is not quantize.layers))


@pytest.mark.parametrize("content", [b"", b"hello" * 50])
def test_a_damaged_file_is_named_and_nothing_is_written(images, tmp_path, content):
    (tmp_path / "bad.onnx").write_bytes(content)
    with pytest.raises(ValueError, match=r"bad.onnx: .*export it again"):
        quantize.quantize_onnx(tmp_path / "bad.onnx", tmp_path / "q.onnx", images)
    assert [path.name for path in tmp_path.iterdir()] == ["bad.onnx"]


def test_a_file_with_nan_weights_is_named_and_the_old_one_stays(images, tmp_path):
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 2))
    with torch.no_grad():
        model[1].weight[0, 0] = NAN
    (tmp_path / "q.onnx").write_bytes(b"old")
    with pytest.raises(ValueError, match=r"'1\.weight' holds NaN or infinity"):
        quantize.quantize_onnx(export(model, tmp_path / "nan.onnx"), tmp_path / "q.onnx", images)
    assert (tmp_path / "q.onnx").read_bytes() == b"old"


def changed(exported, output, change):
    """A copy of the exported file in which `change` has altered the model."""
    model = onnx.load(exported)
    change(model)
    output.write_bytes(model.SerializeToString())
    return output


def outside(model):
    weight = model.graph.initializer[0]
    weight.ClearField("raw_data")
    weight.data_location = onnx.TensorProto.EXTERNAL
    weight.external_data.add(key="location", value="../elsewhere")


DAMAGE = {
    "weights from another folder": (outside, "outside its folder"),
    "an unknown operation": (lambda model: setattr(model.graph.node[0], "op_type", "Teleport"), "cannot be quantized"),
    "an opset to come": (lambda model: setattr(model.opset_import[0], "version", 99), "cannot be quantized"),
    "a type that there is not": (lambda model: setattr(model.graph.initializer[0], "data_type", 77), "is damaged"),
    "weights without bytes": (lambda model: model.graph.initializer[0].ClearField("raw_data"), "is damaged"),
    "two inputs": (lambda model: model.graph.input.append(model.graph.output[0]), "not one for the images"),
}


@pytest.mark.parametrize(("change", "message"), DAMAGE.values(), ids=DAMAGE)
def test_a_file_that_no_runtime_runs_is_named_in_one_line(exported, images, tmp_path, change, message):
    bad = changed(exported, tmp_path / "bad.onnx", change)
    with pytest.raises(ValueError, match=rf"bad\.onnx.*{message}") as told:
        quantize.quantize_onnx(bad, tmp_path / "q.onnx", images)
    assert "\n" not in str(told.value)
    assert not (tmp_path / "q.onnx").exists()


def test_two_gigabytes_of_nothing_are_refused_without_reading_them(images, tmp_path):
    with (tmp_path / "sparse.onnx").open("wb") as file:
        file.truncate(2**31 - 1)
    started = time.perf_counter()
    with pytest.raises(ValueError, match=r"sparse\.onnx: not an ONNX file"):
        quantize.quantize_onnx(tmp_path / "sparse.onnx", tmp_path / "q.onnx", images)
    assert time.perf_counter() - started < 1


def test_a_batch_that_is_baked_in_is_the_batch_of_the_calibration(exported, images, tmp_path):
    def bake(model):
        for one in (*model.graph.input, *model.graph.output):
            one.type.tensor_type.shape.dim[0].dim_value = 2

    pairs = changed(exported, tmp_path / "pairs.onnx", bake)
    assert quantize.quantize_onnx(pairs, tmp_path / "q.onnx", images[:4]).exists()
    with pytest.raises(ValueError, match="takes 2 images at once, and 3 are no multiple"):
        quantize.quantize_onnx(pairs, tmp_path / "q.onnx", images[:3])


def test_a_missing_file_is_named(images, tmp_path):
    with pytest.raises(FileNotFoundError, match="was the model exported"):
        quantize.quantize_onnx(tmp_path / "none.onnx", tmp_path / "q.onnx", images)


@pytest.mark.parametrize("prepare", [quantize.quantized_weights, quantize.prepare_qat])
def test_a_layer_with_nan_weights_is_named(network, prepare):
    with torch.no_grad():
        quantize.layers(network)["4"].weight[0, 0, 0, 0] = NAN
    with pytest.raises(ValueError, match="NaN or infinite") as error:
        prepare(network, 4)
    assert "4" in "".join(error.value.__notes__)


def test_the_functions_that_students_write_are_closed_to_them():
    for name in ("quantize_affine", "quantize_per_channel", "sqnr_db", "clip_range", "round_mantissa", "pair_sums"):
        assert hasattr(getattr(quantize, name), "__wrapped__"), name
    assert hasattr(networks.straight_through, "__wrapped__")
    assert hasattr(numerics.dynamic_bytes, "__wrapped__")
    for block in (maps.quantize, numerics.exact_pair_sums):  # each is an answer, or half of one, by itself
        assert hasattr(block, "__wrapped__"), block.__name__
