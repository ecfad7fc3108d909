"""Samples: the same z in the same place in every lane."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gui import theme
from gui.desk import Desk
from gui.panels.base import LanePanel, register
from gui.sampler_chooser import SamplerChooser, fitted, sampling_note
from gui.widgets import paint
from gui.widgets.buttons import Button
from gui.widgets.label import Label
from gui.widgets.mosaic import Mosaic
from gui.widgets.point_plot import PointPlot

if TYPE_CHECKING:
    from core.board import View
    from core.run import Run

TILE, GAP = 28, 2
POINTS = 500
"""So many draws where they are points of a plane."""


@register("samples")
class Samples(LanePanel):
    """A grid of decoded draws of the prior; a click moves the point there."""

    title = "Samples"
    icon = "rows-grid"
    order = 40
    parts: tuple[str, ...] = ("samples",)
    hz = 2.0

    def __init__(self, desk: Desk, run: Run) -> None:
        super().__init__(desk, run)
        self._mosaic = Mosaic(TILE, GAP)
        self._mosaic.setAccessibleName(f"Samples of {run.title}")
        inside = QVBoxLayout(self)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self._mosaic)
        self._plot = PointPlot()
        inside.addWidget(self._plot)
        desk.dataset_changed.connect(self._fit)
        self._fit()
        self._mosaic.hovered.connect(desk.sample_hovered)
        self._mosaic.clicked.connect(self._go)
        desk.sample_hovered.connect(self._mosaic.set_highlight)
        self._grid = (0, 0)

    def _fit(self) -> None:
        """Pictures in a grid, or points in a plane, as the data are."""
        data = self.lane.dataset
        self._mosaic.setVisible(not data.points)
        self._plot.setVisible(data.points)
        if data.points:
            self._plot.set_ground(data.test.pixels[:, :, 0, 0])

    def _count(self) -> int:
        return POINTS if self.lane.dataset.points else self._grid[0] * self._grid[1]

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        step = theme.px(TILE) + GAP
        grid = max(1, (self.width() - 4) // step), max(1, (self.height() - 2) // step)
        if grid != self._grid:
            self._grid = grid
            self._mosaic.set_grid(*grid)

    def ask(self) -> None:
        """Pictures of this grid's z."""
        count = self._count()
        if count:
            key = (self.desk.experiment.sample_seed, count, self.lane.setup.latent)
            experiment, sampler = self.desk.experiment, self.desk.sampler
            self.lane.want_samples(key, experiment.samples_z(count), sampler, experiment.sample_seed)
            if fitted(sampler):
                self.lane.want_manifold()

    def refresh(self, view: View) -> None:
        """Newest pictures."""
        if view.samples is None:
            return
        if view.samples.points is not None:
            self._plot.set_points(view.samples.points, self.lane.slot)
        else:
            self._mosaic.set_images(view.samples.images)

    def _go(self, index: int) -> None:
        shown = self.lane.view.samples
        if shown is not None and shown.z is not None and 0 <= index < len(shown.z):
            self.desk.move_cursor(shown.z[index])

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        paint.box(painter, self.rect(), 4, theme.current().plot, theme.current().line)
        painter.end()

    @classmethod
    def live_note(cls, desk: Desk) -> str:
        """What the lanes share, and what a GAN does."""
        return sampling_note(desk)

    @classmethod
    def controls(cls, desk: Desk) -> list[QWidget]:
        """Where z comes from, and new draws."""
        new = Button("New z", "dice")
        new.setObjectName("new z")
        new.setToolTip("Draw new z for all lanes  (G)")
        new.clicked.connect(desk.new_samples)
        return [Label("z from", "caption", "text_3"), SamplerChooser(desk), new]
