"""What came of one run of a sweep: how far it is, and what was measured at its end."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from core.foundation.quoted import brief
from core.metrics.base import METRICS
from core.sweeps.plan import PlannedRun, SweepError

State = Literal["waiting", "begun", "done", "failed"]
STATES: tuple[State, ...] = ("waiting", "begun", "done", "failed")
MOST_MEASURES = 200
MOST_POINTS = 1_000
"""Number of sample points of a plane in a result, at most."""


@dataclass(frozen=True)
class Value:
    """A measured number with its 95 % interval (NaN where an end is not known), of ``n`` images or draws."""

    value: float
    low: float = math.nan
    high: float = math.nan
    n: int = 0

    @property
    def json(self) -> list[float | int | None]:
        """Plain values; null for what is not finite."""
        ends = (self.value, self.low, self.high)
        return [*(each if math.isfinite(each) else None for each in ends), self.n]

    @classmethod
    def of_json(cls, values: Any) -> Value:
        """Of plain values. Raises `SweepError`."""
        if not isinstance(values, list) or len(values) != 4:
            raise SweepError(f"{brief(values)} is no measured value")
        *ends, n = values
        if not all(each is None or _is_number(each) for each in ends) or not isinstance(n, int) or n < 0:
            raise SweepError(f"{brief(values)} is no measured value")
        value, low, high = (math.nan if each is None else float(each) for each in ends)
        return cls(value, low, high, n)


@dataclass(frozen=True)
class Outcome:
    """A run of a sweep as it stands.

    "begun" runs were saved on the way, at ``step``, and go on from there when the sweep is resumed. ``seconds`` are of
    training. ``values`` are measures by name of `METRICS`, empty unless it is done; ``missing`` says in a sentence why
    a measure has no value. ``failure`` is the sentence of a run that failed. ``points`` are samples (x, y) of a run on
    points of a plane, at z that all its runs of as many latent dimensions share.
    """

    run: PlannedRun
    folder: Path
    state: State = "waiting"
    step: int = 0
    seconds: float = 0.0
    values: Mapping[str, Value] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    failure: str = ""
    points: tuple[tuple[float, float], ...] = ()

    @property
    def is_over(self) -> bool:
        """Whether nothing more comes of it."""
        return self.state in ("done", "failed")

    def value(self, name: str) -> float:
        """The value of a measure; NaN where there is none."""
        return self.values[name].value if name in self.values else math.nan

    def to_json(self) -> dict[str, Any]:
        """Plain values, without run and folder."""
        return {
            "state": self.state,
            "step": self.step,
            "seconds": self.seconds,
            "values": {name: each.json for name, each in self.values.items()},
            "missing": dict(self.missing),
            "failure": self.failure,
            "points": [list(each) for each in self.points],
        }

    def told(self, values: Mapping[str, Any]) -> Outcome:
        """As plain values tell it. Raises `SweepError`; `KeyError` for what lacks."""
        state, step, seconds = values["state"], values["step"], values["seconds"]
        if state not in STATES or not isinstance(step, int) or step < 0:
            raise SweepError("says no state and step")
        if not _is_number(seconds) or not 0 <= seconds < math.inf:
            raise SweepError(f"{brief(seconds)} is no time")
        measured, missing, points = values["values"], values["missing"], values["points"]
        if not isinstance(measured, dict) or len(measured) > MOST_MEASURES:
            raise SweepError("holds no table of measures")
        if not isinstance(missing, dict) or len(missing) > MOST_MEASURES:
            raise SweepError("does not say why measures are missing")
        if not isinstance(points, list) or len(points) > MOST_POINTS or not all(map(_is_point, points)):
            raise SweepError("holds samples that are no points")
        return dataclasses.replace(
            self,
            state=state,
            step=step,
            seconds=float(seconds),
            values={brief(name): Value.of_json(each) for name, each in measured.items()},
            missing={brief(name): brief(each, 300) for name, each in missing.items()},
            failure=brief(values["failure"], 500) if values["failure"] else "",
            points=tuple((float(x), float(y)) for x, y in points),
        )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_point(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(map(_is_number, value))


def title_of(measure: str) -> str:
    """The title of a measure; its name where there is no such measure here."""
    return METRICS.get(measure).title if measure in METRICS.names() else measure


def unit_of(measure: str) -> str:
    """The unit of a measure, or ""."""
    return METRICS.get(measure).unit if measure in METRICS.names() else ""


def decimals_of(measure: str) -> int:
    """Digits after the point of a measure."""
    return METRICS.get(measure).decimals if measure in METRICS.names() else 2
