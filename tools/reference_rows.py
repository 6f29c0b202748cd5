"""Runs the solutions and ships what they measured: data/reference_rows.jsonl and data/reference_verdicts.jsonl.

Lab 07 shows these rows, labelled with this machine, where a student has not done a lab. Run it on a quiet machine:
every time in them is from here. Only the labs that are named are run again; rows and verdicts of the others stay.
"""

import argparse
import json
import os
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from labkit import claims, data
from labkit.files import write_atomically

SOLUTIONS = Path(__file__).parents[1] / "solutions"
LABS = ("01", "02", "03", "04", "05", "06")  # lab 07 measures its own rows, and shows those of the others
SLOWEST_CELL_SECONDS = 600


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("labs", nargs="*", help="which labs, such as 01; all unless told")
    labs = parser.parse_args().labs or LABS
    if unknown := set(labs) - set(LABS):
        parser.error(f"no lab {', '.join(sorted(unknown))}; there are {', '.join(LABS)}")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["LABKIT_RESULTS"] = folder
        for source in sorted(SOLUTIONS.glob("[0-9][0-9]_*.ipynb")):
            lab = source.stem[:2]
            if lab in labs:
                run(source)
                keep("rows", read(Path(folder) / "measurements.jsonl"), lab, lab_of_row)
                keep("verdicts", read(Path(folder) / "verdicts.jsonl"), lab, lab_of_verdict)


def run(source: Path) -> None:
    """Executes one solution notebook in its folder; what it prints is not kept."""
    print(source.stem, flush=True)
    notebook = nbformat.read(source, as_version=4)
    place = {"metadata": {"path": str(source.parent)}}
    NotebookClient(notebook, timeout=SLOWEST_CELL_SECONDS, resources=place).execute(env={**os.environ})


def read(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def lab_of_row(row: dict) -> str:
    return row["lab"]


def lab_of_verdict(row: dict) -> str:
    return claims.lab_of(row["claim"])


def keep(what: str, found: list[dict], lab: str, lab_of) -> None:
    """Writes what was found of `lab`, and what was there of the others, in the order of the labs."""
    path = data.folder() / f"reference_{what}.jsonl"
    found = [row for row in found if lab_of(row) == lab]
    others = [row for row in read(path) if lab_of(row) != lab]
    every = sorted([*others, *found], key=lab_of)
    write_atomically(path, "".join(json.dumps(row, allow_nan=False) + "\n" for row in every).encode())
    print(f"{path.name}: {len(found)} new, {len(others)} kept")


if __name__ == "__main__":
    main()
