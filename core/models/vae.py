"""Variational autoencoder: distortion plus beta times the rate (Kingma & Welling 2014; Higgins et al. 2017)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import torch
from torch import Tensor

from core.foundation.params import Param
from core.models.base import AutoencoderConfig, Batch, Chart, Model, Phase, Posterior, Series, Terms, register
from core.nets.networks import Shape, decoder, encoder
from core.nets.objectives import distortion, distortion_each, rate_each


@dataclass(frozen=True)
class VaeConfig(AutoencoderConfig):
    """The knobs of the VAE."""

    beta: Annotated[
        float,
        Param(
            "KL weight β",
            0.0,
            100.0,
            scale="log",
            live=True,
            formula=r"\distortion{D} + \beta \cdot \rate{R}",
            presets=(0, 0.1, 1, 4, 10),
            help="How hard each code is pulled toward the prior. Raise it for a smoother map, lower it for sharper"
            " images.",
        ),
    ] = 1.0
    schedule: Annotated[
        str,
        Param(
            "Schedule",
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
class VariationalAutoencoder(Model):
    """q(z|x) = N(mu, sigma^2), z = mu + sigma * epsilon, p(z) = N(0, I)."""

    title = "Variational autoencoder"
    short = "VAE"
    order = 40
    summary = "Each image becomes a small cloud, and all clouds together fill the prior: a space with few holes."
    Config = VaeConfig
    chart = Chart(
        family="nats",
        series=(Series("negative_elbo", "−ELBO", "lane"), Series("distortion", "distortion", "text")),
        band=("distortion", "negative_elbo", "rate"),
    )
    columns = ("negative_elbo", "distortion", "rate", "objective")
    watched = ("objective",)

    def __init__(self, config: VaeConfig, shape: Shape, network: str) -> None:
        super().__init__()
        self.latent = shape.latent
        self.encoder = encoder(network, shape, 2 * shape.latent, config.hidden, config.channels)
        self.decoder = decoder(network, shape, config.hidden, config.channels)

    def _posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        mu, logvar = self.encoder(x).float().chunk(2, 1)  # (N, D), (N, D)
        return mu, logvar

    def encode(self, x: Tensor) -> Posterior:
        """mu and sigma of q(z|x)."""
        mu, logvar = self._posterior(x)
        return Posterior(mu, (0.5 * logvar).exp())

    def logits(self, z: Tensor) -> Tensor:
        """See `Model.logits`."""
        logits: Tensor = self.decoder(z)
        return logits

    def phases(self) -> tuple[Phase, ...]:
        """One: distortion and rate together."""
        return (Phase("vae", (self,), self._loss),)

    def _loss(self, batch: Batch) -> tuple[Tensor, Terms]:
        config: VaeConfig = batch.config
        x = batch.x
        mu, logvar = self._posterior(x)
        if config.samples > 1:
            mu_s, logvar_s, x = (t.repeat_interleave(config.samples, 0) for t in (mu, logvar, x))
        else:
            mu_s, logvar_s = mu, logvar
        z = torch.addcmul(mu_s, (0.5 * logvar_s).exp(), batch.randn(*mu_s.shape))  # (N*S, D)
        bent = distortion(self.logits(z), x, config.likelihood, config.pixel_sigma)
        rates = rate_each(mu, logvar).mean(0)  # (D,)
        rate = rates.sum()
        paid = rates.clamp_min(config.free_bits).sum() if config.free_bits > 0 else rate
        objective = bent + beta_at(config, batch.step) * paid
        return objective, {
            "negative_elbo": bent.detach() + rate.detach(),
            "distortion": bent,
            "rate": rate,
            "objective": objective,
        }

    def measure(self, x: Tensor, config: Any, noise: torch.Generator) -> Terms:
        """Distortion and rate (N,) with one draw of z per image, beta = 1; their sum is -ELBO."""
        mu, logvar = self._posterior(x)
        z = mu + (0.5 * logvar).exp() * torch.randn(mu.shape, generator=noise, device=mu.device)
        bent = distortion_each(self.logits(z), x, config.likelihood, config.pixel_sigma)
        rates = rate_each(mu, logvar)  # (N, D)
        return {"distortion": bent, "rate": rates.sum(1), "rates": rates}
