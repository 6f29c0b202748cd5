"""Pruning: masks agree with torch's, rebuilt networks with masked ones, ledgers with what is really written."""

import copy
import gzip
import json

import numpy as np
import pytest
import scipy.sparse
import torch
import torch_pruning as tp
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save
from torch import nn
from torch.nn.utils import prune as torch_prune

from labkit import data, models, prune, quantize, train

settings.register_profile("labkit", deadline=None, derandomize=True)
settings.load_profile("labkit")

AMOUNTS = st.floats(0, 1)
SEEDS = st.integers(0, 10_000)


def drawn(seed: int, *shape: int) -> np.ndarray:
    """Weights without two equal magnitudes."""
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


@pytest.fixture(scope="module")
def small():
    """A small Baseline whose normalisations are anything but the identity."""
    torch.manual_seed(0)
    model = models.Baseline((4, 6, 4, 8, 8, 6), 12)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            for tensor in (module.weight, module.bias, module.running_mean):
                nn.init.normal_(tensor, std=0.5)
            nn.init.uniform_(module.running_var, 0.5, 2)
    return model.eval()


@pytest.fixture(scope="module")
def images():
    return torch.rand(3, 1, 28, 28, generator=torch.Generator().manual_seed(1))


def logits(model: nn.Module, images: torch.Tensor) -> torch.Tensor:
    with torch.inference_mode():
        return model.eval()(images)


# Masks


@given(SEEDS, AMOUNTS)
def test_the_mask_is_the_one_that_torch_makes(seed, amount):
    weights = drawn(seed, 7, 9)
    layer = nn.Linear(9, 7)
    layer.weight.data = torch.from_numpy(weights.copy())
    torch_prune.l1_unstructured(layer, "weight", round(amount * 63))
    assert prune.magnitude_mask(weights, amount).tolist() == (layer.weight_mask == 1).tolist()


@given(SEEDS, AMOUNTS, st.sampled_from([prune.magnitude_mask, prune.random_mask]))
def test_a_mask_removes_exactly_its_share(seed, amount, how):
    mask = how(drawn(seed, 5, 4, 3), amount)
    assert mask.dtype == bool
    assert mask.shape == (5, 4, 3)
    assert int((~mask).sum()) == round(amount * 60)


@given(SEEDS, AMOUNTS)
def test_no_weight_that_leaves_is_larger_than_one_that_stays(seed, amount):
    weights = np.abs(drawn(seed, 40))
    mask = prune.magnitude_mask(weights, amount)
    assert weights[~mask].max(initial=0) <= weights[mask].min(initial=np.inf)


@given(SEEDS, AMOUNTS, AMOUNTS)
def test_a_larger_amount_removes_all_that_a_smaller_one_does(seed, one, other):
    weights = drawn(seed, 40)
    few, many = (prune.magnitude_mask(weights, amount) for amount in sorted((one, other)))
    assert not (many & ~few).any()


@given(SEEDS, AMOUNTS, st.floats(0.01, 100))
def test_sign_and_scale_do_not_matter(seed, amount, scale):
    weights = drawn(seed, 30).astype(float)
    assert (prune.magnitude_mask(weights, amount) == prune.magnitude_mask(-scale * weights, amount)).all()


def test_equal_weights_still_leave_in_the_right_number():
    assert prune.magnitude_mask(np.ones(10), 0.3).sum() == 7
    assert prune.magnitude_mask(np.zeros(10), 0.5).sum() == 5


def test_lots_depend_on_the_seed_alone():
    one, again, other = (prune.random_mask(np.ones(50), 0.5, seed) for seed in (1, 1, 2))
    assert (one == again).all()
    assert (one != other).any()
    assert (one == prune.random_mask(drawn(0, 50), 0.5, 1)).all()


@pytest.mark.parametrize("how", [prune.magnitude_mask, prune.random_mask])
@pytest.mark.parametrize(
    ("weights", "amount", "message"),
    [
        (np.ones(3), -0.1, "0 to 1, not -0.1"),
        (np.ones(3), 1.5, "0 to 1, not 1.5"),
        (np.ones(3), float("nan"), "0 to 1, not nan"),
        (np.array([1, np.nan]), 0.5, "NaN or infinity"),
        (np.array([1, np.inf]), 0.5, "NaN or infinity"),
        (np.ones(0), 0.5, "empty"),
    ],
)
def test_a_mask_refuses_what_cannot_be_ranked(how, weights, amount, message):
    with pytest.raises(ValueError, match=message):
        how(weights, amount)


def test_global_masks_are_those_of_torch(small):
    copied = copy.deepcopy(small)
    parts = [(layer, "weight") for layer in prune.layers(copied).values()]
    size = sum(layer.weight.numel() for layer, _ in parts)
    torch_prune.global_unstructured(parts, torch_prune.L1Unstructured, amount=round(0.7 * size))
    masks = prune.global_masks(small, 0.7)
    for name, layer in prune.layers(copied).items():
        assert (masks[name] == (layer.weight_mask.numpy() == 1)).all()


def test_layers_without_an_amount_keep_all(small):
    masks = prune.layer_masks(small, {"features.3": 0.5})
    assert {name: bool(mask.all()) for name, mask in masks.items() if name != "features.3"} == dict.fromkeys(
        set(masks) - {"features.3"}, True
    )
    assert (~masks["features.3"]).sum() == masks["features.3"].size / 2


def test_one_amount_for_every_layer(small):
    for mask in prune.layer_masks(small, 0.25).values():
        assert int((~mask).sum()) == round(0.25 * mask.size)


def test_pruning_a_copy_leaves_the_model_alone(small):
    before = copy.deepcopy(small.state_dict())
    masks = prune.global_masks(small, 0.5)
    found = prune.pruned(small, masks)
    assert all(torch.equal(small.state_dict()[name], tensor) for name, tensor in before.items())
    assert prune.model_sparsity(list(prune.weights_of(found).values())) == pytest.approx(0.5, abs=1e-3)
    for name, weights in prune.weights_of(found).items():
        assert (weights == np.where(masks[name], prune.weights_of(small)[name], 0)).all()


def test_a_layer_that_cannot_be_pruned_is_named(small):
    with pytest.raises(ValueError, match=r"'features.1' cannot be pruned \(BatchNorm2d\); there are features.0"):
        prune.layer_masks(small, {"features.1": 0.5})
    with pytest.raises(ValueError, match="ReLU has no layer that can be pruned"):
        prune.layers(nn.ReLU())
    with pytest.raises(ValueError, match="no layer 'fc1' to prune"):
        prune.apply_masks_(copy.deepcopy(small), {"fc1": np.ones(1, bool)})
    with pytest.raises(ValueError, match=r"mask of 'features.0' has the shape \(1,\)"):
        prune.apply_masks_(copy.deepcopy(small), {"features.0": np.ones(1, bool)})


@pytest.mark.parametrize("masks", [prune.global_masks, prune.layer_masks])
def test_a_layer_with_nan_is_named(small, masks):
    broken = copy.deepcopy(small)
    broken.features[3].weight.data[0, 0, 0, 0] = float("nan")
    with pytest.raises(ValueError, match=r"layer 'features.3': the weights hold NaN"):
        masks(broken, 0.5)


# Sparsity


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 30)), min_size=1, max_size=5))
def test_sparsity_is_zeros_over_weights_of_all_layers_together(layers):
    made = [np.concatenate([np.zeros(zeros), np.full(rest, -2.0)]) for zeros, rest in layers]
    zeros, size = sum(z for z, _ in layers), sum(z + r for z, r in layers)
    assert prune.model_sparsity(made) == pytest.approx(zeros / size)


@pytest.mark.parametrize(
    ("layers", "message"), [([], "no share of zeros"), ([np.ones(0)], "no share"), ([np.array([np.nan])], "NaN")]
)
def test_sparsity_of_nothing_or_of_nan_is_refused(layers, message):
    with pytest.raises(ValueError, match=message):
        prune.model_sparsity(layers)


# Schedules


@given(AMOUNTS, AMOUNTS)
def test_pruning_twice_is_what_two_masks_do(first, second):
    weights = drawn(3, 1000)
    kept = weights[prune.magnitude_mask(weights, first)]
    left = kept[prune.magnitude_mask(kept, second)].size if kept.size else 0
    assert prune.pruned_twice(first, second) == pytest.approx(1 - left / 1000, abs=1.1e-3)
    assert prune.pruned_twice(first, second) == pytest.approx(prune.pruned_twice(second, first))


@given(SEEDS, st.floats(0.001, 1))
def test_a_masked_step_is_one_step_of_sgd_with_the_mask_put_back(seed, lr):
    weights, gradient = drawn(seed, 20).astype(float), drawn(seed + 1, 20).astype(float)
    mask = prune.magnitude_mask(weights, 0.4)
    tensor = torch.tensor(weights * mask, requires_grad=True)
    (tensor * torch.from_numpy(gradient)).sum().backward()
    torch.optim.SGD([tensor], lr=lr).step()
    expected = tensor.detach().numpy() * mask
    assert prune.masked_step(weights * mask, gradient, mask, lr) == pytest.approx(expected)


@given(st.integers(1, 100), AMOUNTS)
def test_the_schedule_grows_from_nothing_to_the_amount_and_ever_more_slowly(steps, amount):
    found = np.array([prune.cubic_amount(step, steps, amount) for step in range(steps + 5)])
    assert found[0] == 0
    assert found[steps:] == pytest.approx(amount)
    growth = np.diff(found)
    assert (growth >= -1e-12).all()
    assert (np.diff(growth) <= 1e-12).all()


@given(st.integers(1, 100), AMOUNTS, st.floats(0, 1))
def test_the_schedule_is_the_cubic_one(steps, amount, share):
    done = round(share * steps) / steps
    assert prune.cubic_amount(round(share * steps), steps, amount) == pytest.approx(
        amount * (3 * done - 3 * done**2 + done**3), abs=1e-9
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: prune.pruned_twice(1.2, 0.5), "0 to 1, not 1.2"),
        (lambda: prune.pruned_twice(0.5, -1), "0 to 1, not -1"),
        (lambda: prune.masked_step(np.ones(3), np.ones(2), np.ones(3, bool), 0.1), "same shape"),
        (lambda: prune.cubic_amount(1, 0, 0.5), "at least one step"),
        (lambda: prune.cubic_amount(-1, 5, 0.5), "starts at step 0"),
        (lambda: prune.cubic_amount(1, 5, 2), "0 to 1, not 2"),
        (lambda: prune.gradually(0.5, 10, every=0), "at least 1 step"),
        (lambda: prune.gradually(1.5, 10), "0 to 1, not 1.5"),
    ],
)
def test_schedules_refuse_what_makes_no_sense(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_holding_the_mask_keeps_zeros_through_training_and_without_it_they_come_back(small):
    masks = prune.global_masks(small, 0.8)
    few = data.load().validation.subset(128)
    found = {}
    for name, hook in {"free": None, "held": prune.hold(masks)}.items():
        model = prune.pruned(small, masks)
        train.fit(model, few, 1, lr=0.01, batch=32, after_step=hook)
        found[name] = prune.model_sparsity(list(prune.weights_of(model).values()))
    assert found["free"] < 0.5
    assert found["held"] == pytest.approx(0.8, abs=1e-3)


def test_gradual_pruning_follows_the_schedule_and_never_gives_a_weight_back(small):
    model, removed, random = copy.deepcopy(small), None, np.random.default_rng(0)
    after_step = prune.gradually(0.9, steps=20, every=5)
    for step in range(1, 26):
        with torch.no_grad():
            for layer in prune.layers(model).values():  # as training would
                layer.weight += torch.from_numpy(random.normal(0, 1, layer.weight.shape).astype(np.float32))
        after_step(model)
        zero = np.concatenate([w.ravel() == 0 for w in prune.weights_of(model).values()])
        assert removed is None or zero[removed].all()
        expected = prune.cubic_amount(step - step % 5, 20, 0.9)
        assert zero.mean() == pytest.approx(expected, abs=1e-3)
        removed = zero


# Structured


@given(SEEDS, st.floats(0, 1))
def test_kept_channels_are_the_strongest_by_l1_norm_ascending(seed, amount):
    weights = drawn(seed, 9, 2, 3, 3)
    kept, norms = prune.kept_channels(weights, amount), np.abs(weights).sum((1, 2, 3))
    assert kept.tolist() == sorted(kept.tolist())
    assert len(kept) == max(9 - round(amount * 9), 1)
    gone = np.setdiff1d(np.arange(9), kept)
    assert norms[gone].max(initial=0) <= norms[kept].min()


@given(SEEDS, st.sets(st.integers(0, 5), min_size=1))
def test_removed_channels_are_as_good_as_silent_ones_for_torch(seed, keep):
    keep = sorted(keep)
    first, second, norm = drawn(seed, 6, 2, 3, 3), drawn(seed + 1, 3, 6, 3, 3), drawn(seed + 2, 4, 6)
    norm[3] = np.abs(norm[3]) + 0.1

    def answers(first, norm, second):
        image = torch.from_numpy(drawn(5, 1, 2, 8, 8))
        scale, shift, mean, variance = map(torch.from_numpy, np.ascontiguousarray(norm))
        middle = nn.functional.conv2d(image, torch.from_numpy(first))
        middle = nn.functional.batch_norm(middle, mean, variance, scale, shift).relu()
        return nn.functional.conv2d(middle, torch.from_numpy(second))

    silent = norm.copy()
    silent[:2, [c for c in range(6) if c not in keep]] = 0
    smaller = prune.remove_channels(first, norm, second, keep)
    assert [one.shape for one in smaller] == [(len(keep), 2, 3, 3), (4, len(keep)), (3, len(keep), 3, 3)]
    torch.testing.assert_close(answers(*smaller), answers(first, silent, second), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(
    ("norm", "second", "keep", "message"),
    [
        ((4, 5), (3, 6), [0], "norm has 5"),
        ((4, 6), (3, 5), [0], "takes 5"),
        ((4, 6), (3, 6), [], "at least one"),
        ((4, 6), (3, 6), [0, 0], "each once"),
        ((4, 6), (3, 6), [6], "channels 0 to 5"),
        ((4, 6), (3, 6), [-1], "channels 0 to 5"),
    ],
)
def test_channels_that_do_not_fit_are_refused(norm, second, keep, message):
    with pytest.raises(ValueError, match=message):
        prune.remove_channels(drawn(0, 6, 2, 3, 3), drawn(0, *norm), drawn(0, *second, 3, 3), keep)


@settings(max_examples=25)
@given(st.floats(0, 1), st.sampled_from(["l1", "norm"]), st.sampled_from([1, 2, 4]))
def test_the_rebuilt_network_answers_as_the_masked_one(small, images, amount, by, multiple):
    keep = prune.keep_channels(small, amount, by, multiple)
    rebuilt = prune.rebuild(small, keep)
    torch.testing.assert_close(
        logits(rebuilt, images), logits(prune.masked_channels(small, keep), images), atol=1e-5, rtol=1e-5
    )
    assert [len(kept) for kept in keep.values()] == [
        *(layer.out_channels for layer in rebuilt.features if isinstance(layer, nn.Conv2d)),
        rebuilt.classifier[1].out_features,
    ]


def test_the_baseline_rebuilt_answers_as_the_masked_one(images):
    baseline = models.load_baseline()
    keep = prune.keep_channels(baseline, 0.35, multiple=16)
    assert [len(kept) for kept in keep.values()] == [16, 16, 48, 48, 80, 80, 496]
    rebuilt = prune.rebuild(baseline, keep)
    difference = (logits(rebuilt, images) - logits(prune.masked_channels(baseline, keep), images)).abs().max()
    assert difference < 1e-5
    assert models.count_parameters(rebuilt) < models.count_parameters(baseline) / 2


def test_silent_channels_are_zero_behind_every_relu(small, images):
    keep = prune.keep_channels(small, 0.5)
    masked = prune.masked_channels(small, keep)
    x = images
    with torch.inference_mode():
        for i, layer in enumerate(masked.features):
            x = layer(x)
            if isinstance(layer, nn.ReLU):
                kept = keep[f"features.{i - 2}"]
                gone = np.setdiff1d(np.arange(x.shape[1]), kept)
                assert not x[:, gone].any()


def test_removing_nothing_changes_nothing(small, images):
    for same in (prune.rebuild(small, {}), prune.masked_channels(small, {})):
        assert torch.equal(logits(same, images), logits(small, images))


def test_a_rebuilt_network_can_be_rebuilt_again_trained_saved_and_loaded(small, images, tmp_path, monkeypatch):
    once = prune.rebuild(small, prune.keep_channels(small, 0.3))
    twice = prune.rebuild(once, prune.keep_channels(once, 0.3))
    train.fit(twice, data.load().validation.subset(64), 1, batch=32)
    widths = [layer.out_channels for layer in twice.features if isinstance(layer, nn.Conv2d)]
    card = {"model": "Baseline", "widths": widths, "hidden": twice.classifier[1].out_features}
    monkeypatch.setattr(models, "weights_folder", lambda: tmp_path)
    models.save_weights(twice, tmp_path / "rebuilt.safetensors", card)
    assert torch.equal(logits(models.load_shipped("rebuilt"), images), logits(twice, images))
    card = json.loads((tmp_path / "rebuilt.json").read_text())
    del card["model"]
    (tmp_path / "rebuilt.json").write_text(json.dumps(card))
    with pytest.raises(data.DataError, match="does not say the network"):
        models.load_shipped("rebuilt")


def test_the_strongest_by_batchnorm_are_those_of_largest_scale(small):
    keep = prune.keep_channels(small, 0.5, by="norm")
    scale = np.abs(small.features[4].weight.detach().numpy())
    assert set(keep["features.3"]) == set(np.argsort(scale)[3:])
    by_weights = prune.keep_channels(small, 0.5, by="l1")["features.3"]
    assert by_weights.tolist() == prune.kept_channels(small.features[3].weight.detach().numpy(), 0.5).tolist()


def test_torch_pruning_makes_the_same_shapes(small):
    theirs = copy.deepcopy(small)
    strength = tp.importance.MagnitudeImportance(p=1)
    last = [theirs.classifier[3]]
    tp.pruner.BasePruner(theirs, torch.zeros(1, 1, 28, 28), strength, pruning_ratio=0.5, ignored_layers=last).step()
    ours = prune.rebuild(small, prune.keep_channels(small, 0.5))
    shapes = [{name: tuple(tensor.shape) for name, tensor in net.state_dict().items()} for net in (theirs, ours)]
    assert shapes[0] == shapes[1]


def a_nan(model: nn.Module) -> nn.Module:
    """A copy with a NaN among the second convolution's weights."""
    broken = copy.deepcopy(model)
    broken.features[3].weight.data[0, 0, 0, 0] = float("nan")
    return broken


def test_what_is_no_network_is_refused():
    with pytest.raises(TypeError, match="a PyTorch network is needed, not str"):
        prune.global_masks("baseline", 0.5)


def test_a_network_that_cannot_be_rebuilt_is_refused_with_the_reason(small):
    with pytest.raises(ValueError, match="only a Baseline can be rebuilt here, not Sequential"):
        prune.keep_channels(nn.Sequential(nn.Conv2d(1, 4, 3)), 0.5)
    grouped = copy.deepcopy(small)
    grouped.features[3] = nn.Conv2d(4, 6, 3, padding=1, groups=2, bias=False)
    with pytest.raises(ValueError, match=r"'features.3' cannot be pruned"):
        prune.keep_channels(grouped, 0.5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m: prune.keep_channels(m, 1.1), "share of channels to remove, 0 to 1, not 1.1"),
        (lambda m: prune.keep_channels(m, 0.5, multiple=0), "at least 1, not 0"),
        (lambda m: prune.keep_channels(m, 0.5, by="size"), "'l1' or 'norm', not 'size'"),
        (lambda m: prune.rebuild(m, {"classifier.3": [0]}), "outputs of 'classifier.3' cannot be removed"),
        (lambda m: prune.rebuild(m, {"features.0": [9]}), "features.0: keep at least one"),
        (lambda m: prune.masked_channels(m, {"features.0": []}), "features.0: keep at least one"),
        (lambda m: prune.rebuild(m, {"features.0": [True, False]}), "keep lists the indices of channels, not bool"),
        (lambda m: prune.rebuild(m, {"features.0": [0.5, 1.5]}), "not float64"),
        (lambda m: prune.pruned(m, {"features.0": m.features[0].weight.detach().numpy()}), "of True .kept. and False"),
        (lambda m: prune.global_masks(prune.rebuild(a_nan(m), {}), 0.5), "layer 'features.3': the weights hold NaN"),
        (lambda m: prune.pruned(quantize.prepare_qat(m, 4), {}), "not final: call prune.remove or finish_qat"),
        (lambda m: prune.kept_channels(np.zeros((0, 3)), 0.5), r"not an array of shape \(0, 3\)"),
        (lambda m: prune.ledger(nn.Linear(0, 3)), "have no weights"),
        (lambda m: prune.masked_step([1.0], [float("nan")], [True], 0.1), "did the training diverge"),
        (lambda m: prune.masked_step([1.0], [1.0], [0.5], 0.1), "the mask must be of True"),
        (lambda m: prune.cubic_amount(float("nan"), 5, 0.5), "starts at step 0"),
        (lambda m: prune.measure_amounts(m, np.zeros((0, 1, 28, 28), np.float32)), "no images to time"),
    ],
)
def test_structured_pruning_names_what_is_wrong(small, call, message):
    with pytest.raises(ValueError, match=message):
        call(small)


def test_nan_in_a_normalisation_is_found_where_it_is(small):
    broken = copy.deepcopy(small)
    broken.features[4].weight.data[0] = float("nan")
    with pytest.raises(ValueError, match=r"layer 'features.3': the weights are missing, NaN"):
        prune.keep_channels(broken, 0.5)


# Ledgers


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_stored_bytes_are_those_that_numpy_and_scipy_need(size, share):
    nonzeros = int(share * size)
    weights = np.zeros(size, np.float32)
    weights[:nonzeros] = 1
    found = scipy.sparse.coo_array(weights.reshape(1, -1))
    assert prune.stored_bytes(size, nonzeros, "dense") == weights.nbytes
    assert prune.stored_bytes(size, nonzeros, "masked") == weights.nbytes * 2
    assert prune.stored_bytes(size, nonzeros, "sparse") == found.data.nbytes + found.col.astype(np.int32).nbytes


@pytest.mark.parametrize(
    ("size", "nonzeros", "way", "message"),
    [(10, 5, "zip", "dense, masked, sparse, not 'zip'"), (10, 11, "dense", "0 to 10"), (10, -1, "sparse", "0 to 10")],
)
def test_impossible_storage_is_refused(size, nonzeros, way, message):
    with pytest.raises(ValueError, match=message):
        prune.stored_bytes(size, nonzeros, way)


def test_the_masked_file_of_torch_is_as_large_as_we_say(small):
    copied = copy.deepcopy(small)
    before = len(save(copied.state_dict()))
    torch_prune.l1_unstructured(copied.classifier[1], "weight", 0.5)
    size = copied.classifier[1].weight_mask.numel()
    grown = len(save(copied.state_dict())) - before
    expected = prune.stored_bytes(size, size // 2, "masked") - prune.stored_bytes(size, size // 2, "dense")
    assert grown == pytest.approx(expected, abs=200)  # the header names one more tensor


def test_the_ledger_counts_what_is_there(small):
    masks = prune.global_masks(small, 0.9)
    found, content = prune.ledger(prune.pruned(small, masks)), save(small.state_dict())
    removed = sum(int((~mask).sum()) for mask in masks.values())
    assert found["parameters"] == models.count_parameters(small)
    assert found["nonzeros"] == found["parameters"] - removed
    assert found["sparsity"] == pytest.approx(0.9, abs=1e-3)
    assert found["raw_bytes"] == len(content)
    assert found["gzip_bytes"] < prune.ledger(small)["gzip_bytes"] == len(gzip.compress(content, 6, mtime=0))


# Amounts


@pytest.fixture(scope="module")
def measured(small):
    rows = prune.measure_amounts(small, np.zeros((1, 1, 28, 28), np.float32), (0, 0.5, 0.9), seconds=0.2)
    return {(row["kind"], row["amount"]): row for row in rows}


def test_every_kind_and_amount_is_measured_and_can_be_kept_as_json(measured):
    assert set(measured) == {(kind, a) for kind in ("unstructured", "structured") for a in (0, 0.5, 0.9)}
    json.dumps(list(measured.values()), allow_nan=False)
    for row in measured.values():
        assert 0 < row["latency_low_ms"] <= row["latency_ms"] <= row["latency_high_ms"]
        assert row["ratio_low"] <= row["ratio"] <= row["ratio_high"]


def test_the_histogram_of_each_row_counts_every_weight_of_the_whole_network(small, measured):
    size = sum(weights.size for weights in prune.weights_of(small).values())
    for (kind, amount), row in measured.items():
        assert sum(row["stays"]) + sum(row["leaves"]) == size
        if kind == "unstructured":
            assert sum(row["leaves"]) == round(amount * size)
        else:
            rebuilt = prune.rebuild(small, prune.keep_channels(small, amount))
            assert sum(row["stays"]) == sum(weights.size for weights in prune.weights_of(rebuilt).values())


def test_the_threshold_parts_what_stays_from_what_leaves(small, measured):
    masks = prune.global_masks(small, 0.5)
    weights = prune.weights_of(small)
    threshold = measured["unstructured", 0.5]["threshold"]
    assert max(np.abs(w[~masks[n]]).max(initial=0) for n, w in weights.items()) == pytest.approx(threshold)
    assert min(np.abs(w[masks[n]]).min(initial=9) for n, w in weights.items()) >= threshold
    assert measured["unstructured", 0]["threshold"] is None
    assert measured["structured", 0.5]["threshold"] is None


def test_channels_that_leave_take_large_weights_along(measured):
    row = measured["structured", 0.5]
    assert any(stays and leaves for stays, leaves in zip(row["stays"][3:], row["leaves"][3:]))
