"""Whose a file is, by the names that Canvas, Moodle and Gradescope give: no student can choose another's."""

from datetime import UTC, datetime

import pytest
from class_files import (
    METADATA,
    canvas_files,
    gradescope_files,
    moodle_files,
    solved,
    write_folder,
    write_zip,
)
from finding import AT, RIGHT, found

from labkit.grading.submissions import find
from labkit.notebooks.cells import Refused


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


def test_the_time_of_an_unpacked_file_is_that_of_the_download_and_counts_for_nobody(tmp_path):
    unpacked = found(write_folder(tmp_path / "a", moodle_files(RIGHT)))
    assert [one.received for one in unpacked.values()] == [None] * 3


def test_a_folder_holds_several_zips(tmp_path):
    write_folder(tmp_path / "all", {"readme.txt": b""})
    write_zip(tmp_path / "all" / "plain.zip", {"alice.ipynb": RIGHT, "bob.ipynb": RIGHT})
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
        ("bob", "", ""),
        ("readme", "", "no notebook was handed in, only readme.txt"),
    ]


def test_the_same_zip_twice_is_trouble(tmp_path):
    write_folder(tmp_path / "all", {})
    for name in ("hw.zip", "hw (1).zip"):
        write_zip(tmp_path / "all" / name, canvas_files(RIGHT))
    assert all("hw.zip" in one.trouble and "hw (1).zip" in one.trouble for one in find(tmp_path / "all"))
