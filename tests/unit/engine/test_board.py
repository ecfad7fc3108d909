"""The board: parts are replaced under one lock, and late answers are dropped."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable

from core.engine.board import Board, View
from core.engine.experiment import Experiment
from core.engine.status import Status
from core.foundation.history import History
from core.models.base import TrainConfig
from core.probes import held_out


def board() -> Board:
    return Board(View(Status(), History(("step",)).table(), TrainConfig()))


def test_what_reads_and_writes_the_view_loses_nothing() -> None:
    made, rounds, threads = board(), 300, 4

    def one_more(view: View) -> View:
        return dataclasses.replace(view, status=dataclasses.replace(view.status, step=view.status.step + 1))

    def work() -> None:
        for _ in range(rounds):
            made.change(one_more)
            assert made.change_for(0, one_more)

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert made.view.status.step == 2 * rounds * threads


def test_an_answer_of_a_life_that_is_over_is_dropped() -> None:
    made = board()
    made.change(lambda view: dataclasses.replace(view, life=2))
    before = made.view
    assert not made.change_for(1, lambda view: dataclasses.replace(view, snapshot=None))
    assert made.view is before


def test_a_view_without_answers_has_an_empty_table_of_tests() -> None:
    view = board().view
    assert view.tests is held_out.NONE
    assert not len(view.tests)


def test_a_restart_keeps_the_events_and_nothing_else(
    bench: Callable[..., Experiment], until: Callable[..., View]
) -> None:
    run = bench("vae").runs[0]
    until(run, "ready")
    run.board.tell("said before")
    run.step(3)
    before = until(run, "paused", step=3)
    run.restart()
    after = until(run, "ready", life=1)
    assert after.events == before.events
    assert (after.config, after.setup, after.dataset) == (before.config, before.setup, before.dataset)
    assert not len(after.history)
    assert after.snapshot is not before.snapshot
    fresh = View(after.status, after.history, after.config)
    for field in ("measures", "looks"):
        assert type(getattr(after, field)) is type(getattr(fresh, field))
    assert after.looks.answers == {}
