"""The engines on which runs are tested, and how to wait for what they do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.engine.board import View
from core.engine.commands import Keep
from core.engine.engine import Engine
from core.engine.experiment import Experiment
from core.engine.kept import Kept
from core.engine.run import Run
from core.engine.threads import ThreadEngine
from core.foundation.mailbox import Mailbox
from core.remote.engine import RemoteWorker
from core.training.saved import Saved
from tests.engines import LoopEngine

PATIENCE_S = 60.0
HOMES: dict[str, Callable[[], Engine]] = {"threads": ThreadEngine, "link": LoopEngine}
Bench = Callable[..., Experiment]


def until(run: Run, *states: str, life: int = 0, step: int = 0) -> View:
    def reached(view: View) -> bool:
        return view.status.state in states and view.life == life and view.status.step >= step

    assert run.board.wait(reached, PATIENCE_S), run.view.status
    return run.view


def terms(view: View) -> Any:
    """The history without its clock: (N, K)."""
    return view.history.rows[:, 2:]


def assert_same_weights(one: View, other: View) -> None:
    ours, theirs = (view.snapshot.model.state_dict() for view in (one, other) if view.snapshot)
    assert all(bool((ours[key] == theirs[key]).all()) for key in ours)


def ready(run: Run, what: Callable[[], bool]) -> None:
    """Wait for what no view tells, at the pace at which engines look around."""
    assert any(what() or run.board.wait(lambda _: False, 0.02) for _ in range(int(PATIENCE_S / 0.02)))


def kept(run: Run, step: int) -> Saved:
    """The state that a run stands at, as its window gets it."""
    if isinstance(run.worker, RemoteWorker):
        worker = run.worker

        def has_come() -> bool:
            return worker.kept is not None and worker.kept.step == step

        assert any(has_come() or run.board.wait(lambda _: has_come(), 0.1) for _ in range(int(10 * PATIENCE_S)))
        assert worker.kept is not None
        return worker.kept
    answer = Mailbox[Kept]()
    run.say(Keep(answer))
    content = answer.take(PATIENCE_S)
    assert isinstance(content, Kept)
    return content.saved
