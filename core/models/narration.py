"""How slow motion narrates a turn, one run of a phase: declared by the phase, as data. `core.slow_motion` reads it.

There are two kinds: images become codes and images again (`CodedTurn`), or a judge and a generator compete
(`GameTurn`). A phase without a declaration is narrated layer by layer. Terms are named as the phase returns them; it
may return more than the history has columns.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from torch import Tensor


@dataclass(frozen=True)
class Weight:
    """The factor of a term in the loss: its symbol in formulas, its name, and its value at this step."""

    symbol: str
    title: str
    value: float
    unit: str = ""
    tip: str = ""


@dataclass(frozen=True)
class Reading:
    """A number of the codes (N, D) of the batch. ``of`` returns a scalar, or (D,): one number for each dimension."""

    name: str
    of: Callable[[Tensor], Tensor | float]
    tip: str = ""


@dataclass(frozen=True)
class CodeStage:
    """A stage of its own, between encoding and decoding, in which a term is computed from the codes.

    ``drawn`` describes the draws from the prior (N, D), the first noise of the step, that the codes are compared with;
    "" where there are none.
    """

    name: str
    title: str
    sentence: str
    readings: tuple[Reading, ...] = ()
    drawn: str = ""


@dataclass(frozen=True)
class CodeTerm:
    """A term of the loss that is computed straight from the codes: a second path for the gradient to the encoder.

    ``column`` is its name among the terms of the phase, ``letter`` its symbol; ``tip`` says what the number is,
    ``box`` what the circle in the drawing is. ``cost`` completes "Two costs: how badly x̂ fits x, and …". Where the
    loss holds another term in its place (free bits), ``paid`` names that term and ``paid_tip`` describes it.
    """

    column: str
    letter: str
    title: str
    tip: str
    box: str
    cost: str
    weight: Weight
    in_nats: bool = False
    paid: str = ""
    paid_tip: str = ""
    stage: CodeStage | None = None


@dataclass(frozen=True)
class CodedTurn:
    """A turn that encodes and decodes, whose loss is the distortion plus ``terms``.

    With ``posterior`` the encoder gives mu and ln sigma^2 (N, 2 D) and z is drawn with the first noise of the step;
    else it gives the code. ``amount`` says how strongly x is corrupted before the encoder sees it.
    ``encoder`` and ``decoder`` are attributes of the model, ``distortion`` is one of the phase's terms.
    """

    terms: tuple[CodeTerm, ...] = ()
    posterior: bool = False
    amount: float | None = None
    encoder: str = "encoder"
    decoder: str = "decoder"
    distortion: str = "distortion"


@dataclass(frozen=True)
class GameTerm:
    """A number of a game's loss: ``column`` among the terms of the phase; left out of steps that have no such term."""

    title: str
    column: str
    tip: str = ""


@dataclass(frozen=True)
class SlopePenalty:
    """A penalty on the gradient of the judge by its input, in the steps whose terms have ``column``.

    With ``between`` the gradient is taken between real and generated images, else at the real ones. Recorded slopes are
    divided by ``span``. ``remark`` follows the sentence about the terms.
    """

    column: str
    title: str
    tip: str
    sentence: str
    between: bool = False
    span: float = 1.0
    remark: str = ""


@dataclass(frozen=True)
class GameTurn:
    """A turn of the judge or of the generator.

    ``judge`` is what sentences call the second network, ``wish_real`` and ``wish_drawn`` complete "The loss below asks
    for …" ("" where that side has no part in the turn). The judge sees ``pack`` images at a time. ``generator`` and
    ``scores`` are attributes of the model.
    """

    learner: Literal["judge", "generator"]
    judge: str
    wish_real: str
    wish_drawn: str
    terms: tuple[GameTerm, ...]
    sentence: str
    pack: int = 1
    penalty: SlopePenalty | None = None
    generator: str = "generator"
    scores: str = "scores"


Narration = CodedTurn | GameTurn
