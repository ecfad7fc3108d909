"""Datasets, their sources, and the registry of sources. Imports no torch, so that menus open without waiting for it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from core.datasets.density import Density
from core.foundation.params import from_json, to_json
from core.foundation.registry import Registry
from core.foundation.user_error import UserError

Report = Callable[[float], None]
"""A progress callback: called with the share done, 0 to 1. It may raise `Cancelled`."""


class DataError(UserError):
    """Data that cannot be used. ``str(error)`` is one sentence: the file, the reason, and how to put it right."""


class Cancelled(Exception):
    """The user cancelled the reading of a dataset."""


@dataclass(frozen=True)
class Images:
    """One split. ``pixels`` uint8 (N, C, H, W); ``labels`` int64 (N,), or None; ``factors`` float32 (N, F), or None.

    Points of a plane have float32 coordinates (N, 2, 1, 1) as ``pixels``, most of them within ±1.
    """

    pixels: npt.NDArray[Any]
    labels: npt.NDArray[np.int64] | None = None
    factors: npt.NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return int(self.pixels.shape[0])


@dataclass(frozen=True)
class Dataset:
    """Training images and test images, which share no image.

    ``density`` is the density that points of a plane were drawn from, where it is known.
    """

    name: str
    title: str
    train: Images
    test: Images
    class_names: tuple[str, ...] = ()
    factor_names: tuple[str, ...] = ()
    origin: dict[str, Any] = field(default_factory=dict)
    density: Density | None = None

    def class_name(self, label: int) -> str:
        """The name of a class, or its number where it has none."""
        return self.class_names[label] if 0 <= label < len(self.class_names) else str(label)

    @property
    def points(self) -> bool:
        """Whether it holds points of a plane, not images."""
        return self.shape == (2, 1, 1)

    @property
    def noun(self) -> str:
        """What one item is called: "point" or "image"."""
        return "point" if self.points else "image"

    @property
    def shape(self) -> tuple[int, int, int]:
        """(C, H, W)."""
        c, h, w = self.train.pixels.shape[1:]
        return int(c), int(h), int(w)


@dataclass(frozen=True)
class NoConfig:
    """The config of a source without knobs."""


class Source(ABC):
    """A source of data: one file in this folder with ``@register("name")``. ``Config`` is the class of its knobs."""

    name: ClassVar[str]
    title: ClassVar[str]
    summary: ClassVar[str]
    order: ClassVar[int] = 100
    points: ClassVar[bool] = False
    """Whether its data are points of a plane, not images: the value of `Dataset.points` before anything is read."""
    Config: ClassVar[type] = NoConfig

    @abstractmethod
    def load(self, config: Any, report: Report) -> Dataset:
        """Read or generate the data: equal configs give equal bytes. Raises `DataError`."""

    def portable_config(self, config: Any) -> Any:
        """The config to save in a run folder: it must mean the same from another working directory."""
        return config


SOURCES: Registry[Source] = Registry("core.datasets", "dataset")
register = SOURCES.register


def evenly(total: int, count: int) -> npt.NDArray[np.int64]:
    """``count`` indices spread evenly over ``total`` items; all indices where there are fewer items."""
    return np.linspace(0, total - 1, min(count, total)).astype(np.int64)


def no_report(_: float) -> None:
    """A `Report` that does nothing."""


def load(name: str, config: Any = None, report: Report = no_report) -> Dataset:
    """Load a dataset by the name of its source, with the default config if none is given."""
    source = SOURCES.get(name)()
    return source.load(source.Config() if config is None else config, report)


def describe(dataset: Dataset, config: Any) -> dict[str, Any]:
    """A dataset's description for a run folder, in plain values: enough to load it again, or to decode without it."""
    return {
        "name": dataset.name,
        "title": dataset.title,
        "shape": list(dataset.shape),
        "class_names": list(dataset.class_names),
        "config": to_json(SOURCES.get(dataset.name)().portable_config(config)),
    }


def reload(data: Mapping[str, Any], report: Report = no_report) -> tuple[Dataset, Any]:
    """Load the dataset of a description made by `describe`; also returns the config of its source.

    Raises `DataError`, `UnknownName` or `KnobError` if the data are missing or have another shape.
    """
    source = SOURCES.get(str(data.get("name")))
    config: Any = from_json(source.Config, data.get("config", {}))
    dataset = load(source.name, config, report)
    if list(dataset.shape) != list(data.get("shape", ())):
        sides = " × ".join(map(str, dataset.shape))
        raise DataError(f"{dataset.title} holds images of {sides} now, not those of the saved run: find the old ones")
    return dataset, config
