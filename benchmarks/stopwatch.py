"""Does the stopwatch tell the truth? A/A trials, injected slow-downs, and what other stopwatches say of the same work.

Each trial uses one network and asks four questions in turn: labkit on the network against itself; labkit on the network
against itself made slower by a known share; the lecture's `benchmark()` twice; `torch.utils.benchmark` twice.
"""

import argparse
import time

import numpy as np
import torch
from common import write
from torch.utils import benchmark as torch_benchmark
from tqdm.auto import tqdm

from labkit import data, measure, models
from labkit.measure.stopwatch import race
from labkit.runtimes import torch_predictor

SLOWER = 0.05
SECONDS = 0.9  # leaves a tenth of the promised second for the statistics


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=200)
    options = parser.parse_args()
    image = data.load().test.inputs[:1]
    predict = torch_predictor(models.load_baseline(), threads=1)

    def work():
        return predict(image)

    rows = [trial(work, seed) for seed in tqdm(range(options.trials), unit="trial")]
    write("stopwatch", summary(rows) | {"trials": rows})


def trial(work, seed: int) -> dict:
    start = time.perf_counter()
    same = race({"model": work, "same": work}, seconds=SECONDS, seed=seed)["same"]
    seconds = time.perf_counter() - start
    slow = race({"model": work, "slow": slower(work, SLOWER)}, seconds=SECONDS, seed=seed)["slow"]
    return {
        "same": {"ratio": same.ratio, "low": same.ratio_low, "high": same.ratio_high, "verdict": same.verdict},
        "slow": {"ratio": slow.ratio, "low": slow.ratio_low, "high": slow.ratio_high, "verdict": slow.verdict},
        "seconds": seconds,
        "lecture": lecture_benchmark(work) / lecture_benchmark(work),
        "torch": torch_timer(work) / torch_timer(work),
    }


def slower(work, share: float):
    """`work` that takes `share` longer: it keeps the processor busy for that share of the time it just took."""

    def slowed():
        start = time.perf_counter_ns()
        work()
        end = time.perf_counter_ns()
        until = end + (end - start) * share
        while time.perf_counter_ns() < until:
            pass

    return slowed


def lecture_benchmark(work, n_runs: int = 100) -> float:
    """The slide "Benchmarking Your Model", with its 10 warm-up calls and the mean of 100."""
    for _ in range(10):
        work()
    times = []
    for _ in range(n_runs):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return float(np.mean(times)) * 1000


def torch_timer(work) -> float:
    return torch_benchmark.Timer("work()", globals={"work": work}).blocked_autorange(min_run_time=0.2).median


def share(count: int, n: int) -> dict:
    low, high = measure.wilson(count, n)
    return {"share": count / n, "low": low, "high": high}


def summary(rows: list[dict]) -> dict:
    n = len(rows)
    error = {
        "labkit": [abs(row["same"]["ratio"] - 1) for row in rows],
        "lecture": [abs(row["lecture"] - 1) for row in rows],
        "torch.utils.benchmark": [abs(row["torch"] - 1) for row in rows],
    }
    return {
        "a_a_false_verdicts": sum(row["same"]["verdict"] in ("faster", "slower") for row in rows),
        "a_a_verdicts": {v: sum(row["same"]["verdict"] == v for row in rows) for v in ("same", "cannot tell")},
        "a_a_error_p95": {name: float(np.quantile(errors, 0.95)) for name, errors in error.items()},
        "a_a_over_5_percent": {name: share(sum(e > 0.05 for e in errors), n) for name, errors in error.items()},
        "a_a_interval_covers_1": share(sum(r["same"]["low"] <= 1 <= r["same"]["high"] for r in rows), n),
        "slow_down_found": share(sum(row["slow"]["verdict"] == "slower" for row in rows), n),
        "slow_down_median_ratio": float(np.median([row["slow"]["ratio"] for row in rows])),
        "seconds_a_trial_p95": float(np.quantile([row["seconds"] for row in rows], 0.95)),
    }


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
