"""Whose file it is, by the names that learning platforms give to what they hand out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from labkit.grading.places import Found
from labkit.notebooks.cells import Refused

# "smithjane_LATE_1234_56789_02_quantize-1.ipynb"; "..._1234_text.html" where a text or a link was handed in.
CANVAS = re.compile(r"(?P<name>\w*?)_(?P<late>LATE_)?(?P<id>[1-9]\d*)_(?:[1-9]\d*_(?P<file>.+)|(?:text|link)\.html)")
CANVAS_ANONYMOUS = re.compile(r"(?P<late>LATE_)?(?P<name>anon_(?P<id>[A-Za-z0-9]{5}))_[1-9]\d*_(?P<file>.+)")
# "Jane Smith_1234_assignsubmission_file_/02_quantize.ipynb", or flat with the file's name behind it.
MOODLE = re.compile(r"(?P<name>[^_/]*)_(?P<id>\d+)_assignsubmission_[a-z]+(?:_.*)?")
GRADESCOPE_FOLDER = re.compile(r"submission_(\d+)")
GRADESCOPE_METADATA = "submission_metadata.yml"
MAX_METADATA = 200_000_000  # bytes: it holds what every test printed, too


@dataclass(frozen=True)
class Owner:
    """Whose a file is.

    Args:
        key: the same for all files of one student at one place.
        id: where the platform gives one; else the id is made from the name.
    """

    key: tuple[str, ...]
    name: str
    id: str = ""
    platform: dict = field(default_factory=lambda: {"kind": "folder"}, compare=False)
    received: datetime | None = field(default=None, compare=False)
    trouble: str = field(default="", compare=False)


def of_platform(parts: tuple[str, ...]) -> Owner | None:
    """The owner of a file by Moodle's or Canvas's name for it, or None where it is neither's.

    Source: Moodle, mod/assign/classes/downloader.php; Canvas, lib/content_zipper.rb (release/2026).
    """
    if found := MOODLE.fullmatch(parts[0]):
        return Owner(("moodle", found["id"]), found["name"], found["id"], {"kind": "moodle", "id": found["id"]})
    if len(parts) > 1:
        return None
    if found := CANVAS_ANONYMOUS.fullmatch(parts[0]) or CANVAS.fullmatch(parts[0]):
        platform = {"kind": "canvas", "id": found["id"]} | ({"late": True} if found["late"] else {})
        trouble = "whose file it is cannot be told from its name" if re.match(r"[1-9]\d*_", found["file"] or "") else ""
        return Owner(("canvas", found["id"]), found["name"], found["id"], platform, trouble=trouble)
    return None


def is_gradescope(found: Iterable[Found]) -> bool:
    """Whether it is a Gradescope export: folders of submissions, and at the top the file that says whose they are."""
    found = list(found)
    return any(one.parts == (GRADESCOPE_METADATA,) for one in found) and any(
        GRADESCOPE_FOLDER.fullmatch(one.parts[0]) for one in found
    )


def gradescope_owners(metadata: bytes) -> dict[str, list[Owner]]:
    """The owners of each folder `submission_123`: several where a group handed in together.

    Raises:
        Refused: it is no such file, or PyYAML is missing.

    Source: the file submission_metadata.yml in Gradescope's "Export Submissions".
    """
    top = _mapping(_yaml(_of_interest(metadata.decode("utf-8", "replace"))))
    if not top:
        raise Refused(f"{GRADESCOPE_METADATA} names no submission: export the submissions again")
    return {folder: _owners(folder, _mapping(node)) for folder, node in top.items()}


def _of_interest(text: str) -> str:
    """The lines that say who handed in and when. The rest, mostly the output of tests, may be very long."""
    kept, is_kept = [], False
    for line in text.split("\n"):
        if line[:1] not in ("", " ", "#"):
            is_kept = True
        elif line.startswith("  :"):
            is_kept = line.startswith(("  :submitters:", "  :created_at:"))
        if is_kept:
            kept.append(line)
    return "\n".join(kept)


def _yaml(text: str) -> object:
    """The tree of nodes, texts alone: nothing is constructed, whatever tags the file bears."""
    try:
        import yaml
    except ModuleNotFoundError:
        raise Refused("a Gradescope export needs PyYAML: python -m pip install pyyaml") from None
    try:
        return yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError, ValueError):
        raise Refused(f"{GRADESCOPE_METADATA} is damaged: export the submissions again") from None


def _mapping(node: object) -> dict:
    """The children of a YAML mapping by their keys; empty for any other node."""
    if getattr(node, "id", "") != "mapping":
        return {}
    return {key.value: value for key, value in node.value if key.id == "scalar"}


def _owners(folder: str, fields: dict) -> list[Owner]:
    received = _time(getattr(fields.get(":created_at"), "value", None))
    submitters = fields.get(":submitters")
    people = submitters.value if getattr(submitters, "id", "") == "sequence" else []
    return [_owner(folder, _mapping(person), received) for person in people]


def _owner(folder: str, person: dict, received: datetime | None) -> Owner:
    name, email, sid = (_text(person.get(key)) for key in (":name", ":email", ":sid"))
    id = sid or email
    platform = {"kind": "gradescope", "id": id, "email": email, "submission": folder.removeprefix("submission_")}
    return Owner(("gradescope", id or name), name, id, platform, received)


def _text(node: object) -> str:
    said = getattr(node, "value", "")
    return said if isinstance(said, str) and said not in ("", "null", "~") else ""


def _time(text: object) -> datetime | None:
    """A time such as `2026-11-22 20:00:00.000000000 Z`; None for one without a zone."""
    try:
        time = datetime.fromisoformat(re.sub(r"\s+(?=[Zz+-])", "", str(text).strip()))
        return time.astimezone(UTC) if time.tzinfo else None
    except (ValueError, OverflowError):
        return None
