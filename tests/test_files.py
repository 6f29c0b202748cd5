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


def held_for(monkeypatch, refusals: int) -> list[float]:
    """As on Windows, where another program has the file open for so many looks; the pauses that were made."""
    replace, left, pauses = os.replace, iter(range(refusals)), []

    def refused(source, target):
        if next(left, None) is not None:
            raise PermissionError(13, "Access is denied", str(source))
        replace(source, target)

    monkeypatch.setattr(files, "IS_WINDOWS", True)
    monkeypatch.setattr(files.os, "replace", refused)
    monkeypatch.setattr(files.time, "sleep", pauses.append)
    return pauses


def test_on_windows_a_file_that_is_open_for_a_moment_is_waited_for(tmp_path, monkeypatch):
    write_atomically(tmp_path / "a", b"old")
    pauses = held_for(monkeypatch, 2)
    write_atomically(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"new"
    assert pauses == list(files.PAUSES[:2])


def test_on_windows_a_file_that_stays_open_is_named_with_what_to_do(tmp_path, monkeypatch):
    write_atomically(tmp_path / "a", b"old")
    pauses = held_for(monkeypatch, 99)
    with pytest.raises(PermissionError, match="close it there, then try again") as refused:
        write_atomically(tmp_path / "a", b"new")
    assert refused.value.filename == str(tmp_path / "a")
    assert sum(pauses) < 1
    assert (tmp_path / "a").read_bytes() == b"old"
    assert names(tmp_path) == ["a"]


def test_elsewhere_a_refusal_is_no_reason_to_wait(tmp_path, monkeypatch):
    pauses = held_for(monkeypatch, 1)
    monkeypatch.setattr(files, "IS_WINDOWS", False)
    with pytest.raises(PermissionError, match="Access is denied"):
        write_atomically(tmp_path / "a", b"new")
    assert pauses == []
