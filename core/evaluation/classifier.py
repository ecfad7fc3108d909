"""The small classifier itself: its layers, how it is taught in slices, and how it looks.

Stride-2 convolutions down to 4 pixels a side, 64 units that are the features, one logit per class and one for what is
no picture at all. Weights are a plain dictionary: PyTorch's layers would draw them from the generator that all threads
share.

The last logit is there for the features. A classifier that knows nothing but digits sees the grey of an untrained model
amid them: 100 % of it lay within the reach of real images, and 99 % of noise. So it is shown flat noise too (outlier
exposure: Hendrycks et al. 2019). It is not shown blurred or mixed pictures: it should judge what a picture shows.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.datasets.base import Dataset, Images, evenly
from core.foundation.arrays import Counts, Floats
from core.foundation.pixels import as_floats
from core.foundation.slices import Work
from core.nets.optimisers import Adam

Weights = Mapping[str, Tensor]

FEATURES = 64
WIDEST = 64
COARSE = 4
"""Convolutions halve an image until its longer side is at most so many pixels."""
BATCH = 64
NOISE = 8
"""Images of noise shown with each batch."""
SEEN = 150_000
"""Training images that it is shown: two passes and a half over 60,000, seven and a half over 20,000."""
MOST_PASSES = 30
LR = 3e-3
CLUSTERS = 10
CLUSTERED = 4_000
"""Images whose k-means makes the classes where the data have none."""
POOLED, DIRECTIONS = 12, 32
"""k-means sees images of at most 12 × 12 pixels, along their first 32 principal directions."""
SEED = 60
SLICE = 256


@dataclass(frozen=True)
class Classifier:
    """Final, and never written again. ``classes`` are the labels of the first K logits, in their order.

    ``labelled`` says whether these are the data's own; ``accuracy`` is the share of test images that it names right,
    NaN where nobody knows their labels.
    """

    weights: Weights
    classes: tuple[int, ...]
    labelled: bool
    accuracy: float

    @torch.inference_mode()
    def look(self, x: Floats) -> tuple[Floats, Floats]:
        """Features (N, 64) and log p(class) (N, K) of images (N, C, H, W) in [0, 1]; NaN of images that are NaN."""
        seen = [forward(self.weights, part) for part in torch.from_numpy(np.array(x, np.float32)).split(SLICE)]
        features = torch.cat([features for features, _ in seen])
        logits = torch.cat([logits for _, logits in seen])
        return features.numpy(), torch.log_softmax(logits[:, :-1], 1).numpy()


def shapes(image: tuple[int, int, int], classes: int) -> dict[str, tuple[int, ...]]:
    """The shape of every weight for images (C, H, W)."""
    inputs, height, width = image
    levels = max(1, math.ceil(math.log2(max(height, width) / COARSE)))
    found: dict[str, tuple[int, ...]] = {"mean": (), "std": ()}
    for level in range(levels):
        outputs = max(8, WIDEST // 2 ** (levels - 1 - level))
        found |= {f"conv{level}.weight": (outputs, inputs, 3, 3), f"conv{level}.bias": (outputs,)}
        inputs, height, width = outputs, (height + 1) // 2, (width + 1) // 2
    found |= {"features.weight": (FEATURES, inputs * height * width), "features.bias": (FEATURES,)}
    return found | {"logits.weight": (classes + 1, FEATURES), "logits.bias": (classes + 1,)}


def forward(weights: Weights, x: Tensor) -> tuple[Tensor, Tensor]:
    """Features (N, 64), not below zero, and logits (N, K + 1) of images (N, C, H, W)."""
    h = ((x - weights["mean"]) / weights["std"]).contiguous(memory_format=torch.channels_last)
    level = 0
    while f"conv{level}.weight" in weights:
        h = F.relu(F.conv2d(h, weights[f"conv{level}.weight"], weights[f"conv{level}.bias"], stride=2, padding=1))
        level += 1
    features = F.relu(F.linear(h.flatten(1), weights["features.weight"], weights["features.bias"]))
    return features, F.linear(features, weights["logits.weight"], weights["logits.bias"])


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """One thread: the same weights on any number of cores, and no spinning beside trainers. Never over a ``yield``."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class _Lesson:
    """Weights while they are learned. Whoever asks may be in inference mode, where nothing could learn."""

    def __init__(self, dataset: Dataset, targets: Counts, classes: int) -> None:
        self._random = torch.Generator().manual_seed(SEED)
        self._pixels = torch.from_numpy(dataset.train.pixels)  # (N, C, H, W) uint8
        self._targets = torch.from_numpy(targets)  # (N,)
        self._batch = min(BATCH, len(targets))
        self.steps = min(SEEN, MOST_PASSES * len(targets)) // self._batch
        self._order = self._shuffled()
        self._at = 0
        with torch.inference_mode(False):
            self.weights = {
                name: self._fresh(name, shape) for name, shape in shapes(dataset.shape, classes).items() if shape
            }
            some = as_floats(dataset.train.pixels[evenly(len(targets), 1_000)])
            self.units = {
                "mean": torch.tensor(float(some.mean())),
                "std": torch.tensor(max(1e-3, float(some.std()))),
            }
            self._optimiser = Adam(list(self.weights.values()), 0.0, (0.9, 0.999))

    def _shuffled(self) -> Tensor:
        return torch.randperm(len(self._targets), generator=self._random)

    def _fresh(self, name: str, shape: tuple[int, ...]) -> nn.Parameter:
        """He et al. 2015: U(-b, b), b = sqrt(6 / fan in); biases 0."""
        if len(shape) == 1:
            return nn.Parameter(torch.zeros(shape))
        edge = math.sqrt(6.0 / math.prod(shape[1:]))
        drawn = torch.empty(shape).uniform_(-edge, edge, generator=self._random)
        return nn.Parameter(drawn.contiguous(memory_format=torch.channels_last) if len(shape) == 4 else drawn)

    def _noise(self, like: Tensor) -> Tensor:
        """Flat images with more or less noise, from plain grey to random pixels."""
        level = torch.rand((NOISE, like.shape[1], 1, 1), generator=self._random)
        depth = 2 * torch.rand((NOISE, 1, 1, 1), generator=self._random)
        grain = torch.rand((NOISE, *like.shape[1:]), generator=self._random) - 0.5
        return (level + depth * grain).clamp(0, 1)

    @torch.inference_mode(False)
    @torch.enable_grad()
    def step(self, done: float) -> None:
        """One batch; ``done`` of the way, 0 to 1, sets the step size: a tenth of the way up, then down to 0."""
        if self._at + self._batch > len(self._order):
            self._order, self._at = self._shuffled(), 0
        chosen = self._order[self._at : self._at + self._batch]
        self._at += self._batch
        x = self._pixels[chosen].float() / 255.0
        _, logits = forward(self.units | self.weights, torch.cat([x, self._noise(x)]))
        none = torch.full((NOISE,), logits.shape[1] - 1)
        loss = F.cross_entropy(logits, torch.cat([self._targets[chosen], none]))
        grads = torch.autograd.grad(loss, list(self.weights.values()))
        for weight, grad in zip(self.weights.values(), grads, strict=True):
            weight.grad = grad
        self._optimiser.lr = LR * min(10 * done + 0.05, 0.5 + 0.5 * math.cos(math.pi * done))
        self._optimiser.step()

    def learned(self) -> dict[str, Tensor]:
        """Copies that no optimiser will touch."""
        return self.units | {name: weight.detach().clone() for name, weight in self.weights.items()}


def has_classes(dataset: Dataset) -> bool:
    """Whether the images are labelled with at least two classes."""
    labels = dataset.train.labels
    return labels is not None and len(labels) > 0 and bool(labels.min() != labels.max())


def teach(dataset: Dataset) -> Work[Classifier]:
    """A new classifier for images, the same every time; some ten seconds of one core for 20,000 images of 32 px.

    Where the data have no classes, those that k-means finds stand for them.
    """
    labelled = has_classes(dataset)
    if labelled:
        assert dataset.train.labels is not None
        values, targets = np.unique(dataset.train.labels, return_inverse=True)
        classes = tuple(int(value) for value in values)
        truth = dataset.test.labels
    else:
        sorter = yield from _sorter(dataset)
        classes = tuple(range(len(sorter.centres)))
        targets = yield from sorter.sort(dataset.train)
        truth = yield from sorter.sort(dataset.test)
    with _alone():
        lesson = _Lesson(dataset, targets.reshape(-1).astype(np.int64), len(classes))
    for step in range(lesson.steps):
        with _alone():
            lesson.step(step / lesson.steps)
        yield
    unmarked = Classifier(lesson.learned(), classes, labelled, math.nan)
    if truth is None:
        return unmarked
    accuracy = yield from _mark(unmarked, dataset.test, truth)
    return Classifier(unmarked.weights, classes, labelled, accuracy)


def _mark(pupil: Classifier, images: Images, truth: Counts) -> Work[float]:
    """The share of images whose label it finds."""
    right = 0
    names = np.array(pupil.classes)
    for at in range(0, len(images), SLICE):
        _, log_p = pupil.look(as_floats(images.pixels[at : at + SLICE]))
        right += int((names[log_p.argmax(1)] == truth[at : at + SLICE]).sum())
        yield
    return right / max(1, len(images))


@dataclass(frozen=True)
class _Sorter:
    """Puts an image into the cluster whose centre (K, D) is nearest, by a projection (P, D) of its pooled pixels."""

    mean: Floats
    directions: Floats
    centres: Floats

    def sort(self, images: Images) -> Work[Counts]:
        """The cluster (N,) of every image."""
        found = []
        for at in range(0, len(images), SLICE):
            rows = (_pooled(images.pixels[at : at + SLICE]) - self.mean) @ self.directions  # (n, D)
            gaps = np.square(rows[:, None] - self.centres[None]).sum(2)  # (n, K)
            found.append(gaps.argmin(1).astype(np.int64))
            yield
        return np.concatenate(found) if found else np.zeros(0, np.int64)


def _pooled(pixels: npt.NDArray[np.uint8]) -> Floats:
    """Small versions (N, P) of images (N, C, H, W)."""
    height, width = (min(POOLED, side) for side in pixels.shape[2:])
    with torch.inference_mode():
        small = F.adaptive_avg_pool2d(torch.from_numpy(as_floats(pixels)), (height, width))
    return small.flatten(1).numpy()


def _sorter(dataset: Dataset) -> Work[_Sorter]:
    """k-means in the first principal directions of small versions of the training images."""
    from sklearn.cluster import KMeans  # a second to import: only data without classes pay
    from threadpoolctl import threadpool_limits

    yield
    parts = []
    chosen = evenly(len(dataset.train), CLUSTERED)
    for at in range(0, len(chosen), SLICE):
        parts.append(_pooled(dataset.train.pixels[chosen[at : at + SLICE]]))
        yield
    small = np.concatenate(parts)  # (n, P)
    mean = small.mean(0)
    _, vectors = np.linalg.eigh((small - mean).T @ (small - mean))
    directions = np.ascontiguousarray(vectors[:, ::-1][:, :DIRECTIONS], np.float32)
    yield
    rows = (small - mean) @ directions
    distinct = len(np.unique(rows[:1_000].round(3), axis=0))
    with threadpool_limits(1):
        found = KMeans(min(CLUSTERS, distinct), n_init=1, max_iter=50, random_state=SEED).fit(rows)
    yield
    return _Sorter(mean, directions, found.cluster_centers_.astype(np.float32))
