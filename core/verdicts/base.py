"""What a verdict is, and the evidence that rules read: numbers of a view, and of the data it was trained on.

A `Rule` has a function of a `Case` that returns a `Verdict` or None. It returns None where evidence is missing, so that
it works with every measure off. numpy only: judging happens in the window's thread.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from core.datasets.base import Dataset, evenly
from core.foundation.arrays import Doubles
from core.foundation.params import KnobValue, knobs
from core.models.declarations import RateWeight, Remedy, Trouble

if TYPE_CHECKING:
    from core.engine.board import View
    from core.metrics.base import Measured
    from core.models.base import Model, TrainConfig

Tone = Literal["good", "note", "warn", "error"]
TONE_ORDER: dict[Tone, int] = {"error": 0, "warn": 1, "note": 2, "good": 3}
"""The order in which verdicts are shown."""

FIRST_STEP = 500
"""Steps from the start, or from a turn of a knob, until a run is judged: fresh networks look collapsed, and a turned
knob first moves everything. The default lanes on MNIST leave both states within 300 steps (measured)."""
HYSTERESIS = 0.9
"""A standing verdict goes only when its measure is a tenth better than what raised it, so that none flickers."""
RECENT = 0.1
"""Share of the steps whose mean or median loss is taken for the present one."""
LEAST_WINDOW = 200
"""Fewest of these steps."""
LEAST_WORTH = 0.15
"""The least worth of a code, as a share of all it could save: see `Case.worth`."""
FACT_IMAGES = 1_000
"""Most test images in `Facts`, which are computed in the window's thread, once."""
FACT_NUMBERS = 2_000_000
"""Most pixels in these images."""


@dataclass(frozen=True)
class Action:
    """One click: set a knob of this lane or of the setup (``name``) or the sampler to ``value``, or pause the lane."""

    label: str
    kind: Literal["knob", "setup", "sampler", "pause"]
    name: str = ""
    value: KnobValue | None = None


@dataclass(frozen=True)
class Verdict:
    """A sentence computed from measures.

    ``word`` is its name on a chip, ``sentence`` states the measure and its number, ``threshold`` is the rule with its
    numbers and where they come from, ``remedy`` is what to try, as one sentence without "Try". Where its rule wants
    verdicts to last (`Rule.lasts`), every call since the step ``seen_from`` found it, and it is shown once it
    ``is_confirmed``.
    """

    name: str
    tone: Tone
    word: str
    sentence: str
    threshold: str
    remedy: str = ""
    action: Action | None = None
    seen_from: int = 0
    is_confirmed: bool = True


@dataclass(frozen=True)
class Case:
    """Everything a rule may read; ``standing`` are the verdicts of the last call, by name.

    What was seen before the step ``since`` is no evidence: see `Rule.since`.
    """

    view: View
    model: type[Model]
    dataset: Dataset
    config: TrainConfig
    standing: Mapping[str, Verdict] = field(default_factory=dict)
    since: float = FIRST_STEP

    @property
    def step(self) -> int:
        """Training steps taken."""
        return self.view.status.step

    @functools.cached_property
    def facts(self) -> Facts:
        """What rules compare with, of the data's test images."""
        return facts_of(self.dataset)

    @functools.cached_property
    def rate_weight(self) -> RateWeight:
        """The weight β of the rate in what the lane minimises."""
        return self.model.rate_weight(self.config)

    def remedies(self, trouble: Trouble) -> tuple[Remedy, ...]:
        """The model's remedies for a trouble that apply to the present config."""
        declared = self.model.remedies(self.config).get(trouble, ())
        return tuple(remedy for remedy in declared if remedy.applies)

    def measure(self, name: str) -> Measured | None:
        """A measure's newest answer; None where there is none, or it is not finite."""
        measures = self.view.measures
        measured = None if measures is None else measures.values.get(name)
        return measured if measured is not None and math.isfinite(measured.value) else None

    def above(self, name: str, value: float, limit: float) -> bool:
        """Whether the value exceeds the limit, or a lower one if that verdict stands."""
        return value > (limit * HYSTERESIS if name in self.standing else limit)

    def below(self, name: str, value: float, limit: float) -> bool:
        """Whether the value is under the limit, or a higher one if that verdict stands."""
        return value < (limit / HYSTERESIS if name in self.standing else limit)

    def worth(self, distortion: float) -> float:
        """Nats that a code saves against the mean image alone: the distortion of that less ``distortion``.

        At least 15 % of what a code could save, so that shares of it stay meaningful while the code says nothing.
        """
        facts = self.facts
        likelihood, sigma = self.config.pixel_model
        if self.dataset.points or likelihood == "gaussian":
            most = facts.variance / (2 * sigma**2)
            mean_alone = most + facts.size * math.log(sigma * math.sqrt(2 * math.pi))
        else:
            most = mean_alone = facts.entropy
        return max(LEAST_WORTH * most, mean_alone - distortion, 1e-9)

    def fresh(self, step: int) -> bool:
        """Whether a result of that step still describes the present weights: it is not from the first half."""
        return step >= self.since and 2 * step >= self.step

    def recent(self, name: str, until: float | None = None) -> float | None:
        """The mean of a column of the history over its last tenth, `LEAST_WINDOW` steps at least, up to ``until``."""
        values = self._last(name, until)
        return None if values is None else float(values.mean())

    def typical(self, name: str) -> float | None:
        """`recent` by the median: adversarial losses jump, and one jump in ten is not typical."""
        values = self._last(name, None)
        return None if values is None else float(np.median(values))

    def _last(self, name: str, until: float | None) -> Doubles | None:
        table = self.view.history
        if name not in table.names or not len(table):
            return None
        steps = table.column("step")
        last = float(steps[-1]) if until is None else until
        if last < self.since:
            return None
        window = max(LEAST_WINDOW, RECENT * last)
        first, end = np.searchsorted(steps, (max(last - window, self.since - LEAST_WINDOW), last), side="right")
        values = table.column(name)[int(first) : int(end)]
        return values if len(values) and np.isfinite(values).all() else None


@dataclass(frozen=True)
class Rule:
    """What judges a case, and on which knobs its numbers depend.

    The numbers depend on every live knob, or, without ``pace``, on those alone that change what is minimised
    (`Param.pace`). They count from ``first`` steps after the start, or after the last turn of such a knob, or after the
    step from which a schedule leaves β alone; under a cyclic one never. A verdict is confirmed once every call over
    ``lasts`` steps found it. While it is a warning or an error, the verdicts named in ``excludes`` are not given: they
    would contradict it.
    """

    judge: Callable[[Case], Verdict | None]
    pace: bool = True
    first: int = FIRST_STEP
    lasts: int = 0
    excludes: tuple[str, ...] = ()

    def since(self, view: View, model: type[Model], config: TrainConfig) -> float:
        """The first step whose evidence counts; infinite where none does."""
        names = {knob.name for knob in knobs(type(config)) if self.pace or not knob.param.pace}
        turned = (float(step) for name, step in view.turned_at.items() if name in names)
        return self.first + max(0.0, model.rate_weight(config).fixed_from, *turned)

    def condition(self) -> str:
        """From when on it judges, in sentences."""
        start = f"Not within {self.first:,} steps of the start, or of a turned knob on which these numbers depend"
        return f"{start}; then it must last for {self.lasts:,} more." if self.lasts else f"{start}."

    def dated(self, verdict: Verdict, before: Verdict | None, step: int) -> Verdict:
        """The verdict with its age: ``before`` is the one that stood at the last call."""
        if not self.lasts:
            return verdict
        seen_from = step if before is None else before.seen_from
        return dataclasses.replace(verdict, seen_from=seen_from, is_confirmed=step - seen_from >= self.lasts)


def with_remedy(verdict: Verdict, remedies: tuple[Remedy, ...], otherwise: str = "") -> Verdict:
    """The verdict with the first of the remedies and its click; without remedies, with the advice ``otherwise``."""
    if not remedies:
        return dataclasses.replace(verdict, remedy=otherwise)
    first = remedies[0]
    action = None
    if first.knob:
        action = Action(first.label, "knob", first.knob, first.value)
    elif first.sampler:
        action = Action(first.label, "sampler", "sampler", first.sampler)
    return dataclasses.replace(verdict, remedy=first.advice, action=action)


@dataclass(frozen=True)
class Facts:
    """What rules compare with, computed from a dataset's test images (floats in [0, 1]) or test points.

    ``variance`` is the sum over pixels of their variance; ``entropy`` the Bernoulli distortion of their mean image;
    ``size`` the numbers per image; ``images`` (N, P) some of them with their ``labels`` (N,), and the ``shares`` (K,)
    of the classes. Points of a plane also have ``centers`` (K, 2) of each class and its ``reach`` (K,), three standard
    deviations.
    """

    variance: float
    entropy: float
    size: int
    images: npt.NDArray[np.float32]
    labels: npt.NDArray[np.int64] | None
    shares: Doubles
    centers: Doubles
    reach: Doubles

    @functools.cached_property
    def squares(self) -> npt.NDArray[np.float32]:
        """The squared length (N,) of ``images``."""
        squares: npt.NDArray[np.float32] = np.square(self.images).sum(1)
        return squares

    @property
    def spread(self) -> float:
        """How much test images differ: the square root of ``variance``."""
        return math.sqrt(self.variance)


def spread_of(images: npt.NDArray[Any]) -> float:
    """The square root of the summed variances of images (N, ...) of bytes, scaled to [0, 1], or of points (N, D)."""
    x = images.reshape(len(images), -1).astype(np.float64)
    return math.sqrt(float(x.var(0).sum())) / (255.0 if images.dtype == np.uint8 else 1.0)


_cache: dict[int, tuple[weakref.ref[Dataset], Facts]] = {}


def facts_of(dataset: Dataset) -> Facts:
    """The facts of a dataset: computed once, and dropped from the cache with it."""
    cached = _cache.get(id(dataset))
    if cached is not None and cached[0]() is dataset:
        return cached[1]
    for key in [key for key, (owner, _) in _cache.items() if owner() is None]:
        del _cache[key]
    facts = _facts(dataset)
    _cache[id(dataset)] = weakref.ref(dataset), facts
    return facts


def _facts(dataset: Dataset) -> Facts:
    size = math.prod(dataset.shape)
    index = evenly(len(dataset.test), min(FACT_IMAGES, max(100, FACT_NUMBERS // size)))
    pixels = dataset.test.pixels[index]
    x = pixels.reshape(len(pixels), -1).astype(np.float64) / (255.0 if pixels.dtype == np.uint8 else 1.0)  # (N, P)
    mean = np.clip(x.mean(0), 1e-6, 1 - 1e-6)
    entropy = 0.0 if dataset.points else float(-(mean * np.log(mean) + (1 - mean) * np.log1p(-mean)).sum())
    labels = None if dataset.test.labels is None else dataset.test.labels[index]
    shares, centers, reach = np.empty(0), np.empty((0, 2)), np.empty(0)
    if labels is not None:
        shares = np.bincount(labels) / len(labels)
    train_labels = dataset.train.labels
    if dataset.planar and train_labels is not None:
        points = dataset.train.pixels[:, :, 0, 0].astype(np.float64)
        classes = [points[train_labels == label] for label in np.unique(train_labels)]
        centers = np.stack([members.mean(0) for members in classes])
        reach = np.array([3.0 * math.sqrt(float(members.var(0).mean())) for members in classes])
    return Facts(float(x.var(0).sum()), entropy, size, x.astype(np.float32), labels, shares, centers, reach)


def number(value: float, decimals: int = 1) -> str:
    """A number in a sentence: true minus, comma thousands."""
    return f"{value:,.{decimals}f}".replace("-", "−")
