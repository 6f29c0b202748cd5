"""What the lecture claims of quantization."""

from labkit.claims.claim import Claim

TABLE, EXAMPLE, TYPES = "Model Optimization Techniques", "Quantization Example", "Types of Quantization"
SMALLER, FASTER, LOSS = "4x smaller", "2 - 4x faster", "Accuracy loss < 1%"
NEEDS_4 = "the claim needs 4, within 5 %"
NEEDS_2 = "the claim needs at least 2"
NEEDS_1_POINT = "the claim needs a loss below 1 point"

CLAIMS = (
    Claim(
        "Q1.static", EXAMPLE, SMALLER, f"float32 bytes over int8 bytes, baseline, every layer; {NEEDS_4}", "times", 3.8
    ),
    Claim(
        "Q1.dynamic",
        "Quantization in PyTorch",
        "Original: 100.0 MB, Quantized: 25.2 MB",
        f"float32 bytes over int8 bytes, baseline, linear layers only, as the slide's code does; {NEEDS_4}",
        "times",
        3.8,
    ),
    Claim(
        "Q1.encoder",
        "Quantization in PyTorch",
        "Original: 100.0 MB, Quantized: 25.2 MB",
        f"the same for an encoder in the shape of DistilBERT; {NEEDS_4}",
        "times",
        3.8,
    ),
    Claim("Q2.static.1", TABLE, FASTER, f"baseline, static int8, ONNX Runtime, batch 1; {NEEDS_2}", "times", 2),
    Claim("Q2.static.32", TABLE, FASTER, f"baseline, static int8, ONNX Runtime, batch 32; {NEEDS_2}", "times", 2),
    Claim("Q2.dynamic", TABLE, FASTER, f"baseline, dynamic int8 as on the slide, batch 1; {NEEDS_2}", "times", 2),
    Claim("Q2.encoder", TABLE, FASTER, f"encoder, dynamic int8 as on the slide, one sentence; {NEEDS_2}", "times", 2),
    Claim(
        "Q3.static",
        TABLE,
        LOSS,
        f"baseline, static int8 per channel, 10,000 test images, paired; {NEEDS_1_POINT}",
        "points lost",
        high=1,
    ),
    Claim(
        "Q3.dynamic",
        TABLE,
        LOSS,
        f"baseline, dynamic int8, 2,000 test images, paired; {NEEDS_1_POINT}",
        "points lost",
        high=1,
    ),
    Claim(
        "Q4.8",
        TYPES,
        "For most cases: PTQ is good enough!",
        f"weights of 8 bits per tensor, 10,000 test images; {NEEDS_1_POINT}",
        "points lost",
        high=1,
    ),
    Claim(
        "Q4.4",
        TYPES,
        "For most cases: PTQ is good enough!",
        f"weights of 4 bits per tensor, 10,000 test images; {NEEDS_1_POINT}",
        "points lost",
        high=1,
    ),
    Claim(
        "Q4.outlier",
        TYPES,
        "For most cases: PTQ is good enough!",
        f"5 bits per tensor, one channel 16 times larger, the same function; {NEEDS_1_POINT}",
        "points lost",
        high=1,
    ),
    Claim(
        "Q4.qat",
        TYPES,
        "QAT: better accuracy, more effort",
        "QAT at 4 bits minus PTQ at 4 bits, per tensor, the same test images; the claim needs more than 0",
        "points gained",
        low=0,
    ),
    Claim(
        "Q5",
        "The Precision Intuition",
        "0.234567891 vs 0.23 - barely matters for neural networks",
        "every weight with 5 mantissa bits (an error of at most 1.6 %, two decimal digits), 10,000 test images; "
        "the claim needs a loss below 0.5 points",
        "points lost",
        high=0.5,
    ),
)
