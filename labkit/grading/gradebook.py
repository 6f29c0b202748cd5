"""The gradebook of a course: the latest result of each student and lab, and manual points. Nothing is ever deleted."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from labkit.grading import database, exports, feedback, late, manual, written
from labkit.grading.grades import Grade, Mark, digest
from labkit.grading.work import GRADED
from labkit.notebooks.cells import Refused

STUDENT, LAB = re.compile(r"[a-z0-9_@][a-z0-9_.@-]{0,63}"), re.compile(r"\d\d")
COLUMNS = ("student", "lab", "status", "received", "sha256", "rules")


class Gradebook:
    """The gradebook in the output folder; a folder with results and without gradebook gets one from these.

    Raises:
        Refused: the file is damaged or of a newer labkit.
        CannotGrade: the folder is read-only, the disk is full, or another program holds the file.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)
        self._database = database.connect(self.folder)
        self._is_backed_up = False
        try:
            if not self._database.execute("SELECT count(*) FROM results").fetchone()[0]:
                self._rebuild()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Gradebook:
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        self._database.close()

    def record(
        self, results: Iterable[dict], deadline: datetime | None = None, late_penalty: float | None = None
    ) -> None:
        """Takes the results of a run, all or none; the last one of a student for a lab is the one that stands.

        Args:
            deadline: of the labs that the results are of; None leaves what was recorded before.
            late_penalty: percent of the points for each begun day; None leaves what was recorded before.

        Raises:
            Refused: an id or a penalty that cannot be; nothing is recorded then.
        """
        results = sorted(results, key=lambda one: one.get("attempt", 1))
        for result in results:
            _check(result)
        late.keep(0, late_penalty or 0.0)
        now = _now()
        with self._changing():
            for result in results:
                self._put(result, now)
            for lab in {result["lab"] for result in results}:
                self._put_deadline(lab, deadline, late_penalty)
            looks = sum(result["status"] != GRADED for result in results)
            self._database.execute("INSERT INTO runs VALUES (?, ?, ?)", [now, len(results), looks])

    def rows(self, lab: str | None = None) -> list[Grade]:
        """The grades by lab and student; of one lab if it is given."""
        ask, every = self._database.execute, "SELECT student, lab, result FROM results ORDER BY lab, student"
        marks: dict = {}
        for mark in ask("SELECT student, lab, question, points, comment, answer FROM marks"):
            marks.setdefault(mark[:2], {})[mark[2]] = Mark(*mark)
        limits = {lab: (deadline, penalty) for lab, deadline, penalty in ask("SELECT * FROM deadlines")}
        return [
            self._grade(json.loads(text), marks.get((student, its_lab), {}), *limits.get(its_lab, (None, None)))
            for student, its_lab, text in ask(every).fetchall()
            if lab in (None, its_lab)
        ]

    def mark(self, marks: Iterable[Mark | tuple[str, str, str]]) -> None:
        """Takes points given by hand, all or none. A student, lab and question without points takes them back."""
        with self._changing():
            self._mark(marks)

    def _mark(self, marks: Iterable[Mark | tuple[str, str, str]]) -> None:
        rows = self.rows()
        texts = {(row.student, row.lab, one["name"]): one["answer"] for row in rows for one in row.result["written"]}
        before = {(row.student, row.lab, name): mark for row in rows for name, mark in row.marks.items()}
        for mark in marks:
            if isinstance(mark, tuple):
                self._database.execute("DELETE FROM marks WHERE student = ? AND lab = ? AND question = ?", mark)
                continue
            key = (mark.student, mark.lab, mark.question)
            old = before.get(key)
            text = mark.answer or (digest(texts[key]) if key in texts else "")
            if old != replace(mark, answer=text):
                values = [*key, mark.points, mark.comment, text, _now()]
                self._database.execute("INSERT OR REPLACE INTO marks VALUES (?, ?, ?, ?, ?, ?, ?)", values)

    def publish(self) -> list[Path]:
        """Writes every export, feedback and the marking page from what the gradebook holds; the paths.

        Raises:
            CannotGrade: a file cannot be written; the gradebook itself is safe.
        """
        rows = self.rows()
        course = self._database.execute("SELECT value FROM about WHERE name = 'course'").fetchone()[0]
        return [
            *exports.write(rows, self.folder),
            *feedback.write(rows, self.folder),
            manual.write(rows, self.folder),
            written.write(rows, self.folder, course),
        ]

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """A transaction; before the first one of a run, the gradebook is copied."""
        with database.changing(self._database, self.folder):
            if not self._is_backed_up:
                database.back_up(self.folder)
                self._is_backed_up = True
            yield

    def _put(self, result: dict, now: str) -> None:
        key = [result["student"], result["lab"]]
        where = "WHERE student = ? AND lab = ?"
        old = self._database.execute(f"SELECT result FROM results {where}", key).fetchone()
        if old and _identity(json.loads(old[0])) != _identity(result):
            self._database.execute("INSERT INTO history VALUES (?, ?, ?, ?)", [*key, now, old[0]])
        columns = [result.get(name) for name in COLUMNS]
        put = "INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        self._database.execute(put, [*columns, now, json.dumps(result)])
        self._database.execute(f"DELETE FROM exercises {where}", key)
        for one in result["exercises"]:
            values = [one[name] for name in ("name", "points", "possible", "core", "attempted")]
            self._database.execute("INSERT INTO exercises VALUES (?, ?, ?, ?, ?, ?, ?)", [*key, *values])

    def _put_deadline(self, lab: str, deadline: datetime | None, penalty: float | None) -> None:
        put = (
            "INSERT INTO deadlines VALUES (?1, ?2, ?3) ON CONFLICT (lab) DO UPDATE SET "
            "deadline = coalesce(?2, deadline), late_penalty = coalesce(?3, late_penalty)"
        )
        if deadline is not None or penalty is not None:
            self._database.execute(put, [lab, deadline and deadline.isoformat(), penalty])

    def _grade(self, result: dict, marks: dict[str, Mark], deadline: str | None, penalty: float | None) -> Grade:
        time = datetime.fromisoformat(deadline) if deadline else None
        earlier = "" if result["status"] == GRADED else self._earlier(result)
        return Grade(result, marks, time, penalty or 0.0, earlier)

    def _earlier(self, result: dict) -> str:
        """What the newest graded file before this one earned, in words."""
        ask = "SELECT result FROM history WHERE student = ? AND lab = ? ORDER BY rowid DESC"
        for (text,) in self._database.execute(ask, [result["student"], result["lab"]]):
            old = json.loads(text)
            if old["status"] == GRADED:
                earned = sum(one["points"] for one in old["exercises"])
                return (
                    f"an earlier file earned {earned:g} points ({old['sha256'][:12]}, kept in the gradebook's history)"
                )
        return ""

    def _rebuild(self) -> None:
        """Takes what is in results/ and manual.csv, where the gradebook itself was lost."""
        found = sorted(_found(self.folder), key=lambda one: one[:2])
        now = _now()
        with database.changing(self._database, self.folder):
            for *_, result in found:
                self._put(result, now)
            if found and (self.folder / manual.NAME).exists():
                self._mark(manual.read(self.folder / manual.NAME, self.rows()))


def _found(folder: Path) -> Iterator[tuple[int, int, dict]]:
    """Attempt, time and content of each result; a file that is none is named and left out."""
    for path in sorted(folder.glob("results/*/*.json")):
        try:
            result = json.loads(path.read_bytes())
            _check(result)
            yield result.get("attempt", 1), path.stat().st_mtime_ns, result
        except (ValueError, KeyError, TypeError, AttributeError, OSError, Refused):
            print(f"labkit: {path} is no result, and was left out: grade again what it was of", file=sys.stderr)


def _check(result: dict) -> None:
    """Ids become names of files; the rest is needed to show the result.

    Raises:
        Refused: an id or a lab that cannot be one.
    """
    if not STUDENT.fullmatch(result["student"]) or not LAB.fullmatch(result["lab"]):
        raise Refused(f"{result['student']!r} and {result['lab']!r} are not a student's id and a lab's number")


def _identity(result: dict) -> tuple:
    return result["sha256"], result["rules"], result["status"], result.get("unsafe")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
