"""What a sweep trains: a list of runs, each with its knobs, written once into the sweep's folder."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.datasets.base import SOURCES, SourceConfig
from core.engine.order import Order
from core.foundation.checked_json import read_object
from core.foundation.number_words import significant
from core.foundation.params import Knob, KnobError, KnobValue, from_json, knobs, option_of, to_json
from core.foundation.quoted import brief
from core.foundation.user_error import UserError
from core.models.base import MODELS, TrainConfig
from core.training.setup import Setup

FORMAT = 1
MOST_RUNS = 10_000
"""Number of runs in one sweep, at most."""
MOST_KNOBS = 8
"""Number of knobs that vary, at most: the name of a run folder holds them all."""
NAME_LENGTH = 80
"""Longest name of a run folder, characters, without its number."""
NAMES = "model", "dataset"
"""What varies beside knobs."""

Variables = Mapping[str, KnobValue]
"""Values of what varies by name: the option of a knob without its dashes, "model" or "dataset"."""


class SweepError(UserError):
    """A plan or a folder of a sweep that cannot be used. ``str(error)`` is one sentence."""


@dataclass(frozen=True)
class PlannedRun:
    """One run of a sweep. ``varied`` has a value for everything that varies in the sweep and exists for this run."""

    number: int
    model: str
    config: TrainConfig
    setup: Setup
    dataset: str
    source: SourceConfig
    varied: Variables

    @property
    def seed(self) -> int:
        """The seed of the run."""
        return self.setup.seed

    @property
    def setting(self) -> tuple[tuple[str, KnobValue], ...]:
        """What varies, without the seed: runs of one setting differ in their seed alone."""
        return tuple((name, value) for name, value in self.varied.items() if name != "seed")

    @property
    def name(self) -> str:
        """The name of its folder, unique in the sweep: 0007-beta=4-seed=1."""
        words = [f"{name}={_file_word(value)}" for name, value in self.varied.items()]
        return "-".join([f"{self.number:04}", *words])[:NAME_LENGTH].rstrip("-=.")

    def value(self, name: str) -> KnobValue | None:
        """Its value of a knob by option name, of "model" or "dataset"; None where it has no such knob."""
        if name in NAMES:
            return self.model if name == "model" else self.dataset
        for config in (self.config, self.setup, self.source):
            for each in knobs(type(config)):
                if option_name(each) == name:
                    return getattr(config, each.name)  # type: ignore[no-any-return]
        return None

    def knob(self, name: str) -> Knob | None:
        """The knob of that option name; None for "model", "dataset" and what this run does not have."""
        for config in (self.config, self.setup, self.source):
            for each in knobs(type(config)):
                if option_name(each) == name:
                    return each
        return None

    def order(self) -> Order:
        """What `train` would be asked for, without a folder."""
        return Order(self.model, self.config, self.setup, self.dataset, self.source)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "number": self.number,
            "model": self.model,
            "config": to_json(self.config),
            "setup": to_json(self.setup),
            "dataset": self.dataset,
            "source": to_json(self.source),
            "varied": dict(self.varied),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> PlannedRun:
        """Of plain values. Raises `UserError`, or `KeyError` for what lacks."""
        model, dataset = MODELS.get(str(values["model"])), SOURCES.get(str(values["dataset"]))
        varied, number = values["varied"], values["number"]
        if not isinstance(varied, dict) or not all(isinstance(each, int | float | str) for each in varied.values()):
            raise SweepError("what varies is no table of values")
        if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < MOST_RUNS:
            raise SweepError(f"{brief(number)} is no number of a run")
        config, setup = from_json(model.Config, values["config"]), from_json(Setup, values["setup"])
        source = from_json(dataset.Config, values["source"])
        return cls(number, str(values["model"]), config, setup, str(values["dataset"]), source, varied)


@dataclass(frozen=True)
class Plan:
    """The runs of a sweep, and what is measured of each at its end (names of `METRICS`; () the usual ones).

    ``words`` is the command that repeats it.
    """

    runs: tuple[PlannedRun, ...]
    measures: tuple[str, ...] = ()
    sampler: str = "prior"
    words: str = ""

    @property
    def varied(self) -> tuple[str, ...]:
        """Names of what varies, in the order of the plan, the seed last."""
        names = dict.fromkeys(name for run in self.runs for name in run.varied)
        return tuple(sorted(names, key=lambda name: name == "seed"))

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "format": FORMAT,
            "words": self.words,
            "measures": list(self.measures),
            "sampler": self.sampler,
            "runs": [run.to_json() for run in self.runs],
        }

    @property
    def digest(self) -> str:
        """What tells this plan from others: of its runs and measures, not of the words that asked for them."""
        values = {**self.to_json(), "words": ""}
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()

    @classmethod
    def from_json(cls, content: bytes, most_bytes: int) -> Plan:
        """Of the content of a file. Raises `SweepError`: one sentence without the file's name."""
        try:
            values = read_object(content, most_bytes)
            if values.get("format") != FORMAT:
                raise SweepError(f"has format {brief(values.get('format'))}, this version reads {FORMAT}")
            runs = values["runs"]
            if not isinstance(runs, list) or not 0 < len(runs) <= MOST_RUNS:
                raise SweepError(f"has no list of 1 to {MOST_RUNS:,} runs")
            planned = tuple(PlannedRun.from_json(each) for each in runs)
            names = values["measures"]
            if not isinstance(names, list) or not all(isinstance(each, str) for each in names):
                raise SweepError("has no list of measures")
            plan = cls(planned, tuple(names), str(values["sampler"]), str(values["words"]))
        except KeyError as error:
            raise SweepError(f"lacks {brief(error)}") from None
        except (TypeError, AttributeError):
            raise SweepError("does not describe runs") from None
        if [run.number for run in plan.runs] != list(range(len(plan.runs))):
            raise SweepError("does not number its runs from 0 on")
        return plan


def option_name(knob: Knob) -> str:
    """The option of a knob without its dashes: how plans and tables call it."""
    return option_of(knob).removeprefix("--")


def numbered(runs: Sequence[PlannedRun]) -> tuple[PlannedRun, ...]:
    """The same runs, numbered from 0 on."""
    return tuple(dataclasses.replace(run, number=number) for number, run in enumerate(runs))


def value_words(value: KnobValue) -> str:
    """A value as tables write it: 0.1, 1e-05, yes."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else significant(value, 6)


def _file_word(value: KnobValue) -> str:
    text = value if isinstance(value, str) else value_words(value).replace("−", "-").replace(",", "")
    return re.sub(r"[^A-Za-z0-9._]+", "_", text)[:24]


def check_size(count: int) -> None:
    """Raise `KnobError` for more runs than a sweep may have."""
    if count > MOST_RUNS:
        raise KnobError(f"a plan of {count:,} runs is too large, {MOST_RUNS:,} are the most; vary fewer values")
