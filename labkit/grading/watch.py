"""Watches how much memory a process and all its descendants hold, and how many files; says when it is too much."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator

EVERY_SECONDS = 0.05
MOST_FILES = 20_000  # an empty file takes no room, but a kilobyte of the kernel's memory
COUNTED = ("RssAnon:", "RssShmem:")  # what a process wrote; the pages of libraries are files, and shared


class Watch(threading.Thread):
    """Calls `too_much` with the reason, once, as soon as the tree below process `top` holds more than `most` bytes.

    Args:
        folders: in which the tree may write, as they are seen from here.
    """

    def __init__(self, top: int, most: int, too_much: Callable[[str], None], folders: tuple[str, ...] = ()) -> None:
        super().__init__(daemon=True, name=f"memory of {top}")
        self.top, self.most, self.too_much, self.folders = top, most, too_much, folders
        self.over, self.peak = threading.Event(), 0

    def run(self) -> None:
        while not self.over.wait(EVERY_SECONDS):
            held = sum(held_bytes(one) for one in descendants(self.top))
            self.peak = max(self.peak, held)
            if held > self.most:
                return self.too_much(f"too much memory: more than {self.most / 2**30:g} GB")
            if sum(files_in(one) for one in self.folders) > MOST_FILES:
                return self.too_much(f"too many files: more than {MOST_FILES:,}")
        return None

    def stop(self) -> None:
        self.over.set()


def descendants(top: int) -> Iterator[int]:
    """A process and all that it and its children started, as far as they are still there."""
    waiting = [top]
    while waiting:
        yield (one := waiting.pop())
        waiting += _children(one)


def held_bytes(process: int) -> int:
    """What a process holds in memory of its own making; 0 if it is gone."""
    try:
        with open(f"/proc/{process}/status", encoding="utf-8") as status:
            lines = [line.split() for line in status if line.startswith(COUNTED)]
    except OSError:
        return 0
    return sum(int(kilobytes) * 1024 for _, kilobytes, _ in lines)


def files_in(folder: str) -> int:
    """How many files the file system of a folder holds; 0 if it is gone or none of ours to look at."""
    try:
        found = os.statvfs(folder)
    except OSError:
        return 0
    return found.f_files - found.f_ffree


def _children(process: int) -> list[int]:
    found = []
    try:
        for thread in os.listdir(f"/proc/{process}/task"):
            with open(f"/proc/{process}/task/{thread}/children", encoding="utf-8") as children:
                found += [int(one) for one in children.read().split()]
    except OSError:
        pass
    return found
