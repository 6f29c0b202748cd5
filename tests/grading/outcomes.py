"""What submissions are expected to earn, what they earned, and the page of the docs that tells both."""

import tempfile
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

import handed_in
from filelock import FileLock

from labkit import exercises
from labkit.files import write_atomically

PAGE = handed_in.ROOT / "docs" / "grading_outcomes.md"
INTRO = """# What hostile and malformed submissions earn

Written by the tests (`make test-all`), which hand all of these in, grade them as a class, and compare. Each has its
code and what is expected in `tests/grading/hostile` or `tests/grading/malformed`.
All other answers of a submission are right, so what it earns beside its attack shows that nothing else was lost.
"""


@dataclass(frozen=True)
class Expected:
    """What the file beside a submission says of it.

    Args:
        tries: in words.
        points: of those exercises that do not get full marks.
        hint: a part of the hint, by exercise.
        note: a part of one of the notes; "" where there should be none, None where it does not matter.
        reason: a part of why it needs a look.
        rows: the status by student, where it is not one row under the file's name.
        attempted: False where the exercises without points are empty stubs.
        limits: "short", or "default" where the submission needs the limits that every course has.
    """

    name: str
    tries: str
    status: str = "graded"
    points: dict = field(default_factory=dict)
    hint: dict = field(default_factory=dict)
    note: str | None = None
    reason: str = ""
    rows: dict = field(default_factory=dict)
    lab: str = "01"
    limits: str = "short"
    attempted: bool = True

    def students(self) -> dict[str, str]:
        """The status of each student whom this file hands in for."""
        return self.rows or {self.name: self.status}

    def outcome(self) -> str:
        """What should be found, in the words of `found`."""
        return "; ".join(
            _said(student if self.rows else "", status, self.points, self.lab)
            for student, status in sorted(self.students().items())
        )

    def found(self, results: dict[str, dict]) -> str:
        """What was found, in one line. It holds no number that another run would not find too."""
        said = []
        for student in sorted(self.students()):
            result = results.get(student, {"status": "no row", "exercises": []})
            points = {one["name"]: one["points"] for one in result["exercises"] if one["points"] < one["possible"]}
            said.append(_said(student if self.rows else "", result["status"], points, self.lab))
        return "; ".join(said)


def expected(folder: Path) -> list[Expected]:
    """Every expectation in a folder, by name."""
    names = sorted(path.with_suffix(".toml") for path in folder.glob("*.py"))
    return [Expected(path.stem, **tomllib.loads(path.read_text(encoding="utf-8"))) for path in names]


def _said(student: str, status: str, points: dict, lab: str) -> str:
    who = f"{student}: " if student else ""
    if status != "graded":
        return f"{who}{status}"
    possible = {one.name: float(one.points) for one in exercises.of_lab(lab)}
    earned = sum((possible | points).values())
    lost = [name if not points[name] else f"{name} ({points[name]:g})" for name in possible if name in points]
    return f"{who}{earned:g} of {sum(possible.values()):g}" + (f", without {', '.join(lost)}" if lost else "")


def table(head: str, every: list[Expected], results: dict[str, dict]) -> str:
    """A section of the page."""
    rows = [f"| `{one.name}` | {one.tries} | {one.outcome()} | {one.found(results)} |" for one in every]
    return (
        "\n".join(
            [f"## {head}", "", "| submission | what it does or is | expected | found |", "|---|---|---|---|", *rows]
        )
        + "\n"
    )


def on_page(section: str) -> bool:
    """Whether the page held this section; if not, it holds it now: look at what changed, and commit it."""
    head = section.splitlines()[0]
    with FileLock(Path(tempfile.gettempdir(), "labkit-outcomes.lock")):
        parts = PAGE.read_text(encoding="utf-8").split("\n## ")[1:] if PAGE.exists() else []
        sections = {f"## {part}".splitlines()[0]: f"## {part}".strip() + "\n" for part in parts}
        if sections.get(head) == section:
            return True
        sections[head] = section
        write_atomically(PAGE, "\n".join([INTRO, *(sections[one] for one in sorted(sections))]).encode())
    return False
