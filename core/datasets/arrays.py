"""Images in files of arrays: NPY, NPZ, CSV, MAT, IDX, CIFAR's binary version, and archives of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np

from core.datasets.base import DataError, Dataset, Images, Report, Source, SourceConfig, register
from core.datasets.known_sets import KnownSet, known_set, missing_labels
from core.datasets.split import image_hashes, stratified_split
from core.foundation.arrays import Counts, Pixels
from core.foundation.params import Param
from core.foundation.pixels import LARGEST_SIDE, SMALLEST_SIDE
from core.foundation.quoted import name_of, printable
from core.readers.array_files import FORMATS, ArraySet, Part, read_set
from core.readers.classes import as_classes
from core.readers.container import called, chosen_path
from core.readers.layout import filled, find_range, squared, to_bytes
from core.readers.picture import Framing

OWN_SIDE = 64
"""Largest side of images that keep their own, pixels; larger ones are scaled down to it, unless a side is chosen."""


@dataclass(frozen=True)
class ArraysConfig(SourceConfig):
    """The knobs of `Arrays`."""

    data: Annotated[
        str,
        Param(
            "File or folder",
            help=f"A file, folder or archive of arrays: {FORMATS}. Names tell images and labels, train and test.",
            option="data",
        ),
    ] = ""
    side: Annotated[
        int,
        Param(
            "Side",
            0,
            LARGEST_SIDE,
            unit="px",
            words=((0.0, "own"),),
            help=f"Images are scaled to this side, {SMALLEST_SIDE} or more. 0: they keep theirs from {SMALLEST_SIDE} "
            f"to {OWN_SIDE}.",
        ),
    ] = 0
    test_share: Annotated[
        float,
        Param("Test share", 0.01, 0.5, help="Share of the images that is the test, where the files have none."),
    ] = 0.15
    split_seed: Annotated[
        int, Param("Split seed", 0, 999_999, help="Another seed takes other images for the test, of each class alike.")
    ] = 0
    turned: Annotated[
        bool, Param("Turned", help="Swap rows and columns of every image, where they lie on their side.")
    ] = False


@register("arrays")
class Arrays(Source[ArraysConfig]):
    """Pixels (N, C, S, S), C 1 or 3, from arrays of any layout, type and range; labels or none.

    What was guessed stands in the dataset's ``origin``: layout, range, split, labels, and what was left out.
    """

    title = "Arrays"
    summary = "NPY, NPZ, CSV, MAT, IDX or CIFAR files, such as MedMNIST, SVHN or Kaggle's digits"
    order = 42

    Config = ArraysConfig

    def load(self, config: ArraysConfig, report: Report) -> Dataset:
        """Read the file or folder. Raises `DataError`."""
        path = chosen_path(config.data, "file", f"choose a file or folder of {FORMATS}")
        if 0 < config.side < SMALLEST_SIDE:
            raise DataError(
                f"{config.side} px a side are too few for the networks: choose {SMALLEST_SIDE} to {LARGEST_SIDE}, or 0"
            )
        found = read_set(path, lambda share: report(0.6 * share))
        left_out = list(found.left_out)
        parts = _usable(found, path, left_out)
        known = known_set((path.absolute().parent.name, path.name, *found.files))
        labels, names = _labels(parts, known, found.class_names)
        found.parts.clear()
        height, width = parts[0].images.shape[2:]
        pixels, told = _pixels(parts, config, path, lambda share: report(0.6 + 0.3 * share))
        if names == ():
            told["labels"] = "none"
        told |= {"place": str(path), "files": found.files, "left_out": left_out}
        if len(pixels) == 2:
            sides = [Images(each, label) for each, label in zip(pixels, labels, strict=True)]
            told["split"] = "as given"
        else:
            sides = _divided(pixels[0], labels[0], config, path, lambda share: report(0.9 + 0.1 * share))
            whose = "the images" if labels[0] is None else "each class"
            told["split"] = f"{100 * config.test_share:.0f} % of {whose} by seed {config.split_seed}"
        report(1.0)
        title = known.title if known is not None and names == known.class_names else name_of(path)
        colour, side, _ = sides[0].pixels.shape[1:]
        framing = Framing(side, "crop" if width == height else "fit", colour=colour == 3)
        return Dataset(self.name, title, sides[0], sides[1], names, origin=told, framing=framing)


def account(dataset: Dataset) -> list[str]:
    """What was made of the files, in sentences: counts, layout, range, labels, split."""
    origin = dataset.origin
    train, test = len(dataset.train), len(dataset.test)
    channels, side, _ = dataset.shape
    colour = "grey" if channels == 1 else "colour"
    lines = [
        f"{train + test:,} images of {printable(origin['place'])}: {train:,} to train on, {test:,} of the test",
        f"{side} × {side} pixels in {colour}, stored as {origin['stored']} in the layout ({origin['layout']})",
        f"range of the pixels: {origin['range']}",
        f"labels: {origin['labels']}",
        f"split: {origin['split']}",
    ]
    if dataset.class_names:
        lines.append(f"{len(dataset.class_names):,} classes:")
        of_train, of_test = (_counts(half, len(dataset.class_names)) for half in (dataset.train, dataset.test))
        for index, name in enumerate(dataset.class_names):
            lines.append(f"  {name}: {of_train[index]:,} and {of_test[index]:,}")
    return lines


def _counts(images: Images, classes: int) -> list[int]:
    """How many images are of each class."""
    return [] if images.labels is None else np.bincount(images.labels, minlength=classes).tolist()


def _usable(found: ArraySet, path: Path, left_out: list[str]) -> list[Part]:
    """The one or two parts, train first; a test without the labels that the training images have is left out."""
    parts = list(found.parts.values())
    if len(parts) == 2 and parts[0].labels is not None and parts[1].labels is None:
        left_out.append(f"{parts[1].name} (no labels)")  # as of a competition, which keeps them to itself
        return parts[:1]
    if len(parts) == 2 and parts[0].images.shape[1:] != parts[1].images.shape[1:]:
        first, second = (" × ".join(map(str, part.images.shape[1:])) for part in parts)
        raise DataError(
            f"{called(path)} holds training images of {first} and test images of {second}: take both from one set"
        )
    return parts


def _pixels(parts: list[Part], config: ArraysConfig, path: Path, report: Report) -> tuple[list[Pixels], dict[str, Any]]:
    """The images of each part as bytes, in one range and on squares of one side, and what was guessed.

    ``parts`` is emptied: images as stored may take eight times the memory, and each is let go when it is converted.
    """
    arrays = [part.images.swapaxes(2, 3) if config.turned else part.images for part in parts]
    span = find_range(arrays, called(path))
    own = max(arrays[0].shape[2:])
    side = config.side or min(max(own, SMALLEST_SIDE), OWN_SIDE)
    height, width = arrays[0].shape[2:]
    told = {"layout": parts[0].layout, "range": span.told, "labels": parts[0].told, "stored": f"{width} × {height}"}
    parts.clear()
    fit = filled if config.side else squared
    found: list[Pixels] = []
    count = len(arrays)
    while arrays:
        part = _share(report, len(found), count)
        found.append(fit(to_bytes(arrays.pop(0), span, _share(part, 0, 2)), side, _share(part, 1, 2)))
    return found, {**told, "side": side}


def _share(report: Report, index: int, count: int) -> Report:
    """The progress callback of one of ``count`` equal parts."""
    return lambda share: report((index + share) / count)


def _labels(
    parts: list[Part], known: KnownSet | None, given: tuple[str, ...]
) -> tuple[list[Counts | None], tuple[str, ...]]:
    """The labels of each part and the names of the classes: those of the files, of a published set, or numbers."""
    stored = [part.labels for part in parts]
    nothing: list[Counts | None] = [None for _ in parts]
    if any(each is None for each in stored):
        told = missing_labels(known, len(parts[0].images)) if len(parts) == 1 else None
        return (nothing, ()) if told is None or known is None else ([told], known.class_names)
    found = as_classes([each for each in stored if each is not None])
    if found is None:
        return nothing, ()
    labels, names = found
    for better in (given, known.class_names if known is not None else ()):
        if len(better) == len(names):
            return [*labels], better
    if _is_svhn(names, parts):
        return [(label + 1) % 10 for label in labels], tuple("0123456789")
    return [*labels], names


def _is_svhn(names: tuple[str, ...], parts: list[Part]) -> bool:
    """Whether labels are those of the Street View house numbers, where 10 means the digit 0. Netzer et al. 2011."""
    is_in_colour = parts[0].images.shape[1:] == (3, 32, 32) and parts[0].layout == "H, W, C, N"
    return is_in_colour and names == tuple(str(digit) for digit in range(1, 11))


def _divided(pixels: Pixels, labels: Counts | None, config: ArraysConfig, path: Path, report: Report) -> list[Images]:
    """Training and test images of a set without a split."""
    if len(pixels) < 2:
        raise DataError(f"{called(path)} holds one image: at least two are needed, one to train and one to test")
    is_test = stratified_split(image_hashes(pixels, report), labels, config.test_share, config.split_seed)
    if not is_test.any():
        raise DataError(f"{called(path)} holds one image {len(pixels):,} times: at least two different ones are needed")
    return [Images(pixels[i], None if labels is None else labels[i]) for i in (~is_test, is_test)]
