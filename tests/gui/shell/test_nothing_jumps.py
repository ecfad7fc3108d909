"""No panel moves or changes its size while lanes begin, train, rest, look back or are selected: only words do."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import QApplication, QWidget

from gui.desk.lane_panel import LanePanel
from gui.side_panels.columns import LeftSide, RightSide
from gui.widgets.sections import Section, Strip

Open = Callable[..., "Stage"]  # noqa: F821  # the class of conftest.py


@pytest.mark.parametrize(("size", "latent"), [((1440, 900), 2), ((1100, 700), 10)])
def test_panels_stay_where_they_are(desk_window: Open, size: tuple[int, int], latent: int) -> None:
    stage = desk_window(("ae", "vae", "gan"), size=size, latent=latent)
    desk, window = stage.desk, stage.window
    panels = [each for kind in (LanePanel, Section, Strip, LeftSide, RightSide) for each in window.findChildren(kind)]

    def places() -> dict[QWidget, QRect]:
        QApplication.processEvents()
        QApplication.processEvents()  # a layout tells the one around it by an event
        return {each: QRect(each.mapTo(window, QPoint()), each.size()) for each in panels if each.isVisible()}

    before = places()
    assert len(before) > 15
    desk.experiment.start()
    stage.until(lambda: all(run.view.status.step > 5 for run in desk.runs))
    assert places() == before
    stage.rest()
    assert places() == before
    desk.time.move(-3)
    stage.until(lambda: any(run.moment is not None for run in desk.runs))
    assert places() == before
    desk.time.now()
    for run in desk.runs:
        desk.select(run)
        assert places() == before
