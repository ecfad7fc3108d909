"""What every measure promises: runs over the registry, so a new file in core/metrics is held to it.

On every model, barely trained, on a few digits, on images with known factors and on points of a plane.
"""

from __future__ import annotations

import dataclasses
import functools
import math

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
from core.metrics.base import METRICS, Measured, applicable, measured
from core.models.base import MODELS
from core.training.batches import DeviceDataset
from core.training.setup import Setup
from core.training.training import Training

NAMES = METRICS.names()
DATA = ("mnist", "mixture", "shapes")
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
