"""Makes what an instructor gets from a class: folders, and zips as the learning platforms name their files."""

import struct
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
UPLOADED = 1_763_800_000  # seconds: 22 November 2025, 08:26:40 UTC


def solved(lab: str) -> bytes:
    """A lab's notebook with right answers."""
    (path,) = (ROOT / "solutions").glob(f"{lab}_*.ipynb")
    return path.read_bytes()


def empty(lab: str) -> bytes:
    """A lab's notebook as students get it."""
    (path,) = (ROOT / "labs").glob(f"{lab}_*.ipynb")
    return path.read_bytes()


def write_folder(folder: Path, files: dict[str, bytes]) -> Path:
    """A folder with these files, by path."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def write_zip(path: Path, files: dict[str, bytes], seconds: int | None = None) -> Path:
    """A zip with these files; `seconds` is their time in the field that has a zone."""
    extra = b"" if seconds is None else struct.pack("<HHBi", 0x5455, 5, 1, seconds)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name)
            entry.compress_type, entry.extra = zipfile.ZIP_DEFLATED, extra
            file.writestr(entry, content)
    return path


def canvas_files(content: bytes) -> dict[str, bytes]:
    """Two students, one of them late and with a second upload."""
    return {
        "smithjane_1234_56789_02_quantize.ipynb": content,
        "singhravi_LATE_1235_56790_02_quantize-1.ipynb": content,
    }


def moodle_files(content: bytes) -> dict[str, bytes]:
    """Three students, in the forms of three versions of Moodle."""
    return {
        "Jane Smith_4711_assignsubmission_file_/02_quantize.ipynb": content,
        "Zoë Müller_4712_assignsubmission_file/02_quantize.ipynb": content,
        "Ravi Singh_4713_assignsubmission_file_02_quantize.ipynb": content,
        "Ravi Singh_4713_assignsubmission_onlinetext_onlinetext.html": b"<p>see my file</p>",
    }


METADATA = """---
submission_101:
  :submitters:
  - :name: Jane Smith
    :sid: '0042'
    :email: jane@example.org
  :created_at: 2025-11-22 08:26:40.123456789 Z
  :score: 3.0
  :results: !ruby/hash:ActiveSupport::HashWithIndifferentAccess
    output: "  :submitters: of another"
submission_102:
  :submitters:
  - :name: Ravi Singh
    :sid:
    :email: ravi@example.org
  - :name: Zoë Müller
    :sid: '44'
    :email: zoe@example.org
  :created_at: 2025-11-22 13:56:40 +05:30
"""


def gradescope_files(content: bytes, metadata: str = METADATA) -> dict[str, bytes]:
    """One student, and a group of two."""
    return {
        "assignment_7_export/submission_metadata.yml": metadata.encode(),
        "assignment_7_export/submission_101/02_quantize.ipynb": content,
        "assignment_7_export/submission_102/work/02_quantize.ipynb": content,
        "assignment_7_export/submission_102/notes.txt": b"by both of us",
    }
