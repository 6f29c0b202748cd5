"""What the readers of notebooks hand to each other, and texts from outside as they may be shown."""

from __future__ import annotations

from dataclasses import dataclass

NAME_LENGTH = 100


@dataclass(frozen=True)
class Cell:
    """A cell of a notebook from outside: texts of limited length, nothing else of it is kept."""

    kind: str  # code, markdown or raw
    source: str
    id: str = ""
    grade_id: str = ""


class Trouble(Exception):
    """A notebook that cannot be used without a person; the message is the reason in one line."""


class Refused(Exception):
    """The command was called with something that it cannot take; the message is one line and says what to do."""


def display_name(text: str) -> str:
    """The text for people: `visible`, and at most 100 characters."""
    return visible(text)[:NAME_LENGTH]


def visible(text: str) -> str:
    """The text in one line, without control and direction characters.

    >>> visible("a\\x1b[2J\\n b")
    'a[2J b'
    """
    shown = "".join(" " if char.isspace() else char for char in text if char.isspace() or char.isprintable())
    return " ".join(shown.split())
