"""How late a submission is, and what of its points that leaves. Times always have a zone."""

from __future__ import annotations

import csv
import math
import re
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from labkit.grading import identity
from labkit.notebooks.cells import Refused

DAY = timedelta(days=1)
EXAMPLE = "write 2026-11-30T23:59+05:30 or '2026-11-30T23:59 Asia/Kolkata'"
# Date and time with `T` or a space, then an offset or the name of a zone. Nothing else that calls itself ISO 8601.
TIME = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(?: ?(Z|[+-]\d\d:\d\d)| ([A-Za-z][\w+/-]*))", re.ASCII)


def deadline(text: str, what: str = "the deadline") -> datetime:
    """The time that `text` names, with its zone.

    Args:
        what: it is, for messages.

    Raises:
        Refused: no zone, no time, no such zone, or a time that its zone's clocks skip or show twice.
    """
    read = TIME.fullmatch(text.strip())
    if not read:
        raise Refused(f"{what} {text!r} is not a time with its zone: {EXAMPLE}")
    day, clock, offset, zone = read.groups()
    try:
        local = datetime.fromisoformat(f"{day}T{clock}{offset or ''}")
    except ValueError as error:
        raise Refused(f"{what} {text!r} does not exist ({error}): {EXAMPLE}") from None
    return local if offset else _in_zone(local, zone, f"{what} {text!r}")


def _in_zone(local: datetime, name: str, said: str) -> datetime:
    try:
        zone = ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise Refused(f"{said} names a zone that is not known here, {name!r}: {EXAMPLE}") from None
    first, second = (local.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset():
        return first
    as_offsets = [f"{local.isoformat(timespec='minutes')}{_offset(one)}" for one in (first, second)]
    if first.utcoffset() > second.utcoffset():
        raise Refused(f"{said} comes twice, as clocks go back then: write {' or '.join(as_offsets)}")
    raise Refused(f"{said} never comes, as clocks go forward then: write {' or '.join(as_offsets)}")


def _offset(time: datetime) -> str:
    return time.isoformat()[len("2026-11-30T23:59:00") :]


def times(path: Path) -> dict[str, datetime]:
    """When each student's file was received, by the student's id: a table with the columns `student` and `received`.

    For platforms whose zip tells no time, and for who was given more of it. Others may be in the table.

    Raises:
        Refused: it cannot be read, lacks a column, or a line is wrong; the message names the line.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeError) as error:
        raise Refused(f"{path} cannot be read as a table: {getattr(error, 'strerror', None) or 'no UTF-8'}") from None
    head = lines[0] if lines else ""
    found: dict[str, datetime] = {}
    reader = csv.DictReader(lines, delimiter=";" if ";" in head and "," not in head else ",")
    reader.fieldnames = [name.strip() for name in reader.fieldnames or ()]
    if not {"student", "received"} <= set(reader.fieldnames):
        raise Refused(f"{path} needs a first line with the columns student and received")
    for line in reader:
        who, when = ((line.get(name) or "").strip() for name in ("student", "received"))
        if not who and not when:
            continue
        where = f"{path}, line {reader.line_num}"
        if identity.student_id(who) in found:
            raise Refused(f"{where}: {who!r} is in it twice")
        found[identity.student_id(who)] = deadline(when, f"{where}: the time")
    return found


def days(received: datetime | None, deadline: datetime | None) -> int | None:
    """Begun days of 24 hours between the deadline and receipt: 0 in time, None where one of both is not known.

    There is no grace: a microsecond after the deadline is one day late. Who wants grace gives a later deadline.

    >>> noon = datetime.fromisoformat("2026-11-30T12:00+00:00")
    >>> days(noon, noon), days(noon + DAY, noon), days(noon + 1.5 * DAY, noon)
    (0, 1, 2)
    """
    if received is None or deadline is None:
        return None
    return max(0, -((deadline - received) // DAY))


def keep(days: int | None, percent_per_day: float) -> float:
    """The share of the points that is kept, 0 to 1. Whose time of receipt is not known keeps all.

    >>> keep(0, 10), keep(3, 10), keep(11, 10), keep(None, 10)
    (1.0, 0.7, 0.0, 1.0)

    Raises:
        Refused: the penalty is not between 0 and 100 percent.
    """
    if not (math.isfinite(percent_per_day) and 0 <= percent_per_day <= 100):
        raise Refused(f"a late penalty is 0 to 100 percent of the points for each day, not {percent_per_day:g}")
    return max(0.0, (100 - percent_per_day * (days or 0)) / 100)
