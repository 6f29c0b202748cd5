"""Trains the students of lab 04 and computes its sweeps: about an hour and a half of one core.

Students: soft and hard labels, three seeds each, alike but for the labels that they learn from; these are shipped as
weights. Then with fewer images, where a training is short enough for the two controls beside them. Sweep: short
trainings over alpha and temperature, judged on the validation split. A student that is there already is not trained
again (`--again` does), so a run that was cut short goes on where it stopped.
"""

import argparse
import json
import sys
import time
from importlib.metadata import version
from itertools import product

import numpy as np
import torch
from tqdm.auto import tqdm

from labkit import data, distill, models, results, sweeps, train
from labkit.measure import statistics
from labkit.runtimes import torch_predictor

SEEDS = (0, 1, 2)
EPOCHS = 30
TEMPERATURE, ALPHA = 3.0, 0.5  # as on the slide
LABELS = ("soft", "hard", "smoothed", "shuffled")
SHIPPED = ("soft", "hard")
FEWER = {5000: LABELS, 500: SHIPPED}  # images, all with as many steps as 30 epochs of 5,000
ALPHAS, TEMPERATURES = (0.0, 0.25, 0.5, 0.75), (1.0, 2.0, 4.0, 8.0, 16.0)
SWEEP_IMAGES, SWEEP_EPOCHS = 5_000, 6
OPTIONS = {"lr": 0.1, "weight_decay": 1e-4, "bfloat16": True}
# What a run that was cut short has finished, for this teacher.
KEPT = results.folder() / "sweep_distill" / sweeps.weights_hash("baseline.safetensors")[:12]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--again", action="store_true", help="train everything again")
    parser.add_argument("--only", choices=("students", "alpha"), help="one of the two parts")
    parser.add_argument("--labels", choices=SHIPPED, nargs="*", default=[], help="train just these; write no sweep")
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.again:
        for path in KEPT.glob("*.json"):
            path.unlink()
    logits = teacher()
    if options.labels:  # a second process may share the work
        for labels, seed in product(options.labels, SEEDS):
            student(labels, seed, None, logits)
        return
    if options.only != "alpha":
        rows = [student(labels, seed, None, logits) for labels in SHIPPED for seed in SEEDS]
        rows += [student(kind, seed, n, logits) for n, kinds in FEWER.items() for kind in kinds for seed in SEEDS]
        sweeps.save("distill_students", rows, "tools/sweep_distill.py", ["baseline.safetensors"])
    if options.only != "students":
        rows = [short(*values, logits) for values in tqdm(list(product(SEEDS, ALPHAS, TEMPERATURES)), unit="training")]
        hard = [short(seed, 1.0, 1.0, logits) for seed in SEEDS]
        sweeps.save("distill_alpha_temperature", hard + rows, "tools/sweep_distill.py", ["baseline.safetensors"])


def teacher() -> np.ndarray:
    """The baseline's logits for every training image: float32 `(55000, 10)`."""
    return distill.teacher_logits(torch_predictor(models.load_baseline()), data.load().train.inputs)


def student(labels: str, seed: int, images: int | None, logits: np.ndarray) -> dict:
    """One trained student as a row; its weights are shipped if it learned from all images."""
    split, targets = data.load().train, logits
    if images is not None:
        chosen = np.sort(np.random.default_rng(seed).choice(len(split), images, replace=False))
        split, targets = data.Split(split.images[chosen], split.labels[chosen]), logits[chosen]
    epochs = EPOCHS if images is None else EPOCHS * 5000 // images
    name = f"student_{labels}_{seed}" if images is None else f"few_{labels}_{seed}_{images}"
    return once(name, lambda: trained(labels, seed, split, targets, epochs, name if images is None else None))


def trained(labels: str, seed: int, split: data.Split, targets: np.ndarray, epochs: int, name: str | None) -> dict:
    loss = {
        "soft": distill.loss_against(TEMPERATURE, ALPHA),
        "shuffled": distill.loss_against(TEMPERATURE, ALPHA),
        "smoothed": distill.smoothed_loss(),
        "hard": None,
    }[labels]
    if labels == "shuffled":
        targets = distill.shuffled_within_class(targets, split.labels, seed)
    torch.manual_seed(seed)
    model, start = models.Student(), time.perf_counter()
    batch = min(128, len(split) // 4)
    train.fit(model, split, epochs, seed=seed, loss=loss, targets=targets, batch=batch, **OPTIONS)
    row = {"labels": labels, "seed": seed, "images": len(split), "epochs": epochs}
    row |= {"temperature": TEMPERATURE, "alpha": ALPHA} if loss and labels != "smoothed" else {}
    row |= judged(model, data.load().test)
    if name:
        row["weights"] = f"{name}.safetensors"
        models.save_weights(
            model, data.weights_folder() / row["weights"], card(model, row, time.perf_counter() - start)
        )
    return row


def judged(model, split: data.Split) -> dict:
    right = train.correct(torch_predictor(model), split)
    return {"accuracy": float(right.mean()), "correct": sweeps.pack(right)}


def card(model, row: dict, seconds: float) -> dict:
    """What is known of a shipped student."""
    low, high = statistics.wilson(round(row["accuracy"] * 10_000), 10_000)
    accuracy = {"value": row["accuracy"], "low": round(low, 4), "high": round(high, 4)}
    training = {
        name: row[name] for name in ("labels", "images", "epochs", "seed", "temperature", "alpha") if name in row
    }
    return {
        "model": "Student",
        "parameters": models.count_parameters(model),
        "test_accuracy": accuracy,
        "training": training | OPTIONS | {"seconds": round(seconds), "threads": 1},
        "versions": {"python": sys.version.split()[0], "torch": version("torch")},
    }


def short(seed: int, alpha: float, temperature: float, logits: np.ndarray) -> dict:
    """A student after a short training, judged on the validation split, as a row."""
    split = data.load().train
    split, targets = data.Split(split.images[:SWEEP_IMAGES], split.labels[:SWEEP_IMAGES]), logits[:SWEEP_IMAGES]

    def run() -> dict:
        torch.manual_seed(seed)
        model, loss = models.Student(), distill.loss_against(temperature, alpha)
        train.fit(model, split, SWEEP_EPOCHS, seed=seed, loss=loss, targets=targets, **OPTIONS)
        row = {"alpha": alpha, "temperature": temperature, "seed": seed, "images": len(split), "epochs": SWEEP_EPOCHS}
        return row | judged(model, data.load().validation)

    return once(f"short_{seed}_{alpha:g}_{temperature:g}", run)


def once(name: str, run) -> dict:
    """What `run()` returns, or returned when an earlier call got this far."""
    path = KEPT / f"{name}.json"
    if not path.exists():
        row = run()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(row), encoding="utf-8")
        print(name, row["accuracy"], flush=True)
    return json.loads(path.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
