"""Writes `docs/memory.json` and `docs/memory.md`, what each lab takes, from what `benchmarks/run_lab.py` found."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import date
from pathlib import Path

from labkit.files import write_atomically
from labkit.measure import describe

ROOT = Path(__file__).resolve().parents[1]
MEASURED = ROOT / "benchmarks" / "results" / "run_lab.json"
MOST_BYTES = 1_500_000_000  # Binder gives at most 2 GB
PAGE = """\
# What the labs take of memory

The most that "Run all" of each lab's solution took: the kernel and every process that it starts, pages that they share
counted once. Binder gives at most 2 GB; the labs stay below 1.5 GB.

| lab | peak, MB |
|---|---|
{rows}

{where}, {day}; torch {torch}. `python benchmarks/run_lab.py`, then `python tools/lab_memory.py`, measure again.
"""


def main(arguments: list[str] | None = None) -> int:
    """Writes both files; 0 if every lab stays below the limit, 1 if not."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("measured", nargs="?", type=Path, default=MEASURED, help="what run_lab.py wrote")
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "docs", help="folder; default: docs")
    options = parser.parse_args(arguments)
    if not options.measured.exists():
        parser.error(f"{options.measured} is missing: run `python benchmarks/run_lab.py` first")
    said = summary(json.loads(options.measured.read_text(encoding="utf-8")))
    write_atomically(options.output / "memory.json", (json.dumps(said, indent=2) + "\n").encode())
    write_atomically(options.output / "memory.md", page(said).encode())
    peaks = said["peak_memory_bytes"]
    above = [name for name, peak in peaks.items() if peak >= MOST_BYTES]
    print(f"{len(peaks)} labs; at or above {MOST_BYTES / 1e9:g} GB: {', '.join(above) or 'none'}")
    return int(bool(above))


def summary(measured: dict) -> dict:
    """The peak of each lab, the machine, and the day."""
    labs = {name: one["peak_memory_bytes"] for name, one in measured.items() if name != "machine"}
    return {"machine": measured["machine"], "day": str(date.today()), "peak_memory_bytes": labs}


def page(said: dict) -> str:
    """The page of a summary."""
    rows = [f"| {name[:2]} | {peak / 1e6:,.0f} |" for name, peak in sorted(said["peak_memory_bytes"].items())]
    machine, torch = said["machine"], said["machine"]["libraries"].get("torch", "absent")
    return PAGE.format(rows="\n".join(rows), where=describe(machine), day=said["day"], torch=torch)


if __name__ == "__main__":
    sys.exit(main())
