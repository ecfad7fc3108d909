"""The feature classifier: trained once, kept in a file that is used for its own data only, and without side effects."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from core.datasets.base import Dataset, Images, load
from core.evaluation import classifier, classifier_store
from core.evaluation.classifier import Classifier, fit
from core.evaluation.classifier_store import fingerprint, from_bytes, prepare, to_bytes
from core.evaluation.real_side import RealSide
from core.foundation.cache import CACHE
from core.foundation.pixels import as_floats
from core.foundation.slices import finish


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache" / "deep"
    monkeypatch.setenv(CACHE, str(folder))
    return folder


@pytest.fixture
def fits(monkeypatch: pytest.MonkeyPatch, short: int) -> list[Dataset]:
    """Every dataset that a classifier is trained on from now on; training is short."""
    datasets: list[Dataset] = []

    def counted(dataset: Dataset):  # type: ignore[no-untyped-def]
        datasets.append(dataset)
        return fit(dataset)

    monkeypatch.setattr(classifier_store, "fit", counted)
    return datasets


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> int:
    """Three passes over the images instead of thirty, for what does not depend on how well it learns."""
    monkeypatch.setattr(classifier, "MOST_PASSES", 3)
    return 3


@pytest.fixture(scope="module")
def trained(tiny: Callable[..., Dataset]) -> Classifier:
    return finish(fit(tiny()))


def same(one: Classifier, other: Classifier) -> bool:
    return all(torch.equal(one.weights[name], other.weights[name]) for name in one.weights | other.weights)


def unlabelled(dataset: Dataset) -> Dataset:
    return dataclasses.replace(dataset, train=Images(dataset.train.pixels), test=Images(dataset.test.pixels))


# What it learns


def test_it_learns_the_classes_and_states_its_accuracy(tiny: Callable[..., Dataset], trained: Classifier) -> None:
    test = tiny().test
    features, log_p = trained.classify(as_floats(test.pixels))
    assert features.shape == (80, 64)
    assert np.exp(log_p).sum(1) == pytest.approx(1.0, abs=1e-5)
    right = (np.array(trained.classes)[log_p.argmax(1)] == test.labels).mean()
    assert trained.labelled
    assert trained.accuracy == pytest.approx(right)
    assert right > 0.9


def test_labels_need_not_be_zero_to_k(tiny: Callable[..., Dataset]) -> None:
    data = tiny()
    assert data.train.labels is not None
    assert data.test.labels is not None
    odd = dataclasses.replace(
        data,
        train=Images(data.train.pixels, data.train.labels * 7 - 3),
        test=Images(data.test.pixels, data.test.labels * 7 - 3),
    )
    found = finish(fit(odd))
    assert found.classes == (-3, 4, 11, 18)
    assert found.accuracy > 0.9


def test_training_is_repeatable_and_leaves_global_state_alone(tiny: Callable[..., Dataset], short: int) -> None:
    once = finish(fit(tiny()))
    before = torch.get_rng_state()
    torch.set_num_threads(2)
    try:
        again = finish(fit(tiny()))
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(1)
    assert same(again, once)
    assert torch.equal(torch.get_rng_state(), before)


def test_it_learns_while_gradients_are_off(tiny: Callable[..., Dataset], short: int) -> None:
    with torch.inference_mode():
        unseen = finish(fit(tiny()))
    assert same(unseen, finish(fit(tiny())))


def test_it_yields_after_every_batch(tiny: Callable[..., Dataset], short: int) -> None:
    assert sum(1 for _ in fit(tiny())) >= short * 240 // 64


@pytest.mark.parametrize(("channels", "height", "width"), [(3, 16, 16), (1, 64, 64), (3, 28, 64), (1, 40, 8)])
def test_every_size(channels: int, height: int, width: int) -> None:
    random = np.random.default_rng(0)
    labels = np.arange(60, dtype=np.int64) % 2
    noise = random.integers(0, 120, (60, channels, height, width))
    pixels = (noise + 100 * labels[:, None, None, None]).astype(np.uint8)
    found = finish(fit(Dataset("x", "X", Images(pixels, labels), Images(pixels[:9], labels[:9]))))
    assert found.classify(as_floats(pixels[:5]))[0].shape == (5, 64)
    assert found.accuracy == 1.0


def test_without_labels_clusters_are_its_classes(tiny: Callable[..., Dataset]) -> None:
    found = finish(fit(unlabelled(tiny())))
    assert not found.labelled
    assert len(found.classes) == 10
    assert found.accuracy > 0.5  # one in ten by chance


def test_a_single_label_counts_as_no_labels(tiny: Callable[..., Dataset], short: int) -> None:
    data = tiny()
    alike = dataclasses.replace(data, train=Images(data.train.pixels, np.zeros(240, np.int64)))
    assert not finish(fit(alike)).labelled


def test_images_that_are_all_alike_are_no_error() -> None:
    grey = Images(np.full((40, 1, 28, 28), 90, np.uint8))
    found = finish(fit(Dataset("x", "X", grey, grey)))
    assert np.isfinite(found.classify(as_floats(grey.pixels))[0]).all()


def test_images_that_are_not_numbers_are_no_error(trained: Classifier) -> None:
    x = np.zeros((3, 1, 28, 28), np.float32)
    x[1, 0, 5, 5] = np.nan
    features, log_p = trained.classify(x)
    assert list(np.isfinite(features).all(1)) == [True, False, True]
    assert np.isfinite(log_p[[0, 2]]).all()


def test_points_need_none() -> None:
    with pytest.raises(ValueError, match="points"):
        finish(prepare(load("mixture")))


# Where it is kept


def test_the_second_time_nothing_is_trained(tiny: Callable[..., Dataset], cache: Path, fits: list[Dataset]) -> None:
    first = finish(prepare(tiny()))
    assert len(fits) == 1
    assert len(list(cache.iterdir())) == 1
    second = finish(prepare(tiny()))
    assert len(fits) == 1
    assert isinstance(first, Classifier)
    assert isinstance(second, Classifier)
    assert same(first, second)
    assert (second.classes, second.labelled, second.accuracy) == (first.classes, first.labelled, first.accuracy)
    x = as_floats(tiny().test.pixels)
    assert np.array_equal(first.classify(x)[0], second.classify(x)[0])


def test_one_changed_label_is_another_data_set(tiny: Callable[..., Dataset], cache: Path, fits: list[Dataset]) -> None:
    data = tiny()
    finish(prepare(data))
    assert data.train.labels is not None
    labels = data.train.labels.copy()
    labels[17] = (labels[17] + 1) % 4
    finish(prepare(dataclasses.replace(data, train=Images(data.train.pixels, labels))))
    assert len(fits) == 2
    assert len(list(cache.iterdir())) == 2


def test_fingerprints_differ_by_pixels_shape_and_labels(tiny: Callable[..., Dataset]) -> None:
    data = tiny()
    pixels = data.train.pixels.copy()
    pixels[3, 0, 3, 3] ^= 1
    reshaped = Images(np.ascontiguousarray(data.train.pixels.reshape(240, 1, 14, 56)), data.train.labels)
    others = [
        data,
        unlabelled(data),
        dataclasses.replace(data, train=Images(pixels, data.train.labels)),
        dataclasses.replace(data, train=reshaped),
    ]
    assert len({finish(fingerprint(each)) for each in others}) == 4


def test_a_damaged_file_is_trained_again_and_rewritten(
    tiny: Callable[..., Dataset], cache: Path, fits: list[Dataset]
) -> None:
    finish(prepare(tiny()))
    (file,) = cache.iterdir()
    whole = file.read_bytes()
    for damaged in (b"", whole[:1000], b"{" * 2000, whole[:-1] + bytes([whole[-1] ^ 1])):
        file.write_bytes(damaged)
        finish(prepare(tiny()))
        assert file.read_bytes() == whole
    assert len(fits) == 5


def test_a_file_of_other_data_is_not_used(tiny: Callable[..., Dataset], cache: Path, fits: list[Dataset]) -> None:
    finish(prepare(tiny()))
    (file,) = cache.iterdir()
    other = tiny(1, 32)
    (cache / f"eye-{finish(fingerprint(other))[:32]}.safetensors").write_bytes(file.read_bytes())
    finish(prepare(other))
    assert len(fits) == 2


def test_no_byte_of_the_file_may_change(trained: Classifier) -> None:
    """A changed byte is noticed, or (a blank of the header) changes nothing."""
    whole = to_bytes(trained, "data")
    random = np.random.default_rng(0)
    places = [*range(0, 1200, 7), *random.integers(0, len(whole), 60)]
    for place in places:
        damaged = bytearray(whole)
        damaged[place] ^= 1 << int(random.integers(0, 8))
        found = from_bytes(bytes(damaged), "data", (1, 28, 28))
        assert found is None or same(found, trained)
    assert from_bytes(whole, "data", (1, 28, 28)) is not None
    assert from_bytes(whole, "other data", (1, 28, 28)) is None
    assert from_bytes(whole, "data", (3, 28, 28)) is None


def test_a_cache_that_cannot_be_written_is_no_error(
    tiny: Callable[..., Dataset], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fits: list[Dataset]
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv(CACHE, str(tmp_path / "file" / "cache"))
    assert finish(prepare(tiny())).labelled
    assert len(fits) == 1


@pytest.mark.parametrize("name", ["mnist", "faces", "shapes"])
def test_the_shipped_ones_know_their_data(name: str, cache: Path, fits: list[Dataset]) -> None:
    data = load(name)
    found = finish(prepare(data))
    assert not fits  # the first measures need not wait for a training
    assert not cache.exists()
    assert data.test.labels is not None
    right = [
        np.array(found.classes)[found.classify(as_floats(data.test.pixels[at : at + 500]))[1].argmax(1)]
        == data.test.labels[at : at + 500]
        for at in range(0, len(data.test), 500)
    ]
    assert np.concatenate(right).mean() == pytest.approx(found.accuracy, abs=2e-4)
    assert found.accuracy > 0.985


def test_lanes_that_ask_together_share_one_training_and_one_that_leaves_does_not_end_it(
    tiny: Callable[..., Dataset], cache: Path, fits: list[Dataset]
) -> None:
    real_side = RealSide(tiny())
    gone, one, other = real_side.classifier(), real_side.classifier(), real_side.classifier()
    for work in (gone, one, other):
        for _ in range(4):
            next(work)
    gone.close()
    assert finish(one) is finish(other)
    assert len(fits) == 1


@pytest.mark.parametrize("count", [1, 2, 3, 7])
@pytest.mark.parametrize("classes", [None, 1, 2])
def test_a_few_images_train_a_classifier_too(count: int, classes: int | None, fits: list[Dataset], cache: Path) -> None:
    random = np.random.default_rng(count)
    labels = None if classes is None else np.arange(count) % classes
    images = Images(random.integers(0, 256, (count, 1, 28, 28), np.uint8), labels)
    trained = finish(prepare(Dataset("few", "Few", images, images)))
    features, log_p = trained.classify(as_floats(images.pixels))
    assert np.isfinite(features).all()
    assert np.isfinite(log_p).all()
    assert log_p.shape == (count, len(trained.classes))
    assert trained.labelled == (classes == 2 and count > 1)
