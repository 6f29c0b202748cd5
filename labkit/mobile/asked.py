"""What PyTorch says of a shipped network, asked in a process of its own: where memory is short, it can go again."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np

from labkit.mobile.child import run


def ask_pytorch(name: str, images: np.ndarray, twin: str | Path) -> tuple[np.ndarray, np.ndarray]:
    """The last maps `(n, channels, height, width)` and the logits `(n, 10)` of a shipped network; writes its twin.

    Args:
        name: of the network, such as "student_soft_0".
        images: float32 `(n, 1, 28, 28)`.
        twin: where `save_twin` writes the network's layers and weights, for Keras.

    Raises:
        RuntimeError: there is no such network, or it does not take these images; the message says which.
    """
    with tempfile.TemporaryDirectory() as folder:
        asked, answers = Path(folder) / "images.npy", Path(folder) / "answers.npz"
        np.save(asked, images)
        run("labkit.mobile.asked", name, asked, twin, answers)
        with np.load(answers, allow_pickle=False) as found:
            return found["maps"], found["logits"]


def main(name: str, asked: str, twin: str, answers: str) -> None:
    """Runs in the child process, beside PyTorch."""
    import torch

    from labkit import models
    from labkit.mobile.twin import save_twin

    model = models.load_shipped(name)
    save_twin(model, twin)
    with torch.inference_mode():
        maps = model.features(torch.from_numpy(np.load(asked, allow_pickle=False)))
        np.savez(answers, maps=maps.numpy(), logits=model.classifier(maps).numpy())


if __name__ == "__main__":
    main(*sys.argv[1:])
