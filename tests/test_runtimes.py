"""`predict` answers as the model does, changes nothing about it, and uses the threads that it was given."""

import numpy as np
import pytest
import torch
from torch import nn

from labkit import models
from labkit.runtimes import torch_predictor

IMAGES = np.random.default_rng(0).random((6, 1, 28, 28), np.float32)


@pytest.fixture(autouse=True)
def same_threads_after():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


class Watched(nn.Module):
    """Notes in which state of PyTorch it was called."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(1)
        self.drop = nn.Dropout(0.5)
        self.last = nn.Linear(784, 10)
        self.seen = []

    def forward(self, images):
        self.seen.append((torch.get_num_threads(), torch.is_grad_enabled(), self.training))
        return self.last(self.drop(self.norm(images)).flatten(1))


def statistics(model: nn.Module) -> list[bytes]:
    return [buffer.numpy().tobytes() for buffer in model.buffers()]


def test_predict_is_the_model_in_evaluation_without_gradients():
    torch.manual_seed(0)
    model = models.Baseline().train()
    predict = torch_predictor(model)
    found = predict(IMAGES)
    with torch.no_grad():
        expected = model.eval()(torch.from_numpy(IMAGES)).numpy()
    np.testing.assert_array_equal(found, expected)
    assert type(found) is np.ndarray
    assert (found.shape, found.dtype) == ((6, 10), np.float32)


def test_each_image_is_answered_by_itself():
    predict = torch_predictor(models.Baseline())
    alone = np.concatenate([predict(IMAGES[i : i + 1]) for i in range(6)])
    np.testing.assert_allclose(predict(IMAGES), alone, atol=1e-6)


@pytest.mark.parametrize("threads", [1, 2])
def test_a_call_uses_its_own_threads_whatever_was_set_before(threads):
    model = Watched()
    predict = torch_predictor(model, threads)
    for before in (1, 2, 3):
        torch.set_num_threads(before)
        predict(IMAGES)
    assert model.seen == [(threads, False, False)] * 3
    assert predict.threads == threads
    assert predict.runtime == "PyTorch"


def test_two_predictors_of_one_model_keep_their_own_threads():
    model = Watched()
    one, two = torch_predictor(model, 1), torch_predictor(model, 2)
    for predict in (one, two, one):
        predict(IMAGES)
    assert [threads for threads, *_ in model.seen] == [1, 2, 1]


def test_predicting_changes_no_statistics_and_repeats_itself():
    model = Watched()
    predict = torch_predictor(model)
    before = statistics(model)
    first = predict(IMAGES)
    np.testing.assert_array_equal(predict(IMAGES), first)  # dropout would differ
    assert statistics(model) == before


def test_a_model_that_was_trained_since_is_put_back_into_evaluation():
    model = Watched()
    predict = torch_predictor(model)
    first, before = predict(IMAGES), statistics(model)
    model.train()
    np.testing.assert_array_equal(predict(IMAGES), first)
    assert statistics(model) == before


def test_a_part_that_was_left_in_training_is_put_into_evaluation():
    model = Watched().eval()
    model.drop.train()
    predict = torch_predictor(model)
    np.testing.assert_array_equal(predict(IMAGES), predict(IMAGES))


def test_the_images_are_left_as_they_were():
    images = IMAGES.copy()
    torch_predictor(models.Baseline())(images)
    np.testing.assert_array_equal(images, IMAGES)


@pytest.mark.parametrize("threads", [0, -1])
def test_less_than_one_thread_is_refused(threads):
    with pytest.raises(ValueError, match=f"at least 1, not {threads}"):
        torch_predictor(models.Baseline(), threads)
