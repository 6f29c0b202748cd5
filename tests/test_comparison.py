"""Comparing variants: what they answer comes before how long they take."""

import numpy as np
import pytest
import torch

from labkit.measure import batch_sweep, compare

IMAGES = np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32)
WEIGHTS = np.random.default_rng(1).normal(size=(4, 3)).astype(np.float32)


def exact(images):
    return images @ WEIGHTS


def compared(variant, **options):
    return compare({"baseline": exact, "variant": variant}, IMAGES, seconds=0.05, **options)


def test_equal_outputs_agree():
    found = compared(lambda images: exact(images) + 1e-6).agreements["variant"]
    assert found.agrees
    assert found.largest_difference == pytest.approx(1e-6, rel=0.3)


def test_different_outputs_are_flagged_with_how_much_they_differ():
    found = compared(lambda images: exact(images)[:, ::-1])
    labels, others = exact(IMAGES).argmax(1), exact(IMAGES)[:, ::-1].argmax(1)
    assert not found.agreements["variant"].agrees
    assert found.agreements["variant"].same_labels == (labels == others).mean()
    assert "NO: logits differ by up to" in repr(found)
    assert "NO: logits differ by up to" in found._repr_html_()


def test_a_difference_on_an_image_that_is_not_timed_is_found():
    def wrong_on_the_last(images):
        logits = exact(images)
        if len(images) == len(IMAGES):
            logits[-1] += 1
        return logits

    assert not compared(wrong_on_the_last, batch=1).agreements["variant"].agrees


@pytest.mark.parametrize(
    "broken",
    [lambda images: exact(images) * np.nan, lambda images: exact(images)[:, :2], lambda images: exact(images)[:1]],
    ids=["NaN", "classes missing", "images missing"],
)
def test_nan_and_other_shapes_never_agree(broken):
    assert not compared(broken).agreements["variant"].agrees


def test_where_models_are_meant_to_differ_nothing_is_flagged():
    found = compared(lambda images: images, tolerance=None)
    assert "same outputs" not in found.table()


def test_only_the_batch_is_timed():
    sizes = []

    def counts(images):
        sizes.append(len(images))
        return exact(images)

    compare({"baseline": counts}, IMAGES, batch=2, seconds=0.05)
    assert sizes[0] == len(IMAGES)
    assert set(sizes[1:]) == {2}


def test_the_table_names_threads_medians_ratio_and_verdict():
    exact_on_two = lambda images: exact(images)  # noqa: E731
    exact_on_two.threads = 2
    table = compared(exact_on_two).table()
    assert table.loc["variant", "threads"] == 2
    assert table.loc["baseline", "verdict"] == "baseline"
    assert table.loc["variant", "verdict"] in ("faster", "slower", "same", "cannot tell")
    assert " to " in table.loc["variant", "ratio to baseline (95 %)"]


@pytest.mark.parametrize(("batch", "baseline"), [(0, None), (7, None), (1, "other")])
def test_bad_input_is_named(batch, baseline):
    with pytest.raises(ValueError, match=r"batch of|not among"):
        compare({"baseline": exact}, IMAGES, batch=batch, baseline=baseline)


def test_a_sweep_has_a_row_for_every_batch_and_thread_count_and_larger_batches_take_longer():
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(400, 400), torch.nn.ReLU(), torch.nn.Linear(400, 10))
    images = np.zeros((512, 400), np.float32)
    rows = batch_sweep(model, images, batches=(1, 512), threads=(1, 2), seconds=0.3)
    assert {(row["batch"], row["threads"]) for row in rows} == {(1, 1), (1, 2), (512, 1), (512, 2)}
    one, many = (next(r for r in rows if r["batch"] == batch and r["threads"] == 1) for batch in (1, 512))
    assert one["latency_low_ms"] <= one["latency_ms"] <= one["latency_high_ms"]
    assert many["latency_ms"] > 3 * one["latency_ms"]


def test_a_sweep_refuses_a_batch_that_has_no_images():
    with pytest.raises(ValueError, match="between 1 and the 6 images"):
        batch_sweep(torch.nn.Linear(4, 3), IMAGES, batches=(1, 7))


def test_a_variant_that_fails_or_gives_no_logits_is_named():
    def fails(images):
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError) as error:
        compared(fails)
    assert "'variant'" in error.value.__notes__[0]
    with pytest.raises(ValueError, match=r"'variant' gave an array of shape \(6,\)"):
        compared(lambda images: exact(images)[:, 0])
