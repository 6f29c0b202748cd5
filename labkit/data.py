"""Fashion-MNIST: 70,000 photographs of clothes, 28 x 28 grey pixels, ten classes. Read from disk, never downloaded."""

from __future__ import annotations

import gzip
import hashlib
import os
import zlib
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np

from labkit.files import shipped

CLASSES = ("T-shirt", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")

# SHA-256 of the uncompressed content: gzip headers differ between the places that carry these files.
CHECKSUMS = {
    "train-images-idx3-ubyte.gz": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    "train-labels-idx1-ubyte.gz": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    "t10k-images-idx3-ubyte.gz": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    "t10k-labels-idx1-ubyte.gz": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
}
TRAIN_IMAGES = 55_000  # the official training file holds 60,000; its last 5,000 are our validation split


class DataError(Exception):
    """A data or weights file is missing, truncated or altered; the message says which and how to restore it."""


@dataclass(frozen=True)
class Split:
    """Images and their labels, in the order of the official files.

    Args:
        images: uint8 `(n, 1, 28, 28)`, 0 (black) to 255 (white), read-only.
        labels: int64 `(n,)`, an index into `CLASSES`, read-only.
    """

    images: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    def __repr__(self) -> str:
        return f"Split({len(self)} images, uint8 {self.images.shape[1:]})"

    @property
    def inputs(self) -> np.ndarray:
        """The images as a model takes them: float32 `(n, 1, 28, 28)` from 0 to 1, made anew at each call."""
        return as_inputs(self.images)

    def subset(self, n: int, seed: int = 0) -> Split:
        """`n` images drawn without replacement; the same `n` and `seed` give the same images.

        Raises:
            ValueError: `n` is not between 1 and the number of images.
        """
        if not 1 <= n <= len(self):
            raise ValueError(f"a subset needs 1 to {len(self)} images, not {n}")
        chosen = np.sort(np.random.default_rng(seed).choice(len(self), n, replace=False))
        return Split(_frozen(self.images[chosen]), _frozen(self.labels[chosen]))


@dataclass(frozen=True)
class Data:
    """Three splits: learn on `train` (55,000), choose on `validation` (5,000), report once on `test` (10,000).

    Each file is read, and checked against its checksum, when a split first needs it.

    Raises:
        DataError: a file is missing, truncated or altered.
    """

    where: Path

    @property
    def train(self) -> Split:
        return Split(self._training.images[:TRAIN_IMAGES], self._training.labels[:TRAIN_IMAGES])

    @property
    def validation(self) -> Split:
        return Split(self._training.images[TRAIN_IMAGES:], self._training.labels[TRAIN_IMAGES:])

    @cached_property
    def test(self) -> Split:
        return _split(self.where, "t10k")

    @cached_property
    def _training(self) -> Split:
        return _split(self.where, "train")


def as_inputs(images: np.ndarray) -> np.ndarray:
    """uint8 images as float32 from 0 to 1, the shape unchanged.

    >>> as_inputs(np.array([0, 255], np.uint8)).tolist()
    [0.0, 1.0]
    """
    return images.astype(np.float32) / np.float32(255)


def folder() -> Path:
    """Where the data files are: `LABKIT_DATA`, else inside the installed package, else the repository's `data/`."""
    if os.environ.get("LABKIT_DATA"):
        return Path(os.environ["LABKIT_DATA"])
    return shipped("data")


def checksum() -> str:
    """One number for all four files as they should be; the card of weights says by it what they were trained on."""
    return hashlib.sha256("".join(CHECKSUMS.values()).encode()).hexdigest()


def restore(name: str) -> str:
    """How to get the file `name` of the data folder back: the end of every `DataError`."""
    elsewhere = (
        " LABKIT_DATA names its folder: unset that to use labkit's own." if os.environ.get("LABKIT_DATA") else ""
    )
    return f"Restore it with `git checkout -- data/{name}`, or reinstall the labkit wheel.{elsewhere}"


def weights_folder() -> Path:
    """Where the shipped weights and their cards are."""
    return folder() / "weights"


@lru_cache(maxsize=1)
def load() -> Data:
    """The three splits; the second call costs nothing."""
    return Data(folder())


def calibration_images(n: int = 512) -> np.ndarray:
    """`n` training images for calibrating a quantizer: float32 `(n, 1, 28, 28)`, always the same ones."""
    return load().train.subset(n, seed=203).inputs


def read_file(path: Path) -> bytes:
    """The uncompressed content of one official file.

    Raises:
        DataError: the file is missing, or its content is not the official one.
    """
    path = Path(path)
    expected = CHECKSUMS[path.name]
    try:
        content = gzip.decompress(path.read_bytes())
        found = hashlib.sha256(content).hexdigest()
    except FileNotFoundError:
        found = "no such file"
    except (OSError, EOFError, ValueError, zlib.error) as error:
        found = f"unreadable ({error})"
    if found != expected:
        raise DataError(
            f"{path}\n  expected SHA-256 of the content: {expected}\n  found:                           {found}\n"
            f"{restore(path.name)}"
        )
    return content


def _split(where: Path, kind: str) -> Split:
    images = np.frombuffer(read_file(where / f"{kind}-images-idx3-ubyte.gz"), np.uint8, offset=16)
    labels = np.frombuffer(read_file(where / f"{kind}-labels-idx1-ubyte.gz"), np.uint8, offset=8)
    return Split(_frozen(images.reshape(-1, 1, 28, 28)), _frozen(labels.astype(np.int64)))


def _frozen(array: np.ndarray) -> np.ndarray:
    array.setflags(write=False)
    return array
