"""Whatever a class hands in is found: each file is somebody's submission or trouble, and nothing is guessed."""

import os
import socket
import threading
from pathlib import Path

import pytest
from class_files import (
    UPLOADED,
    empty,
    solved,
    write_folder,
)
from finding import AT, RIGHT, found, one, refusal

from labkit.grading import places
from labkit.grading.submissions import find


def test_notebooks_are_named_by_student(class_folder):
    every = found(class_folder)
    assert list(every) == ["alice", "bob"]
    assert every["alice"].content == RIGHT
    assert every["alice"].name == "alice"
    assert every["alice"].platform == {"kind": "folder"}
    assert every["alice"].lab == ""
    assert every["alice"].source == "alice.ipynb"  # students read it: not where the instructor keeps it


def test_the_time_of_receipt_is_the_file_systems(class_folder):
    os.utime(class_folder / "alice.ipynb", (UPLOADED, UPLOADED))
    assert found(class_folder)["alice"].received == AT


def test_a_time_to_come_is_kept_and_one_that_no_calendar_has_is_none(class_folder):
    os.utime(class_folder / "alice.ipynb", (4_000_000_000, 4_000_000_000))
    assert found(class_folder)["alice"].received.year == 2096
    assert places.moment(1e15) is None


def test_students_have_folders_with_other_files_in_them(tmp_path):
    write_folder(tmp_path, {"alice/work.ipynb": RIGHT, "alice/data/a.csv": b"1", "bob/lab/02_quantize.ipynb": RIGHT})
    assert {name: one.content for name, one in found(tmp_path).items()} == {"alice": RIGHT, "bob": RIGHT}


@pytest.mark.parametrize("place", [".", "submitted"])
def test_nbgraders_folder_tells_student_and_lab(tmp_path, place):
    files = {"alice/02_quantize/02_quantize.ipynb": RIGHT, "alice/01_benchmark/x.ipynb": solved("01")}
    files |= {"bob/lab02/02_quantize.ipynb": RIGHT, "bob/lab02/timestamp.txt": b"2001-01-01 00:00:00 UTC"}
    write_folder(tmp_path / "submitted", files)
    write_folder(tmp_path, {"source/02_quantize/02_quantize.ipynb": RIGHT, "nbgrader_config.py": b""})
    every = find(tmp_path / place)
    assert [(one.student, one.lab) for one in every] == [("alice", "01"), ("alice", "02"), ("bob", "02")]
    assert {one.platform["kind"] for one in every} == {"nbgrader"}
    assert all(one.received.year > 2001 for one in every)


def test_the_time_of_nbgrader_is_that_of_handing_in_and_not_of_the_last_save(tmp_path):
    write_folder(tmp_path / "submitted", {"alice/lab02/a.ipynb": RIGHT, "alice/lab02/timestamp.txt": b"2001-01-01"})
    folder = tmp_path / "submitted" / "alice" / "lab02"
    os.utime(folder / "a.ipynb", (1, 1))
    os.utime(folder / "timestamp.txt", (UPLOADED, UPLOADED))
    assert one(tmp_path).received == AT


def test_nbgraders_folder_with_a_name_of_its_own_is_told_by_the_notebook(tmp_path):
    write_folder(tmp_path / "submitted", {"alice/ps/a.ipynb": RIGHT, "alice/warm up/a.ipynb": solved("01")})
    assert [(one.lab, one.trouble) for one in find(tmp_path)] == [("01", ""), ("02", "")]


def test_a_lab_of_nbgrader_without_notebook_is_trouble_beside_one_with(tmp_path):
    write_folder(tmp_path / "submitted", {"alice/lab01/a.ipynb": solved("01"), "alice/lab02/a.pdf": b"%PDF"})
    first, second = find(tmp_path)
    assert (first.lab, first.trouble) == ("01", "")
    assert second.lab == "02"
    assert "no notebook was handed in, only a.pdf" in second.trouble


def test_a_folder_of_nbgrader_without_notebook_or_number_takes_nothing_from_the_others(tmp_path):
    write_folder(tmp_path / "submitted", {"alice/essay/a.pdf": b"%PDF", "alice/ps/a.ipynb": RIGHT, "alice/a.txt": b""})
    assert [(one.lab, bool(one.trouble)) for one in find(tmp_path)] == [("", True), ("02", False)]


def test_files_beside_the_folders_of_labs_are_nothing_of_their_own(tmp_path):
    write_folder(tmp_path, {"alice/lab02/a.ipynb": RIGHT, "alice/readme.txt": b"", "alice/data/a.csv": b""})
    assert (one(tmp_path).lab, one(tmp_path).trouble) == ("02", "")


def test_one_notebook_is_a_class_of_one(class_folder):
    assert one(class_folder / "bob.ipynb").student == "bob"


def test_labs_of_one_student_are_told_by_their_cells(tmp_path):
    write_folder(tmp_path, {"alice/a.ipynb": RIGHT, "alice/b.ipynb": solved("01"), "alice/scratch.ipynb": b"{}"})
    every = find(tmp_path)
    assert len(every) == 3 - 2
    assert "3 notebooks" in every[0].trouble  # one of them cannot be read, and may be any lab
    (tmp_path / "alice" / "scratch.ipynb").write_bytes(b'{"nbformat": 4, "cells": []}')
    assert [(one.lab, one.content, one.trouble) for one in find(tmp_path)] == [
        ("01", solved("01"), ""),
        ("02", RIGHT, ""),
    ]


def test_several_notebooks_of_one_lab_are_never_guessed_between(tmp_path):
    write_folder(tmp_path, {"alice/a.ipynb": RIGHT, "alice/old/b.ipynb": empty("02"), "bob.ipynb": RIGHT})
    every = found(tmp_path)
    assert "alice/a.ipynb" in every["alice"].trouble
    assert "alice/old/b.ipynb" in every["alice"].trouble
    assert every["bob"].trouble == ""


@pytest.mark.parametrize("name", ["dora.pdf", "dora/lab.py", "dora/work.zip", "dora.txt"])
def test_who_hands_in_no_notebook_is_told_so(class_folder, name):
    write_folder(class_folder, {name: b"something"})
    every = found(class_folder)
    assert every["dora"].trouble == f"no notebook was handed in, only {Path(name).name}"
    assert every["alice"].trouble == every["bob"].trouble == ""


def test_another_file_beside_the_notebook_is_hers_too(class_folder):
    write_folder(class_folder, {"alice.pdf": b"%PDF", "alice.zip": b"PK"})
    assert found(class_folder)["alice"].content == RIGHT


def test_two_of_one_id_are_both_trouble_and_name_each_other(class_folder):
    write_folder(class_folder, {"Alice.ipynb": empty("02"), "ALICE/x.ipynb": RIGHT})
    every = [one for one in find(class_folder) if one.student == "alice"]
    assert len(every) == 3
    assert all(one.content is None and one.trouble.startswith("two submissions of the student alice") for one in every)
    assert all(one.source in one.trouble for one in every)


def test_two_labs_of_one_id_are_two_submissions(class_folder):
    write_folder(class_folder, {"Alice.ipynb": solved("01")})
    assert [(one.lab, one.trouble) for one in find(class_folder)][:2] == [("01", ""), ("02", "")]


def test_two_of_one_id_are_trouble_where_one_of_them_cannot_be_read(class_folder):
    write_folder(class_folder, {"Alice.ipynb": b"{"})
    assert [bool(one.trouble) for one in find(class_folder)] == [True, True, False]


@pytest.mark.parametrize(
    "name",
    ["._alice.ipynb", ".DS_Store", "__MACOSX/alice.ipynb", "Thumbs.db", ".ipynb_checkpoints/bob-checkpoint.ipynb"],
)
def test_files_of_the_system_are_nobodys(class_folder, name):
    write_folder(class_folder, {name: b"x", f"bob2/{name}": b"x", "bob2/a.ipynb": RIGHT})
    assert list(found(class_folder)) == ["alice", "bob", "bob2"]


def test_a_notebook_whose_name_begins_with_a_dot_is_not_lost(class_folder):
    write_folder(class_folder, {"...ipynb": RIGHT})
    assert len(found(class_folder)) == 3


def make(kind: str, path: Path, secret: Path) -> None:
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as door:
            os.chdir(path.parent)
            door.bind(path.name)
    elif kind == "link to a device":
        path.symlink_to("/dev/zero")
    else:
        path.symlink_to({"link": secret, "broken link": "nowhere", "link to a folder": secret.parent}[kind])


KINDS = ["link", "broken link", "link to a folder"]
KINDS += ["fifo", "socket", "link to a device"] if os.name == "posix" else []


@pytest.mark.parametrize("inner", ["", "eve/"])
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_file_is_not_opened(class_folder, tmp_path, monkeypatch, kind, inner):
    monkeypatch.chdir(tmp_path)
    secret = write_folder(tmp_path / "home", {"secret.ipynb": RIGHT}) / "secret.ipynb"
    write_folder(class_folder, {f"{inner}readme.txt": b""} if inner else {})
    make(kind, class_folder / f"{inner}eve.ipynb", secret)
    every = found(class_folder)
    assert list(every) == ["alice", "bob", "eve"]
    assert ("links are not followed" if "link" in kind else "no regular file") in every["eve"].trouble


def test_a_pipe_that_takes_the_place_of_a_file_does_not_make_it_wait(tmp_path):
    make(KINDS[-3], tmp_path / "a", tmp_path)
    said = []

    def read() -> None:
        try:
            places.read_regular(tmp_path / "a")
        except places.Trouble as trouble:
            said.append(str(trouble))

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    reader.join(timeout=10)
    assert len(said) == 1


def test_a_file_that_becomes_a_link_after_it_was_seen_is_not_followed(class_folder, tmp_path):
    (seen,) = [one for one in places.walk(class_folder) if one.stem == "bob"]
    (class_folder / "bob.ipynb").unlink()
    (class_folder / "bob.ipynb").symlink_to(class_folder / "alice.ipynb")
    with pytest.raises(places.Trouble):
        seen.read()


def test_a_file_that_is_too_large_is_trouble(class_folder, monkeypatch):
    with (class_folder / "eve.ipynb").open("wb") as file:
        file.truncate(20_000_001)
    assert "larger than 20 MB" in found(class_folder)["eve"].trouble


def test_a_student_with_too_many_files_is_trouble_alone(class_folder):
    write_folder(class_folder / "eve", {f"{i}.txt": b"" for i in range(501)})
    write_folder(class_folder / "eve", {"a.ipynb": RIGHT})
    every = found(class_folder)
    assert len(places.walk(class_folder)) == 3
    assert "more than 500 files" in every["eve"].trouble
    assert every["bob"].content == RIGHT


def test_a_student_with_too_deep_folders_is_trouble_alone(class_folder):
    deep = class_folder / "eve" / "/".join("a" * 300)
    deep.mkdir(parents=True)
    assert "more than 10 folders deep" in found(class_folder)["eve"].trouble


def test_a_folder_of_everything_is_refused(class_folder, monkeypatch):
    monkeypatch.setattr(places, "MAX_STUDENTS", 1)
    assert "the folder of one class" in refusal(class_folder)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("missing", "not there"),
        ("empty", "no submission"),
        ("a.csv", "no folder, no zip and no notebook"),
        ("a.zip", "no zip"),
    ],
)
def test_a_place_that_is_nothing_is_refused(tmp_path, name, said):
    write_folder(tmp_path, {"a.csv": b"x", "a.zip": b"x"})
    (tmp_path / "empty").mkdir()
    assert said in refusal(tmp_path / name)


@pytest.mark.parametrize("name", ["x" * 5000, "a\0b", "class/alice.ipynb/b", ""])
def test_a_place_that_cannot_be_is_refused(class_folder, monkeypatch, name):
    monkeypatch.chdir(class_folder.parent)
    (class_folder / "alice.ipynb").unlink()
    (class_folder / "bob.ipynb").unlink()
    assert refusal(Path(name) if name else class_folder)
