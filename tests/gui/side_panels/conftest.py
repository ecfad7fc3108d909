"""A window whose lanes have learned a little."""

from __future__ import annotations

from collections.abc import Callable

import pytest


@pytest.fixture
def trained(desk_window: Callable[..., Stage]) -> Stage:  # noqa: F821  # the class of the conftest.py above
    """Three lanes, paused after 80 steps."""
    stage = desk_window()
    stage.desk.experiment.step(80)
    stage.until(stage.stepped(80))
    stage.until(stage.all_are("paused"))
    stage.until(lambda: all(run.snapshot is not None and run.snapshot.step == 80 for run in stage.desk.runs))
    stage.desk.point.zero()
    return stage
