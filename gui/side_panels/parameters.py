"""The parameters of the selected lane: tabs to select it, its β card, and a row for every other knob."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from core.foundation.params import knobs
from core.text import addresses
from gui.desk.clock import Clock
from gui.desk.desk import Desk
from gui.drawing import theme
from gui.side_panels.beta import BetaCard
from gui.widgets import layouts
from gui.widgets.buttons import Button, LinkButton
from gui.widgets.knob_row import KnobRow
from gui.widgets.label import Label
from gui.widgets.manual_places import set_place

if TYPE_CHECKING:
    from core.engine.board import View
    from core.engine.run import Run

TITLE_GAP_PX = 12
"""Least space between the title and the tabs, px at text size 1."""


class Parameters(QWidget):
    """Tabs of the lanes over the knobs of the selected one."""

    def __init__(self, desk: Desk, clock: Clock) -> None:
        super().__init__()
        set_place(self, addresses.of_part("Parameters"))
        self._desk, self._clock = desk, clock
        self.run: Run | None = None
        self.hz = 4.0
        self._rows: dict[str, KnobRow] = {}
        self._card: BetaCard | None = None
        self._filled: tuple[Run | None, str] = (None, "")  # whose rows there are, and in the words of which data
        self._tabs = QHBoxLayout()
        self._tabs.setSpacing(theme.px(2))
        head = QHBoxLayout()
        head.setContentsMargins(theme.px(12), theme.px(6), theme.px(12), theme.px(6))
        self._title = Label("Parameters", "strong", "text")
        head.addWidget(self._title)
        head.setSpacing(0)
        head.addSpacing(theme.px(TITLE_GAP_PX))
        head.addStretch(1)
        head.addLayout(self._tabs)
        self._waiting = LinkButton("Restart to apply")
        self._waiting.setObjectName("restart to apply")
        self._waiting.clicked.connect(self._restart)
        self._waiting.hide()
        self._list = QVBoxLayout()
        self._list.setContentsMargins(theme.px(12), 0, theme.px(2), theme.px(8))
        self._list.setSpacing(0)
        holder = QWidget()
        holder.setObjectName("parameter list")
        holder.setLayout(self._list)
        scroll = layouts.scrolled(holder, "Parameters", keep_width=True)
        inside = QVBoxLayout(self)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(0)
        inside.addLayout(head)
        inside.addWidget(self._waiting, 0, Qt.AlignmentFlag.AlignHCenter)
        inside.addWidget(scroll, 1)
        desk.lanes_changed.connect(self._fill_tabs)
        desk.names.changed.connect(self._name_tabs)
        desk.lane_selected.connect(self._fill)
        desk.knob_changed.connect(self._show)
        desk.restarted.connect(self._show)
        desk.dataset_changed.connect(self._follow_data)
        clock.add(self)

    def ask(self) -> None:
        """Needs no looks."""

    def parts(self, view: View) -> tuple[object, ...]:
        """Parts of the view that are drawn: which knobs still wait for a restart follows from the config in force."""
        return (view.config,)

    def refresh(self, view: View) -> None:
        """Mark the knobs that wait."""
        self._show()

    def _fill_tabs(self) -> None:
        layouts.clear(self._tabs)
        for run in self._desk.runs:
            tab = Button(self._desk.names.of(run).brief, flat=True, height=28)
            tab.set_lane(run.slot)
            tab.setCheckable(True)
            tab.setChecked(run is self._desk.selected)
            tab.clicked.connect(lambda _=False, run=run: self._select(run))
            self._tabs.addWidget(tab)
        self._name_tabs()

    def _name_tabs(self) -> None:
        for at, (tab, run) in enumerate(zip(layouts.widgets(self, self._tabs), self._desk.runs, strict=False), 1):
            tab.setToolTip(f"{self._desk.names.of(run).long}  ({at})")
        self._fit_tabs()

    def _fit_tabs(self) -> None:
        """Show full names if there is room for all of them, else brief ones, else the lane shapes only."""
        tabs = layouts.widgets(self, self._tabs)
        names = [self._desk.names.of(run) for run in self._desk.runs]
        room = self.width() - self._title.sizeHint().width() - 2 * theme.px(12) - theme.px(TITLE_GAP_PX)
        for form in ([name.full for name in names], [name.brief for name in names], [""] * len(names)):
            for tab, words in zip(tabs, form, strict=False):
                if isinstance(tab, Button):
                    tab.setText(words)
            if sum(tab.minimumSizeHint().width() + theme.px(2) for tab in tabs) <= room:
                return

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_tabs()

    def _select(self, run: Run) -> None:
        self._desk.select(run)
        self._fill_tabs()

    def _follow_data(self) -> None:
        """Fill the list again only for other words: it takes 25 ms, when every lane begins again and must be drawn."""
        if self._filled == (self._desk.selected, self._desk.noun):
            self._show()
        else:
            self._fill()

    def _fill(self) -> None:
        self._fill_tabs()
        if self._card is not None:
            self._clock.drop(self._card)
            self._card = None
        self._rows.clear()
        layouts.clear(self._list)
        run = self._desk.selected
        self._filled = run, self._desk.noun
        if run is None:
            return
        on_card = run.model.rate_knobs
        if on_card is not None:
            self._card = BetaCard(self._desk, run, on_card)
            self._clock.add(self._card)
            self._list.addWidget(self._card)
            self._list.addSpacing(theme.px(8))
        live_first = sorted(knobs(run.model.Config), key=lambda knob: not knob.param.live)
        for knob in live_first:
            if on_card is not None and knob.name in (on_card.weight, on_card.schedule, on_card.length):
                continue
            row = KnobRow(knob, run.slot)
            row.word(self._desk.worded)
            row.edited.connect(lambda value, name=knob.name: self._desk.set_knob(run, name, value))
            row.help_wanted.connect(self._desk.help)
            self._rows[knob.name] = row
            self._list.addWidget(row)
        self._list.addStretch(1)
        self._show()

    def _show(self, *_: object) -> None:
        run = self._desk.selected
        if run is None:
            return
        waiting = self._desk.waiting_knobs(run)
        for name, row in self._rows.items():
            row.set_value(getattr(run.pending, name))
            row.set_waiting(name in waiting)
            row.setVisible(row.knob.shown(run.pending, run.dataset.points))
        self._waiting.setVisible(bool(waiting))

    def _restart(self) -> None:
        run = self._desk.selected
        if run is not None:
            self._desk.restart_lane(run)
