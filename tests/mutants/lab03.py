"""Wrong and right answers to the exercises of lab 03."""

import math

import numpy as np
import torch
from torch.nn.utils.prune import l1_unstructured

from labkit import prune
from mutants import right, wrong

# magnitude_mask


@right("magnitude_mask")
def by_rank(weights, amount):
    removed = round(amount * weights.size)
    mask = np.ones(weights.size, dtype=bool)
    mask[np.argsort(np.abs(weights).ravel())[:removed]] = False
    return mask.reshape(weights.shape)


@right("magnitude_mask")
def by_threshold(weights, amount):
    removed = round(amount * weights.size)
    magnitudes = np.sort(np.abs(weights), axis=None)
    return np.abs(weights) >= magnitudes[removed]


@right("magnitude_mask")
def by_torch(weights, amount):
    layer = torch.nn.Linear(1, 1)
    layer.weight = torch.nn.Parameter(torch.from_numpy(weights))
    l1_unstructured(layer, "weight", amount=round(amount * weights.size))
    return layer.weight_mask.numpy().astype(bool)


def rounded_by(rounding):
    return lambda weights, amount: by_rank(weights, rounding(amount * weights.size) / weights.size)


wrong("magnitude_mask", "to the nearest")(rounded_by(math.floor))
wrong("magnitude_mask", "to the nearest")(rounded_by(math.ceil))
wrong("magnitude_mask", "take one too many")(rounded_by(lambda product: max(1, round(product))))
wrong("magnitude_mask", "to the nearest")(lambda w, amount: np.abs(w) >= np.quantile(np.abs(w), amount))


@right("magnitude_mask")
def as_a_tensor(weights, amount):
    return torch.from_numpy(np.argsort(np.argsort(np.abs(weights), axis=None)).reshape(weights.shape)) >= round(
        amount * weights.size
    )


wrong("magnitude_mask", "True means kept")(lambda weights, amount: ~by_rank(weights, amount))
wrong("magnitude_mask", "compare magnitudes")(lambda w, amount: w >= np.sort(w, axis=None)[round(amount * w.size)])
wrong("magnitude_mask", "the largest magnitudes leave")(
    lambda w, amount: np.abs(w) <= np.sort(np.abs(w), axis=None)[w.size - round(amount * w.size) - 1]
)
wrong("magnitude_mask", "not a limit for their size")(lambda weights, amount: np.abs(weights) > amount)
wrong("magnitude_mask", "not the share that stays")(lambda weights, amount: by_rank(weights, 1 - amount))
wrong("magnitude_mask", "not True and False")(lambda weights, amount: weights * by_rank(weights, amount))
wrong("magnitude_mask", "not each row by itself")(
    lambda w, amount: np.array([by_rank(row, amount) for row in w]) if w.ndim > 1 else by_rank(w, amount)
)
wrong("magnitude_mask", "reshape it")(lambda weights, amount: by_rank(weights.ravel(), amount))
wrong("magnitude_mask", "labkit's own magnitude_mask")(lambda weights, amount: prune.magnitude_mask(weights, amount))


@wrong("magnitude_mask", "index -1 take one too many")
def index_minus_one(weights, amount):
    magnitudes = np.sort(np.abs(weights), axis=None)
    return np.abs(weights) > magnitudes[round(amount * weights.size) - 1]


@wrong("magnitude_mask", "mind < and <=")
def one_too_many(weights, amount):
    magnitudes = np.sort(np.abs(weights), axis=None)
    return np.abs(weights) > magnitudes[round(amount * weights.size)]


# model_sparsity: the lecture's trap is that its print-out, a layer's sparsity, is not the model's


@right("model_sparsity")
def with_a_loop(layers):
    zeros = total = 0
    for weights in layers:
        zeros += (weights == 0).sum()
        total += weights.size
    return zeros / total


@right("model_sparsity")
def all_in_one(layers):
    return float(np.mean(np.concatenate([weights.ravel() for weights in layers]) == 0))


@wrong("model_sparsity", "a large layer must count for more")
def mean_of_layers(layers):
    return float(np.mean([np.mean(weights == 0) for weights in layers]))


@wrong("model_sparsity", "the first layer alone")
def returns_early(layers):
    for weights in layers:
        return float((weights == 0).mean())
    return 0.0


@wrong("model_sparsity", "the last layer alone")
def forgets_to_add(layers):
    for weights in layers:
        share = float((weights == 0).mean())
    return share


wrong("model_sparsity", "NOT zero")(lambda layers: 1 - all_in_one(layers))
wrong("model_sparsity", "per cent")(lambda layers: 100 * all_in_one(layers))
wrong("model_sparsity", "how many zeros")(lambda layers: int(sum((w == 0).sum() for w in layers)))
wrong("model_sparsity", "a tiny weight is not zero")(
    lambda layers: sum(np.isclose(w, 0).sum() for w in layers) / sum(w.size for w in layers)
)
wrong("model_sparsity", "a negative weight is not zero")(
    lambda layers: sum((w <= 0).sum() for w in layers) / sum(w.size for w in layers)
)
wrong("model_sparsity", "use weights.size")(
    lambda layers: sum((w == 0).sum() for w in layers) / sum(len(w) for w in layers)
)
wrong("model_sparsity", "labkit's own model_sparsity")(lambda layers: prune.model_sparsity(layers))

# pruned_twice: the lecture's call, made twice, compounds

right("pruned_twice")(lambda first, second: first + second - first * second)
right("pruned_twice")(lambda first, second: 1 - (1 - first) * (1 - second))
wrong("pruned_twice", "do not simply add up")(lambda first, second: first + second)
wrong("pruned_twice", "this is what is left")(lambda first, second: (1 - first) * (1 - second))
wrong("pruned_twice", "product of the amounts")(lambda first, second: first * second)
wrong("pruned_twice", "cannot be cut off")(lambda first, second: min(1, first + second))
wrong("pruned_twice", "so both matter")(max)
wrong("pruned_twice", "add what the first one removed")(lambda first, second: (1 - first) * second)
wrong("pruned_twice", "labkit's own pruned_twice")(lambda first, second: prune.pruned_twice(first, second))

# masked_step: the lecture's trap is that training after pruning brings the zeros back

right("masked_step")(lambda weights, gradient, mask, lr: (weights - lr * gradient) * mask)
right("masked_step")(lambda weights, gradient, mask, lr: weights - lr * np.where(mask, gradient, 0))
wrong("masked_step", "came back")(lambda weights, gradient, mask, lr: weights - lr * gradient)
wrong("masked_step", "a kept weight that is 0")(lambda w, gradient, mask, lr: (w - lr * gradient) * (w != 0))
wrong("masked_step", "leave their sign")(lambda w, gradient, mask, lr: abs(w - lr * gradient) * mask)
wrong("masked_step", "cut them off")(lambda w, gradient, mask, lr: np.maximum(w - lr * gradient, 0) * mask)
wrong("masked_step", "not always 0.1")(lambda w, gradient, mask, lr: (w - 0.1 * gradient) * mask)
wrong("masked_step", "came back")(lambda weights, gradient, mask, lr: weights * mask - lr * gradient)
wrong("masked_step", "do not add it")(lambda weights, gradient, mask, lr: (weights + lr * gradient) * mask)
wrong("masked_step", "learning rate")(lambda weights, gradient, mask, lr: (weights - gradient) * mask)
wrong("masked_step", "did not move")(lambda weights, gradient, mask, lr: weights * mask)
wrong("masked_step", "True means kept")(lambda weights, gradient, mask, lr: (weights - lr * gradient) * ~mask)
wrong("masked_step", "labkit's own masked_step")(lambda *step: prune.masked_step(*step))

# cubic_amount


@right("cubic_amount")
def with_min(step, steps, amount):
    return amount * (1 - (1 - min(step / steps, 1)) ** 3)


@right("cubic_amount")
def with_if(step, steps, amount):
    if step >= steps:
        return amount
    return amount - amount * (1 - step / steps) ** 3


wrong("cubic_amount", "straight line")(lambda step, steps, amount: amount * min(step / steps, 1))
wrong("cubic_amount", "other way round")(lambda step, steps, amount: amount * min(step / steps, 1) ** 3)
wrong("cubic_amount", "still to be removed")(lambda step, steps, amount: amount - with_min(step, steps, amount))
wrong("cubic_amount", "the power is three")(lambda step, steps, amount: amount * (1 - (1 - min(step / steps, 1)) ** 2))
wrong("cubic_amount", "multiply by amount")(lambda step, steps, amount: with_min(step, steps, 1))
wrong("cubic_amount", "must not pass 1")(lambda step, steps, amount: amount * (1 - (1 - step / steps) ** 3))
wrong("cubic_amount", "labkit's own cubic_amount")(lambda *where: prune.cubic_amount(*where))

# stored_bytes: the lecture's trap is a file that is twice as large before prune.remove


@right("stored_bytes")
def with_branches(size, nonzeros, way):
    if way == "dense":
        return 4 * size
    if way == "masked":
        return 4 * size + 4 * size
    return nonzeros * (4 + 4)


right("stored_bytes")(lambda n, k, way: {"dense": 4 * n, "masked": 8 * n, "sparse": 8 * k}[way])


def _stored(dense=lambda n, k: 4 * n, masked=lambda n, k: 8 * n, sparse=lambda n, k: 8 * k):
    return lambda size, nonzeros, way: {"dense": dense, "masked": masked, "sparse": sparse}[way](size, nonzeros)


wrong("stored_bytes", "the mask is there as well")(_stored(masked=lambda n, k: 4 * n))
wrong("stored_bytes", "not 1")(_stored(masked=lambda n, k: 5 * n))
wrong("stored_bytes", "pruning alone saves nothing")(_stored(dense=lambda n, k: 4 * k))
wrong("stored_bytes", "an index says where")(_stored(sparse=lambda n, k: 4 * k))
wrong("stored_bytes", "you counted the zeros")(_stored(sparse=lambda n, k: 8 * (n - k)))
wrong("stored_bytes", "not for every weight")(_stored(sparse=lambda n, k: 4 * n + 4 * k))
wrong("stored_bytes", "returned nothing")(_stored(dense=lambda n, k: None))
wrong("stored_bytes", "labkit's own stored_bytes")(lambda *sizes: prune.stored_bytes(*sizes))

# kept_channels


@right("kept_channels")
def by_order(weights, amount):
    norms = np.abs(weights).sum(axis=(1, 2, 3))
    return np.sort(np.argsort(norms)[round(amount * len(weights)) :])


@right("kept_channels")
def as_a_list(weights, amount):
    norms = [np.abs(channel).sum() for channel in weights]
    left = len(weights) - round(amount * len(weights))
    return sorted(sorted(range(len(weights)), key=lambda i: -norms[i])[:left])


@right("kept_channels")
def by_topk(weights, amount):
    norms = torch.from_numpy(weights).abs().sum((1, 2, 3))
    return torch.topk(norms, len(norms) - round(amount * len(norms))).indices.sort().values


wrong("kept_channels", "channels leave, so")(lambda w, amount: by_order(w, int(amount * len(w)) / len(w)))
wrong("kept_channels", "channels leave, so")(lambda w, amount: by_order(w, math.ceil(amount * len(w)) / len(w)))
wrong("kept_channels", "not the first one alone")(lambda w, amount: by_order(w[:, :1], amount))


def _by(score, finish=np.sort):
    def answer(weights, amount):
        scores = score(weights.reshape(len(weights), -1))
        return finish(np.argsort(scores)[round(amount * len(weights)) :])

    return answer


wrong("kept_channels", "must not cancel")(_by(lambda flat: flat.sum(1)))
wrong("kept_channels", "L2 norm")(_by(lambda flat: (flat**2).sum(1)))
wrong("kept_channels", "not of the sum")(_by(lambda flat: np.abs(flat.sum(1))))
wrong("kept_channels", "largest one alone")(_by(lambda flat: np.abs(flat).max(1)))
wrong("kept_channels", "the weakest channels")(_by(lambda flat: -np.abs(flat).sum(1)))
wrong("kept_channels", "must ascend")(_by(lambda flat: np.abs(flat).sum(1), finish=lambda kept: kept))
wrong("kept_channels", "amount is the share that leaves")(lambda weights, amount: by_order(weights, 1 - amount))
wrong("kept_channels", "not one value for each channel")(lambda weights, amount: np.abs(weights).sum((1, 2, 3)))
wrong("kept_channels", "labkit's own kept_channels")(lambda *channels: prune.kept_channels(*channels))

# remove_channels


@right("remove_channels")
def by_index(first, norm, second, keep):
    return first[keep], norm[:, keep], second[:, keep]


@right("remove_channels")
def by_deleting(first, norm, second, keep):
    gone = [channel for channel in range(len(first)) if channel not in keep]
    return [np.delete(first, gone, 0), np.delete(norm, gone, 1), np.delete(second, gone, axis=1)]


wrong("remove_channels", "first[keep]")(
    lambda first, norm, second, keep: (first[:, keep], norm[:, keep], second[:, keep])
)
wrong("remove_channels", "channels are the columns")(
    lambda first, norm, second, keep: (first[keep], norm[keep], second[:, keep])
)
wrong("remove_channels", "second[:, keep]")(
    lambda first, norm, second, keep: (first[keep], norm[:, keep], second[keep])
)
wrong("remove_channels", "norm still has all")(lambda first, norm, second, keep: (first[keep], norm, second[:, keep]))
wrong("remove_channels", "keep names the channels that stay")(
    lambda first, norm, second, keep: (np.delete(first, keep, 0), np.delete(norm, keep, 1), np.delete(second, keep, 1))
)
wrong("remove_channels", "not the channels that keep names")(
    lambda first, norm, second, keep: (first[: len(keep)], norm[:, : len(keep)], second[:, : len(keep)])
)
wrong("remove_channels", "in their order")(
    lambda first, norm, second, keep: (first[keep[::-1]], norm[:, keep[::-1]], second[:, keep[::-1]])
)
wrong("remove_channels", "the order is wrong")(
    lambda first, norm, second, keep: (norm[:, keep], first[keep], second[:, keep])
)
wrong("remove_channels", "leave the other axes")(
    lambda first, norm, second, keep: (first[keep], norm[0, keep], second[:, keep])
)
wrong("remove_channels", "not the three arrays")(lambda first, norm, second, keep: (first[keep], second[:, keep]))
wrong("remove_channels", "labkit's own remove_channels")(lambda *parts: prune.remove_channels(*parts))


@wrong("remove_channels", "take them out")
def sets_to_zero(first, norm, second, keep):
    gone = np.setdiff1d(np.arange(len(first)), keep)
    first[gone], norm[:, gone], second[:, gone] = 0, 0, 0
    return first, norm, second
