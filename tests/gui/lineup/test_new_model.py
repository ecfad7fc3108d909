"""A model from one new file is everywhere in the window: menu, head, form, chart, slow motion, verdicts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPointF
from PySide6.QtGui import QEnterEvent
from PySide6.QtWidgets import QApplication, QMenu

from core.models.base import MODELS
from core.verdicts import Action
from gui.lineup.lane_header import LaneHeader
from gui.lineup.verdict_chip import apply
from gui.side_panels.parameters import Parameters
from gui.widgets.help_text import Help
from tests.new_model import NEW, another_folder

Open = Callable[..., "Stage"]  # noqa: F821  # the class of conftest.py


@pytest.fixture
def new_model(tmp_path: Path) -> Iterator[None]:
    """The model "mean_image", registered for one test."""
    with another_folder(tmp_path):
        (tmp_path / "mean_image.py").write_text(NEW)
        MODELS.rescan()
        yield


def test_it_is_in_menu_head_form_and_chart(
    new_model: None, desk_window: Open, heard: Callable[[object], list[tuple[object, ...]]]
) -> None:
    stage = desk_window(("ae",))
    stage.key("Ctrl+T")
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    next(action for action in menu.actions() if action.text() == "Mean image").trigger()
    menu.close()
    run = stage.run("mean_image")
    stage.until(stage.all_are("ready"))
    head = next(each for each in stage.window.findChildren(LaneHeader) if each.run is run)
    assert head._fact() == "pull 0.50"
    assert set(stage.window.findChild(Parameters)._rows) >= {"pull", "lr", "hidden"}
    run.step(5)
    stage.until(stage.stepped(5, "mean_image"))
    panel, helped = stage.panel("loss", "mean_image"), heard(stage.desk.helped)
    stage.until(lambda: [entry.name for entry in panel._legend] == ["train", "leash"])
    spot = QPointF(5, 5)
    panel.enterEvent(QEnterEvent(spot, spot, spot))
    text = helped[-1][0]
    assert isinstance(text, Help)
    assert (text.text, text.formula) == ("How far one image is from all.", r"\lane{D} = -\log p(x)")
    panel.leaveEvent(QEvent(QEvent.Type.Leave))
    apply(stage.desk, run, Action("Set pull to 1", "knob", "pull", 1.0))  # as its verdict offers
    stage.until(lambda: head._fact() == "pull 1.00")


def test_slow_motion_draws_its_term(new_model: None, desk_window: Open) -> None:
    stage = desk_window(("mean_image",))
    stage.window.show_tab("information")
    stage.tab.show_page("slow motion")
    page = stage.tab.page("slow motion")
    stage.until(lambda: page.reel.step is not None and not page.reel.waiting)
    titles = [each.title for _, each in page.reel.step.places]
    assert titles == ["Batch", "Encode", "Leash", "Decode", "Terms", "Backward", "Update"]
    for title in titles:
        assert title in page.card.rail.accessibleDescription()
        assert not page.card.drawing.grab().isNull()
        stage.key("Right")
