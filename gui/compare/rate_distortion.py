"""The rate-distortion plane: every lane's point over training, between a short code and a faithful reconstruction.

Both axes are nats per held-out image. D + R is constant on a diagonal: all its points have the same -ELBO
(Alemi et al. 2018, "Fixing a Broken ELBO").
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen

from core.engine.freshness import present
from core.foundation.arrays import Doubles
from core.probes.held_out import HeldOutLook
from gui.desk.desk import Desk
from gui.drawing import chart, lane_shapes, numbers, paint, theme
from gui.drawing.painting import painting, pixel
from gui.drawing.smoothing import nice_range
from gui.widgets.help_text import Help
from gui.widgets.offer import Offer, csv_of
from gui.widgets.painted import ScaledWidget

if TYPE_CHECKING:
    from core.engine.board import View
    from core.engine.run import Run

TOP_PX = 38
"""Height of title and reading above the plot, px at text size 1."""
NEAR_PX = 14.0
"""Largest distance of the mouse from the point that it reads, px."""
DIAGONALS = 4
"""Number of diagonals, about."""
LABEL_ENDS = (1.0, 0.8, 0.6, 0.4)
"""Where on a diagonal its label may end, as a share of the diagonal; the first that is free is taken."""
SKIPPED_SHARE = 0.25
"""Share of a track that the ranges leave out: the steep fall at the start would squeeze the rest."""
ABOUT = Help(
    "Rate and distortion",
    "Left is a short code, down a faithful picture. On a thin diagonal −ELBO is the same: nearer to the corner is "
    "better. β moves a VAE along it.",
    "An autoencoder has no rate: it is a dashed line. A GAN has neither and is absent. Alemi et al. 2018.",
    r"-\mathrm{ELBO} = \distortion{D} + \rate{R}",
)


@dataclass(frozen=True)
class Track:
    """A lane over training: step, rate (NaN where it has none) and distortion, each (N,), N >= 1."""

    run: Run
    step: Doubles
    rate: Doubles
    distortion: Doubles

    @property
    def has_rate(self) -> bool:
        """Whether the lane has a rate. Without one it is a horizontal line."""
        return bool(np.isfinite(self.rate[-1]))


class RateDistortion(ScaledWidget):
    """One plot for all lanes. The mouse reads the nearest point."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.run: Run | None = None
        self.hz = 1.0
        self._tracks: list[Track] = []
        self._spot: QPointF | None = None
        self.setObjectName("rate distortion")
        self.setAccessibleName(ABOUT.title)
        self.setMouseTracking(True)
        for signal in (desk.lanes_changed, desk.dataset_changed, desk.names.changed, theme.changes.changed):
            signal.connect(self.read)

    def offer(self) -> Offer:
        """The plot, and every point on it as a table."""
        return Offer(ABOUT.title, table=self._table)

    def _table(self) -> str:
        rows = [(track, i) for track in self._tracks for i in range(len(track.step))]
        names = [self._desk.names.of(track.run).full for track, _ in rows]
        steps, distortions = ([getattr(track, name)[i] for track, i in rows] for name in ("step", "distortion"))
        rates = [track.rate[i] if track.has_rate else None for track, i in rows]
        return csv_of({"lane": names, "step": steps, "rate": rates, "distortion": distortions})

    def ask(self) -> None:
        """Distortion and rate of held-out images."""
        for run in self._desk.runs:
            run.ask(HeldOutLook())

    def parts(self, view: View) -> tuple[object, ...]:
        """Parts of the view that are drawn."""
        return view.tests, view.status

    def refresh(self, view: View) -> None:
        """Read the new points."""
        self.read()

    def read(self) -> None:
        """Read the tracks of all lanes."""
        self._tracks = []
        for run in self._desk.runs:
            table = run.view.tests
            if not len(table):
                continue
            finite = np.isfinite(table.column("distortion"))
            trained = finite & (table.column("step") > 0)  # initial weights are far off and would squeeze the rest
            shown = trained if trained.any() else finite
            if shown.any():
                columns = (table.column(name)[shown] for name in ("step", "rate", "distortion"))
                self._tracks.append(Track(run, *columns))
        self.setAccessibleDescription("; ".join(self._words(track, -1) for track in self._tracks))
        self.update()

    # --- geometry ----------------------------------------------------------------------------------------------------

    def _ranges(self) -> tuple[tuple[float, float], tuple[float, float]]:
        rates, distortions = [np.zeros(1)], []
        for track in self._tracks:
            skipped = int(SKIPPED_SHARE * len(track.step))
            distortions.append(track.distortion[skipped:])
            if track.has_rate:
                rates.append(track.rate[skipped:])
        if not distortions:
            return (0.0, 10.0), (100.0, 200.0)
        x_end = float(np.nanmax(np.concatenate(rates)))
        values = np.concatenate(distortions)
        return (0.0, chart.axis_end(max(x_end * 1.15, 1.0), 1.1)), nice_range(float(values.min()), float(values.max()))

    def _frame(self) -> tuple[QRectF, chart.Picture]:
        return QRectF(self.rect()).adjusted(4, theme.px(TOP_PX), -4, -theme.px(14)), chart.Picture(*self._ranges())

    def spot_of(self, run: Run) -> QPointF | None:
        """The lane's latest point, px; for a lane without a rate the right end of its line."""
        area, picture = self._frame()
        frame = chart.Frame(area, picture)
        for track in self._tracks:
            if track.run is run:
                y = float(frame.down(track.distortion[-1:])[0])
                x = float(frame.across(track.rate[-1:])[0]) if track.has_rate else frame.inner.right()
                return QPointF(x, y)
        return None

    def _nearest(self, spot: QPointF) -> tuple[Track, int] | None:
        """The track and row nearest to the mouse, within `NEAR_PX`."""
        area, picture = self._frame()
        frame = chart.Frame(area, picture)
        nearest, best = None, NEAR_PX
        for track in self._tracks:
            y = frame.down(track.distortion) - spot.y()
            if track.has_rate:
                away = np.hypot(frame.across(track.rate) - spot.x(), y)
                row = int(np.nanargmin(away))
                far = float(away[row])
            else:
                row, far = -1, abs(float(y[-1]))
            if far <= best:  # of two that coincide the later one is painted on top
                nearest, best = (track, row), far
        return nearest

    def _words(self, track: Track, row: int) -> str:
        name = f"{self._desk.names.of(track.run).full}, step {track.step[row]:,.0f}"
        rate, distortion = float(track.rate[row]), float(track.distortion[row])
        if not math.isfinite(rate):
            return f"{name}: D {numbers.number(distortion, 1)}, no rate"
        both = numbers.number(rate + distortion, 1)
        return f"{name}: R {numbers.number(rate, 1)}, D {numbers.number(distortion, 1)}, −ELBO {both}"

    # --- painting ----------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        colors, px = theme.current(), theme.px
        with painting(self) as painter:
            painter.fillRect(self.rect(), QColor(colors.window))
            paint.box(painter, self.rect(), 4, colors.plot, colors.line)
            area, picture = self._frame()
            title = QRectF(px(8), px(3), self.width() - px(16), px(16))
            paint.text(painter, title, ABOUT.title, "strong", colors.text)
            under = QRectF(px(8), px(19), self.width() - px(16), px(15))
            near = self._nearest(self._spot) if self._spot is not None else None
            words = self._words(*near) if near is not None else "distortion, nats"
            ink = colors.text_2 if near is not None else colors.text_3
            paint.text(painter, under, words, "tick", ink)
            foot = QRectF(0, self.height() - px(16), self.width() - px(10), px(14))
            paint.text(painter, foot, "rate, nats", "tick", colors.text_3, paint.RIGHT)
            chart.paint_grid(painter, area, picture)
            frame = chart.Frame(area, picture)
            if self._tracks:
                self._paint_diagonals(painter, frame, picture)
                painter.setClipRect(frame.inner.adjusted(-6, -6, 6, 6))
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                for track in self._tracks:
                    self._paint_track(painter, frame, track)
                if near is not None and near[0].has_rate:
                    at = self._at(frame, *near)
                    painter.setPen(QPen(QColor(colors.accent), 1.5))
                    painter.setBrush(Qt.BrushStyle.NoBrush)
                    painter.drawEllipse(at, 6.0, 6.0)
            else:
                words = "No lane has a distortion yet"
                paint.text(painter, frame.inner, words, "caption", colors.text_3, paint.CENTER)

    def _at(self, frame: chart.Frame, track: Track, row: int) -> QPointF:
        x = frame.across(track.rate[[row]])[0]
        return QPointF(float(x), float(frame.down(track.distortion[[row]])[0]))

    def _paint_diagonals(self, painter: QPainter, frame: chart.Frame, picture: chart.Picture) -> None:
        """Lines of constant D + R. Labels lie under their line, clear of lanes and other labels."""
        colors = theme.current()
        (_, x_end), (low, high) = picture.x_range, picture.y_range
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        labels: list[QRectF] = []
        for total in chart.ticks(low, high + x_end, DIAGONALS + 1):
            if not low < total < high + x_end:
                continue
            rates = np.array([max(0.0, total - high), min(x_end, total - low)])
            x, y = frame.across(rates), frame.down(total - rates)
            painter.setPen(QPen(QColor(colors.track), 1))
            painter.drawLine(QPointF(x[0], y[0]), QPointF(x[1], y[1]))
            words = f"−ELBO {numbers.short(total)}" if not labels else numbers.short(total)
            wide = paint.wide(words, "tick") + 4
            for part in LABEL_ENDS:
                spot = QRectF(x[0] + part * (x[1] - x[0]) - wide - 2, y[0] + part * (y[1] - y[0]) + 1, wide, 13)
                covered = any(self._covers(frame, track, spot) for track in self._tracks)
                if frame.inner.contains(spot) and not covered and not any(spot.intersects(label) for label in labels):
                    paint.text(painter, spot, words, "tick", colors.text_3, paint.RIGHT)
                    labels.append(spot)
                    break

    def _covers(self, frame: chart.Frame, track: Track, label: QRectF) -> bool:
        """Whether a lane's mark or track crosses the area of a label."""
        around = label.adjusted(-8, -8, 8, 8)
        x, y = frame.across(track.rate), frame.down(track.distortion)
        if not track.has_rate:
            return bool(around.top() < y[-1] < around.bottom())
        across = (around.left() < x) & (x < around.right())
        return bool((across & (around.top() < y) & (y < around.bottom())).any())

    def _paint_track(self, painter: QPainter, frame: chart.Frame, track: Track) -> None:
        colors = theme.current()
        ink = colors.lanes[track.run.slot]
        is_old = present(track.run.view).is_old(int(track.step[-1]))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if track.has_rate:
            painter.setPen(QPen(QColor(ink), 1))
            painter.drawPolyline(frame.polygon(np.nan_to_num(track.rate), track.distortion))
        else:
            pen = QPen(QColor(ink), 1)
            pen.setDashPattern([4, 3])
            painter.setPen(pen)
            y = pixel(float(frame.down(track.distortion[-1:])[0])) + 0.5
            painter.drawLine(QPointF(frame.inner.left(), y), QPointF(frame.inner.right(), y))
        spot = self.spot_of(track.run)
        if spot is not None and frame.inner.adjusted(-1, -1, 1, 1).contains(spot):
            x = spot.x() if track.has_rate else spot.x() - 8
            lane_shapes.paint(painter, track.run.slot, x, spot.y(), theme.px(9), colors.text_3 if is_old else ink)

    # --- input -------------------------------------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._spot is None:
            self._desk.help(ABOUT)
        self._spot = event.position()
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._spot = None
        self._desk.help(None)
        self.update()
