"""What a model is: networks, ``encode`` (or none), ``decode``, and its phases.

A model is one file in this folder with ``@register("name")``. It then appears in the menus, the forms, the command
line, the run folder and the contract tests.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, cast

import torch
from torch import Tensor, nn

from core.foundation.declared import lacking, unusable_call, unusable_config
from core.foundation.params import Param
from core.foundation.registry import Registry
from core.nets.networks import Shape
from core.nets.objectives import LIKELIHOODS, distortion_each, expected

Terms = dict[str, Tensor]
"""Scalars by name, in nats per image where the name is a term of the ELBO."""


@dataclass(frozen=True)
class Batch:
    """What a phase sees of one step. ``x`` (N, C, H, W) in [0, 1]; ``noise`` is the run's own generator."""

    x: Tensor
    config: Any
    step: int
    noise: torch.Generator

    def randn(self, *shape: int) -> Tensor:
        """Draws of N(0, 1) on the batch's device."""
        return torch.randn(*shape, generator=self.noise, device=self.x.device)

    def rand(self, *shape: int) -> Tensor:
        """Draws of U(0, 1) on the batch's device."""
        return torch.rand(*shape, generator=self.noise, device=self.x.device)


@dataclass(frozen=True)
class Phase:
    """One optimiser's turn in a step.

    ``loss`` returns the scalar to minimise and the terms to show; ``lr`` names the knob that is its learning rate;
    ``times`` is how often it runs per step; ``images`` says whether each time wants a fresh batch, or sees the last
    one again; ``after`` runs after each update.
    """

    name: str
    modules: tuple[nn.Module, ...]
    loss: Callable[[Batch], tuple[Tensor, Terms]]
    lr: str = "lr"
    times: Callable[[Any], int] = lambda config: 1
    betas: tuple[float, float] = (0.9, 0.999)
    after: Callable[[Batch], None] | None = None
    images: bool = True


@dataclass(frozen=True)
class Series:
    """A curve: a ``column`` of the history ("train") or of the tests on held-out images ("test")."""

    column: str
    label: str
    style: Literal["lane", "text"]
    source: Literal["train", "test"] = "train"


@dataclass(frozen=True)
class Chart:
    """How a model's curves are drawn. Charts of one ``family`` share their y range.

    ``band`` names the two columns between which the chart is filled, and what the band means. `Model.level` adds a
    dashed line.
    """

    family: str
    series: tuple[Series, ...]
    band: tuple[str, str, str] | None = None
    unit: str = "nats"


@dataclass(frozen=True)
class Posterior:
    """Codes ``mu`` (N, D) in the model's own units, and ``sigma`` (N, D) where the encoder is stochastic."""

    mu: Tensor
    sigma: Tensor | None = None


HIDDEN = Param(
    "Hidden layers",
    unit="units",
    pattern=r"\s*[1-9]\d{0,3}(\s*[, -]\s*[1-9]\d{0,3}){0,7}\s*",
    example="400 or 256, 128",
    help="Widths of the dense layers, from the image inward. Wider and more of them: better, and slower.",
)


def learning_rate(label: str, text: str) -> Param:
    """The knob of an optimiser's step size. Any size can be typed: what breaks is there to be seen."""
    return Param(
        label,
        0.0,
        1e9,
        scale="log",
        soft=(1e-5, 1e-1),
        live=True,
        decimals=4,
        formula=r"\theta \leftarrow \theta - \eta \cdot \mathrm{Adam}(\nabla L)",
        help=text,
    )


@dataclass(frozen=True)
class TrainConfig:
    """The knobs every model has."""

    hidden: Annotated[str, HIDDEN] = "256, 128"
    channels: Annotated[
        int, Param("Channels", 4, 256, help="Feature maps in the first convolution; doubled in each further one.")
    ] = 16
    optimiser: Annotated[
        str,
        Param("Optimiser", choices=("adam", "rmsprop", "sgd"), help="The rule that turns gradients into steps."),
    ] = "adam"


@dataclass(frozen=True)
class AutoencoderConfig(TrainConfig):
    """The knobs of a model that reconstructs."""

    lr: Annotated[
        float,
        learning_rate("Learning rate", "How far each step moves the weights. Too high and the loss jumps or breaks."),
    ] = 1e-3
    likelihood: Annotated[
        str,
        Param(
            "Pixel model",
            choices=LIKELIHOODS,
            formula=r"\distortion{D} = -\log p(x \mid z)",
            help="How the distortion counts a wrong pixel: Bernoulli for ink and paper, Gaussian for colours.",
        ),
    ] = "bernoulli"
    pixel_sigma: Annotated[
        float,
        Param(
            "Pixel σ",
            0.01,
            2.0,
            scale="log",
            formula=r"\sum \tfrac12 (x - \hat x)^2 / \sigma^2 + \log \sigma\sqrt{2\pi}",
            help="The spread a Gaussian pixel allows. Smaller weighs every error more.",
            when=("likelihood", ("gaussian",)),
        ),
    ] = 0.1


class CodeScale(nn.Module):
    """Running mean and mean square of a model's codes: the unit of its axis in the shared latent space."""

    mean: Tensor
    square: Tensor

    def __init__(self, dims: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(dims))
        self.register_buffer("square", torch.ones(dims))

    @property
    def std(self) -> Tensor:
        """The spread (D,) of the codes, above zero."""
        return (self.square - self.mean.square()).clamp_min(1e-12).sqrt()

    @torch.no_grad()
    def follow(self, code: Tensor, step: int) -> None:
        """Move toward the batch's codes (N, D); the first steps count fully, later ones by 1 %."""
        weight = max(0.01, 1.0 / (step + 1))
        self.mean.lerp_(code.mean(0), weight)
        self.square.lerp_(code.square().mean(0), weight)


class Model(nn.Module, ABC):
    """The networks of one lane. Subclasses are final."""

    name: ClassVar[str]
    title: ClassVar[str]
    short: ClassVar[str]
    order: ClassVar[int] = 100
    summary: ClassVar[str] = ""
    Config: ClassVar[type] = TrainConfig
    chart: ClassVar[Chart]
    columns: ClassVar[tuple[str, ...]]
    """The terms that the phases return together, in the order of the history's columns."""
    watched: ClassVar[tuple[str, ...]]
    """The terms whose size tells a run that diverges."""
    has_encoder: ClassVar[bool] = True
    has_prior: ClassVar[bool] = True
    he_init: ClassVar[bool] = False
    best_network: ClassVar[str] = "mlp"
    """What the architecture "auto" means for this model."""
    judges: ClassVar[Literal["", "probability", "value"]] = ""
    """What `judge` tells, where there is a second network: D(x) as a probability, or a critic's value."""
    no_rate: ClassVar[str] = ""
    """Why there is no rate and no ELBO, where there is none."""

    shape: Shape
    """Of its images and codes; `build` sets it."""
    scale: CodeScale | None
    """Of the codes, where the model has no prior."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = None

    @classmethod
    def level(cls, config: Any) -> tuple[float, str] | None:
        """A value worth a dashed line in the chart, and its name."""
        return None

    def settle(self) -> None:
        """Adjust fresh weights, once, before the first step."""

    @abstractmethod
    def phases(self) -> tuple[Phase, ...]:
        """The turns of one step, in order."""

    @abstractmethod
    def logits(self, z: Tensor) -> Tensor:
        """What the decoder says of codes (N, D) in the model's own units: (N, C, H, W), before the sigmoid."""

    def decode(self, z: Tensor) -> Tensor:
        """Images (N, C, H, W) in [0, 1], or points (N, 2, 1, 1), of codes (N, D) in the model's own units."""
        return expected(self.logits(z))

    def encode(self, x: Tensor) -> Posterior | None:
        """Codes of images (N, C, H, W) in [0, 1], or None where there is no encoder."""
        return None

    def measure(self, x: Tensor, config: Any, noise: torch.Generator) -> Terms:
        """Per-image terms (N,) of held-out images, always the plain ones: beta = 1, no free bits, no corruption."""
        return {}

    def judge(self, x: Tensor) -> Tensor | None:
        """Scores (N,) of images by a second network: logits or a critic's values, more for what looks real."""
        return None

    def log_weights(self, x: Tensor, config: Any, epsilon: Tensor) -> Tensor:
        """log p(x, z) - log q(z|x), (K,) float64, of an image (1, C, H, W) at z = mu + sigma * epsilon (K, D).

        The importance weights of Burda et al. 2016, eq. 8. Only where there is a rate (``no_rate`` is "").
        """
        posterior = self.encode(x)
        if posterior is None or posterior.sigma is None:
            raise ValueError(self.no_rate or "q(z|x) has no spread")
        z = posterior.mu + posterior.sigma * epsilon  # (K, D)
        bent = distortion_each(self.logits(z), x.expand(len(z), *x.shape[1:]), config.likelihood, config.pixel_sigma)
        against_prior = 0.5 * (epsilon.double().square() - z.double().square()).sum(1)  # both lack D/2 log 2 pi
        return against_prior + posterior.sigma.double().log().sum() - bent.double()

    def corrupt(self, x: Tensor, config: Any, noise: torch.Generator) -> Tensor | None:
        """What the encoder is shown in training instead of x, where that differs."""
        return None


def why_unfit(cls: Any) -> str:
    """Why a class from outside is not a model that the rest can rely on, in one sentence; "" where it is."""
    trouble = (
        lacking(cls, Model, ("title", "short"), ("columns", "watched", "chart"))
        or unusable_config(cls.Config, TrainConfig)
        or unusable_call(cls, "config", "shape", "network")
    )
    if trouble:
        return trouble
    name, columns, watched = cls.__name__, cls.columns, cls.watched
    if not isinstance(columns, tuple) or not columns or len({*columns, "step", "seconds"}) < len(columns) + 2:
        return f"{name}.columns must be a tuple of different names of terms, none of them step or seconds"
    if not isinstance(watched, tuple) or not watched or not set(watched) <= set(columns):
        return f"{name}.watched must be a tuple of some of its columns: {', '.join(map(str, columns))}"
    if not isinstance(cls.chart, Chart):
        return f"{name}.chart is no Chart of {Chart.__module__}"
    drawn = {series.column for series in cls.chart.series if series.source == "train"}
    drawn |= set(cls.chart.band[:2] if cls.chart.band else ())
    if drawn - set(columns):
        return f"{name}.chart draws {', '.join(sorted(drawn - set(columns)))}, which is none of its columns"
    wanted = ("encode", "measure") if cls.has_encoder else ("judge",) if cls.judges else ()
    if missing := [each for each in wanted if getattr(cls, each) is getattr(Model, each)]:
        return f"{name} lacks {' and '.join(missing)}, which a model with has_encoder or judges must have"
    return ""


MODELS: Registry[Model] = Registry("core.models", "model", kind="models", check=why_unfit)
register = MODELS.register


def build(name: str, config: Any, shape: Shape, network: str) -> Model:
    """A model with fresh networks: ``network`` is "mlp", "conv", or "auto" for what suits the model best.

    Points have no neighbours to convolve: they always get dense layers.
    """
    make: Callable[..., Model] = MODELS.get(name)
    chosen = "mlp" if shape.points else MODELS.get(name).best_network if network == "auto" else network
    model = make(config, shape, chosen)
    model.shape = shape
    if chosen == "conv":
        cast(Any, model).to(memory_format=torch.channels_last)  # a third faster on CPUs
    return model
