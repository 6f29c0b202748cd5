"""What laws send and get back: arrays are arrays, and recipes are built beside the student's code."""

import numpy as np
import pytest
import torch

from labkit.exercises import laws
from labkit.exercises.laws import Wrong
from labkit.exercises.recipes import Recipe, build, plain


def test_an_array_comes_back_as_a_copy_of_its_numbers():
    given = np.arange(6, dtype=np.int8).reshape(2, 3)
    found = laws.array(given, (2, 3))
    assert found.dtype == np.float64
    assert found.tolist() == given.tolist()
    found[:] = 9
    assert given.max() == 5


def test_a_mask_comes_back_as_booleans():
    assert laws.array(np.array([True, False]), (2,), "truth values", "bool").tolist() == [True, False]


@pytest.mark.parametrize(
    ("found", "hint"),
    [
        (None, "returned nothing"),
        ([1.0, 2.0], "a list, not a NumPy array"),
        (np.ones(3), r"the shape \(3,\), not \(2,\)"),
        (np.ones((1, 2)), r"the shape \(1, 2\), not \(2,\)"),
        (np.array(["a", "b"]), "holds <U1, not numbers"),
        (np.array([True, False]), "holds bool, not numbers"),
        (np.array([1, None]), "holds object, not numbers"),
        (np.array([1.0, np.nan]), "NaN or infinity"),
        (np.array([1.0, np.inf]), "NaN or infinity"),
        (np.array([1j, 2]), "holds complex128, not numbers"),
        (np.ma.masked_all(2), "an object of type MaskedArray"),
        (torch.ones(2), "a tensor"),
    ],
)
def test_what_is_not_that_array_gets_a_hint(found, hint):
    with pytest.raises(Wrong, match=hint):
        laws.array(found, (2,))


def test_numbers_are_no_mask():
    with pytest.raises(Wrong, match="holds float64, not True and False"):
        laws.array(np.ones(2), (2,), dtype="bool")


def test_things_that_were_returned_together_come_back_as_a_list():
    given = (1, [2])
    assert laws.parts(given, 2, "two things") == [1, [2]]


@pytest.mark.parametrize(
    ("found", "hint"),
    [
        (None, "returned nothing; end it with `return` and a pair"),
        (3.0, "returned a number, not a pair"),
        ((1, 2, 3), "returned 3 things, not a pair"),
        ({1: 2, 3: 4}, "returned a dictionary, not a pair"),
    ],
)
def test_another_number_of_things_gets_a_hint(found, hint):
    with pytest.raises(Wrong, match=hint):
        laws.parts(found, 2, "a pair")


def test_a_tensor_recipe_is_the_tensor_of_its_values():
    (tensor,), _ = build((Recipe("tensor", {"values": np.array([1.5, 2.5], np.float32)}),))
    assert type(tensor) is torch.Tensor
    assert tensor.dtype == torch.float32
    assert tensor.tolist() == [1.5, 2.5]
    assert not tensor.requires_grad


def test_a_recipe_with_weights_returns_the_values_and_their_gradient():
    x, weights = np.array([1.0, -2.0, 3.0]), np.array([1.0, 10.0, 100.0])
    (tensor, power), finish = build((Recipe("tensor", {"values": x, "weights": weights}), 3))
    values, gradient, after = finish(tensor**power)
    assert values.tolist() == (x**3).tolist()
    assert gradient.tolist() == (weights * 3 * x**2).tolist()
    assert after.tolist() == x.tolist()


def test_a_result_that_forgot_its_gradient_has_a_gradient_of_zero():
    (tensor,), finish = build((Recipe("tensor", {"values": np.ones(2), "weights": np.ones(2)}),))
    values, gradient, _ = finish(tensor.detach() * 2)
    assert values.tolist() == [2, 2]
    assert gradient.tolist() == [0, 0]


@pytest.mark.parametrize("result", [None, 3.0, np.ones(2)])
def test_what_is_no_tensor_is_handed_on_to_the_law(result):
    (_,), finish = build((Recipe("tensor", {"values": np.ones(2), "weights": np.ones(2)}),))
    assert finish(result) is result


def test_tensors_are_returned_as_arrays_and_all_else_as_it_is():
    assert plain(torch.ones(2)).tolist() == [1, 1]
    assert type(plain(torch.ones(2))) is np.ndarray
    assert plain(3) == 3
    assert [type(one) for one in plain((torch.ones(2), 3.0))] == [np.ndarray, float]


def test_the_recipe_is_not_changed_by_what_is_done_to_its_tensor():
    values = np.ones(2)
    (tensor,), _ = build((Recipe("tensor", {"values": values}),))
    tensor += 1
    assert values.tolist() == [1, 1]


def test_an_unknown_recipe_names_those_that_exist():
    with pytest.raises(ValueError, match=r"no recipe 'cake'.*tensor"):
        build((Recipe("cake"),))
