"""The page that a student gets: true figures, no secrets, and nothing in it but text, whatever the text says."""

import re
import zipfile
from datetime import datetime
from html.parser import HTMLParser

import pytest
from made_up import SECRET, look, result

from labkit.grading import feedback
from labkit.grading.grades import Grade, Mark

NOON = datetime.fromisoformat("2026-11-20T12:00+05:30")
HOSTILE = """<script>alert(1)</script><img src=x onerror=alert(1)>"'><style>*{display:none}</style>&lt;b&gt;]]>-->"""


class Reader(HTMLParser):
    """What a browser makes of a page: its tags, their attributes, and its text."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.attributes, self.text = set(), [], ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.text += data


def shown(row):
    return " ".join(Reader(feedback.html(row)).text.split())


def test_it_shows_the_points_of_each_exercise_with_its_hints():
    some = result(share=0.5)
    some["exercises"][0] |= {"hints": ["use `round`", "and clip"], "points": 0.25}
    some["exercises"][1] |= {"attempted": False, "points": 0.0, "hints": []}
    text = shown(Grade(some))
    for one in some["exercises"]:
        kind = "core" if one["core"] else "bonus"
        assert f"{one['name']} ({kind}): {feedback.number(one['points'])} of {one['possible']:g}" in text
    assert "use `round`and clip" in text
    assert "not attempted" in text
    assert "the check cell of `soften` was edited; ours was used" in text


def test_written_answers_show_points_and_comment_or_that_they_wait():
    row = Grade(result(), {"why_channels": Mark("alice", "02", "why_channels", 1.5, "Say why.")})
    text = shown(row)
    assert "why_channels: 1.5 of 2 points" in text
    assert "Say why." in text
    assert "why_half_a_step: not marked yet" in text
    assert "1 of your written answers" in text
    text = shown(Grade(result(answer="")))
    assert "not marked yet" not in text
    assert "nothing written, 0 of 2 points" in text


@pytest.mark.parametrize(
    ("received", "penalty"),
    [("20T06:00", 10), ("20T07:00", 12.5), ("20T10:00", 10), ("22T10:00", 15), ("30T10:00", 10)],
)
def test_the_arithmetic_of_late_days_is_right_as_it_stands_there(received, penalty):
    row = Grade(result(share=0.5, received=f"2026-11-{received}:00+00:00"), {}, NOON, penalty)
    text = shown(row)
    assert "2026-11-20 12:00 +0530" in text
    product = re.search(r"([\d.]+) times ([\d.]+) = ([\d.]+)\.", text)
    if row.days == 0:
        assert "in time" in text
        assert product is None
    else:
        earned, kept, final = map(float, product.groups())
        assert f"Received {row.days} day" in text
        assert final == pytest.approx(earned * kept, abs=0.005)
        assert kept == pytest.approx(max(0, 1 - row.days * penalty / 100))
        assert f"{feedback.number(final)} of 12 points." in text


def test_a_file_that_needs_a_look_shows_why_and_no_points():
    text = shown(Grade(look(reason="it is cut off in line 3")))
    assert "could not be graded yet" in text
    assert "it is cut off in line 3" in text
    assert not re.search(r"\d+ of|points|zero", text)


def test_moodle_gets_a_zip_with_the_names_by_which_it_knows_students(tmp_path):
    platform = {"kind": "moodle", "id": "4711"}
    rows = [Grade(result("4711", name="./Ada_B/C\ud800\n", platform=platform)), Grade(result("bob"))]
    assert feedback.write(rows, tmp_path)[-1] == tmp_path / "feedback" / "moodle-02.zip"
    with zipfile.ZipFile(tmp_path / "feedback" / "moodle-02.zip") as bundle:
        (name,) = bundle.namelist()
        assert name == "Ada B C  _4711_assignsubmission_file_feedback-02.html"
        assert bundle.read(name) == (tmp_path / "feedback" / "02" / "4711.html").read_bytes()


def test_whatever_a_text_says_it_is_shown_as_text():
    some = result(share=0.5, name=HOSTILE, notes=[HOSTILE])
    some["exercises"][0]["hints"] = [HOSTILE]
    marks = {"why_channels": Mark("alice", "02", "why_channels", 1.0, HOSTILE)}
    for row, times in ((Grade(some, marks), 4), (Grade(look(name=HOSTILE, reason=HOSTILE)), 2)):
        page = Reader(feedback.html(row))
        assert page.text.count(HOSTILE) == times
        assert page.tags <= {
            *("html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "h3", "p", "strong", "div"),
            *("dl", "dt", "dd", "ul", "li"),
        }
        assert not [name for name, _ in page.attributes if name.startswith("on") or name in ("src", "href", "action")]


def test_nothing_is_loaded_no_script_may_run_and_no_secret_is_there():
    page = feedback.html(Grade(result(share=0.5)))
    assert "default-src 'none'" in page
    assert "script-src" not in page
    assert "url(" not in page
    assert "@import" not in page
    for secret in (SECRET, "5eed", "log", "seed"):
        assert secret not in Reader(page).text
