"""The laws of lab 04, distill: each calls the student's function on inputs that nobody can guess."""

from __future__ import annotations

import numpy as np

from labkit.exercises.laws import Exercise, Wrong, array, expect, kind, near, number, numbers
from labkit.exercises.recipes import Recipe

FLOAT32 = 1e-5  # who computes in float32 is right too
NARROW = 1e-4  # the same for differences of accuracies


def _logits(random, n: int, classes: int) -> np.ndarray:
    """Logits as a trained network gives them: each row around a level of its own."""
    return random.normal(0, 3, (n, classes)) + random.normal(0, 2, (n, 1))


def _softmax(logits: np.ndarray, axis: int = 1) -> np.ndarray:
    powers = np.exp(logits - logits.max(axis, keepdims=True))
    return powers / powers.sum(axis, keepdims=True)


def _same(found: np.ndarray, right: np.ndarray, tolerance: float = FLOAT32) -> bool:
    """Whether two arrays are equal to a share of the largest value."""
    right = np.asarray(right, float)
    return near(abs(found - right).max() + abs(right).max(), abs(right).max(), tolerance)


def _expect(found: np.ndarray, right: np.ndarray, mistakes: dict, otherwise: str) -> None:
    """`laws.expect` for arrays of one shape."""
    if _same(found, right):
        return
    for hint, value in mistakes.items():
        if np.isfinite(value).all() and _same(found, value):
            raise Wrong(hint)
    if any(_same(found, np.round(right, digits)) for digits in range(7)):
        raise Wrong("do not round the result: return all of its digits")
    raise Wrong(otherwise)


# soften(logits, temperature) -> (n, classes)


def _softened(answer, logits: np.ndarray, temperature: float) -> np.ndarray:
    return array(answer(logits, temperature), logits.shape, "probabilities")


def _each_image_has_probabilities_that_add_up_to_one(answer, random):
    logits = _logits(random, 5, 7)
    found = _softened(answer, logits, 1.0)
    axis = "each image needs probabilities of its own: add up over the classes (axis 1), not over the images"
    mistakes = {
        axis: _softmax(logits, 0),
        "each image is divided by its own sum, not by the sum over all images": np.exp(logits) / np.exp(logits).sum(),
        "these are only powers of e: divide each row by its sum, so that it adds up to 1": np.exp(logits),
        "these are logarithms of probabilities: take np.exp of them": np.log(_softmax(logits)),
        "at temperature 1 the logits are divided by 1: use `temperature`, not always 3": _softmax(logits / 3),
        "a probability for every class is wanted, not only a 1 for the largest": np.eye(7)[logits.argmax(1)],
    }
    _expect(found, _softmax(logits), mistakes, "at temperature 1 this is softmax: e to each logit, over the row's sum")


def _the_temperature_divides_the_logits(answer, random):
    logits, temperature = _logits(random, 4, 6), float(random.uniform(2, 9))
    found = _softened(answer, logits, temperature)
    powers = _softmax(logits)
    mistakes = {
        "the temperature changes nothing in your function: divide the logits by it": powers,
        "divide the logits by the temperature, do not multiply": _softmax(logits * temperature),
        "divide the logits before you take the power of e; afterwards is too late": powers / temperature,
        "divide the logits by the temperature itself, not by its square": _softmax(logits / temperature**2),
    }
    if _same(found, _softmax(logits / temperature, 0)):  # the axis has its own law
        return
    if not _same(_softened(answer, logits, 1.0), powers):
        raise Wrong("another temperature changes only what is divided first: get temperature 1 right before")
    otherwise = f"the temperature {temperature:.2f} divides every logit before the power of e"
    _expect(found, _softmax(logits / temperature), mistakes, otherwise)


def _large_logits_do_not_overflow(answer, random):
    small, temperature = _logits(random, 3, 5), float(random.uniform(1.7, 2.5))
    large = small + 2000.0 * random.permutation([[-1] * 5, [1] * 5, [-1, 1, -1, 1, -1]])
    try:
        found = _softened(answer, large, temperature)
    except Wrong as wrong:
        if "NaN" in str(wrong):
            raise Wrong(
                "e to the power of 1000 is too large for a computer, and e to the power of -1000 is 0: divide by the "
                "temperature, then subtract each row's own largest number, which changes no probability"
            ) from None
        raise
    # The temperature has its own law. A float32 of 2000 is exact to 0.0001.
    if _same(found, _softmax(large / temperature), 1e-3) or _same(found, _softmax(large), 1e-3):
        return
    if not _same(_softened(answer, small, temperature), _softmax(small / temperature)):
        raise Wrong("large logits need the same rule as small ones: get the small ones right first")
    raise Wrong("small logits come out right and large ones do not: subtract each row's own largest number first")


# entropy_bits(probabilities) -> (n,)


def _entropy(shares: np.ndarray) -> np.ndarray:
    return -(shares * np.log2(shares)).sum(1)


def _entropy_adds_up_probability_times_its_logarithm(answer, random):
    shares = _softmax(_logits(random, 5, 4) / 2)
    shares[4] = random.permutation([0.002, 0.003, 0.005, 0.99])
    found = array(answer(shares), (5,), "bits")
    right = _entropy(shares)
    mistakes = {
        "this is in nats: use the logarithm to the base 2, np.log2, for bits": right * np.log(2),
        "the sum is below 0, because probabilities are below 1: put a minus in front": -right,
        "weigh each logarithm with its probability": -np.log2(shares).sum(1),
        "add up over the classes, do not take the mean": right / 4,
        "this uses logarithms to the base 10; use np.log2": right * np.log10(2),
        "this is 1 minus the largest probability, another measure of doubt": 1 - shares.max(1),
    }
    _expect(found, right, mistakes, f"the first image's entropy is {right[0]:.4f} bits, not {found[0]:.4f}")


def _certainty_is_zero_bits_and_equal_chances_are_log2_of_their_number(answer, random):
    chances = int(random.integers(2, 8))
    shares = np.zeros((3, 8))
    shares[0, random.integers(8)] = 1
    shares[1, random.permutation(8)[:chances]] = 1 / chances
    shares[2] = 1 / 8
    try:
        found = array(answer(shares), (3,), "bits")
    except Wrong as wrong:
        if "NaN" in str(wrong):
            raise Wrong(
                "the logarithm of 0 is minus infinity, and 0 times that is NaN: a class that never happens adds 0"
            ) from None
        raise
    right = np.array([0, np.log2(chances), 3])
    if _same(found, right * np.log(2)) or _same(found, -right):  # base and sign have their own law
        return
    if abs(found - right).max() > FLOAT32:  # a tiny number may have been added before the logarithm
        raise Wrong(f"certainty is 0 bits, {chances} equal chances are {right[1]:.4f} bits, 8 equal chances are 3 bits")


# ask_teacher(teacher, images) -> tensor (n, classes)


def _close(found: np.ndarray, right: np.ndarray) -> bool:
    """Whether float32 arithmetic explains the difference."""
    return abs(found - right).max() <= 1e-4 * abs(right).max()


def _asked(answer, random) -> tuple[np.ndarray, tuple, np.ndarray, np.ndarray, dict]:
    """What the student got from a teacher in training mode, and the logits of both modes."""
    n, pixels, classes = int(random.integers(5, 9)), 9, int(random.integers(2, 5))
    teacher = {"mean": random.normal(2, 1, pixels), "variance": random.uniform(2, 5, pixels)}
    teacher |= {"weight": random.normal(0, 1, (classes, pixels))}
    images = random.normal(0, 1, (n, 1, 3, 3)).astype(np.float32)
    flat = images.reshape(n, pixels).astype(float)
    evaluated = (flat - teacher["mean"]) / np.sqrt(teacher["variance"] + 1e-5) @ teacher["weight"].T
    trained = (flat - flat.mean(0)) / np.sqrt(flat.var(0) + 1e-5) @ teacher["weight"].T
    found = answer(Recipe("teacher", teacher), Recipe("tensor", {"values": images}))
    if type(found) is not tuple or len(found) != 3:
        said = "nothing; end it with `return`" if found is None else kind(found)
        raise Wrong(f"return the tensor that the teacher gave, of shape {(n, classes)}; your function returned {said}")
    logits = array(found[0], (n, classes), "logits")
    if _close(logits, _softmax(evaluated)):
        raise Wrong("these are probabilities: return the teacher's logits as they are")
    if not (_close(logits, evaluated) or _close(logits, trained)):
        raise Wrong("these are not the teacher's logits: return teacher(images)")
    return logits, found, evaluated, trained, teacher


def _the_teacher_answers_in_evaluation_mode(answer, random):
    logits, _, evaluated, _, _ = _asked(answer, random)
    if not _close(logits, evaluated):
        raise Wrong(
            "the teacher was still in training mode, so each answer depends on the other images of the batch: "
            "call teacher.eval() before you ask"
        )


def _the_teacher_stays_as_it_was(answer, random):
    _, (_, _, mean), _, _, teacher = _asked(answer, random)
    if not _close(np.asarray(mean), teacher["mean"]):
        raise Wrong(
            "asking changed the teacher: in training mode, BatchNorm mixes the images' mean into its own; "
            "call teacher.eval() before you ask"
        )


def _the_answer_carries_no_gradients(answer, random):
    _, (_, gradients, _), _, _, _ = _asked(answer, random)
    if gradients:
        raise Wrong(
            "the answer carries the notes for training the teacher, which cost memory and time: ask it inside "
            "`with torch.no_grad():`"
        )


# distillation_loss(student_logits, teacher_logits, labels, temperature, alpha) -> nats


def _case(random) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    n, classes = int(random.integers(3, 7)), int(random.integers(7, 10))  # never equal
    labels = random.permutation(classes)[:n]  # all different
    return _logits(random, n, classes), _logits(random, n, classes), labels, float(random.uniform(2, 6))


def _hard(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Cross-entropy of each image (nats)."""
    return -np.log(_softmax(logits)[np.arange(len(labels)), labels])


def _divergence(teacher: np.ndarray, student: np.ndarray) -> float:
    """KL divergence of probabilities (nats), mean over the images."""
    return float((teacher * (np.log(teacher) - np.log(student))).sum() / len(teacher))


def _soft(student: np.ndarray, teacher: np.ndarray, temperature: float) -> float:
    return _divergence(_softmax(teacher / temperature), _softmax(student / temperature)) * temperature**2


def _soft_mistakes(student: np.ndarray, teacher: np.ndarray, temperature: float) -> dict[str, float]:
    """Wrong soft losses by the hint that names what was done."""
    p, q, square = _softmax(teacher / temperature), _softmax(student / temperature), temperature**2
    cold_p, cold_q, right, (n, classes) = (
        _softmax(teacher),
        _softmax(student),
        _soft(student, teacher, temperature),
        p.shape,
    )
    other_axis = _divergence(_softmax(teacher / temperature, 0), _softmax(student / temperature, 0))
    turned_round = _divergence(_softmax(teacher * temperature), _softmax(student * temperature))
    without_square = (
        "the temperature's square is missing: without it a higher temperature makes the soft loss count less"
    )
    swapped = "teacher and student are swapped in the KL divergence: the teacher's probabilities weigh the difference"
    by_classes = (
        f"this is {classes} times too small: add up over the classes and take the mean over the images only, as "
    )
    entropy = "this is the cross-entropy: subtract what remains for a perfect student, log p - log q instead of - log q"
    return {
        without_square: right / square,
        swapped: _divergence(q, p) * square,
        by_classes + "reduction='batchmean' does": right / classes,
        entropy: -(p * np.log(q)).sum() / n * square,
        "multiply by the temperature squared, not by the temperature": right / temperature,
        "this is the sum over the images: take their mean": right * n,
        "the teacher's logits were not divided by the temperature": _divergence(cold_p, q) * square,
        "the student's logits were not divided by the temperature": _divergence(p, cold_q) * square,
        "the softmax must be taken over the classes (axis 1) of each image": other_axis * square,
        "this is in bits: use the natural logarithm, np.log": right / np.log(2),
        "the temperature divides the logits: do not multiply": turned_round * square,
        "use `temperature`, not always 3": _soft(student, teacher, 3.0),
        "multiply by the temperature squared, do not divide": right / square**2,
        "a KL divergence is never below 0: log p - log q, not log q - log p": -right,
        "weigh each log p - log q with the teacher's probability p": (np.log(p) - np.log(q)).sum() / n * square,
        "F.kl_div wants the LOGARITHMS of the student's probabilities": (p * (np.log(p) - q)).sum() / n * square,
        "this compares squares of differences; the soft loss is a KL divergence": ((p - q) ** 2).sum() / n * square,
    }


def _alpha_one_is_the_hard_loss(answer, random):
    student, teacher, labels, temperature = _case(random)
    found = number(answer(student, teacher, labels, temperature, 1.0), "the loss")
    each, probabilities = _hard(student, labels), _softmax(student)
    soft = _soft(student, teacher, temperature)
    mistakes = {
        "alpha weighs the HARD loss: with alpha = 1 the teacher must not matter": soft,
        "with alpha = 1 the soft loss must vanish: its weight is 1 - alpha": each.mean() + soft,
        "alpha must weigh the two losses: this is their mean": (each.mean() + soft) / 2,
        "the hard loss takes the mean over the images, not the sum": each.sum(),
        "the hard loss needs the student's own probabilities: no temperature there": (
            _hard(student / temperature, labels).mean()
        ),
        "the hard loss compares the student with the labels, not the teacher": _hard(teacher, labels).mean(),
        "the hard loss knows the labels only, not what the teacher says": _hard(student, teacher.argmax(1)).mean(),
        "the softmax must be taken over the classes (axis 1) of each image": (
            -np.log(_softmax(student, 0)[np.arange(len(labels)), labels]).mean()
        ),
        "pick one probability for each image: [np.arange(len(labels)), labels], not [:, labels]": (
            -np.log(probabilities[:, labels]).mean()
        ),
        "take the logarithm of each image's probability first, and the mean of these": -np.log(np.exp(-each).mean()),
        "the mean is over the images only, not over all of their classes": each.mean() / student.shape[1],
        "this is in bits: use the natural logarithm, np.log": each.mean() / np.log(2),
        "only the soft loss is multiplied by the temperature squared": each.mean() * temperature**2,
        "logarithms of probabilities are below 0: the hard loss needs a minus": -each.mean(),
        "the hard loss is minus the logarithm of the label's probability, not 1 minus it": (1 - np.exp(-each)).mean(),
    }
    said = f"with alpha = 1 the loss is the hard loss, {each.mean():.5f}, not {found:.5f}"
    expect(found, each.mean(), mistakes, said, FLOAT32)


def _alpha_zero_is_the_soft_loss(answer, random):
    student, teacher, labels, temperature = _case(random)
    found = number(answer(student, teacher, labels, temperature, 0.0), "the loss")
    right = _soft(student, teacher, temperature)
    mistakes = {"alpha weighs the HARD loss: with alpha = 0 the labels must not matter": _hard(student, labels).mean()}
    mistakes |= _soft_mistakes(student, teacher, temperature)
    expect(found, right, mistakes, f"with alpha = 0 the loss is the soft loss, {right:.5f}, not {found:.5f}", FLOAT32)


def _alpha_mixes_the_two(answer, random):
    while True:  # else any mean of the two would do
        student, teacher, labels, temperature = _case(random)
        true_hard, true_soft = float(_hard(student, labels).mean()), _soft(student, teacher, temperature)
        if not near(true_hard, true_soft, 0.2):
            break
    alpha = float(random.uniform(0.6, 0.9))
    found = number(answer(student, teacher, labels, temperature, alpha), "the loss")
    # The student's own two parts: each of them has its own law.
    hard, soft = (number(answer(student, teacher, labels, temperature, end), "the loss") for end in (1.0, 0.0))
    if near(found, (1 - alpha) * true_hard + alpha * true_soft, FLOAT32):
        raise Wrong("alpha weighs the HARD loss, and 1 - alpha the soft one; yours is the other way round")
    if near(hard, soft):
        raise Wrong("alpha must weigh the two losses: yours is the same for every alpha")
    if not near(hard, true_hard, FLOAT32) and not near(soft, true_soft, FLOAT32):
        raise Wrong("neither of the two losses is right yet: begin with the hard one, alpha = 1")
    mistakes = {"weigh with alpha and 1 - alpha, not with their squares": alpha**2 * hard + (1 - alpha) ** 2 * soft}
    right = alpha * hard + (1 - alpha) * soft
    said = f"with alpha = {alpha:.3f}, {right:.5f} lies between your two parts, not {found:.5f}"
    expect(found, right, mistakes, said, FLOAT32)


# soft_loss_gradient(student_logits, teacher_logits, temperature) -> (n, classes)


def _the_gradient_is_the_difference_of_the_probabilities(answer, random):
    student, teacher, _, temperature = _case(random)
    found = array(answer(student, teacher, temperature), student.shape, "slopes")
    n, difference = len(student), _softmax(student / temperature) - _softmax(teacher / temperature)
    right = difference / temperature / n
    mistakes = {
        "the sign is turned round: where the student gives a class too much, the loss grows with that logit": -right,
        "the temperature divides the logits, so by the chain rule it divides the gradient once more": difference / n,
        "divide by the number of images: the loss is their mean": difference / temperature,
        "divide by the temperature and by the number of images": difference,
        "the soft loss is meant here before it is multiplied by the temperature squared": right * temperature**2,
        "divide the probabilities' difference by the temperature once, not twice": right / temperature,
        "the probabilities need the temperature too": (_softmax(student) - _softmax(teacher)) / temperature / n,
        "divide by the number of images, not of classes": difference / temperature / student.shape[1],
        "the softmax is over the classes (axis 1), not over the images": (
            (_softmax(student / temperature, 0) - _softmax(teacher / temperature, 0)) / temperature / n
        ),
        "keep the signs: a logit that is too low has a negative gradient": abs(right),
        "use `temperature`, not always 3": (_softmax(student / 3) - _softmax(teacher / 3)) / 3 / n,
        "divide by the number of images, not by all of the logits": difference / temperature / student.size,
    }
    _expect(found, right, mistakes, "the gradient is (softened student - softened teacher) / temperature / images")


def _a_student_that_agrees_has_no_gradient(answer, random):
    student, _, _, temperature = _case(random)
    found = array(answer(student, student + 5.0, temperature), student.shape, "slopes")
    if abs(found).max() > 1e-6:
        raise Wrong("where the student's probabilities are the teacher's, nothing is left to learn: the gradient is 0")
    other = array(answer(student, -student, temperature), student.shape, "slopes")
    if abs(other).max() < 1e-6:
        raise Wrong("where student and teacher differ, the gradient is not 0")


# smooth_labels(labels, classes, smoothing) -> (n, classes)


def _labels(random) -> tuple[np.ndarray, int]:
    classes, n = int(random.integers(4, 9)), int(random.integers(9, 13))
    return np.append(random.integers(0, classes - 1, n), 0), classes  # the last class has no image, the first has one


def _smoothing_is_spread_over_all_classes(answer, random):
    labels, classes = _labels(random)
    smoothing = float(random.uniform(0.15, 0.5))
    found = array(answer(labels, classes, smoothing), (len(labels), classes), "probabilities")
    sure, share = np.eye(classes)[labels], smoothing / classes
    kept = (1 - smoothing) * sure
    others = (1 - sure) * smoothing / (classes - 1)
    mistakes = {
        "the share is spread over ALL classes, the right one too: each gets smoothing / classes": kept + others,
        "the right class keeps 1 - smoothing and gets its part of the spread share too": kept + (1 - sure) * share,
        "each row must add up to 1: take the share that is spread away from the right class": sure + share,
        "the others get nothing: spread `smoothing` over all classes": kept,
        "these are still hard labels": sure,
        "your array holds whole numbers, which cut the shares off: make it of floats": 0 * sure,
        "use `smoothing`, not always 0.1": 0.9 * sure + 0.1 / classes,
        "divide the spread share by the number of classes": kept + smoothing,
        "the two shares are swapped: `smoothing` is what the label loses": smoothing * sure + (1 - smoothing) / classes,
    }
    _expect(found, kept + share, mistakes, "each class gets smoothing / classes, the right one 1 - smoothing on top")


def _without_smoothing_the_labels_are_hard(answer, random):
    labels, classes = _labels(random)
    found = array(answer(labels, classes, 0.0), (len(labels), classes), "probabilities")
    mistakes = {"every class has the same probability: the label is lost": np.full((len(labels), classes), 1 / classes)}
    _expect(found, np.eye(classes)[labels], mistakes, "without smoothing the right class has 1 and every other one 0")


# paired_counts(first_correct, second_correct) -> (only first, only second)


def _only_one_of_the_two_is_right(answer, random):
    n = int(random.integers(200, 400))
    first, second = random.random(n) < 0.8, random.random(n) < 0.6
    found = numbers(answer(first, second), 2, "counts: only the first right, then only the second")
    right = np.array([(first & ~second).sum(), (~first & second).sum()], float)
    mistakes = {
        "the two counts are swapped: first the images that only the first gets right": right[::-1],
        "these are all images that each gets right: leave out those that both get right": [first.sum(), second.sum()],
        "these are the images that each gets wrong: leave out those that both get wrong": [
            (~first).sum(),
            (~second).sum(),
        ],
        "these are the images that both get right and both get wrong; those that differ are wanted": [
            (first & second).sum(),
            (~first & ~second).sum(),
        ],
        "counts are wanted, not shares": right / n,
        "these are all images on which the two differ: count them apart, by who is right": [right.sum()] * 2,
    }
    said = f"{right[0]:g} and {right[1]:g} are right here, not {found[0]:g} and {found[1]:g}"
    _expect(found, right, {k: np.array(v) for k, v in mistakes.items()}, said)


def _where_both_agree_nothing_counts(answer, random):
    n = int(random.integers(100, 200))
    same = random.random(n) < 0.7
    if numbers(answer(same, same.copy()), 2, "counts").any():
        raise Wrong("two students that are right on the same images have no image that only one gets right")
    found = numbers(answer(np.ones(n, bool), np.zeros(n, bool)), 2, "counts")
    if found.tolist() not in ([n, 0], [0, n]):  # the order has its own law
        raise Wrong(f"if the first is always right and the second never, {n} images count for the first, none else")


# mean_gain(before, after, t) -> (mean, low, high)


def _gains(random) -> tuple[np.ndarray, np.ndarray, float]:
    """Accuracies of which another seed's is the best before and after, and a `t` that is not the course's."""
    while True:
        n = int(random.integers(5, 8))
        before = random.uniform(0.88, 0.92, n)
        after = before + random.uniform(0.002, 0.02, n)
        if before.argmax() != after.argmax():
            return before, after, float(random.uniform(2.2, 4))


def _the_gain_is_the_mean_over_the_seeds(answer, random):
    before, after, t = _gains(random)
    found, second, _ = numbers(answer(before, after, t), 3, "numbers: mean, low, high")
    gain = float((after - before).mean())
    if not near(found, gain, NARROW) and near(second, gain, NARROW):
        raise Wrong("the order is wrong: return the mean first, then low, then high")
    mistakes = {
        "this is the loss: subtract `before` from `after`": -gain,
        "this is the sum of the gains: take their mean": gain * len(before),
        "this is the gain of one seed: take the mean over all seeds": float((after - before)[0]),
        "take the mean of the gains, not their median": float(np.median(after - before)),
        "a gain is a difference, not a ratio": float((after / before).mean()),
        "this is in per cent: return the difference as it is": 100 * gain,
        "divide by the number of seeds, len(gains), not always by 3": gain * len(before) / 3,
        "use all seeds, not only the first three": float((after - before)[:3].mean()),
    }
    expect(found, gain, mistakes, f"the mean of after - before is {gain:.5f}, not {found:.5f}", NARROW)


def _the_interval_reaches_t_standard_errors(answer, random):
    before, after, t = _gains(random)
    mean, low, high = numbers(answer(before, after, t), 3, "numbers: mean, low, high")
    if high < low:
        raise Wrong("the low end comes before the high end: return mean, low, high")
    gains, n = after - before, len(before)
    error = float(gains.std(ddof=1) / np.sqrt(n))
    unpaired = float(np.sqrt((before.var(ddof=1) + after.var(ddof=1)) / n))
    mistakes = {
        "divide the standard deviation by the square root of the number of seeds": t * error * np.sqrt(n),
        "divide by the square root of the number of seeds, not by the number": t * error / np.sqrt(n),
        "with so few seeds, np.std needs ddof=1: it must divide by n - 1": t * float(gains.std() / np.sqrt(n)),
        "this is one standard error: multiply by t": error,
        "use the `t` that is given, not always 4.303": 4.303 * error,
        "the number of seeds is len(gains), not always 3": t * error * np.sqrt(n / 3),
        "keep the order: the two accuracies of one seed belong together": (
            t * float((np.sort(after) - np.sort(before)).std(ddof=1) / np.sqrt(n))
        ),
        "this is the variance: take its square root, the standard deviation": t * error**2 * np.sqrt(n),
        "use t, which is larger than 1.96 because there are so few seeds": 1.96 * error,
        "each seed is a pair: take the spread of the gains, not of before and after": t * unpaired,
        "this is the standard deviation of the gains: divide by the square root of their number, times t": error
        * np.sqrt(n),
    }
    said = f"the interval should reach {t * error:.5f} to either side"
    expect((high - low) / 2, t * error, mistakes, said, NARROW)
    if abs((high + low) / 2 - mean) > 1e-6:
        raise Wrong("the interval lies around the mean, from mean - reach to mean + reach")


SOFTEN = (
    _each_image_has_probabilities_that_add_up_to_one,
    _the_temperature_divides_the_logits,
    _large_logits_do_not_overflow,
)
ENTROPY = (
    _entropy_adds_up_probability_times_its_logarithm,
    _certainty_is_zero_bits_and_equal_chances_are_log2_of_their_number,
)
TEACHER = (_the_teacher_answers_in_evaluation_mode, _the_teacher_stays_as_it_was, _the_answer_carries_no_gradients)
LOSS = (_alpha_one_is_the_hard_loss, _alpha_zero_is_the_soft_loss, _alpha_mixes_the_two)
GRADIENT = (_the_gradient_is_the_difference_of_the_probabilities, _a_student_that_agrees_has_no_gradient)
SMOOTHING = (_smoothing_is_spread_over_all_classes, _without_smoothing_the_labels_are_hard)
COUNTS = (_only_one_of_the_two_is_right, _where_both_agree_nothing_counts)
GAIN = (_the_gain_is_the_mean_over_the_seeds, _the_interval_reaches_t_standard_errors)

EXERCISES = (
    Exercise("soften", 2, True, SOFTEN),
    Exercise("entropy_bits", 1, False, ENTROPY),
    Exercise("ask_teacher", 2, True, TEACHER),
    Exercise("distillation_loss", 3, True, LOSS),
    Exercise("soft_loss_gradient", 1, False, GRADIENT),
    Exercise("smooth_labels", 1, False, SMOOTHING),
    Exercise("paired_counts", 1, False, COUNTS),
    Exercise("mean_gain", 1, False, GAIN),
)
