"""What a model is: networks, ``encode`` (or none), ``decode``, its phases, and what it declares about itself.

A model is one file in this folder with ``@register("name")``. It then appears in the menus, the forms, the command
line, the run folder, the charts, slow motion, the verdicts and the contract tests.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Generic, Literal, TypeVar, cast

import numpy as np
import numpy.typing as npt
import torch
import typing_extensions
from torch import Tensor, nn

from core.foundation.declared import lacking, unusable_call, unusable_config
from core.foundation.extensions import sentence
from core.foundation.params import Param, to_json
from core.foundation.registry import Registry
from core.models.declarations import Chart as Chart  # every model has one
from core.models.declarations import Game, Level, PixelModel, RateKnobs, RateWeight, Readout, Remedies
from core.models.declarations import Series as Series
from core.models.narration import Narration
from core.nets.networks import Shape
from core.nets.objectives import LIKELIHOODS, decoder_mean, distortion_per_image

Terms = dict[str, Tensor]
"""Scalars by name, in nats per image where the name is a term of the ELBO."""

# --- knobs -----------------------------------------------------------------------------------------------------------

HIDDEN = Param(
    "Hidden layers",
    unit="units",
    pattern=r"\s*[1-9]\d{0,3}((\s*[,-]\s*|\s+)[1-9]\d{0,3}){0,7}\s*",
    example="400 or 256, 128",
    mistakes=(
        (r"[\d\s,-]*[1-9]\d{4}[\d\s,-]*", "is too wide: a layer has 9,999 units at most"),
        (r"\s*[1-9]\d{0,3}((\s*[,-]\s*|\s+)[1-9]\d{0,3}){8,}\s*", "has too many layers: 8 at most"),
    ),
    short="hidden",
    help="Widths of the dense layers, from the image inward. Wider and more of them: better, and slower.",
)


def learning_rate(label: str, text: str, short: str = "lr") -> Param:
    """The knob of an optimiser's learning rate. Any value is allowed: a run that diverges is worth seeing."""
    return Param(
        label,
        0.0,
        1e9,
        scale="log",
        soft=(1e-5, 1e-1),
        live=True,
        pace=True,
        decimals=4,
        formula=r"\theta \leftarrow \theta - \eta \cdot \mathrm{Adam}(\nabla L)",
        help=text,
        short=short,
    )


@dataclass(frozen=True)
class TrainConfig:
    """The knobs every model has."""

    hidden: Annotated[str, HIDDEN] = "256, 128"
    channels: Annotated[
        int,
        Param(
            "Channels",
            4,
            256,
            short="channels",
            of_images=True,
            help="Feature maps in the first convolution; doubled in each further one.",
        ),
    ] = 16
    optimiser: Annotated[
        str,
        Param(
            "Optimiser",
            choices=("adam", "rmsprop", "sgd"),
            short="optimiser",
            help="The rule that turns gradients into steps.",
        ),
    ] = "adam"

    @property
    def pixel_model(self) -> PixelModel:
        """The distribution p(x|z) under which a distortion is measured."""
        return PixelModel()


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
            short="pixels",
            of_images=True,
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
            short="σ",
            scale="log",
            formula=r"\sum \tfrac12 (x - \hat x)^2 / \sigma^2 + \log \sigma\sqrt{2\pi}",
            help="The spread a Gaussian pixel allows. Smaller weighs every error more.",
            when=("likelihood", ("gaussian",)),
        ),
    ] = 0.1

    @property
    def pixel_model(self) -> PixelModel:
        """The distribution that the knobs choose."""
        return PixelModel(self.likelihood, self.pixel_sigma)


C = typing_extensions.TypeVar("C", bound=TrainConfig, default=TrainConfig)
"""The config of a model; `Model` alone stands for `Model[TrainConfig]`."""

# --- a step ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Batch(Generic[C]):
    """The input of a phase's loss: images ``x`` (N, C, H, W) in [0, 1], knobs, step, and the run's own generator."""

    x: Tensor
    config: C
    step: int
    noise: torch.Generator

    def randn(self, *shape: int) -> Tensor:
        """Draws of N(0, 1) on the batch's device."""
        return torch.randn(*shape, generator=self.noise, device=self.x.device)

    def rand(self, *shape: int) -> Tensor:
        """Draws of U(0, 1) on the batch's device."""
        return torch.rand(*shape, generator=self.noise, device=self.x.device)


@dataclass(frozen=True)
class Phase(Generic[C]):
    """One optimiser and its loss; a step runs the phases in order.

    ``loss`` returns the scalar to minimise and the terms to show; ``lr`` names the knob that is its learning rate;
    ``times`` is how often it runs per step. With ``images`` every run takes a fresh batch, else it sees the last one
    again. ``after`` runs after each update; ``narration`` (config, step) declares how slow motion narrates a run.
    """

    name: str
    modules: tuple[nn.Module, ...]
    loss: Callable[[Batch[C]], tuple[Tensor, Terms]]
    lr: str = "lr"
    times: Callable[[C], int] = lambda config: 1
    betas: tuple[float, float] = (0.9, 0.999)
    after: Callable[[Batch[C]], None] | None = None
    images: bool = True
    narration: Callable[[C, int], Narration] | None = None

    def learning_rate(self, config: C) -> float:
        """The value of the knob ``lr``."""
        return float(getattr(config, self.lr))


# --- a model ---------------------------------------------------------------------------------------------------------


NARROWEST = 1e-15
"""Smallest σ of q(z|x) used in a rate: the rate of a narrower posterior would not be finite."""


@dataclass(frozen=True)
class Posterior:
    """Codes ``mu`` (N, D) in the model's own units, and ``sigma`` (N, D) where the encoder is stochastic."""

    mu: Tensor
    sigma: Tensor | None = None

    @property
    def rates(self) -> Tensor | None:
        """KL(q(z_d|x) || N(0, 1)) per image and dimension, (N, D) nats; None where a code has no spread."""
        if self.sigma is None:
            return None
        mu, sigma = self.mu.double(), self.sigma.double().clamp_min(NARROWEST)
        return (0.5 * (mu.square() + sigma.square() - 1.0) - sigma.log()).clamp_min(0.0).float()


OLD_SCALE = "square"
"""The buffer of a `CodeScale` that only files of earlier versions have: a running mean of squares."""


class CodeScale(nn.Module):
    """Mean and spread (D,) of a model's codes of the training images: origin and unit of its axes in the latent space.

    Whoever makes a snapshot measures them (`core.training.code_units`); a model itself has nothing to do.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, dims: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(dims))
        self.register_buffer("std", torch.ones(dims))

    def set(self, mean: npt.NDArray[np.float64], std: npt.NDArray[np.float64]) -> None:
        """Take a mean and a spread (D,), which must be above zero."""
        self.mean.copy_(torch.from_numpy(mean))
        self.std.copy_(torch.from_numpy(std))

    def follow(self, *_: object) -> None:
        """Do nothing: models of users' own called this in every step, when the spread was a running mean."""

    def _load_from_state_dict(self, state: dict[str, Any], prefix: str, *rest: Any) -> None:
        """Older files hold the mean square instead of the spread."""
        if f"{prefix}{OLD_SCALE}" in state:
            square = state.pop(f"{prefix}{OLD_SCALE}").double()
            state[f"{prefix}std"] = (square - state[f"{prefix}mean"].double().square()).clamp_min(1e-12).sqrt().float()
        super()._load_from_state_dict(state, prefix, *rest)


class Model(nn.Module, ABC, Generic[C]):
    """The networks of one lane, and what the class declares about itself. Subclasses are final."""

    name: ClassVar[str]
    title: ClassVar[str]
    short: ClassVar[str]
    order: ClassVar[int] = 100
    summary: ClassVar[str] = ""
    Config: ClassVar[type[TrainConfig]] = TrainConfig
    badge: ClassVar[str] = ""
    """The fact in a lane's head: a `str.format` template over the knobs, "β {beta:.2f}"."""
    chart: ClassVar[Chart]
    columns: ClassVar[tuple[str, ...]]
    """The terms that the phases return together, in the order of the history's columns."""
    watched: ClassVar[tuple[str, ...]]
    """The terms whose size shows that a run diverges."""
    has_encoder: ClassVar[bool] = True
    has_prior: ClassVar[bool] = True
    he_init: ClassVar[bool] = False
    best_network: ClassVar[str] = "mlp"
    """What the architecture "auto" means for this model."""
    judges: ClassVar[Literal["", "probability", "value"]] = ""
    """What `judge` returns, where there is a second network: the logit of a probability D(x), or a critic's value."""
    no_rate: ClassVar[str] = ""
    """Why the model has no rate and no ELBO; "" where it has them."""
    rate_knobs: ClassVar[RateKnobs | None] = None
    """The knobs that weight the rate; None where nothing does."""
    corrupts: ClassVar[bool] = False
    """Whether the encoder is shown `corrupt` images in training."""
    sparse: ClassVar[bool] = False
    """Whether the loss penalises active units of the code."""
    usual_holes: ClassVar[str] = ""
    """The measured share of prior draws in holes once the model is trained; one sentence without a full stop."""

    shape: Shape
    """Shapes of images and codes. Set by `build`."""
    scale: CodeScale | None
    """The unit of the codes, where the model has no prior."""
    pack: int
    """How many images the second network takes at once; `judge` gives it as many copies of each."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = None
        self.pack = 1

    # --- declared, by config -----------------------------------------------------------------------------------------

    @classmethod
    def badge_of(cls, config: C) -> str:
        """The fact in a lane's head."""
        return cls.badge.format_map(to_json(config))

    @classmethod
    def level(cls, config: C) -> Level | None:
        """A value worth a dashed line in the chart."""
        return None

    @classmethod
    def readouts(cls, config: C) -> tuple[Readout, ...]:
        """Columns whose present value stands in the chart's legend, without a curve."""
        return ()

    @classmethod
    def rate_weight(cls, config: C) -> RateWeight:
        """The weight of the rate in the loss."""
        return RateWeight()

    @classmethod
    def target_activity(cls, config: C) -> float | None:
        """The mean activity that the loss asks of each unit of the code; None where it asks for none."""
        return None

    @classmethod
    def game(cls, config: C) -> Game | None:
        """What the losses mean, where they are -log probabilities of two competing networks; else None."""
        return None

    @classmethod
    def remedies(cls, config: C) -> Remedies:
        """What a verdict may offer under this config."""
        return {}

    # --- networks ----------------------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Adjust fresh weights, once, before the first step."""

    @abstractmethod
    def phases(self) -> tuple[Phase[C], ...]:
        """The phases of one step, in order."""

    @abstractmethod
    def logits(self, z: Tensor) -> Tensor:
        """Decoder outputs (N, C, H, W), before the sigmoid, of codes (N, D) in the model's own units."""

    def decode(self, z: Tensor) -> Tensor:
        """Images (N, C, H, W) in [0, 1], or points (N, C, 1, 1), of codes (N, D) in the model's own units."""
        return decoder_mean(self.logits(z))

    def encode(self, x: Tensor) -> Posterior | None:
        """Codes of images (N, C, H, W) in [0, 1], or None where there is no encoder."""
        return None

    def measure(self, x: Tensor, config: C, noise: torch.Generator) -> Terms:
        """Terms (N,) of held-out images, one value an image, always at beta = 1, without free bits or corruption."""
        return {}

    def judge(self, x: Tensor) -> Tensor | None:
        """Scores (N,) of images by a second network: logits or a critic's values, more for what looks real.

        A network that takes ``pack`` images at once is given so many copies of each.
        """
        return None

    def log_weights(self, x: Tensor, config: C, epsilon: Tensor) -> Tensor:
        """log p(x, z) - log q(z|x), (K,) float64, of an image (1, C, H, W) at z = mu + sigma * epsilon (K, D).

        The importance weights of Burda et al. 2016, eq. 8. Only where there is a rate (``no_rate`` is "").
        """
        posterior = self.encode(x)
        if posterior is None or posterior.sigma is None:
            raise ValueError(self.no_rate or "q(z|x) has no spread")
        z = posterior.mu + posterior.sigma * epsilon  # (K, D)
        repeated = x.expand(len(z), *x.shape[1:])
        distortion = distortion_per_image(self.logits(z), repeated, *config.pixel_model)
        against_prior = 0.5 * (epsilon.double().square() - z.double().square()).sum(1)  # both lack D/2 log 2 pi
        return against_prior + posterior.sigma.double().log().sum() - distortion.double()

    def corrupt(self, x: Tensor, config: C, noise: torch.Generator) -> Tensor | None:
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
    return _misdeclared(cls)


def _misdeclared(cls: type[Model]) -> str:
    """What is wrong with what a model declares by config, of its default config."""
    config = cls.Config()
    asked = (cls.badge_of, cls.level, cls.readouts, cls.rate_weight, cls.target_activity, cls.game, cls.remedies)
    for declare in asked:
        try:
            declare(config)
        except Exception as error:
            return f"{cls.__name__}.{declare.__name__} fails with the default knobs: {sentence(error)}"
    game, weights = cls.game(config), cls.rate_knobs
    terms = {each.column for each in cls.readouts(config)} | (set() if game is None else {game.judge, game.generator})
    if missing := sorted(terms - set(cls.columns)):
        return f"{cls.__name__} declares something of {', '.join(missing)}, which is none of its columns"
    names = {remedy.knob for remedies in cls.remedies(config).values() for remedy in remedies if remedy.knob}
    names |= set() if weights is None else {weights.weight, weights.schedule, weights.length}
    if missing := sorted(names - set(to_json(config))):
        return f"{cls.__name__} declares something of {', '.join(missing)}, which is none of its knobs"
    return ""


MODELS: Registry[Model] = Registry("core.models", "model", kind="models", check=why_unfit)
M = TypeVar("M", bound=type[Model[Any]])


def register(name: str) -> Callable[[M], M]:
    """Class decorator: make a model available under ``name``.

    The registry's type does not say which config a model takes: pass a class only configs of its own ``Config``.
    """
    return cast(Callable[[M], M], MODELS.register(name))


def build(name: str, config: TrainConfig, shape: Shape, network: str) -> Model:
    """A model with fresh networks: ``network`` is "mlp", "conv", or "auto" for the model's ``best_network``.

    Points have no neighbours to convolve, so they always get dense layers.
    """
    make: Callable[..., Model] = MODELS.get(name)
    chosen = "mlp" if shape.points else MODELS.get(name).best_network if network == "auto" else network
    model = make(config, shape, chosen)
    model.shape = shape
    if chosen == "conv":
        cast(Any, model).to(memory_format=torch.channels_last)  # a third faster on CPUs
    return model
