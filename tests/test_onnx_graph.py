"""What is in a file, what is fused and folded: by our rules and by ONNX Runtime, which must agree."""

import numpy as np
import onnx
import pytest
import torch
from torch import nn

from labkit.models import Baseline, Student
from labkit.onnx import (
    export,
    fold_batchnorm,
    fold_constants,
    fuse,
    graph,
    keep_everything,
    layer_by_layer,
    levels,
    lifetimes,
    ops,
    optimised,
    parity,
    peak_with_reuse,
    quiet,
    takes,
)
from labkit.runtimes import onnx_predictor, torch_predictor

IMAGES = np.random.default_rng(0).random((5, 1, 28, 28), np.float32)


def trained(model):
    """A network whose BatchNorms are no identity."""
    torch.manual_seed(0)
    for part in model.modules():
        if isinstance(part, nn.BatchNorm2d):
            for values, low, high in ((part.running_mean, -1, 1), (part.running_var, 0.5, 2), (part.bias.data, -1, 1)):
                values.uniform_(low, high)
            part.weight.data.uniform_(0.5, 2)
    return model.eval()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("graph")


@pytest.fixture(scope="module")
def student():
    return trained(Student((8, 8, 16, 16)))


@pytest.fixture(scope="module")
def layers(student, folder):
    return layer_by_layer(student, folder / "layers.onnx")


@pytest.fixture(scope="module")
def exported(student, folder):
    return export(student, folder / "exported.onnx")


def test_layer_by_layer_is_a_valid_file_that_answers_as_the_network(student, layers):
    onnx.checker.check_model(str(layers), full_check=True)
    np.testing.assert_allclose(onnx_predictor(layers)(IMAGES), torch_predictor(student)(IMAGES), atol=1e-4)


def test_layer_by_layer_keeps_every_layer_and_the_exporter_folds_the_norms(student, layers, exported):
    table = ops({"network": student, "layers": layers, "exported": exported})
    assert table["network"].equals(table["layers"])
    assert table.loc["BatchNorm"].tolist() == [4, 4, 0]
    assert table.loc["all"].tolist() == [17, 17, 13]


@pytest.mark.parametrize("layer", [nn.GELU(), nn.Conv2d(1, 1, 3, padding="same"), nn.MaxPool2d(2, ceil_mode=True)])
def test_a_layer_that_it_does_not_know_is_named(tmp_path, layer):
    with pytest.raises(TypeError, match="does not know this layer"):
        layer_by_layer(nn.Sequential(layer, nn.Flatten()), tmp_path / "x.onnx")
    with pytest.raises(TypeError, match="a PyTorch network is needed"):
        layer_by_layer("network", tmp_path / "x.onnx")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("bias", [True, False])
def test_a_folded_norm_answers_as_convolution_and_norm_do(bias):
    torch.manual_seed(1)
    conv = nn.Conv2d(3, 5, 3, bias=bias)
    norm = trained(nn.Sequential(nn.BatchNorm2d(5, eps=0.1)))[0]
    images = torch.randn(2, 3, 9, 9)
    old_bias = conv.bias if bias else torch.zeros(5)
    arrays = (conv.weight, old_bias, norm.weight, norm.bias, norm.running_mean, norm.running_var)
    weight, new_bias = fold_batchnorm(*(one.detach().numpy() for one in arrays), norm.eps)
    found = nn.functional.conv2d(images, torch.from_numpy(weight).float(), torch.from_numpy(new_bias).float())
    torch.testing.assert_close(found, norm(conv(images)), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(
    "model", [Student(), Student((8, 16), (1, 2)), Baseline()], ids=["student", "small", "baseline"]
)
def test_the_rule_of_fusing_leaves_what_onnx_runtime_leaves(tmp_path, model):
    path = layer_by_layer(trained(model), tmp_path / "layers.onnx")
    chain = [node.op for node in graph(path)]
    left = [node.op.replace("Fused", "") for node in graph(optimised(path, tmp_path / "o.onnx", "EXTENDED"))]
    assert fuse(chain) == left


def test_onnx_runtime_does_not_fuse_across_what_stands_between(tmp_path):
    model = nn.Sequential(
        nn.Conv2d(1, 8, 3), nn.ReLU(), nn.BatchNorm2d(8), nn.MaxPool2d(2), nn.ReLU(), nn.Flatten(), nn.Linear(1352, 10)
    )
    path = layer_by_layer(trained(model), tmp_path / "layers.onnx")
    chain = [node.op for node in graph(path)]
    left = [node.op.replace("Fused", "") for node in graph(optimised(path, tmp_path / "o.onnx", "EXTENDED"))]
    assert fuse(chain) == left == ["Conv", "BatchNormalization", "MaxPool", "Relu", "Flatten", "Gemm"]


def test_the_rule_of_constants_leaves_as_many_as_onnx_runtime(student, tmp_path):
    with quiet("torch.onnx"):
        shapes = ({0: torch.export.Dim("batch")},)
        torch.onnx.export(
            student,
            (torch.zeros(2, 1, 28, 28),),
            tmp_path / "plain.onnx",
            dynamic_shapes=shapes,
            external_data=False,
            optimize=False,
            verbose=False,
        )
    plain = onnx.load(tmp_path / "plain.onnx").graph
    nodes = [(node.op_type, list(node.input), node.output[0]) for node in plain.node]
    left = fold_constants(nodes, [one.name for one in plain.initializer])
    assert len(left) < len(nodes)
    assert len(left) == len(graph(optimised(tmp_path / "plain.onnx", tmp_path / "o.onnx", "BASIC")))


def test_a_chain_of_equal_buffers_needs_two_and_keeping_them_needs_all(exported):
    buffers = lifetimes(exported, batch=3)
    assert len(buffers) == len(onnx.load(exported).graph.node)
    assert buffers[0] == (3 * 8 * 28 * 28 * 4, 0, 1)
    assert peak_with_reuse(buffers) == 2 * buffers[0][0]
    assert peak_with_reuse([]) == 0
    assert lifetimes(exported, batch=6)[0][0] == 2 * buffers[0][0]


def test_keeping_every_buffer_changes_no_answer_and_makes_each_an_output(exported, tmp_path):
    kept = keep_everything(exported, tmp_path / "kept.onnx")
    np.testing.assert_allclose(onnx_predictor(kept)(IMAGES), onnx_predictor(exported)(IMAGES), atol=1e-4)
    model = onnx.load(kept).graph
    assert {one.name for one in model.output} == {name for node in model.node for name in node.output}


@pytest.mark.parametrize(
    ("wanted", "shape", "right"),
    [
        (["batch", 1, 28, 28], (9, 1, 28, 28), True),
        ([None, 1, 28, 28], (9, 1, 28, 28), True),
        ([1, 1, 28, 28], (9, 1, 28, 28), False),
        (["batch", 1, 28], (9, 1, 28, 28), False),
        (["batch", 3, 28, 28], (9, 1, 28, 28), False),
    ],
)
def test_a_file_takes_images_whose_fixed_sizes_are_equal(wanted, shape, right):
    assert takes(wanted, shape) is right


def test_parity_needs_shape_numbers_and_labels():
    logits = np.array([[5.0, 1.0], [0.0, 3.0]])
    assert parity(logits, logits + 5e-5) == (pytest.approx(5e-5), 1.0, True)
    assert parity(logits, logits + 5e-4)[2] is False
    assert parity(logits, logits[:1])[2] is False
    assert parity(logits, logits * np.nan)[2] is False
    tie = np.array([[1.0, 1.0 + 1e-6]])
    assert parity(tie, tie[:, ::-1]) == (pytest.approx(1e-6), 0.0, False)


def test_levels_count_and_time_every_file(layers, exported):
    rows = levels({"layers": layers, "exported": exported}, IMAGES[:1], seconds=0.3)
    assert [(row["file"], row["level"]) for row in rows[:2]] == [("layers", "DISABLE_ALL"), ("layers", "BASIC")]
    assert [sum(row["counts"].values()) for row in rows[::4]] == [17, 13]
    assert rows[2]["counts"]["Conv + Relu"] == 4
    assert all(0 < row["latency_low_ms"] <= row["latency_ms"] <= row["latency_high_ms"] for row in rows)
    with pytest.raises(ValueError, match="no files"):
        levels({}, IMAGES)


def test_what_is_neither_a_file_nor_a_network_is_refused(tmp_path):
    with pytest.raises(TypeError, match=r"an \.onnx file or a PyTorch network is needed, not int"):
        graph(3)
    with pytest.raises(FileNotFoundError, match="no such file"):
        ops(tmp_path / "none.onnx")
