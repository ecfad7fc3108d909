"""A model that somebody else wrote: one file, put into a folder that `core.models` looks into as well."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import core.models
from core.models.base import MODELS

NEW = '''
"""A mean image, and a code on a leash."""

from dataclasses import dataclass
from typing import Annotated

import torch
from torch import nn

from core.foundation.params import Param
from core.models.base import Chart, Model, Phase, Posterior, Series, TrainConfig, register
from core.models.declarations import Readout, set_knob, take_smaller_steps
from core.models.narration import CodedTurn, CodeStage, CodeTerm, Reading, Weight
from core.nets.objectives import distortion, distortion_per_image


@dataclass(frozen=True)
class MeanConfig(TrainConfig):
    lr: Annotated[float, Param("Learning rate", 0.0, 1.0, live=True, help="How far each step goes.")] = 1e-2
    pull: Annotated[float, Param("Pull", 0.0, 9.0, live=True, help="How much the code matters.")] = 0.5


@register("mean_image")
class MeanImage(Model):
    title = "Mean image"
    short = "Mean"
    summary = "Learns one image for all."
    Config = MeanConfig
    badge = "pull {pull:.2f}"
    chart = Chart(
        "nats",
        (Series("distortion", "train", "lane"),),
        about="How far one image is from all.",
        formula=r"\\lane{D} = -\\log p(x)",
    )
    columns = ("objective", "distortion", "leash")
    watched = ("objective",)
    no_rate = "There is no rate."
    usual_holes = "a leash of 1 leaves 3 %"

    def __init__(self, config, shape, network):
        super().__init__()
        self.shape = shape
        self.encoder = nn.Linear(shape.pixels, shape.latent)
        self.decoder = nn.Linear(shape.latent, shape.pixels)

    @classmethod
    def readouts(cls, config):
        return (Readout("leash", "leash", 3),)

    @classmethod
    def remedies(cls, config):
        return {
            "holes": (set_knob("pull", "pull", 1.0, "Pull the codes together.", config.pull < 1),),
            "getting_worse": (take_smaller_steps("lr", "learning rate", config.lr),),
        }

    def encode(self, x):
        return Posterior(self.encoder(x.flatten(1)))

    def logits(self, z):
        return self.decoder(z).view(-1, *self.shape.image)

    def phases(self):
        return (Phase("mean", (self,), self._loss, narration=narration),)

    def _loss(self, batch):
        z = self.encode(batch.x).mu
        fit, leash = distortion(self.logits(z), batch.x, "bernoulli", 1.0), z.square().mean()
        loss = fit + batch.config.pull * leash
        return loss, {"objective": loss, "distortion": fit, "leash": leash}

    def measure(self, x, config, noise):
        return {"distortion": distortion_per_image(self.logits(self.encode(x).mu), x, "bernoulli", 1.0)}


def narration(config, step):
    return CodedTurn((
        CodeTerm(
            column="leash",
            letter="Q",
            title="Leash",
            tip="The mean of z squared",
            box="The leash, straight from the code",
            cost="how far the codes have run",
            weight=Weight("k", "Pull k", config.pull),
            stage=CodeStage("leash", "Leash", "Leash: far codes pay.", (Reading("Mean of z", lambda z: z.mean(0)),)),
        ),
    ))
'''
"""The text of the file."""


@contextlib.contextmanager
def another_folder(folder: Path) -> Iterator[Path]:
    """Makes ``core.models`` look into ``folder`` as well, and forgets in the end what was registered from there."""
    before = set(MODELS.names())
    with mock.patch.object(core.models, "__path__", [*core.models.__path__, str(folder)]):
        yield folder
    for name in set(MODELS.names()) - before:
        MODELS.forget(name)
    MODELS.broken.clear()
    for file in folder.glob("*.py"):
        sys.modules.pop(f"core.models.{file.stem}", None)
        vars(core.models).pop(file.stem, None)
