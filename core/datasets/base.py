"""Datasets, their sources, and the registry of sources. Imports no torch, so that menus open without waiting for it."""

from __future__ import annotations

import functools
import hashlib
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, cast

import numpy as np
import numpy.typing as npt
import typing_extensions

from core.datasets.columns import Columns
from core.datasets.density import Density
from core.foundation.declared import lacking, unusable_call, unusable_config
from core.foundation.extensions import sentence
from core.foundation.nouns import of_points
from core.foundation.params import changed, from_json, to_json
from core.foundation.pixels import LARGEST_SIDE, MOST_COLUMNS, SMALLEST_SIDE, display_side, is_planar, is_points
from core.foundation.quoted import name_of
from core.foundation.reading import Cancelled as Cancelled
from core.foundation.reading import DataError as DataError
from core.foundation.reading import Report as Report
from core.foundation.reading import no_report as no_report
from core.foundation.registry import Registry, UnknownName
from core.foundation.user_error import UserError

if TYPE_CHECKING:
    from core.readers.picture import Framing


@dataclass(frozen=True)
class Images:
    """One split. ``pixels`` uint8 (N, C, H, W); ``labels`` int64 (N,), or None; ``factors`` float32 (N, F), or None.

    Points of D coordinates, 2 to 64, have them as float32 ``pixels`` (N, D, 1, 1), most of them within ±1.
    """

    pixels: npt.NDArray[Any]
    labels: npt.NDArray[np.int64] | None = None
    factors: npt.NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return int(self.pixels.shape[0])


@dataclass(frozen=True)
class Dataset:
    """Training images and test images, which share no image.

    ``density`` is the density that points of a plane were drawn from, where it is known; ``columns`` what the
    coordinates of points stand for, where they come from a table. ``framing``: how its source makes a picture a square,
    where it does.
    """

    name: str
    title: str
    train: Images
    test: Images
    class_names: tuple[str, ...] = ()
    factor_names: tuple[str, ...] = ()
    origin: dict[str, Any] = field(default_factory=dict)
    density: Density | None = None
    columns: Columns | None = None
    framing: Framing | None = None

    def class_name(self, label: int) -> str:
        """The name of a class, or its number where it has none."""
        return self.class_names[label] if 0 <= label < len(self.class_names) else str(label)

    @functools.cached_property
    def fingerprint(self) -> str:
        """SHA-256 of all images and labels. Another one means other data, whatever their name and shape."""
        digest = hashlib.sha256()
        for images in (self.train, self.test):
            for values in (images.pixels, images.labels):
                if values is not None:
                    digest.update(f"{values.dtype} {values.shape}".encode())
                    digest.update(np.ascontiguousarray(values).data)
        return digest.hexdigest()

    @property
    def place(self) -> str:
        """The file or folder that it was read from; "" where it needs none."""
        return str(self.origin.get("place", ""))

    @property
    def points(self) -> bool:
        """Whether it holds points, rows of two or more numbers, not images."""
        return is_points(self.shape)

    @property
    def planar(self) -> bool:
        """Whether it holds points of a plane, which have two coordinates."""
        return is_planar(self.shape)

    @property
    def picture_side(self) -> int:
        """Side of the picture of one item on the screen, pixels."""
        return display_side(self.shape)

    @functools.cached_property
    def has_classes(self) -> bool:
        """Whether the training images are labelled with at least two classes."""
        labels = self.train.labels
        return labels is not None and len(labels) > 0 and bool(labels.min() != labels.max())

    @property
    def noun(self) -> str:
        """What one item is called: "point" or "image"."""
        return "point" if self.points else "image"

    def worded(self, text: str) -> str:
        """A text about images in the words of this data: of points where it holds them."""
        return of_points(text) if self.points else text

    @property
    def shape(self) -> tuple[int, int, int]:
        """(C, H, W)."""
        c, h, w = self.train.pixels.shape[1:]
        return int(c), int(h), int(w)


@dataclass(frozen=True)
class SourceConfig:
    """The config of a source (see `core.foundation.params`); a source with knobs has a subclass."""


S = typing_extensions.TypeVar("S", bound=SourceConfig, default=SourceConfig)


class Source(ABC, Generic[S]):
    """A source of data: one file in this folder with ``@register("name")``. ``Config`` is the class of its knobs."""

    name: ClassVar[str]
    title: ClassVar[str]
    summary: ClassVar[str]
    order: ClassVar[int] = 100
    points: ClassVar[bool] = False
    """Whether its data are points, not images: the value of `Dataset.points` before anything is read."""
    Config: ClassVar[type[SourceConfig]] = SourceConfig

    @abstractmethod
    def load(self, config: S, report: Report) -> Dataset:
        """Read or generate the data: equal configs give equal bytes. Raises `DataError`."""

    def portable_config(self, config: S) -> S:
        """The config to save in a run folder: it must mean the same from another working directory.

        A knob called ``data`` is a path, and becomes absolute.
        """
        data = getattr(config, "data", "")
        return changed(config, "data", str(Path(data).expanduser().absolute())) if data else config


def why_unfit(cls: Any) -> str:
    """Why a class from outside is not a dataset that menus and forms can rely on, in one sentence; "" where it is."""
    return lacking(cls, Source, ("title", "summary")) or unusable_config(cls.Config) or unusable_call(cls)


SOURCES: Registry[Source] = Registry("core.datasets", "dataset", kind="datasets", check=why_unfit)
K = TypeVar("K", bound=type[Source[Any]])


def register(name: str) -> Callable[[K], K]:
    """Class decorator: make a source available under ``name``."""
    return cast(Callable[[K], K], SOURCES.register(name))


def title_of(name: str, config: SourceConfig) -> str:
    """What data are called before they are read: their file or folder, or else their source."""
    place = str(getattr(config, "data", ""))
    return name_of(place) if place else SOURCES.get(name).title


SAMPLE_SEED = 0


def evenly(total: int, count: int) -> npt.NDArray[np.int64]:
    """``count`` indices spread evenly over ``total`` items; all indices where there are fewer items."""
    return np.linspace(0, total - 1, min(count, total)).astype(np.int64)


def at_random(total: int, count: int) -> npt.NDArray[np.int64]:
    """``count`` of ``total`` indices, drawn without repeats and in ascending order, always the same; all where fewer.

    For training images: those of MNIST at odd places are brighter by an eighth, so that `evenly`, whose steps may be
    even, would take too few of them.
    """
    return np.sort(np.random.default_rng(SAMPLE_SEED).permutation(total)[:count])


def load(name: str, config: SourceConfig | None = None, report: Report = no_report) -> Dataset:
    """The dataset of that name, with its default config where none is given.

    Raises `DataError`, also for what its source did not foresee and for data that nothing could train on: the file may
    be somebody's own.
    """
    source = SOURCES.get(name)
    try:
        data = source().load(source.Config() if config is None else config, report)
        trouble = why_unusable(name, data)
    except (UserError, Cancelled):
        raise
    except (Exception, SystemExit) as error:
        file = str(getattr(sys.modules.get(source.__module__), "__file__", ""))
        raise DataError(f"{source.title} cannot be read: {sentence(error, file)}") from error
    if trouble:
        raise DataError(f"{source.title} cannot be used: {trouble}")
    return data


def why_unusable(name: str, data: Any) -> str:
    """Why nothing could train on data that a source of that name returned, in one sentence; "" where it can."""
    if not isinstance(data, Dataset):
        return f"its load returns {type(data).__name__}, not a Dataset"
    if data.name != name:
        return f"its load calls the data '{data.name}', not '{name}'"
    for images in (data.train, data.test):
        if trouble := _unusable_images(images):
            return trouble
    if data.train.pixels.shape[1:] != data.test.pixels.shape[1:]:
        return "its train and test images have different shapes"
    if (data.train.labels is None) != (data.test.labels is None):
        return "only one of train and test has labels"
    return ""


def _unusable_images(images: Images) -> str:
    pixels = images.pixels
    if not isinstance(pixels, np.ndarray) or pixels.ndim != 4 or not len(pixels):
        return "pixels must be an array (N, C, H, W) with N > 0"
    _, channels, height, width = pixels.shape
    points = is_points(pixels.shape[1:])
    if not points and (channels not in (1, 3) or height != width or not SMALLEST_SIDE <= height <= LARGEST_SIDE):
        sides = f"{SMALLEST_SIDE} to {LARGEST_SIDE} pixels"
        if (height, width) == (1, 1):
            return f"points must have 2 to {MOST_COLUMNS} coordinates, not {channels}"
        return f"images must be grey or RGB squares of {sides}, not {channels} × {height} × {width}"
    if pixels.dtype != (np.float32 if points else np.uint8) or (points and not np.isfinite(pixels).all()):
        return f"{'points must be finite float32' if points else 'images must be uint8'}, not {pixels.dtype}"
    if not (pixels.flags.c_contiguous and pixels.flags.writeable):
        return "pixels must be contiguous and writable; copy them with numpy.array"
    labels, factors = images.labels, images.factors
    if labels is not None and (labels.dtype != np.int64 or labels.shape != (len(pixels),) or labels.min() < 0):
        return "labels must be int64 (N,) from 0 on"
    if factors is not None and (factors.dtype != np.float32 or factors.ndim != 2 or len(factors) != len(pixels)):
        return "factors must be float32 (N, F)"
    return ""


def describe(dataset: Dataset, config: SourceConfig) -> dict[str, Any]:
    """A dataset's description for a run folder, in plain values: enough to load it again, or to decode without it."""
    return {
        "name": dataset.name,
        "title": dataset.title,
        "shape": list(dataset.shape),
        "class_names": list(dataset.class_names),
        **({} if dataset.columns is None else {"columns": dataset.columns.to_json()}),
        "config": to_json(SOURCES.get(dataset.name)().portable_config(config)),
        "sha256": dataset.fingerprint,
    }


def changed_data(dataset: Dataset, data: Mapping[str, Any]) -> str:
    """How a dataset differs from the description of a saved run, in one sentence; "" where it does not.

    Descriptions of earlier versions hold no fingerprint: then nothing is known to differ.
    """
    if data.get("sha256") in (None, dataset.fingerprint):
        return ""
    return f"{dataset.title} holds other {dataset.noun}s or labels now than when the run was trained"


def source_config_of(data: Mapping[str, Any]) -> SourceConfig:
    """The config of the source in a description made by `describe`. Raises `DataError` or `KnobError`."""
    try:
        source = SOURCES.get(str(data.get("name")))
    except UnknownName as error:
        raise DataError(f"{error}; a dataset of your own needs its file in {SOURCES.folder}") from None
    return from_json(source.Config, data.get("config", {}))


def reload(data: Mapping[str, Any], report: Report = no_report) -> tuple[Dataset, SourceConfig]:
    """Load the dataset of a description made by `describe`; also returns the config of its source.

    Raises `DataError` or `KnobError` if the data are missing or have another shape.
    """
    config = source_config_of(data)
    dataset = load(str(data.get("name")), config, report)
    if list(dataset.shape) != list(data.get("shape", ())):
        sides = f"{dataset.shape[0]} coordinates" if dataset.points else " × ".join(map(str, dataset.shape))
        what = f"{dataset.noun}s of {sides}"
        raise DataError(f"{dataset.title} holds {what} now, not those of the saved run: find the old ones")
    return dataset, config
