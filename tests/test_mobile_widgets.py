"""The arena's slider: what it shows at each layer follows from the sizes alone."""

import pytest

from labkit import mobile, widgets

NAMES, SIZES = ["image", "CONV_2D", "MAX_POOL_2D", "FULLY_CONNECTED"], [784, 12544, 3136, 10]


def explorer():
    return widgets.arena_explorer(NAMES, SIZES, 65_536, "a test")


def test_there_is_a_frame_for_each_layer_with_its_input_and_output():
    for layer, frame in enumerate(explorer().frames, 1):
        assert frame.readouts["input"] == f"{SIZES[layer - 1]:,} bytes"
        assert frame.readouts["together"] == f"{SIZES[layer - 1] + SIZES[layer]:,} bytes"
        assert frame.readouts["most of all layers"] == f"{mobile.arena_bytes(SIZES):,} bytes"


def test_only_input_and_output_are_in_memory():
    now, other = explorer().frames[1].panels[0].y
    assert now == [0, 12.544, 3.136, 0]
    assert other == [0.784, 0, 0, 0.01]


def test_the_answer_names_the_hungriest_layer():
    assert explorer().spec["answer"] == "here it is layer 2 of 3, 2 max pool: 15,680 bytes, 24% of 65,536."


@pytest.mark.parametrize(
    ("names", "sizes", "ram", "message"),
    [
        (NAMES[:3], SIZES, 9, "3 names and 4 sizes"),
        (NAMES[:2], SIZES[:2], 9, "two layers"),
        (NAMES, SIZES, 0, "0 bytes"),
    ],
)
def test_sizes_that_do_not_fit_are_named(names, sizes, ram, message):
    with pytest.raises(ValueError, match=message):
        widgets.arena_explorer(names, sizes, ram, "a test")
