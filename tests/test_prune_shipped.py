"""What lab 03 ships holds: the sweeps fill the widget, and the two networks answer as their rows and cards say."""

import numpy as np
import pytest

from labkit import data, models, prune, sweeps, train, widgets
from labkit.runtimes import torch_predictor

FEW = 200


@pytest.fixture(scope="module")
def shipped():
    return {part: sweeps.load(f"prune_{part}") for part in ("unstructured", "structured", "rebuilt", "amounts")}


@pytest.fixture(scope="module")
def networks():
    return {name: models.load_shipped(name) for name in ("pruned", "rebuilt")}


def row_of(name: str, shipped) -> dict:
    """The row that a shipped network's accuracy was taken from."""
    if name == "rebuilt":
        return shipped["rebuilt"].one(tuned=True)
    card = models.read_card(data.weights_folder() / "pruned.safetensors")
    return shipped["unstructured"].one(kind="unstructured", amount=card["pruning"]["amount"], tuned=True)


def test_the_shipped_rows_fill_the_widget(shipped):
    accuracies = [
        row for part in ("unstructured", "structured") for row in shipped[part].rows if row["kind"] != "random"
    ]
    sources = [shipped["unstructured"].source, shipped["amounts"].source]
    explorer = widgets.pruning_explorer(accuracies, shipped["amounts"].rows, prune.EDGES, sources)
    assert len(explorer.frames) == 2 * len(prune.AMOUNTS)
    assert explorer.spec["question"]


@pytest.mark.parametrize("name", ["pruned", "rebuilt"])
def test_a_shipped_network_answers_as_its_row_says(name, networks, shipped):
    test = data.load().test
    few = data.Split(test.images[:FEW], test.labels[:FEW])
    correct = train.correct(torch_predictor(networks[name]), few)
    assert (correct == sweeps.unpack(row_of(name, shipped)["correct"])[:FEW]).mean() > 0.99


@pytest.mark.parametrize("name", ["pruned", "rebuilt"])
def test_a_card_says_what_the_row_says(name, shipped):
    card, row = models.read_card(data.weights_folder() / f"{name}.safetensors"), row_of(name, shipped)
    correct = sweeps.unpack(row["correct"])
    assert len(correct) == 10_000
    assert card["test_accuracy"]["value"] == row["accuracy"] == pytest.approx(correct.mean())
    assert card["pruning"]["kind"] == row["kind"]


def test_an_untouched_row_can_be_computed_again(shipped):
    test = data.load().test
    few = data.Split(test.images[:FEW], test.labels[:FEW])
    baseline = models.load_baseline()
    for amount in (0.5, 0.95):
        correct = train.correct(torch_predictor(prune.pruned(baseline, prune.global_masks(baseline, amount))), few)
        row = shipped["unstructured"].one(kind="unstructured", amount=amount, tuned=False)
        assert (correct == sweeps.unpack(row["correct"])[:FEW]).mean() > 0.98


def test_the_targets_of_lab_03_that_need_no_clock_are_met(networks, shipped):
    baseline = sweeps.unpack(shipped["unstructured"].one(kind="unstructured", amount=0, tuned=False)["correct"])
    ledgers = {name: prune.ledger(network) for name, network in networks.items()}
    assert ledgers["pruned"]["sparsity"] >= 0.8
    assert prune.ledger(models.load_baseline())["raw_bytes"] >= 2 * ledgers["rebuilt"]["raw_bytes"]
    for name in networks:
        assert np.mean(sweeps.unpack(row_of(name, shipped)["correct"])) >= baseline.mean() - 0.005


def test_random_pruning_is_worse_than_magnitude_pruning_in_every_row(shipped):
    for row in shipped["unstructured"].select(kind="random"):
        if 0 < row["amount"] < 0.95:
            other = shipped["unstructured"].one(kind="unstructured", amount=row["amount"], tuned=False)
            assert row["high"] < other["low"]


def test_the_scan_has_every_layer_and_the_schedules_every_pair():
    scan = sweeps.load("prune_sensitivity")
    assert {row["layer"] for row in scan.rows} == set(prune.layers(models.load_baseline()))
    assert {row["split"] for row in scan.rows} == {"validation"}
    schedule = sweeps.load("prune_schedule")
    for row in schedule.select(way="gradual"):
        assert schedule.one(way="one-shot", amount=row["amount"], seed=row["seed"])["split"] == "test"
