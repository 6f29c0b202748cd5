"""What every benchmark writes: its result and the machine, as JSON in `benchmarks/results/` (which git ignores)."""

import json
from pathlib import Path

from labkit import files, measure


def write(name: str, result: dict) -> None:
    path = Path(__file__).parent / "results" / f"{name}.json"
    files.write_atomically(path, json.dumps({"machine": measure.fingerprint(), **result}, indent=2).encode())
    print(json.dumps({key: value for key, value in result.items() if key != "trials"}, indent=2))
    print(f"written to {path.relative_to(Path(__file__).parents[1])}")
