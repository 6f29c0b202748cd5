"""Computes the sweep of lab 06, some minutes: bytes and arena of the full-integer students, what they get right, on
how many images TensorFlow Lite Micro answers otherwise than LiteRT. Needs tflite-micro."""

import tempfile
from pathlib import Path

import numpy as np
from tqdm.auto import tqdm

from labkit import data, mobile, models, runtimes, sweeps, train
from labkit.measure import statistics

STUDENTS = {"student": "student_soft_0", "micro_12": "micro_12", "micro_8": "micro_8", "micro_4": "micro_4"}


def main() -> None:
    rows = [row(name, weights) for name, weights in tqdm(STUDENTS.items(), unit="student")]
    files = [f"{weights}.safetensors" for weights in STUDENTS.values()]
    sweeps.save("mobile_micro", rows, "tools/sweep_mobile.py", files)


def row(name: str, weights: str) -> dict:
    splits = data.load()
    with tempfile.TemporaryDirectory() as folder:
        path = mobile.shipped(f"{name}_int8", Path(folder) / "int8.tflite")
        fast, plain = runtimes.litert_predictor(path), runtimes.litert_predictor(path, reference=True)
        micro = mobile.micro_predictor(path)
        found = {"variant": name, "size_bytes": path.stat().st_size, "ram_bytes": mobile.smallest_arena(path)}
        found["parameters"] = models.count_parameters(models.load_shipped(weights))
        right = train.correct(fast, splits.validation)
        found["validation"], found["validation_low"] = float(right.mean()), statistics.wilson(int(right.sum()), 5000)[0]
        images = splits.test.inputs
        logits = {
            kind: answers(predict, images) for kind, predict in (("fast", fast), ("plain", plain), ("micro", micro))
        }
    right = logits["micro"].argmax(1) == splits.test.labels
    low, high = statistics.wilson(int(right.sum()), len(right))
    found |= {"accuracy": float(right.mean()), "accuracy_low": low, "accuracy_high": high}
    for kind in ("fast", "plain"):
        found[f"other_labels_{kind}"] = int((logits[kind].argmax(1) != logits["micro"].argmax(1)).sum())
        found[f"other_codes_{kind}"] = int((logits[kind] != logits["micro"]).sum())
    return found | {"images": len(images), "correct": sweeps.pack(right)}


def answers(predict, images: np.ndarray) -> np.ndarray:
    return np.concatenate([predict(images[i : i + 100]) for i in range(0, len(images), 100)])


if __name__ == "__main__":
    main()
