"""A training step to read: its turns, their stages, the columns of the network drawing. Immutable, no torch.

A *turn* is one run of a phase, a *stage* one named moment of a turn, a *column* one box of the network drawing.
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
    """A number of a stage. ``decimals`` None: as many as its size needs. ``note`` stands below it."""

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
    ``follows`` are the columns it is computed from: lines run from their units, with ``each`` only from the unit of the
    same index. ``part`` is the network it belongs to. ``over`` are far columns it is computed straight from: one line
    runs along the top, past all that stands between.
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
        """Its name in sentences: "encoder 256", "z 2"."""
        return f"{self.part or self.title} {self.size}".strip()


@dataclass(frozen=True)
class Stage:
    """One named moment of a step.

    ``active`` are the columns at work. ``values`` (U,) and ``pictures`` (H, W[, 3]) are what each column holds by
    now; columns with neither have not been reached. ``gradients`` (U,) are those of the loss by the units, ``marks``
    numbers under columns: norms of gradients, or of changes. ``trouble`` says what is not finite; no stage follows it.
    """

    name: str
    title: str
    sentence: str
    flow: Flow
    active: frozenset[str]
    numbers: tuple[Number, ...]
    values: Mapping[str, Floats]
    pictures: Mapping[str, Pixels]
    gradients: Mapping[str, Floats] = field(default_factory=dict)
    marks: Mapping[str, float] = field(default_factory=dict)
    trouble: str = ""


@dataclass(frozen=True)
class PhaseRecord:
    """A turn: ``name`` is its phase, ``title`` the network that learns ("D 1 of 3"), "" where only one learns."""

    name: str
    title: str
    columns: tuple[LayerColumn, ...]
    stages: tuple[Stage, ...]


@dataclass(frozen=True)
class StepRecord:
    """A step: the ``number``-th of the run."""

    number: int
    turns: tuple[PhaseRecord, ...]

    @property
    def places(self) -> tuple[tuple[PhaseRecord, Stage], ...]:
        """Every stage in order, with its turn."""
        return tuple((turn, stage) for turn in self.turns for stage in turn.stages)

    @property
    def trouble(self) -> str:
        """What is not finite; "" where all is."""
        return next((stage.trouble for turn in self.turns for stage in turn.stages if stage.trouble), "")


class Scene:
    """Builds a turn stage by stage; each stage keeps the values and pictures of those before it."""

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
        """Add a column in a new slot, or ``beside`` the last one in the same slot; returns its key."""
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
        gradients: Mapping[str, Floats] | None = None,
        marks: Mapping[str, float] | None = None,
    ) -> None:
        """Add a stage, unless a number of an earlier one was not finite."""
        if self.trouble:
            return
        listed = tuple(numbers)
        bad = next((number for number in listed if not math.isfinite(number.value)), None)
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
                listed,
                dict(self._values),
                dict(self._pictures),
                dict(gradients or {}),
                dict(marks or {}),
                self.trouble,
            )
        )

    def turn(self) -> PhaseRecord:
        """The finished turn."""
        return PhaseRecord(self._name, self._title, tuple(self.columns), tuple(self._stages))
