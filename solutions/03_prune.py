# %% [markdown]
# # Lab 03: Prune
#
# A suitcase that is too heavy gets lighter by leaving things at home. After this lab you can
#
# - remove the weights that matter least, and say what share of the whole model is gone;
# - fine-tune what is left without bringing the removed weights back;
# - tell pruning that only writes zeros from pruning that makes a network smaller and faster.
#
# **Time:** 40 minutes for the three core exercises; the five others are a bonus. **Slides:** *Pruning: Remove Useless
# Weights*, *Pruning in PyTorch*, *Model Optimization Techniques*. Run each cell with Shift + Enter. In an exercise, replace
# the line `raise NotImplementedError` by your code, run the cell, then run the check below it. Do not round what you return.
# To go on after a restart of the kernel, choose *Run*, *Run All Above Selected Cell*: a cell with `lk.keep` (lab 01) takes what
# it found before.

# %% setup="torch onnx"
import copy

import numpy as np
import pandas as pd
import torch
import torch.nn.utils.prune as prune
from safetensors.torch import save_file
import labkit as lk
from labkit.check import check

lk.plots.setup()
print(lk.measure.describe())

# %% [markdown]
# ## 1 Which weights are useless?
#
# The slide's idea: many weights are close to zero, and a number times nearly nothing is nearly nothing, so take them out.
# How close to zero a weight is, whatever its sign, is its *magnitude*. The share that leaves is the *amount*. Here is the
# slide's example: of five weights, 40 % leave.

# %%
weights = np.array([0.9, 0.01, -0.8, 0.001, 0.7])
amount = 0.4

# %% [markdown]
# ### Exercise: `magnitude_mask` (core, 2 points)
#
# A *mask* says which weights stay: True is kept, False is removed. Return the mask, a NumPy array of True and False in the
# shape of `weights`, in which the `round(amount * weights.size)` weights of smallest magnitude are False. `weights` can
# have any shape; all of its numbers compete with each other. No two magnitudes are equal; `amount` is below 1.
#
# <details><summary>Hint 1</summary>How many weights leave? Which magnitude is the first that may stay?</details>
# <details><summary>Hint 2</summary>Sort the magnitudes: <code>np.sort(np.abs(weights), axis=None)</code> is a flat, sorted
# copy. Position 0 is the smallest.</details>
# <details><summary>Hint 3</summary>If <code>removed</code> weights leave, those stay whose magnitude is at least
# <code>magnitudes[removed]</code>.</details>


# %% exercise="magnitude_mask"
def magnitude_mask(weights, amount):
    """Which weights stay: True and False, in the shape of `weights`."""
    ### BEGIN SOLUTION
    removed = round(amount * weights.size)
    magnitudes = np.sort(np.abs(weights), axis=None)
    return np.abs(weights) >= magnitudes[removed]
    ### END SOLUTION


# %% check="magnitude_mask"
check("magnitude_mask", magnitude_mask)

# %% [markdown]
# **See it.** The slide's five numbers, and below them the weights of our baseline in colours: what leaves at 40 %?

# %% tags=["nbval-check-output"]
mask = lk.prune.magnitude_mask(weights, amount)
print("before:", weights.tolist())
print("after: ", np.where(mask, weights, 0).tolist())

# %%
model = lk.load_baseline()
every = np.concatenate([one.ravel() for one in lk.prune.weights_of(model).values()])
threshold = np.sort(np.abs(every))[round(0.4 * every.size)]
ax = lk.plots.weight_histogram(every, threshold)

# %% [markdown]
# PyTorch does it too. This is the slide's call, on the first linear layer of the baseline. Does its mask agree with ours?

# %% tags=["nbval-check-output"]
sliced = copy.deepcopy(model)
layer = sliced.classifier[1]
prune.l1_unstructured(layer, name="weight", amount=0.3)
ours = lk.prune.magnitude_mask(model.classifier[1].weight.detach().numpy(), 0.3)
print("the same mask:", np.array_equal(layer.weight_mask.numpy() == 1, ours))
print("the layer now holds:", [name for name, _ in layer.named_parameters()], "and weight_mask")

# %% [markdown]
# **Question (1 point, marked by hand).** We rank weights by magnitude and look at no image. When can a weight of small
# magnitude matter more than a large one?

# %% [markdown] written="why_magnitude" points=1
# A weight is multiplied by its input. If that input is large for most images, a small weight moves the output more than a
# large weight whose input is nearly always zero. Magnitude is a cheap guess that needs no data.

# %% [markdown]
# ## 2 How much of the model is gone?
#
# The slide ends with a print-out of the *sparsity*, the share of zeros, from 0 to 1. `prune.remove` makes the zeros
# permanent. Run the slide's lines: what exactly is 30 % sparse?

# %% tags=["nbval-check-output"]
prune.remove(layer, "weight")
zeros = (layer.weight == 0).sum()
total = layer.weight.numel()
print(f"Sparsity: {zeros / total:.1%}")

# %% [markdown]
# ### Exercise: `model_sparsity` (core, 2 points)
#
# `layers` is a list of NumPy arrays, the weights of each layer, in any shapes. Return the sparsity of the whole model: the
# zeros of all layers over the weights of all layers, a number from 0 to 1.
#
# <details><summary>Hint 1</summary>Two totals, zeros and weights, that grow from layer to layer; divide once, at the
# end.</details>
# <details><summary>Hint 2</summary><code>weights == 0</code> is True where a weight is zero, and True counts as 1 in
# <code>.sum()</code>.</details>
# <details><summary>Hint 3</summary><code>zeros += (weights == 0).sum()</code> and <code>total += weights.size</code>.</details>


# %% exercise="model_sparsity"
def model_sparsity(layers):
    """The share of zeros among all weights, 0 to 1."""
    ### BEGIN SOLUTION
    zeros = 0
    total = 0
    for weights in layers:
        zeros += (weights == 0).sum()
        total += weights.size
    return zeros / total
    ### END SOLUTION


# %% check="model_sparsity"
check("model_sparsity", model_sparsity)

# %% [markdown]
# **See it.** The slide's call on three different layers, one at a time, always with 30 %. The layer is 30 % sparse each
# time. And the model?

# %% tags=["nbval-check-output"]
for name in ("features.0", "features.17", "classifier.1"):
    one = lk.prune.pruned(model, lk.prune.layer_masks(model, {name: 0.3}))
    by_layer = lk.prune.weights_of(one)
    share = lk.prune.model_sparsity(list(by_layer.values()))
    print(f"30 % of {name:12} ({by_layer[name].size:7,} weights): model sparsity {share:.2%}")

# %% [markdown]
# PyTorch can also let all layers compete: `global_unstructured` removes the smallest weights of the whole model, wherever
# they are. **Predict:** which layers lose most?

# %% tags=["nbval-check-output"]
together = copy.deepcopy(model)
parts = [(one, "weight") for one in lk.prune.layers(together).values()]
prune.global_unstructured(parts, pruning_method=prune.L1Unstructured, amount=0.8)
for name, one in lk.prune.layers(together).items():
    print(f"{name:12} {float((one.weight == 0).float().mean()):.1%} of {one.weight.numel():7,}")

# %% [markdown]
# The large layers have small weights and lose most; the first convolution sees the image itself and keeps nearly all.
#
# **Question (1 point, marked by hand).** A colleague prunes 90 % of a layer with 10,000 weights in a model of 1,000,000 and
# reports "90 % sparse". What is the model's sparsity, and which of the two numbers would you put into a report?

# %% [markdown] written="why_sparsity" points=1
# 9,000 of 1,000,000 weights are zero, so the model's sparsity is 0.9 %. The report needs the model's number, because bytes
# and time are those of the whole model; the layer's number only with the layer's name and size beside it.

# %% [markdown]
# ### Exercise: `pruned_twice` (bonus, 1 point)
#
# Run a cell with the slide's call twice, and you prune twice. The second call counts only what the first one left: its amount
# is a share of *that*. Return the sparsity after removing the share `first`, then the share `second` of the rest.
#
# <details><summary>Hint 1</summary>Follow what is left: 100 weights, then how many, then how many?</details>
# <details><summary>Hint 2</summary>After the first call the share <code>1 - first</code> is left; the second leaves the
# share <code>1 - second</code> of it.</details>
# <details><summary>Hint 3</summary>Sparsity is 1 minus what is left.</details>


# %% exercise="pruned_twice"
def pruned_twice(first, second):
    """The sparsity after two prunings, 0 to 1."""
    ### BEGIN SOLUTION
    left = (1 - first) * (1 - second)
    return 1 - left
    ### END SOLUTION


# %% check="pruned_twice"
check("pruned_twice", pruned_twice)

# %% [markdown]
# **See it.** PyTorch, with the slide's 30 % once, twice, three times.

# %% tags=["nbval-check-output"]
layer = copy.deepcopy(model).classifier[1]
expected = 0.0
for times in (1, 2, 3):
    prune.l1_unstructured(layer, name="weight", amount=0.3)
    expected = lk.prune.pruned_twice(expected, 0.3)
    found = float((layer.weight == 0).float().mean())
    print(f"{times} x 30 %: {found:.2%} are zero, by arithmetic {expected:.2%}")

# %% [markdown]
# ## 3 What does it cost in accuracy?
#
# Accuracy does not depend on the machine, so it was computed beforehand for every amount, on all 10,000 test images, and
# ships with the course. Bytes and time do depend on it: the next cell measures them here, for some seconds (or, where you
# set `skip = True`, shows those of another machine, and says so).

# %%
skip = False
splits = lk.data.load()
shipped = {part: lk.sweeps.load(f"prune_{part}") for part in ("unstructured", "structured")}
accuracies = [row for sweep in shipped.values() for row in sweep.rows if row["kind"] != "random"]
costs = lk.sweeps.here(
    "prune_amounts",
    lambda: lk.prune.measure_amounts(model, splits.test.inputs[:1]),
    weights=("baseline.safetensors",),
    skip=skip,
)

# %% [markdown]
# Answer the question, then move the first slider. Leave the second one alone for now: channels come in section 5, and the
# two lower panels in section 4. *Fine-tuned* means trained for a short while after pruning: more of that below.

# %%
sources = [shipped["unstructured"].source, costs.source]
lk.widgets.pruning_explorer(accuracies, costs.rows, lk.prune.EDGES, sources)

# %% [markdown]
# Do the shipped numbers hold? This cell computes one point again, on the first 1,000 test images, and compares image by
# image.

# %%
few = lk.data.Split(splits.test.images[:1000], splits.test.labels[:1000])
pruned = lk.prune.pruned(model, lk.prune.global_masks(model, 0.9))
correct = lk.train.correct(lk.torch_predictor(pruned), few)
row = shipped["unstructured"].one(kind="unstructured", amount=0.9, tuned=False)
same = (correct == lk.sweeps.unpack(row["correct"])[:1000]).mean()
print(f"{correct.mean():.1%} of 1,000 images; the shipped answers agree on {same:.1%} of them")

# %% [markdown]
# ### Is it the *small* weights that are useless?
#
# Perhaps any weights could leave. A fair test has a *control*: the same amount, drawn by lot. **Predict:** at 50 %, how many
# points better is smallest-first than drawing lots?

# %%
my_guess = None  # in points, 0 to 84
at_once = shipped["unstructured"].select(tuned=False)
curves = {
    "smallest first": [row for row in at_once if row["kind"] == "unstructured"],
    "drawn by lot": [row for row in at_once if row["kind"] == "random"],
}
ax = lk.plots.accuracy_curves(curves)

# %%
half = {name: next(r for r in rows if r["amount"] == 0.5) for name, rows in curves.items()}
lots, smallest = (lk.sweeps.unpack(half[n]["correct"]) for n in ("drawn by lot", "smallest first"))
gain = [100 * x for x in lk.measure.accuracy_difference(lots, smallest)]
verdicts = [lk.claims.judge("P4.random", *gain)]
print(f"you guessed {my_guess}; it is {gain[0]:.1f} points ({gain[1]:.1f} to {gain[2]:.1f})")

# %% [markdown]
# And how many are "many"? We count a loss of up to 2 points as small, as the slide does. The interval runs from the largest
# amount whose loss is surely below that to the first whose loss is surely above.

# %%
whole = lk.sweeps.unpack(curves["smallest first"][0]["correct"])
loss = {}
for row in curves["smallest first"]:
    change = lk.measure.accuracy_difference(whole, lk.sweeps.unpack(row["correct"]))
    loss[row["amount"]] = [-100 * x for x in change]  # middle, most, least
likely = max(a for a, (middle, most, least) in loss.items() if middle <= 2)
surely = max(a for a, (middle, most, least) in loss.items() if most <= 2)
beyond = min((a for a, (middle, most, least) in loss.items() if least > 2), default=1.0)
verdicts.append(lk.claims.judge("P4.near_zero", likely, surely, beyond))
lk.claims.table(*verdicts)

# %% [markdown]
# ### Are all layers alike?
#
# A *sensitivity scan* prunes one layer at a time and leaves all others whole. It is a way to choose amounts, so it uses the
# validation images (also shipped).

# %%
scan = lk.sweeps.load("prune_sensitivity")
ax = lk.plots.accuracy_curves({name: scan.select(layer=name) for name in lk.prune.layers(model)})

# %% [markdown]
# Compare the linear layer `classifier.1`, with three quarters of all weights, and the early convolutions, which have few. A
# single amount for every layer would be too much for some and too little for others; letting all layers compete also
# takes most from the large linear layer, without a scan.
#
# ### What does training bring back?
#
# After pruning, a short training lets the weights that are left take over: *fine-tuning*. But look at what happens to the
# zeros. **Predict** the sparsity after a few steps on the network that you just saw, 90 % sparse.

# %%
my_guess = None  # a share, 0 to 1
masks = lk.prune.global_masks(model, 0.9)
tuned = lk.prune.pruned(model, masks)
lk.train.fit(tuned, splits.train.subset(1000), epochs=1, lr=0.01, bfloat16=True)
share = lk.prune.model_sparsity(list(lk.prune.weights_of(tuned).values()))
print(f"you guessed {my_guess}; after {1000 // 128} steps the sparsity is {share:.1%}")

# %% [markdown]
# ### Exercise: `masked_step` (bonus, 1 point)
#
# The gradient (the slope that training follows) of a removed weight is not zero: training wants it back. Write a step that does not allow it. `weights`,
# `gradient` and `mask` are arrays of the same shape, `mask` True where a weight is kept; removed weights are 0. Take one
# step downhill, `weights - lr * gradient`, and return the array of weights with the removed ones still at zero.
#
# <details><summary>Hint 1</summary>First the step, then the mask.</details>
# <details><summary>Hint 2</summary>In a product, True counts as 1 and False as 0.</details>
# <details><summary>Hint 3</summary><code>(...) * mask</code></details>


# %% exercise="masked_step"
def masked_step(weights, gradient, mask, lr):
    """The weights after one step, the removed ones still zero."""
    ### BEGIN SOLUTION
    return (weights - lr * gradient) * mask
    ### END SOLUTION


# %% check="masked_step"
check("masked_step", masked_step)

# %% [markdown]
# **See it.** `fit` calls a function of yours after each step: `hold(masks)` puts the mask back on.

# %%
tuned = lk.prune.pruned(model, masks)
hold = lk.prune.hold(masks)
lk.train.fit(tuned, splits.train.subset(1000), epochs=1, lr=0.01, bfloat16=True, after_step=hold)
share = lk.prune.model_sparsity(list(lk.prune.weights_of(tuned).values()))
print(f"with the mask held, the sparsity is {share:.1%}")

# %% [markdown]
# ### Exercise: `cubic_amount` (bonus, 1 point)
#
# Instead of removing all at once, one can remove a little, train a little, and so on, much at first and less and less
# towards the end. At `step` of `steps`, remove up to `amount * (1 - (1 - step / steps)**3)`. From `steps` on it
# stays at `amount`. Return this share.
#
# <details><summary>Hint 1</summary>What is the formula at step 0, and at the last step?</details>
# <details><summary>Hint 2</summary>After the last step, <code>step / steps</code> must not grow beyond 1.</details>
# <details><summary>Hint 3</summary><code>min(step / steps, 1)</code></details>


# %% exercise="cubic_amount"
def cubic_amount(step, steps, amount):
    """The share that is removed at a step of a gradual schedule, 0 to 1."""
    ### BEGIN SOLUTION
    left = 1 - min(step / steps, 1)
    return amount * (1 - left**3)
    ### END SOLUTION


# %% check="cubic_amount"
check("cubic_amount", cubic_amount)

# %% [markdown]
# **See it.** Both ways with the same number of fine-tuning steps, from two starting seeds each (shipped). The difference is
# taken image by image; an interval that holds 0 says that the test images cannot tell.

# %%
schedule, differences = lk.sweeps.load("prune_schedule"), {}
for row in schedule.select(way="gradual"):
    other = schedule.one(way="one-shot", amount=row["amount"], seed=row["seed"])
    pair = [lk.sweeps.unpack(one["correct"]) for one in (other, row)]
    name = f"{row['amount']:.0%} removed, seed {row['seed']}"
    differences[name] = lk.measure.accuracy_difference(*pair)
ax = lk.plots.differences(differences, "gradual minus one-shot")

# %% [markdown]
# Gradual pruning is no better here. Perhaps it has too few steps: of 156, half pass before the amount is reached. Those
# who proposed it (Zhu and Gupta, 2017) trained for many thousands of steps.
#
# **Question (1 point, marked by hand).** Fine-tuning runs over the training images again. Why would it be wrong to compare a
# fine-tuned pruned network with a baseline that got no further training, and what does the amount 0 in the figure above tell?

# %% [markdown] written="why_control" points=1
# The further training may help by itself, so that pruning looks harmless, or even good. The control is the baseline with the
# same fine-tuning and nothing removed: the point at amount 0. The cost of pruning is the distance to that point.

# %% [markdown]
# ## 4 Smaller? Faster?
#
# The slide names two benefits: a smaller model and faster inference. Files first: the baseline; pruned to 90 % as PyTorch
# holds it before `prune.remove`; after it.

# %%
folder = lk.results.folder() / "03"
folder.mkdir(parents=True, exist_ok=True)


def save(network, name):
    save_file(network.state_dict(), folder / f"{name}.safetensors")
    return lk.size(folder / f"{name}.safetensors")


sparse = copy.deepcopy(model)
parts = [(one, "weight") for one in lk.prune.layers(sparse).values()]
prune.global_unstructured(parts, pruning_method=prune.L1Unstructured, amount=0.9)
sizes = {"baseline": save(model, "baseline"), "before remove": save(sparse, "before_remove")}

# %%
for one, name in parts:
    prune.remove(one, name)
sizes["after remove"] = save(sparse, "after_remove")
table = {name: {"bytes": s.size_bytes, "gzip": s.gzip_bytes} for name, s in sizes.items()}
table = pd.DataFrame.from_dict(table, orient="index")
table["of baseline"] = table.bytes / table.bytes["baseline"]
table["gzip of baseline"] = table.gzip / table.gzip["baseline"]
table.round(2)

# %%
for id, name, column in (
    ("P1.masked", "before remove", "bytes"),
    ("P1.raw", "after remove", "bytes"),
    ("P1.gzip", "after remove", "gzip"),
):
    verdicts.append(lk.claims.judge(id, table[column]["baseline"] / table[column][name]))
lk.claims.table(*verdicts[-3:])

# %% [markdown]
# A zero takes four bytes like any other number. `gzip` finds the zeros, so what is *sent* gets smaller, not what is held in
# memory.
#
# ### Exercise: `stored_bytes` (bonus, 1 point)
#
# Return the bytes of `size` float32 weights, `nonzeros` of which are not zero, for three ways to store them.
# `"dense"`: all values. `"masked"`: as before `prune.remove`, all values and a mask of as many float32. `"sparse"`: only
# the values that are not zero, each with a 4-byte index that says where it stands.
#
# <details><summary>Hint 1</summary>A float32 takes 4 bytes, be it zero or not.</details>
# <details><summary>Hint 2</summary>Before <code>prune.remove</code> there are two arrays of the same size.</details>
# <details><summary>Hint 3</summary>A value and its index take <code>4 + 4</code> bytes together.</details>


# %% exercise="stored_bytes"
def stored_bytes(size, nonzeros, way):
    """Bytes of the weights when stored in one of three ways."""
    ### BEGIN SOLUTION
    if way == "dense":
        return 4 * size
    if way == "masked":
        return 2 * 4 * size
    return (4 + 4) * nonzeros
    ### END SOLUTION


# %% check="stored_bytes"
check("stored_bytes", stored_bytes)

# %% [markdown]
# **See it.** From which sparsity on does a sparse file pay?

# %% tags=["nbval-check-output"]
for sparsity in (0.3, 0.5, 0.8, 0.9):
    bytes_ = lk.prune.stored_bytes(every.size, round((1 - sparsity) * every.size), "sparse")
    dense = lk.prune.stored_bytes(every.size, 0, "dense")
    print(f"{sparsity:.0%} zeros: sparse {bytes_ / 1e6:.2f} MB, dense {dense / 1e6:.2f} MB (10^6)")

# %% [markdown]
# Now time. "Faster inference (fewer multiplications)", says the slide. **Predict:** 90 % of the weights are zero; how much of
# the baseline's time does the pruned network take?

# %%
my_guess = None  # a ratio, 0.1 to 1
contestants = {"baseline": model, "a copy of it": copy.deepcopy(model), "90 % zeros": sparse}
predictors = {name: lk.torch_predictor(network) for name, network in contestants.items()}
comparison = lk.keep(
    "03_zeros", lambda: lk.compare(predictors, splits.test.inputs[:1], tolerance=None)
)
comparison

# %%
zeros = comparison["90 % zeros"]
ends = (1 / zeros.ratio, 1 / zeros.ratio_high, 1 / zeros.ratio_low)
verdicts.append(lk.claims.judge("P2.unstructured", *ends))
print(f"you guessed {my_guess}; here {zeros.ratio:.2f}")
lk.claims.table(verdicts[-1])

# %% [markdown]
# The copy is the control. It can differ from its original by some percent, probably because its numbers lie elsewhere in memory; a
# difference of that size says nothing about zeros.
#
# **Question (1 point, marked by hand).** Nine of ten multiplications are by zero. Why does the processor take as long?

# %% [markdown] written="why_not_faster" points=1
# The shapes are the same, so the same loop multiplies the same number of values; a product with zero takes as long as any
# other. To skip zeros, the program would have to look at each weight or at a list of indices, which costs more than a
# multiplication. Only where whole rows, columns or channels are gone is there less to do.

# %% [markdown]
# ## 5 How does a network really get smaller?
#
# Instead of single weights, take out whole channels: *structured* pruning. It is like taking whole books from a shelf
# instead of single letters from the pages. The shelf gets shorter.
#
# ### Exercise: `kept_channels` (bonus, 1 point)
#
# Which channels may leave? `weights` has the shape (outputs, inputs, size, size). The L1 norm of an output channel is the
# sum of the absolute values of all its weights. The `round(amount * outputs)` channels of smallest norm leave. Return the
# indices of those that stay, ascending.
#
# <details><summary>Hint 1</summary>First one number for each channel, then their order.</details>
# <details><summary>Hint 2</summary><code>np.abs(weights).sum(axis=(1, 2, 3))</code> gives one number a channel, and
# <code>np.argsort</code> the indices from the smallest to the largest.</details>
# <details><summary>Hint 3</summary>Cut off the first <code>removed</code> of these indices, then
# <code>np.sort</code>.</details>


# %% exercise="kept_channels"
def kept_channels(weights, amount):
    """Indices of the output channels that stay, ascending."""
    ### BEGIN SOLUTION
    norms = np.abs(weights).sum(axis=(1, 2, 3))
    removed = round(amount * len(weights))
    return np.sort(np.argsort(norms)[removed:])
    ### END SOLUTION


# %% check="kept_channels"
check("kept_channels", kept_channels)

# %% [markdown]
# **See it.** Behind each convolution of ours stands a BatchNorm, which stretches every channel: its scale is another measure
# of strength. On 1,000 validation images: which one chooses better, if 10 % of all channels leave without fine-tuning?

# %%
choose = splits.validation.subset(1000)
for by, words in {"l1": "L1 norm of the weights", "norm": "scale in the BatchNorm"}.items():
    smaller = lk.prune.rebuild(model, lk.prune.keep_channels(model, 0.1, by=by))
    correct = lk.train.correct(lk.torch_predictor(smaller), choose)
    low, high = lk.measure.wilson(correct.sum(), len(correct))
    print(f"{words:24} {correct.mean():.1%} ({low:.1%} to {high:.1%})")

# %% [markdown]
# ### Exercise: `remove_channels` (core, 2 points)
#
# A convolution makes channels, a BatchNorm scales them, a second convolution reads them. Keep only the channels in `keep`, an
# array of indices. `first` has the shape (channels, inputs, size, size), `norm` is (4, channels), with a row each for scale,
# shift, mean and variance, `second` is (outputs, channels, size, size). Return the three smaller arrays `first, norm,
# second`.
#
# <details><summary>Hint 1</summary>In each array, find the axis of the channels between the two convolutions.</details>
# <details><summary>Hint 2</summary><code>array[keep]</code> takes rows; <code>array[:, keep]</code> takes columns.</details>
# <details><summary>Hint 3</summary>The second convolution loses <em>inputs</em>: its second axis.</details>


# %% exercise="remove_channels"
def remove_channels(first, norm, second, keep):
    """The three arrays without the channels that are not in `keep`."""
    ### BEGIN SOLUTION
    return first[keep], norm[:, keep], second[:, keep]
    ### END SOLUTION


# %% check="remove_channels"
check("remove_channels", remove_channels)

# %% [markdown]
# **See it.** labkit does so through the whole baseline, the linear layers too: behind the flattening, each channel is 3 x 3 = 9
# inputs in a row. The rebuilt network must answer like the full-size one in which the same channels are silent: zero behind
# BatchNorm and ReLU. (Zero weights would not do: BatchNorm adds its shift.)

# %%
keep = lk.prune.keep_channels(model, 0.35, multiple=16)
smaller, silent = lk.prune.rebuild(model, keep), lk.prune.masked_channels(model, keep)
a, b = (lk.torch_predictor(one)(splits.test.inputs[:200]) for one in (smaller, silent))
print(f"largest difference of a logit: {np.abs(a - b).max():.1e}")
outputs = {name: len(scores) for name, scores in lk.prune.channel_scores(model).items()}
print({name: f"{len(kept)} of {outputs[name]}" for name, kept in keep.items()})

# %% [markdown]
# **Question (1 point, marked by hand).** Both answer the same. The second convolution has as many output channels as before;
# why did its weights have to change, and which of the two networks has less to multiply?

# %% [markdown] written="why_rebuilt" points=1
# The second convolution has a kernel for every pair of an input and an output channel. Channels that are no longer made
# cannot be read, so the kernels for these inputs leave too. Only the rebuilt network has less to multiply: the silent one still
# has its full shapes.

# %% [markdown]
# Now move the second slider of the figure in section 3 to *whole channels*, and compare the two lower panels: bytes and time
# fall together. But accuracy falls much earlier, and needs fine-tuning.
#
# ### The two networks that ship
#
# Two networks ship as weights. *pruned* lost 85 % of its weights and had one short fine-tuning on 20,000 images. *rebuilt*
# lost about a third of its channels and was trained on for ten epochs of all 55,000. Everything about them is measured
# here: all 10,000 test images, bytes, and time, against the same baseline in the same runtime.

# %%
networks = {
    "baseline": model,
    "pruned": lk.models.load_shipped("pruned"),
    "rebuilt": lk.models.load_shipped("rebuilt"),
}
counts = {name: lk.prune.ledger(network) for name, network in networks.items()}
pd.DataFrame.from_dict(counts, orient="index").round(3)

# %% [markdown]
# Accuracy next, on all test images. The intervals are those of the difference to the baseline on the same images.


# %%
def exported():
    return {name: lk.onnx.export(net, folder / f"{name}.onnx") for name, net in networks.items()}


def right_by_network():
    return {name: lk.train.correct(one, splits.test, batch=20) for name, one in by_onnx.items()}


files = lk.keep("03_files", exported)
by_onnx = {name: lk.onnx_predictor(path) for name, path in files.items()}
answers = lk.keep("03_right", right_by_network)
difference = lk.measure.accuracy_difference
change = {n: difference(answers["baseline"], answers[n]) for n in ("pruned", "rebuilt")}
ax = lk.plots.differences(change, "variant minus baseline")

# %%
by_torch = {name: lk.torch_predictor(network) for name, network in networks.items()}


def raced(predictors):
    return lk.compare(predictors, splits.test.inputs[:1], tolerance=None, seconds=2)


timed, timed_onnx = lk.keep("03_time", lambda: [raced(by_torch), raced(by_onnx)])
timed

# %%
timed_onnx

# %% [markdown]
# The two tables are the same networks in two runtimes, PyTorch and ONNX Runtime. In each, compare *rebuilt* with the baseline of
# the same table: comparing a variant in one runtime with the baseline in another would credit pruning with the runtime's
# merit.

# %%
bars, counted = {}, ("nonzeros", "raw_bytes", "gzip_bytes")
for name in networks:
    bars[name] = {key.replace("_", " "): counts[name][key] for key in counted}
    for runtime, found in (("PyTorch", timed[name]), ("ONNX Runtime", timed_onnx[name])):
        bars[name][f"latency ({runtime})"] = (found.ratio, found.ratio_low, found.ratio_high)
ax = lk.plots.ledgers(bars)

# %% [markdown]
# ### Pruned, then int8, then gzip
#
# Lab 02's int8 files can be made of pruned networks too. A weight of zero has the code zero, so gzip finds it there as well.
# All files are compared with the raw float32 file of the baseline. **Predict:** how many times smaller is the smallest?

# %%
my_guess = None  # a number, 4 to 40
some = lk.data.calibration_images(64)


def quantized(name, path):
    small = lk.quantize.quantize_onnx(path, folder / f"{name}_int8.onnx", some)
    return small, lk.train.correct(lk.onnx_predictor(small), splits.test, batch=20)


small_ones = lk.keep("03_int8", lambda: {name: quantized(name, files[name]) for name in files})
int8 = {}
for name, (small, kept) in small_ones.items():
    size, one = lk.size(small), lk.onnx_predictor(small)
    lk.results.save(lk.measurement(f"{name} int8", "03", one, size=size, correct=kept))
    times = lk.size(files["baseline"]).size_bytes / size.gzip_bytes
    int8[name] = {"bytes": size.size_bytes, "gzip": size.gzip_bytes, "times smaller": times}
    ends = [100 * x for x in difference(answers["baseline"], kept)]
    int8[name] |= dict(zip(("points", "points low", "points high"), ends))

# %%
smallest = max(row["times smaller"] for row in int8.values())
print(f"you guessed {my_guess}; the smallest is {smallest:.1f} times smaller after gzip")
pd.DataFrame.from_dict(int8, orient="index").round(2)

# %% [markdown]
# Now the targets of this lab, each with its interval.

# %%
points = {name: tuple(100 * x for x in ends) for name, ends in change.items()}
size_ratio = counts["baseline"]["raw_bytes"] / counts["rebuilt"]["raw_bytes"]
found = timed["rebuilt"]
speed = (1 / found.ratio, 1 / found.ratio_high, 1 / found.ratio_low)
print(f"pruned: {counts['pruned']['sparsity']:.0%} sparse (wanted: 80 %)")
print(f"rebuilt: {size_ratio:.2f} times smaller (wanted: 2)")
print("rebuilt: {:.2f} ({:.2f} to {:.2f}) times faster (wanted: 1.5)".format(*speed))
for name, ends in points.items():
    print("{}: {:+.2f} ({:+.2f} to {:+.2f}) points (wanted: -0.5)".format(name, *ends))

# %% [markdown]
# ### Why 16?
#
# The shipped network's channels are multiples of 16. Here are two rebuilt networks with nearly the same number of channels,
# one rounded to 16 and one not. **Predict:** which is faster in ONNX Runtime, and by how much?

# %%
my_guess = None  # a ratio: odd widths over multiples of 16
odd = lk.prune.rebuild(model, lk.prune.keep_channels(model, 0.35))
path = lk.keep("03_odd", lambda: lk.onnx.export(odd, folder / "odd.onnx"))
pair = {"multiples of 16": by_onnx["rebuilt"], "odd": lk.onnx_predictor(path)}
widths = lk.keep(
    "03_widths", lambda: lk.compare(pair, splits.test.inputs[:1], tolerance=None, seconds=2)
)
print("parameters:", counts["rebuilt"]["parameters"], "and", lk.models.count_parameters(odd))
widths

# %% [markdown]
# Fast code handles several channels, often 8 or 16, with one instruction. On many processors, channels that do not fill such a
# group send the runtime to slower code, so a network with fewer weights can take longer. Is it so on yours?
#
# ### And a network with shortcuts?
#
# In a ResNet the outputs of two layers are added up, so both must lose the same channels. The library torch-pruning follows
# such ties through any network. Here it halves every layer of a ResNet-18 (random weights: bytes and time are real, answers
# are not). First the baseline: does it agree with ours?

# %%
try:
    import torch_pruning as tp
except ImportError:
    tp = None
    print("torch-pruning is not installed here; the lab goes on without it")


def halved(network, image, last):
    strength = tp.importance.MagnitudeImportance(p=1)
    tp.pruner.BasePruner(network, image, strength, pruning_ratio=0.5, ignored_layers=[last]).step()
    return network


# %%
if tp:
    theirs = copy.deepcopy(model)
    halved(theirs, torch.zeros(1, 1, 28, 28), theirs.classifier[3])
    ours = lk.prune.rebuild(model, lk.prune.keep_channels(model, 0.5))
    shapes = [[tuple(t.shape) for t in net.state_dict().values()] for net in (theirs, ours)]
    print("the same shapes:", shapes[0] == shapes[1])
    print(*(f"{lk.models.count_parameters(net):,} parameters" for net in (theirs, ours)))
    pair = {"torch-pruning": lk.torch_predictor(theirs), "ours": lk.torch_predictor(ours)}
    print(lk.compare(pair, splits.test.inputs[:1], tolerance=None, seconds=1))


# %%
def resnets():
    """The parameters of a ResNet-18 and of its half, and their race."""
    resnet = lk.models.Architecture("ResNet-18", "resnet18", 0, 0, 0).build()
    half = copy.deepcopy(resnet)
    halved(half, torch.zeros(1, 3, 64, 64), half.fc)
    photograph = torch.rand(1, 3, 112, 112).numpy()
    pair = {"ResNet-18": lk.torch_predictor(resnet), "halved": lk.torch_predictor(half)}
    counts = [lk.models.count_parameters(net) for net in (resnet, half)]
    return counts, lk.compare(pair, photograph, tolerance=None, seconds=2)


if tp:
    counted, race = lk.keep("03_resnet", resnets)
    print(*(f"{count:,} parameters" for count in counted))
    print(race)

# %% [markdown]
# ## What we saw
#
# The rows for lab 07, then the claims of the lecture and their verdicts on this machine.

# %%
for runtime, timing in (("torch", timed), ("onnx", timed_onnx)):
    for name in networks:
        one = by_torch[name] if runtime == "torch" else by_onnx[name]
        size = lk.size(files[name]) if runtime == "onnx" else save(networks[name], name)
        facts = {"parameters": counts[name]["parameters"], "baseline": "baseline"}
        kept = answers[name] if runtime == "onnx" else None
        lk.results.save(lk.measurement(name, "03", one, timing[name], size, kept, **facts))
columns = "variant runtime latency_ms ratio ratio_low ratio_high size_bytes gzip_bytes accuracy"
lk.results.table("03")[columns.split()].round(3)

# %%
verdicts.append(lk.claims.judge("P1.rebuilt", size_ratio))
verdicts.append(lk.claims.judge("P2.rebuilt", *speed))
for name, id in (("pruned", "P3.unstructured"), ("rebuilt", "P3.rebuilt")):
    middle, low, high = points[name]
    verdicts.append(lk.claims.judge(id, -middle, -high, -low))
lk.claims.table(*sorted(verdicts, key=lambda verdict: verdict.claim.id))

# %% [markdown]
# The slide's row *Pruning: 2x smaller, 1.5 - 2x faster* needs two different techniques: zeros alone give neither, and whole channels
# give both, if they are fine-tuned. Its "fewer multiplications" holds only where the zeros are taken out of the shapes.
#
# Two caveats. The intervals of the accuracy say how sure we are with these test images; another training with another seed
# would move the numbers too. And three quarters of this baseline's weights sit in one linear layer that is much larger than
# it need be: a network with less to spare can lose less. (The rebuilt network had more training than the baseline in all; a part
# of what it won back may be that.)
#
# **Go further** (not graded). Rebuild with the amounts that the sensitivity scan suggests, one for each layer. Prune the
# rebuilt network once more, unstructured, and count int8 + gzip. Set `amount` to 0.98 with `gradually` and a longer
# training.
