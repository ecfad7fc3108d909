"""Images on a device, prepared once and shared by every run, and the endless shuffled stream of batches."""

from __future__ import annotations

import threading

import torch
from torch import Tensor

from core.datasets.base import Dataset, Images

LARGEST_FLOAT_BYTES = 1 << 30
"""Above this the images stay bytes and are converted batch by batch."""


class Feed:
    """The training images of a dataset as a tensor on one device: ``train`` (N, C, H, W), never written."""

    def __init__(self, dataset: Dataset, device: torch.device) -> None:
        self.dataset = dataset
        self.device = device
        self.train = _prepared(dataset.train, device)


def _prepared(images: Images, device: torch.device) -> Tensor:
    pixels = torch.from_numpy(images.pixels).to(device)  # (N, C, H, W) uint8
    return pixels if pixels.numel() * 4 > LARGEST_FLOAT_BYTES else as_unit(pixels)


def as_unit(pixels: Tensor) -> Tensor:
    """Bytes to floats in [0, 1]; floats pass."""
    return pixels.to(torch.float32).div_(255.0) if pixels.dtype == torch.uint8 else pixels


class Feeds:
    """One `Feed` per dataset and device, kept while somebody holds it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._feed: Feed | None = None

    def get(self, dataset: Dataset, device: torch.device) -> Feed:
        """The shared feed; the first caller prepares it, the others wait."""
        with self._lock:
            if self._feed is None or self._feed.dataset is not dataset or self._feed.device != device:
                self._feed = Feed(dataset, device)
            return self._feed


class Batches:
    """Batches of ``size`` images without end: each pass is a fresh permutation from ``generator`` (on the CPU).

    Always full: a batch that reaches the end of a pass goes on in the next one, so shapes never change.
    """

    def __init__(self, images: Tensor, size: int, generator: torch.Generator) -> None:
        self._images = images
        self.size = size
        self._generator = generator
        self._order = self._shuffled()
        self._at = 0
        self.drawn = 0
        self._out = torch.empty((size, *images.shape[1:]), dtype=images.dtype, device=images.device)

    def _shuffled(self) -> Tensor:
        return torch.randperm(self._images.shape[0], generator=self._generator).to(self._images.device)

    def next(self) -> Tensor:
        """(size, C, H, W) in [0, 1]. The memory is reused: valid until the next call."""
        index = self._order[self._at : self._at + self.size]
        self._at += self.size
        while index.shape[0] < self.size:
            self._order = self._shuffled()
            self._at = self.size - index.shape[0]
            index = torch.cat([index, self._order[: self._at]])
        self.drawn += self.size
        return as_unit(torch.index_select(self._images, 0, index, out=self._out))

    @property
    def epoch(self) -> float:
        """Passes over the images so far."""
        return self.drawn / self._images.shape[0]
