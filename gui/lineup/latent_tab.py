"""The Latent tab: one large map."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from core.text import addresses
from gui.desk.clock import Clock
from gui.desk.desk import Desk
from gui.desk.lane_panel import ROWS, LanePanel, discard
from gui.drawing import theme
from gui.widgets import layouts
from gui.widgets.label import Label
from gui.widgets.lane_mark import LaneMark
from gui.widgets.manual_places import set_place
from gui.widgets.sections import Strip
from gui.widgets.window_ground import Page

if TYPE_CHECKING:
    from core.engine.run import Run


class LatentTab(Page):
    """Map and film strip of the selected lane, and below them the image at the cursor of every lane.

    They are built when the tab is shown: a window opens and selects lanes faster without.
    """

    def __init__(self, desk: Desk, clock: Clock) -> None:
        super().__init__()
        set_place(self, addresses.of_part("Latent map"))
        self._desk, self._clock = desk, clock
        self._cells: list[QWidget] = []
        self._names: list[tuple[Run, Label]] = []
        self._lay = QVBoxLayout(self)
        self._lay.setContentsMargins(8, 6, 8, 8)
        self._lay.setSpacing(4)
        self._built = False
        self._is_due = False  # the cells are to be built when the tab is shown
        desk.lanes_changed.connect(self._renew)
        desk.lane_selected.connect(self._renew)
        desk.names.changed.connect(self._show_names)

    def _renew(self) -> None:
        """Let go of the cells, which hold lanes, and build them anew once they are seen."""
        discard(self._clock, self._cells)
        self._names.clear()
        self._is_due = True
        if not self.isHidden():
            self._rebuild()

    def setVisible(self, visible: bool) -> None:  # noqa: N802
        if visible and self._is_due:
            self._rebuild()  # before it is seen: what is added in a show event comes a frame later
        super().setVisible(visible)

    def _rebuild(self) -> None:
        self._is_due = False
        run = self._desk.selected
        if run is None:
            return
        if not self._built:
            self._built = True
            self._strip = Strip("Latent map", "drag the ring: all lanes follow")
            self._strip.set_foldable(False)
            for control in ROWS.get("map").controls(self._desk):
                self._strip.add_action(control)
            self._lay.addWidget(self._strip)
            self._center = QVBoxLayout()
            self._pictures = QHBoxLayout()
            self._pictures.setSpacing(8)
            self._lay.addLayout(self._center, 1)
            self._lay.addLayout(self._pictures)
        self._show_names()
        self._center.addWidget(self._cell("map", run), 1)
        film = self._cell("film", run)
        film.setFixedHeight(theme.px(64))
        self._center.addWidget(film)
        for lane in self._desk.runs:
            picture = self._cell("image", lane)
            picture.setFixedHeight(theme.px(148))
            self._pictures.addWidget(self._named(lane, picture), 1)

    def _named(self, lane: Run, picture: LanePanel) -> QWidget:
        """The picture of a lane below its mark and name."""
        name = Label(self._desk.names.of(lane).full, "caption_strong", "text_2", elided=True)
        self._names.append((lane, name))
        gap = theme.px(4)
        holder = QWidget()
        head = layouts.row(LaneMark(lane.slot), (name, 1), spacing=gap)
        layouts.column(head, picture, spacing=gap, margins=layouts.NO_MARGINS, on=holder)
        self._cells.append(holder)
        return holder

    def _show_names(self) -> None:
        run = self._desk.selected
        if run is not None and self._built:
            self._strip.set_title(f"Latent map of {self._desk.names.of(run).long}")
        for lane, name in self._names:
            if lane in self._desk.runs:
                name.setText(self._desk.names.of(lane).full)

    def _cell(self, name: str, run: Run) -> LanePanel:
        cell = ROWS.get(name)(self._desk, run)
        self._clock.add(cell)
        self._cells.append(cell)
        return cell
