"""The laws of lab 03, prune: each calls the student's function on inputs that nobody can guess."""

from __future__ import annotations

import numpy as np

from labkit.exercises.laws import Exercise, Wrong, all_near, array, expect, number, numbers, parts

# magnitude_mask(weights, amount) -> bool array of the shape of weights


def _weights(random, *shape: int) -> np.ndarray:
    """Weights of either sign whose magnitudes lie far apart and above every share, in random order."""
    n = int(np.prod(shape))
    magnitudes = random.permutation(np.arange(n)) + random.uniform(2, 2.5)
    return (magnitudes * np.where(np.arange(n) % 2, 1.0, -1.0)).reshape(shape)


def _kept(weights: np.ndarray, removed: int, key=np.abs) -> np.ndarray:
    mask = np.ones(weights.size, bool)
    mask[np.argsort(key(weights), axis=None)[:removed]] = False
    return mask.reshape(weights.shape)


def _same(found: np.ndarray, right: np.ndarray) -> bool:
    return found.shape == right.shape and found.tolist() == right.tolist()


def _compare_masks(found: np.ndarray, weights: np.ndarray, removed: int) -> None:
    """Raises `Wrong` unless the mask keeps all but the `removed` weights of smallest magnitude."""
    right, left = _kept(weights, removed), int((~found).sum())
    mistakes = {
        "True means kept: your mask is True where it should be False": ~right,
        "compare magnitudes, np.abs(weights): a weight of -3 is as far from zero as 3": _kept(
            weights, removed, lambda x: x
        ),
        "the largest magnitudes leave; it is the smallest that should": _kept(weights, removed, lambda x: -np.abs(x)),
    }
    if _same(found, right):
        return
    for hint, mistake in mistakes.items():
        if _same(found, mistake):
            raise Wrong(hint)
    if found.all():
        raise Wrong("nothing was removed: amount is a share of the weights, not a limit for their size")
    if left == weights.size - removed:
        raise Wrong("amount is the share that leaves, not the share that stays")
    if left != removed:
        raise Wrong(
            f"of {weights.size} weights {removed} should leave, not {left}: round amount * weights.size to the nearest "
            "whole number, and mind < and <="
        )
    raise Wrong(f"{left} weights leave, but they are not the ones of smallest magnitude")


def _the_smallest_magnitudes_leave(answer, random):
    n = 2 * int(random.integers(10, 20)) + 1
    weights, removed = _weights(random, n), int(random.integers(3, 2 * n // 5))
    found = answer(weights, (removed + 0.45) / n)  # rounded down here, and up in the next law
    _compare_masks(array(found, (n,), "True and False", "bool"), weights, removed)


def _exactly_the_share_leaves(answer, random):
    n = 2 * int(random.integers(10, 20)) + 1
    weights, removed = _weights(random, n), int(random.integers(n // 2 + 2, n - 2))
    found = array(answer(weights, (removed - 0.3) / n), (n,), "True and False", "bool")
    count = n - int(found.sum())
    none = array(answer(weights, 0.0), (n,), "True and False", "bool")
    if count == removed and not none.all():
        raise Wrong("an amount of 0 should remove nothing; does your threshold or your index -1 take one too many?")
    _compare_masks(found, weights, removed)


def _a_kernel_keeps_its_shape(answer, random):
    shape = (int(random.integers(3, 6)), int(random.integers(2, 5)), 3, 3)
    weights = _weights(random, *shape) * np.arange(1, shape[0] + 1).reshape(-1, 1, 1, 1) ** 2
    weights *= np.arange(1, shape[1] + 1).reshape(-1, 1, 1) ** 2
    size = weights.size
    removed = 2 * shape[0]
    found = answer(weights, removed / size)
    if type(found) is np.ndarray and found.shape == (size,):
        raise Wrong(f"the mask must have the shape of the weights, {shape}; yours is flat: reshape it")
    found = array(found, shape, "True and False", "bool")
    rows = np.array([_kept(row, removed // shape[0]) for row in weights])
    if _same(found, rows):
        raise Wrong("all weights compete with each other: rank the whole array, not each row by itself")
    _compare_masks(found, weights, removed)


# model_sparsity(layers) -> 0..1


def _layer(random, shape, zeros: int) -> np.ndarray:
    weights = random.uniform(0.5, 2, int(np.prod(shape))) * random.choice([-1.0, 1.0], int(np.prod(shape)))
    weights[random.permutation(weights.size)[:zeros]] = 0
    return weights.reshape(shape)


def _one_layer_is_counted(answer, random):
    n = 2 * int(random.integers(15, 30)) + 1
    zeros = int(random.integers(3, n // 3))
    found = number(answer([_layer(random, (n,), zeros)]), "a share")
    mistakes = {
        "this is the share of weights that are NOT zero": 1 - zeros / n,
        "this is how many zeros there are; divide by the number of weights": zeros,
        "this is per cent; a share from 0 to 1 is wanted": 100 * zeros / n,
        "divide by all weights, not by those that are not zero": zeros / (n - zeros),
    }
    expect(found, zeros / n, mistakes, f"{zeros} zeros among {n} weights are a share of {zeros / n:.4f}")


def _large_layers_count_for_more(answer, random):
    sizes = [int(random.integers(20, 40)), int(random.integers(300, 500)), int(random.integers(60, 90))]
    zeros = [int(sizes[0] * 0.2), int(sizes[1] * random.uniform(0.6, 0.9)), int(sizes[2] * 0.4)]
    layers = [_layer(random, (size,), count) for size, count in zip(sizes, zeros)]
    found = number(answer(layers), "a share")
    shares = [count / size for count, size in zip(zeros, sizes)]
    mistakes = {
        "this is the mean of the layers' sparsities: a large layer must count for more": sum(shares) / 3,
        "this is the sparsity of the first layer alone; is `return` inside the loop?": shares[0],
        "this is the sparsity of the last layer alone; add up zeros and weights over all layers": shares[-1],
        "this is the sum of the layers' sparsities; add up zeros and weights, then divide once": sum(shares),
    }
    if any(near_complement(found, value) for value in (sum(zeros) / sum(sizes), sum(shares) / 3)):
        raise Wrong("this is the share of weights that are NOT zero")
    right = sum(zeros) / sum(sizes)
    expect(found, right, mistakes, f"{sum(zeros)} zeros among {sum(sizes)} weights are a share of {right:.4f}")


def near_complement(found: float, value: float) -> bool:
    """Whether `found` is 1 minus `value`."""
    return abs(found - (1 - value)) < 1e-9


def _only_zeros_count(answer, random):
    kernel = _layer(random, (int(random.integers(3, 6)), int(random.integers(7, 10)), 3, 3), 11)
    tiny = _layer(random, (int(random.integers(20, 30)),), 5)
    tiny[tiny > 0] *= 1e-9
    size, zeros = kernel.size + tiny.size, 16
    found = number(answer([kernel, tiny]), "a share")
    close = zeros + int(((tiny != 0) & (np.abs(tiny) < 1e-6)).sum())
    negative = int((kernel <= 0).sum() + (tiny <= 0).sum())
    mistakes = {
        "a tiny weight is not zero: compare with == 0": close / size,
        "a negative weight is not zero: compare with == 0": negative / size,
        "a kernel has more than len(weights) weights: use weights.size": zeros / (len(kernel) + len(tiny)),
    }
    expect(found, zeros / size, mistakes, f"{zeros} zeros among {size} weights are a share of {zeros / size:.4f}")


# remove_channels(first, norm, second, keep) -> three arrays


def _between(random, highest: int | None = None):
    """A convolution, a norm and a convolution with more inputs and outputs than channels between, and what to keep."""
    channels = 2 * int(random.integers(4, 7)) + 1
    first = random.normal(size=(channels, channels + 3, 3, 3))
    norm = random.normal(size=(4, channels))
    second = random.normal(size=(channels + 5, channels, 3, 3))
    count = 3 if highest is not None else int(random.integers(5, channels - 2))
    count += 2 * count == channels  # so that what stays and what leaves differ in number
    keep = np.sort(random.choice(channels if highest is None else highest, count, replace=False))
    return first, norm, second, keep


def _three(found: object) -> list:
    found = parts(found, 3, "the three arrays first, norm, second")
    if np.ndim(found[0]) == 2:
        raise Wrong("the order is wrong: end your function with `return first, norm, second`")
    return found


def _cut(found: object, whole: np.ndarray, keep: np.ndarray, axis: int, which: str, wrong_axis: str) -> None:
    """Raises `Wrong` unless `found` is `whole` with only `keep` of its `axis`."""
    right, other = np.take(whole, keep, axis), tuple(np.delete(whole, keep, axis).shape)
    shape = tuple(found.shape) if type(found) is np.ndarray else None
    if shape == whole.shape:
        raise Wrong(f"{which} still has all its channels: take them out, so that the array gets smaller")
    if shape == other:
        raise Wrong(f"keep names the channels that stay; {which} has lost just these")
    if shape == tuple(np.delete(whole, 0, axis).shape) or (shape and len(shape) < whole.ndim):
        raise Wrong(
            f"{which} has the shape {shape}, not {right.shape}: index with the whole of keep at once, and "
            "leave the other axes as they are"
        )
    if shape and shape != right.shape and shape[axis] == whole.shape[axis]:
        raise Wrong(wrong_axis)
    values = array(found, right.shape)
    if not all_near(values.ravel().tolist(), right.ravel().tolist()):
        raise Wrong(f"{which} has the right shape, but not the channels that keep names, in their order")


def _the_first_convolution_loses_outputs(answer, random):
    first, norm, second, keep = _between(random)
    found = _three(answer(first, norm, second, keep))[0]
    _cut(found, first, keep, 0, "first", "first loses outputs, its first axis: first[keep]")


def _the_norm_loses_the_same_channels(answer, random):
    first, norm, second, keep = _between(random, highest=4)
    found = _three(answer(first, norm, second, keep))[1]
    _cut(found, norm, keep, 1, "norm", "in norm the channels are the columns, one row each for scale, shift and so on")


def _the_second_convolution_loses_inputs(answer, random):
    first, norm, second, keep = _between(random)
    found = _three(answer(first, norm, second, keep))[2]
    _cut(found, second, keep, 1, "second", "second loses inputs, its second axis: second[:, keep]")


# pruned_twice(first, second) -> 0..1


def _twice(answer, first: float, second: float) -> None:
    found = number(answer(first, second), "a share")
    mistakes = {
        "the second amount is a share of what was left, so the two do not simply add up": first + second,
        "this is what is left; the share that was removed is wanted": (1 - first) * (1 - second),
        "this is the product of the amounts; multiply what each one leaves instead": first * second,
        "the second pruning removes more weights, not fewer": first * (1 - second),
        "a share cannot be cut off at 1: the second amount is a share of what was left": min(1.0, first + second),
        "this is the larger one: the second amount counts only what was left, so both matter": max(first, second),
        "this is what the second pruning removes; add what the first one removed": (1 - first) * second,
    }
    right = 1 - (1 - first) * (1 - second)
    expect(found, right, mistakes, f"{first:.3f} and then {second:.3f} of the rest make {right:.4f}, not {found:.4f}")


def _the_second_amount_is_a_share_of_the_rest(answer, random):
    _twice(answer, float(random.uniform(0.15, 0.35)), float(random.uniform(0.4, 0.6)))


def _large_amounts_never_pass_one(answer, random):
    _twice(answer, float(random.uniform(0.75, 0.95)), float(random.uniform(0.5, 0.7)))


# masked_step(weights, gradient, mask, lr) -> array


def _step(answer, random):
    n = int(random.integers(12, 20))
    mask = random.permutation(np.arange(n) % 3 != 0)
    weights, gradient = (random.uniform(*ends, n) * random.choice([-1, 1], n) for ends in ((1, 2), (0.5, 1)))
    weights[np.flatnonzero(mask)[:3]] = 0, -1.5, 1.5  # whatever was drawn, one is 0 and some have either sign
    weights, lr = np.where(mask, weights, 0.0), float(random.uniform(0.11, 0.2))
    found = array(answer(weights, gradient, mask, lr), (n,))
    return found, weights, gradient, mask, lr


def _kept_weights_take_the_step(answer, random):
    found, weights, gradient, mask, lr = _step(answer, random)
    mistakes = {
        "the weights did not move: subtract lr * gradient from them": weights,
        "walk downhill: subtract lr * gradient, do not add it": weights + lr * gradient,
        "multiply the gradient by the learning rate lr": weights - gradient,
        "True means kept: these weights should move, and the others stay zero": 0 * weights,
        "a kept weight that is 0 takes the step too: use `mask`": (weights - lr * gradient) * (weights != 0),
        "weights may be negative: leave their sign": abs(weights - lr * gradient),
        "weights may be negative: do not cut them off at 0": np.maximum(weights - lr * gradient, 0),
        "use `lr`, not always 0.1": weights - 0.1 * gradient,
    }
    for hint, mistake in mistakes.items():
        if all_near(found[mask], mistake[mask]):
            raise Wrong(hint)
    if not all_near(found[mask], (weights - lr * gradient)[mask]):
        raise Wrong("a kept weight becomes weight - lr * gradient")


def _removed_weights_stay_zero(answer, random):
    found, weights, gradient, mask, lr = _step(answer, random)
    if all_near(found[mask], 0 * weights[mask]):
        raise Wrong("True means kept: only the weights whose mask is False are zero")
    if all_near(found[~mask], -lr * gradient[~mask]):
        raise Wrong("the removed weights came back: their gradient is not zero, so put the mask on after the step")
    if not all_near(found[~mask], 0 * weights[~mask]):
        raise Wrong("a weight whose mask is False must be zero after the step")


# cubic_amount(step, steps, amount) -> 0..1


def _cubic(answer, step: int, steps: int, amount: float) -> None:
    found, done = number(answer(step, steps, amount), "a share"), min(step / steps, 1.0)
    right = amount * (1 - (1 - done) ** 3)
    mistakes = {
        "this is a straight line; the slide into sparsity is cubic: fast first, slow at the end": amount * done,
        "this starts slowly and ends fast; it should be the other way round: 1 - (1 - step/steps)^3": amount * done**3,
        "this is what is still to be removed; subtract it from amount": amount * (1 - done) ** 3,
        "the power is three": amount * (1 - (1 - done) ** 2),
        "multiply by amount: the schedule ends there and not at 1": right / amount,
        "from `steps` on the amount stays what it is: step / steps must not pass 1": amount
        * (1 - (1 - step / steps) ** 3),
        "from `steps` on the amount stays what it is, it does not grow": amount * step / steps,
    }
    expect(found, right, mistakes, f"at step {step} of {steps} the amount is {right:.4f}, not {found:.4f}")


def _most_is_removed_early(answer, random):
    steps = int(random.integers(40, 90))
    _cubic(answer, int(steps * random.uniform(0.2, 0.6)), steps, float(random.uniform(0.5, 0.95)))


def _it_starts_at_nothing_and_ends_at_the_amount(answer, random):
    steps, amount = int(random.integers(40, 90)), float(random.uniform(0.5, 0.95))
    start = number(answer(0, steps, amount), "a share")
    if abs(start) > 1e-9:
        raise Wrong(f"at step 0 nothing is removed yet: the amount is 0, not {start:.4f}")
    _cubic(answer, steps, steps, amount)


def _after_the_last_step_it_stays(answer, random):
    steps = int(random.integers(40, 90))
    _cubic(answer, steps + int(random.integers(5, 30)), steps, float(random.uniform(0.5, 0.95)))


# stored_bytes(size, nonzeros, way) -> bytes


def _bytes(answer, random, way: str, right, mistakes) -> None:
    size = int(random.integers(5_000, 50_000))
    nonzeros = int(size * random.uniform(0.15, 0.4)) * 2 + 1
    found = number(answer(size, nonzeros, way), "a number of bytes")
    hints = {hint: value(size, nonzeros) for hint, value in mistakes.items()}
    otherwise = f"{size} weights, {nonzeros} of them not zero, take {right(size, nonzeros)} bytes when {way}"
    expect(found, right(size, nonzeros), hints, otherwise)


def _zeros_take_room_too(answer, random):
    mistakes = {
        "a zero in a dense array takes 4 bytes like any other number: pruning alone saves nothing": lambda n, k: 4 * k,
        "float32 takes 4 bytes, one of which has 8 bits": lambda n, k: 32 * n,
        "a number takes 4 bytes": lambda n, k: n,
    }
    _bytes(answer, random, "dense", lambda n, k: 4 * n, mistakes)


def _a_mask_is_a_second_array(answer, random):
    mistakes = {
        "before prune.remove the mask is there as well, as many float32 again": lambda n, k: 4 * n,
        "the mask is float32 as well: 4 bytes for each weight, not 1": lambda n, k: 5 * n,
        "the mask is float32 as well: 4 bytes for each weight, not a bit": lambda n, k: 4 * n + n / 8,
        "weight_orig still holds every weight: zeros take room too": lambda n, k: 4 * k + 4 * n,
    }
    _bytes(answer, random, "masked", lambda n, k: 8 * n, mistakes)


def _sparse_needs_indices(answer, random):
    mistakes = {
        "an index says where each value stands: 4 bytes more for each": lambda n, k: 4 * k,
        "only the weights that are not zero are stored": lambda n, k: 8 * n,
        "store the weights that are not zero; you counted the zeros": lambda n, k: 8 * (n - k),
        "an index is needed for each stored value, not for every weight": lambda n, k: 4 * k + 4 * n,
        "this is the dense array: when sparse, only weights that are not zero are stored": lambda n, k: 4 * n,
    }
    _bytes(answer, random, "sparse", lambda n, k: 8 * k, mistakes)


# kept_channels(weights, amount) -> indices


def _channels(random):
    """Kernels whose order by L1 norm differs from that by sum and by L2 norm; how many leave; which stay."""
    while True:
        n = 2 * int(random.integers(5, 9)) + 1
        weights = random.normal(size=(n, int(random.integers(2, 5)), 3, 3)) * random.uniform(0.5, 1.5, (n, 1, 1, 1))
        weights *= random.random(weights.shape) < random.uniform(0.2, 1, (n, 1, 1, 1))
        removed = int(random.integers(3, n // 2))
        flat = weights.reshape(n, -1)
        orders = [np.abs(flat).sum(1), flat.sum(1), (flat**2).sum(1), np.abs(flat.sum(1)), np.abs(flat).max(1)]
        orders.append(np.abs(weights[:, 0]).sum((1, 2)))
        choices = [np.sort(np.argsort(scores)[removed:]).tolist() for scores in orders]
        if len({tuple(one) for one in choices}) == len(choices) and len(set(orders[0])) == n:
            return weights, removed, choices, np.argsort(orders[0])


def _indices(answer, weights, removed, more: float) -> list[float]:
    """The answer to an amount of `more` channels than are `removed`, which rounding makes whole."""
    n, product = len(weights), removed + more
    found = answer(weights, product / n)
    if type(found) in (list, tuple, np.ndarray) and len(np.shape(found)) == 1 and len(found) == n:
        raise Wrong(f"indices of the {n - removed} channels that stay are wanted, not one value for each channel")
    if type(found) in (list, tuple, np.ndarray) and len(np.shape(found)) == 1 and len(found) == removed:
        raise Wrong("amount is the share that leaves: the indices of those that stay are wanted")
    if type(found) in (list, tuple, np.ndarray) and len(np.shape(found)) == 1 and abs(len(found) - n + removed) == 1:
        raise Wrong(f"round({product:.1f}) = {removed} of {n} channels leave, so {n - removed} stay, not {len(found)}")
    return numbers(found, n - removed, "indices of channels").tolist()


def _the_strongest_channels_stay(answer, random):
    weights, removed, choices, order = _channels(random)
    found = sorted(_indices(answer, weights, removed, 0.3))
    hints = (
        "take the absolute value before you add up: weights of opposite sign must not cancel",
        "this is the L2 norm (squares); add up absolute values instead",
        "take the absolute value of each weight before you add up, not of the sum",
        "add up all the absolute values of a channel; the largest one alone is not its L1 norm",
        "add up over all inputs of a channel, not the first one alone",
    )
    for choice, hint in zip(choices[1:], hints):
        if found == choice:
            raise Wrong(hint)
    if found == sorted(order[: len(found)].tolist()):
        raise Wrong("these are the weakest channels; the strongest should stay")
    if found != choices[0]:
        raise Wrong(f"the channels that stay should be {choices[0]}, by the sum of absolute weights of each")


def _the_order_of_the_network_is_kept(answer, random):
    weights, removed, *_ = _channels(random)
    found = _indices(answer, weights, removed, -0.3)
    if len(set(found)) < len(found):
        raise Wrong("a channel is there twice: name each that stays once")
    if found != sorted(found):
        raise Wrong("the indices must ascend, so that the channels keep their order: sort them at the end")
    if not set(found) <= set(range(len(weights))):
        raise Wrong(f"the indices of {len(weights)} channels go from 0 to {len(weights) - 1}")


EXERCISES: tuple[Exercise, ...] = (
    Exercise(
        "magnitude_mask",
        2,
        True,
        (_the_smallest_magnitudes_leave, _exactly_the_share_leaves, _a_kernel_keeps_its_shape),
    ),
    Exercise("model_sparsity", 2, True, (_one_layer_is_counted, _large_layers_count_for_more, _only_zeros_count)),
    Exercise("pruned_twice", 1, False, (_the_second_amount_is_a_share_of_the_rest, _large_amounts_never_pass_one)),
    Exercise("masked_step", 1, False, (_kept_weights_take_the_step, _removed_weights_stay_zero)),
    Exercise(
        "cubic_amount",
        1,
        False,
        (_most_is_removed_early, _it_starts_at_nothing_and_ends_at_the_amount, _after_the_last_step_it_stays),
    ),
    Exercise("stored_bytes", 1, False, (_zeros_take_room_too, _a_mask_is_a_second_array, _sparse_needs_indices)),
    Exercise("kept_channels", 1, False, (_the_strongest_channels_stay, _the_order_of_the_network_is_kept)),
    Exercise(
        "remove_channels",
        2,
        True,
        (
            _the_first_convolution_loses_outputs,
            _the_norm_loses_the_same_channels,
            _the_second_convolution_loses_inputs,
        ),
    ),
)
