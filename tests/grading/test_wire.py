"""Every plain value comes back from the wire as it was, and no bytes from outside do more than be refused."""

import json
import math
import string
import time
import tracemalloc
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from labkit.exercises.laws import Wrong, kind, number
from labkit.exercises.recipes import Recipe
from labkit.grading import plain, wire

KEYS = st.text(max_size=5) | st.integers(-(2**59), 2**59)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**4000), 2**4000)
    | st.floats()
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=1500)
)
LONGEST_FLOAT = np.dtype(np.longdouble).newbyteorder("<").str
DTYPES = st.sampled_from([np.dtype(one) for one in (*plain.DTYPES, "<U3") if one != "<f16" or one == LONGEST_FLOAT])
ARRAYS = arrays.arrays(DTYPES, arrays.array_shapes(min_dims=0, min_side=0, max_side=4))
ATOMS = SCALARS | ARRAYS | ARRAYS.filter(lambda a: a.size).map(lambda a: a.flat[0])
VALUES = st.recursive(
    ATOMS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(KEYS, inner, max_size=4)
        | st.dictionaries(st.text(string.ascii_letters), inner, max_size=3).map(lambda values: Recipe("tensor", values))
    ),
    max_leaves=12,
)


def same(a, b) -> bool:
    """Whether two values are equal in type, shape, order and every bit that counts."""
    if type(a) is not type(b):
        return False
    if type(a) in (list, tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if type(a) is dict:
        return list(a) == list(b) and all(map(same, a.values(), b.values()))
    if type(a) is Recipe:
        return a.name == b.name and same(a.values, b.values)
    if isinstance(a, np.ndarray | np.generic):
        return a.dtype == b.dtype and a.shape == b.shape and np.asarray(a).tobytes() == np.asarray(b).tobytes()
    if type(a) is float:
        return a.hex() == b.hex() or (math.isnan(a) and math.isnan(b))
    return a == b


@given(VALUES)
def test_every_plain_value_comes_back_with_its_type_and_bits(value):
    nonce, found = wire.decode(wire.encode("n1", value))
    assert nonce == "n1"
    assert same(found, value)


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_or_read(noise):
    for frame in (noise, wire.LENGTHS.pack(len(noise), 0) + noise, wire.LENGTHS.pack(len(noise) // 2, 0) + noise):
        with suppress(wire.Breach):
            wire.decode(frame)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=3)
    | st.sampled_from(["<f8", "<U9", "nan"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(
            st.sampled_from(["list", "tuple", "dict", "array", "scalar", "text", "str_", "object", "recipe", "float"]),
            inner,
            inner,
        ).map(list)
        | st.dictionaries(st.text(max_size=2), inner, max_size=2)
    ),
)


@given(JSON, st.binary(max_size=40))
def test_any_tree_with_any_buffers_is_refused_or_read(tree, body):
    header = json.dumps(["n", tree]).encode()
    with suppress(wire.Breach):
        wire.decode(wire.LENGTHS.pack(len(header), len(body)) + header + body)


@given(st.binary(min_size=1, max_size=4), st.data())
@example(b"\xff", None)
def test_a_frame_with_changed_bytes_is_refused_or_read(change, data):
    frame = bytearray(wire.encode("n", [np.arange(5.0), "x" * 2000, {"a": (1, np.array(["b"]))}, True]))
    at = data.draw(st.integers(0, len(frame) - len(change))) if data else 0
    frame[at : at + len(change)] = change
    with suppress(wire.Breach):
        wire.decode(bytes(frame))


def framed(header: bytes, body: bytes = b"") -> bytes:
    return wire.LENGTHS.pack(len(header), len(body)) + header + body


BREACHES = {
    "cut short": wire.encode("n", [1, 2])[:-1],
    "one byte more": wire.encode("n", [1, 2]) + b"x",
    "no nonce": framed(b"[1]"),
    "an object of JSON": framed(b'["n",{"a":1}]'),
    "NaN": framed(b'["n",NaN]'),
    "an endless number": framed(b'["n",1e999]'),
    "too many digits": framed(b'["n",' + b"9" * 4000 + b"]"),
    "more digits than Python reads": framed(b'["n",' + b"9" * 100_000 + b"]"),
    "an unknown word": framed(b'["n",["float","1.0"]]'),
    "no Unicode": framed(b'["n","\\ud800"]'),
    "a pickle": framed(b"cos\nsystem\n(S'true'\ntR."),
    "an array of objects": framed(b'["n",["array","|O",1]]', bytes(8)),
    "a record": framed(b'["n",["array","i4,i4",1]]', bytes(8)),
    "a negative length": framed(b'["n",["array","<f8",-1]]', bytes(8)),
    "a shape too large": framed(b'["n",["array","<f8",0,33554432,33554432,33554432]]'),
    "more dimensions than NumPy has": framed(b'["n",["array","<f8"' + b",1" * 70 + b"]]", bytes(8)),
    "an array without its numbers": framed(b'["n",["array","<f8",9]]', bytes(8)),
    "numbers without an array": framed(b'["n",1]', bytes(8)),
    "a truth value of 2": framed(b'["n",["array","|b1",1]]', b"\2"),
    "a character that is none": framed(b'["n",["array","<U1",1]]', b"\xff\xff\xff\x7f"),
    "one key twice": framed(b'["n",["dict",["a",1],["a",2]]]'),
    "a key that is a number with a point": framed(b'["n",["dict",[1.5,1]]]'),
    "keys made to collide": framed(b'["n",["dict",[2305843009213693951,1]]]'),
    "a type that is code": framed(b'["n",["object","__import__(1)",false]]'),
    "True for a length": framed(b'["n",["text",true]]', b"a"),
}


@pytest.mark.parametrize("frame", BREACHES.values(), ids=BREACHES)
def test_a_frame_that_breaks_a_rule_is_refused(frame):
    with pytest.raises(wire.Breach):
        wire.decode(frame)


BOMBS = {
    "nested 100,000 deep": framed(b"[" * 100_000),
    "a million lists": framed(b'["n",["list"' + b',["list"]' * 400_000 + b"]]"),
    "a million types": framed(b'["n",["list"' + b"".join(b',["object","a%d",true]' % i for i in range(90_000)) + b"]]"),
    "4 MB of brackets": framed(b'["n",[' + b"[]," * 1_300_000 + b"1]]"),
}


@pytest.mark.parametrize("frame", BOMBS.values(), ids=BOMBS)
def test_a_bomb_costs_little_time_and_memory(frame):
    tracemalloc.start()
    began = time.process_time()
    with pytest.raises(wire.Breach):
        wire.decode(frame)
    seconds, (_, peak) = time.process_time() - began, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert seconds < 5
    assert peak < 300e6


def test_lengths_are_judged_before_anything_is_read():
    for header, body in ((2**32 - 1, 0), (0, 2**32 - 1), (wire.MOST_HEADER + 1, 0), (0, plain.MOST_BYTES + 1)):
        with pytest.raises(wire.Breach):
            wire.lengths(wire.LENGTHS.pack(header, body))


def nested(depth: int) -> list:
    found = []
    for _ in range(depth):
        found = [found]
    return found


@pytest.mark.parametrize(
    "value",
    [
        [0] * 100_001,
        nested(31),
        np.zeros(2**23),
        ["x" * 2**24, "y" * 2**24 + "z"],
        np.broadcast_to(1.0, (10**6, 10**6)),
    ],
    ids=["items", "depth", "array", "texts", "an array that is larger than it is"],
)
def test_what_is_too_large_is_said_so_by_the_sender(value):
    with pytest.raises(wire.TooMuch):
        wire.encode("n", value)


def test_the_largest_values_travel():
    for value in ([0] * 99_000, nested(29), np.zeros(99_000), "x" * 2**25):
        assert same(wire.decode(wire.encode("n", value))[1], value)


def test_an_array_of_more_values_than_a_law_can_look_at_is_too_much():
    with pytest.raises(plain.TooMuch, match="more than 100,000 values"):
        wire.encode("n", np.zeros(plain.MOST_ITEMS, np.int8))
    tree, body = ["array", "|i1", plain.MOST_ITEMS], memoryview(bytes(plain.MOST_ITEMS))
    with pytest.raises(plain.Breach, match="too many values"):
        plain.Reader(body).value(tree)


class Liar(float):
    def __eq__(self, _):
        return True

    __hash__ = float.__hash__


class Half(np.float64):
    pass


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (Liar(1), "an object of type Liar"),
        (Half(1), "an object of type Half"),
        ({1, 2}, "an object of type set"),
        (1j, "an object of type complex"),
        (len, "an object of type builtin_function_or_method"),
        (iter([1]), "a list_iterator (put `list(...)` around it)"),
        ({}.keys(), "a dict_keys (put `list(...)` around it)"),
        ((i for i in []), "a generator (put `list(...)` around it)"),
        (np.ma.masked_all(2), "an object of type MaskedArray"),
        (type("Tensor", (), {})(), "a tensor (`.item()` makes it a number)"),
        (type("a b<script>", (), {})(), "an object of type object"),
        (10**5000, "an object of type int"),
    ],
    ids=lambda one: type(one).__name__,
)
def test_what_is_no_plain_value_arrives_as_the_name_of_its_type(value, said):
    found = wire.decode(wire.encode("n", [value]))[1][0]
    assert kind(found) == said
    assert not isinstance(found, float | np.ndarray)
    with pytest.raises(Wrong):
        number(found)


def test_a_text_that_is_no_unicode_is_mended():
    assert wire.decode(wire.encode("n", "a\ud800b"))[1] == "a?b"


def test_an_array_in_another_byte_order_keeps_its_numbers():
    found = wire.decode(wire.encode("n", np.array([1.5, -2.0], ">f8")))[1]
    assert found.tolist() == [1.5, -2.0]


def test_an_array_that_arrives_can_be_written_to_and_is_nobodys_else():
    value = np.arange(6.0).reshape(2, 3)[:, ::2]
    found = wire.decode(wire.encode("n", value))[1]
    found[:] = 0
    assert value.tolist() == [[0, 2], [3, 5]]
