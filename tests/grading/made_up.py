"""Results as the grader writes them, made up: of labs 02 and others, right or half right, by anybody."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from labkit import exercises

SECRET = "only the instructor sees this"


def result(student="alice", lab="02", share=1.0, answer="Because.", content="a file", **other) -> dict:
    """A graded result in which every exercise earned `share` of its points.

    Args:
        answer: the text of both written answers.
        content: of the file; another one makes another submission.
        other: replaces fields.
    """
    hints = [] if share == 1 else ["half a step is missing"]
    graded = [
        {"name": one.name, "points": one.points * share, "possible": one.points, "core": one.core}
        | {"attempted": True, "hints": hints, "seed": "5eed" * 8, "log": [SECRET]}
        for one in exercises.of_lab(lab)
    ]
    written = [
        {"name": name, "question": f"**Question.** {name}?", "answer": answer, "possible": possible}
        for name, possible in (("why_half_a_step", 1.0), ("why_channels", 2.0))
    ]
    return {
        "format": 1,
        "lab": lab,
        "student": student,
        "name": f"{student.capitalize()} Doe",
        "sha256": hashlib.sha256(content.encode("utf-8", "replace")).hexdigest(),
        "rules": "0123456789ab",
        "attempt": 1,
        "status": "graded",
        "reason": "",
        "received": "2026-11-22T20:00:00+00:00",
        "source": f"class.zip: {student}.ipynb",
        "platform": {"kind": "folder"},
        "exercises": graded,
        "written": written,
        "notes": ["the check cell of `soften` was edited; ours was used"],
        "seconds": 0.5,
        "unsafe": False,
    } | other


def look(student="alice", lab="02", reason="it is no notebook", **other) -> dict:
    """The result of a file that a person has to look at."""
    nothing = {"exercises": [], "written": [], "notes": [], "status": "needs a look", "reason": reason}
    return result(student, lab, content=f"broken {reason}") | nothing | other


def keep(folder: Path, *results: dict) -> None:
    """Writes result files as a run does."""
    for one in results:
        place = folder / "results" / one["lab"]
        place.mkdir(parents=True, exist_ok=True)
        name = f"{one['student']}-{one['sha256'][:12]}-{one['rules']}.json"
        (place / name).write_text(json.dumps(one))
