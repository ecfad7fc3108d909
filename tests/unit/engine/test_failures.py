"""Failures of a run: the step, the sentence, and the weights that are restored."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from core.models import ae
from core.nets import objectives
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
    assert max(snapshot.step for snapshot in view.past) <= 8


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
