"""Images on a device, shared by every run, and the endless shuffled stream of batches.

Images stay bytes: a batch of them is gathered and converted faster than a batch of floats is gathered (a quarter of the
memory to read), and the whole of MNIST takes 47 MB, not 188.
"""

from __future__ import annotations

import threading

import torch
from torch import Tensor

from core.datasets.base import Dataset


class DeviceDataset:
    """The training images of a dataset on one device: ``train`` (N, C, H, W) bytes (points: floats), never written."""

    def __init__(self, dataset: Dataset, device: torch.device) -> None:
        self.dataset = dataset
        self.device = device
        self.train = torch.from_numpy(dataset.train.pixels).to(device)


def as_unit(pixels: Tensor) -> Tensor:
    """Bytes to floats in [0, 1]; points pass."""
    return pixels.to(torch.float32).div_(255.0) if pixels.dtype == torch.uint8 else pixels


class DeviceDatasets:
    """One `DeviceDataset` per dataset and device, kept while somebody holds it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._feed: DeviceDataset | None = None

    def get(self, dataset: Dataset, device: torch.device) -> DeviceDataset:
        """The shared feed; the first caller prepares it, the others wait."""
        with self._lock:
            if self._feed is None or self._feed.dataset is not dataset or self._feed.device != device:
                self._feed = DeviceDataset(dataset, device)
            return self._feed


class Batches:
    """Batches of ``size`` images without end: each pass is a fresh permutation from ``generator`` (on the CPU).

    Always full: a batch that reaches the end of a pass goes on in the next one, so shapes never change.
    """

    def __init__(self, images: Tensor, size: int, generator: torch.Generator) -> None:
        self.images = images
        self.size = size
        self.generator = generator
        self._order = self._shuffled()
        self._at = 0
        self.drawn = 0
        self._bytes = torch.empty((size, *images.shape[1:]), dtype=images.dtype, device=images.device)
        self._out = torch.empty((size, *images.shape[1:]), device=images.device)

    def _shuffled(self) -> Tensor:
        return torch.randperm(self.images.shape[0], generator=self.generator).to(self.images.device)

    def next(self) -> Tensor:
        """(size, C, H, W) in [0, 1], or points (size, 2, 1, 1). The memory is reused: valid until the next call."""
        index = self._order[self._at : self._at + self.size]
        self._at += self.size
        while index.shape[0] < self.size:
            self._order = self._shuffled()
            self._at = self.size - index.shape[0]
            index = torch.cat([index, self._order[: self._at]])
        self.drawn += self.size
        if self.images.dtype == torch.float32:
            return torch.index_select(self.images, 0, index, out=self._out)
        torch.index_select(self.images, 0, index, out=self._bytes)
        return self._out.copy_(self._bytes).div_(255.0)

    @property
    def epoch(self) -> float:
        """Passes over the images so far."""
        return self.drawn / self.images.shape[0]
