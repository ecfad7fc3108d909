"""The lineup: lanes side by side. A row shows the same thing in every lane, at the same height."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QMargins, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from core.engine.lane_names import MOST_LANES
from core.text import addresses
from gui.desk.clock import Clock
from gui.desk.desk import Desk
from gui.desk.lane_panel import ROWS, LanePanel, discard
from gui.desk.wording import keep_worded
from gui.drawing import theme
from gui.lineup import row_heights
from gui.lineup.lane_header import LaneHeader
from gui.lineup.lane_widths import GAP, LANE_MINIMUM, PADDING
from gui.lineup.summary_table import SummaryTable
from gui.lineup.time_bar import TimeBar
from gui.widgets import key_hints, layouts
from gui.widgets.buttons import Button, IconButton
from gui.widgets.label import Label
from gui.widgets.manual_places import set_place
from gui.widgets.sections import Strip
from gui.widgets.window_ground import Page

if TYPE_CHECKING:
    from core.engine.run import Run


class LaneBar(QWidget):
    """Number of lanes, a button that adds one, the slider that leads back in time, and a toggle per row."""

    add_wanted = Signal(object)
    rows_changed = Signal(str, bool)

    def __init__(self, desk: Desk, clock: Clock) -> None:
        super().__init__()
        set_place(self, addresses.of_part("Lanes"))
        self._desk = desk
        self.setFixedHeight(theme.px(28))
        self._count = Label("", "caption", "text_3")
        self.add = Button("Add lane", "plus", height=24)
        self.add.setObjectName("add lane")
        key_hints.changes.changed.connect(self._show_key)
        self.add.clicked.connect(lambda: self.add_wanted.emit(self.add))
        self.rows: dict[str, IconButton] = {}
        line = self._line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(theme.px(8))
        line.addWidget(Label("Lanes", "caption_strong", "text"))
        line.addWidget(self._count)
        line.addWidget(self.add)
        line.addSpacing(theme.px(8))
        self.time = TimeBar(desk, clock)
        line.addWidget(self.time, 1)
        same = IconButton("lock", "", 20)
        about = "Same seed and batches: every lane sees the same images in the same order, and draws the same z"
        keep_worded(desk, about, same.set_tip)
        same.setEnabled(False)
        line.addWidget(same)
        line.addSpacing(theme.px(8))
        line.addWidget(Label("Rows", "caption", "text_3"))
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(theme.px(2))
        line.addLayout(self._buttons)

    def keep_in_sight(self, left: int, right: int) -> None:
        """Leave these widths free at both ends, px: they are scrolled out of sight."""
        self._line.setContentsMargins(left, 0, right, 0)

    def fill(self, shown: dict[str, bool]) -> None:
        """Add a toggle per row."""
        for name in ROWS.names():
            panel = ROWS.get(name)
            button = IconButton(panel.icon, "", 24)
            keep_worded(self._desk, f"Show the row “{panel.title}”", button.set_tip)
            button.setObjectName(f"row toggle {name}")
            button.setCheckable(True)
            button.setChecked(shown[name])
            button.toggled.connect(lambda on, name=name: self.rows_changed.emit(name, on))
            self._buttons.addWidget(button)
            self.rows[name] = button

    def refresh(self) -> None:
        """Show the number of lanes."""
        count = len(self._desk.runs)
        self._count.setText(f"{count} of {MOST_LANES}")
        self.add.setEnabled(count < MOST_LANES)
        self._show_key()

    def _show_key(self) -> None:
        is_full = len(self._desk.runs) >= MOST_LANES
        more = key_hints.hint("One more model beside the others", "add_lane")
        self.add.setToolTip(f"{MOST_LANES} lanes are the most" if is_full else more)


class _Row:
    """One row of all lanes: its title strip, and a cell per lane."""

    def __init__(self, desk: Desk, panel: type[LanePanel]) -> None:
        self.panel = panel
        self.strip = Strip(panel.live_title(desk), panel.live_note(desk))
        self.strip.setObjectName(f"strip {panel.name}")
        set_place(self.strip, addresses.of_part(panel.title))
        for control in panel.controls(desk):
            self.strip.add_action(control)
        self.cells = QWidget()
        self.line = QHBoxLayout(self.cells)
        self.line.setContentsMargins(0, 0, 0, 0)
        self.line.setSpacing(GAP)

    def show(self, shown: bool) -> None:
        """Show or hide strip and cells."""
        self.strip.setVisible(shown)
        self.cells.setVisible(shown and self.strip.is_open())


def three_lanes() -> int:
    """Width of the page from which on three lanes and a scroll bar fit side by side, px."""
    return 3 * (theme.px(LANE_MINIMUM) + GAP) - GAP + 2 * PADDING + theme.px(10)


class Lineup(Page):
    """The page. Rows that do not fit scroll; lanes that would be narrower than `LANE_MINIMUM` scroll sideways."""

    add_wanted = Signal(object)
    menu_wanted = Signal(object, object)

    def __init__(self, desk: Desk, clock: Clock) -> None:
        super().__init__()
        self._desk, self._clock = desk, clock
        self._rows: dict[str, _Row] = {}
        self._cells: list[QWidget] = []
        self.shown: dict[str, bool] = {}
        self.bar = LaneBar(desk, clock)
        self.bar.add_wanted.connect(self.add_wanted)
        self.bar.rows_changed.connect(self.show_row)
        self.compare = SummaryTable(desk)
        self._page = QWidget()
        self._page.setObjectName("lineup page")
        self._lay = QVBoxLayout(self._page)
        self._lay.setContentsMargins(PADDING, 6, PADDING, 4)
        self._lay.setSpacing(0)
        self._heads = QHBoxLayout()
        self._heads.setSpacing(GAP)
        self._lay.addWidget(self.bar)
        self._lay.addSpacing(2)
        self._lay.addLayout(self._heads)
        self._waiting = Label("Preparing three models …", "body", "text_3")
        self._waiting.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._lay.addWidget(self._waiting, 1)
        self._scroll = layouts.ScrollArea("Lineup")
        self._scroll.setWidget(self._page)
        self._scroll.setWidgetResizable(True)
        inside = QVBoxLayout(self)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(0)
        inside.addWidget(self._scroll, 1)
        inside.addWidget(self.compare)
        clock.add(self.compare)
        desk.lanes_changed.connect(self.rebuild)
        desk.lane_selected.connect(self.show_selected)
        self._scroll.horizontalScrollBar().valueChanged.connect(self._keep_controls_in_sight)
        self._scroll.horizontalScrollBar().rangeChanged.connect(self._follow_range)
        for signal in (desk.point.shown, desk.chart_changed, desk.sampler_changed, desk.samples_shown):
            signal.connect(self._update_strips)
        desk.opened.connect(self._open)
        desk.dataset_changed.connect(self._follow_dataset)

    # --- rows --------------------------------------------------------------------------------------------------------

    def _open(self) -> None:
        if self._rows:
            return
        self._waiting.hide()
        self._lay.removeWidget(self._waiting)
        for name in ROWS.names():
            panel = ROWS.get(name)
            row = _Row(self._desk, panel)
            self._rows[name] = row
            self.shown.setdefault(name, panel.shown_at_first)
            row.strip.toggled.connect(self._arrange)
            self._lay.addWidget(row.strip)
            self._lay.addWidget(row.cells)
        for name, error in ROWS.broken.items():
            self._desk.told.emit(f"The row '{name}' is broken: {error}", "warn")
        self._lay.addStretch(1)
        self.bar.fill(self.shown)

    def show_row(self, name: str, shown: bool) -> None:
        """Show or hide a row in every lane."""
        self.shown[name] = shown
        if name in self.bar.rows:
            self.bar.rows[name].setChecked(shown)
        self._arrange()

    def _update_strips(self) -> None:
        for row in self._rows.values():
            row.strip.set_title(row.panel.live_title(self._desk))
            row.strip.set_note(row.panel.live_note(self._desk))

    def _follow_dataset(self) -> None:
        """2-D points need other heights and titles than images."""
        self._update_strips()
        self._arrange()

    def rebuild(self) -> None:
        """Make a head per lane, and a cell per lane and row."""
        discard(self._clock, self._cells)
        self.bar.refresh()
        for run in self._desk.runs:
            self._add_lane(run)
        self._page.setMinimumWidth(len(self._desk.runs) * (theme.px(LANE_MINIMUM) + GAP) + 2 * PADDING - GAP)
        self._update_strips()
        self._arrange()

    def _add_lane(self, run: Run) -> None:
        head = LaneHeader(self._desk, run)
        head.menu_wanted.connect(self.menu_wanted)
        self._clock.add(head)
        self._clock.add(head.verdicts)
        self._heads.addWidget(head, 1)
        head.show()  # now, not with the next events: it may be scrolled to
        self._cells.append(head)
        for row in self._rows.values():
            cell = row.panel(self._desk, run)
            self._clock.add(cell)
            row.line.addWidget(cell, 1)
            self._cells.append(cell)

    def _arrange(self) -> None:
        names = [name for name in self._rows if self.shown.get(name)]
        for name, row in self._rows.items():
            row.show(name in names)
        opened = [name for name in names if self._rows[name].strip.is_open()]
        strips = sum(self._rows[name].strip.sizeHint().height() for name in names)
        taken = 6 + 4 + theme.px(28) + 2 + theme.px(52) + strips + 2
        room = self.height() - self.compare.sizeHint().height() - taken
        if self._page.minimumWidth() > self.contentsRect().width():  # lanes scroll sideways: the scroll bar needs room
            room -= self._scroll.horizontalScrollBar().sizeHint().height()
        points = self._desk.is_open and self._desk.experiment.dataset.planar
        for name, height in row_heights.heights(room, opened, points).items():
            self._rows[name].cells.setFixedHeight(height)

    def _keep_controls_in_sight(self) -> None:
        """Keep titles and controls of the rows within what is seen of the page: lanes alone scroll sideways."""
        bar = self._scroll.horizontalScrollBar()
        ends = bar.value(), bar.maximum() - bar.value()
        self.bar.keep_in_sight(*ends)
        for row in self._rows.values():
            row.strip.keep_in_sight(*ends)

    def _follow_range(self) -> None:
        """After another width of page or window, or a scroll bar beside the lanes."""
        self._scroll_to_selected()
        self._keep_controls_in_sight()

    def show_selected(self) -> None:
        """Scroll sideways to the selected lane, which may be new."""
        layouts.settle(self._scroll)
        self._scroll_to_selected()

    def _scroll_to_selected(self) -> None:
        heads = [cell for cell in self._cells if isinstance(cell, LaneHeader)]
        head = next((head for head in heads if head.run is self._desk.selected), None)
        if head is not None:
            bar, left = self._scroll.horizontalScrollBar(), head.geometry().left() - PADDING
            right = head.geometry().right() + 1 + PADDING - self._scroll.viewport().width()
            bar.setValue(min(max(bar.value(), right), left))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def keep_clear(self, left: int, right: int) -> None:
        """Leave these widths free at both ends, px: side panels lie there. Lanes that do not fit scroll sideways."""
        if self.contentsMargins() != QMargins(left, 0, right, 0):
            self.setContentsMargins(left, 0, right, 0)
            self._arrange()
            layouts.settle(self._scroll)
            self._follow_range()

    def toggle_table(self) -> None:
        """Fold or unfold the table below the lanes."""
        self._desk.make_way()
        self.compare.set_open(not self.compare.is_open())
        self._arrange()

    def panel(self, name: str, run: Run) -> LanePanel | None:
        """The cell of a row in a lane, or None if there is none."""
        for cell in self._cells:
            if isinstance(cell, LanePanel) and cell.name == name and cell.lane is run:
                return cell
        return None
