"""What expensive measures may cost while lanes train."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from typing import Any, cast

import pytest

from core.datasets.base import Dataset
from core.engine.measure_rounds import FIRST_REST, REST, WHILE_TRAINING_S
from core.evaluation.model_side import LEAST_IMAGES, ModelSide
from core.foundation.slices import Work
from core.metrics.base import METRICS, Measured, Metric, register
from tests.measure_probes import PATIENCE_S, Bench, Until, arrived, gate, measured, measured_on, paused, registered


@pytest.fixture(autouse=True)
def probes() -> Iterator[None]:
    with registered():
        yield


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
