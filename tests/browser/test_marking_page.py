"""The page for marking and the page for students in a real Chromium: opened from disk, by keyboard, light and dark."""

import sys
from pathlib import Path

import keyboard
import pytest
from playwright.sync_api import expect
from test_explorer import AXE

sys.path.append(str(Path(__file__).parents[1] / "grading"))

from made_up import keep, look, result

from labkit.grading import marking
from labkit.grading.gradebook import Gradebook
from labkit.grading.grades import Mark

pytestmark = pytest.mark.browser

HOSTILE = (
    """<script>document.title = "caught"</script><img src=x onerror="document.title='caught'">\n=1+1, "it's" 'so'"""
)
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def grades(tmp_path):
    """The folder of a class with hostile names and answers; one answer is marked, one changed since it was."""
    folder = tmp_path / "grades"
    some = [
        result(),
        result("bob", answer=HOSTILE, name=HOSTILE, share=0.5, notes=[HOSTILE]),
        result("carol", answer=""),
    ]
    some += [
        result("dan", answer="An old answer."),
        look("erin", reason=HOSTILE),
        result("alice", "03", answer="W" * 500),
    ]
    keep(folder, *some)
    with Gradebook(folder) as book:
        book.record(some)
        book.mark([Mark("alice", "02", "why_channels", 1.5, "Say why."), Mark("dan", "02", "why_channels", 1.0, "ok")])
        book.record([result("dan", answer="A new answer.", content="new")])
        book.publish()
    return folder


@pytest.fixture
def page(new_page, grades):
    opened = new_page()
    opened.goto((grades / "written.html").as_uri())
    return opened


def points(page, student, question="why_channels", lab="02"):
    return page.get_by_label(f"for {student}, lab {lab}, {question}").nth(0)


def comment(page, student, question="why_channels", lab="02"):
    return page.get_by_label(f"comment for {student}, lab {lab}, {question}")


def save(page, folder):
    with page.expect_download() as download:
        page.get_by_role("button", name="Save manual.csv").click()
    assert download.value.suggested_filename == "manual.csv"
    path = folder.parent / "manual.csv"
    download.value.save_as(path)
    return path


def given(folder):
    with Gradebook(folder) as book:
        rows = book.rows()
    return {(m.student, m.lab, m.question): (m.points, m.comment) for row in rows for m in row.marks.values()}, rows


def test_answers_are_listed_by_question_and_counted(page):
    expect(page.get_by_role("heading", level=2)).to_have_text(
        [
            f"Lab {lab}: {name}"
            for lab in ("02", "03")
            for name in ("why_half_a_step (1 point)", "why_channels (2 points)")
        ]
    )
    expect(page.get_by_role("status")).to_have_text("1 of 8 marked, 7 left")
    expect(page.get_by_text("1 wrote nothing.")).to_have_count(2)
    expect(points(page, "alice")).to_have_value("1.5")
    expect(page.get_by_text("The answer changed since it was marked. Given then: 1, “ok”.")).to_have_count(1)


def test_what_a_student_wrote_is_shown_as_text(page):
    expect(page.locator("article", has_text="bob").nth(0).locator(".answer")).to_have_text(HOSTILE, use_inner_text=True)
    assert page.title() == "Written answers"
    assert page.locator("article img, article script").count() == 0


def test_points_typed_by_keyboard_reach_the_gradebook(page, grades):
    points(page, "alice", "why_half_a_step").focus()
    for key in "0", ".", "5", "Enter", "1", "Tab":
        page.keyboard.press(key)
    page.keyboard.type(HOSTILE.replace("\n", " "))
    page.keyboard.press("Alt+ArrowDown")
    expect(points(page, "dan", "why_half_a_step")).to_be_focused()
    page.keyboard.type("1")
    page.keyboard.press("Shift+Enter")
    expect(points(page, "bob", "why_half_a_step")).to_be_focused()
    page.keyboard.press("Alt+ArrowUp")
    expect(points(page, "alice", "why_half_a_step")).to_be_focused()
    comment(page, "alice").fill("=1+1\nand more")
    points(page, "dan").fill("1")
    comment(page, "dan").fill("ok")
    expect(page.get_by_role("status")).to_have_text("5 of 8 marked, 3 left")
    assert "3 new, 1 changed, 0 taken back" in marking.mark(grades, save(page, grades))
    found, rows = given(grades)
    assert found == {
        ("alice", "02", "why_half_a_step"): (0.5, ""),
        ("bob", "02", "why_half_a_step"): (1.0, HOSTILE.replace("\n", " ")),
        ("dan", "02", "why_half_a_step"): (1.0, ""),
        ("alice", "02", "why_channels"): (1.5, "=1+1\nand more"),
        ("dan", "02", "why_channels"): (1.0, "ok"),
    }
    assert [row.changed for row in rows if row.student == "dan"] == [[]]  # marked again


def test_the_tab_key_goes_from_answer_to_answer_and_shows_where_it_is(page):
    fields = page.locator("article input, article textarea")
    names = keyboard.walk(page, page.locator("html"))
    assert len(names) == 2 + fields.count() == 2 + 2 * 8
    assert {"Next to mark", "Save manual.csv"} <= set(names)


def test_untouched_it_saves_what_the_gradebook_holds(page, grades):
    before, rows = given(grades)
    assert "0 new, 0 changed, 0 taken back" in marking.mark(grades, save(page, grades))
    after, rows_after = given(grades)
    assert (after, rows_after) == (before, rows)


def test_the_browser_keeps_what_was_typed_until_the_gradebook_says_something_else(page, grades):
    points(page, "alice").fill("0,5")
    points(page, "bob").fill("2")
    page.reload()
    expect(points(page, "alice")).to_have_value("0,5")
    expect(points(page, "bob")).to_have_value("2")
    with Gradebook(grades) as book:
        book.mark([Mark("alice", "02", "why_channels", 1.0, "by another person")])
        book.publish()
    page.reload()
    expect(points(page, "alice")).to_have_value("1")
    expect(comment(page, "alice")).to_have_value("by another person")
    expect(points(page, "bob")).to_have_value("2")


def test_points_that_cannot_be_are_told_and_not_saved(page, grades):
    for wrong in ("2.1", "-1", "x", "nan", "1e0"):
        points(page, "bob").fill(wrong)
        expect(points(page, "bob")).to_have_attribute("aria-invalid", "true")
        expect(page.get_by_role("status")).to_contain_text("1 to mend")
    page.get_by_role("button", name="Save manual.csv").click()
    expect(points(page, "bob")).to_be_focused()
    points(page, "bob").fill("2")
    expect(points(page, "bob")).to_have_attribute("aria-invalid", "false")
    comment(page, "bob", "why_half_a_step").fill("a comment without points")
    expect(page.get_by_role("status")).to_contain_text("1 to mend")


def test_next_to_mark_goes_to_the_first_that_waits_after_here(page):
    button = page.get_by_role("button", name="Next to mark")
    points(page, "dan", "why_half_a_step").focus()
    page.keyboard.press("Alt+ArrowDown")
    expect(points(page, "alice")).to_be_focused()  # marked; the button passes over it
    button.click()
    expect(points(page, "alice", "why_half_a_step")).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "name", ["written.html", "feedback/02/bob.html", "feedback/02/erin.html", "feedback/02/alice.html"]
)
def test_the_pages_have_no_axe_violations_and_fit_a_phone(new_page, grades, scheme, name):
    for width in (360, 1000):
        page = new_page(color_scheme=scheme, width=width)
        page.goto((grades / name).as_uri())
        assert page.evaluate(OVERFLOW) <= 0
        page.evaluate(AXE.read_text(encoding="utf-8"))
        found = page.evaluate(
            "async () => (await axe.run()).violations.map((one) => [one.id, one.nodes.map((n) => n.html)])"
        )
        assert found == []
        assert page.title() in ("Written answers", "Lab 02")
