"""Draws ε that become z, and the function of z: the plot whose handles are dragged."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPen, QPolygonF

from core.theory.gaussians import Gaussian
from gui.drawing import chart, formula_line, numbers, paint, theme, typesetting
from gui.information.handles import HandlePlot, paint_gaussian
from gui.information.pages.reparameterization.lab import HELD, Lab
from gui.widgets import focus
from gui.widgets.prose_formulas import explain

Kind = Literal["mean", "sigma"]
REACH = 5.0
"""Half the width of the axes of ε and z."""
STEP = 0.05
"""Change of ε, μ or σ by an arrow key."""
FINE = 0.01
"""Change with Shift."""
TANGENT = 0.22
"""Half the length of a tangent, in z; shorter where the draws lie close."""
DRAW_PX = 4
"""Radius of a draw of ε, px at text size 1."""
_ARROWS = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down)
_KEYS = frozenset({*_ARROWS, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown, Qt.Key.Key_Escape})
_STANDARD = Gaussian(0.0, 1.0)
_AXES = (r"\p{\varepsilon \sim \mathcal{N}(0, 1)}", r"\q{z = \mu + \sigma \odot \varepsilon}")


class EpsilonPlot(HandlePlot[Kind | int]):
    """Draws ε above, their z below, and f at the bottom. Drag any ε, the circle for μ, the diamond for σ."""

    preferred_px = (560, 420)
    least_px = (240, 300)

    def __init__(self, lab: Lab) -> None:
        super().__init__("epsilon", "Draws ε that become z", _KEYS)
        self._lab = lab
        explain(
            self,
            r"$\q{z} = \q{\mu} + \q{\sigma} \odot \p{\varepsilon}$, $\p{\varepsilon} \sim \p{\mathcal{N}(0, 1)}$:"
            r" the noise stands still, and $\q{z}$ is"
            r" a smooth function of $\q{\mu}$ and $\q{\sigma}$."
            "\nLeft and Right move μ, Up and Down σ; PageDown and PageUp choose an ε that Left and Right then move, Esc"
            " lets it go. Shift is finer.",
        )
        self._still = chart.Backdrop()
        lab.changed.connect(self._follow)
        self._follow()

    def _follow(self) -> None:
        lab = self._lab
        words = f"mu {lab.q.mu:.2f}, sigma {lab.q.sigma:.2f}"
        if lab.active >= 0:
            words += f", epsilon {lab.active + 1}: {lab.epsilon[lab.active]:.2f} becomes z {lab.z[lab.active]:.2f}"
        self.setAccessibleDescription(words)
        self.update()

    # --- where things are --------------------------------------------------------------------------------------------

    def across(self, value: float) -> float:
        """Pixels from the left, on both axes."""
        left, right = theme.px(8), self.width() - theme.px(8)
        return left + (value + REACH) / (2 * REACH) * (right - left)

    def _value(self, x: float) -> float:
        left, right = theme.px(8), self.width() - theme.px(8)
        return (x - left) / max(1, right - left) * 2 * REACH - REACH

    def _rows(self) -> tuple[float, float, float, float]:
        """Vertical positions, px: axis of ε, axis of z, top and bottom of f."""
        tall = self.height()
        return 0.17 * tall, 0.55 * tall, 0.64 * tall, tall - theme.px(4)

    def point(self, index: int) -> QPointF:
        """Position of a movable ε."""
        return QPointF(self.across(float(self._lab.epsilon[index])), self._rows()[0])

    def handle(self, kind: Kind) -> QPointF:
        """Position of a handle of q: on its density above the axis of z."""
        q, row = self._lab.q, self._rows()[1]
        z = q.mu + (q.sigma if kind == "sigma" else 0.0)
        tall = self._hill() * (1.0 if kind == "mean" else math.exp(-0.5))
        return QPointF(self.across(z), row - tall)

    def _hill(self) -> float:
        """Height of the densities, px: each is scaled to its own peak."""
        return 0.13 * self.height()

    def handles(self) -> list[tuple[Kind | int, QPointF]]:
        """The movable draws, σ and mean."""
        kinds: tuple[Kind, ...] = ("sigma", "mean")
        points = [(index, self.point(index)) for index in range(HELD)]
        return [*points, *((kind, self.handle(kind)) for kind in kinds)]

    def radius(self, handle: Kind | int) -> float:
        """Radius of a handle's shape, px: draws are smaller than the circle and the diamond."""
        return theme.px(DRAW_PX) if isinstance(handle, int) else super().radius(handle)

    # --- painting ----------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        with self.painting() as painter:
            drawn = tuple(typesetting.drawing(name) is not None for name in _AXES)
            if not all(drawn):
                formula_line.repaint_when_drawn(self)
            painter.drawPixmap(0, 0, self._still.pixmap(drawn, self.size(), self.devicePixelRatioF(), self._paint_axes))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(theme.current().info_q), 1))
            painter.drawPolyline(self._hill_at(self._lab.q, self._rows()[1]))
            self._paint_function(painter)
            self._paint_draws(painter)
            self._paint_handles(painter)

    def _grid(self) -> np.ndarray:
        """Values on the axes, one every third pixel."""
        return np.linspace(-REACH, REACH, max(80, min(240, self.width() // 3)))

    def _all_across(self, values: np.ndarray) -> np.ndarray:
        """`across` of an array of values."""
        left = self.across(-REACH)
        return np.asarray(left + (values + REACH) / (2 * REACH) * (self.across(REACH) - left))

    def _hill_at(self, gaussian: Gaussian, row: float) -> QPolygonF:
        z = self._grid()
        shape = np.exp(-0.5 * np.square((z - gaussian.mu) / gaussian.sigma))
        return chart.polygon(np.stack([self._all_across(z), row - shape * self._hill()], 1))

    def _paint_axes(self, painter: QPainter) -> None:
        """Paint what does not change: the density of ε, both axes and their names."""
        colors, px = theme.current(), theme.px
        up, down, _, _ = self._rows()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(colors.info_p), 1))
        painter.drawPolyline(self._hill_at(_STANDARD, up))
        for row, name in zip((up, down), _AXES, strict=True):
            painter.fillRect(QRectF(0, round(row), self.width(), 1), QColor(colors.line_strong))
            place = QRectF(px(4), row - px(20), px(120), px(16))
            formula_line.line(painter, place, name, "caption_strong")
            for tick in range(-4, 5, 2):
                below = QRectF(self.across(tick) - 15, row + px(5), 30, 14)
                paint.text(painter, below, numbers.short(tick), "tick", colors.text_3, paint.CENTER)

    def _paint_draws(self, painter: QPainter) -> None:
        colors, lab, px = theme.current(), self._lab, theme.px
        up, down, _, _ = self._rows()
        z = lab.z
        counted = min(HELD, lab.count)
        tops, feet = self._all_across(lab.epsilon[:HELD]).tolist(), self._all_across(z).tolist()
        lines = [QLineF(a, up, b, down) for a, b in zip(tops[:counted], feet, strict=False)]
        painter.setPen(QPen(QColor(theme.mix(colors.info_q, colors.card, 0.45)), 1))
        painter.drawLines(lines)
        if 0 <= lab.active < counted:
            line = lines[lab.active]
            paint.curve(painter, QPolygonF([line.p1(), line.p2()]), colors.accent)
        enlarged = {lab.active, self._hover}
        painter.setPen(QPen(QColor(colors.card), 1))
        for index, x in enumerate(tops):
            painter.setBrush(QColor(colors.info_p if index < counted else colors.track))
            size = px(6 if index in enlarged else DRAW_PX)
            painter.drawEllipse(QPointF(x, up + 0.5), size, size)
        painter.setBrush(QColor(colors.info_q))
        for x in feet[:counted]:
            painter.drawEllipse(QPointF(x, down + 0.5), px(3), px(3))
        if lab.active >= 0 and self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(colors.accent), 2))
            painter.drawEllipse(self.point(lab.active), px(8), px(8))
        held = lab.active if lab.active >= 0 else self._hover if isinstance(self._hover, int) else -1
        if held >= 0:
            words = f"ε = {numbers.number(float(lab.epsilon[held]), 2)}  →  z = {numbers.number(float(z[held]), 2)}"
            place = QRectF(self.width() - px(190), px(2), px(186), px(16))
            paint.text(painter, place, words, "caption_strong", colors.text, paint.RIGHT)

    def _paint_handles(self, painter: QPainter) -> None:
        paint_gaussian(
            painter,
            self.handle("mean"),
            self.handle("sigma"),
            self._rows()[1],
            theme.current().info_q,
            letter="μ",
            active=self.hasFocus() and self._lab.active < 0,
            large=(self.is_enlarged("mean"), self.is_enlarged("sigma")),
        )

    def _paint_function(self, painter: QPainter) -> None:
        colors, px, lab = theme.current(), theme.px, self._lab
        _, _, top, bottom = self._rows()
        x = self._grid()
        values = lab.function.value(x)
        near = np.abs(x - lab.q.mu) <= max(1.0, 3.5 * lab.q.sigma)  # likely values of z fill the height
        low, high = float(values[near].min()), float(values[near].max())
        pad = max(1e-9, 0.12 * (high - low))
        head = px(18)
        room = (bottom - top - head) / max(1e-12, high - low + 2 * pad)

        def down(y: np.ndarray) -> np.ndarray:
            return np.asarray(bottom - (y - low + pad) * room)

        area = QRectF(0, top, self.width(), bottom - top)
        paint.box(painter, area, px(4), colors.plot, colors.line)
        place = QRectF(px(8), top + px(2), self.width() - px(16), px(16))
        words = "Looking along my decoder" if lab.waiting else lab.function.note
        if not lab.waiting:
            place.setLeft(place.left() + formula_line.line(painter, place, lab.function.formula, "caption", "text_2"))
        paint.text(painter, place, words, "caption", colors.text_2)
        painter.save()
        painter.setClipRect(area.adjusted(1, head, -1, -1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(colors.text), 1))
        painter.drawPolyline(chart.polygon(np.stack([self._all_across(x), down(values)], 1)))
        z = lab.z[: min(HELD, lab.count)]
        y, slope, half = lab.function.value(z), lab.function.slope(z), min(TANGENT, 0.3 * lab.q.sigma)
        ends = np.stack(
            [self._all_across(z - half), down(y - half * slope), self._all_across(z + half), down(y + half * slope)], 1
        )
        painter.setPen(QPen(QColor(colors.info_q), 1))
        painter.drawLines([QLineF(*each) for each in ends[np.isfinite(slope)].tolist()])
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colors.info_q))
        for at, value in zip(self._all_across(z).tolist(), down(y).tolist(), strict=True):
            painter.drawEllipse(QPointF(at, value), px(3), px(3))
        painter.restore()

    # --- mouse and keys ----------------------------------------------------------------------------------------------

    def take(self, handle: Kind | int) -> None:
        """Let the keys move the draw, or μ and σ."""
        self._lab.choose(handle if isinstance(handle, int) else -1)

    def pull(self, handle: Kind | int, x: float) -> None:
        """Set ε, μ or σ."""
        value = self._value(x)
        if isinstance(handle, int):
            self._lab.move_draw(handle, value)
        elif handle == "mean":
            self._lab.place(value, self._lab.q.sigma)
        else:
            self._lab.place(self._lab.q.mu, value - self._lab.q.mu)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        lab, key = self._lab, Qt.Key(event.key())
        size = FINE if focus.with_shift(event) else STEP
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            by = size if key == Qt.Key.Key_Right else -size
            if lab.active >= 0:
                lab.move_draw(lab.active, round(float(lab.epsilon[lab.active]) + by, 6))
            else:
                lab.place(round(lab.q.mu + by, 6), lab.q.sigma)
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            lab.place(lab.q.mu, round(lab.q.sigma + (size if key == Qt.Key.Key_Up else -size), 6))
        elif key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            lab.choose(self._next(1 if key == Qt.Key.Key_PageDown else -1))
        elif key == Qt.Key.Key_Escape and lab.active >= 0:
            lab.choose(-1)
        else:
            super().keyPressEvent(event)

    def _next(self, way: int) -> int:
        """The movable draw to the right or left of the chosen one; from none, the outermost."""
        order = np.argsort(self._lab.epsilon[:HELD], kind="stable").tolist()
        if self._lab.active < 0:
            return int(order[0 if way > 0 else -1])
        return int(order[min(HELD - 1, max(0, order.index(self._lab.active) + way))])
