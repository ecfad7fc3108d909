"""What a measure is: a number about a snapshot, with its sample size, interval, cost, and a perfect model's reading.

A measure is one file in this folder with ``@register("name")``. It then appears in the Compare view, in ``evaluate``,
in the reports and in the contract tests. Definitions and sources are in the docstring of each file.
"""

from __future__ import annotations

import dataclasses
import math
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from core.foundation.declared import lacking, unusable_call
from core.foundation.extensions import sentence
from core.foundation.registry import Registry
from core.foundation.slices import Work

if TYPE_CHECKING:
    from core.datasets.base import Dataset
    from core.evaluation.model_side import ModelSide
    from core.models.base import Model

NO_ENCODER = "A GAN has no encoder."
ONLY_POINTS = "Only for points of a plane."
NO_IMAGES = "These are points of a plane, not images."
NO_CLASSES = "The images have no labels."


@dataclass(frozen=True)
class Measured:
    """The result of a measure. ``low`` and ``high`` are a 95 % interval, NaN where an end is not known.

    ``n`` images or draws were measured, ``against`` real ones where it compares two sets. ``floor`` is what a perfect
    model reads at these sizes. ``parts`` are the numbers behind it, by name (per dimension, per mode, per k).
    ``each`` (N,) are the values whose mean it is, in the order of the images, where `difference` can use them.
    `core.metrics.base.measured` fills in ``seconds`` of processor time, the ``step`` and the ``sampler``.
    """

    value: float
    low: float = math.nan
    high: float = math.nan
    n: int = 0
    against: int = 0
    floor: float | None = None
    parts: tuple[tuple[str, float], ...] = ()
    seconds: float = 0.0
    step: int = 0
    sampler: str = ""
    each: npt.NDArray[np.float64] | None = field(default=None, repr=False, compare=False)


class Metric(ABC):
    """One measure. Subclasses are final and have no state."""

    name: ClassVar[str]
    title: ClassVar[str]
    unit: ClassVar[str] = ""
    formula: ClassVar[str]
    help: ClassVar[str]
    """One or two sentences: what it says, and what a good value is."""
    source: ClassVar[str] = ""
    order: ClassVar[int] = 100
    better: ClassVar[int] = 0
    """-1: lower is better, +1: higher, 0: neither."""
    decimals: ClassVar[int] = 2
    of_samples: ClassVar[bool] = False
    """Whether it is computed from samples, and so depends on the sampler of z."""
    expensive: ClassVar[bool] = False
    """Whether it takes more than about a second: the window computes it only while nothing trains, or on request."""

    @classmethod
    @abstractmethod
    def why_not(cls, model: type[Model], dataset: Dataset) -> str:
        """Why the measure does not exist for this model on this data, in one sentence; "" where it does."""

    @abstractmethod
    def measure(self, model_side: ModelSide) -> Work[Measured]:
        """Compute it, yielding at least every 50 ms or so."""


def why_unfit(cls: Any) -> str:
    """Why a class from outside is not a measure that tables can rely on, in one sentence; "" where it is."""
    if trouble := lacking(cls, Metric, ("title", "formula", "help")) or unusable_call(cls):
        return trouble
    if not isinstance(cls.unit, str) or not isinstance(cls.source, str):
        return f"{cls.__name__}.unit and source must be texts"
    if cls.better not in (-1, 0, 1):
        return f"{cls.__name__}.better must be -1, 0 or 1"
    if not isinstance(cls.decimals, int) or not 0 <= cls.decimals <= 9:
        return f"{cls.__name__}.decimals must be a whole number from 0 to 9"
    return ""


METRICS: Registry[Metric] = Registry(
    "core.metrics", "measure", kind="metrics", check=why_unfit, reserved=("step", "seconds")
)
register = METRICS.register


def measured(metric: Metric, model_side: ModelSide) -> Work[Measured]:
    """Run a measure and note its cost, step and sampler.

    Raises TypeError where a measure of somebody's own is no generator, or returns no `Measured`.
    """
    spent = 0.0
    work = metric.measure(model_side)
    if not isinstance(work, Iterator):
        raise TypeError("its measure is no generator: write a yield into it, and return the Measured")
    while True:
        began = time.thread_time()
        try:
            next(work)
        except StopIteration as done:
            answer = done.value
            break
        finally:
            spent += time.thread_time() - began
        yield
    if not isinstance(answer, Measured):
        raise TypeError(f"its measure returns {type(answer).__name__}, not a Measured")
    drawn = model_side.sampler if metric.of_samples else ""
    return dataclasses.replace(
        answer, value=float(answer.value), seconds=spent, step=model_side.snapshot.step, sampler=drawn
    )


def applicable(model: type[Model], dataset: Dataset) -> tuple[str, ...]:
    """The names of the measures that exist for such a model on such data."""
    return tuple(name for name in METRICS.names() if not why_missing(METRICS.get(name), model, dataset))


def why_missing(metric: type[Metric], model: type[Model], dataset: Dataset) -> str:
    """`Metric.why_not`; a measure of somebody's own that cannot even say so is missing, and costs no other one."""
    try:
        return str(metric.why_not(model, dataset))
    except Exception as error:
        return f"It cannot say whether it exists here: {sentence(error)}."


def mean_of(values: npt.NDArray[Any], scale: float = 1.0, **facts: Any) -> Measured:
    """The mean of independent values (N,) times ``scale``, with its normal 95 % interval."""
    n = len(values)
    mean = float(values.mean(dtype=np.float64)) * scale
    half = 1.96 * float(values.std(dtype=np.float64)) * scale / math.sqrt(n) if n > 1 else math.nan
    each = scale * values.astype(np.float64)
    return Measured(mean, mean - half, mean + half, n=n, each=each, **facts)


def difference(one: Measured, other: Measured) -> Measured | None:
    """The mean of one less the mean of the other with its own interval, image by image; None where they do not pair.

    Both must be of the same images or draws in the same order: then what makes an image hard for both cancels.
    """
    if one.each is None or other.each is None or len(one.each) != len(other.each):
        return None
    return mean_of(one.each - other.each)


def share_of(hits: int, n: int, **facts: Any) -> Measured:
    """A share in per cent with its 95 % interval (Wilson 1927)."""
    z = 1.96
    p = hits / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    low, high = max(0.0, min(p, middle - half)), min(1.0, max(p, middle + half))  # rounding, where none or all hit
    return Measured(100 * p, 100 * low, 100 * high, n=n, **facts)


def jackknifed(value: float, without: npt.NDArray[Any], least: float, most: float, **facts: Any) -> Measured:
    """A value with a 95 % interval from the values (G,) without each of G equal groups.

    Efron & Tibshirani 1993, ch. 11; for measures that resampling with repeats would bias. The interval stays within
    ``least`` and ``most``.
    """
    groups = len(without)
    spread = math.sqrt((groups - 1) / groups * float(np.square(without - without.mean()).sum()))
    return Measured(value, max(least, value - 1.96 * spread), min(most, value + 1.96 * spread), **facts)
