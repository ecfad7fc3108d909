"""Every plot of the window: zoomed, panned, fitted and read by mouse and by keys, saved as a drawing and as numbers."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from xml.etree import ElementTree

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QMouseEvent, QWheelEvent
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from core.datasets.base import SOURCES, load
from core.foundation.slices import finish
from gui.desk.export import svg
from gui.drawing.painting import painting
from gui.information.page import PAGES
from gui.plots.link import Range
from gui.plots.plot import ZOOM_A_NOTCH, Plot
from gui.widgets.offer import offer_at
from tests.gui.conftest import Stage

Open = Callable[..., Stage]
LEFT, MIDDLE, NONE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton, Qt.KeyboardModifier.NoModifier
SHIFT, CTRL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
Key = Qt.Key


UNKNOWN = ((0.0, 1.0), (0.0, 1.0))
"""The home of a plot that nothing has been shown on."""


def shown(stage: Stage) -> list[Plot]:
    return [each for each in stage.window.findChildren(Plot) if each.isVisible() and not each.inner.isEmpty()]


def are_filled(plots: list[Plot]) -> bool:
    """Whether there are plots, and each has got what it shows: curves come a moment after maps."""
    return bool(plots) and all(each.home != UNKNOWN for each in plots)


def places(stage: Stage) -> Iterator[str]:
    """Show every page, one after the other, each with its plots painted."""
    pages = stage.window.pages
    for tab in ("lineup", "latent", "compare"):
        pages.show_tab(tab)
        stage.until(lambda: are_filled(shown(stage)))
        yield tab
    pages.show_tab("information")
    for name in PAGES.names():
        pages.information.open_page(name)
        stage.until(lambda name=name: pages.information.page(name).isVisible())
        stage.until(lambda: all(each.home != UNKNOWN for each in shown(stage)))
        yield name


def send(plot: Plot, kind: QEvent.Type, spot: QPointF, button: Qt.MouseButton = Qt.MouseButton.NoButton) -> None:
    view = plot.viewport()
    held = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseButtonRelease else button
    QApplication.sendEvent(view, QMouseEvent(kind, spot, QPointF(view.mapToGlobal(spot)), button, held, NONE))


def wheel(plot: Plot, spot: QPointF) -> None:
    view = plot.viewport()
    event = QWheelEvent(
        spot, view.mapToGlobal(spot), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton, NONE,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(view, event)


def is_nearer(plot: Plot, home: tuple[Range, Range]) -> bool:
    """Whether it is zoomed by a notch, in one direction at least: densities keep their axis from 0."""
    shares = [
        (new[1] - new[0]) / (old[1] - old[0]) for new, old in zip((plot.x_range, plot.y_range), home, strict=True)
    ]
    return min(shares) == pytest.approx(1 / ZOOM_A_NOTCH)


def by_mouse(plot: Plot) -> None:
    """Zoom by the wheel, pan by the middle button, fit by a double click."""
    home, spot = (plot.x_range, plot.y_range), plot.inner.center()
    send(plot, QEvent.Type.MouseMove, spot)
    wheel(plot, spot)
    assert is_nearer(plot, home)
    before = plot.to_point(spot)[0]
    send(plot, QEvent.Type.MouseButtonPress, spot, MIDDLE)
    send(plot, QEvent.Type.MouseMove, spot + QPointF(12, 7), MIDDLE)
    send(plot, QEvent.Type.MouseButtonRelease, spot + QPointF(12, 7), MIDDLE)
    assert plot.to_point(spot + QPointF(12, 7))[0] == pytest.approx(before)
    send(plot, QEvent.Type.MouseButtonDblClick, spot, MIDDLE)
    assert (plot.x_range, plot.y_range) == home
    send(plot, QEvent.Type.MouseButtonRelease, spot, MIDDLE)
    QApplication.sendEvent(plot, QEvent(QEvent.Type.Leave))


def by_keys(plot: Plot) -> None:
    """The same by keys, and a reading, which a screen reader hears."""
    home = (plot.x_range, plot.y_range)
    plot.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(plot, Key.Key_Plus)
    assert is_nearer(plot, home)
    left = plot.x_range[0]
    QTest.keyClick(plot, Key.Key_Right, NONE if plot.arrows_pan else CTRL)
    assert plot.x_range[0] > left
    QTest.keyClick(plot, Key.Key_0)
    assert (plot.x_range, plot.y_range) == home
    QTest.keyClick(plot, Key.Key_Right, SHIFT)
    plot.clearFocus()


def give(plot: Plot) -> None:
    """Its drawing opens in a renderer that is not the one that wrote it, and its numbers are a table."""
    found = offer_at(plot)
    assert found is not None, plot.accessibleName()
    widget, offer = found
    drawing = finish(svg(widget))()
    root = ElementTree.fromstring(drawing)
    assert root.tag.endswith("svg")
    renderer = QSvgRenderer(drawing)
    assert renderer.isValid(), plot.accessibleName()
    image = QImage(widget.size(), QImage.Format.Format_RGB32)
    image.fill(0)
    with painting(image) as painter:
        renderer.render(painter)
    inks = {image.pixel(x, y) for x in range(0, image.width(), 5) for y in range(0, image.height(), 5)}
    assert len(inks) > 1, plot.accessibleName()
    assert any(act.words == "Fit" for act in offer.acts), plot.accessibleName()
    if offer.table is not None:
        rows = list(csv.reader(io.StringIO(offer.table())))
        assert all(len(row) == len(rows[0]) for row in rows)


def check(stage: Stage, seen: set[str]) -> None:
    for place in places(stage):
        for plot in shown(stage):
            if (kind := f"{place} {type(plot).__name__}") in seen:
                continue
            seen.add(kind)
            assert plot.accessibleName(), kind
            by_mouse(plot)
            by_keys(plot)
            give(plot)


def test_every_plot_is_in_the_users_hands(desk_window: Open) -> None:
    stage = desk_window(("vae", "gan"))
    stage.desk.experiment.step(30)
    stage.until(stage.stepped(30))
    stage.rest()
    seen: set[str] = set()
    check(stage, seen)
    kinds = {kind.split()[1] for kind in seen}
    assert {"Chart", "Plane"} <= kinds, kinds
    assert len(kinds) >= 6, kinds


def test_planes_of_points_are_too(desk_window: Open) -> None:
    ring = load("mixture", SOURCES.get("mixture").Config(train_images=1000))
    stage = desk_window(("ae", "gan"), dataset=ring)
    stage.desk.experiment.step(30)
    stage.until(stage.stepped(30))
    stage.rest()
    seen: set[str] = set()
    check(stage, seen)
    assert "PlanePlot" in {kind.split()[1] for kind in seen}


def test_two_hundred_windows_of_lanes_leave_no_plot_behind(desk_window: Open) -> None:
    """Lanes are closed and added: their panels go, and their plots with them."""
    stage = desk_window(("ae",))

    def plots() -> int:
        return len([each for each in stage.window.findChildren(QWidget) if isinstance(each, Plot)])

    stage.desk.add_lane("ae")
    stage.desk.close_lane(stage.desk.runs[1])
    stage.until(lambda: len(stage.desk.runs) == 1)
    before = plots()
    for _ in range(5):
        stage.desk.add_lane("ae")
        stage.desk.close_lane(stage.desk.runs[1])
    stage.until(lambda: plots() == before)
