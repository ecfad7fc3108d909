"""A training step as a person follows it: turns, their stages, the columns of the network drawing. Immutable, no torch.

`core.slow_motion.stepper` makes them, the window draws them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from core.foundation.arrays import Floats, Pixels

Kind = Literal["picture", "units", "term", "loss"]
Flow = Literal["forward", "backward", "update"]


@dataclass(frozen=True)
class Number:
    """A live number of a stage. ``decimals`` None: as many as its size asks for. ``note`` stands below it."""

    name: str
    value: float
    unit: str = ""
    decimals: int | None = None
    tip: str = ""
    note: str = ""


@dataclass(frozen=True)
class LayerColumn:
    """A box of the network drawing: a picture, a layer's units, a term of the loss, or the loss.

    Columns with the same ``slot`` stand on top of each other; ``size`` is the true size in words ("400", "28 × 28").
    ``follows`` are the columns it is computed from: lines run from their units. ``part`` is the network it belongs to;
    ``each``: every unit is made of the units of its own number. What is computed straight from columns far before it
    follows ``over`` them: one line runs along the top, past all that stands between.
    """

    key: str
    title: str
    size: str
    kind: Kind
    slot: int
    follows: tuple[str, ...] = ()
    tip: str = ""
    part: str = ""
    each: bool = False
    over: tuple[str, ...] = ()

    @property
    def dot(self) -> bool:
        """Whether the picture is a point of a plane."""
        return self.kind == "picture" and self.size == "2"

    @property
    def name(self) -> str:
        """How it is spoken of: "encoder 256", "z 2"."""
        return f"{self.part or self.title} {self.size}".strip()


@dataclass(frozen=True)
class Stage:
    """One named moment of a step.

    ``active`` are the columns at work. ``values`` (U,) and ``pictures`` (H, W[, 3]) are what each column holds by
    now: columns without any have not been reached. ``pulls`` (U,) are gradients of the loss by the units, ``marks``
    numbers that stand under columns: norms of gradients, or of what moved. ``trouble`` says what is not a number;
    after it there are no stages.
    """

    name: str
    title: str
    sentence: str
    flow: Flow
    active: frozenset[str]
    numbers: tuple[Number, ...]
    values: Mapping[str, Floats]
    pictures: Mapping[str, Pixels]
    pulls: Mapping[str, Floats] = field(default_factory=dict)
    marks: Mapping[str, float] = field(default_factory=dict)
    trouble: str = ""


@dataclass(frozen=True)
class PhaseRecord:
    """A phase's turn: ``title`` is that of the network that learns ("D 1 of 3"), empty where only one learns."""

    name: str
    title: str
    columns: tuple[LayerColumn, ...]
    stages: tuple[Stage, ...]


@dataclass(frozen=True)
class StepRecord:
    """A whole step, from ``number`` - 1 steps taken to ``number``."""

    number: int
    turns: tuple[PhaseRecord, ...]

    @property
    def places(self) -> tuple[tuple[PhaseRecord, Stage], ...]:
        """Every stage in order, with its turn."""
        return tuple((turn, stage) for turn in self.turns for stage in turn.stages)

    @property
    def trouble(self) -> str:
        """What is not a number, if something is."""
        return next((stage.trouble for turn in self.turns for stage in turn.stages if stage.trouble), "")


class Scene:
    """Adds one stage after the other to a turn: what was known before stays known."""

    def __init__(self, name: str, title: str) -> None:
        self._name, self._title = name, title
        self.columns: list[LayerColumn] = []
        self._stages: list[Stage] = []
        self._values: dict[str, Floats] = {}
        self._pictures: dict[str, Pixels] = {}
        self.trouble = ""

    def column(
        self,
        key: str,
        title: str,
        size: str,
        kind: Kind = "units",
        follows: Iterable[str] = (),
        *,
        beside: bool = False,
        tip: str = "",
        part: str = "",
        each: bool = False,
        over: Iterable[str] = (),
    ) -> str:
        """One more column, in a new slot or below the last one (``beside`` it in time)."""
        last = self.columns[-1].slot if self.columns else -1
        slot = last if beside else last + 1
        self.columns.append(LayerColumn(key, title, size, kind, slot, tuple(follows), tip, part, each, tuple(over)))
        return key

    def stage(
        self,
        name: str,
        title: str,
        sentence: str,
        active: Iterable[str],
        numbers: Iterable[Number],
        *,
        flow: Flow = "forward",
        values: Mapping[str, Floats] | None = None,
        pictures: Mapping[str, Pixels] | None = None,
        pulls: Mapping[str, Floats] | None = None,
        marks: Mapping[str, float] | None = None,
    ) -> None:
        """One more stage, unless a number before it was none."""
        if self.trouble:
            return
        found = tuple(numbers)
        bad = next((number for number in found if not math.isfinite(number.value)), None)
        if bad is not None:
            self.trouble = f"{bad.name} {'is not a number' if math.isnan(bad.value) else 'is infinite'}"
        self._values.update(values or {})
        self._pictures.update(pictures or {})
        self._stages.append(
            Stage(
                name,
                title,
                sentence,
                flow,
                frozenset(active),
                found,
                dict(self._values),
                dict(self._pictures),
                dict(pulls or {}),
                dict(marks or {}),
                self.trouble,
            )
        )

    def turn(self) -> PhaseRecord:
        """The whole turn."""
        return PhaseRecord(self._name, self._title, tuple(self.columns), tuple(self._stages))
