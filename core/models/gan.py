"""Generative adversarial network, non-saturating (Goodfellow et al. 2014), with optional packs (Lin et al. 2018)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor

from core.foundation.params import Param
from core.models.adversarial import Adversarial, AdversarialConfig, same_pace
from core.models.base import Batch, Phase, Terms, register
from core.models.declarations import Chart, Game, Level, Remedies, Series, set_knob, take_smaller_steps
from core.models.narration import GameTerm, GameTurn, SlopePenalty
from core.nets.objectives import discriminator_losses, generator_loss, r1_penalty

PENALTY_EVERY = 16
"""Steps between two R1 penalties, each of which counts 16-fold (Karras et al. 2020, section 3.1)."""


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
            short="packing",
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
            short="smoothing",
            words=((1.0, "none"),),
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
            short="R1",
            words=((0.0, "off"),),
            scale="log",
            live=True,
            formula=r"\tfrac{\gamma}{2} \cdot \mathbb{E}\,\|\nabla D(x)\|^2",
            help="Keeps the discriminator smooth around real images. More is calmer, too much is vague.",
        ),
    ] = 1.0


def guessing(smoothing: float) -> float:
    """D's loss where it cannot tell real from generated: D(x) = s/2 everywhere; 2 ln 2 without smoothing."""
    s = smoothing
    return 2 * math.log(2) if s == 1.0 else -(s * math.log(s / 2) + (2 - s) * math.log(1 - s / 2))


@register("gan")
class Gan(Adversarial[GanConfig]):
    """D learns to tell real images from generated ones, G to fool it."""

    title = "Adversarial network"
    short = "GAN"
    order = 50
    summary = "A generator draws, a discriminator judges; both learn from the other. Sharp, and it may forget classes."
    Config = GanConfig
    badge = "D {d_steps} : G {g_steps}"
    chart = Chart(
        family="adversarial",
        series=(Series("d_loss", "D", "lane"), Series("g_loss", "G", "text")),
        about="What discriminator and generator pay. At balance D pays 2 ln 2; it says nothing about quality.",
        formula=r"\lane{\text{D: } {-}\log D(x) - \log(1 - D(G(z)))} \\ \text{G: } {-}\log D(G(z))",
        decimals=2,
        from_zero_to=2.0,
    )
    columns = ("d_loss", "g_loss")
    watched = ("d_loss", "g_loss")
    judges = "probability"

    @classmethod
    def level(cls, config: GanConfig) -> Level:
        """D's loss where it only guesses."""
        if config.smoothing == 1.0:
            return Level(guessing(1.0), "balance 2 ln 2", "2 ln 2")
        return Level(guessing(config.smoothing), "balance")

    @classmethod
    def game(cls, config: GanConfig) -> Game:
        """Both losses are -log probabilities."""
        s = config.smoothing
        least = -(s * math.log(s) + (1 - s) * math.log1p(-s)) if 0 < s < 1 else 0.0
        return Game("d_loss", "g_loss", guessing(s), least)

    @classmethod
    def remedies(cls, config: GanConfig) -> Remedies:
        """Equal learning rates first, then what slows the side that is ahead."""
        smooth = "Keep D smooth around real images with the R1 penalty."
        smoother = set_knob("r1", "R1 penalty", 1.0, smooth, config.r1 < 1)
        unsure = "Let D never be sure, by label smoothing."
        slower = "Slow D down, so that G can follow."
        more = "Give D more steps for each of G's."
        often = "Let D judge more often, so that it sees the repetition."
        return {
            "discriminator_won": (
                *same_pace(config),
                smoother,
                set_knob("smoothing", "label smoothing", 0.9, unsure, config.smoothing == 1.0),
                set_knob("lr_d", "learning rate D", config.lr_d / 4, slower),
            ),
            "generator_won": (
                *same_pace(config),
                set_knob("d_steps", "D steps", min(16, config.d_steps + 2), more),
            ),
            "mode_collapse": (
                *same_pace(config),
                smoother,
                set_knob("d_steps", "D steps", 5, often, config.d_steps < 5),
            ),
            "getting_worse": (take_smaller_steps("lr_g", "learning rate G", config.lr_g),),
        }

    @classmethod
    def packing(cls, config: GanConfig) -> int:
        """PacGAN (Lin et al. 2018): D judges m images at once."""
        return config.packing

    def phases(self) -> tuple[Phase[GanConfig], ...]:
        """D, then G."""
        return (
            Phase(
                "discriminator",
                (self.scores,),
                self._judge,
                lr="lr_d",
                times=lambda config: config.d_steps,
                betas=(0.5, 0.99),
                narration=self._narrate_judge,
            ),
            Phase(
                "generator",
                (self.generator,),
                self._fool,
                lr="lr_g",
                times=lambda config: config.g_steps,
                betas=(0.5, 0.99),
                after=self.average,
                images=False,
                narration=self._narrate_generator,
            ),
        )

    def _judge(self, batch: Batch[GanConfig]) -> tuple[Tensor, Terms]:
        config = batch.config
        with torch.no_grad():
            drawn = self.draw(batch)
        real, fake = self.scores(torch.cat([self.packed(batch.x), self.packed(drawn)])).chunk(2)
        on_real, on_fake = discriminator_losses(real, fake, config.smoothing)
        loss = total = on_real + on_fake
        terms = {"d_loss": loss, "on_real": on_real, "on_fake": on_fake}
        if config.r1 > 0 and batch.step % PENALTY_EVERY == 0:
            x = self.packed(batch.x).detach().clone().requires_grad_()
            # per unit of D's input: for images the gradient by x in [0, 1] is twice the one by [-1, 1]
            penalty = 0.5 * config.r1 * PENALTY_EVERY * r1_penalty(self.scores(x), x) / self.span**2
            total, terms["r1"] = loss + penalty, penalty
        return total, terms

    def _fool(self, batch: Batch[GanConfig]) -> tuple[Tensor, Terms]:
        loss = generator_loss(self.scores(self.packed(self.draw(batch))))
        return loss, {"g_loss": loss}

    def _narrate_judge(self, config: GanConfig, step: int) -> GameTurn:
        s = config.smoothing
        balance = f"{'2 ln 2 = ' if s == 1.0 else ''}{guessing(s):.3f} where D cannot tell them apart"
        return GameTurn(
            learner="judge",
            judge="D",
            wish_real=f"D near {s:g}",
            wish_drawn="D near 0",
            terms=(
                GameTerm("On real", "on_real", f"−log D(x){'' if s == 1 else ', smoothed'}, mean"),
                GameTerm("On fake", "on_fake", "−log(1 − D(G(z))), mean over the batch"),
                GameTerm("D’s loss", "d_loss", balance),
                GameTerm("R1 penalty", "r1", f"Only at every {PENALTY_EVERY}th step, {PENALTY_EVERY}-fold"),
            ),
            sentence="D pays for every real one it doubts and every fake one it believes.",
            pack=config.packing,
            penalty=SlopePenalty(
                column="r1",
                title="R1 penalty",
                tip=f"½ γ E‖∇‖², {PENALTY_EVERY}-fold, as it comes only at every {PENALTY_EVERY}th step",
                sentence=f"Penalty, at every {PENALTY_EVERY}th step: around real ones D shall not be steep.",
                span=self.span,
                remark="This step it also pays for being steep around real ones.",
            ),
        )

    def _narrate_generator(self, config: GanConfig, step: int) -> GameTurn:
        return GameTurn(
            learner="generator",
            judge="D",
            wish_real="",
            wish_drawn="D near 1",
            terms=(GameTerm("G’s loss", "g_loss", "−log D(G(z)), mean over the batch"),),
            sentence="G pays where D is not fooled. D only says how much.",
            pack=config.packing,
        )
