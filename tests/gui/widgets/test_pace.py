"""Values that come faster than they can be acted on."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from gui.widgets import pace
from gui.widgets.pace import Pace


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(pace.time, "perf_counter", clock)
    return clock


def test_a_hand_of_60_events_a_second_waits_for_nothing(qtbot: QtBot, clock: Clock) -> None:
    seen: list[int] = []

    def act(value: int) -> None:
        clock.now += 0.006
        seen.append(value)

    parent = QObject()
    hand: Pace[int] = Pace(act, parent)
    for number in range(100):
        hand.take(number)
        assert seen[-1] == number
        clock.now = max(clock.now, (number + 1) / 60)


def test_of_a_storm_the_newest_counts(qtbot: QtBot, clock: Clock) -> None:
    seen: list[int] = []
    parent = QObject()
    hand: Pace[int] = Pace(seen.append, parent)
    for number in range(1000):
        clock.now = number / 1000
        hand.take(number)
    assert 2 < len(seen) < 20  # the event loop has not turned: only those before it became a storm
    clock.now += 1.0
    qtbot.waitUntil(lambda: seen[-1] == 999)
    hand.take(1)
    assert seen[-1] == 1


def test_what_waits_is_done_before_something_else(qtbot: QtBot, clock: Clock) -> None:
    seen: list[int] = []
    parent = QObject()
    hand: Pace[int] = Pace(seen.append, parent)
    for number in range(20):
        hand.take(number)
    assert seen[-1] < 19
    hand.flush()
    assert seen[-1] == 19
    hand.flush()
    assert seen.count(19) == 1
