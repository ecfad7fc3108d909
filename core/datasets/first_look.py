"""What data hold, to be seen before anything trains on them, and which source reads a file or folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.datasets.base import SOURCES, DataError, Dataset, Report, SourceConfig, evenly
from core.datasets.image_preview import Preview, preview
from core.datasets.images import ImagesConfig, framing_of
from core.datasets.kinds import source_of
from core.datasets.shared import load
from core.foundation.params import changed, knobs, to_json
from core.foundation.pixels import display_bytes, histogram_image, is_planar, is_points
from core.foundation.quoted import name_of
from core.foundation.registry import UnknownName
from core.readers import archive, picture, tensor_cache
from core.readers.table import ENDINGS as TABLES

SHOWN = 48
"""Number of images that are shown."""
THUMBNAILS = 8
"""Number of images on a card."""
THUMBNAIL_PX = 32
"""Side up to which they are kept, pixels."""
THUMBNAIL_POINTS = 5_000
"""Number of points whose histogram is a thumbnail."""
LARGE_SIDE = 96
"""Side from which a step takes so long that it is said before training starts, pixels."""
FILE_ENDINGS = (*archive.ENDINGS, ".npy", ".npz", *TABLES, ".mat", ".bin", ".gz", "-ubyte", ".idx")
"""How names of files end that a source may read, besides pictures."""
_TRAIN_IMAGES = "train_images"
_VERSION = 1


@dataclass(frozen=True)
class FirstLook:
    """Data as they would be trained on. ``pixels`` (N, C, H, W), at most `SHOWN`; ``train`` and ``test`` are counts.

    ``classes``: number of images by class. ``is_sample``: only some images were read, so that counts are of names and
    ``skipped`` (a sentence each) may grow. ``dataset`` is what was read whole, else None.
    """

    name: str
    title: str
    config: SourceConfig
    pixels: npt.NDArray[Any]
    shape: tuple[int, int, int]
    train: int
    test: int
    classes: Mapping[str, int]
    notes: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    dataset: Dataset | None = None
    sample: Preview | None = None

    @property
    def is_sample(self) -> bool:
        """Whether the rest is still to be read."""
        return self.dataset is None


def look_at(name: str, config: SourceConfig, report: Report, before: FirstLook | None = None) -> FirstLook:
    """Look at data by the name of their source. Of pictures a sample is read, of all else everything.

    ``before``: an earlier look, whose pictures are framed again where only their framing differs. Raises `DataError`.
    """
    if not isinstance(config, ImagesConfig):
        return look_of(load(name, config, report), config)
    sample = None
    if before is not None and isinstance(before.config, ImagesConfig) and before.config.data == config.data:
        sample = before.sample
    return _look_at_sample(sample or preview(config.data, SHOWN, report), config)


def _look_at_sample(sample: Preview, config: ImagesConfig) -> FirstLook:
    framing = framing_of(config, sample.guess)
    test = sample.test_count
    if test is None:
        test = max(1, round(config.test_share * sample.count))
    guessed = [word for word in ("side", "colour") if getattr(config, word) == "guess"]
    notes = [f"{' and '.join(guessed).capitalize()} guessed from the pictures"] if guessed else []
    return FirstLook(
        "images",
        name_of(config.data),
        config,
        sample.images(config),
        framing.shape,
        sample.count - test,
        test,
        dict(sample.classes),
        tuple(notes),
        sample.skipped,
        None,
        sample,
    )


def look_of(dataset: Dataset, config: SourceConfig) -> FirstLook:
    """The look of data that were read."""
    origin = dataset.origin
    return FirstLook(
        dataset.name,
        dataset.title,
        config,
        _some(dataset, SHOWN),
        dataset.shape,
        len(dataset.train),
        len(dataset.test),
        _counts(dataset),
        _notes(origin),
        tuple(map(str, origin.get("skipped", origin.get("left_out", ())))),
        dataset,
    )


def _some(dataset: Dataset, count: int) -> npt.NDArray[Any]:
    """Training images evenly spread over all and over the classes by turns. Points: the first of them."""
    pixels, labels = dataset.train.pixels, dataset.train.labels
    if is_planar(dataset.shape):
        return pixels[:THUMBNAIL_POINTS]
    spread = evenly(len(pixels), count)
    if labels is None:
        return pixels[spread]
    firsts = np.sort(np.unique(labels, return_index=True)[1])[:count]
    rest = spread[~np.isin(spread, firsts)]
    chosen = np.sort(np.concatenate([firsts, rest])[:count])
    kinds = labels[chosen]
    turns = np.array([np.count_nonzero(kinds[:at] == kind) for at, kind in enumerate(kinds)])
    shown: npt.NDArray[Any] = pixels[chosen[np.argsort(turns, kind="stable")]]
    return shown


def _counts(dataset: Dataset) -> dict[str, int]:
    if not dataset.has_classes:
        return {}
    labels = [half.labels for half in (dataset.train, dataset.test) if half.labels is not None]
    counts = np.bincount(np.concatenate(labels))
    return {dataset.class_name(label): int(count) for label, count in enumerate(counts.tolist()) if count}


def _notes(origin: Mapping[str, Any]) -> tuple[str, ...]:
    """What a source tells of its reading in sentences or words: how it was split, the layout and range of arrays."""
    notes = [str(note) for note in origin.get("notes", ())]
    notes += [
        f"{label}: {origin[key]}"
        for key, label in (("split", "Split"), ("layout", "Layout"), ("range", "Range"), ("labels", "Labels"))
        if origin.get(key)
    ]
    return tuple(notes)


# --- which source ----------------------------------------------------------------------------------------------------


def is_picture(place: str) -> bool:
    """Whether a file is a picture by its ending."""
    return place.lower().endswith(picture.ENDINGS)


def sources_of(place: str) -> tuple[str, ...]:
    """Names of the sources that may read a file or folder: the likeliest first, those of the user's own last."""
    first = source_of(Path(place))
    others = [name for name in ("images", "arrays", "table") if name != first]
    own = [name for name in SOURCES.names() if name not in (first, *others) and _reads_files(name)]
    return first, *others, *own


def _reads_files(name: str) -> bool:
    return any(knob.name == "data" for knob in knobs(SOURCES.get(name).Config))


def look_into(place: str, report: Report) -> FirstLook:
    """Look at a file or folder by whichever source can read it. Raises the `DataError` of the likeliest."""
    first: DataError | None = None
    for name in sources_of(place):
        source = SOURCES.get(name)
        try:
            return look_at(name, changed(source.Config(), "data", place), report)
        except DataError as error:
            first = first or error
    raise first or DataError(f"{place} cannot be read: choose another file or folder")


# --- cards -----------------------------------------------------------------------------------------------------------


def thumbnails(name: str, config: SourceConfig, report: Report) -> npt.NDArray[np.uint8]:
    """`THUMBNAILS` images of a source, (N, H, W) or (N, H, W, 3), from the cache where they are. Raises `DataError`.

    Of what is drawn at random as few as can be are drawn.
    """
    key = _thumbnail_key(name, config)
    found = tensor_cache.find(key)
    if found is not None and "images" in found[0]:
        return found[0]["images"]
    return keep_thumbnails(_least(name, config, report), name, config)


def _least(name: str, config: SourceConfig, report: Report) -> FirstLook:
    """A look at the fewest images that the source can make."""
    if getattr(config, "data", ""):
        return look_at(name, config, report)
    for knob in knobs(type(config)):
        if knob.name == _TRAIN_IMAGES and knob.param.low is not None:
            config = changed(config, knob.name, int(knob.param.low))
    return look_of(load(name, config, report), config)


def keep_thumbnails(look: FirstLook, name: str, config: SourceConfig) -> npt.NDArray[np.uint8]:
    """The thumbnails of a look, which are put into the cache too."""
    images = thumbnails_of(look)
    tensor_cache.keep(_thumbnail_key(name, config), {"images": images}, {}, lambda: None)
    return images


def thumbnails_of(look: FirstLook) -> npt.NDArray[np.uint8]:
    """The first images of a look, (N, H, W) or (N, H, W, 3); of points their histogram, of all and of each class."""
    if is_planar(look.shape):
        return _histograms(look)
    images = display_bytes(look.pixels[:THUMBNAILS])
    step = max(1, images.shape[1] // THUMBNAIL_PX)
    side = images.shape[1] // step * step
    blocks = images[:, :side, :side].reshape(len(images), side // step, step, side // step, step, *images.shape[3:])
    means: npt.NDArray[np.uint8] = np.rint(blocks.mean((2, 4))).astype(np.uint8)
    return means


def _histograms(look: FirstLook) -> npt.NDArray[np.uint8]:
    points = look.pixels[:, :, 0, 0]
    parts = [points]
    labels = None if look.dataset is None else look.dataset.train.labels
    if labels is not None and len(look.classes) > 1:
        some = labels[: len(points)]
        parts += [points[some == label] for label in np.unique(some)[: THUMBNAILS - 1]]
    return np.stack([histogram_image(part) for part in parts])


def _thumbnail_key(name: str, config: SourceConfig) -> str:
    try:
        title = SOURCES.get(name).title
    except UnknownName:
        title = ""
    return tensor_cache.key_of("thumbnails", _VERSION, name, title, to_json(config))


def sizes_in_words(look: FirstLook) -> str:
    """Counts and shape in one line: "17,000 to train on, 3,000 to test with · 64 × 64 in colour"."""
    about = "about " if look.is_sample else ""
    channels, height, width = look.shape
    if is_planar(look.shape):
        kind = "points of a plane"
    elif is_points(look.shape):
        kind = f"rows of {channels} numbers"
    else:
        kind = f"{width} × {height} in {'colour' if channels == 3 else 'grey'}"
    return f"{about}{look.train:,} to train on, {look.test:,} to test with · {kind}"


def what_is_slow(shape: Sequence[int]) -> str:
    """What gets slow with images of this shape, in one sentence; "" where nothing does."""
    side = shape[-1]
    if side < LARGE_SIDE:
        return ""
    times = round(side * side / (64 * 64), 1)
    return (
        f"At {side} pixels a step takes about {times:g} times as long as at 64; maps, samples and measures follow "
        "more slowly."
    )
