"""Wrong and right answers to the exercises of lab 05."""

import numpy as np

from labkit import onnx as reference
from mutants import right, wrong

# takes


@right("takes")
def place_by_place(input_shape, images_shape):
    if len(input_shape) != len(images_shape):
        return False
    return not any(isinstance(one, int) and one != found for one, found in zip(input_shape, images_shape))


@right("takes")
def with_numpy(input_shape, images_shape):
    free = np.array([one is None or isinstance(one, str) for one in input_shape])
    fixed = np.array([0 if one is None or isinstance(one, str) else one for one in input_shape])
    return len(fixed) == len(images_shape) and (free | (fixed == np.array(images_shape))).all()


wrong("takes", "it takes one image, not")(lambda a, b: place_by_place([None, *a[1:]], b))  # the lecture's trap
wrong("takes", "stands for any number")(lambda a, b: tuple(a) == tuple(b))
wrong("takes", "equally long")(lambda a, b: all(not isinstance(x, int) or x == y for x, y in zip(a, b)))
wrong("takes", "compare all fixed sizes")(lambda a, b: len(a) == len(b) and (not isinstance(a[0], int) or a[0] == b[0]))
wrong("takes", "more than the batch may be free")(
    lambda a, b: len(a) == len(b) and tuple(a[1:]) == tuple(b[1:]) and (not isinstance(a[0], int) or a[0] == b[0])
)
wrong("takes", "None in the input's shape")(
    lambda a, b: len(a) == len(b) and all(isinstance(x, str) or x == y for x, y in zip(a, b))
)
wrong("takes", "must be equal, at its own place")(
    lambda a, b: place_by_place([None, *a[1:]], b) and (not isinstance(a[0], int) or b[0] <= a[0])
)
wrong("takes", "must be equal, at its own place")(
    lambda a, b: len(a) == len(b) and sum(x - y for x, y in zip(a, b) if isinstance(x, int)) == 0
)
wrong("takes", "need not have four places")(lambda a, b: len(b) == 4 and place_by_place(a, b))
wrong("takes", "is True or False")(lambda a, b: "yes" if place_by_place(a, b) else "no")
wrong("takes", "labkit's own takes")(lambda a, b: reference.takes(a, b))

# parity


@right("parity")
def as_asked(expected, found, tolerance):
    if expected.shape != found.shape:
        return float("inf"), 0.0, False
    difference = abs(expected - found).max()
    same = (expected.argmax(axis=1) == found.argmax(axis=1)).mean()
    return difference, same, difference <= tolerance and same == 1


@right("parity")
def in_loops(expected, found, tolerance):
    if np.shape(expected) != np.shape(found) or np.isnan(expected).any() or np.isnan(found).any():
        return None, None, False
    differences = [abs(a - b) for x, y in zip(expected.tolist(), found.tolist()) for a, b in zip(x, y)]
    labels = [x.index(max(x)) == y.index(max(y)) for x, y in zip(expected.tolist(), found.tolist())]
    return [max(differences), sum(labels) / len(labels), max(differences) <= tolerance and all(labels)]


@right("parity")
def with_allclose(expected, found, tolerance):
    if expected.shape != found.shape:
        return 0, 0, False
    equal = np.argmax(expected, -1) == np.argmax(found, -1)
    close = np.allclose(expected, found, rtol=0, atol=tolerance)
    return np.max(np.abs(found - expected)), equal.mean(), bool(close and equal.all())


def changed(difference=None, same=None, verdict=None, shapes=True):
    """The right answer with one part done in another way."""

    def parity(expected, found, tolerance):
        if shapes and expected.shape != found.shape:
            return 0.0, 0.0, False
        d = (difference or (lambda e, f: abs(e - f).max()))(expected, found)
        s = (same or (lambda e, f: (e.argmax(1) == f.argmax(1)).mean()))(expected, found)
        return d, s, (verdict or (lambda d, s, t: d <= t and s == 1))(d, s, tolerance)

    return parity


wrong("parity", "take the largest of the absolute values")(changed(lambda e, f: (f - e).max()))
wrong("parity", "in both directions")(changed(lambda e, f: (e - f).max()))
wrong("parity", "not the mean")(changed(lambda e, f: abs(e - f).mean()))
wrong("parity", "do not square")(changed(lambda e, f: ((e - f) ** 2).max()))
wrong("parity", "not around each")(changed(lambda e, f: abs(abs(e) - abs(f)).max()))
wrong("parity", "np.allclose adds a share")(
    lambda e, f, t: (
        *changed()(e, f, t)[:2],
        e.shape == f.shape and np.allclose(e, f, atol=t) and changed()(e, f, 9)[2],
    )
)
wrong("parity", "subtract the arrays first")(changed(lambda e, f: abs(e.max() - f.max())))
wrong("parity", "the share of equal ones is wanted")(changed(same=lambda e, f: (e.argmax(1) != f.argmax(1)).mean()))
wrong("parity", "divide by how many")(changed(same=lambda e, f: (e.argmax(1) == f.argmax(1)).sum()))
wrong("parity", "argmax over the classes, axis 1")(changed(same=lambda e, f: (e.argmax(0) == f.argmax(0)).mean()))
wrong("parity", "argmax over the classes, axis 1")(changed(same=lambda e, f: e.argmax() == f.argmax()))
wrong("parity", "compare the labels")(changed(same=lambda e, f: (e == f).mean()))
wrong("parity", "NaN must not agree")(changed(verdict=lambda d, s, t: not d > t and s == 1))
wrong("parity", "NaN must not agree")(changed(lambda e, f: np.nanmax(abs(e - f))))
wrong("parity", "however small the difference")(changed(verdict=lambda d, s, t: d <= t))
wrong("parity", "does not agree")(changed(verdict=lambda d, s, t: s == 1))
wrong("parity", "use the tolerance that is given")(changed(verdict=lambda d, s, t: d <= 1 and s == 1))
wrong("parity", "and equal labels agree")(changed(verdict=lambda d, s, t: d <= 1e-4 and s == 1))
wrong("parity", "at most means <=")(changed(verdict=lambda d, s, t: d < t and s == 1))
wrong("parity", "however small the difference")(changed(verdict=lambda d, s, t: d <= t and s > 0.99))
wrong("parity", "do not round")(changed(lambda e, f: round(abs(e - f).max(), 3)))
wrong("parity", "label")(changed(same=lambda e, f: (np.sort(e.argmax(1)) == np.sort(f.argmax(1))).mean()))


def judged(verdict, unequal=lambda e, f: e.shape != f.shape):
    """The right answer with a verdict from the logits, where the labels are equal."""

    def parity(expected, found, tolerance):
        if unequal(expected, found):
            return 0.0, 0.0, False
        difference, same, _ = changed(shapes=False)(expected, found, tolerance)
        return difference, same, bool(verdict(expected - found, tolerance) and same == 1)

    return parity


wrong("parity", "use the tolerance that is given")(judged(lambda d, t: abs(d).mean() <= t))
wrong("parity", "use the tolerance that is given")(
    judged(lambda d, t: (abs(d) > t).mean() < 0.01 and not np.isnan(d).any())
)
wrong("parity", "use the tolerance that is given")(judged(lambda d, t: d.max() <= t))
wrong("parity", "a single column")(judged(lambda d, t: abs(d).max() <= t, lambda e, f: len(e) != len(f)))
wrong("parity", "stopped with ValueError")(judged(lambda d, t: abs(d).max() <= t, lambda e, f: e.size != f.size))


@wrong("parity", "NaN must not agree")
def looks_for_nan_in_one_alone(expected, found, tolerance):
    if expected.shape != found.shape or np.isnan(found).any():
        return 0.0, 0.0, False
    return changed(lambda e, f: np.nanmax(abs(e - f)))(expected, found, tolerance)


@wrong("parity", "NaN must not agree")
def with_the_max_of_python(expected, found, tolerance):
    if expected.shape != found.shape:
        return 0.0, 0.0, False
    d, s, _ = changed()(expected, found, tolerance)
    worst = max(abs(a - b) for x, y in zip(expected.tolist(), found.tolist()) for a, b in zip(x, y))
    return d, s, worst <= tolerance and bool(s == 1)


wrong("parity", "compare the shapes")(changed(shapes=False))
wrong("parity", "not three things")(lambda e, f, t: changed()(e, f, t)[2])
wrong("parity", "True or False")(changed(verdict=lambda d, s, t: "yes" if d <= t else "no"))
wrong("parity", "labkit's own parity")(lambda e, f, t: reference.parity(e, f, t))

# fold_batchnorm


def folded(factor=None, weight=None, bias=None):
    """The right answer with one part done in another way."""

    def fold_batchnorm(w, b, gamma, beta, mean, variance, eps):
        f = (factor or (lambda g, v, e: g / np.sqrt(v + e)))(gamma, variance, eps)
        new = (weight or (lambda w, f: w * f[:, None, None, None]))(w, f)
        return new, (bias or (lambda b, f, beta, mean: (b - mean) * f + beta))(b, f, beta, mean)

    return fold_batchnorm


right("fold_batchnorm")(folded())
right("fold_batchnorm")(folded(weight=lambda w, f: np.einsum("oihw,o->oihw", w, f)))


@right("fold_batchnorm")
def channel_by_channel(weight, bias, gamma, beta, mean, variance, eps):
    new_weight, new_bias = weight.astype(np.float32), bias.astype(np.float32)
    for i in range(len(bias)):
        factor = gamma[i] / (variance[i] + eps) ** 0.5
        new_weight[i] *= factor
        new_bias[i] = (bias[i] - mean[i]) * factor + beta[i]
    return [new_weight, new_bias]


wrong("fold_batchnorm", "add the eps that is given")(folded(lambda g, v, e: g / np.sqrt(v)))
wrong("fold_batchnorm", "under the square root")(folded(lambda g, v, e: g / (np.sqrt(v) + e)))
wrong("fold_batchnorm", "not by the variance")(folded(lambda g, v, e: g / (v + e)))
wrong("fold_batchnorm", "gamma is missing")(folded(lambda g, v, e: 1 / np.sqrt(v + e)))
wrong("fold_batchnorm", "(not always 1e-5)")(folded(lambda g, v, e: g / np.sqrt(v + 1e-5)))
wrong("fold_batchnorm", "do not multiply")(folded(lambda g, v, e: g * np.sqrt(v + e)))
wrong("fold_batchnorm", "the first axis")(folded(weight=lambda w, f: w * f))
wrong("fold_batchnorm", "not to the third")(folded(weight=lambda w, f: w * f[:, None]))
wrong("fold_batchnorm", "stopped with ValueError")(folded(weight=lambda w, f: w * f[:, None, None]))
wrong("fold_batchnorm", "the weight stays as it was")(folded(weight=lambda w, f: w))
wrong("fold_batchnorm", "own bias is missing")(folded(bias=lambda b, f, beta, mean: beta - mean * f))
wrong("fold_batchnorm", "multiplied by the factor too")(folded(bias=lambda b, f, beta, mean: b + beta - mean * f))
wrong("fold_batchnorm", "beta is missing")(folded(bias=lambda b, f, beta, mean: (b - mean) * f))
wrong("fold_batchnorm", "the mean is missing")(folded(bias=lambda b, f, beta, mean: b * f + beta))
wrong("fold_batchnorm", "not added")(folded(bias=lambda b, f, beta, mean: (b + mean) * f + beta))
wrong("fold_batchnorm", "the bias changes too")(folded(bias=lambda b, f, beta, mean: b))
wrong("fold_batchnorm", "do not round")(folded(weight=lambda w, f: (w * f[:, None, None, None]).round(3)))
wrong("fold_batchnorm", "not two arrays")(lambda *a: folded()(*a)[0])
wrong("fold_batchnorm", "labkit's own fold_batchnorm")(lambda *a: reference.fold_batchnorm(*a))

# fuse


@right("fuse")
def with_a_memory(ops):
    left, last = [], None  # the operation that can still take something in
    for op in ops:
        if op == "BatchNormalization" and last == "Conv":
            continue
        if op == "Relu" and last in ("Conv", "Gemm"):
            last = None
            continue
        left.append(op)
        last = op
    return left


@right("fuse")
def by_replacing_texts(ops):
    text = " " + " ".join(f"<{op}>" for op in ops)
    for old, new in (("<Conv> <BatchNormalization>", "<Conv*>"), ("<Conv>", "<Conv*>"), ("<Conv*> <Relu>", "<C>")):
        text = text.replace(old, new)
    text = text.replace("<Gemm> <Relu>", "<Gemm>").replace("<Conv*>", "<Conv>").replace("<C>", "<Conv>")
    return [one.strip("<>") for one in text.split()]


@right("fuse")
def by_index(ops):
    left, i = [], 0
    while i < len(ops):
        first = ops[i]
        left.append(first)
        i += 1
        if first == "Conv" and i < len(ops) and ops[i] == "BatchNormalization":
            i += 1
        if first in ("Conv", "Gemm") and i < len(ops) and ops[i] == "Relu":
            i += 1
    return tuple(left)


wrong("fuse", "nothing was fused")(lambda ops: ops)
wrong("fuse", "directly before")(lambda ops: [op for op in ops if op not in ("Relu", "BatchNormalization")])
wrong("fuse", "ReLU goes into Gemm as well")(
    lambda ops: [
        op if op != "G" else "Relu" for op in with_a_memory(" ".join(ops).replace("Gemm Relu", "Gemm G").split())
    ]
)


def neighbours(ops):
    """Looks at the operation before in the old chain, so a ReLU behind a BatchNormalization stays."""
    keep = []
    for before, op in zip([None, *ops], ops):
        fused = (op == "BatchNormalization" and before == "Conv") or (op == "Relu" and before in ("Conv", "Gemm"))
        keep += [] if fused else [op]
    return keep


wrong("fuse", "with its BatchNormalization goes in too")(neighbours)


def last_left(ops):
    """Forgets that an operation has its ReLU already."""
    left = []
    for op in ops:
        pairs = {"Relu": ("Conv", "Gemm"), "BatchNormalization": ("Conv",)}
        goes = left and left[-1] in pairs.get(op, ())
        left += [] if goes else [op]
    return left


wrong("fuse", "one ReLU, and nothing after it")(last_left)


def joined(ops):
    text = " ".join(ops)
    for old in ("Conv BatchNormalization Relu", "Conv BatchNormalization", "Conv Relu", "Gemm Relu"):
        text = text.replace(old, old.replace(" ", "+"))
    return text.split()


wrong("fuse", "keeps the name of its first")(joined)


@wrong("fuse", "that stayed has nothing to go into")
def behind_any_norm(ops):
    pairs = {"Relu": ("Conv", "Gemm", "BatchNormalization"), "BatchNormalization": ("Conv",)}
    return [op for before, op in zip([None, *ops], ops) if before not in pairs.get(op, ())]


wrong("fuse", "another one stays")(lambda ops: with_a_memory([op for op in ops if op != "BatchNormalization"]))


def remembering(norm=("Conv",), open_op=None, through=(), relu=("Relu",)):
    """The right answer with one thing remembered wrongly."""

    def fuse(ops):
        left, last = [], open_op
        for op in ops:
            if op == "BatchNormalization" and last in norm:
                continue
            if op in relu and last in ("Conv", "Gemm"):
                last = None
                continue
            left.append(op)
            last = last if op in through else op
        return left

    return fuse


right("fuse")(remembering())
wrong("fuse", "not into Gemm")(remembering(norm=("Conv", "Gemm")))
wrong("fuse", "your function left")(remembering(open_op="Conv"))
wrong("fuse", "not into MaxPool or Flatten")(remembering(through=("MaxPool", "Flatten")))
wrong("fuse", "your function left")(remembering(through=("Add", "Sigmoid")))
wrong("fuse", "your function left")(remembering(relu=("Relu", "LeakyRelu")))


@wrong("fuse", "with i = 0 is the last one")
def looks_back_from_the_first(ops):
    def goes(i):
        norm = ops[i] == "BatchNormalization" and ops[i - 1] == "Conv"
        before = ops[i - 2] if ops[i - 1] == "BatchNormalization" and ops[i - 2] == "Conv" else ops[i - 1]
        return norm or (ops[i] == "Relu" and before in ("Conv", "Gemm"))

    return [op for i, op in enumerate(ops) if not goes(i)]


wrong("fuse", "your function left nothing")(lambda ops: [])
wrong("fuse", "a number, not a list")(lambda ops: len(with_a_memory(ops)))
wrong("fuse", "where the same one comes again")(lambda ops: list(dict.fromkeys(with_a_memory(ops))))
wrong("fuse", "the order changed")(lambda ops: sorted(with_a_memory(ops)))
wrong("fuse", "goes into the Conv before it")(
    lambda ops: [
        "BatchNormalization" if op == "N" else op
        for op in with_a_memory(["N" if o == "BatchNormalization" else o for o in ops])
    ]
)
wrong("fuse", "labkit's own fuse")(lambda ops: reference.fuse(ops))

# fold_constants


@right("fold_constants")
def with_a_set(nodes, constants):
    known, left = set(constants), []
    for _, inputs, output in nodes:
        if set(inputs) <= known:
            known.add(output)
        else:
            left.append(output)
    return left


@right("fold_constants")
def from_the_other_side(nodes, constants):
    computed = {name for _, inputs, _ in nodes for name in inputs} - {o for *_, o in nodes} - set(constants)
    left = []
    for node in nodes:
        if any(name in computed for name in node[1]):
            computed.add(node[2])
            left.append(node[2])
    return tuple(left)


wrong("fold_constants", "remember its name")(
    lambda nodes, constants: [o for _, inputs, o in nodes if not set(inputs) <= set(constants)]
)


@wrong("fold_constants", "only if ALL")
def with_any(nodes, constants):
    known, left = set(constants), []
    for _, inputs, output in nodes:
        if set(inputs) & known:
            known.add(output)
        else:
            left.append(output)
    return left


@wrong("fold_constants", "a node without inputs")
def with_a_flag(nodes, constants):
    known, left = set(constants), []
    for _, inputs, output in nodes:
        if inputs and all(name in known for name in inputs):
            known.add(output)
        else:
            left.append(output)
    return left


def folding(known_if):
    """The right answer with another rule."""

    def fold_constants(nodes, constants):
        known, left = set(constants), []
        for op, inputs, output in nodes:
            if known_if(op, [name in known for name in inputs]):
                known.add(output)
            else:
                left.append(output)
        return left

    return fold_constants


right("fold_constants")(folding(lambda op, known: all(known)))
wrong("fold_constants", "not only the first")(folding(lambda op, known: not known or known[0]))
wrong("fold_constants", "must run each time")(folding(lambda op, known: not known or known[-1]))
wrong("fold_constants", "must run each time")(folding(lambda op, known: all(known[:2])))
wrong("fold_constants", "must run each time")(folding(lambda op, known: all(known) and op != "Conv"))
wrong("fold_constants", "the others are wanted")(
    lambda nodes, constants: [o for *_, o in nodes if o not in with_a_set(nodes, constants)]
)
wrong("fold_constants", "nothing was folded")(lambda nodes, constants: [o for *_, o in nodes])
wrong("fold_constants", "not of the operations")(
    lambda nodes, constants: [op for op, _, o in nodes if o in with_a_set(nodes, constants)]
)
wrong("fold_constants", "a number, not a list")(lambda nodes, constants: len(with_a_set(nodes, constants)))
wrong("fold_constants", "labkit's own fold_constants")(lambda n, c: reference.fold_constants(n, c))

# peak_with_reuse


@right("peak_with_reuse")
def at_every_step(tensors):
    steps = range(max(last for *_, last in tensors) + 1)
    return max(sum(size for size, first, last in tensors if first <= step <= last) for step in steps)


@right("peak_with_reuse")
def with_a_table(tensors):
    needed = np.zeros(100, int)
    for size, first, last in tensors:
        needed[first : last + 1] += size
    return needed.max()


def alive(when):
    return lambda tensors: max(sum(s for s, f, last in tensors if when(f, t, last)) for t in range(50))


wrong("peak_with_reuse", "without reuse")(lambda tensors: sum(size for size, *_ in tensors))
wrong("peak_with_reuse", "the largest tensor alone")(lambda tensors: max(size for size, *_ in tensors))
wrong("peak_with_reuse", "not needed at the same step")(lambda t: sum(sorted(size for size, *_ in t)[-2:]))
wrong("peak_with_reuse", "still needed at its last step")(alive(lambda f, t, last: f <= t < last))
wrong("peak_with_reuse", "at these two alone")(alive(lambda f, t, last: t in (f, last)))


def most(tensors, steps):
    return max(sum(size for size, first, last in tensors if first <= step <= last) for step in steps)


right("peak_with_reuse")(lambda tensors: most(tensors, [first for _, first, _ in tensors]))
wrong("peak_with_reuse", "is a step, too")(lambda t: most(t, range(max(last for *_, last in t))))
wrong("peak_with_reuse", "step 0 counts")(lambda t: most(t, range(1, max(last for *_, last in t) + 1)))
wrong("peak_with_reuse", "is a step, too")(lambda t: most(t, range(10)))
wrong("peak_with_reuse", "are needed at")(lambda t: most(t, [0, 5, 40, max(t)[1]]))
wrong("peak_with_reuse", "step")(lambda t: most(t, range(t[-1][2] + 1)))
wrong("peak_with_reuse", "a list")(lambda tensors: [at_every_step(tensors)])
wrong("peak_with_reuse", "labkit's own peak_with_reuse")(lambda tensors: reference.peak_with_reuse(tensors))

# times_faster

right("times_faster")(lambda ratio, low, high: (1 / ratio, 1 / high, 1 / low))
right("times_faster")(lambda ratio, low, high: np.array([ratio, high, low]) ** -1)
wrong("times_faster", "the ends change places")(lambda ratio, low, high: (1 / ratio, 1 / low, 1 / high))
wrong("times_faster", "1 / ratio")(lambda ratio, low, high: (ratio, low, high))
wrong("times_faster", "the ends need 1 / ...")(lambda ratio, low, high: (1 / ratio, low, high))
wrong("times_faster", "the time that is saved")(lambda ratio, low, high: (1 - ratio, 1 - high, 1 - low))
wrong("times_faster", "not equally long")(
    lambda ratio, low, high: (1 / ratio, 1 / ratio - (high - low) / 2, 1 / ratio + (high - low) / 2)
)
wrong("times_faster", "not per cent")(lambda ratio, low, high: (100 / ratio, 100 / high, 100 / low))
wrong("times_faster", "do not round")(lambda ratio, low, high: (round(1 / ratio, 1), 1 / high, 1 / low))
wrong("times_faster", "a number, not a list")(lambda ratio, low, high: 1 / ratio)
wrong("times_faster", "labkit's own times_faster")(lambda *a: reference.times_faster(*a))
wrong("times_faster", "leave it so")(lambda *those: [1 / x if x < 1 else -x for x in np.take(those, [0, 2, 1])])
wrong("times_faster", "leave it so")(lambda *those: [max(1, 1 / x) for x in np.take(those, [0, 2, 1])])
wrong("times_faster", "below 1")(lambda ratio, low, high: (1 / ratio, max(1, 1 / high), max(1, 1 / low)))
