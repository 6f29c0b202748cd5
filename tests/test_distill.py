"""Soft labels, losses, teachers and gains against torch, scipy and closed forms; bad input is named."""

import numpy as np
import pytest
import scipy.stats
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from torch.nn import functional as F

from labkit import distill, pixels
from labkit.distill.gain import T_VALUES
from labkit.exercises.recipes import Recipe, build
from labkit.models import Student
from labkit.runtimes import torch_predictor

settings.register_profile("labkit", deadline=None, derandomize=True)  # no test depends on the machine or the day
settings.load_profile("labkit")

NAN = float("nan")
LOGITS = arrays(np.float64, st.tuples(st.integers(1, 5), st.integers(2, 6)), elements=st.floats(-30, 30))
TEMPERATURES = st.floats(0.25, 50)
SEEDS = st.integers(0, 2**31)


def drawn(seed, n=6, classes=5):
    random = np.random.default_rng(seed)
    return random.normal(0, 4, (n, classes)), random.normal(0, 4, (n, classes)), random.integers(0, classes, n)


def tensors(*values):
    return [torch.from_numpy(value) for value in values]


# soften


@given(LOGITS, TEMPERATURES)
def test_softening_is_torchs_softmax_of_the_divided_logits(logits, temperature):
    expected = torch.softmax(torch.from_numpy(logits) / temperature, 1)
    np.testing.assert_allclose(distill.soften(logits, temperature), expected, atol=1e-12)


@given(LOGITS, TEMPERATURES, st.floats(-1e4, 1e4))
def test_what_is_added_to_a_whole_row_changes_no_probability(logits, temperature, added):
    np.testing.assert_allclose(
        distill.soften(logits + added, temperature), distill.soften(logits, temperature), atol=1e-9
    )


@given(LOGITS, TEMPERATURES)
def test_the_first_choice_stays_first_at_every_temperature(logits, temperature):
    shares = distill.soften(logits, temperature)
    best = np.take_along_axis(shares, logits.argmax(1)[:, None], 1)[:, 0]
    np.testing.assert_allclose(best, shares.max(1), rtol=1e-12)


@given(LOGITS, TEMPERATURES, st.floats(1, 4))
def test_a_higher_temperature_is_never_more_certain(logits, temperature, factor):
    cold, warm = (distill.entropy_bits(distill.soften(logits, t)) for t in (temperature, temperature * factor))
    assert (warm >= cold - 1e-9).all()


def test_softening_logits_of_any_size_gives_probabilities():
    shares = distill.soften(np.array([[5000.0, 0.0], [-5000.0, -5001.0]]), 1)
    np.testing.assert_allclose(shares, [[1, 0], [1 / (1 + np.exp(-1)), 1 / (1 + np.e)]])


# entropy_bits


@given(LOGITS, TEMPERATURES)
def test_entropy_is_scipys_and_lies_between_none_and_log2_of_the_classes(logits, temperature):
    shares = distill.soften(logits, temperature)
    bits = distill.entropy_bits(shares)
    np.testing.assert_allclose(bits, scipy.stats.entropy(shares, base=2, axis=1), atol=1e-12)
    assert ((bits >= 0) & (bits <= np.log2(shares.shape[1]) + 1e-9)).all()


def test_certainty_has_no_entropy_and_no_minus_sign():
    bits = distill.entropy_bits(np.eye(3))
    assert bits.tolist() == [0, 0, 0]
    assert not np.signbit(bits).any()


# smooth_labels and the controls


@given(st.integers(2, 8), st.floats(0, 1), SEEDS)
def test_the_cross_entropy_of_smoothed_labels_is_torchs_label_smoothing(classes, smoothing, seed):
    student, _, labels = drawn(seed, classes=classes)
    soft = distill.smooth_labels(labels, classes, smoothing)
    np.testing.assert_allclose(soft.sum(1), 1)
    found = -(soft * np.log(distill.soften(student))).sum(1).mean()
    student, labels = tensors(student, labels)
    assert found == pytest.approx(F.cross_entropy(student, labels, label_smoothing=smoothing).item())
    assert distill.smoothed_loss(smoothing)(student, labels, None).item() == pytest.approx(found)


@given(SEEDS)
def test_shuffling_keeps_what_is_said_of_each_class_and_changes_no_input(seed):
    logits, _, labels = drawn(seed, n=40, classes=4)
    before = logits.copy()
    dealt = distill.shuffled_within_class(logits, labels, seed)
    for label in np.unique(labels):
        ours, theirs = (one[labels == label] for one in (dealt, logits))
        np.testing.assert_array_equal(ours[np.lexsort(ours.T)], theirs[np.lexsort(theirs.T)])
    assert (dealt != logits).any()
    np.testing.assert_array_equal(logits, before)
    np.testing.assert_array_equal(dealt, distill.shuffled_within_class(logits, labels, seed))


# distillation_loss


@given(SEEDS, TEMPERATURES, st.floats(0, 1))
def test_the_loss_is_the_sum_that_the_slide_means(seed, temperature, alpha):
    student, teacher, labels = drawn(seed)
    q, p = distill.soften(student, temperature), distill.soften(teacher, temperature)
    hard = -np.log(distill.soften(student)[np.arange(6), labels]).mean()
    soft = (p * np.log(p / q)).sum(1).mean() * temperature**2
    found = distill.distillation_loss(*tensors(student, teacher, labels), temperature, alpha).item()
    assert found == pytest.approx(alpha * hard + (1 - alpha) * soft, rel=1e-6, abs=1e-9)
    as_fit_wants_it = distill.loss_against(temperature, alpha)(*tensors(student, labels, teacher)).item()
    assert as_fit_wants_it == found


@given(SEEDS, TEMPERATURES)
def test_a_student_that_equals_its_teacher_has_nothing_to_learn_from_it(seed, temperature):
    student, _, labels = drawn(seed)
    student, same, labels = tensors(student, student + 3, labels)
    student.requires_grad_()
    loss = distill.distillation_loss(student, same, labels, temperature, 0)
    assert loss.item() == pytest.approx(0, abs=1e-9)
    loss.backward()
    np.testing.assert_allclose(student.grad, 0, atol=1e-9)


def test_the_slides_default_reduction_is_as_many_times_too_small_as_there_are_classes():
    student, teacher, labels = drawn(0, classes=10)
    soft_student, soft_teacher = F.log_softmax(torch.from_numpy(student) / 3, 1), distill.soften(teacher, 3)
    with pytest.warns(UserWarning, match="batchmean"):
        slide = F.kl_div(soft_student, torch.from_numpy(soft_teacher)).item() * 9
    right = distill.distillation_loss(*tensors(student, teacher, labels), 3, 0).item()
    assert right == pytest.approx(10 * slide)


# soft_loss_gradient


@given(SEEDS, TEMPERATURES)
def test_the_gradient_is_autograds(seed, temperature):
    student, teacher, labels = drawn(seed)
    logits = torch.from_numpy(student).requires_grad_()
    (distill.distillation_loss(logits, *tensors(teacher, labels), temperature, 0) / temperature**2).backward()
    np.testing.assert_allclose(distill.soft_loss_gradient(student, teacher, temperature), logits.grad, atol=1e-10)


def test_at_high_temperatures_the_gradient_shrinks_like_one_over_the_temperature_squared():
    student, teacher, _ = drawn(1)
    cool, hot = (np.linalg.norm(distill.soft_loss_gradient(student, teacher, t)) for t in (1000, 2000))
    assert hot / cool == pytest.approx(1 / 4, rel=0.01)


# ask_teacher, teacher_logits


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).random((7, 1, 28, 28), np.float32)


@pytest.mark.parametrize("training", [True, False])
def test_a_teacher_answers_without_gradients_and_stays_as_it_was(images, training):
    teacher = Student().train(training)
    before = {name: value.clone() for name, value in teacher.state_dict().items()}
    answers = distill.ask_teacher(teacher, torch.from_numpy(images))
    assert not answers.requires_grad
    assert teacher.training is training
    assert all(torch.equal(value, before[name]) for name, value in teacher.state_dict().items())
    np.testing.assert_allclose(answers, torch_predictor(teacher)(images), atol=1e-5)


def test_the_answer_may_stand_in_any_loss_that_trains(images):
    inputs, student = torch.from_numpy(images), Student()
    (student(inputs) * distill.ask_teacher(Student(), inputs)).sum().backward()  # keeps the answer for the way back
    assert all(p.grad is not None for p in student.parameters())


def test_a_teacher_that_fails_is_put_back_into_its_mode():
    teacher = Student().train()
    with pytest.raises(ValueError, match=r"the teacher cannot answer torch.float32 \(2, 3\)"):
        distill.ask_teacher(teacher, torch.zeros(2, 3))
    assert teacher.training


@pytest.mark.parametrize("batch", [1, 3, 100])
def test_the_batch_changes_no_logit(images, batch):
    asked = []

    def predict(some):
        asked.append(len(some))
        return some.reshape(len(some), -1)[:, :10]

    np.testing.assert_array_equal(distill.teacher_logits(predict, images, batch), predict(images))
    assert max(asked[:-1]) <= batch


@pytest.mark.parametrize(("mode", "moved"), [("eval", False), ("train", True)])
def test_a_law_hears_what_asking_did_to_the_teacher_of_a_recipe(mode, moved):
    teacher = {"weight": np.eye(3), "mean": np.array([1.0, 2.0, 3.0]), "variance": np.ones(3)}
    (network, inputs), finish = build(
        (Recipe("teacher", teacher), Recipe("tensor", {"values": np.zeros((2, 3), "f4")}))
    )
    assert network.training
    logits, gradients, mean = finish(getattr(network, mode)()(inputs))
    assert gradients
    np.testing.assert_allclose(mean, teacher["mean"] * (0.9 if moved else 1), rtol=1e-6)
    np.testing.assert_allclose(logits, [-teacher["mean"] * (not moved)] * 2, atol=1e-4)
    assert finish("text") == "text"


# paired_counts, mean_gain


@given(arrays(bool, 50), arrays(bool, 50))
def test_what_one_gains_over_the_other_is_the_difference_of_the_counts(first, second):
    only_first, only_second = distill.paired_counts(first, second)
    assert only_second - only_first == second.sum() - first.sum()
    assert only_first + only_second == (first != second).sum()
    assert distill.paired_counts(second, first) == (only_second, only_first)


@given(st.integers(2, 10), SEEDS)
def test_the_interval_of_a_gain_is_students(n, seed):
    before, after = np.random.default_rng(seed).normal(0.9, 0.01, (2, n))
    mean, low, high = distill.mean_gain(before, after)
    expected = scipy.stats.ttest_rel(after, before).confidence_interval(0.95)
    assert mean == pytest.approx((after - before).mean())
    assert (high - low) == pytest.approx(expected.high - expected.low, rel=1e-3)
    assert (high + low) / 2 == pytest.approx(mean)


def test_the_kept_values_are_students_t():
    for n, t in T_VALUES.items():
        assert t == pytest.approx(scipy.stats.t.ppf(0.975, n - 1), abs=6e-4)


def test_what_all_seeds_share_does_not_widen_the_interval():
    seeds = np.array([0.5, 0.7, 0.9])
    assert distill.mean_gain(seeds, seeds + 0.01) == pytest.approx((0.01, 0.01, 0.01))


# Grey images as vector shapes


@given(arrays(np.uint8, st.tuples(st.integers(1, 6), st.integers(1, 6))), st.integers(2, 20))
def test_runs_cover_every_pixel_once_with_the_nearest_shade(image, levels):
    painted = np.full(image.shape, NAN)
    for shade, runs in pixels.runs(image, levels).items():
        for row, start, length in runs:
            assert np.isnan(painted[row, start : start + length]).all()
            painted[row, start : start + length] = shade * 255 / (levels - 1)
    assert abs(painted - image).max() <= 255 / (levels - 1) / 2 + 1e-9


# Bad input

TWO = np.zeros((2, 3))
WRONG = {
    "cold": (lambda: distill.soften(TWO, 0), "temperature must be a number above 0, not 0"),
    "NaN temperature": (lambda: distill.soften(TWO, NAN), "above 0, not nan"),
    "infinite temperature": (lambda: distill.soften(TWO, float("inf")), "above 0, not inf"),
    "NaN logits": (lambda: distill.soften(np.full((2, 3), NAN)), "NaN or infinity: did the training diverge"),
    "one row": (lambda: distill.soften(np.zeros(3)), r"shape \(n, classes\), not \(3,\)"),
    "logits for probabilities": (lambda: distill.entropy_bits(TWO + 2), "were these logits"),
    "negative": (lambda: distill.entropy_bits(np.array([[1.5, -0.5]])), "0 or more"),
    "NaN probability": (lambda: distill.entropy_bits(np.array([[NAN, 1]])), "each row needs probabilities"),
    "class too high": (lambda: distill.smooth_labels(np.array([0, 3]), 3), "from 0 to 2"),
    "negative label": (lambda: distill.smooth_labels(np.array([-1]), 3), "from 0 to 2"),
    "label 0.5": (lambda: distill.smooth_labels(np.array([0.5]), 3), "whole numbers"),
    "smoothing": (lambda: distill.smooth_labels(np.array([0]), 3, 1.5), "0 to 1, not 1.5"),
    "smoothed loss": (lambda: distill.smoothed_loss(-0.1), "0 to 1, not -0.1"),
    "lengths": (lambda: distill.shuffled_within_class(TWO, np.zeros(3)), "not 2 for 3"),
    "alpha": (lambda: loss(alpha=1.1), "0 to 1, not 1.1"),
    "NaN alpha": (lambda: loss(alpha=NAN), "0 to 1, not nan"),
    "temperature": (lambda: loss(temperature=-1), "above 0, not -1"),
    "mismatched classes": (lambda: loss(teacher=torch.zeros(2, 4)), r"same images and classes.*\(2, 3\) and \(2, 4\)"),
    "gradient classes": (lambda: distill.soft_loss_gradient(TWO, np.zeros((2, 4))), "same images and classes"),
    "gradient NaN": (lambda: distill.soft_loss_gradient(TWO, TWO * NAN), "NaN or infinity"),
    "no classes": (lambda: distill.ask_teacher(torch.nn.Flatten(0), torch.zeros(2, 3)), "for 2 images, not"),
    "no images": (lambda: distill.teacher_logits(None, np.zeros((0, 1, 28, 28))), "at least one image"),
    "no batch": (lambda: distill.teacher_logits(None, TWO, 0), "a batch of at least 1"),
    "other images": (lambda: distill.paired_counts([True], [True, False]), "the same images"),
    "one seed": (lambda: distill.mean_gain([1.0], [2.0]), "at least two seeds"),
    "unpaired": (lambda: distill.mean_gain([1.0, 2.0], [2.0, 3.0, 4.0]), "paired"),
    "many seeds": (lambda: distill.mean_gain(np.zeros(11), np.ones(11)), "for 11 seeds give t"),
    "NaN accuracy": (lambda: distill.mean_gain([1.0, NAN], [2.0, 3.0]), "NaN or infinite"),
    "negative t": (lambda: distill.mean_gain([1.0, 2.0], [2.0, 3.0], t=-1), "0 or more, not -1"),
    "classes for answers": (lambda: distill.paired_counts([3, 7], [1, 1]), "True or False, is needed"),
    "half a class": (lambda: distill.smooth_labels(np.array([0]), 2.5), "whole number above 0, not 2.5"),
    "nested labels": (lambda: distill.smooth_labels(np.array([[0]]), 2), r"shape \(n,\)"),
    "no logits": (lambda: distill.soften(np.zeros((3, 0))), r"not \(3, 0\)"),
    "shuffled NaN": (lambda: distill.shuffled_within_class(TWO * NAN, [0, 0]), "NaN or infinity"),
    "label too high": (lambda: loss(labels=torch.tensor([0, 3])), "labels are 0 to 2"),
    "label that torch ignores": (lambda: loss(labels=torch.tensor([0, -100])), "labels are 0 to 2"),
    "half a label": (lambda: loss(labels=torch.zeros(2)), "labels are int64"),
    "NaN teacher": (lambda: loss(teacher=torch.full((2, 3), NAN)), "the logits hold NaN"),
    "early temperature": (lambda: distill.loss_against(temperature=0), "above 0, not 0"),
    "early alpha": (lambda: distill.loss_against(alpha=2), "0 to 1, not 2"),
    "NaN answers": (lambda: distill.teacher_logits(lambda x: x * NAN, TWO + 1), "teacher's logits hold NaN"),
    "flat answers": (lambda: distill.teacher_logits(lambda x: x[:, 0], TWO), r"\(2,\) for 2 images"),
    "flat image": (lambda: pixels.runs(np.zeros(5)), r"\(height, width\), not \(5,\)"),
    "bright pixel": (lambda: pixels.runs(np.full((2, 2), 256)), "0 .black. to 255"),
    "NaN pixel": (lambda: pixels.runs(np.full((2, 2), NAN)), "0 .black. to 255"),
}


def loss(teacher=None, labels=None, **options):
    zeros, labels = torch.zeros(2, 3), torch.tensor([0, 1]) if labels is None else labels
    return distill.distillation_loss(zeros, zeros if teacher is None else teacher, labels, **options)


@pytest.mark.parametrize(("make", "message"), WRONG.values(), ids=WRONG)
def test_bad_input_is_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    "call",
    [
        lambda: distill.ask_teacher(Student(), np.zeros((2, 1, 28, 28), np.float32)),
        lambda: distill.ask_teacher(None, torch.zeros(2, 3)),
        lambda: distill.distillation_loss([[0.0, 0.0]], [[0.0, 0.0]], [0]),
    ],
)
def test_arrays_and_lists_are_refused_where_tensors_are_needed(call):
    with pytest.raises(TypeError, match=r"torch\.from_numpy"):
        call()
