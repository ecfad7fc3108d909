"""The knobs that all runs of an experiment share: architecture, batch, seed, device, stop conditions."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Annotated

from core.foundation.params import Param

NEVER = ((0.0, "never"),)
"""The word for a limit of 0."""


@dataclass(frozen=True)
class Setup:
    """The knobs of an experiment. A change of one that is not live restarts every run."""

    network: Annotated[
        str,
        Param(
            "Architecture",
            of_images=True,
            choices=("auto", "mlp", "conv"),
            help="MLP: dense layers, fast. Conv: convolutions, sharper pictures for more time. Auto gives each model"
            " what suits it: dense layers to the autoencoders, convolutions to the GANs.",
        ),
    ] = "auto"
    latent: Annotated[
        int,
        Param(
            "Latent dims",
            1,
            64,
            help="How many numbers describe one image. With 2 the whole space fits on the map.",
        ),
    ] = 2
    batch: Annotated[
        int,
        Param(
            "Batch size",
            1,
            4096,
            unit="images",
            help="Images per step. More images give calmer gradients and slower steps.",
        ),
    ] = 64
    seed: Annotated[
        int,
        Param(
            "Seed",
            0,
            2**31 - 1,
            help="Where all randomness starts: same seed and number of threads, same run, to the last bit (on a CPU).",
        ),
    ] = 7
    device: Annotated[
        str,
        Param(
            "Device",
            choices=("auto", "cpu", "cuda", "mps"),
            help="Where the networks train. Auto takes the first of CUDA, MPS and CPU that is there.",
        ),
    ] = "auto"
    threads: Annotated[
        int,
        Param(
            "Lane threads",
            0,
            256,
            words=((0.0, "auto"),),
            help="CPU threads of one lane. 0 shares the cores and leaves the window one.",
        ),
    ] = 0
    precision: Annotated[
        str,
        Param(
            "Precision",
            choices=("float32", "bfloat16"),
            help="bfloat16 multiplies with 8 bits of mantissa: up to half faster where the processor has it, and a"
            " slightly rougher gradient. Weights, losses and everything you see stay float32.",
        ),
    ] = "float32"
    steps: Annotated[
        int, Param("Stop at step", 0, 10**9, live=True, words=NEVER, help="0 goes on until you pause.")
    ] = 0
    epochs: Annotated[
        float,
        Param("Stop at epoch", 0, 10**6, live=True, words=NEVER, help="Passes over the training images. 0 goes on."),
    ] = 0.0
    seconds: Annotated[
        float,
        Param("Stop at time", 0, 10**7, unit="s", live=True, words=NEVER, help="Training time of a lane. 0 goes on."),
    ] = 0.0

    def trains_as(self, other: Setup) -> bool:
        """Whether it differs from another in stop conditions at most, which act without a restart."""
        return dataclasses.replace(self, steps=other.steps, epochs=other.epochs, seconds=other.seconds) == other

    def ends(self, step: int, epoch: float, seconds: float) -> bool:
        """Whether a run that has come so far has reached a stop condition."""
        limits = (self.steps, step), (self.epochs, epoch), (self.seconds, seconds)
        return any(limit and reached >= limit for limit, reached in limits)
