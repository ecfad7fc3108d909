"""How long training took: what a process slept does not count."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from core.datasets.base import Dataset
from core.models.base import MODELS
from core.training.batches import DeviceDataset
from core.training.setup import Setup
from core.training.training import SLEPT_S, Training


@pytest.fixture
def training(tiny: Callable[..., Dataset]) -> Training:
    data = DeviceDataset(tiny(), torch.device("cpu"))
    return Training("vae", MODELS.get("vae").Config(hidden="12"), Setup(network="mlp", batch=16), data)


def test_a_step_amid_which_the_machine_slept_counts_as_a_usual_one(training: Training) -> None:
    for _ in range(20):
        training._count(0.01)
    training._count(3_600.0)
    assert training.seconds == pytest.approx(0.21)


@pytest.mark.parametrize("seconds", [SLEPT_S, 0.9])
def test_steps_that_are_slow_count(training: Training, seconds: float) -> None:
    for _ in range(20):
        training._count(0.05)
    training._count(seconds)
    assert training.seconds == pytest.approx(1.0 + seconds)


def test_the_first_step_counts_whatever_it_takes(training: Training) -> None:
    training._count(30.0)
    assert training.seconds == 30.0


def test_large_models_have_slow_steps(training: Training) -> None:
    for _ in range(5):
        training._count(8.0)
    assert training.seconds == 40.0
