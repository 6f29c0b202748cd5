"""`manual.csv`: the points that people give for written answers, as a file to write, edit and read again."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from labkit.grading import sheets
from labkit.grading.grades import Grade, Mark, number
from labkit.notebooks.cells import Refused

NAME = "manual.csv"
COLUMNS = ("student", "lab", "question", "points", "comment")
ANSWER = "answer"  # a column that may be missing: the digest of the text that was marked
DIGEST = re.compile(r"[0-9a-f]{16}")
MOST_BYTES = 20_000_000
MOST_TOLD = 5  # problems that a refusal names
POINTS = re.compile(r"\d+(?:[.,]\d+)?", re.ASCII)

Key = tuple[str, str, str]  # student, lab, question


def write(rows: Sequence[Grade], folder: Path) -> Path:
    """Writes a line for each written answer, its points empty while it waits; the path.

    Raises:
        CannotGrade: it cannot be written.
    """
    lines: list[list[object]] = [[*COLUMNS, ANSWER]]
    for row in rows:
        for question in dict.fromkeys([*row.waiting, *row.marks]):
            mark = row.marks.get(question)
            given = [repr(mark.points).removesuffix(".0"), mark.comment, mark.answer] if mark else ["", "", ""]
            lines.append([row.student, row.lab, question, *given])
    return sheets.write(folder / NAME, sheets.sheet(lines, for_excel=True), is_source=True)


def read(path: Path, rows: Sequence[Grade]) -> list[Mark | Key]:
    """The marks in a file; a bare key stands for an answer without points, which is then not marked.

    Separators may be commas, semicolons or tabs, and decimals have a point or a comma, as spreadsheets write them.

    Raises:
        Refused: the file or a line of it cannot be; the message names the lines, and none is to be stored.
    """
    possible, stored = _known(rows)
    marks: dict[Key, Mark | Key] = {}
    first: dict[Key, int] = {}
    problems = []
    for line, cells in _lines(Path(path)):
        key = (cells["student"], cells["lab"].zfill(2), cells["question"])
        try:
            mark = _mark(key, cells, possible, stored)
            if key in first:
                raise ValueError(f"{_where(key)} stands in line {first[key]}, too")
            first[key], marks[key] = line, mark
        except ValueError as error:
            problems.append(f"line {line}: {error}")
    if problems:
        more = f"; and {len(problems) - MOST_TOLD} more" if len(problems) > MOST_TOLD else ""
        raise Refused(f"{path}: {'; '.join(problems[:MOST_TOLD])}{more}. Nothing was stored")
    return list(marks.values())


def _known(rows: Sequence[Grade]) -> tuple[dict[Key, float], dict[Key, Mark]]:
    """What each written answer can earn, and what is given already."""
    possible = {(row.student, row.lab, one["name"]): one["possible"] for row in rows for one in row.result["written"]}
    stored = {(row.student, row.lab, name): mark for row in rows for name, mark in row.marks.items()}
    return possible, stored


def _mark(key: Key, cells: dict[str, str], possible: dict[Key, float], stored: dict[Key, Mark]) -> Mark | Key:
    """What one line gives.

    Raises:
        ValueError: there is no such answer, or it cannot earn these points.
    """
    points, comment = cells["points"], cells["comment"]
    value = round(float(points.replace(",", ".")), 4) if POINTS.fullmatch(points) else None
    old = stored.get(key)
    text = cells[ANSWER] if DIGEST.fullmatch(cells[ANSWER]) else ""
    if old and (old.points, old.comment) == (value, comment):
        return replace(old, answer=text or old.answer)  # even if the answer is gone since
    if key not in possible:
        raise ValueError(_unknown(key, possible))
    if not points and not comment:
        return key
    if value is None or value > possible[key]:
        raise ValueError(f"the points {points!r} are not a number from 0 to {number(possible[key])}")
    return Mark(*key, value, comment, text)


def _unknown(key: Key, possible: dict[Key, float]) -> str:
    student, lab, question = key
    if student not in {one for one, _, _ in possible}:
        return f"no student {student!r} with a written answer"
    if (student, lab) not in {(one, its) for one, its, _ in possible}:
        return f"{student} has no written answer for a lab {lab!r}"
    return f"lab {lab} has no question {question!r}"


def _where(key: Key) -> str:
    return f"{key[0]}, lab {key[1]}, {key[2]}"


def _lines(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Number and cells of each line that is not empty, the cells by column."""
    text = _text(path)
    header = text.split("\n", 1)[0]
    separator = max(",;\t", key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    line, columns = 1, []
    try:
        for cells in reader:
            cells = [sheets.visible(sheets.unguarded(cell.strip())).strip() for cell in cells]
            if not columns:
                columns = _columns(path, cells)
            elif any(cells):
                cells += [""] * (len(columns) - len(cells))
                yield line, {ANSWER: "", **dict(zip(columns, cells))}
            line = reader.line_num + 1
        columns or _columns(path, [])
    except csv.Error as error:
        raise Refused(f"{path}, line {line}: not a line of a CSV file ({error}). Nothing was stored") from None


def _columns(path: Path, cells: list[str]) -> list[str]:
    columns = [cell.lower() for cell in cells]
    missing = [name for name in COLUMNS if columns.count(name) != 1]
    if missing:
        raise Refused(f"{path}: its first line should name each column once; look at {', '.join(missing)}")
    return columns


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise Refused(f"{path} has more than {MOST_BYTES / 1e6:.0f} MB; it is not a list of points")
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused(f"{path} is not UTF-8: save it from the spreadsheet as 'CSV UTF-8'") from None
    except OSError as error:
        raise Refused(f"cannot read {path}: {error.strerror}") from None
