"""Computes what lab 07 shows of orders and combinations: bytes, bytes after gzip, accuracy on the whole test split.

`data/sweeps/compress_orders.json`, from the shipped weights. Seeded; about ten minutes of one core. int8 files are
made as this CPU needs them: without VNNI their weights have 7 bits. Rows of networks that are not named stay.
"""

import argparse
import tempfile
from pathlib import Path

import torch
from tqdm import tqdm

from labkit import compress, data, runtimes, sweeps, train
from labkit.measure import size, wilson

STARTS = ("baseline", "student_soft_0", "compact")
AMOUNTS = (0.5, 0.7, 0.8, 0.9)
PLAIN = ((), ("int8",), ("int8 weights",))
ORDERS = (
    ("prune",),
    ("prune", "tune"),
    ("prune", "int8"),
    ("int8", "prune"),
    ("prune", "tune", "int8"),
    ("prune", "tune", "int8 weights"),
)
MADE_BY = "tools/sweep_compress.py"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("starts", nargs="*", default=STARTS, help=f"which networks; {', '.join(STARTS)} unless told")
    options = parser.parse_args()
    known = [name for group in compress.plan.starts(zeros=True) for name in group]
    if unknown := [one for one in options.starts if one not in known]:
        parser.error(f"no network {', '.join(unknown)}; there are {', '.join(known)}")
    torch.set_num_threads(1)
    grid = [(start, order, amount) for start in options.starts for order, amount in _combinations()]
    with tempfile.TemporaryDirectory() as folder:
        made = [row(*one, Path(folder)) for one in tqdm(grid, unit="row")]
    rows = [*_kept(options.starts), *made]
    names = dict.fromkeys(["baseline", *(one["start"] for one in rows)])
    sweeps.save("compress_orders", rows, MADE_BY, [f"{name}.safetensors" for name in names])


def _kept(starts: list[str]) -> list[dict]:
    """The rows of the other networks that are there already, unless a network's weights changed since."""
    try:
        return [one for one in sweeps.load("compress_orders").rows if one["start"] not in starts]
    except data.DataError:
        return []


def _combinations():
    yield from ((order, 0.0) for order in PLAIN)
    yield from ((order, amount) for order in ORDERS for amount in AMOUNTS)


def row(start: str, order: tuple[str, ...], amount: float, folder: Path) -> dict:
    """What these steps in this order make of a network."""
    path = compress.in_order(start, order, folder / "model.onnx", amount, folder=folder)
    found, predict = size(path), runtimes.onnx_predictor(path)
    correct = train.correct(predict, data.load().test)
    low, high = wilson(int(correct.sum()), len(correct))
    facts = {"start": start, "order": ", ".join(order) or "as trained", "amount": amount, "split": "test"}
    sizes = {"size_bytes": found.size_bytes, "gzip_bytes": found.gzip_bytes}
    figures = {"accuracy": float(correct.mean()), "low": low, "high": high, "correct": sweeps.pack(correct)}
    return {**facts, **sizes, **figures}


if __name__ == "__main__":
    main()
