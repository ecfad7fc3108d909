"""The rate-distortion plane: every lane's point over training, between a short code and a faithful reconstruction.

Both axes are nats per held-out image. D + R is constant on a diagonal: all its points have the same -ELBO
(Alemi et al. 2018, "Fixing a Broken ELBO").
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QPointF
from PySide6.QtGui import QEnterEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from core.engine.freshness import present
from core.probes.held_out import HeldOutLook
from core.text import addresses
from gui.compare.track_plot import Track, TrackPlot
from gui.desk.desk import Desk
from gui.drawing import numbers, theme
from gui.drawing.chart import axis_end
from gui.drawing.smoothing import nice_range
from gui.plots.link import Range
from gui.widgets import layouts
from gui.widgets.help_text import Help
from gui.widgets.offer import Offer, csv_of

if TYPE_CHECKING:
    from core.engine.board import View
    from core.engine.run import Run

SKIPPED_SHARE = 0.25
"""Share of a track that the ranges leave out: the steep fall at the start would squeeze the rest."""
ABOUT = Help(
    "Rate and distortion",
    "Left is a short code, down a faithful picture. On a thin diagonal −ELBO is the same: nearer to the corner is "
    "better. β moves a VAE along it.",
    "An autoencoder has no rate: it is a dashed line. A GAN has neither and is absent. Alemi et al. 2018.",
    r"-\mathrm{ELBO} = \distortion{D} + \rate{R}",
    address=addresses.of_measure("negative_elbo"),
)


class RateDistortion(QWidget):
    """One plot for all lanes, which is made when it is shown first: the window must be painted before."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.run: Run | None = None
        self.hz = 1.0
        self._tracks: list[Track] = []
        self._plot: TrackPlot | None = None
        layouts.column(margins=layouts.NO_MARGINS, on=self)
        self.setObjectName("rate distortion")
        self.setAccessibleName(ABOUT.title)
        for signal in (desk.lanes_changed, desk.dataset_changed, desk.names.changed, theme.changes.changed):
            signal.connect(self.read)
        for signal in (desk.dataset_changed, desk.restarted):
            signal.connect(self._fit)

    @property
    def plot(self) -> TrackPlot:
        """The plot. AssertionError before the plane is shown."""
        assert self._plot is not None
        return self._plot

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._plot is None:
            self._plot = TrackPlot(ABOUT.title, self._words)
            self.setFocusProxy(self._plot)
            box = self.layout()
            assert box is not None
            box.addWidget(self._plot)
            self._plot.show()
            self.read()

    def enterEvent(self, event: QEnterEvent) -> None:
        self._desk.help(ABOUT)

    def leaveEvent(self, event: QEvent) -> None:
        self._desk.help(None)

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
                step, rate, distortion = (table.column(name)[shown] for name in ("step", "rate", "distortion"))
                is_old = present(run.view).is_old(int(step[-1]))
                self._tracks.append(Track(run, step, rate, distortion, is_old))
        self.setAccessibleDescription("; ".join(self._words(track, -1)[0] for track in self._tracks))
        if self._plot is not None:
            self._plot.show_tracks(self._tracks, *self._home())

    def _home(self) -> tuple[Range, Range]:
        """Ranges of rate and distortion, nats, that hold every lane."""
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
        return (0.0, axis_end(max(x_end * 1.15, 1.0), 1.1)), nice_range(float(values.min()), float(values.max()))

    def _fit(self) -> None:
        if self._plot is not None:
            self._plot.fit()

    def spot_of(self, run: Run) -> QPointF | None:
        """The lane's latest point, px; for a lane without a rate the right end of its line."""
        return self.plot.spot_of(run)

    def _words(self, track: Track, row: int) -> tuple[str, ...]:
        """What a point of a lane reads, in wordings from the longest to the shortest."""
        name, step = self._desk.names.of(track.run).full, f"step {track.step[row]:,.0f}"
        rate, distortion = float(track.rate[row]), float(track.distortion[row])
        if math.isfinite(rate):
            both = numbers.number(rate + distortion, 1)
            values = f"R {numbers.number(rate, 1)}, D {numbers.number(distortion, 1)}, −ELBO {both}"
            return f"{name}, {step}: {values} nats", f"{name}: {values} nats", values
        values = f"D {numbers.number(distortion, 1)} nats"
        return f"{name}, {step}: {values}, no rate", f"{name}: {values}", values
