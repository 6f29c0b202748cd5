"""Where a student's notebooks are."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

USUAL = (Path(), Path("labs"))


def notebooks(places: Iterable[Path] = USUAL) -> list[Path]:
    """The files among `places`, and the notebooks right in the folders among them; each once."""
    found = {}
    for place in places:
        every = sorted(one for one in place.glob("*.ipynb") if one.name[0] != ".") if place.is_dir() else [place]
        for one in every:
            if one.is_file() or not place.is_dir():
                found.setdefault(one.resolve(), one)
    return list(found.values())
