"""The laws of lab 05, ONNX: each calls the student's function on inputs that nobody can guess."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from labkit.exercises.laws import (
    Exercise,
    Wrong,
    all_near,
    array,
    expect,
    in_any_order,
    kind,
    near,
    number,
    numbers,
    parts,
    texts,
)

FLOAT32 = 1e-5  # who computes in float32 is right too
NORM = "BatchNormalization"


def _truth(found: object, what: str) -> bool:
    """`found` as True or False.

    Raises:
        Wrong: it is something else.
    """
    if type(found) not in (bool, np.bool_):
        said = "nothing; end it with `return`" if found is None else kind(found)
        raise Wrong(f"{what} is True or False; yours is {said}")
    return bool(found)


def _expect(found: np.ndarray, right: np.ndarray, mistakes: dict, otherwise: str) -> None:
    """`laws.expect` for arrays of one shape."""

    def same(value) -> bool:
        right = np.asarray(value, float)
        room = FLOAT32 * max(float(abs(right).max()), 1e-3)
        return right.shape == found.shape and float(abs(found - right).max()) <= room

    if same(right):
        return
    for hint, value in mistakes.items():
        if same(value):
            raise Wrong(hint)
    if any(same(np.round(right, digits)) for digits in range(5)):
        raise Wrong("do not round the result: return all of its digits")
    raise Wrong(otherwise)


# takes(input_shape, images_shape) -> bool


def _sizes(random) -> tuple[int, int, int, int]:
    return tuple(int(n) for n in random.choice(np.arange(3, 40), 4, replace=False))


def _taken(answer, random, cases: list[tuple[list, tuple, bool, str]]) -> None:
    """Asks for pairs of shapes in any order: (input_shape, images_shape, does it take them, the hint if not)."""
    said = "whether the file takes these images"
    asked = [(list(wanted), given) for wanted, given, *_ in cases]
    found = in_any_order(random, lambda *shapes: _truth(answer(*shapes), said), asked)
    for one, (_, _, right, hint) in zip(found, cases, strict=True):
        if one != right:
            raise Wrong(hint)


def _a_free_batch_takes_any_number_of_images(answer, random):
    batch, *image = _sizes(random)
    free = "in the input's shape stands for any number:"
    fixed = f"a number is no free batch: of 1, it takes one image, not {batch}; of {batch}, it takes just {batch}"
    cases = [
        ([one, *image], (batch, *image), True, f"{word} {free} [{one!r}, ...] takes every batch")
        for one, word in (("batch", "a text"), ("s34", "a text"), (None, "None"))
    ]
    cases.append(([1, *image], (1, *image), True, "a batch of 1 that was baked in still takes one image"))
    cases += [([batch, *image], (batch, *image), True, fixed)]
    cases += [([one, *image], (two, *image), False, fixed) for one, two in ((1, batch), (batch, 1), (batch, batch + 1))]
    _taken(answer, random, cases)


def _fixed_sizes_must_be_equal(answer, random):
    batch, channels, height, width = _sizes(random)
    partly, full = ["batch", channels, "height", width], [batch, channels, height, width]
    said = "more than the batch may be free: look at every place of the shape"
    cases = [(partly, tuple(full), True, said)]
    for wrong in ((batch, width, height, width), (batch, channels, height, channels)):
        cases.append((partly, wrong, False, f"{partly} does not take {wrong}: compare all fixed sizes"))
    said = "the two shapes must be equally long: zip() stops silently at the shorter one"
    for wrong in ((batch, channels, height), (*full, 1)):
        cases.append((["batch", channels, height, width], wrong, False, said))
    others = [tuple(n + step * (i == j) for i, n in enumerate(full)) for j in range(4) for step in (-1, 1)]
    for wrong in (*others, (batch, width, height, channels), (batch, channels, width, height)):
        cases.append(
            (full, wrong, False, f"{full} does not take {wrong}: a fixed number must be equal, at its own place")
        )
    said = f"{full} takes {tuple(full)}: where all numbers are fixed, all may be equal"
    cases.append((full, tuple(full), True, said))
    said = f"a shape need not have four places: ['batch', {width}] takes {(batch, width)}, not {(batch, height)}"
    cases += [(["batch", width], (batch, width), True, said), (["batch", width], (batch, height), False, said)]
    _taken(answer, random, cases)


# parity(expected, found, tolerance) -> (largest difference, share of same labels, agree)

PARITY = "three things: the largest difference, the share of equal labels, and True or False"


def _logits(random, n: int = 0) -> np.ndarray:
    """Logits of which each row has a clear first class; of a few rows, or of `n`."""
    n, classes = (
        n or int(random.choice([6, 7, 9])),
        int(random.choice([11, 13])),
    )  # no share of one is a share of the other
    logits = random.uniform(-5, 5, (n, classes))
    logits[np.arange(n), random.integers(0, classes, n)] = random.uniform(8, 9, n)
    return logits


def _the_largest_difference_counts_in_both_directions(answer, random):
    for sign in (1, -1):
        expected = _logits(random)
        found = expected + random.uniform(0.001, 0.002, expected.shape) * random.choice([-1, 1], expected.shape)
        place = tuple(int(random.integers(size)) for size in expected.shape)
        expected[place] = -sign * 0.03  # the sign changes, too
        found[place] = sign * float(random.uniform(0.04, 0.05))
        found.flat[expected.argmax()] = expected.max()
        difference = found - expected
        got = number(parts(answer(expected, found, 1.0), 3, PARITY)[0], "the largest difference")
        mistakes = {
            "a difference below 0 counts too: take the largest of the absolute values": difference.max(),
            "differences in both directions count: take the absolute values, abs(...)": -difference.min(),
            "the largest difference is wanted, not the mean": abs(difference).mean(),
            "the largest difference is wanted, not the sum of all": abs(difference).sum(),
            "put abs(...) around the difference, not around each of the two": abs(abs(found) - abs(expected)).max(),
            "do not square the differences: take their absolute values": (difference**2).max(),
            "subtract the arrays first, then look for the largest": abs(expected.max() - found.max()),
            "the difference is meant as it is, not as a share of the logit": abs(difference / expected).max(),
            "this is the smallest difference; the largest is wanted": abs(difference).min(),
            "this is the length of the difference; the largest single one is wanted": np.linalg.norm(difference),
        }
        said = f"the largest difference is {abs(difference).max():.5f}, not {got:.5f}"
        expect(got, abs(difference).max(), mistakes, said, 1e-4)  # float32 logits of 9 are exact to 1e-6


def _labels_are_compared_image_by_image(answer, random):
    expected = _logits(random)
    n, classes = expected.shape
    found, flipped = expected.copy(), int(random.integers(2, n // 2))
    rows = random.permutation(n)[:flipped]
    for row, label in zip(rows, random.permutation(classes)):
        expected[row] = found[row] = np.minimum(expected[row], 5)
        expected[row, label] = found[row, label] = 8
    labels = expected.argmax(1)
    for row, label in zip(rows, np.roll(labels[rows], 1)):  # they change places: sorted, both have the same labels
        found[row, label] = 8.5
    share = parts(answer(expected, found, 20.0), 3, PARITY)[1]
    axis = "each image's label is its own largest logit: argmax over the classes, axis 1"
    if type(share) in (bool, np.bool_):
        raise Wrong(f"the share of equal labels is a number from 0 to 1; {axis}, then take the mean")
    got = number(share, "the share of equal labels")
    mistakes = {
        axis: (expected.argmax(0) == found.argmax(0)).mean(),
        "this is the share of labels that changed; the share of equal ones is wanted": flipped / n,
        "this is a number of images: divide by how many there are, or take the mean": n - flipped,
        "this is the number of changed labels; the share of equal ones is wanted": flipped,
        "compare the labels (argmax of each row), not the logits": (expected == found).mean(),
        "this is in per cent: a share is wanted, 0 to 1": 100 * (n - flipped) / n,
    }
    said = f"{n - flipped} of {n} labels are equal: {(n - flipped) / n:.4f}, not {got:.4f}"
    expect(got, (n - flipped) / n, mistakes, said, FLOAT32)


def _only_equal_shapes_labels_and_close_numbers_agree(answer, random):
    def agree(expected, found, tolerance) -> bool:
        return _truth(parts(answer(expected, found, tolerance), 3, PARITY)[2], "whether the two agree")

    expected, tolerance = _logits(random), float(random.uniform(0.01, 0.02))
    inside, outside = (expected + share * tolerance * random.choice([-1, 1]) for share in (0.5, 1.5))
    if not agree(expected, inside, tolerance):
        raise Wrong(f"differences of {tolerance / 2:.4f} with a tolerance of {tolerance:.4f} and equal labels agree")
    many = _logits(random, 300)
    above, below = many.copy(), many.copy()  # one logit alone
    place = int(random.integers(1, 300)), int(random.integers(many.shape[1]))
    above[place] += 1.5 * tolerance
    below[place] -= 1.5 * tolerance
    if any(agree(*pair, tolerance) for pair in ((expected, outside), (many, above), (many, below))):
        raise Wrong("a difference above `tolerance` does not agree; use the tolerance that is given")
    quarters = np.round(4 * expected) / 4
    if not agree(quarters, quarters + 0.25, 0.25) or not agree(expected, expected.copy(), 0.0):
        raise Wrong("a difference of exactly `tolerance` still agrees: at most means <=")
    if agree(expected + 4000, outside + 4000, tolerance):
        raise Wrong(
            "a difference above `tolerance` does not agree, however large the logits are: np.allclose adds a share of "
            "them (rtol) to the tolerance, so compare the difference itself"
        )
    tie = many.copy()
    tie[0] = 0.0
    tie[0, :2] = 5.0, 5.0 - tolerance / 4
    other = tie.copy()
    other[0, :2] = 5.0 - tolerance / 4, 5.0
    if agree(tie, other, tolerance):
        raise Wrong("where a label changed, the two do not agree, however small the difference")
    row = int(random.integers(1, len(expected)))
    broken = expected.copy()
    broken[row, broken[row].argmax()] = np.nan  # NumPy finds the same label
    if any(agree(*pair, tolerance) for pair in ((expected, broken), (broken, expected), (broken, broken))):
        raise Wrong(
            "NaN must not agree: no comparison with NaN is true, so ask `difference <= tolerance`, not its opposite"
        )
    same_rows = np.repeat(expected[:1], len(expected), axis=0)
    if agree(same_rows, expected[:1], tolerance):
        raise Wrong("NumPy repeats a single row to fit many: compare the shapes before you subtract")
    same_columns = np.repeat(expected[:, :1], expected.shape[1], axis=1)
    if agree(same_columns, expected[:, :1], tolerance) or agree(expected, expected.T.copy(), tolerance):
        raise Wrong("NumPy repeats a single column to fit many: compare the whole shapes before you subtract")


# fold_batchnorm(weight, bias, gamma, beta, mean, variance, eps) -> (weight, bias)

FOLDED = "two arrays: the folded weight and the folded bias"


def _layer(random) -> dict:
    """A convolution with as many outputs as its kernel is wide, so that a wrong axis goes unnoticed by NumPy."""
    size = int(random.integers(3, 6))
    layer = {"weight": random.normal(0, 1, (size, 2, size, size)), "bias": random.normal(1, 1, size)}
    layer |= {"gamma": random.uniform(0.5, 2, size), "beta": random.normal(1, 1, size)}
    layer |= {"mean": random.normal(2, 1, size), "variance": random.uniform(2, 5, size)}
    return layer | {"eps": float(random.uniform(0.3, 0.6))}


def _factors(layer: dict) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """What each channel is multiplied by, and what likely mistakes make of it."""
    gamma, variance, eps = layer["gamma"], layer["variance"], layer["eps"]
    mistakes = {
        "add the eps that is given to the variance, before the square root (not always 1e-5)": gamma
        / np.sqrt(variance),
        "eps goes under the square root, to the variance": gamma / (np.sqrt(variance) + eps),
        "divide by the square root of the variance, not by the variance": gamma / (variance + eps),
        "gamma is missing: the factor is gamma over the square root": 1 / np.sqrt(variance + eps),
        "divide gamma by the square root, do not multiply": gamma * np.sqrt(variance + eps),
        "use the variance, not its square": gamma / np.sqrt(variance**2 + eps),
    }
    return gamma / np.sqrt(variance + eps), mistakes


def _each_output_channel_of_the_weight_is_scaled(answer, random):
    layer = _layer(random)
    weight, _ = parts(answer(*layer.values()), 2, FOLDED)
    found = array(weight, layer["weight"].shape, "weights")
    factor, mistakes = _factors(layer)
    by_channel = {hint: layer["weight"] * one[:, None, None, None] for hint, one in mistakes.items()}
    by_channel |= {
        "the factor belongs to the output channels, the first axis: factor[:, None, None, None]": layer["weight"]
        * factor,
        "the factor belongs to the first axis, not to the third: factor[:, None, None, None]": (
            layer["weight"] * factor[:, None]
        ),
        "the weight stays as it was: multiply each output channel by its factor": layer["weight"],
        "beta belongs to the bias alone": layer["weight"] * factor[:, None, None, None]
        + layer["beta"][:, None, None, None],
        "the mean is taken off the bias, not off the weight": (layer["weight"] - layer["mean"][:, None, None, None])
        * factor[:, None, None, None],
    }
    said = "the folded weight is weight * gamma / sqrt(variance + eps), each output channel with its own factor"
    _expect(found, layer["weight"] * factor[:, None, None, None], by_channel, said)


def _the_bias_takes_in_mean_and_beta(answer, random):
    layer = _layer(random)
    _, bias = parts(answer(*layer.values()), 2, FOLDED)
    bias_now, beta, mean = layer["bias"], layer["beta"], layer["mean"]
    found = array(bias, bias_now.shape, "biases")
    factor, wrong_factors = _factors(layer)
    mistakes = {hint: (bias_now - mean) * one + beta for hint, one in wrong_factors.items()}
    mistakes |= {
        "the convolution's own bias is missing: (bias - mean) * factor + beta": beta - mean * factor,
        "the convolution's own bias is multiplied by the factor too: (bias - mean) * factor + beta": (
            bias_now - mean * factor + beta
        ),
        "beta is missing": (bias_now - mean) * factor,
        "the mean is missing: take it off the bias first": bias_now * factor + beta,
        "the mean is taken off, not added": (bias_now + mean) * factor + beta,
        "beta comes after the factor: (bias - mean) * factor + beta": (bias_now - mean + beta) * factor,
        "take the mean off before you multiply by the factor": bias_now * factor - mean + beta,
        "beta is added, not taken off": (bias_now - mean) * factor - beta,
        "the bias changes too: (bias - mean) * factor + beta": bias_now,
    }
    said = "the folded bias is (bias - mean) * gamma / sqrt(variance + eps) + beta"
    _expect(found, (bias_now - mean) * factor + beta, mistakes, said)


# fuse(ops) -> list of texts

PAIRS = {NORM: ("Conv",), "Relu": ("Conv", "Gemm")}
DIRECT = {(op, before) for op, those in PAIRS.items() for before in those}


def _fused(ops: list[str], pairs: dict | None = None, once: bool = True, names: bool = False) -> list[str]:
    """The chain after fusion; arguments make likely mistakes.

    Args:
        once: False lets more go into an operation that has its ReLU already.
        names: True keeps what went in as a part of the name.
    """
    pairs, left, first, done = pairs or PAIRS, [], "", False
    for op in ops:
        if left and first in pairs.get(op, ()) and not (done and once):
            done = done or op == "Relu"
            left[-1] += f"+{op}" if names else ""
        else:
            left.append(op)
            first, done = op, False
    return left


def _everywhere(ops: list[str]) -> list[str]:
    return [op for op in ops if op not in PAIRS]


MISTAKES: dict[str, Callable] = {
    "nothing was fused: leave out what goes into the operation before it": list,
    "ReLU goes into Gemm as well as into Conv": lambda ops: _fused(ops, {NORM: ("Conv",), "Relu": ("Conv",)}),
    f"{NORM} goes into the Conv before it": lambda ops: _fused(ops, {"Relu": ("Conv", "Gemm")}),
    "ReLU goes into the Conv or Gemm before it": lambda ops: _fused(ops, {NORM: ("Conv",)}),
    "a ReLU behind a Conv with its BatchNormalization goes in too": lambda ops: [
        op for i, op in enumerate(ops) if not (i and (op, ops[i - 1]) in DIRECT)
    ],
    "a BatchNormalization goes into a Conv only, not into Gemm": lambda ops: _fused(
        ops, PAIRS | {NORM: ("Conv", "Gemm")}
    ),
    "look at what stands directly before: a ReLU behind a MaxPool has nothing to go into": _everywhere,
    "an operation takes one ReLU, and nothing after it": lambda ops: _fused(ops, once=False),
    "a BatchNormalization goes into a Conv only, not into Gemm or MaxPool": lambda ops: _fused(
        ops, PAIRS | {NORM: ("Conv", "Gemm", "MaxPool", "Flatten")}
    ),
    "a ReLU goes into what computes, Conv or Gemm, not into MaxPool or Flatten": lambda ops: _fused(
        ops, PAIRS | {"Relu": ("Conv", "Gemm", "MaxPool", "Flatten")}
    ),
    "the fused operation keeps the name of its first: 'Conv'": lambda ops: _fused(ops, names=True),
    "keep every operation that is left, also where the same one comes again": lambda ops: list(
        dict.fromkeys(_fused(ops))
    ),
    f"a ReLU behind a {NORM} that stayed has nothing to go into": lambda ops: [
        op
        for i, op in enumerate(ops)
        if not i or ((op, ops[i - 1]) not in DIRECT and (op, ops[i - 1]) != ("Relu", NORM))
    ],
    f"only a {NORM} directly behind a Conv goes in; another one stays": lambda ops: _fused(
        [op for op in ops if op != NORM]
    ),
    "the order changed: an operation stays where it was": lambda ops: sorted(_fused(ops)),
}


def _fuses(answer, ops: list[str]) -> None:
    found, right = texts(answer(list(ops)), "operations that are left"), _fused(ops)
    if found == right:
        return
    for hint, mistake in MISTAKES.items():
        if found == mistake(ops):
            raise Wrong(hint)
    i = next((i for i, pair in enumerate(zip(found, right)) if pair[0] != pair[1]), min(len(found), len(right)))
    after = f"after {', '.join(right[max(i - 2, 0) : i])}" if i else "at the start"
    there, wanted = (repr(one[i][:40]) if i < len(one) else "nothing" for one in (found, right))
    raise Wrong(f"of {', '.join(ops)}: {after} should come {wanted}; your function left {there}")


def _chain(random, *blocks: tuple[str, ...]) -> list[str]:
    """All of these blocks in any order, one more of them at the end."""
    order = [*random.permutation(len(blocks)), random.integers(len(blocks))]
    return [op for i in order for op in blocks[int(i)]]


def _a_norm_goes_into_the_convolution_before_it(answer, random):
    blocks = ("Conv", NORM), ("Conv",), ("MaxPool",), ("Conv", NORM), ("Flatten",), ("Gemm", NORM)
    _fuses(answer, _chain(random, *blocks))


def _a_relu_goes_into_what_computes(answer, random):
    blocks = ("Conv", NORM, "Relu"), ("Conv", "Relu"), ("MaxPool",), ("Gemm", "Relu"), ("Flatten",), ("Gemm",)
    _fuses(answer, _chain(random, *blocks))


def _what_has_nothing_to_go_into_stays(answer, random):
    blocks = (
        ("MaxPool", "Relu"),
        ("Conv", "Relu", "Relu"),
        ("MaxPool", NORM),
        ("Conv", NORM, "Relu"),
        ("Flatten", "Relu"),
    )
    between = (
        ("Conv", "MaxPool", "Relu"),
        ("Gemm", "Flatten", "Relu"),
        ("Conv", "Add", "Relu"),
        ("Conv", "Sigmoid", NORM),
        ("Conv", "LeakyRelu"),
    )
    _fuses(answer, [str(random.choice(["Relu", NORM])), *_chain(random, *blocks, ("Conv", "Relu", NORM, "Relu"))])
    _fuses(answer, _chain(random, *between))
    _fuses(answer, ["Conv", "Relu", NORM, "Gemm", "Relu"])
    for first, last in (("Relu", "Gemm"), (NORM, "Conv")):
        found, right = texts(answer([first, "MaxPool", last]), "operations that are left"), [first, "MaxPool", last]
        if found != right:
            raise Wrong("before the first operation stands nothing: ops[i - 1] with i = 0 is the last one")


# fold_constants(nodes, constants) -> outputs that are left


def _left(nodes, constants, spread=True, known: Callable = all) -> list[str]:
    """The outputs that are left; arguments make likely mistakes."""
    fixed, left = set(constants), []
    for _, inputs, output in nodes:
        if known(one in fixed for one in inputs):
            if spread:
                fixed.add(output)
        else:
            left.append(output)
    return left


def _folds(answer, nodes: list, constants: list[str]) -> None:
    found, right = texts(answer(nodes, constants), "names of outputs"), _left(nodes, constants)
    outputs = [output for _, _, output in nodes]
    if found == right:
        return
    mistakes = {
        "what is computed from constants alone is a constant itself: remember its name": _left(nodes, constants, False),
        "a node can be folded only if ALL of its inputs are constants": _left(nodes, constants, known=any),
        "a node can be folded only if ALL of its inputs are constants, not only the first": _left(
            nodes, constants, known=lambda inputs: next(inputs, True)
        ),
        "these are the ones that are computed beforehand; the others are wanted": [
            o for o in outputs if o not in right
        ],
        "nothing was folded: leave out what follows from constants alone": outputs,
        "return the names of the outputs, not of the operations": [op for op, _, o in nodes if o in right],
        "a node without inputs depends on no image: all of its inputs are constants": _left(
            nodes, constants, known=lambda inputs: all(seen := list(inputs)) and bool(seen)
        ),
        "keep the order of the nodes": sorted(right),
    }
    for hint, mistake in mistakes.items():
        if found == mistake:
            raise Wrong(hint)
    raise Wrong(
        f"{', '.join(right)} must run each time here; your function returned {', '.join(found)[:200] or 'none'}"
    )


def _names(random, n: int) -> list[str]:
    return [f"v{i}" for i in random.permutation(90)[:n] + 10]


def _what_has_only_constants_is_computed_beforehand(answer, random):
    image, weight, scale, a, b, c, d, e, f = _names(random, 9)
    nodes = [("Conv", [image, weight], a), ("Mul", [weight, scale], b), ("Add", [scale, a], c), ("Relu", [c], d)]
    nodes += [("Conv", [weight, scale], e), ("Clip", [weight, scale, d], f)]
    _folds(answer, nodes, [weight, scale])


def _what_follows_from_folded_values_is_folded_too(answer, random):
    image, weight, minus, one, two, three, a, b, c = _names(random, 9)
    nodes = [("Neg", [weight], minus), ("Constant", [], one), ("Cast", [one], two), ("Mul", [minus, two], three)]
    nodes += [("Conv", [image, three], a), ("Add", [two, a], b), ("Mul", [a, b], c)]
    _folds(answer, nodes, [weight])


# peak_with_reuse(tensors) -> bytes


def _peak(tensors, alive: Callable) -> int:
    steps = range(max(last for _, _, last in tensors) + 1)
    return max(sum(size for size, first, last in tensors if alive(first, step, last)) for step in steps)


def _peaks(answer, tensors: list[tuple[int, int, int]]) -> None:
    found = number(answer(tensors), "bytes")
    sizes = sorted((size for size, _, _ in tensors), reverse=True)
    right = _peak(tensors, lambda first, step, last: first <= step <= last)
    mistakes = {
        "this is what all tensors take together, without reuse": sum(sizes),
        "this is the largest tensor alone: others are needed at the same step": sizes[0],
        "the two largest are not needed at the same step: add up what is needed at each step": sizes[0] + sizes[1],
        "a tensor is still needed at its last step: first <= step <= last": _peak(
            tensors, lambda first, step, last: first <= step < last
        ),
        "a tensor is needed from its first step on: first <= step <= last": _peak(
            tensors, lambda first, step, last: first < step <= last
        ),
        "a tensor is needed at its first and last step, too": _peak(
            tensors, lambda first, step, last: first < step < last
        ),
        "a tensor is needed at all steps from its first to its last, not at these two alone": _peak(
            tensors, lambda first, step, last: step in (first, last)
        ),
        "this is the least; the most at any step is wanted": min(
            sum(size for size, first, last in tensors if first <= step <= last)
            for step in range(max(last for _, _, last in tensors) + 1)
        ),
    }
    expect(found, right, mistakes, f"{right:,} bytes are needed at the fullest step, not {found:,.0f}")


def _a_chain_needs_two_neighbours_at_once(answer, random):
    sizes = [int(n) for n in random.choice(np.arange(200, 900), 6, replace=False)]
    sizes[3], sizes[1] = 3000 + sizes[3], 1500 + sizes[1]  # the two largest are no neighbours
    _peaks(answer, [(size, i, i + 1) for i, size in enumerate(sizes)])


def _a_tensor_that_is_needed_later_stays(answer, random):
    sizes = [int(n) for n in random.choice(np.arange(200, 900), 7, replace=False)]
    sizes[3] += 3000
    tensors = [(size, i, i + 1) for i, size in enumerate(sizes)]
    tensors[0] = (sizes[0] + 1000, 0, 6)  # a shortcut around the others
    tensors[5] = (sizes[5] + 3500, 5, 5)  # needed at one step alone
    _peaks(answer, [tensors[int(i)] for i in random.permutation(len(tensors))])
    small, large, end = *sorted(int(n) for n in random.choice(np.arange(200, 900), 2, replace=False)), 40
    for step, hint in ((0, "step 0 counts, too"), (end, "the largest `last` is a step, too: range(... + 1)")):
        tensors = [(small // 2, 2, 5), (large, 0, end), (small, step, step), (small // 3, 7, 7)]
        found = number(answer(tensors), "bytes")
        said = f"of {tensors}, {large + small} bytes are needed at step {step}, not {found:,.0f}"
        expect(found, large + small, {hint: large + small // 2}, said)
    tensors = [(large + 100, 12, 12), (large, 13, 20), (small, 18, 30), (small, 19, 19)]
    found, right = number(answer(tensors), "bytes"), large + 2 * small
    expect(found, right, {}, f"of {tensors}, {right} bytes are needed at one step, not {found:,.0f}")


# times_faster(ratio, low, high) -> (times, low, high)


def _case(random) -> tuple[float, float, float]:
    ratio = float(random.uniform(0.3, 0.6))
    return ratio, ratio * float(random.uniform(0.8, 0.95)), ratio * float(random.uniform(1.1, 1.4))


def _times_is_one_over_the_ratio(answer, random):
    ratio, low, high = _case(random)
    found, *_ = numbers(answer(ratio, low, high), 3, "numbers: times, low, high")
    mistakes = {
        "a ratio of 0.5 is half the time, so twice as fast: 1 / ratio": ratio,
        "this is the time that is saved; how many times faster is 1 / ratio": 1 - ratio,
        "times, not per cent": 100 / ratio,
        "1 / ratio as it is: do not subtract 1": 1 / ratio - 1,
        "begin with the ratio itself, then the ends: times, low, high": 1 / high,
        "begin with the ratio itself, then low and high": 1 / low,
    }
    expect(found, 1 / ratio, mistakes, f"1 / {ratio:.4f} is {1 / ratio:.4f}, not {found:.4f}")
    ratio, low, high = 4 * ratio, 4 * low, 4 * high
    found, *_ = numbers(answer(ratio, low, high), 3, "numbers: times, low, high")
    if not near(found, 1 / ratio):
        raise Wrong(f"a ratio of {ratio:.3f} is slower: 1 / ratio is below 1 then, {1 / ratio:.4f}; leave it so")


def _the_ends_change_places(answer, random):
    ratio, low, high = _case(random)
    found = numbers(answer(ratio, low, high), 3, "numbers: times, low, high")[1:]
    if near(found[0], 1 / low) and near(found[1], 1 / high):
        raise Wrong("the ends change places: the smallest ratio is the largest speed-up, so low is 1 / high")
    if near(found[0], low) and near(found[1], high):
        raise Wrong("the ends need 1 / ... as well")
    if near(found[0], 2 / ratio - 1 / low) or near(found[1] - 1 / ratio, 1 / ratio - found[0]):
        raise Wrong("such an interval is not equally long on both sides: take 1 / high and 1 / low")
    expect(found[0], 1 / high, {}, f"the low end is 1 / {high:.4f} = {1 / high:.4f}, not {found[0]:.4f}")
    expect(found[1], 1 / low, {}, f"the high end is 1 / {low:.4f} = {1 / low:.4f}, not {found[1]:.4f}")
    ratio, low, high = 2 * ratio, 0.9, 1 / 0.9  # some say "no difference": 1 lies within
    found = numbers(answer(ratio, low, high), 3, "numbers: times, low, high")[1:]
    if not all_near(found, (1 / high, 1 / low)):
        raise Wrong(f"from 0.9 to {high:.4f}, the ends are 0.9 and {1 / low:.4f}, also where one of them is below 1")


TAKES = (_a_free_batch_takes_any_number_of_images, _fixed_sizes_must_be_equal)
AGREE = (
    _the_largest_difference_counts_in_both_directions,
    _labels_are_compared_image_by_image,
    _only_equal_shapes_labels_and_close_numbers_agree,
)
FOLD = (_each_output_channel_of_the_weight_is_scaled, _the_bias_takes_in_mean_and_beta)
FUSE = (
    _a_norm_goes_into_the_convolution_before_it,
    _a_relu_goes_into_what_computes,
    _what_has_nothing_to_go_into_stays,
)
CONSTANTS = (_what_has_only_constants_is_computed_beforehand, _what_follows_from_folded_values_is_folded_too)
BUFFERS = (_a_chain_needs_two_neighbours_at_once, _a_tensor_that_is_needed_later_stays)
FASTER = (_times_is_one_over_the_ratio, _the_ends_change_places)

EXERCISES = (
    Exercise("takes", 1, False, TAKES),
    Exercise("parity", 3, True, AGREE),
    Exercise("fold_batchnorm", 3, True, FOLD),
    Exercise("fuse", 3, True, FUSE),
    Exercise("fold_constants", 1, False, CONSTANTS),
    Exercise("times_faster", 1, False, FASTER),
    Exercise("peak_with_reuse", 1, False, BUFFERS),
)
