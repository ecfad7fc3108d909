"""A small experiment as a document, and documents compared."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from core.datasets.base import Dataset
from core.engine.document import ChosenPicture, Document, Lane, Point, contents_of
from core.engine.kept import Kept
from core.engine.run_folder import SavedRun
from core.foundation.history import History
from core.models.base import MODELS
from core.theory.latent_space import axis_plane
from core.training.batches import DeviceDataset
from core.training.setup import Setup
from core.training.state import state_of
from core.training.training import Training, columns_of

SETUP = Setup(network="mlp", latent=3, batch=16, seed=5)
DATA = {"name": "shapes", "title": "Shapes", "shape": [1, 28, 28], "class_names": ["a", "b"]}


def lane(model: str, slot: int, dataset: Dataset, steps: int = 5) -> Lane:
    config = MODELS.get(model).Config(hidden="8")
    training = Training(model, config, SETUP, DeviceDataset(dataset, torch.device("cpu")))
    for _ in range(steps):
        training.advance()
    history = History(columns_of(model))
    history.append(training.take_rows())
    kept = Kept(0, config, SETUP, dataset, state_of(training, history))
    return Lane(SavedRun.of_kept(model, kept, DATA), slot, MODELS.get(model).Config(hidden="16"))


def small_document(dataset: Dataset, steps: int = 5, **parts: Any) -> Document:
    """Two lanes, a point and an image of the user's own."""
    z, a, b = (np.array(each, np.float32) for each in ([0.5, -1, 0], [-1, 1, 0], [1, -1, 2]))
    point = Point(z, a, b, axis_plane(0, 2, 3), plane_is_chosen=True, arc=True, path_t=0.25)
    image = ChosenPicture("own", 7, np.linspace(0, 1, 784, dtype=np.float32).reshape(1, 28, 28))
    lanes = lane("vae", 2, dataset, steps), lane("gan", 0, dataset, steps)
    whole: dict[str, Any] = {
        "data": DATA,
        "setup": SETUP,
        "lanes": lanes,
        "point": point,
        "selected": 1,
        "sampler": "gaussian",
        "sample_seed": 9,
        "image": image,
        "shown": {"tab": "latent", "rows": {"samples": False}},
        "picture": b"\x89PNG",
    }
    return Document(**{**whole, **parts})


def assert_same(one: Document, other: Document) -> None:
    assert contents_of(one) == contents_of(other)
