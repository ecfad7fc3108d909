"""What every measure promises: runs over the registry, so a new file in core/metrics is held to it.

On every model, barely trained, on a few digits, on images with known factors and on points of two and five coordinates.
"""

from __future__ import annotations

import dataclasses
import functools
import math
from typing import Any

import numpy as np
import pytest
import torch

from core.datasets.base import SOURCES, Dataset, Images, load
from core.evaluation import model_side, plane_statistics, real_side
from core.evaluation.model_side import ModelSide
from core.evaluation.real_side import RealSide
from core.evaluation.samplers import NAMES as SAMPLERS
from core.foundation.params import knobs
from core.foundation.slices import Work, finish
from core.metrics.base import METRICS, Measured, applicable, counted, left_out, measured
from core.models.base import MODELS
from core.training.batches import DeviceDataset
from core.training.setup import Setup
from core.training.training import Training
from tests.tables import five_columns

NAMES = METRICS.names()
DATA = ("mnist", "mixture", "shapes", "table")
TEST_IMAGES, DRAWS = 200, 250


class FakeClassifier:
    """An untrained classifier: its features are coarse pixels."""

    def __init__(self, dataset: Dataset) -> None:
        self.labelled = dataset.train.labels is not None
        self.classes = tuple(range(max(2, len(dataset.class_names))))
        self.accuracy = float("nan")

    def classify(self, x: real_side.Floats) -> tuple[real_side.Floats, real_side.Floats]:
        """Features (N, F) and log p(class) (N, K)."""
        flat = x.reshape(len(x), -1)
        features = flat[:, :: max(1, flat.shape[1] // 16)].copy()
        logits = torch.from_numpy(20 * np.sin(7 * features @ np.ones((features.shape[1], len(self.classes)))))
        logits = logits + torch.arange(len(self.classes))
        return features, torch.log_softmax(logits.float(), 1).numpy()


def fake_prepare(dataset: Dataset) -> Work[FakeClassifier]:
    yield
    return FakeClassifier(dataset)


@functools.cache
def data(name: str) -> Dataset:
    """A dataset, cut to a few images."""
    if name == "table":
        return five_columns()
    source = SOURCES.get(name)
    knob_names = {knob.name for knob in knobs(source.Config)}
    config = source.Config(train_images=2_000) if "train_images" in knob_names else None
    whole = load(name, config)

    def few(images: Images, count: int) -> Images:
        parts = (images.pixels, images.labels, images.factors)
        return Images(*(None if part is None else part[:count] for part in parts))  # type: ignore[arg-type]

    return dataclasses.replace(whole, train=few(whole.train, 1_000), test=few(whole.test, TEST_IMAGES))


@functools.cache
def real_side_of(name: str) -> RealSide:
    return RealSide(data(name))


@functools.cache
def subject_of(model: str, name: str, sampler: str = "prior") -> ModelSide:
    """A model after a few steps."""
    setup = Setup(network="mlp", latent=3, batch=16, seed=1, device="cpu")
    config = MODELS.get(model).Config()
    present = {knob.name for knob in knobs(type(config))}
    if "hidden" in present:
        config = dataclasses.replace(config, hidden="16")
    training = Training(model, config, setup, DeviceDataset(data(name), torch.device("cpu")))
    for _ in range(5):
        training.advance()
    return ModelSide(training.snapshot(), real_side_of(name), sampler, 60)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer draws than in use, and no classifier to train."""
    monkeypatch.setattr(real_side, "prepare", fake_prepare)
    monkeypatch.setattr(model_side, "DRAWS", DRAWS)
    monkeypatch.setattr("core.metrics.log_px.IMAGES", 4)


def check(name: str, found: Measured, slices: int, sampler: str) -> None:
    metric = METRICS.get(name)
    assert math.isfinite(found.value)
    if not math.isnan(found.low):
        assert math.isfinite(found.low)
        assert found.low <= found.value
    if not math.isnan(found.high):
        assert math.isfinite(found.high)
        assert found.value <= found.high
    assert found.n > 0
    assert found.against >= 0
    assert found.floor is None or math.isfinite(found.floor)
    assert len(dict(found.parts)) == len(found.parts), "two parts have one name"
    assert all(part for part, _ in found.parts)
    assert found.step == 5
    assert found.seconds > 0
    assert found.sampler == (sampler if metric.of_samples else "")
    assert slices > 0 or not metric.expensive


def measure(name: str, subject: ModelSide) -> tuple[Measured, int]:
    """The result, and the number of slices of work."""
    work, slices = measured(METRICS.get(name)(), subject), 0
    while True:
        try:
            next(work)
            slices += 1
        except StopIteration as done:
            return done.value, slices


def test_nothing_is_broken() -> None:
    assert METRICS.broken == {}


@pytest.mark.parametrize("name", NAMES)
def test_it_is_described(name: str) -> None:
    metric = METRICS.get(name)
    assert metric.name == name
    assert metric.title
    assert metric.formula
    assert metric.__doc__
    assert len(metric.help) > 20
    assert metric.help.strip().endswith(".")
    assert metric.better in (-1, 0, 1)
    assert 0 <= metric.decimals <= 4


def test_titles_and_orders_differ() -> None:
    metrics = [METRICS.get(name) for name in NAMES]
    assert len({metric.title for metric in metrics}) == len(metrics)
    assert len({metric.order for metric in metrics}) == len(metrics)


@pytest.mark.parametrize("name", NAMES)
def test_it_says_where_it_does_not_exist(name: str) -> None:
    """A sentence, and never the same one for every model and every kind of data: somewhere it does exist."""
    reasons = {METRICS.get(name).why_not(MODELS.get(model), data(kind)) for model in MODELS.names() for kind in DATA}
    assert "" in reasons
    for reason in reasons - {""}:
        assert reason[0].isupper()
        assert reason.endswith(".")
        assert len(reason.split()) > 2


@pytest.mark.parametrize("kind", DATA)
@pytest.mark.parametrize("model", MODELS.names())
def test_every_measure_finishes(model: str, kind: str) -> None:
    subject = subject_of(model, kind)
    before = {key: value.clone() for key, value in subject.snapshot.model.state_dict().items()}
    names = applicable(MODELS.get(model), data(kind))
    assert names
    for name in names:
        fresh = ModelSide(subject.snapshot, subject.real_side, subject.sampler, subject.images)  # nothing computed yet
        found, slices = measure(name, fresh if METRICS.get(name).expensive else subject)
        try:
            check(name, found, slices, "prior")
        except AssertionError as error:
            raise AssertionError(f"{name} of {model} on {kind}: {error}; it read {found}") from error
    for key, value in subject.snapshot.model.state_dict().items():
        assert torch.equal(value, before[key])


class WithBadRows:
    """A snapshot; the fourth row of every batch that it returns is NaN or infinite."""

    def __init__(self, snapshot: Any) -> None:
        self._snapshot = snapshot
        self._images = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._snapshot, name)

    def decode(self, z: np.ndarray) -> np.ndarray:
        return with_bad_row(self._snapshot.decode(z))

    def encode(self, x: np.ndarray) -> Any:
        codes = self._snapshot.encode(x)
        return codes and dataclasses.replace(codes, mu=with_bad_row(codes.mu))

    def measure(self, x: np.ndarray, seed: int) -> dict[str, np.ndarray]:
        return {name: with_bad_row(each) for name, each in self._snapshot.measure(x, seed=seed).items()}

    def log_weights(self, image: np.ndarray, epsilon: np.ndarray) -> np.ndarray:
        self._images += 1
        weights = self._snapshot.log_weights(image, epsilon)
        return with_bad_row(weights) if self._images == 1 else weights


def with_bad_row(rows: np.ndarray) -> np.ndarray:
    rows = rows.copy()
    rows[3:4] = np.nan
    return rows


@pytest.mark.parametrize(("model", "kind"), [("vae", "mnist"), ("ae", "shapes"), ("gan", "mnist"), ("vae", "mixture")])
def test_what_is_not_finite_is_left_out_and_counted(model: str, kind: str) -> None:
    subject = subject_of(model, kind)
    bad = ModelSide(WithBadRows(subject.snapshot), subject.real_side, images=subject.images)  # type: ignore[arg-type]
    for name in applicable(MODELS.get(model), data(kind)):
        found, metric = measure(name, bad)[0], METRICS.get(name)
        assert math.isfinite(found.value), name
        assert found.not_finite > 0, name
        assert f" of {found.n + found.not_finite:,} {counted(metric)} left out" in left_out(found, metric)


def few(kind: str, tests: int, trains: int, classes: int | None) -> Dataset:
    """Noise with so many test and training images (or points) and classes; None: without labels."""
    random = np.random.default_rng([tests, trains])

    def images(count: int) -> Images:
        shape = (count, 2, 1, 1) if kind == "points" else (count, 1, 28, 28)
        numbers = random.integers(0, 256, shape)
        pixels = numbers.astype(np.float32) / 128 - 1 if kind == "points" else numbers.astype(np.uint8)
        labels = None if classes is None else np.arange(count) % classes
        factors = random.uniform(0, 1, (count, 2)).astype(np.float32) if kind == "factors" else None
        return Images(pixels, labels, factors)

    return Dataset("few", "Few", images(trains), images(tests), class_names=("a", "b")[: classes or 0])


@pytest.mark.parametrize(("tests", "trains"), [(1, 1), (1, 40), (2, 2), (3, 40), (7, 7), (7, 40)])
@pytest.mark.parametrize(("kind", "classes"), [("images", None), ("factors", 1), ("images", 2), ("points", 1)])
@pytest.mark.parametrize("model", MODELS.names())
def test_every_measure_answers_or_says_why_not_of_a_few_images(
    model: str, kind: str, classes: int | None, tests: int, trains: int
) -> None:
    dataset = few(kind, tests, trains, classes)
    setup = Setup(network="mlp", latent=2, batch=2, seed=1, device="cpu")
    training = Training(model, MODELS.get(model).Config(hidden="8"), setup, DeviceDataset(dataset, torch.device("cpu")))
    for _ in range(5):
        training.advance()
    subject = ModelSide(training.snapshot(), RealSide(dataset))
    for name in NAMES:
        reason = METRICS.get(name).why_not(MODELS.get(model), dataset)
        if not reason:
            found, _ = measure(name, subject)
            check(name, found, 1, "prior")
        else:
            assert reason.endswith(".")
            assert reason.count(". ") == 0  # one sentence
            assert classes is None or "no labels" not in reason
            assert "1 test points" not in reason


@pytest.mark.parametrize("measure_name", ["modes", "high_quality", "plane_kl", "plane_js"])
def test_a_plane_is_missed_in_one_sentence(measure_name: str) -> None:
    reason = METRICS.get(measure_name).why_not(MODELS.get("gan"), five_columns())
    assert reason == "These points have 5 coordinates, not the two of a plane."
    assert METRICS.get(measure_name).why_not(MODELS.get("gan"), data("mnist")) == "Only for points of a plane."


@pytest.mark.parametrize(
    "measure_name", ["sliced_wasserstein", "precision", "recall", "density", "coverage", "proxy_fd"]
)
def test_distances_of_points_follow_to_five_coordinates(measure_name: str) -> None:
    assert measure_name in applicable(MODELS.get("gan"), five_columns())


def test_a_single_class_is_not_called_unlabelled() -> None:
    dataset = few("images", 3, 40, 1)
    for name in ("classes_caught", "label_kl"):
        reason = METRICS.get(name).why_not(MODELS.get("vae"), dataset)
        assert reason == "All training images have the same label."
        assert "no labels" in METRICS.get(name).why_not(MODELS.get("vae"), few("images", 3, 40, None))


@pytest.mark.parametrize("name", [name for name in NAMES if not METRICS.get(name).expensive])
def test_it_reads_the_same_again(name: str) -> None:
    """On another `ModelSide` of the same snapshot: nothing is drawn from a clock or a global generator."""
    model, kind = next(
        (model, kind)
        for model in ("vae", *MODELS.names())
        for kind in DATA
        if not METRICS.get(name).why_not(MODELS.get(model), data(kind))
    )
    first = subject_of(model, kind)
    again = ModelSide(first.snapshot, RealSide(first.dataset), first.sampler, first.images)
    readings = [measure(name, each)[0] for each in (first, again)]
    one, two = (dataclasses.replace(each, seconds=0.0) for each in readings)
    assert repr(one) == repr(two)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_samples_come_from_where_they_are_said_to(sampler: str) -> None:
    for name in applicable(MODELS.get("ae"), data("mixture")):
        if METRICS.get(name).of_samples:
            found, slices = measure(name, subject_of("ae", "mixture", sampler))
            check(name, found, slices, sampler)


def test_a_floor_is_for_the_size_of_the_samples() -> None:
    subject = subject_of("gan", "mixture")
    assert finish(plane_statistics.chart(subject.real_side)).count == len(finish(subject.samples())) == DRAWS
