"""Wasserstein GAN with gradient penalty (Gulrajani et al. 2017)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor

from core.foundation.params import Param
from core.models.adversarial import Adversarial, AdversarialConfig, same_pace
from core.models.base import Batch, Phase, Terms, register
from core.models.declarations import Chart, Remedies, Series, set_knob, take_smaller_steps
from core.models.narration import GameTerm, GameTurn, SlopePenalty
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
            "Penalty λ",
            0.0,
            1000.0,
            short="λ",
            scale="log",
            soft=(0.1, 100.0),
            live=True,
            formula=r"\lambda \cdot \mathbb{E}\,(\|\nabla D(\hat x)\| - 1)^2",
            help="Holds the critic's slope near 1, which makes its loss a distance. The paper's value is 10.",
        ),
    ] = 10.0


@register("wgan_gp")
class WassersteinGan(Adversarial[WganConfig]):
    """A critic estimates the Wasserstein distance between data and samples, G shortens it."""

    title = "Wasserstein GAN"
    short = "WGAN"
    order = 60
    summary = "A GAN whose second network measures a distance; its loss falls as the drawings get better."
    Config = WganConfig
    badge = "D {d_steps} : G 1"
    chart = Chart(
        family="wasserstein",
        series=(Series("distance", "distance", "lane"), Series("g_loss", "G", "text")),
        unit="critic units",
        about="What the critic tells apart, and what it and the generator pay. The distance falls as samples get"
        " better; it is W as far as the critic has slope 1 at most.",
        formula=r"W \approx \mathbb{E}\, D(x) - \mathbb{E}\, D(G(z))",
        decimals=2,
    )
    columns = ("distance", "d_loss", "g_loss")
    watched = ("d_loss", "g_loss")
    judges = "value"

    @classmethod
    def remedies(cls, config: WganConfig) -> Remedies:
        """Equal learning rates, a critic with slope near 1, more critic steps."""
        steeper = "Hold the critic's slope near 1 with the paper's penalty."
        often = "Let D judge more often, so that it sees the repetition."
        return {
            "mode_collapse": (
                *same_pace(config),
                set_knob("penalty", "gradient penalty λ", 10.0, steeper, config.penalty < 10),
                set_knob("d_steps", "D steps", 5, often, config.d_steps < 5),
            ),
            "getting_worse": (take_smaller_steps("lr_g", "learning rate G", config.lr_g),),
        }

    def phases(self) -> tuple[Phase[WganConfig], ...]:
        """The critic several times, then G."""
        return (
            Phase(
                "critic",
                (self.scores,),
                self._judge,
                lr="lr_d",
                times=lambda config: config.d_steps,
                betas=(0.5, 0.9),
                narration=_narrate_critic,
            ),
            Phase(
                "generator",
                (self.generator,),
                self._shorten,
                lr="lr_g",
                betas=(0.5, 0.9),
                after=self.average,
                images=False,
                narration=_narrate_generator,
            ),
        )

    def _judge(self, batch: Batch[WganConfig]) -> tuple[Tensor, Terms]:
        with torch.no_grad():
            drawn = self.draw(batch)
            between = torch.lerp(batch.x, drawn, batch.rand(batch.x.shape[0], 1, 1, 1))
        on_real, on_drawn = self.scores(torch.cat([batch.x, drawn])).chunk(2)
        distance = on_real.mean() - on_drawn.mean()
        between.requires_grad_()
        # slopes are per unit of D's input: of images, its range is twice that of x
        slope = gradient_penalty(self.scores(between) / self.span, between)
        penalty = batch.config.penalty * slope
        loss = penalty - distance
        return loss, {"distance": distance, "d_loss": loss, "penalty": penalty}

    def _shorten(self, batch: Batch[WganConfig]) -> tuple[Tensor, Terms]:
        loss = -self.scores(self.draw(batch)).mean()
        return loss, {"g_loss": loss}


PENALTY = "Penalty λ·E(‖∇‖ − 1)²"


def _narrate_critic(config: WganConfig, step: int) -> GameTurn:
    return GameTurn(
        learner="judge",
        judge="the critic",
        wish_real="high values",
        wish_drawn="low values",
        terms=(
            GameTerm("Distance", "distance", "Mean value of real ones minus that of drawn ones"),
            GameTerm(PENALTY, "penalty", "Of slopes between real and drawn ones"),
            GameTerm("Loss: penalty − distance", "d_loss"),
        ),
        sentence="The critic pulls real and fake apart, and pays where its slope is not 1.",
        penalty=SlopePenalty(
            column="penalty",
            title=PENALTY,
            tip="Mean over the batch, λ-fold",
            sentence="Penalty: between real and fake ones, the critic shall rise by 1 per unit of distance, no more, no"
            " less.",
            between=True,
        ),
    )


def _narrate_generator(config: WganConfig, step: int) -> GameTurn:
    return GameTurn(
        learner="generator",
        judge="the critic",
        wish_real="",
        wish_drawn="high values",
        terms=(GameTerm("G’s loss", "g_loss", "Minus the mean value of drawn ones"),),
        sentence="G pays where the critic’s value is low. The critic only says how much.",
    )
