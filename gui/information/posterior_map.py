"""The posterior of one image on the latent map."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QResizeEvent

from core.foundation.arrays import Floats
from gui.drawing import numbers, paint, point_plot, theme
from gui.drawing.painting import FAR_PX
from gui.information.posterior import Posterior
from gui.plots.items import Layer, Note, circle
from gui.plots.plane import Plane
from gui.widgets.offer import Offer, csv_of, numbered
from gui.widgets.prose_formulas import explain

MAP_REACH = 3.4
"""Half the width of the map, σ of the prior."""


class PosteriorMap(Plane):
    """The posterior as an ellipse on the latent map, among all codes, with the prior's rings."""

    def __init__(self) -> None:
        super().__init__("Posterior on the latent map", around="card")
        self.setObjectName("posterior map")
        self._posterior: Posterior | None = None
        self._axes: Floats | None = None
        self._codes: Floats | None = None  # projected codes (N, 2)
        self._under = Layer(self, dots=self._paint_under)
        self._over = Layer(self, self._paint_over)
        self._ellipse = Layer(self, self._paint_posterior)
        self._note = Note()
        self.add_over(self._under, -200.0)
        self.add_over(self._over)
        self.add_over(self._ellipse, 101.0)
        self.add_over(self._note, 102.0)
        self.pointed.connect(self._show_reading)
        explain(
            self,
            r"The rings hold 39 %, 86 % and 99 % of the prior; the ellipse is one $\sigma$ of $\lane{q(z \mid x)}$",
        )

    def show_posterior(self, shown: Posterior | None, axes: Floats) -> None:
        """Show a posterior on the plane spanned by ``axes`` (2, D)."""
        if shown is None and self._posterior is None:
            return
        before, axes_before = None if self._posterior is None else self._posterior.latent_codes, self._axes
        self._posterior = shown
        if shown is None or axes.shape[1] != len(shown.mu):
            self._axes = None
        elif self._axes is None or not np.array_equal(axes, self._axes):
            self._axes = axes
        codes = None if shown is None else shown.latent_codes
        if codes is not before or self._axes is not axes_before:
            self._codes = None if codes is None or self._axes is None else _projected(codes.codes, self._axes)
            self._under.renew()
        self._ellipse.renew()

    def offer(self) -> Offer:
        """The map, and the codes on it as a table."""
        codes = self._codes
        return Offer(self.accessibleName(), table=None if codes is None else lambda: csv_of(numbered("z", codes)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Begin with 3.4 σ around the origin in both axes, whatever shape it has."""
        tall = MAP_REACH * max(1.0, self.height() / max(1, self.width()))
        self.set_home((-MAP_REACH, MAP_REACH), (-tall, tall))
        super().resizeEvent(event)

    def sizeHint(self) -> QSize:
        return self.minimumSizeHint()

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(96), theme.px(96))

    def _show_reading(self, spot: QPointF | None) -> None:
        """Say where it is read."""
        self._note.setVisible(spot is not None)
        if spot is not None:
            x, y = self.to_point(spot)
            words = f"({numbers.number(x, 2)}, {numbers.number(y, 2)}) σ"
            wide = math.ceil(paint.wide(words, "tick")) + theme.px(8)
            self._note.show_at(QRectF(4, 4, wide, theme.px(15)), words)

    def _paint_under(self, painter: QPainter) -> None:
        """The codes of all test images."""
        if self._codes is None:
            return
        colors, area = theme.current(), self.inner
        middle, half = (area.center().x(), area.center().y()), (area.width() / 2, -area.height() / 2)
        spots = ((self.to_pixels(self._codes) - middle) / half).astype(np.float32)  # from −1 to 1 over the area
        shade = theme.mix(colors.text_3, colors.plot, 0.75)
        painter.drawImage(area.topLeft(), point_plot.dots(spots, area, shade, self.devicePixelRatioF(), 1.0))

    def _paint_over(self, painter: QPainter) -> None:
        """The prior's rings, and what they are."""
        colors, area = theme.current(), self.inner
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(colors.info_p), 1))
        for ring in (1, 2, 3):
            painter.drawPath(circle(self, ring))
        note = QRectF(area.left() + 4, area.bottom() - theme.px(18), theme.px(106), theme.px(15))
        if area.width() > theme.px(130):
            paint.box(painter, note, 3, colors.plot, colors.line)
            words = "rings: prior 1σ 2σ 3σ"
            paint.text(painter, note, words, "tick", colors.text_2, paint.CENTER)

    def _paint_posterior(self, painter: QPainter) -> None:
        shown, axes = self._posterior, self._axes
        if shown is None or axes is None:
            return
        colors, (unit, _) = theme.current(), self.unit_px()
        spread = np.sqrt(np.square(axes) @ np.square(shown.sigma))  # (2,)
        spot = self.to_pixel(*(axes @ shown.mu).tolist())
        color = colors.lanes[shown.slot]
        painter.setPen(QPen(QColor(colors.plot), 1))
        painter.setBrush(QColor(color))
        across, up = (min(max(2.5, float(each) * unit), float(FAR_PX)) for each in spread)
        painter.drawEllipse(spot, across, up)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for ink, width in ((colors.plot, 4.5), (color, 2.0)):
            painter.setPen(QPen(QColor(ink), width))
            painter.drawEllipse(spot, 8.0, 8.0)


def _projected(codes: Floats, axes: Floats) -> Floats:
    """Codes (N, D) on the plane of ``axes`` (2, D), without those that are not finite."""
    with np.errstate(invalid="ignore"):  # codes of a diverging run may be infinite
        flat = (codes @ axes.T).astype(np.float32)  # (N, 2)
    return flat[np.isfinite(flat).all(1)]
