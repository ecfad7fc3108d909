"""One lane's hole map, the decoded picture under the mouse, and the numbers of both."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QBoxLayout, QSizePolicy, QWidget

from core.engine.freshness import present
from core.probes.codes import TrainingCodesLook
from core.probes.hole_maps import HoleMap, HoleMapLook
from gui.desk.desk import Desk
from gui.drawing import numbers, theme
from gui.information.add_lane import add_lane_button
from gui.information.card import Figure, TitledCard
from gui.information.pages.holes.map_plot import HolePlot, reading, span, written
from gui.information.pages.holes.state import CAUTION, MAPS, RATIO, HoleState, maps, meaning, unit
from gui.plots.plane import Square
from gui.widgets.image_view import ImageView
from gui.widgets.label import Label
from gui.widgets.lane_mark import LaneMark

if TYPE_CHECKING:
    from core.engine.board import View
    from core.engine.run import Run
    from core.metrics.base import Measured


SIDE_PX = 168
"""Width of the column of figures, px at text size 1."""
NARROW_PX = 440
"""Narrower cards have their figures below the map, px at text size 1."""
WIDEST_PX = 16_777_215
"""Qt's largest width of a widget, px."""
HOLE_SHARE = "hole_share"


def ratio_words(ratio: float) -> str:
    """The hole ratio of a place, and whether it is a hole: above 1."""
    is_hole = ratio > 1
    low, high = (1.0, math.inf) if is_hole else (-math.inf, 1.0)
    words = numbers.within(ratio, low, high, decimals=2)
    return f"r {words}: {'hole' if is_hole else 'codes are here'}"


class HoleCard(TitledCard):
    """A lane's hole map with its figures. On the clock, as its lane trains."""

    def __init__(self, desk: Desk, state: HoleState, run: Run) -> None:
        super().__init__(desk.names.of(run).full, "", f"holes of {run.slot}")
        self._desk, self._state, self.lane = desk, state, run
        self.run: Run | None = run
        self._announced: HoleMap | None = None  # the map of which the other cards and the legend know
        self.hz = 6.0
        self._head.insertWidget(0, LaneMark(run.slot))
        self.plot = HolePlot(f"Hole map of {desk.names.of(run).long}", state.link)
        for signal in (desk.names.changed, desk.dataset_changed):
            signal.connect(self._rename)
        self.picture = ImageView(112, border=True)
        self.where = Label("", "caption", "text_3", elided=True)
        self.value = Label("", "caption", "text_2", elided=True)
        self.verdict = Label("", "caption", "text_2", elided=True)
        self.share = Figure(
            "Hole share",
            r"Share of draws $z \sim \p{\mathcal{N}(0, 1)}$ with $\hole{r(z) > 1}$: 5 % if codes are spread just like"
            " the prior, less if they reach farther."
            f"\n{RATIO}",
            below=True,
        )
        self.number = Figure("", below=True)
        self._rename()
        self.body.addLayout(self._lay_out(), 1)
        self.plot.moved.connect(desk.point.move_on_map)
        self.plot.pressed.connect(self._press)
        self.plot.hovered.connect(state.set_hover)
        for signal in (state.changed, state.mapped, desk.point.plane_changed):
            signal.connect(self.look)
        for signal in (state.hovered, desk.point.moved):
            signal.connect(self.read)

    def _rename(self) -> None:
        if self.lane in self._desk.runs:
            name = self._desk.names.of(self.lane)
            self.rename(name.full)
            self.picture.setAccessibleName(self._desk.worded(f"Decoded picture of {name.long}"))

    def _lay_out(self) -> QBoxLayout:
        px = theme.px
        words = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        words.setSpacing(0)
        for label in (self.where, self.value, self.verdict):
            words.addWidget(label)
        words.addStretch(1)
        self._seen: QBoxLayout = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._seen.setSpacing(px(6))
        self._seen.addWidget(self.picture)
        self._seen.addLayout(words, 1)
        figures = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        figures.setSpacing(px(8))
        figures.addWidget(self.share)
        figures.addWidget(self.number)
        for figure in (self.share, self.number):
            figure.setMinimumWidth(px(158))
        self._side = QWidget()
        self._inner = QBoxLayout(QBoxLayout.Direction.TopToBottom, self._side)
        self._inner.setContentsMargins(0, 0, 0, 0)
        self._inner.setSpacing(px(8))
        self._inner.addLayout(self._seen, 1)
        self._inner.addLayout(figures)
        self._halves = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._halves.setSpacing(px(12))
        self._halves.addWidget(Square(self.plot), 1)
        self._halves.addWidget(self._side)
        return self._halves

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        small = self.width() < theme.px(NARROW_PX)
        across, down = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom
        self._halves.setDirection(down if small else across)
        self._inner.setDirection(across if small else down)
        self._side.setMinimumWidth(0 if small else theme.px(SIDE_PX))  # below the map it is as wide as the card
        self._side.setMaximumWidth(WIDEST_PX if small else theme.px(SIDE_PX))
        self._seen.setDirection(down)
        self.picture.set_size(self._side_of_picture(small))

    def _side_of_picture(self, small: bool) -> int:
        image = self.lane.dataset.picture_side
        if self.lane.dataset.planar:
            return 84
        words = 3 * theme.line_height("caption") + 2 * self.share.sizeHint().height() + theme.px(36 + 8 + 22)
        most = theme.px(96) if small else min(theme.px(140), max(theme.px(40), self.height() - words))
        return image * (most // image) if image <= most else most

    def _press(self, held: bool) -> None:
        self._desk.point.stop()
        self._desk.pressed = held

    # --- what is shown -----------------------------------------------------------------------------------------------

    @property
    def fits(self) -> bool:
        """Whether the lane has the latent size of the shared point."""
        return self._desk.is_open and self.lane.setup.latent == len(self._desk.point.z)

    def ask(self) -> None:
        """Request the chosen map and the hole share."""
        if not self.fits:
            return
        self.lane.ask(HoleMapLook(self._state.kind, self._desk.point.plane, self._desk.point.z))
        if self.lane.model.has_encoder:
            self.lane.ask(TrainingCodesLook())
        self.lane.ask_measures((HOLE_SHARE,), self._desk.sampler)

    def parts(self, view: View) -> tuple[object, ...]:
        """What it draws of a view."""
        return view.snapshot, view.looks.of(HoleMapLook, self._state.kind), view.measures, view.status

    def refresh(self, view: View) -> None:
        """Show new weights, a new map or a new share."""
        hole_map = view.looks.value(HoleMapLook, self._state.kind)
        if hole_map is not self._announced:
            self._announced = hole_map
            self._state.mapped.emit()
        else:
            self.look()

    def measured(self) -> Measured | None:
        """The measured hole share, or None before."""
        measures = self.lane.view.measures
        return None if measures is None else measures.values.get(HOLE_SHARE)

    def look(self) -> None:
        """Show the newest map, hole share and reading."""
        if not self.isVisible() or not self.fits:
            return
        answer = self.lane.view.looks.of(HoleMapLook, self._state.kind)
        hole_map = None if answer is None else answer.value
        all_maps = maps(self._desk, self._state.kind)
        self.plot.show_map(hole_map, span(all_maps), self._state.codes, "Computing the map …")
        now = present(self.lane.view)
        self.note.setText("" if answer is None else f"map of step {answer.step:,}")
        self.number.set_token("text_3" if answer is not None and now.is_old(answer.step) else "text")
        share = self.measured()
        if share is None or math.isnan(share.value):
            self.share.show_value("—", "", "measuring" if share is None else "no code is finite")
        else:
            self.share.set_token("text_3" if now.is_old(share.step) else "text")
            self.share.set_caption(f"Hole share, step {share.step:,}")
            low, high = (numbers.number(end, 1) for end in (share.low, share.high))
            self.share.show_value(numbers.number(share.value, 1), "%", f"95 %: {low} to {high} %")
        self._show_number()
        self.read()

    def _show_number(self) -> None:
        kind, hole_map = self._state.kind, self.lane.view.looks.value(HoleMapLook, self._state.kind)
        name, dims = dict(MAPS)[kind], len(self._desk.point.z)
        self.number.set_caption("In holes, this map" if kind == "density" else f"Mean {name[0].lower()}{name[1:]}")
        self.number.set_tip(
            f"{meaning(kind, dims)}. Weighted by the prior over this plane, ±3 σ{CAUTION.get(kind, '')}"
        )
        plane = "the prior on this plane" if dims <= 2 else f"this plane only, of {dims} dims"
        if hole_map is None:
            self.number.show_value("—")
        elif kind == "density":
            self.number.show_value(numbers.number(100 * hole_map.number, 1), "%", f"of {plane}" if dims <= 2 else plane)
        else:
            self.number.show_value(
                written(kind, hole_map.number), unit(kind, dims), f"over {plane}" if dims <= 2 else plane
            )

    def _codes_are_of_the_map(self) -> bool:
        looks = self.lane.view.looks
        drawn, codes = looks.of(HoleMapLook, self._state.kind), looks.of(TrainingCodesLook)
        return drawn is not None and codes is not None and drawn.step == codes.step

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.look()  # a hidden card keeps nothing up to date

    def read(self) -> None:
        """Decode and read the point under the mouse or at the cross, else the shared one; within the event."""
        if not self.isVisible() or not self.fits:
            return
        state, kind = self._state, self._state.kind
        self.plot.show_point(self._desk.point.plane.of(self._desk.point.z[None])[0])
        self.plot.show_reading(state.hover)
        shown = self.lane.show(state.z[None])
        self.picture.set_image(None if shown is None else shown[0])
        x, y = (numbers.number(float(each), 2) for each in state.point)
        where = "at the point" if state.hover is None else "at the cross" if state.by_keys else "under the mouse"
        self.where.setText(f"{where} ({x}, {y})")
        hole_map = self.lane.view.looks.value(HoleMapLook, kind)
        value, ratio = (math.nan, None) if hole_map is None else reading(hole_map, state.point)
        if ratio is not None and self._codes_are_of_the_map():
            ratio = self.lane.hole_ratio(state.z)  # of the point, not of the middle of its cell: as in every other tab
        value_words = f"{dict(MAPS)[kind]} {written(kind, value)} {unit(kind, len(self._desk.point.z))}"
        self.value.setText(value_words if value == value else "")
        words = "" if ratio is None else ratio_words(ratio)
        self.verdict.setText(words)
        self.verdict.set_token("warn" if ratio is not None and ratio > 1 else "text_2")


class MissingCard(TitledCard):
    """Stands in for a missing model, with a button that adds it to compare."""

    def __init__(self, desk: Desk, model: str, name: str) -> None:
        super().__init__(name, "", f"missing {model}")
        offer = f"Add {'an' if name[0] in 'AEIO' else 'a'} {name} lane"
        words = Label(f"{offer} to compare", "body", "text_2", wrap=True)
        words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.add = add_lane_button(desk, model, offer, height=28)
        self.body.addStretch(1)
        self.body.addWidget(words)
        self.body.addWidget(self.add, 0, Qt.AlignmentFlag.AlignCenter)
        self.body.addStretch(1)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        return QSize(theme.px(200), theme.px(200))
