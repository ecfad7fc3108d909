"""The unit of an autoencoder's codes is their spread over all training images, by the weights of the snapshot."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from core.datasets.base import Dataset
from core.models.ae import PlainAutoencoder
from core.models.base import MODELS, AutoencoderConfig
from core.nets.networks import Shape
from core.training.batches import DeviceDataset
from core.training.calibrated_sample import CalibratedSample
from core.training.code_units import measure_unit
from core.training.pixels import as_unit
from core.training.setup import Setup
from core.training.snapshot import Snapshot, not_finite
from core.training.training import Training

CPU = torch.device("cpu")
STEPS = (0, 8, 300)
"""Steps at which snapshots are taken: codes change fastest at first."""


@pytest.fixture(scope="module")
def mnist(mnist: Dataset) -> DeviceDataset:
    """One dataset for all tests, as for all lanes."""
    return DeviceDataset(mnist, CPU)


def true_unit(snapshot: Snapshot, images: Tensor) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Mean and spread (D,) of the codes of all images."""
    with torch.inference_mode():
        codes = [snapshot.model.encode(as_unit(part)) for part in images.split(500)]
    mu = np.concatenate([each.mu.double().numpy() for each in codes if each is not None])
    return mu.mean(0), mu.std(0)


@pytest.mark.parametrize(
    ("name", "network", "latent", "knobs"),
    [
        ("ae", "mlp", 2, {}),
        ("ae", "conv", 2, {"channels": 4}),
        ("denoising_ae", "mlp", 2, {}),
        ("denoising_ae", "mlp", 16, {"corruption": "gaussian"}),
        ("sparse_ae", "mlp", 2, {}),
        ("sparse_ae", "mlp", 2, {"sparsity": 100.0}),
        ("sparse_ae", "mlp", 8, {"penalty": "kl", "target": 0.05}),
        ("sparse_ae", "mlp", 2, {"penalty": "kl", "target": 0.05, "sparsity": 100.0}),
    ],
)
def test_it_is_right_at_every_snapshot(
    name: str, network: str, latent: int, knobs: dict[str, Any], mnist: DeviceDataset
) -> None:
    setup = Setup(network=network, latent=latent, device="cpu")
    training = Training(name, MODELS.get(name).Config(hidden="64", **knobs), setup, mnist)
    for step in STEPS:
        while training.step < step:
            training.advance()
        snapshot = training.snapshot()
        assert snapshot.scale is not None
        origin, unit = snapshot.scale
        mean, spread = true_unit(snapshot, mnist.train)
        heard = spread > 1e-6
        assert unit[heard] == pytest.approx(spread[heard], rel=0.02), step
        assert np.all(np.abs(origin - mean) < 0.02 * unit), step


def built(kind: type[PlainAutoencoder]) -> PlainAutoencoder:
    model = kind(AutoencoderConfig(hidden="4"), Shape(1, 28, 28, 2), "mlp")
    model.shape = Shape(1, 28, 28, 2)  # as `build` does
    return model


class Elsewhere(PlainAutoencoder):
    """Codes N(100, 0.01²), whose mean square in float32 loses their spread."""

    def code(self, x: Tensor) -> Tensor:
        draws = torch.from_numpy(np.random.default_rng(int(x.sum())).standard_normal((len(x), 2)))
        return (100 + 0.01 * draws).float()


def test_codes_far_from_zero_keep_their_spread(mnist: DeviceDataset) -> None:
    model = built(Elsewhere)
    measure_unit(model, mnist.sample)
    assert model.scale.std.numpy() == pytest.approx(0.01, rel=0.02)
    assert model.scale.mean.numpy() == pytest.approx(100, abs=0.001)


class Silent(PlainAutoencoder):
    """One dimension is the brightness of the image, the other says nothing."""

    def code(self, x: Tensor) -> Tensor:
        return torch.stack([x.mean((1, 2, 3)), torch.full((len(x),), 0.25)], 1)


def test_a_silent_dimension_has_a_unit_above_zero(mnist: DeviceDataset) -> None:
    model = built(Silent)
    measure_unit(model, mnist.sample)
    brightness = as_unit(mnist.train).double().mean((1, 2, 3)).std(correction=0)
    assert model.scale.std[0] == pytest.approx(float(brightness), rel=0.02)
    assert 0 < model.scale.std[1] <= 1e-6


class Rare(PlainAutoencoder):
    """Codes that only one image in a hundred has."""

    def code(self, x: Tensor) -> Tensor:
        strange = (x.flatten(1) * torch.linspace(0, 40, 784).sin()).sum(1)
        return torch.stack([torch.relu(strange - 16.5), x.mean((1, 2, 3))], 1)


def test_codes_that_few_images_have_are_measured_on_more(mnist: DeviceDataset) -> None:
    model = built(Rare)
    codes = torch.cat([model.code(as_unit(part)) for part in mnist.train.split(5_000)]).double()
    assert 0.005 < (codes[:, 0] > 0).double().mean() < 0.02
    few = model.code(mnist.sample.images(0, mnist.sample.size_for(0)))
    assert abs(few[:, 0].std() / codes[:, 0].std() - 1) > 0.02
    measure_unit(model, mnist.sample)
    assert model.scale.std.numpy() == pytest.approx(codes.std(0).numpy(), rel=0.02)


class Broken(PlainAutoencoder):
    """Codes of a run that diverged."""

    def code(self, x: Tensor) -> Tensor:
        return torch.full((len(x), 2), torch.inf)


def test_codes_that_are_not_finite_give_no_finite_unit(mnist: DeviceDataset) -> None:
    model = built(Broken)
    measure_unit(model, mnist.sample)
    assert not_finite(model)  # so it is not shown


class Starved(PlainAutoencoder):
    """Codes for which there is no memory."""

    def code(self, x: Tensor) -> Tensor:
        raise torch.OutOfMemoryError("no room")


def test_a_model_whose_unit_cannot_be_measured_trains_on(mnist: DeviceDataset) -> None:
    model = built(Starved).train()
    with pytest.raises(torch.OutOfMemoryError):
        measure_unit(model, mnist.sample)
    assert model.training


def test_measuring_changes_no_training(mnist: DeviceDataset) -> None:
    seen, unseen = (Training("ae", MODELS.get("ae").Config(hidden="16"), Setup(device="cpu"), mnist) for _ in range(2))
    for _ in range(10):
        seen.advance()
        seen.snapshot()
        unseen.advance()
    assert np.array_equal(seen.take_rows()[:, 2:], unseen.take_rows()[:, 2:])
    weights = dict(unseen.model.named_parameters())
    assert all(torch.equal(each, weights[name]) for name, each in seen.model.named_parameters())
    assert seen.model.training


def test_few_images_are_all_encoded(tiny: Any) -> None:
    data: Dataset = tiny()
    snapshot = Training("ae", MODELS.get("ae").Config(), Setup(device="cpu"), DeviceDataset(data, CPU)).snapshot()
    mean, spread = true_unit(snapshot, torch.from_numpy(data.train.pixels))
    assert snapshot.scale is not None
    assert snapshot.scale[0] == pytest.approx(mean, rel=1e-5)
    assert snapshot.scale[1] == pytest.approx(spread, rel=1e-5)


@pytest.mark.parametrize("size", [1_024, 1_536, 4_096])
def test_a_sample_knows_how_far_off_it_is(size: int, mnist: DeviceDataset) -> None:
    """Means of functions of the images are as far off as the sample says, and less than without weights."""
    sample = CalibratedSample(mnist.train)
    random = np.random.default_rng(3)
    kinds = random.standard_normal((784, 300)) / 28

    def values(x: Tensor) -> np.ndarray[Any, Any]:
        return np.square(np.maximum(as_unit(x).flatten(1).numpy() @ kinds, 0))

    everything = np.concatenate([values(part) for part in mnist.train.split(5_000)])  # (N, 300)
    true, spread = everything.mean(0), everything.std(0)
    few = values(sample.images(0, size))
    found, error = sample.mean(few - true)
    assert 0.7 < np.sqrt(np.mean(found**2) / np.mean(error**2)) < 1.4
    assert np.mean(error) < 0.6 * np.mean(spread) / np.sqrt(size)


def test_a_sample_keeps_nothing_of_most_images(mnist: DeviceDataset) -> None:
    sample = CalibratedSample(mnist.train)
    sample.mean(np.zeros((4_096, 1)))
    lent = ("_images", "_lock", "_order")
    kept = pickle.dumps({name: each for name, each in vars(sample).items() if name not in lent})
    assert 1e6 < len(kept) < 2e6
