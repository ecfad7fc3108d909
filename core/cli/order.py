"""What ``train`` was asked for."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.datasets.base import SOURCES, SourceConfig
from core.foundation.busy_cores import busy_cores
from core.foundation.params import from_options
from core.models.base import MODELS, TrainConfig
from core.training import devices
from core.training.setup import Setup

DEFAULT_EPOCHS = 10.0
"""Epochs of training where no stop condition is given."""


@dataclass(frozen=True)
class Order:
    """The options of ``train``, parsed. A run that ``out`` holds already is replaced if ``overwrite`` is set.

    ``busy`` is the number of cores that it leaves to other programs, which keep them busy.
    """

    model: str
    config: TrainConfig
    setup: Setup
    dataset: str
    source: SourceConfig
    out: Path | None = None
    overwrite: bool = False
    busy: int = 0

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Order:
        """From option texts by knob name. Without a stop condition: ten epochs.

        Without a number of threads: all cores that other programs leave free, as there is no window. It then stays, as
        part of the setup: results depend on it in their last bits.
        """
        setup = from_options(Setup, options)
        if not (setup.steps or setup.epochs or setup.seconds):
            setup = dataclasses.replace(setup, epochs=DEFAULT_EPOCHS)
        busy = 0
        if not setup.threads:
            setup = dataclasses.replace(setup, threads=devices.free_cores(busy_cores()))
            busy = devices.cores() - setup.threads
        model, dataset = options["model"], options["dataset"]
        config = from_options(MODELS.get(model).Config, options)
        source = from_options(SOURCES.get(dataset).Config, options)
        return cls(model, config, setup, dataset, source, options["out"], options["overwrite"], busy)
