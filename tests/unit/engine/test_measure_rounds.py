"""Rounds of measures beside a run: what is kept, what is dropped, and that training stays the same."""

from __future__ import annotations

import dataclasses
import gc
import math
import weakref
from collections.abc import Callable, Iterator
from typing import cast

import numpy as np
import pytest

from core.datasets.base import Dataset
from core.engine.background import Background
from core.engine.board import Board
from core.engine.experiment import Experiment
from core.engine.measure_rounds import MeasureRequest, MeasureRounds
from core.engine.run import Run
from core.evaluation.model_side import ModelSide
from core.foundation.slices import Work
from core.metrics.base import METRICS, Measured, Metric
from core.training.setup import Setup
from tests.measure_probes import (
    PATIENCE_S,
    Bench,
    Held,
    Until,
    arrived,
    gate,
    measured,
    measured_on,
    paused,
    paused_at,
    registered,
    shaped,
)


@pytest.fixture(autouse=True)
def probes() -> Iterator[None]:
    with registered():
        yield


def test_a_round_measures_what_is_asked_for_on_one_snapshot(bench: Bench, until: Until) -> None:
    run = paused(bench("vae"), until)
    measures = measured(run, "plain", "rate", "last")
    assert set(measures.values) == {"plain", "rate", "last"}
    assert {value.step for value in measures.values.values()} == {5}
    assert measures.values["plain"].value == 5
    assert all(value.seconds > 0 for value in measures.values.values())
    assert len(measures.trail) == 1
    assert measures.trail.last("plain") == 5
    assert measures.trail.last("step") == 5
    assert math.isnan(measures.trail.last("sampled") or 0)
    run.step(3)
    until(run, "paused", step=8)
    later = measured(run, "plain", "rate", "last", step=8)
    assert later.trail.column("step").tolist() == [5, 8]
    assert later.trail.column("plain").tolist() == [5, 8]


def test_nothing_is_measured_twice_on_the_same_weights(bench: Bench, until: Until) -> None:
    run = paused(bench("vae"), until)
    measured(run, "plain", "last")
    for _ in range(5):
        run.ask_measures(("plain", "last"), "prior")
    more = measured(run, "plain", "last", "sampled")
    assert [name for name, *_ in measured_on] == ["plain", "last", "sampled"]
    assert len(more.trail) == 1  # the same row, with one number more
    assert [more.trail.last(name) for name in ("plain", "sampled", "last")] == [5, 5, 5]


def test_another_sampler_keeps_what_does_not_look_at_samples(bench: Bench, until: Until) -> None:
    run = paused(bench("vae"), until)
    first = measured(run, "plain", "sampled")
    assert first.values["sampled"].sampler == "prior"
    assert first.values["plain"].sampler == ""
    second = measured(run, "plain", "sampled", sampler="gaussian")
    assert measured_on == [("plain", 5, "prior"), ("sampled", 5, "prior"), ("sampled", 5, "gaussian")]
    assert second.values["plain"] is first.values["plain"]
    assert second.values["sampled"].sampler == "gaussian"
    alone = measured(run, "plain", sampler="codes")  # nothing to measure, and still published
    assert set(alone.values) == {"plain"}


def test_a_model_without_an_encoder_knows_the_prior_only(bench: Bench, until: Until) -> None:
    run = paused(bench("gan"), until)
    run.ask_measures(("sampled",), "gmm")
    assert measured(run, "sampled").values["sampled"].sampler == "prior"
    assert {sampler for *_, sampler in measured_on} == {"prior"}


def test_a_restart_drops_what_was_measured(bench: Bench, until: Until) -> None:
    run = paused(bench("vae"), until)
    measured(run, "plain")
    run.restart()
    view = until(run, "ready", life=1)
    assert view.measures is None
    again = measured(run, "plain")
    assert again.values["plain"].step == 0
    assert again.trail.column("step").tolist() == [0]


def test_a_late_answer_is_dropped(bench: Bench, until: Until) -> None:
    run = paused(bench("vae"), until)
    run.ask_measures(("slow", "last"), "prior")
    assert run.board.wait(lambda view: view.measures is not None and view.measures.waiting[0] == "slow", PATIENCE_S)
    run.restart()
    until(run, "ready", life=1)
    gate.set()
    measures = measured(run, "plain")
    assert set(measures.values) == {"plain"}


@pytest.mark.parametrize("end", ["restarted", "closed"])
def test_a_round_of_a_run_that_is_gone_is_given_up(end: str, bench: Bench, until: Until) -> None:
    run = paused(bench("vae"), until)
    snapshot, background = run.snapshot, Held()
    board = Board(run.view)
    measuring = MeasureRounds("owner", board, cast(Background, background))
    assert snapshot is not None
    measuring.ask(MeasureRequest(snapshot, 1.0, run.reference.real_side, "prior", ("plain", "last")))
    if end == "restarted":
        board.change(lambda view: dataclasses.replace(view, life=1))
    else:
        closed = dataclasses.replace(board.view.status, state="closed")
        board.change(lambda view: dataclasses.replace(view, status=closed))
    assert background.job is not None
    background.job()
    assert measured_on == []
    assert board.view.measures is None
    gone = weakref.ref(snapshot)
    for each in (board, run.board):
        each.change(lambda view: dataclasses.replace(view, snapshot=None))
    run.restart()
    until(run, "ready", life=1)
    del snapshot
    gc.collect()
    assert gone() is None  # nor does it keep the old weights


def test_a_failing_measure_does_not_stop_the_others(
    bench: Bench, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment = bench("vae")
    run = paused(experiment, until)
    run.ask_measures(("plain", "broken", "last"), "prior")  # once, as in a window that is not looked at any more
    measures = arrived(run, "plain", "last")
    assert "broken" not in measures.values
    assert [name for name, *_ in measured_on] == ["plain", "broken", "last"]
    assert math.isnan(measures.trail.last("broken") or 0)
    assert measures.trail.last("last") == 5
    assert "broken: it is broken" in experiment.engine.errors[0]
    assert [event.text for event in run.view.events if event.tone == "error"] == [
        "could not make its measures: RuntimeError: broken: it is broken"
    ]
    experiment.engine.errors = []


def test_a_measure_that_begins_to_fail_leaves_no_old_number(bench: Bench, until: Until) -> None:
    experiment = bench("vae")
    run = paused(experiment, until)
    measured(run, "plain", "last")
    METRICS.forget("plain")
    shaped("plain", fails=True)
    run.step(2)
    until(run, "paused", step=7)
    run.ask_measures(("plain", "last"), "prior")
    measures = arrived(run, "last", step=7)
    assert "plain" not in measures.values
    assert math.isnan(measures.trail.last("plain") or 0)
    experiment.engine.errors = []


def test_expensive_measures_come_last_and_those_of_samples_last_but_one(bench: Bench, until: Until) -> None:
    run = paused(bench("vae"), until)
    measured(run, "costly", "plain", "sampled", "last")
    assert [name for name, *_ in measured_on] == ["plain", "last", "sampled", "costly"]


def test_a_round_of_untrained_weights_gives_way_to_one_of_trained_weights(bench: Bench, until: Until) -> None:
    (run,) = bench("vae").runs
    until(run, "ready")
    untrained, background, board = run.snapshot, Held(), Board(run.view)
    measuring = MeasureRounds("owner", board, cast(Background, background))
    real_side = run.reference.real_side
    assert untrained is not None
    measuring.ask(MeasureRequest(untrained, 0.0, real_side, "prior", ("long", "last")))
    background.work()
    assert board.view.measures is not None
    assert board.view.measures.waiting == ("last",)
    trained = paused_at(run, until, 5)
    measuring.ask(MeasureRequest(trained, 1.0, real_side, "prior", ("long", "last")))
    while board.view.measures.waiting:
        background.work()
    assert [(name, step) for name, step, _ in measured_on] == [("long", 0), ("long", 5), ("last", 5)]
    assert board.view.measures.trail.column("step").tolist() == [5]


def test_waiting_measures_are_published(bench: Bench, until: Until) -> None:
    run = paused(bench("vae"), until)
    run.ask_measures(("plain", "slow", "last"), "prior")
    assert run.board.wait(lambda view: view.measures is not None and view.measures.waiting == ("slow", "last"), 20)
    assert run.view.measures is not None
    assert set(run.view.measures.values) == {"plain"}
    gate.set()
    assert not measured(run, "plain", "slow", "last").waiting


def test_a_new_snapshot_waits_for_the_end_of_the_round(bench: Bench, until: Until) -> None:
    """All values of a row are of the same weights."""
    run = paused(bench("vae"), until)
    run.ask_measures(("plain", "slow"), "prior")
    assert run.board.wait(lambda view: view.measures is not None and view.measures.waiting == ("slow",), PATIENCE_S)
    run.step(2)
    until(run, "paused", step=7)
    run.ask_measures(("plain", "slow", "last"), "prior")
    gate.set()
    trail = arrived(run, "plain", "slow", "last", step=7).trail
    assert [(name, step) for name, step, _ in measured_on] == [
        ("plain", 5),
        ("slow", 5),
        ("plain", 7),
        ("slow", 7),
        ("last", 7),
    ]
    assert trail.column("plain").tolist() == trail.column("slow").tolist() == [5, 7]


def test_the_trail_ends_at_the_values_of_a_round_that_goes_on(bench: Bench, until: Until) -> None:
    run = paused(bench("vae"), until)
    measured(run, "plain")
    run.step(2)
    until(run, "paused", step=7)
    run.ask_measures(("plain", "slow"), "prior")
    assert run.board.wait(lambda view: view.measures is not None and view.measures.waiting == ("slow",), PATIENCE_S)
    measures = run.view.measures
    assert measures is not None
    assert measures.values["plain"].step == 7
    assert measures.trail.column("step").tolist() == [5, 7]
    assert measures.trail.column("plain").tolist() == [5, 7]
    assert np.isnan(measures.trail.column("slow")).all()
    gate.set()
    assert arrived(run, "slow", step=7).trail.column("step").tolist() == [5, 7]


def test_a_round_that_another_sampler_breaks_off_keeps_its_row(bench: Bench, until: Until) -> None:
    run = paused(bench("vae"), until)
    run.ask_measures(("plain", "sampled", "slow"), "prior")
    waiting = ("slow", "sampled")
    assert run.board.wait(lambda view: view.measures is not None and view.measures.waiting == waiting, PATIENCE_S)
    run.step(2)
    until(run, "paused", step=7)
    run.ask_measures(("plain",), "raw")
    gate.set()
    trail = arrived(run, "plain", sampler="raw", step=7).trail
    assert trail.column("plain").tolist() == [5, 7]
    assert np.isnan(trail.column("sampled")).all()  # those were another sampler's


def weights(run: Run) -> dict[str, bytes]:
    assert run.snapshot is not None
    return {name: tensor.numpy().tobytes() for name, tensor in run.snapshot.model.state_dict().items()}


@pytest.mark.parametrize("model", ["vae", "ae", "gan"])
def test_measuring_never_changes_a_run(model: str, tiny: Callable[..., Dataset], until: Until) -> None:
    """Bit-equal weights after 40 steps, measured after each few of them or never."""
    ends = []
    names = ("distortion", "rate", "active_units", "hole_share", "cycle_error", "plain", "sampled")
    for looked_at in (False, True):
        setup = Setup(network="mlp", batch=16, device="cpu", threads=1, steps=40)
        experiment = Experiment(setup, tiny(), [model])
        (run,) = experiment.runs
        until(run, "ready")
        for step in range(8, 41, 8):
            run.step(8)
            until(run, "paused", "finished", step=step)
            if looked_at:
                there = tuple(name for name in names if not METRICS.get(name).why_not(run.model, tiny()))
                sampler = "gaussian" if run.model.has_encoder else "prior"
                assert measured(run, *there, sampler=sampler, step=step).values
        ends.append(weights(run))
        assert experiment.engine.errors == []
        assert experiment.close()
    assert ends[0] == ends[1]
    assert any(np.frombuffer(values, np.uint8).any() for values in ends[0].values())


def test_cheap_measures_that_are_added_do_not_wait_for_one_that_has_begun(bench: Bench, until: Until) -> None:
    def waiting(self: Metric, model_side: ModelSide) -> Work[Measured]:
        while not gate.is_set():  # as for a classifier that is being trained
            yield
        return Measured(1.0, n=1)

    METRICS.get("sampled").measure = waiting
    run = paused(bench("vae"), until)
    run.ask_measures(("sampled",), "prior")
    assert run.board.wait(lambda view: view.measures is not None and view.measures.waiting == ("sampled",), PATIENCE_S)
    run.step(3)
    until(run, "paused", step=8)
    run.ask_measures(("sampled", "plain"), "prior")
    assert run.board.wait(lambda view: view.measures.values.keys() == {"plain"}, PATIENCE_S)
    gate.set()
    assert arrived(run, "sampled").values["plain"].value == 8  # nothing had been measured at step 5
