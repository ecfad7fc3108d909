"""A run as it was at a step gone by, and lanes that go on from there: with every engine."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from core.engine.run import Run
from core.probes.samples import SamplesLook
from tests.engines import LoopEngine
from tests.homes import PATIENCE_S, Bench, assert_same_weights, kept, ready, terms, until


def watched(run: Run, steps: int, every: int = 5) -> None:
    """Train for so many steps, and look at the run now and then as a window does."""
    for at in range(run.view.status.step + every, run.view.status.step + steps + 1, every):
        run.step(every)
        assert run.board.wait(lambda view, at=at: view.snapshot is not None and view.snapshot.step == at, PATIENCE_S)
        run.look()


def test_a_run_is_shown_as_it_was_while_it_goes_on(bench: Bench) -> None:
    experiment = bench("vae")
    run, z = experiment.runs[0], np.array([[0.4, -1.0]], np.float32)
    watched(run, 20)
    then, pictures = run.view, run.decode(z)
    run.set("beta", 7.0)
    watched(run, 20)
    moment = run.reel.at(21.5)
    assert moment is not None
    assert moment.step == 20
    run.look_back(moment)
    assert run.moment is moment
    assert (run.view.status.step, run.view.status.state, len(run.view.history)) == (20, "paused", 20)
    assert (run.view.config.beta, run.view.turned_at) == (1.0, {})  # type: ignore[attr-defined]
    assert run.view.status.epoch == pytest.approx(then.status.epoch)
    assert run.view.status.seconds == pytest.approx(then.status.seconds)
    assert np.array_equal(run.decode(z), pictures)
    assert_same_weights(run.view, then)
    run.step(5)
    until(run, "paused", step=45)
    assert (run.view.status.step, run.live_view.status.step) == (20, 45)
    look = SamplesLook(4, 1)
    run.ask(look)
    ready(run, lambda: (answer := run.view.looks.before(look)) is not None and answer.step == 20)
    assert run.live_view.looks.before(look) is None
    run.look_back(None)
    assert run.view is run.live_view
    assert not np.array_equal(run.decode(z), pictures)
    assert experiment.engine.errors == []


def test_a_restart_ends_the_look_back(bench: Bench) -> None:
    run = bench("ae").runs[0]
    watched(run, 10)
    run.look_back(run.reel.at(5))
    run.restart()
    assert run.moment is None
    until(run, "ready", life=1)
    run.look()
    assert [moment.step for moment in run.reel.moments()] == [0]


def test_a_fork_goes_on_from_the_weights_of_a_step_gone_by(bench: Bench) -> None:
    experiment = bench("vae", "gan")
    for run in experiment.runs:
        watched(run, 20)
    gan = experiment.runs[1]
    moment = next(each for each in gan.reel.moments() if each.step == 10)
    forked = experiment.fork(gan, dataclasses.replace(moment, saved=None))
    assert experiment.runs.index(forked) == 2
    view = until(forked, "ready")
    assert (view.status.step, len(view.history)) == (10, 10)
    gan.look_back(moment)
    assert_same_weights(view, gan.view)
    forked.step(5)
    until(forked, "paused", step=15)
    assert np.isfinite(forked.view.history.rows).all()


def test_a_fork_of_a_kept_state_takes_the_same_steps_again(started: Bench) -> None:
    experiment = started(LoopEngine, "vae", "wgan_gp")
    for run in experiment.runs:
        watched(run, 10)
        if run.model_name == "vae":
            run.set("beta", 3.0)
        watched(run, 10)
        kept(run, 20)
        run.look()
        if run.model_name == "vae":
            run.set("beta", 5.0)
        watched(run, 10)
    for run in tuple(experiment.runs):
        moment = run.reel.at(20)
        assert moment is not None
        assert moment.saved is not None
        assert moment.step == 20
        forked = experiment.fork(run, moment)
        assert until(forked, "ready", "paused").status.step == 20
        if run.model_name == "vae":
            assert forked.view.config.beta == 3.0  # type: ignore[attr-defined]
            forked.set("beta", 5.0)
        forked.step(10)
        view = until(forked, "paused", step=30)
        assert np.array_equal(terms(view), terms(run.live_view))
        assert_same_weights(view, run.live_view)
