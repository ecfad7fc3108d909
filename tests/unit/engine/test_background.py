"""The background thread: the newest request wins, urgent ones go first, errors are reported."""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable, Iterator

import pytest

from core.engine import background
from core.engine.background import Background

WAIT_S = 10.0


class Lane:
    """A background worker that is blocked until ``go`` is set, and the jobs it has done."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.errors: list[str] = []
        self.busy = False
        self.go, self.held, self.idle = threading.Event(), threading.Event(), threading.Event()
        self.worker = Background(lambda: self.busy, lambda _, details: self.errors.append(details))

    def hold(self) -> None:
        """Block the worker in a job, so that later requests have to wait."""

        def job() -> None:
            self.held.set()
            assert self.go.wait(WAIT_S)

        self.worker.ask("hold", job, urgent=True)
        assert self.held.wait(WAIT_S)

    def ask(self, key: str, name: str, urgent: bool = False) -> None:
        self.worker.ask(key, lambda: self.done.append(name), urgent)

    def finish(self) -> list[str]:
        """Unblock the worker and wait for its last job."""
        self.worker.ask("the last", self.idle.set)
        self.go.set()
        assert self.idle.wait(WAIT_S)
        return self.done


@pytest.fixture
def lane() -> Iterator[Lane]:
    made = Lane()
    yield made
    made.go.set()
    assert made.worker.close()


def test_the_newest_of_a_kind_wins(lane: Lane) -> None:
    lane.hold()
    for name in ("old", "newer", "newest"):
        lane.ask("latent_codes", name)
    lane.ask("tiles", "tiles")
    assert lane.worker.is_waiting("latent_codes")
    assert not lane.worker.is_waiting("film")
    assert lane.finish() == ["newest", "tiles"]
    assert not lane.worker.is_waiting("latent_codes")


def test_urgent_ones_go_first(lane: Lane) -> None:
    lane.hold()
    lane.ask("latent_codes", "slow")
    lane.ask("nearest", "urgent", urgent=True)
    assert lane.finish() == ["urgent", "slow"]


def test_an_urgent_one_takes_the_place_of_one_that_waits(lane: Lane) -> None:
    lane.hold()
    lane.ask("nearest", "old")
    lane.ask("nearest", "new", urgent=True)
    assert lane.worker.is_waiting("nearest")
    assert lane.finish() == ["new"]


def test_the_next_slice_of_old_work_does_not_replace_what_was_asked_for_meanwhile(
    lane: Lane, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "SLICE_S", 0.0)

    def old() -> Iterator[None]:
        lane.done.append("old")
        lane.ask("map", "new", urgent=True)  # while the slice is in work
        yield
        lane.done.append("old again")

    lane.go.set()
    lane.worker.do("map", old())
    assert lane.finish() == ["old", "new"]


def test_long_work_that_is_replaced_leaves_no_cycle(lane: Lane) -> None:
    """Collection is off while the window is open: a cycle would keep its snapshot."""
    lane.hold()

    def work() -> Iterator[None]:
        yield

    replaced = work()
    gone = weakref.ref(replaced)
    lane.worker.do("map", replaced)
    del replaced
    lane.ask("map", "new")
    assert gone() is None


def test_an_error_is_reported_and_the_work_goes_on(lane: Lane) -> None:
    lane.hold()
    lane.worker.ask("bad", lambda: [].pop())
    lane.ask("latent_codes", "after")
    assert lane.finish() == ["after"]
    assert len(lane.errors) == 1
    assert "IndexError" in lane.errors[0]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), GeneratorExit(), SystemExit(), MemoryError()])
def test_no_error_ends_the_slow_lane(error: BaseException, lane: Lane) -> None:
    def job() -> None:
        raise error

    def work() -> Iterator[None]:
        yield
        raise error

    lane.worker.ask("bad", job)
    lane.worker.do("worse", work())
    lane.go.set()
    lane.ask("latent_codes", "after")
    assert lane.finish() == ["after"]
    assert [type(error).__name__ in details for details in lane.errors] == [True, True]


def test_an_error_in_telling_of_an_error_is_reported_as_uncaught(monkeypatch: pytest.MonkeyPatch) -> None:
    uncaught: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", uncaught.append)
    told = threading.Event()

    def tell(key: object, details: str) -> None:
        raise KeyboardInterrupt

    worker = Background(lambda: False, tell)
    worker.ask("bad", lambda: [].pop())
    worker.ask("next", told.set)
    assert told.wait(WAIT_S)
    assert worker.close()
    assert [each.exc_type for each in uncaught] == [KeyboardInterrupt]


def test_while_something_trains_a_job_is_not_repeated_at_once(lane: Lane, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "REST", 1e9)
    monkeypatch.setattr(background, "LONGEST_REST_S", 0.5)
    lane.busy = True
    times: dict[str, float] = {}
    first, last = threading.Event(), threading.Event()

    def job(name: str, done: threading.Event | None = None) -> Callable[[], None]:
        def note() -> None:
            sum(range(10_000))  # so that the clock of processor time moves
            times[name] = time.perf_counter()
            if done is not None:
                done.set()

        return note

    lane.go.set()
    lane.worker.ask("map", job("map", first))
    assert first.wait(WAIT_S)
    lane.worker.ask("map", job("map again", last))
    lane.worker.ask("samples", job("samples"))
    lane.worker.ask("nearest", job("nearest"), urgent=True)
    assert last.wait(WAIT_S)
    assert times["map again"] - times["map"] >= 0.5
    assert max(times, key=lambda name: times[name]) == "map again"  # nobody else had to wait


def test_nothing_rests_while_nothing_trains(lane: Lane, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "REST", 1e9)
    monkeypatch.setattr(background, "LONGEST_REST_S", 1e9)
    lane.go.set()
    for _ in range(5):
        done = threading.Event()
        lane.worker.ask("map", done.set)
        assert done.wait(WAIT_S)


def test_closing_forgets_what_waits(lane: Lane) -> None:
    lane.hold()
    lane.ask("latent_codes", "never")
    assert not lane.worker.close(0.0)  # it is still held, and has forgotten the rest by now
    lane.go.set()
    assert lane.worker.close()
    assert lane.done == []


def test_while_it_is_held_only_urgent_jobs_are_done(lane: Lane) -> None:
    urgent_done = threading.Event()
    lane.worker.hold(3600.0)
    lane.ask("map", "map")
    lane.worker.ask("drag", urgent_done.set, urgent=True)
    assert urgent_done.wait(WAIT_S)
    lane.worker.ask("next drag", lambda: lane.done.append("urgent"), urgent=True)
    lane.worker.ask("last drag", lane.held.set, urgent=True)
    assert lane.held.wait(WAIT_S)
    assert lane.done == ["urgent"]
    lane.worker.hold(0.0)
    assert lane.finish() == ["urgent", "map"]


def test_a_slice_ends_when_the_window_needs_the_time(lane: Lane, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "SLICE_S", 3600.0)
    turns: list[str] = []

    def work() -> Iterator[None]:
        for piece in range(3):
            turns.append(f"piece {piece}")
            if piece == 0:
                lane.worker.hold(0.2)
                lane.worker.ask("drag", lambda: turns.append("urgent"), urgent=True)
            yield

    lane.worker.do("long", work())
    lane.worker.ask("after", lane.idle.set)
    assert lane.idle.wait(WAIT_S)
    assert turns == ["piece 0", "urgent", "piece 1", "piece 2"]
