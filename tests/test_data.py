"""The data are the official ones, whole and untouched, and whatever is wrong with a file is said with its remedy."""

import gzip
import hashlib
import shutil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit import data, files
from labkit.data import DataError, Split

settings.register_profile("labkit", deadline=None, derandomize=True)  # no test depends on the machine or the day
settings.load_profile("labkit")

LABELS = "t10k-labels-idx1-ubyte.gz"


@pytest.fixture(scope="module")
def splits():
    return data.load()


@pytest.fixture
def numbered():
    """A split whose 50 images each carry their own number, as all their pixels and as their label."""
    numbers = np.arange(50)
    images = np.broadcast_to(numbers.astype(np.uint8)[:, None, None, None], (50, 1, 28, 28)).copy()
    return Split(images, numbers)


@pytest.fixture
def elsewhere(monkeypatch, tmp_path):
    """A folder with the official files that `load` reads from, whatever it has read before."""
    for name in data.CHECKSUMS:
        (tmp_path / name).symlink_to((data.folder() / name).resolve())
    monkeypatch.setenv("LABKIT_DATA", str(tmp_path))
    data.load.cache_clear()
    yield tmp_path
    data.load.cache_clear()


def read_everything() -> int:
    """How many images `load` finds in all splits, each read from its file."""
    splits = data.load()
    return len(splits.train) + len(splits.validation) + len(splits.test)


def replace(path, content: bytes | None) -> None:
    """Puts `content` where a link to an official file is; None leaves nothing there."""
    path.unlink()
    if content is not None:
        path.write_bytes(content)


def test_images_and_labels_are_those_that_torchvision_reads(splits, tmp_path):
    from torchvision.datasets import FashionMNIST

    raw = tmp_path / "FashionMNIST" / "raw"
    raw.mkdir(parents=True)
    for name in data.CHECKSUMS:
        with gzip.open(data.folder() / name) as packed, (raw / name.removesuffix(".gz")).open("wb") as file:
            shutil.copyfileobj(packed, file)
    official = FashionMNIST(tmp_path, train=True, download=False)
    ours = splits.train, splits.validation  # one after the other they are the official file: so no image is in both
    np.testing.assert_array_equal(np.concatenate([part.images[:, 0] for part in ours]), official.data.numpy())
    np.testing.assert_array_equal(np.concatenate([part.labels for part in ours]), official.targets.numpy())
    official = FashionMNIST(tmp_path, train=False, download=False)
    np.testing.assert_array_equal(splits.test.images[:, 0], official.data.numpy())
    np.testing.assert_array_equal(splits.test.labels, official.targets.numpy())


def test_inputs_are_what_torchvision_makes_of_the_pictures(splits):
    from torchvision.transforms.functional import to_tensor

    few = Split(splits.test.images[:20].copy(), splits.test.labels[:20])
    for image, ours in zip(few.images, few.inputs):
        np.testing.assert_array_equal(ours, to_tensor(image[0]).numpy())


def test_the_classes_are_in_torchvisions_order():
    from torchvision.datasets import FashionMNIST

    theirs = [name.removesuffix("/top") for name in FashionMNIST.classes]
    assert list(data.CLASSES) == theirs


def test_the_splits_have_their_sizes_and_share_no_memory(splits):
    parts = [splits.train, splits.validation, splits.test]
    assert [len(part) for part in parts] == [55_000, 5_000, 10_000]
    assert [part.images.shape for part in parts] == [(len(part), 1, 28, 28) for part in parts]
    assert not np.may_share_memory(splits.train.images, splits.validation.images)
    assert not np.may_share_memory(splits.train.labels, splits.validation.labels)


def test_every_split_holds_every_class_about_equally_often(splits):
    for part in (splits.train, splits.validation, splits.test):
        often = np.bincount(part.labels, minlength=10)
        assert np.abs(often - len(part) / 10).max() < 4 * np.sqrt(len(part) * 0.1 * 0.9)  # four standard deviations


def test_images_are_bytes_that_cannot_be_overwritten(splits):
    for part in (splits.train, splits.validation, splits.test, splits.test.subset(3)):
        assert (part.images.dtype, part.labels.dtype) == (np.uint8, np.int64)
        with pytest.raises(ValueError, match="read-only"):
            part.images[0] = 0
        with pytest.raises(ValueError, match="read-only"):
            part.labels[0] = 0


def test_inputs_are_float32_from_0_to_1_and_made_anew(splits):
    few = splits.test.subset(100)
    inputs = few.inputs
    assert (inputs.dtype, inputs.shape) == (np.float32, (100, 1, 28, 28))
    assert (inputs.min(), inputs.max()) == (0, 1)
    inputs[:] = 7  # whoever changes them changes nobody else's
    np.testing.assert_array_equal(np.rint(few.inputs * 255), few.images)


def test_every_grey_level_survives_the_way_to_float_and_back():
    levels = np.arange(256, dtype=np.uint8)
    np.testing.assert_array_equal(np.rint(data.as_inputs(levels) * 255).astype(np.uint8), levels)
    assert (np.diff(data.as_inputs(levels)) > 0).all()


@given(n=st.integers(1, 50), seed=st.integers(0, 2**32))
def test_a_subset_draws_without_replacement_and_keeps_images_with_their_labels(n, seed):
    numbers = np.arange(50)
    whole = Split(numbers.astype(np.uint8).reshape(50, 1, 1, 1), numbers)
    part = whole.subset(n, seed)
    assert len(set(part.labels.tolist())) == len(part) == len(part.images) == n
    np.testing.assert_array_equal(part.images.ravel(), part.labels)


def test_the_same_seed_draws_the_same_subset_and_another_seed_another(numbered):
    first = numbered.subset(10, seed=1).labels
    np.testing.assert_array_equal(numbered.subset(10, seed=1).labels, first)
    assert not np.array_equal(numbered.subset(10, seed=2).labels, first)
    assert not np.array_equal(numbered.subset(10).labels, numbered.labels[:10])


def test_every_image_can_be_drawn(numbered):
    drawn = np.concatenate([numbered.subset(5, seed).labels for seed in range(200)])
    assert set(drawn.tolist()) == set(range(50))


@pytest.mark.parametrize("n", [0, -1, 51])
def test_a_subset_of_none_or_of_more_than_there_are_is_refused(numbered, n):
    with pytest.raises(ValueError, match=f"1 to 50 images, not {n}"):
        numbered.subset(n)


def test_a_split_prints_how_much_it_holds_and_no_pixels(numbered):
    assert repr(numbered) == "Split(50 images, uint8 (1, 28, 28))"


def test_calibration_images_are_from_the_training_split_only(splits):
    training = {image.tobytes() for image in splits.train.images}
    wanted = np.rint(data.calibration_images(300) * 255).astype(np.uint8)
    assert wanted.shape == (300, 1, 28, 28)
    assert [image.tobytes() in training for image in wanted] == [True] * 300


def test_calibration_images_are_always_the_same():
    images = data.calibration_images()
    assert (images.dtype, images.shape) == (np.float32, (512, 1, 28, 28))
    found = hashlib.sha256(np.rint(images * 255).astype(np.uint8).tobytes()).hexdigest()
    # The shipped sweeps were calibrated with these: other images mean other sweeps.
    assert found == "1908cd5a2e93c52fca5604347baea8ecf20773729e3de3adeb13b8699beb9fe1"


def test_labkit_data_says_where_the_files_are(elsewhere):
    assert data.folder() == elsewhere
    assert data.weights_folder() == elsewhere / "weights"
    assert read_everything() == 70_000
    data.load.cache_clear()
    replace(elsewhere / LABELS, None)
    with pytest.raises(DataError):
        read_everything()


def test_an_installed_package_reads_its_own_copy(monkeypatch, tmp_path):
    monkeypatch.delenv("LABKIT_DATA", raising=False)
    monkeypatch.setattr(files, "__file__", str(tmp_path / "labkit" / "files.py"))
    assert data.folder() == tmp_path / "data"
    (tmp_path / "labkit" / "_data").mkdir(parents=True)
    assert data.folder() == tmp_path / "labkit" / "_data"


def test_what_was_read_once_is_not_read_again(elsewhere):
    read_everything()
    for name in data.CHECKSUMS:
        replace(elsewhere / name, None)
    assert read_everything() == 70_000


@pytest.mark.parametrize(("kind", "needed", "other"), [("t10k", "test", "train"), ("train", "validation", "test")])
def test_a_split_needs_its_own_files_only(elsewhere, kind, needed, other):
    for name in data.CHECKSUMS:
        if not name.startswith(kind):
            replace(elsewhere / name, None)
    assert len(getattr(data.load(), needed)) in (5_000, 10_000)
    with pytest.raises(DataError):
        getattr(data.load(), other)


def test_a_file_that_was_restored_is_read_without_a_restart(elsewhere):
    content = (elsewhere / LABELS).read_bytes()
    replace(elsewhere / LABELS, content[:-100])
    with pytest.raises(DataError):
        read_everything()
    replace(elsewhere / LABELS, content)
    assert read_everything() == 70_000


@pytest.mark.parametrize("name", data.CHECKSUMS)
def test_whichever_file_is_missing_is_named(elsewhere, name):
    replace(elsewhere / name, None)
    with pytest.raises(DataError) as caught:
        read_everything()
    message = str(caught.value)
    assert str(elsewhere / name) in message
    assert data.CHECKSUMS[name] in message
    assert "no such file" in message
    assert f"git checkout -- data/{name}" in message


def altered(content: bytes) -> bytes:
    """The content with one bit of one byte changed."""
    return content[:5000] + bytes([content[5000] ^ 1]) + content[5001:]


@pytest.mark.parametrize(
    "damage", [altered, lambda content: content[:-1], lambda content: content + b"\0", lambda content: b""]
)
def test_changed_content_is_named_with_both_checksums(elsewhere, damage):
    wrong = damage(gzip.decompress((elsewhere / LABELS).read_bytes()))
    replace(elsewhere / LABELS, gzip.compress(wrong))  # gzip's own checksum fits, so only ours can tell
    with pytest.raises(DataError) as caught:
        read_everything()
    message = str(caught.value)
    assert str(elsewhere / LABELS) in message
    assert data.CHECKSUMS[LABELS] in message
    assert hashlib.sha256(wrong).hexdigest() in message
    assert f"git checkout -- data/{LABELS}" in message


@pytest.mark.parametrize(
    "damage",
    [
        lambda packed: packed[:-100],
        lambda packed: packed[:5],
        lambda packed: packed[:2000] + bytes([packed[2000] ^ 255]) + packed[2001:],
        lambda packed: packed[:-8] + bytes(8),
        lambda packed: packed[:40] + b"\xff" * 40 + packed[80:],
        lambda packed: b"<html>404</html>",
        gzip.decompress,
    ],
    ids=["cut", "cut in the header", "one byte", "gzip's checksum", "nonsense", "a web page", "not packed"],
)
def test_a_file_that_cannot_be_unpacked_is_named_with_the_checksum_it_should_have(elsewhere, damage):
    replace(elsewhere / LABELS, damage((elsewhere / LABELS).read_bytes()))
    with pytest.raises(DataError) as caught:
        read_everything()
    message = str(caught.value)
    assert str(elsewhere / LABELS) in message
    assert data.CHECKSUMS[LABELS] in message
    assert "unreadable (" in message
    assert f"git checkout -- data/{LABELS}" in message


def test_an_empty_file_is_not_taken_for_empty_data(elsewhere):
    replace(elsewhere / LABELS, b"")
    with pytest.raises(DataError, match=hashlib.sha256(b"").hexdigest()):
        read_everything()


def test_the_checksum_does_not_depend_on_how_the_file_was_packed(elsewhere):
    content = gzip.decompress((elsewhere / LABELS).read_bytes())
    packed = {level: gzip.compress(content, level, mtime=level) for level in (1, 9)}
    assert packed[1] != packed[9]
    for one in packed.values():
        (elsewhere / LABELS).unlink()
        (elsewhere / LABELS).write_bytes(one)
        assert data.read_file(elsewhere / LABELS) == content


def test_where_labkit_data_names_the_folder_the_message_says_so(monkeypatch):
    monkeypatch.delenv("LABKIT_DATA", raising=False)
    assert "LABKIT_DATA" not in data.restore("weights")
    monkeypatch.setenv("LABKIT_DATA", "somewhere")
    assert "unset" in data.restore("weights")
