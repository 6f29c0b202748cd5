"""Wrong and right answers to the exercises of lab 04."""

import math

import numpy as np
import torch
from torch.nn import functional as F

from labkit import distill
from mutants import right, wrong


def softmax(logits, axis=1):
    powers = np.exp(logits - logits.max(axis, keepdims=True))
    return powers / powers.sum(axis, keepdims=True)


# soften


@right("soften")
def by_hand(logits, temperature):
    return softmax(logits / temperature)


@right("soften")
def with_torch(logits, temperature):
    return torch.softmax(torch.from_numpy(logits / temperature), dim=1).numpy()


@right("soften")
def in_float32(logits, temperature):
    return torch.softmax(torch.tensor(logits, dtype=torch.float32) / temperature, dim=1)


@right("soften")
def row_by_row(logits, temperature):
    rows = []
    for row in logits:
        powers = [math.exp((one - max(row)) / temperature) for one in row]
        rows.append([power / sum(powers) for power in powers])
    return np.array(rows)


wrong("soften", "over the classes (axis 1)")(lambda logits, t: softmax(logits / t, 0))
wrong("soften", "changes nothing in your function")(lambda logits, t: softmax(logits))
wrong("soften", "do not multiply")(lambda logits, t: softmax(logits * t))
wrong("soften", "afterwards is too late")(lambda logits, t: softmax(logits) / t)
wrong("soften", "not by its square")(lambda logits, t: softmax(logits / t**2))
wrong("soften", "divide each row by its sum")(lambda logits, t: np.exp(logits / t))
wrong("soften", "not by the sum over all images")(lambda logits, t: np.exp(logits / t) / np.exp(logits / t).sum())
wrong("soften", "take np.exp of them")(lambda logits, t: np.log(softmax(logits / t)))
wrong("soften", "not only a 1 for the largest")(lambda logits, t: np.eye(logits.shape[1])[logits.argmax(1)])
wrong("soften", "subtract each row's own largest number")(
    lambda logits, t: np.exp(logits / t) / np.exp(logits / t).sum(1, keepdims=True)
)


def shifted(by):
    """Subtracts the wrong thing: enough for small logits, not for large ones."""

    def soften(logits, temperature):
        powers = np.exp(logits / temperature - by(logits, temperature))
        return powers / powers.sum(1, keepdims=True)

    return soften


wrong("soften", "each row's own largest number")(shifted(lambda logits, t: (logits / t).max()))
wrong("soften", "each row's own largest number")(shifted(lambda logits, t: (logits / t).mean(1, keepdims=True)))
wrong("soften", "divide by the temperature, then subtract")(shifted(lambda logits, t: logits.max(1, keepdims=True)))
wrong("soften", "and large ones do not")(lambda logits, t: np.nan_to_num(shifted(lambda logits, t: 0)(logits, t)))
wrong("soften", "not always 3")(lambda logits, t: softmax(logits / 3))
wrong("soften", "do not round")(lambda logits, t: softmax(logits / t).round(3))
wrong("soften", "has the shape")(lambda logits, t: softmax(logits / t).max(1))
wrong("soften", "a list, not a NumPy array")(lambda logits, t: softmax(logits / t).tolist())
wrong("soften", "labkit's own soften")(lambda logits, t: distill.soften(logits, t))

# entropy_bits


@right("entropy_bits")
def where_it_happens(probabilities):
    logs = np.log2(np.where(probabilities > 0, probabilities, 1))
    return -(probabilities * logs).sum(1)


@right("entropy_bits")
def in_a_loop(probabilities):
    return np.array([sum(p * math.log2(1 / p) for p in row if p > 0) for row in probabilities])


@right("entropy_bits")
def with_a_tiny_number(probabilities):
    return -(probabilities * np.log2(probabilities + 1e-12)).sum(1)


@right("entropy_bits")
def with_a_small_number_in_float32(probabilities):
    shares = probabilities.astype(np.float32)
    return -(shares * np.log2(shares + np.float32(1e-8))).sum(1)


wrong("entropy_bits", "entropy is")(lambda p: -(p * np.log2(np.where(p > 0.01, p, 1))).sum(1))


def nonzero(probabilities):
    return np.where(probabilities > 0, probabilities, 1)


wrong("entropy_bits", "in nats")(lambda p: -(p * np.log(nonzero(p))).sum(1))
wrong("entropy_bits", "put a minus in front")(lambda p: (p * np.log2(nonzero(p))).sum(1))
wrong("entropy_bits", "weigh each logarithm")(lambda p: -np.log2(nonzero(p)).sum(1))
wrong("entropy_bits", "do not take the mean")(lambda p: -(p * np.log2(nonzero(p))).mean(1))
wrong("entropy_bits", "a class that never happens adds 0")(lambda p: -(p * np.log2(p)).sum(1))
wrong("entropy_bits", "another measure of doubt")(lambda p: 1 - p.max(1))
wrong("entropy_bits", "not a NumPy array")(lambda p: float(where_it_happens(p).mean()))
wrong("entropy_bits", "has the shape")(lambda p: -(p * np.log2(nonzero(p))).sum(0))
wrong("entropy_bits", "labkit's own entropy_bits")(lambda p: distill.entropy_bits(p))

# ask_teacher


@right("ask_teacher")
def in_evaluation_mode(teacher, images):
    teacher.eval()
    with torch.no_grad():
        return teacher(images)


@right("ask_teacher")
def with_inference_mode(teacher, images):
    with torch.inference_mode():
        return teacher.train(False)(images)


@right("ask_teacher")
@torch.no_grad()
def image_by_image(teacher, images):
    teacher.eval()
    return torch.cat([teacher(images[i : i + 1]) for i in range(len(images))])


@wrong("ask_teacher", "call teacher.eval() before you ask")  # the lecture's trap: the teacher in training mode
def in_training_mode(teacher, images):
    with torch.no_grad():
        return teacher(images)


@wrong("ask_teacher", "inside `with torch.no_grad():`")  # the lecture's trap: gradients on
def with_gradients(teacher, images):
    teacher.eval()
    return teacher(images)


@wrong("ask_teacher", "asking changed the teacher")
def neither(teacher, images):
    return teacher(images)


@wrong("ask_teacher", "asking changed the teacher")
def eval_too_late(teacher, images):
    with torch.no_grad():
        logits = teacher(images)
    teacher.eval()
    return logits


@wrong("ask_teacher", "inside `with torch.no_grad():`")
def no_grad_without_with(teacher, images):
    teacher.eval()
    torch.no_grad()
    return teacher(images)


@wrong("ask_teacher", "return the tensor that the teacher gave")
def a_list_of_tensors(teacher, images):
    return list(in_evaluation_mode(teacher, images))


wrong("ask_teacher", "these are probabilities")(lambda t, images: in_evaluation_mode(t, images).softmax(1))
wrong("ask_teacher", "your array has the shape")(lambda t, images: in_evaluation_mode(t, images).argmax(1))
wrong("ask_teacher", "return the tensor that the teacher gave")(lambda t, images: in_evaluation_mode(t, images).numpy())
wrong("ask_teacher", "these are not the teacher's logits")(
    lambda t, images: torch.zeros_like(in_evaluation_mode(t, images))
)
wrong("ask_teacher", "returned nothing")(lambda t, images: None)
wrong("ask_teacher", "labkit's own ask_teacher")(lambda t, images: distill.ask_teacher(t, images))

# distillation_loss


def hard_loss(student, labels):
    return -np.log(softmax(student)[np.arange(len(labels)), labels]).mean()


def divergence(teacher, student, axis=1):
    return (teacher * np.log(teacher / student)).sum(axis).mean()


def soft_loss(student, teacher, temperature):
    return divergence(softmax(teacher / temperature), softmax(student / temperature)) * temperature**2


def mixed(hard, soft, alpha):
    return alpha * hard + (1 - alpha) * soft


def a_loss(soft=soft_loss, hard=hard_loss, mix=mixed):
    """A loss of which one part is replaced."""

    def distillation_loss(student_logits, teacher_logits, labels, temperature=3, alpha=0.5):
        found = hard(student_logits, labels), soft(student_logits, teacher_logits, temperature)
        return mix(*found, alpha)

    return distillation_loss


right("distillation_loss")(a_loss())


@right("distillation_loss")
def with_torch_functions(student_logits, teacher_logits, labels, temperature=3, alpha=0.5):
    student, teacher = torch.from_numpy(student_logits), torch.from_numpy(teacher_logits)
    hard = F.cross_entropy(student, torch.from_numpy(labels))
    soft = F.kl_div((student / temperature).log_softmax(1), (teacher / temperature).softmax(1), reduction="batchmean")
    return alpha * hard + (1 - alpha) * soft * temperature**2


@right("distillation_loss")
def in_single_precision(student_logits, teacher_logits, labels, temperature=3, alpha=0.5):
    return with_torch_functions(
        student_logits.astype(np.float32), teacher_logits.astype(np.float32), labels, temperature, alpha
    )


@right("distillation_loss")
def image_after_image(student_logits, teacher_logits, labels, temperature=3, alpha=0.5):
    total = 0.0
    for student, teacher, label in zip(student_logits, teacher_logits, labels, strict=True):
        q = softmax(student[None] / temperature)[0]
        p = softmax(teacher[None] / temperature)[0]
        soft = sum(float(a) * (math.log(a) - math.log(b)) for a, b in zip(p, q, strict=True))
        total += (1 - alpha) * temperature**2 * soft - alpha * math.log(softmax(student[None])[0, label])
    return total / len(labels)


@wrong("distillation_loss", "times too small")  # the lecture's trap: F.kl_div's default reduction
def the_slides_own(student_logits, teacher_logits, labels, temperature=3, alpha=0.5):
    student, teacher = torch.from_numpy(student_logits), torch.from_numpy(teacher_logits)
    hard = F.cross_entropy(student, torch.from_numpy(labels))
    soft = F.kl_div(F.log_softmax(student / temperature, dim=1), F.softmax(teacher / temperature, dim=1))
    return (alpha * hard + (1 - alpha) * soft * temperature * temperature).item()


def of_probabilities(change):
    """A loss whose soft part is `change(student's, teacher's)` of the softened probabilities, times T squared."""
    return a_loss(lambda s, t, temperature: change(softmax(s / temperature), softmax(t / temperature)) * temperature**2)


wrong("distillation_loss", "square is missing")(
    a_loss(lambda s, t, temperature: soft_loss(s, t, temperature) / temperature**2)
)
wrong("distillation_loss", "not by the temperature")(
    a_loss(lambda s, t, temperature: soft_loss(s, t, temperature) / temperature)
)
wrong("distillation_loss", "are swapped in the KL divergence")(of_probabilities(lambda q, p: divergence(q, p)))
wrong("distillation_loss", "times too small")(of_probabilities(lambda q, p: (p * np.log(p / q)).mean()))
wrong("distillation_loss", "this is the sum over the images")(of_probabilities(lambda q, p: (p * np.log(p / q)).sum()))
wrong("distillation_loss", "this is the cross-entropy")(of_probabilities(lambda q, p: -(p * np.log(q)).sum(1).mean()))
wrong("distillation_loss", "squares of differences")(of_probabilities(lambda q, p: ((p - q) ** 2).sum(1).mean()))
wrong("distillation_loss", "this is in bits")(of_probabilities(lambda q, p: (p * np.log2(p / q)).sum(1).mean()))
wrong("distillation_loss", "the teacher's logits were not divided")(
    a_loss(lambda s, t, temperature: divergence(softmax(t), softmax(s / temperature)) * temperature**2)
)
wrong("distillation_loss", "the student's logits were not divided")(
    a_loss(lambda s, t, temperature: divergence(softmax(t / temperature), softmax(s)) * temperature**2)
)
wrong("distillation_loss", "over the classes (axis 1)")(
    a_loss(
        lambda s, t, temperature: divergence(softmax(t / temperature, 0), softmax(s / temperature, 0)) * temperature**2
    )
)
wrong("distillation_loss", "the teacher must not matter")(a_loss(mix=lambda hard, soft, a: (1 - a) * hard + a * soft))
wrong("distillation_loss", "the other way round")(a_loss(mix=lambda hard, soft, a: (1 - a) * hard + a * soft))
wrong("distillation_loss", "its weight is 1 - alpha")(a_loss(mix=lambda hard, soft, a: a * hard + soft))
wrong("distillation_loss", "the same for every alpha")(a_loss(mix=lambda hard, soft, a: hard + soft))
wrong("distillation_loss", "neither of the two")(lambda s, t, labels, temperature=3, alpha=0.5: alpha)
wrong("distillation_loss", "not with their squares")(
    a_loss(mix=lambda hard, soft, a: a**2 * hard + (1 - a) ** 2 * soft)
)
wrong("distillation_loss", "their mean")(a_loss(mix=lambda hard, soft, a: (hard + soft) / 2))
wrong("distillation_loss", "not the sum")(a_loss(hard=lambda s, labels: hard_loss(s, labels) * len(labels)))
wrong("distillation_loss", "pick one probability for each image")(
    a_loss(hard=lambda s, labels: -np.log(softmax(s)[:, labels]).mean())
)
wrong("distillation_loss", "not over all of their classes")(
    a_loss(hard=lambda s, labels: -(np.eye(s.shape[1])[labels] * np.log(softmax(s))).mean())
)
wrong("distillation_loss", "and the mean of these")(
    a_loss(hard=lambda s, labels: -np.log(softmax(s)[np.arange(len(labels)), labels].mean()))
)
wrong("distillation_loss", "wants the LOGARITHMS")(of_probabilities(lambda q, p: (p * (np.log(p) - q)).sum(1).mean()))
wrong("distillation_loss", "never below 0")(of_probabilities(lambda q, p: -divergence(p, q)))
wrong("distillation_loss", "not always 3")(a_loss(soft=lambda s, t, temperature: soft_loss(s, t, 3)))
wrong("distillation_loss", "needs a minus")(a_loss(hard=lambda s, labels: -hard_loss(s, labels)))
wrong("distillation_loss", "only the soft loss is multiplied")(
    lambda s, t, labels, temperature=3, alpha=0.5: (
        a_loss()(s, t, labels, temperature, alpha) + alpha * hard_loss(s, labels) * (temperature**2 - 1)
    )
)
wrong("distillation_loss", "no temperature there")(
    lambda s, t, labels, temperature=3, alpha=0.5: mixed(
        hard_loss(s / temperature, labels), soft_loss(s, t, temperature), alpha
    )
)
wrong("distillation_loss", "not the teacher")(
    lambda s, t, labels, temperature=3, alpha=0.5: mixed(hard_loss(t, labels), soft_loss(s, t, temperature), alpha)
)
wrong("distillation_loss", "the labels must not matter")(
    lambda s, t, labels, temperature=3, alpha=0.5: hard_loss(s, labels)
)
wrong("distillation_loss", "an array, not the loss")(
    lambda s, t, labels, temperature=3, alpha=0.5: -np.log(softmax(s)[np.arange(len(labels)), labels])
)
wrong("distillation_loss", "labkit's own distillation_loss")(
    lambda s, t, labels, temperature=3, alpha=0.5: distill.distillation_loss(
        *map(torch.from_numpy, (s, t, labels)), temperature, alpha
    ).item()
)

# soft_loss_gradient


@right("soft_loss_gradient")
def difference_of_the_softened(student_logits, teacher_logits, temperature):
    difference = softmax(student_logits / temperature) - softmax(teacher_logits / temperature)
    return difference / (temperature * len(student_logits))


@right("soft_loss_gradient")
def by_autograd(student_logits, teacher_logits, temperature):
    student = torch.from_numpy(student_logits).requires_grad_()
    goal = (torch.from_numpy(teacher_logits) / temperature).softmax(1)
    F.kl_div((student / temperature).log_softmax(1), goal, reduction="batchmean").backward()
    return student.grad.numpy()


@right("soft_loss_gradient")
def by_autograd_in_float32(student_logits, teacher_logits, temperature):
    return by_autograd(student_logits.astype(np.float32), teacher_logits.astype(np.float32), temperature)


GRADIENT = {
    "not of classes": lambda s, t, T: difference_of_the_softened(s, t, T) * len(s) / s.shape[1],
    "keep the signs": lambda s, t, T: abs(difference_of_the_softened(s, t, T)),
    "not over the images": lambda s, t, T: (softmax(s / T, 0) - softmax(t / T, 0)) / T / len(s),
    "not always 3": lambda s, t, T: difference_of_the_softened(s, t, 3),
    "the sign is turned round": lambda s, t, T: -difference_of_the_softened(s, t, T),
    "by the chain rule": lambda s, t, T: difference_of_the_softened(s, t, T) * T,
    "divide by the number of images": lambda s, t, T: difference_of_the_softened(s, t, T) * len(s),
    "by the temperature and by the number": lambda s, t, T: softmax(s / T) - softmax(t / T),
    "before it is multiplied": lambda s, t, T: difference_of_the_softened(s, t, T) * T**2,
    "once, not twice": lambda s, t, T: difference_of_the_softened(s, t, T) / T,
    "the probabilities need the temperature": lambda s, t, T: (softmax(s) - softmax(t)) / T / len(s),
    "not by all of the logits": lambda s, t, T: difference_of_the_softened(s, t, T) / s.shape[1],
    "nothing is left to learn": lambda s, t, T: (s - t) / T**2 / s.size,
    "is not 0": lambda s, t, T: np.zeros_like(s),
    "not a NumPy array": lambda s, t, T: float(abs(difference_of_the_softened(s, t, T)).mean()),
    "labkit's own soft_loss_gradient": lambda s, t, T: distill.soft_loss_gradient(s, t, T),
}
for hint, answer in GRADIENT.items():
    wrong("soft_loss_gradient", hint)(answer)

# smooth_labels


@right("smooth_labels")
def with_the_identity(labels, classes, smoothing):
    return np.eye(classes)[labels] * (1 - smoothing) + smoothing / classes


@right("smooth_labels")
def filled_and_set(labels, classes, smoothing):
    found = np.full((len(labels), classes), smoothing / classes)
    found[np.arange(len(labels)), labels] += 1 - smoothing
    return found


def other_classes(labels, classes):
    return 1 - np.eye(classes)[labels]


@right("smooth_labels")
def with_torch_in_float32(labels, classes, smoothing):
    return F.one_hot(torch.from_numpy(labels), classes) * (1 - smoothing) + smoothing / classes


def whole_numbers(labels, classes, smoothing):
    found = np.zeros((len(labels), classes), int)
    found[:] = with_the_identity(labels, classes, smoothing)
    return found


SMOOTHING = {
    "make it of floats": whole_numbers,
    "not always 0.1": lambda y, c, s: with_the_identity(y, c, 0.1),
    "shape (6,": lambda y, c, s: with_the_identity(y, c, s)[:6],
    "spread over ALL classes": lambda y, c, s: np.eye(c)[y] * (1 - s) + other_classes(y, c) * s / (c - 1),
    "gets its part of the spread share too": lambda y, c, s: np.eye(c)[y] * (1 - s) + other_classes(y, c) * s / c,
    "each row must add up to 1": lambda y, c, s: np.eye(c)[y] + s / c,
    "the others get nothing": lambda y, c, s: np.eye(c)[y] * (1 - s),
    "these are still hard labels": lambda y, c, s: np.eye(c)[y],
    "divide the spread share": lambda y, c, s: np.eye(c)[y] * (1 - s) + s,
    "the two shares are swapped": lambda y, c, s: np.eye(c)[y] * s + (1 - s) / c,
    "has the shape": lambda y, c, s: with_the_identity(y, max(y) + 1, s),
    "labkit's own smooth_labels": lambda y, c, s: distill.smooth_labels(y, c, s),
}
for hint, answer in SMOOTHING.items():
    wrong("smooth_labels", hint)(answer)

# paired_counts


@right("paired_counts")
def with_arrays(first_correct, second_correct):
    return (first_correct & ~second_correct).sum(), (second_correct & ~first_correct).sum()


@right("paired_counts")
def counted_in_a_loop(first_correct, second_correct):
    counts = [0, 0]
    for first, second in zip(first_correct, second_correct, strict=True):
        if first != second:
            counts[0 if first else 1] += 1
    return counts


@right("paired_counts")
def of_tensors(first_correct, second_correct):
    first, second = torch.from_numpy(first_correct), torch.from_numpy(second_correct)
    return (first & ~second).sum(), (second & ~first).sum()


COUNTS = {
    "count them apart": lambda a, b: ((a ^ b).sum(), (a ^ b).sum()),
    "are right here, not": lambda a, b: (max(0, a.sum() - b.sum()), max(0, b.sum() - a.sum())),
    "the two counts are swapped": lambda a, b: ((b & ~a).sum(), (a & ~b).sum()),
    "leave out those that both get right": lambda a, b: (a.sum(), b.sum()),
    "leave out those that both get wrong": lambda a, b: ((~a).sum(), (~b).sum()),
    "those that differ are wanted": lambda a, b: ((a & b).sum(), (~a & ~b).sum()),
    "not shares": lambda a, b: ((a & ~b).mean(), (b & ~a).mean()),
    "not a list of 2": lambda a, b: int((a & ~b).sum()),
    "labkit's own paired_counts": lambda a, b: distill.paired_counts(a, b),
}
for hint, answer in COUNTS.items():
    wrong("paired_counts", hint)(answer)

# mean_gain


def reach(before, after, t):
    return t * np.std(after - before, ddof=1) / np.sqrt(len(before))


@right("mean_gain")
def by_numpy(before, after, t):
    gain, half = (after - before).mean(), reach(before, after, t)
    return gain, gain - half, gain + half


@right("mean_gain")
def by_sums(before, after, t):
    gains = [b - a for a, b in zip(before, after, strict=True)]
    mean = sum(gains) / len(gains)
    error = math.sqrt(sum((one - mean) ** 2 for one in gains) / (len(gains) - 1) / len(gains))
    return [mean, mean - t * error, mean + t * error]


@right("mean_gain")
def in_tensors_of_float32(before, after, t):
    gains = torch.tensor(after, dtype=torch.float32) - torch.tensor(before, dtype=torch.float32)
    half = t * gains.std() / len(gains) ** 0.5
    return gains.mean(), gains.mean() - half, gains.mean() + half


def around(half):
    return lambda before, after, t: tuple(
        (after - before).mean() + side * half(before, after, t) for side in (0, -1, 1)
    )


GAIN = {
    "not always by 3": lambda b, a, t: [(a - b).sum() / 3] * 3,
    "not always 3": around(lambda b, a, t: t * np.std(a - b, ddof=1) / np.sqrt(3)),
    "only the first three": lambda b, a, t: by_numpy(b[:3], a[:3], t),
    "not always 4.303": around(lambda b, a, t: reach(b, a, 4.303)),
    "belong together": around(lambda b, a, t: reach(np.sort(b), np.sort(a), t)),
    "the interval lies around the mean": lambda b, a, t: ((a - b).mean(), -reach(b, a, t), reach(b, a, t)),
    "the order is wrong": lambda b, a, t: [by_numpy(b, a, t)[i] for i in (1, 0, 2)],
    "subtract `before` from `after`": lambda b, a, t: by_numpy(a, b, t),
    "the gain of one seed": lambda b, a, t: (a[0] - b[0], a[0] - b[0] - reach(b, a, t), a[0] - b[0] + reach(b, a, t)),
    "this is in per cent": lambda b, a, t: [100 * one for one in by_numpy(b, a, t)],
    "the square root of the number of seeds": around(lambda b, a, t: t * np.std(a - b, ddof=1)),
    "needs ddof=1": around(lambda b, a, t: t * np.std(a - b) / np.sqrt(len(b))),
    "not by the number": around(lambda b, a, t: t * np.std(a - b, ddof=1) / len(b)),
    "multiply by t": around(lambda b, a, t: reach(b, a, 1)),
    "use t, which is larger": around(lambda b, a, t: reach(b, a, 1.96)),
    "each seed is a pair": around(lambda b, a, t: t * np.sqrt((b.var(ddof=1) + a.var(ddof=1)) / len(b))),
    "the low end comes before": lambda b, a, t: (by_numpy(b, a, t)[0], by_numpy(b, a, t)[2], by_numpy(b, a, t)[1]),
    "not 3 numbers": lambda b, a, t: by_numpy(b, a, t)[:2],
    "labkit's own mean_gain": lambda b, a, t: distill.mean_gain(b, a, t),
}
for hint, answer in GAIN.items():
    wrong("mean_gain", hint)(answer)
