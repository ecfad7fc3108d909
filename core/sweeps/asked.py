"""What a sweep is asked for, in texts: options of all its runs, and lists of values; and the runs that come of it."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from core.datasets.base import SOURCES
from core.engine.order import DEFAULT_EPOCHS
from core.foundation.params import Knob, KnobError, KnobValue, knobs
from core.foundation.quoted import brief
from core.models.base import MODELS
from core.sweeps.plan import MOST_KNOBS, NAMES, PlannedRun, check_size, numbered, option_name
from core.training.setup import Setup

MOST_DRAWS = 10_000
"""Number of random draws, at most."""
FIGURES = 4
"""Figures of a number that is drawn: enough to differ, few enough to read."""
USUAL = {"model": "vae", "dataset": "mnist"}

Texts = Mapping[str, str]
"""Texts of values by option name, without dashes."""
Lists = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Draw:
    """A number drawn between two ends, evenly or, on a "log" scale, evenly in its logarithm."""

    name: str
    low: float
    high: float
    scale: str = "linear"


@dataclass(frozen=True)
class Asked:
    """Options ``fixed`` for all runs, and what varies.

    Each value of the ``grid`` meets each other one; lists of ``zipped`` walk side by side; ``draws`` are drawn
    ``count`` times by ``draw_seed``. All of it once for each of the ``seeds``.
    """

    fixed: Texts = field(default_factory=dict)
    grid: Lists = field(default_factory=dict)
    zipped: Lists = field(default_factory=dict)
    draws: tuple[Draw, ...] = ()
    count: int = 0
    draw_seed: int = 0
    seeds: tuple[int, ...] = (0,)

    def runs(self) -> tuple[PlannedRun, ...]:
        """The runs. Raises `UserError` for an unknown name, an empty list, a value that cannot be, too many runs.

        A knob that a model does not have does not multiply its runs: an autoencoder has one for all β.
        """
        self._check()
        found: dict[Any, PlannedRun] = {}
        used: set[str] = set()
        for values in self._assignments():
            for run in _with_seeds({**self.fixed, **values}, tuple(values), self.seeds, used):
                found.setdefault((run.model, run.config, run.setup, run.dataset, run.source), run)
        runs = tuple(found.values())
        self._check_used(used, runs)
        return numbered(runs)

    @property
    def size(self) -> int:
        """Number of runs before those are left out that differ in nothing; counted, not made."""
        grid = math.prod(len(values) for values in self.grid.values())
        zipped = max((len(values) for values in self.zipped.values()), default=1)
        return grid * zipped * (self.count if self.draws else 1) * len(self.seeds)

    def _check(self) -> None:
        names = [*self.grid, *self.zipped, *(draw.name for draw in self.draws)]
        for name in names:
            if names.count(name) > 1:
                raise KnobError(f"{name} varies twice; say all its values in one place")
            if name == "seed":
                raise KnobError("seeds vary by 'seeds'; leave seed out of what else varies")
            if name in self.fixed:
                raise KnobError(f"{name} is fixed and varies; leave out one of both")
        for name, values in (*self.grid.items(), *self.zipped.items()):
            if not values:
                raise KnobError(f"{name} has no values; name at least one, as in {name}=1,2")
            if name in self.grid and len(set(values)) < len(values):
                twice = next(each for each in values if values.count(each) > 1)
                raise KnobError(f"{name} has the value {brief(twice)} twice")
        lengths = {name: len(values) for name, values in self.zipped.items()}
        if len(set(lengths.values())) > 1:
            told = ", ".join(f"{name} has {length}" for name, length in lengths.items())
            raise KnobError(f"lists that walk side by side must be equally long, and {told} values")
        if self.draws and not 0 < self.count <= MOST_DRAWS:
            raise KnobError(f"{self.count:,} random draws cannot be; ask for 1 to {MOST_DRAWS:,}")
        if len(names) > MOST_KNOBS:
            raise KnobError(f"{len(names)} knobs vary; {MOST_KNOBS} are the most")
        if not self.seeds:
            raise KnobError("there are no seeds; name at least one")
        if len(set(self.seeds)) < len(self.seeds):
            raise KnobError("a seed stands there twice; leave one out")
        check_size(self.size)

    def _assignments(self) -> Iterator[dict[str, str]]:
        """Texts of what varies, one dictionary a setting."""
        grid = [[(name, text) for text in texts] for name, texts in self.grid.items()]
        rows = [list(zip(self.zipped, texts, strict=True)) for texts in zip(*self.zipped.values(), strict=True)] or [[]]
        for drawn in self._drawn():
            for row in rows:
                for point in itertools.product(*grid):
                    yield dict([*point, *row, *drawn])

    def _drawn(self) -> list[list[tuple[str, str]]]:
        if not self.draws:
            return [[]]
        random = np.random.default_rng(self.draw_seed)
        return [
            [(draw.name, self._draw(draw, float(random.random()))) for draw in self.draws] for _ in range(self.count)
        ]

    def _draw(self, draw: Draw, share: float) -> str:
        low, high = draw.low, draw.high
        if draw.scale == "log":
            value = math.exp(math.log(low) + share * (math.log(high) - math.log(low)))
        else:
            value = low + share * (high - low)
        models = self.grid.get("model", (self.fixed.get("model", USUAL["model"]),))
        is_whole = any(
            each.kind is int for model in models for each in knobs(MODELS.get(model).Config) if _is(each, draw.name)
        ) or any(each.kind is int for each in knobs(Setup) if _is(each, draw.name))
        return str(round(value)) if is_whole else repr(float(f"{value:.{FIGURES - 1}e}"))

    def _check_used(self, used: set[str], runs: Sequence[PlannedRun]) -> None:
        """Raise `KnobError` for an option that no run has."""
        asked = [*self.fixed, *self.grid, *self.zipped, *(draw.name for draw in self.draws)]
        for name in asked:
            if name not in used:
                whose = dict.fromkeys(f"{run.model} on {run.dataset}" for run in runs)
                known = dict.fromkeys(option_name(each) for run in runs[:1] for each in _knobs_of(run))
                raise KnobError(
                    f"there is no knob '{brief(name)}' of {brief(', '.join(whose))}; there are {', '.join(known)}"
                )


def _knobs_of(run: PlannedRun) -> tuple[Knob, ...]:
    return tuple(each for config in (run.config, run.setup, run.source) for each in knobs(type(config)))


def _is(knob: Knob, name: str) -> bool:
    return name in (option_name(knob), knob.name)


def _with_seeds(texts: Texts, varying: Sequence[str], seeds: Sequence[int], used: set[str]) -> Iterator[PlannedRun]:
    """The runs of one setting; names that they have are added to ``used``."""
    model = MODELS.get(name := texts.get("model", USUAL["model"]))
    source = SOURCES.get(data := texts.get("dataset", USUAL["dataset"]))
    used.update(each for each in NAMES if each in texts)
    given: dict[str, KnobValue] = {"model": name, "dataset": data}
    configs: list[Any] = []
    kinds: tuple[Any, ...] = (model.Config, Setup, source.Config)
    for config in kinds:
        values: dict[str, KnobValue] = {}
        for knob in knobs(config):
            said = next((each for each in (option_name(knob), knob.name) if each in texts), None)
            if said is not None:
                values[knob.name] = given[said] = knob.parse(texts[said])
                used.add(said)
        configs.append(config(**values))
    config, setup, source_config = configs
    if not (setup.steps or setup.epochs or setup.seconds):
        setup = dataclasses.replace(setup, epochs=DEFAULT_EPOCHS)
    setup = dataclasses.replace(setup, threads=setup.threads or 1)
    varied = {each: given[each] for each in varying if each in given}
    for seed in seeds:
        setup = dataclasses.replace(setup, seed=seed)
        own = {**varied, "seed": seed} if len(seeds) > 1 else varied
        yield PlannedRun(0, name, config, setup, data, source_config, own)
