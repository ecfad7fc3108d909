"""Which requests for looks are sent, and which the other side would refuse anyway."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace
from typing import Any, cast

import numpy as np

from core.engine.board import View
from core.engine.status import Status
from core.models.base import TrainConfig
from core.probes.codes import TrainingCodesLook
from core.probes.look import Answer, Look
from core.probes.nearest import NearestLook
from core.remote.asking import REPEAT_S, Asking
from core.remote.changes import blank

INTERVAL_S = TrainingCodesLook.interval_s


def with_snapshot(view: View, step: int, state: str = "training") -> View:
    status = Status(cast(Any, state), step)
    return dataclasses.replace(view, snapshot=cast(Any, SimpleNamespace(step=step)), status=status)


def with_answer(view: View, look: Look[Any], step: int) -> View:
    return dataclasses.replace(view, looks=view.looks.plus(Answer(look, step, None)))


def test_what_was_answered_is_asked_for_after_its_interval() -> None:
    asking, view = Asking(), with_snapshot(blank(0, TrainConfig()), 1)
    assert asking.is_due(TrainingCodesLook(), view, 0.0)
    assert not asking.is_due(TrainingCodesLook(), view, 0.1)
    view = with_snapshot(with_answer(view, TrainingCodesLook(), 1), 2)
    assert not asking.is_due(TrainingCodesLook(), view, INTERVAL_S - 0.1)
    assert asking.is_due(TrainingCodesLook(), view, INTERVAL_S)


def test_a_run_that_comes_to_rest_is_looked_at_once_more_at_once() -> None:
    asking, view = Asking(), with_snapshot(blank(0, TrainConfig()), 1)
    assert asking.is_due(TrainingCodesLook(), view, 0.0)
    view = with_snapshot(with_answer(view, TrainingCodesLook(), 1), 2, "paused")
    assert asking.is_due(TrainingCodesLook(), view, 0.1)
    view = with_answer(view, TrainingCodesLook(), 2)
    assert not asking.is_due(TrainingCodesLook(), view, 0.2)


def test_what_was_not_answered_is_asked_for_with_new_weights_or_after_a_while() -> None:
    asking, view = Asking(), with_snapshot(blank(0, TrainConfig()), 1)
    assert asking.is_due(TrainingCodesLook(), view, 0.0)
    newer = with_snapshot(view, 2)
    assert asking.is_due(TrainingCodesLook(), newer, 0.1)
    assert not asking.is_due(TrainingCodesLook(), newer, 0.1 + 0.9 * REPEAT_S)
    assert asking.is_due(TrainingCodesLook(), newer, 0.1 + REPEAT_S)
    answered = with_answer(newer, TrainingCodesLook(), 2)  # the interval counts from the first request
    assert asking.is_due(TrainingCodesLook(), answered, INTERVAL_S)


def test_another_place_or_life_is_asked_for_at_once() -> None:
    asking, view = Asking(), with_snapshot(blank(0, TrainConfig()), 1)
    for life in (0, 1):
        now = dataclasses.replace(view, life=life)
        for place in (0.0, 1.0, 2.0):
            assert asking.is_due(NearestLook(np.full(2, place, np.float32)), now, 0.0)
    assert asking.is_due(TrainingCodesLook(), now, 0.0)  # looks of other kinds do not disturb each other
    assert not asking.is_due(NearestLook(np.full(2, 2.0, np.float32)), now, 0.0)
