"""Who a student is: an id that is safe in any file name or address, and a name for people to read."""

from __future__ import annotations

import hashlib
import re
import unicodedata

ID_LENGTH = 64
WINDOWS_DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{i}" for port in ("com", "lpt") for i in range(10))}


def student_id(text: str) -> str:
    """An id of `[a-z0-9_.@-]{1,64}` for a name, number or address from outside; the same text gives the same id.

    Spaces become `_`, accents go, other characters are dropped. Where nothing is left, as of a name in another script,
    it is `student-` and 8 digits that stand for the name.

    >>> student_id("Zoë O'Neil")
    'zoe_oneil'
    """
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFC", text).casefold()).casefold()
    kept = re.sub(r"[^a-z0-9_.@-]", "", re.sub(r"\s+", "_", plain.strip()))
    kept = kept.lstrip(".-_@").rstrip("._")
    if not kept or kept.split(".")[0] in WINDOWS_DEVICES:
        return f"student-{_digits(text)}"
    return kept if len(kept) <= ID_LENGTH else f"{kept[: ID_LENGTH - 9].rstrip('._')}-{_digits(text)}"


def _digits(text: str) -> str:
    same = unicodedata.normalize("NFC", text).casefold()
    return hashlib.sha256(same.encode("utf-8", "surrogatepass")).hexdigest()[:8]
