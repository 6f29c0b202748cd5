"""An exported network is one file that answers as PyTorch does, for every batch."""

import logging

import numpy as np
import onnx
import pytest
import torch

import labkit as lk
from labkit.models import Student
from labkit.onnx import export
from labkit.runtimes import onnx_predictor, torch_predictor


@pytest.fixture(scope="module")
def student():
    torch.manual_seed(0)
    return Student().eval()


@pytest.fixture(scope="module")
def path(student, tmp_path_factory):
    return lk.onnx.export(student, tmp_path_factory.mktemp("onnx") / "new" / "student.onnx")


def test_the_file_is_valid_and_alone(path):
    onnx.checker.check_model(str(path), full_check=True)
    assert [found.name for found in path.parent.iterdir()] == ["student.onnx"]


def test_the_file_holds_the_weights_and_little_else(student, path):
    weights = sum(tensor.nbytes for tensor in student.state_dict().values())
    assert path.stat().st_size < weights + 2000
    assert not any(node.metadata_props or node.doc_string for node in onnx.load(path).graph.node)


@pytest.mark.parametrize("batch", [1, 2, 7])
def test_it_answers_every_batch_as_pytorch_does(student, path, batch):
    images = np.random.default_rng(batch).random((batch, 1, 28, 28), np.float32)
    expected, found = lk.torch_predictor(student)(images), lk.onnx_predictor(path)(images)
    assert found.shape == (batch, 10)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_a_network_in_training_mode_is_exported_for_prediction(path, tmp_path):
    torch.manual_seed(0)
    training = lk.onnx.export(Student().train(), tmp_path / "training.onnx")
    images = np.random.default_rng(0).random((3, 1, 28, 28), np.float32)
    np.testing.assert_allclose(lk.onnx_predictor(training)(images), lk.onnx_predictor(path)(images), atol=1e-6)


def test_export_is_quiet_and_leaves_the_log_as_it_was(student, tmp_path, capfd):
    logging.getLogger("torch.onnx").setLevel(logging.INFO)
    lk.onnx.export(student, tmp_path / "student.onnx")
    assert logging.getLogger("torch.onnx").level == logging.INFO
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("threads", [1, 2])
def test_a_predictor_knows_its_runtime_and_threads(path, threads):
    predict = lk.onnx_predictor(path, threads)
    assert (predict.runtime, predict.threads) == ("ONNX Runtime", threads)


def test_threads_below_one_are_refused(path):
    with pytest.raises(ValueError, match="at least 1, not 0"):
        lk.onnx_predictor(path, 0)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none\.onnx: no such file; was the model exported"):
        lk.onnx_predictor(tmp_path / "none.onnx")


def test_a_model_with_two_inputs_is_refused(tmp_path):
    value = onnx.helper.make_tensor_value_info
    inputs = [value(name, onnx.TensorProto.FLOAT, [1]) for name in "ab"]
    outputs = [value("c", onnx.TensorProto.FLOAT, [1])]
    graph = onnx.helper.make_graph([onnx.helper.make_node("Add", ["a", "b"], ["c"])], "sum", inputs, outputs)
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 18)], ir_version=10)
    onnx.save(model, tmp_path / "sum.onnx")
    with pytest.raises(ValueError, match="not one for the images"):
        lk.onnx_predictor(tmp_path / "sum.onnx")


PREDICTORS = {
    "PyTorch": lambda student, path: torch_predictor(student),
    "ONNX": lambda student, path: onnx_predictor(path),
}


@pytest.mark.parametrize("make", PREDICTORS.values(), ids=PREDICTORS)
def test_images_that_a_model_cannot_take_are_described(student, path, make):
    predict, images = make(student, path), np.zeros((2, 1, 28, 28), np.float32)
    with pytest.raises(TypeError, match=r"float32 from 0 to 1 .*, not uint8"):
        predict(images.astype(np.uint8))
    with pytest.raises(TypeError, match="NumPy array of float32, not NoneType"):
        predict(None)
    with pytest.raises(ValueError, match=r"cannot answer images of shape \(2, 3, 28, 28\)"):
        predict(images.repeat(3, axis=1))


def test_a_damaged_file_is_named(tmp_path):
    (tmp_path / "cut.onnx").write_bytes(b"hello" * 50)
    with pytest.raises(ValueError, match=r"cut\.onnx: not an ONNX file, or a damaged one; export it again"):
        onnx_predictor(tmp_path / "cut.onnx")


def test_a_shape_that_the_model_does_not_take_leaves_the_old_file(student, tmp_path):
    (tmp_path / "m.onnx").write_bytes(b"old")
    with pytest.raises(ValueError, match=r"Student cannot answer inputs of shape \(3, 5\)"):
        export(student, tmp_path / "m.onnx", (3, 5))
    with pytest.raises(TypeError, match="a PyTorch network is needed, not str"):
        export("student", tmp_path / "m.onnx")
    assert [file.read_bytes() for file in tmp_path.iterdir()] == [b"old"]
