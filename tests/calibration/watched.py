"""A run trained without a thread and judged at every look, as the window would judge it.

Training, looks and measures are those of the engine, made in one thread: a setting and a seed give the same verdicts.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from core.datasets.base import SOURCES, Dataset, Images, load
from core.engine.board import Measures, View
from core.engine.measure_rounds import columns
from core.engine.status import Status
from core.evaluation.model_side import ModelSide
from core.evaluation.reference import Reference
from core.evaluation.samplers import Sampling
from core.evaluation.training_codes import KnownCodes
from core.foundation.history import History
from core.foundation.params import KnobValue, changed
from core.foundation.slices import finish
from core.metrics.base import METRICS, Measured, applicable, measured
from core.models.base import MODELS
from core.probes.codes import LatentCodesLook, TrainingCodesLook
from core.probes.held_out import HeldOutLook
from core.probes.look import Answer, Context, Look, Looks
from core.probes.samples import SamplesLook
from core.training.batches import DeviceDataset
from core.training.setup import Setup
from core.training.snapshot import Snapshot
from core.training.training import Training, columns_of
from core.verdicts import Verdict, judge

READ = ("modes", "classes_caught", "label_kl", "recall", "coverage", "memorisation", "proxy_fd")
"""Measures that rules read and no look replaces."""
DRAWS = 30
"""Samples on screen."""
DRAWN_POINTS = 500
"""The same for points of a plane."""
PUBLISHED_STEPS = 50
"""Steps between two transfers of losses into the history."""


@dataclass(frozen=True)
class Setting:
    """One run. ``train`` training images at most (0: all); ``turns`` of knobs as (step, name, value).

    It is judged every ``look_every`` steps; measures are taken every ``measure_every`` (0: never).
    """

    model: str
    data: str
    steps: int
    knobs: Mapping[str, KnobValue] = field(default_factory=dict)
    turns: tuple[tuple[int, str, KnobValue], ...] = ()
    source: Mapping[str, KnobValue] = field(default_factory=dict)
    train: int = 0
    latent: int = 2
    batch: int = 64
    network: str = "mlp"
    look_every: int = 100
    measure_every: int = 0

    def __str__(self) -> str:
        """What differs from the usual: "vae on mnist, latent 10, beta 20"."""
        usual = Setting("", "", 0)
        words = [
            f"{name} {getattr(self, name)}"
            for name in ("train", "latent", "batch", "network")
            if getattr(self, name) != getattr(usual, name)
        ]
        words += [f"{name} {value}" for name, value in {**self.source, **self.knobs}.items()]
        words += [f"{name} {value} from step {step:,}" for step, name, value in self.turns]
        return ", ".join([f"{self.model} on {self.data}", *words])


@functools.cache
def _loaded(name: str, source: tuple[tuple[str, KnobValue], ...], train: int) -> tuple[Dataset, Reference]:
    dataset = load(name, SOURCES.get(name).Config(**dict(source)))
    if train:
        kept = Images(*(None if part is None else part[:train].copy() for part in dataclasses.astuple(dataset.train)))
        dataset = dataclasses.replace(dataset, train=kept)
    return dataset, Reference(dataset)


class Watched:
    """A run in training, and what was looked at and judged so far."""

    def __init__(self, setting: Setting, seed: int) -> None:
        self.setting = setting
        self.dataset, self._reference = _loaded(setting.data, tuple(setting.source.items()), setting.train)
        self.model = MODELS.get(setting.model)
        setup = Setup(setting.network, setting.latent, setting.batch, seed, device="cpu", threads=1)
        data = DeviceDataset(self.dataset, torch.device("cpu"))
        self.training = Training(setting.model, self.model.Config(**setting.knobs), setup, data)
        self._history = History(columns_of(setting.model))
        self._looks = Looks()
        self._values: dict[str, Measured] = {}
        self._trail = History(columns())
        self._turned_at: Mapping[str, int] = {}
        self.verdicts: tuple[Verdict, ...] = ()

    def judgements(self) -> Iterator[tuple[int, tuple[Verdict, ...]]]:
        """Train to the end; yields each step at which it was judged, and the verdicts."""
        setting, training = self.setting, self.training
        while training.step < setting.steps:
            for step, name, value in setting.turns:
                if step == training.step:
                    self._turn(name, value)
            training.advance()
            if training.step % PUBLISHED_STEPS == 0:
                self._history.append(training.take_rows())
            if training.step % setting.look_every == 0:
                yield training.step, self._judged()

    def _turn(self, name: str, value: KnobValue) -> None:
        self.training.set_config(changed(self.training.config, name, value))
        self._turned_at = {**self._turned_at, name: self.training.step}
        self.verdicts = ()

    def _judged(self) -> tuple[Verdict, ...]:
        """Look at the present weights and judge."""
        training, every = self.training, self.setting.measure_every
        snapshot = training.snapshot(life=0)
        looks: list[Look[Any]] = [SamplesLook(DRAWN_POINTS if self.dataset.points else DRAWS, seed=1)]
        if self.model.has_encoder:
            looks += [LatentCodesLook(), TrainingCodesLook(), HeldOutLook()]
        for look in looks:
            answer = Answer(look, training.step, finish(look.make(self._context(snapshot))))
            self._looks = self._looks.plus(answer)
        if every and training.step % every == 0:
            self._measure(snapshot)
        view = View(
            Status("training", training.step, seconds=training.seconds),
            self._history.table(),
            config=training.config,
            turned_at=self._turned_at,
            looks=self._looks,
            measures=Measures(dict(self._values), self._trail.table()) if self._values else None,
        )
        self.verdicts = judge(view, self.model, self.dataset, training.config, self.verdicts)
        return tuple(verdict for verdict in self.verdicts if verdict.is_confirmed)

    def _context(self, snapshot: Snapshot) -> Context:
        return Context(
            snapshot=snapshot,
            past=(),
            looks=self._looks,
            steps=snapshot.step,
            seconds=self.training.seconds,
            reference=self._reference,
            codes=KnownCodes(),
            sampling=Sampling(),
            put=lambda look, value: None,
        )

    def _measure(self, snapshot: Snapshot) -> None:
        model_side = ModelSide(snapshot, self._reference.real_side)
        for name in applicable(self.model, self.dataset):
            if name in READ:
                self._values[name] = finish(measured(METRICS.get(name)(), model_side))
        values = [self._values[name].value if name in self._values else np.nan for name in self._trail.names[2:]]
        self._trail.append(np.array([[float(snapshot.step), self.training.seconds, *values]]))
