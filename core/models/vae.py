"""Variational autoencoder: distortion plus beta times the rate (Kingma & Welling 2014; Higgins et al. 2017)."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor

from core.foundation.params import Param
from core.models.base import AutoencoderConfig, Batch, Model, Phase, Posterior, Terms, register
from core.models.declarations import (
    Chart,
    RateKnobs,
    RateWeight,
    Readout,
    Remedies,
    Series,
    draw_from_mixture,
    set_knob,
    take_smaller_steps,
)
from core.models.narration import CodedTurn, CodeTerm, Weight
from core.nets.networks import Shape, decoder, encoder
from core.nets.objectives import distortion, distortion_per_image, rate_per_dimension

REVIVAL_NATS = 0.25
"""Free bits offered to silent dimensions; Kingma et al. 2016 (section C.8) use 0.06 to 1 nat per group of them."""


@dataclass(frozen=True)
class VaeConfig(AutoencoderConfig):
    """The knobs of the VAE."""

    beta: Annotated[
        float,
        Param(
            "KL weight β",
            0.0,
            100.0,
            short="β",
            scale="log",
            live=True,
            formula=r"\distortion{D} + \beta \cdot \rate{R}",
            presets=(0, 0.1, 1, 4, 10),
            help="How hard each code is pulled toward the prior. Raise it for a smoother map, lower it for more"
            " faithful images.",
        ),
    ] = 1.0
    schedule: Annotated[
        str,
        Param(
            "Schedule",
            short="schedule",
            choices=("constant", "warm-up", "cyclic"),
            live=True,
            help="Warm-up raises β from 0 once, cyclic again and again. Both let the decoder learn to use the code.",
        ),
    ] = "constant"
    schedule_steps: Annotated[
        int,
        Param(
            "Length",
            1,
            10**6,
            short="length",
            scale="log",
            soft=(100, 20_000),
            unit="steps",
            live=True,
            help="Steps of the warm-up, or of one cycle: half rising, half at β.",
            when=("schedule", ("warm-up", "cyclic")),
        ),
    ] = 2000
    free_bits: Annotated[
        float,
        Param(
            "Free bits",
            0.0,
            10.0,
            short="free bits",
            words=((0.0, "none"),),
            unit="nats",
            live=True,
            formula=r"\sum_d \max(\lambda, \rate{R_d})",
            help="Rate per dimension that costs nothing. It keeps dimensions alive that would fall silent.",
        ),
    ] = 0.0
    samples: Annotated[
        int,
        Param(
            "z samples",
            1,
            16,
            unit="/image",
            live=True,
            pace=True,
            help="Draws of z for each image and step. More draws give calmer gradients and slower steps.",
        ),
    ] = 1


def beta_at(config: VaeConfig, step: int) -> float:
    """The KL weight in force at a step: constant, linear warm-up, or cyclic (Fu et al. 2019, half rising)."""
    if config.schedule == "warm-up":
        return config.beta * min(1.0, step / config.schedule_steps)
    if config.schedule == "cyclic":
        return config.beta * min(1.0, 2.0 * (step % config.schedule_steps) / config.schedule_steps)
    return config.beta


@register("vae")
class VariationalAutoencoder(Model[VaeConfig]):
    """q(z|x) = N(mu, sigma^2), z = mu + sigma * epsilon, p(z) = N(0, I)."""

    title = "Variational autoencoder"
    short = "VAE"
    order = 40
    summary = "Each image becomes a small cloud, and all clouds together fill the prior: a space with few holes."
    Config = VaeConfig
    badge = "β {beta:.2f}"
    chart = Chart(
        family="nats",
        series=(
            Series("negative_elbo", "−ELBO", "text"),
            Series("distortion", "distortion", "lane", short="dist."),
        ),
        band=("distortion", "negative_elbo", "rate"),
        about="Distortion plus rate of a training batch; the band between the curves is the rate. Lower is better.",
        formula=r"-\mathrm{ELBO} = \distortion{D} + \rate{R} \ge -\log p(x)",
    )
    columns = ("negative_elbo", "distortion", "rate", "objective")
    watched = ("objective",)
    rate_knobs = RateKnobs("beta", "schedule", "schedule_steps")
    usual_holes = "a VAE at β = 1 reads about 5 % once trained"

    def __init__(self, config: VaeConfig, shape: Shape, network: str) -> None:
        super().__init__()
        self.latent = shape.latent
        self.encoder = encoder(network, shape, 2 * shape.latent, config.hidden, config.channels)
        self.decoder = decoder(network, shape, config.hidden, config.channels)

    @classmethod
    def readouts(cls, config: VaeConfig) -> tuple[Readout, ...]:
        """The objective, where it is not -ELBO."""
        return (Readout("objective", "objective", short="D + β·R"),) if config.beta != 1.0 else ()

    @classmethod
    def rate_weight(cls, config: VaeConfig) -> RateWeight:
        """β, its schedule, and the free bits."""
        fixed_from = {"warm-up": float(config.schedule_steps), "cyclic": math.inf}.get(config.schedule, 0.0)
        return RateWeight(config.beta, functools.partial(beta_at, config), fixed_from, config.free_bits)

    @classmethod
    def remedies(cls, config: VaeConfig) -> Remedies:
        """β back toward 1, from either side; free bits against silent dimensions; smaller steps."""
        speak = "Lower β, or let it warm up, so that saying something about the image pays again."
        revive = "Give each dimension some rate that costs nothing, or ask for fewer latent dims."
        sharpen = "Lower β: reconstructions get nearer to the data, and classes come apart on the map."
        fill = "Raise β to 1, which pulls the codes together until they fill the prior."
        return {
            "posterior_collapse": (
                set_knob("beta", "β", 1.0, speak, config.beta > 1),
                set_knob("free_bits", "free bits", REVIVAL_NATS, revive, config.free_bits < REVIVAL_NATS),
            ),
            "over_regularised": (set_knob("beta", "β", 1.0, sharpen),),
            "holes": (
                set_knob("beta", "β", 1.0, fill, config.beta < 1),
                draw_from_mixture("Draw from a mixture of Gaussians fitted to its codes, or raise β."),
            ),
            "getting_worse": (take_smaller_steps("lr", "learning rate", config.lr),),
        }

    def _posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        mu, logvar = self.encoder(x).float().chunk(2, 1)  # (N, D), (N, D)
        return mu, logvar

    def encode(self, x: Tensor) -> Posterior:
        """mu and sigma of q(z|x)."""
        mu, logvar = self._posterior(x)
        return Posterior(mu, (0.5 * logvar).exp())

    def logits(self, z: Tensor) -> Tensor:
        """Decoder outputs (N, C, H, W), before the sigmoid."""
        logits: Tensor = self.decoder(z)
        return logits

    def phases(self) -> tuple[Phase[VaeConfig], ...]:
        """One: distortion and rate together."""
        return (Phase("vae", (self,), self._loss, narration=_narration),)

    def _loss(self, batch: Batch[VaeConfig]) -> tuple[Tensor, Terms]:
        config = batch.config
        x = batch.x
        mu, logvar = self._posterior(x)
        if config.samples > 1:
            mu_s, logvar_s, x = (t.repeat_interleave(config.samples, 0) for t in (mu, logvar, x))
        else:
            mu_s, logvar_s = mu, logvar
        z = torch.addcmul(mu_s, (0.5 * logvar_s).exp(), batch.randn(*mu_s.shape))  # (N*S, D)
        fit = distortion(self.logits(z), x, *config.pixel_model)
        rates = rate_per_dimension(mu, logvar).mean(0)  # (D,)
        rate = rates.sum()
        paid = rates.clamp_min(config.free_bits).sum() if config.free_bits > 0 else rate
        objective = fit + beta_at(config, batch.step) * paid
        return objective, {
            "negative_elbo": fit.detach() + rate.detach(),
            "distortion": fit,
            "rate": rate,
            "rate_paid": paid,
            "objective": objective,
        }

    def measure(self, x: Tensor, config: VaeConfig, noise: torch.Generator) -> Terms:
        """Distortion and rate (N,) with one draw of z per image, beta = 1; their sum is -ELBO."""
        posterior = self.encode(x)
        mu, sigma, rates = posterior.mu, posterior.sigma, posterior.rates  # (N, D)
        assert sigma is not None
        assert rates is not None
        z = mu + sigma * torch.randn(mu.shape, generator=noise, device=mu.device)
        fit = distortion_per_image(self.logits(z), x, *config.pixel_model)
        return {"distortion": fit, "rate": rates.sum(1), "rates": rates}


def _narration(config: VaeConfig, step: int) -> CodedTurn:
    """Noise between encoding and decoding, and a rate computed straight from the posterior."""
    rate = CodeTerm(
        column="rate",
        letter="R",
        title="Rate",
        tip="KL(q(z|x)‖p(z)), mean over the batch",
        box="Rate: KL(q(z|x)‖p(z)), straight from μ and σ, mean over the batch",
        cost="how much the codes tell of it",
        weight=Weight("β", "KL weight β", beta_at(config, step), tip="As the schedule has it at this step"),
        in_nats=True,
        paid="rate_paid" if config.free_bits > 0 else "",
        paid_tip="The rate, but at least the free bits in each dimension",
    )
    return CodedTurn((rate,), posterior=True)
