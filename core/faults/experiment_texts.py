"""Mutants of the texts in which experiments are pasted and mailed."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Mapping
from random import Random

from core.datasets.base import SOURCES
from core.exports import experiment_text
from core.exports.experiment_config import ExperimentConfig, LaneConfig
from core.faults.mutants import TOKENS, mutated_text
from core.foundation.params import KnobValue, from_json
from core.models.base import MODELS
from core.training.setup import Setup

MAILED = (
    *("\r\n> ", "=", ":", '"', "\\u", "\\", "lane vae:", "end of experiment", "setup:", "\xa0", "“", "\u200b", "−1"),
)
"""What mail clients put in, and words of the text itself."""


@functools.cache
def _texts() -> tuple[str, ...]:
    """Texts of experiments: by default, and with knobs of every kind."""

    def lane(model: str, **knobs: KnobValue) -> LaneConfig:
        return LaneConfig(model, from_json(MODELS.get(model).Config, knobs))

    def text(dataset: str, source: Mapping[str, KnobValue], setup: Setup, *lanes: LaneConfig) -> str:
        config = from_json(SOURCES.get(dataset).Config, source)
        return experiment_text.written(ExperimentConfig(dataset, config, setup, lanes))

    vae, gan = lane("vae", hidden="64,  32", channels=8, beta=2.5), lane("gan")
    return (
        text("faces", {}, Setup(), gan),
        text("drawn", {"strokes": "-0.5,0 -0.5,0.75;0,0 0.5,0.25"}, Setup(latent=8, seed=3), vae, gan, vae),
        text("idx", {"data": '/my "best" data/mai é'}, Setup(precision="bfloat16", epochs=0.5), *(vae,) * 5),
    )


def mutated(random: Random) -> str:
    """A changed text; of most the header stays, without which nothing else is read."""
    tokens = (*TOKENS, *(each.encode() for each in MAILED))
    header, line_end, rest = random.choice(_texts()).partition("\n")
    if random.random() < 0.2:
        return mutated_text(header + line_end + rest, random, tokens)
    return header + line_end + mutated_text(rest, random, tokens)


def read(text: str) -> None:
    """Read a text. What was understood, written again, must be understood the same, where it fits a text."""
    found = experiment_text.read(text)
    with contextlib.suppress(experiment_text.ExperimentTextError):
        again = experiment_text.read(experiment_text.written(found))
        if (again.dataset, again.setup, again.lanes) != (found.dataset, found.setup, found.lanes):
            raise RuntimeError(f"it was read as {found}, and its text as {again}")
