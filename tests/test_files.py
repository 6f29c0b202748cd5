"""A file is the old one or the new one, never half of either, and failures leave nothing lying about."""

import os
import sys
import threading

import pytest

from labkit import files
from labkit.files import write_atomically


def names(folder) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_what_was_written_is_read(tmp_path):
    write_atomically(tmp_path / "a.bin", b"\0\r\n\xff")
    assert (tmp_path / "a.bin").read_bytes() == b"\0\r\n\xff"
    assert names(tmp_path) == ["a.bin"]


def test_missing_folders_are_made(tmp_path):
    write_atomically(str(tmp_path / "one" / "two" / "a.bin"), b"x")
    assert (tmp_path / "one" / "two" / "a.bin").read_bytes() == b"x"


def test_a_shorter_file_replaces_a_longer_one_whole(tmp_path):
    write_atomically(tmp_path / "a", b"a long first version")
    write_atomically(tmp_path / "a", b"short")
    assert (tmp_path / "a").read_bytes() == b"short"


@pytest.mark.parametrize("step", ["fsync", "chmod", "replace"])
@pytest.mark.parametrize("failure", [OSError(28, "No space left on device"), KeyboardInterrupt()], ids=repr)
def test_a_failure_at_any_step_leaves_the_old_file_and_no_temporary_one(tmp_path, monkeypatch, step, failure):
    def fails(*_, **__):
        raise failure

    write_atomically(tmp_path / "a", b"old")
    monkeypatch.setattr(files.os, step, fails)
    with pytest.raises(type(failure)):
        write_atomically(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"old"
    assert names(tmp_path) == ["a"]


def test_content_that_is_no_bytes_leaves_the_old_file(tmp_path):
    write_atomically(tmp_path / "a", b"old")
    with pytest.raises(TypeError):
        write_atomically(tmp_path / "a", "a text")
    assert (tmp_path / "a").read_bytes() == b"old"
    assert names(tmp_path) == ["a"]


def test_the_content_is_on_disk_before_it_gets_its_name(tmp_path, monkeypatch):
    steps = []

    def noting(step, real):
        return lambda *arguments: (steps.append(step), real(*arguments))

    for step in ("fsync", "replace"):
        monkeypatch.setattr(files.os, step, noting(step, getattr(os, step)))
    write_atomically(tmp_path / "a", b"x")
    assert steps == ["fsync", "replace"]


def test_a_reader_sees_the_old_file_or_the_new_one(tmp_path):
    path, versions = tmp_path / "a", [bytes([digit]) * 300_000 for digit in b"01"]
    write_atomically(path, versions[0])
    done = threading.Event()

    def write():
        for i in range(60):
            write_atomically(path, versions[i % 2])
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    seen = set()
    while not done.is_set():
        seen.add(path.read_bytes())
    writer.join()
    assert seen <= set(versions)


def test_other_users_may_read_the_file(tmp_path):
    write_atomically(tmp_path / "a", b"x")
    assert sys.platform == "win32" or (tmp_path / "a").stat().st_mode & 0o777 == 0o644
