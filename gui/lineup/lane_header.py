"""The head of a lane: model, state, verdict, and the buttons and menu that act on the whole lane."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QContextMenuEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QMenu, QSizePolicy, QWidget

from core.engine.lane_names import MOST_LANES, SEPARATOR, LaneName
from core.text import addresses
from gui.desk.desk import Desk
from gui.desk.lanes import train_only, trains
from gui.drawing import lane_shapes, numbers, paint, theme
from gui.drawing.painting import painting
from gui.lineup.name_field import NameField
from gui.lineup.verdict_chip import LaneVerdicts
from gui.widgets.buttons import Button, IconButton
from gui.widgets.dialogs import ErrorDialog
from gui.widgets.help_text import Help
from gui.widgets.key_hints import Hint
from gui.widgets.manual_places import set_place
from gui.widgets.menus import below, fill

if TYPE_CHECKING:
    from core.engine.board import View
    from core.engine.run import Run
    from core.engine.status import Failure, Status
    from core.foundation.registry import Entry

STATE_WORDS = {
    "building": "preparing",
    "ready": "ready",
    "training": "training",
    "paused": "paused",
    "finished": "finished",
    "failed": "stopped",
    "closed": "closed",
}
FACTS_APART = "  ·  "
MOST_DIGITS = "9,999"
"""A speed is shown where there is room for this one: its own digits would have it come and go each second."""
STATE_TOP_PX = 29
"""Top of the second line, px at text size 1."""
WORDED_PX = 400
"""Width from which on a verdict that is no warning is spelled out, px at text size 1."""


class LaneHeader(QWidget):
    """Colour bar, shape, names, model menu, pause, close; below them state, step, speed, and a fact or verdict."""

    menu_wanted = Signal(object, object)  # run, QPoint (global)
    hz = 4.0

    def __init__(self, desk: Desk, run: Run) -> None:
        super().__init__()
        self._desk = desk
        self.run: Run | None = run
        self._run = run
        self._status: Status = run.live_view.status
        self._name: LaneName = desk.names.of(run)
        self.setObjectName(f"lane {run.slot + 1}")
        set_place(self, addresses.of_model(run.model_name))
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._menu = IconButton("chevron-down", "Model and lane menu", 20)
        self._menu.setParent(self)
        self._menu.clicked.connect(self._open_menu)
        self._pause = IconButton("pause", "", 24)
        self._pause_hint = Hint(self._pause, "Pause this lane", "toggle_lane")
        self._pause.setParent(self)
        self._pause.clicked.connect(lambda: desk.toggle_lane(run))
        self._close = IconButton("close", "", 24)
        Hint(self._close, "Close this lane", "close_lane")
        self._close.setParent(self)
        self._close.clicked.connect(lambda: desk.close_lane(run))
        self.verdicts = LaneVerdicts(desk, run, self)
        self.verdicts.reshaped.connect(self._place_verdicts)
        self._roll_back = Button("Roll back")
        self._roll_back.setParent(self)
        self._roll_back.clicked.connect(run.roll_back)
        self._restart = Button("Restart")
        self._restart.setParent(self)
        self._restart.clicked.connect(lambda: desk.restart_lane(run))
        self._field = NameField(desk, run, self)
        desk.names.rename_wanted.connect(self._begin_rename)
        desk.lane_selected.connect(self.update)
        desk.names.changed.connect(self._rename)
        desk.dataset_changed.connect(self._update_tip)
        desk.speeds.changed.connect(self._update_state)
        desk.engine_watch.changed.connect(self._follow_engine)
        theme.changes.changed.connect(self._resize)
        self._rename()
        self.refresh(run.view)

    def ask(self) -> None:
        """Needs no looks."""

    def parts(self, view: View) -> tuple[object, ...]:
        """Parts of the view that are drawn."""
        return self._run.live_view.status, view.status, view.config

    def refresh(self, view: View) -> None:
        """Show state, step, speed and failure, as they are now."""
        before, self._status = self._status, self._run.live_view.status
        failure = self._own_failure()
        self._roll_back.setVisible(failure is not None and failure.good_step is not None)
        self._restart.setVisible(failure is not None)
        self._pause.setVisible(failure is None and self._run.followed is None)
        self._pause.setEnabled(not self._desk.engine_watch.has_ended)
        training = trains(self._run)
        self._pause.set_icon("pause" if training else "play")
        self._pause_hint.set_words("Pause this lane" if training else "Train this lane")
        self._update_tip()
        if before.failure is not self._status.failure:
            self._place_menu()
            self._place_verdicts()
        self._update_state()

    def _update_state(self) -> None:
        """Repaint the second line up to the verdict: all that changes while a lane trains."""
        px = theme.px
        right = self.verdicts.x() if self.verdicts.width() else self.width() - px(6)
        self.update(px(12), px(STATE_TOP_PX), right - px(12), px(22))

    def _own_failure(self) -> Failure | None:
        """What the lane failed by; None where its engine ended, which the status line says once for all lanes."""
        return None if self._desk.engine_watch.has_ended else self._status.failure

    def _follow_engine(self) -> None:
        self.refresh(self._run.view)
        self._place_menu()
        self._place_verdicts()

    def _rename(self) -> None:
        if self._run in self._desk.runs:
            self._name = self._desk.names.of(self._run)
            self.setAccessibleName(f"Lane {self._run.slot + 1}, {self._name.long}")
            self._update_tip()
            self._place_menu()
            self.update()

    def _begin_rename(self, run: Run) -> None:
        if run is self._run:
            self._field.begin()

    def _update_tip(self) -> None:
        failure = self._status.failure
        tip = self._desk.worded(self._run.model.summary) if failure is None else f"{failure.sentence}. {failure.remedy}"
        tip = f"{self._name.full}\n{tip}" if self._name.full != self._run.model.short else tip
        if tip != self.toolTip():
            self.setToolTip(tip)

    def _open_menu(self) -> None:
        self.menu_wanted.emit(self._run, below(self._menu))

    def _is_selected(self) -> bool:
        return self._desk.selected is self._run

    def sizeHint(self) -> QSize:
        return QSize(theme.px(240), theme.px(52))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(180), theme.px(52))

    def resizeEvent(self, event: object) -> None:
        px = theme.px
        right = self.width() - px(6)
        for button in (self._close, self._pause):
            side = button.sizeHint().width()
            button.setGeometry(right - side, px(5), side, side)
            right -= side + px(2)
        wide = self._restart.sizeHint().width()
        line = px(24)
        self._restart.setGeometry(self.width() - px(34) - wide, px(5), wide, line)
        back = self._roll_back.sizeHint().width()
        self._roll_back.setGeometry(self.width() - px(38) - wide - back, px(5), back, line)
        self._field.setGeometry(px(24), px(5), max(px(60), self._pause.x() - px(28)), px(24))
        self._place_menu()
        self._place_verdicts()

    def _place_menu(self) -> None:
        px = theme.px
        side = self._menu.sizeHint().width()
        title, rest = self._words()
        left = px(30) + self._advance("title", title) + px(6)
        if rest:
            left += self._advance("body", rest) + px(4)
        self._menu.setGeometry(left, px(7), side, side)
        covers_button = self._own_failure() is not None and left + side > self._roll_back.x()
        self._menu.setVisible(not covers_button)  # then a right click opens the menu

    def _resize(self) -> None:
        self.updateGeometry()
        self._place_verdicts()

    def _place_verdicts(self) -> None:
        """Place the chip at the right end of the second line, over at most 60 % of it; hide it if the run failed."""
        px = theme.px
        self.verdicts.set_worded(self.width() >= px(WORDED_PX))
        most = 0 if self._own_failure() is not None else int(0.6 * (self.width() - px(40)))
        wide = self.verdicts.width_within(most)
        self.verdicts.setGeometry(self.width() - px(8) - wide, px(30), wide, px(20))
        self.update()

    def _words(self) -> tuple[str, str]:
        """The name in bold, and what follows it in grey: the knobs that tell the lane apart, else the long name."""
        name, title = self._name, self._run.model.title
        if self._own_failure() is not None:
            return name.brief, ""
        room = self.width() - theme.px(30 + 34 + 58 + 6)
        short = name.full.removesuffix(f"{SEPARATOR}{name.knobs}") if name.knobs else name.brief
        rests = (name.knobs,) if name.knobs else (title,) if self.width() >= theme.px(280) else ()
        for rest in rests:
            if self._advance("title", short) + self._advance("body", rest) <= room:
                return short, rest
        return paint.cut_in_middle(name.full if self._run.name else name.brief, "title", room), ""

    def _advance(self, role: str, words: str) -> int:
        return round(paint.wide(words, role))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._desk.select(self._run)
        footer, place = "The right button renames, copies, moves.", addresses.of_model(self._run.model_name)
        self._desk.help(Help(self._name.long, self._run.model.summary, footer, address=place))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and event.position().y() < theme.px(STATE_TOP_PX):
            self._field.begin()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu_wanted.emit(self._run, event.globalPos())

    def _dot(self) -> str:
        colors = theme.current()
        dots = {"training": colors.ok, "failed": colors.error, "building": colors.warn}
        return colors.text_3 if self._desk.engine_watch.is_cut else dots.get(self._status.state, colors.text_3)

    def _state_words(self) -> str:
        """What the lane does, in a word."""
        status, followed = self._status, self._run.followed
        if followed is not None:
            return "followed" if followed.is_written else "ended elsewhere"
        if self._desk.engine_watch.is_cut:
            return "link cut"
        return STATE_WORDS["paused" if status.state == "ready" and status.step else status.state]  # a saved run

    def _fact(self) -> str:
        fact = self._run.model.badge_of(self._run.view.config)
        return "" if fact.split(" ")[0] in self._name.knobs.split(" ") else fact  # the name has it already

    def paintEvent(self, event: QPaintEvent) -> None:
        colors, px, slot = theme.current(), theme.px, self._run.slot
        with painting(self, smooth=True) as painter:
            area = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
            lane = colors.lanes[slot]
            selected = self._is_selected()
            painter.setPen(QPen(QColor(lane if selected else colors.line), 1))
            painter.setBrush(QColor(colors.tint(slot) if selected else colors.card))
            painter.drawRoundedRect(area, 6, 6)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(lane))
            painter.setClipRect(QRectF(0, 0, self.width(), 3))
            painter.drawRoundedRect(QRectF(self.rect()), 6, 6)
            painter.setClipping(False)
            if event.rect().top() < px(STATE_TOP_PX):
                self._paint_name(painter)
            self._paint_state(painter)

    def _paint_name(self, painter: QPainter) -> None:
        colors, px, slot = theme.current(), theme.px, self._run.slot
        lane_shapes.paint(painter, slot, px(17), px(18), px(10), colors.lanes[slot])
        left = px(30)
        line = QRect(left, px(8), self.width() - left, px(20))
        title, rest = self._words()
        paint.text(painter, line, title, "title", colors.text)
        if rest:
            after = line.adjusted(self._advance("title", title) + px(6), 0, 0, 0)
            paint.text(painter, after, rest, "body", colors.text_2)

    def _paint_state(self, painter: QPainter) -> None:
        colors, px, status = theme.current(), theme.px, self._status
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._dot()))
        painter.drawEllipse(QRectF(px(14), px(37), px(6), px(6)))
        line = QRect(px(28), px(31), self.width() - px(40), px(18))
        if (failure := self._own_failure()) is not None:
            paint.text(painter, line, failure.sentence, "caption", colors.error)
            return
        if self.verdicts.width():
            line.setRight(self.verdicts.x() - px(6))
        fact = "" if self.verdicts.is_grave() else self._fact()
        paint.text(painter, line, fact, "caption", colors.text_3, paint.RIGHT)
        step = f"step {status.step:,}"
        if (moment := self._run.moment) is not None:
            step = f"step {moment.step:,} of {status.step:,}"
        if fact:
            line.setRight(line.right() - math.ceil(paint.wide(fact, "caption")) - px(8))
        paint.text(painter, line, self._facts(step, line.width()), "caption", colors.text_2)

    def _facts(self, step: str, room: int) -> str:
        """State, step and speed, within ``room`` px: where all do not fit, the dot alone shows the state, and the step
        beside a speed says its unit."""
        state, speed = self._state_words(), self._desk.speeds.of(self._run)
        if speed and not self._desk.engine_watch.is_cut:
            number = numbers.number(speed, 1 if speed < 100 else 0)
            roomy = max(number, MOST_DIGITS, key=lambda each: paint.wide(each, "caption"))
            for words, widest in (
                (FACTS_APART.join((state, step, "{} steps/s")), roomy),
                (FACTS_APART.join((step, "{} steps/s")), roomy),
                (f"{step} · {{}}/s", number),
            ):
                if self._advance("caption", words.format(widest)) <= room:
                    return words.format(number)
        words = FACTS_APART.join((state, step))
        return step if self.verdicts.is_grave() and self._advance("caption", words) > room else words


def lane_menu(
    parent: QWidget,
    desk: Desk,
    run: Run,
    models: Iterable[Entry],
    add_exports: Callable[[QMenu, Run], None],
    sweep: Callable[[Run], object] | None = None,
) -> QMenu:
    """The menu of a lane: name, copy, model, restart, sweep, exports, move, close; for a failed lane also the error."""
    menu = QMenu(parent)
    menu.setObjectName("lane menu")
    menu.addAction("Rename …", lambda: desk.names.rename_wanted.emit(run))
    menu.addAction("Duplicate", lambda: desk.copies.duplicate(run)).setEnabled(len(desk.runs) < MOST_LANES)
    menu.addAction("Train only this", lambda: train_only(desk, run)).setEnabled(run.followed is None)
    menu.addSeparator()
    fill(menu.addMenu("Model"), models, lambda name: desk.replace_lane(run, name), run.model_name)
    if run.followed is None:
        menu.addAction("Restart this lane", lambda: desk.restart_lane(run))
    else:
        menu.addAction("Fork: go on from here", lambda: desk.time.fork(run))
    failure = run.live_view.status.failure
    if failure is not None:
        words = f"{failure.sentence}. {failure.remedy}"
        dialog = functools.partial(ErrorDialog, parent, f"{desk.names.of(run).long} stopped", words, failure.details)
        menu.addAction("Show the error …", lambda: dialog().open())
    if sweep is not None:
        menu.addAction("Sweep a knob …", functools.partial(sweep, run))
    menu.addSeparator()
    add_exports(menu, run)
    menu.addSeparator()
    left = menu.addAction("Move left", lambda: desk.move_lane(run, -1))
    left.setEnabled(desk.runs.index(run) > 0)
    right = menu.addAction("Move right", lambda: desk.move_lane(run, 1))
    right.setEnabled(desk.runs.index(run) < len(desk.runs) - 1)
    menu.addSeparator()
    menu.addAction("Close lane", lambda: desk.close_lane(run)).setEnabled(len(desk.runs) > 1)
    return menu
