"""A variant's size is that of every file that must ship with it, to the byte."""

import gzip

import numpy as np
import pytest

from labkit.measure import MB, MIB, size


def content(n: int, seed: int = 0) -> bytes:
    """Words, which gzip shrinks the better the harder it tries."""
    random = np.random.default_rng(seed)
    words = [random.bytes(length) for length in random.integers(2, 20, 300)]
    return b"".join(words[i] for i in random.zipf(1.3, n) % 300)[:n]


def test_a_file_has_its_bytes_and_those_that_gzip_leaves(tmp_path):
    (tmp_path / "a.bin").write_bytes(content(12_345))
    found = size(tmp_path / "a.bin")
    assert found.size_bytes == 12_345
    assert found.gzip_bytes == len(gzip.compress(content(12_345), 6))
    assert found.files == ("a.bin",)
    assert len(gzip.compress(content(12_345), 9)) < found.gzip_bytes < len(gzip.compress(content(12_345), 1))


def test_gzipped_bytes_can_be_unpacked_by_anyone_and_do_not_depend_on_the_day(tmp_path, monkeypatch):
    (tmp_path / "a.bin").write_bytes(content(5000))
    first = size(tmp_path / "a.bin")
    monkeypatch.setattr("time.time", lambda: 2e9)
    assert size(str(tmp_path / "a.bin")) == first
    assert first.gzip_bytes < first.size_bytes


def test_zeros_shrink_under_gzip_and_noise_does_not(tmp_path):
    (tmp_path / "zeros").write_bytes(bytes(100_000))
    (tmp_path / "noise").write_bytes(np.random.default_rng(0).bytes(100_000))
    assert size(tmp_path / "zeros").size_bytes == size(tmp_path / "noise").size_bytes == 100_000
    assert size(tmp_path / "zeros").gzip_bytes < 1000
    assert size(tmp_path / "noise").gzip_bytes >= 100_000


def test_the_data_beside_an_onnx_file_ship_with_it(tmp_path):
    (tmp_path / "model.onnx").write_bytes(content(1000))
    (tmp_path / "model.onnx.data").write_bytes(content(9000, seed=1))
    (tmp_path / "other.onnx.data").write_bytes(content(50))
    found = size(tmp_path / "model.onnx")
    assert found.size_bytes == 10_000
    assert found.files == ("model.onnx", "model.onnx.data")
    assert found.gzip_bytes == sum(len(gzip.compress(content(n, s), 6)) for n, s in ((1000, 0), (9000, 1)))


def test_all_files_of_a_folder_ship_and_none_counts_twice(tmp_path):
    folder = tmp_path / "saved_model"
    (folder / "variables").mkdir(parents=True)
    for name, n in (("model.onnx", 10), ("model.onnx.data", 20), ("variables/index", 30)):
        (folder / name).write_bytes(content(n))
    (tmp_path / "beside").write_bytes(content(1000))
    found = size(folder)
    assert found.size_bytes == 60
    assert sorted(found.files) == [
        "saved_model/model.onnx",
        "saved_model/model.onnx.data",
        "saved_model/variables/index",
    ]


def test_an_empty_folder_has_no_bytes(tmp_path):
    assert size(tmp_path).size_bytes == size(tmp_path).gzip_bytes == 0


def test_a_missing_file_has_no_size(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"gone\.onnx: no such file"):
        size(tmp_path / "gone.onnx")


def test_mb_and_mib_are_both_said_and_differ(tmp_path):
    assert (MB, MIB) == (1_000_000, 1_048_576)
    (tmp_path / "a.bin").write_bytes(bytes(10 * MIB))
    text = repr(size(tmp_path / "a.bin"))
    assert text.startswith("a.bin: 10,485,760 bytes = 10.49 MB (10^6) = 10.00 MiB (2^20); 0.01 MB (10^6) after gzip")
