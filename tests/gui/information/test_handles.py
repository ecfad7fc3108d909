"""Handles of plots on the Information tab."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint
from pytestqt.qtbot import QtBot

from gui.desk.clock import Clock
from gui.desk.desk import Desk
from gui.information.pages.entropy.gaussian_plot import GaussianPlot
from gui.information.pages.entropy.two_gaussians import Curves
from tests.gui.hands import drag, show


@pytest.mark.usefixtures("dark")
@pytest.mark.parametrize("kind", ["mean", "sigma"])
def test_of_two_gaussians_at_one_place_the_upper_one_is_dragged(qtbot: QtBot, kind: str) -> None:
    desk = Desk()
    curves = Curves(desk, Clock(desk))
    plot = GaussianPlot(curves)
    show(qtbot, plot)
    curves.place("q", curves.p.mu, curves.p.sigma)
    start, p = plot.handle("q", kind).toPoint(), curves.p
    drag(plot, start, start + QPoint(60, 0))
    assert curves.p == p  # q is painted over it
    assert curves.q != p
    assert curves.active == "q"
