"""Folders of IDX files, as runs of earlier versions name them; `core.datasets.arrays` reads them and much else."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np

from core.datasets.base import DataError, Dataset, Images, Report, Source, SourceConfig, register
from core.datasets.known_sets import CLOTHES
from core.foundation.arrays import Counts
from core.foundation.params import Param
from core.foundation.pixels import LARGEST_SIDE, SMALLEST_SIDE
from core.foundation.quoted import name_of
from core.readers.array_files import ArraySet, Part, read_set
from core.readers.container import chosen_path
from core.readers.data_file import DataFile
from core.readers.layout import squared

_OTHERS = (".csv", ".tsv", ".txt", ".npy", ".npz", ".zip", ".mat", ".bin")
_PUBLISHED = "such as train-images-idx3-ubyte and t10k-images-idx3-ubyte, with or without .gz"
_FASHION_LABELS = "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"  # SHA-256, training labels file


@dataclass(frozen=True)
class IdxFolderConfig(SourceConfig):
    """The knobs of `IdxFolder`."""

    data: Annotated[
        str,
        Param(
            "Folder",
            help="A folder of IDX files, gzipped or not: train-images-idx3-ubyte, train-labels-idx1-ubyte, "
            "t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte. With one images file only, its last 1/7 is the test.",
            option="data",
        ),
    ] = ""


@register("idx")
class IdxFolder(Source[IdxFolderConfig]):
    """Images of 8 pixels a side or more, grey (N, 1, S, S) or colour (N, 3, S, S), S 28 to 128; labels or none.

    Labels and split are as they were before the source ``arrays``, so that runs find the data they were trained on.
    """

    title = "IDX folder"
    summary = "Fashion-MNIST, KMNIST, EMNIST or your own, from a folder of IDX files"
    order = 40

    Config = IdxFolderConfig

    def load(self, config: IdxFolderConfig, report: Report) -> Dataset:
        """Read the folder. Raises `DataError`."""
        folder = _folder(config.data)
        found = read_set(folder, lambda share: report(0.95 * share), _is_wanted)
        sides = [_images(part) for part in found.parts.values()]
        if len(sides) == 1:
            sides = _split(sides[0], folder)
        _check_pair(sides[0], sides[1], folder)
        origin = {
            "place": str(folder),
            "files": found.files,
            "split": "as given" if len(found.parts) == 2 else "last 1/7 is the test",
            "left_out": list(found.left_out),
        }
        report(1.0)
        names = _class_names(sides, _is_fashion(found, folder))
        return Dataset(self.name, name_of(folder), sides[0], sides[1], names, origin=origin)


def _is_wanted(entry: DataFile) -> bool:
    """Whether a file is of no other format: Kaggle's Fashion-MNIST has the same images as CSV beside them."""
    return not entry.name.lower().endswith(_OTHERS)


def _folder(text: str) -> Path:
    folder = chosen_path(text, "folder", f"choose one that holds IDX files, {_PUBLISHED}")
    if not folder.is_dir():
        raise DataError(f"{folder} is a file, not a folder: choose the folder that holds it")
    return folder


def _images(part: Part) -> Images:
    """The images of a split, and its labels; small ones get a black border, large ones are scaled down."""
    side = min(max(SMALLEST_SIDE, *part.images.shape[2:]), LARGEST_SIDE)
    pixels = squared(np.array(part.images, order="C"), side, lambda share: None)
    return Images(pixels, None if part.labels is None else part.labels.astype(np.int64))


def _split(images: Images, folder: Path) -> list[Images]:
    """The first 6/7 to train on and the last 1/7 to test on."""
    count = len(images)
    if count < 2:
        raise DataError(f"{folder} holds one image: at least two are needed, one to train and one to test")
    at = count - max(1, count // 7)
    labels = images.labels
    return [Images(images.pixels[i], None if labels is None else labels[i]) for i in (slice(at), slice(at, None))]


def _check_pair(train: Images, test: Images, folder: Path) -> None:
    if train.pixels.shape[1:] != test.pixels.shape[1:]:
        first, second = (
            f"{side} pixels a side{'' if channels == 1 else ' in colour'}"
            for _, channels, _, side in (train.pixels.shape, test.pixels.shape)
        )
        raise DataError(
            f"{folder} holds training images of {first} and test images of {second}: take both from the same set"
        )
    if (train.labels is None) != (test.labels is None):
        which = "training" if train.labels is None else "test"
        raise DataError(f"{folder} lacks the labels of the {which} images: add them or take the other labels away")


def _class_names(sides: list[Images], is_fashion: bool) -> tuple[str, ...]:
    """Names of the labels from 0 to the largest: clothes for Fashion-MNIST, else numbers."""
    largest = max((int(images.labels.max()) for images in sides if images.labels is not None), default=-1)
    if largest < 0:
        return ()
    if is_fashion and largest < len(CLOTHES):
        return CLOTHES
    return tuple(str(label) for label in range(max(largest + 1, 10)))


def _is_fashion(found: ArraySet, folder: Path) -> bool:
    """Whether a name says Fashion-MNIST, or the labels are exactly its training labels."""
    if any("fashion" in name.lower() for name in (folder.absolute().name, *found.files)):
        return True
    labels: Counts | None = next(iter(found.parts.values())).labels
    if labels is None:
        return False
    content = b"\0\0\x08\x01" + len(labels).to_bytes(4, "big") + labels.astype(np.uint8).tobytes()
    return hashlib.sha256(content).hexdigest() == _FASHION_LABELS
