"""Conversions by TensorFlow and coremltools, each in a process of its own. Both take their time to start."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import labkit
from labkit import data, mobile, models, runtimes, train

SOURCE = Path(__file__).parents[1] / "solutions" / "06_mobile.py"
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def student():
    return models.load_shipped("student_soft_0")


@pytest.fixture(scope="module")
def converted(tmp_path_factory, student):
    return mobile.convert(student, tmp_path_factory.mktemp("made"), data.calibration_images(200))


@pytest.fixture(scope="module")
def images():
    return data.load().test.inputs[:200]


def cell(words: str) -> str:
    """The code of the lab's cell that holds these words."""
    cells = re.split(r"^# %%(?: .*)?$", SOURCE.read_text(), flags=re.MULTILINE)
    return next(one for one in cells if words in one)


def test_the_twin_gives_pytorchs_logits(tmp_path, student, images):
    mobile.save_twin(student, tmp_path / "twin.npz")
    mobile.save_images(images, tmp_path / "images.npy")
    program = tmp_path / "ask.py"
    program.write_text(
        "import sys, numpy as np\nfrom labkit import mobile\n"
        "twin = mobile.load_twin(sys.argv[1])\nassert 'torch' not in sys.modules\n"
        "np.save(sys.argv[3], np.concatenate([twin(one[None]) for one in np.load(sys.argv[2])]))\n"
    )
    mobile.run(program, tmp_path / "twin.npz", tmp_path / "images.npy", tmp_path / "logits.npy")
    expected = runtimes.torch_predictor(student)(images)
    assert abs(np.load(tmp_path / "logits.npy") - expected).max() <= 1e-4


def test_float_and_labels_are_as_pytorchs(converted, student, images):
    expected = runtimes.torch_predictor(student)(images)
    for kind, path in converted.items():
        found = runtimes.litert_predictor(path)(images)
        assert (found.argmax(1) == expected.argmax(1)).mean() >= 0.98, kind
    assert abs(runtimes.litert_predictor(converted["float"])(images) - expected).max() <= 1e-4


def test_the_shipped_files_are_what_a_conversion_gives(converted, images, tmp_path):
    # Another kind of CPU adds in another order: a code on the edge, of a weight or of an answer, may be the next one.
    steps = {"float": 1e-4, "float16": 1e-2, "dynamic": 0.3, "int8": 0.5}
    for kind, path in converted.items():
        kept = mobile.shipped(f"student_{kind}", tmp_path / f"{kind}.tflite")
        assert mobile.types(kept) == mobile.types(path)
        one, other = (runtimes.litert_predictor(file)(images) for file in (kept, path))
        assert abs(one - other).max() <= steps[kind] < one.std() / 5
        assert (one.argmax(1) == other.argmax(1)).mean() >= 0.98


@pytest.mark.parametrize("name", ["baseline", "rebuilt"])
def test_a_baseline_has_a_twin_too(tmp_path, images, name):
    model = models.load_shipped(name)
    files = mobile.convert(model, tmp_path, kinds=("float",))
    expected = runtimes.torch_predictor(model)(images)
    assert abs(runtimes.litert_predictor(files["float"])(images) - expected).max() <= 1e-4


def test_images_of_noise_give_a_worse_ruler_than_real_ones(tmp_path, converted, student):
    noise = np.random.default_rng(0).normal(0, 1, (200, 1, 28, 28)).astype(np.float32)
    spoiled = mobile.convert(student, tmp_path, noise, ("int8",))["int8"]
    test = data.load().test
    real, wrong = (train.correct(runtimes.litert_predictor(path), test).mean() for path in (converted["int8"], spoiled))
    assert real - wrong > 0.002


def test_a_failing_conversion_is_told_and_leaves_no_file(tmp_path, student, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "keras.py").write_text("raise ImportError('no such thing here')\n")
    with pytest.raises(RuntimeError, match="no such thing here"):
        mobile.convert(student, tmp_path / "out", kinds=("float",))
    assert not (tmp_path / "out").exists()


def test_keras_exports_what_the_slides_line_reads_and_no_longer_saves_it(tmp_path):
    program = tmp_path / "slide.py"
    program.write_text(
        "import keras, tensorflow as tf\nmodel = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])\n"
        "try:\n    model.save('model')\nexcept ValueError:\n    print('refused')\n"
        "model.export('model')\nprint(len(tf.lite.TFLiteConverter.from_saved_model('model').convert()) > 500)\n"
    )
    done = subprocess.run([sys.executable, program], cwd=tmp_path, capture_output=True, text=True)
    assert "refused" in done.stdout
    assert done.stdout.rstrip().endswith("True"), done.stderr[-500:]


def test_the_labs_own_program_makes_the_same_files(tmp_path, converted, student, images):
    text = cell("%%writefile").replace("# %%writefile {script}\n", "")
    (tmp_path / "convert.py").write_text(text)
    mobile.save_twin(student, tmp_path / "twin.npz")
    mobile.save_images(data.calibration_images(200), tmp_path / "images.npy")
    mobile.run(tmp_path / "convert.py", tmp_path)
    for kind, path in converted.items():
        assert (tmp_path / f"{kind}.tflite").read_bytes() == path.read_bytes()


def test_without_tensorflow_the_lab_takes_the_shipped_files_and_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    found = {"lk": labkit, "folder": tmp_path, "script": tmp_path / "never.py"}
    exec(cell("were shipped with labkit"), found)
    assert "TensorFlow is not installed: these files were shipped with labkit" in capsys.readouterr().out
    for kind, path in found["files"].items():
        assert path.stat().st_size == mobile.read_card(f"student_{kind}")["size_bytes"]


@pytest.mark.coreml
def test_core_ml_has_the_inputs_and_ops_of_the_network(tmp_path, student):
    found = mobile.coreml(student, tmp_path / "student.mlpackage")
    assert (found["input"], found["output"], found["shape"]) == ("images", "logits", [1, 1, 28, 28])
    assert (found["ops"]["conv"], found["ops"]["linear"], found["ops"]["max_pool"]) == (4, 1, 3)
    assert 2 * models.count_parameters(student) < found["bytes"] < 2.5 * models.count_parameters(student)


@pytest.mark.coreml
def test_core_ml_names_what_it_cannot_convert(tmp_path, student):
    with pytest.raises(ValueError, match=r"ends in \.mlpackage"):
        mobile.coreml(student, tmp_path / "student.mlmodel")
    with pytest.raises(ValueError, match="cannot answer inputs"):
        mobile.coreml(student, tmp_path / "student.mlpackage", (3, 28, 28))
    with pytest.raises(TypeError, match="a PyTorch network, or the name"):
        mobile.coreml(5, tmp_path / "student.mlpackage")
    with pytest.raises(RuntimeError, match="nobody"):
        mobile.coreml("nobody", tmp_path / "student.mlpackage")


@pytest.mark.coreml
def test_core_ml_of_a_name_is_that_of_its_network(tmp_path, student):
    by_name = mobile.coreml("student_soft_0", tmp_path / "name.mlpackage")
    assert by_name["ops"] == mobile.coreml(student, tmp_path / "network.mlpackage")["ops"]
