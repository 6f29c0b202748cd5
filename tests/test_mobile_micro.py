"""The microcontroller's interpreter (for Linux on x86-64 alone): its labels, its arena, what it refuses."""

import sys

import numpy as np
import pytest

from labkit import data, mobile, runtimes


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("micro")
    return {kind: mobile.shipped(f"student_{kind}", folder / f"{kind}.tflite") for kind in mobile.KINDS}


@pytest.fixture(scope="module")
def images():
    return data.load().test.inputs[:200]


def test_labels_are_those_of_litert_with_the_same_kernels(files, images):
    micro, plain = mobile.micro_predictor(files["int8"]), runtimes.litert_predictor(files["int8"], reference=True)
    found, expected = micro(images), plain(images)
    assert (found.argmax(1) == expected.argmax(1)).all()
    assert (found == expected).mean() > 0.99
    assert (micro.runtime, micro.threads) == ("TFLite Micro", 1)


def test_the_float_file_runs_as_well(files, images):
    expected = runtimes.litert_predictor(files["float"])(images[:20])
    assert abs(mobile.micro_predictor(files["float"])(images[:20]) - expected).max() <= 1e-4


def test_the_smallest_arena_runs_and_sixteen_bytes_less_do_not(files, images):
    arena = mobile.smallest_arena(files["int8"])
    assert arena % 16 == 0
    expected = mobile.micro_predictor(files["int8"])(images[:5])
    assert (mobile.micro_predictor(files["int8"], arena)(images[:5]) == expected).all()
    with pytest.raises(ValueError, match=f"an arena of {arena - 16} bytes is too small"):
        mobile.micro_predictor(files["int8"], arena - 16)


@pytest.mark.parametrize("arena", [0, -1, 10**12])
def test_an_arena_that_no_microcontroller_has_is_refused(files, arena):
    with pytest.raises(ValueError, match=f"not {arena:,}"):
        mobile.micro_predictor(files["int8"], arena)


def test_a_file_with_much_nothing_behind_it_runs_in_an_arena_that_there_is(files, images, tmp_path):
    (tmp_path / "long.tflite").write_bytes(files["int8"].read_bytes() + bytes(400_000_000))  # ten times that: a crash
    assert mobile.micro_predictor(tmp_path / "long.tflite")(images[:1]).shape == (1, 10)


def test_what_the_search_for_an_arena_stumbles_over_is_an_error_of_the_file(files, monkeypatch):
    monkeypatch.setattr(mobile.micro, "run", lambda *_: '{"error": "bad_alloc"}')
    with pytest.raises(ValueError, match=r"int8\.tflite cannot be run by .*: bad_alloc"):
        mobile.smallest_arena(files["int8"])


def test_a_dynamic_range_file_is_refused_with_the_interpreters_reason(files):
    with pytest.raises(ValueError, match=r"cannot be run by TensorFlow Lite Micro: .*Hybrid models are not supported"):
        mobile.micro_predictor(files["dynamic"])


@pytest.mark.parametrize("content", [b"", bytes(5000), b"\x1c\x00\x00\x00TFL3" + b"\xff" * 400])
def test_a_damaged_file_is_named(tmp_path, content):
    (tmp_path / "bad.tflite").write_bytes(content)
    for call in (mobile.micro_predictor, mobile.smallest_arena):
        with pytest.raises(ValueError, match=r"bad\.tflite"):
            call(tmp_path / "bad.tflite")


def test_images_of_another_shape_are_named(files):
    with pytest.raises(ValueError, match=r"it takes \(n, 1, 28, 28\)"):
        mobile.micro_predictor(files["int8"])(np.zeros((1, 1, 32, 32), np.float32))


def test_where_it_is_not_installed_one_line_says_how_to_get_it(files, monkeypatch):
    monkeypatch.setitem(sys.modules, "tflite_micro", None)
    assert not mobile.has_micro()
    for call in (mobile.micro_predictor, mobile.smallest_arena):
        with pytest.raises(ImportError, match="pip install tflite-micro"):
            call(files["int8"])
