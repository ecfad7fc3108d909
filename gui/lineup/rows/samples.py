"""Samples: the same z at the same place in every lane; for points of a plane that plane with samples and layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF
from PySide6.QtGui import QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from core.probes.codes import TrainingCodesLook
from core.probes.data_plane import PlaneLook
from core.probes.nearest import NeighboursLook
from core.probes.pictures import in_plane
from core.probes.samples import SamplesLook
from core.text import addresses
from gui.desk.desk import Desk
from gui.desk.export import decoded_table
from gui.desk.freshness import origin_if_old, present_of
from gui.desk.lane_panel import LanePanel, register
from gui.desk.picture_acts import use_as_input
from gui.drawing import paint, theme
from gui.drawing.painting import painting
from gui.lineup.layer_controls import PlaneControls
from gui.lineup.nearest_card import NearestCard
from gui.lineup.plane_plot import PlanePlot
from gui.lineup.sampler_chooser import SamplerChooser, is_fitted, sampling_note, shown_sampler
from gui.widgets.buttons import Button
from gui.widgets.key_hints import Hint
from gui.widgets.label import Label
from gui.widgets.mosaic import Mosaic
from gui.widgets.offer import Act, Offer
from gui.widgets.stamp import Stamp

if TYPE_CHECKING:
    from core.engine.board import View
    from core.engine.run import Run
    from core.foundation.arrays import Floats

Shown = tuple[object, object]
"""The samples and the layers of the plane that are drawn."""
TILE = 28
"""Side of a tile, px at text size 1."""
GAP = 2
"""Space between two tiles, px."""
NEAREST = 10
"""Number of training images in the card of those nearest to a sample."""
POINTS = 500
"""Number of samples of 2-D data."""


@register("samples")
class Samples(LanePanel):
    """A grid of decoded samples of z. A click on one moves the point there."""

    title = "Samples"
    icon = "rows-grid"
    order = 40
    place = addresses.SAMPLERS
    hz = 2.0

    def __init__(self, desk: Desk, run: Run) -> None:
        super().__init__(desk, run)
        self._mosaic = Mosaic(TILE, GAP)
        inside = QVBoxLayout(self)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self._mosaic)
        self._plot = PlanePlot(run.slot, run.model.judges, desk.plane_link)
        self._plot.setToolTip("Wheel: zoom. Drag: pan. A click on a sample brings the point there")
        self.rename(desk.names.of(run).long)
        inside.addWidget(self._plot)
        self.stamp = Stamp(self)
        self._shown: Shown | None = None
        self._near: NearestCard | None = None  # made when it opens first
        self._near_look: NeighboursLook | None = None
        self._drawn_with = ""  # the sampler of the samples shown
        desk.sampler_changed.connect(self._redate)
        desk.dataset_changed.connect(self._fit)
        desk.layers.changed.connect(self._choose)
        self._choose()
        self._fit()
        self._mosaic.hovered.connect(desk.sample_hovered)
        self._mosaic.clicked.connect(self._go)
        self._plot.picked.connect(self._go)
        self._plot.hovered.connect(desk.sample_hovered)
        for shows in (self._mosaic.set_highlight, self._plot.set_highlight):
            desk.sample_hovered.connect(shows)
        self._grid = (0, 0)

    def rename(self, name: str) -> None:
        self._mosaic.setAccessibleName(f"Samples of {name}")
        self._plot.setAccessibleName(f"Data and samples of {name} in the plane")

    def offer(self) -> Offer:
        """The plane or the grid, and the z of the samples as a table."""
        samples = self.lane.view.looks.value(SamplesLook)
        array = None if samples is None else samples.images if samples.points is None else samples.points
        return Offer(super().offer().title, table=None if samples is None else self._table, array=array)

    def acts_here(self, at: QPoint | None) -> tuple[Act, ...]:
        """What is done with a sample: the point there, the sample as input, the training images nearest to it."""
        samples, index = self.lane.view.looks.value(SamplesLook), self._index_at(at)
        if samples is None or not 0 <= index < len(samples.z):
            return ()
        z, move = samples.z[index], Act("Point here", lambda: self._go(index))
        if in_plane(samples.points) is not None:
            return (move,)
        images = self.lane.decode(z[None])
        return (
            move,
            use_as_input(self.desk, self.lane.dataset, None if images is None else images[0], "sample"),
            Act("Nearest images …", lambda: self._open_nearest(z, index)),
        )

    def _index_at(self, at: QPoint | None) -> int:
        """The sample at a place of the screen, or that of the cursor; −1 for none."""
        if self.lane.dataset.planar:
            return -1 if at is None else self._plot.sample_near(QPointF(self._plot.mapFromGlobal(at)))
        return (
            self._mosaic.highlight() if at is None else self._mosaic.index_at(QPointF(self._mosaic.mapFromGlobal(at)))
        )

    def _open_nearest(self, z: Floats, index: int) -> None:
        """Open the card; what it shows is asked for while it is open."""
        if self._near is None:
            self._near = NearestCard(self)
        self._near_look = NeighboursLook(z, NEAREST)
        self._near.open_on(f"Sample {index + 1} of {self.desk.names.of(self.lane).full}", self._mosaic)
        self.ask()

    def _near_is_open(self) -> bool:
        return self._near is not None and self._near.isVisible()

    def _table(self) -> str:
        """Where each sample was drawn, and of points where it came to lie; in a plane also the data behind them."""
        samples = self.lane.view.looks.value(SamplesLook)
        if samples is None:
            return ""
        data = self.lane.dataset
        return decoded_table(data, samples.z, samples.points, self._plot.background if data.planar else None)

    def _fit(self) -> None:
        """Show the grid for images, the plane for 2-D points."""
        data = self.lane.dataset
        self._mosaic.setVisible(not data.planar)
        self._plot.setVisible(data.planar)
        self.stamp.set_low(data.planar)  # the legend of the plane begins at the top
        if data.planar:
            self._plot.set_background(data.test.pixels[:, :, 0, 0])

    def _choose(self) -> None:
        self._plot.set_shown_layers(self.desk.layers.wanted)

    def _count(self) -> int:
        return POINTS if self.lane.dataset.planar else self._grid[0] * self._grid[1]

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        step = theme.px(TILE) + GAP
        grid = max(1, (self.width() - 4) // step), max(1, (self.height() - 2) // step)
        if grid != self._grid:
            self._grid = grid
            self._mosaic.set_grid(*grid)

    def ask(self) -> None:
        """Ask for as many samples as the grid shows; for 2-D data also for the layers."""
        count = self._count()
        if self._near_look is not None and self._near_is_open():
            self.lane.ask(self._near_look)
        if count:
            seed, sampler = self.desk.experiment.sample_seed, self.lane.sampler_in_force(self.desk.sampler)
            self.lane.ask(SamplesLook(count, seed, sampler))
            if is_fitted(sampler):
                self.lane.ask(TrainingCodesLook())
            wanted, point = self.desk.layers.wanted, self.desk.point
            if self.lane.dataset.planar and (wanted.heat or wanted.grid or wanted.arrows):
                self.lane.ask(PlaneLook(wanted, point.plane, point.z, count, seed, sampler))

    def parts(self, view: View) -> tuple[object, ...]:
        """Parts of the view that are drawn."""
        return view.looks.of(SamplesLook), view.looks.of(PlaneLook), view.looks.of(NeighboursLook), view.status

    def refresh(self, view: View) -> None:
        """Show the newest samples."""
        self._date(view)
        self._show_nearest(view)
        samples, layers = view.looks.value(SamplesLook), view.looks.value(PlaneLook)
        if self._shown is not None and self._shown[0] is samples and self._shown[1] is layers:
            return
        self._shown = samples, layers
        if self.lane.dataset.planar:
            codes = None if samples is None else samples.z
            self._plot.set_points(None if samples is None else in_plane(samples.points), layers, codes)
        elif samples is None:
            self._mosaic.clear()
        elif in_plane(samples.points) is None:
            self._mosaic.set_images(samples.images)

    def _show_nearest(self, view: View) -> None:
        answer, look = view.looks.of(NeighboursLook), self._near_look
        if self._near is None or not self._near_is_open() or answer is None or look is None:
            return
        if answer.key == look.key:  # not of the sample that was asked about before
            self._near.show_found(answer.value)

    def _redate(self) -> None:
        self._date(self.lane.view)

    def _date(self, view: View) -> None:
        """Say of which step and sampler old samples are; grey those of another sampler or knob."""
        now = present_of(self.desk, self.lane, view)
        answer, drawn = view.looks.of(SamplesLook), shown_sampler(self.lane, view)
        layers = view.looks.of(PlaneLook) if self.lane.dataset.planar else None
        estimated = layers.look.sampler if layers is not None and isinstance(layers.look, PlaneLook) else ""
        self.stamp.set_words(origin_if_old(now, answer, drawn) or origin_if_old(now, layers, estimated))
        self._plot.set_noted(bool(self.stamp.words()))
        self._mosaic.set_dim(answer is not None and now.is_other_source(answer.step, drawn))
        if drawn != self._drawn_with:
            self._drawn_with = drawn
            self.desk.samples_shown.emit()

    def _go(self, index: int) -> None:
        shown = self.lane.view.looks.value(SamplesLook)
        if shown is not None and 0 <= index < len(shown.z):
            self.desk.point.move(shown.z[index])

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self) as painter:
            paint.box(painter, self.rect(), 4, theme.current().plot, theme.current().line)

    @classmethod
    def live_title(cls, desk: Desk) -> str:
        """The title, for images or 2-D points."""
        return "Plane" if desk.is_open and desk.experiment.dataset.planar else cls.title

    @classmethod
    def live_note(cls, desk: Desk) -> str:
        """What the lanes share, and what a lane without an encoder samples."""
        return sampling_note(desk)

    @classmethod
    def controls(cls, desk: Desk) -> list[QWidget]:
        """The sampler, the layers of the plane, and a button for new z."""
        new = Button("New z", "dice")
        new.setObjectName("new z")
        Hint(new, "Draw new z for all lanes", "new_samples")
        new.clicked.connect(desk.new_samples)
        words = Label("z from", "caption", "text_3")

        def fit() -> None:
            if desk.is_open and desk.experiment.dataset.planar:
                words.hide()  # the layers of the plane need the room
            elif words.parent() is not None:  # without a parent it would open as a window
                words.show()

        desk.dataset_changed.connect(fit)
        desk.opened.connect(fit)
        fit()
        return [words, SamplerChooser(desk), PlaneControls(desk), new]
