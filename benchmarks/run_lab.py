"""Seconds and peak memory of "Run all" for each solution notebook, child processes included, and its slowest cells.

Each runs twice: first with nothing kept, then again in a fresh kernel, as after a restart (see `labkit.kept`).
"""

import argparse
import os
import tempfile
import threading
import time
from pathlib import Path

import nbformat
import psutil
from common import write
from nbclient import NotebookClient

from labkit import exercises
from labkit.measure.memory import share_of

SOLUTIONS = Path(__file__).parents[1] / "solutions"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("labs", nargs="*", help="which labs, such as 01; all unless told")
    options = parser.parse_args()
    if unknown := set(options.labs) - set(exercises.LABS):
        parser.error(f"no lab {', '.join(sorted(unknown))}; there are {', '.join(exercises.LABS)}")
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        os.environ["LABKIT_RESULTS"] = folder
        for path in sorted(SOLUTIONS.glob("[0-9][0-9]_*.ipynb")):
            if not options.labs or path.stem[:2] in options.labs:
                found[path.stem] = run(path) | {"again": run(path)}
    write("run_lab", found)


def run(path: Path) -> dict:
    """One "Run all" in a kernel of its own."""
    notebook = nbformat.read(path, as_version=4)
    cells, current, done = {}, ["start"], threading.Event()

    def begin(cell, **_):
        current[0] = cell.id
        cells[cell.id] = {"cell": cell.source.strip().splitlines()[-1][:60], "start": time.perf_counter(), "bytes": 0}

    def end(cell, **_):
        cells[cell.id]["seconds"] = time.perf_counter() - cells[cell.id].pop("start")

    client = NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(path.parent)}})
    client.on_cell_execute, client.on_cell_executed = begin, end
    watcher = threading.Thread(target=watch, args=(cells, current, done))
    watcher.start()
    start = time.perf_counter()
    try:
        client.execute()
    finally:
        seconds = time.perf_counter() - start
        done.set()
        watcher.join()
    return {
        "seconds": seconds,
        "peak_memory_bytes": max(cell["bytes"] for cell in cells.values()),
        "slowest_cells": sorted(cells.values(), key=lambda cell: -cell["seconds"])[:6],
        "largest_cells": sorted(cells.values(), key=lambda cell: -cell["bytes"])[:6],
    }


def watch(cells: dict, current: list[str], done: threading.Event) -> None:
    """Keeps, for the cell that runs, the largest sum of the kernel's and its descendants' memory; shared pages once."""
    me = psutil.Process()
    while not done.wait(0.1):  # each look takes some milliseconds
        total = 0
        for process in me.children(recursive=True):
            try:
                total += share_of(process)
            except psutil.Error:  # it has just ended
                continue
        if current[0] in cells:
            cells[current[0]]["bytes"] = max(cells[current[0]]["bytes"], total)


if __name__ == "__main__":
    main()
