"""Frames on the socket between the box and the process outside: plain values, and nothing in them can run.

A frame is two lengths, a JSON header `[nonce, tree]` and the buffers that its arrays and long texts stand for, one
after the other (`labkit.grading.plain`). Both ends use this module; the one outside believes nothing that it reads.
"""

from __future__ import annotations

import json
import socket
import struct
import time

from labkit.grading.plain import MOST_BYTES, Breach, Reader, TooMuch, Writer

LENGTHS = struct.Struct("!II")  # of the header, of the buffers
MOST_HEADER = 4 * 2**20


def encode(nonce: str, value: object) -> bytes:
    """The frame of a value; what is no plain value goes as the name of its type alone.

    Raises:
        TooMuch: it has too many parts, too many bytes, or is nested too deep.
    """
    writer = Writer()
    header = json.dumps([nonce, writer.tree(value)], allow_nan=False, separators=(",", ":")).encode()
    if len(header) > MOST_HEADER:
        raise TooMuch("more than 4 MB of lists and texts")
    body = b"".join(writer.buffers)
    return LENGTHS.pack(len(header), len(body)) + header + body


def decode(frame: bytes) -> tuple[str, object]:
    """The nonce and the value of a frame.

    Raises:
        Breach: it breaks any rule of the format.
    """
    if len(frame) < LENGTHS.size:
        raise Breach("too short")
    header, body = lengths(frame[: LENGTHS.size])
    if len(frame) != LENGTHS.size + header + body:
        raise Breach("not as long as it says")
    view = memoryview(frame)
    try:
        read = json.loads(bytes(view[LENGTHS.size : LENGTHS.size + header]), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Breach(f"no JSON: {type(error).__name__}") from None
    if type(read) is not list or len(read) != 2 or type(read[0]) is not str:
        raise Breach("no nonce and value")
    reader = Reader(view[LENGTHS.size + header :])
    value = reader.value(read[1])
    if reader.at != body:
        raise Breach("buffers that belong to nothing")
    return read[0], value


def lengths(head: bytes) -> tuple[int, int]:
    """The lengths of header and buffers that the first 8 bytes of a frame give.

    Raises:
        Breach: together they are more than a frame may have.
    """
    header, body = LENGTHS.unpack(head)
    if header > MOST_HEADER or body > MOST_BYTES:
        raise Breach(f"{header + body} bytes")
    return header, body


def receive(connection: socket.socket, deadline: float | None = None) -> bytes:
    """The next frame, read until `time.monotonic()` is `deadline`.

    Raises:
        EOFError: the other end is gone.
        TimeoutError: the deadline came first, however many bytes trickled in.
        Breach: a frame that is too long.
    """
    head = _exactly(connection, LENGTHS.size, deadline)
    return head + _exactly(connection, sum(lengths(head)), deadline)


def send(connection: socket.socket, frame: bytes, deadline: float | None = None) -> None:
    """Sends a frame.

    Raises:
        EOFError: the other end is gone.
        TimeoutError: it did not take it until the deadline.
    """
    _wait(connection, deadline)
    try:
        connection.sendall(frame)
    except OSError as error:
        raise (error if isinstance(error, TimeoutError) else EOFError()) from None


def _exactly(connection: socket.socket, n: int, deadline: float | None) -> bytes:
    found = bytearray()
    while len(found) < n:
        _wait(connection, deadline)
        try:
            piece = connection.recv(min(n - len(found), 1 << 20))
        except OSError as error:
            raise (error if isinstance(error, TimeoutError) else EOFError()) from None
        if not piece:
            raise EOFError
        found += piece
    return bytes(found)


def _wait(connection: socket.socket, deadline: float | None) -> None:
    if deadline is None:
        return
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    connection.settimeout(left)


def _no_constant(word: str):
    raise ValueError(word)
