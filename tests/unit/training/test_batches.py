"""Training images on the device, and the stream of batches."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from core.datasets.base import Dataset
from core.training.batches import Batches, DeviceDataset, DeviceDatasets

CPU = torch.device("cpu")


def numbered(count: int) -> torch.Tensor:
    return torch.arange(count, dtype=torch.uint8).view(-1, 1, 1, 1)


def stream(count: int, size: int, steps: int, seed: int = 0) -> list[int]:
    batches = Batches(numbered(count), size, torch.Generator().manual_seed(seed))
    return [round(255 * float(value)) for _ in range(steps) for value in batches.next().flatten()]


@pytest.mark.parametrize(("count", "size"), [(60, 10), (61, 10), (7, 16), (5, 5), (10, 37), (3, 1)])
def test_each_epoch_has_every_image_once(count: int, size: int) -> None:
    epochs = 6
    seen = stream(count, size, -(-epochs * count // size))
    for first in range(0, epochs * count, count):
        assert sorted(seen[first : first + count]) == list(range(count))
    assert seen[:count] != seen[count : 2 * count] or count == 1


def test_the_seed_decides_the_order() -> None:
    assert stream(50, 8, 20) == stream(50, 8, 20)
    assert stream(50, 8, 20) != stream(50, 8, 20, seed=1)


def test_epochs_are_counted() -> None:
    batches = Batches(numbered(50), 20, torch.Generator())
    for _ in range(5):
        batches.next()
    assert batches.epoch == 2.0


def test_images_are_shared_and_never_written(tiny: Callable[..., Dataset]) -> None:
    data = tiny()
    pixels = data.train.pixels.copy()
    on_device = DeviceDataset(data, CPU)
    assert on_device.train.data_ptr() == data.train.pixels.ctypes.data  # no second copy in memory
    batches = Batches(on_device.train, 30, torch.Generator().manual_seed(0))
    epoch = torch.cat([batches.next().clone() for _ in range(8)])
    assert epoch.dtype == torch.float32
    assert float(epoch.max()) <= 1
    assert int((epoch.double() * 255).round().sum()) == int(pixels.sum())  # all 240, each once
    batches.next().zero_()
    assert np.array_equal(data.train.pixels, pixels)


def test_runs_share_the_images_of_a_dataset_on_a_device(tiny: Callable[..., Dataset]) -> None:
    device_datasets = DeviceDatasets()
    first = device_datasets.get(tiny(), CPU)
    assert device_datasets.get(tiny(), CPU) is first
    assert device_datasets.get(tiny(3, 32), CPU) is not first
