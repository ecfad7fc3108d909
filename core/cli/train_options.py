"""The options of ``train``. Those of a model and of a dataset are known once their names are."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from core.cli.options import PROGRAM, Command, add_command
from core.foundation.user_error import UserError

DEFAULT_MODEL = "vae"
DEFAULT_DATASET = "mnist"


def add_train(commands: Any, command: Command, words: Sequence[str] | None) -> None:
    """Add ``train``; where words follow it, with the knobs of the setup and of the model and dataset that they name."""
    train = add_command(commands, "train", command, "train one model without a window")
    _add_names(train)
    train.add_argument("--out", metavar="DIR", help="where the run folder is written")
    train.add_argument("--overwrite", action="store_true", help="replace the run that DIR holds")
    train.add_argument("--json", action="store_true", help="one JSON object a line on standard output")
    train.add_argument(
        "--save-every",
        metavar="N|TIME",
        help="save every N steps, or every 90s, 5m, 1h; 0 only at the end (default 60s, 1%% of the time at most)",
    )
    train.add_argument("--resume", metavar="DIR", help="go on with the run in DIR, to the last bit")
    train.add_argument("--experiment", metavar="FILE", help="go on with every lane of an experiment, and write it back")
    if words is None:
        return
    named = argparse.ArgumentParser(f"{PROGRAM} train", add_help=False, allow_abbrev=False)
    _add_names(named)
    for each in ("--resume", "--experiment"):
        named.add_argument(each)
    names = named.parse_known_args(words)[0]
    if names.resume is not None or names.experiment is not None:
        _add_resume(train)
        return
    names.model, names.dataset = names.model or DEFAULT_MODEL, names.dataset or DEFAULT_DATASET

    from core.datasets.base import SOURCES
    from core.foundation.params import add_options
    from core.models.base import MODELS
    from core.training.setup import Setup

    try:
        add_options(train, Setup, "training")
        add_options(train, MODELS.get(names.model).Config, f"model {names.model}")
        add_options(train, SOURCES.get(names.dataset).Config, f"dataset {names.dataset}")
    except argparse.ArgumentError as error:  # two knobs of one name; a test keeps the built-in ones apart
        raise UserError(
            f"model {names.model} or dataset {names.dataset} has a knob that is called as another one "
            f"({error.message}); give it another name, or Param(option=…)"
        ) from None
    train.epilog = (
        f"Models: {', '.join(MODELS.names())}. Datasets: {', '.join(SOURCES.names())}. Each has options of its own: "
        "name it before --help to see them. Without a stop condition a model trains 10 epochs."
    )
    if unusable := [f"{label} ({why})" for kind in (MODELS, SOURCES) for label, why in kind.broken.items()]:
        train.epilog += f" These cannot be used: {'; '.join(unusable)}."


def _add_resume(train: Any) -> None:
    """The options of ``train --resume`` and ``--experiment``: all others are those of the run, or of the lanes."""
    from core.engine.order import FREE
    from core.foundation.params import add_options, knobs
    from core.training.setup import Setup

    fixed = [each.name for each in knobs(Setup) if each.name not in FREE]
    add_options(train, Setup, "how far, counted from the beginning of the run, and where", without=fixed)
    train.epilog = (
        "A run keeps its model, data and knobs, and is saved where it was, or in --out. Without a stop condition it "
        "goes on to the one it had."
    )


def _add_names(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", metavar="NAME", help=f"default {DEFAULT_MODEL}")
    parser.add_argument("--dataset", metavar="NAME", help=f"default {DEFAULT_DATASET}")


def add_every_knob(parser: argparse.ArgumentParser) -> None:
    """Add the knobs of the setup and of all models and datasets, for a list of all there are; nothing is parsed by it.

    A knob that several have stands where it comes first. Options with a choice get it as ``choices``.
    """
    from core.datasets.base import SOURCES
    from core.foundation.params import add_options, knobs
    from core.models.base import MODELS
    from core.training.setup import Setup

    kinds: list[tuple[str, type]] = [("training", Setup)]
    kinds += [(f"model {name}", MODELS.get(name).Config) for name in MODELS.names()]
    kinds += [(f"dataset {name}", SOURCES.get(name).Config) for name in SOURCES.names()]
    choices: dict[str, Sequence[str]] = {"model": MODELS.names(), "dataset": SOURCES.names()}
    seen: set[str] = {action.dest for action in parser._actions}
    for title, config in kinds:
        add_options(parser, config, title, without=seen)
        for knob in knobs(config):
            seen.add(knob.name)
            if knob.param.choices:
                choices.setdefault(knob.name, knob.param.choices)
    for action in parser._actions:
        if action.dest in choices:
            action.choices = list(choices[action.dest])
