"""What the lecture claims of the whole road to a deployed model."""

from labkit.claims.claim import Claim

TRADE = "Before vs After Optimization"
CHOOSE = "Choosing the Right Approach"

CLAIMS = (
    Claim(
        "C1.int8",
        TRADE,
        "4x smaller and 4x faster!",
        "the smaller of two factors, bytes and latency: baseline over its int8 file, same runtime; the claim needs 4, "
        "within 5 %",
        "times",
        low=3.8,
    ),
    Claim(
        "C1.int8.loss",
        TRADE,
        "Accuracy 95.0% to 94.5%",
        "points that the baseline's int8 file loses, 10,000 test images, paired; the claim needs at most 0.5",
        "points lost",
        high=0.5,
    ),
    Claim(
        "C1.road",
        TRADE,
        "4x smaller and 4x faster!",
        "the smaller of two factors, bytes and latency: baseline in PyTorch over the final model in its runtime; "
        "the claim needs 4, within 5 %",
        "times",
        low=3.8,
    ),
    Claim(
        "C1.road.loss",
        TRADE,
        "Accuracy 95.0% to 94.5%",
        "points that the final model loses, 10,000 test images, paired; the claim needs at most 0.5",
        "points lost",
        high=0.5,
    ),
    Claim(
        "C1.memory",
        TRADE,
        "Memory: 400 MB to 100 MB",
        "peak memory of a process that runs the baseline in PyTorch over one that runs the final model in its runtime, "
        "range of three runs each; the claim needs 4, within 5 %",
        "times",
        low=3.8,
    ),
    Claim(
        "C2.raw",
        CHOOSE,
        "Maximum compression: Quantization + Pruning",
        "bytes of the baseline's int8 file over those of the pruned network's, as they are; the claim needs more than "
        "1, by 5 %",
        "times",
        low=1.05,
    ),
    Claim(
        "C2.gzip",
        CHOOSE,
        "Maximum compression: Quantization + Pruning",
        "the same two files after gzip; the claim needs more than 1, by 5 %",
        "times",
        low=1.05,
    ),
    Claim(
        "C2.maximum",
        CHOOSE,
        "Maximum compression: Quantization + Pruning",
        "the smallest other file of this lab over the file of the pruned network in int8, both after gzip; "
        "to be the maximum, the claim needs at least 1",
        "times",
        low=1,
    ),
    Claim(
        "C3.always",
        "Summary",
        "Quantization: Always (first step)",
        "share of this lab's networks whose int8 file is smaller, not slower by more than 2 % and at most 0.5 points "
        "worse than the float32 one; low end: sure of it, high end: not excluded; the claim needs all",
        "of networks",
        low=1,
    ),
    Claim(
        "C3.first",
        CHOOSE,
        "Start with quantization: the easiest and most effective!",
        "speed-up by int8 over that by a small network, both from the baseline in ONNX Runtime: both in one race; "
        "the claim needs at least 1",
        "times",
        low=1,
    ),
)
