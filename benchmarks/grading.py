"""What grading a class costs: throughput, overhead, growth, two workers, memory, and what torch adds.

The submissions are lab 01 with right answers, some of them spoilt or left empty. "Bare" is a fresh Python process for
each submission that runs the same cells and asks the same laws, heavy imports put off just as the grader does, without
sandbox, files or gradebook. Both use all workers, and take turns in blocks. nbclient runs those cells in a kernel.
"""

import argparse
import json
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import nbformat
import numpy as np
from common import write
from nbclient import NotebookClient
from tqdm.auto import tqdm

from labkit import exercises
from labkit.grading import engine, graft, pool, slots
from labkit.grading.engine import Job
from labkit.grading.output import results
from labkit.grading.submissions import each
from labkit.grading.watch import descendants
from labkit.notebooks import master
from labkit.notebooks.read import read

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "grading"))

import handed_in  # noqa: E402

LAB = "01"
SIZES = (100, 300, 1000)
TORCH_LAB = "04"
POLL_SECONDS = 0.2
# The worker of the box without the box: it reads the steps, runs them, and judges with the same laws.
BARE = """
import json, os, sys
from labkit import check, exercises
from labkit.grading.worker import Worker
steps = json.load(open(sys.argv[1]))
said, worker = os.dup(1), Worker(None)
os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
for step in steps:
    worker._run(step["label"], step["source"], step["exercise"], step["given"])
points = [check.score(one, worker.names.get(one.name), i).points for i, one in enumerate(exercises.of_lab(sys.argv[2]))]
os.write(said, json.dumps(points).encode())
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--submissions", type=int, default=SIZES[-1], help="the largest class; default: 1000")
    parser.add_argument("--repeats", type=int, default=4, help="blocks that take turns; default: 4")
    options = parser.parse_args()
    sizes = sorted({max(4, options.submissions * size // SIZES[-1]) for size in SIZES})
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        hand_in(place / "in", sizes[-1])
        result = {"lab": LAB, "workers": pool.default_workers(), **growth(place, sizes)}
        result |= overhead(place, options.repeats)
        result |= efficiency(place, max(1, options.repeats // 2))
        result |= nbclient_seconds(place) | labs(place)
    write("grading", result)


def hand_in(folder: Path, count: int) -> None:
    """Notebooks that all differ: of the answers, about a third is spoilt, raises an error, or is not there."""
    chance, right = random.Random(0), handed_in.honest(LAB)
    empty = {handed_in.grade_id(cell): handed_in.text(cell) for cell in handed_in.lab(LAB)["cells"]}
    for i in range(count):
        cells = []
        for cell in right["cells"]:
            source = handed_in.text(cell)
            if cell["cell_type"] == "code" and handed_in.is_solution(cell):
                spoilt = [source.replace("return ", "return 2 * "), source.replace("return ", "return missing + ")]
                other = chance.choice([*spoilt, empty[handed_in.grade_id(cell)]])
                source = chance.choices([source, other], [2, 1])[0] + f"\n# student {i}"
            cells.append({**cell, "source": source})
        handed_in.write({**right, "cells": cells}, folder / f"student{i:05}.ipynb")


def some(place: Path, count: int, name: str) -> Path:
    """A folder with the first `count` submissions."""
    folder = place / name
    folder.mkdir()
    for path in sorted((place / "in").iterdir())[:count]:
        shutil.copy(path, folder)
    return folder


def growth(place: Path, sizes: list[int]) -> dict:
    """Seconds and peak memory of the whole command for classes of several sizes, and a line through the seconds."""
    rows = []
    for size in sizes:
        seconds, grader, family = commanded(some(place, size, f"in{size}"), place / f"out{size}")
        rows.append(
            {
                "submissions": size,
                "seconds": seconds,
                "per_second": size / seconds,
                "grader_peak_bytes": grader,
                "all_processes_peak_bytes": family,
            }
        )
        print(json.dumps(rows[-1]), flush=True)
    n, seconds = (np.array([row[key] for row in rows], float) for key in ("submissions", "seconds"))
    slope, start = np.polyfit(n, seconds, 1)
    return {
        "growth": rows,
        "seconds_each": slope,
        "seconds_to_start": start,
        "largest_distance_from_line": float(np.max(np.abs(start + slope * n - seconds) / seconds)),
    }


def commanded(folder: Path, output: Path, workers: int | None = None) -> tuple[float, int, int]:
    """Seconds of `labkit grade`, the peak of its own memory, and the highest sum over all its processes, bytes."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "labkit", "grade", folder, "-o", output]
    command += ["--workers", str(workers)] if workers else []
    grader = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, encoding="utf-8")
    own = family = 0
    while grader.poll() is None:
        own = max(own, line_of(grader.pid, "status", "VmHWM:"))
        family = max(family, sum(line_of(one, "smaps_rollup", "Pss:") for one in descendants(grader.pid)))
        time.sleep(POLL_SECONDS)
    if grader.returncode:
        raise SystemExit(f"labkit grade ended with {grader.returncode}: {grader.stderr.read()}")
    return time.perf_counter() - began, own, family


def line_of(pid: int, file: str, start: str) -> int:
    """Bytes by a line of /proc, where Linux counts in kB; 0 if the process is gone. Pss counts shared pages once."""
    try:
        lines = Path(f"/proc/{pid}/{file}").read_text(encoding="utf-8").splitlines()
        return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(start)), 0)
    except OSError:
        return 0


def overhead(place: Path, repeats: int) -> dict:
    """Grading against bare execution, in blocks that take turns; both with all workers."""
    every, workers = sorted((place / "in").iterdir()), pool.default_workers()
    blocks = [every[i::repeats] for i in range(repeats)]
    graded, bare = [], []
    for i, block in enumerate(tqdm(blocks, unit="block")):
        folder = place / f"block{i}"
        folder.mkdir()
        for path in block:
            shutil.copy(path, folder)
        steps = [written_steps(path, place / "steps") for path in block]
        for measured in ("graded", "bare") if i % 2 else ("bare", "graded"):
            if measured == "graded":
                graded.append(commanded(folder, place / f"graded{i}", workers)[0])
            else:
                began = time.perf_counter()
                with ThreadPoolExecutor(workers) as threads:
                    points = list(threads.map(bare_points, steps))
                bare.append(time.perf_counter() - began)
        expected = dict(zip((path.stem for path in block), points))
        for one in results(place / f"graded{i}"):
            assert [part["points"] for part in one["exercises"]] == expected[one["student"]], one["student"]
    ratios = [a / b for a, b in zip(graded, bare)]
    return {
        "overhead": sum(graded) / sum(bare),
        "overhead_of_blocks": ratios,
        "graded_seconds_each": sum(graded) * workers / len(every),
        "bare_seconds_each": sum(bare) * workers / len(every),
    }


def written_steps(path: Path, folder: Path) -> Path:
    """The cells that run, as a file for the bare process."""
    folder.mkdir(exist_ok=True)
    work = graft.graft(read(path.read_bytes()), master.load(LAB))
    target = folder / f"{path.stem}.json"
    target.write_text(json.dumps([asdict(step) for step in work.steps]), encoding="utf-8")
    return target


def bare_points(steps: Path) -> list[float]:
    with slots.taken():  # each on a core of its own, as when graded
        done = subprocess.run([sys.executable, "-c", BARE, steps, LAB], capture_output=True, check=True, cwd=ROOT)
    return json.loads(done.stdout)


def efficiency(place: Path, repeats: int) -> dict:
    """Speed of two workers over twice the speed of one, for the whole class, from runs that take turns."""
    seconds: dict[int, list[float]] = {1: [], 2: []}
    for i in range(repeats):
        for workers in (1, 2) if i % 2 else (2, 1):
            seconds[workers].append(commanded(place / "in", place / f"pair{i}-{workers}", workers)[0])
    return {
        "efficiency_at_two_workers": statistics.median(seconds[1]) / 2 / statistics.median(seconds[2]),
        "seconds_by_workers": seconds,
    }


def nbclient_seconds(place: Path, count: int = 5) -> dict:
    """Seconds for the same cells and the lab's own checks in a kernel, one notebook after the other."""
    seconds = []
    for path in sorted((place / "in").iterdir())[:count]:
        steps = json.loads(written_steps(path, place / "steps").read_text(encoding="utf-8"))
        sources = [step["source"] for step in steps]
        sources += [f"from labkit import check; check({one.name!r}, {one.name})" for one in exercises.of_lab(LAB)]
        cells = [nbformat.v4.new_code_cell(source) for source in sources]
        client = NotebookClient(nbformat.v4.new_notebook(cells=cells), kernel_name="python3", allow_errors=True)
        began = time.perf_counter()
        client.execute(cwd=str(ROOT))
        seconds.append(time.perf_counter() - began)
    return {"nbclient_seconds_each": statistics.median(seconds)}


def labs(place: Path, repeats: int = 5) -> dict:
    """Core seconds for one honest submission of each lab; with and without torch, where an answer uses it."""
    each_lab = {lab: median_seconds(place, handed_in.honest(lab), lab, repeats) for lab in exercises.LABS}
    empty = median_seconds(place, handed_in.lab(TORCH_LAB), TORCH_LAB, repeats)
    return {
        "honest_seconds": each_lab,
        "torch": {"lab": TORCH_LAB, "honest_seconds": each_lab[TORCH_LAB], "empty_seconds": empty},
    }


def median_seconds(place: Path, made: dict, lab: str, repeats: int) -> float:
    folder = Path(tempfile.mkdtemp(dir=place))
    handed_in.write(made, folder / "one.ipynb")
    (submission,) = each(folder)
    with slots.taken() as slot:
        found = [engine.grade_one(Job(submission, lab, b"benchmark" * 4), slot) for _ in range(repeats)]
    assert all(one["status"] == "graded" for one in found)
    return statistics.median(one["seconds"] for one in found)


if __name__ == "__main__":
    main()
