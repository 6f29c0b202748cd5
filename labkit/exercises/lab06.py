"""The laws of lab 06, mobile: each calls the student's function on inputs that nobody can guess."""

from __future__ import annotations

import math
import re
from itertools import pairwise

import numpy as np

from labkit.exercises.laws import Exercise, Wrong, array, expect, kind, near, number, numbers

FLOAT32 = 1e-5  # who computes in float32 is right too


def _same(found: np.ndarray, right: np.ndarray) -> bool:
    return found.shape == right.shape and bool((abs(found - right) <= FLOAT32).all())


def _shaped(found: object, shape: tuple[int, ...], mistakes: dict[tuple[int, ...], str]) -> np.ndarray:
    """`laws.array`, where another shape may name the mistake."""
    if type(found) is np.ndarray and found.shape != shape and found.shape in mistakes:
        raise Wrong(mistakes[found.shape])
    return array(found, shape)


# kernel_to_keras(weight) -> (height, width, in, out)

RESHAPED = "the shape is right and the numbers are mixed up: reshape cuts anew, transpose moves the axes"


def _the_axes_come_in_the_order_of_keras(answer, random):
    out, inputs, height, width = (int(one) for one in random.permutation([2, 3, 4, 5]))
    weight = random.normal(0, 1, (out, inputs, height, width)).astype(np.float32)
    mistakes = {
        (out, inputs, height, width): "the axes are still those of PyTorch; return what transpose gives",
        (height, width, out, inputs): "inputs come before outputs in Keras: height, width, in, out",
        (width, height, inputs, out): "all four axes turned round also swap rows and columns: keep height before width",
        (inputs, out, height, width): "height and width come first in Keras: height, width, in, out",
        (out, height, width, inputs): "outputs come last in Keras: height, width, in, out",
    }
    found = _shaped(answer(weight), (height, width, inputs, out), mistakes)
    right = weight.transpose(2, 3, 1, 0)
    if _same(found, right):
        return
    if _same(found, weight.reshape(right.shape)):
        raise Wrong(RESHAPED)
    raise Wrong("the shape is right, the numbers are elsewhere: move the axes 2, 3, 1, 0 of PyTorch, change no value")


def _a_square_kernel_keeps_its_rows_and_its_outputs(answer, random):
    size, channels = int(random.integers(2, 4)), int(random.integers(4, 7))
    weight = random.normal(0, 1, (channels, channels, size, size)).astype(np.float32)
    found = array(answer(weight), (size, size, channels, channels))
    right = weight.transpose(2, 3, 1, 0)
    mistakes = {
        "rows and columns are swapped; with a square kernel no shape shows it": weight.transpose(3, 2, 1, 0),
        "inputs and outputs are swapped; with as many of both no shape shows it": weight.transpose(2, 3, 0, 1),
        RESHAPED: weight.reshape(right.shape),
        "the kernel is turned round: both libraries slide it without mirroring": right[::-1, ::-1],
    }
    if _same(found, right):
        return
    for hint, wrong in mistakes.items():
        if _same(found, wrong):
            raise Wrong(hint)
    raise Wrong("the number at [row, column, in, out] must be PyTorch's at [out, in, row, column]")


# flatten_order(weight, channels, height, width) -> (inputs, out)


def _linear(random, square: bool) -> tuple[np.ndarray, int, int, int]:
    channels, height, width = (int(one) for one in random.permutation([2, 3, 4]))
    width = height if square else width
    out = int(random.integers(25, 30))  # never as many as inputs
    return random.normal(0, 1, (out, channels * height * width)).astype(np.float32), channels, height, width


def _check_order(answer, weight, channels, height, width):
    out, inputs = weight.shape
    shapes = {(out, inputs): "Keras multiplies from the other side: its weight has the shape (inputs, out); take .T"}
    found = _shaped(answer(weight, channels, height, width), (inputs, out), shapes)
    maps = weight.reshape(out, channels, height, width)
    right = maps.transpose(2, 3, 1, 0).reshape(inputs, out)
    last = "channels come last in Keras"
    mistakes = {
        f"the inputs are still in PyTorch's order, channel by channel; {last}": weight.T,
        "columns come before rows here: keep height before width": maps.transpose(3, 2, 1, 0).reshape(inputs, out),
        "first cut each row into (channels, height, width), as PyTorch made it; only then move the axes": (
            weight.reshape(out, height, width, channels).transpose(3, 1, 2, 0).reshape(inputs, out)
        ),
        "reshape alone moves nothing: cut into (out, channels, height, width), transpose, then reshape": (
            weight.reshape(inputs, out)
        ),
        "the reshape at the end must start from the moved axes (height, width, channels, out)": (
            maps.transpose(0, 2, 3, 1).reshape(inputs, out)
        ),
    }
    if _same(found, right):
        return
    for hint, wrong in mistakes.items():
        if _same(found, wrong):
            raise Wrong(hint)
    raise Wrong(
        f"input number (row * {width} + column) * {channels} + channel of Keras must get the weights of input number "
        f"(channel * {height} + row) * {width} + column of PyTorch"
    )


def _each_weight_meets_its_own_input(answer, random):
    _check_order(answer, *_linear(random, square=False))


def _square_maps_keep_their_rows(answer, random):
    _check_order(answer, *_linear(random, square=True))


# quantize_input(images, scale, zero_point) -> int8


def _codes(found: object, shape: tuple[int, ...]) -> np.ndarray:
    """The codes as float64; whole numbers they must be, int8 is a law of its own."""
    codes = array(found, shape, "codes")
    if (codes != np.round(codes)).any():
        raise Wrong("codes are whole numbers: round them with np.round")
    return codes


def _images(random, low: int, high: int, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray, float, int]:
    """Images whose codes are surely these, how close so ever one rounds: never half-way between two codes."""
    scale, zero_point = float(random.uniform(0.011, 0.04)), int(random.choice([-1, 1]) * random.integers(20, 60))
    codes = random.integers(low, high, shape)
    images = scale * (codes - zero_point + random.uniform(-0.4, 0.4, codes.shape))
    return images.astype(np.float32), codes.astype(float), scale, zero_point


def _a_code_is_the_nearest_whole_number_of_steps(answer, random):
    images, codes, scale, zero_point = _images(random, -100, 100, (2, 4, 3, 1))
    found = _codes(answer(images, scale, zero_point), images.shape)
    if _same(found, codes):
        return
    exact = images.astype(float) / scale
    mistakes = {
        "cutting off the digits is not rounding: np.round before the type changes": np.trunc(exact + zero_point),
        "cutting off the digits is not rounding: np.round first ": np.trunc(exact) + zero_point,
        "this always rounds down; take the nearest: np.round": np.floor(exact + zero_point),
        "this always rounds up; take the nearest: np.round": np.ceil(exact + zero_point),
        "the zero point is missing: add it after the division": codes - zero_point,
        "add the zero point, do not subtract it": codes - 2 * zero_point,
        "divide by the scale, do not multiply": np.round(images * scale) + zero_point,
        "divide first, then add the zero point": np.round((images + zero_point) / scale),
        "use the scale that is given, not always 1/255": np.round(images * 255.0) + zero_point,
        "use the zero point that is given, not always -128": codes - zero_point - 128,
    }
    for hint, wrong in mistakes.items():
        limited = [wrong, np.clip(wrong, -128, 127), (wrong + 128) % 256 - 128]
        if any(_same(found, one) for one in limited):
            raise Wrong(hint.strip())
    i = int((found != codes).argmax())
    raise Wrong(f"an image of {images.flat[i]:.4f} has the code {codes.flat[i]:.0f}, not {found.flat[i]:.0f}")


def _what_is_out_of_range_gets_the_last_code(answer, random):
    images, codes, scale, zero_point = _images(random, -380, 380, (12, 3))
    found = _codes(answer(images, scale, zero_point), images.shape)
    right = np.clip(codes, -128, 127)
    if _same(found, right):
        return
    mistakes = {
        "int8 ends at -128 and 127, and what is beyond starts again from the other end: use np.clip before .astype": (
            (codes + 128) % 256 - 128
        ),
        "codes end at -128 and 127: use np.clip": codes,
        "unsigned codes end at 0 and 255; int8 at -128 and 127": np.clip(codes, 0, 255),
        "symmetric codes end at -127; here all 256 codes are used, from -128": np.clip(codes, -127, 127),
        "clip after the zero point is added, not before": np.clip(codes - zero_point, -128, 127) + zero_point,
    }
    for hint, wrong in mistakes.items():
        if _same(found, wrong):
            raise Wrong(hint)
    inside = (codes > -128) & (codes < 127)
    if not _same(found[inside], codes[inside]):
        raise Wrong("get the codes within the range right first")
    raise Wrong("what lies below the range gets the code -128, what lies above it 127")


def _pixels_become_int8(answer, random):
    pixels = random.integers(0, 256, (3, 2, 5, 1))
    answered = answer((pixels / np.float32(255)).astype(np.float32), 1 / 255, -128)
    found = _codes(answered, pixels.shape)
    if _same(found, pixels.astype(float)):
        raise Wrong("these are the pixels; their codes begin at -128: add the zero point")
    if not _same(found, (pixels - 128).astype(float)):
        raise Wrong("with a scale of 1/255 and a zero point of -128, the pixel 0 has the code -128, and 255 has 127")
    if answered.dtype != np.int8:
        raise Wrong(f"the right numbers as {answered.dtype}: the file takes one byte each, .astype(np.int8)")


# c_bytes(numbers) -> text


def _written(answer, values: list[int]) -> list[str]:
    found = answer(list(values))
    if found is None:
        raise Wrong("your function returned nothing; end it with `return` and a text")
    if type(found) not in (str, np.str_):
        raise Wrong(f"your function returned {kind(found)}, not one text; `', '.join(...)` makes one of several")
    text = str(found).strip()
    if len(text) > 20 * len(values) + 20:
        raise Wrong("the text is far too long: six signs for each byte are enough")
    if text[:1] in "[{(" and text:
        raise Wrong("only the bytes and their commas: no brackets around them, and no quotation marks")
    pieces = [one.strip() for one in text.rstrip(",").split(",")]
    if len(pieces) != len(values):
        raise Wrong(f"{len(values)} bytes need {len(values)} pieces with commas between, not {len(pieces)}")
    return pieces


def _check_bytes(pieces: list[str], values: list[int]) -> None:
    if all(re.fullmatch(r"-?\d+", one) for one in pieces) and [int(one) for one in pieces] == values:
        raise Wrong("these are numbers of base 10: write each with 0x in base 16, such as 0x1c for 28")
    if all(re.fullmatch(r"[0-9a-fA-F]{1,2}", one) for one in pieces):
        raise Wrong("C needs 0x before each number of base 16")
    if any(re.fullmatch(r"0[xX][0-9a-fA-F]", one) for one in pieces):
        raise Wrong("write two digits for each byte, also below 16: 0x0a and not 0xa; the format 02x fills up with 0")
    for one, value in zip(pieces, values):
        if not re.fullmatch(r"0[xX][0-9a-fA-F]{2}", one):
            raise Wrong(f"the byte {value} is 0x{value:02x} in C, not {one[:20]}")
        if int(one, 16) != value:
            there = all(re.fullmatch(r"0[xX][0-9a-fA-F]{2}", other) for other in pieces)
            moved = there and sorted(int(other, 16) for other in pieces) == sorted(values)
            said = "; keep the order of the bytes" if moved else ", in base 16"
            raise Wrong(f"the byte {value} is 0x{value:02x}, not {one}{said}")


def _each_byte_has_two_digits_of_base_16(answer, random):
    values = [int(one) for one in random.permutation([*random.integers(16, 256, 6), 255, 160, 160])]
    _check_bytes(_written(answer, values), values)


def _bytes_below_16_have_a_leading_zero(answer, random):
    small, large = random.integers(0, 16, 3), random.integers(16, 256, 2)
    values = [int(one) for one in random.permutation([0, 9, 10, 15, *small, *large])]
    _check_bytes(_written(answer, values), values)


# arena_bytes(sizes) -> bytes


def _arena(sizes: list[int]) -> int:
    return max(before + after for before, after in pairwise(sizes))


APART = "the two largest need not be neighbours: only a layer's input and output are there together"
THREE = "only two are there at once, a layer's input and its output"


def _input_and_output_of_a_layer_are_there_together(answer, random):
    sizes = [int(one) for one in random.integers(1000, 4000, 7)]
    sizes[2:5] = 9000 + int(random.integers(500)), 40, 30  # neither the largest nor the smallest pair stands at an end
    right = _arena(sizes)
    ranked = sorted(sizes)
    mistakes = {
        "activations of earlier layers may be overwritten: not all are kept at once": sum(sizes),
        "the largest alone is not enough: the layer that makes it also needs its input": max(sizes),
        "the image counts too: the first layer needs it and its own output": _arena(sizes[1:]),
        APART: ranked[-1] + ranked[-2],
        "twice the largest is more than needed: add the two neighbours": 2 * max(sizes),
        "take the largest sum of neighbours, not the smallest": min(a + b for a, b in pairwise(sizes)),
        THREE: max(map(sum, zip(sizes, sizes[1:], sizes[2:]))),
        "every layer counts, not only the first": sizes[0] + sizes[1],
        "every layer counts, not only the last": sizes[-1] + sizes[-2],
    }
    mistakes = {hint: value for hint, value in mistakes.items() if value != right}
    found = number(answer(list(sizes)), "a number of bytes")
    expect(found, right, mistakes, f"the largest sum of neighbours is {right}")


def _the_largest_pair_need_not_hold_the_largest_activation(answer, random):
    unit = int(random.integers(6000, 9000))
    sizes = [2 * unit, unit, 10 * unit, unit, 7 * unit, 6 * unit, 2 * unit]
    for ends in ([8, 6, 1, 5, 4], [4, 5, 1, 6, 8]):  # the image and the logits count too
        at_the_end = [unit * one for one in ends]
        said = "the largest pair may be the first or the last: the image is there too while the first layer works"
        found = number(answer(at_the_end), "a number of bytes")
        expect(
            found,
            14 * unit,
            {said: 9 * unit, THREE: 15 * unit},
            f"the largest sum of neighbours is {14 * unit}, not {found:g}",
        )
    ends = [unit * one for one in (6, 1, 7, 2, 5)]
    found = number(answer(list(ends)), "a number of bytes")
    around = "the first and the last are no neighbours: with i = 0, sizes[i - 1] is the last one"
    expect(
        found,
        9 * unit,
        {around: 11 * unit, APART: 13 * unit},
        f"of {ends}, the largest sum of neighbours is {9 * unit}",
    )
    mistakes = {
        "the pair around the largest activation is not the largest pair here: look at every pair": 11 * unit,
        APART: 17 * unit,
        "activations of earlier layers may be overwritten: not all are kept at once": sum(sizes),
        "the largest alone is not enough: the layer that makes it also needs its input": 10 * unit,
        THREE: 18 * unit,
    }
    found = number(answer(list(sizes)), "a number of bytes")
    expect(found, 13 * unit, mistakes, f"the largest sum of neighbours is {13 * unit}, not {found:g}")


# split_gain(before, middle, after) -> shares


def _shares(answer, before: float, middle: float, after: float) -> np.ndarray:
    found = numbers(answer(before, middle, after), 2, "shares")
    right = np.log([before / middle, middle / after]) / np.log(before / after)
    factors = np.array([before / middle, middle / after])
    saved = np.array([before - middle, middle - after])
    mistakes = {
        "these are shares of the difference; factors multiply, so compare their logarithms": saved / (before - after),
        "these are shares of the factors; factors multiply, so take the logarithm of each": factors / factors.sum(),
        "the first step goes from before to middle, the second from middle to after": right[::-1],
        "this is what each step saved; factors multiply, so take the logarithm of each": 1 - 1 / factors,
        "return shares of the whole that add up to 1, not per cent": 100 * right,
        "these are the factors of the steps; their share is a logarithm over the whole logarithm": factors,
        "these are logarithms; divide each by that of the whole gain": right * math.log(before / after),
        "the logarithm of the whole gain belongs below: log(before / after)": right * math.log(after / before),
    }
    cut = any(abs(found - np.round(right, digits)).max() < 1e-9 for digits in (2, 3, 4))
    if _same(found, right) and not cut:
        return found
    for hint, wrong in mistakes.items():
        if _same(found, wrong) and not cut:
            raise Wrong(hint)
    if cut:
        raise Wrong("do not round the shares: return all of their digits")
    return found


def _shares_are_those_of_the_logarithms(answer, random):
    after = float(random.uniform(2, 9))
    middle = after * float(random.uniform(1.5, 3))
    before = middle * float(random.uniform(3.5, 9))
    found = _shares(answer, before, middle, after)
    right = math.log(before / middle) / math.log(before / after)
    if not (near(found[0], right, FLOAT32) and near(found[1], 1 - right, FLOAT32)):
        raise Wrong(f"the first step's share is {right:.4f} and the second's {1 - right:.4f}: log(factor) / log(whole)")


def _a_step_that_loses_has_a_share_below_zero(answer, random):
    after = float(random.uniform(2, 9))
    before = after * float(random.uniform(2, 6))
    for loses, middle in (
        ("second", after * float(random.uniform(0.4, 0.8))),
        ("first", before * float(random.uniform(1.2, 2))),
    ):
        found = _shares(answer, before, middle, after)
        right = math.log(before / middle) / math.log(before / after)
        if {float(round(one, 5)) for one in found} == {0.0, 1.0}:
            raise Wrong("a step that made it worse has a share below 0; do not cut it off")
        if not (near(found[0], right, FLOAT32) and near(-found[1], right - 1, FLOAT32)):
            raise Wrong(f"here the {loses} step loses again: the shares are {right:.4f} and {1 - right:.4f}")


# choose_target(rows, flash_bytes, ram_bytes, max_ms) -> name


def _row(random, **values) -> dict:
    name = "net " + "".join(random.choice(list("bcdfghjkmnpqrstvwxz"), 5))
    return {"variant": name, **values}


def _limits(random) -> tuple[int, int, float]:
    return int(random.integers(40, 90)) * 1000, int(random.integers(20, 60)) * 500, float(random.uniform(4, 20))


def _name(found: object, rows: list[dict]) -> str | None:
    if found is None or type(found) in (str, np.str_):
        return None if found is None else str(found)
    if type(found) is dict:
        raise Wrong("return the row's name, row['variant'], not the whole row")
    if type(found) in (list, tuple):
        raise Wrong("return one name, not a list of those that fit")
    raise Wrong(f"return a name from the rows, or None where none fits, not {kind(found)}")


def _expect_name(answer, rows: list[dict], limits: tuple, right: dict | None, hints: list[tuple[dict, str]]) -> None:
    found = _name(answer([dict(row) for row in rows], *limits), rows)
    wanted = None if right is None else right["variant"]
    if found == wanted:
        return
    if found is None:
        raise Wrong(f"here {wanted!r} fits, and your function found none; what just reaches a limit still fits")
    for row, hint in hints:
        if found == row["variant"]:
            raise Wrong(hint)
    raise Wrong(f"the answer is {wanted!r}, not {found[:40]!r}")


def _the_most_accurate_that_fits_is_chosen(answer, random):
    flash, ram, slow = _limits(random)
    fits = {"size_bytes": flash * 0.8 // 1, "ram_bytes": ram * 0.8 // 1, "latency_ms": slow * 0.8}
    fits |= {"size_bytes": int(fits["size_bytes"]), "ram_bytes": int(fits["ram_bytes"])}
    best = _row(random, accuracy=0.91, **fits)
    least = _row(random, accuracy=0.86, size_bytes=flash // 9, ram_bytes=ram // 9, latency_ms=slow / 9)
    large = _row(random, accuracy=0.96, **fits | {"size_bytes": flash * 2})
    hungry = _row(random, accuracy=0.95, **fits | {"ram_bytes": ram * 2})
    lazy = _row(random, accuracy=0.94, **fits | {"latency_ms": slow * 2})
    hints = [
        (least, "of those that fit, take the most accurate, not the smallest or the fastest"),
        (large, "this file is larger than the flash: compare size_bytes with flash_bytes"),
        (hungry, "this one needs more memory than there is: compare ram_bytes with ram_bytes of the device"),
        (lazy, "this one is too slow: compare latency_ms with max_ms"),
    ]
    nearly = _row(random, accuracy=0.9095, **fits | {"size_bytes": flash // 3})
    hints.append((nearly, "compare the accuracies as they are, without rounding: 0.91 is more than 0.9095"))
    others = [least, nearly, hungry, lazy, large]
    for out in ([], [large], [large, hungry]):  # whoever forgets only one limit shall hear of that one
        rows = [best, *(one for one in others if one not in out)]
        rows = [rows[i] for i in random.permutation(len(rows))]
        _expect_name(answer, rows, (flash, ram, slow), best, hints)
        _expect_name(answer, [lazy, *rows], (flash, ram, slow), best, hints)  # the first row does not fit


def _what_just_fits_fits_and_nothing_may_fit(answer, random):
    flash, ram, slow = _limits(random)
    just = _row(random, accuracy=0.9, size_bytes=flash, ram_bytes=ram, latency_ms=slow)
    small = _row(random, accuracy=0.8, size_bytes=flash // 2, ram_bytes=ram // 2, latency_ms=slow / 2)
    hint = [(small, "what just reaches a limit still fits: use <= and not <")]
    _expect_name(answer, [small, just], (flash, ram, slow), just, hint)
    beyond = "nothing fits here, so the answer is None: no limit may be passed, by however little"
    for too_much in ({"size_bytes": flash + 1}, {"ram_bytes": ram + 1}, {"latency_ms": slow * 1.001}):
        _expect_name(answer, [just | too_much], (flash, ram, slow), None, [(just, beyond)])


def _of_equally_accurate_ones_the_smaller_is_chosen(answer, random):
    flash, ram, slow = _limits(random)
    sizes = [int(one) for one in random.permutation([flash // 2, flash // 3, flash // 4])]
    rows = [  # the smaller the file, the more of all else
        _row(random, accuracy=0.9, size_bytes=size, ram_bytes=ram - size * ram // (2 * flash), latency_ms=slow - i)
        for i, size in zip((2 * slow / 3, slow / 2, slow / 4), sorted(sizes, reverse=True))
    ]
    smallest = min(rows, key=lambda row: row["size_bytes"])
    worse = _row(random, accuracy=0.85, size_bytes=flash // 9, ram_bytes=ram // 9, latency_ms=slow / 9)
    hints = [(row, "two are equally accurate: then the smaller file is the better choice") for row in rows]
    hints += [(worse, "accuracy comes first, size only where it is equal")]
    shown = [[*rows, worse][i] for i in random.permutation(4)]
    for start in range(4):  # each of them comes first once
        _expect_name(answer, shown[start:] + shown[:start], (flash, ram, slow), smallest, hints)


KERNEL = (_the_axes_come_in_the_order_of_keras, _a_square_kernel_keeps_its_rows_and_its_outputs)
ORDER = (_each_weight_meets_its_own_input, _square_maps_keep_their_rows)
INPUT = (_a_code_is_the_nearest_whole_number_of_steps, _what_is_out_of_range_gets_the_last_code, _pixels_become_int8)
BYTES = (_each_byte_has_two_digits_of_base_16, _bytes_below_16_have_a_leading_zero)
ARENA = (_input_and_output_of_a_layer_are_there_together, _the_largest_pair_need_not_hold_the_largest_activation)
SPLIT = (_shares_are_those_of_the_logarithms, _a_step_that_loses_has_a_share_below_zero)
TARGET = (
    _the_most_accurate_that_fits_is_chosen,
    _what_just_fits_fits_and_nothing_may_fit,
    _of_equally_accurate_ones_the_smaller_is_chosen,
)

EXERCISES = (
    Exercise("kernel_to_keras", 2, True, KERNEL),
    Exercise("flatten_order", 2, True, ORDER),
    Exercise("quantize_input", 3, True, INPUT),
    Exercise("arena_bytes", 1, False, ARENA),
    Exercise("c_bytes", 1, False, BYTES),
    Exercise("split_gain", 1, False, SPLIT),
    Exercise("choose_target", 1, False, TARGET),
)
