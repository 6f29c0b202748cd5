"""The page on which written answers are marked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from labkit.grading import sheets
from labkit.grading.grades import Grade


def write(rows: Sequence[Grade], folder: Path, course: str) -> Path:
    """Writes `written.html`; its path."""
    return sheets.write(folder / "written.html", b"")
