"""A deadline is one moment, whoever reads it; a day late is a begun day."""

from datetime import UTC, datetime, timedelta

import pytest

from labkit.grading.late import days, deadline, keep, times
from labkit.notebooks.cells import Refused

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-11-30T23:59+05:30", "2026-11-30T18:29:00"),
        ("2026-11-30T23:59:30-08:00", "2026-12-01T07:59:30"),
        ("2026-11-30 23:59 Asia/Kolkata", "2026-11-30T18:29:00"),
        ("2026-11-30T23:59 America/Argentina/Buenos_Aires", "2026-12-01T02:59:00"),
        ("2026-11-30T23:59Z", "2026-11-30T23:59:00"),
        ("2026-11-30T23:59 UTC", "2026-11-30T23:59:00"),
        ("  2026-11-30T23:59 +05:30 ", "2026-11-30T18:29:00"),
        ("2026-07-01T12:00 Europe/Berlin", "2026-07-01T10:00:00"),
        ("2026-12-01T12:00 Europe/Berlin", "2026-12-01T11:00:00"),
    ],
)
def test_an_offset_or_a_zone_makes_a_time_one_moment(text, utc):
    assert deadline(text).astimezone(UTC).replace(tzinfo=None).isoformat() == utc


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tomorrow",
        "2026-11-30",
        "2026-11-30T23:59",
        "2026-11-30T23:59 IST or so",
        "30.11.2026 23:59 Asia/Kolkata",
        "11/30/2026 23:59 UTC",
        "2026-11-31T23:59Z",
        "2026-11-30T24:00Z",
        "2026-11-30T23:59+99:00",
        "2026-11-30T23:59 Asia/Calcuta",
        "2026-11-30T23:59 ../../../etc/passwd",
        "2026-11-30T23:59 /etc/localtime",
        "2026-11-30T23:59+05:30 Asia/Kolkata",
        "\uff12026-11-30T23:59Z",
    ],
)
def test_anything_else_is_refused_with_an_example(text):
    with pytest.raises(Refused, match=r"write 2026-11-30T23:59\+05:30 or '2026-11-30T23:59 Asia/Kolkata'"):
        deadline(text)


def test_a_time_that_clocks_skip_or_show_twice_is_refused_with_both_meanings():
    with pytest.raises(Refused, match=r"never comes.*2026-03-29T02:30\+01:00 or 2026-03-29T02:30\+02:00"):
        deadline("2026-03-29T02:30 Europe/Berlin")
    with pytest.raises(Refused, match=r"comes twice.*2026-10-25T02:30\+02:00 or 2026-10-25T02:30\+01:00"):
        deadline("2026-10-25T02:30 Europe/Berlin")
    assert deadline("2026-10-25T02:30+01:00") - deadline("2026-10-25T02:30+02:00") == timedelta(hours=1)


@pytest.mark.parametrize(
    ("late", "expected"),
    [
        (-400 * DAY, 0),
        (-SECOND, 0),
        (0 * SECOND, 0),
        (timedelta(microseconds=1), 1),
        (DAY, 1),
        (DAY + timedelta(microseconds=1), 2),
        (10 * DAY - SECOND, 10),
    ],
)
def test_every_begun_day_counts_and_there_is_no_grace(late, expected):
    assert days(NOON + late, NOON) == expected


def test_days_are_the_same_in_every_zone():
    kolkata = deadline("2026-11-30T23:59 Asia/Kolkata")
    assert days(datetime(2026, 11, 30, 18, 29, tzinfo=UTC), kolkata) == 0
    assert days(datetime(2026, 11, 30, 18, 29, 1, tzinfo=UTC), kolkata) == 1


def test_a_time_that_is_not_known_is_not_late():
    assert days(None, NOON) is None
    assert days(NOON, None) is None
    assert keep(None, 50) == 1.0


def test_a_penalty_takes_its_share_for_each_day_and_never_more_than_all():
    assert [keep(n, 10) for n in (0, 1, 3, 10, 11, 5000)] == [1.0, 0.9, 0.7, 0.0, 0.0, 0.0]
    assert keep(7, 0) == 1.0
    assert all(type(keep(n, 10)) is float for n in (0, 3, 11))


@pytest.mark.parametrize("percent", [-1, 100.5, float("nan"), float("inf")])
def test_a_penalty_that_is_no_share_is_refused(percent):
    with pytest.raises(Refused, match="0 to 100 percent"):
        keep(1, percent)


@pytest.mark.parametrize("separator", [",", ";"])
def test_a_table_tells_when_each_student_handed_in(tmp_path, separator):
    lines = ["name,student, received", "Zoë,Zoe O'Neil,2026-11-30T12:00Z", ",,", "B,4711,2026-11-30 17:30 Asia/Kolkata"]
    table = tmp_path / "times.csv"
    table.write_text("\ufeff" + "\r\n".join(lines).replace(",", separator), encoding="utf-8")
    assert times(table) == {"zoe_oneil": NOON, "4711": NOON}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the columns student and received"),
        ("student,when\na,b", "the columns student and received"),
        (
            "student,received\na,2026-11-30T12:00Z\nb,2026-11-30",
            "line 3: the time '2026-11-30' is not a time",
        ),
        ("student,received\na,", "line 2: the time ''"),
        ("student,received\na,2026-11-30T12:00Z\nA,2026-11-30T12:00Z", "line 3: 'A' is in it twice"),
        ("student,received\n\udcff,2026-11-30T12:00Z", "no UTF-8"),
    ],
)
def test_a_wrong_table_of_times_is_refused_with_its_line(tmp_path, text, said):
    (tmp_path / "times.csv").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(Refused, match=said):
        times(tmp_path / "times.csv")


def test_a_table_of_times_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(Refused, match="No such file"):
        times(tmp_path / "times.csv")
