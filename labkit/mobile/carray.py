"""A model as C source: microcontrollers have no files, so its bytes are compiled into the program."""

from __future__ import annotations

import re
from pathlib import Path

from labkit.files import write_atomically
from labkit.mobile.tflite import check_file
from labkit.reference import reference

PER_LINE = 12
KEYWORDS = frozenset(
    [
        "auto",
        "break",
        "case",
        "char",
        "const",
        "continue",
        "default",
        "do",
        "double",
        "else",
        "enum",
        "extern",
        "float",
        "for",
        "goto",
        "if",
        "inline",
        "int",
        "long",
        "register",
        "restrict",
        "return",
        "short",
        "signed",
        "sizeof",
        "static",
        "struct",
        "switch",
        "typedef",
        "union",
        "unsigned",
        "void",
        "volatile",
        "while",
    ]
)


@reference
def c_bytes(content: bytes) -> str:
    """The bytes as C writes them, such as "0x1c, 0x00, 0xff": two digits of base 16 each, a comma between.

    >>> c_bytes(bytes([28, 0, 255]))
    '0x1c, 0x00, 0xff'
    """
    return ", ".join(f"0x{byte:02x}" for byte in content)


def c_array(path: str | Path, folder: str | Path, name: str = "model") -> tuple[Path, Path]:
    """Writes `folder/NAME.h` and `folder/NAME.c`, which hold a `.tflite` file as an array; returns both paths.

    The array `NAME` is constant, so that it stays in flash, and aligned to 16 bytes, as the interpreter wants it;
    `NAME_len` is its length.

    Args:
        name: of the array, as C allows it.

    Raises:
        FileNotFoundError, ValueError: as `check_file`; or the name is none that C allows.
    """
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name) or name in KEYWORDS:
        raise ValueError(f"{name!r} is no name for an array in C: letters, digits and _ only, a letter first")
    content = check_file(path).read_bytes()
    lines = [c_bytes(content[start : start + PER_LINE]) for start in range(0, len(content), PER_LINE)]
    guard = f"LABKIT_{name.upper()}_H"
    head = (
        f"/* {Path(path).name}, {len(content)} bytes, written by labkit. */\n#ifndef {guard}\n#define {guard}\n\n"
        f'#ifdef __cplusplus\nextern "C" {{\n#endif\n\nextern const unsigned char {name}[{len(content)}];\n'
        f"extern const unsigned int {name}_len;\n\n#ifdef __cplusplus\n}}\n#endif\n\n#endif\n"
    )
    body = (
        f'#include "{name}.h"\n\n#include <stdalign.h>\n\nalignas(16) const unsigned char {name}[{len(content)}] = {{\n'
        + "".join(f"    {line},\n" for line in lines)
        + f"}};\nconst unsigned int {name}_len = {len(content)};\n"
    )
    header, source = Path(folder) / f"{name}.h", Path(folder) / f"{name}.c"
    write_atomically(header, head.encode())
    write_atomically(source, body.encode())
    return header, source
