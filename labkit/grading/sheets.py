"""CSV files that spreadsheets show as they are: nothing in them is taken for a formula."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from labkit.files import write_atomically
from labkit.grading.work import CannotGrade

# A spreadsheet computes what begins so, also after blanks and in the wide letters of East Asian keyboards. The page for
# marking uses the same expression in JavaScript.
BLANKS = r"'\s\u0000-\u001f\u0085\u200b-\u200f\u2060\ufeff"
SIGNS = r"=+@\u2212\uff1d\uff0b\uff0d\uff20\ufe62\ufe63\ufe66\ufe6b-"
FORMULA = rf"^[{BLANKS}]*[{SIGNS}]|^'*[\t\r\n]"
_FORMULA = re.compile(FORMULA)


def guarded(text: str) -> str:
    """The text with an apostrophe before what a spreadsheet would compute.

    >>> guarded("=1+1"), guarded("Ada")
    ("'=1+1", 'Ada')
    """
    return f"'{text}" if _FORMULA.search(text) else text


def unguarded(text: str) -> str:
    """The text that `guarded` was given.

    >>> unguarded("'=1+1"), unguarded("'tis so")
    ('=1+1', "'tis so")
    """
    return text[1:] if text.startswith("'") and guarded(text[1:]) == text else text


def sheet(rows: Iterable[Sequence[object]], for_excel: bool = False) -> bytes:
    """The rows as CSV in UTF-8. Texts are guarded; numbers stay numbers.

    Args:
        for_excel: with a byte order mark, without which Excel misreads accents. Platforms' imports want none.
    """
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    for row in rows:
        writer.writerow([guarded(visible(cell)) if isinstance(cell, str) else cell for cell in row])
    return written.getvalue().encode("utf-8-sig" if for_excel else "utf-8", "replace")


def visible(text: str) -> str:
    """The text without characters that cannot be seen, such as those that turn the direction of what follows.

    >>> visible("a\\x1b\\u202eb\\r\\nc")
    'ab\\nc'
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(one if one.isprintable() or one in "\n\t" else " " if one.isspace() else "" for one in lines)


def write(path: Path, content: bytes, is_source: bool = False) -> Path:
    """Writes the file, unless it holds just this already: readers see the old one or the new one, whole.

    Args:
        is_source: something that cannot be written again from the gradebook, and so has to reach the disk at once.

    Raises:
        CannotGrade: it cannot be written, say as the disk is full.
    """
    try:
        if not (path.is_file() and path.stat().st_size == len(content) and path.read_bytes() == content):
            (write_atomically if is_source else _replace)(path, content)
    except OSError as error:
        raise CannotGrade(
            f"cannot write {path} ({error.strerror}): mend that, and run the same command again; nothing is lost"
        ) from None
    return path


def _replace(path: Path, content: bytes) -> None:
    """As `write_atomically`, but without waiting for the disk: for thousands of files that can be made again."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.part")
    try:
        temporary.write_bytes(content)
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
