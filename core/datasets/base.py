"""What a dataset is, and how one is found. numpy only: menus must not wait for torch."""

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
"""Called with the share done, 0 to 1. It may raise `Cancelled`."""


class DataError(UserError):
    """Data that cannot be used. ``str(error)`` names the file, the reason and the way out, in one sentence."""


class Cancelled(Exception):
    """The person pressed Cancel while data was being read."""


@dataclass(frozen=True)
class Images:
    """One split. ``pixels`` uint8 (N, C, H, W); ``labels`` int64 (N,), or None; ``factors`` float32 (N, F), or None.

    Points of a plane are float32 coordinates (N, 2, 1, 1), most of them within ±1.
    """

    pixels: npt.NDArray[Any]
    labels: npt.NDArray[np.int64] | None = None
    factors: npt.NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return int(self.pixels.shape[0])


@dataclass(frozen=True)
class Dataset:
    """Images for training and, always apart from them, for testing.

    ``density`` is what points of a plane were drawn from, where that is known.
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
        """The name of a class, its number where it has none."""
        return self.class_names[label] if 0 <= label < len(self.class_names) else str(label)

    @property
    def points(self) -> bool:
        """Whether it holds points of a plane, not images."""
        return self.shape == (2, 1, 1)

    @property
    def noun(self) -> str:
        """What one of them is called."""
        return "point" if self.points else "image"

    @property
    def shape(self) -> tuple[int, int, int]:
        """(C, H, W)."""
        c, h, w = self.train.pixels.shape[1:]
        return int(c), int(h), int(w)


@dataclass(frozen=True)
class NoConfig:
    """For a source that has nothing to choose."""


class Source(ABC):
    """One file in this folder with ``@register("name")``. ``Config`` holds its knobs (see `core.foundation.params`)."""

    name: ClassVar[str]
    title: ClassVar[str]
    summary: ClassVar[str]
    order: ClassVar[int] = 100
    points: ClassVar[bool] = False
    """Whether it holds points of a plane, not images: `Dataset.points` before anything is read."""
    Config: ClassVar[type] = NoConfig

    @abstractmethod
    def load(self, config: Any, report: Report) -> Dataset:
        """Read or make the data. Raises `DataError` with one plain sentence; same config, same bytes."""

    def remembered(self, config: Any) -> Any:
        """The config as a run folder keeps it: it must mean the same when it is read in another place."""
        return config


SOURCES: Registry[Source] = Registry("core.datasets", "dataset")
register = SOURCES.register


def evenly(total: int, count: int) -> npt.NDArray[np.int64]:
    """``count`` indices spread evenly over ``total``; all of them where there are fewer."""
    return np.linspace(0, total - 1, min(count, total)).astype(np.int64)


def silent(_: float) -> None:
    """A `Report` that tells nobody."""


def load(name: str, config: Any = None, report: Report = silent) -> Dataset:
    """The dataset of that name, with its default config where none is given."""
    source = SOURCES.get(name)()
    return source.load(source.Config() if config is None else config, report)


def describe(dataset: Dataset, config: Any) -> dict[str, Any]:
    """What a run folder says of its data: enough to load it again and to decode without it. Plain values."""
    return {
        "name": dataset.name,
        "title": dataset.title,
        "shape": list(dataset.shape),
        "class_names": list(dataset.class_names),
        "config": to_json(SOURCES.get(dataset.name)().remembered(config)),
    }


def reload(data: Mapping[str, Any], report: Report = silent) -> tuple[Dataset, Any]:
    """The dataset that `describe` told of, and the config of its source.

    Raises `DataError`, `UnknownName` or `KnobError` if it is not there any more, or is not the same.
    """
    source = SOURCES.get(str(data.get("name")))
    config: Any = from_json(source.Config, data.get("config", {}))
    dataset = load(source.name, config, report)
    if list(dataset.shape) != list(data.get("shape", ())):
        sides = " × ".join(map(str, dataset.shape))
        raise DataError(f"{dataset.title} holds images of {sides} now, not those of the saved run: find the old ones")
    return dataset, config
