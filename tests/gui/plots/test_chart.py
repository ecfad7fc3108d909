"""A chart in the user's hands: zoom, pan, fit, readings, the same in linked charts, and what can be taken away."""

from __future__ import annotations

import csv
import gc
import io
import re
import weakref
from collections.abc import Callable
from xml.etree import ElementTree

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from core.foundation.slices import finish
from gui.desk.export import picture_of, svg
from gui.drawing import paint, theme
from gui.drawing.chart import Line, x_labels
from gui.plots.chart import FEW_POINTS, Band, Chart, Level, nearest
from gui.plots.legend import Entry
from gui.plots.link import Link
from gui.plots.plot import ZOOM_A_NOTCH
from tests.gui.hands import show

LEFT, MIDDLE, NONE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton, Qt.KeyboardModifier.NoModifier
pytestmark = pytest.mark.usefixtures("hush")
HOME = ((0.0, 100.0), (0.0, 10.0))
INK = "#ff8800"


def chart(qtbot: QtBot, count: int = 1, link: Link | None = None) -> list[Chart]:
    """Charts of one link, each with a curve."""
    link = Link() if link is None else link
    made = [Chart(f"Loss of lane {i}", link=link) for i in range(count)]
    x = np.arange(101.0)
    for each in made:
        each.set_home(*HOME)
        each.show_lines([Line(x, x / 10, INK, label="train")])
    window = show(qtbot, *made)
    window.resize(320, 190 * count)
    QCoreApplication.sendPostedEvents()
    return made


def mouse(plot: Chart, kind: QEvent.Type, spot: QPointF, button: Qt.MouseButton = LEFT) -> None:
    view = plot.viewport()
    held = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseButtonRelease else button
    QApplication.sendEvent(view, QMouseEvent(kind, spot, QPointF(view.mapToGlobal(spot)), button, held, NONE))


def move(plot: Chart, spot: QPointF) -> None:
    mouse(plot, QEvent.Type.MouseMove, spot, Qt.MouseButton.NoButton)


def wheel(plot: Chart, spot: QPointF, notches: float = 1.0) -> bool:
    view = plot.viewport()
    event = QWheelEvent(
        spot, view.mapToGlobal(spot), QPoint(), QPoint(0, round(120 * notches)), Qt.MouseButton.NoButton, NONE,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    event.ignore()
    QApplication.sendEvent(view, event)
    return event.isAccepted()


def test_the_wheel_zooms_about_the_pointer_in_every_linked_chart(qtbot: QtBot) -> None:
    one, other = chart(qtbot, 2)
    spot = one.to_pixel(30.0, 4.0)
    assert not wheel(one, spot)  # nobody has moved the mouse over it: the page goes on scrolling
    move(one, spot)
    assert wheel(one, spot, 2)
    assert one.to_point(spot) == pytest.approx((30.0, 4.0))
    assert one.x_range[1] - one.x_range[0] == pytest.approx(100 / ZOOM_A_NOTCH**2)
    assert one.y_range[1] - one.y_range[0] == pytest.approx(10 / ZOOM_A_NOTCH**2)
    assert (other.x_range, other.y_range) == (one.x_range, one.y_range)
    assert one._fit_button.isVisible()
    one._fit_button.click()
    assert (one.x_range, one.y_range) == (other.x_range, other.y_range) == HOME
    assert not one._fit_button.isVisible()


def test_over_the_labels_of_an_axis_the_wheel_zooms_only_that(qtbot: QtBot) -> None:
    (plot,) = chart(qtbot)
    below, beside = QPointF(plot.inner.center().x(), plot.height() - 4.0), QPointF(8.0, plot.inner.center().y())
    move(plot, below)
    wheel(plot, below)
    assert plot.y_range == HOME[1]
    assert plot.x_range != HOME[0]
    plot.fit()
    move(plot, beside)
    wheel(plot, beside)
    assert plot.x_range == HOME[0]
    assert plot.y_range != HOME[1]


@pytest.mark.parametrize("button", [LEFT, MIDDLE])
def test_a_drag_pans(button: Qt.MouseButton, qtbot: QtBot) -> None:
    (plot,) = chart(qtbot)
    spot = plot.to_pixel(50.0, 5.0)
    mouse(plot, QEvent.Type.MouseButtonPress, spot, button)
    mouse(plot, QEvent.Type.MouseMove, spot + QPointF(20, -10), button)
    mouse(plot, QEvent.Type.MouseButtonRelease, spot + QPointF(20, -10), button)
    assert plot.to_point(spot + QPointF(20, -10)) == pytest.approx((50.0, 5.0))
    plot.fit()
    mouse(plot, QEvent.Type.MouseButtonPress, spot, LEFT)
    mouse(plot, QEvent.Type.MouseMove, spot + QPointF(1, 1), LEFT)  # a hand that trembles
    mouse(plot, QEvent.Type.MouseButtonRelease, spot + QPointF(1, 1), LEFT)
    assert plot.is_home


def test_a_double_click_fits_and_at_home_opens(qtbot: QtBot) -> None:
    (plot,) = chart(qtbot)
    opened: list[int] = []
    plot.opened.connect(lambda: opened.append(1))
    spot = plot.inner.center()
    plot.zoom(2.0)
    mouse(plot, QEvent.Type.MouseButtonDblClick, spot)
    assert plot.is_home
    assert not opened
    mouse(plot, QEvent.Type.MouseButtonDblClick, spot)
    assert opened == [1]


def test_keys_zoom_pan_fit_and_read(qtbot: QtBot) -> None:
    (plot,) = chart(qtbot)
    plot.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(plot, Qt.Key.Key_Plus)
    assert plot.x_range[1] - plot.x_range[0] == pytest.approx(100 / ZOOM_A_NOTCH)
    QTest.keyClick(plot, Qt.Key.Key_Minus)
    assert plot.x_range == pytest.approx(HOME[0])
    left = plot.x_range[0]
    QTest.keyClick(plot, Qt.Key.Key_Right)
    assert plot.x_range[0] > left
    low = plot.y_range[0]
    QTest.keyClick(plot, Qt.Key.Key_Up)
    assert plot.y_range[0] > low
    QTest.keyClick(plot, Qt.Key.Key_0)
    assert plot.is_home
    QTest.keyClick(plot, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    first = plot.link.pointer
    assert first == pytest.approx(50.0)
    QTest.keyClick(plot, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert plot.link.pointer > first
    plot.clearFocus()
    assert plot.link.pointer is None


def test_the_pointer_reads_every_linked_chart(qtbot: QtBot) -> None:
    one, other = chart(qtbot, 2)
    move(one, one.to_pixel(30.2, 2.0))
    assert other.link.pointer == pytest.approx(30.2, abs=0.3)
    for each in (one, other):
        assert "30" in [words for _, words in paint.words_on(each.viewport())]
        assert each._marks.points.tolist() == [[30.0, 3.0]]
    QApplication.sendEvent(one.viewport(), QEvent(QEvent.Type.Leave))
    QApplication.sendEvent(one, QEvent(QEvent.Type.Leave))
    assert other.link.pointer is None
    assert not other._marks.isVisible()


@pytest.mark.parametrize("beside_px", [-14, -9, 9, 14])
def test_the_place_that_is_read_covers_no_label_by_half(qtbot: QtBot, beside_px: int) -> None:
    (plot,) = chart(qtbot)
    label = next(place for place, words in x_labels(plot.with_labels(), plot.picture()) if words == "50")
    move(plot, QPointF(label.center().x() + beside_px, 80.0))
    note = plot._reading._note()
    assert label.intersects(note)
    assert not note.contains(label)
    picture = plot.grab().toImage()
    left = [x for x in range(round(label.left()), round(label.right())) if not note.left() - 1 <= x <= note.right() + 1]
    assert left
    rows = range(round(label.top()), round(label.bottom()) - 1)
    assert {picture.pixelColor(x, y).name() for x in left for y in rows} == {QColor(theme.current().plot).name()}
    move(plot, plot.to_pixel(20.0, 5.0))
    shown = plot.grab().toImage()
    assert len({shown.pixelColor(x, y).name() for x in left for y in rows}) > 1


def test_families_share_x_but_not_y(qtbot: QtBot) -> None:
    one, other = chart(qtbot, 2)
    other.family = "balance"
    one.zoom(2.0)
    assert other.x_range == one.x_range
    assert other.y_range == HOME[1]


def test_what_is_zoomed_is_drawn_at_its_own_resolution(qtbot: QtBot) -> None:
    """A hundred of a million steps are in sight: each is a vertex. Of all, a peak survives."""
    (plot,) = chart(qtbot)
    x = np.arange(1_000_000.0)
    y = np.zeros_like(x)
    y[500_050] = 9.0
    plot.set_home((0.0, 1e6), (0.0, 10.0))
    plot.show_lines([Line(x, y, INK)])
    assert len(plot._curves[0].item.getData()[0]) <= 400
    assert plot._curves[0].item.getData()[1].max() == 9.0
    plot.link.choose((500_000.0, 500_100.0), None)
    assert plot._curves[0].item.getData()[0].tolist() == np.arange(499_999.0, 500_102.0).tolist()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e300])
def test_values_that_cannot_be_drawn_leave_the_chart_alive(value: float, qtbot: QtBot) -> None:
    (plot,) = chart(qtbot)
    x, y = np.arange(5.0), np.array([1.0, value, 2.0, value, 3.0])
    plot.show_lines([Line(x, y, INK), Line(x, np.full(5, value), INK)], Band(x, y, y + 1, INK), Level(value, INK))
    plot.grab()
    assert np.isfinite(plot._curves[0].item.getData()[1]).all()
    move(plot, plot.to_pixel(1.0, 1.0))
    plot.grab()


@pytest.mark.parametrize("count", [1, FEW_POINTS - 1, FEW_POINTS, 40])
def test_a_few_measurements_are_dots(count: int, qtbot: QtBot) -> None:
    """Those out of sight do not count."""
    (plot,) = chart(qtbot)
    x = np.concatenate([np.linspace(5.0, 95.0, count), np.linspace(200.0, 900.0, 40)])
    plot.show_lines([Line(x, np.full(len(x), 5.0), INK, sampled=True)])
    assert plot._dots.isVisible() == (count < FEW_POINTS)
    plot.show_lines([Line(x, np.full(len(x), 5.0), INK)])
    assert not plot._dots.isVisible()


def test_nothing_is_set_that_did_not_change(qtbot: QtBot) -> None:
    (plot,) = chart(qtbot)
    line, curve = plot.lines[0], plot._curves[0].item
    changed: list[int] = []
    curve.sigPlotChanged.connect(lambda item: changed.append(1))
    plot.set_home(*HOME)
    plot.show_lines([Line(line.x.copy(), line.y.copy(), line.color)])
    assert not changed
    plot.show_lines([Line(line.x, line.y + 1, line.color)])
    assert changed


def test_a_chart_reads_back_from_its_table(qtbot: QtBot) -> None:
    (plot,) = chart(qtbot)
    other = np.linspace(0.0, 100.0, 7)
    plot.show_lines(
        [Line(plot.lines[0].x, plot.lines[0].y, INK, label="train"), Line(other, other / 3, INK, label="test")]
    )
    plot.link.choose((20.0, 60.0), None)
    rows = list(csv.DictReader(io.StringIO(plot.table("step"))))
    for line in plot.lines:
        seen = (line.x >= 20) & (line.x <= 60)
        mine = [row for row in rows if row["curve"] == line.label]
        np.testing.assert_allclose([float(row["step"]) for row in mine], line.x[seen], rtol=1e-8)
        np.testing.assert_allclose([float(row["y"]) for row in mine], line.y[seen], rtol=1e-8)


def test_a_drawing_of_a_chart_holds_its_lines_and_words(qtbot: QtBot) -> None:
    (plot,) = chart(qtbot)
    plot.set_legend([Entry("line", INK, "train", "1.23")], {})
    root = ElementTree.fromstring(finish(svg(plot))())
    names = [each.tag.rpartition("}")[2] for each in root.iter()]
    words = "".join(root.itertext())
    assert names.count("polyline") + names.count("path") >= 1
    assert "train" in words
    assert "100" in words
    assert "image" not in names


def test_lines_of_a_drawing_are_in_its_pixels(qtbot: QtBot) -> None:
    """Half of the programs that open an SVG know no line whose width its units leave alone: 1 px became 30."""
    (plot,) = chart(qtbot)
    x = np.arange(5.0)
    plot.show_lines([Line(plot.lines[0].x, plot.lines[0].y, INK), Line(x, x, INK, sampled=True)], level=Level(3.0, INK))
    move(plot, plot.to_pixel(30.0, 3.0))
    text = finish(svg(plot))().decode()
    inked = [group for group in re.findall(r"<g [^>]*>", text) if f'stroke="{INK}"' in group]
    assert len(inked) >= 2  # curves and level
    for group in inked:
        scales = re.findall(r"matrix\(([^)]*)\)", group)
        assert all(abs(float(each.split(",")[0]) - 1) < 1e-6 for each in scales), group


def test_a_curve_is_as_wide_in_a_larger_picture(qtbot: QtBot) -> None:
    """At four times the size a curve of 1 px has 4."""
    (plot,) = chart(qtbot)
    plot.set_home((0.0, 100.0), (-1.0, 1.0))
    plot.show_lines([Line(np.array([0.0, 100.0]), np.zeros(2), INK)])
    large = finish(picture_of(plot, 4))
    middle = round(4 * plot.inner.center().x())
    inks = [large.pixelColor(middle, y) for y in range(large.height())]
    assert sum(abs(ink.hue() - QColor(INK).hue()) < 8 and ink.value() > 90 for ink in inks) in (4, 5)


def test_the_menu_fits(qtbot: QtBot) -> None:
    (plot,) = chart(qtbot)
    acts = {act.words: act for act in plot.acts()}
    assert not acts["Fit"].is_enabled
    acts["Zoom in"].do()
    acts = {act.words: act for act in plot.acts()}
    assert acts["Fit"].is_enabled
    acts["Fit"].do()
    assert plot.is_home


def test_the_nearest_point() -> None:
    x = np.array([0.0, 1.0, 4.0])
    assert [nearest(x, at) for at in (-9.0, 0.4, 0.6, 2.4, 2.6, 9.0)] == [0, 0, 1, 1, 2, 2]


def alive(made: Callable[[], QWidget], times: int) -> list[weakref.ref[QWidget]]:
    """Make and close widgets so many times; what is still there after it is collected."""
    refs = []
    for _ in range(times):
        widget = made()
        widget.show()
        widget.grab()
        refs.append(weakref.ref(widget))
        widget.close()
        widget.deleteLater()
        del widget
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    gc.collect()
    return [ref for ref in refs if ref() is not None]


def test_charts_leave_nothing_behind(qtbot: QtBot) -> None:
    import pyqtgraph as pg

    link, x = Link(), np.arange(50.0)

    def made() -> Chart:
        plot = Chart("Loss", link=link)
        plot.set_home(*HOME)
        plot.show_lines([Line(x, x, INK)], Band(x, x, x + 1, INK), Level(3.0, INK))
        return plot

    alive(made, 3)
    items = sum(isinstance(each, pg.GraphicsScene | pg.ViewBox | pg.PlotCurveItem) for each in gc.get_objects())
    assert alive(made, 200) == []
    after = sum(isinstance(each, pg.GraphicsScene | pg.ViewBox | pg.PlotCurveItem) for each in gc.get_objects())
    assert after <= items
    link.changed.emit()  # reaches nobody that is gone
    link.point(3.0)
