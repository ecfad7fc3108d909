"""Sparse autoencoder: distortion plus a price on active codes, L1 or KL to a target activity (Ng 2011)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor

from core.foundation.params import Param
from core.models.autoencoders import CHART, Autoencoder
from core.models.base import AutoencoderConfig, Batch, Phase, Terms, register
from core.nets.networks import Shape
from core.nets.objectives import distortion, sparsity_kl, sparsity_l1


@dataclass(frozen=True)
class SparseConfig(AutoencoderConfig):
    """The knobs of the sparse autoencoder."""

    sparsity: Annotated[
        float,
        Param(
            "Sparsity λ",
            0.0,
            1e4,
            scale="log",
            soft=(0.0, 100.0),
            live=True,
            unit="nats",
            formula=r"\distortion{D} + \lambda \cdot \sum |a| \; \text{or} \\ "
            r"\distortion{D} + \lambda \cdot \sum \kl{\mathrm{KL}}(\rho \parallel \hat\rho)",
            help="The price of an active code. Raise it and codes fall silent; the picture loses detail.",
        ),
    ] = 1.0
    penalty: Annotated[
        str,
        Param(
            "Penalty",
            choices=("l1", "kl"),
            help="L1 pays for every activation; KL asks each unit to be active a share ρ of the time (sigmoid code).",
        ),
    ] = "l1"
    target: Annotated[
        float,
        Param(
            "Target activity ρ",
            0.001,
            0.9,
            live=True,
            decimals=3,
            help="How often a code unit should be active. Smaller is sparser.",
            when=("penalty", ("kl",)),
        ),
    ] = 0.1


@register("sparse_ae")
class SparseAutoencoder(Autoencoder):
    """An autoencoder that pays for each active code."""

    title = "Sparse autoencoder"
    short = "SAE"
    order = 20
    summary = (
        "An autoencoder that pays for the size of each number of its code, so that few are used for any one image."
    )
    Config = SparseConfig
    chart = CHART
    columns = ("objective", "distortion", "sparsity")
    watched = ("objective",)

    def __init__(self, config: SparseConfig, shape: Shape, network: str) -> None:
        super().__init__(config, shape, network)
        self.squash = config.penalty == "kl"

    def code(self, x: Tensor) -> Tensor:
        """The activations (N, D): in (0, 1) with the KL penalty, free with L1."""
        code: Tensor = self.encoder(x).float()
        return torch.sigmoid(code) if self.squash else code

    def phases(self) -> tuple[Phase, ...]:
        """One: distortion and sparsity together."""
        return (Phase("autoencoder", (self,), self._loss),)

    def _loss(self, batch: Batch) -> tuple[Tensor, Terms]:
        config: SparseConfig = batch.config
        code = self.code(batch.x)  # (N, D)
        self.scale.follow(code, batch.step)
        bent = distortion(self.logits(code), batch.x, config.likelihood, config.pixel_sigma)
        price = sparsity_kl(code, config.target) if self.squash else sparsity_l1(code)
        loss = bent + config.sparsity * price
        return loss, {"objective": loss, "distortion": bent, "sparsity": price}
