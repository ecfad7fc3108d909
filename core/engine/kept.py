"""What goes on from a run, wherever it is computed."""

from __future__ import annotations

from dataclasses import dataclass

from core.datasets.base import Dataset
from core.models.base import TrainConfig
from core.training.saved import Saved
from core.training.setup import Setup


@dataclass(frozen=True, eq=False)
class Kept:
    """A run at a step of its ``life``: what it is, and the state from which it goes on to the last bit."""

    life: int
    config: TrainConfig
    setup: Setup
    dataset: Dataset
    saved: Saved
