"""Which panels the clock refreshes, and when."""

from __future__ import annotations

import dataclasses
import gc
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import shiboken6
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from core.engine.board import View
from core.engine.experiment import Experiment
from core.engine.run import Run
from gui.desk.clock import BEAT_MS, FULL_COLLECTION_EVERY, HIDDEN_BEAT_MS, LATE_MS, Clock
from gui.desk.desk import OPENING_S, Desk

Parts = Callable[[View], tuple[object, ...]]


class Counter(QWidget):
    """A panel that counts its refreshes and requests."""

    def __init__(self, run: Run | None, parts: Parts) -> None:
        super().__init__()
        self.run, self._parts, self.hz = run, parts, 1000.0
        self.asked = self.drawn = 0

    def parts(self, view: View) -> tuple[object, ...]:
        return self._parts(view)

    def refresh(self, view: View) -> None:
        self.drawn += 1

    def ask(self) -> None:
        self.asked += 1


@pytest.fixture
def desk(qapp: QApplication, make_experiment: Callable[..., Experiment]) -> Desk:
    opened = Desk()
    opened.open(make_experiment("ae", "vae"))
    for run in opened.runs:
        assert run.board.wait(lambda view: view.status.state == "ready", 10.0)
    return opened


@pytest.fixture
def clock(desk: Desk) -> Iterator[Clock]:
    fresh = Clock(desk)
    fresh._is_heap_frozen = True  # gc.freeze would outlive this test
    yield fresh
    fresh.stop()


@pytest.fixture
def panel(desk: Desk, clock: Clock, qtbot: QtBot, hush: None) -> Callable[..., Counter]:
    def make(run: Run | None, parts: Parts = lambda view: (view.events,)) -> Counter:
        counter = Counter(run, parts)
        qtbot.addWidget(counter)
        counter.show()
        clock.add(counter)
        return counter

    return make


def beat(clock: Clock, *panels: Counter) -> list[int]:
    """Beat once with every panel due; returns how often each has drawn so far."""
    for seen in clock._panels.values():
        seen.due = seen.asked = 0.0
    clock._beat()
    return [each.drawn for each in panels]


def test_a_panel_draws_when_one_of_its_parts_changed(desk: Desk, clock: Clock, panel: Callable[..., Counter]) -> None:
    ae, vae = desk.runs
    one, other, every = panel(ae, lambda view: (view.config, view.events)), panel(vae), panel(None)
    assert beat(clock, one, other, every) == [1, 1, 1]
    assert beat(clock, one, other, every) == [1, 1, 1]
    ae.board.tell("something")
    assert beat(clock, one, other, every) == [2, 1, 2]
    vae.board.change(lambda view: dataclasses.replace(view, config=vae.pending))  # the same object
    assert beat(clock, one, other, every) == [2, 1, 2]
    assert one.asked == 4
    clock.redraw()
    assert beat(clock, one, other, every) == [3, 2, 3]


def test_during_a_drag_one_panel_draws_per_beat_and_none_is_left_out(
    desk: Desk, clock: Clock, panel: Callable[..., Counter]
) -> None:
    panels = [panel(desk.runs[0]) for _ in range(3)]
    desk.pressed = True
    assert [sum(beat(clock, *panels)) for _ in range(4)] == [1, 2, 3, 3]
    assert [each.drawn for each in panels] == [1, 1, 1]
    desk.runs[0].board.tell("something")
    desk.pressed = False
    assert sum(beat(clock, *panels)) == 6


def test_while_beats_are_late_one_panel_draws_in_each(
    desk: Desk, clock: Clock, panel: Callable[..., Counter], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What reads data or computes elsewhere made every turn with three panels later still."""
    panels = [panel(desk.runs[0], lambda view: (view.config,)) for _ in range(3)]
    board, late = desk.runs[0].board, [LATE_MS + 1.0]
    monkeypatch.setattr(clock, "gap_ms", lambda: late[0])
    assert sum(beat(clock, *panels)) == 3  # nothing trains
    clock.redraw()
    board.change(lambda view: dataclasses.replace(view, status=dataclasses.replace(view.status, state="training")))
    assert [sum(beat(clock, *panels)) for _ in range(4)] == [4, 5, 6, 6]
    clock.redraw()
    late[0] = 0.0
    assert sum(beat(clock, *panels)) == 9


def test_numbers_follow_the_point_at_the_next_beat(desk: Desk, clock: Clock, heard: Callable[[Any], list[Any]]) -> None:
    shown = heard(desk.point.shown)
    desk.point.nudge(0.1, 0.0)
    desk.point.nudge(0.1, 0.0)
    assert len(shown) == 0
    clock._beat()
    assert len(shown) == 1
    clock._point_shown_at = 0.0
    clock._beat()
    assert len(shown) == 1


def test_a_panel_draws_at_most_hz_times_a_second(desk: Desk, clock: Clock, panel: Callable[..., Counter]) -> None:
    slow = panel(desk.runs[0])
    slow.hz = 0.001
    clock._beat()
    desk.runs[0].board.tell("something")
    clock._beat()
    assert slow.drawn == 1
    assert beat(clock, slow) == [2]


def test_hidden_panels_draw_nothing_and_ask_nothing(desk: Desk, clock: Clock, panel: Callable[..., Counter]) -> None:
    hidden = panel(desk.runs[0])
    hidden.hide()
    assert beat(clock, hidden) == [0]
    assert hidden.asked == 0
    hidden.show()
    assert beat(clock, hidden) == [1]


def test_dropped_dead_and_homeless_panels(desk: Desk, clock: Clock, panel: Callable[..., Counter]) -> None:
    dropped, dead, homeless = (panel(desk.runs[0]) for _ in range(3))
    clock.drop(dropped)
    clock.drop(dropped)
    shiboken6.delete(dead)
    desk.close_lane(desk.runs[0])
    assert beat(clock, dropped, homeless) == [0, 0]
    assert dead not in clock._panels
    assert homeless in clock._panels


def test_an_empty_desk_beats(qapp: QApplication) -> None:
    clock = Clock(Desk())
    clock._beat()
    assert clock.gap_ms() == 0.0


def test_a_hidden_window_beats_slowly(desk: Desk, clock: Clock) -> None:
    for hidden, pressed, interval_ms in (
        (False, True, BEAT_MS),
        (True, False, HIDDEN_BEAT_MS),
        (False, False, BEAT_MS),
    ):
        clock.hidden, desk.pressed = hidden, pressed
        clock._beat()
        assert clock._timer.interval() == interval_ms


class Cycle:
    """Garbage that only a collection frees."""

    def __init__(self) -> None:
        self.itself = self


def aged() -> weakref.ref[Cycle]:
    """A cycle that nobody refers to any more, too old for the collections that look at what is young."""
    cycle = Cycle()
    for _ in range(2):
        gc.collect(1)
    return weakref.ref(cycle)


@pytest.mark.parametrize(("replaced", "collections"), [(False, FULL_COLLECTION_EVERY), (True, 1)])
def test_old_garbage_is_collected_now_and_then_and_when_lanes_were_replaced(
    replaced: bool, collections: int, desk: Desk, clock: Clock
) -> None:
    left = aged()
    if replaced:
        desk.lanes_changed.emit()
    for number in range(collections):
        gc.collect(1)
        assert left() is not None, number
        clock._collected_at = 0.0
        clock._beat()
    assert left() is None


def test_motion_beats_only_while_something_moves(desk: Desk, clock: Clock) -> None:
    assert not clock._motion.isActive()
    desk.point.toggle_walk()
    assert clock._motion.isActive()
    before: Any = desk.point.z.copy()
    clock._moved_at -= 0.05
    clock._move()
    assert (desk.point.z != before).any()
    desk.opens_until = clock._moved_at + 3600.0
    before = desk.point.z.copy()
    clock._move()
    assert (desk.point.z == before).all()  # what opens goes first
    desk.point.stop()
    assert not clock._motion.isActive()


def test_trainers_yield_while_the_user_drags(desk: Desk, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    given_way: list[bool] = []
    monkeypatch.setattr(desk.experiment, "give_way", given_way.append)
    clock._beat()
    desk.pressed = True
    clock._beat()
    desk.pressed = False
    clock._beat()
    assert given_way == [False, True, False]


def test_what_opens_goes_before_all_else(
    desk: Desk, clock: Clock, panel: Callable[..., Counter], monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[float] = []
    monkeypatch.setattr(desk.experiment, "hold", held.append)
    waiting = panel(desk.runs[0])
    desk.make_way()
    assert held == [OPENING_S]
    desk.opens_until += 3600.0
    clock._beat()
    assert not waiting.drawn
    assert not waiting.asked
    desk.opens_until = 0.0
    clock._beat()
    assert waiting.drawn
    assert waiting.asked
