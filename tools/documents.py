"""Writes the documents that hold numbers, such as docs/choosing.md: prose from docs/prose/, each number from a file.

In the prose, `{{name one, two}}` stands for what `name("one", "two")` of document_numbers.py or document_labs.py
returns. The same files give the same bytes.
"""

import argparse
import re
import sys
from pathlib import Path

import document_labs
import document_numbers

from labkit.files import write_atomically

ROOT = Path(__file__).parents[1]
PROSE = ROOT / "docs" / "prose"
FIELD = re.compile(r"\{\{(\w+)(?: ([^{}]+))?\}\}")
FIELDS = document_numbers.FIELDS | document_labs.FIELDS


class DocumentError(Exception):
    """A document asks for what no file has; the message says which document and what."""


def filled(text: str, name: str) -> str:
    """The text with every field filled.

    Args:
        name: what the document is called in an error.

    Raises:
        DocumentError: a field is unknown, or what it asks for is not in the data.
    """

    def fill(field: re.Match) -> str:
        if field[1] not in FIELDS:
            raise DocumentError(f"{name}: no field {field[0]}; there are {', '.join(sorted(FIELDS))}")
        try:
            return FIELDS[field[1]](*(field[2].split(", ") if field[2] else []))
        except (KeyError, TypeError, ValueError) as error:
            raise DocumentError(f"{name}: {field[0]} cannot be filled ({error})") from error

    return FIELD.sub(fill, text)


def documents() -> dict[Path, str]:
    """What each document that is written here should hold, by its place."""
    sources = sorted(PROSE.glob("*.md"))
    return {ROOT / "docs" / path.name: filled(path.read_text(encoding="utf-8"), path.name) for path in sources}


def main() -> int:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    try:
        found = documents()
    except DocumentError as error:
        sys.exit(str(error))
    for place, text in found.items():
        write_atomically(place, text.encode())
        print(place.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
