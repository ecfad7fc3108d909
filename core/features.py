"""The small classifier whose features stand for what an image shows (proxy-FD, precision, classes caught)."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

from core.datasets.base import Dataset
from core.work import Work

Floats = npt.NDArray[np.float32]


class Eye(Protocol):
    """A classifier, ready to look."""

    @property
    def labelled(self) -> bool:
        """Whether it was taught the data's own classes."""

    def look(self, x: Floats) -> tuple[Floats, Floats]:
        """Features (N, F) and log p(class) (N, K) of images (N, C, H, W) in [0, 1]."""


def prepare(dataset: Dataset) -> Work[Eye]:
    """The classifier for a dataset: the shipped one, one kept from before, or a new one."""
    yield
    raise NotImplementedError
