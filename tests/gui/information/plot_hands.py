"""Real events on the plots of the ELBO and the reparameterization page, and what they say and give away."""

from __future__ import annotations

import csv
import io
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from gui.drawing import paint
from gui.information.card_plot import CardPlot
from gui.information.pages.elbo.page import ElboPage

NONE = Qt.KeyboardModifier.NoModifier


class Hands:
    """One plot of a shared window, and real events on it."""

    def __init__(self, stage: Any, page: Any, plot: CardPlot) -> None:
        self.stage, self.page, self.plot = stage, page, plot

    def at(self, across: float, up: float = 0.5) -> QPointF:
        """The pixel at shares of the area of the data."""
        inner = self.plot.inner
        return QPointF(round(inner.left() + across * inner.width()), round(inner.bottom() - up * inner.height()))

    def move(self, spot: QPointF, held: Qt.MouseButton = Qt.MouseButton.NoButton) -> None:
        self._mouse(QEvent.Type.MouseMove, spot, Qt.MouseButton.NoButton, held)

    def drag(self, start: QPointF, by: QPointF, button: Qt.MouseButton) -> None:
        self._mouse(QEvent.Type.MouseButtonPress, start, button, button)
        for share in (0.3, 1.0):
            self.move(start + by * share, button)
        self._mouse(QEvent.Type.MouseButtonRelease, start + by, button, Qt.MouseButton.NoButton)

    def double_click(self, spot: QPointF) -> None:
        left = Qt.MouseButton.LeftButton
        self._mouse(QEvent.Type.MouseButtonPress, spot, left, left)
        self._mouse(QEvent.Type.MouseButtonRelease, spot, left, Qt.MouseButton.NoButton)
        self._mouse(QEvent.Type.MouseButtonDblClick, spot, left, left)
        self._mouse(QEvent.Type.MouseButtonRelease, spot, left, Qt.MouseButton.NoButton)

    def _mouse(self, kind: QEvent.Type, spot: QPointF, button: Qt.MouseButton, held: Qt.MouseButton) -> None:
        port = self.plot.viewport()
        QApplication.sendEvent(port, QMouseEvent(kind, spot, port.mapToGlobal(spot), button, held, NONE))

    def wheel(self, spot: QPointF, notches: int) -> bool:
        """Turn the wheel. Returns whether the plot took it."""
        port = self.plot.viewport()
        phase, turn = Qt.ScrollPhase.NoScrollPhase, QPoint(0, 120 * notches)
        no_button = Qt.MouseButton.NoButton
        event = QWheelEvent(spot, port.mapToGlobal(spot), QPoint(), turn, no_button, NONE, phase, False)
        event.ignore()
        self.plot.viewportEvent(event)
        return event.isAccepted()

    def key(self, keys: str) -> None:
        if not self.plot.hasFocus():
            self.stage.window.activateWindow()
            self.plot.setFocus(Qt.FocusReason.TabFocusReason)
            self.stage.until(self.plot.hasFocus)
        self.stage.key(keys)

    @property
    def words(self) -> list[str]:
        return list(dict.fromkeys(words for _, words in paint.words_on(self.plot.viewport())))

    @property
    def ranges(self) -> tuple[tuple[float, float], tuple[float, float]]:
        return self.plot.x_range, self.plot.y_range

    def table(self, *, is_whole: bool = False) -> dict[str, list[float]]:
        """The CSV of what is drawn, or of all there is, read back."""
        offer = self.plot.offer()
        table = offer.whole if is_whole else offer.table
        assert table is not None
        head, *rows = csv.reader(io.StringIO(table()))
        return {name: [float(row[at]) for row in rows] for at, name in enumerate(head)}


def assert_shown(read: list[float], shown: Any) -> None:
    """A column reads back as what is drawn, to the nine digits that are written."""
    np.testing.assert_array_equal(read, [float(f"{value:.9g}") for value in np.asarray(shown, float).tolist()])


def page_of(stage: Any, name: str) -> Any:
    stage.window.show_tab("information")
    tab = stage.window.pages.currentWidget()
    tab.show_page(name)
    return tab.page(name)


def plot_of(stage: Any, name: str) -> Hands:
    page = page_of(stage, "elbo" if name in ("bounds", "draws of z") else "reparameterization")
    if isinstance(page, ElboPage):
        plot = page.bounds.plot if name == "bounds" else page.draws.plot
        stage.until(lambda: plot.shown is not None and plot.shown.complete)
    else:
        plot = page.estimates.plot if name == "estimates" else page.variance.plot
    assert plot.objectName() == name
    stage.until(lambda: plot.isVisible() and not plot.inner.isEmpty())
    return Hands(stage, page, plot)
