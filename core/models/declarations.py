"""What a model declares about itself for the window and the verdicts: pixel model, curves, weights, remedies.

Plain data without tensors. `core.models.narration` has what slow motion reads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np

from core.foundation.arrays import Doubles
from core.foundation.number_words import significant
from core.foundation.params import KnobValue


class PixelModel(NamedTuple):
    """The distribution p(x|z) of a decoder: one of `core.nets.objectives.LIKELIHOODS`, and the σ of a Gaussian."""

    likelihood: str = "bernoulli"
    sigma: float = 0.1


# --- curves ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Series:
    """A curve: a ``column`` of the history ("train") or of the tests on held-out images ("test").

    ``short`` is its label where there is little room.
    """

    column: str
    label: str
    style: Literal["lane", "text"]
    source: Literal["train", "test"] = "train"
    short: str = ""


@dataclass(frozen=True)
class Level:
    """A value worth a dashed line in the chart; ``short`` is its label where there is little room."""

    value: float
    label: str
    short: str = ""


@dataclass(frozen=True)
class Readout:
    """A column whose present value stands in the legend, without a curve; ``short`` as in `Series`."""

    column: str
    label: str
    decimals: int = 1
    short: str = ""


@dataclass(frozen=True)
class Chart:
    """How a model's curves are drawn, and what they mean. Charts of one ``family`` share their y range.

    ``band`` names the two columns between which the chart is filled, and what the band means. ``about`` and ``formula``
    are the help of the chart; the curve in the lane's colour is ``\\lane{…}`` in the formula. Where ``from_zero_to`` is
    given, the y axis begins at zero and reaches at least that high.
    """

    family: str
    series: tuple[Series, ...]
    band: tuple[str, str, str] | None = None
    unit: str = "nats"
    about: str = ""
    formula: str = ""
    decimals: int = 1
    from_zero_to: float | None = None


# --- the weight of the rate ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class RateKnobs:
    """Names of the knobs that weigh the rate of a loss D + β·R: β, its schedule, and the steps the schedule takes."""

    weight: str
    schedule: str
    length: str


@dataclass(frozen=True)
class RateWeight:
    """The weight β of the rate under one config. A loss without such a weight is the ELBO: β = 1.

    ``at`` gives the weight in force at a step; from step ``fixed_from`` on it is ``value`` (infinite: never for good).
    ``free`` nats of each dimension's mean rate cost nothing (free bits, Kingma et al. 2016).
    """

    value: float = 1.0
    at: Callable[[int], float] = field(default=lambda step: 1.0)
    fixed_from: float = 0.0
    free: float = 0.0

    def paid(self, rates: Doubles) -> float:
        """The rate that the loss pays for, nats, of mean rates (D,): each dimension at least its free nats."""
        return float(np.maximum(rates, self.free).sum())


# --- what verdicts read ----------------------------------------------------------------------------------------------

Trouble = Literal[
    "posterior_collapse",
    "over_regularised",
    "holes",
    "discriminator_won",
    "generator_won",
    "mode_collapse",
    "getting_worse",
]
"""Verdicts for which a model may declare remedies."""


@dataclass(frozen=True)
class Remedy:
    """What to try against a trouble: one sentence without "Try", and the click that does it.

    The click sets ``knob`` of the lane to ``value``, or else draws z by ``sampler``; with neither there is only the
    sentence. Remedies for which ``applies`` is false are skipped.
    """

    advice: str
    label: str = ""
    knob: str = ""
    value: KnobValue | None = None
    sampler: str = ""
    applies: bool = True


Remedies = Mapping[Trouble, tuple[Remedy, ...]]
"""Remedies by trouble; a verdict offers the first that applies."""


def set_knob(knob: str, word: str, value: float, advice: str, applies: bool = True) -> Remedy:
    """A remedy that sets one knob; ``word`` is what its button calls the knob."""
    return Remedy(advice, f"Set {word} to {significant(value, 6)}", knob, value, applies=applies)


def take_smaller_steps(knob: str, word: str, rate: float) -> Remedy:
    """A third of a learning rate, rounded to one figure."""
    return set_knob(knob, word, float(f"{rate / 3:.1g}"), "Take smaller steps.")


def draw_from_mixture(advice: str) -> Remedy:
    """Draw z from a mixture of Gaussians fitted to the codes."""
    return Remedy(advice, "Sample from a GMM", sampler="gmm")


@dataclass(frozen=True)
class Game:
    """Two networks in competition whose losses are -log probabilities, in nats.

    ``judge`` and ``generator`` are the columns of their losses; ``guessing`` is the judge's loss where it cannot tell
    real from generated images, ``least`` the smallest it can reach.
    """

    judge: str
    generator: str
    guessing: float
    least: float = 0.0
