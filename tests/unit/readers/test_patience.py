"""Threads that may get stuck: the rest goes on, Cancel is heard, and nothing waits for ever."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from core.foundation.reading import Cancelled, DataError
from core.readers import patience
from core.readers.patience import Stuck, at_once, patiently, work_through

Beat = Callable[[], None]


def no_tick() -> None:
    pass


@pytest.mark.parametrize("threads", [1, 3])
def test_every_task_comes_back_once(threads: int) -> None:
    found = dict(work_through(range(200), lambda task, beat: task * task, no_tick, threads))
    assert found == {task: task * task for task in range(200)}


def test_what_is_raised_is_a_result() -> None:
    def work(task: int, beat: Beat) -> int:
        if task % 2:
            raise ValueError(task)
        return task

    found = dict(work_through(range(10), work, no_tick, 2))
    assert [type(found[task]) for task in range(10)] == [int, ValueError] * 5
    assert all(found[task].__traceback__ is None for task in range(1, 10, 2))


def test_a_task_that_is_stuck_is_given_up_and_the_rest_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "PATIENCE_S", 0.05)
    release = threading.Event()

    def work(task: int, beat: Beat) -> int:
        if task == 3:
            release.wait()
        return task

    try:
        found = dict(work_through(range(20), work, no_tick, 1))
    finally:
        release.set()
    assert isinstance(found.pop(3), Stuck)
    assert found == {task: task for task in range(20) if task != 3}


def test_work_that_shows_that_it_goes_on_is_not_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "PATIENCE_S", 0.2)
    ticks: list[None] = []

    def slow(task: int, beat: Beat) -> int:
        start = len(ticks)
        pause = threading.Event()
        while len(ticks) < start + 12:  # 12 ticks are 0.6 s
            beat()
            pause.wait(0.01)
        return task

    assert list(work_through((7,), slow, lambda: ticks.append(None))) == [(7, 7)]


def test_cancel_is_heard_while_work_is_stuck() -> None:
    release, begun = threading.Event(), threading.Event()

    def stuck(task: int, beat: Beat) -> None:
        begun.set()
        release.wait()

    def tick() -> None:
        if begun.is_set():
            raise Cancelled

    try:
        with pytest.raises(Cancelled):
            list(work_through(range(100), stuck, tick, 2))
    finally:
        release.set()


def test_cancelled_work_ends_at_its_next_beat() -> None:
    begun, release, ended = threading.Event(), threading.Event(), threading.Event()
    reached: list[str] = []

    def work(task: int, beat: Beat) -> None:
        begun.set()
        release.wait()
        try:
            beat()
            reached.append("what follows the beat")
        finally:
            ended.set()

    def tick() -> None:
        if begun.is_set():
            raise Cancelled

    with pytest.raises(Cancelled):
        list(work_through((1,), work, tick))
    release.set()
    assert ended.wait(5)
    assert not reached


def test_tasks_are_taken_from_their_source_only_as_they_are_needed() -> None:
    taken: list[int] = []

    def source() -> object:
        for task in range(1000):
            taken.append(task)
            yield task

    for _ in work_through(source(), lambda task, beat: task, no_tick, 2):
        break
    assert len(taken) <= patience.AHEAD * 2


def test_patiently(monkeypatch: pytest.MonkeyPatch) -> None:
    assert patiently(lambda beat: 5, no_tick) == 5
    with pytest.raises(ZeroDivisionError):
        patiently(lambda beat: 1 // 0, no_tick)
    monkeypatch.setattr(patience, "PATIENCE_S", 0.05)
    release = threading.Event()
    try:
        with pytest.raises(Stuck):
            patiently(lambda beat: release.wait(), no_tick)
    finally:
        release.set()


def test_who_waits_for_a_silent_disk_hears_soon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    woken = threading.Event()
    with pytest.raises(DataError, match="does not answer"):
        at_once(tmp_path, lambda _: woken.wait(60), 0.05)
    woken.set()
    assert at_once(tmp_path, Path.is_dir)
    with pytest.raises(FileNotFoundError):
        at_once(tmp_path / "none", os.listdir)
