"""How often a run's weights are copied."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from core.engine import snapshot_pace
from core.engine.board import View
from core.engine.experiment import Experiment
from core.models.base import Model
from core.training.snapshot import freeze

Bench = Callable[..., Experiment]
Until = Callable[..., View]


def test_copies_that_waited_for_a_core_do_not_stop_the_pictures(
    bench: Bench, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []

    def freeze_late(model: Model) -> Model:
        threading.Event().wait(0.3)  # the time of other programs
        made.append(1)
        return freeze(model)

    monkeypatch.setattr("core.training.training.freeze", freeze_late)
    monkeypatch.setattr(snapshot_pace, "UNREAD_SNAPSHOT_S", 0.1)
    run = bench("ae", seconds=3.0).runs[0]
    run.start()
    until(run, "finished")
    assert len(made) > 3  # the first, the second, the last, and in between no rest of 5 s


@pytest.mark.parametrize(
    ("cost_s", "unit_s", "wait_s"),
    [
        (0.001, 0.0, 0.25),  # a variational autoencoder: its prior is its unit
        (0.006, 0.005, 0.5),  # 1,024 images by a default network: 1 % of the time
        (0.020, 0.018, 1.0),  # convolutional: a picture a second, though units take more
        (0.200, 0.190, 4.0),  # nothing takes more than 5 %
    ],
)
def test_units_come_as_often_as_their_share_of_the_time_allows(cost_s: float, unit_s: float, wait_s: float) -> None:
    assert snapshot_pace.snapshot_wait_s(cost_s, unit_s, was_read=True) == pytest.approx(wait_s)
    assert snapshot_pace.snapshot_wait_s(cost_s, unit_s, was_read=False) == pytest.approx(max(wait_s, 1.0))
