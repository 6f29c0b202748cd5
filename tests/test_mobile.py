"""Orders of numbers, codes, TensorFlow Lite files and devices; a damaged file is named and hurts nobody."""

import json
import lzma
import os
import re
import subprocess
import sys
import time

import flatbuffers
import numpy as np
import pytest
import torch
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit import data, mobile, models, runtimes, sweeps, train
from labkit.mobile import child, store, tflite, trial
from labkit.mobile.codes import decoded, encoded
from labkit.mobile.twin import read_twin

settings.register_profile("labkit", deadline=None, derandomize=True)
settings.load_profile("labkit")

NAN = float("nan")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tflite")
    return {kind: mobile.shipped(f"student_{kind}", folder / f"{kind}.tflite") for kind in mobile.KINDS}


@pytest.fixture(scope="module")
def images():
    return data.load().test.inputs[:200]


@pytest.fixture(scope="module")
def student():
    return models.load_shipped("student_soft_0")


# the order of the numbers


@given(st.integers(1, 4), st.integers(1, 4), st.integers(1, 3), st.integers(1, 3), st.integers(0, 2**31))
def test_a_kernel_in_the_order_of_keras_convolves_as_pytorchs_does(out, inputs, height, width, seed):
    random = np.random.default_rng(seed)
    weight, image = random.normal(size=(out, inputs, height, width)), random.normal(size=(1, inputs, 5, 6))
    expected = torch.nn.functional.conv2d(torch.from_numpy(image), torch.from_numpy(weight)).numpy()
    pixels, kernel = mobile.nchw_to_nhwc(image), mobile.kernel_to_keras(weight)
    windows = np.lib.stride_tricks.sliding_window_view(pixels, (height, width), axis=(1, 2))
    found = np.einsum("nyxihw,hwio->nyxo", windows, kernel)
    np.testing.assert_allclose(mobile.nchw_to_nhwc(expected), found, atol=1e-12)


@given(st.integers(1, 5), st.integers(1, 4), st.integers(1, 4), st.integers(0, 2**31))
def test_the_linear_layer_gives_the_same_logits_after_either_flatten(channels, height, width, seed):
    random = np.random.default_rng(seed)
    maps = random.normal(size=(3, channels, height, width))
    weight = random.normal(size=(7, channels * height * width))
    expected = maps.reshape(3, -1) @ weight.T
    found = mobile.nchw_to_nhwc(maps).reshape(3, -1) @ mobile.flatten_order(weight, channels, height, width)
    np.testing.assert_allclose(found, expected, atol=1e-12)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mobile.nchw_to_nhwc(np.zeros((28, 28))), r"\(n, channels, height, width\), not \(28, 28\)"),
        (lambda: mobile.kernel_to_keras(np.zeros((3, 3))), r"\(out, in, height, width\), not \(3, 3\)"),
        (lambda: mobile.flatten_order(np.zeros((2, 7)), 2, 2, 2), r"\(out, 8\), not \(2, 7\)"),
        (lambda: mobile.quantize_input(np.zeros(3), 0.0, 0), "above 0"),
        (lambda: mobile.quantize_input(np.array([NAN]), 0.1, 0), "NaN"),
    ],
)
def test_arrays_of_another_shape_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# codes


@given(st.lists(st.floats(-3, 3), min_size=1), st.floats(0.005, 0.1), st.integers(-128, 127))
def test_a_code_is_at_most_half_a_step_off_or_the_last_one(values, scale, zero_point):
    values = np.array(values, np.float32)
    codes = mobile.quantize_input(values, scale, zero_point)
    assert codes.dtype == np.int8
    back = scale * (codes.astype(float) - zero_point)
    inside = (codes > -128) & (codes < 127)
    assert (abs(back - values)[inside] <= scale * 0.5001 + 1e-6).all()
    assert (values[codes == 127] >= scale * (126.49 - zero_point) - 1e-5).all()
    assert (values[codes == -128] <= scale * (-127.49 - zero_point) + 1e-5).all()


def test_what_a_file_gets_are_the_codes_of_quantize_input(images):
    expected = mobile.quantize_input(mobile.nchw_to_nhwc(images), 0.004, -100)
    assert (encoded(images, (28, 28, 1), np.int8, 0.004, -100) == expected).all()


def test_unsigned_codes_are_the_signed_ones_shifted(images):
    signed, unsigned = (
        encoded(images, (28, 28, 1), kind, 1 / 255, zero) for kind, zero in ((np.int8, -128), (np.uint8, 0))
    )
    assert unsigned.dtype == np.uint8
    assert (unsigned.astype(int) - 128 == signed).all()


def test_logits_are_the_scale_times_the_distance_to_the_zero_point():
    assert decoded(np.array([[3, -1]], np.int8), 0.5, -5).tolist() == [[4.0, 2.0]]
    assert decoded(np.array([[0.25]], np.float32), 0.5, -5).tolist() == [[0.25]]


# LiteRT


def test_the_float_file_gives_pytorchs_logits(files, images, student):
    expected = runtimes.torch_predictor(student)(images)
    assert abs(runtimes.litert_predictor(files["float"])(images) - expected).max() <= 1e-4


@pytest.mark.parametrize("kind", mobile.KINDS)
def test_every_file_gives_nearly_all_labels_as_pytorch_does(files, images, student, kind):
    expected = runtimes.torch_predictor(student)(images).argmax(1)
    logits = runtimes.litert_predictor(files[kind])(images)
    assert logits.dtype == np.float32
    assert (logits.argmax(1) == expected).mean() >= 0.98


def test_the_full_integer_file_is_run_with_codes_in_and_out(files, images):
    interpreter = Interpreter(str(files["int8"]), num_threads=1)
    interpreter.allocate_tensors()
    takes, gives = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    assert (takes["dtype"], gives["dtype"]) == (np.int8, np.int8)
    scale, zero_point = takes["quantization"]
    codes = np.clip(np.round(images[:1] / scale) + zero_point, -128, 127).astype(np.int8).reshape(1, 28, 28, 1)
    interpreter.set_tensor(takes["index"], codes)
    interpreter.invoke()
    scale, zero_point = gives["quantization"]
    expected = scale * (interpreter.get_tensor(gives["index"]).astype(float) - zero_point)
    np.testing.assert_allclose(runtimes.litert_predictor(files["int8"])(images[:1]), expected, rtol=1e-5)


def test_an_image_gets_the_same_logits_alone_and_among_others(files, images):
    predict = runtimes.litert_predictor(files["float"])
    together = predict(images[:30])
    assert (predict(images[7:8]) == together[7:8]).all()
    assert together.shape == (30, 10)


@pytest.mark.parametrize("threads", [1, 2])
def test_a_predictor_says_its_runtime_and_its_threads(files, images, threads):
    predict = runtimes.litert_predictor(files["dynamic"], threads)
    assert (predict.runtime, predict.threads) == ("LiteRT", threads)
    assert np.isfinite(predict(images)).all()


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        (np.zeros((2, 28, 28, 1), np.float32), ValueError, r"takes \(n, 1, 28, 28\)"),
        (np.zeros((0, 1, 28, 28), np.float32), ValueError, "one or more"),
        (np.zeros((2, 1, 28, 28)), TypeError, "float64"),
        ([[0.0]], TypeError, "list"),
    ],
)
def test_images_of_another_kind_are_named(files, wrong, error, message):
    with pytest.raises(error, match=message):
        runtimes.litert_predictor(files["int8"])(wrong)


def test_no_threads_is_an_error(files):
    with pytest.raises(ValueError, match="at least 1"):
        runtimes.litert_predictor(files["float"], threads=0)


def test_a_file_with_a_free_batch_runs_any_number_of_images(tmp_path, files, images):
    free = edited(files["float"], tmp_path, lambda model: free_batch(model))
    expected = runtimes.litert_predictor(files["float"])(images[:6])
    predict = runtimes.litert_predictor(free)
    for n in (1, 6, 2):
        np.testing.assert_allclose(predict(images[:n]), expected[:n], atol=1e-5)


# damaged files


def edited(path, folder, edit):
    """A copy of the file after `edit` of its parts."""
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(path.read_bytes(), 0))
    edit(model)
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    changed = folder / "edited.tflite"
    changed.write_bytes(bytes(builder.Output()))
    return changed


def free_batch(model):
    graph = model.subgraphs[0]
    graph.tensors[graph.inputs[0]].shapeSignature = [-1, 28, 28, 1]
    shape = next(t for t in graph.tensors if t.shape is not None and list(t.shape) == [2] and t.type == 2)
    model.buffers[shape.buffer].data = np.array([-1, 432], np.int32).view(np.uint8)
    for operator in graph.operators:
        if hasattr(operator.builtinOptions, "newShape"):
            operator.builtinOptions.newShape = [-1, 432]


def unknown_op(model):
    model.operatorCodes[0].builtinCode = 32  # custom
    model.operatorCodes[0].deprecatedBuiltinCode = 32
    model.operatorCodes[0].customCode = b"Nobody"


def constant_as_input(model):
    """An interpreter that opens the file itself dies of it (signal 11), instead of saying no."""
    graph = model.subgraphs[0]
    graph.inputs = [*graph.inputs, graph.inputs[0] + 1]


def two_inputs(model):
    graph = model.subgraphs[0]
    extra = schema.TensorT()
    extra.name, extra.shape, extra.type, extra.buffer = b"more", [1, 4], schema.TensorType.FLOAT32, 0
    graph.tensors.append(extra)
    graph.inputs = [*graph.inputs, len(graph.tensors) - 1]


def other_shape(model):
    graph = model.subgraphs[0]
    graph.tensors[graph.operators[-1].inputs[1]].shape = [10, 77]


DAMAGED = {
    "empty": lambda whole: b"",
    "zeros": lambda whole: bytes(10_000),
    "eight bytes": lambda whole: whole[:8],
    "cut to a tenth": lambda whole: whole[: len(whole) // 10],
    "cut by a byte in the middle": lambda whole: whole[:25_000] + whole[25_001:],
    "cut at the end": lambda whole: whole[: len(whole) - 2000],
    "noise": lambda whole: whole[:8] + np.random.default_rng(0).bytes(5000),
    "a text": lambda whole: b"this is no model, it is a text" * 99,
    "an archive": lambda whole: lzma.compress(whole),
}


@pytest.mark.parametrize("kind", DAMAGED)
def test_a_damaged_file_is_named_in_seconds(tmp_path, files, kind):
    path = tmp_path / "damaged.tflite"
    path.write_bytes(DAMAGED[kind](files["int8"].read_bytes()))
    start = time.perf_counter()
    for load in (runtimes.litert_predictor, mobile.types):
        with pytest.raises(ValueError, match=r"damaged\.tflite"):
            load(path)
    assert time.perf_counter() - start < 30


@pytest.mark.parametrize("edit", [unknown_op, other_shape], ids=lambda edit: edit.__name__)
def test_a_whole_file_that_cannot_run_is_named(tmp_path, files, edit):
    with pytest.raises(ValueError, match="cannot be run by LiteRT"):
        runtimes.litert_predictor(edited(files["float"], tmp_path, edit))


def test_what_fails_in_this_process_only_is_named_too(tmp_path, files, monkeypatch):
    path = edited(files["float"], tmp_path, unknown_op)
    monkeypatch.setattr(tflite, "check_file", lambda path: path)
    with pytest.raises(ValueError, match="cannot be run by LiteRT"):
        runtimes.litert_predictor(path)


@pytest.mark.parametrize("edit", [two_inputs, constant_as_input], ids=lambda edit: edit.__name__)
def test_a_file_with_two_inputs_is_named(tmp_path, files, edit):
    with pytest.raises(ValueError, match="not one input of images"):
        runtimes.litert_predictor(edited(files["float"], tmp_path, edit))


@pytest.mark.parametrize("head", [b"", b"\x1c\x00\x00\x00TFL3"], ids=["nothing", "a head"])
@pytest.mark.parametrize("size", [2**31, 2**30], ids=["2 GiB", "1 GiB"])
def test_gigabytes_of_nothing_are_refused_in_seconds(tmp_path, head, size):
    path = tmp_path / "huge.tflite"
    with path.open("wb") as file:
        file.write(head)
        file.truncate(size)
    start = time.perf_counter()
    with pytest.raises(ValueError, match=r"huge\.tflite"):
        runtimes.litert_predictor(path)
    assert time.perf_counter() - start < 30


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    for path in (tmp_path / "none.tflite", tmp_path):
        with pytest.raises(FileNotFoundError, match="was the model converted"):
            runtimes.litert_predictor(path)


def test_a_crash_of_the_interpreter_is_an_error_here(tmp_path, files, monkeypatch):
    program = tmp_path / "crash.py"
    program.write_text("import os\nos.abort()\n")
    whole = files["float"].read_bytes()
    (tmp_path / "cruel.tflite").write_bytes(whole)
    monkeypatch.setattr(tflite, "run", lambda *_, **__: child.run(program))
    with pytest.raises(ValueError, match=r"cruel\.tflite cannot be run .*killed by signal 6"):
        tflite.check_file(tmp_path / "cruel.tflite")


def test_a_file_that_was_damaged_is_tried_again_once_it_is_whole(tmp_path, files):
    path = tmp_path / "again.tflite"
    path.write_bytes(files["int8"].read_bytes()[:9000])
    with pytest.raises(ValueError, match="cannot be run"):
        tflite.check_file(path)
    path.write_bytes(files["int8"].read_bytes())
    assert tflite.check_file(path) == path


# what is in a file


def test_weights_and_biases_are_all_that_the_float_file_holds(files, student):
    """BatchNorm is folded: each of its 144 channels leaves one bias."""
    tensors = mobile.parts(files["float"])["tensors"]
    stored = sum(one["bytes"] for one in tensors if one["role"] == "weight")
    assert stored == 4 * (models.count_parameters(student) - 144)
    assert {one["type"] for one in tensors if one["role"] != "shape"} == {"float32"}


def test_default_alone_quantizes_weights_and_no_activation(files):
    tensors = mobile.parts(files["dynamic"])["tensors"]
    assert mobile.share(tensors, "weight") > 0.95
    assert mobile.share(tensors, "activation") == 0
    assert mobile.types(files["dynamic"])["activations"] == "10 float32"


def test_a_full_integer_file_has_int8_everywhere_but_for_biases(files):
    tensors = mobile.parts(files["int8"])["tensors"]
    assert mobile.share(tensors, "activation") == 1
    assert {one["type"] for one in tensors if one["role"] == "weight"} == {"int8", "int32"}
    assert mobile.parts(files["int8"])["ops"].count("CONV_2D") == 4


def test_float16_halves_the_weights(files):
    stored = [
        sum(one["bytes"] for one in mobile.parts(files[kind])["tensors"] if one["role"] == "weight")
        for kind in ("float", "float16")
    ]
    assert stored[0] == 2 * stored[1]


def test_a_role_that_no_tensor_has_is_named():
    with pytest.raises(ValueError, match="activation"):
        mobile.share([], "activation")


# processes


def test_a_program_of_its_own_gives_what_it_printed(tmp_path):
    program = tmp_path / "hello.py"
    program.write_text("import sys, labkit.mobile\nprint(sys.argv[1:], 'torch' in sys.modules)\n")
    assert mobile.run(program, "a b", tmp_path).strip() == f"['a b', '{tmp_path}'] False"


def test_a_program_that_fails_is_told_with_its_last_words(tmp_path):
    program = tmp_path / "fails.py"
    program.write_text("raise ValueError('the reason')\n")
    with pytest.raises(RuntimeError, match=r"ended with code 1(.|\n)*the reason"):
        mobile.run(program)


def test_a_program_that_takes_too_long_is_stopped(tmp_path):
    program = tmp_path / "slow.py"
    program.write_text("import time\ntime.sleep(60)\n")
    with pytest.raises(TimeoutError, match=r"longer than 0\.5 s"):
        mobile.run(program, seconds=0.5)
    with pytest.raises(FileNotFoundError, match="was its cell run"):
        mobile.run(tmp_path / "none.py")


def test_what_is_installed_is_found_without_importing_it(monkeypatch):
    assert mobile.has("numpy")
    assert not mobile.has("surely_not_installed")
    assert not mobile.has("numpy.surely.not")
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    assert not mobile.has("tensorflow")


def test_mobile_takes_neither_pytorch_nor_tensorflow_along():
    code = "import sys, labkit.mobile; print(sorted({'torch', 'tensorflow', 'keras'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


@pytest.mark.slow
def test_pytorch_is_asked_in_a_process_of_its_own(tmp_path, images, student):
    maps, logits = mobile.ask_pytorch("student_soft_0", images[:20], tmp_path / "twin.npz")
    assert maps.shape == (20, 48, 3, 3)
    assert abs(logits - runtimes.torch_predictor(student)(images[:20])).max() <= 1e-5
    assert (tmp_path / "twin.npz").read_bytes() == mobile.save_twin(student, tmp_path / "same.npz").read_bytes()
    with pytest.raises(RuntimeError, match="nobody"):
        mobile.ask_pytorch("nobody", images[:1], tmp_path / "twin.npz")


# the twin's description


def test_a_twin_goes_through_its_file_unchanged(tmp_path, student):
    layers, arrays = read_twin(mobile.save_twin(student, tmp_path / "twin.npz"))
    assert [one["kind"] for one in layers].count("conv") == 4
    assert {name for one in layers for name in one["weights"]} == set(arrays)
    assert (arrays["0.kernel"] == mobile.kernel_to_keras(student.features[0].weight.detach().numpy())).all()


@pytest.mark.parametrize(
    "model",
    [
        torch.nn.Linear(2, 2),
        models.LECTURE_ARCHITECTURES[0],
        torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3)),
    ],
    ids=["no parts", "no network", "no features"],
)
def test_what_has_no_twin_is_named(tmp_path, model):
    with pytest.raises((TypeError, ValueError), match=r"network is needed|no `features`"):
        mobile.save_twin(model, tmp_path / "twin.npz")


@pytest.mark.parametrize(
    "layer", [torch.nn.Conv2d(1, 16, 3), torch.nn.Conv2d(1, 16, 3, padding=1, stride=2), torch.nn.Sigmoid()]
)
def test_a_layer_without_a_twin_is_named(tmp_path, layer):
    model = models.Student()
    model.features[0] = layer
    with pytest.raises(ValueError, match="no Keras twin is known here for the layer"):
        mobile.save_twin(model, tmp_path / "twin.npz")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 and then nothing", b"\x80\x04."])
def test_a_damaged_twin_is_named(tmp_path, content):
    path = tmp_path / "twin.npz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="save the twin again"):
        read_twin(path)
    with pytest.raises(ValueError, match="save the twin again"):
        read_twin(tmp_path / "none.npz")


def test_a_pickle_is_never_loaded(tmp_path):
    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "done"),)

    np.savez(tmp_path / "twin.npz", layers=np.array([Evil()], object))
    with pytest.raises(ValueError, match="save the twin again"):
        read_twin(tmp_path / "twin.npz")
    assert not (tmp_path / "done").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"kinds": ("int4",)}, "not int4"),
        ({"images": None, "kinds": ("int8",)}, "needs real images"),
        ({"images": np.zeros((0, 1, 28, 28)), "kinds": ("int8",)}, "needs real images"),
    ],
)
def test_a_conversion_that_cannot_be_is_named_at_once(tmp_path, student, arguments, message):
    with pytest.raises(ValueError, match=message):
        mobile.convert(student, tmp_path, **arguments)


@pytest.mark.parametrize("images", [np.zeros((2, 28, 28, 1)), np.full((1, 1, 28, 28), NAN)])
def test_calibration_images_of_another_kind_are_named(tmp_path, images):
    with pytest.raises(ValueError, match=r"\(n, 1, 28, 28\)|NaN"):
        mobile.save_images(images, tmp_path / "images.npy")


@pytest.mark.parametrize(("module", "message"), [("tensorflow", "TensorFlow"), ("coremltools", "coremltools")])
def test_a_converter_that_is_not_installed_is_named(tmp_path, student, monkeypatch, module, message):
    monkeypatch.setitem(sys.modules, module, None)
    convert = {"tensorflow": mobile.convert, "coremltools": mobile.coreml}[module]
    with pytest.raises(ImportError, match=f"{message}.*pip install"):
        convert(student, tmp_path / "x.mlpackage", np.zeros((1, 1, 28, 28), np.float32))


# shipped files

NAMES = sorted(path.stem for path in store.folder().glob("*.json"))


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_file_is_the_one_on_its_card(tmp_path, name):
    path = mobile.shipped(name, tmp_path / "file.tflite")
    card = mobile.read_card(name)
    assert path.stat().st_size == card["size_bytes"]
    if "weights_sha256" in card:
        assert card["weights_sha256"] == sweeps.weights_hash(card["weights"])


def test_the_files_of_the_lecture_have_the_architectures_of_keras(tmp_path):
    """25,636,712 and 3,538,984 parameters, as Keras counts them; four bytes each, BatchNorm folded."""
    for name, parameters in {"resnet50_float": 25_636_712, "mobilenet_v2_float": 3_538_984}.items():
        size = mobile.read_card(name)["size_bytes"]
        assert 0.97 * 4 * parameters < size < 1.01 * 4 * parameters


def test_a_shipped_file_that_was_altered_is_named(tmp_path, monkeypatch):
    folder = tmp_path / "tflite"
    folder.mkdir()
    for path in store.folder().glob("m*_int8*"):
        (folder / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(store, "folder", lambda: folder)
    (folder / "micro_4_int8.tflite").write_bytes(b"else")
    with pytest.raises(data.DataError, match="SHA-256"):
        mobile.shipped("micro_4_int8", tmp_path / "out.tflite")
    packed = folder / "mobilenet_v2_int8.tflite.xz"
    packed.write_bytes(packed.read_bytes()[:500])
    with pytest.raises(data.DataError, match="unreadable"):
        mobile.shipped("mobilenet_v2_int8", tmp_path / "out.tflite")
    packed.write_bytes(lzma.compress(bytes(50_000_000), preset=0))
    with pytest.raises(data.DataError, match="SHA-256"):
        mobile.shipped("mobilenet_v2_int8", tmp_path / "out.tflite")
    (folder / "micro_8_int8.json").write_text(json.dumps({"sha256": 5}))
    with pytest.raises(data.DataError, match="not a whole card"):
        mobile.shipped("micro_8_int8", tmp_path / "out.tflite")
    with pytest.raises(data.DataError, match="no file 'nothing' is shipped; there are micro_12_int8"):
        mobile.shipped("nothing", tmp_path / "out.tflite")
    assert not (tmp_path / "out.tflite").exists()


# the course's microcontroller student


def test_the_chosen_student_fits_64_kb_and_is_right_on_at_least_88_percent(tmp_path):
    rows = sweeps.load("mobile_micro").rows
    chosen = min((row for row in rows if row["validation_low"] >= 0.88), key=lambda row: row["size_bytes"])
    device = mobile.MICROCONTROLLER
    assert chosen["size_bytes"] <= device.flash_bytes == 65_536
    assert chosen["ram_bytes"] <= device.ram_bytes == 65_536
    assert chosen["accuracy"] >= 0.88
    path = mobile.shipped(f"{chosen['variant']}_int8", tmp_path / "int8.tflite")
    assert path.stat().st_size == chosen["size_bytes"]
    right = train.correct(runtimes.litert_predictor(path), data.load().test)
    assert right.mean() >= 0.88
    assert (right == sweeps.unpack(chosen["correct"])).mean() > 0.995


@pytest.mark.parametrize("row", sweeps.load("mobile_micro").rows, ids=lambda row: row["variant"])
def test_the_arena_holds_at_least_the_activations(tmp_path, row):
    path = mobile.shipped(f"{row['variant']}_int8", tmp_path / "int8.tflite")
    flowing = [one for one in mobile.parts(path)["tensors"] if one["role"] == "activation"]
    needed = mobile.arena_bytes([int(np.prod(one["shape"])) for one in flowing])
    assert needed < row["ram_bytes"] < needed + 6000
    assert row["other_labels_plain"] == 0


# C and devices


def test_the_c_source_holds_every_byte_of_the_file(tmp_path, files):
    header, source = mobile.c_array(files["int8"], tmp_path, "student")
    text, whole = source.read_text(), files["int8"].read_bytes()
    assert bytes(int(one, 16) for one in re.findall(r"0x([0-9a-f]{2})", text)) == whole
    assert f"student_len = {len(whole)};" in text
    assert '#include "student.h"' in text
    assert f"extern const unsigned char student[{len(whole)}];" in header.read_text()


@pytest.mark.parametrize("name", ["", "1st", "a-b", "int", "x; int main", "é", "../up"])
def test_a_name_that_c_does_not_allow_is_refused(tmp_path, files, name):
    with pytest.raises(ValueError, match="no name for an array in C"):
        mobile.c_array(files["int8"], tmp_path, name)
    assert not list(tmp_path.iterdir())


def test_a_damaged_file_is_not_written_as_c(tmp_path):
    (tmp_path / "bad.tflite").write_bytes(b"bad")
    with pytest.raises(ValueError, match="TFL3"):
        mobile.c_array(tmp_path / "bad.tflite", tmp_path)


@given(st.lists(st.integers(1, 9999), min_size=2, max_size=9))
def test_the_arena_holds_each_layers_input_and_output_and_no_byte_more(sizes):
    found = mobile.arena_bytes(sizes)
    pairs = [sizes[i] + sizes[i + 1] for i in range(len(sizes) - 1)]
    assert all(found >= pair for pair in pairs)
    assert found in pairs


@given(*[st.floats(0.01, 1000)] * 3)
def test_shares_of_a_gain_add_up_and_do_not_depend_on_the_unit(before, middle, after):
    if abs(before / after - 1) < 1e-3:
        return
    shares = mobile.split_gain(before, middle, after)
    assert sum(shares) == pytest.approx(1)
    assert mobile.split_gain(7 * before, 7 * middle, 7 * after) == pytest.approx(shares, abs=1e-6)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mobile.arena_bytes([5]), "an input and an output"),
        (lambda: mobile.arena_bytes([5, -1]), "0 or more"),
        (lambda: mobile.split_gain(1, 2, 1), "nothing was gained"),
        (lambda: mobile.split_gain(1, 0, 2), "above 0"),
        (lambda: mobile.split_gain(1, NAN, 2), "above 0"),
    ],
)
def test_sizes_and_gains_that_cannot_be_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_what_was_not_measured_is_not_chosen():
    row = {"variant": "a", "accuracy": 0.9, "size_bytes": 1, "ram_bytes": 1, "latency_ms": 1.0}
    better = row | {"variant": "b", "accuracy": 0.99, "ram_bytes": None}
    assert mobile.choose_target([row, better], 10, 10, 10) == "a"
    assert mobile.choose_target([better], 10, 10, 10) is None
    assert mobile.choose_target([], 10, 10, 10) is None


def test_the_trial_prints_one_line_whatever_happens(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(trial, "MEMORY", 2**50)  # this process keeps its own limit
    (tmp_path / "bad.tflite").write_bytes(b"bad")
    trial.main("litert", str(tmp_path / "bad.tflite"))
    assert json.loads(capsys.readouterr().out)["error"]
