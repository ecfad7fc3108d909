"""The command that sweeps a knob of a lane, and the values that are proposed for it."""

from __future__ import annotations

import dataclasses
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core.foundation.params import Knob, KnobError, KnobValue, knobs, option_of

if TYPE_CHECKING:
    from core.engine.run import Run
    from core.exports.experiment_config import ExperimentConfig

OF_SETUP = ("latent", "network")
"""Knobs of the setup that can be swept."""
WEIGHTS = (0.1, 0.5, 1.0, 2.0, 4.0, 10.0)
"""Values proposed for the weight of a rate."""
LATENTS = (2, 4, 8, 16, 32)
FACTORS = {"linear": (0.25, 0.5, 1.0, 2.0, 4.0), "log": (0.1, 0.3, 1.0, 3.0, 10.0)}
"""Values proposed for another number, as multiples of the present one."""
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
"""The same where that is 0, as shares of the range; with a range of more than `NARROW`, `OFF_ZERO`."""
NARROW = 100.0
OFF_ZERO = (0.0, 0.1, 1.0, 10.0)


def sweepable(run: Run) -> dict[str, Knob]:
    """The knobs of a lane that can be swept, by the name of their option: those that matter for it now."""
    from core.training.setup import Setup

    points = run.dataset.points
    own = [each for each in knobs(run.model.Config) if each.shown(run.pending, points)]
    shared = [each for each in knobs(Setup) if each.name in OF_SETUP and not (points and each.param.of_images)]
    return {option(each): each for each in (*own, *shared) if each.kind is not str or each.param.choices}


def option(knob: Knob) -> str:
    """The option of a knob, without its dashes."""
    return option_of(knob).removeprefix("--")


def proposed(run: Run, knob: Knob, present: KnobValue) -> str:
    """Values to sweep a knob over, as text."""
    if knob.param.choices:
        return ", ".join(each for each in knob.param.choices if each != "auto")
    if knob.kind is bool:
        return "no, yes"
    weights = run.model.rate_knobs
    if weights is not None and knob.name == weights.weight:
        return _text(WEIGHTS, knob)
    if knob.name == "latent":
        return _text(LATENTS, knob)
    value, (low, high) = float(present), knob.param.soft or (knob.param.low, knob.param.high)
    if value:
        return _text([value * factor for factor in FACTORS[knob.param.scale]], knob)
    if low is None or high is None or high - low > NARROW:
        return _text(OFF_ZERO, knob)
    return _text([low + share * (high - low) for share in SHARES], knob)


def _text(values: Sequence[float], knob: Knob) -> str:
    """Those of some values that a knob can take, each once."""
    texts: list[str] = []
    for value in values:
        try:
            taken = knob.check(round(value) if knob.kind is int else value)
        except KnobError:
            continue
        text = f"{taken:.4g}"
        if text not in texts:
            texts.append(text)
    return ", ".join(texts)


def parsed(knob: Knob, text: str) -> list[str]:
    """The values in a text, as the command takes them. Raises `KnobError`: one sentence."""
    texts = [each.strip().replace("−", "-") for each in text.replace(";", ",").split(",")]
    if not any(texts):
        raise KnobError("Write at least one value, as in 0.1, 1, 10" if knob.kind is not str else "Write a value")
    found: dict[KnobValue, str] = {}
    for each in texts:
        if not each:
            raise KnobError("There is nothing between two commas")
        value = knob.parse(each)
        if value in found:
            raise KnobError(f"{each} stands there twice")
        found[value] = each
    return list(found.values())


def sweep_words(
    lane: ExperimentConfig,
    name: str,
    values: Sequence[str],
    seeds: int,
    steps: int,
    workers: int,
    folder: Path,
) -> list[str]:
    """The words of the command, without the program's: a lane's knobs, but the one that is swept."""
    from core.exports.command_line import train_command
    from core.training.setup import Setup

    usual = Setup()
    setup = dataclasses.replace(lane.setup, seed=usual.seed, steps=0, epochs=0.0, seconds=0.0)
    (own,) = lane.lanes
    for each in knobs(Setup):
        if option(each) == name:
            setup = dataclasses.replace(setup, **{each.name: each.default})  # type: ignore[arg-type]
    for each in knobs(type(own.config)):
        if option(each) == name:
            own = dataclasses.replace(own, config=dataclasses.replace(own.config, **{each.name: each.default}))  # type: ignore[arg-type]
    config = dataclasses.replace(lane, setup=setup, lanes=(own,))
    _, _, *options = shlex.split(train_command(config, system="posix"))
    own_words = ["--vary", f"{name}={','.join(values)}", "--seeds", f"{seeds}", "--steps", f"{steps}"]
    where = ["--on", "processes", "--workers", f"{workers}", "--out", f"{folder}", "--json"]
    return ["sweep", *options, *own_words, *where]
