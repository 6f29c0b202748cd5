"""Milliseconds from a slider's move to the painted frame, for every slider of every lab in JupyterLab in Chromium:
median and 95th percentile of 40 moves. Needs what `make system-deps` installs."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from common import write

VISIT = Path(__file__).parents[1] / "tests" / "browser" / "test_labs.py"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "LABKIT_SLIDERS": folder, "LABKIT_RESULTS": f"{folder}/results"}
        subprocess.run([sys.executable, "-m", "pytest", "-q", str(VISIT)], env=environment, check=True)
        found = {
            path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(Path(folder).glob("*.json"))
        }
    write("sliders", {"p95_ms": max(one["p95_ms"] for lab in found.values() for one in lab), "labs": found})


if __name__ == "__main__":
    main()
