"""Saved runs compared: the mean difference of each measure from a baseline, with its interval over seeds.

Runs that differ in their seed alone make one setting; the setting of the first run is the baseline. Where two settings
share seeds, runs are paired by seed: what a seed does to both cancels.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from core.datasets.base import DataError, changed_data, reload
from core.engine.run_folder import SavedRun, load
from core.evaluation.real_side import RealSide
from core.exports.measured_run import measure
from core.foundation.arrays import Doubles
from core.foundation.params import KnobValue, knobs, to_json
from core.foundation.user_error import UserError
from core.metrics.base import METRICS, Measured, difference
from core.models.base import MODELS
from core.sweeps.outcome import Value
from core.sweeps.plan import option_name, value_words
from core.theory.intervals import of_mean, student

Kind = Literal["paired", "unpaired", "images", "none"]
"""Of what an interval is: differences of runs with the same seed, of runs with other seeds (Welch), of the same test
images by one run each, or of nothing."""
NO_KNOBS = "seed", "threads", "device", "steps", "epochs", "seconds"
"""Knobs of the setup that do not make another setting: how a run was started and when it ended."""

SETUP = "setup "
"""Before the names of knobs of the setup, which runs of all models have."""


@dataclass(frozen=True, eq=False)
class MeasuredRun:
    """A saved run with its measures, and the errors of those that failed."""

    folder: Path
    saved: SavedRun
    values: Mapping[str, Measured]
    errors: Mapping[str, str]

    @property
    def seed(self) -> int:
        """Its seed."""
        return self.saved.setup.seed


@dataclass(frozen=True, eq=False)
class Setting:
    """Runs that differ in their seed alone, in the order in which they were named, and what sets them apart."""

    words: str
    runs: tuple[MeasuredRun, ...]

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seed of each run."""
        return tuple(run.seed for run in self.runs)

    def by_seed(self, measure_name: str) -> dict[int, float]:
        """The finite values of a measure by seed."""
        found = {run.seed: run.values[measure_name].value for run in self.runs if measure_name in run.values}
        return {seed: value for seed, value in found.items() if math.isfinite(value)}

    def mean(self, measure_name: str, seeds: Collection[int] | None = None) -> float:
        """The mean of a measure over its seeds, or over these of them; NaN where there is none."""
        found = self.by_seed(measure_name)
        values = [value for seed, value in found.items() if seeds is None or seed in seeds]
        return float(np.mean(values)) if values else math.nan


@dataclass(frozen=True)
class Difference:
    """The mean of a measure in a setting less that in the baseline, with its 95 % interval.

    ``value.n`` is the number of pairs: seeds, or test images. Where it is not paired, of runs of both. ``seeds`` are
    those that are paired.
    """

    measure: str
    value: Value
    kind: Kind
    seeds: tuple[int, ...] = ()

    @property
    def is_shown(self) -> bool:
        """Whether the interval leaves 0 out."""
        return self.value.low > 0 or self.value.high < 0

    @property
    def verdict(self) -> str:
        """What follows from the interval, in a few words."""
        if math.isnan(self.value.low):
            return "too few seeds for an interval"
        if not self.is_shown:
            return "no difference shown"
        sign = 1 if self.value.value > 0 else -1
        better = METRICS.get(self.measure).better * sign if self.measure in METRICS.names() else 0
        return f"{'higher' if sign > 0 else 'lower'}{({1: ', better', -1: ', worse'}).get(better, '')}"


@dataclass(frozen=True, eq=False)
class Compared:
    """Settings on the same data, the baseline first."""

    data: str
    settings: tuple[Setting, ...]

    @property
    def baseline(self) -> Setting:
        """What the others are compared with."""
        return self.settings[0]

    def differences(self, setting: Setting) -> tuple[Difference, ...]:
        """Of all measures that both have, in the order of the menus."""
        found = (compared_measure(name, setting, self.baseline) for name in METRICS.names())
        return tuple(each for each in found if each is not None)

    def only_one_has(self, setting: Setting) -> tuple[str, ...]:
        """Measures that have a value in one of both settings, by name."""
        return tuple(
            name for name in METRICS.names() if bool(setting.by_seed(name)) != bool(self.baseline.by_seed(name))
        )

    @property
    def errors(self) -> Iterator[tuple[MeasuredRun, str, str]]:
        """Measures that failed: the run, the measure, and why."""
        for setting in self.settings:
            for run in setting.runs:
                yield from ((run, name, why) for name, why in run.errors.items())


def compared_measure(name: str, setting: Setting, baseline: Setting) -> Difference | None:
    """The difference of one measure; None where one side has no value."""
    one, other = setting.by_seed(name), baseline.by_seed(name)
    if not one or not other:
        return None
    shared = [seed for seed in one if seed in other]
    if len(shared) > 1:
        apart = paired(np.array([one[seed] - other[seed] for seed in shared]))
        return Difference(name, apart, "paired", tuple(shared))
    if len(one) > 1 and len(other) > 1:
        return Difference(name, welch(np.array(list(one.values())), np.array(list(other.values()))), "unpaired")
    if len(setting.runs) == 1 and len(baseline.runs) == 1 and not METRICS.get(name).of_samples:
        of_images = difference(setting.runs[0].values[name], baseline.runs[0].values[name])
        if of_images is not None:
            value = Value(of_images.value, of_images.low, of_images.high, of_images.n)
            return Difference(name, value, "images")
    apart_by = float(np.mean(list(one.values())) - np.mean(list(other.values())))
    return Difference(name, Value(apart_by, n=min(len(one), len(other))), "none")


def paired(differences: Doubles) -> Value:
    """The mean of differences (N,) with its interval by Student's t.

    None where all are the same and not 0: measures that count in whole steps then seem surer than they are.
    """
    mean, half = of_mean(differences)
    if half == 0 and mean != 0:
        half = math.nan
    return Value(mean, mean - half, mean + half, len(differences))


def welch(one: Doubles, other: Doubles) -> Value:
    """The mean of one (N,) less that of the other (M,), independent of it, with its interval (Welch 1947)."""
    squares = [float(values.var(ddof=1)) / len(values) for values in (one, other)]
    apart, n = float(one.mean() - other.mean()), len(one) + len(other)
    variance = sum(squares)
    if variance == 0:
        return Value(apart, n=n) if apart else Value(0.0, 0.0, 0.0, n)
    parts = (square**2 / (len(values) - 1) for square, values in zip(squares, (one, other), strict=True))
    half = student(variance**2 / sum(parts)) * math.sqrt(variance)
    return Value(apart, apart - half, apart + half, n)


# --- runs ------------------------------------------------------------------------------------------------------------


def compare(folders: Sequence[Path], sampler: str, progress: Callable[[str], None]) -> Compared:
    """Load, check and measure saved runs. Raises `UserError` for what cannot be compared, before it takes time."""
    _check_places(folders)
    saved = [load(folder) for folder in folders]
    _check_data(folders, saved)
    settings = _settings(folders, saved)
    dataset, _ = reload(saved[0].data)
    for run in saved:
        if changed := changed_data(dataset, run.data):
            raise DataError(f"{changed}: find the old ones")
    side = RealSide(dataset)
    words = _words([saved[members[0]] for members in settings])
    made = []
    for name, members in zip(words, settings, strict=True):
        runs = []
        for index in members:
            head = f"{name}, seed {saved[index].setup.seed}"
            answers, errors = measure(saved[index], side, sampler, _headed(head, progress))
            runs.append(MeasuredRun(folders[index], saved[index], answers, errors))
        made.append(Setting(name, tuple(runs)))
    return Compared(dataset.title, tuple(made))


def _headed(head: str, progress: Callable[[str], None]) -> Callable[[str], None]:
    return lambda words: progress(f"{head}: {words}")


def _check_places(folders: Sequence[Path]) -> None:
    if len(folders) < 2:
        raise UserError("it takes two runs to compare; name another one")
    seen: dict[Path, Path] = {}
    for folder in folders:
        if (place := folder.resolve()) in seen:
            raise UserError(f"{folder} is named twice; leave one out")
        seen[place] = folder


def _check_data(folders: Sequence[Path], saved: Sequence[SavedRun]) -> None:
    """Raise `UserError` where runs are of different data."""
    first = saved[0].data
    for folder, run in zip(folders[1:], saved[1:], strict=True):
        both = first.get("sha256"), run.data.get("sha256")
        keys = ("name", "shape") if None not in both and both[0] == both[1] else ("name", "shape", "config")
        if (None not in both and both[0] != both[1]) or any(first.get(key) != run.data.get(key) for key in keys):
            raise UserError(f"{folder} was trained on other data than {folders[0]}; compare runs of the same data")


def _settings(folders: Sequence[Path], saved: Sequence[SavedRun]) -> list[list[int]]:
    """The runs by setting, as indices. Runs that differ in their steps alone are settings of their own."""
    found = _grouped([_key(run) for run in saved])
    if len(found) < 2 or _repeated(found, saved):
        by_steps = _grouped([f"{_key(run)} {run.step}" for run in saved])
        found = by_steps if len(by_steps) > 1 else found
    if twice := _repeated(found, saved):
        one, other = (folders[index] for index in twice)
        raise UserError(f"{one} and {other} have the same knobs and the same seed; leave one out")
    if len(found) < 2:
        raise UserError("these runs differ in their seed alone; add runs of another setting")
    return found


def _key(run: SavedRun) -> str:
    """What makes a setting, as text that compares."""
    setup = {name: value for name, value in to_json(run.setup).items() if name not in NO_KNOBS}
    return json.dumps([run.model, to_json(run.config), setup], sort_keys=True)


def _grouped(keys: Sequence[str]) -> list[list[int]]:
    found: dict[str, list[int]] = {}
    for index, key in enumerate(keys):
        found.setdefault(key, []).append(index)
    return list(found.values())


def _repeated(settings: Sequence[Sequence[int]], saved: Sequence[SavedRun]) -> tuple[int, int] | None:
    """Two runs of one setting with the same seed."""
    for members in settings:
        seen: dict[int, int] = {}
        for index in members:
            seed = saved[index].setup.seed
            if seed in seen:
                return seen[seed], index
            seen[seed] = index
    return None


def _words(firsts: Sequence[SavedRun]) -> list[str]:
    """What sets each setting apart, from its first run: the model, and knobs that differ among those who have them."""
    described = [_described(run) for run in firsts]
    words = []
    for run, own in zip(firsts, described, strict=True):
        alike = [other for other, first in zip(described, firsts, strict=True) if first.model == run.model]
        parts = [MODELS.get(run.model).short]
        for name, (label, value) in own.items():
            others = described if name.startswith(SETUP) else alike
            if len({other[name][1] for other in others}) > 1:
                parts.append(f"{label} {value_words(value)}")
        words.append(", ".join(parts))
    steps = [f", {run.step:,} steps" if words.count(each) > 1 else "" for run, each in zip(firsts, words, strict=True)]
    return [f"{each}{more}" for each, more in zip(words, steps, strict=True)]


def _described(run: SavedRun) -> dict[str, tuple[str, KnobValue]]:
    """The label and the value of each knob that makes a setting, by a name that is unique."""
    found: dict[str, tuple[str, KnobValue]] = {}
    for part, config in ((SETUP, run.setup), ("", run.config)):
        for knob in knobs(type(config)):
            if part != SETUP or knob.name not in NO_KNOBS:
                value: KnobValue = getattr(config, knob.name)
                found[f"{part}{option_name(knob)}"] = knob.param.short or knob.param.label.lower(), value
    return found
