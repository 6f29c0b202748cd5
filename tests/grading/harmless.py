"""Looks for what a student's words could do in the files that an instructor opens."""

import csv
import re
from pathlib import Path

# A tag or a handler of a student's own, a control character, or one that turns the direction of text.
ACTIVE = re.compile(
    r"<(script|img|iframe|a)\b[^>]*(>[^<]*)?(LEAK|alert\()|[\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069]"
)
NUMBER = re.compile(r"-?\d+(\.\d+)?")


def formulas(folder: Path) -> list[str]:
    """Cells of the folder's tables that a spreadsheet would compute."""
    found = []
    for path in folder.rglob("*.csv"):
        with path.open(newline="", encoding="utf-8-sig") as file:
            cells = [cell for row in csv.reader(file) for cell in row]
        found += [cell for cell in cells if cell.startswith(tuple("=+-@\t\r")) and not NUMBER.fullmatch(cell)]
    return found


def scripts(folder: Path) -> list[str]:
    """What of the folder's pages would run, or would not be seen as it is."""
    texts = {path: path.read_text(encoding="utf-8") for path in folder.rglob("*.html")}
    return [f"{path}: {found[0]!r}" for path, text in texts.items() for found in ACTIVE.finditer(text)]
