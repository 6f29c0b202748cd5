"""What the lecture claims of ONNX, of its runtime and of the browser."""

from labkit.claims.claim import Claim

RUNNING, OPTIMIZED, FORMAT = "Running with ONNX Runtime", "ONNX Optimizations", "ONNX: Universal Model Format"
FASTER, FUSED = "2-3x faster than PyTorch on CPU", "Combine Conv + BatchNorm + ReLU into one"
RACED = "time of PyTorch over time of ONNX Runtime, baseline, one thread, own processes"
NEEDS_2 = "the claim needs at least 2"

CLAIMS = (
    Claim("O1.eager.1", RUNNING, FASTER, f"{RACED}, eager as on the slides, batch 1; {NEEDS_2}", "times", 2),
    Claim("O1.eager.32", RUNNING, FASTER, f"{RACED}, eager as on the slides, batch 32; {NEEDS_2}", "times", 2),
    Claim("O1.inference.1", RUNNING, FASTER, f"{RACED}, inference mode, batch 1; {NEEDS_2}", "times", 2),
    Claim("O1.inference.32", RUNNING, FASTER, f"{RACED}, inference mode, batch 32; {NEEDS_2}", "times", 2),
    Claim(
        "O2.one",
        OPTIMIZED,
        FUSED,
        "operations that ONNX Runtime runs for six blocks of the three, over six; the claim needs 1",
        "operations",
        high=1,
    ),
    Claim(
        "O2.runtime",
        OPTIMIZED,
        f"ONNX Runtime automatically applies: {FUSED}",
        "how many of the baseline's BatchNorms today's exporter leaves in the file for ONNX Runtime; "
        "the claim needs at least one",
        "of six",
        low=1,
    ),
    Claim(
        "O2.constants",
        OPTIMIZED,
        "Constant folding: Pre-compute constants",
        "operations that ONNX Runtime's optimiser saves in a file that was written without the exporter's; "
        "the claim needs more than none",
        "operations",
        low=1,
    ),
    Claim(
        "O3.logits",
        FORMAT,
        "Run on any platform",
        "largest difference of any logit, 500 test images, float32, PyTorch against ONNX Runtime at every level of "
        "its optimiser; the claim needs at most 1e-4",
        "of a logit",
        high=1e-4,
    ),
    Claim(
        "O3.labels",
        FORMAT,
        "Run on any platform",
        "share of equal labels in the same comparison; the claim needs all",
        "of labels",
        low=1,
    ),
    Claim(
        "O4.reuse",
        OPTIMIZED,
        "Memory optimization: Reuse buffers",
        "peak memory with every tensor between layers kept over peak memory as it is, batch 64, six calls; "
        "the claim needs more than 1, range of the runs",
        "times",
        low=1,
    ),
    Claim(
        "O4.arena",
        OPTIMIZED,
        "Memory optimization: Reuse buffers",
        "peak memory with arena and memory pattern off over peak memory with both on, as they are by default, "
        "batch 64, six calls; the claim needs more than 1, range of the runs",
        "times",
        low=1,
    ),
    Claim(
        "O4.pattern",
        OPTIMIZED,
        "Memory optimization: Reuse buffers",
        "peak memory with the memory pattern alone off over peak memory with both on, batch 64, six calls; "
        "the claim needs more than 1, range of the runs",
        "times",
        low=1,
    ),
    Claim(
        "W1.model",
        "Common Deployment Targets",
        "Models must be small (< 10 MB)",
        "bytes of the largest .onnx file of this lab; the claim's limit is 10 MB (10^6)",
        "MB",
        high=10,
    ),
    Claim(
        "W1.download",
        "Common Deployment Targets",
        "Models must be small (< 10 MB)",
        "what a browser must load to run it: the page with the runtime and the model; the claim's limit is 10 MB",
        "MB",
        high=10,
    ),
)
