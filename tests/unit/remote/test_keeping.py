"""When states of runs are taken, and what another engine is told of a run."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from core.engine.board import Board, View
from core.engine.commands import Command, Keep, Lend, Limits, Restart, Set, Start
from core.engine.kept import Kept
from core.engine.status import Status
from core.evaluation.reference import Reference
from core.foundation.history import Table
from core.foundation.mailbox import Mailbox, Refusal
from core.models.base import MODELS, TrainConfig
from core.remote import keeping
from core.remote.changes import blank
from core.remote.engine import RemoteEngine
from core.remote.keeping import KEEP_S, REST_S, SENDING_SHARE, Heritage, Keeper
from core.remote.messages import Borrow, Data, Employ, KeptState, Lent, NotLent, Ready, WantRealSide
from core.remote.vocabulary import codec
from core.training.saved import Saved, Turn
from core.training.setup import Setup
from core.training.training import Training

VAE = MODELS.get("vae").Config()
OTHER = MODELS.get("vae").Config(hidden="12")
EMPLOY = Employ(1, "VAE", "vae", VAE, Setup(), 1, 2)
READY = Ready("here", 1, ())


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


class Run:
    """A run of an engine that stands where a test wants it, and remembers what it was told."""

    def __init__(self) -> None:
        self.board = Board(blank(0, VAE))
        self.said: list[Command] = []

    def say(self, command: Command) -> None:
        self.said.append(command)

    def stand(self, state: Any, step: int, life: int = 0) -> None:
        snapshot: Any = object()
        self.board.change(
            lambda view: dataclasses.replace(view, status=Status(state, step), snapshot=snapshot, life=life)
        )

    def answer(self) -> Kept:
        """Obey the newest command."""
        command = self.said[-1]
        assert isinstance(command, Keep)
        view = self.board.view
        kept = Kept(view.life, VAE, Setup(), None, Saved({}, view.status.step, 1.0))  # type: ignore[arg-type]
        command.answer.put(kept)
        return kept


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(keeping, "time", made)
    return made


def keeper_of(run: Any) -> Keeper:
    return Keeper(run, lambda: None)


def test_a_run_that_trains_is_kept_every_ten_seconds(clock: Clock) -> None:
    run = Run()
    keeper = keeper_of(run)
    for round_ in range(1, 3):
        run.stand("training", 10 * round_)
        assert keeper.next() is None
        clock.now += KEEP_S - 0.1
        assert keeper.next() is None
        assert len(run.said) == round_ - 1
        clock.now += 0.2
        assert keeper.next() is None
        assert len(run.said) == round_
        assert keeper.next() is None  # it is on its way
        kept = run.answer()
        assert keeper.next() is kept


def test_a_run_that_rests_is_kept_once_and_fresh_weights_are_not(clock: Clock) -> None:
    run = Run()
    keeper = keeper_of(run)
    run.stand("ready", 0)
    assert keeper.next() is None
    assert run.said == []
    for step in (5, 6):
        run.stand("paused", step)
        assert keeper.next() is None
        kept = run.answer()
        assert keeper.next() is kept
        clock.now += REST_S
        assert keeper.next() is None
    assert len(run.said) == 2
    run.stand("paused", 6, life=1)
    assert keeper.next() is None
    assert len(run.said) == 3


def test_a_run_without_a_state_and_a_slow_link_are_asked_more_rarely(clock: Clock) -> None:
    run = Run()
    keeper = keeper_of(run)
    run.stand("failed", 7)
    assert keeper.next() is None
    assert isinstance(run.said[-1], Keep)
    run.said[-1].answer.put(Refusal("it has no weights"))
    assert keeper.next() is None
    clock.now += KEEP_S - 0.1
    assert keeper.next() is None
    assert len(run.said) == 1
    clock.now += 0.2
    assert keeper.next() is None
    kept = run.answer()
    assert keeper.next() is kept
    keeper.was_sent(in_s=2.0)
    run.stand("paused", 9)
    clock.now += 2.0 / SENDING_SHARE - 0.1
    assert keeper.next() is None
    assert len(run.said) == 2
    clock.now += 0.2
    assert keeper.next() is None
    assert len(run.said) == 3


def view_at(step: int, life: int = 0, config: Any = VAE, **turned_at: int) -> View:
    rows = np.arange(1.0, step + 1)[:, None]
    view = View(Status("training", step), Table(("step",), rows, 1), config, turned_at, life=life)
    return view


def state_at(step: int, life: int = 0, stride: int = 1) -> KeptState:
    return KeptState(1, life, step, stride, Saved({}, step, 1.0, turns=(Turn(2, "beta", 0.5),)))


def test_another_engine_goes_on_at_the_newest_state_with_the_newest_knobs() -> None:
    heritage = Heritage(EMPLOY)
    heritage.take(state_at(4), view_at(5))
    heritage.take(state_at(6, stride=2), view_at(9))  # its rows were merged otherwise
    heritage.take(state_at(12), view_at(9))  # which never came
    heritage.say(Limits(99, 0.0, 0.0), view_at(9))
    employ = heritage.employment(view_at(9, config=OTHER, beta=2, lr=8), 5)
    assert employ == dataclasses.replace(
        EMPLOY, config=OTHER, setup=Setup(steps=99), data=5, life=1, saved=employ.saved
    )
    assert employ.saved is not None
    assert employ.saved.step == 4
    assert employ.saved.turns == (Turn(2, "beta", 0.5), Turn(4, "lr", OTHER.lr))
    assert employ.saved.history is not None
    assert employ.saved.history.rows.tolist() == [[1.0], [2.0], [3.0], [4.0]]


def test_a_restart_that_nobody_obeyed_yet_counts() -> None:
    heritage = Heritage(EMPLOY)
    heritage.take(state_at(4), view_at(4))
    heritage.say(Restart(OTHER, Setup(seed=9)), view_at(5))
    heritage.take(state_at(5), view_at(5))  # of the life before
    assert heritage.kept is None
    employ = heritage.employment(view_at(5), 1)
    assert employ == dataclasses.replace(EMPLOY, config=OTHER, setup=Setup(seed=9), saved=None, life=1)
    heritage.take(state_at(71, life=1), view_at(72, life=1))
    kept = heritage.employment(view_at(72, life=1), 1).saved
    assert kept is not None
    assert kept.step == 71
    heritage.say(Restart(), view_at(72, life=1))
    assert heritage.employment(view_at(72, life=1, config=VAE), 1).saved is None


def test_what_was_borrowed_is_refused_when_the_engine_ends(tiny: Any) -> None:
    posted: list[Any] = []
    engine = RemoteEngine(posted.append, codec())
    worker = engine.employ("VAE", "vae", VAE, Setup(), tiny(), 1)
    answer = Mailbox[Training]()
    worker.say(Lend(answer))
    assert isinstance(posted[-1], Borrow)
    engine.lose("SIGKILL", "")
    assert answer.take() == Refusal("the engine ended (SIGKILL)")
    worker.say(Set("beta", 2.0))
    worker.say(Start())
    employ = worker.employment(1)
    assert (employ.life, employ.saved, worker.has_ended) == (1, None, False)
    engine.lose("SIGKILL", "")
    assert engine.close(5.0)


def test_a_state_that_does_not_fit_is_a_sentence_for_whoever_waits(tiny: Any) -> None:
    posted: list[Any] = []
    engine = RemoteEngine(posted.append, codec())
    worker = engine.employ("VAE", "vae", VAE, Setup(), tiny(), 1)
    vast = dataclasses.replace(VAE, hidden="9999, 9999")
    for number, (config, says) in enumerate(((vast, "fewer than"), (TrainConfig(), "not the knobs")), 1):
        answer = Mailbox[Training]()
        worker.say(Lend(answer))
        engine.take(Lent(number, 0, config, Setup(), 1, Saved({"w": np.zeros(3)}, 1, 1.0)))
        content = answer.take(10.0)
        assert isinstance(content, Refusal)
        assert says in content.reason
    engine.take(NotLent(1, "long answered"))
    engine.lose("it left", "")
    assert engine.close(5.0)


def test_what_was_borrowed_over_a_link_that_was_cut_is_asked_for_again(tiny: Any) -> None:
    posted: list[Any] = []
    engine = RemoteEngine(posted.append, codec())
    worker = engine.employ("VAE", "vae", VAE, Setup(), tiny(), 1)
    answer = Mailbox[Training]()
    worker.say(Lend(answer))
    asked = posted[-1]
    engine.take(READY)
    assert posted.count(asked) == 1
    engine.take(READY)
    assert posted.count(asked) == 2
    for _ in range(2):
        engine.take(NotLent(1, "it has no weights"))
    assert answer.take() == Refusal("it has no weights")
    assert answer.take() is None
    engine.lose("SIGKILL", "")
    assert engine.close(5.0)


def test_another_engine_prepares_what_this_side_knows_of_the_data(tiny: Any) -> None:
    """Nobody asks for it again: the window has its own."""
    posted: list[Any] = []
    engine = RemoteEngine(posted.append, codec())
    worker, reference = engine.employ("VAE", "vae", VAE, Setup(), tiny(), 1), Reference(tiny())
    engine.want_real_side(reference)
    reference.is_prepared = True
    engine.lose("SIGKILL", "")
    posted.clear()
    engine.go_on(codec())
    assert [type(each) for each in posted] == [Data, Employ, WantRealSide]
    worker.end()
    assert engine.close(5.0)
