"""Classes as they come in, with right answers to lab 02; `class_files` makes others."""

import pytest
from class_files import UPLOADED, canvas_files, gradescope_files, moodle_files, solved, write_folder, write_zip


@pytest.fixture
def class_folder(tmp_path):
    """A folder with alice.ipynb and bob.ipynb."""
    return write_folder(tmp_path / "class", {f"{name}.ipynb": solved("02") for name in ("alice", "bob")})


@pytest.fixture
def canvas_zip(tmp_path):
    return write_zip(tmp_path / "submissions.zip", canvas_files(solved("02")), UPLOADED)


@pytest.fixture
def moodle_zip(tmp_path):
    return write_zip(tmp_path / "Course-Lab 2-99.zip", moodle_files(solved("02")), UPLOADED)


@pytest.fixture
def gradescope_zip(tmp_path):
    return write_zip(tmp_path / "assignment_7_export.zip", gradescope_files(solved("02")))
