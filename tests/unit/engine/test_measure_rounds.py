"""Rounds of measures beside a run: what is kept, what is dropped, and that training stays the same."""

from __future__ import annotations

import dataclasses
import gc
import itertools
import math
import threading
import time
import weakref
from collections.abc import Callable, Hashable, Iterator
from typing import Any, cast

import numpy as np
import pytest

from core.datasets.base import Dataset
from core.engine.background import SLICE_S, Background
from core.engine.board import Board, Measures, View
from core.engine.experiment import Experiment
from core.engine.measure_rounds import FIRST_REST, REST, WHILE_TRAINING_S, MeasureRequest, MeasureRounds
from core.engine.run import Run
from core.evaluation.model_side import LEAST_IMAGES, ModelSide
from core.foundation.slices import Work
from core.metrics.base import METRICS, Measured, Metric, register
from core.training.setup import Setup
from core.training.snapshot import Snapshot

Bench = Callable[..., Experiment]
Until = Callable[..., View]
PATIENCE_S = 20.0

measured_on: list[tuple[str, int, str]] = []
"""Calls of the measures below: name, step, sampler."""
gate = threading.Event()


def shaped(name: str, **facts: Any) -> None:
    """Register a small measure that records its calls; ``facts`` are its class variables."""
    fails, waits, fills = facts.pop("fails", False), facts.pop("waits", False), facts.pop("fills", False)

    class Probe(Metric):
        """A probe."""

        title = name
        formula = "x"
        help = "A probe that tells the step."
        order = 900

        @classmethod
        def why_not(cls, model: Any, dataset: Dataset) -> str:
            return ""

        def measure(self, model_side: ModelSide) -> Work[Measured]:
            measured_on.append((name, model_side.snapshot.step, model_side.sampler))
            yield
            if waits:
                assert gate.wait(PATIENCE_S)
            until = time.thread_time() + SLICE_S
            while fills and time.thread_time() < until:
                pass
            if fails:
                raise ValueError("it is broken")
            return Measured(float(model_side.snapshot.step), n=1)

    for key, value in facts.items():
        setattr(Probe, key, value)
    register(name)(Probe)


@pytest.fixture(autouse=True)
def probes() -> Iterator[None]:
    measured_on.clear()
    gate.clear()
    METRICS.names()
    shaped("plain")
    shaped("sampled", of_samples=True, order=901)
    shaped("slow", waits=True, order=902)
    shaped("broken", fails=True, order=903)
    shaped("last", order=904)
    shaped("costly", expensive=True, order=899)
    shaped("long", fills=True, order=890)
    yield
    for name in ("plain", "sampled", "broken", "last", "slow", "costly", "long"):
        METRICS.forget(name)


def measured(run: Run, *names: str, sampler: str = "prior", step: int | None = None) -> Measures:
    """Ask, and wait until these are measured and no other waits."""
    run.ask_measures(names, sampler)
    return arrived(run, *names, sampler=sampler, step=step)


def arrived(run: Run, *names: str, sampler: str = "prior", step: int | None = None) -> Measures:
    """Wait for the measures asked for."""
    found: list[Measures] = []

    def reached(view: View) -> bool:
        measures = view.measures
        if measures is None or measures.waiting or measures.sampler != sampler:
            return False
        values = [measures.values.get(name) for name in names]
        if any(value is None or (step is not None and value.step < step) for value in values):
            return False
        found.append(measures)
        return True

    assert run.board.wait(reached, PATIENCE_S), run.view.measures
    return found[-1]


def paused(experiment: Experiment, until: Until, step: int = 5) -> Run:
    (run,) = experiment.runs
    until(run, "ready")
    paused_at(run, until, step)
    return run


def paused_at(run: Run, until: Until, step: int) -> Snapshot:
    run.step(step)
    until(run, "paused", step=step)
    assert run.snapshot is not None
    assert run.snapshot.step == step
    return run.snapshot


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


class Held:
    """A background that runs jobs on request only; nothing trains."""

    def __init__(self) -> None:
        self.job: Callable[[], None] | None = None

    def is_busy(self) -> bool:
        return False

    def work(self) -> None:
        assert self.job is not None
        self.job()

    def ask(self, key: Hashable, job: Callable[[], None], rest: float) -> None:
        self.job = job


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
        each.change(lambda view: dataclasses.replace(view, snapshot=None, past=()))
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
    assert "broken: it is broken" in experiment.errors[0]
    assert [event.text for event in run.view.events if event.tone == "error"] == [
        "could not make its measures: RuntimeError: broken: it is broken"
    ]
    experiment.errors = []


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
    experiment.errors = []


def test_expensive_measures_come_last_and_those_of_samples_last_but_one(bench: Bench, until: Until) -> None:
    run = paused(bench("vae"), until)
    measured(run, "costly", "plain", "sampled", "last")
    assert [name for name, *_ in measured_on] == ["plain", "last", "sampled", "costly"]


class Seen:
    """A measure of a hundred images, one a slice, each as expensive as the whole budget.

    At image number ``waits_at`` it waits for the gate.
    """

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.waits_at = -1
        self.waiting = threading.Event()

    def register(self) -> None:
        seen, sizes = self, self.sizes

        class Dear(Metric):
            """The number of images."""

            title = "dear"
            formula = "x"
            help = "Counts the images."
            expensive = True

            @classmethod
            def why_not(cls, model: Any, dataset: Dataset) -> str:
                return ""

            def measure(self, model_side: ModelSide) -> Work[Measured]:
                taken = 0
                for _ in model_side.affordable(100):
                    if taken + 1 == seen.waits_at:
                        seen.waiting.set()
                        assert gate.wait(PATIENCE_S)
                    model_side.spent_s += WHILE_TRAINING_S
                    taken += 1
                    yield
                sizes.append(taken)
                return Measured(1.0, n=taken)

        register("dear")(Dear)


@pytest.fixture
def dear() -> Iterator[Seen]:
    seen = Seen()
    seen.register()
    yield seen
    METRICS.forget("dear")


def test_while_lanes_train_an_expensive_measure_takes_fewer_images(dear: Seen, bench: Bench, until: Until) -> None:
    run = paused(bench("vae"), until)
    run.start()
    until(run, "training", step=6)
    run.ask_measures(("plain", "dear"), "prior")
    measures = arrived(run, "plain", "dear")
    assert measures.values["dear"].n == LEAST_IMAGES
    assert measures.cut == {"dear"}
    run.pause()
    until(run, "paused")
    full = measured(run, "plain", "dear", step=run.view.status.step)
    assert full.values["dear"].n == 100
    assert not full.cut


def test_what_was_cut_short_is_measured_in_full_when_nothing_trains(dear: Seen, bench: Bench, until: Until) -> None:
    experiment = bench("vae", "ae")
    run, other = experiment.runs
    for each in experiment.runs:
        until(each, "ready")
    run.step(5)
    until(run, "paused", step=5)
    other.start()
    until(other, "training", step=1)
    assert measured(run, "plain", "dear").values["dear"].n == LEAST_IMAGES
    run.ask_measures(("plain", "dear"), "prior")  # nothing to do while the other lane trains
    other.pause()
    until(other, "paused")
    run.ask_measures(("plain", "dear"), "prior")
    assert run.board.wait(lambda view: view.measures is not None and not view.measures.cut, PATIENCE_S)
    measures = arrived(run, "dear")
    assert measures.values["dear"].n == 100
    assert dear.sizes == [LEAST_IMAGES, 100]
    assert len(measures.trail) == 1  # the same weights: the same row
    assert [name for name, *_ in measured_on] == ["plain"]


def test_a_full_measure_is_cut_short_when_training_begins(dear: Seen, bench: Bench, until: Until) -> None:
    """One begun before would take minutes beside trainers, and every lane's round would wait behind it."""
    run = paused(bench("vae"), until)
    dear.waits_at = LEAST_IMAGES + 2
    run.ask_measures(("dear",), "prior")
    assert dear.waiting.wait(PATIENCE_S)
    run.start()
    until(run, "training", step=6)
    gate.set()
    measures = arrived(run, "dear")
    assert measures.values["dear"].n == LEAST_IMAGES + 2
    assert measures.cut == {"dear"}


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


def test_measures_asked_for_at_once_are_taken_in_full_while_lanes_train(dear: Seen, bench: Bench, until: Until) -> None:
    run = paused(bench("vae"), until)
    run.start()
    until(run, "training", step=6)
    run.ask_measures(("dear",), "prior", "at once")
    assert arrived(run, "dear").values["dear"].n == 100


def test_the_first_images_of_a_cut_measure_stand_for_all() -> None:
    class Data:
        """Only the number of test images is read."""

        dataset = type("D", (), {"test": range(500)})

    side = ModelSide(cast(Any, None), cast(Any, Data), budget_s=1.0)
    assert sorted(side.affordable(100)) == list(range(100))
    side.spent_s = 1.0
    assert len(list(side.affordable(100))) == LEAST_IMAGES
    assert side.was_cut
    side.spent_s = 0.0
    few = list(itertools.islice(side.affordable(100), 10))
    assert len({index // 20 for index in few}) >= 4  # of five classes, sorted


@pytest.mark.parametrize(("models", "cost_s"), [(1, 1.6), (5, 1.6)])
def test_a_round_of_every_lane_fits_into_a_minute(models: int, cost_s: float) -> None:
    """Cheap measures of faces take 0.8 to 1.6 s of processor time."""
    lane_s = cost_s + WHILE_TRAINING_S
    assert lane_s * (1 + FIRST_REST) < 30  # each lane rests by itself ...
    assert lane_s * (1 + REST["in focus"]) < 45
    assert models * lane_s < 45 / 2  # ... and the one thread that measures all of them has time left for looks


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
        assert experiment.errors == []
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
