"""The feature classifier of a dataset: shipped, cached, or trained now.

Proxy-FD, precision and recall, classes caught and the like use its features. A file belongs to data by their
fingerprint; where none fits, a classifier is trained (`core.evaluation.classifier`) and kept in the user's cache
folder, or in that of the environment variable LATENT_PLAYGROUND_CACHE.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
import struct
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors

from core.datasets.base import Dataset, Images, evenly
from core.evaluation.classifier import Classifier, fit, shapes
from core.foundation.arrays import Floats
from core.foundation.cache import cache_folder
from core.foundation.checked_json import read_object
from core.foundation.files import write_bytes
from core.foundation.slices import Work
from core.foundation.user_error import UserError

RECIPE = "1"
"""Version of the training in `core.evaluation.classifier`: files of another version are not used."""
SAMPLED = 1_000
"""Images of a split whose pixels enter the fingerprint."""
LARGEST = 8 << 20
"""Largest file that is read, bytes; ours are smaller."""


class FeatureClassifier(Protocol):
    """A trained classifier."""

    @property
    def labelled(self) -> bool:
        """Whether its classes are the data's own; else clusters of pixels stand for them."""

    @property
    def classes(self) -> tuple[int, ...]:
        """The labels of its K classes, in the order of log p(class)."""

    @property
    def accuracy(self) -> float:
        """The share of test images that it classifies right; NaN where these have no labels."""

    def classify(self, x: Floats) -> tuple[Floats, Floats]:
        """Features (N, F) and log p(class) (N, K) of images (N, C, H, W) in [0, 1]."""


def prepare(dataset: Dataset) -> Work[FeatureClassifier]:
    """The classifier of a dataset of images: the shipped one, the cached one, or a new one."""
    if dataset.points:
        raise ValueError("points need no classifier: their coordinates are features")
    data = yield from fingerprint(dataset)
    for content in (_shipped(dataset.name), _cached(data)):
        stored = None if content is None else from_bytes(content, data, dataset.shape)
        yield
        if stored is not None:
            return stored
    trained = yield from fit(dataset)
    path = _cache_path(data)
    with contextlib.suppress(OSError, UserError):  # without a cache it is only trained again next time
        path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(path, to_bytes(trained, data))
    return trained


def fingerprint(dataset: Dataset) -> Work[str]:
    """SHA-256 over both splits: shape, number, labels, and the pixels of a thousand images spread over each."""
    digest = hashlib.sha256()
    for images in (dataset.train, dataset.test):
        _update(digest, images)
        yield
    return digest.hexdigest()


def _update(digest: Any, images: Images) -> None:
    digest.update(json.dumps([images.pixels.shape, str(images.pixels.dtype)]).encode())
    digest.update(np.ascontiguousarray(images.pixels[evenly(len(images), SAMPLED)]).tobytes())
    if images.labels is not None:
        digest.update(b"labels")
        digest.update(np.ascontiguousarray(images.labels).astype("<i8").tobytes())


def to_bytes(classifier: Classifier, data: str) -> bytes:
    """The content of a classifier's file: safetensors whose metadata hold the data's fingerprint and a checksum.

    The metadata are one entry, because safetensors writes several in any order: the same classifier is the same bytes.
    """
    facts = {
        "recipe": RECIPE,
        "data": data,
        "classes": list(classifier.classes),
        "labelled": classifier.labelled,
        "accuracy": repr(classifier.accuracy),
    }
    metadata = json.dumps(facts | {"sha256": _checksum(classifier.weights, facts)})
    return save_tensors({name: tensor.contiguous() for name, tensor in classifier.weights.items()}, {"eye": metadata})


def from_bytes(content: bytes, data: str, image: tuple[int, int, int]) -> Classifier | None:
    """The classifier in a file's content; None where it is damaged, of another recipe, or of other data."""
    try:
        (length,) = struct.unpack("<Q", content[:8])
        facts = read_object(read_object(content[8 : 8 + length])["__metadata__"]["eye"])
        weights = load_tensors(content)
        if facts["recipe"] != RECIPE or facts["data"] != data:
            return None
        if facts.pop("sha256") != _checksum(weights, facts):
            return None
        classes = tuple(int(value) for value in facts["classes"])
        if {name: tuple(each.shape) for name, each in weights.items()} != shapes(image, len(classes)):
            return None
        if not all(bool(each.isfinite().all()) for each in weights.values()):
            return None
        return Classifier(_laid_out(weights), classes, bool(facts["labelled"]), float(facts["accuracy"]))
    except (SafetensorError, struct.error, ValueError, KeyError, TypeError, AttributeError):
        return None


def _laid_out(weights: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Convolutions as in training: channels last, which is faster on CPUs and decides the order of sums."""
    return {
        name: each.contiguous(memory_format=torch.channels_last) if each.ndim == 4 else each
        for name, each in weights.items()
    }


def _checksum(weights: Mapping[str, torch.Tensor], facts: Mapping[str, Any]) -> str:
    digest = hashlib.sha256(json.dumps(dict(facts), sort_keys=True).encode())
    for name in sorted(weights):
        digest.update(name.encode())
        digest.update(weights[name].contiguous().numpy().tobytes())
    return digest.hexdigest()


def _shipped(name: str) -> bytes | None:
    """The content of the file that comes with the program."""
    try:
        return (files("assets") / "data" / "eye" / f"{name}.safetensors").read_bytes()
    except OSError:
        return None


def _cached(data: str) -> bytes | None:
    """The content of the file in the cache."""
    path = _cache_path(data)
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode) or status.st_size > LARGEST:
            return None
        return path.read_bytes()
    except OSError:
        return None


def _cache_path(data: str) -> Path:
    return cache_folder() / f"eye-{data[:32]}.safetensors"
