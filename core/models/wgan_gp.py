"""Wasserstein GAN with gradient penalty (Gulrajani et al. 2017)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor

from core.foundation.params import Param
from core.models.adversarial import Adversarial, AdversarialConfig
from core.models.base import Batch, Chart, Phase, Series, Terms, register
from core.nets.objectives import gradient_penalty


@dataclass(frozen=True)
class WganConfig(AdversarialConfig):
    """The knobs of the WGAN-GP."""

    d_steps: Annotated[
        int,
        Param("Critic steps", 1, 16, live=True, unit="/step", help="Updates of the critic per step of the generator."),
    ] = 3
    penalty: Annotated[
        float,
        Param(
            "Gradient penalty λ",
            0.0,
            1000.0,
            scale="log",
            soft=(0.1, 100.0),
            live=True,
            formula=r"\lambda \cdot \mathbb{E}\,(\|\nabla D(\hat x)\| - 1)^2",
            help="Holds the critic's slope near 1, which makes its loss a distance. The paper's value is 10.",
        ),
    ] = 10.0


@register("wgan_gp")
class WassersteinGan(Adversarial):
    """A critic measures the distance between data and drawings, G shortens it."""

    title = "Wasserstein GAN"
    short = "WGAN"
    order = 60
    summary = "A GAN whose second network measures a distance; its loss falls as the drawings get better."
    Config = WganConfig
    chart = Chart(
        family="wasserstein",
        series=(Series("distance", "distance", "lane"), Series("g_loss", "G", "text")),
        unit="critic units",
    )
    columns = ("distance", "d_loss", "g_loss")
    watched = ("d_loss", "g_loss")
    judges = "value"

    def phases(self) -> tuple[Phase, ...]:
        """The critic several times, then G."""
        return (
            Phase(
                "critic",
                (self.scores,),
                self._judge,
                lr="lr_d",
                times=lambda config: int(config.d_steps),
                betas=(0.5, 0.9),
            ),
            Phase(
                "generator",
                (self.generator,),
                self._shorten,
                lr="lr_g",
                betas=(0.5, 0.9),
                after=self.average,
                images=False,
            ),
        )

    def _judge(self, batch: Batch) -> tuple[Tensor, Terms]:
        with torch.no_grad():
            drawn = self.draw(batch)
            between = torch.lerp(batch.x, drawn, batch.rand(batch.x.shape[0], 1, 1, 1))
        on_real, on_drawn = self.scores(torch.cat([batch.x, drawn])).chunk(2)
        distance = on_real.mean() - on_drawn.mean()
        between.requires_grad_()
        # slopes are per unit of D's input: of images, its range is twice that of x
        slope = gradient_penalty(self.scores(between) / self.span, between)
        loss = batch.config.penalty * slope - distance
        return loss, {"distance": distance, "d_loss": loss}

    def _shorten(self, batch: Batch) -> tuple[Tensor, Terms]:
        loss = -self.scores(self.draw(batch)).mean()
        return loss, {"g_loss": loss}
