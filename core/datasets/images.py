"""Pictures of the user's own: a folder of PNG, JPEG, WebP, BMP, TIFF or GIF files, or a ZIP or TAR archive of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt

from core.datasets.base import DataError, Dataset, Images, Report, Source, SourceConfig, register
from core.datasets.split import stratified_split
from core.foundation.arrays import Pixels
from core.foundation.params import Param, to_json
from core.foundation.quoted import brief, name_of, printable
from core.readers import pictures, tensor_cache
from core.readers.arrange import Arranged, arrange, classes_of
from core.readers.container import Container, Skipped, stamp
from core.readers.picture import FRAMINGS, GROUNDS, Framing
from core.readers.pictures import Guess

GUESSED = "guess"
"""The value of a knob that the data decide."""
VERSION = 1
"""Of the way pictures become tensors. What is in the cache by another one is not used."""
_LISTED, _GUESSED, _READ = 0.02, 0.05, 0.97
"""Shares of the progress after which everything is listed, guessed, decoded."""


@dataclass(frozen=True)
class ImagesConfig(SourceConfig):
    """The knobs of `ImageFolder`."""

    data: Annotated[
        str,
        Param(
            "Folder",
            help="A folder of pictures, or a .zip, .tar or .tar.gz of one. Folders in it are classes; train/ and test/ "
            "(or val/) are taken as they are.",
            option="data",
        ),
    ] = ""
    side: Annotated[
        str,
        Param(
            "Side, pixels",
            choices=(GUESSED, "28", "32", "48", "64", "96", "128"),
            help="Side of the squares that are trained on. A guess keeps small pictures as they are, and takes "
            "64 where half of them have more than 48 pixels a side.",
        ),
    ] = GUESSED
    colour: Annotated[
        str,
        Param("Colour", choices=(GUESSED, "grey", "colour"), help="A guess is grey where 95 % of the pictures are."),
    ] = GUESSED
    framing: Annotated[
        str,
        Param(
            "Framing",
            choices=FRAMINGS,
            help="How a picture becomes a square: its middle, all of it on a ground, or all of it, distorted.",
        ),
    ] = "crop"
    ground: Annotated[
        str,
        Param(
            "Ground",
            choices=tuple(GROUNDS),
            help="What is behind transparent pixels, and beside a picture that is fitted.",
        ),
    ] = "black"
    test_share: Annotated[
        float,
        Param("Test share", 0.01, 0.5, help="Share of each class that is kept for the test, where no folder says it."),
    ] = 0.15
    split_seed: Annotated[int, Param("Split seed", 0, 999_999, help="Another seed keeps other pictures.")] = 0


class NoPictures(DataError):
    """Nothing in a folder can be trained on. ``skipped``: a sentence for each file that was passed over."""

    def __init__(self, words: str, skipped: list[Skipped]) -> None:
        self.skipped = [each.sentence for each in skipped]
        first = f" ({brief(self.skipped[0], 200)})" if skipped else ""
        super().__init__(words + first)


@register("images")
class ImageFolder(Source[ImagesConfig]):
    """Pixels (N, 1, S, S) or (N, 3, S, S), S 28 to 128; labels are folders, or None.

    ``Dataset.origin`` says what was made of the folder, in plain values: "place", "side", "colour" ("grey" or
    "colour"), "guessed" (the knobs that the data decided), "classes" (name -> [train, test] counts), "split" and
    "notes" (sentences), "skipped" (a sentence for each file that was passed over).
    """

    title = "Image folder"
    summary = "your own pictures, from a folder, a ZIP or a TAR"
    order = 45

    Config = ImagesConfig

    def load(self, config: ImagesConfig, report: Report) -> Dataset:
        """Read the pictures, or take them from the cache where nothing was changed since. Raises `DataError`."""
        report(0.0)
        container, listing = pictures.opened(config.data, lambda: report(0.0))
        try:
            options = {name: value for name, value in to_json(config).items() if name != "data"}
            key = tensor_cache.key_of("images", VERSION, options, stamp(listing))
            found = tensor_cache.find(key)
            if found is None:
                arranged = arrange(listing)
                arrays, origin, lasts = _read(container, arranged, config, report)
                report(_READ)
                if lasts:
                    tensor_cache.keep(key, arrays, origin, lambda: report(_READ))
            else:
                arrays, origin = found
        finally:
            container.close()
        report(1.0)
        train, test = (Images(arrays[f"{half}"], arrays.get(f"{half} labels")) for half in ("train", "test"))
        origin = {"place": str(container.place), **origin}
        framing = framing_of(config, Guess(origin["side"], origin["colour"] == "colour"))
        title, classes = name_of(container.place), tuple(origin["classes"])
        return Dataset(self.name, title, train, test, classes, origin=origin, framing=framing)


def _read(
    container: Container, arranged: Arranged, config: ImagesConfig, report: Report
) -> tuple[dict[str, npt.NDArray[Any]], dict[str, Any], bool]:
    """The arrays of both halves, what is told of them, and whether reading again would bring the same."""
    place = container.place
    if not arranged.entries:
        raise NoPictures(f"{place} holds no pictures: choose another folder or archive", arranged.skipped)
    guess = Guess(pictures.USUAL_SIDE, True)
    if GUESSED in (config.side, config.colour):
        guess = pictures.guess(container, arranged.entries, lambda: report(_LISTED))
    framing, share = framing_of(config, guess), _READ - _GUESSED
    read = pictures.read_all(container, arranged.entries, framing, lambda done: report(_GUESSED + share * done))
    skipped = [*arranged.skipped, *read.skipped]
    at = np.flatnonzero(read.is_read)
    if len(at) < 2:
        count = "only one of its pictures can be read" if len(at) else "none of its pictures can be read"
        raise NoPictures(f"{place} cannot be used: {count}", skipped)
    classes = classes_of([arranged.names[i] for i in at])
    labels = np.array(classes.labels, np.int64) if classes.names else None
    hashes = read.hashes[at]
    if arranged.is_test is None:
        is_test = stratified_split(hashes, labels, config.test_share, config.split_seed)
        split = f"{100 * config.test_share:.0f} % of {'the pictures' if labels is None else 'each class'} are the test"
    else:
        is_test = np.array(arranged.is_test)[at]
        split = "train and test as the folders say"
        skipped += _taken_twice(arranged, at, hashes, is_test)
    trained = ~is_test & ~np.isin(hashes, hashes[is_test])
    if not (trained.any() and is_test.any()):
        raise NoPictures(f"{place} holds no two pictures that differ, one to train on and one to test with", skipped)
    halves = {"train": np.flatnonzero(trained), "test": np.flatnonzero(is_test)}
    arrays = _apart(read.pixels, at, halves)
    if labels is not None:
        arrays |= {f"{half} labels": labels[chosen] for half, chosen in halves.items()}
    origin = {
        "side": framing.side,
        "colour": "colour" if framing.colour else "grey",
        "guessed": [name for name in ("side", "colour") if getattr(config, name) == GUESSED],
        "classes": _counts(classes.names, arrays),
        "split": split,
        "notes": [classes.note] if classes.note else [],
        "skipped": [each.sentence for each in sorted(skipped)],
    }
    return arrays, origin, all(each.lasts for each in skipped)


def count_at(share: float, total: int) -> int:
    """About how many of ``total`` pictures have been decoded at a share of the progress of `ImageFolder.load`."""
    return round(total * min(max((share - _GUESSED) / (_READ - _GUESSED), 0.0), 1.0))


def framing_of(config: ImagesConfig, guess: Guess) -> Framing:
    """The framing that the knobs ask for, with a guess where they leave it to the data."""
    side = guess.side if config.side == GUESSED else int(config.side)
    colour = guess.colour if config.colour == GUESSED else config.colour == "colour"
    return Framing(side, config.framing, config.ground, colour)


def _taken_twice(
    arranged: Arranged, at: npt.NDArray[np.int64], hashes: npt.NDArray[np.uint64], is_test: npt.NDArray[np.bool_]
) -> list[Skipped]:
    """Training pictures that the test holds too."""
    tested = {int(each): arranged.entries[i].name for i, each in zip(at[is_test], hashes[is_test], strict=True)}
    return [
        Skipped(arranged.entries[i].name, f"has the pixels of {brief(tested[int(each)])}, which is one of the test")
        for i, each in zip(at[~is_test], hashes[~is_test], strict=True)
        if int(each) in tested
    ]


def _apart(
    pixels: Pixels, at: npt.NDArray[np.int64], halves: Mapping[str, npt.NDArray[np.int64]]
) -> dict[str, npt.NDArray[Any]]:
    """Both halves as parts of ``pixels``, whose rows change places: copies would take the memory once more."""
    order = np.concatenate([at[chosen] for chosen in halves.values()])
    _bring_forward(pixels, order)
    arrays, start = {}, 0
    for half, chosen in halves.items():
        arrays[half] = pixels[start : start + len(chosen)]
        start += len(chosen)
    return arrays


def _bring_forward(pixels: Pixels, order: npt.NDArray[np.int64]) -> None:
    """Put row ``order[i]`` at place i, for all i; what else there is ends up behind them."""
    rest = np.setdiff1d(np.arange(len(pixels)), order)
    source = np.concatenate([order, rest])
    is_done = source == np.arange(len(source))
    for start in np.flatnonzero(~is_done).tolist():
        if is_done[start]:
            continue
        first = pixels[start].copy()
        place = start
        while int(source[place]) != start:
            pixels[place] = pixels[source[place]]
            is_done[place] = True
            place = int(source[place])
        pixels[place] = first
        is_done[place] = True


def _counts(classes: tuple[str, ...], arrays: Mapping[str, npt.NDArray[Any]]) -> dict[str, list[int]]:
    """Name of a class -> how many pictures of it train, and how many are the test."""
    if not classes:
        return {}
    counts = [np.bincount(arrays[f"{half} labels"], minlength=len(classes)).tolist() for half in ("train", "test")]
    return dict(zip(classes, map(list, zip(*counts, strict=True)), strict=True))


def account(dataset: Dataset) -> list[str]:
    """What was made of a folder, in sentences: counts, side and colour, classes, split. Not what was skipped."""
    origin = dataset.origin
    guessed = f"; {' and '.join(origin['guessed'])} guessed from the pictures" if origin["guessed"] else ""
    train, test = len(dataset.train), len(dataset.test)
    lines = [
        f"{train + test:,} pictures of {printable(origin['place'])}: {train:,} to train on, {test:,} of the test",
        f"{origin['side']} × {origin['side']} pixels in {origin['colour']}{guessed}",
        origin["split"],
        *origin["notes"],
    ]
    if origin["classes"]:
        lines.append(f"{len(origin['classes']):,} classes:")
        lines += [f"  {name}: {train:,} and {test:,}" for name, (train, test) in origin["classes"].items()]
    return lines
