"""What may be said over the wire: commands, looks and their answers, and the parts of a view that are plain data.

A new look is taken in with its answer; a new command or part of a view is added here. Two things stay with the caller:
``Restart`` crosses without data set, and a snapshot without its model.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Mapping
from typing import Any

import core.probes
from core.engine import commands
from core.engine.board import Measures
from core.engine.commands import Restart
from core.engine.status import Event, Failure, Status
from core.foundation.history import Table
from core.metrics.base import Measured
from core.probes.look import Answer, Look
from core.remote.codec import Codec
from core.theory.latent_space import Plane
from core.training.setup import Setup

COMMANDS = (
    commands.Start,
    commands.Pause,
    commands.Step,
    commands.Set,
    commands.Limits,
    Restart,
    commands.RollBack,
    commands.GiveWay,
    commands.Hold,
    commands.Stop,
)
PARTS = (Status, Failure, Event, Table, Measures, Measured, Setup, Plane, Answer)
"""Parts of a view, and what they are made of."""
ASIDE: dict[type, tuple[str, ...]] = {Restart: ("dataset",)}
"""Fields that do not cross."""


def looks() -> tuple[type[Look[Any]], ...]:
    """Every look of a module in `core.probes`."""
    names = [f"{core.probes.__name__}.{each.name}" for each in pkgutil.iter_modules(core.probes.__path__)]
    things = [(name, each) for name in names for each in vars(importlib.import_module(name)).values()]
    classes = [each for name, each in things if inspect.isclass(each) and each.__module__ == name]
    return tuple(each for each in classes if issubclass(each, Look) and not inspect.isabstract(each))


def configs() -> dict[str, type]:
    """The class of knobs of every model by wire name: the class's own name, or the model's where it is a user's.

    Imports torch. A user's model may be written later: see `core.remote.learning`.
    """
    from core.models.base import MODELS, TrainConfig

    found: dict[str, type] = {TrainConfig.__name__: TrainConfig}
    for name in MODELS.names():
        config = MODELS.get(name).Config
        is_ours = config.__module__.startswith("core.")
        if config not in found.values():
            found[config.__name__ if is_ours else f"{name}'s knobs"] = config
    return found


def codec(more: Mapping[str, type] | None = None) -> Codec:
    """The codec of everything that is here, and of ``more`` frozen dataclasses by wire name. Imports torch."""
    known = configs()
    plain = {cls.__name__: cls for cls in (*COMMANDS, *PARTS, *looks())}
    names = {cls.__name__: cls for cls in (known["TrainConfig"], Setup, Measured)}
    return Codec({**plain, **known, **(more or {})}, ASIDE, names)
