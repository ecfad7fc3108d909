"""The classifier whose features stand for what an image shows: shipped, kept from before, or taught now.

It is used by proxy-FD, precision and recall, classes caught and their like. A classifier belongs to data by a
fingerprint of them; where no file of ours fits, a new one is taught (`core.evaluation.classifier`) and kept in the
user's cache folder, or in that of the environment variable LATENT_PLAYGROUND_CACHE.
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
from core.evaluation.classifier import Classifier, shapes, teach
from core.foundation.arrays import Floats
from core.foundation.files import write_bytes
from core.foundation.slices import Work
from core.foundation.user_error import UserError

RECIPE = "1"
"""Counts up when `core.evaluation.classifier` would teach another classifier: files of another recipe are not used."""
CACHE = "LATENT_PLAYGROUND_CACHE"
SAMPLED = 1_000
"""Images of a split whose pixels enter the fingerprint."""
LARGEST = 8 << 20
"""No file of ours has so many bytes."""


class FeatureClassifier(Protocol):
    """A classifier, ready to look."""

    @property
    def labelled(self) -> bool:
        """Whether it was taught the data's own classes; else clusters of pixels stand for them."""

    @property
    def classes(self) -> tuple[int, ...]:
        """The labels of its K classes, in the order of log p(class)."""

    @property
    def accuracy(self) -> float:
        """The share of the data's test images that it names right; NaN where their labels are not known."""

    def look(self, x: Floats) -> tuple[Floats, Floats]:
        """Features (N, F) and log p(class) (N, K) of images (N, C, H, W) in [0, 1]."""


def prepare(dataset: Dataset) -> Work[FeatureClassifier]:
    """The classifier for a dataset of images: the shipped one, one kept from before, or a new one."""
    if dataset.points:
        raise ValueError("points need no classifier: their coordinates are features")
    data = yield from fingerprint(dataset)
    for content in (_shipped(dataset.name), _kept(data)):
        found = None if content is None else unpacked(content, data, dataset.shape)
        yield
        if found is not None:
            return found
    taught = yield from teach(dataset)
    place = _place(data)
    with contextlib.suppress(OSError, UserError):  # a folder that cannot be written costs time, next time
        place.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(place, packed(taught, data))
    return taught


def fingerprint(dataset: Dataset) -> Work[str]:
    """SHA-256 over both splits: shape, number, labels, and the pixels of a thousand images spread over each."""
    seen = hashlib.sha256()
    for images in (dataset.train, dataset.test):
        _add(seen, images)
        yield
    return seen.hexdigest()


def _add(seen: Any, images: Images) -> None:
    seen.update(json.dumps([images.pixels.shape, str(images.pixels.dtype)]).encode())
    seen.update(np.ascontiguousarray(images.pixels[evenly(len(images), SAMPLED)]).tobytes())
    if images.labels is not None:
        seen.update(b"labels")
        seen.update(np.ascontiguousarray(images.labels).astype("<i8").tobytes())


def packed(classifier: Classifier, data: str) -> bytes:
    """The content of its file: safetensors whose metadata say what data it belongs to, with a checksum.

    The metadata are one entry, because safetensors writes several in any order: the same classifier is the same bytes.
    """
    facts = {
        "recipe": RECIPE,
        "data": data,
        "classes": list(classifier.classes),
        "labelled": classifier.labelled,
        "accuracy": repr(classifier.accuracy),
    }
    told = json.dumps(facts | {"sha256": _checksum(classifier.weights, facts)})
    return save_tensors({name: tensor.contiguous() for name, tensor in classifier.weights.items()}, {"eye": told})


def unpacked(content: bytes, data: str, image: tuple[int, int, int]) -> Classifier | None:
    """The classifier in a file, or None where the file is damaged, of another recipe, or of other data."""
    try:
        (length,) = struct.unpack("<Q", content[:8])
        facts = json.loads(json.loads(content[8 : 8 + length])["__metadata__"]["eye"])
        weights = load_tensors(content)
        if facts["recipe"] != RECIPE or facts["data"] != data:
            return None
        if facts.pop("sha256") != _checksum(weights, facts):
            return None
        classes = tuple(int(value) for value in facts["classes"])
        if {name: tuple(each.shape) for name, each in weights.items()} != shapes(image, len(classes)):
            return None
        return Classifier(_laid_out(weights), classes, bool(facts["labelled"]), float(facts["accuracy"]))
    except (SafetensorError, struct.error, ValueError, KeyError, TypeError, AttributeError):
        return None


def _laid_out(weights: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Convolutions as they were taught: channels last, which is faster on CPUs; the order of sums follows from it."""
    return {
        name: each.contiguous(memory_format=torch.channels_last) if each.ndim == 4 else each
        for name, each in weights.items()
    }


def _checksum(weights: Mapping[str, torch.Tensor], facts: Mapping[str, Any]) -> str:
    seen = hashlib.sha256(json.dumps(dict(facts), sort_keys=True).encode())
    for name in sorted(weights):
        seen.update(name.encode())
        seen.update(weights[name].contiguous().numpy().tobytes())
    return seen.hexdigest()


def _shipped(name: str) -> bytes | None:
    """The file that came with the program."""
    try:
        return (files("assets") / "data" / "eye" / f"{name}.safetensors").read_bytes()
    except OSError:
        return None


def _kept(data: str) -> bytes | None:
    """The file in the cache."""
    place = _place(data)
    try:
        status = os.stat(place)
        if not stat.S_ISREG(status.st_mode) or status.st_size > LARGEST:
            return None
        return place.read_bytes()
    except OSError:
        return None


def _place(data: str) -> Path:
    import platformdirs

    chosen = os.environ.get(CACHE)
    folder = Path(chosen) if chosen else Path(platformdirs.user_cache_dir("latent-playground", appauthor=False))
    return folder / f"eye-{data[:32]}.safetensors"
