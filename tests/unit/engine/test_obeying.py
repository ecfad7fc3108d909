"""Commands to a run in training are all obeyed before its next step, and what it will do is known at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from core.engine import trainer
from core.engine.board import View
from core.engine.commands import Set
from core.engine.experiment import Experiment
from core.training.training import Training

Bench = Callable[..., Experiment]
Until = Callable[..., View]
PATIENCE_S = 30.0


class Gate:
    """Training steps that wait to be let through, and β in each."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.betas: list[float] = []
        self._begun, self._may_pass = threading.Semaphore(0), threading.Semaphore(0)
        plain = Training.advance

        def advance(training: Training, *watch: Any) -> None:
            self.betas.append(training.config.beta)  # type: ignore[attr-defined]
            self._begun.release()
            assert self._may_pass.acquire(timeout=PATIENCE_S)
            plain(training, *watch)

        monkeypatch.setattr(Training, "advance", advance)

    def wait(self) -> None:
        """Until the next step has begun."""
        assert self._begun.acquire(timeout=PATIENCE_S)

    def open(self, steps: int = 1) -> None:
        self._may_pass.release(steps)


def test_the_last_of_many_values_is_in_force_at_the_next_step_and_a_pause_takes_none(
    bench: Bench, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(monkeypatch)
    run = bench("vae").runs[0]
    run.start()
    gate.wait()
    for number in range(300):
        run.set("beta", number / 10)
        run.set("lr", number / 1e5)
    gate.open()
    gate.wait()
    assert gate.betas == [1.0, 29.9]
    assert (run.view.config.beta, run.view.config.lr) == (29.9, 0.00299)
    assert run.view.turned_at == {"beta": 1, "lr": 1}
    for number in range(300):
        run.set("beta", number / 100)
        run.start()
    run.pause()
    run.set("beta", 7.0)
    gate.open()
    view = until(run, "paused")
    run.step()
    gate.wait()
    gate.open()
    assert until(run, "paused", step=3).turned_at["beta"] == 2
    assert view.status.step == 2
    assert gate.betas == [1.0, 29.9, 7.0]
    assert not [event for event in run.view.events if event.tone == "warn"]


def test_a_value_that_cannot_be_set_does_not_supersede_one_that_can(bench: Bench, until: Until) -> None:
    run = bench("vae").runs[0]
    run.set("beta", 4.0)
    run.say(Set("beta", -1.0))
    run.step()
    view = until(run, "paused", step=1)
    assert view.config.beta == 4.0
    assert [event.text for event in view.events] == ["KL weight β: −1 is outside 0 to 100"]


def test_a_run_ends_with_the_step_it_is_in_however_much_it_was_told(
    bench: Bench, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(monkeypatch)
    experiment = bench("vae")
    run = experiment.runs[0]
    run.start()
    gate.wait()
    for latent in range(2, 60):
        run.set("beta", latent)
        experiment.set_setup(latent=latent)
    run.stop()
    gate.open()
    until(run, "closed")
    assert run.view.life == 0  # nothing was built any more
    assert len(gate.betas) == 1


class Build:
    """Networks that wait to be built until ``go`` is set; ``broken`` counts those that cannot be."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.go, self.broken = threading.Event(), 0
        plain = trainer.Training

        def build(*given: Any) -> Any:
            assert self.go.wait(PATIENCE_S)
            if self.broken:
                self.broken -= 1
                raise MemoryError("too large")
            return plain(*given)

        monkeypatch.setattr(trainer, "Training", build)


def rebuilding(experiment: Experiment, until: Until, monkeypatch: pytest.MonkeyPatch, **setup: Any) -> Build:
    """All lanes train and are being rebuilt."""
    experiment.start()
    for run in experiment.runs:
        until(run, "training", step=1)
    build = Build(monkeypatch)
    experiment.set_setup(**setup)
    for run in experiment.runs:
        assert run.board.wait(lambda view: view.life == 1 and view.status.state == "building", PATIENCE_S)
    return build


def test_a_lane_replaced_while_it_is_rebuilt_trains_as_the_others_do(
    bench: Bench, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment = bench("ae", "vae")
    build = rebuilding(experiment, until, monkeypatch, latent=3)
    assert experiment.will_train
    assert not experiment.any_training
    new = experiment.replace(experiment.runs[0], "wae")
    newer = experiment.replace(new, "denoising_ae")  # before it was built itself
    build.go.set()
    for run in (newer, experiment.runs[1]):
        until(run, "training", step=1)
    experiment.pause()
    assert not experiment.will_train
    at_rest = experiment.replace(newer, "ae")
    until(at_rest, "ready")
    assert not at_rest.will_train


def test_a_lane_that_failed_is_replaced_by_one_that_trains_if_others_do(
    bench: Bench, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment = bench("ae", "vae")
    experiment.start()
    failing, other = experiment.runs
    until(failing, "training", step=5)
    failing.set("lr", 1e6)
    until(failing, "failed")
    until(other, "training", step=1)
    until(experiment.replace(failing, "ae"), "training", step=1)


def test_a_pause_while_lanes_are_rebuilt_lets_none_train(
    bench: Bench, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment = bench("ae", "vae")
    build = rebuilding(experiment, until, monkeypatch, latent=3)
    experiment.pause()
    build.go.set()
    for run in experiment.runs:
        assert until(run, "paused", "ready", life=1).status.step == 0


def test_lanes_that_could_not_be_built_train_once_they_can_where_that_was_said_meanwhile(
    bench: Bench, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment = bench("ae")
    build = rebuilding(experiment, until, monkeypatch, latent=60)
    build.broken = 1
    experiment.set_setup(latent=2)
    build.go.set()
    run = experiment.runs[0]
    until(run, "training", step=1, life=2)
    assert any("too large" in event.text for event in run.view.events)


def test_what_a_run_will_do_follows_what_it_does_by_itself(bench: Bench, until: Until) -> None:
    run = bench("ae", steps=20).runs[0]
    assert not run.will_train
    run.start()
    assert run.will_train
    until(run, "finished")
    assert run.board.wait(lambda view: not run.will_train, PATIENCE_S)
    run.restart(go=None)  # of a run that had ended
    assert not run.will_train
    assert until(run, "ready", life=1).status.step == 0
