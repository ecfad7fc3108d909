"""Runs that differ in their seed alone, taken together: mean and 95 % interval over seeds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.datasets.base import SOURCES
from core.foundation.params import KnobValue
from core.models.base import MODELS
from core.sweeps.outcome import Outcome, Value
from core.sweeps.plan import NAMES, value_words
from core.theory.intervals import of_mean


@dataclass(frozen=True)
class Group:
    """The runs of one setting, in the order of their seeds. ``setting`` has each name and value that varies."""

    setting: tuple[tuple[str, KnobValue], ...]
    outcomes: tuple[Outcome, ...]

    def get(self, name: str) -> KnobValue | None:
        """The value of a knob, model or data set, whether it varies or not; None where it does not exist."""
        return self.outcomes[0].run.value(name)

    def values(self, measure: str) -> tuple[float, ...]:
        """The finite values of a measure, one a seed."""
        found = (outcome.value(measure) for outcome in self.outcomes if outcome.state == "done")
        return tuple(value for value in found if math.isfinite(value))

    def mean(self, measure: str) -> Value:
        """The mean over seeds with its interval by Student's t; ``n`` is the number of seeds.

        One seed alone has no interval over seeds: that of its images would say less than is asked. NaN without a value.
        """
        values = self.values(measure)
        if not values:
            return Value(math.nan)
        mean, half = of_mean(np.array(values))
        return Value(mean, mean - half, mean + half, len(values))

    @property
    def words(self) -> str:
        """The setting in words: "β 0.1, latent 2" by the short names of knobs; "all runs" where nothing varies."""
        return setting_words(self.outcomes[0]) or "all runs"


def groups(outcomes: Sequence[Outcome]) -> tuple[Group, ...]:
    """The outcomes by setting, in the order of the plan."""
    found: dict[tuple[tuple[str, KnobValue], ...], list[Outcome]] = {}
    for outcome in outcomes:
        found.setdefault(outcome.run.setting, []).append(outcome)
    return tuple(Group(setting, tuple(each)) for setting, each in found.items())


def knob_label(outcome: Outcome, name: str) -> str:
    """What a knob is called in a few letters: its short name, else its label in small letters."""
    if (knob := outcome.run.knob(name)) is None:
        return {"dataset": "data"}.get(name, name)
    return knob.param.short or knob.param.label.lower()


def title_of_name(kind: str, name: str) -> str:
    """The title of a data set, the short name of a model; the name itself where there is no such one here."""
    if kind == "dataset":
        return SOURCES.get(name).title if name in SOURCES.names() else name
    return MODELS.get(name).short if name in MODELS.names() else name


def setting_words(outcome: Outcome) -> str:
    """The setting of a run in words, without its seed: "VAE, Faces, β 0.1"."""
    words = []
    for name, value in outcome.run.setting:
        if name in NAMES:
            words.append(title_of_name(name, str(value)))
        else:
            words.append(f"{knob_label(outcome, name)} {value_words(value)}")
    return ", ".join(words)
