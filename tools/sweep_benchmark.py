"""Measures lab 01's batch sizes and cores on this machine: data/sweeps/benchmark_batch.json, for the site's slider.

The lab measures its own; the site has no machine to measure on. Run it on a quiet machine: every time is from here.
"""

from labkit import data, load_baseline
from labkit.measure import batch_sweep
from labkit.sweeps import save


def main() -> None:
    images = data.load().test.inputs[:64]
    rows = batch_sweep(load_baseline(), images, threads=[1, 2])
    save("benchmark_batch", rows, "tools/sweep_benchmark.py", ["baseline.safetensors"])


if __name__ == "__main__":
    main()
