"""The dialog for drawing a dataset: strokes on a sheet, a preview of its points, and their noise σ."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QColor,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QShortcut,
)
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from core.datasets.curves import MOST_CENTRES, Arms, arms_along
from core.datasets.drawn import SHAPES, format_strokes, parse_strokes
from core.foundation.arrays import Doubles
from gui.drawing import numbers, paint, point_plot, theme
from gui.drawing.painting import painting
from gui.widgets import accessible, focus, layouts
from gui.widgets.buttons import Button, PrimaryButton
from gui.widgets.dialogs import Dialog
from gui.widgets.label import Label
from gui.widgets.naming import named
from gui.widgets.painted import KeyboardWidget
from gui.widgets.slider import Slider

CANVAS_PX = 340
"""Side of the sheet."""
REACH = 1.15
"""The sheet shows −REACH to REACH; the pen stays within −1 to 1."""
PREVIEW = 700
"""Number of points in the preview."""
STEP = 0.05
"""Distance that an arrow key moves the pen."""
FINE = 0.01
"""The same with Shift."""
MIN_DISTANCE = 0.006
"""Smallest distance between two corners of a stroke."""
NOTHING = "Nothing drawn yet"

_ARROWS = {
    Qt.Key.Key_Left: (-1.0, 0.0),
    Qt.Key.Key_Right: (1.0, 0.0),
    Qt.Key.Key_Up: (0.0, 1.0),
    Qt.Key.Key_Down: (0.0, -1.0),
}


def preview(arms: Arms) -> npt.NDArray[np.float32]:
    """`PREVIEW` points (N, 2) distributed as the data will be; a small change of a stroke moves them little."""
    share = (np.arange(PREVIEW) + 0.5) / PREVIEW
    at = np.searchsorted(np.cumsum(arms.density.weights), share).clip(0, len(arms.arm) - 1)
    noise = arms.density.sigma * np.random.default_rng(0).standard_normal((PREVIEW, 2))
    points: npt.NDArray[np.float32] = (arms.density.centres[at] + noise).astype(np.float32)
    return points


class Sheet(KeyboardWidget):
    """Strokes drawn with the left button, or with arrow keys and Space (pen up or down). Backspace undoes one."""

    drawn = Signal()
    keys = frozenset({*_ARROWS, Qt.Key.Key_Space, Qt.Key.Key_Backspace})
    spoken_role = QAccessible.Role.Canvas

    def __init__(self) -> None:
        super().__init__()
        self.strokes: list[Doubles] = []
        self.noise = 0.04
        self._pen = np.zeros(2)
        self._down = False
        self.setFixedSize(theme.px(CANVAS_PX), theme.px(CANVAS_PX))
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setObjectName("sheet")
        self.setAccessibleName("Draw here: arrow keys move the pen, Space puts it down or lifts it")
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    def spoken_value(self) -> str:
        """Where the pen is, for screen readers."""
        state = "down" if self._down else "up"
        return f"pen {state} at ({numbers.coordinates(self._pen, 2, 2)}), {len(self.strokes)} strokes"

    def set_strokes(self, strokes: list[Doubles]) -> None:
        """Set the strokes, each (N, 2)."""
        self.strokes, self._down = list(strokes), False
        self._changed()

    def undo(self) -> None:
        """Remove the last stroke."""
        self.set_strokes(self.strokes[:-1])

    def clear(self) -> None:
        """Remove all strokes."""
        self.set_strokes([])

    def set_noise(self, noise: float) -> None:
        """Set the noise σ of the points."""
        self.noise = noise
        self.update()

    def _changed(self) -> None:
        self.update()
        self.drawn.emit()

    def _begin(self, place: Doubles) -> None:
        self.strokes.append(place[None])
        self._changed()

    def _extend(self, place: Doubles) -> None:
        last = self.strokes[-1]
        if np.hypot(*(place - last[-1])) >= MIN_DISTANCE:
            self.strokes[-1] = np.concatenate([last, place[None]])
            self._changed()

    # --- the mouse ---------------------------------------------------------------------------------------------------

    def place_of(self, spot: QPointF) -> Doubles:
        """The point (2,) under a pixel, clipped to −1 to 1."""
        x = (spot.x() / self.width() * 2 - 1) * REACH
        y = -(spot.y() / self.height() * 2 - 1) * REACH
        place: Doubles = np.clip(np.array([x, y]), -1.0, 1.0)
        return place

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pen, self._down = self.place_of(event.position()), False
            self._begin(self._pen)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton and self.strokes:
            self._pen = self.place_of(event.position())
            self._extend(self._pen)

    # --- the keyboard ------------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in _ARROWS:
            size = FINE if focus.with_shift(event) else STEP
            self._pen = np.clip(self._pen + size * np.array(_ARROWS[key]), -1.0, 1.0)
            if self._down:
                self._extend(self._pen)
            self.update()
            accessible.value_changed(self)
        elif key == Qt.Key.Key_Space:
            self._down = not self._down
            if self._down:
                self._begin(self._pen.copy())
            self.update()
            accessible.value_changed(self)
        elif key == Qt.Key.Key_Backspace:
            self.undo()
        else:
            super().keyPressEvent(event)

    # --- painting ----------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        colors, area = theme.current(), QRectF(self.rect())
        with painting(self, smooth=True) as painter:
            painter.fillRect(self.rect(), QColor(colors.plot))
            low, high = point_plot.spots(np.array([[-1, -1], [1, 1]], np.float32), area, REACH).tolist()
            paint.box(painter, QRectF(low[0], high[1], high[0] - low[0], low[1] - high[1]), 3, None, colors.grid)
            if self.strokes:
                points = preview(arms_along(self.strokes, self.noise))
                ratio = self.devicePixelRatioF()
                painter.drawImage(0, 0, point_plot.dots(points, area, colors.text_3, ratio, REACH))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(QColor(colors.accent), 1.5))
                for stroke in self.strokes:
                    corners = point_plot.spots(stroke.astype(np.float32), area, REACH).tolist()
                    if len(corners) == 1:
                        painter.drawEllipse(QPointF(*corners[0]), 2.0, 2.0)
                    painter.drawPolyline(QPolygonF([QPointF(*corner) for corner in corners]))
            else:
                upper = area.adjusted(0, 0, 0, -0.3 * area.height())
                words = "Draw here with the left button"
                paint.text(painter, upper, words, "body", colors.text_3, paint.CENTER)
            if focus.has_ring(self):
                self._paint_pen(painter, area)
            paint.box(painter, self.rect(), 4, None, colors.line)

    def _paint_pen(self, painter: QPainter, area: QRectF) -> None:
        colors = theme.current()
        x, y = point_plot.spots(self._pen[None].astype(np.float32), area, REACH)[0].tolist()
        painter.setPen(QPen(QColor(colors.text), 2 if self._down else 1))
        painter.drawLines([QLineF(x - 6, y, x + 6, y), QLineF(x, y - 6, x, y + 6)])


class DrawPoints(Dialog):
    """``used`` carries the strokes as text, in the format of `core.datasets.drawn`, and σ."""

    used = Signal(str, float)

    def __init__(self, parent: QWidget | None, strokes: str = "", noise: float = 0.04) -> None:
        super().__init__(parent, "Draw your own points")
        self.setObjectName("draw points")
        self.sheet = Sheet()
        self._shape = ""
        QShortcut(QKeySequence(QKeySequence.StandardKey.Undo), self).activated.connect(self.sheet.undo)
        self._make_side_controls(noise)
        self.inside.addLayout(layouts.row(self.sheet, self._side(), spacing=theme.px(16)))
        self.inside.addLayout(self._foot())
        self.sheet.drawn.connect(self._show)
        if strokes:
            self.sheet.set_strokes(parse_strokes(strokes))
        self._set_noise(noise)
        self._show()
        self._shape = strokes if strokes in SHAPES else ""
        self.sheet.setFocus()

    def _make_side_controls(self, noise: float) -> None:
        self._undo = named(Button("Undo stroke", "undo"), "undo stroke", tip="Take the last stroke back  (Ctrl+Z)")
        self._undo.clicked.connect(self.sheet.undo)
        self._clear = named(Button("Clear", "close"), "clear strokes")
        self._clear.clicked.connect(self.sheet.clear)
        self._noise = named(Slider(0.005, 0.5, scale="log", default=0.04, decimals=3), "noise", "Noise σ")
        self._noise.set_value(noise)
        self._noise.moved.connect(self._set_noise)
        self._noise_value = Label("", "medium", "text")
        self._count = named(Label("", "caption", "text_3"), "stroke count")

    def _make_shape(self, name: str) -> Button:
        made = named(Button(name.capitalize()), f"shape {name}")
        made.clicked.connect(lambda: self._take(name))
        return made

    def _side(self) -> QVBoxLayout:
        """Beside the sheet: what one can begin with, what takes strokes back, how far points stray, and help."""
        px = theme.px
        keys = Label("By keys: arrows move the pen, Space puts it down or lifts it.", "caption", "text_3", wrap=True)
        keys.setFixedWidth(px(150))
        return layouts.column(
            Label("Begin with", "caption_strong", "text"),
            *(self._make_shape(name) for name in SHAPES),
            px(8),
            self._undo,
            self._clear,
            px(8),
            layouts.row((Label("Noise σ", "caption_strong", "text"), 1), self._noise_value),
            self._noise,
            layouts.STRETCH,
            self._count,
            keys,
            spacing=px(8),
        )

    def _foot(self) -> QHBoxLayout:
        cancel = Button("Cancel", key="Esc", height=32)
        cancel.clicked.connect(self.reject)
        self._use = named(PrimaryButton("Use these points", "check"), "use points")
        self._use.clicked.connect(self._finish)
        return layouts.row(layouts.STRETCH, cancel, self._use, spacing=theme.px(8))

    def _take(self, name: str) -> None:
        self.sheet.set_strokes(parse_strokes(name))
        self._shape = name

    def _set_noise(self, noise: float) -> None:
        self.sheet.set_noise(noise)
        self._noise_value.setText(numbers.knob(noise, 3))

    def _show(self) -> None:
        self._shape = ""  # the strokes have changed; `_take` sets the name afterwards
        count = len(self.sheet.strokes)
        self._count.setText(NOTHING if not count else f"{count} {'stroke' if count == 1 else 'strokes'}")
        self._use.setEnabled(count > 0)
        self._use.setToolTip("" if count else NOTHING)
        self._undo.setEnabled(count > 0)
        self._clear.setEnabled(count > 0)

    def text(self) -> str:
        """The strokes as text: the name of an unchanged shape, else their corners."""
        return self._shape or format_strokes(self.sheet.strokes[: MOST_CENTRES // 2])

    def _finish(self) -> None:
        if self.sheet.strokes:
            self.used.emit(self.text(), self._noise.value())
            self.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._finish()
        else:
            super().keyPressEvent(event)
