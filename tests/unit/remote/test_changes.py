"""What changed of a view, and the same view made of it again."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from core.engine.board import Measures, View
from core.engine.status import Event, Status
from core.foundation.history import History
from core.models.base import TrainConfig
from core.probes.look import Answer, Looks
from core.probes.samples import SamplesLook
from core.remote.changes import Receiver, Rows, Sender, ViewChange, Weights, blank
from core.training.setup import Setup

NAMES = ("step", "seconds", "loss")
SETUP = Setup()
DATA: Any = object()
"""Stands for a data set: nothing here looks into it."""


class Pair:
    """Both sides. `send` returns the view of the other side; ``weights`` counts the snapshots that travelled."""

    def __init__(self) -> None:
        self.weights = 0
        self.sender = Sender(lambda data: {id(DATA): 7}[id(data)], self._weights)
        self.receiver = Receiver({7: DATA}.__getitem__, lambda weights: weights.tensors)  # type: ignore[arg-type, return-value]
        self.there = blank(0, TrainConfig())

    def _weights(self, snapshot: Any, network: str) -> Weights:
        self.weights += 1
        return Weights(0, 0, TrainConfig(), 1, 2, 2, 2, network, snapshot)  # itself, to be compared with `is`

    def send(self, view: View) -> View:
        change = self.sender.change_to(view)
        if change is not None:
            self.there = self.receiver.after(self.there, change)
        return self.there


def same(one: View, other: View) -> bool:
    """Whether two views are alike, part by part."""
    parts = [each.name for each in dataclasses.fields(View) if each.name not in ("history", "looks")]
    tables = one.history, other.history
    return (
        all(getattr(one, name) is getattr(other, name) or getattr(one, name) == getattr(other, name) for name in parts)
        and tables[0].names == tables[1].names
        and tables[0].stride == tables[1].stride
        and np.array_equal(tables[0].rows, tables[1].rows, equal_nan=True)
        and dict(one.looks.answers) == dict(other.looks.answers)
    )


def test_any_series_of_views_is_the_same_on_the_other_side() -> None:
    random = np.random.default_rng(3)
    pair, history = Pair(), History(NAMES, 64)
    view = View(Status(), history.table(), TrainConfig())
    shown: list[tuple[View, np.ndarray]] = []
    snapshots: list[Any] = []
    for step in range(400):
        match int(random.integers(0, 10)):
            case 0:
                history = History(NAMES, 64)
                view = dataclasses.replace(blank(view.life + 1, TrainConfig(), view.events), history=history.table())
            case 1:
                history.drop_after(float(random.integers(0, step + 1)))
                view = dataclasses.replace(view, history=history.table())
            case 2 | 3:
                history.append(np.array([[step, 0.1 * step, np.nan if step % 7 == 0 else random.normal()]]))
                view = dataclasses.replace(view, history=history.table())
            case 4:
                snapshot: Any = {"a": np.zeros(1)}
                view = dataclasses.replace(view, snapshot=snapshot, setup=SETUP, dataset=DATA)
                snapshots.append(snapshot)
            case 5 if view.snapshot is not None:
                view = dataclasses.replace(view, snapshot=snapshots[0])  # a roll-back
            case 6:
                look = SamplesLook(int(random.integers(1, 4)), step)
                view = dataclasses.replace(view, looks=view.looks.plus(Answer(look, step, object())))
            case 7:
                view = dataclasses.replace(view, status=Status("training", step), turned_at={"lr": step})
            case 8:
                view = dataclasses.replace(view, events=(*view.events, Event(0.0, "AE", str(step)))[-9:])
            case _:
                view = dataclasses.replace(view, measures=Measures({}, history.table()))
        if random.random() < 0.6:  # some views are left out
            there = pair.send(view)
            assert same(view, there), step
            shown.append((there, there.history.rows.copy()))
    assert pair.send(view) is pair.send(view)
    for there, rows in shown:  # what a reader holds never changes
        assert np.array_equal(there.history.rows, rows, equal_nan=True)
    assert not shown[-1][0].history.rows.flags.writeable


def test_only_new_rows_and_new_weights_travel() -> None:
    pair, history = Pair(), History(NAMES)
    one: Any = {"a": np.zeros(1)}
    history.append(np.ones((500, 3)))
    view = View(Status(), history.table(), TrainConfig(), snapshot=one, looks=Looks())
    pair.send(view)
    assert pair.weights == 1
    history.append(np.ones((2_000, 3)))  # its memory moves
    change = pair.sender.change_to(dataclasses.replace(view, history=history.table()))
    assert change is not None
    assert change.history is not None
    assert (change.history.kept, change.history.added.shape) == (500, (2_000, 3))
    assert (change.snapshot, change.status, change.config) == (None, None, None)
    assert not change.anew


ROWS = Rows(NAMES, 1, 0, np.zeros((2, 3)))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (ViewChange(1, False), "life 1 follows on life 0"),
        (ViewChange(0, False, history=dataclasses.replace(ROWS, kept=3)), "3 rows are kept of 0"),
        (ViewChange(0, False, history=dataclasses.replace(ROWS, kept=-1)), "-1 rows are kept of 0"),
        (ViewChange(0, False, history=dataclasses.replace(ROWS, names=("step",))), "do not fit 1 columns"),
        (ViewChange(0, False, history=dataclasses.replace(ROWS, added=np.zeros(6))), "do not fit 3 columns"),
        (ViewChange(0, False, history=dataclasses.replace(ROWS, stride=0)), "do not fit"),
    ],
)
def test_a_change_that_does_not_follow_is_refused(change: ViewChange, says: str) -> None:
    pair = Pair()
    with pytest.raises(ValueError, match=says):
        pair.receiver.after(pair.there, change)


def test_what_is_told_on_this_side_stays_among_the_events() -> None:
    first, here, second = (Event(float(at), "", f"event {at}") for at in (1, 2, 3))
    pair, there = Pair(), blank(0, TrainConfig())
    pair.send(there := dataclasses.replace(there, events=(first,)))
    pair.there = dataclasses.replace(pair.there, events=(*pair.there.events, here))
    for each in (dataclasses.replace(there, events=(first, second)), blank(1, TrainConfig(), (first, second))):
        assert pair.send(each).events == (first, here, second)
