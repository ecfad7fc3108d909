"""A run as a report shows it, and its name among the others."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.engine.lane_names import LaneName
from core.exports.document import Cell
from core.exports.experiment_config import ExperimentConfig
from core.models.base import MODELS

if TYPE_CHECKING:
    from core.datasets.base import Dataset
    from core.engine.board import Measures
    from core.engine.freshness import Present
    from core.engine.run_folder import SavedRun
    from core.models.base import Model
    from core.training.snapshot import Snapshot
    from core.verdicts import Verdict


@dataclass(frozen=True, eq=False)
class ReportedRun:
    """A run as a report shows it. ``slot`` decides colour and shape; ``errors`` are of measures that failed.

    ``threads`` of the training, where the setup fixes none and they are known. ``present`` says which measures of a run
    that goes on are old.
    """

    slot: int
    saved: SavedRun
    dataset: Dataset
    measures: Measures | None = None
    verdicts: tuple[Verdict, ...] = ()
    errors: Mapping[str, str] = field(default_factory=dict)
    threads: int = 0
    present: Present | None = None

    @property
    def model(self) -> type[Model]:
        """The class of the model."""
        return MODELS.get(self.saved.model)

    def experiment(self) -> ExperimentConfig:
        """What trains it again."""
        found = ExperimentConfig.of_saved(self.saved)
        setup = dataclasses.replace(found.setup, threads=found.setup.threads or self.threads)
        return dataclasses.replace(found, setup=setup)


@dataclass(frozen=True, eq=False)
class Lane:
    """A run with the name that it has among the others."""

    run: ReportedRun
    name: LaneName

    @functools.cached_property
    def snapshot(self) -> Snapshot:
        """The saved model."""
        return self.run.saved.snapshot(self.run.dataset)

    def head(self) -> Cell:
        """Its name, for a column or a row."""
        return Cell(self.name.full, lane=self.run.slot)
