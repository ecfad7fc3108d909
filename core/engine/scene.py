"""Which lanes an experiment has, and what they are trained and looked at with, so that it can be gone back to."""

from __future__ import annotations

from dataclasses import dataclass

from core.datasets.base import Dataset
from core.engine.run import Run
from core.evaluation.reference import Reference
from core.foundation.arrays import Floats
from core.theory.latent_space import Plane
from core.training.setup import Setup


@dataclass(frozen=True)
class Scene:
    """Lanes in their order, and what they are trained and looked at with. Lanes go on learning; a scene is no copy."""

    runs: tuple[Run, ...]
    setup: Setup
    dataset: Dataset
    reference: Reference
    cursor: Floats
    pins: tuple[Floats, Floats]
    plane: Plane
    plane_is_chosen: bool
    plane_follows_codes: bool
    sampler: str
    sample_seed: int
