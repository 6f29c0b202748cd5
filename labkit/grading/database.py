"""The file of the gradebook: opened, checked, and copied before it changes."""

from __future__ import annotations

import errno
import os
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from labkit.grading.work import CannotGrade
from labkit.notebooks.cells import Refused

NAME, BACKUPS = "gradebook.sqlite", "backups"
VERSION = 1  # of the tables below; written into the file
BUSY_SECONDS = 60.0
MOST_BACKUPS = 10
BACKUP = re.compile(r"gradebook-(\d{6})-\d{8}T\d{6}\.sqlite")
IN_USE, NO_WRITING = "is in use by another program: close it there", "cannot be written: give yourself the right to"
REMEDIES = {
    sqlite3.SQLITE_BUSY: IN_USE,
    sqlite3.SQLITE_LOCKED: IN_USE,
    sqlite3.SQLITE_FULL: "does not fit on the disk: make room there",
    sqlite3.SQLITE_IOERR: "cannot be read or written, as the disk reports a fault: mend that",
    sqlite3.SQLITE_READONLY: NO_WRITING,
    sqlite3.SQLITE_CANTOPEN: NO_WRITING,
    sqlite3.SQLITE_PERM: NO_WRITING,
}
DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
TABLES = """
-- The result that stands for each student and lab, as the grader wrote it (JSON), and some of it in columns.
CREATE TABLE results (student TEXT, lab TEXT, status TEXT, received TEXT, sha256 TEXT, rules TEXT, recorded TEXT,
                      result TEXT NOT NULL, PRIMARY KEY (student, lab));
CREATE TABLE exercises (student TEXT, lab TEXT, name TEXT, points REAL, possible REAL, core INTEGER, attempted INTEGER,
                        PRIMARY KEY (student, lab, name));
-- Results that were replaced: nothing is deleted.
CREATE TABLE history (student TEXT, lab TEXT, replaced TEXT, result TEXT NOT NULL);
-- Points given by hand. The text that was marked is named by `answer`.
CREATE TABLE marks (student TEXT, lab TEXT, question TEXT, points REAL NOT NULL, comment TEXT NOT NULL, answer TEXT,
                    marked TEXT, PRIMARY KEY (student, lab, question));
CREATE TABLE deadlines (lab TEXT PRIMARY KEY, deadline TEXT, late_penalty REAL);
CREATE TABLE runs (finished TEXT, results INTEGER, need_a_look INTEGER);
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT);
"""


def connect(folder: Path) -> sqlite3.Connection:
    """The gradebook in `folder`, made if it is not there.

    Raises:
        Refused: the file is damaged, of a newer labkit, or somebody else's; the message says what to do.
        CannotGrade: the folder cannot be written to, the disk is full, or another program holds the file.
    """
    path = folder / NAME
    with _explained(path):
        folder.mkdir(parents=True, exist_ok=True)
        database = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            _check(database, path)
        except BaseException:
            database.close()
            raise
    return database


@contextmanager
def changing(database: sqlite3.Connection, folder: Path) -> Iterator[None]:
    """One transaction: what is done in the block is there as a whole, or not at all.

    Raises:
        CannotGrade: the disk is full, the folder is read-only, or another program holds the file.
    """
    with _explained(folder / NAME):
        database.execute("BEGIN IMMEDIATE")
        try:
            yield
            database.execute("COMMIT")
        except BaseException:
            if database.in_transaction:
                database.execute("ROLLBACK")
            raise


def back_up(folder: Path) -> Path:
    """A copy of the gradebook as it is now in `backups/`, numbered; the ten newest are kept.

    To be called in `changing`, before the change: while another program writes, SQLite's copying would wait for ever.
    """
    place = folder / BACKUPS
    with _explained(place):
        place.mkdir(exist_ok=True)
        for unfinished in place.glob("*.part"):
            unfinished.unlink(missing_ok=True)
        number = max((int(BACKUP.fullmatch(path.name)[1]) for path in backups(folder)), default=0) + 1
        path = place / f"gradebook-{number:06d}-{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}.sqlite"
        unfinished = path.with_suffix(".part")
        try:
            with closing(sqlite3.connect(folder / NAME)) as source, closing(sqlite3.connect(unfinished)) as copy:
                source.backup(copy)
            os.replace(unfinished, path)
        finally:
            unfinished.unlink(missing_ok=True)
        for old in backups(folder)[:-MOST_BACKUPS]:
            old.unlink(missing_ok=True)
    return path


def backups(folder: Path) -> list[Path]:
    """The copies, oldest first."""
    return sorted(path for path in (folder / BACKUPS).glob("gradebook-*.sqlite") if BACKUP.fullmatch(path.name))


def _check(database: sqlite3.Connection, path: Path) -> None:
    version = database.execute("PRAGMA user_version").fetchone()[0]
    if version > VERSION:
        raise Refused(f"{path} was written by a newer labkit (version {version} of its tables): update labkit")
    if version == VERSION:
        found = database.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise sqlite3.DatabaseError(found)
    else:
        _make(database, path)


def _make(database: sqlite3.Connection, path: Path) -> None:
    database.execute("BEGIN IMMEDIATE")  # a second grader may have made the tables since
    if not database.execute("PRAGMA user_version").fetchone()[0]:
        if database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            raise Refused(f"{path} is a database, but no gradebook of labkit: give another output folder")
        for statement in TABLES.split(";"):
            database.execute(statement)
        database.execute("INSERT INTO about VALUES ('course', ?)", [os.urandom(8).hex()])
        database.execute(f"PRAGMA user_version = {VERSION}")
    database.execute("COMMIT")


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """What SQLite and the system report becomes a line that says what to do."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
        if code in DAMAGED:
            raise Refused(_damaged(path, error)) from None
        if code not in REMEDIES:
            raise
        raise CannotGrade(f"{path} {REMEDIES[code]}, and run the same command again; nothing is lost") from None
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        remedy = REMEDIES[sqlite3.SQLITE_FULL] if full else f"cannot be written ({error.strerror}): mend that"
        raise CannotGrade(f"{path} {remedy}, and run the same command again; nothing is lost") from None


def _damaged(path: Path, error: Exception) -> str:
    copies = backups(path.parent)
    copy = f"put its newest copy, {copies[-1]}, in its place, or " if copies else ""
    return (
        f"{path} is damaged ({error}): {copy}remove it, and run the same command again: it is made anew from "
        "results/ and manual.csv (deadlines have to be given again)"
    )
