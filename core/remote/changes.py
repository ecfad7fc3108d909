"""Views over a wire: what changed of a view since the last one that was sent, and the same view made of it again.

Parts of a view are replaced, never changed (`core.engine.board`), so that a part which is the same object as before
need not be looked at. Of the history only new rows travel, and a snapshot once.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from core.datasets.base import Dataset
from core.engine.board import Board, Measures, View
from core.engine.status import Event, Status
from core.foundation.arrays import Doubles
from core.foundation.history import Table
from core.models.base import TrainConfig
from core.probes.look import Answer, Looks
from core.training.setup import Setup

if TYPE_CHECKING:
    from core.training.snapshot import Snapshot

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Rows:
    """What became of a table: its first ``kept`` rows stay, and ``added`` (N, K) follow them."""

    names: tuple[str, ...]
    stride: int
    kept: int
    added: npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Weights:
    """A snapshot; ``channels``, ``height``, ``width``, ``latent`` and ``network`` rebuild its model."""

    step: int
    life: int
    config: TrainConfig
    channels: int
    height: int
    width: int
    latent: int
    network: str
    tensors: Mapping[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class Basis:
    """What the snapshots of a life are of: the setup, and the number of the data."""

    setup: Setup | None
    data: int | None


@dataclass(frozen=True, eq=False)
class ViewChange:
    """The parts of a view that are others than before; None is as it was.

    ``anew``: but for the events, nothing stays of the view before.
    """

    life: int
    anew: bool
    status: Status | None = None
    history: Rows | None = None
    config: TrainConfig | None = None
    turned_at: Mapping[str, int] | None = None
    basis: Basis | None = None
    snapshot: Weights | None = None
    answers: tuple[Answer[Any], ...] = ()
    measures: Measures | None = None
    events: tuple[Event, ...] | None = None


NOTHING = Table((), np.zeros((0, 0)), 1)


def blank(life: int, config: TrainConfig, events: tuple[Event, ...] = ()) -> View:
    """The view on which a change follows that begins ``anew``."""
    return View(Status(), NOTHING, config, life=life, events=events)


class Sender:
    """What has been sent of one run.

    ``number_of`` gives the number of a data set, ``weights_of`` a snapshot as it travels.
    """

    def __init__(
        self, number_of: Callable[[Dataset], int | None], weights_of: Callable[[Snapshot, str], Weights]
    ) -> None:
        self._number_of = number_of
        self._weights_of = weights_of
        self._last: View | None = None

    def change_to(self, view: View) -> ViewChange | None:
        """The change from the view before to this one, which counts as sent; None where there is none."""
        last = self._last
        if view is last:
            return None
        anew = last is None or not _follows(last, view)
        if last is None or anew:
            last = blank(view.life, view.config, () if last is None else last.events)
        self._last = view
        is_based = view.setup is last.setup and view.dataset is last.dataset
        answers, before = view.looks.answers, last.looks.answers
        return ViewChange(
            life=view.life,
            anew=anew,
            status=_new(view.status, last.status),
            history=_rows(last.history, view.history),
            config=view.config if anew else _new(view.config, last.config),
            turned_at=_new(view.turned_at, last.turned_at),
            basis=None if is_based else Basis(view.setup, self._data_of(view)),
            snapshot=None if view.snapshot is last.snapshot else self._snapshot_of(view),
            answers=tuple(each for slot, each in answers.items() if before.get(slot) is not each),
            measures=_new(view.measures, last.measures),
            events=_new(view.events, last.events),
        )

    def _data_of(self, view: View) -> int | None:
        return None if view.dataset is None else self._number_of(view.dataset)

    def _snapshot_of(self, view: View) -> Weights | None:
        network = "auto" if view.setup is None else view.setup.network
        return None if view.snapshot is None else self._weights_of(view.snapshot, network)


def _new(now: T, before: T) -> T | None:
    return None if now is before else now


def _follows(before: View, now: View) -> bool:
    """Whether a change can tell one view from the other: what is None now was None, and no answer went."""
    went = (before.snapshot is not None and now.snapshot is None) or (before.measures and now.measures is None)
    return before.life == now.life and not went and before.looks.answers.keys() <= now.looks.answers.keys()


def _rows(before: Table, now: Table) -> Rows | None:
    """What became of a table; None where nothing did."""
    if now.rows is before.rows and (now.names, now.stride) == (before.names, before.stride):
        return None
    kept = len(before) if (now.names, now.stride) == (before.names, before.stride) else 0
    if kept > len(now) or now.rows[:kept].tobytes() != before.rows.tobytes():
        kept = 0
    return Rows(now.names, now.stride, kept, np.ascontiguousarray(now.rows[kept:]))


class Receiver:
    """The views of one run on the other side. ``data`` gives a data set by its number, ``rebuild`` makes a snapshot."""

    def __init__(self, data: Callable[[int], Dataset], rebuild: Callable[[Weights], Snapshot]) -> None:
        self._data = data
        self._rebuild = rebuild
        self._rows = np.empty((0, 0))
        self._filled = 0
        self._events: tuple[Event, ...] = ()  # those that came; others on a view were told on this side

    def after(self, view: View, change: ViewChange) -> View:
        """The view after a change. ValueError where the change does not follow on those before it."""
        if change.anew:
            view = blank(change.life, view.config if change.config is None else change.config, view.events)
        elif change.life != view.life:
            raise ValueError(f"a change of life {change.life} follows on life {view.life}")
        parts: dict[str, Any] = {name: getattr(change, name) for name in ("status", "config", "turned_at", "measures")}
        if change.events is not None:
            parts["events"] = self._merged(view.events, change.events)
        if change.history is not None:
            parts["history"] = self._table(view.history, change.history)
        if change.basis is not None:
            data = change.basis.data
            parts |= {"setup": change.basis.setup, "dataset": None if data is None else self._data(data)}
        if change.snapshot is not None:
            parts["snapshot"] = self._rebuild(change.snapshot)
        if change.answers:
            parts["looks"] = Looks({**view.looks.answers, **{each.look.slot: each for each in change.answers}})
        return dataclasses.replace(view, **{name: part for name, part in parts.items() if part is not None})

    def _merged(self, shown: tuple[Event, ...], came: tuple[Event, ...]) -> tuple[Event, ...]:
        """The events that came, with those that were told on this side, by time."""
        told_here = [event for event in shown if event not in self._events and event not in came]
        self._events = came
        return tuple(sorted((*came, *told_here), key=lambda event: event.time))[-Board.MAX_EVENTS :]

    def _table(self, before: Table, rows: Rows) -> Table:
        """The table with its new rows. Those that a reader holds stay as they are."""
        columns, kept, count = len(rows.names), rows.kept, rows.kept + len(rows.added)
        if rows.added.ndim != 2 or rows.added.shape[1] != columns or rows.stride < 1:
            raise ValueError(f"rows of shape {rows.added.shape} do not fit {columns} columns")
        if not 0 <= kept <= len(before) or (kept and rows.names != before.names):
            raise ValueError(f"{kept} rows are kept of {len(before)}")
        if kept < self._filled or self._rows.shape[1] != columns or count > len(self._rows):
            grown = np.empty((max(64, 2 * count), columns))
            if kept:
                grown[:kept] = before.rows[:kept]
            self._rows = grown
        self._rows[kept:count], self._filled = rows.added, count
        shown: Doubles = self._rows[:count]
        shown.flags.writeable = False
        return Table(rows.names, shown, rows.stride)
