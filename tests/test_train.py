"""Training learns, repeats itself, and calls back; augmentation does what it says and nothing else."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import nn

from labkit import data, train
from labkit.data import Split
from labkit.train import correct, fit


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """More threads add in an order of their own, so only one repeats itself."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def few():
    return data.load().train.subset(500)


def small(seed: int = 0) -> nn.Module:
    """A network that learns 500 images in a second; the same at each call."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        first, second = nn.Conv2d(1, 8, 3, stride=2, bias=False), nn.Conv2d(8, 8, 3, stride=2)
        return nn.Sequential(first, nn.BatchNorm2d(8), nn.ReLU(), second, nn.Flatten(), nn.Linear(8 * 6 * 6, 10))


def linear() -> nn.Module:
    """Logits that are sums of pixels: small enough to compute by hand."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(nn.Flatten(), nn.Linear(784, 10))


def weights(model: nn.Module) -> bytes:
    return b"".join(tensor.numpy().tobytes() for tensor in model.state_dict().values())


@pytest.mark.parametrize("bfloat16", [False, True])
def test_training_brings_the_loss_down_and_the_accuracy_up(few, bfloat16):
    model = small()
    losses = train.fit(model, few, epochs=6, batch=50, augment=False, bfloat16=bfloat16)
    assert losses[-1] < losses[0] / 2
    with torch.no_grad():
        right = train.correct(lambda images: model(torch.from_numpy(images)).numpy(), few)
    assert right.mean() > 0.8
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}


def test_there_is_one_loss_an_epoch_and_it_is_the_mean_cross_entropy_in_nats(few):
    model = linear()
    before = weights(model)
    losses = train.fit(model, few, epochs=2, lr=0.0, batch=100, augment=False)
    assert weights(model) == before  # nothing is learned without a learning rate, so the loss can be worked out
    weight, bias = (parameter.detach().double().numpy() for parameter in model.parameters())
    logits = few.images.reshape(500, 784) / 255 @ weight.T + bias
    by_hand = np.mean(np.log(np.exp(logits).sum(1)) - logits[np.arange(500), few.labels])
    assert losses == pytest.approx([by_hand, by_hand], abs=1e-5)


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(few):
    trained = []
    for seed in (1, 1, 2):
        model = small()
        losses = train.fit(model, few, epochs=2, seed=seed)
        trained.append((weights(model), losses))
    assert trained[0] == trained[1]
    assert trained[0][0] != trained[2][0]


def test_training_leaves_the_global_random_numbers_alone(few):
    torch.manual_seed(7)
    expected = torch.rand(1)
    torch.manual_seed(7)
    train.fit(small(), few, epochs=1, seed=3)
    assert torch.equal(torch.rand(1), expected)


@pytest.mark.parametrize(("images", "batch", "steps"), [(500, 100, 5), (500, 128, 3), (500, 500, 1), (40, 128, 1)])
def test_after_step_is_called_with_the_model_once_a_step(few, images, batch, steps):
    model, seen = linear(), []
    losses = train.fit(model, few.subset(images), epochs=2, batch=batch, after_step=seen.append)
    assert [one is model for one in seen] == [True] * 2 * steps
    assert len(losses) == 2


def test_the_learning_rate_rises_to_its_peak_and_ends_near_nothing(few):
    states = [linear().state_dict()["1.weight"]]
    train.fit(
        linear(), few, epochs=4, batch=50, after_step=lambda model: states.append(model[1].weight.detach().clone())
    )
    moved = [float((after - before).norm()) for before, after in pairwise(states)]
    assert len(moved) == 40
    assert moved[0] < max(moved) / 4
    assert moved[-1] < max(moved) / 100


def test_what_after_step_puts_to_zero_is_zero_in_the_end(few):
    model = linear()

    def prune(trained):
        with torch.no_grad():
            trained[1].weight[:, :100] = 0

    train.fit(model, few, epochs=1, after_step=prune)
    assert not model[1].weight[:, :100].any()
    assert model[1].weight[:, 100:].any()


def test_every_image_is_seen_once_an_epoch():
    numbers = np.arange(60)
    split = Split(np.broadcast_to(numbers.astype(np.uint8)[:, None, None, None], (60, 1, 28, 28)), numbers % 10)
    seen = []

    class Watching(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = linear()

        def forward(self, images):
            seen.extend((images[:, 0, 0, 0] * 255).round().int().tolist())
            return self.inner(images)

    train.fit(Watching(), split, epochs=2, batch=20, augment=False)
    assert sorted(seen[:60]) == sorted(seen[60:]) == numbers.tolist()
    assert seen[:60] != seen[60:]  # in another order
    assert seen[:60] != numbers.tolist()


@pytest.mark.parametrize(("epochs", "batch"), [(0, 128), (-1, 128), (1, 0), (1, -5)])
def test_training_without_an_epoch_or_without_a_batch_is_refused(few, epochs, batch):
    model = small()
    before = weights(model)
    with pytest.raises(ValueError, match=f"at least 1, not {epochs} and {batch}"):
        train.fit(model, few, epochs=epochs, batch=batch)
    assert weights(model) == before


def test_a_trained_model_is_ready_to_predict_and_to_save(few):
    model, modes = small().eval(), []
    train.fit(model, few, epochs=1, after_step=lambda trained: modes.append(trained.training))
    assert all(modes)
    assert not any(module.training for module in model.modules())
    assert all(parameter.is_contiguous() for parameter in model.parameters())


def test_augmentation_is_on_unless_told(few, monkeypatch):
    calls = []
    monkeypatch.setattr(train, "augmented", lambda inputs, random: calls.append(len(inputs)) or inputs)
    train.fit(linear(), few, epochs=1, batch=250)
    assert calls == [250, 250]
    train.fit(linear(), few, epochs=1, batch=250, augment=False)
    assert calls == [250, 250]


def possibilities(image: np.ndarray) -> list[bytes]:
    """The 50 things that may become of an image `(28, 28)`: mirrored or not, shifted by -2 to 2 down and right."""
    found = []
    for mirrored in (image, image[:, ::-1]):
        for down in range(-2, 3):
            for right in range(-2, 3):
                shifted = np.zeros_like(image)
                for row in range(max(0, down), min(28, 28 + down)):
                    for column in range(max(0, right), min(28, 28 + right)):
                        shifted[row, column] = mirrored[row - down, column - right]
                found.append(shifted.tobytes())
    return found


def test_an_augmented_image_is_mirrored_or_not_and_shifted_by_up_to_two_pixels(few):
    inputs = torch.from_numpy(few.subset(30).inputs)
    before = inputs.clone()
    changed = train.augmented(inputs, torch.Generator().manual_seed(0))
    assert (changed.shape, changed.dtype) == (inputs.shape, inputs.dtype)
    assert torch.equal(inputs, before)
    for image, new in zip(inputs.numpy(), changed.numpy()):
        assert new[0].tobytes() in possibilities(image[0])


def test_each_of_the_fifty_possibilities_is_as_likely():
    image = np.random.default_rng(0).random((28, 28), np.float32)  # no two of its possibilities are alike
    copies = torch.from_numpy(image).expand(5000, 1, 28, 28)
    changed = train.augmented(copies, torch.Generator().manual_seed(0)).numpy()
    names = {one: i for i, one in enumerate(possibilities(image))}
    often = np.bincount([names[new[0].tobytes()] for new in changed], minlength=50)
    assert len(often) == 50
    assert abs(often - 100).max() < 5 * np.sqrt(5000 * 0.02 * 0.98)  # five standard deviations


def test_the_share_of_correct_labels_is_the_accuracy_by_hand():
    labels = np.array([3, 1, 4, 1, 5, 9, 2])
    answers = [3, 1, 4, 0, 5, 8, 2]  # two wrong
    split = Split(np.arange(7, dtype=np.uint8).reshape(7, 1, 1, 1), labels)
    sizes = []

    def predict(images):
        sizes.append(len(images))
        assert images.dtype == np.float32
        return np.eye(10, dtype=np.float32)[[answers[round(float(image.item()) * 255)] for image in images]] - 5

    right = train.correct(predict, split, batch=3)
    assert right.dtype == bool
    assert right.tolist() == [True, True, True, False, True, False, True]
    assert right.mean() == 5 / 7
    assert sizes == [3, 3, 1]
    found = train.labels_of(predict, split.inputs, batch=7)
    assert (found.tolist(), found.dtype) == (answers, np.int64)


def tiny_split(n: int) -> Split:
    """`n` random images with random labels."""
    random = np.random.default_rng(0)
    return Split(random.integers(0, 256, (n, 1, 28, 28), np.uint8), random.integers(0, 10, n))


def test_a_loss_gets_the_targets_of_the_very_images_it_judges():
    split, seen = tiny_split(64), []
    targets = np.arange(64, dtype=np.float32)[:, None] * [1.0, 2.0]

    def loss(logits, labels, rows):
        seen.append((labels.tolist(), rows.tolist()))
        return logits.sum() * 0 + rows.mean()

    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
    losses = train.fit(model, split, 2, batch=16, loss=loss, targets=targets)
    assert losses == pytest.approx([targets.mean()] * 2)
    label_of = dict(enumerate(split.labels.tolist()))
    for labels, rows in seen:
        assert [label_of[int(a)] for a, _ in rows] == labels
        assert all(b == 2 * a for a, b in rows)


def test_without_a_loss_the_labels_alone_decide():
    logits, labels = torch.tensor([[2.0, 0.0, 1.0]]), torch.tensor([2])
    expected = float(torch.logsumexp(logits, 1) - 1)
    assert train.hard_loss(logits, labels).item() == pytest.approx(expected)


def test_targets_for_other_images_are_refused():
    with pytest.raises(ValueError, match="one row for each of the 64 images, not 63"):
        train.fit(nn.Linear(1, 1), tiny_split(64), 1, targets=np.zeros((63, 10)))


def test_weight_decay_pulls_weights_towards_zero():
    def norm(weight_decay):
        model = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
        nn.init.ones_(model[1].weight)
        train.fit(model, tiny_split(64), 5, weight_decay=weight_decay, loss=lambda logits, *_: logits.sum() * 0)
        return model[1].weight.norm().item()

    assert norm(0.5) < norm(0.0)
    assert norm(0.0) == pytest.approx(7840**0.5)


def test_a_training_that_diverges_says_so(few):
    with pytest.raises(ValueError, match="the training diverged"):
        fit(linear(), few, epochs=3, lr=1e30, batch=8)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda images: np.full((len(images), 10), np.nan), "NaN, which is no class"),
        (lambda images: np.zeros((1, 10)), "gave .1, 10. for"),
        (lambda images: np.zeros(len(images)), "not .n, classes."),
    ],
)
def test_answers_that_name_no_class_are_refused(few, answer, message):
    with pytest.raises(ValueError, match=message):
        correct(answer, few)
    with pytest.raises(ValueError, match="at least one image"):
        correct(answer, Split(few.images[:0], few.labels[:0]))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda few: fit(nn.Linear(3, 3), few, 1), "Linear cannot answer images of shape"),
        (lambda few: fit(nn.Sequential(nn.Flatten(), nn.Linear(784, 2)), few, 1), "the logits have 2 classes"),
        (lambda few: fit(linear(), few, 1, loss=lambda logits, labels, _: logits), "one number, not of shape"),
        (lambda few: fit(linear(), few, 1, lr=-1.0), "not below 0, not -1.0"),
        (lambda few: fit(linear(), few, 1.5), "whole numbers of at least 1, not 1.5"),
        (lambda few: fit(linear(), Split(few.images[:0], few.labels[:0]), 1), "no images"),
    ],
)
def test_what_cannot_be_trained_is_named(few, call, message):
    with pytest.raises(ValueError, match=message):
        call(few)
