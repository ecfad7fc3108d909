"""A run lends a copy of its training, or says why it cannot."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from core.engine.board import View
from core.engine.commands import Lend
from core.engine.experiment import Experiment
from core.foundation.mailbox import Mailbox, Refusal
from core.slow_motion.stepper import SlowMotion
from core.training.training import Training

PATIENCE_S = 30.0


def lent(experiment: Experiment) -> Any:
    """The copy, or the sentence that says why there is none."""
    answer = Mailbox[Training]()
    experiment.runs[0].say(Lend(answer))
    content = answer.take(PATIENCE_S)
    assert content is not None
    return content.reason if isinstance(content, Refusal) else content


def test_a_run_lends_a_copy_whether_it_trains_or_rests(
    bench: Callable[..., Experiment], until: Callable[..., View]
) -> None:
    experiment = bench("vae")
    run = experiment.runs[0]
    assert lent(experiment).step == 0
    run.start()
    until(run, "training", step=5)
    assert lent(experiment).step >= 5
    run.pause()
    rested = until(run, "paused").status.step
    copied = lent(experiment)
    assert copied.step == rested
    motion = SlowMotion(copied)
    terms = next(stage for stage in motion.step().turns[0].stages if stage.name == "terms")
    shown = {number.name: number.value for number in terms.numbers}
    run.step(1)
    view = until(run, "paused", step=rested + 1)
    assert view.history.column("objective")[-1] == pytest.approx(shown["Loss D + β·R"], rel=1e-6)
    assert view.snapshot is not None
    for name, weight in view.snapshot.model.state_dict().items():  # the very step that the copy took
        assert torch.equal(weight, motion.after.model.state_dict()[name])


def test_a_run_that_could_not_be_built_says_why(
    bench: Callable[..., Experiment], until: Callable[..., View], monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.engine import trainer

    def broken(*args: Any) -> Any:
        raise RuntimeError("no such network")

    monkeypatch.setattr(trainer, "Training", broken)
    experiment = bench("vae")
    until(experiment.runs[0], "failed")
    assert lent(experiment) == "no such network"
