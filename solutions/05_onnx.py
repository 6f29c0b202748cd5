# %% [markdown]
# # Lab 05: ONNX and the browser
#
# A network that only PyTorch can run stays where PyTorch is. Written down as one file, other programs can run it: on a
# server, in a phone, in a web page. After this lab you can
#
# - export a network, and prove that the file gives the same answers before you measure anything else;
# - read what is inside the file, and say who merged which layers, and what that brought;
# - race two runtimes fairly, and show your own model running in a browser.
#
# **Time:** 45 minutes for the three core exercises; the four others are a bonus. **Slides:** *ONNX: Universal Model
# Format*, *Exporting to ONNX*, *Running with ONNX Runtime*, *ONNX Optimizations*, *Common Deployment Targets*. In an
# exercise, replace the line `raise NotImplementedError` by your code, run the cell, then run the check below it. Do not
# round what you return. To go on after a restart of the kernel, choose *Run*, *Run All Above Selected Cell*: a cell with
# `lk.keep` (lab 01) takes what it found before.

# %% setup="torch onnx"
import time
import warnings

import numpy as np
import onnx
import onnxruntime as ort
import pandas as pd
import torch
import labkit as lk
from labkit.check import check

lk.plots.setup()
print(lk.measure.describe())

# %%
torch.set_num_threads(1)
model = lk.load_baseline()
test = lk.data.load().test
folder = lk.results.folder() / "05"
folder.mkdir(parents=True, exist_ok=True)
verdicts = []

# %% [markdown]
# ## 1 Is the file the network?
#
# Think of sheet music. A song that lives in one singer's head dies with the singer; written down in a notation that
# everybody reads, any orchestra can play it. **ONNX** is such a notation for networks: which operations, in which order,
# with which weights. First the slide's lines, with our network's shape in place of 224 x 224 pixels.


# %%
def export_as_on_the_slide(network, path):
    """The file that the slide's lines write, and what PyTorch has to say to them."""
    dummy_input = torch.randn(1, 1, 28, 28)
    with warnings.catch_warnings(record=True) as said, lk.onnx.quiet("torch.onnx"):
        warnings.simplefilter("always")
        torch.onnx.export(
            network.eval(),
            dummy_input,
            path,
            input_names=["image"],
            output_names=["prediction"],
            dynamic_axes={"image": {0: "batch_size"}},
        )
    return path, [str(warning.message).strip("# ")[:120] for warning in said]


def lecture():
    return export_as_on_the_slide(model, folder / "lecture.onnx")


lecture_file, said = lk.keep("05_lecture", lecture)
print(*said, sep="\n")

# %% [markdown]
# It works, with a warning: the exporter has changed since the slide was written. Today it takes `dynamic_shapes`, a
# dummy batch of two images, and says with `external_data=False` that the weights belong into the same file.


# %%
def export_today():
    path = folder / "float32.onnx"
    with lk.onnx.quiet("torch.onnx"):
        torch.onnx.export(
            model,
            (torch.randn(2, 1, 28, 28),),
            path,
            input_names=["images"],
            output_names=["logits"],
            dynamic_shapes=({0: torch.export.Dim("batch")},),
            external_data=False,
        )
    return path


float_file = lk.keep("05_float32", export_today)
for name in ("lecture", "float32"):
    alone = (folder / f"{name}.onnx").stat().st_size
    print(
        f"{name}.onnx alone: {alone:,} bytes.  With all that must ship: {lk.size(folder / f'{name}.onnx')}"
    )

# %% [markdown]
# The slides' `get_model_size` looks at one file. For the lecture's export it would say "0.0 MB": the weights went to
# `lecture.onnx.data`, and whoever copies only the `.onnx` file has a network without weights. Now what is written in it?

# %%
file = onnx.load(folder / "float32.onnx")
onnx.checker.check_model(file, full_check=True)  # an error, if it breaks the rules of the notation
print("opset:", file.opset_import[0].version, "(which edition of the list of operations)")
for name in ("lecture", "float32"):
    session = ort.InferenceSession(folder / f"{name}.onnx")
    for what, one in (("input", session.get_inputs()[0]), ("output", session.get_outputs()[0])):
        print(f"{name}.onnx {what}: {one.name} {one.shape}")

# %% [markdown]
# A text in a shape, such as `batch`, stands for any number; a number is fixed.
#
# ### Exercise: `takes` (bonus, 1 point)
#
# Will the file take these images? `input_shape` is a list as above, such as `["batch", 1, 28, 28]`: a text or `None`
# stands for any number. `images_shape` is a tuple of whole numbers. Return True if both are equally long and every fixed
# number is equal, else False.
#
# <details><summary>Hint 1</summary>First compare the lengths; <code>zip</code> stops at the end of the shorter one.</details>
# <details><summary>Hint 2</summary><code>isinstance(wanted, int)</code> is True for a fixed size.</details>
# <details><summary>Hint 3</summary>Return False at the first place where <code>isinstance(wanted, int) and wanted != found</code>.</details>


# %% exercise="takes"
def takes(input_shape, images_shape):
    """Whether a file with this input takes images of this shape."""
    ### BEGIN SOLUTION
    if len(input_shape) != len(images_shape):
        return False
    for wanted, found in zip(input_shape, images_shape):
        if isinstance(wanted, int) and wanted != found:
            return False
    return True
    ### END SOLUTION


# %% check="takes"
check("takes", takes)

# %% [markdown]
# **See it.** Three exports: ours; one in which somebody forgot `dynamic_shapes`; and a network that asks for each image
# by itself, in a loop, exported with the slide's lines. **Predict** which of them answer 20 images.


# %%
class OneByOne(torch.nn.Module):
    """Somebody's network: right in PyTorch for any number of images."""

    def __init__(self):
        super().__init__()
        self.network = lk.load_baseline()

    def forward(self, images):
        return torch.cat([self.network(image[None]) for image in images])


def export_both():
    loop, _ = export_as_on_the_slide(OneByOne(), folder / "loop.onnx")
    with lk.onnx.quiet("torch.onnx"):
        dummy = (torch.randn(1, 1, 28, 28),)
        torch.onnx.export(model, dummy, folder / "fixed.onnx", external_data=False)
    return [loop, folder / "fixed.onnx"]


loop_file, fixed_file = lk.keep("05_two_more", export_both)

# %%
my_guess = None  # for example ["ours", "forgotten"]


def twenty_images(path):
    """The input's shape, and the answer's for 20 images."""
    session = ort.InferenceSession(path)
    one = session.get_inputs()[0]
    if not lk.onnx.takes(one.shape, (20, 1, 28, 28)):
        return one.shape, "an error"
    return one.shape, session.run(None, {one.name: test.inputs[:20]})[0].shape


for name, stem in {"ours": "float32", "forgotten": "fixed", "loop": "loop"}.items():
    shape, answer = twenty_images(folder / f"{stem}.onnx")
    print(f"{name}: input {shape}, 20 images give {answer}")

# %% [markdown]
# The forgotten one fails loudly. The loop is worse: the file *says* that it takes any batch, takes 20 images, and
# answers one. With the slide's dummy batch of 1 the exporter saw one turn of the loop, and **baked** it **in**. Only a
# check finds that.
#
# ### Exercise: `parity` (core, 3 points)
#
# `expected` and `found` are arrays of logits, `(n, classes)`. Return three things: the largest absolute difference of any
# logit; the share (0 to 1) of images with the same label, a label being the place of a row's largest logit; and True only
# if the difference is at most `tolerance` *and* all labels are the same. If the shapes differ or something is NaN, the
# third must be False (the first two may be anything).
#
# <details><summary>Hint 1</summary>Compare <code>expected.shape</code> with <code>found.shape</code> before you subtract.</details>
# <details><summary>Hint 2</summary><code>expected.argmax(axis=1)</code> gives the label of each image.</details>
# <details><summary>Hint 3</summary>No comparison with NaN is True: <code>difference &lt;= tolerance</code> is False, and that is what you want.</details>


# %% exercise="parity"
def parity(expected, found, tolerance=1e-4):
    """Largest difference, share of equal labels, and whether the two agree."""
    ### BEGIN SOLUTION
    if expected.shape != found.shape:
        return float("inf"), 0.0, False
    difference = abs(expected - found).max()
    same = (expected.argmax(axis=1) == found.argmax(axis=1)).mean()
    return difference, same, bool(difference <= tolerance and same == 1)
    ### END SOLUTION


# %% check="parity"
check("parity", parity)

# %% [markdown]
# **See it.** 500 real test images, in batches of 50, through PyTorch and through each file, before anything is timed.


# %%
def answers(predict, n=500):
    """Logits of the first n test images, 50 at a time: all at once would need much memory."""
    images = test.inputs[:n]
    return np.concatenate([predict(images[i : i + 50]) for i in range(0, n, 50)])


expected = answers(lk.torch_predictor(model))
rows = {}
for name in ("lecture", "float32", "loop"):
    found = answers(lk.onnx_predictor(folder / f"{name}.onnx"))
    rows[name] = [found.shape, *lk.onnx.parity(expected, found)]
columns = ["shape of the answer", "largest difference", "same labels", "agree"]
pd.DataFrame.from_dict(rows, "index", columns=columns)

# %% [markdown]
# Two runtimes add the same numbers in another order, so the last digits differ; some millionths are as good as equal.
#
# **Question (1 point, marked by hand).** Somebody compares PyTorch with the file on the dummy input itself, one random
# picture, and finds no difference. Name two mistakes that this check cannot find.

# %% [markdown] written="why_parity" points=1
# A batch that was baked in: with the dummy's own batch of 1 the answer is right. And anything that shows on real images
# only: on noise, a network may give one and the same label for everything, so wrong weights in some layers, or a
# forgotten normalisation, need not change a label. Real images, many of them, in a batch of another size, find both.

# %% [markdown]
# ## 2 Where did BatchNorm go?
#
# The slide says that ONNX Runtime makes one operation of Conv, BatchNorm and ReLU. Here is our network in PyTorch, and in
# the file that we have just written. (Netron, a program and web page, draws any such file, too.)

# %%
ax = lk.plots.graph({"in PyTorch": model, "in the file": folder / "float32.onnx"})

# %% [markdown]
# No BatchNorm is left, and no runtime has seen the file yet! When a network answers, BatchNorm does the same to every
# image: subtract, divide, multiply, add. Two such steps in a row, first the convolution's and then BatchNorm's, can be
# done in one, as "times 3, then times 2" is "times 6". This is called **folding**.
#
# ### Exercise: `fold_batchnorm` (core, 3 points)
#
# `weight` has the shape `(outputs, inputs, height, width)`; `bias`, `gamma`, `beta`, `mean`, `variance` are arrays
# `(outputs,)`. BatchNorm makes of a convolution's output `y`, channel by channel,
# `(y - mean) / sqrt(variance + eps) * gamma + beta`. Return two arrays, weight and bias of *one* convolution that does
# both: with `factor = gamma / sqrt(variance + eps)`, each output channel's weights times its factor, and
# `(bias - mean) * factor + beta`.
#
# <details><summary>Hint 1</summary><code>factor</code> has the shape <code>(outputs,)</code>; <code>np.sqrt</code> works on arrays.</details>
# <details><summary>Hint 2</summary><code>weight * factor</code> would multiply along the last axis, the width. The factor belongs to the first.</details>
# <details><summary>Hint 3</summary><code>factor[:, None, None, None]</code> has the shape <code>(outputs, 1, 1, 1)</code>.</details>


# %% exercise="fold_batchnorm"
def fold_batchnorm(weight, bias, gamma, beta, mean, variance, eps):
    """Weight and bias of one convolution in place of a convolution and a BatchNorm."""
    ### BEGIN SOLUTION
    factor = gamma / np.sqrt(variance + eps)
    return weight * factor[:, None, None, None], (bias - mean) * factor + beta
    ### END SOLUTION


# %% check="fold_batchnorm"
check("fold_batchnorm", fold_batchnorm)

# %% [markdown]
# **See it.** The first convolution and its BatchNorm, folded by the formula, beside the weights that the exporter wrote.

# %%
conv, norm = model.features[0], model.features[1]
tensors = (norm.weight, norm.bias, norm.running_mean, norm.running_var)
no_bias = torch.zeros(len(conv.weight))  # this convolution has none: BatchNorm's beta is enough
numbers = [one.detach().numpy() for one in (conv.weight, no_bias, *tensors)]
weight, bias = lk.onnx.fold_batchnorm(*numbers, norm.eps)
stored = [onnx.numpy_helper.to_array(one) for one in file.graph.initializer]
near = min(abs(one - weight).max() for one in stored if one.shape == weight.shape)
print(f"largest weight {abs(weight).max():.3f}, largest difference to the file's {near:.1e}")
print(f"the largest difference to PyTorch's own weights is {abs(numbers[0] - weight).max():.3f}")

# %% [markdown]
# So it was the exporter, as soon as the network is in evaluation mode.
#
# **Question (1 point, marked by hand).** In training mode BatchNorm takes mean and variance from the batch that it sees.
# Why can it not be folded then?

# %% [markdown] written="why_fold" points=1
# Then mean and variance are known only when the images are there, and change with every batch. The factor would be another
# one each time, so no fixed weight can hold it. In evaluation mode they are remembered averages, constants like the weights.

# %% [markdown]
# And ReLU? It looks at each number once it is computed and makes it 0 if it is below 0. Done by itself, every number is
# fetched from memory and stored again. Done while the number is still in the processor's hand, it costs next to nothing.
#
# ### Exercise: `fuse` (core, 3 points)
#
# `ops` is a chain of operations, a list of texts such as `["Conv", "BatchNormalization", "Relu", "MaxPool"]`. Return
# what is left after fusing, here `["Conv", "MaxPool"]`: a `BatchNormalization` directly after a `Conv` goes into it. A
# `Relu` directly after a `Conv`, or after a `Gemm` (a linear layer), goes into that; a `BatchNormalization` that has
# gone in stands no longer between. After its `Relu`, nothing more goes in. All else stays, in order.
#
# <details><summary>Hint 1</summary>Go through <code>ops</code> and build a new list. Remember, beside it, which operation can still take something in.</details>
# <details><summary>Hint 2</summary><code>open_op</code> is the last one that was kept; after a <code>Relu</code> went in, set it to <code>None</code>.</details>
# <details><summary>Hint 3</summary><code>if op == "Relu" and open_op in ("Conv", "Gemm"):</code> then close it and <code>continue</code>.</details>


# %% exercise="fuse"
def fuse(ops):
    """What is left of a chain of operations after fusing."""
    ### BEGIN SOLUTION
    left, open_op = [], None
    for op in ops:
        if op == "BatchNormalization" and open_op == "Conv":
            continue
        if op == "Relu" and open_op in ("Conv", "Gemm"):
            open_op = None
            continue
        left.append(op)
        open_op = op
    return left
    ### END SOLUTION


# %% check="fuse"
check("fuse", fuse)

# %% [markdown]
# **See it.** ONNX Runtime's optimiser has levels. To give it all of the slide's work, `layer_by_layer` writes one
# operation for each PyTorch layer, BatchNorm too. How many operations does your rule leave, and how many does the runtime?

# %%
layers = lk.onnx.layer_by_layer(model, folder / "layers.onnx")
chain = [node.op for node in lk.onnx.graph(layers)]
print(f"by the rule: {len(chain)} operations become {len(lk.onnx.fuse(chain))}")
stages = {}
for level in ("DISABLE_ALL", "BASIC", "EXTENDED", "ALL"):
    stages[level] = lk.onnx.optimised(layers, folder / f"layers_{level}.onnx", level)
lk.onnx.ops(stages)

# %%
ax = lk.plots.graph(stages)

# %% [markdown]
# BASIC folds BatchNorm, EXTENDED fuses ReLU, and ALL may also choose another order of the numbers in memory, which needs
# operations that change between the orders (`ReorderOutput`). So the runtime can do what the slide says, but for a file of
# today's exporter, half is done.

# %%
last = lk.onnx.ops(stages)["ALL"]
blocks = sum(last.get(kind, 0) for kind in ("Conv", "Conv + Relu", "BatchNorm", "Relu"))
verdicts.append(lk.claims.judge("O2.one", blocks / 6))
in_file = lk.onnx.ops(folder / "float32.onnx")["count"]
verdicts.append(lk.claims.judge("O2.runtime", in_file.get("BatchNorm", 0)))

# %% [markdown]
# ### Which answers are known before the question?
#
# "Constant folding" on the slide: what depends on no image can be computed once, when the file is loaded.
#
# ### Exercise: `fold_constants` (bonus, 1 point)
#
# `nodes` is a list of `(op, inputs, output)`: a text, a list of names, a name; in the order in which they run.
# `constants` lists the names that are known, the weights. A node whose inputs are *all* known is computed beforehand, and
# its output is then known, too. Return the outputs of the other nodes, in order.
#
# <details><summary>Hint 1</summary>Begin with <code>known = set(constants)</code>, and let it grow.</details>
# <details><summary>Hint 2</summary><code>all(name in known for name in inputs)</code> is True also for a node without inputs.</details>
# <details><summary>Hint 3</summary>If so, <code>known.add(output)</code>; if not, append the output to the result.</details>


# %% exercise="fold_constants"
def fold_constants(nodes, constants):
    """The outputs of the nodes that must run each time."""
    ### BEGIN SOLUTION
    known, left = set(constants), []
    for _, inputs, output in nodes:
        if all(name in known for name in inputs):
            known.add(output)
        else:
            left.append(output)
    return left
    ### END SOLUTION


# %% check="fold_constants"
check("fold_constants", fold_constants)

# %% [markdown]
# **See it.** The exporter has an optimiser of its own. Without it, the file says how to make a vector of zeros for every
# convolution instead of just leaving them out.


# %%
def export_plain():
    with lk.onnx.quiet("torch.onnx"):
        torch.onnx.export(
            model, (torch.randn(2, 1, 28, 28),), folder / "plain.onnx", input_names=["images"],
            dynamic_shapes=({0: torch.export.Dim("batch")},), external_data=False, optimize=False,
        )  # fmt: skip
    return folder / "plain.onnx"


plain = onnx.load(lk.keep("05_plain", export_plain)).graph
nodes = [(node.op_type, list(node.input), node.output[0]) for node in plain.node]
left = lk.onnx.fold_constants(nodes, [one.name for one in plain.initializer])
ax = lk.plots.graph(
    {"without": folder / "plain.onnx", "with the exporter's": folder / "float32.onnx"}
)

# %%
stages = {"as written": folder / "plain.onnx"}
for level in ("DISABLE_ALL", "BASIC"):
    stages[level] = lk.onnx.optimised(folder / "plain.onnx", folder / f"plain_{level}.onnx", level)
table = lk.onnx.ops(stages | {"by the exporter": folder / "float32.onnx"})
saved = table.loc["all", "DISABLE_ALL"] - table.loc["all", "BASIC"]
verdicts.append(lk.claims.judge("O2.constants", int(saved)))
print(f"by the rule, {len(left)} of {len(nodes)} operations are left")
table

# %% [markdown]
# What brings all this in time? The files of this section at every level, one image, one thread. **Choose** an answer,
# then move the slider: which step makes the network faster?

# %%
files = {"today's export": folder / "float32.onnx", "layer by layer": layers}
steps = lk.keep("05_levels", lambda: lk.onnx.levels(files, test.inputs[:1], seconds=3))
lk.widgets.level_explorer(steps, lk.measure.describe())

# %% [markdown]
# **Question (1 point, marked by hand).** The slide draws three operations that become one, and calls that an
# optimization. Look at the latencies of your machine: how much time does fusing bring here, and what does the step to the
# level "all" bring? Why can a third of the operations cost next to nothing?

# %% [markdown] written="why_fuse" points=1
# From "none" to "extended" the operations of the file with all layers fall from 25 to 12. On the machine where this was
# written, the latency hardly moves until then, and it is the step to "all" that saves a third or more: there the numbers
# are put into an order in memory that suits the processor. Nearly all time goes into the multiplications of the convolutions. BatchNorm and ReLU touch each number
# once, while a convolution uses it hundreds of times, so saving them saves little.

# %% [markdown]
# ## 3 How much faster is ONNX Runtime?
#
# "2-3x faster than PyTorch on CPU!" says the slide. To hold a race, both must run under the same rules. The slide's
# session names no *provider* (who computes: CPU, graphics card, ...) and no number of *threads*, so it takes every core.

# %%
print("providers here:", ort.get_available_providers())
options = ort.SessionOptions()
options.intra_op_num_threads = 1
options.add_session_config_entry("session.intra_op.allow_spinning", "0")
session = ort.InferenceSession(folder / "float32.onnx", options, providers=["CPUExecutionProvider"])
print("the first label:", session.run(None, {"images": test.inputs[:1]})[0].argmax())

# %% [markdown]
# ONNX Runtime with one and two threads, one image and 32. `lk.onnx_predictor` makes the session above.


# %%
def call(batch, threads):
    predict, images = lk.onnx_predictor(float_file, threads), test.inputs[:batch]
    return lambda: predict(images)


calls = {(batch, threads): call(batch, threads) for batch in (1, 32) for threads in (1, 2)}
timed = lk.keep("05_threads", lambda: lk.race(calls, seconds=2))
rows = []
for (batch, threads), one in timed.timings.items():
    interval = f"{one.latency_low_ms:.3f} to {one.latency_high_ms:.3f}"
    row = {"batch": batch, "threads": threads, "latency, ms": round(one.latency_ms, 3)}
    rows.append(row | {"95 % interval": interval, "images/s": round(1000 * batch / one.latency_ms)})
pd.DataFrame(rows)

# %% [markdown]
# Why does the session switch off *spinning*? A thread that waits can sleep, or run on the spot to be ready at once. ONNX
# Runtime's second thread does the latter, unless told otherwise. We watch the processor after a call, while nobody wants
# anything.


# %%
def burnt_ms(spinning):
    """Processor time in the 50 ms after a call: the median of ten, with its interval."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 2
    options.add_session_config_entry("session.intra_op.allow_spinning", spinning)
    session, burnt = ort.InferenceSession(folder / "float32.onnx", options), []
    for _ in range(10):
        session.run(None, {"images": test.inputs[:1]})
        start = time.process_time()
        time.sleep(0.05)
        burnt.append(1000 * (time.process_time() - start))
    return lk.measure.median_interval(burnt)


for name, spinning in {"sleeping": "0", "spinning": "1"}.items():
    print(
        "threads {} after their work: {:.2f} ms ({:.2f} to {:.2f})".format(
            name, *burnt_ms(spinning)
        )
    )

# %% [markdown]
# A thread that spins takes a core away from whoever comes next; in a race of two runtimes that is the other runner. So for
# the race each runtime gets a process of its own and one thread; while one runs, the other waits. The two programs:

# %%
np.save(folder / "images.npy", test.inputs[:32])
PYTORCH = """
import numpy as np, torch, labkit as lk
torch.set_num_threads(1)
model, images = lk.load_baseline(), torch.from_numpy(np.load({images!r})[:{batch}])
def inference_mode():
    with torch.inference_mode():
        return model(images)
calls = {{"PyTorch, eager": lambda: model(images), "PyTorch, inference mode": inference_mode}}
"""
ONNX = """
import numpy as np, labkit as lk
predict, images = lk.onnx_predictor({file!r}), np.load({images!r})[:{batch}]
calls = {{"ONNX Runtime": lambda: predict(images)}}
"""

# %% [markdown]
# *Eager* is the slide's `model(input)`, which takes notes for gradients that nobody wants; inference mode does not. A race
# gives ratios of times; people say "times faster".
#
# ### Exercise: `times_faster` (bonus, 1 point)
#
# `ratio` is a variant's time over the baseline's, so 0.5 is twice as fast; its 95 % interval reaches from `low` to `high`.
# Return how many times faster the variant is, and the low and the high end of *that*.
#
# <details><summary>Hint 1</summary>Half the time is twice as fast: <code>1 / ratio</code>.</details>
# <details><summary>Hint 2</summary>The smallest ratio is the largest speed-up.</details>
# <details><summary>Hint 3</summary>The low end is <code>1 / high</code>.</details>


# %% exercise="times_faster"
def times_faster(ratio, low, high):
    """How many times faster, and the low and high end of its interval."""
    ### BEGIN SOLUTION
    return 1 / ratio, 1 / high, 1 / low
    ### END SOLUTION


# %% check="times_faster"
check("times_faster", times_faster)

# %% [markdown]
# **See it.** **Predict** how many times faster ONNX Runtime is than eager PyTorch, for one image and for 32.

# %%
my_guess = None  # for example (2, 3)
places = {"images": str(folder / "images.npy"), "file": str(float_file)}


def raced(batch):
    programs = [text.format(batch=batch, **places) for text in (PYTORCH, ONNX)]
    return lk.measure.race_processes(programs, seconds=2)


races = lk.keep("05_races", lambda: {batch: raced(batch) for batch in (1, 32)}, float_file)
races[1]

# %%
races[32]


# %%
def against_inference_mode(timed):
    """ONNX Runtime's ratio to inference mode; the ends are divided, so the interval is rather too wide."""
    ours, theirs = timed["ONNX Runtime"], timed["PyTorch, inference mode"]
    ends = (
        ours.ratio / theirs.ratio,
        ours.ratio_low / theirs.ratio_high,
        ours.ratio_high / theirs.ratio_low,
    )
    return lk.onnx.times_faster(*ends)


for batch, timed in races.items():
    one = timed["ONNX Runtime"]
    eager = lk.onnx.times_faster(one.ratio, one.ratio_low, one.ratio_high)
    verdicts.append(lk.claims.judge(f"O1.eager.{batch}", *eager))
    verdicts.append(lk.claims.judge(f"O1.inference.{batch}", *against_inference_mode(timed)))
lk.claims.table(*verdicts[-4:])

# %% [markdown]
# With one image, a part of PyTorch's time goes into calling its layers, one by one, from Python; ONNX Runtime saves that.
# With 32 images this part hardly counts, and what is left is whose convolutions suit this processor better. Eager PyTorch
# also keeps every layer's output for gradients, so part of "2-3x" is one missing line: `torch.inference_mode()`.
#
# ## 4 What does reusing buffers save?
#
# Between two layers lie numbers: a **buffer**, like a plate between the courses of a meal. A plate that is no longer needed
# can be washed and used again. "Memory optimization: reuse buffers" is the third thing on the slide.
#
# ### Exercise: `peak_with_reuse` (bonus, 1 point)
#
# `tensors` is a list of `(size, first, last)`: a tensor of `size` bytes is needed at every step from `first` to `last`,
# both included. Return the most bytes that are needed at any one step: so much memory is enough if every buffer is reused.
#
# <details><summary>Hint 1</summary>For one step, add up the sizes of all tensors with <code>first &lt;= step &lt;= last</code>.</details>
# <details><summary>Hint 2</summary>Do this for every step from 0 to the largest <code>last</code>.</details>
# <details><summary>Hint 3</summary><code>max(...)</code> over these sums is the answer.</details>


# %% exercise="peak_with_reuse"
def peak_with_reuse(tensors):
    """Most bytes that are needed at one step."""
    ### BEGIN SOLUTION
    steps = range(max(last for _, _, last in tensors) + 1)
    return max(sum(s for s, first, last in tensors if first <= step <= last) for step in steps)
    ### END SOLUTION


# %% check="peak_with_reuse"
check("peak_with_reuse", peak_with_reuse)

# %% [markdown]
# **See it.** The buffers of our network for a batch of 64 images, by arithmetic. Then the real thing: peak memory of
# fresh processes. `keep_everything` makes every buffer an output of the file, so that none may be used again.

# %%
buffers = lk.onnx.lifetimes(folder / "float32.onnx", batch=64)
together, enough = sum(size for size, _, _ in buffers), lk.onnx.peak_with_reuse(buffers)
print(f"all buffers: {together / 1e6:.0f} MB; with reuse {enough / 1e6:.0f} MB are enough")
kept = lk.onnx.keep_everything(folder / "float32.onnx", folder / "kept.onnx")
PROGRAM = """
import numpy as np, onnxruntime as ort
options = ort.SessionOptions()
options.intra_op_num_threads = 1
options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
options.enable_cpu_mem_arena, options.enable_mem_pattern = {arena}, {pattern}
session = ort.InferenceSession({file!r}, options, providers=["CPUExecutionProvider"])
for _ in range(6):
    session.run(["logits"], {{"images": np.zeros((64, 1, 28, 28), np.float32)}})
"""

# %% [markdown]
# The *arena* is a stock of memory that the runtime keeps instead of giving it back; the *memory pattern* is a plan, made
# in the first call, of where each buffer lies. Both are on unless told otherwise. **Predict:** which takes least memory?

# %%
my_guess = None  # one of the names below
variants = {
    "as it is": (folder / "float32.onnx", True, True),
    "no memory pattern": (folder / "float32.onnx", True, False),
    "no arena": (folder / "float32.onnx", False, True),
    "neither": (folder / "float32.onnx", False, False),
    "every buffer kept": (kept, True, True),
}


def peak(path, arena, pattern):
    program = PROGRAM.format(file=str(path), arena=arena, pattern=pattern)
    return lk.peak_memory(program, runs=2)


peaks = lk.keep("05_peaks", lambda: {name: peak(*one) for name, one in variants.items()})
ax = lk.plots.peaks(peaks)


# %%
def over(name, base="as it is"):
    """Peak memory over that of `base`, with the range of the runs."""
    one, two = peaks[name], peaks[base]
    return one.peak_memory_bytes / two.peak_memory_bytes, one.low / two.high, one.high / two.low


for claim, name in (
    ("reuse", "every buffer kept"),
    ("arena", "neither"),
    ("pattern", "no memory pattern"),
):
    verdicts.append(lk.claims.judge(f"O4.{claim}", *over(name)))
saved = peaks["every buffer kept"].peak_memory_bytes - peaks["as it is"].peak_memory_bytes
print(f"reuse saves {saved / 1e6:.0f} MB; by arithmetic up to {(together - enough) / 1e6:.0f} MB")
lk.claims.table(*verdicts[-3:])

# %% [markdown]
# Reuse itself is real, and needs no switch. The two switches are there for speed too, so each has a price. The plan is
# used from the second call on, while what the first call took is still in the stock. Without an arena, each call asks the
# system for memory anew, and what lies between two used pieces may be lost for a while.
#
# ## 5 Does the same file run everywhere?
#
# Now the file to deploy: int8, made as in lab 02. First float32 at every level of the optimiser against PyTorch, then
# the int8 file at every level against itself.

# %%
images = lk.data.calibration_images(256)
int8 = lk.keep(
    "05_int8", lambda: lk.quantize.quantize_onnx(float_file, folder / "int8.onnx", images)
)


def parities():
    rows = []
    for name, path, n in (("float32", float_file, 500), ("int8", int8, 300)):
        base = expected if name == "float32" else answers(lk.onnx_predictor(int8), n)
        for level in ("DISABLE_ALL", "BASIC", "EXTENDED", "ALL"):
            found = answers(lk.onnx_predictor(path, level=level), n)
            difference, same, _ = lk.onnx.parity(base, found)
            row = {"file": name, "level": level, "largest difference": difference}
            rows.append(row | {"same labels": same})
    return rows


table = pd.DataFrame(lk.keep("05_parity", parities))
table

# %%
float32 = table[table["file"] == "float32"]
verdicts.append(lk.claims.judge("O3.logits", float32["largest difference"].max()))
verdicts.append(lk.claims.judge("O3.labels", float32["same labels"].min()))
lk.claims.table(*verdicts[-2:])

# %% [markdown]
# In int8, low levels compute with the rounded numbers as floats, high ones with bytes; a value half-way between two codes
# may go either way. So logits differ in the first digits, and what must stay is the label. A file that was tested on one
# runtime is tested for that one.
#
# ### And in a browser?
#
# The slide names ONNX.js, TensorFlow.js and WebGL. ONNX.js was given up; its successor is **onnxruntime-web**, ONNX Runtime itself
# compiled to *WebAssembly*, machine code that every browser runs in a closed box. TensorFlow.js lives, but reads TensorFlow's
# files, not ours. WebGL, made for drawing, was lent out for computing; *WebGPU*, made for both, takes its place where a
# browser has it. Here, WebAssembly, no server, no network: your `int8.onnx`. Edit a picture until the answer tips over.

# %%
pad = lk.widgets.browser_pad(int8, seconds=0.5)
pad

# %% [markdown]
# The next cell keeps what your browser measured (none, if nobody has looked: a notebook that runs by itself has no
# browser), writes the same as a page that opens from disk, and asks how much a visitor must load.

# %%
if pad.measured:
    print("in the browser, largest difference:", pad.measured["largest_difference"])
    lk.results.save(lk.measurement("baseline int8", "05", size=lk.size(int8), **pad.row()))
page = lk.browser.page(int8, folder / "int8.html", seconds=0.5)
download = lk.browser.bytes_to_load(int8)
print(f"{page.name}: {page.stat().st_size / 1e6:.1f} MB, opens without a server")
download

# %%
largest = max(path.stat().st_size for path in folder.glob("*.onnx*"))
verdicts.append(lk.claims.judge("W1.model", largest / 1e6))
verdicts.append(lk.claims.judge("W1.download", download.gzip_bytes / 1e6))
lk.claims.table(*verdicts[-2:])

# %% [markdown]
# The slide's 10 MB were meant for the model. For ours the runtime is the larger part of what must be loaded, once; the
# browser keeps it for the next visit.
#
# ## What we saw
#
# The rows below are kept for lab 07. Accuracy is measured on all 10,000 test images, by ONNX Runtime.

# %%
pair = {
    name: lk.onnx_predictor(path) for name, path in {"float32": float_file, "int8": int8}.items()
}
right = lk.keep(
    "05_right", lambda: {name: lk.train.correct(one, test) for name, one in pair.items()}
)
timed = lk.keep("05_time", lambda: lk.compare(pair, test.inputs[:1], tolerance=None, seconds=1))
one = lk.measurement(
    "baseline int8", "05", pair["int8"], timed["int8"], lk.size(int8), right["int8"],
    baseline="baseline",
)  # fmt: skip
lk.results.save(one)
difference = lk.measure.accuracy_difference(right["float32"], right["int8"])
print("int8 minus float32: {:+.2%} ({:+.2%} to {:+.2%})".format(*difference))

# %%
weights = lk.size(lk.data.weights_folder() / "baseline.safetensors")  # what PyTorch needs
size = {"ONNX Runtime": lk.size(folder / "float32.onnx")}
runtimes = {"PyTorch, inference mode": "PyTorch"}  # the name that the other labs use
for batch, timed in races.items():
    for name in ("PyTorch, eager", "PyTorch, inference mode", "ONNX Runtime"):
        facts = {"runtime": runtimes.get(name, name), "batch": batch, "baseline": "baseline"}
        row = ("baseline", "05", None, timed[name], size.get(name, weights), right["float32"])
        lk.results.save(lk.measurement(*row, **facts))
columns = ["variant", "runtime", "batch", "latency_ms", "ratio", "ratio_low", "ratio_high"]
lk.results.table("05")[[*columns, "size_bytes", "accuracy"]].round(4)

# %%
lk.claims.table(*verdicts)

# %% [markdown]
# Two caveats. The races are of one small network on one CPU: with many tiny layers the ratio grows, with large ones only
# the quality of the multiplications counts, and on another CPU the other runtime's may be better. And "any platform" was
# tried on those that are here: an operation that one runtime knows may be missing in another, or in another edition of it.
#
# **Go further** (not graded). Export a network of lab 04 and put it on a page: `labkit browser student.onnx -o
# page.html` in a terminal. Which of its labels can you tip over with the fewest strokes? Open your file in Netron.
