# %% [markdown]
# # Lab 06: Mobile and microcontrollers
#
# A phone runs another program than your laptop, and a microcontroller has less memory than this page. After this lab
# you can
#
# - carry a network's weights from PyTorch over to Keras, and prove that both give the same answers;
# - make four kinds of TensorFlow Lite file, and say from the file itself what was quantized and what was not;
# - fit a network into 64 KB, and choose a file for a device from what you measured.
#
# **Time:** 45 minutes for the three core exercises; the four others are a bonus. **Slides:** *TensorFlow Lite (TFLite)*,
# *Common Deployment Targets*, *Real-World Example: Mobile App*, *Deployment Pipeline*, *Tips for Edge Deployment*. Run
# each cell with Shift + Enter. In an exercise, replace the line `raise NotImplementedError` by your code, run the cell,
# then run the check below it. Do not round what you return, unless rounding is the task. To go on after a restart of the
# kernel, choose *Run*, *Run All Above Selected Cell*: a cell with `lk.keep` (lab 01) takes what it found before.

# %% setup="torch tensorflow micro"
import os

import numpy as np
import pandas as pd
import labkit as lk
from labkit.check import check

lk.plots.setup()
print(lk.measure.describe())

# %% [markdown]
# The network is the student that lab 04 distilled: 43,930 parameters. PyTorch and TensorFlow in one process have been
# seen to hang, and take a lot of memory together. So each works in a process of its own, and hands over arrays: here
# PyTorch's answers to 500 test images, and all weights in a file for Keras. (You may open that file with `np.load`.)

# %%
name = "student_soft_0"
test = lk.data.load().test
few = lk.data.Split(test.images[:500], test.labels[:500])
folder = lk.results.folder() / "06"
folder.mkdir(parents=True, exist_ok=True)


def asked():
    maps, logits = lk.mobile.ask_pytorch("student_soft_0", few.inputs, folder / "twin.npz")
    return maps, logits, folder / "twin.npz"


maps, logits, twin = lk.keep("06_twin", asked)
verdicts = []

# %% [markdown]
# ## 1 Why does the same network need another order?
#
# A colour picture can be kept as three sheets of tracing paper, one for each colour, or as one sheet on which every dot
# carries its three colours. The picture is the same, the order of its numbers is not. PyTorch keeps sheets: images are
# `(n, channels, height, width)`, **NCHW** for short. Keras and TensorFlow Lite keep dots: `(n, height, width,
# channels)`, **NHWC**. A **Keras twin** is the same network, built of Keras layers, with our trained weights. All of
# them have to change places.
#
# ### Exercise: `kernel_to_keras` (core, 2 points)
#
# A convolution's `weight` is a NumPy array. PyTorch keeps it as `(out, in, height, width)`, Keras as
# `(height, width, in, out)`, where `in` and `out` count channels. Return the array as Keras wants it. No value changes,
# only its place.
#
# <details><summary>Hint 1</summary>Two functions change shapes. <code>reshape</code> keeps the numbers in a row and cuts that row anew; <code>transpose</code> moves whole axes.</details>
# <details><summary>Hint 2</summary><code>array.transpose(1, 0)</code> swaps two axes: first comes the old axis 1, then the old axis 0.</details>
# <details><summary>Hint 3</summary>The height is PyTorch's axis 2, and comes first: <code>weight.transpose(2, ...)</code>.</details>


# %% exercise="kernel_to_keras"
def kernel_to_keras(weight):
    """A PyTorch kernel in the order of Keras."""
    ### BEGIN SOLUTION
    return weight.transpose(2, 3, 1, 0)
    ### END SOLUTION


# %% check="kernel_to_keras"
check("kernel_to_keras", kernel_to_keras)

# %% [markdown]
# **See it.** The first convolution's filter number 5, in both libraries: the same nine numbers, at another address.

# %% tags=["nbval-check-output"]
from safetensors.numpy import load_file

weights = load_file(lk.data.weights_folder() / f"{name}.safetensors")
weight = weights["features.0.weight"]
kernel = lk.mobile.kernel_to_keras(weight)
print("PyTorch", weight.shape, "  Keras", kernel.shape)
print(np.round(weight[5, 0], 3))
print(np.round(kernel[:, :, 0, 5], 3))

# %% [markdown]
# Between the convolutions and the Linear layer stands Flatten: it writes the maps of one image in a row. PyTorch goes
# through them channel by channel, Keras through each pixel's channels.
#
# ### Exercise: `flatten_order` (core, 2 points)
#
# `weight` is the Linear layer after Flatten, `(out, channels * height * width)`. Input number
# `(channel * height + row) * width + column` of PyTorch is number `(row * width + column) * channels + channel` of Keras.
# Return the weight for Keras: shape `(inputs, out)`, each number with its own input.
#
# <details><summary>Hint 1</summary>First undo PyTorch's Flatten: reshape the weight to <code>(out, channels, height, width)</code>.</details>
# <details><summary>Hint 2</summary>This looks like a kernel now. In which order should its four axes come before they are flattened again?</details>
# <details><summary>Hint 3</summary>Your <code>kernel_to_keras</code> gives (height, width, channels, out); <code>.reshape(-1, len(weight))</code> flattens the first three.</details>


# %% exercise="flatten_order"
def flatten_order(weight, channels, height, width):
    """The Linear layer after Flatten, for Keras."""
    ### BEGIN SOLUTION
    maps = weight.reshape(len(weight), channels, height, width)
    return maps.transpose(2, 3, 1, 0).reshape(-1, len(weight))
    ### END SOLUTION


# %% check="flatten_order"
check("flatten_order", flatten_order)

# %% [markdown]
# **See it.** Forgetting this step gives no error: the shapes fit. **Predict:** of 500 test images, how many does the
# network still get right if the Linear layer keeps PyTorch's order?

# %%
my_guess = None  # 0 to 100 %
weight, bias = weights["classifier.1.weight"], weights["classifier.1.bias"]
flat = lk.mobile.nchw_to_nhwc(maps).reshape(len(few), -1)  # as Keras' Flatten gives them
orders = {"forgotten": weight.T, "moved": lk.mobile.flatten_order(weight, 48, 3, 3)}
for order, kernel in orders.items():
    print(f"{order:9}: {((flat @ kernel + bias).argmax(1) == few.labels).mean():.1%} of 500 images")

# %% [markdown]
# **Question (1 point, marked by hand).** Both orders have the same shape, so no library can warn. Which test would have
# found the mistake before the network reached a phone, and why should it use real images?

# %% [markdown] written="why_parity" points=1
# Compare the logits of both networks on the same real images, before anything else: they must agree to about 1e-4. On
# constant images, such as all zeros, many positions of a map hold the same value, so that a wrong order can hide; and
# accuracy alone hides small mistakes.

# %% [markdown]
# ## 2 What does `Optimize.DEFAULT` quantize?
#
# The cell below writes a program to disk. It is the slide's, with three changes. The slide's
# `from_saved_model('model')` wants a folder, which in Keras 3 `model.export` writes and no longer `model.save`; we take the
# Keras network directly. Second, four files are made, from the same twin:
#
# - `float`: nothing is quantized;
# - `dynamic`: the slide's line, `Optimize.DEFAULT`;
# - `float16`: weights of 16 bits;
# - `int8`: **full-integer**. For this the converter must see real images, the *representative data set*, to learn how
#   large each activation gets. We give it 200 training images.
#
# And third, the program runs in a process of its own. **Predict** before you run it: in which of the files are the
# *activations*, the numbers that flow between the layers, int8?

# %%
my_guess = None  # such as "dynamic and int8"
lk.mobile.save_images(lk.data.calibration_images(200), folder / "images.npy")
script = os.path.relpath(folder / "convert.py")

# %%
# %%writefile "{script}"
import sys
from pathlib import Path
import numpy as np
import tensorflow as tf
from labkit import mobile

folder = Path(sys.argv[1])
twin, images = mobile.load_twin(folder / "twin.npz"), np.load(folder / "images.npy")

converter = tf.lite.TFLiteConverter.from_keras_model(twin)
(folder / "float.tflite").write_bytes(converter.convert())

converter.optimizations = [tf.lite.Optimize.DEFAULT]  # the slide says: Quantize
(folder / "dynamic.tflite").write_bytes(converter.convert())

converter.target_spec.supported_types = [tf.float16]
(folder / "float16.tflite").write_bytes(converter.convert())

converter.target_spec.supported_types = []
converter.representative_dataset = lambda: ([image[None]] for image in images)
converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
converter.inference_input_type = converter.inference_output_type = tf.int8
(folder / "int8.tflite").write_bytes(converter.convert())

# %% [markdown]
# Where TensorFlow is not installed, the next cell takes the files that labkit ships: made of the same network by the
# same steps.

# %%
kinds = ["float", "dynamic", "float16", "int8"]


def converted():
    lk.mobile.run(script, folder)
    return {kind: folder / f"{kind}.tflite" for kind in kinds}


if lk.mobile.has("tensorflow"):
    reads = [folder / "convert.py", twin, folder / "images.npy"]
    files = lk.keep("06_files", converted, *reads)
    print("converted here, by TensorFlow")
else:
    files = {
        kind: lk.mobile.shipped(f"student_{kind}", folder / f"{kind}.tflite") for kind in kinds
    }
    print("TensorFlow is not installed: these files were shipped with labkit")

# %% [markdown]
# And an iPhone? Apple's devices also run TensorFlow Lite, but their own format is **Core ML**. Its converter works on Linux and macOS; only
# macOS can run the result. So we look at the *specification*: what goes in, and which operations it has. By default it
# keeps weights in 16 bits.

# %%
if lk.mobile.has("coremltools"):
    package = lk.keep(
        "06_coreml", lambda: lk.mobile.coreml("student_soft_0", folder / "student.mlpackage")
    )
    print(*(f"{what}: {value}" for what, value in package.items()), sep="\n")
else:
    print("coremltools is not installed; on Linux and macOS: pip install coremltools,")
    print("or labkit's extra `coreml`")

# %% [markdown]
# Now the proof that the twin is a twin: the logits of the `float` file must be PyTorch's, to 1e-4. The other three round,
# so their logits may differ, and only the labels should stay. **LiteRT** is the new name of the program
# that runs these files; the old one, `tf.lite.Interpreter`, is on its way out. `litert_predictor` starts it with one
# thread.

# %%
lite, differences = {kind: lk.litert_predictor(path) for kind, path in files.items()}, {}
for kind, predict in lite.items():
    found = predict(few.inputs)
    same = (found.argmax(1) == logits.argmax(1)).sum()
    differences[kind] = abs(found - logits).max()
    print(
        f"{kind:8} logits differ by up to {differences[kind]:.1e}; {same} of 500 labels are the same"
    )
verdicts.append(lk.claims.judge("O3.litert", differences["float"]))

# %% [markdown]
# Now look inside the files. The converter has folded BatchNorm and ReLU into the convolutions, so nine operations are
# left; `float16` has one more for each weight, which makes floats of it again. How many weights and activations are of which type?

# %%
pd.DataFrame({kind: lk.mobile.types(path) for kind, path in files.items()}).T


# %%
def bytes_by_type(path):
    """The bytes of a file's weights by their type, and of all else."""
    weights = [one for one in lk.mobile.parts(path)["tensors"] if one["role"] == "weight"]
    by_type = {kind: sum(one["bytes"] for one in weights if one["type"] == kind)
               for kind in ("float32", "float16", "int8", "int32")}  # fmt: skip
    return by_type | {"names, shapes, ops": path.stat().st_size - sum(by_type.values())}


ax = lk.plots.file_bytes({kind: bytes_by_type(path) for kind, path in files.items()})

# %% [markdown]
# The slide's line has quantized the weights and left every activation in float32: this is **dynamic-range**
# quantization. (One small convolution and the biases stay float32 too.) LiteRT makes codes of the activations while it
# runs and floats again after each layer, so the device needs arithmetic in floats. An Edge TPU or a microcontroller
# wants the `int8` file.

# %%
inside = lk.mobile.parts(files["dynamic"])["tensors"]
verdicts.append(lk.claims.judge("T1.weights", lk.mobile.share(inside, "weight")))
verdicts.append(lk.claims.judge("T1.activations", lk.mobile.share(inside, "activation")))
lk.claims.table(*verdicts)

# %% [markdown]
# **Question (1 point, marked by hand).** The slide says of these files that they are "optimized for ARM processors, Edge
# TPU accelerators, Microcontrollers". For which of the three is the slide's program enough, and what must be added for
# the others?

# %% [markdown] written="why_default" points=1
# For ARM processors, which compute in floats. The other two need full-integer: a representative data set of real
# images, so that every activation has a scale, `supported_ops` with int8 kernels alone, and int8 input and output.

# %% [markdown]
# ## 3 How does an image become int8?
#
# The `int8` file takes no floats. It comes with a ruler: a *scale*, the distance between two ticks, and a *zero point*,
# the tick at which 0 lies. Both stand in the file.
#
# ### Exercise: `quantize_input` (core, 3 points)
#
# `images` is a float array of any shape. Return int8 codes of the same shape: divide by `scale`, round to the nearest
# whole number, add `zero_point`. What falls outside of int8, -128 to 127, gets the last code on that side.
#
# <details><summary>Hint 1</summary>Keep the order: divide, round, add, limit, and only then change the type.</details>
# <details><summary>Hint 2</summary><code>np.round</code> rounds, <code>np.clip(codes, -128, 127)</code> limits. <code>astype</code> alone cuts off digits and turns 128 into -128.</details>
# <details><summary>Hint 3</summary><code>np.clip(np.round(images / scale) + zero_point, -128, 127)</code>, and then <code>.astype(np.int8)</code></details>


# %% exercise="quantize_input"
def quantize_input(images, scale, zero_point):
    """The int8 codes of float images."""
    ### BEGIN SOLUTION
    codes = np.round(images / scale) + zero_point
    return np.clip(codes, -128, 127).astype(np.int8)
    ### END SOLUTION


# %% check="quantize_input"
check("quantize_input", quantize_input)

# %% [markdown]
# **See it.** This is how an app runs the file: set the input, invoke, read the output, whose codes become logits by
# `scale * (code - zero_point)`. What if somebody forgets the ruler, and only changes the type of the image to int8?

# %%
from ai_edge_litert.interpreter import Interpreter

interpreter = Interpreter(model_content=files["int8"].read_bytes(), num_threads=1)
interpreter.allocate_tensors()
takes, gives = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
print(
    "takes",
    takes["dtype"].__name__,
    takes["shape"],
    "with scale and zero point",
    takes["quantization"],
)


# %%
def label(codes):
    interpreter.set_tensor(takes["index"], codes[None])
    interpreter.invoke()
    return interpreter.get_tensor(gives["index"])[0].argmax()


pixels = lk.mobile.nchw_to_nhwc(few.inputs)
ways = {"by the ruler": lk.mobile.quantize_input(pixels, *takes["quantization"]),
        "only another type": pixels.astype(np.int8)}  # fmt: skip
for name, codes in ways.items():
    right = np.mean([label(image) == truth for image, truth in zip(codes, few.labels)])
    print(f"{name:17}: {right:.1%} of 500 images")

# %% [markdown]
# Now all four files: what do they cost in accuracy, on all 10,000 test images, and what do they bring in time?
# `litert_predictor` makes and reads the codes inside `predict`, so that the time is that of the whole step.
# **Predict:** which of the four is the fastest here?

# %%
my_guess = None  # one of the four
right = lk.keep(
    "06_right", lambda: {kind: lk.train.correct(predict, test) for kind, predict in lite.items()}
)
rows = []
for kind in kinds[1:]:
    change, low, high = (
        100 * one for one in lk.measure.accuracy_difference(right["float"], right[kind])
    )
    row = {"file": kind, "accuracy": right[kind].mean(), "points against float": change}
    rows.append(row | {"95 % interval": f"{low:+.2f} to {high:+.2f}"})
print(f"float: {right['float'].mean():.2%}")
pd.DataFrame(rows).set_index("file").round(4)

# %%
raced = lk.keep("06_time", lambda: lk.compare(lite, few.inputs, tolerance=None))
raced

# %%
ax = lk.plots.ratios(raced)

# %% [markdown]
# **Question (1 point, marked by hand).** Your phone has another CPU than this machine. Which of the columns bytes,
# accuracy and latency would you expect to be the same there, and which would you measure again?

# %% [markdown] written="why_on_target" points=1
# Bytes are the same everywhere, and accuracy nearly so: int8 arithmetic is exact but for the last rounding, which may
# differ by one code between kernels. Latency depends on the instructions, caches and threads of the CPU, so it must be
# measured on the phone itself.

# %% [markdown]
# ## 4 Does it fit into 64 KB?
#
# A microcontroller has no disk. The file lies in **flash**, which keeps its content without power; the activations live
# in **RAM**, in one block called the **arena**. Ours has 64 KiB of each: 65,536 bytes. Think of a kitchen with a small
# table: what the next dish does not need is cleared away.
#
# ### Exercise: `arena_bytes` (bonus, 1 point)
#
# The layers of a network stand in a row. `sizes` lists bytes: of the image, then of each layer's output, in order. While
# a layer works, its input and its output are on the table; all else may be overwritten. Return how many bytes the
# table needs.
#
# <details><summary>Hint 1</summary>Each layer needs the sum of two neighbours in the list.</details>
# <details><summary>Hint 2</summary><code>zip(sizes, sizes[1:])</code> goes through all pairs of neighbours.</details>
# <details><summary>Hint 3</summary>The table must be large enough for the hungriest layer: <code>max(...)</code> of the sums.</details>


# %% exercise="arena_bytes"
def arena_bytes(sizes):
    """Bytes that the activations of layers in a row need."""
    ### BEGIN SOLUTION
    return max(before + after for before, after in zip(sizes, sizes[1:]))
    ### END SOLUTION


# %% check="arena_bytes"
check("arena_bytes", arena_bytes)

# %% [markdown]
# **See it.** Choose an answer, then go through the layers of our int8 student.

# %%
activations = [
    one for one in lk.mobile.parts(files["int8"])["tensors"] if one["role"] == "activation"
]
sizes = [int(np.prod(one["shape"])) for one in activations]  # an int8 number is one byte
names = ["image", *lk.mobile.parts(files["int8"])["ops"]]
lk.widgets.arena_explorer(
    names, sizes, lk.mobile.MICROCONTROLLER.ram_bytes, "From the int8 file of this lab"
)

# %% [markdown]
# **TensorFlow Lite Micro** is the program that runs such files on microcontrollers. Its interpreter can be had for Linux
# on x86-64, so that we can try the file before any board is bought. It needs some kB more than the activations, for its
# own lists.

# %%
shipped = lk.sweeps.load("mobile_micro")
print(f"activations, computed: {lk.mobile.arena_bytes(sizes):,} bytes")
if lk.mobile.has_micro():
    print(f"smallest arena, tried out here: {lk.mobile.smallest_arena(files['int8']):,} bytes")
else:
    print("tflite-micro is not installed here (Linux on x86-64 only). Smallest arena, as shipped:")
    print(f"{shipped.one(variant='student')['ram_bytes']:,} bytes. {shipped.source}")

# %% [markdown]
# Does it give the same labels as LiteRT? And does it take the file that the slide's line made?

# %%
if lk.mobile.has_micro():
    codes = {
        "LiteRT": lite["int8"],
        "LiteRT, plain kernels": lk.litert_predictor(files["int8"], reference=True),
    }
    micro = lk.mobile.micro_predictor(files["int8"])(few.inputs)
    for name, predict in codes.items():
        found = predict(few.inputs)
        same, equal = (found.argmax(1) == micro.argmax(1)).sum(), (found == micro).mean()
        print(f"{name}: {same} of 500 labels as the microcontroller's, {equal:.1%} of the codes")
    try:
        lk.mobile.micro_predictor(files["dynamic"])
    except ValueError as error:
        print(error)

# %%
row = shipped.one(variant="student")
for kind, name in {"fast": "LiteRT", "plain": "LiteRT, plain kernels"}.items():
    others, codes, n = row[f"other_labels_{kind}"], row[f"other_codes_{kind}"], row["images"]
    print(f"{name}: {others} of {n:,} labels and {codes:,} of {10 * n:,} codes differ")
print(shipped.source)

# %% [markdown]
# These are differences from the microcontroller's answers. Where a code differs, it differs by one: the fast kernels
# round at another place. The labels are what matters.
#
# The student's file fits, but the program that runs it must lie in the same flash. So the course ships three smaller
# students, distilled like ours, of 12, 8 and 4 channels in the first layer. We ask for 88 % and take the *smallest* file
# that surely has it: the near end of its interval, on the validation images, must be at least 88 %.

# %%
device = lk.mobile.MICROCONTROLLER
sure = [one for one in shipped.rows if one["validation_low"] >= 0.88]
chosen = min(sure, key=lambda one: one["size_bytes"])
print(
    f"chosen: {chosen['variant']}, flash {chosen['size_bytes']:,}, RAM {chosen['ram_bytes']:,} bytes,"
)
low, high = chosen["accuracy_low"], chosen["accuracy_high"]
print(f"{chosen['accuracy']:.1%} of the test images ({low:.1%} to {high:.1%})")
ax = lk.plots.device_fit(shipped.rows, device.flash_bytes, device.ram_bytes, least=0.88)

# %%
tiny = lk.mobile.shipped(f"{chosen['variant']}_int8", folder / "tiny.tflite")
tiny_right = lk.keep("06_tiny", lambda: lk.train.correct(lk.litert_predictor(tiny), test))
print(f"LiteRT here: {tiny_right.mean():.2%}; as shipped on "
      f"{(tiny_right == lk.sweeps.unpack(chosen['correct'])).sum():,} of 10,000 images")  # fmt: skip
verdicts.append(lk.claims.judge("W1.micro", max(tiny.stat().st_size, chosen["ram_bytes"])))

# %% [markdown]
# A microcontroller has no files either: the bytes are compiled into its program, as a list of numbers in the language C.
#
# ### Exercise: `c_bytes` (bonus, 1 point)
#
# `numbers` is a list of bytes, whole numbers from 0 to 255. Return one text with each byte as C writes it: `0x` and two
# digits of base 16 (0 to 9, then a to f), with a comma and a space between. `[28, 0, 255]` becomes `0x1c, 0x00, 0xff`.
#
# <details><summary>Hint 1</summary>An f-string writes a number in base 16: <code>f"{28:x}"</code> is <code>1c</code>.</details>
# <details><summary>Hint 2</summary>Two digits, with a leading 0 where needed: <code>f"{10:02x}"</code> is <code>0a</code>.</details>
# <details><summary>Hint 3</summary><code>", ".join(...)</code> puts commas between the pieces of a list.</details>


# %% exercise="c_bytes"
def c_bytes(numbers):
    """The bytes as C writes them."""
    ### BEGIN SOLUTION
    return ", ".join(f"0x{number:02x}" for number in numbers)
    ### END SOLUTION


# %% check="c_bytes"
check("c_bytes", c_bytes)

# %% [markdown]
# **See it.** The chosen student as C source, ready to be compiled. `const` keeps it in flash; without that word, it would
# be copied to RAM as well.

# %%
header, source = lk.mobile.c_array(tiny, folder)
lines = source.read_text(encoding="utf-8").splitlines()
print(*lines[:8], "    ...", *lines[-2:], sep="\n")

# %% [markdown]
# ## 5 Where did the gain come from?
#
# The lecture's example goes from ResNet-50 (98 MB, 200 ms) to MobileNet-v2 in int8 (3.4 MB, 30 ms). Two things changed:
# the architecture and the number of bits. Which of them did how much?
#
# ### Exercise: `split_gain` (bonus, 1 point)
#
# A value, bytes or time, falls from `before` to `middle` in a first step, and to `after` in a second. Factors multiply, so
# shares are taken from logarithms: the first step's share is `log(before / middle) / log(before / after)`. Return both
# shares; they add up to 1.
#
# <details><summary>Hint 1</summary>From 800 to 200 to 100 is 4 times and then 2 times: two halvings and one. The shares are 2/3 and 1/3.</details>
# <details><summary>Hint 2</summary><code>np.log</code> of a quotient is above 0 where it fell, and below 0 where it rose. Leave it so.</details>
# <details><summary>Hint 3</summary>The second share has <code>log(middle / after)</code> above and the same whole below.</details>


# %% exercise="split_gain"
def split_gain(before, middle, after):
    """The shares of two steps in a gain."""
    ### BEGIN SOLUTION
    whole = np.log(before / after)
    return np.log(before / middle) / whole, np.log(middle / after) / whole
    ### END SOLUTION


# %% check="split_gain"
check("split_gain", split_gain)

# %% [markdown]
# **See it.** The networks are those that come with Keras, converted with the program of section 2. Converting ResNet-50 takes
# 2 GB of memory, so the files are shipped; their weights are random, which changes neither bytes nor time, and says
# nothing about accuracy. **Predict:** what brought more speed, the architecture or int8?

# %%
my_guess = None  # "architecture" or "int8"
steps = ["resnet50_float", "mobilenet_v2_float", "mobilenet_v2_int8", "resnet50_int8"]
networks = {name: lk.mobile.shipped(name, folder / f"{name}.tflite") for name in steps}
photo = np.random.default_rng(6).random((1, 3, 224, 224), dtype=np.float32)
runners = {name: lk.litert_predictor(path) for name, path in networks.items()}


def race():
    return lk.compare(runners, photo, baseline="mobilenet_v2_int8", tolerance=None, seconds=6)


speed = lk.keep("06_networks", race)
speed

# %%
bytes_of = {name: path.stat().st_size for name, path in networks.items()}
time_of = {name: speed[name].ratio for name in networks}  # in units of the last step's time
shares, gains = {}, {}
for what, values in {"bytes": bytes_of, "time": time_of}.items():
    before, middle, after = (values[name] for name in steps[:3])
    shares[what], gains[what] = lk.mobile.split_gain(before, middle, after), before / after
ax = lk.plots.gain_shares(shares, ("architecture", "int8"), gains)

# %%
first, second = speed["resnet50_float"], speed["mobilenet_v2_float"]
low = np.log(second.ratio_low) / np.log(first.ratio_high)
high = np.log(second.ratio_high) / np.log(first.ratio_low)
print(f"int8's share of the time gained: {shares['time'][1]:.0%} ({low:.0%} to {high:.0%})")

# %% [markdown]
# The order of the steps matters for such shares: had ResNet-50 been quantized first, int8 would have got the share of
# *its* gain; compare the first row of the table with the last. The slide's 3.4 MB is in truth the number of *parameters*
# in millions, 3.5 as Keras counts them; the int8 file has a byte for each, and their scales on top.

# %%
verdicts.append(lk.claims.judge("E2.size", bytes_of["mobilenet_v2_int8"] / lk.measure.MB))
for claim, name in {"E2.speed": "resnet50_float", "E2.int8": "mobilenet_v2_float"}.items():
    one = speed[name]
    verdicts.append(lk.claims.judge(claim, one.ratio, one.ratio_low, one.ratio_high))
del runners  # the memory of ResNet-50
lk.claims.table(*verdicts[-3:])

# %% [markdown]
# ### Which file for which device?
#
# The slides give a table: mobile app, TensorFlow Lite; web browser, ONNX and WebAssembly. You have measured rows, so you
# can decide from them.
#
# ### Exercise: `choose_target` (bonus, 1 point)
#
# Each of the `rows` is a dictionary with `variant`, `accuracy`, `size_bytes`, `ram_bytes` and `latency_ms`. A row fits if its
# file is at most `flash_bytes`, its arena at most `ram_bytes`, and its latency at most `max_ms`. Return the `variant` of the
# most accurate row that fits; of equally accurate ones, that with the smaller file. If none fits, return `None`.
#
# <details><summary>Hint 1</summary>Two steps: a list of the rows that fit, then the best of that list. It may be empty.</details>
# <details><summary>Hint 2</summary><code>max(fitting, key=...)</code> takes a function that gives the number to compare; it may also give a pair.</details>
# <details><summary>Hint 3</summary><code>key=lambda row: (row["accuracy"], -row["size_bytes"])</code></details>


# %% exercise="choose_target"
def choose_target(rows, flash_bytes, ram_bytes, max_ms):
    """The variant that suits a device, or None."""
    ### BEGIN SOLUTION
    fitting = []
    for row in rows:
        small = row["size_bytes"] <= flash_bytes and row["ram_bytes"] <= ram_bytes
        if small and row["latency_ms"] <= max_ms:
            fitting.append(row)
    if not fitting:
        return None
    return max(fitting, key=lambda row: (row["accuracy"], -row["size_bytes"]))["variant"]
    ### END SOLUTION


# %% check="choose_target"
check("choose_target", choose_target)

# %% [markdown]
# **See it.** One more race: the four files and the tiny one. A microcontroller runs only those of them that are
# full-integer. Its time cannot be measured on a laptop, so its limit stays open here (`inf`), to be measured on the board.

# %%
runners = {**lite, "tiny int8": lk.litert_predictor(tiny)}
timed = lk.keep("06_all", lambda: lk.compare(runners, few.inputs, tolerance=None, seconds=2))
paths, right["tiny int8"] = {**files, "tiny int8": tiny}, tiny_right


def activation_bytes(path):
    """Bytes of the arena, computed as in section 4."""
    width = {"float32": 4, "int8": 1}
    flowing = [one for one in lk.mobile.parts(path)["tensors"] if one["role"] == "activation"]
    return lk.mobile.arena_bytes(
        [int(np.prod(one["shape"])) * width[one["type"]] for one in flowing]
    )


measured = [{"variant": name, "accuracy": right[name].mean(), "size_bytes": path.stat().st_size,
             "ram_bytes": activation_bytes(path), "latency_ms": timed[name].latency_ms}
            for name, path in paths.items() if name != "float16"]  # fmt: skip
pd.DataFrame(measured).set_index("variant").round(4)

# %%
integer = [row for row in measured if "int8" in row["variant"]]
devices = {"phone": (measured, 100_000_000, 1_000_000_000, 10),
           "microcontroller, 64 KiB and 64 KiB": (integer, 65_536, 65_536, np.inf),
           "microcontroller, 32 KiB and 16 KiB": (integer, 32_768, 16_384, np.inf),
           "microcontroller, 2 KiB and 2 KiB": (integer, 2048, 2048, np.inf)}  # fmt: skip
for name, (rows, *limits) in devices.items():
    print(f"{name}: {lk.mobile.choose_target(rows, *limits)}")

# %% [markdown]
# ## What we saw
#
# The rows below are kept for lab 07.

# %%
variants = {"float": "student", "dynamic": "student dynamic-range", "float16": "student float16",
            "int8": "student int8", "tiny int8": f"{chosen['variant']} int8"}  # fmt: skip
for kind, variant in variants.items():
    lk.results.save(lk.measurement(variant, "06", runners[kind], timed[kind], lk.size(paths[kind]), right[kind],
                                   baseline="student"))  # fmt: skip
columns = [
    "variant",
    "runtime",
    "size_bytes",
    "latency_ms",
    "ratio",
    "ratio_low",
    "ratio_high",
    "accuracy",
]
lk.results.table("06")[columns].round(4)

# %%
lk.claims.table(*verdicts)

# %% [markdown]
# Two caveats. Every time on this page is this machine's, not that of a phone or of a board: a laptop with instructions
# for int8 may prefer another file than a phone, and "benchmark on target device" stands on the slides for a reason. And the arena
# was tried out on a processor of 64 bits; a microcontroller's pointers have 32, so its lists are shorter, and the program
# around the model, which also lies in flash, was not counted.
#
# **Go further** (not graded). Calibrate with noise instead of images, `np.random.default_rng(0).normal(0, 1, images.shape)`
# as float32 in the converter's program: what does it cost? Train a student of your own with `lk.models.Student(widths=...)`
# and get it below 10 kB. Or compile the C array: `gcc -c model.c`, then `size model.o`.
