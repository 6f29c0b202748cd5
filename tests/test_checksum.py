"""A checksum is the same for the same thing in another process, and another one for whatever changes a result."""

import os
import subprocess
import sys
from functools import partial

import numpy as np
import pytest
import torch

import labkit as lk
from labkit.checksum import Unknown, checksum

CODE = """
FACTOR, IMAGES = 2, __import__("numpy").arange(3)
def double(x):
    return FACTOR * x
def work():
    return [double(x) for x in IMAGES]
"""


def notebook(code: str = CODE, **changes):
    """The function `work` of a notebook with this code, some of whose global variables are then changed."""
    space = {"__name__": "__main__"}
    exec(compile(code, "<cell>", "exec"), space)
    space |= changes
    return space["work"]


def test_the_same_code_with_the_same_surroundings_has_the_same_checksum():
    assert checksum(notebook()) == checksum(notebook())
    assert checksum(notebook()) == checksum(notebook(UNUSED=object()))
    assert checksum(notebook()) == checksum(notebook("\n\n# a comment\n" + CODE))


@pytest.mark.parametrize(
    "other",
    [
        notebook(CODE.replace("FACTOR * x", "FACTOR + x")),
        notebook(CODE.replace("for x in IMAGES", "for x in IMAGES[1:]")),
        notebook(CODE.replace("FACTOR, IMAGES = 2", "FACTOR, IMAGES = 3")),
        notebook(IMAGES=np.arange(4)),
        notebook(IMAGES=np.arange(3).astype(np.float32)),
    ],
    ids=["a function called", "the code", "a number", "an array", "its kind of numbers"],
)
def test_a_change_in_what_a_notebooks_function_reads_changes_its_checksum(other):
    assert checksum(other) != checksum(notebook())


def test_a_function_that_calls_itself_has_a_checksum():
    code = "def work(n=3):\n    return work(n - 1) if n else 0"
    assert checksum(notebook(code)) == checksum(notebook(code)) != checksum(notebook(code.replace("3", "4")))


def test_a_class_of_the_notebook_is_its_methods():
    code = "class Net:\n    def forward(self, x):\n        return x + 1\ndef work():\n    return Net()"
    assert checksum(notebook(code)) == checksum(notebook(code)) != checksum(notebook(code.replace("+ 1", "+ 2")))


def closure(number):
    return lambda: number


def test_a_closure_and_a_partial_depend_on_what_they_hold():
    assert checksum(closure(1)) == checksum(closure(1)) != checksum(closure(2))
    assert checksum(partial(pow, 2)) == checksum(partial(pow, 2)) != checksum(partial(pow, 3))
    soft = lk.distill.loss_against
    assert checksum(soft(temperature=3)) == checksum(soft(temperature=3)) != checksum(soft(temperature=4))


DIFFERENT = [
    None, False, True, 0, 1, 0.5, "", "1", "a", b"a", [], [1], [[1]], [1, 2], [2, 1], {}, {1: 2}, {2: 1}, {1, 2},
    np.zeros(3), np.zeros((3, 1)), np.zeros(3, np.float32), np.zeros(3, np.int32), np.array([0.0, 0, 1]),
    np.float64(0.25), torch.zeros(2), torch.ones(2), torch.float32, np.dtype("int8"), np, pow, int, len,
]  # fmt: skip


def test_different_things_have_different_checksums():
    assert len({checksum(one) for one in DIFFERENT}) == len(DIFFERENT)


def test_what_comes_back_from_a_file_has_the_checksum_of_what_went_in():
    assert checksum(np.float64(0.1), np.int64(3), (1, 2)) == checksum(0.1, 3, [1, 2])


def test_a_network_is_its_layers_and_weights():
    torch.manual_seed(0)
    one = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2))
    twin = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2))
    twin.load_state_dict(one.state_dict())
    assert checksum(one) == checksum(twin)
    assert (
        checksum(lk.torch_predictor(one)) == checksum(lk.torch_predictor(twin)) != checksum(lk.torch_predictor(one, 2))
    )
    with torch.no_grad():
        twin[0].weight[0, 0, 0, 0] += 1e-6
    assert checksum(one) != checksum(twin)


def test_the_predictor_of_a_file_is_the_files_content_with_its_options(tmp_path):
    model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(784, 10)).eval()
    path = lk.onnx.export(model, tmp_path / "model.onnx")
    first = checksum(lk.onnx_predictor(path))
    assert first == checksum(lk.onnx_predictor(path))
    assert first != checksum(lk.onnx_predictor(path, level="BASIC")) != checksum(lk.onnx_predictor(path, 2))
    with torch.no_grad():
        model[1].bias += 1
    lk.onnx.export(model, path)
    assert checksum(lk.onnx_predictor(path)) != first


def test_a_file_is_its_content_and_a_folder_its_name(tmp_path):
    (tmp_path / "a").mkdir()
    folder = checksum(tmp_path / "a")
    (tmp_path / "a" / "file").write_text("1")
    assert checksum(tmp_path / "a") == folder
    file = checksum(tmp_path / "a" / "file")
    (tmp_path / "a" / "file").write_text("2")
    assert checksum(tmp_path / "a" / "file") != file


def test_the_weights_beside_an_onnx_file_belong_to_it(tmp_path):
    (tmp_path / "model.onnx").write_bytes(b"graph")
    alone = checksum(tmp_path / "model.onnx")
    (tmp_path / "model.onnx.data").write_bytes(b"weights")
    assert checksum(tmp_path / "model.onnx") != alone


@pytest.mark.parametrize("value", [object(), iter([]), np.array([object()]), np.random.default_rng()])
def test_what_has_no_content_that_one_can_compare_is_named(value):
    with pytest.raises(Unknown, match=r"^\w+\.\w+"):
        checksum({"in": [value]})


def test_another_process_finds_the_same_checksum_whatever_its_hash_seed():
    program = (
        "import sys, labkit as lk; from labkit.checksum import checksum\n"
        "model, test = lk.load_baseline(), lk.data.load().test\n"
        "predict = lk.torch_predictor(model)\n"
        "def work():\n    return [x for x in {'a', 'b', 'c'} if x in ('a', 'b')], predict(test.inputs[:3])\n"
        "print(checksum(work))"
    )
    run = partial(subprocess.run, [sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert len({run(env={**os.environ, "PYTHONHASHSEED": seed}).stdout for seed in ("1", "2")}) == 1
