"""The lecture's pipeline as one call: train, prune, quantize, export, benchmark, deploy.

    found = lk.compress.search("browser", max_bytes=60_000, max_drop=0.5, folder="compressed")
    lk.results.save(found.row)             # prints as a table; found.path, found.card, found.reached, found.binds
    rows = lk.compress.steps("compact", amount=0.5)             # what each step contributed
    lk.plots.waterfall(rows, "latency")                         # or "bytes", or "gzip"
    final = lk.compress.headline("compressed/model.onnx")       # the course's target; uses the test split
    path = lk.compress.in_order("student_soft_0", ["int8", "prune"], "model.onnx", amount=0.7)
    grid = lk.sweeps.load("compress_orders")                    # start x order x amount, the whole test split
    path = lk.compress.pack_weights("model.onnx", "small.onnx", bits=8)

`labkit compress --target browser --max-bytes 60000 --max-drop 0.5` is the same search as a command.
"""

from labkit.compress.choice import PREFER, Limits
from labkit.compress.codes import pack_weights, prune_codes
from labkit.compress.deploy import Outcome
from labkit.compress.headline import Headline, headline
from labkit.compress.orders import STEPS, in_order
from labkit.compress.plan import PRECISIONS, TARGETS, Recipe, Target
from labkit.compress.search import search
from labkit.compress.steps import steps
from labkit.compress.store import Candidate

__all__ = [
    "PRECISIONS",
    "PREFER",
    "STEPS",
    "TARGETS",
    "Candidate",
    "Headline",
    "Limits",
    "Outcome",
    "Recipe",
    "Target",
    "headline",
    "in_order",
    "pack_weights",
    "prune_codes",
    "search",
    "steps",
]
