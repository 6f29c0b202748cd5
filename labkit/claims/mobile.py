"""What the lecture claims of TensorFlow Lite, of phones and of microcontrollers."""

from labkit.claims.claim import Claim

TFLITE = "TensorFlow Lite (TFLite)"
EXAMPLE = "Real-World Example: Mobile App"

CLAIMS = (
    Claim(
        "O3.litert",
        "ONNX: Universal Model Format",
        "Run on any platform",
        "largest difference of any logit, 500 test images, float32, PyTorch against LiteRT on the phone's format; "
        "the claim needs at most 1e-4",
        "of a logit",
        high=1e-4,
    ),
    Claim(
        "T1.weights",
        TFLITE,
        "converter.optimizations = [tf.lite.Optimize.DEFAULT]  # Quantize",
        "share of the weights' bytes that are int8 in the file with DEFAULT alone; the claim needs 0.9 or more",
        "of bytes",
        low=0.9,
    ),
    Claim(
        "T1.activations",
        TFLITE,
        "converter.optimizations = [tf.lite.Optimize.DEFAULT]  # Quantize; for Edge TPU, Microcontrollers",
        "share of the activations that are int8 in the same file; what has no float hardware needs all of them",
        "of tensors",
        low=1,
    ),
    Claim(
        "E2.size",
        EXAMPLE,
        "Optimized model: Size: 3.4 MB",
        "bytes of MobileNet-v2 as full-integer .tflite in MB of 10^6; the claim needs 3.4, within 10 %",
        "MB",
        low=3.06,
        high=3.74,
    ),
    Claim(
        "E2.speed",
        EXAMPLE,
        "Latency: 200 ms; Optimized: 30 ms",
        "latency of ResNet-50 in float32 over that of MobileNet-v2 in int8, both LiteRT, one thread; "
        "the claim needs at least 200/30",
        "times",
        low=200 / 30,
    ),
    Claim(
        "E2.int8",
        "Tips for Edge Deployment",
        "Always quantize: Often 2-4x speed improvement",
        "latency of MobileNet-v2 in float32 over that in int8, both LiteRT, one thread; the claim needs at least 2",
        "times",
        low=2,
    ),
    Claim(
        "W1.micro",
        "Common Deployment Targets",
        "Embedded/IoT: Very limited memory (KB, not MB)",
        "the larger of the file's bytes and of its arena, student for microcontrollers; the claim needs at most 64 KiB",
        "bytes",
        high=65_536,
    ),
)
