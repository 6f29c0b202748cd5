"""CPU seconds that `import labkit` takes in a fresh process, beyond starting Python: median of 21, limit 0.1."""

import statistics
import subprocess
import sys

from common import write

CODE = "import time; before = time.process_time(); import labkit; print(time.process_time() - before)"


def main() -> None:
    command = [sys.executable, "-c", CODE]
    seconds = [
        float(subprocess.run(command, capture_output=True, encoding="utf-8", check=True).stdout) for _ in range(21)
    ]
    write("import_time", {"median_cpu_s": round(statistics.median(seconds), 4), "max_cpu_s": round(max(seconds), 4)})


if __name__ == "__main__":
    main()
