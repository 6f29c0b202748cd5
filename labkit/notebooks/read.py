"""Reads a notebook from outside: what comes out is a short list of cells with plain texts, or one line of trouble."""

from __future__ import annotations

import codecs
import json
import re

from labkit.notebooks.cells import NAME_LENGTH, Cell, Trouble, display_name

MAX_BYTES = 20_000_000
MAX_CELLS = 2_000
MAX_SOURCE = 1_000_000  # characters of one cell
MAX_CONTAINERS = 1_000_000  # lists and dictionaries: each takes some 60 bytes of memory, and 3 of the file
SURROGATE = re.compile("[\ud800-\udfff\0]")
KINDS = {"code": "code", "markdown": "markdown", "heading": "markdown", "html": "markdown"}
OTHER_FILES = {
    b"PK\x03\x04": "a zip file",
    b"%PDF": "a PDF",
    b"\x1f\x8b": "a gzip file",
    b"\x89PNG": "a picture",
    b"\x80\x04": "a pickle",
}
OTHER_ENCODINGS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}


def read(content: bytes) -> list[Cell]:
    """The cells of a notebook in their order. Outputs, attachments and all metadata but `grade_id` are left behind.

    Raises:
        Trouble: it is too large, no text, no JSON, no notebook of version 3 or 4, or has cells of no known shape.

    Source: the JSON schemas of nbformat 3 and 4.
    """
    found = _json(_text(content))
    if not isinstance(found, dict):
        raise Trouble("it is JSON but no notebook: a notebook is an object with cells")
    version = found.get("nbformat")
    if version == 4:
        cells = found.get("cells")
    elif version == 3:
        cells = _of_worksheets(found.get("worksheets"))
    elif isinstance(version, int | float | str):
        said = display_name(str(version))[:20]
        raise Trouble(f"it is a notebook of format version {said}; versions 3 and 4 can be read")
    else:
        raise Trouble("it is JSON but no notebook: it does not say its format version")
    if not isinstance(cells, list):
        raise Trouble("the notebook has no list of cells")
    if len(cells) > MAX_CELLS:
        raise Trouble(f"the notebook has {len(cells):,} cells; the most that is read are {MAX_CELLS:,}")
    return [_cell(cell, position) for position, cell in enumerate(cells, start=1)]


def _text(content: bytes) -> str:
    if len(content) > MAX_BYTES:
        raise Trouble(
            f"the file is larger than {MAX_BYTES // 1_000_000} MB: clear the outputs (Edit, Clear Outputs of All Cells)"
        )
    if not content.strip():
        raise Trouble("the file is empty")
    for start, encoding in OTHER_ENCODINGS.items():
        if content.startswith(start):
            raise Trouble(f"the file is text in {encoding}; a notebook is UTF-8")
    for start, what in OTHER_FILES.items():
        if content.startswith(start):
            raise Trouble(f"the file is {what} with the name of a notebook")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Trouble(f"the file is no text in UTF-8 (byte {error.start + 1:,} is not)") from None


def _json(text: str) -> object:
    """The text as plain values. What would take much memory or depth is refused before or while it is read."""
    if text.count("[") + text.count("{") > MAX_CONTAINERS:
        raise Trouble(f"the notebook has more than {MAX_CONTAINERS:,} lists and objects: clear the outputs")
    try:
        return json.loads(text)
    except RecursionError:
        raise Trouble("the notebook is nested too deeply to be read") from None
    except json.JSONDecodeError as error:
        left = text[error.pos :].rstrip()
        cut = len(left) <= 1 or any(word.startswith(left) for word in ("true", "false", "null"))
        if cut or error.msg.startswith("Unterminated"):
            raise Trouble(f"the file ends in the middle of the notebook (line {error.lineno:,})") from None
        raise Trouble(f"the file is no JSON: {error.msg} in line {error.lineno:,}") from None
    except ValueError:  # a whole number of more digits than Python reads
        raise Trouble("the notebook holds a number that is too long to be read") from None


def _of_worksheets(worksheets: object) -> list | None:
    """The cells of a notebook of version 3 in the form of version 4."""
    if not isinstance(worksheets, list) or not all(isinstance(sheet, dict) for sheet in worksheets):
        return None
    lists = [sheet.get("cells", []) for sheet in worksheets]
    if not all(isinstance(cells, list) for cells in lists):
        return None
    return [_of_version_3(cell) for cells in lists for cell in cells]


def _of_version_3(cell: object) -> object:
    if isinstance(cell, dict) and cell.get("cell_type") == "code":
        return {**cell, "source": cell.get("input", cell.get("source"))}
    return cell


def _cell(cell: object, position: int) -> Cell:
    if not isinstance(cell, dict) or not isinstance(cell.get("cell_type"), str):
        raise Trouble(f"cell {position:,} of the notebook does not say what it is")
    source = cell.get("source", "")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        raise Trouble(f"cell {position:,} of the notebook has no text")
    if len(source) > MAX_SOURCE:
        raise Trouble(f"cell {position:,} of the notebook has more than {MAX_SOURCE:,} characters")
    metadata = cell.get("metadata")
    nbgrader = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    grade_id = nbgrader.get("grade_id") if isinstance(nbgrader, dict) else None
    kind = KINDS.get(cell["cell_type"], "raw")
    return Cell(kind, _clean(source.replace("\r\n", "\n")), _short(cell.get("id")), _short(grade_id))


def _short(text: object) -> str:
    return display_name(text) if isinstance(text, str) and len(text) <= NAME_LENGTH else ""


def _clean(text: str) -> str:
    """The text without what no file and no parser takes: halves of surrogate pairs and NUL."""
    return SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)
