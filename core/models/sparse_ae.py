"""Sparse autoencoder: distortion plus a penalty on active codes, L1 or KL to a target activity (Ng 2011)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor

from core.foundation.params import Param
from core.models.autoencoders import Autoencoder
from core.models.base import AutoencoderConfig, Batch, Phase, Terms, register
from core.models.narration import CodedTurn, CodeStage, CodeTerm, Reading, Weight
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
            short="λ",
            scale="log",
            soft=(0.0, 100.0),
            live=True,
            unit="nats",
            formula=r"\distortion{D} + \lambda \cdot \sum |a| \; \text{or} \\ "
            r"\distortion{D} + \lambda \cdot \sum \kl{\mathrm{KL}}(\rho \parallel \hat\rho)",
            help="The price of an active code. Raise it and codes fall silent; reconstructions lose detail.",
        ),
    ] = 1.0
    penalty: Annotated[
        str,
        Param(
            "Penalty",
            short="penalty",
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
            short="ρ",
            live=True,
            decimals=3,
            help="How often a code unit should be active. Smaller is sparser.",
            when=("penalty", ("kl",)),
        ),
    ] = 0.1


@register("sparse_ae")
class SparseAutoencoder(Autoencoder[SparseConfig]):
    """An autoencoder with a penalty on active units of its code."""

    title = "Sparse autoencoder"
    short = "SAE"
    order = 20
    summary = (
        "An autoencoder that pays for the size of each number of its code, so that few are used for any one image."
    )
    Config = SparseConfig
    badge = "λ {sparsity:,.2f}"
    columns = ("objective", "distortion", "sparsity")
    watched = ("objective",)
    sparse = True

    def __init__(self, config: SparseConfig, shape: Shape, network: str) -> None:
        super().__init__(config, shape, network)
        self.squash = config.penalty == "kl"

    @classmethod
    def target_activity(cls, config: SparseConfig) -> float | None:
        """ρ, where the KL penalty asks for it."""
        return config.target if config.penalty == "kl" else None

    def code(self, x: Tensor) -> Tensor:
        """The activations (N, D): in (0, 1) with the KL penalty, unbounded with L1."""
        return self._activation(self.encoder(x).float())

    def _activation(self, outputs: Tensor) -> Tensor:
        """The code (N, D), from the encoder's outputs."""
        return torch.sigmoid(outputs) if self.squash else outputs

    def phases(self) -> tuple[Phase[SparseConfig], ...]:
        """One: distortion and sparsity together."""
        return (Phase("autoencoder", (self,), self._loss, narration=_narration),)

    def _loss(self, batch: Batch[SparseConfig]) -> tuple[Tensor, Terms]:
        config = batch.config
        outputs: Tensor = self.encoder(batch.x).float()  # (N, D): with the KL penalty logits of the code
        code = self._activation(outputs)
        fit = distortion(self.logits(code), batch.x, *config.pixel_model)
        price = sparsity_kl(outputs, config.target) if self.squash else sparsity_l1(outputs)
        loss = fit + config.sparsity * price
        return loss, {"objective": loss, "distortion": fit, "sparsity": price}


def _narration(config: SparseConfig, step: int) -> CodedTurn:
    """The penalty has a stage of its own, before the code is decoded."""
    readings: tuple[Reading, ...] = (Reading("Σ|a| of this one", lambda code: code[0].abs().sum()),)
    sentence = "Price: the code pays for the size of each of its numbers."
    if config.penalty == "kl":
        readings = (
            Reading("Mean of z", lambda code: code.mean(0), "ρ̂, the mean activity of this unit over the batch"),
            Reading("Target activity ρ", lambda code: config.target),
        )
        sentence = "Price: each unit pays for how far its mean over the batch is from the activity asked for."
    price = CodeTerm(
        column="sparsity",
        letter="S",
        title="Price of activity",
        tip="Σ|a| or Σ KL(ρ‖ρ̂), as the penalty says",
        box="The price of activity, straight from the code",
        cost="how active the code is",
        weight=Weight("λ", "Sparsity λ", config.sparsity, "nats"),
        stage=CodeStage("price", "Price", sentence, readings),
    )
    return CodedTurn((price,))
