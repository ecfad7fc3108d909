"""Truth p and model q: two bars for each symbol whose caps are handles; below, each symbol's contribution to KL."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QContextMenuEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent

from gui.drawing import chart, numbers, paint, theme
from gui.drawing.painting import pixel
from gui.information.card import Legend, Plot, TitledCard, bar_fill
from gui.information.pages.entropy.symbols import Account, Side, Symbols
from gui.widgets import focus
from gui.widgets.offer import Offer, csv_of

LEFT = 36.0
"""Margin for the labels of the axis, px at text size 1."""
RIGHT = 4.0
"""Margin at the right, px at text size 1."""
TOPS = (0.1, 0.2, 0.4, 0.6, 0.8, 1.0)
"""Upper ends that the axis may have."""
GRAB_PX = 16.0
"""The mouse takes a cap within this distance, px."""
STEP = 0.01
"""Change of a probability by Up and Down."""
FINE = 0.001
"""Change with Shift."""
COARSE = 0.1
"""Change by PageUp and PageDown."""
_MOVES = {Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End}
_CHANGES = {
    Qt.Key.Key_Up: STEP,
    Qt.Key.Key_Down: -STEP,
    Qt.Key.Key_PageUp: COARSE,
    Qt.Key.Key_PageDown: -COARSE,
}
_LETTERS = {Qt.Key.Key_P, Qt.Key.Key_Q, Qt.Key.Key_L}
_KEYS = frozenset(_MOVES | set(_CHANGES) | _LETTERS)
TIP = "Drag a cap: the other bars keep their proportions, so that the sum stays 1. Right-click a bar to lock it."


def verdict(account: Account, index: int) -> str:
    """First line of the bubble: what is wrong with q at one symbol."""
    name, p, q = account.names[index], float(account.p[index]), float(account.q[index])
    if p > 0 and q == 0:
        return f"q never expects {name}"
    if p == 0:
        return f"Symbol {name} never comes" if q == 0 else f"Symbol {name} never comes, yet q expects it"
    if abs(q - p) <= 0.05 * p:
        return f"q is right about {name}"
    return f"Symbol {name} is too rare in q" if q < p else f"Symbol {name} is too common in q"


def cost_words(account: Account, index: int) -> str:
    """Second line of the bubble: both probabilities, and what the difference costs or saves."""
    part = float(account.contributions[index])
    word = "costs" if part >= 0 else "saves"
    price = numbers.number(abs(part), 2)
    return f"p {account.p[index]:.2f}, q {account.q[index]:.2f}: {word} {price} {account.unit}"


class BarsPlot(Plot):
    """Bars of p and q. Left and Right choose a bar, Up and Down change it, P and Q choose the side, L locks."""

    preferred_px = (480, 280)
    least_px = (220, 180)

    def __init__(self, symbols: Symbols) -> None:
        super().__init__("bars", "Bars of p and q", _KEYS)
        self._symbols = symbols
        self._hover = -1
        self._drag: tuple[float, float] | None = None  # upper end of the axis, and the mouse's offset from the cap, px
        self._top = 0.6
        self._area_key: tuple[float, ...] = ()
        self._cached_area = QRectF()
        symbols.changed.connect(self._follow)
        self._follow()

    def _follow(self) -> None:
        account = self._symbols.account
        most = float(max(account.p.max(), account.q.max()))
        if self._drag is None:
            self._top = next(top for top in TOPS if top >= min(1.0, most * 1.02))
        else:
            self._top = max(self._top, next(top for top in TOPS if top >= most - 1e-9))
        side, i = self._symbols.side, min(self._symbols.active, self._symbols.count - 1)
        value = float(self._symbols.values(side)[i])
        stuck = self._symbols.stuck(side, i)
        locked = f", {stuck}" if stuck else ""
        kl = numbers.number(account.forward, 3)
        self.setAccessibleDescription(
            f"{side} of {account.names[i]} is {value:.3f}{locked}. KL of p from q {kl} {account.unit}."
        )
        self.update()

    # --- where things are --------------------------------------------------------------------------------------------

    def _area(self) -> QRectF:
        """Rectangle of the bars."""
        key = (self.width(), self.height(), theme.text_scale())
        if key != self._area_key:
            px = theme.px
            below = px(22) + min(px(100), max(px(60), self.height() * 0.3))
            self._cached_area = QRectF(
                px(LEFT), px(14), self.width() - px(LEFT + RIGHT), self.height() - px(14) - below
            )
            self._area_key = key
        return self._cached_area

    def _strip(self) -> QRectF:
        """Rectangle of the contributions."""
        area, px = self._area(), theme.px
        top = area.bottom() + px(24)
        return QRectF(area.left(), top, area.width(), self.height() - top)

    def _column(self, index: int) -> QRectF:
        area = self._area()
        width = area.width() / self._symbols.count
        return QRectF(area.left() + index * width, area.top(), width, area.height())

    def _bar(self, side: Side, index: int) -> QRectF:
        """A bar's column at the full height of the plot."""
        column = self._column(index)
        width = min(theme.px(26), column.width() * 0.38)
        gap = min(theme.px(3), column.width() * 0.05)
        x = column.center().x() + (gap / 2 if side == "q" else -gap / 2 - width)
        return QRectF(round(x), column.top(), round(width), column.height())

    def cap(self, side: Side, index: int) -> QPointF:
        """Middle of a bar's cap."""
        bar = self._bar(side, index)
        return QPointF(bar.center().x(), self._cap_y(bar, side, index))

    def _cap_y(self, bar: QRectF, side: Side, index: int) -> float:
        value = float(self._symbols.values(side)[index])
        return bar.bottom() - min(1.0, value / self._top) * bar.height()

    def _at(self, spot: QPointF) -> tuple[Side, int] | None:
        area = self._area()
        if not area.left() <= spot.x() < area.right():
            return None
        index = min(self._symbols.count - 1, int((spot.x() - area.left()) / area.width() * self._symbols.count))
        return ("p" if spot.x() < self._column(index).center().x() else "q"), index

    # --- painting ----------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        with self.painting() as painter:
            account = self._symbols.account
            chosen = self._hover if self._hover >= 0 else self._symbols.active
            chosen = min(chosen, self._symbols.count - 1)
            column, strip = self._column(chosen), self._strip()
            lit = QRectF(column.left(), column.top() - theme.px(8), column.width(), strip.bottom() - column.top())
            colors = theme.current()
            paint.box(painter, lit, theme.px(4), theme.mix(colors.control, colors.card, 0.55))
            self._paint_axis(painter)
            for index in range(self._symbols.count):
                self._paint_symbol(painter, account, index, chosen)
            self._paint_contributions(painter, account, strip)
            if self._hover >= 0 or self.hasFocus() or self._drag is not None:
                self._paint_bubble(painter, account, chosen)

    def _paint_axis(self, painter: QPainter) -> None:
        colors, area, px = theme.current(), self._area(), theme.px
        for value in chart.ticks(0.0, self._top, 5 if area.height() > px(90) else 2):
            y = area.bottom() - value / self._top * area.height()
            words = numbers.number(value, 2 if self._top < 0.35 else 1)
            place = QRectF(0, y - 7, px(LEFT - 8), 14)
            paint.text(painter, place, words, "tick", colors.text_3, paint.RIGHT)
        painter.fillRect(QRectF(area.left(), area.bottom(), area.width(), 1), QColor(colors.line))

    def _paint_symbol(self, painter: QPainter, account: Account, index: int, chosen: int) -> None:
        colors, px = theme.current(), theme.px
        inks: tuple[tuple[Side, str], ...] = (("p", colors.info_p), ("q", colors.info_q))
        for side, color in inks:
            bar = self._bar(side, index)
            y = self._cap_y(bar, side, index)
            tall = bar.bottom() - y
            if tall >= 1:
                painter.fillRect(QRectF(bar.left() + 1, y, bar.width() - 2, tall), QColor(bar_fill(color)))
            active = index == chosen and side == self._symbols.side
            height = px(8 if active else 4)
            paint.box(painter, QRectF(bar.left(), y - height / 2, bar.width(), height), 2, color)
            if self._symbols.is_locked(side, index):
                paint.icon(painter, "lock", bar.center().x(), y - px(13), px(12), colors.text)
        column = self._column(index)
        name = QRectF(column.left(), column.bottom() + px(4), column.width(), px(16))
        paint.text(painter, name, account.names[index], "strong", colors.text, paint.CENTER)

    def _paint_contributions(self, painter: QPainter, account: Account, strip: QRectF) -> None:
        colors, px = theme.current(), theme.px
        finite = [float(part) for part in account.contributions if math.isfinite(part)]
        most = max([1e-3, *map(abs, finite)])
        up = 1.0 if account.missing else max([0.0, *finite]) / most
        down = max([0.0, *(-part for part in finite)]) / most
        room = max(10.0, strip.height() - px(8) - px(18))  # below each bar stands its number
        scale = room / max(0.5, up + down)
        zero = pixel(strip.top() + px(8) + scale * max(up, 0.0 if down else 0.1))
        painter.fillRect(QRectF(strip.left(), zero, strip.width(), 1), QColor(colors.line_strong))
        zero_place = QRectF(0, zero - 7, px(LEFT - 8), 14)
        paint.text(painter, zero_place, "0", "tick", colors.text_3, paint.RIGHT)
        for index, part in enumerate(account.contributions.tolist()):
            column = self._column(index)
            width = min(px(26), column.width() * 0.5)
            x = round(column.center().x() - width / 2)
            if math.isinf(part):
                bar = QRectF(x, strip.top() + px(2), width, zero - strip.top() - px(2))
                paint.box(painter, bar, 0, colors.info_kl)
                ink = theme.mix(colors.plot, colors.info_kl, 0.85)
                paint.text(painter, bar, "∞", "figure", ink, paint.CENTER)
                continue
            tall = abs(part) / most * scale
            if part >= 0:
                paint.box(painter, QRectF(x, zero - tall, width, tall), 0, colors.info_kl)
            else:
                bar = QRectF(x, zero, width, max(3.0, tall))
                paint.box(painter, bar, 0, bar_fill(colors.info_kl), colors.info_kl)
            words = numbers.signed(part, 2)
            below = zero + (tall if part < 0 else 0) + px(2)
            place = QRectF(column.left() - 4, below, column.width() + 8, 14)
            paint.text(painter, place, words, "tick", colors.text_2, paint.CENTER)

    def _paint_bubble(self, painter: QPainter, account: Account, index: int) -> None:
        colors, px = theme.current(), theme.px
        stuck = self._symbols.stuck(self._symbols.side, index)
        held = self._drag is not None or self.hasFocus()
        first = verdict(account, index)
        second = (
            f"{self._symbols.side}({account.names[index]}): {stuck}" if stuck and held else cost_words(account, index)
        )
        width = math.ceil(max(paint.wide(first, "strong"), paint.wide(second, "caption"))) + px(20)
        column, area = self._column(index), self._area()
        x = column.right() + px(8)
        if x + width > self.width():
            x = column.left() - px(8) - width
        if x < area.left():  # no room beside the bar: over the lower bars
            x = min(max(area.left(), column.center().x() - width / 2), self.width() - width)
        box = QRectF(round(x), 1, width, px(42))
        paint.box(painter, box, px(4), colors.control, colors.line_strong)
        paint.text(painter, box.adjusted(px(10), px(5), -4, -px(21)), first, "strong", colors.text)
        paint.text(painter, box.adjusted(px(10), px(21), -4, -px(5)), second, "caption", colors.text_2)

    # --- mouse and keys ----------------------------------------------------------------------------------------------

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_mouse = event.reason() == QContextMenuEvent.Reason.Mouse
        event.setAccepted(by_mouse and self._at(QPointF(event.pos())) is not None)  # there it locks a bar

    def mousePressEvent(self, event: QMouseEvent) -> None:
        hit = self._at(event.position())
        if hit is None or event.button() not in (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton):
            event.ignore()
            return
        side, index = hit
        self._symbols.choose(side, index)
        if event.button() == Qt.MouseButton.RightButton:
            self._symbols.toggle_lock(side, index)
            return
        offset = event.position().y() - self.cap(side, index).y()
        near = abs(offset) <= GRAB_PX
        inside = self._area().top() - GRAB_PX <= event.position().y() <= self._area().bottom() + GRAB_PX
        if not inside:
            return
        self._drag = (self._top, offset if near else 0.0)
        self._symbols.hold(side)
        self.setCursor(Qt.CursorShape.ClosedHandCursor)
        if not near:
            self._pull(event.position().y())

    def _pull(self, y: float) -> None:
        assert self._drag is not None
        top, offset = self._drag
        area = self._area()
        value = (area.bottom() - (y - offset)) / area.height() * top
        self._symbols.set_value(self._symbols.side, self._symbols.active, value)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._drag is not None:
            self._pull(event.position().y())
            return
        hit = self._at(event.position())
        hover = -1 if hit is None else hit[1]
        close = hit is not None and abs(event.position().y() - self.cap(*hit).y()) <= GRAB_PX
        self.setCursor(Qt.CursorShape.OpenHandCursor if close else Qt.CursorShape.ArrowCursor)
        if hover != self._hover:
            self._hover = hover
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._drag is not None and event.button() == Qt.MouseButton.LeftButton:
            self._drag = None
            self._symbols.let_go()
            self.setCursor(Qt.CursorShape.OpenHandCursor)
            self._follow()

    def leaveEvent(self, event: QEvent) -> None:
        self._hover = -1
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        symbols, key = self._symbols, Qt.Key(event.key())
        side, index = symbols.side, symbols.active
        if key in _CHANGES:
            by = math.copysign(FINE, _CHANGES[key]) if focus.with_shift(event) else _CHANGES[key]
            symbols.set_value(side, index, round(float(symbols.values(side)[index]) + by, 6))
        elif key in _MOVES:
            last = symbols.count - 1
            to = {Qt.Key.Key_Left: index - 1, Qt.Key.Key_Right: index + 1, Qt.Key.Key_Home: 0, Qt.Key.Key_End: last}
            symbols.choose(side, to[key])
        elif key in (Qt.Key.Key_P, Qt.Key.Key_Q):
            symbols.choose("p" if key == Qt.Key.Key_P else "q")
        elif key == Qt.Key.Key_L:
            symbols.toggle_lock(side, index)
        else:
            super().keyPressEvent(event)


class BarsCard(TitledCard):
    """The bars of p and q with their legend."""

    def __init__(self, symbols: Symbols) -> None:
        super().__init__("Truth p and model q", "", "truth and model")
        self._symbols = symbols
        self.plot = BarsPlot(symbols)
        self._legend = Legend()
        self.add_action(self._legend)
        self.body.addWidget(self.plot, 1)
        self.setToolTip(TIP)
        symbols.changed.connect(self._follow)
        self._follow()

    def offer(self) -> Offer:
        """The bars, and both probabilities of each symbol as a table."""
        return Offer(self.accessibleName(), table=self._table)

    def _table(self) -> str:
        account = self._symbols.account
        return csv_of({"symbol": account.names, "p": account.p, "q": account.q})

    def _follow(self) -> None:
        words = f"{self._symbols.count} symbols"
        if words != self.note.text():
            self.note.setText(words)
        log = self._symbols.account.log_name
        self._legend.set_entries(
            [("info_p", "p, truth"), ("info_q", "q, model"), ("info_kl", rf"$\p{{p}} \cdot {log}(\p{{p}} / \q{{q}})$")]
        )
