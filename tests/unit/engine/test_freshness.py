"""Whether a result still shows the run as it is."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.engine.board import View
from core.engine.experiment import Experiment
from core.engine.freshness import OLD_SHARE, Present, present

Bench = Callable[..., Experiment]
Until = Callable[..., View]


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_a_result_is_old_beyond_a_share_of_the_steps(step: int, now: int) -> None:
    assert Present(now).is_old(step) == (abs(now - step) > OLD_SHARE * now)


@pytest.mark.parametrize(("step", "now", "old"), [(0, 0, False), (0, 1, True), (950, 1000, False), (949, 1000, True)])
def test_five_per_cent(step: int, now: int, old: bool) -> None:
    assert Present(now).is_old(step) is old


def test_what_is_of_later_weights_is_old_after_a_roll_back() -> None:
    assert Present(400).is_old(600)


@pytest.mark.parametrize(("step", "old"), [(990, True), (995, True), (996, False), (1000, False)])
def test_what_is_of_another_knob_is_old(step: int, old: bool) -> None:
    now = Present(1000, turned_at=995)
    assert now.is_old(step) is old
    assert now.is_other_source(step) is old


def test_a_knob_that_has_not_acted_yet_makes_nothing_old() -> None:
    assert not Present(1000, turned_at=1000).is_old(1000)  # the next step is the first that feels it


def test_what_is_of_another_sampler_is_old() -> None:
    now = Present(1000, sampler="gmm")
    assert now.is_old(1000, "prior")
    assert now.is_other_source(1000, "prior")
    assert not now.is_old(1000, "gmm")
    assert not now.is_old(1000)  # no sampler had a part in it
    assert not now.is_other_source(10)  # only its age


def test_the_present_knows_when_a_knob_last_changed(bench: Bench, until: Until) -> None:
    (run,) = bench("vae").runs
    until(run, "ready")
    run.step(20)
    view = until(run, "paused", step=20)
    assert present(view, "prior") == Present(20, -1, "prior")
    run.set("beta", 4.0)
    run.set("beta", 4.0)  # the same value is no change
    run.step(1)
    view = until(run, "paused", step=21)
    assert view.turned_at == {"beta": 20}
    assert present(view).is_old(20)
    assert not present(view).is_old(21)
    run.restart()
    assert until(run, "ready", life=1).turned_at == {}
