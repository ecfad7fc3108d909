"""Densities with handles above, and below, over the same x, the integrand of KL."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent

from gui.drawing import chart, formula_line, numbers, paint, theme
from gui.drawing.painting import pixel
from gui.information.handles import HandlePlot, paint_gaussian
from gui.information.pages.entropy.two_gaussians import REACH, Curves, Name
from gui.widgets import focus
from gui.widgets.prose_formulas import explain

Kind = Literal["mean", "sigma"]
STEP = 0.05
"""Change of mean or σ by an arrow key."""
FINE = 0.01
"""Change with Shift."""
_WAYS = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, 1), Qt.Key.Key_Down: (0, -1)}
_KEYS = frozenset({*_WAYS, Qt.Key.Key_P, Qt.Key.Key_Q, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape})
NICE = (0.2, 0.4, 0.5, 0.6, 0.8, 1.0, 1.25, 1.5, 2.0, 2.5)
"""Upper ends that the axis of the densities may have."""

INTEGRANDS = {
    True: r"\p{p} \cdot \ln(\p{p} / \q{q})",
    False: r"\q{q} \cdot \ln(\q{q} / \p{p})",
}
AREAS = {
    True: r"\text{area above the line} - \text{area below} = \kl{\mathrm{KL}}(\p{p} \parallel \q{q})",
    False: r"\text{area above the line} - \text{area below} = \kl{\mathrm{KL}}(\q{q} \parallel \p{p})",
}
"""Formulas by whether the direction is forward."""


class GaussianPlot(HandlePlot[tuple[Name, Kind]]):
    """Drag a circle for the mean, a diamond for σ. Left and Right move the mean, Up and Down σ, P and Q choose."""

    preferred_px = (600, 260)
    least_px = (240, 190)

    def __init__(self, curves: Curves) -> None:
        super().__init__("gaussians", "Two Gaussians", _KEYS)
        self._curves = curves
        explain(
            self,
            r"$\kl{\mathrm{KL}}(\p{p} \parallel \q{q}) = \int \p{p} \ln \frac{\p{p}}{\q{q}} \, dx$: p pays where q"
            r" is thin, so q has to cover p."
            "\n"
            r"$\kl{\mathrm{KL}}(\q{q} \parallel \p{p}) = \int \q{q} \ln \frac{\q{q}}{\p{p}} \, dx$: q pays where p"
            r" is thin, so q stays within one"
            " hump.",
        )
        curves.changed.connect(self._follow)
        self._follow()

    def _follow(self) -> None:
        curves = self._curves
        gaussians = [
            f"{name}: mean {g.mu:.2f}, sigma {g.sigma:.2f}" for name in curves.names for g in [curves.gaussian(name)]
        ]
        self.setAccessibleDescription(f"{'; '.join(gaussians)}. KL {curves.kl(curves.direction):.2f} nats.")
        self.update()

    # --- where things are --------------------------------------------------------------------------------------------

    def _frames(self) -> tuple[chart.Frame, chart.Frame]:
        """Frames of the densities and of the integrand, both over the same x."""
        px, reach = theme.px, REACH[self._curves.mode]
        top = self.height() * 0.54
        high = max(
            0.45, max(float(self._density(name, [self._curves.gaussian(name).mu])[0]) for name in self._curves.names)
        )
        high = next((nice for nice in NICE if nice >= high * 1.12), 2.5)
        above = QRectF(0, px(4), self.width(), top + chart.BOTTOM - px(4))
        below = QRectF(0, top + px(24), self.width(), self.height() - top - px(24))
        values = self._curves.integrand(self._x())
        most = chart.axis_end(max(0.05, float(values.max()) * 1.05), 1.15)
        least = chart.axis_end(max(0.2 * most, -float(values.min()) * 1.2), 1.15)
        return (
            chart.Frame(above, chart.Picture((-reach, reach), (0.0, high))),
            chart.Frame(below, chart.Picture((-reach, reach), (-least, most))),
        )

    def _x(self) -> npt.NDArray[np.float64]:
        reach = REACH[self._curves.mode]
        return np.linspace(-reach, reach, max(80, min(400, self.width() // 2)))

    def _density(self, name: Name, x: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """The density that a handle sits on: q, or the whole of p."""
        return self._curves.q.density(x) if name == "q" else self._curves.truth.density(x)

    def handle(self, name: Name, kind: Kind, frame: chart.Frame | None = None) -> QPointF:
        """Position of a handle."""
        frame = frame or self._frames()[0]
        gaussian = self._curves.gaussian(name)
        x = gaussian.mu + (gaussian.sigma if kind == "sigma" else 0.0)
        y = self._density(name, [x])
        return QPointF(float(frame.across(np.array([x]))[0]), float(frame.down(y)[0]))

    def handles(self) -> list[tuple[tuple[Name, Kind], QPointF]]:
        """Diamond and circle of every Gaussian."""
        frame = self._frames()[0]
        kinds: tuple[Kind, ...] = ("sigma", "mean")
        return [((name, kind), self.handle(name, kind, frame)) for name in self._curves.names for kind in kinds]

    def _value(self, x: float) -> float:
        inner, reach = self._frames()[0].inner, REACH[self._curves.mode]
        return (x - inner.left()) / inner.width() * 2 * reach - reach

    # --- painting ----------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        with self.painting() as painter:
            above, below = self._frames()
            self._paint_densities(painter, above)
            self._paint_integrand(painter, below)

    def _paint_densities(self, painter: QPainter, frame: chart.Frame) -> None:
        colors, inner = theme.current(), frame.inner
        top = frame._y[1]
        for value in chart.ticks(0.0, top, 4):
            y = float(frame.down(np.array([value]))[0])
            place = QRectF(0, y - 7, chart.LEFT - 6, 14)
            paint.text(painter, place, numbers.number(value, 1), "tick", colors.text_3, paint.RIGHT)
        painter.fillRect(QRectF(inner.left(), round(inner.bottom()), inner.width(), 1), QColor(colors.line))
        x = self._x()
        for density, color in ((self._curves.truth, colors.info_p), (self._curves.q, colors.info_q)):
            paint.curve(painter, frame.polygon(x, density.density(x)), color)
        for name in self._curves.names:
            self._paint_handles(painter, frame, name)

    def _paint_handles(self, painter: QPainter, frame: chart.Frame, name: Name) -> None:
        color = theme.current().info_q if name == "q" else theme.current().info_p
        paint_gaussian(
            painter,
            self.handle(name, "mean", frame),
            self.handle(name, "sigma", frame),
            frame.inner.bottom(),
            color,
            letter=name if name in ("p", "q") else "",
            active=self.hasFocus() and self._curves.active == name,
            large=(self.is_enlarged((name, "mean")), self.is_enlarged((name, "sigma"))),
        )

    def _paint_integrand(self, painter: QPainter, frame: chart.Frame) -> None:
        colors, px, inner = theme.current(), theme.px, frame.inner
        x = self._x()
        values = self._curves.integrand(x)
        zero = float(frame.down(np.array([0.0]))[0])
        painter.setPen(Qt.PenStyle.NoPen)
        flat = np.zeros_like(x)
        for part, color in (
            (np.maximum(values, 0.0), theme.mix(colors.info_kl, colors.card, 0.30)),
            (np.minimum(values, 0.0), colors.control),
        ):
            painter.setBrush(QColor(color))
            painter.drawPolygon(frame.polygon(np.concatenate([x, x[::-1]]), np.concatenate([part, flat])))
        painter.fillRect(QRectF(inner.left(), pixel(zero), inner.width(), 1), QColor(colors.line_strong))
        paint.curve(painter, frame.polygon(x, values), colors.info_kl)
        forward = self._curves.direction == "forward"
        head = QRectF(inner.left(), inner.top() - px(20), inner.width(), px(16))
        formula_line.line(painter, head, INTEGRANDS[forward], "caption")
        if inner.width() > px(330):
            formula_line.line(painter, head, AREAS[forward], "caption", "text_3", right=True)
        zero_place = QRectF(0, zero - 7, chart.LEFT - 6, 14)
        paint.text(painter, zero_place, "0", "tick", colors.text_3, paint.RIGHT)
        for value in chart.ticks(-REACH[self._curves.mode], REACH[self._curves.mode], 6):
            at = float(frame.across(np.array([value]))[0])
            place = QRectF(min(max(inner.left() - 6, at - 20), inner.right() - 34), self.height() - 15, 40, 14)
            paint.text(painter, place, numbers.short(value), "tick", colors.text_3, paint.CENTER)

    # --- mouse and keys ----------------------------------------------------------------------------------------------

    def take(self, handle: tuple[Name, Kind]) -> None:
        """Let the keys move the handle's Gaussian."""
        self._curves.choose(handle[0])

    def pull(self, handle: tuple[Name, Kind], x: float) -> None:
        """Set the mean or σ."""
        name, kind = handle
        gaussian, value = self._curves.gaussian(name), self._value(x)
        if kind == "mean":
            self._curves.place(name, value, gaussian.sigma)
        else:
            self._curves.place(name, gaussian.mu, value - gaussian.mu)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        curves, key = self._curves, Qt.Key(event.key())
        if key in _WAYS:
            size = FINE if focus.with_shift(event) else STEP
            across, up = _WAYS[key]
            gaussian = curves.gaussian(curves.active)
            curves.place(curves.active, round(gaussian.mu + across * size, 6), round(gaussian.sigma + up * size, 6))
        elif key == Qt.Key.Key_Q:
            curves.choose("q")
        elif key == Qt.Key.Key_P:
            others = [name for name in curves.names if name != "q"]
            at = others.index(curves.active) + 1 if curves.active in others else 0
            curves.choose(others[at % len(others)])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and curves.mode == "fit":
            if curves.running:
                curves.stop()
            else:
                curves.start()
        elif key == Qt.Key.Key_Escape and curves.running:
            curves.stop()
        else:
            super().keyPressEvent(event)
