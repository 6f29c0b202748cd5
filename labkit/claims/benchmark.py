"""What the lecture claims of measuring, of the edge and of architectures."""

from labkit.claims.claim import Claim

CLAIMS = (
    Claim(
        "L1.edge",
        "The Speed of Light Problem",
        "Edge AI: Total: 10 ms",
        "latency of the baseline on this machine, batch 1",
        "ms",
        high=10,
    ),
    Claim(
        "L1.car",
        "The Speed of Light Problem",
        "Self-driving car at 60mph: 100ms = 2.7 meters",
        "arithmetic: 60 mph for 100 ms",
        "m",
        low=2.65,
        high=2.75,
    ),
    Claim(
        "L1.light",
        "The Speed of Light Problem",
        "Physics limits cloud AI: You, Network (50ms), Server",
        "share of light in 50 ms one way, server 1,000 km of fibre away; the claim needs at least half",
        "of the delay",
        low=0.5,
    ),
    Claim(
        "B1",
        "Benchmarking Your Model",
        "Throughput: 1000/avg_time samples/sec",
        "arithmetic: images/s at batch 32 over what the formula prints; the claim needs 1, within 10 %",
        "times",
        low=0.9,
        high=1.1,
    ),
    Claim(
        "B2",
        "Benchmarking Your Model",
        "Average of n_runs=100 after 10 warm-up calls",
        "share of A/A pairs that differ by more than 5 %; the claim needs at most one in twenty",
        "of pairs",
        high=0.05,
    ),
    Claim(
        "E1.size",
        "Efficient Model Architectures",
        "MobileNet-v2 3.4 MB",
        "bytes of its float32 weights in MB of 10^6; the claim needs 3.4, within 10 %",
        "MB",
        low=3.06,
        high=3.74,
    ),
    Claim(
        "E1.order",
        "Efficient Model Architectures",
        "SqueezeNet 25 ms < MobileNet-v2 30 < EfficientNet-B0 45 < ResNet-50 200 < VGG-16 400",
        "smallest ratio of a network's latency to its predecessor's in that order, ends of intervals divided; "
        "the claim needs all above 1",
        "times",
        low=1,
    ),
    Claim(
        "M1",
        "Before vs After Optimization",
        "Size 100 to 25 MB, Memory 400 to 100 MB",
        "peak memory of a process with 100 MB of weights over that of one with 25 MB, range of three runs each; "
        "the claim needs at least 4",
        "times",
        low=4,
    ),
)
