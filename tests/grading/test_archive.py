"""A zip from outside is read file by file: what is hostile in it is trouble for one student, and harms nobody."""

import os
import stat
import struct
import tracemalloc
import zipfile
from pathlib import Path

import psutil
import pytest
from class_files import (
    METADATA,
    UPLOADED,
    gradescope_files,
    moodle_files,
    solved,
    write_folder,
    write_zip,
)
from finding import AT, RIGHT, found, one, refusal

from labkit.grading import archive, handed
from labkit.grading.submissions import each, find
from labkit.notebooks.cells import Refused

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


def test_a_zip_among_notebooks_is_one_students(class_folder):
    write_zip(class_folder / "carl.zip", {"my work/02_quantize.ipynb": RIGHT, "my work/a.csv": b"1"})
    write_zip(class_folder / "dora.zip", {"01_benchmark.ipynb": solved("01"), "02_quantize.ipynb": RIGHT})
    write_zip(class_folder / "eve.zip", {"a.pdf": b"%PDF"})
    write_zip(class_folder / "finn.zip", {})
    every = [(one.student, one.lab, bool(one.trouble)) for one in find(class_folder)]
    assert every == [
        ("alice", "", False),
        ("bob", "", False),
        ("carl", "", False),
        ("dora", "01", False),
        ("dora", "02", False),
        ("eve", "", True),
        ("finn", "", True),
    ]


def test_an_empty_zip_among_zips_is_trouble(tmp_path):
    write_zip(tmp_path / "alice.zip", {"a.ipynb": RIGHT})
    write_zip(tmp_path / "eve.zip", {})
    assert [(name, one.trouble) for name, one in found(tmp_path).items()] == [
        ("alice", ""),
        ("eve", "the zip is empty"),
    ]
    (tmp_path / "alice.zip").unlink()
    assert found(tmp_path)["eve"].trouble == "the zip is empty"


def test_the_times_in_a_students_zip_are_not_believed(class_folder):
    write_zip(class_folder / "carl.zip", {"a.ipynb": RIGHT}, seconds=7)
    os.utime(class_folder / "carl.zip", (UPLOADED, UPLOADED))
    assert found(class_folder)["carl"].received == AT


CLAIMS = {
    "students": {"alice.ipynb": RIGHT, "dora.ipynb": RIGHT},
    "folders": {"alice/a.ipynb": RIGHT, "dora/a.ipynb": RIGHT},
    "nbgrader": {"submitted/alice/lab02/a.ipynb": RIGHT, "submitted/dora/lab02/a.ipynb": RIGHT},
    "canvas": {"LATE_anon_alice_7_a.ipynb": RIGHT, "dora_12_34_a.ipynb": RIGHT},
    "moodle": moodle_files(RIGHT),
    "gradescope": gradescope_files(RIGHT, METADATA.replace("0042", "alice")),
}


@pytest.mark.parametrize("files", CLAIMS.values(), ids=CLAIMS)
@pytest.mark.parametrize("others", ["notebooks", "zips"])
def test_a_students_zip_makes_nobody_else(tmp_path, others, files):
    place = write_folder(tmp_path / "class", {"alice.ipynb": RIGHT} if others == "notebooks" else {})
    if others == "zips":
        write_zip(place / "alice.zip", {"02_quantize.ipynb": RIGHT})
    write_zip(place / "eve.zip", files)
    every = found(place)
    assert list(every) == ["alice", "eve"]
    assert every["alice"].content == RIGHT
    assert "notebooks were handed in where one is wanted" in every["eve"].trouble


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
