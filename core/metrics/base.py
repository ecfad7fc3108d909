"""What a measure is: a number about a snapshot, with its sample size, interval, cost, and a perfect model's reading.

A measure is one file in this folder with ``@register("name")``. It then appears in the Compare view, in ``evaluate``,
in the reports and in the contract tests. Definitions and sources are in the docstring of each file.
"""

from __future__ import annotations

import dataclasses
import math
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from core.foundation.declared import lacking, unusable_call
from core.foundation.extensions import sentence
from core.foundation.finite import NoneFinite
from core.foundation.registry import Registry
from core.foundation.slices import Work
from core.theory import intervals, neighbours

if TYPE_CHECKING:
    from core.datasets.base import Dataset
    from core.evaluation.model_side import ModelSide
    from core.models.base import Model

Rows = npt.NDArray[Any]

LOPSIDED = 2.0
"""An interval whose sides differ by more than this factor is written by its two ends."""
NO_ENCODER = "A GAN has no encoder."
ONLY_POINTS = "Only for points, not for images."
ONLY_PLANE = "Only for points of a plane."
NO_IMAGES = "These are points, not images."
NO_CLASSES = "The images have no labels."
ONE_CLASS = "All training images have the same label."


@dataclass(frozen=True)
class Measured:
    """The result of a measure. ``low`` and ``high`` are a 95 % interval, NaN where an end is not known.

    ``n`` images or draws were measured, ``against`` real ones where it compares two sets. ``floor`` is what a perfect
    model reads at these sizes. ``parts`` are the numbers behind it, by name (per dimension, per mode, per k).
    ``not_finite`` more images or draws were left out, because what the model made of them holds NaN or infinity.
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
    not_finite: int = 0
    each: npt.NDArray[np.float64] | None = field(default=None, repr=False, compare=False)

    def interval(self, written: Callable[[float], str]) -> str:
        """The interval in words: "± 1.2" by its longer side, "0.00 to 25.1" where its sides differ a lot.

        "" where an end is not known or infinite. ``written`` says how a number is written.
        """
        sides = self.value - self.low, self.high - self.value
        if not all(map(math.isfinite, sides)):
            return ""
        if max(sides) > LOPSIDED * min(sides):
            return f"{written(self.low)} to {written(self.high)}"
        return f"± {written(max(sides))}"


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
    """Whether it may take more than about a second: the window measures it last in a round, and while something trains
    on as many images as `ModelSide.affordable` gives."""

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
    model_side.spent_s, model_side.was_cut = 0.0, False
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
        except NoneFinite as nothing:
            answer = Measured(math.nan, not_finite=nothing.count)
            break
        finally:
            model_side.spent_s += time.thread_time() - began
        yield
    if not isinstance(answer, Measured):
        raise TypeError(f"its measure returns {type(answer).__name__}, not a Measured")
    drawn = model_side.sampler if metric.of_samples else ""
    return dataclasses.replace(
        answer, value=float(answer.value), seconds=model_side.spent_s, step=model_side.snapshot.step, sampler=drawn
    )


def why_nothing(answer: Measured, metric: type[Metric], dataset: Dataset) -> str:
    """Why a measure brought no number on this data, in one sentence; "" where it did."""
    if math.isfinite(answer.value):
        return ""
    if answer.not_finite and not answer.n:
        what = dataset.worded(counted(metric))
        return f"None of its {answer.not_finite:,} {what} is finite: they hold NaN or infinity."
    return "What was measured is no number."


def left_out(answer: Measured, metric: type[Metric]) -> str:
    """How many were left out because they are not finite, in one sentence; "" where none was."""
    if not answer.not_finite:
        return ""
    whole = f"{answer.n + answer.not_finite:,} {counted(metric)}"
    return f"{answer.not_finite:,} of {whole} left out: NaN or infinity."


def counted(metric: type[Metric]) -> str:
    """What a measure counts: samples, or images of the test set."""
    return "samples" if metric.of_samples else "test images"


def why_no_plane(dataset: Dataset) -> str:
    """Why there is no plane to measure in, in one sentence; "" where the data are points of one."""
    if dataset.planar or not dataset.points:
        return "" if dataset.planar else ONLY_PLANE
    return f"These points have {dataset.shape[0]} coordinates, not the two of a plane."


def why_no_classes(dataset: Dataset) -> str:
    """Why there are no classes to count, in one sentence; "" where images are labelled with two classes or more."""
    if dataset.points:
        return NO_IMAGES
    if dataset.train.labels is None:
        return NO_CLASSES
    return "" if dataset.has_classes else ONE_CLASS


def applicable(model: type[Model], dataset: Dataset) -> tuple[str, ...]:
    """The names of the measures that exist for such a model on such data."""
    return tuple(name for name in METRICS.names() if not why_missing(METRICS.get(name), model, dataset))


def why_missing(metric: type[Metric], model: type[Model], dataset: Dataset) -> str:
    """`Metric.why_not`; a measure of somebody's own that cannot even say so is missing, and costs no other one."""
    try:
        return str(metric.why_not(model, dataset))
    except Exception as error:
        return f"It cannot say whether it exists here: {sentence(error)}."


def too_few(dataset: Dataset, tests: int = 0, trains: int = 0) -> str:
    """Why a measure that takes so many test and training images does not exist, in one sentence; "" where it does."""
    for images, least, which in ((dataset.test, tests, "test"), (dataset.train, trains, "training")):
        if len(images) < least:
            held = "none" if not len(images) else f"only {len(images)}"
            there = f"there {'is' if len(images) < 2 else 'are'} {held}"
            return f"It takes at least {least} {which} {dataset.noun}s, and {there}."
    return ""


def mean_of(values: Rows, scale: float = 1.0, not_finite: int = 0, **facts: Any) -> Measured:
    """The mean of independent values (N,) times ``scale``, with its 95 % interval by Student's t.

    Of the finite values; the others are counted, beside ``not_finite`` that were left out before.
    """
    finite = values[np.isfinite(values)]
    not_finite += len(values) - len(finite)
    if not len(finite):
        raise NoneFinite(not_finite)
    each = scale * np.asarray(values, np.float64)
    mean, half = (scale * each for each in intervals.of_mean(finite))
    return Measured(mean, mean - half, mean + half, n=len(finite), not_finite=not_finite, each=each, **facts)


def difference(one: Measured, other: Measured) -> Measured | None:
    """The mean of one less the mean of the other with its own interval, image by image; None where they do not pair.

    Both must be of the same images or draws in the same order: then what makes an image hard for both cancels.
    """
    if one.each is None or other.each is None or len(one.each) != len(other.each):
        return None
    try:
        return mean_of(one.each - other.each)
    except NoneFinite:
        return None


def share_of(hits: int, n: int, **facts: Any) -> Measured:
    """A share of independent trials in per cent, with its 95 % interval (Wilson 1927)."""
    low, high = intervals.wilson(hits / n, n)
    return Measured(100 * hits / n, 100 * low, 100 * high, n=n, **facts)


def share_of_dependent(share: float, rows: int, deviation: float, degrees: int, **facts: Any) -> Measured:
    """A share of rows that depend on each other, in per cent; without an interval where the deviation is NaN."""
    if math.isnan(deviation):
        return Measured(100 * share, **facts)
    low, high = intervals.wilson_of_dependent(share, rows, deviation, degrees)
    return Measured(100 * share, 100 * low, 100 * high, **facts)


def share_by_neighbours(model_side: ModelSide, name: Literal["precision", "recall", "coverage"]) -> Work[Measured]:
    """One of the shares of `core.theory.prdc.Prdc`, of samples or of test images, with that of a perfect model."""
    compared = yield from model_side.sample_neighbours()
    spread = yield from model_side.neighbour_deviations()
    perfect = yield from model_side.real_side.perfect_neighbours()
    samples, images = len(compared.precise), len(compared.recalled)
    share, deviation, floor = (getattr(each, name) for each in (compared, spread, perfect))
    return share_of_dependent(
        share,
        samples if name == "precision" else images,
        deviation,
        spread.degrees,
        n=samples,
        against=images,
        floor=100 * floor,
        not_finite=model_side.draws - samples,
    )


def share_beyond(drawn: Rows, known: Rows, **facts: Any) -> Measured:
    """The share in per cent of draws (M,) that are farther than 95 % of known values (N,), the `neighbours.reach`.

    The interval aims at infinitely many of both. What is not finite is left out; the caller counts it.
    """
    drawn, known = drawn[np.isfinite(drawn)], known[np.isfinite(known)]
    if not len(drawn) or not len(known):
        raise NoneFinite(facts.get("not_finite", 0))
    limit = neighbours.reach(known)
    low, high = intervals.beyond(drawn, known, neighbours.REACH_SHARE, limit)
    hits = int((drawn > limit).sum())
    return Measured(100 * (hits / len(drawn)), 100 * low, 100 * high, n=len(drawn), **facts)


def distance_of(value: float, deviation: float, degrees: float = math.inf, **facts: Any) -> Measured:
    """A distance with its 95 % interval, from its standard deviation; none where that is NaN."""
    low, high = intervals.of_distance(value, deviation, degrees)
    return Measured(value, low, high, **facts)


def jackknifed(value: float, without: npt.NDArray[Any], least: float, most: float, **facts: Any) -> Measured:
    """A value with a 95 % interval from the values (G,) without each of G equal groups.

    Efron & Tibshirani 1993, ch. 11; for measures that resampling with repeats would bias. The interval stays within
    ``least`` and ``most``.
    """
    groups = len(without)
    spread = math.sqrt((groups - 1) / groups * float(np.square(without - without.mean()).sum()))
    half = intervals.student(groups - 1) * spread
    return Measured(value, max(least, value - half), min(most, value + half), **facts)
