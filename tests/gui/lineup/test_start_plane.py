"""The maps of many dimensions start on the plane that carries most, chosen once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from core.probes.codes import LatentCodesLook
from core.theory.latent_space import axis_plane
from gui.widgets.combo import Combo
from tests.gui.conftest import Stage


def _trained(stage: Stage, model: str, steps: int = 60) -> np.ndarray | None:
    """Train, and return the rates of the lane's newest codes."""
    stage.desk.experiment.step(steps)
    stage.until(lambda: all(run.view.status.step >= steps for run in stage.desk.runs))
    stage.rest()
    run = stage.run(model)
    stage.until(lambda: (answer := run.view.looks.of(LatentCodesLook)) is not None and answer.step >= steps)
    stage.until(lambda: stage.desk.experiment.plane_is_chosen)
    answer = run.view.looks.value(LatentCodesLook)
    assert answer is not None
    return answer.rate_per_dimension


def test_maps_start_on_the_two_dimensions_with_the_largest_rate(desk_window: Callable[..., Stage]) -> None:
    stage = desk_window(("vae", "ae"), latent=6)
    before = stage.desk.experiment.plane
    assert before.label == "z1, z2"
    assert not stage.desk.experiment.plane_is_chosen  # random weights are nothing to choose by
    rates = _trained(stage, "vae")
    assert rates is not None
    shown = stage.desk.point.plane.axes.argmax(1)
    assert rates[shown].min() >= np.sort(rates)[-2] * 0.8  # a newer answer may have turned near ones round
    assert any("the largest rates of VAE" in event.text for event in stage.window.status.events)


def test_without_a_rate_the_maps_start_on_principal_components(desk_window: Callable[..., Stage]) -> None:
    stage = desk_window(("ae",), latent=4)
    assert _trained(stage, "ae") is None
    assert stage.desk.point.plane.label == "PCA"


def test_a_plane_that_was_chosen_stays(desk_window: Callable[..., Stage]) -> None:
    stage = desk_window(("vae",), latent=4)
    mine = axis_plane(3, 1, 4)
    stage.desk.point.set_plane(mine)
    _trained(stage, "vae")
    stage.window.clock.second.emit()
    assert stage.desk.point.plane is mine


def test_nothing_turns_under_the_hand(desk_window: Callable[..., Stage]) -> None:
    stage = desk_window(("vae",), latent=4)
    run = stage.run("vae")
    stage.desk.pressed = True
    stage.desk.experiment.step(20)
    stage.until(lambda: (answer := run.view.looks.of(LatentCodesLook)) is not None and answer.step >= 1)
    stage.window.clock.second.emit()
    assert not stage.desk.experiment.plane_is_chosen
    stage.desk.pressed = False
    stage.until(lambda: stage.desk.experiment.plane_is_chosen)


def test_lanes_that_begin_again_have_a_plane_of_their_own_codes(desk_window: Callable[..., Stage]) -> None:
    stage = desk_window(("vae",), latent=4)
    _trained(stage, "vae")
    first = stage.desk.point.plane
    events = len(stage.window.status.events)
    stage.desk.restart()
    assert not stage.desk.experiment.plane_is_chosen
    stage.until(lambda: stage.run("vae").view.life == 1 and stage.all_are("ready", "paused")())
    _trained(stage, "vae")
    assert stage.desk.point.plane is not first
    assert any("of VAE at step " in event.text for event in list(stage.window.status.events)[events:])


def test_chosen_components_are_those_of_the_lanes_that_begin_again(desk_window: Callable[..., Stage]) -> None:
    stage = desk_window(("vae",), latent=4)
    _trained(stage, "vae")
    stage.find(Combo, "axis across").set_value("pca")
    stage.find(Combo, "axis across").chosen.emit("pca")
    first = stage.desk.point.plane
    assert first.label == "PCA"
    stage.desk.restart()
    stage.until(lambda: stage.run("vae").view.life == 1 and stage.all_are("ready", "paused")())
    _trained(stage, "vae")
    assert stage.desk.point.plane.label == "PCA"
    assert stage.desk.point.plane is not first


def test_axes_that_were_chosen_outlive_a_restart(desk_window: Callable[..., Stage]) -> None:
    stage = desk_window(("vae",), latent=4)
    mine = axis_plane(3, 1, 4)
    stage.desk.point.set_plane(mine)
    stage.desk.restart()
    assert stage.desk.experiment.plane_is_chosen
    assert stage.desk.point.plane is mine
