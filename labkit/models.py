"""The networks of the course: `Baseline`, against which every ratio is measured, and the lecture's architectures."""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import nn

from labkit import data
from labkit.data import DataError, restore, weights_folder
from labkit.files import write_atomically
from labkit.measure.memory import give_back


class Baseline(nn.Module):
    """A plain Conv-BatchNorm-ReLU network: images `(n, 1, 28, 28)` in, logits `(n, 10)` out.

    Three stages of two 3 x 3 convolutions at 32, 64 and 128 channels, each stage halving the image, then two Linear
    layers: 1,180,074 parameters, 60 million floating-point operations an image.

    Args:
        widths: output channels of each convolution; fewer where a network was rebuilt without some of them.
        hidden: outputs of the first Linear layer.
    """

    def __init__(self, widths: tuple[int, ...] = (32, 32, 64, 64, 128, 128), hidden: int = 768) -> None:
        super().__init__()
        self.features = nn.Sequential(
            *_stage(1, *widths[:2]), *_stage(widths[1], *widths[2:4]), *_stage(widths[3], *widths[4:])
        )
        self.classifier = nn.Sequential(
            nn.Flatten(), nn.Linear(widths[5] * 3 * 3, hidden), nn.ReLU(), nn.Linear(hidden, 10)
        )

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.classifier(self.features(images))


class Student(nn.Module):
    """A small network for distillation: images `(n, 1, 28, 28)` in, logits `(n, 10)` out.

    Conv-BatchNorm-ReLU blocks, the image halved after three of them, then one Linear layer. As it stands: blocks of 16,
    32, 48 and 48 channels, 43,930 parameters, 5 million floating-point operations an image. Runtimes compute channels
    in blocks of 8 or 16, so these widths cost no more time than odd ones below them.

    Args:
        widths: output channels of each block.
        halved: the blocks, counted from 1, after which height and width are halved.
    """

    def __init__(self, widths: tuple[int, ...] = (16, 32, 48, 48), halved: tuple[int, ...] = (1, 2, 4)) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for number, (inputs, outputs) in enumerate(zip((1, *widths), widths), 1):
            layers += _block(inputs, outputs)
            layers += [nn.MaxPool2d(2)] if number in halved else []
        side = 28 // 2 ** len(halved)
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(nn.Flatten(), nn.Linear(widths[-1] * side * side, 10))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.classifier(self.features(images))


def _block(inputs: int, outputs: int) -> list[nn.Module]:
    """Convolution 3 x 3, BatchNorm, ReLU."""
    return [nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]


def _stage(inputs: int, middle: int, outputs: int) -> list[nn.Module]:
    """Two Conv-BatchNorm-ReLU blocks and a pooling layer that halves height and width."""
    return [*_block(inputs, middle), *_block(middle, outputs), nn.MaxPool2d(2)]


def weighted_layers(model: nn.Module, missing: str = "has no convolution and no linear layer") -> dict[str, nn.Module]:
    """The convolutions and linear layers of `model` by name: the weights that are quantized and pruned.

    Args:
        missing: what the error says of a model without any.

    Raises:
        TypeError: `model` is no network.
        ValueError: there are none.
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"a PyTorch network is needed, not {type(model).__name__}")
    found = {name: layer for name, layer in model.named_modules() if isinstance(layer, nn.Conv2d | nn.Linear)}
    if not found:
        raise ValueError(f"{type(model).__name__} {missing}")
    return found


def count_parameters(model: nn.Module) -> int:
    """How many numbers training adjusts, zeros included."""
    return sum(p.numel() for p in model.parameters())


def load_baseline() -> Baseline:
    """The baseline with its shipped weights, ready to predict.

    Raises:
        DataError: the weights are missing or are not the ones their card describes.
    """
    return load_weights(Baseline(), weights_folder() / "baseline.safetensors")


def load_shipped(name: str) -> nn.Module:
    """A shipped network, such as "student_soft_0": built as its card says, with its weights, ready to predict.

    Raises:
        DataError: the weights or their card are missing or damaged.
    """
    path = weights_folder() / f"{name}.safetensors"
    card = read_card(path) or {}
    build = {"Baseline": Baseline, "Student": Student}.get(card.get("model"))
    shape = {
        key: tuple(card[key]) if key != "hidden" else card[key] for key in ("widths", "hidden", "halved") if key in card
    }
    if build is None:
        raise DataError(
            f"{path.with_suffix('.json')}: does not say the network\n{restore(f'weights/{path.stem}.json')}"
        )
    return load_weights(build(**shape), path)


def load_weights(model: nn.Module, path: str | Path) -> nn.Module:
    """`model` with the weights of a `.safetensors` file, in evaluation mode. No pickle is ever loaded.

    Raises:
        DataError: the file is missing, unreadable, differs from the checksum in its card, or fits another network.
    """
    path = Path(path)
    try:
        content = path.read_bytes()
        found = hashlib.sha256(content).hexdigest()
        card = read_card(path)
        if card is not None and card.get("sha256") != found:
            expected = card.get("sha256", "none in its card")
            raise DataError(
                f"{path}\n  expected SHA-256: {expected}\n  found:            {found}\n{restore('weights')}"
            )
        model.load_state_dict(load_tensors(content))
    except OSError as error:
        raise DataError(f"{path}: {str(error.strerror).lower()}\n{restore('weights')}") from None
    except SafetensorError as error:
        raise DataError(f"{path}: not a whole safetensors file ({error})\n{restore('weights')}") from None
    except RuntimeError as error:  # torch names the tensors that are missing, unexpected or of another shape
        raise DataError(f"{path} holds the weights of another network than {type(model).__name__}:\n{error}") from None
    return model.eval()


def save_weights(model: nn.Module, path: str | Path, card: dict) -> None:
    """Writes the weights and, beside them, `card` as JSON with the data's checksum and the file's own and size."""
    path = Path(path)
    content = save_tensors({name: tensor.contiguous() for name, tensor in model.state_dict().items()})
    own = {"file": path.name, "size_bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    card = {**card, "data": data.checksum(), **own}
    write_atomically(path, content)
    write_atomically(path.with_suffix(".json"), json.dumps(card, indent=2).encode() + b"\n")


def read_card(path: str | Path) -> dict | None:
    """What is known about a weights file (accuracy, training, versions, checksum); None if it has no card.

    Raises:
        DataError: the card is not JSON.
    """
    card = Path(path).with_suffix(".json")
    try:
        return json.loads(card.read_bytes()) if card.is_file() else None
    except ValueError as error:
        raise DataError(f"{card}: not a whole card ({error})\n{restore('weights')}") from None


@dataclass(frozen=True)
class Architecture:
    """One line of the lecture's table "Efficient Model Architectures", as the slide prints it."""

    name: str
    builder: str
    slide_mb: float
    slide_accuracy: float
    slide_ms: float

    def build(self) -> nn.Module:
        """The network with random weights in evaluation mode: its size and latency are real, its answers are not."""
        give_back()  # VGG-16 alone takes 553 MB
        models = _torchvision_models()
        with torch.random.fork_rng():
            torch.manual_seed(0)
            return models.get_model(self.builder, weights=None).eval()

    def published_accuracy(self) -> float:
        """Top-1 accuracy on ImageNet in percent, as torchvision publishes it: not measured here."""
        models = _torchvision_models()
        weights = models.get_model_weights(self.builder)["IMAGENET1K_V1"]
        return weights.meta["_metrics"]["ImageNet-1K"]["acc@1"]


def _torchvision_models():
    """`torchvision.models`, without triton: it compiles for GPUs, and would cost 75 MB where there may be 2 GB."""
    hidden = "triton" not in sys.modules
    if hidden:
        sys.modules["triton"] = None
    try:
        from torchvision import models
    finally:
        if hidden:
            del sys.modules["triton"]
    return models


LECTURE_ARCHITECTURES = (
    Architecture("SqueezeNet", "squeezenet1_0", 1.2, 57.5, 25),
    Architecture("MobileNet-v2", "mobilenet_v2", 3.4, 71.8, 30),
    Architecture("EfficientNet-B0", "efficientnet_b0", 5.3, 77.1, 45),
    Architecture("ResNet-50", "resnet50", 98, 76.1, 200),
    Architecture("VGG-16", "vgg16", 528, 71.5, 400),
)
IMAGENET_SHAPE = (3, 224, 224)  # one colour image, as these architectures take it
