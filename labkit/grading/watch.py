"""Watches how much memory a process and all its descendants hold, and says when it is too much."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

EVERY_SECONDS = 0.05
COUNTED = ("RssAnon:", "RssShmem:")  # what a process wrote; the pages of libraries are files, and shared


class Watch(threading.Thread):
    """Calls `too_much` once, as soon as the tree below process `top` holds more than `most` bytes."""

    def __init__(self, top: int, most: int, too_much: Callable[[], None]) -> None:
        super().__init__(daemon=True, name=f"memory of {top}")
        self.top, self.most, self.too_much = top, most, too_much
        self.over, self.peak = threading.Event(), 0

    def run(self) -> None:
        while not self.over.wait(EVERY_SECONDS):
            held = sum(held_bytes(one) for one in descendants(self.top))
            self.peak = max(self.peak, held)
            if held > self.most:
                self.too_much()
                return

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
        with open(f"/proc/{process}/status") as status:
            lines = [line.split() for line in status if line.startswith(COUNTED)]
    except OSError:
        return 0
    return sum(int(kilobytes) * 1024 for _, kilobytes, _ in lines)


def _children(process: int) -> list[int]:
    import os

    found = []
    try:
        for thread in os.listdir(f"/proc/{process}/task"):
            with open(f"/proc/{process}/task/{thread}/children") as children:
                found += [int(one) for one in children.read().split()]
    except OSError:
        pass
    return found
