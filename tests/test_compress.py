"""The choice follows from what was counted; weights as codes answer as rounded weights do; half-done work is redone."""

import re
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from labkit import cli, compress, data, models, quantize, results, train
from labkit import onnx as files
from labkit.compress import build, plan, store
from labkit.compress.choice import Limits, is_accurate, is_small, nearest, ordered, points_lost, within
from labkit.compress.plan import Recipe
from labkit.compress.search import _rounds
from labkit.compress.store import Candidate
from labkit.measure import Timing, accuracy_difference
from labkit.runtimes import onnx_predictor, torch_predictor
from labkit.sweeps import pack

settings.register_profile("labkit", deadline=None, derandomize=True)
settings.load_profile("labkit")


def network() -> nn.Module:
    """A small network with an odd number of weights in its first layer."""
    torch.manual_seed(0)
    layers = [nn.Conv2d(1, 3, 3, padding=1), nn.ReLU(), nn.MaxPool2d(4), nn.Flatten(), nn.Linear(147, 10)]
    return nn.Sequential(*layers).eval()


@pytest.fixture(scope="module")
def exported(tmp_path_factory) -> Path:
    """The network as a float32 `.onnx` file."""
    return files.export(network(), tmp_path_factory.mktemp("exported") / "model.onnx")


@pytest.fixture(scope="module")
def int8_file(exported) -> Path:
    return quantize.quantize_onnx(exported, exported.with_name("int8.onnx"), images(64))


def images(n: int) -> np.ndarray:
    return np.random.default_rng(1).random((n, 1, 28, 28), np.float32)


# Weights as codes


@pytest.mark.parametrize("bits", [4, 8])
def test_a_packed_file_answers_as_the_network_with_rounded_weights(exported, tmp_path, bits):
    packed = compress.pack_weights(exported, tmp_path / "packed.onnx", bits)
    rounded = quantize.quantized_weights(network(), bits, "per_channel")
    expected = torch_predictor(rounded)(images(8))
    np.testing.assert_allclose(onnx_predictor(packed)(images(8)), expected, atol=1e-5)
    assert np.abs(expected - torch_predictor(network())(images(8))).max() > 1e-4  # the test can tell


@pytest.mark.parametrize("bits", [4, 8])
def test_every_weight_takes_its_bits_and_nothing_is_stored_twice(exported, tmp_path, bits):
    packed = onnx.load(compress.pack_weights(exported, tmp_path / "packed.onnx", bits)).graph
    stored = {one.name: one for one in packed.initializer}
    codes = [one for name, one in stored.items() if name.endswith("_q")]
    assert sorted(len(one.raw_data) for one in codes) == [-(-27 * bits // 8), -(-1470 * bits // 8)]
    floats = sum(onnx.numpy_helper.to_array(one).size for one in stored.values() if one.data_type == 1)
    assert floats == 2 * (3 + 10)  # a bias and a scale for each channel


@pytest.mark.parametrize("bits", [4, 8])
def test_the_runtime_unpacks_the_weights_when_it_loads_the_file(exported, tmp_path, bits):
    packed = compress.pack_weights(exported, tmp_path / "packed.onnx", bits)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(tmp_path / "loaded.onnx")
    onnxruntime.InferenceSession(packed, options, providers=["CPUExecutionProvider"])
    left = {node.op_type for node in onnx.load(tmp_path / "loaded.onnx").graph.node}
    assert left & {"Cast", "Mul", "DequantizeLinear"} == set()


def test_a_channel_of_zeros_stays_zero(tmp_path):
    model = network()
    model[0].weight.data[1] = 0
    file = files.export(model, tmp_path / "model.onnx")
    packed = onnx_predictor(compress.pack_weights(file, tmp_path / "packed.onnx"))
    expected = torch_predictor(quantize.quantized_weights(model, 8, "per_channel"))(images(4))
    np.testing.assert_allclose(packed(images(4)), expected, atol=1e-5)


@pytest.mark.parametrize(
    ("content", "bits", "error", "message"),
    [
        (None, 8, FileNotFoundError, "was the model exported"),
        (b"", 8, ValueError, "export it again"),
        (b"not a model", 8, ValueError, "export it again"),
        ("exported", 5, ValueError, "4 or 8 bits, not 5"),
        ("exported", True, ValueError, "4 or 8 bits, not True"),
        ("int8", 8, ValueError, "int8 already"),
        ("cut", 8, ValueError, "export it again"),
    ],
)
def test_what_cannot_be_packed_is_refused_with_the_reason(exported, int8_file, tmp_path, content, bits, error, message):
    known = {"exported": exported.read_bytes(), "int8": int8_file.read_bytes(), "cut": exported.read_bytes()[:-99]}
    path = tmp_path / "model.onnx"
    if content is not None:
        path.write_bytes(known.get(content, content))
    with pytest.raises(error, match=message):
        compress.pack_weights(path, tmp_path / "packed.onnx", bits)
    assert not (tmp_path / "packed.onnx").exists()


def weights_in(path: Path) -> dict[str, np.ndarray]:
    """Code times scale of every int8 weight in a file, by the code's name; written apart from labkit's own reader."""
    graph = onnx.load(path).graph
    arrays = {one.name: onnx.numpy_helper.to_array(one) for one in graph.initializer}
    found = {}
    for node in graph.node:
        codes = arrays.get(node.input[0])
        if node.op_type == "DequantizeLinear" and codes is not None and codes.dtype == np.int8:
            axis = onnx.helper.get_node_attr_value(node, "axis")
            scale = np.expand_dims(arrays[node.input[1]], [i for i in range(codes.ndim) if i != axis])
            found[node.input[0]] = codes * scale
    return found


def test_pruning_codes_takes_the_smallest_weights_of_all_layers_not_the_smallest_codes(int8_file, tmp_path):
    pruned = weights_in(compress.prune_codes(int8_file, tmp_path / "pruned.onnx", 0.6))
    before = weights_in(int8_file)
    values = np.abs(np.concatenate([one.ravel() for one in before.values()]))
    gone = np.concatenate([(pruned[name] == 0).ravel() for name in before])
    assert values[gone].max() <= values[~gone].min()
    assert gone.sum() >= round(0.6 * values.size)
    for name in before:
        np.testing.assert_array_equal(pruned[name][pruned[name] != 0], before[name][pruned[name] != 0])


def test_only_an_int8_file_has_codes_to_prune(exported, int8_file, tmp_path):
    with pytest.raises(ValueError, match="quantize it first"):
        compress.prune_codes(exported, tmp_path / "pruned.onnx", 0.5)
    with pytest.raises(ValueError, match="0 to 1, not 2"):
        compress.prune_codes(int8_file, tmp_path / "pruned.onnx", 2)
    with pytest.raises(FileNotFoundError):
        compress.prune_codes(tmp_path / "none.onnx", tmp_path / "pruned.onnx", 0.5)


# Operations and fine-tuning


def test_operations_are_two_for_each_product():
    assert build.operations(network()) == 2 * (9 * 3 * 28 * 28 + 147 * 10)


def test_the_baseline_takes_the_sixty_million_operations_that_its_description_says():
    assert build.operations(models.Baseline()) == pytest.approx(60e6, rel=0.01)
    assert build.operations(models.Student()) == pytest.approx(5e6, rel=0.1)


def test_counting_operations_leaves_no_hooks_behind():
    model = network()
    build.operations(model)
    assert not any(layer._forward_hooks for layer in model)


@pytest.mark.parametrize("rounded", [False, True])
def test_pruned_weights_stay_zero_through_fine_tuning_and_training_rounds_them_to_4_bits(
    monkeypatch, tmp_path, rounded
):
    monkeypatch.setattr(build, "IMAGES", 256)
    monkeypatch.setattr(build, "_answers", lambda teacher, split, folder: np.zeros((len(split), 10), np.float32))
    model = network()
    mask = np.abs(model[4].weight.detach().numpy()) > 0.05
    before = model[4].weight.detach().clone()
    model[4].weight.data.mul_(torch.from_numpy(mask))
    found = build.tuned(model, {"4": mask}, rounded, tmp_path).state_dict()["4.weight"].numpy()
    assert (found[~mask] == 0).all()
    assert np.abs(found - before.numpy())[mask].max() > 1e-4
    steps = [len(np.unique(row)) for row in found]
    assert max(steps) <= 15 if rounded else min(steps) > 15


def test_only_what_was_changed_is_tuned_and_only_small_networks():
    assert not build.is_tuned(Recipe("a"), 5_000_000)
    assert not build.is_tuned(Recipe("a", 0, "int8 weights"), 5_000_000)
    assert build.is_tuned(Recipe("a", 0.5), 5_000_000)
    assert build.is_tuned(Recipe("a", 0, "int4 weights"), 5_000_000)
    assert not build.is_tuned(Recipe("a", 0.5), 60_000_000)


# The choice


def made(name="net", size=50_000, right=4600, work=5_000_000, gzip=None, **recipe) -> Candidate:
    correct = np.arange(5000) < right
    gzip = size if gzip is None else gzip
    return Candidate(Recipe(name, **recipe), Path(name), name, size, gzip, size // 4, work, pack(correct))


BASELINE = made("baseline", 4_727_352, 4700, 60_000_000, runtime="PyTorch")
ASKED = Limits("browser", 60_000, 0.5)


def test_points_lost_are_points_of_the_same_images():
    assert points_lost(made(right=4675), BASELINE) == 0.5
    assert points_lost(made(right=4750), BASELINE) == -1


def test_a_limit_is_within_itself():
    assert within(made(size=60_000, right=4675), BASELINE, ASKED)
    assert not within(made(size=60_001, right=4675), BASELINE, ASKED)
    assert not within(made(size=60_000, right=4674), BASELINE, ASKED)


def test_bytes_after_gzip_count_where_they_are_asked_for():
    one = made(size=70_000, gzip=50_000)
    assert not is_small(one, ASKED)
    assert is_small(one, replace(ASKED, gzip=True))


def test_no_limit_lets_everyone_in():
    assert within(made(size=10**9, right=0), BASELINE, Limits("browser"))


@pytest.mark.parametrize(("prefer", "first"), [("fast", "quick"), ("small", "little"), ("accurate", "right")])
def test_what_is_preferred_stands_first(prefer, first):
    found = [
        made("little", size=10_000, work=9_000_000, right=4676),
        made("quick", size=50_000, work=1_000_000, right=4677),
        made("right", size=40_000, work=5_000_000, right=4699),
    ]
    assert ordered(found, replace(ASKED, prefer=prefer))[0].recipe.start == first


def test_of_equally_fast_ones_the_smaller_is_preferred_and_names_break_ties():
    found = [made("b"), made("a"), made("large", size=60_000)]
    for order in (found, found[::-1]):
        assert [one.recipe.start for one in ordered(order, ASKED)] == ["a", "b", "large"]


def test_a_raspberry_prefers_onnx_runtime_for_the_same_network():
    found = [made(runtime="PyTorch", size=49_000), made(runtime="ONNX Runtime")]
    assert ordered(found, Limits("raspberry"))[0].recipe.runtime == "ONNX Runtime"


def test_where_bytes_bind_the_smallest_accurate_one_is_taken_and_both_sides_are_told():
    found = [made("big", 90_000, 4690), made("mid", 70_000, 4680), made("tiny", 20_000, 4500)]
    one, binds = nearest(found, BASELINE, ASKED)
    assert one.recipe.start == "mid"
    assert "bytes: the smallest within 0.5 points is 70,000 (mid, float32)" in binds
    assert "within 60,000 bytes the most accurate loses 4.00 points (tiny, float32)" in binds


def test_where_accuracy_binds_the_most_accurate_small_one_is_taken():
    found = [made("poor", 20_000, 4500), made("fair", 50_000, 4660), made("large", 90_000, 4670)]
    one, binds = nearest(found, BASELINE, ASKED)
    assert one.recipe.start == "fair"
    assert binds == "accuracy: the most accurate loses 0.80 points (fair, float32)"


def test_where_both_bind_it_says_so():
    one, binds = nearest([made("a", 90_000, 4500), made("b", 80_000, 4400)], BASELINE, ASKED)
    assert one.recipe.start == "a"
    assert binds.startswith("bytes and accuracy: ")


candidates = st.lists(
    st.tuples(st.integers(1, 200), st.integers(4400, 4800), st.integers(1, 9)), min_size=1, max_size=8
)


@given(candidates, st.integers(1, 200), st.floats(0, 5))
def test_the_nearest_keeps_accuracy_before_bytes(drawn, kilobytes, drop):
    found = [made(f"n{i}", 1000 * size, right, work) for i, (size, right, work) in enumerate(drawn)]
    limits = Limits("browser", 1000 * kilobytes, drop)
    if any(within(one, BASELINE, limits) for one in found):
        return
    one, _ = nearest(found, BASELINE, limits)
    accurate = [other for other in found if is_accurate(other, BASELINE, limits)]
    if accurate:
        assert one.size_bytes == min(other.size_bytes for other in accurate)
    else:
        small = [other for other in found if is_small(other, limits)] or found
        assert one.correct.sum() == max(other.correct.sum() for other in small)


@given(candidates, st.permutations(range(8)))
def test_the_choice_does_not_depend_on_the_order_of_the_candidates(drawn, order):
    found = [made(f"n{i}", 1000 * size, right, work) for i, (size, right, work) in enumerate(drawn)]
    shuffled = [found[i] for i in order if i < len(found)]
    for prefer in compress.PREFER:
        assert ordered(found, replace(ASKED, prefer=prefer)) == ordered(shuffled, replace(ASKED, prefer=prefer))


def tried(*networks, precisions=compress.PRECISIONS) -> list[list[str]]:
    """The names of the networks in the rounds in which they are tried."""
    rounds = _rounds(list(networks), BASELINE, ASKED, precisions)
    return [[one.recipe.start for one in networks] for networks in rounds if networks]


def test_networks_that_may_meet_the_limits_are_tried_first_and_the_hopeless_not_at_all():
    large, small = made("large", size=600_000, right=4700), made("small", size=400_000, right=4660)
    poor, worse = made("poor", size=40_000, right=4500), made("worse", size=40_000, right=4400)
    assert tried(large, small, poor, worse) == [["small"], ["large"]]  # 150,000 parameters of 4 bits are too many
    assert tried(large, small, poor, precisions=("int8",)) == [["large", "small", "poor"]]
    assert tried(large, worse, poor) == [["large", "poor"]]
    assert tried(made("huge", size=10**9, right=4000)) == [["huge"]]


# What is combined


def test_each_shape_is_a_group_and_networks_full_of_zeros_count_after_gzip_alone():
    groups = plan.starts()
    assert ["baseline"] in groups
    assert sorted(name for group in groups for name in group if name.startswith("student_soft")) == [
        "student_soft_0",
        "student_soft_1",
        "student_soft_2",
    ]
    assert {"student_soft_0", "student_hard_0"} <= set(next(group for group in groups if "student_soft_0" in group))
    assert "pruned" not in {name for group in groups for name in group}
    assert ["pruned"] in plan.starts(zeros=True)


def test_every_runtime_gets_the_precisions_that_it_runs():
    found = plan.combinations("net", ("ONNX Runtime", "PyTorch", "TFLite Micro"), (0.5,))
    assert len(found) == len(set(found)) == 2 * (4 + 1 + 1)
    assert {one.precision for one in found if one.runtime == "TFLite Micro"} == {"int8"}


BAD = {
    "target": ({"target": "toaster"}, "the target is one of browser, .*not 'toaster'"),
    "bytes": ({"max_bytes": 0}, "bytes above 0, not 0"),
    "text": ({"max_bytes": "60000"}, "bytes above 0, not '60000'"),
    "NaN": ({"max_drop": float("nan")}, "0 to 100, not nan"),
    "drop": ({"max_drop": -1}, "0 to 100, not -1"),
    "prefer": ({"prefer": "cheap"}, "fast, small, accurate, not 'cheap'"),
    "speed": ({"min_speedup": 0}, "above 0, not 0"),
    "runtime": ({"runtime": "LiteRT"}, "of a browser is one of ONNX Runtime, not 'LiteRT'"),
    "seed": ({"seed": -1}, "0 or more, not -1"),
    "seed beyond 63 bits": ({"seed": 10**25}, r"below 2\*\*63, 0 or more, not 1000"),
    "seed of true": ({"seed": True}, "0 or more, not True"),
    "starts": ({"starts": ["nobody"]}, "shipped networks, of .*nobody"),
    "one start": ({"starts": "baseline"}, "a list of shipped networks"),
    "amounts": ({"amounts": [1.0]}, "from 0 to below 1"),
    "precisions": ({"precisions": ["int3"]}, "precisions is a list, of float32"),
}


@pytest.mark.parametrize(("arguments", "message"), BAD.values(), ids=BAD)
def test_a_bad_argument_is_refused_before_any_work(tmp_path, arguments, message):
    with pytest.raises(ValueError, match=message):
        compress.search(folder=tmp_path / "out", **arguments)
    assert not (tmp_path / "out").exists()


def test_a_file_in_the_place_of_the_folder_is_left_alone(tmp_path):
    (tmp_path / "out").write_text("mine")
    with pytest.raises(ValueError, match="is a file"):
        compress.search(folder=tmp_path / "out")
    assert (tmp_path / "out").read_text() == "mine"


@pytest.mark.parametrize("name", ["model.onnx", "page.html"])
def test_a_model_that_no_search_wrote_is_left_alone(tmp_path, name):
    (tmp_path / name).write_text("mine")
    (tmp_path / "card.json").write_text("{}")
    with pytest.raises(ValueError, match=f"holds .*{name} from elsewhere"):
        compress.search(folder=tmp_path)
    assert (tmp_path / name).read_text() == "mine"


@pytest.mark.parametrize("name", ["card.json", "page.html"])
def test_a_folder_or_a_foreign_card_in_the_place_of_an_output_is_told_before_the_work(tmp_path, name):
    (tmp_path / "card.json").write_text('{"made_by": "labkit compress"}' * (name != "card.json"))
    if name == "page.html":
        (tmp_path / name).mkdir()
    with pytest.raises(ValueError, match=f"holds .*{name} from elsewhere, which stays"):
        compress.search(folder=tmp_path)
    assert not (tmp_path / "candidates").exists()


def test_without_tensorflow_a_microcontroller_is_refused_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr("labkit.mobile.has", lambda module: module != "tensorflow")
    with pytest.raises(ValueError, match="TensorFlow, which converts, is not installed"):
        compress.search("microcontroller", folder=tmp_path / "out")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--target", "toaster"], "not 'toaster'"),
        (["--max-bytes", "-5"], "above 0"),
        (["--prefer", "x"], "prefer one of"),
    ],
)
def test_the_command_says_in_one_line_what_is_wrong(capsys, tmp_path, arguments, message):
    assert cli.main(["compress", "-o", str(tmp_path / "out"), *arguments]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("target", "room"),
    [("browser", 10_000_000), ("phone", 100_000_000), ("raspberry", 1_000_000_000), ("microcontroller", 256_000)],
)
@pytest.mark.parametrize(("reached", "code"), [(True, 0), (False, 1)])
def test_the_command_asks_for_the_devices_room_keeps_the_row_and_tells_if_it_is_out_of_reach(
    final, tmp_path, monkeypatch, capsys, target, room, reached, code
):
    asked = []
    out = SimpleNamespace(
        reached=reached, row=final.row, path=tmp_path / "model", card_path=tmp_path / "card.json", page_path=None
    )
    monkeypatch.setattr(compress, "search", lambda *arguments: asked.extend(arguments) or out)
    monkeypatch.setenv("LABKIT_RESULTS", str(tmp_path))
    assert cli.main(["compress", "--target", target, "-o", str(tmp_path / "out")]) == code
    assert asked[:5] == [target, room, 0.5, 0, tmp_path / "out"]
    assert [row["variant"] for row in results.read("measurements")] == ["tiny"]
    assert f"wrote {tmp_path / 'model'}, {tmp_path / 'card.json'};" in capsys.readouterr().out


# Candidates on disk


@pytest.fixture
def kept(tmp_path, monkeypatch) -> Path:
    """A folder with one finished candidate, and counted work."""
    monkeypatch.setattr(store.train, "correct", lambda predict, split: np.arange(5000) < 4600)
    monkeypatch.setattr(store.data, "load", lambda: type("Data", (), {"validation": None}))
    store.candidate(Recipe("student_soft_0", runtime="PyTorch"), tmp_path)
    return tmp_path


def forbid(monkeypatch):
    def work(*arguments):
        raise AssertionError("this was finished already")

    monkeypatch.setattr(store.build, "write", work)


def test_a_finished_candidate_is_not_made_again(kept, monkeypatch):
    forbid(monkeypatch)
    one = store.candidate(Recipe("student_soft_0", runtime="PyTorch"), kept)
    assert one.accuracy == 0.92
    assert one.parameters == 43_930


@pytest.mark.parametrize("damage", ["cut", "empty", "list", "text", "nan", "other model", "no model", "other recipe"])
def test_a_damaged_or_foreign_candidate_is_made_again(kept, damage):
    (said,), (model,) = kept.glob("*.json"), kept.glob("*.safetensors")
    text = said.read_text()
    change = {
        "cut": lambda: said.write_text(text[:-20]),
        "empty": lambda: said.write_text(""),
        "list": lambda: said.write_text("[" * 100_000),
        "text": lambda: said.write_text(text.replace('"size_bytes": ', '"size_bytes": "a", "b": ')),
        "nan": lambda: said.write_text(re.sub(r'"packed": ".*"', '"packed": "5000:"', text)),
        "other model": lambda: model.write_bytes(b"other"),
        "no model": model.unlink,
        "other recipe": lambda: said.write_text(text.replace('"amount": 0.0', '"amount": 0.5')),
    }
    change[damage]()
    recipe = Recipe("student_soft_0", runtime="PyTorch")
    assert store.read(said, recipe) is None
    assert store.candidate(recipe, kept).size_bytes == model.stat().st_size
    assert store.read(said, recipe) is not None


def test_another_seed_recipe_or_weights_have_another_name(tmp_path, monkeypatch):
    recipe = Recipe("student_soft_0", 0.5)
    names = {store.key(recipe, 0), store.key(recipe, 1), store.key(replace(recipe, amount=0.7), 0)}
    monkeypatch.setattr(store, "weights_hash", lambda file: "other")
    names.add(store.key(recipe, 0))
    assert len(names) == 4


# The course's target


def timing(ratio, low, high) -> Timing:
    return Timing("x", ratio, ratio, ratio, ratio, ratio, ratio, low, high, "faster")


@pytest.fixture(scope="module")
def final(exported):
    """A headline of the small network whose clock was replaced: only ratios of times are made up."""
    module = sys.modules["labkit.compress.headline"]
    races = [
        {"baseline, ONNX Runtime": timing(0.4, 0.32, 0.5), "model": timing(0.02, 0.016, 0.025)},
        {"model": timing(0.05, 0.04, 0.0625)},
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "race", lambda calls, seconds: races.pop(0))
        return compress.headline(exported, "tiny", data.load().validation.subset(200))


def test_a_headline_needs_ten_finite_logits_and_names_the_file_that_gives_others(exported):
    for logits, message in ((np.zeros((1, 3), "f"), r"not with logits \(1, 10\)"), (np.full((1, 10), np.nan), "NaN")):
        with pytest.raises(ValueError, match=rf"model\.onnx answers .*{message}"):
            compress.headline(exported, predict=lambda _, logits=logits: logits)


def test_ratios_of_times_turn_round_with_their_intervals(final):
    assert final.faster == pytest.approx((50, 40, 62.5))
    assert final.runtime_alone == pytest.approx((2.5, 2, 3.125))
    assert final.network_alone == pytest.approx((20, 16, 25))


def test_the_headline_compares_answers_to_the_same_images_and_bytes_with_both_baselines(final, exported):
    split = data.load().validation.subset(200)
    right = [train.correct(one, split) for one in (torch_predictor(models.load_baseline()), onnx_predictor(exported))]
    assert final.points == pytest.approx([100 * end for end in accuracy_difference(*right)])
    weights = (data.weights_folder() / "baseline.safetensors").stat().st_size
    assert final.smaller_than_weights == weights / exported.stat().st_size
    assert final.smaller == pytest.approx(final.smaller_than_weights, rel=0.01)
    assert final.row.accuracy == right[1].mean()


def test_the_target_counts_ratios_at_the_near_end_and_points_as_estimated(final):
    size = replace(final.size, size_bytes=final.baseline_bytes // 40)
    good = replace(final, size=size, faster=(25, 20, 30), points=(-0.5, -1, 0))
    assert good.reached()
    assert not replace(good, faster=(25, 19.9, 30)).reached()
    assert not replace(good, points=(-0.51, -1, 0)).reached()
    assert not replace(good, size=replace(size, size_bytes=size.size_bytes + 1000)).reached()
    assert replace(good, faster=(5, 4, 6), points=(-0.5, -1, 0)).reached(faster=4)


def test_a_headline_says_target_and_measurement_side_by_side(final):
    said = repr(final)
    assert "50.00x (40.00 to 62.50)" in said
    assert "Not reached" in said
    assert final._repr_html_().count("<table") == 1


# Orders


@pytest.mark.parametrize(
    ("order", "message"),
    [
        (["int8", "tune"], "no gradient"),
        (["int8 weights", "prune"], "not 'int8 weights'"),
        (["int8", "int8 weights"], "once"),
        (["prune", "prune"], "taken once"),
        (["shrink"], "a list of prune"),
        ("prune", "a list of prune"),
    ],
)
def test_steps_that_cannot_follow_each_other_are_refused(tmp_path, order, message):
    with pytest.raises(ValueError, match=message):
        compress.in_order("student_soft_0", order, tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())


def test_an_unknown_network_is_named(tmp_path):
    with pytest.raises(data.DataError, match="nobody"):
        compress.in_order("nobody", [], tmp_path / "model.onnx")


@pytest.mark.parametrize("arguments", [{"amount": 1.0}, {"amount": -0.1}, {"precision": "int3"}])
def test_steps_refuse_what_they_cannot_do(arguments):
    with pytest.raises(ValueError, match=r"amount is|precision is"):
        compress.steps(**arguments)
