"""The TensorFlow Lite files that labkit ships: where there is no TensorFlow, and networks too large to convert."""

from __future__ import annotations

import hashlib
import json
import lzma
from pathlib import Path

from labkit import data
from labkit.files import write_atomically


def folder() -> Path:
    """Where the shipped files and their cards are."""
    return data.folder() / "tflite"


def shipped(name: str, output: str | Path) -> Path:
    """Copies the shipped file `name`, such as "student_int8", to `output`, unpacked; returns that path.

    Raises:
        DataError: it is missing, or is not the file that its card describes.
    """
    output, card = Path(output), read_card(name)
    plain = folder() / f"{name}.tflite"
    try:
        content = plain.read_bytes() if plain.exists() else _unpacked(plain.with_name(f"{name}.tflite.xz"), card)
    except (OSError, EOFError, lzma.LZMAError) as error:
        raise data.DataError(f"{plain}: unreadable ({error})\n{data.restore('tflite')}") from None
    found = hashlib.sha256(content).hexdigest()
    if found != card["sha256"]:
        raise data.DataError(
            f"{plain}\n  expected SHA-256: {card['sha256']}\n  found:            {found}\n{data.restore('tflite')}"
        )
    write_atomically(output, content)
    return output


def read_card(name: str) -> dict:
    """What is known of a shipped file: its bytes, checksum, network and the version that converted it.

    Raises:
        DataError: there is no such file, or its card is damaged.
    """
    path = folder() / f"{name}.json"
    try:
        card = json.loads(path.read_bytes())
        if not isinstance(card["sha256"], str) or not isinstance(card["size_bytes"], int):
            raise ValueError("checksum or size missing")
    except FileNotFoundError:
        known = ", ".join(sorted(one.stem for one in folder().glob("*.json")))
        raise data.DataError(
            f"no file {name!r} is shipped; there are {known or 'none'}\n{data.restore('tflite')}"
        ) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise data.DataError(f"{path}: not a whole card ({error})\n{data.restore('tflite')}") from None
    return card


def _unpacked(path: Path, card: dict) -> bytes:
    """At most as many bytes as the card says, and one more: a damaged file cannot fill the memory."""
    with lzma.open(path) as file:
        return file.read(card["size_bytes"] + 1)
