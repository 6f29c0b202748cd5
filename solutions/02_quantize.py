# %% [markdown]
# # Lab 02: Quantize
#
# A photograph saved with 256 shades of grey looks like the original. Can the numbers inside a network be stored as coarsely?
# After this lab you can
#
# - turn weights into 8-bit codes and back by hand, and say how large the error can be;
# - make a file that really runs in int8, and show what it costs in accuracy and brings in bytes and milliseconds;
# - train a network that bears 3 or 4 bits, which rounding alone would ruin.
#
# **Time:** 45 minutes for the three core exercises; the five others are a bonus. **Slides:** *Model Optimization Techniques*,
# *Quantization: The Big Idea*, *The Precision Intuition*, *Quantization Example*, *Types of Quantization*, *Quantization in
# PyTorch*, *Checking Model Size*. In an exercise, replace the line `raise NotImplementedError` by your code, run the cell,
# then run the check below it. Do not round what you return, unless rounding is the task. To go on after a restart of the
# kernel, choose *Run*, *Run All Above Selected Cell*: a cell with `lk.keep` (lab 01) takes what it found before.

# %% setup="torch onnx"
import warnings

import numpy as np
import torch
import labkit as lk
from labkit.check import check

lk.plots.setup()
print(lk.measure.describe())

# %% [markdown]
# The network, its test images, and a folder for what we save. Everything is compared with this float32 baseline. Accuracies
# of all 10,000 test images were computed beforehand, because that takes minutes; we check some of them as we go.

# %%
model = lk.load_baseline()
test = lk.data.load().test
first = lk.data.Split(test.images[:1000], test.labels[:1000])
folder = lk.results.folder() / "02"
folder.mkdir(parents=True, exist_ok=True)
verdicts = []

# %% [markdown]
# ## 1 How many digits does a weight need?
#
# The slide asks: do you really need 9 decimal places? A float is written like 6.02 x 10^23, but in twos: `1.01101 x 2^-3`.
# The digits after the point are called the *mantissa*. float32 keeps 23 of them, float16 10, bfloat16 only 7.
#
# ### Exercise: `round_mantissa` (bonus, 1 point)
#
# Round `value` (not 0) so that its mantissa keeps `bits` binary digits after the leading 1. If the value lies between
# `2**e` and `2**(e + 1)` in magnitude, the numbers that can be kept are the multiples of the step `2**(e - bits)`. Return the
# nearest of them.
#
# <details><summary>Hint 1</summary>First find e: how often can you halve the value until it is between 1 and 2?</details>
# <details><summary>Hint 2</summary><code>e = math.floor(math.log2(abs(value)))</code> after <code>import
# math</code>.</details>
# <details><summary>Hint 3</summary>With the step in hand: <code>round(value / step) * step</code>.</details>


# %% exercise="round_mantissa"
def round_mantissa(value, bits):
    """The nearest number with `bits` binary digits after the leading 1."""
    ### BEGIN SOLUTION
    import math

    step = 2.0 ** (math.floor(math.log2(abs(value))) - bits)
    return round(value / step) * step
    ### END SOLUTION


# %% check="round_mantissa"
check("round_mantissa", round_mantissa)

# %% [markdown]
# **See it.** The slide's number with fewer and fewer digits; its row "Int8" says 60/255, which is 0.235, an error of 0.3 %.
# **Predict** before you run the second cell: at how many mantissa bits in *every* weight does the network lose a whole
# point of accuracy?

# %% tags=["nbval-check-output"]
for bits in (23, 10, 7, 5, 3, 1):
    print(f"{bits:2} bits: {float(lk.quantize.round_mantissa(0.234567891, bits)):.9f}")

# %%
my_guess = None  # 0 to 10
shortened = lk.sweeps.load("quantize_precision")
ax = lk.plots.precision(shortened.rows)

# %% [markdown]
# A *label flip* is an image that gets another class than before; many flips leave the accuracy as it was, because some repair
# a mistake. Are the shipped numbers right? We ask the shortened network again, for the first 1,000 images.


# %%
def same_answers(network, row):
    """How many of the first 1,000 images are right or wrong just as in the shipped row."""
    correct = lk.train.correct(lk.torch_predictor(network), first)
    return f"{(correct == lk.sweeps.unpack(row['correct'])[:1000]).sum()} of 1000 as shipped"


print(shortened.source)
print(same_answers(lk.quantize.shortened_weights(model, 1), shortened.one(mantissa=1)))

# %% [markdown]
# Now the slide's claim. 0.23 for 0.2346 is an error of 2 %. Five mantissa bits err by up to `2**-6` = 1.6 %: about the
# slide's two digits.


# %%
def points_lost(row):
    """Points of accuracy lost against float32, with the 95 % interval, as `judge` takes them."""
    return [100 * (0 - row[f"difference{end}"]) for end in ("", "_high", "_low")]


verdicts.append(lk.claims.judge("Q5", *points_lost(shortened.one(mantissa=5))))
lk.claims.table(verdicts[-1])

# %% [markdown]
# ## 2 How can a byte stand for a weight?
#
# Think of a ruler. A *code* is the number of the nearest tick, one byte; the *scale* is the distance between two ticks; the
# *zero point* is the tick at which the value 0 lies. Then `value = scale * (code - zero_point)`.
#
# ### Exercise: `quantize_affine` (core, 3 points)
#
# `values` is an array `(n,)`. Follow the slide: find min and max (move one of them to 0 if 0 is not between), scale to 0-255.
# `scale = (max - min) / 255`; `zero_point = round(-min / scale)`;
# `codes = round(values / scale) + zero_point`, never below 0 or above 255. Return the array `codes`, `scale` and `zero_point`.
#
# <details><summary>Hint 1</summary><code>low = min(values.min(), 0)</code>, and high likewise.</details>
# <details><summary>Hint 2</summary><code>np.round</code> rounds an array, <code>np.clip(codes, 0, 255)</code> keeps it in
# the range.</details>
# <details><summary>Hint 3</summary>The range 0 to 255 needs <code>.astype(np.uint8)</code>; an int8 ends at 127.</details>


# %% exercise="quantize_affine"
def quantize_affine(values):
    """The values as codes 0 to 255, the scale, and the code of the value 0."""
    ### BEGIN SOLUTION
    low, high = min(values.min(), 0), max(values.max(), 0)
    scale = (high - low) / 255
    zero_point = int(np.round(-low / scale))
    codes = np.clip(np.round(values / scale) + zero_point, 0, 255).astype(np.uint8)
    return codes, scale, zero_point
    ### END SOLUTION


# %% check="quantize_affine"
check("quantize_affine", quantize_affine)

# %% [markdown]
# **See it.** The slide's example, `[0.234, -0.567, 0.891]`, in both usual ways: unsigned from min to max, and *symmetric*,
# with signed codes and the zero point at 0.

# %% tags=["nbval-check-output"]
example = np.array([0.234, -0.567, 0.891])
codes, scale, zero_point = lk.quantize.quantize_affine(example)
restored = lk.quantize.dequantize(codes, scale, zero_point)
print("min/max  ", codes, "back:", restored.round(3), f"half a step: {scale / 2:.4f}")
scale = lk.quantize.symmetric_scale(example)
codes = lk.quantize.quantize(example, scale)
print("symmetric", codes, "back:", lk.quantize.dequantize(codes, scale).round(3))

# %% [markdown]
# The slide prints `[45, -127, 95]`, and with due respect, no scale and zero point give that. From -0.567 to 0.234 the
# value rises by 0.801 and the slide's code by 172, that is 215 codes a unit. From 0.234 to 0.891 it rises by 0.657 and the
# code by 50: 76 a unit. A ruler has equal steps. Nor can -127 lie in "0-255 range".
#
# **Question (1 point, marked by hand).** Every value comes back wrong by at most half a step. Why not more? And what does
# that say of a tensor with one value of 1000 among values below 1?

# %% [markdown] written="why_half_a_step" points=1
# Rounding goes to the nearest tick, and no place on a ruler is farther from a tick than half the distance between two. With
# one value of 1000, a step is about 1000 / 255 = 4, so half a step is 2: all values below 1 become the same code, 0's.

# %% [markdown]
# How much of a signal survives? Engineers compare the power of the signal with that of the error, in decibels: the
# signal-to-quantization-noise ratio, SQNR. 20 dB: the error has a hundredth of the power; 40 dB: a ten-thousandth.
#
# ### Exercise: `sqnr_db` (bonus, 1 point)
#
# `values` are the numbers before, `restored` those after quantizing and back, arrays of one shape. Return ten times the
# decimal logarithm of: the sum of the squared values over the sum of the squared errors.
#
# <details><summary>Hint 1</summary>The error is <code>values - restored</code>.</details>
# <details><summary>Hint 2</summary><code>np.sum(values**2)</code> is the power of the signal.</details>
# <details><summary>Hint 3</summary><code>10 * np.log10(signal / noise)</code></details>


# %% exercise="sqnr_db"
def sqnr_db(values, restored):
    """Signal over quantization noise, in decibels."""
    ### BEGIN SOLUTION
    return 10 * np.log10(np.sum(values**2) / np.sum((values - restored) ** 2))
    ### END SOLUTION


# %% check="sqnr_db"
check("sqnr_db", sqnr_db)

# %% [markdown]
# **See it.** The weights of the baseline's second convolution, `(32 channels, 32, 3, 3)`. Each bit more halves the step,
# which is about 6 dB as long as there are many codes; with few, most weights become 0. With one scale for each channel instead of one for all, small channels get a finer ruler.

# %% tags=["nbval-check-output"]
weights = {name: layer.weight.detach().numpy() for name, layer in lk.quantize.layers(model).items()}
second = weights["features.3"]
for bits in (8, 6, 4, 3, 2):
    quality = [
        lk.quantize.sqnr_db(second, lk.quantize.fake_quantize(second, bits, scheme))
        for scheme in lk.quantize.SCHEMES
    ]
    print(f"{bits} bits: {quality[0]:4.1f} dB per tensor, {quality[1]:4.1f} dB per channel")

# %% [markdown]
# ### Exercise: `quantize_per_channel` (core, 3 points)
#
# `weights` is an array `(channels, n)`. Give each channel (row) its own symmetric scale, its largest magnitude over the
# largest code: `2**(bits - 1) - 1`, so 127 for 8 bits. The codes are `weights / scale`, rounded, with the scale of their
# channel. Return two arrays, `codes` `(channels, n)` and `scales` `(channels,)`.
#
# <details><summary>Hint 1</summary>The most negative weight counts too: <code>abs(weights)</code>.</details>
# <details><summary>Hint 2</summary><code>.max(axis=1)</code> gives one number for each row.</details>
# <details><summary>Hint 3</summary><code>scales[:, None]</code> has the shape <code>(channels, 1)</code>, so dividing by it
# treats each row with its own scale.</details>


# %% exercise="quantize_per_channel"
def quantize_per_channel(weights, bits):
    """Symmetric codes, and one scale for each channel."""
    ### BEGIN SOLUTION
    scales = abs(weights).max(axis=1) / (2 ** (bits - 1) - 1)
    return np.round(weights / scales[:, None]), scales
    ### END SOLUTION


# %% check="quantize_per_channel"
check("quantize_per_channel", quantize_per_channel)

# %% [markdown]
# **See it.** All layers of the network, 8 to 2 bits. Only weights are rounded; the *activations*, the numbers that one layer
# hands to the next, stay float32. Guess first; then compare the two histograms, and the accuracy.

# %%
rounded, alone = lk.sweeps.load("quantize_bits"), lk.sweeps.load("quantize_layers")
lk.widgets.bits_explorer(weights, rounded.select(outlier="no"), alone.rows, rounded.source)

# %%
for bits, scheme in ((4, "per_tensor"), (3, "per_channel")):
    network = lk.quantize.quantized_weights(model, bits, scheme)
    row = rounded.one(bits=bits, scheme=scheme, outlier="no")
    print(bits, scheme, same_answers(network, row))

# %% [markdown]
# Real networks often have one channel that is much larger than the others. We make one: in each convolution, channel 0 is
# multiplied by 16, and the normalisation behind it divides by 16 again. In float32 this network answers the same. The slide
# says that rounding after training (*PTQ*, post-training quantization) is good enough for most cases. Here are three.

# %%
cases = {"Q4.8": (8, "no"), "Q4.4": (4, "no"), "Q4.outlier": (5, "yes")}
for claim, (bits, outlier) in cases.items():
    row = rounded.one(bits=bits, scheme="per_tensor", outlier=outlier)
    verdicts.append(lk.claims.judge(claim, *points_lost(row)))
lk.claims.table(*verdicts[-3:])

# %%
found = {}
for bits in (8, 6, 5):
    for scheme in lk.quantize.SCHEMES:
        row = rounded.one(bits=bits, scheme=scheme, outlier="yes")
        interval = [row[f"difference{end}"] for end in ("", "_low", "_high")]
        found[f"{bits} bits, {scheme.replace('_', ' ')}"] = interval
ax = lk.plots.differences(found, "with a large channel, minus float32")

# %% [markdown]
# **Question (1 point, marked by hand).** Why does the large channel ruin the others with one scale per tensor, and do nothing
# with one per channel?

# %% [markdown] written="why_per_channel" points=1
# With one scale, the largest weight of all decides the step. Sixteen times the weight gives sixteen times the step, as if
# every other channel had lost 4 bits. With a scale for each channel, only the large channel gets the larger step, and
# relative to its own weights nothing has changed.

# %% [markdown]
# A single outlier can also be cut off instead: everything beyond a limit gets the last code. That one value becomes very
# wrong, and all others get a finer ruler.
#
# ### Exercise: `clip_range` (bonus, 1 point)
#
# Return the limits `low, high` between which the middle `percent` per cent of the `values` `(n,)` lie. Half of the rest is
# below `low`, the other half above `high`. For 90, that is the 5th and the 95th percentile.
#
# <details><summary>Hint 1</summary>What is left out is 100 - percent, half of it on either side.</details>
# <details><summary>Hint 2</summary><code>np.percentile(values, 5)</code> has 5 % of the values below it.</details>
# <details><summary>Hint 3</summary>low is at <code>(100 - percent) / 2</code>, high at <code>(100 + percent) /
# 2</code>.</details>


# %% exercise="clip_range"
def clip_range(values, percent):
    """From where to where the middle `percent` per cent of the values lie."""
    ### BEGIN SOLUTION
    low, high = np.percentile(values, [(100 - percent) / 2, (100 + percent) / 2])
    return low, high
    ### END SOLUTION


# %% check="clip_range"
check("clip_range", clip_range)

# %% [markdown]
# **See it.** 10,000 numbers around 0 and an outlier of 1000, on 256 codes. The error of the others, before and after
# clipping:

# %% tags=["nbval-check-output"]
values = np.append(np.random.default_rng(0).normal(size=10_000), 1000.0)
for percent in (100, 99.9, 99):
    low, high = lk.quantize.clip_range(values, percent)
    scale, zero_point = lk.quantize.affine_parameters(np.array([low, high]))
    codes = lk.quantize.quantize(values, scale, zero_point, 0, 255)
    error = abs(lk.quantize.dequantize(codes, scale, zero_point) - values)
    print(
        f"{percent:5} %: {low:.2f} to {high:7.2f}, median error {np.median(error):.4f}, largest {error.max():.0f}"
    )

# %% [markdown]
# ## 3 What does the lecture's one line shrink?
#
# *Dynamic* quantization stores weights as int8, and turns each input into int8 when it arrives. The slide's line names
# `torch.quantization`; today this is `torch.ao.quantization`, deprecated itself in favour of another package, torchao. It
# needs an *engine*, code made for your kind of CPU, which `choose_engine` sets: on Arm the slide's line can fail without.
# **Predict:** the slide says 100 MB become 25.2. What will our 4.7 MB
# become?

# %%
my_guess = None  # MB of 10^6 bytes
engine = lk.quantize.choose_engine()
torch.save(model.state_dict(), folder / "float32.pth")
if engine:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "deprecated", once for every call
        quantized = torch.ao.quantization.quantize_dynamic(
            model, {torch.nn.Linear}, dtype=torch.qint8
        )
    torch.save(quantized.state_dict(), folder / "dynamic.pth")
    old = torch.quantization.quantize_dynamic
    print("the slide's name, the same function:", old is torch.ao.quantization.quantize_dynamic)
    file, dynamic = folder / "dynamic.pth", lk.torch_predictor(quantized)
else:
    print("This PyTorch has no dynamic quantization any more: ONNX Runtime does it instead.")
    file = lk.quantize.dynamic_onnx(model, folder / "dynamic.onnx")
    dynamic = lk.onnx_predictor(file)
print(f"engine: {engine}")

# %%
sizes = {"float32": lk.size(folder / "float32.pth"), "dynamic": lk.size(file)}
ratio = sizes["float32"].size_bytes / sizes["dynamic"].size_bytes
verdicts.append(lk.claims.judge("Q1.dynamic", ratio))
for size in sizes.values():
    print(size)
print(f"{ratio:.2f} times smaller; you guessed {my_guess} MB")

# %% [markdown]
# The slide's function `get_model_size` returns a text, so no ratio can be made of it, and divides by 2^20 while it says MB.
# Which layers shrank? PyTorch can tell, and the arithmetic must agree.
#
# ### Exercise: `dynamic_bytes` (bonus, 1 point)
#
# Add up the bytes. `layers` is a list as in lab 01: `("conv", inputs, outputs, size)` has `inputs * outputs * size * size`
# weights, `("norm", channels)` 2 numbers a channel, `("linear", inputs, outputs)` has `inputs * outputs` weights and a bias
# for each output. Weights of linear layers take 1 byte, all other numbers take 4.
#
# <details><summary>Hint 1</summary>Loop over the layers, as in <code>count_parameters</code>.</details>
# <details><summary>Hint 2</summary>Which of the numbers of a linear layer stay at 4 bytes?</details>
# <details><summary>Hint 3</summary><code>inputs * outputs + 4 * outputs</code> for a linear layer.</details>


# %% exercise="dynamic_bytes"
def dynamic_bytes(layers):
    """Bytes of all numbers when only the weights of linear layers take one byte."""
    ### BEGIN SOLUTION
    total = 0
    for kind, *sizes in layers:
        if kind == "conv":
            inputs, outputs, size = sizes
            total += 4 * inputs * outputs * size * size
        elif kind == "norm":
            total += 4 * 2 * sizes[0]
        else:
            inputs, outputs = sizes
            total += inputs * outputs + 4 * outputs
    return total
    ### END SOLUTION


# %% check="dynamic_bytes"
check("dynamic_bytes", dynamic_bytes)

# %% [markdown]
# **See it.** The baseline's layers by this arithmetic, beside the file, which also holds the normalisations' means and
# variances and some headers.

# %%
layers = []
for one in model.modules():
    if isinstance(one, torch.nn.Conv2d):
        layers.append(("conv", one.in_channels, one.out_channels, one.kernel_size[0]))
    elif isinstance(one, torch.nn.BatchNorm2d):
        layers.append(("norm", one.num_features))
    elif isinstance(one, torch.nn.Linear):
        layers.append(("linear", one.in_features, one.out_features))
print(
    f"{lk.quantize.dynamic_bytes(layers):,} bytes by arithmetic, {sizes['dynamic'].size_bytes:,} in the file"
)
if engine:
    int8_linear = torch.ao.nn.quantized.dynamic.Linear
    print("int8:", [name for name, one in quantized.named_modules() if type(one) is int8_linear])

# %% [markdown]
# The slide's 100 MB look like ResNet-50, which has one linear layer. The same arithmetic for it, in MiB (2^20), as the
# slide counts:

# %% tags=["nbval-check-output"]
resnet = lk.models.LECTURE_ARCHITECTURES[3].build()
numbers, in_linear = lk.models.count_parameters(resnet), resnet.fc.weight.numel()
before, after = 4 * numbers / 2**20, (4 * numbers - 3 * in_linear) / 2**20
print(f"ResNet-50: {before:.1f} MiB in float32, {after:.1f} MiB with its linear layer in int8")
del resnet

# %% [markdown]
# The six convolutions of our own network stayed float32, too. The slide then saves the state. Whoever loads it back with `MyModel()` finds this:

# %%
if engine:
    try:
        lk.models.Baseline().load_state_dict(quantized.state_dict())
    except RuntimeError as error:
        print(str(error)[:330], "...")

# %% [markdown]
# The names have changed, because other layers stand there: to load the file, build `MyModel()`, quantize it in the same way,
# and load into *that*. What did we get for it?


# %%
def times_faster(timing):
    """The reciprocal of a timing's ratio, with its interval, as `judge` takes them."""
    return 1 / timing.ratio, 1 / timing.ratio_high, 1 / timing.ratio_low


subset = lk.data.Split(test.images[:2000], test.labels[:2000])
plain = lk.torch_predictor(model)
before, after = lk.keep(
    "02_dynamic", lambda: [lk.train.correct(predict, subset) for predict in (plain, dynamic)]
)
change, change_low, change_high = lk.measure.accuracy_difference(before, after)
verdicts.append(
    lk.claims.judge("Q3.dynamic", *(100 * (0 - x) for x in (change, change_high, change_low)))
)

# %%
pair = {"baseline": plain, "int8 dynamic": dynamic}
comparison = lk.keep(
    "02_dynamic_time", lambda: lk.compare(pair, test.inputs[:100], tolerance=None, seconds=2)
)
verdicts.append(lk.claims.judge("Q2.dynamic", *times_faster(comparison["int8 dynamic"])))
facts = {"baseline": (sizes["float32"], before), "int8 dynamic": (sizes["dynamic"], after)}
for name in pair:
    row = (name, "02", pair[name], comparison[name], *facts[name])
    lk.results.save(lk.measurement(*row, baseline="baseline"))
comparison

# %% [markdown]
# A speed-up of 2 is out of reach here: nearly all of the time goes into convolutions (lab 01), which are float32 as before,
# and turning the inputs of the linear layers into int8 costs time on top. So where does the slide's line help?
# In networks that are made of linear layers. A smaller BERT, DistilBERT, has 66 million parameters. Here is a network of
# its shape (random weights: bytes and time are real, answers are not), in a process of its own. **Predict** its speed-up.

# %%
my_guess = None  # 1: none; 4: four times faster
encoder = lk.sweeps.here("quantize_encoder", lk.quantize.encoder_rows, skip=engine is None)
one = encoder.rows[0]
print(encoder.source)
print(
    f"{one['float_bytes']:,} to {one['int8_bytes']:,} bytes; {one['linear_share']:.0%} of the parameters are in linear layers"
)
for row in encoder.rows:
    speeds = [1 / row[end] for end in ("ratio", "ratio_high", "ratio_low")]
    print("batch {}: {:.2f} times faster ({:.2f} to {:.2f})".format(row["batch"], *speeds))

# %%
verdicts.append(lk.claims.judge("Q1.encoder", one["float_bytes"] / one["int8_bytes"]))
verdicts.append(
    lk.claims.judge("Q2.encoder", 1 / one["ratio"], 1 / one["ratio_high"], 1 / one["ratio_low"])
)
lk.claims.table(*verdicts[-5:])

# %% [markdown]
# A third of this network is a dictionary of 30,522 word vectors, which stays float32: hence less than 4x. To be fair to the
# slide: an even larger share of linear layers would come nearer to it.
#
# ## 4 What runs in int8 from end to end?
#
# *Static* quantization also fixes the scales of the activations, the numbers between layers, in advance. For that it
# watches some images pass (*calibration*). ONNX Runtime, a program that only runs networks, has code that then computes
# with bytes throughout. First the float32 file, then the int8 files: which images, which way to take a range from them, one
# scale or one per channel? *Min-max* takes the range of all that was seen, *percentile* leaves out the farthest values, and
# *entropy* looks for the range that changes the spread of the values least.

# %%
float_file = lk.keep("02_float", lambda: lk.onnx.export(model, folder / "float32.onnx"))
real = lk.data.calibration_images(256)
noise = np.random.default_rng(0).normal(size=real.shape).astype(np.float32)
recipes = {
    "photographs, min-max, per channel": (real, "minmax", "per_channel"),
    "photographs, min-max, per tensor": (real, "minmax", "per_tensor"),
    "photographs, entropy": (real, "entropy", "per_channel"),
    "photographs, percentile": (real, "percentile", "per_channel"),
    "noise of torch.randn's strength": (noise, "minmax", "per_channel"),
    "noise a tenth as strong": (noise / 10, "minmax", "per_channel"),
}


def quantized_files():
    made = {}
    for name, (images, method, scheme) in recipes.items():
        path = folder / f"int8_{len(made)}.onnx"
        made[name] = lk.quantize.quantize_onnx(float_file, path, images, method, scheme)
    return made


files = lk.keep("02_files", quantized_files)

# %% [markdown]
# **Predict** which of the six loses most. Each is compared with float32 on the same 2,000 *validation* images: choosing
# happens there, and the test images are kept for the file that was chosen.

# %%
my_guess = None  # the name of one of them
choose = lk.data.load().validation.subset(2000)
float32 = lk.onnx_predictor(float_file)


def right_by_file():
    return {name: lk.train.correct(lk.onnx_predictor(path), choose) for name, path in files.items()}


before = lk.train.correct(float32, choose)
after = lk.keep("02_calibrated", right_by_file)
found = {name: lk.measure.accuracy_difference(before, one) for name, one in after.items()}
ax = lk.plots.differences(found, "int8 minus float32")

# %% [markdown]
# Weak noise shows the quantizer ranges that are too small, so real activations are cut off. That noise as strong as
# `torch.randn` makes does far less harm is luck, not a rule: nothing in it knows how far photographs reach. Which method
# takes the range from photographs matters little here.
#
# **Question (1 point, marked by hand).** A colleague calibrates with `torch.zeros`, as "only the shapes matter". What range
# do the activations get, and what follows?

# %% [markdown] written="why_calibrate" points=1
# Black images give small activations, or none but those of the biases, so the range ends there. Every real activation beyond
# it gets the last code: bright and very bright become the same, and the accuracy falls, without any error message.

# %% [markdown]
# ### The pair that does not fit
#
# Not every CPU adds bytes safely. An Intel or AMD one without the feature *VNNI* multiplies two activations (0 to 255) with
# two weights (-127 to 127) and adds the pair in 16 bits. What is larger than 32,767 becomes 32,767: it *saturates*, like a
# glass that is full.
#
# ### Exercise: `pair_sums` (bonus, 1 point)
#
# `activations` and `weights` are lists of n codes, n even. Return n / 2 sums: `a0*w0 + a1*w1`, `a2*w2 + a3*w3`, and so on. A
# sum above 32767 becomes 32767, one below -32768 becomes -32768.
#
# <details><summary>Hint 1</summary>Make the n products first: <code>np.array(activations) * np.array(weights)</code>.
# Two lists cannot be multiplied.</details>
# <details><summary>Hint 2</summary>With an array, <code>products[0::2]</code> are the first of each pair.</details>
# <details><summary>Hint 3</summary><code>np.clip(sums, -32768, 32767)</code></details>


# %% exercise="pair_sums"
def pair_sums(activations, weights):
    """The sum of each pair of products, cut to 16 bits."""
    ### BEGIN SOLUTION
    products = np.array(activations) * np.array(weights)
    return np.clip(products[0::2] + products[1::2], -32768, 32767)
    ### END SOLUTION


# %% check="pair_sums"
check("pair_sums", pair_sums)

# %% [markdown]
# **See it.** With 7 bits a weight ends at 63, and 255 x 63 + 255 x 63 = 32,130 always fits. ONNX Runtime calls this
# `reduce_range`; `quantize_onnx` sets it where the CPU needs it. How often would the first linear layer of our network
# saturate?

# %%
with torch.inference_mode():
    inputs = model.features(torch.from_numpy(test.inputs[:50])).flatten(1).numpy()
activations, _, _ = lk.quantize.quantize_affine(inputs)
for bits in (8, 7):
    codes, _ = lk.quantize.quantize_per_channel(weights["classifier.1"], bits)
    share, worst = lk.quantize.saturated_share(activations, codes)
    print(
        f"{bits} bits: {share:.2%} of the outputs hold a saturated pair, largest error {worst:,} codes"
    )

# %%
reduced = lk.quantize.quantize_onnx(float_file, folder / "reduced.onnx", real, reduce_range=True)
full = lk.quantize.quantize_onnx(float_file, folder / "full.onnx", real, reduce_range=False)
for name, path in {"7 bits": reduced, "8 bits": full}.items():
    correct = lk.train.correct(lk.onnx_predictor(path), choose)
    change = lk.measure.accuracy_difference(before, correct)
    print(name, "weights: {:+.2%} ({:+.2%} to {:+.2%})".format(*change))
print("needed on this CPU:", lk.quantize.needs_reduced_range(), lk.fingerprint()["features"])

# %% [markdown]
# Where the last line says False (VNNI or AMX, Apple and other Arm chips), no sum is cut, and the 8-bit file is safe. Where
# it says True (AVX2 or AVX-512 alone), the 8-bit file may lose accuracy silently, and labkit writes 7 bits unless told: a file that was tested on one machine is not yet tested on another.
#
# Now the final file, per channel with min-max, once on all 10,000 test images. The aim: at most 0.3 points lost, at least
# 3.5x smaller.

# %%
final = files["photographs, min-max, per channel"]
int8 = lk.onnx_predictor(final)
correct_float, correct = lk.keep(
    "02_final", lambda: [lk.train.correct(one, test) for one in (float32, int8)]
)
difference = lk.measure.accuracy_difference(correct_float, correct)
sizes = {name: lk.size(path) for name, path in {"float32": float_file, "int8": final}.items()}
ratio = sizes["float32"].size_bytes / sizes["int8"].size_bytes
print("accuracy {:+.2%} ({:+.2%} to {:+.2%})".format(*difference), f"{ratio:.2f} times smaller")
print(f"p = {lk.measure.mcnemar(correct_float, correct):.2f} (McNemar's test)")

# %% [markdown]
# McNemar's test looks only at images that one of the two gets right and the other wrong, and asks whether a fair coin could
# have split them so. A large p means: yes, easily. And the time? One image, then 32 at once.

# %%
verdicts.append(lk.claims.judge("Q1.static", ratio))
change, change_low, change_high = difference
verdicts.append(
    lk.claims.judge("Q3.static", *(100 * (0 - x) for x in (change, change_high, change_low)))
)
pair, photographs = {"float32": float32, "int8": int8}, test.inputs[:32]
facts = {"float32": (sizes["float32"], correct_float), "int8": (sizes["int8"], correct)}
labels = {"float32": "baseline", "int8": "baseline int8"}


def timed_at(batch):
    return lk.compare(pair, photographs, batch=batch, tolerance=None, seconds=2)


timings = lk.keep("02_final_time", lambda: {batch: timed_at(batch) for batch in (1, 32)})
for batch, timed in timings.items():
    verdicts.append(lk.claims.judge(f"Q2.static.{batch}", *times_faster(timed["int8"])))
    for name in pair:
        row = (labels[name], "02", pair[name], timed[name], *facts[name])
        lk.results.save(lk.measurement(*row, batch=batch, baseline="baseline"))
    ax = lk.plots.ratios(timed) if batch == 1 else ax
lk.claims.table(*verdicts[-4:])

# %% [markdown]
# ### Where does int8 start to win?
#
# It has a price: inputs must become bytes and outputs floats again. A small layer saves less than that. The cell
# measures one linear layer of many widths on this CPU, which takes about ten seconds. With `skip=True`, `here` shows rows
# from another machine instead, and says which.

# %%
crossing = lk.sweeps.here("quantize_crossover", lk.quantize.crossover)
lk.widgets.crossover_explorer(crossing.rows, crossing.source)

# %% [markdown]
# ## 5 Can training repair what rounding broke?
#
# At 4 bits per tensor, rounding cost two points, at 3 bits nearly half of all answers. Quantization-aware training (*QAT*)
# rounds the weights in every step, so that the network learns to live with it. One obstacle: rounding is a staircase, flat
# between the steps, so the gradient, the slope that training follows, is 0. The trick is to look away: the
# *straight-through* estimator rounds on the way forward, and on the way back pretends that it did not.
#
# ### Exercise: `straight_through` (core, 3 points)
#
# `weights` is a torch tensor, `scale` a number. Return the tensor `scale * codes`, where the codes are `weights / scale`,
# rounded and clamped to `-top` ... `top` with `top = 2**(bits - 1) - 1`. The gradient must pass to `weights` unchanged,
# and `weights` itself must stay as it is.
#
# <details><summary>Hint 1</summary><code>torch.round</code> and <code>torch.clamp(codes, -top, top)</code> make the
# values.</details>
# <details><summary>Hint 2</summary><code>x.detach()</code> has the value of x, and no gradient passes through it.</details>
# <details><summary>Hint 3</summary><code>weights + (rounded - weights).detach()</code> has which value? Which
# gradient?</details>


# %% exercise="straight_through"
def straight_through(weights, scale, bits):
    """The rounded weights; the gradient passes as if nothing had been rounded."""
    ### BEGIN SOLUTION
    top = 2 ** (bits - 1) - 1
    rounded = torch.clamp(torch.round(weights / scale), -top, top) * scale
    return weights + (rounded - weights).detach()
    ### END SOLUTION


# %% check="straight_through"
check("straight_through", straight_through)

# %% [markdown]
# **See it.** `prepare_qat` puts labkit's own version before every layer; 30 steps with 64 images each take some seconds.
# Compare with PTQ at the same bits, on the same 2,000 test images. Activations stay float32 in both. **Predict** how much
# of the loss at 4 bits comes back.

# %%
my_guess = None  # 0: nothing; 1: all of it
train_images = lk.data.load().train.subset(30 * 64, seed=1)
before, answers = lk.train.correct(plain, subset), {}


def trained(bits):
    prepared = lk.quantize.prepare_qat(model, bits)
    lk.train.fit(prepared, train_images, epochs=1, lr=0.01, batch=64)
    return lk.train.correct(lk.torch_predictor(lk.quantize.finish_qat(prepared)), subset)


qat = lk.keep("02_qat", lambda: {bits: trained(bits) for bits in (8, 4, 3)})
for bits in (8, 4, 3):
    ptq = rounded.one(bits=bits, scheme="per_tensor", outlier="no")
    answers[f"PTQ, {bits} bits"] = lk.sweeps.unpack(ptq["correct"])[: len(subset)]
    answers[f"QAT, {bits} bits"] = qat[bits]

# %%
found = {name: lk.measure.accuracy_difference(before, one) for name, one in answers.items()}
for bits in (8, 4, 3):
    gained = lk.measure.accuracy_difference(
        answers[f"PTQ, {bits} bits"], answers[f"QAT, {bits} bits"]
    )
    lost = found[f"PTQ, {bits} bits"][0]
    print(
        f"{bits} bits: PTQ {lost:+.2%},", "QAT brings {:+.2%} ({:+.2%} to {:+.2%})".format(*gained)
    )
ax = lk.plots.differences(found, "minus float32")

# %% [markdown]
# Is this the rounding in the training, or just more training? The shipped runs are ten times longer, on all 10,000 test
# images, and have a control: the same training *without* rounding, and PTQ afterwards.

# %%
longer = lk.sweeps.load("quantize_qat")
print(longer.source)
ax = lk.plots.ptq_and_qat(longer.rows)

# %%
ptq, qat, control = (
    lk.sweeps.unpack(longer.one(bits=4, method=m)["correct"]) for m in ("PTQ", "QAT", "control")
)
for name, one in {"PTQ": ptq, "the control": control}.items():
    gained = lk.measure.accuracy_difference(one, qat)
    print(f"QAT minus {name}, 4 bits:", "{:+.2%} ({:+.2%} to {:+.2%})".format(*gained))
verdicts.append(
    lk.claims.judge("Q4.qat", *(100 * x for x in lk.measure.accuracy_difference(ptq, qat)))
)

# %% [markdown]
# **Question (1 point, marked by hand).** Training without the straight-through trick, with plain `torch.round`, would change
# nothing at all. Why?

# %% [markdown] written="why_straight_through" points=1
# The slope of a staircase is 0 wherever it is defined, so the gradient of every weight is 0, and a step of gradient descent
# moves each weight by 0 (but for weight decay, which shrinks all of them regardless of the images).

# %% [markdown]
# ## What we saw
#
# The rows of this lab, which lab 07 will compare, then the claims and their verdicts on this machine.

# %%
columns = [
    "variant",
    "runtime",
    "batch",
    "latency_ms",
    "ratio",
    "ratio_low",
    "ratio_high",
    "size_bytes",
    "accuracy",
    "images",
]
table = lk.results.table("02")
table = table[table.machine == lk.fingerprint()["id"]]
table[columns].set_index("variant").round(4)

# %%
lk.claims.table(*sorted(verdicts, key=lambda verdict: verdict.claim.id))

# %% [markdown]
# Two caveats. The speed of int8 depends on the CPU more than anything else in this course: where this was
# written it was about three times faster, and others have found int8 slower than float32 on CPUs without VNNI. So its time and its accuracy must be measured where it will run. And one
# network on one set of small photographs bears rounding well; deeper and thinner ones, such as MobileNet, are known to
# suffer more.
#
# **Go further** (not graded). Run the lab on another CPU and compare the crossover. Give `prepare_qat` the scheme
# `"per_channel"` at 2 bits: how far does it come?
