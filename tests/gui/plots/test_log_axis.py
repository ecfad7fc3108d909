"""A chart on a logarithmic axis: what it draws, how it is labelled, what it reads and gives away."""

from __future__ import annotations

import csv
import io
import itertools

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from core.foundation.arrays import Doubles
from gui.drawing import chart, paint
from gui.drawing.chart import Line
from gui.plots.chart import Band, Chart, Level
from tests.gui.hands import pixels, show

pytestmark = pytest.mark.usefixtures("hush")

X = np.arange(1.0, 101.0)
FALLING = Line(X, 1000.0 / X, "#FF0000", label="loss")
CROSSING = Line(X, X - 50.0, "#00FF00", label="gain")


def shown(qtbot: QtBot, *lines: Line, home: tuple[float, float] = (0.0, 1000.0)) -> Chart:
    plot = Chart("loss")
    plot.setFixedSize(400, 300)
    show(qtbot, plot)
    plot.set_home((0.0, 100.0), home)
    plot.show_lines(lines)
    return plot


def drawn(plot: Chart, at: int) -> tuple[Doubles, Doubles]:
    x, y = plot._curves[at].item.getData()
    return x, y


def labels(plot: Chart) -> list[tuple[QRectF, str]]:
    """Labels of y with their places, from the bottom up."""
    pixels(plot)  # else the words of the ground are recorded twice: they come to rest as a picture, too
    found = [each for each in paint.words_on(plot.viewport()) if each[0].right() < chart.LEFT]
    return sorted(found, key=lambda each: -each[0].top())


def test_values_above_0_are_drawn_as_exponents(qtbot: QtBot) -> None:
    plot = shown(qtbot, FALLING, CROSSING)
    plot.set_log(True)
    plot.set_home((0.0, 100.0), (0.0, 3.0))
    assert np.allclose(drawn(plot, 0)[1], np.log10(FALLING.y))
    x, y = drawn(plot, 1)
    assert np.array_equal(x, X[50:])
    assert np.allclose(y, np.log10(X[50:] - 50.0))


def test_a_linear_axis_is_as_it_was(qtbot: QtBot) -> None:
    plot = shown(qtbot, FALLING, CROSSING)
    plot.show_lines(plot.lines, Band(X, FALLING.y / 2, FALLING.y, "#333333"), Level(400.0, "#FFFFFF"))
    before = pixels(plot)
    plot.set_log(True)
    plot.set_home((0.0, 100.0), (0.0, 3.0))
    assert pixels(plot) != before
    plot.set_log(False)
    plot.set_home((0.0, 100.0), (0.0, 1000.0))
    assert pixels(plot) == before


def level_row(plot: Chart) -> int | None:
    """The row of pixels with a dashed line of white; None without one."""
    image = plot.grab().toImage()
    ink = QColor("#FFFFFF").rgb()
    left, right = round(plot.inner.left()) + 2, round(plot.inner.right()) - 2
    counts = [sum(image.pixel(x, y) == ink for x in range(left, right)) for y in range(image.height())]
    return counts.index(max(counts)) if max(counts) > (right - left) / 3 else None


def test_a_level_and_a_band_lie_where_their_values_are(qtbot: QtBot) -> None:
    plot = shown(qtbot, FALLING)
    plot.set_log(True)
    plot.set_home((0.0, 100.0), (0.0, 3.0))
    plot.show_lines([FALLING], Band(X, X - 50.0, 10.0 * X, "#333333"), Level(100.0, "#FFFFFF"))
    assert level_row(plot) == pytest.approx(plot.to_pixel(0.0, 2.0).y(), abs=1.0)
    lowest, highest = plot._band.boundingRect().top(), plot._band.boundingRect().bottom()
    assert lowest < 0.0  # where its lower end is not above 0 it reaches beyond the plot
    assert highest == pytest.approx(3.0, abs=0.01)
    plot.show_lines([], None, Level(-1.0, "#FFFFFF"))
    assert level_row(plot) is None


@pytest.mark.parametrize(
    ("home", "words"),
    [
        ((0.0, 3.0), ["1", "10", "100", "1,000"]),
        ((-3.0, 6.0), ["10⁻³", "0.1", "10", "1,000", "10⁵"]),
        ((0.9, 2.2), ["10", "20", "50", "100"]),
        ((2.0, 2.7), ["100", "200", "300", "400", "500"]),
        ((300.0, 320.0), ["10³⁰⁰", "10³⁰⁵", "10³¹⁰", "10³¹⁵", "10³²⁰"]),
    ],
)
def test_labels_are_powers_of_ten_or_numbers_between_them(
    qtbot: QtBot, home: tuple[float, float], words: list[str]
) -> None:
    plot = shown(qtbot, FALLING)
    plot.set_log(True)
    plot.set_home((0.0, 100.0), home)
    assert [said for _, said in labels(plot)] == words


@pytest.mark.parametrize("height", [60, 90, 140, 400])
def test_labels_never_touch(qtbot: QtBot, height: int) -> None:
    plot = shown(qtbot, FALLING)
    plot.set_log(True)
    plot.setFixedHeight(height)
    for low, high in np.random.default_rng(3).uniform(-4, 4, (60, 2)):
        plot.set_home((0.0, 100.0), (min(low, high), max(low, high) + 0.01))
        found = [place for place, _ in labels(plot)]
        assert found
        assert all(above.top() <= below.top() - chart.LABEL_PX + 1 for below, above in itertools.pairwise(found))
        assert all(place.left() >= 0 for place in found)


def test_another_scale_lets_go_of_y_and_keeps_x(qtbot: QtBot) -> None:
    plot = shown(qtbot, FALLING)
    plot.zoom(2.0, QPointF(200.0, 150.0))
    x = plot.x_range
    plot.set_log(True)
    plot.set_home((0.0, 100.0), (0.0, 3.0))
    assert (plot.x_range, plot.y_range) == (x, (0.0, 3.0))


def test_the_reading_is_of_the_values(qtbot: QtBot) -> None:
    plot = shown(qtbot, FALLING, CROSSING)
    plot.set_log(True)
    plot.set_home((0.0, 100.0), (0.0, 3.0))
    plot.link.point(10.2)
    assert plot.accessibleDescription().startswith("10: loss 100, gain −40; x from 0 to 100, y from 1 to 1000")
    assert np.allclose(plot._marks.points, [[10.0, 2.0]])  # the other has no place at −40
    plot.link.point(None)
    assert plot.accessibleDescription() == "x from 0 to 100, y from 1 to 1000"


def test_the_table_has_what_is_drawn(qtbot: QtBot) -> None:
    plot = shown(qtbot, FALLING, CROSSING)
    plot.set_log(True)
    plot.link.choose((40.0, 60.0), None)
    rows = list(csv.DictReader(io.StringIO(plot.table("step"))))
    gain = [(float(row["step"]), float(row["y"])) for row in rows if row["curve"] == "gain"]
    assert gain == [(x, x - 50.0) for x in range(51, 61)]
    loss = np.array([float(row["y"]) for row in rows if row["curve"] == "loss"])
    assert np.allclose(loss, 1000.0 / np.arange(40.0, 61.0), rtol=1e-8)
    assert plot.table("step", "\t").splitlines()[0] == "curve\tstep\ty"
