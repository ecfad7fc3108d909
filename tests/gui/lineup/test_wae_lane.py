"""A Wasserstein autoencoder in the window: its lane, its knob, Compare, and the drawing of its step."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtWidgets import QApplication, QMenu

from gui.compare.tab import CompareTab
from gui.lineup.lane_header import LaneHeader
from gui.side_panels.parameters import Parameters

Open = Callable[..., "Stage"]  # noqa: F821  # the class of conftest.py


def test_the_menu_adds_it_and_the_lane_says_what_it_is(desk_window: Open) -> None:
    stage = desk_window(("vae",))
    stage.key("Ctrl+T")
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    next(action for action in menu.actions() if action.text() == "Wasserstein autoencoder").trigger()
    menu.close()
    run = stage.run("wae")
    stage.until(stage.all_are("ready"))
    head = next(each for each in stage.window.findChildren(LaneHeader) if each.run is run)
    assert head._fact() == "λ 30"
    stage.desk.select(run)
    assert "mmd_weight" in stage.window.findChild(Parameters)._rows
    stage.desk.set_knob(run, "mmd_weight", 250.0)
    run.step(5)
    stage.until(stage.stepped(5, "wae"))
    stage.until(lambda: head._fact() == "λ 250")
    legend = stage.panel("loss", "wae")
    stage.until(lambda: [entry.name for entry in legend._legend] == ["train", "test", "MMD²"])
    assert run.view.status.failure is None


@pytest.mark.parametrize("size", [(1440, 900), (1100, 700)])
def test_the_drawing_of_its_step_shows_prior_and_mismatch(desk_window: Open, size: tuple[int, int]) -> None:
    stage = desk_window(("wae",), size=size)
    stage.window.show_tab("information")
    stage.tab.show_page("slow motion")
    page = stage.tab.page("slow motion")
    stage.until(lambda: page.reel.step is not None and not page.reel.waiting)
    drawing = page.card.drawing
    assert [each.title for _, each in page.reel.step.places][:3] == ["Batch", "Encode", "Match"]
    for _ in range(2):
        stage.key("Right")
    areas = drawing.areas()
    assert {"z", "mmd prior", "mmd", "distortion", "loss"} <= set(areas)
    assert areas["z"].center().x() == areas["mmd prior"].center().x()
    assert not areas["z"].intersects(areas["mmd prior"])
    assert areas["mmd"].right() <= drawing.width()
    assert "prior" in drawing.words_at(areas["mmd prior"].center())
    assert page.card.figures[4].accessibleName() == "Mismatch M"


def test_compare_measures_it_beside_a_vae(opened: Open) -> None:
    stage = opened("vae", "wae")
    assert isinstance(stage.tab, CompareTab)
    stage.run("wae").step(3)
    stage.until(stage.stepped(3, "wae"))
    stage.until(lambda: stage.tab.plane.spot_of(stage.run("wae")) is not None)  # a height: it has no rate
    names = [run.model.short for run in stage.desk.runs]
    assert names == ["VAE", "WAE"]
