"""The page on which written answers are marked: one HTML file that works from disk, and saves `manual.csv`."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

from labkit.grading import sheets
from labkit.grading.grades import CHANGED, Grade, Mark, digest, number
from labkit.report.page import STYLE

NAME = "written.html"
HERE = Path(__file__).parent


def write(rows: Sequence[Grade], folder: Path, course: str) -> Path:
    """Writes `written.html`; its path.

    Args:
        course: tells this gradebook from others in the browser's memory.

    Raises:
        CannotGrade: it cannot be written.
    """
    return sheets.write(folder / NAME, html(rows, course).encode("utf-8", "replace"))


def html(rows: Sequence[Grade], course: str) -> str:
    """The page with all written answers, by question."""
    script = (HERE / "written.js").read_text(encoding="utf-8")
    style = STYLE + (HERE / "written.css").read_text(encoding="utf-8")
    ours = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{ours}'"
    return (
        '<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8"><title>Written answers</title>\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<style>{style}</style></head>\n<body><main "
        f'data-course="{escape(course)}" data-formula="{escape(sheets.FORMULA)}">\n'
        f"<h1>Written answers</h1>\n{HOW}\n{''.join(_questions(rows))}</main>\n"
        f"<script>{script}</script></body>\n</html>\n"
    )


HOW = """<p>Give points and, if you like, a comment; decimals may have a point or a comma. <kbd>Enter</kbd> in the
points goes to the next answer and <kbd>Shift</kbd>+<kbd>Enter</kbd> to the one before; from anywhere,
<kbd>Alt</kbd>+<kbd>↓</kbd> and <kbd>Alt</kbd>+<kbd>↑</kbd> do. What you type stays in this browser until you save
<code>manual.csv</code>; then run <code>labkit mark GRADES manual.csv</code>.</p>
<div class="bar"><span role="status" id="left"></span>
<button type="button" id="next">Next to mark</button> <button type="button" id="save">Save manual.csv</button></div>
"""


def _questions(rows: Sequence[Grade]) -> Iterator[str]:
    found: dict[tuple[str, str], list[tuple[Grade, dict]]] = {}
    for row in rows:
        for one in row.result["written"]:
            found.setdefault((row.lab, one["name"]), []).append((row, one))
    if not found:
        yield "<p>There are no written answers yet.</p>"
    for (lab, name), some in found.items():
        answered = [(row, one) for row, one in some if one["answer"].strip() or one["name"] in row.marks]
        empty = len(some) - len(answered)
        nothing = f"<p>{empty} wrote nothing.</p>" if empty else ""
        possible = number(some[0][1]["possible"])
        yield (
            f"<section><h2>Lab {lab}: {escape(name)} ({possible} {'point' if possible == '1' else 'points'})</h2>\n"
            f'<p class="text">{escape(some[0][1]["question"].replace("**", ""))}</p>{nothing}\n'
            + "".join(_article(row, one) for row, one in answered)
            + "</section>\n"
        )


def _article(row: Grade, one: dict) -> str:
    """One answer with its fields. One that changed since it was marked has to be marked again."""
    mark, is_changed = row.marks.get(one["name"]), one["name"] in row.changed
    given = json.dumps([number(mark.points), mark.comment] if mark and not is_changed else ["", ""])
    keys = json.dumps([row.student, row.lab, one["name"]])
    possible, whose = number(one["possible"]), escape(f"{row.student}, lab {row.lab}, {one['name']}")
    who = escape(row.student) + (f" ({escape(sheets.visible(row.name))})" if row.name != row.student else "")
    return (
        f'<article data-key="{escape(keys)}" data-possible="{one["possible"]!r}" data-given="{escape(given)}" '
        f'data-answer="{digest(one["answer"])}"><h3>{who}</h3>{_changed(mark) if is_changed else ""}'
        f'<p class="text answer">{escape(sheets.visible(one["answer"].strip())) or "(nothing written)"}</p>\n'
        f'<div class="mark"><label>Points of {possible}<input inputmode="decimal" autocomplete="off" '
        f'aria-label="points of {possible} for {whose}"></label>'
        f'<label class="comment">Comment<textarea rows="1" aria-label="comment for {whose}"></textarea></label></div>'
        "</article>\n"
    )


def _changed(mark: Mark) -> str:
    comment = f", “{escape(mark.comment)}”" if mark.comment else ""
    return f'<p class="changed">{CHANGED.capitalize()}. Given then: {number(mark.points)}{comment}.</p>'
