"""Whatever a class hands in is found: each file is somebody's submission or trouble, and nothing is guessed."""

import os
import socket
import stat
import struct
import threading
import tracemalloc
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest
from class_files import (
    METADATA,
    UPLOADED,
    canvas_files,
    empty,
    gradescope_files,
    moodle_files,
    solved,
    write_folder,
    write_zip,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labkit.grading import archive, handed, places
from labkit.grading.submissions import each, find
from labkit.grading.work import Refused, Submission

RIGHT = solved("02")
AT = datetime.fromtimestamp(UPLOADED, UTC)


def found(place: Path) -> dict[str, Submission]:
    """By student; each hands in once."""
    every = find(place)
    by_student = {one.student: one for one in every}
    assert len(by_student) == len(every)
    for one in every:
        assert (one.content is None) == bool(one.trouble)
        assert one.trouble.isprintable()
        assert one.source.isprintable()
        assert one.source
    return by_student


def one(place: Path) -> Submission:
    (only,) = find(place)
    return only


def refusal(place: Path) -> str:
    with pytest.raises(Refused) as raised:
        find(place)
    assert str(raised.value).isprintable()
    return str(raised.value)


# Folders


def test_notebooks_are_named_by_student(class_folder):
    every = found(class_folder)
    assert list(every) == ["alice", "bob"]
    assert every["alice"].content == RIGHT
    assert every["alice"].name == "alice"
    assert every["alice"].platform == {"kind": "folder"}
    assert every["alice"].lab == ""
    assert every["alice"].source == str(class_folder / "alice.ipynb")


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


# Files that are none


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


# Platforms


def test_canvas_names_its_files_by_user(canvas_zip):
    every = found(canvas_zip)
    assert list(every) == ["1234", "1235"]
    assert every["1234"].platform == {"kind": "canvas", "id": "1234"}
    assert every["1235"].platform == {"kind": "canvas", "id": "1235", "late": True}
    assert every["1235"].name == "singhravi"
    assert every["1235"].content == RIGHT
    assert every["1234"].source == "submissions.zip: smithjane_1234_56789_02_quantize.ipynb"


def test_the_times_in_a_zip_from_canvas_are_of_the_download(canvas_zip):
    assert {one.received for one in find(canvas_zip)} == {None}


def test_canvas_names_of_any_form_are_read(tmp_path):
    files = {
        "anon_a1B2c_57_02_quantize.ipynb": RIGHT,
        "LATE_anon_x9Y8z_58_02_quantize.ipynb": RIGHT,
        "o_brien_mary_77_59_02_quantize.ipynb": RIGHT,
        "müllerzoë_78_60_answer_1_2.ipynb": RIGHT,
        "text_79_text.html": b"<p>words</p>",
        "pair_80_61_a.ipynb": RIGHT,
        "pair_80_62_a.pdf": b"%PDF",
    }
    every = found(write_zip(tmp_path / "a.zip", files))
    assert list(every) == ["77", "78", "79", "80", "a1b2c", "x9y8z"]
    assert {name for name, one in every.items() if one.trouble} == {"79"}
    assert every["77"].name == "o_brien_mary"
    assert every["x9y8z"].platform == {"kind": "canvas", "id": "x9Y8z", "late": True}


def test_a_name_that_could_be_two_students_is_trouble(tmp_path):
    every = found(write_zip(tmp_path / "a.zip", {"a_12_77_55_x.ipynb": RIGHT, "b_13_78_02_x.ipynb": RIGHT}))
    assert "whose file it is cannot be told" in every["12"].trouble
    assert every["13"].trouble == ""


def test_a_students_file_name_makes_nobody_else(tmp_path):
    files = {
        "eve_12_90_99_assignsubmission_file_x.ipynb": RIGHT,
        "Eve B_13_assignsubmission_file_99_98_x.ipynb": RIGHT,
        "Eve C_14_assignsubmission_file_/99_98_x.ipynb": RIGHT,
        "Eve D_15_assignsubmission_file_/submission_metadata.yml": METADATA.encode(),
    }
    assert set(found(write_zip(tmp_path / "a.zip", files))) == {"12", "13", "14", "15"}


def test_moodle_names_its_files_by_participant(moodle_zip):
    every = found(moodle_zip)
    assert list(every) == ["4711", "4712", "4713"]
    assert every["4712"].name == "Zoë Müller"
    assert every["4712"].platform == {"kind": "moodle", "id": "4712"}
    assert every["4713"].content == RIGHT
    assert every["4711"].received == AT


def test_gradescope_says_whose_a_folder_is(gradescope_zip):
    every = found(gradescope_zip)
    assert list(every) == ["0042", "44", "ravi@example.org"]
    assert every["0042"].name == "Jane Smith"
    expected = {"kind": "gradescope", "id": "ravi@example.org", "email": "ravi@example.org", "submission": "102"}
    assert every["ravi@example.org"].platform == expected
    assert every["44"].content == every["ravi@example.org"].content == RIGHT
    assert {one.received.replace(microsecond=0) for one in every.values()} == {
        datetime(2025, 11, 22, 8, 26, 40, tzinfo=UTC)
    }


def test_a_folder_that_gradescope_does_not_name_is_trouble(tmp_path):
    metadata = METADATA[: METADATA.index("submission_102")]
    every = found(write_zip(tmp_path / "a.zip", gradescope_files(RIGHT, metadata)))
    assert "does not say whose it is" in every["submission_102"].trouble
    assert every["0042"].trouble == ""


@pytest.mark.parametrize("metadata", ["", "[", "- " * 5000, "a: [1", "\0", "42", "x: &a [*a]", "\xff\xfe"])
def test_damaged_metadata_of_gradescope_is_refused_or_trouble(tmp_path, metadata):
    place = write_zip(tmp_path / "a.zip", gradescope_files(RIGHT, metadata))
    try:
        assert all(one.trouble for one in find(place))
    except Refused as refused:
        assert "export the submissions again" in str(refused)  # noqa: PT017


def test_what_tests_printed_is_no_part_of_what_is_read(tmp_path):
    metadata = METADATA.replace('output: "', "output: [ } \t! ")
    assert found(write_zip(tmp_path / "a.zip", gradescope_files(RIGHT, metadata)))["0042"].name == "Jane Smith"


def test_what_the_platform_wrote_may_be_packed_tightly(tmp_path):
    metadata = METADATA.replace('output: "', f'output: "{"the same again, " * 100_000}')
    assert found(write_zip(tmp_path / "a.zip", gradescope_files(RIGHT, metadata)))["0042"].name == "Jane Smith"


@pytest.mark.parametrize("time", ["2025-11-22 08:26:40", "yesterday", "", "9999-12-31 23:59:59 -23:59", "[]"])
def test_a_time_of_gradescope_without_zone_is_none(tmp_path, time):
    metadata = METADATA.replace("2025-11-22 08:26:40.123456789 Z", time)
    assert found(write_zip(tmp_path / "a.zip", gradescope_files(RIGHT, metadata)))["0042"].received is None


def test_metadata_of_gradescope_makes_no_objects(tmp_path):
    metadata = METADATA.replace(":name: Jane Smith", f":name: !!python/object/apply:os.mkdir ['{tmp_path}/made']")
    every = found(write_zip(tmp_path / "a.zip", gradescope_files(RIGHT, metadata)))
    assert every["0042"].name == "0042"
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("make", [canvas_files, moodle_files, gradescope_files])
def test_a_zip_that_was_unpacked_is_the_same_class(tmp_path, make):
    packed = found(write_zip(tmp_path / "a.zip", make(RIGHT)))
    files = {name.removeprefix("assignment_7_export/"): content for name, content in make(RIGHT).items()}
    unpacked = found(write_folder(tmp_path / "a", files))
    assert [(one.student, one.name, one.platform, one.content) for one in packed.values()] == [
        (one.student, one.name, one.platform, one.content) for one in unpacked.values()
    ]


def test_a_folder_holds_several_zips(tmp_path):
    write_folder(tmp_path / "all", {"alice.ipynb": RIGHT})
    write_zip(tmp_path / "all" / "first.zip", canvas_files(RIGHT))
    write_zip(tmp_path / "all" / "other.zip", {k: solved("01") for k in canvas_files(b"")})
    write_zip(tmp_path / "all" / "moodle.zip", moodle_files(RIGHT))
    every = [(one.student, one.lab, one.trouble) for one in find(tmp_path / "all")]
    assert every == [
        ("1234", "01", ""),
        ("1234", "02", ""),
        ("1235", "01", ""),
        ("1235", "02", ""),
        ("4711", "", ""),
        ("4712", "", ""),
        ("4713", "", ""),
        ("alice", "", ""),
    ]


def test_the_same_zip_twice_is_trouble(tmp_path):
    write_folder(tmp_path / "all", {})
    for name in ("hw.zip", "hw (1).zip"):
        write_zip(tmp_path / "all" / name, canvas_files(RIGHT))
    assert all("hw.zip" in one.trouble and "hw (1).zip" in one.trouble for one in find(tmp_path / "all"))


# Zips


FORMS = {
    "notebooks": {"alice.ipynb": RIGHT, "bob.ipynb": RIGHT},
    "folders": {"alice/x.ipynb": RIGHT, "alice/a.csv": b"1", "bob/x.ipynb": RIGHT},
    "one top folder": {"class/alice.ipynb": RIGHT, "class/bob.ipynb": RIGHT},
    "a top folder of folders": {"class/alice/x.ipynb": RIGHT, "class/bob/y/x.ipynb": RIGHT, "class/bob/a.txt": b"1"},
    "nbgrader": {"submitted/alice/lab02/x.ipynb": RIGHT, "submitted/bob/lab02/x.ipynb": RIGHT},
    "a course of nbgrader": {
        "c/submitted/alice/lab02/x.ipynb": RIGHT,
        "c/submitted/bob/lab02/x.ipynb": RIGHT,
        "c/source/lab02/x.ipynb": RIGHT,
    },
    "with files of a Mac": {"alice.ipynb": RIGHT, "__MACOSX/._alice.ipynb": b"x", "bob.ipynb": RIGHT, ".DS_Store": b""},
}


@pytest.mark.parametrize("files", FORMS.values(), ids=FORMS)
def test_a_zip_holds_any_form_of_folder(tmp_path, files):
    every = found(write_zip(tmp_path / "hw.zip", files, UPLOADED))
    assert list(every) == ["alice", "bob"]
    assert all(one.content == RIGHT and one.received == AT for one in every.values())


ALONE = {
    "a notebook": ({"alice.ipynb": RIGHT}, [""]),
    "a folder": ({"alice/x.ipynb": RIGHT}, [""]),
    "a folder of two labs": (
        {"alice/01_benchmark.ipynb": solved("01"), "alice/02_quantize.ipynb": RIGHT},
        ["01", "02"],
    ),
    "a folder of two folders of labs": (
        {"alice/lab01/x.ipynb": solved("01"), "alice/lab02/x.ipynb": RIGHT},
        ["01", "02"],
    ),
    "in a folder named as the zip": ({"hw/alice.ipynb": RIGHT}, [""]),
    "in Canvas's folder": ({"submissions/alice.ipynb": RIGHT}, [""]),
    "in nbgrader's folder": ({"submitted/alice/lab02/x.ipynb": RIGHT}, ["02"]),
    "in a course of nbgrader": ({"course/submitted/alice/lab02/x.ipynb": RIGHT}, ["02"]),
}


@pytest.mark.parametrize(("files", "labs"), ALONE.values(), ids=ALONE)
def test_a_class_of_one_is_found_in_a_zip(tmp_path, files, labs):
    every = find(write_zip(tmp_path / "hw.zip", files))
    assert [(one.student, one.lab, one.trouble) for one in every] == [("alice", lab, "") for lab in labs]


def test_a_zip_inside_a_folder_is_one_students_or_a_class(class_folder):
    write_zip(class_folder / "carl.zip", {"my work/02_quantize.ipynb": RIGHT, "my work/a.csv": b"1"})
    write_zip(class_folder / "dora.zip", {"01_benchmark.ipynb": solved("01"), "02_quantize.ipynb": RIGHT})
    write_zip(class_folder / "group.zip", {"eve.ipynb": RIGHT, "finn.ipynb": RIGHT})
    write_zip(class_folder / "gina.zip", {"a.pdf": b"%PDF"})
    every = [(one.student, one.lab, bool(one.trouble)) for one in find(class_folder)]
    assert every == [
        ("alice", "", False),
        ("bob", "", False),
        ("carl", "", False),
        ("dora", "01", False),
        ("dora", "02", False),
        ("eve", "", False),
        ("finn", "", False),
        ("gina", "", True),
    ]


def test_hundreds_of_zips_do_not_use_up_the_open_files(tmp_path):
    for i in range(80):
        write_zip(tmp_path / f"s{i}.zip", {"a.ipynb": b"{}"})
    before = psutil.Process().open_files()
    most = 0
    for _ in each(tmp_path):
        most = max(most, len(psutil.Process().open_files()) - len(before))
    every = found(tmp_path)
    assert len(every) == 80
    assert most <= 1
    assert not [one.trouble for one in every.values() if one.trouble]


def test_a_zip_has_no_time_where_it_has_no_zone(tmp_path):
    assert one(write_zip(tmp_path / "a.zip", {"alice.ipynb": RIGHT})).received is None


def test_names_from_a_mac_are_utf_8_without_saying_so(tmp_path):
    place = write_zip(tmp_path / "a.zip", {"Zoé.ipynb": RIGHT})
    content = bytearray(place.read_bytes())
    for head, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.index(head) + flags
        content[at : at + 2] = struct.pack("<H", struct.unpack("<H", content[at : at + 2])[0] & ~0x800)
    place.write_bytes(content)
    assert (one(place).student, one(place).name) == ("zoe", "Zoé")


@pytest.mark.parametrize("name", ["../eve.ipynb", "/eve.ipynb", "a/../../eve.ipynb", "..\\eve.ipynb", "C:\\eve.ipynb"])
def test_a_name_that_leads_out_of_the_zip_is_trouble_alone(tmp_path, name):
    every = find(write_zip(tmp_path / "a.zip", {"bob.ipynb": RIGHT, name: RIGHT}))
    assert [one.content for one in every if not one.trouble] == [RIGHT]
    (eve,) = [one for one in every if one.trouble]
    assert "leads out of the zip" in eve.trouble
    assert not list(tmp_path.parent.glob("eve*"))


def test_a_link_in_a_zip_is_trouble_alone(tmp_path):
    place = write_zip(tmp_path / "a.zip", {"bob.ipynb": RIGHT})
    with zipfile.ZipFile(place, "a") as file:
        entry = zipfile.ZipInfo("eve.ipynb")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        file.writestr(entry, "/etc/passwd")
    every = found(place)
    assert "link" in every["eve"].trouble
    assert every["bob"].content == RIGHT


def test_a_bomb_is_trouble_alone(tmp_path):
    every = found(write_zip(tmp_path / "a.zip", {"bob.ipynb": RIGHT, "eve.ipynb": bytes(15_000_000)}))
    assert "zip bomb" in every["eve"].trouble
    assert every["bob"].content == RIGHT


def with_declared_size(place: Path, size: int) -> Path:
    """The zip with another size of its first file, in both places where it stands."""
    content = bytearray(place.read_bytes())
    for head, field in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = content.index(head) + field
        content[at : at + 4] = struct.pack("<I", size)
    place.write_bytes(content)
    return place


@pytest.mark.parametrize("size", [10, 100_000])
def test_a_size_that_is_a_lie_is_trouble_alone(tmp_path, size):
    place = write_zip(tmp_path / "a.zip", {"eve.ipynb": bytes(15_000_000), "bob.ipynb": RIGHT})
    every = found(with_declared_size(place, size))
    assert "damaged" in every["eve"].trouble
    assert every["bob"].content == RIGHT


def test_files_are_counted_while_they_are_unpacked(tmp_path, monkeypatch):
    place = write_zip(tmp_path / "a.zip", {"eve.ipynb": os.urandom(21_000_000), "bob.ipynb": RIGHT})
    assert "larger than 20 MB" in found(place)["eve"].trouble
    monkeypatch.setattr(archive, "MAX_TOTAL", len(RIGHT) + 10)
    every = found(write_zip(tmp_path / "b.zip", {"bob.ipynb": RIGHT, "carl.ipynb": RIGHT}))
    assert every["bob"].content == RIGHT
    assert every["carl"].trouble


def test_a_large_file_in_a_zip_is_never_whole_in_memory(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr("eve.ipynb", bytes(100_000_000))
    tracemalloc.start()
    try:
        assert "larger than 20 MB" in one(tmp_path / "a.zip").trouble
        assert tracemalloc.get_traced_memory()[1] < 30_000_000
    finally:
        tracemalloc.stop()


def test_files_that_share_bytes_are_refused(tmp_path):
    place = write_zip(tmp_path / "a.zip", {"a.ipynb": os.urandom(5000), "b.ipynb": b"y" * 5000})
    content = bytearray(place.read_bytes())
    second = content.index(b"PK\x01\x02", content.index(b"PK\x01\x02") + 4)
    content[second + 42 : second + 46] = struct.pack("<I", 40)
    place.write_bytes(content)
    with pytest.raises(Refused):
        find(place)
    os.mkdir(tmp_path / "class")
    place.rename(tmp_path / "class" / "eve.zip")
    write_folder(tmp_path / "class", {"bob.ipynb": RIGHT})
    assert [bool(one.trouble) for one in find(tmp_path / "class")] == [False, True]


def test_an_encrypted_file_is_trouble_alone(tmp_path):
    place = write_zip(tmp_path / "a.zip", {"eve.ipynb": RIGHT, "bob.ipynb": RIGHT})
    content = bytearray(place.read_bytes())
    for head, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(head) + flags] |= 1
    place.write_bytes(content)
    every = found(place)
    assert "encrypted" in every["eve"].trouble
    assert every["bob"].content == RIGHT


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_files_of_one_name_are_trouble(tmp_path):
    place = write_zip(tmp_path / "a.zip", {"eve.ipynb": solved("01"), "bob.ipynb": RIGHT})
    with zipfile.ZipFile(place, "a") as file:
        file.writestr("eve.ipynb", RIGHT)
    every = found(place)
    assert "2 notebooks were handed in" in every["eve"].trouble
    assert every["bob"].content == RIGHT


def test_an_odd_way_of_packing_is_trouble(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_LZMA) as file:
        file.writestr("eve.ipynb", RIGHT)
    assert "zip it again" in one(tmp_path / "a.zip").trouble


def test_a_zip_of_too_many_files_is_refused(tmp_path, monkeypatch):
    place = write_zip(tmp_path / "a.zip", {f"s{i}.ipynb": b"" for i in range(6)})
    monkeypatch.setattr(archive, "MAX_ENTRIES", 5)
    assert "holds 6 files" in refusal(place)
    monkeypatch.setattr(archive, "MAX_ENTRIES", 6)
    monkeypatch.setattr(archive, "MAX_READ", 100)
    assert "table of contents" in refusal(place)


def test_a_student_with_too_many_files_in_a_zip_is_trouble_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(handed, "MAX_FILES", 5)
    files = {f"Eve_1_assignsubmission_file_/{i}.txt": b"" for i in range(6)} | {
        "Bob_2_assignsubmission_file_/a.ipynb": RIGHT
    }
    every = found(write_zip(tmp_path / "a.zip", files))
    assert "more than 5 files" in every["1"].trouble
    assert every["2"].content == RIGHT


def test_a_damaged_zip_is_refused_or_its_students_trouble(class_folder):
    whole = write_zip(class_folder.parent / "eve.zip", FORMS["notebooks"]).read_bytes()
    for broken in (whole[:-30], whole[100:], b"", b"PK\x03\x04", whole[:200]):
        (class_folder.parent / "eve.zip").write_bytes(broken)
        assert "no zip, or it is damaged" in refusal(class_folder.parent / "eve.zip")
        (class_folder / "eve.zip").write_bytes(broken)
        every = found(class_folder)
        assert "no zip, or it is damaged" in every["eve"].trouble
        assert every["bob"].content == RIGHT


# Whatever it is


NAMES = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=12)
ENDINGS = st.sampled_from(["", ".ipynb", ".zip", ".pdf", "_12_34_a.ipynb", "_7_assignsubmission_file_"])
PARTS = st.builds(str.__add__, NAMES | st.sampled_from(["submitted", "lab02", "submission_1", ".."]), ENDINGS)
TREES = st.dictionaries(
    st.lists(PARTS, min_size=1, max_size=4).map("/".join) | st.just("submission_metadata.yml"),
    st.sampled_from([b"", b"{}", RIGHT, METADATA.encode(), b"PK\x05\x06" + bytes(18)]),
    max_size=6,
)


def is_sound(place: Path) -> None:
    """All that is found is inside, and its ids are ids; or the place as a whole is refused."""
    try:
        every = find(place)
    except Refused as refused:
        said = str(refused)
        every = []
        assert said.isprintable()
    for one in every:
        assert handed.student_id(one.student) == one.student or one.student.startswith("student-")
        assert one.content in (None, b"", b"{}", RIGHT, METADATA.encode(), b"PK\x05\x06" + bytes(18))
        assert one.trouble.isprintable()
        assert one.name.isprintable()
        assert one.name


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=TREES)
def test_any_zip_is_found_or_refused(tmp_path, files):
    is_sound(write_zip(tmp_path / "any.zip", files))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=TREES)
def test_any_folder_is_found_or_refused(tmp_path_factory, files):
    outer = tmp_path_factory.mktemp("outer")
    write_folder(outer, {"outside.ipynb": b"from outside"})
    for name, content in files.items():
        try:
            write_folder(outer / "any", {name.replace("..", "__"): content})
        except OSError:
            continue  # a file where a folder is wanted, or a name that this system does not take
    is_sound(outer / "any")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_damage_to_a_zip_is_refused_or_trouble(tmp_path, data):
    content = bytearray(write_zip(tmp_path / "any.zip", {"alice.ipynb": b"{}", "bob/x.ipynb": b"{}"}, 7).read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    (tmp_path / "any.zip").write_bytes(content)
    is_sound(tmp_path / "any.zip")


def test_one_submission_is_in_memory_at_a_time(class_folder, monkeypatch):
    held = []
    monkeypatch.setattr(places, "read_regular", lambda *_: held.append(1) or b"{}")
    every = each(class_folder)
    next(every)
    assert len(held) <= 1
