"""What a plot shows: items in ranges that linked plots share, over a painted ground. `gui.plots.plot` adds the hands.

pyqtgraph is imported when the first plot is made, not with this module: the window must be painted before.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QAccessible, QHideEvent, QPainter, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QGraphicsItem, QGraphicsScene, QGraphicsView, QWidget

from core.foundation.arrays import Doubles, Floats
from gui.drawing import chart, theme
from gui.drawing.painting import picture_ratio, places
from gui.plots.ground import Ground
from gui.plots.link import Link, Range
from gui.plots.scene import hold, on_screen, scene_kind
from gui.widgets.buttons import IconButton

NEAREST, FARTHEST = 1e-5, 4.0
"""Shortest and longest range that can be chosen, in lengths of the home range."""
Axes = Literal["x", "y", "xy"]


@dataclass(frozen=True)
class Margins:
    """Room around the area of the data, px."""

    left: float = 36.0
    top: float = 6.0
    right: float = 8.0
    bottom: float = 18.0


NO_MARGINS = Margins(0.0, 0.0, 0.0, 0.0)


class _FitButton(IconButton):
    """Shows home again. It is not in pictures that are saved."""

    def paintEvent(self, event: QPaintEvent) -> None:
        if not picture_ratio():
            super().paintEvent(event)


class View(QGraphicsView):
    """Items of pyqtgraph and of ours over a painted ground (abstract).

    ``is_square``: a unit of x is as long as one of y, which decides; of x only the middle counts.
    """

    spoken_role = QAccessible.Role.Chart
    fits_at_left = False  # the button that fits lies in the upper left corner, not the upper right one
    ranged = Signal()  # it shows other ranges, or has another size
    # Items of pyqtgraph connect to these until they are in a view box.
    sigDeviceRangeChanged = Signal(object, object)  # noqa: N815
    sigDeviceTransformChanged = Signal(object)  # noqa: N815

    def __init__(
        self, name: str, *, link: Link | None = None, margins: Margins | None = None, is_square: bool = False
    ) -> None:
        super().__init__()
        import pyqtgraph as pg

        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.MinimalViewportUpdate)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setResizeAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.viewport().setFocusPolicy(Qt.FocusPolicy.NoFocus)  # else Tab would stop at both, and stay
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMouseTracking(True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._scene = scene_kind()(self)
        self._scene.setItemIndexMethod(QGraphicsScene.ItemIndexMethod.NoIndex)  # layers grow with the plot
        self.setScene(self._scene)
        self._box = pg.ViewBox(enableMouse=False, enableMenu=False)
        self._box.disableAutoRange()
        self._scene.addItem(self._box)
        self.link = Link(self) if link is None else link
        self.family = ""
        self.is_square = is_square
        self._margins = Margins() if margins is None else margins
        self._home: tuple[Range, Range] = ((0.0, 1.0), (0.0, 1.0))
        self._shown: tuple[Range, Range] | None = None
        self._inner = QRectF()
        self._ground = Ground()
        self._fit_button = _FitButton("fit", "Fit  (0, or a double click)", 20, filled=True, parent=self)
        self._fit_button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._fit_button.setCursor(Qt.CursorShape.ArrowCursor)
        self._fit_button.clicked.connect(self.fit)
        self._fit_button.hide()
        self.link.changed.connect(self._apply)
        theme.changes.changed.connect(self._restyle)

    # --- items -------------------------------------------------------------------------------------------------------

    def add(self, item: Any, z: float = 0.0) -> None:
        """Add an item in units of the data; those with a higher z lie on top."""
        item.setZValue(z)
        self._box.addItem(item, ignoreBounds=True)

    def add_over(self, item: QGraphicsItem, z: float = 100.0) -> None:
        """Add an item in pixels of the plot, over all that is in units of the data."""
        item.setZValue(z)
        self._scene.addItem(item)

    # --- ranges ------------------------------------------------------------------------------------------------------

    def set_margins(self, margins: Margins) -> None:
        """Change the room around the area of the data."""
        if margins != self._margins:
            self._margins = margins
            self._lay_out()

    def set_home(self, x: Range, y: Range) -> None:
        """Set the ranges shown until somebody chooses others. Give ends that seldom change: the ground is cached."""
        if (x, y) != self._home:
            self._home = x, y
            self._apply()

    @property
    def home(self) -> tuple[Range, Range]:
        """The ranges of x and y shown where none is chosen."""
        return self._home

    @property
    def x_range(self) -> Range:
        """The range of x that is shown."""
        return self._ranges()[0]

    @property
    def y_range(self) -> Range:
        """The range of y that is shown."""
        return self._ranges()[1]

    @property
    def inner(self) -> QRectF:
        """The area of the data, px."""
        return self._inner

    def with_labels(self) -> QRectF:
        """The area of the data with the labels of a grid around it, px."""
        return self._inner.adjusted(-chart.LEFT, 0.0, chart.RIGHT, chart.BOTTOM)

    def in_sight(self) -> QRectF:
        """The part of the plane of the data that is shown, in its units."""
        (left, right), (low, high) = self._ranges()
        return QRectF(left, low, right - left, high - low)

    def _ranges(self) -> tuple[Range, Range]:
        x, y = self._home
        x, y = self.link.x or x, self.link.y(self.family) or y
        if self.is_square:
            half = (y[1] - y[0]) / 2 * self._inner.width() / max(1.0, self._inner.height())
            middle = (x[0] + x[1]) / 2
            x = middle - half, middle + half
        return x, y

    def _apply(self) -> None:
        """Show the ranges of the link, or those of home."""
        shown = self._ranges()
        self._fit_button.setVisible(not self.is_home)
        if shown == self._shown or self._inner.isEmpty():
            return
        self._shown = shown
        self._box.setRange(xRange=shown[0], yRange=shown[1], padding=0, disableAutoRange=False)
        self._box.updateMatrix()
        self.describe()
        self.ranged.emit()
        self.viewport().update()

    @property
    def is_home(self) -> bool:
        """Whether neither axis has a range chosen by hand."""
        return self.link.x is None and self.link.y(self.family) is None

    def describe(self) -> None:
        """Give a screen reader the words of `described`, if they have changed."""
        words = self.described()
        if words != self.accessibleDescription():
            self.setAccessibleDescription(words)

    def described(self) -> str:
        """What a screen reader says of it besides its name."""
        (left, right), (low, high) = self._ranges()
        return f"x from {left:.4g} to {right:.4g}, y from {low:.4g} to {high:.4g}"

    def _lay_out(self) -> None:
        margins, size = self._margins, QRectF(0.0, 0.0, self.width(), self.height())
        self._inner = size.adjusted(margins.left, margins.top, -margins.right, -margins.bottom)
        if self._inner.width() < 1 or self._inner.height() < 1:
            self._inner = QRectF()
            return
        self.setSceneRect(size)
        self._box.setGeometry(self._inner)
        self._shown = None
        self._apply()
        size_px = self._fit_button.sizeHint()
        left, right = round(self._inner.left()) + 4, round(self._inner.right()) - size_px.width() - 4
        self._fit_button.setGeometry(
            left if self.fits_at_left else right, round(self._inner.top()) + 4, *size_px.toTuple()
        )

    # --- between pixels and units ------------------------------------------------------------------------------------

    def unit_px(self) -> tuple[float, float]:
        """Length of one unit of x and of y, px; above 0, also before the plot has a size."""
        return self._unit_px(*self._ranges())

    def _unit_px(self, x: Range, y: Range) -> tuple[float, float]:
        wide, tall = max(1.0, self._inner.width()), max(1.0, self._inner.height())
        return wide / max(x[1] - x[0], 1e-300), tall / max(y[1] - y[0], 1e-300)

    def to_pixels(self, points: Floats | Doubles) -> Doubles:
        """Pixels (…, 2) of points (…, 2). By columns, a million take a quarter of the time."""
        x_range, y_range = self._ranges()
        x, y = self._unit_px(x_range, y_range)
        pixels = np.empty(points.shape, np.float32 if points.dtype == np.float32 else np.float64)
        axes = (x_range[0], x, self._inner.left()), (y_range[0], -y, self._inner.bottom())
        with np.errstate(over="ignore", invalid="ignore"):  # before the plot has a size; codes of a diverging run
            for axis, (first, scale, origin) in enumerate(axes):
                column = pixels[..., axis]
                np.subtract(points[..., axis], first, out=column)
                column *= scale
                column += origin
        return places(pixels)

    def to_pixel(self, x: float, y: float) -> QPointF:
        """The pixel of a point."""
        return QPointF(*self.to_pixels(np.array([x, y])).tolist())

    def to_point(self, spot: QPointF) -> tuple[float, float]:
        """The point at a pixel."""
        (left, _), (low, _) = self._ranges()
        x, y = self.unit_px()
        return left + (spot.x() - self._inner.left()) / x, low + (self._inner.bottom() - spot.y()) / y

    # --- what can be chosen ------------------------------------------------------------------------------------------

    def fit(self) -> None:
        """Show home again, in every linked plot."""
        self.link.fit()

    def zoom(self, factor: float, about: QPointF | None = None, axes: Axes = "xy") -> None:
        """Zoom in by a factor (out, if it is below 1) about a pixel, or the middle."""
        about = self._inner.center() if about is None else about
        (x, y), (across, up) = self.to_point(about), self._ranges()
        both = self.is_square or axes == "xy"
        self.link.choose(
            self._zoomed(0, across, x, factor) if both or axes == "x" else None,
            self._zoomed(1, up, y, factor) if both or axes == "y" else None,
            self.family,
        )

    def _zoomed(self, axis: int, shown: Range, fixed: float, factor: float) -> Range:
        home = self._home[axis]
        length, whole = shown[1] - shown[0], home[1] - home[0]
        if self.is_square and axis == 0:
            length, whole = self._ranges()[1][1] - self._ranges()[1][0], self._home[1][1] - self._home[1][0]
        new = min(max(length / factor, whole * NEAREST), whole * FARTHEST)
        share = new / length
        return fixed - (fixed - shown[0]) * share, fixed + (shown[1] - fixed) * share

    def pan(self, right: float, down: float) -> None:
        """Move what is shown by so many pixels."""
        (left, end), (low, high) = self._ranges()
        x, y = self.unit_px()
        dx, dy = -right / x, down / y
        self.link.choose(
            (left + dx, end + dx) if right or self.is_square else None,
            (low + dy, high + dy) if down or self.is_square else None,
            self.family,
        )

    # --- painting ----------------------------------------------------------------------------------------------------

    def devicePixelRatioF(self) -> float:
        return picture_ratio() or super().devicePixelRatioF()

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Qt calls it for Tab: items take no focus, so it goes on to the next widget."""
        return QWidget.focusNextPrevChild(self, forward)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        on_screen.add(self._scene)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        on_screen.discard(self._scene)

    def _restyle(self) -> None:
        self._lay_out()
        self.restyle()
        self.viewport().update()

    def restyle(self) -> None:
        """Take the pens and brushes of the present theme; for subclasses."""

    def ground_key(self) -> tuple[object, ...]:
        """What the picture of the ground depends on, beside ranges, size and theme; for subclasses."""
        return ()

    def paint_ground(self, painter: QPainter) -> None:
        """Paint what lies under the data; for subclasses."""
        raise NotImplementedError

    def paint_front(self, painter: QPainter) -> None:
        """Paint what lies over the data and changes with it; for subclasses."""

    def forget_ground(self) -> None:
        """Paint the ground anew."""
        self.viewport().update()

    def drawBackground(self, painter: QPainter, rect: QRectF | QRect) -> None:  # noqa: N802
        """Qt calls it before the items of a part are painted."""
        key = (*self.ground_key(), self._shown)
        self._ground.paint(painter, key, self.size(), self.devicePixelRatioF(), self.paint_ground)

    def drawForeground(self, painter: QPainter, rect: QRectF | QRect) -> None:  # noqa: N802
        """Qt calls it after the items of a part are painted."""
        self.paint_front(painter)

    def paintEvent(self, event: QPaintEvent) -> None:
        hold.painted()
        self._scene.prepareForPaint()
        with self._uncached() if picture_ratio() else contextlib.nullcontext():
            super().paintEvent(event)

    @contextlib.contextmanager
    def _uncached(self) -> Iterator[None]:
        """In a picture every item is painted with its own lines and at the picture's resolution."""
        cached = [(item, item.cacheMode()) for item in self._scene.items()]
        cached = [(item, mode) for item, mode in cached if mode != QGraphicsItem.CacheMode.NoCache]
        for item, _ in cached:
            item.setCacheMode(QGraphicsItem.CacheMode.NoCache)
        try:
            yield
        finally:
            for item, mode in cached:
                item.setCacheMode(mode)
