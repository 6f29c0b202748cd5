"""Milliseconds from a slider's move to the painted frame in JupyterLab in Chromium: median and 95th percentile of 40
moves, for every slider of every lab, beside a frame in which nothing moves; and the explorer of lab 03 in turns with
`interactive` and matplotlib. How it is measured and what that leaves out says tests/browser/stopwatch.py. Needs what
`make system-deps` installs, and a quiet machine."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from common import write

FOLDER = Path(__file__).parents[1] / "tests" / "browser"
VISITS = [str(FOLDER / name) for name in ("test_sliders.py", "test_labs.py")]
TARGET_MS = 25


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "LABKIT_SLIDERS": folder, "LABKIT_RESULTS": f"{folder}/results"}
        subprocess.run([sys.executable, "-m", "pytest", "-q", *VISITS], env=environment, check=True)
        found = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in Path(folder).glob("*.json")}
    beside = found.pop("interactive")
    write("sliders", summary(found) | {"interactive": beside, "labs": dict(sorted(found.items()))})


def summary(labs: dict[str, dict]) -> dict:
    """What all sliders have in common, and which of them miss the target.

    Args:
        labs: of each lab its `sliders` and an `empty` frame, each with `median_ms` and `p95_ms`.
    """
    times = {f"{lab}[{i}]": one for lab, found in sorted(labs.items()) for i, one in enumerate(found["sliders"])}
    spans = {
        name: [min(one[name] for one in times.values()), max(one[name] for one in times.values())]
        for name in ("median_ms", "p95_ms")
    }
    missed = {name: one["p95_ms"] for name, one in times.items() if one["p95_ms"] > TARGET_MS}
    return {"sliders": len(times), **spans, "above_target": missed}


if __name__ == "__main__":
    main()
