"""What can be read of a broken notebook: its whole cells, both sides of a merge, and Jupyter's checkpoint."""

from __future__ import annotations

import codecs
import json
import re
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from labkit.notebooks.cells import Trouble
from labkit.notebooks.read import OTHER_ENCODINGS, OTHER_FILES, read

CELLS = re.compile(r'"cells"\s*:\s*\[')
CELL = re.compile(r'\{\s*"(?:cell_type|attachments|execution_count|id|metadata)"')
BETWEEN = re.compile(r"[\s,]*")
CONFLICT = re.compile(
    r"^<{7}[^\n]*\n(?P<ours>.*?)(?:^\|{7}[^\n]*\n.*?)?^={7}\r?\n(?P<theirs>.*?)^>{7}[^\n]*\n?", re.DOTALL | re.MULTILINE
)
KEPT = "cell_type", "id", "attachments"


def opened(path: Path) -> tuple[bytes, list[str]]:
    """A notebook that `read` can read, and a line for each thing that had to be done for that; none for a whole file.

    Raises:
        Trouble: no cell of it can be read, and there is no whole checkpoint.
        OSError: the file cannot be opened.
    """
    content = path.read_bytes()
    try:
        read(content)
    except Trouble as trouble:
        return _mended(path, content, str(trouble))
    return content, []


def checkpoint(path: Path) -> Path:
    """Where Jupyter keeps the notebook as it was saved by hand the last time."""
    return path.parent / ".ipynb_checkpoints" / f"{path.stem}-checkpoint.ipynb"


def _mended(path: Path, content: bytes, trouble: str) -> tuple[bytes, list[str]]:
    sides = [_cells(side) for side in _sides(_text(content))]
    parts, notes = [side for side in sides if side], [f"{path.name} is broken: {trouble}"]
    if parts:
        many = "both sides of a merge, the first before the other: " if len(parts) > 1 else ""
        notes.append(f"read of it: {many}{' and '.join(f'{len(side)} cells' for side in parts)}")
    with suppress(OSError, Trouble):
        kept = checkpoint(path).read_bytes()
        read(kept)
        parts.append(_cells(_text(kept)))
        notes.append(f"read after it, for what it lacks: Jupyter's checkpoint of {time_of(checkpoint(path))}")
    if not parts:
        raise Trouble(f"{path}: {trouble}; no cell of it can be read, and there is no checkpoint of it")
    whole = json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": _joined(parts)}).encode()
    read(whole)
    return whole, notes


def time_of(path: Path) -> str:
    """When the file was written, for people."""
    return f"{datetime.fromtimestamp(path.stat().st_mtime):%H:%M on %d %b}"


def _text(content: bytes) -> str:
    if content.startswith(tuple(OTHER_FILES)):
        return ""
    for start, encoding in OTHER_ENCODINGS.items():
        if content.startswith(start):
            return content.decode(encoding, "replace")
    return content.removeprefix(codecs.BOM_UTF8).decode("utf-8", "replace")


def _sides(text: str) -> list[str]:
    """The text; where it holds the marks of a merge, with one side of each, and with the other."""
    if not CONFLICT.search(text):
        return [text]
    return [CONFLICT.sub(rf"\g<{side}>", text) for side in ("ours", "theirs")]


def _cells(text: str) -> list[dict]:
    """The cells of a notebook, or those of its cells that are whole, each without its outputs."""
    try:
        found = json.loads(text, strict=False)
        sheets = [found, *(found.get("worksheets") or [])]
        cells = [cell for sheet in sheets for cell in sheet.get("cells") or []]
    except (ValueError, RecursionError, AttributeError, TypeError):
        cells = _whole(text)
    return [_plain(cell) for cell in cells if _is_cell(cell)]


def _whole(text: str) -> list:
    """The cells of a text that is no JSON: one after the other, over what cannot be read to the next that can."""
    start, cells, decoder = CELLS.search(text), [], json.JSONDecoder(strict=False)
    at = start.end() if start else 0
    while found := CELL.search(text, BETWEEN.match(text, at).end()):
        try:
            cell, at = decoder.raw_decode(text, found.start())
            cells.append(cell)
        except (ValueError, RecursionError):
            at = found.start() + 1
    return cells


def _is_cell(cell: object) -> bool:
    if not isinstance(cell, dict) or not isinstance(cell.get("cell_type"), str):
        return False
    source = cell.get("input", cell.get("source"))
    return isinstance(source, str) or (isinstance(source, list) and all(isinstance(line, str) for line in source))


def _plain(cell: dict) -> dict:
    metadata = cell.get("metadata")
    nbgrader = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    kept = {name: cell[name] for name in KEPT if name in cell}
    return {**kept, "source": cell.get("input", cell.get("source")), "metadata": {"nbgrader": nbgrader}}


def _joined(parts: list[list[dict]]) -> list[dict]:
    """The cells of the first part, then what the others have and it has not: other cells, and other graded texts."""
    cells = []
    for part in parts:
        texts = {_key(cell) for cell in cells}
        ids = {cell.get("id") for cell in cells if not cell["metadata"]["nbgrader"]} - {None}
        cells += [cell for cell in part if _key(cell) not in texts and cell.get("id") not in ids]
    return cells


def _key(cell: dict) -> tuple[str, str]:
    return cell["cell_type"], "".join(cell["source"])
