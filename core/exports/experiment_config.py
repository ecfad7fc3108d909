"""What an experiment is made of before anything is trained: data, setup, and a model with its knobs per lane."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.datasets.base import SOURCES, SourceConfig
from core.foundation.params import from_json
from core.models.base import TrainConfig
from core.training.setup import Setup

if TYPE_CHECKING:
    from core.engine.experiment import Experiment
    from core.engine.run import Run
    from core.engine.run_folder import SavedRun

DEFAULT_EPOCHS = 10.0
"""Epochs of a training whose end is not known, as in ``train``."""


@dataclass(frozen=True)
class LaneConfig:
    """A model and its knobs."""

    model: str
    config: TrainConfig


@dataclass(frozen=True)
class ExperimentConfig:
    """A dataset with the knobs of its source, the setup that all lanes share, and the lanes."""

    dataset: str
    source: SourceConfig
    setup: Setup
    lanes: tuple[LaneConfig, ...]

    def portable(self) -> ExperimentConfig:
        """The same with knobs of data that mean the same from another working directory."""
        source = SOURCES.get(self.dataset)().portable_config(self.source)
        return dataclasses.replace(self, source=source)

    @classmethod
    def of(cls, experiment: Experiment, source: SourceConfig) -> ExperimentConfig:
        """What the next restart of an experiment begins with; ``source`` are the knobs of its data."""
        lanes = tuple(LaneConfig(run.model_name, run.pending) for run in experiment.runs)
        return cls(experiment.dataset.name, source, experiment.setup, lanes)

    @classmethod
    def of_run(cls, run: Run, source: SourceConfig) -> ExperimentConfig:
        """One lane as it is trained: to its present step, with the knobs in force and its number of threads."""
        view = run.view
        setup = as_trained(run.setup, view.status.step, run.threads)
        lane = LaneConfig(run.model_name, run.pending if view.config is None else view.config)
        return cls(run.dataset.name, source, setup, (lane,))

    @classmethod
    def of_saved(cls, saved: SavedRun) -> ExperimentConfig:
        """A saved run as it was trained. `UserError` where its data are of a source that is not there."""
        name = str(saved.data.get("name"))
        source = from_json(SOURCES.get(name).Config, saved.data.get("config", {}))
        return cls(name, source, as_trained(saved.setup, saved.step), (LaneConfig(saved.model, saved.config),))


def as_trained(setup: Setup, step: int, threads: int = 0) -> Setup:
    """The setup of a training that ends at ``step``; ``threads`` where the setup fixes none.

    Before the first step the limits stay as they are, and ten epochs stand where there is none.
    """
    threads = setup.threads or threads
    if step:
        return dataclasses.replace(setup, steps=step, epochs=0.0, seconds=0.0, threads=threads)
    has_end = setup.steps or setup.epochs or setup.seconds
    return dataclasses.replace(setup, epochs=setup.epochs if has_end else DEFAULT_EPOCHS, threads=threads)
