"""Who is asked to draw, and when."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import shiboken6
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from core.engine.board import View
from core.engine.experiment import Experiment
from core.engine.run import Run
from gui.desk.clock import BEAT_MS, HIDDEN_BEAT_MS, Clock
from gui.desk.desk import Desk

Parts = Callable[[View], tuple[object, ...]]


class Counter(QWidget):
    """A panel that counts."""

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
    made = Desk()
    made.open(make_experiment("ae", "vae"))
    for run in made.runs:
        assert run.board.wait(lambda view: view.status.state == "ready", 10.0)
    return made


@pytest.fixture
def clock(desk: Desk) -> Iterator[Clock]:
    made = Clock(desk)
    made._settled = True  # this test freezes nothing
    yield made
    made.stop()


@pytest.fixture
def panel(desk: Desk, clock: Clock, qtbot: QtBot, hush: None) -> Callable[..., Counter]:
    def make(run: Run | None, parts: Parts = lambda view: (view.events,)) -> Counter:
        made = Counter(run, parts)
        qtbot.addWidget(made)
        made.show()
        clock.add(made)
        return made

    return make


def beat(clock: Clock, *panels: Counter) -> list[int]:
    """Beat once, with every panel due; how often each has drawn so far."""
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


def test_under_a_hand_one_panel_draws_per_beat_and_all_get_their_turn(
    desk: Desk, clock: Clock, panel: Callable[..., Counter]
) -> None:
    panels = [panel(desk.runs[0]) for _ in range(3)]
    desk.pressed = True
    assert [sum(beat(clock, *panels)) for _ in range(4)] == [1, 2, 3, 3]
    assert [each.drawn for each in panels] == [1, 1, 1]
    desk.runs[0].board.tell("something")
    desk.pressed = False
    assert sum(beat(clock, *panels)) == 6


def test_numbers_follow_the_point_at_the_next_beat(desk: Desk, clock: Clock, heard: Callable[[Any], list[Any]]) -> None:
    shown = heard(desk.point.shown)
    desk.point.nudge(0.1, 0.0)
    desk.point.nudge(0.1, 0.0)
    assert len(shown) == 0
    clock._beat()
    assert len(shown) == 1
    clock._cursor_at = 0.0
    clock._beat()
    assert len(shown) == 1


def test_a_panel_draws_at_most_so_often(desk: Desk, clock: Clock, panel: Callable[..., Counter]) -> None:
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


def test_the_beat_follows_hand_and_sight(desk: Desk, clock: Clock) -> None:
    for hidden, pressed, wanted in (
        (False, True, BEAT_MS),
        (True, False, HIDDEN_BEAT_MS),
        (False, False, BEAT_MS),
    ):
        clock.hidden, desk.pressed = hidden, pressed
        clock._beat()
        assert clock._timer.interval() == wanted


def test_motion_beats_only_while_something_moves(desk: Desk, clock: Clock) -> None:
    assert not clock._motion.isActive()
    desk.point.toggle_walk()
    assert clock._motion.isActive()
    before: Any = desk.point.z.copy()
    clock._moved_at -= 0.05
    clock._move()
    assert (desk.point.z != before).any()
    desk.point.stop()
    assert not clock._motion.isActive()


def test_trainers_give_way_to_a_hand(desk: Desk, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[bool] = []
    monkeypatch.setattr(desk.experiment, "give_way", told.append)
    clock._beat()
    desk.pressed = True
    clock._beat()
    desk.pressed = False
    clock._beat()
    assert told == [False, True, False]
