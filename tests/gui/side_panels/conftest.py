"""A window whose lanes have learned a little."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest


@pytest.fixture(scope="module")
def trained_once(module_window: Callable[..., Stage]) -> Stage:  # noqa: F821  # the class of the conftest.py above
    stage = module_window()
    stage.desk.experiment.step(80)
    stage.until(stage.stepped(80))
    stage.until(stage.all_are("paused"))
    stage.until(lambda: all(run.snapshot is not None and run.snapshot.step == 80 for run in stage.desk.runs))
    return stage


@pytest.fixture
def trained(trained_once: Stage, again: Callable[[Stage], Stage]) -> Stage:  # noqa: F821
    """Three lanes, paused after 80 steps, the VAE selected, with pins, maps and path as at the start."""
    stage = again(trained_once)
    stage.desk.select(stage.run("vae"))
    stage.desk.point.move_pin("a", np.array([-1.0, 1.5], np.float32))
    stage.desk.point.move_pin("b", np.array([1.5, -1.5], np.float32))
    stage.desk.point.set_path_t(0.0)
    stage.desk.set_map_style("both")
    stage.desk.isolate(frozenset())
    stage.desk.point.zero()
    return stage
