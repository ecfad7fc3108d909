"""The feature classifier: its layers, its training in slices, and its predictions.

Stride-2 convolutions down to 4 pixels a side, 64 units that are the features, one logit per class and one for noise.
Weights are a plain dictionary: PyTorch's layers would draw them from the generator that all threads share.

The noise logit improves the features. A classifier trained on digits alone places the grey of an untrained model among
them: 100 % of it lay within the reach of real images, and 99 % of noise. So it also trains on flat noise (outlier
exposure: Hendrycks et al. 2019), but not on blurred or mixed pictures: it should judge what a picture shows.
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
"""Number of features, F."""
WIDEST = 64
"""Channels of the last convolution; halved in each earlier one."""
COARSE = 4
"""Longest side of the last convolution's output, pixels."""
BATCH = 64
"""Training images in a batch."""
NOISE = 8
"""Noise images in a batch, besides."""
SEEN = 150_000
"""Most training images seen: two passes and a half over 60,000, seven and a half over 20,000."""
MOST_PASSES = 30
"""Most passes over the training images."""
LR = 3e-3
"""Highest learning rate."""
CLUSTERS = 10
"""Most clusters that stand for classes where the data have none."""
CLUSTERED = 4_000
"""Training images that k-means fits."""
POOLED = 12
"""Longest side of the images that k-means sees, pixels."""
DIRECTIONS = 32
"""Principal directions along which it sees them."""
SEED = 60
SLICE = 256
"""Images in one slice of work."""


@dataclass(frozen=True)
class Classifier:
    """A trained classifier. ``classes`` are the labels of the first K logits, in their order.

    ``labelled``: they are the data's own, and not clusters. ``accuracy`` is on test images, NaN where these have no
    labels.
    """

    weights: Weights
    classes: tuple[int, ...]
    labelled: bool
    accuracy: float

    @torch.inference_mode()
    def classify(self, x: Floats) -> tuple[Floats, Floats]:
        """Features (N, 64) and log p(class) (N, K) of images (N, C, H, W) in [0, 1]; NaN of images that are NaN."""
        outputs = [forward(self.weights, part) for part in torch.from_numpy(np.array(x, np.float32)).split(SLICE)]
        features = torch.cat([features for features, _ in outputs])
        logits = torch.cat([logits for _, logits in outputs])
        return features.numpy(), torch.log_softmax(logits[:, :-1], 1).numpy()


def shapes(image: tuple[int, int, int], classes: int) -> dict[str, tuple[int, ...]]:
    """The shape of every weight, by name, for images (C, H, W)."""
    inputs, height, width = image
    levels = max(1, math.ceil(math.log2(max(height, width) / COARSE)))
    by_name: dict[str, tuple[int, ...]] = {"mean": (), "std": ()}
    for level in range(levels):
        outputs = max(8, WIDEST // 2 ** (levels - 1 - level))
        by_name |= {f"conv{level}.weight": (outputs, inputs, 3, 3), f"conv{level}.bias": (outputs,)}
        inputs, height, width = outputs, (height + 1) // 2, (width + 1) // 2
    by_name |= {"features.weight": (FEATURES, inputs * height * width), "features.bias": (FEATURES,)}
    return by_name | {"logits.weight": (classes + 1, FEATURES), "logits.bias": (classes + 1,)}


def forward(weights: Weights, x: Tensor) -> tuple[Tensor, Tensor]:
    """Features (N, 64), after ReLU, and logits (N, K + 1) of images (N, C, H, W) in [0, 1]."""
    h = ((x - weights["mean"]) / weights["std"]).contiguous(memory_format=torch.channels_last)
    level = 0
    while f"conv{level}.weight" in weights:
        h = F.relu(F.conv2d(h, weights[f"conv{level}.weight"], weights[f"conv{level}.bias"], stride=2, padding=1))
        level += 1
    features = F.relu(F.linear(h.flatten(1), weights["features.weight"], weights["features.bias"]))
    return features, F.linear(features, weights["logits.weight"], weights["logits.bias"])


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """Use one thread: the same weights on any number of cores, no spinning beside trainers. Not across a ``yield``."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class _Fit:
    """Weights in training. Callers may be in inference mode, which is switched off here."""

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
            x = as_floats(dataset.train.pixels[evenly(len(targets), 1_000)])
            self.units = {
                "mean": torch.tensor(float(x.mean())),
                "std": torch.tensor(max(1e-3, float(x.std()))),
            }
            self._optimiser = Adam(list(self.weights.values()), 0.0, (0.9, 0.999))

    def _shuffled(self) -> Tensor:
        return torch.randperm(len(self._targets), generator=self._random)

    def _fresh(self, name: str, shape: tuple[int, ...]) -> nn.Parameter:
        """Initial weights (He et al. 2015): U(-b, b), b = sqrt(6 / fan in); biases 0."""
        if len(shape) == 1:
            return nn.Parameter(torch.zeros(shape))
        bound = math.sqrt(6.0 / math.prod(shape[1:]))
        drawn = torch.empty(shape).uniform_(-bound, bound, generator=self._random)
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
        """Train on one batch. The learning rate follows ``done``, the share of steps taken: a tenth up, then to 0."""
        if self._at + self._batch > len(self._order):
            self._order, self._at = self._shuffled(), 0
        chosen = self._order[self._at : self._at + self._batch]
        self._at += self._batch
        x = self._pixels[chosen].float() / 255.0
        _, logits = forward(self.units | self.weights, torch.cat([x, self._noise(x)]))
        noise_class = torch.full((NOISE,), logits.shape[1] - 1)
        loss = F.cross_entropy(logits, torch.cat([self._targets[chosen], noise_class]))
        grads = torch.autograd.grad(loss, list(self.weights.values()))
        for weight, grad in zip(self.weights.values(), grads, strict=True):
            weight.grad = grad
        self._optimiser.lr = LR * min(10 * done + 0.05, 0.5 + 0.5 * math.cos(math.pi * done))
        self._optimiser.step()

    def result(self) -> dict[str, Tensor]:
        """The weights, as copies that no optimiser will touch."""
        return self.units | {name: weight.detach().clone() for name, weight in self.weights.items()}


def fit(dataset: Dataset) -> Work[Classifier]:
    """Train a classifier for images, the same every time; some ten seconds of one core for 20,000 images of 32 px.

    Where the data have no classes, k-means clusters stand for them.
    """
    labelled = dataset.has_classes
    if labelled:
        assert dataset.train.labels is not None
        values, targets = np.unique(dataset.train.labels, return_inverse=True)
        classes = tuple(int(value) for value in values)
        truth = dataset.test.labels
    else:
        clusters = yield from _fit_clusters(dataset)
        classes = tuple(range(len(clusters.centres)))
        targets = yield from clusters.assign(dataset.train)
        truth = yield from clusters.assign(dataset.test)
    with _one_thread():
        training = _Fit(dataset, targets.reshape(-1).astype(np.int64), len(classes))
    for step in range(training.steps):
        with _one_thread():
            training.step(step / training.steps)
        yield
    classifier = Classifier(training.result(), classes, labelled, math.nan)
    if truth is None:
        return classifier
    accuracy = yield from _accuracy(classifier, dataset.test, truth)
    return Classifier(classifier.weights, classes, labelled, accuracy)


def _accuracy(classifier: Classifier, images: Images, truth: Counts) -> Work[float]:
    """The share of images that are classified as their label (N,)."""
    right = 0
    labels = np.array(classifier.classes)
    for at in range(0, len(images), SLICE):
        _, log_p = classifier.classify(as_floats(images.pixels[at : at + SLICE]))
        right += int((labels[log_p.argmax(1)] == truth[at : at + SLICE]).sum())
        yield
    return right / max(1, len(images))


@dataclass(frozen=True)
class _Clusters:
    """k-means clusters: centres (K, D) after a projection (P, D) of pooled pixels (P,) less their mean."""

    mean: Floats
    directions: Floats
    centres: Floats

    def assign(self, images: Images) -> Work[Counts]:
        """The nearest cluster (N,) of every image."""
        parts = []
        for at in range(0, len(images), SLICE):
            rows = (_pooled(images.pixels[at : at + SLICE]) - self.mean) @ self.directions  # (n, D)
            squares = np.square(rows[:, None] - self.centres[None]).sum(2)  # (n, K)
            parts.append(squares.argmin(1).astype(np.int64))
            yield
        return np.concatenate(parts) if parts else np.zeros(0, np.int64)


def _pooled(pixels: npt.NDArray[np.uint8]) -> Floats:
    """Average-pooled versions (N, P) of images (N, C, H, W)."""
    height, width = (min(POOLED, side) for side in pixels.shape[2:])
    with torch.inference_mode():
        small = F.adaptive_avg_pool2d(torch.from_numpy(as_floats(pixels)), (height, width))
    return small.flatten(1).numpy()


def _fit_clusters(dataset: Dataset) -> Work[_Clusters]:
    """k-means along the first principal directions of average-pooled training images."""
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
        k_means = KMeans(min(CLUSTERS, distinct), n_init=1, max_iter=50, random_state=SEED).fit(rows)
    yield
    return _Clusters(mean, directions, k_means.cluster_centers_.astype(np.float32))
