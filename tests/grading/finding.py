"""Looks for what a class handed in, and holds what must be true of all that is found."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from class_files import UPLOADED, solved

from labkit.grading.submissions import find
from labkit.grading.work import Submission
from labkit.notebooks.cells import Refused

RIGHT = solved("02")
AT = datetime.fromtimestamp(UPLOADED, UTC)


def found(place: Path) -> dict[str, Submission]:
    """By student; each hands in once."""
    every = find(place)
    by_student = {one.student: one for one in every}
    assert len(by_student) == len(every)
    for one in every:
        assert (one.content is None) == bool(one.trouble)
        assert one.trouble.isprintable()
        assert one.source.isprintable()
        assert one.source
    return by_student


def one(place: Path) -> Submission:
    (only,) = find(place)
    return only


def refusal(place: Path) -> str:
    with pytest.raises(Refused) as raised:
        find(place)
    assert str(raised.value).isprintable()
    return str(raised.value)
