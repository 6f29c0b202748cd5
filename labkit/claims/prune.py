"""What the lecture claims of pruning."""

from labkit.claims.claim import Claim

TABLE = "Model Optimization Techniques"
SLIDE = "Pruning: Remove Useless Weights"

CLAIMS: tuple[Claim, ...] = (
    Claim(
        "P1.raw",
        TABLE,
        "Pruning: 2x smaller",
        "bytes of the file before over after removing 90 % of the weights, prune.remove called; the claim needs 2",
        "times smaller",
        low=2,
    ),
    Claim(
        "P1.masked",
        SLIDE,
        "Benefits: Smaller model",
        "bytes of the file before over after removing 90 % of the weights, saved before prune.remove; "
        "the claim needs more than 1",
        "times smaller",
        low=1,
    ),
    Claim(
        "P1.gzip",
        TABLE,
        "Pruning: 2x smaller",
        "bytes before over after removing 90 % of the weights, both after gzip; the claim needs 2",
        "times smaller",
        low=2,
    ),
    Claim(
        "P1.rebuilt",
        TABLE,
        "Pruning: 2x smaller",
        "bytes of the file before over after rebuilding without channels; the claim needs 2",
        "times smaller",
        low=2,
    ),
    Claim(
        "P2.unstructured",
        TABLE,
        "Pruning: 1.5 - 2x faster",
        "latency before over after setting 90 % of the weights to zero, same runtime; the claim needs at least 1.5",
        "times faster",
        low=1.5,
    ),
    Claim(
        "P2.rebuilt",
        TABLE,
        "Pruning: 1.5 - 2x faster",
        "latency before over after rebuilding without channels, same runtime; the claim needs at least 1.5",
        "times faster",
        low=1.5,
    ),
    Claim(
        "P3.unstructured",
        TABLE,
        "Pruning: 1 - 2 % accuracy loss",
        "points lost by the shipped network without 85 % of its weights, after fine-tuning, on the same test images; "
        "the claim needs at most 2",
        "points lost",
        high=2,
    ),
    Claim(
        "P3.rebuilt",
        TABLE,
        "Pruning: 1 - 2 % accuracy loss",
        "points lost by the shipped rebuilt network, after fine-tuning, on the same test images; "
        "the claim needs at most 2",
        "points lost",
        high=2,
    ),
    Claim(
        "P4.near_zero",
        SLIDE,
        "Many weights in neural networks are close to zero",
        "share of weights that can leave at once, smallest first, for at most 2 points; the claim needs half",
        "of weights",
        low=0.5,
    ),
    Claim(
        "P4.random",
        SLIDE,
        "Idea: Remove them!",
        "points that smallest-first keeps over drawing lots, 50 % of the weights, same test images; "
        "the claim needs more than 0",
        "points",
        low=0,
    ),
)
