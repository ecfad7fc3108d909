"""Two lanes of one model are told apart on every page, and the names follow the knobs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtWidgets import QWidget

from gui.drawing import paint
from gui.widgets.label import Label
from tests.gui.conftest import Stage


def _words(window: QWidget) -> set[str]:
    """What the visible widgets show: painted words and labels."""
    found = set()
    for widget in window.findChildren(QWidget):
        if widget.isVisible():
            found |= (
                {words for _, words in paint.words_on(widget)} if not isinstance(widget, Label) else {widget.text()}
            )
    return found


@pytest.fixture
def stage(desk_window: Callable[..., Stage]) -> Stage:
    return desk_window(("vae", "vae", "gan"))


def test_names_follow_a_live_knob_on_every_page(stage: Stage) -> None:
    desk, window = stage.desk, stage.window
    first, second, gan = desk.runs
    assert [desk.names.of(run).full for run in desk.runs] == ["VAE 1", "VAE 2", "GAN"]
    desk.set_knob(second, "beta", 4.0)
    stage.until(lambda: desk.names.of(second).full == "VAE · β 4")
    assert (desk.names.of(first).full, desk.names.of(gan).full) == ("VAE · β 1", "GAN")
    stage.until(lambda: stage.panel("loss", "vae").accessibleName() == "Loss of Variational autoencoder · β 1")
    for tab in ("lineup", "latent", "compare"):
        window.show_tab(tab)
        stage.until(lambda: any("β 4" in words for words in _words(window)))
        assert any("β 1" in words for words in _words(window)), tab
        assert "VAE" not in _words(window.middle), tab


@pytest.mark.parametrize("page", ["elbo", "holes", "lenses", "slow motion"])
def test_information_pages_name_the_lane(stage: Stage, page: str) -> None:
    desk, window = stage.desk, stage.window
    desk.set_knob(desk.runs[1], "beta", 4.0)
    desk.experiment.step(2)
    stage.rest()
    window.show_tab("information")
    window.information.show_page(page)
    desk.select(desk.runs[1])
    stage.until(lambda: any("· β " in words for words in _words(window.information)))
    assert "VAE" not in _words(window.information)


def test_events_name_the_lane(stage: Stage) -> None:
    stage.desk.set_knob(stage.desk.runs[0], "beta", 0.5)
    stage.until(lambda: stage.desk.names.of(stage.desk.runs[0]).full == "VAE · β 0.5")
    stage.desk.runs[0].board.tell("said something", "VAE")
    stage.until(lambda: any(event.lane == "VAE · β 0.5" for event in stage.window.status.events))


def test_the_table_of_measures_has_unique_lanes(opened: Callable[..., Any]) -> None:
    stage = opened("ae", "ae", "gan")
    stage.desk.set_knob(stage.desk.runs[0], "lr", 0.05)
    table = stage.tab.table
    stage.until(lambda: [lane.name for lane in table.lanes()] == ["AE · lr 0.05", "AE · lr 0.001", "GAN"])
