"""A file from anywhere is looked through before a library opens it: what could crash or hang is a clear error."""

import os
import time

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from labkit.models import Student
from labkit.onnx import check_file, export, graph, keep_everything, lifetimes, optimised
from labkit.onnx import files as module
from labkit.runtimes import onnx_predictor

FLOAT = TensorProto.FLOAT
IMAGES = np.zeros((1, 1, 28, 28), np.float32)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    torch.manual_seed(0)
    return export(Student(), tmp_path_factory.mktemp("files") / "student.onnx")


def small(nodes, weights=(), functions=(), domains=("",)) -> onnx.ModelProto:
    """A model from `images` (2 numbers) to `logits`."""
    ends = [helper.make_tensor_value_info(name, FLOAT, ["batch", 2]) for name in ("images", "logits")]
    whole = helper.make_graph(nodes, "small", ends[:1], ends[1:], weights)
    opsets = [helper.make_opsetid(domain, 1 if domain else 20) for domain in domains]
    return helper.make_model(whole, opset_imports=opsets, ir_version=10, functions=functions)


def saved(model: onnx.ModelProto, folder):
    path = folder / "made.onnx"
    path.write_bytes(model.SerializeToString())
    return path


def outside(location: str, **entries) -> TensorProto:
    """A tensor of 2 numbers whose bytes are in another file."""
    tensor = TensorProto(name="w", dims=[2], data_type=FLOAT, data_location=TensorProto.EXTERNAL)
    for key, value in ({"location": location} | entries).items():
        tensor.external_data.add(key=key, value=str(value))
    return tensor


ADD = [helper.make_node("Add", ["images", "w"], ["logits"])]


def test_a_good_file_is_described(path):
    found = check_file(path)
    nodes = onnx.load(path).graph.node
    assert (found.nodes, found.opset, found.files) == (len(nodes), 20, [path])
    assert found.tensors == len(onnx.load(path).graph.initializer)


def test_every_prefix_of_a_file_is_refused_or_is_a_file_of_its_own(path, tmp_path):
    content, cut = path.read_bytes(), tmp_path / "cut.onnx"
    for length in [*range(1, 400), *range(400, len(content), 4001)]:
        cut.write_bytes(content[:length])
        with pytest.raises(ValueError, match=r"cut\.onnx: .*export it again"):
            check_file(cut)


def test_a_flipped_byte_never_escapes_as_another_kind_of_error(path, tmp_path):
    content, random = bytearray(path.read_bytes()[:3000]), np.random.default_rng(0)
    spoiled = tmp_path / "spoiled.onnx"
    for _ in range(400):
        changed = bytearray(content)
        for place in random.integers(0, len(changed), 3):
            changed[place] = random.integers(256)
        spoiled.write_bytes(changed)
        with pytest.raises((ValueError, FileNotFoundError), match=r"spoiled\.onnx"):
            check_file(spoiled)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "an empty file"),
        (b"\0" * 1000, "not an ONNX file"),
        (b"hello" * 50, "not an ONNX file|cut short"),
        (b"<!doctype html><html></html>", "not an ONNX file|cut short"),
        (b"PK\x03\x04" + b"\0" * 100, "not an ONNX file|cut short"),
        (b"\xff" * 100, "not an ONNX file"),
        (onnx.ModelProto(ir_version=10).SerializeToString(), "one without a network"),
        (b"\x38\x05", "damaged one"),  # a number where the graph should be
    ],
    ids=["empty", "zeros", "text", "page", "zip", "ones", "no graph", "number"],
)
def test_what_is_no_onnx_file_is_named(tmp_path, content, message):
    path = tmp_path / "some.onnx"
    path.write_bytes(content)
    for opens in (check_file, onnx_predictor, graph):
        with pytest.raises(ValueError, match=rf"some\.onnx: .*({message})"):
            opens(path)


@pytest.mark.parametrize("size", [2_000_000_000, 2**31 + 5])
def test_two_gigabytes_of_nothing_are_refused_at_once(tmp_path, size):
    path = tmp_path / "huge.onnx"
    with path.open("wb") as file:
        file.truncate(size)  # takes no room on disk
    start = time.perf_counter()
    with pytest.raises(ValueError, match=r"not an ONNX file|holds at most"):
        onnx_predictor(path)
    assert time.perf_counter() - start < 2


def test_a_million_tiny_parts_are_refused_in_seconds(tmp_path):
    path = tmp_path / "parts.onnx"
    path.write_bytes(b"\x08\x0a" * (module.MOST_PARTS + 1))
    start = time.perf_counter()
    with pytest.raises(ValueError, match="parts"):
        check_file(path)
    assert time.perf_counter() - start < 20


def test_folders_pipes_and_links_to_nowhere_are_refused(tmp_path):
    with pytest.raises(ValueError, match="a folder or a device"):
        check_file(tmp_path)
    os.mkfifo(tmp_path / "pipe.onnx")
    with pytest.raises(ValueError, match="a folder or a device"):
        check_file(tmp_path / "pipe.onnx")
    (tmp_path / "link.onnx").symlink_to(tmp_path / "none")
    with pytest.raises(FileNotFoundError, match="a link to nowhere"):
        check_file(tmp_path / "link.onnx")
    with pytest.raises(FileNotFoundError, match="was the model exported"):
        check_file(tmp_path / "none.onnx")


def test_weights_beside_the_file_ship_with_it(tmp_path):
    np.array([1, 2], np.float32).tofile(tmp_path / "made.onnx.data")
    path = saved(small(ADD, [outside("made.onnx.data", offset=0, length=8)]), tmp_path)
    assert check_file(path).files == [path, tmp_path / "made.onnx.data"]
    np.testing.assert_array_equal(onnx_predictor(path)(np.zeros((1, 2), np.float32)), [[1, 2]])


def test_missing_weights_are_named(tmp_path):
    path = saved(small(ADD, [outside("made.onnx.data", length=8)]), tmp_path)
    for opens in (check_file, onnx_predictor, graph):
        with pytest.raises(FileNotFoundError, match=r"its weights are in 'made\.onnx\.data', which is not beside it"):
            opens(path)


@pytest.mark.parametrize(
    "location", ["../secret", "/etc/passwd", "a/../../secret", "", "c:\\secret", "link", "sub/../../secret", "x\0y"]
)
def test_weights_outside_the_folder_are_refused(tmp_path, location):
    folder = tmp_path / "model"
    (folder / "sub").mkdir(parents=True)
    (tmp_path / "secret").write_bytes(bytes(8))
    (folder / "link").symlink_to(tmp_path / "secret")
    path = saved(small(ADD, [outside(location, length=8)]), folder)
    with pytest.raises(ValueError, match=r"outside its folder|no file beside it"):
        onnx_predictor(path)


@pytest.mark.parametrize("entries", [{"length": 9}, {"offset": 4}, {"offset": -4}, {"length": "many"}, {"length": -1}])
def test_weights_that_are_not_all_there_are_refused(tmp_path, entries):
    (tmp_path / "made.onnx.data").write_bytes(bytes(8))
    path = saved(small(ADD, [outside("made.onnx.data", **entries)]), tmp_path)
    with pytest.raises(ValueError, match=r"do not belong together|does not say where"):
        check_file(path)


def test_a_tensor_outside_the_folder_is_found_wherever_it_hides(tmp_path):
    hidden = helper.make_node("Constant", [], ["w"], value=outside("/etc/passwd", length=8))
    inner = helper.make_graph([hidden], "inner", [], [helper.make_tensor_value_info("w", FLOAT, [2])])
    branch = helper.make_node("If", ["condition"], ["logits"], then_branch=inner, else_branch=inner)
    for nodes in ([hidden, *ADD], [branch]):
        with pytest.raises(ValueError, match="no file beside it"):
            check_file(saved(small(nodes), tmp_path))


def test_unknown_operations_are_an_error_not_a_crash(tmp_path):
    made = [helper.make_node("Teleport", ["images"], ["logits"])]
    with pytest.raises(ValueError, match=r"made\.onnx cannot be loaded.*Teleport"):
        onnx_predictor(saved(small(made), tmp_path))
    foreign = [helper.make_node("Teleport", ["images"], ["logits"], domain="evil.org")]
    with pytest.raises(ValueError, match=r"operators of 'evil\.org'"):
        onnx_predictor(saved(small(foreign, domains=("", "evil.org")), tmp_path))


def test_local_functions_are_refused_before_a_runtime_unfolds_them(tmp_path):
    def function(i):
        node = helper.make_node("Relu" if i == 0 else f"f{i - 1}", ["x"], ["y"], domain="" if i == 0 else "mine")
        opsets = [helper.make_opsetid("", 20), helper.make_opsetid("mine", 1)]
        return helper.make_function("mine", f"f{i}", ["x"], ["y"], [node], opsets)

    model = small(
        [helper.make_node("Relu", ["images"], ["logits"])],
        functions=[function(i) for i in range(3000)],
        domains=("", "mine"),
    )
    with pytest.raises(ValueError, match="3000 local functions"):
        onnx_predictor(saved(model, tmp_path))


def test_too_many_nodes_and_too_deep_graphs_are_refused(tmp_path, monkeypatch):
    def nested(depth):
        value = [helper.make_tensor_value_info("y", FLOAT, [2])]
        nodes = [helper.make_node("Identity", ["images"], ["y"])]
        for _ in range(depth):
            inner = helper.make_graph(nodes, "inner", [], value)
            nodes = [helper.make_node("If", ["c"], ["y"], then_branch=inner, else_branch=inner)]
        return nodes

    assert check_file(saved(small(nested(3)), tmp_path)).nodes == 15
    with pytest.raises(ValueError, match="more than 8 deep"):
        check_file(saved(small(nested(10)), tmp_path))
    monkeypatch.setattr(module, "MOST_NODES", 14)
    with pytest.raises(ValueError, match="more than 14 nodes"):
        check_file(saved(small(nested(3)), tmp_path))


def test_a_tensor_whose_bytes_do_not_fit_its_shape_is_refused(tmp_path):
    tensor = numpy_helper.from_array(np.zeros(2, np.float32), "w")
    for dims, message in (
        ([3], "instead of 12"),
        ([2**40, 2**40], "instead of"),
        ([-1], "below 0"),
        ([1] * 99, "64 dim"),
    ):
        del tensor.dims[:]
        tensor.dims.extend(dims)
        with pytest.raises(ValueError, match=message):
            check_file(saved(small(ADD, [tensor]), tmp_path))


@pytest.mark.parametrize("kind", [np.float64, np.float16, np.int64, np.int8, np.uint8, np.bool_, np.complex64])
def test_tensors_of_every_common_type_are_fine(tmp_path, kind):
    tensor = numpy_helper.from_array(np.zeros(5, kind), "w")
    assert check_file(saved(small(ADD, [tensor]), tmp_path)).tensors == 1


def test_a_wrong_input_is_explained(path, tmp_path):
    with pytest.raises(ValueError, match=r"cannot answer images of shape \(1, 3, 28, 28\)"):
        onnx_predictor(path)(np.zeros((1, 3, 28, 28), np.float32))
    other = saved(small([helper.make_node("Relu", ["x"], ["logits"])]), tmp_path)
    with pytest.raises(ValueError, match=r"made\.onnx cannot be loaded"):
        onnx_predictor(other)


def test_a_shape_that_the_file_does_not_take_is_told_beside_the_one_that_it_takes(path, tmp_path):
    with pytest.raises(ValueError, match=r"shape \(1, 784\): it takes \(batch, 1, 28, 28\)$"):
        onnx_predictor(path)(np.zeros((1, 784), np.float32))
    model = small([helper.make_node("Relu", ["images"], ["logits"])])
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 1
    with pytest.raises(ValueError, match=r"shape \(3, 2\): it takes \(1, 2\)$"):
        onnx_predictor(saved(model, tmp_path))(np.zeros((3, 2), np.float32))


def test_the_reason_is_told_however_long_the_path_is(tmp_path):
    folder = tmp_path / ("long" * 50)
    folder.mkdir()
    made = [helper.make_node("Teleport", ["images"], ["logits"])]
    with pytest.raises(ValueError, match="No Op registered for Teleport"):
        onnx_predictor(saved(small(made), folder))


def test_a_loop_is_refused_for_it_may_never_end(tmp_path):
    value = helper.make_tensor_value_info
    step = [helper.make_node("Identity", ["on"], ["still"]), helper.make_node("Identity", ["x"], ["y"])]
    ends = [value("i", TensorProto.INT64, []), value("on", TensorProto.BOOL, []), value("x", FLOAT, None)]
    body = helper.make_graph(step, "body", ends, [value("still", TensorProto.BOOL, []), value("y", FLOAT, None)])
    endless = [numpy_helper.from_array(np.array(2**62), "times"), numpy_helper.from_array(np.array(True), "go")]
    loop = helper.make_node("Loop", ["times", "go", "images"], ["logits"], body=body)
    with pytest.raises(ValueError, match=r"made\.onnx: holds a loop, which may never end"):
        onnx_predictor(saved(small([loop], endless), tmp_path))


def test_names_that_are_no_text_are_damage(path, tmp_path):
    (tmp_path / "bad.onnx").write_bytes(path.read_bytes().replace(b"relu", b"re\xff\xfe"))
    with pytest.raises(ValueError, match=r"bad\.onnx: .*export it again"):
        graph(tmp_path / "bad.onnx")


def test_damage_that_the_library_alone_sees_is_named_by_all_who_read_the_file(path, tmp_path):
    beyond = b"\x82\x80\x80\x80\x80\x01\x00"  # a field whose number is larger than protobuf allows
    (tmp_path / "bad.onnx").write_bytes(path.read_bytes() + beyond)
    for read in (graph, lifetimes, lambda file: keep_everything(file, tmp_path / "o.onnx")):
        with pytest.raises(ValueError, match=r"bad\.onnx: a damaged ONNX file .*; export it again"):
            read(tmp_path / "bad.onnx")


def test_an_answer_that_is_no_array_is_refused(tmp_path):
    model = small([helper.make_node("SequenceConstruct", ["images"], ["logits"])])
    model.graph.output[0].CopyFrom(helper.make_tensor_sequence_value_info("logits", FLOAT, None))
    with pytest.raises(ValueError, match=r"made\.onnx answers with .*, not with an array of logits"):
        onnx_predictor(saved(model, tmp_path))


def test_levels_answer_alike_and_an_unknown_one_is_refused(path):
    answers = [onnx_predictor(path, level=level)(IMAGES) for level in ("DISABLE_ALL", "BASIC", "EXTENDED", "ALL")]
    for answer in answers:
        np.testing.assert_allclose(answer, answers[0], atol=1e-5)
    with pytest.raises(ValueError, match=r"one of DISABLE_ALL, BASIC, EXTENDED, ALL, not 'FAST'"):
        onnx_predictor(path, level="FAST")


def test_an_optimised_file_is_written_whole_or_not_at_all(path, tmp_path):
    assert check_file(optimised(path, tmp_path / "new" / "o.onnx")).nodes < check_file(path).nodes
    (tmp_path / "cut.onnx").write_bytes(path.read_bytes()[:-50])
    with pytest.raises(ValueError, match="cut short"):
        optimised(tmp_path / "cut.onnx", tmp_path / "none.onnx")
    assert not (tmp_path / "none.onnx").exists()
