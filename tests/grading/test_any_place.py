"""Whatever files a place holds, it is found or refused, and nothing outside of it is read."""

from pathlib import Path

from class_files import (
    METADATA,
    write_folder,
    write_zip,
)
from finding import RIGHT
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labkit.grading import handed, places
from labkit.grading.submissions import each, find
from labkit.notebooks.cells import Refused

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
    write_folder(outer, {"outside/a.ipynb": b"from outside", "any/eve/a.txt": b""})
    (outer / "any" / "eve.ipynb").symlink_to(outer / "outside" / "a.ipynb")
    (outer / "any" / "eve" / "more").symlink_to(outer / "outside")
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
