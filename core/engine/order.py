"""What ``train`` was asked for."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from core.datasets.base import SOURCES, SourceConfig, source_config_of
from core.engine import run_folder
from core.engine.autosave import USUAL, Every
from core.engine.run_folder import SavedRun
from core.foundation.busy_cores import busy_cores
from core.foundation.params import KnobError, checked, from_options, knobs
from core.models.base import MODELS, TrainConfig
from core.training import devices
from core.training.setup import Setup

DEFAULT_EPOCHS = 10.0
"""Epochs of training where no stop condition is given."""
STOPS = ("steps", "epochs", "seconds")
"""Stop conditions of the setup."""
FREE = frozenset({*STOPS, "device", "threads"})
"""Knobs of the setup that may be other ones when a run is resumed."""


@dataclass(frozen=True)
class Order:
    """The options of ``train``, parsed. A run that ``out`` holds already is replaced if ``overwrite`` is set.

    ``busy`` is the number of cores that it leaves to other programs, which keep them busy. ``save`` says how often it
    is saved, ``resumed`` is the run that it goes on with, if there is one.
    """

    model: str
    config: TrainConfig
    setup: Setup
    dataset: str
    source: SourceConfig
    out: Path | None = None
    overwrite: bool = False
    busy: int = 0
    save: Every = USUAL
    resumed: SavedRun | None = None

    @property
    def name(self) -> str:
        """The user's name of the lane that the run was saved from, "" for none."""
        return "" if self.resumed is None else self.resumed.name

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
        save = Every.parsed(options.get("save_every"))
        return cls(model, config, setup, dataset, source, options["out"], options["overwrite"], busy, save)

    @classmethod
    def to_resume(cls, folder: Path, options: Mapping[str, Any]) -> Order:
        """To go on with the run in a folder, to other stop conditions where ``options`` have some.

        Raises `FileError`, `DataError` where its data are missing, `KnobError` where nothing is left to do.
        """
        saved = run_folder.load(folder)
        free = [each for each in knobs(Setup) if each.name in FREE and each.name in options]
        asked = {each.name: each.parse(str(options[each.name])) for each in free}
        none = dict.fromkeys(STOPS, 0) if asked.keys() & set(STOPS) else {}
        threads = saved.setup.threads or min(saved.threads or devices.cores(), devices.cores())
        setup = dataclasses.replace(saved.setup, threads=threads)
        setup = checked(dataclasses.replace(setup, **cast(Any, {**none, **asked})))
        if not (setup.steps or setup.epochs or setup.seconds):
            raise KnobError("say how far the run is to go: --steps, --epochs or --seconds, counted from its beginning")
        source = source_config_of(saved.data)
        out = folder if options["out"] is None else options["out"]
        overwrite = options["out"] is None or options["overwrite"]
        save = Every.parsed(options.get("save_every"))
        name = str(saved.data["name"])
        return cls(saved.model, saved.config, setup, name, source, out, overwrite, save=save, resumed=saved)
