"""Small runs in memory, as they would be saved."""

from __future__ import annotations

import numpy as np
import torch

from core.datasets.base import Dataset, Images
from core.engine.run_folder import SavedRun
from core.foundation.history import History
from core.foundation.params import from_json
from core.models.base import MODELS
from core.training.batches import DeviceDataset
from core.training.setup import Setup
from core.training.training import Training, columns_of

CPU = torch.device("cpu")


def points() -> Dataset:
    """Points of a plane on a circle, 90 to train on and 40 to test on."""
    angle = np.linspace(0, 2 * np.pi, 130, endpoint=False)
    pixels = np.stack([np.cos(angle), np.sin(angle)], 1).astype(np.float32).reshape(-1, 2, 1, 1)
    labels = (angle > np.pi).astype(np.int64)
    order = np.random.default_rng(0).permutation(130)
    parts = (Images(pixels[part].copy(), labels[part]) for part in (order[:90], order[90:]))
    return Dataset("points", "Points", *parts, class_names=("upper", "lower"))


def saved_run(
    name: str, data: Dataset, network: str = "mlp", steps: int = 5, precision: str = "float32", **knobs: object
) -> SavedRun:
    """A run of the model after some steps, with its whole history."""
    config = from_json(MODELS.get(name).Config, knobs)
    setup = Setup(network=network, latent=2, batch=16, seed=3, device="cpu", precision=precision)
    training = Training(name, config, setup, DeviceDataset(data, CPU))
    for _ in range(steps):
        training.advance()
    history = History(columns_of(name))
    history.append(training.take_rows())
    description = {"name": data.name, "title": data.title, "shape": list(data.shape), "sha256": data.fingerprint}
    weights = training.snapshot().model.state_dict()
    return SavedRun(name, config, setup, description, steps, 1.0, weights, history.table())
