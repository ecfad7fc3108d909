"""Failures of a run: the step, the sentence, and the weights that are restored."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from core.engine import trainer
from core.engine.commands import Lend
from core.engine.run import Run
from core.foundation.mailbox import Mailbox, Refusal
from core.models import ae
from core.nets import objectives
from core.training import training
from tests.unit.engine.test_trainer import Bench, Until, equal, weights


def spoil(monkeypatch: pytest.MonkeyPatch, at: int, what: Callable[[Any], Any]) -> None:
    """From its ``at``-th step on, ``what`` is applied to the loss of the autoencoder."""
    calls = iter(range(1, 10**6))

    def distortion(*words: Any) -> Any:
        loss = objectives.distortion(*words)
        return what(loss) if next(calls) >= at else loss

    monkeypatch.setattr(ae, "distortion", distortion)


@pytest.mark.parametrize("at", [1, 2, 37])
def test_a_nan_is_reported_at_its_step(at: int, bench: Bench, until: Until, monkeypatch: pytest.MonkeyPatch) -> None:
    spoil(monkeypatch, at, lambda loss: loss * math.nan)
    run = bench("ae").runs[0]
    run.start()
    view = until(run, "failed")
    assert view.status.failure is not None
    assert view.status.failure.step == at
    assert view.status.failure.sentence == f"stopped at step {at}: distortion is not a number"
    assert view.history.column("step").tolist() == list(range(1, at))
    assert np.isfinite(view.history.rows).all()
    assert view.snapshot is not None
    assert view.snapshot.step == view.status.step < at
    assert all(torch.isfinite(tensor).all() for tensor in weights(view).values())


def test_good_weights_are_those_whose_loss_was_seen(
    bench: Bench, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Step 9 corrupts the weights with a finite loss of its own; the snapshot after it must not be restored."""
    spoil(monkeypatch, 10, lambda loss: loss * math.nan)
    run = bench("ae").runs[0]
    for step in range(1, 10):
        run.step()
        until(run, "paused", step=step)
    assert run.view.snapshot is not None
    assert run.view.snapshot.step == 9
    before = weights(run.view)
    run.step()
    view = until(run, "failed")
    assert view.snapshot is not None
    assert view.snapshot.step == 8
    assert not equal(weights(view), before)


def test_going_back_after_a_failure(bench: Bench, until: Until, monkeypatch: pytest.MonkeyPatch) -> None:
    spoil(monkeypatch, 30, lambda loss: loss * math.inf)
    run = bench("ae").runs[0]
    run.step(20)
    until(run, "paused", step=20)
    run.set("lr", 2e-3)
    run.step(5)
    until(run, "paused", step=25)
    run.set("lr", 3e-3)
    run.start()
    failed = until(run, "failed")
    assert failed.status.failure is not None
    good = failed.status.step  # 25 where the board was refreshed between steps 25 and 30
    assert good in (20, 25)
    assert failed.turned_at == {"lr": good}  # no later than its weights
    assert failed.history.column("step")[-1] == 29
    monkeypatch.setattr(ae, "distortion", objectives.distortion)
    run.start()  # a failed run does not start
    run.roll_back()
    rested = until(run, "paused")
    assert rested.status.failure is None
    assert rested.history.column("step").tolist() == list(range(1, good + 1))
    run.step(6)
    steps = until(run, "paused", step=good + 6).history.column("step")
    assert steps.tolist() == list(range(1, good + 7))
    assert failed.history.column("step")[-1] == 29  # a reader's table never changes


def test_a_learning_rate_of_a_million_stops_one_lane(bench: Bench, until: Until) -> None:
    experiment = bench("ae", "vae", "gan")
    first, bad, last = experiment.runs
    experiment.start()
    until(bad, "training", step=5)
    bad.set("lr", 1e6)
    view = until(bad, "failed")
    failure = view.status.failure
    assert failure is not None
    said = f"{failure.sentence}. {failure.remedy}"
    assert f"stopped at step {failure.step:,}: " in said
    assert any(term.replace("_", " ").replace("negative elbo", "−ELBO") in said for term in bad.model.columns)
    assert "The knob last touched: Learning rate = 1,000,000." in said
    assert view.events[-1].tone == "error"
    assert view.snapshot is not None
    assert view.snapshot.step == view.status.step < failure.step
    image = bad.decode(np.zeros((1, 2), np.float32))
    assert image is not None
    assert np.isfinite(image).all()
    for run in (first, last):
        until(run, "training", step=run.view.status.step + 20)
    bad.restart(go=True)
    again = until(bad, "training", life=1, step=10)
    assert again.status.failure is None
    assert again.config.lr == bad.pending.lr


def test_out_of_memory_is_a_sentence(bench: Bench, until: Until, monkeypatch: pytest.MonkeyPatch) -> None:
    def starve(loss: Any) -> Any:
        raise torch.OutOfMemoryError("tried to allocate too much")

    spoil(monkeypatch, 10, starve)
    experiment = bench("ae", "vae")
    experiment.start()
    view = until(experiment.runs[0], "failed")
    assert view.status.failure is not None
    assert view.status.failure.sentence == "the device ran out of memory"
    assert "batch" in view.status.failure.remedy
    assert "OutOfMemoryError" in view.status.failure.details
    until(experiment.runs[1], "training", step=20)
    monkeypatch.setattr(ae, "distortion", objectives.distortion)
    experiment.runs[0].restart(go=True)
    until(experiment.runs[0], "training", life=1, step=10)


def test_any_other_error_is_data_too(bench: Bench, until: Until, monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble(loss: Any) -> Any:
        raise RuntimeError("a wheel\ncame off")

    spoil(monkeypatch, 3, stumble)
    run = bench("ae").runs[0]
    run.start()
    view = until(run, "failed")
    assert view.status.failure is not None
    assert view.status.failure.sentence == "a wheel came off"
    assert "in stumble" in view.status.failure.details


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has the device")
def test_a_device_that_is_not_there(bench: Bench, until: Until) -> None:
    run = bench("ae", device="cuda").runs[0]
    view = until(run, "failed")
    assert view.status.failure is not None
    assert "no CUDA device" in view.status.failure.sentence
    run.restart(dataclasses.replace(run.setup, device="cpu"), go=True)
    until(run, "training", life=1, step=3)


# --- errors of any kind, in any place ---------------------------------------------------------------------------------


class Blow(BaseException):
    """An error that nothing expects."""


def raising(error: BaseException, times: int = 1) -> Callable[..., Any]:
    """A function that raises so often, then does nothing."""
    left = iter([error] * times)

    def function(*words: Any) -> None:
        if (now := next(left, None)) is not None:
            raise now

    return function


@pytest.mark.parametrize("error", [KeyboardInterrupt(), GeneratorExit(), SystemExit(3), MemoryError(), Blow("a blow")])
def test_no_error_ends_the_thread_and_good_weights_are_there_to_go_on_from(
    error: BaseException, bench: Bench, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = bench("ae").runs[0]
    run.step(20)
    before = weights(until(run, "paused", step=20))
    starve = raising(error)
    spoil(monkeypatch, 3, lambda loss: starve() or loss)
    run.start()
    view = until(run, "failed")
    failure = view.status.failure
    assert failure is not None
    assert failure.sentence == (str(error) or type(error).__name__)
    assert type(error).__name__ in failure.details
    assert failure.good_step == view.status.step == 20
    assert failure.remedy.startswith("Weights are back at step 20. ")
    assert not run.has_ended
    run.roll_back()
    assert equal(weights(until(run, "paused")), before)
    run.step(2)
    assert until(run, "paused", step=22).history.column("step").tolist() == list(range(1, 23))


@pytest.mark.parametrize("error", [MemoryError("no room"), torch.OutOfMemoryError("no room"), Blow("no room")])
def test_an_error_in_a_roll_back_is_told_and_the_roll_back_can_be_tried_again(
    error: BaseException, bench: Bench, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = bench("ae").runs[0]
    run.step(10)
    until(run, "paused", step=10)
    spoil(monkeypatch, 3, lambda loss: loss * math.nan)
    starve, restore = raising(error, times=2), training.Training.restore

    def broken(*words: Any) -> None:
        starve()
        restore(*words)

    monkeypatch.setattr(training.Training, "restore", broken)
    run.start()
    failure = until(run, "failed").status.failure
    assert failure is not None
    assert failure.sentence == "stopped at step 13: distortion is not a number"
    good = failure.good_step  # 10 where the board was refreshed between steps 10 and 13
    assert good in (0, 10)
    assert failure.remedy.startswith(f"Then no room. The weights of step {good} can still be rolled back to.")
    assert "no room" in failure.details
    assert type(lent(run)) is Refusal  # of weights that are half restored there are no copies
    run.roll_back()
    assert run.board.wait(lambda view: len(view.events) == 2, 30)  # it failed once more
    monkeypatch.setattr(ae, "distortion", objectives.distortion)
    run.roll_back()
    assert until(run, "paused").status.step == good
    run.step(2)
    assert np.isfinite(until(run, "paused", step=good + 2).history.rows).all()


def lent(run: Run) -> Any:
    answer = Mailbox[training.Training]()
    run.say(Lend(answer))
    return answer.take(30)


def test_an_error_in_telling_of_an_error_leaves_no_silent_run(
    bench: Bench, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = bench("ae").runs[0]
    until(run, "ready")
    starve, tell = raising(MemoryError("no room"), times=2), trainer.Trainer._tell_failure

    def broken(*words: Any) -> None:
        starve()
        tell(*words)

    monkeypatch.setattr(trainer.Trainer, "_tell_failure", broken)
    monkeypatch.setattr(training.Training, "advance", raising(Blow("a blow")))
    run.start()
    failure = until(run, "failed").status.failure
    assert failure is not None
    assert failure.sentence == "a blow"
    assert "no room" in failure.remedy


def test_averaged_weights_that_are_not_finite_fail_the_run_when_they_would_be_shown(bench: Bench, until: Until) -> None:
    """No loss of a GAN contains the averaged weights, which its pictures come from."""
    run = bench("gan").runs[0]
    run.step(10)
    before = weights(until(run, "paused", step=10))
    live = run.worker._trainer._training
    assert live is not None
    with torch.no_grad():
        next(live.model.averaged.parameters()).view(-1)[0] = math.nan  # type: ignore[union-attr]
    run.step(1)
    view = until(run, "failed")
    failure = view.status.failure
    assert failure is not None
    assert failure.step == 11
    assert re.fullmatch("stopped at step 11: the weights “averaged.*” are not finite", failure.sentence)
    assert "try a smaller learning rate" in failure.remedy
    assert equal(weights(view), before)
    run.roll_back()
    until(run, "paused")
    run.step(3)
    assert all(torch.isfinite(tensor).all() for tensor in weights(until(run, "paused", step=13)).values())


def test_fresh_weights_that_are_not_finite_are_never_shown(
    bench: Bench, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "initialise", lambda model, *_: next(model.parameters()).data.fill_(math.inf))
    run = bench("vae").runs[0]
    view = until(run, "failed")
    assert view.status.failure is not None
    assert "are not finite" in view.status.failure.sentence
    assert view.status.failure.good_step is None
    assert view.snapshot is None
