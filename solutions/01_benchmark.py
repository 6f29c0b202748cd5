# %% [markdown]
# # Lab 01: Benchmark
#
# A model that is too big or too slow must first be measured. After this lab you can
#
# - work out how many bytes a model needs, and check it against the file;
# - time a model so that somebody else would find the same, and say how sure you are;
# - decide on which devices a model fits.
#
# **Time:** 50 minutes for the three core exercises; the five others are a bonus. **Slides:** *Edge vs Cloud Deployment*,
# *Why Deploy on Edge?*, *The Speed of Light Problem*, *Checking Model Size*, *Benchmarking Your Model*,
# *Efficient Model Architectures*. Run each cell with Shift + Enter. In an exercise,
# replace the line `raise NotImplementedError` by your code, run the cell, then run the check below it. Do not round what you
# return. Once labkit is installed, nothing here needs the internet. To go on after a restart of the kernel, choose *Run*,
# *Run All Above Selected Cell*: a cell with `lk.keep` takes what it found before, says from when, and works anew if you
# run it once more.

# %% setup="torch"
import itertools
import time

import pandas as pd
import torch
from tqdm.auto import tqdm
import labkit as lk
from labkit.check import check

lk.plots.setup()
print(lk.measure.describe())

# %% [markdown]
# ## 1 Why run a model at the edge at all?
#
# The lecture gives four reasons: speed, privacy, reliability, cost. Speed first. A question that goes to a server and back
# takes time for the light in the fibre, for the network's routers and queues, and for the server's own work. Move the
# sliders: which part is the largest in your city?

# %%
lk.widgets.latency_calculator()

# %% [markdown]
# ### Exercise: `cloud_latency_ms` (bonus, 1 point)
#
# Write the sum behind the bar *cloud*. `distance_km` is one way along the cable, `network_ms` is the whole round trip through
# routers and queues, `processing_ms` is the server's work. In fibre, light covers 200 km in a millisecond. Return
# milliseconds.
#
# <details><summary>Hint 1</summary>Which of the three parts depends on the distance?</details>
# <details><summary>Hint 2</summary>Time is distance over speed, and the light must come back.</details>
# <details><summary>Hint 3</summary><code>2 * distance_km / 200</code> is the light's part.</details>


# %% exercise="cloud_latency_ms"
def cloud_latency_ms(distance_km, network_ms, processing_ms):
    """Milliseconds from question to answer."""
    ### BEGIN SOLUTION
    light_ms = 2 * distance_km / 200
    return light_ms + network_ms + processing_ms
    ### END SOLUTION


# %% check="cloud_latency_ms"
check("cloud_latency_ms", cloud_latency_ms)

# %% [markdown]
# **See it.** The slide says that physics limits cloud AI and counts 50 ms for one way. How much of that is light, if the
# server is 1,000 km away? And how far does a car at 60 mph (96.56 km/h) go in the meantime?

# %%
light_ms = lk.edge.cloud_latency_ms(1000, network_ms=0, processing_ms=0) / 2
verdicts = [
    lk.claims.judge("L1.light", light_ms / 50),
    lk.claims.judge("L1.car", lk.edge.distance_m(96.56, latency_ms=100)),
]
lk.claims.table(*verdicts)

# %% [markdown]
# The slide's metres are right. Its culprit depends on the distance: at 1,000 km light takes 5 of the 50 ms, and routers,
# radio and queues take the rest, which can be improved. At 10,000 km light alone would take all 50, and no engineer can
# shorten that. Next, money and energy. A server is paid for each request; a device is paid for once.

# %%
lk.widgets.cost_calculator()

# %% [markdown]
# The last two reasons have no unit. *Privacy*: a photograph that never leaves the phone cannot be stolen from a server, and
# laws such as GDPR ask why it was sent at all. *Reliability*: a model on the device answers in a tunnel.
#
# **Question (1 point, marked by hand).** Which of the four reasons can a measurement decide, and which not? One sentence
# for each.

# %% [markdown] written="why_edge" points=1
# Speed and cost can be decided: latency is measured, and the cost follows from requests, prices and energy. Privacy cannot:
# whether data may leave a device is a question of law and trust. Reliability is in between: how often the network is down
# can be counted, but not what an outage is worth.

# %% [markdown]
# ## 2 How big is a model?
#
# Our baseline sorts 28 x 28 photographs of clothes into ten classes. Every later lab makes it smaller or faster, and every
# ratio is against it. How good is it? The 95 % interval says how sure we are: if we repeated this with other images, 95 of 100 such
# intervals would hold the true accuracy. Ten thousand images take some seconds. `lk.keep` gets a name and a function (`lambda:`
# makes one of the expression behind it), calls it, and keeps what it returns in a file.

# %%
model = lk.load_baseline()
test = lk.data.load().test
predict = lk.torch_predictor(model, threads=1)
correct = lk.keep("01_correct", lambda: lk.train.correct(predict, test))
low, high = lk.measure.wilson(correct.sum(), len(correct))
print(
    f"accuracy {correct.mean():.2%}, 95 % interval {low:.2%} to {high:.2%}, {len(test):,} test images"
)

# %% [markdown]
# These are its layers. An image is a stack of channels (here one, grey). A convolution looks at every channel through a small
# square window, whose weights are called a kernel, and makes new channels; a normalisation stretches and shifts each channel;
# a linear layer connects everything with everything. In between, pooling shrinks 28 x 28 to 3 x 3 pixels, so the first linear
# layer has 128 x 3 x 3 = 1152 inputs.

# %%
layers = [
    ("conv", 1, 32, 3), ("norm", 32), ("conv", 32, 32, 3), ("norm", 32),
    ("conv", 32, 64, 3), ("norm", 64), ("conv", 64, 64, 3), ("norm", 64),
    ("conv", 64, 128, 3), ("norm", 128), ("conv", 128, 128, 3), ("norm", 128),
    ("linear", 1152, 768), ("linear", 768, 10),
]  # fmt: skip

# %% [markdown]
# ### Exercise: `count_parameters` (core, 2 points)
#
# Add up the parameters of a list of layers. `("conv", inputs, outputs, size)` has a kernel of `size` x `size` weights for
# every pair of an input and an output channel, and no bias. `("norm", channels)` has a scale and a shift for each channel.
# `("linear", inputs, outputs)` has a weight for every pair and a bias for each output. Return a whole number.
#
# <details><summary>Hint 1</summary>Loop over the layers; <code>layer[0]</code> says which rule applies.</details>
# <details><summary>Hint 2</summary>("conv", 1, 32, 3) has 1 x 32 x 3 x 3 = 288 parameters.</details>
# <details><summary>Hint 3</summary>A linear layer has <code>inputs * outputs + outputs</code>; start a total at 0.</details>


# %% exercise="count_parameters"
def count_parameters(layers):
    """How many numbers training adjusts."""
    ### BEGIN SOLUTION
    total = 0
    for kind, *sizes in layers:
        if kind == "conv":
            inputs, outputs, size = sizes
            total += inputs * outputs * size * size
        elif kind == "norm":
            total += 2 * sizes[0]
        else:
            inputs, outputs = sizes
            total += inputs * outputs + outputs
    return total
    ### END SOLUTION


# %% check="count_parameters"
check("count_parameters", count_parameters)

# %% [markdown]
# **See it.** PyTorch counts too: in a cell of your own, `count_parameters(layers)` should give the same number. Where do most
# of the parameters sit?


# %% tags=["nbval-check-output"]
def parameters_of(part):
    return sum(p.numel() for p in part.parameters())


print(
    f"{parameters_of(model):,} parameters in all, {parameters_of(model.classifier):,} of them in two linear layers"
)

# %% [markdown]
# **Question (1 point, marked by hand).** The six convolutions do nearly all of the arithmetic, but hold a quarter of the
# parameters. Why? Think of how often each weight of a convolution is used on one image.

# %% [markdown] written="why_linear" points=1
# A convolution uses each weight again at every position of the image, up to 28 x 28 = 784 times, so few weights do much
# arithmetic. A linear layer uses each weight once per image: many weights, little arithmetic.

# %% [markdown]
# A float32 number takes 4 bytes, so the file should have a little over 4 bytes for each parameter: it also holds a header,
# and the mean and variance of each normalisation, which training does not adjust. We save as safetensors:
# a file written by `torch.save` is a pickle, and opening a stranger's pickle can run a stranger's code.

# %%
from safetensors.torch import save_file

folder = lk.results.folder() / "01"
folder.mkdir(parents=True, exist_ok=True)
save_file(model.state_dict(), folder / "baseline.safetensors")
size = lk.size(folder / "baseline.safetensors")
size

# %% [markdown]
# Two units are both written "MB" on slides: 10^6 bytes, and 2^20 bytes (MiB), which is 5 % more.
#
# ### Exercise: `megabytes` (bonus, 1 point)
#
# Return the size in MB (10^6 bytes) and in MiB (2^20 bytes), in this order, as two numbers.
#
# <details><summary>Hint 1</summary>2^20 is 1024 x 1024.</details>
# <details><summary>Hint 2</summary>In Python, 2^20 is written <code>2**20</code>.</details>
# <details><summary>Hint 3</summary><code>return size_bytes / 10**6, ...</code></details>


# %% exercise="megabytes"
def megabytes(size_bytes):
    """The size in MB and in MiB."""
    ### BEGIN SOLUTION
    return size_bytes / 10**6, size_bytes / 2**20
    ### END SOLUTION


# %% check="megabytes"
check("megabytes", megabytes)

# %% [markdown]
# **See it.** The same weights with 4, 2 and 1 bytes for each number. The int8 file only shows the bytes; lab 02 makes its numbers useful.

# %% tags=["nbval-check-output"]
rows = []
for dtype in (torch.float32, torch.float16, torch.int8):
    path = folder / f"{dtype}.safetensors".removeprefix("torch.")
    save_file({name: tensor.to(dtype) for name, tensor in model.state_dict().items()}, path)
    bytes_ = lk.size(path).size_bytes
    row = {
        "type": str(dtype),
        "bytes": bytes_,
        "MB (10^6)": bytes_ / 10**6,
        "MiB (2^20)": bytes_ / 2**20,
    }
    rows.append(row)
print(pd.DataFrame(rows).round(2).to_string(index=False))

# %% [markdown]
# Bytes also settle what a slide leaves open. *The Problem: Models Are Too Big* says "GPT-2: 1.5 GB", but GPT-2 was published
# in four sizes. Which of these three is it, in float32?

# %% tags=["nbval-check-output"]
for name, published in {"GPT-2": 124e6, "GPT-2 medium": 355e6, "GPT-2 XL": 1.5e9}.items():
    print(
        f"{name:12} {published / 1e6:5.0f} million parameters x 4 bytes = {4 * published / 1e9:.2f} GB (10^9)"
    )

# %% [markdown]
# The nearest is the medium one, with 1.42 GB; the famous large one needs 6 GB. Or did somebody take its 1.5 billion parameters
# for bytes?
#
# ## 3 How fast is it?
#
# The slide *Benchmarking Your Model* calls the model 10 times to warm up and then takes the mean of 100 calls. The first
# calls are slow: memory is fetched, libraries are loaded, caches fill.
#
# ### Exercise: `time_calls` (core, 2 points)
#
# Make `warmup` calls of `call()`. Then make `runs` calls and time each one with `clock()`, which returns seconds. Return a
# list of `runs` times in milliseconds.
#
# <details><summary>Hint 1</summary>Two loops, one after the other. Only the second one looks at the clock.</details>
# <details><summary>Hint 2</summary>Read the clock before and after each call; the difference is that call's time.</details>
# <details><summary>Hint 3</summary><code>times.append((clock() - start) * 1000)</code></details>


# %% exercise="time_calls"
def time_calls(call, clock=time.perf_counter, runs=100, warmup=10):
    """Milliseconds of each of `runs` calls, after `warmup` calls that are not timed."""
    ### BEGIN SOLUTION
    for _ in range(warmup):
        call()
    times = []
    for _ in range(runs):
        start = clock()
        call()
        times.append((clock() - start) * 1000)
    return times
    ### END SOLUTION


# %% check="time_calls"
check("time_calls", time_calls)

# %% [markdown]
# **See it.** One image, one core, 300 calls. Does a call always take the same time? Which of the two lines would you quote?

# %%
image = test.inputs[:1]


def call():
    return predict(image)


ax = lk.plots.call_times(lk.measure.time_calls(call, time.perf_counter, runs=300))
# %% [markdown]
# **Question (1 point, marked by hand).** When the computer does something else in between, a call takes much longer. Which
# of mean and median does such a call move, and why?

# %% [markdown] written="why_median" points=1
# It moves the mean: every call adds its time to the sum, so one call of 100 ms among 100 of 1 ms nearly doubles it. The
# median is the middle call; a slow call counts as one call, however slow it is.

# %% [markdown]
# ### Is the slide's benchmark any good?
#
# Ask it a question whose answer you know: measure the model, then measure *the same model* again. This is an A/A test. An
# honest stopwatch says 1.00. **Predict:** of 20 such pairs, how many will differ by more than 5 %?

# %%
my_guess = None  # your number, 0 to 20


def mean_ms():
    return lk.measure.time_calls(call, time.perf_counter).mean()


means = lk.keep("01_means", lambda: [mean_ms() for _ in tqdm(range(40))])
slide = [second / first for first, second in zip(means[::2], means[1::2])]
beyond = sum(abs(ratio - 1) > 0.05 for ratio in slide)
print(f"you guessed {my_guess}; here {beyond} of 20 pairs differ by more than 5 %")

# %% [markdown]
# Between the first and the second measurement the machine may have grown warm, busy or idle. A remedy: let the two take
# *turns*, a short round for each, and believe only the ratio within a round. Whatever slows the machine slows both.
#
# ### Exercise: `paired_ratio` (core, 2 points)
#
# `baseline_ms[i]` and `variant_ms[i]` are the times of round `i`, NumPy arrays of shape `(rounds,)`. Return one number: the
# variant's time over the baseline's, so that 0.5 means twice as fast. A machine that slows down half-way must not matter,
# and neither must a single hiccup: where you need an average, take the median.
#
# <details><summary>Hint 1</summary>Each round gives a ratio of its own.</details>
# <details><summary>Hint 2</summary>Which average ignores a single odd round?</details>
# <details><summary>Hint 3</summary><code>import numpy as np</code> and <code>np.median(...)</code> of the ratios.</details>


# %% exercise="paired_ratio"
def paired_ratio(baseline_ms, variant_ms):
    """The variant's time over the baseline's; below 1 is faster."""
    ### BEGIN SOLUTION
    import numpy as np

    return float(np.median(variant_ms / baseline_ms))
    ### END SOLUTION


# %% check="paired_ratio"
check("paired_ratio", paired_ratio)

# %% [markdown]
# **See it.** labkit's stopwatch `race` works like that. It gets the time that a pair of the slide's takes. Each dot is a model
# measured against itself.

# %%
seconds = 2 * 110 * sum(means) / len(means) / 1000


def again_ratio(seed):
    return lk.race({"model": call, "again": call}, seconds=seconds, seed=seed)["again"].ratio


race = lk.keep("01_races", lambda: [again_ratio(seed) for seed in tqdm(range(20))])
ax = lk.plots.a_a_errors({"slide": slide, "labkit race": race})
# %% [markdown]
# **Question (1 point, marked by hand).** Your neighbour divides the median of all times of the variant by the median of all
# times of the baseline. Half-way through, the machine became four times slower. When does this go wrong?

# %% [markdown] written="why_paired" points=1
# When the two medians come from different halves: if one of the two has a few more calls in the slow half, its median jumps
# there and the other's does not. Within a round both are equally slow, so the ratio of a round is right in either half.

# %%
low, high = lk.measure.wilson(beyond, 20)
verdicts.append(lk.claims.judge("B2", beyond / 20, low, high))
lk.claims.table(verdicts[-1])

# %% [markdown]
# Twenty pairs can refute this claim, but they are too few to confirm it.
#
# ### What does a second core bring?
#
# Three variants: one core; all cores that you have; one core with gradients, the notes that PyTorch keeps for training unless
# it is told not to, as in the slide's code. `compare` first checks that they give the same answers. Every ratio comes with a
# 95 % interval, and the baseline also runs against itself: this control must give 1. **Predict** the ratio of all cores to
# one. (With a single core, the first two are the same.)

# %%
my_guess = None  # 1.0: no gain; 0.5: twice as fast on two cores
cores = max(1, int(lk.fingerprint()["cores"]))


def with_gradients(images):
    torch.set_num_threads(1)
    return model(torch.from_numpy(images)).detach().numpy()


variants = {
    "1 core": predict,
    f"all cores ({cores})": lk.torch_predictor(model, cores),
    "gradients on": with_gradients,
}
comparison = lk.keep("01_cores", lambda: lk.compare(variants, test.inputs[:100]))
comparison

# %%
ax = lk.plots.ratios(comparison)

# %% [markdown]
# ### Exercise: `verdict` (bonus, 1 point)
#
# Turn an interval of a ratio into words. Differences below `margin` are of no use to anyone. Return `"faster"` if the whole
# interval lies below `1 - margin`, `"slower"` if all of it lies above `1 + margin`, `"same"` if all of it lies between
# these two, and otherwise `"cannot tell"`.
#
# <details><summary>Hint 1</summary>For "faster", which end of the interval decides?</details>
# <details><summary>Hint 2</summary>All of it is below a number if its high end is.</details>
# <details><summary>Hint 3</summary><code>if high &lt; 1 - margin: return "faster"</code></details>


# %% exercise="verdict"
def verdict(low, high, margin=0.02):
    """What an interval of a ratio allows one to say."""
    ### BEGIN SOLUTION
    if high < 1 - margin:
        return "faster"
    if low > 1 + margin:
        return "slower"
    if low > 1 - margin and high < 1 + margin:
        return "same"
    return "cannot tell"
    ### END SOLUTION


# %% check="verdict"
check("verdict", verdict)

# %% [markdown]
# **See it.** labkit's own words for the two intervals of the table above.

# %%
for name in list(variants)[1:]:
    timing = comparison[name]
    words = lk.measure.verdict(timing.ratio_low, timing.ratio_high)
    print(f"{name}: {timing.ratio_low:.3f} to {timing.ratio_high:.3f} is {words}")

# %% [markdown]
# ### Many images at once
#
# A call can answer several images at once, a *batch*. The cell measures every combination of batch and cores on this machine, in turns.

# %%
threads = sorted({1, cores})
sweep = lk.keep(
    "01_batches", lambda: lk.measure.batch_sweep(model, test.inputs[:64], threads=threads)
)
lk.widgets.latency_explorer(sweep, lk.measure.describe())

# %% [markdown]
# ### Exercise: `throughput` (bonus, 1 point)
#
# The slide prints `1000 / avg_time` samples per second. Write a version that holds for every batch: `latency_ms` is the
# time of one call, `batch` the number of images in it. Return images per second.
#
# <details><summary>Hint 1</summary>How many calls fit into a second?</details>
# <details><summary>Hint 2</summary>How many images does each of them answer?</details>
# <details><summary>Hint 3</summary><code>batch * 1000 / ...</code></details>


# %% exercise="throughput"
def throughput(latency_ms, batch):
    """Images per second."""
    ### BEGIN SOLUTION
    return batch * 1000 / latency_ms
    ### END SOLUTION


# %% check="throughput"
check("throughput", throughput)

# %% [markdown]
# **See it.** By arithmetic the slide's formula is wrong by exactly the batch, and right at batch 1. The last line asks whether
# this model, on this machine, answers within the 10 ms that another slide promises for the edge.

# %%
row = next(row for row in sweep if row["batch"] == 32 and row["threads"] == 1)
printed, true = 1000 / row["latency_ms"], 32 * 1000 / row["latency_ms"]
print(f"the formula prints {printed:.0f} samples/sec; in truth {true:.0f} images/s")
verdicts.append(lk.claims.judge("B1", true / printed))
verdicts.append(
    lk.claims.judge("L1.edge", *(sweep[0][f"latency_{end}ms"] for end in ("", "low_", "high_")))
)

# %% [markdown]
# ## 4 How much memory?
#
# The slide *Before vs After Optimization* shrinks a model from 100 to 25 MB and promises that memory falls with it, from 400
# to 100 MB. Two linear layers have just these sizes. Each program below runs in a fresh process of its own, so that what this
# notebook holds does not count. **Predict:** how many times the memory does the larger one's process need?

# %%
my_guess = None  # your number, 1 to 4
run = "import torch; layer = torch.nn.Linear({n}, {n}); layer(torch.rand(1, {n}))"
programs = {
    "Python alone": "",
    "PyTorch alone": "import torch",
    "PyTorch + 25 MB": run.format(n=2500),
    "PyTorch + 100 MB": run.format(n=5000),
    "baseline": "import labkit as lk, numpy as np; image = np.zeros((1, 1, 28, 28), np.float32);"
    "lk.torch_predictor(lk.load_baseline())(image)",
}
peaks = lk.keep(
    "01_peaks", lambda: {name: lk.peak_memory(program) for name, program in programs.items()}
)
ax = lk.plots.peaks(peaks)
# %%
big, small = peaks["PyTorch + 100 MB"], peaks["PyTorch + 25 MB"]
ratio = big.peak_memory_bytes / small.peak_memory_bytes
verdicts.append(lk.claims.judge("M1", ratio, big.low / small.high, big.high / small.low))
print(f"you guessed {my_guess}; here {ratio:.2f} times")

# %% [markdown]
# Most of it is the runtime, here Python and PyTorch, and not the model: a model 4x smaller does not make its process 4x smaller. A smaller runtime
# does, which is what labs 05 and 06 are about.
#
# ## 5 Which model fits which device?
#
# The slide *Efficient Model Architectures* lists sizes, accuracies and latencies. Here the same networks run on this
# machine, with random weights: bytes and time are real, and nothing is downloaded. The accuracy was published with
# torchvision's weights, not measured here. The slide does not say on which device the slide's milliseconds were taken. Each network
# takes turns with MobileNet-v2, so that their ratios hold whatever else the machine does.


# %%
def measure(one):
    photograph, network = torch.rand(1, *lk.models.IMAGENET_SHAPE).numpy(), one.build()
    mobile = {"MobileNet-v2": lk.torch_predictor(lk.models.LECTURE_ARCHITECTURES[1].build())}
    pair = mobile | {one.name: lk.torch_predictor(network)}
    timing = lk.compare(pair, photograph, tolerance=None, seconds=2)[one.name]
    bytes_ = sum(tensor.nbytes for tensor in network.state_dict().values())
    facts = {"parameters": parameters_of(network), "size_bytes": bytes_, "baseline": "MobileNet-v2"}
    return lk.measurement(one.name, "01", pair[one.name], timing, **facts)


rows = lk.keep("01_networks", lambda: [measure(one) for one in lk.models.LECTURE_ARCHITECTURES])
rows = [lk.results.save(row) for row in rows]

# %%
table = pd.DataFrame(rows)
table["published %"] = [one.published_accuracy() for one in lk.models.LECTURE_ARCHITECTURES]
table["slide MB"] = [one.slide_mb for one in lk.models.LECTURE_ARCHITECTURES]
table["slide ms"] = [one.slide_ms for one in lk.models.LECTURE_ARCHITECTURES]

# %%
table["million parameters"] = table.parameters / 1e6
table["MB (10^6)"], table["MiB (2^20)"] = table.size_bytes / 10**6, table.size_bytes / 2**20
sizes = ["million parameters", "MB (10^6)", "MiB (2^20)", "slide MB"]
times = ["latency_ms", "latency_low_ms", "latency_high_ms", "slide ms"]
table.set_index("variant")[[*sizes, *times, "published %"]].round(1)

# %% [markdown]
# Look at the first three rows: what the slide calls MB is, nearly, their number of parameters in millions. In float32 they need four
# times as many bytes. For ResNet-50 and VGG-16 the slide is right, in MiB.

# %%
ax = lk.plots.tradeoff(table, "published %", "(published, ImageNet)")
# %% [markdown]
# Is the order by latency the same here as on the slide? Divide each network's ratio to MobileNet-v2 by that of the network
# before it in the slide's order: all of these should be above 1, so the smallest decides.

# %%
steps = []
for a, b in itertools.pairwise(rows):
    steps.append((b.ratio / a.ratio, b.ratio_low / a.ratio_high, b.ratio_high / a.ratio_low))
smallest = [min(column) for column in zip(*steps)]
verdicts.append(lk.claims.judge("E1.order", *smallest))
verdicts.append(
    lk.claims.judge("E1.size", table.set_index("variant").size_bytes["MobileNet-v2"] / 1e6)
)
lk.claims.table(*verdicts[-2:])

# %% [markdown]
# ### Exercise: `devices_that_fit` (bonus, 1 point)
#
# `budgets` is a dictionary from a device's name to the bytes that it has room for. Return a list of the names of the
# devices on which a model of `size_bytes` fits, the smallest device first. A model that fills the budget exactly still fits.
#
# <details><summary>Hint 1</summary>Two steps: sort the names by their budget, then leave out those that are too small.</details>
# <details><summary>Hint 2</summary><code>sorted(budgets, key=budgets.get)</code> sorts names by their budget.</details>
# <details><summary>Hint 3</summary>Keep a name if <code>size_bytes &lt;= budgets[name]</code>.</details>


# %% exercise="devices_that_fit"
def devices_that_fit(size_bytes, budgets):
    """Names of the devices that have room, the smallest first."""
    ### BEGIN SOLUTION
    return [name for name in sorted(budgets, key=budgets.get) if size_bytes <= budgets[name]]
    ### END SOLUTION


# %% check="devices_that_fit"
check("devices_that_fit", devices_that_fit)

# %% [markdown]
# **See it.** The budgets are the slides' where a slide gives one; the column *why* says so.

# %% tags=["nbval-check-output"]
for budget in lk.results.BUDGETS:
    print(f"{budget.device:16} {budget.max_bytes:>13,} bytes   {budget.why}")

# %%
sizes = {"baseline": size.size_bytes} | dict(zip(table.variant, table.size_bytes))
rows = []
for name, bytes_ in sizes.items():
    fits = [budget.device for budget in lk.results.BUDGETS if bytes_ <= budget.max_bytes]
    rows.append({"model": name, "MB (10^6)": bytes_ / 1e6, "fits": ", ".join(fits)})
pd.DataFrame(rows).set_index("model").round(1)

# %% [markdown]
# **Question (1 point, marked by hand).** The baseline does not fit the microcontroller. Name two ways from the lecture to
# make it fit, and what you would measure afterwards.

# %% [markdown] written="which_device" points=1
# Fewer bytes for each weight (quantization to int8 gives about 1.2 MB, still too much alone), and fewer weights (pruning
# whole channels, or distilling into a small student). Afterwards: the bytes of the file against the budget, the accuracy on
# the same test images with its interval, and latency and memory on the microcontroller itself.

# %% [markdown]
# ## What we saw
#
# First the baseline's row, which the later labs are compared with, then the claims of the lecture and their verdicts on
# this machine.

# %%
baseline = lk.measurement(
    "baseline", "01", predict, comparison["1 core"], size, correct, peaks["baseline"],
    parameters=parameters_of(model),
)  # fmt: skip
lk.results.save(baseline)
pd.DataFrame([baseline], index=["value"]).T.drop("machine").dropna()

# %%
lk.claims.table(*verdicts)

# %% [markdown]
# Two caveats. Everything here was measured on the machine named at the top: a phone may order the networks differently, so
# measure on the device that counts. And the interval of a time says how well we know it *while the notebook ran*; on
# another day, with other programs open, all times may be longer, which is why we quote ratios.
#
# **Go further** (not graded). Run the lab again on Colab, or with another program busy, and compare the verdicts: which of
# them changed? Try `lk.race` on two ways to write the same Python loop.
