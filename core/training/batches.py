"""Training images on a device, shared by all runs, and the endless shuffled stream of batches.

Images stay bytes: to gather and convert a batch of bytes is faster than to gather floats (a quarter of the memory to
read), and MNIST takes 47 MB, not 188.
"""

from __future__ import annotations

import threading

import torch
from torch import Tensor

from core.datasets.base import Dataset
from core.training.calibrated_sample import CalibratedSample


class DeviceDataset:
    """The training images of a dataset on one device: ``train`` (N, C, H, W), bytes (floats for points), read-only.

    ``sample`` stands for them where not all can be encoded.
    """

    def __init__(self, dataset: Dataset, device: torch.device) -> None:
        self.dataset = dataset
        self.device = device
        self.train = torch.from_numpy(dataset.train.pixels).to(device)
        self.sample = CalibratedSample(self.train)


class DeviceDatasets:
    """The `DeviceDataset` that all runs share. Only that of the last dataset and device is kept."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._current: DeviceDataset | None = None

    def get(self, dataset: Dataset, device: torch.device) -> DeviceDataset:
        """The shared instance. The first caller makes it; others wait meanwhile."""
        with self._lock:
            if self._current is None or self._current.dataset is not dataset or self._current.device != device:
                self._current = DeviceDataset(dataset, device)
            return self._current


class Batches:
    """An endless stream of batches of ``size`` images. Each epoch is a new permutation from ``generator`` (on the CPU).

    A batch that reaches the end of an epoch goes on in the next one, so every batch is full and shapes never change.
    """

    def __init__(self, images: Tensor, size: int, generator: torch.Generator) -> None:
        self.images = images
        self.size = size
        self.generator = generator
        self._order = self._shuffled()
        self.at = 0
        """Images of the present epoch that are used."""
        self.drawn = 0
        self._bytes = torch.empty((size, *images.shape[1:]), dtype=images.dtype, device=images.device)
        self._out = torch.empty((size, *images.shape[1:]), device=images.device)

    def _shuffled(self) -> Tensor:
        self.order_state = self.generator.get_state()
        """The state of the generator before it drew the order of the present epoch."""
        return torch.randperm(self.images.shape[0], generator=self.generator).to(self.images.device)

    def next(self) -> Tensor:
        """The next batch (size, C, H, W) in [0, 1], or points (size, D, 1, 1). The next call reuses its memory."""
        index = self._order[self.at : self.at + self.size]
        self.at += self.size
        while index.shape[0] < self.size:
            self._order = self._shuffled()
            self.at = self.size - index.shape[0]
            index = torch.cat([index, self._order[: self.at]])
        self.drawn += self.size
        if self.images.dtype == torch.float32:
            return torch.index_select(self.images, 0, index, out=self._out)
        torch.index_select(self.images, 0, index, out=self._bytes)
        return self._out.copy_(self._bytes).div_(255.0)

    def go_to(self, order_state: Tensor, at: int, drawn: int) -> None:
        """Go on where another stream was that had these three."""
        self.generator.set_state(order_state)
        self._order = self._shuffled()
        self.at, self.drawn = at, drawn

    @property
    def epoch(self) -> float:
        """Epochs so far: passes over the images."""
        return self.drawn / self.images.shape[0]
