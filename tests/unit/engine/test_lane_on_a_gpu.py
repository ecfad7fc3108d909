"""A lane whose model is on a GPU, a pretended one: whatever leaves the trainer's thread has left the device."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from core.engine.board import View
from core.engine.commands import Lend
from core.engine.experiment import Experiment
from core.engine.run import Run
from core.engine.trainer import Trainer
from core.foundation.mailbox import Mailbox
from core.probes.held_out import HeldOutLook
from core.slow_motion.stepper import SlowMotion
from core.training.training import Training
from tests.pretended_device import pretended_device

PATIENCE_S = 30.0


@pytest.mark.parametrize("model", ["ae", "vae", "gan"])
def test_it_trains_is_looked_at_fails_and_goes_on(
    model: str, bench: Callable[..., Experiment], until: Callable[..., View], monkeypatch: pytest.MonkeyPatch
) -> None:
    work = Trainer._work

    def on_device(trainer: Trainer) -> None:
        with pretended_device():
            work(trainer)

    monkeypatch.setattr(Trainer, "_work", on_device)
    with pretended_device():
        experiment = bench(model, device="cuda")
        try:
            go_through(experiment.runs[0], until)
        finally:
            assert experiment.close()


def go_through(run: Run, until: Callable[..., View]) -> None:
    run.step(10)
    view = until(run, "paused", step=10)
    assert view.status.device == "cuda"
    assert np.isfinite(view.history.rows).all()
    if run.model.has_encoder:
        run.ask(HeldOutLook())
        assert run.board.wait(lambda view: len(view.tests) > 0, PATIENCE_S)
        run.ask_measures(("distortion", "off_manifold"), "prior", "at once")
        assert run.board.wait(lambda view: view.measures is not None and not view.measures.waiting, PATIENCE_S)
    images = run.decode(np.zeros((3, 2), np.float32))
    assert images is not None
    assert np.isfinite(images).all()
    answer = Mailbox[Training]()
    run.say(Lend(answer))
    copied = answer.take(PATIENCE_S)
    assert isinstance(copied, Training)
    assert SlowMotion(copied).step().number == 11
    lr = copied.turns[0][0].lr
    run.set(lr, 1e8)
    run.start()
    assert until(run, "failed").status.failure is not None
    run.roll_back()
    back = until(run, "paused").status.step
    run.set(lr, 1e-4)
    run.step(2)
    until(run, "paused", step=back + 2)
