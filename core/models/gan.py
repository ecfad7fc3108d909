"""Generative adversarial network, non-saturating (Goodfellow et al. 2014), in packs if wanted (Lin et al. 2018)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any

import torch
from torch import Tensor

from core.foundation.params import Param
from core.models.adversarial import Adversarial, AdversarialConfig
from core.models.base import Batch, Chart, Phase, Series, Terms, register
from core.nets.objectives import discriminator_loss, generator_loss, r1_penalty

PENALTY_EVERY = 16
"""R1 is computed at every 16th step and weighs 16 times as much (Karras et al. 2020, section 3.1)."""


@dataclass(frozen=True)
class GanConfig(AdversarialConfig):
    """The knobs of the GAN."""

    d_steps: Annotated[
        int,
        Param("D steps", 1, 16, live=True, unit="/step", help="Updates of the discriminator per step."),
    ] = 1
    g_steps: Annotated[
        int, Param("G steps", 1, 16, live=True, unit="/step", help="Updates of the generator per step.")
    ] = 1
    packing: Annotated[
        int,
        Param(
            "Packing",
            1,
            8,
            unit="images",
            formula=r"D(x_1, \ldots, x_m)",
            help="How many images the discriminator judges at once. In a pack it sees when all look alike, so the"
            " generator forgets fewer kinds.",
        ),
    ] = 1
    smoothing: Annotated[
        float,
        Param(
            "Label smoothing",
            0.5,
            1.0,
            live=True,
            formula=r"-s \cdot \log D(x) - (1 - s) \cdot \log(1 - D(x))",
            help="The target for real images. Below 1 the discriminator is never sure, and G keeps its gradient.",
        ),
    ] = 1.0
    r1: Annotated[
        float,
        Param(
            "R1 penalty",
            0.0,
            100.0,
            scale="log",
            live=True,
            formula=r"\tfrac{\gamma}{2} \cdot \mathbb{E}\,\|\nabla D(x)\|^2",
            help="Keeps the discriminator smooth around real images. More is calmer, too much is blurry.",
        ),
    ] = 1.0


@register("gan")
class Gan(Adversarial):
    """D tells real from drawn, G learns to fool it."""

    title = "Adversarial network"
    short = "GAN"
    order = 50
    summary = "A generator draws, a discriminator judges; both learn from the other. Sharp, and free to forget classes."
    Config = GanConfig
    chart = Chart(
        family="adversarial",
        series=(Series("d_loss", "D", "lane"), Series("g_loss", "G", "text")),
    )
    columns = ("d_loss", "g_loss")
    watched = ("d_loss", "g_loss")
    judges = "probability"

    @classmethod
    def level(cls, config: Any) -> tuple[float, str]:
        """D's loss where real and drawn cannot be told apart: D(x) = s/2 everywhere; 2 ln 2 without smoothing."""
        s = config.smoothing
        if s == 1.0:
            return 2 * math.log(2), "balance 2 ln 2"
        return -(s * math.log(s / 2) + (2 - s) * math.log(1 - s / 2)), "balance"

    @classmethod
    def packing(cls, config: Any) -> int:
        """PacGAN (Lin et al. 2018): m images at once."""
        return int(config.packing)

    def phases(self) -> tuple[Phase, ...]:
        """D, then G."""
        return (
            Phase(
                "discriminator",
                (self.scores,),
                self._judge,
                lr="lr_d",
                times=lambda config: int(config.d_steps),
                betas=(0.5, 0.99),
            ),
            Phase(
                "generator",
                (self.generator,),
                self._fool,
                lr="lr_g",
                times=lambda config: int(config.g_steps),
                betas=(0.5, 0.99),
                after=self.average,
                images=False,
            ),
        )

    def _judge(self, batch: Batch) -> tuple[Tensor, Terms]:
        config: GanConfig = batch.config
        with torch.no_grad():
            drawn = self.draw(batch)
        on_real, on_drawn = self.scores(torch.cat([self.packed(batch.x), self.packed(drawn)])).chunk(2)
        loss = discriminator_loss(on_real, on_drawn, config.smoothing)
        total = loss
        if config.r1 > 0 and batch.step % PENALTY_EVERY == 0:
            x = self.packed(batch.x).detach().clone().requires_grad_()
            # per unit of D's input: for images the gradient by x in [0, 1] is twice the one by [-1, 1]
            total = loss + 0.5 * config.r1 * PENALTY_EVERY * r1_penalty(self.scores(x), x) / self.span**2
        return total, {"d_loss": loss}

    def _fool(self, batch: Batch) -> tuple[Tensor, Terms]:
        loss = generator_loss(self.scores(self.packed(self.draw(batch))))
        return loss, {"g_loss": loss}
