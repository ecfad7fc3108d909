"""Widgets for verdicts: a chip with the most severe one, and the list of all with their remedies."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from core.text import addresses
from gui.drawing import icons, paint, theme
from gui.drawing.painting import painting
from gui.widgets.buttons import Button, LinkButton, PressButton
from gui.widgets.label import Label
from gui.widgets.manual_places import more, set_place

if TYPE_CHECKING:
    from core.verdicts import Verdict

TOKENS = {"good": "ok", "note": "text_2", "warn": "warn", "error": "error"}
_ICON_OF_TONE = {"good": "check-circle", "note": "note", "warn": "warning", "error": "warning"}
_ICON_OF_NAME = {"holes": "dashed-circle"}


def icon_of(verdict: Verdict) -> str:
    """The icon of a verdict: holes have their own, for all others the tone decides."""
    return _ICON_OF_NAME.get(verdict.name, _ICON_OF_TONE[verdict.tone])


def with_fixed_percent(words: str) -> str:
    """The text with no line break between a number and its per cent sign."""
    return words.replace(" %", "\u00a0%")


def tip(words: str) -> str:
    """The text wrapped for a tooltip: Qt does not wrap plain text."""
    return "\n".join(textwrap.fill(with_fixed_percent(line), 76) for line in words.split("\n"))


class VerdictChip(PressButton):
    """Icon and word of the most severe verdict, and how many more there are; empty and disabled without one."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._verdicts: tuple[Verdict, ...] = ()
        self._worded = True
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._describe()

    def verdicts(self) -> tuple[Verdict, ...]:
        """All verdicts, the most severe first."""
        return self._verdicts

    def set_verdicts(self, verdicts: tuple[Verdict, ...]) -> bool:
        """Set the verdicts; returns whether the chip looks different now."""
        if verdicts == self._verdicts:
            return False
        before = self._appearance()
        self._verdicts = verdicts
        self._describe()
        return before != self._appearance()

    def set_worded(self, worded: bool) -> None:
        """Whether verdicts that are no warning are spelled out; warnings and errors always are."""
        if worded != self._worded:
            self._worded = worded
            self._restyle()

    def is_grave(self) -> bool:
        """Whether it shows a warning or an error."""
        return bool(self._verdicts) and self._verdicts[0].tone in ("warn", "error")

    def _appearance(self) -> tuple[str, str, int]:
        first = self._verdicts[0] if self._verdicts else None
        return ("", "", 0) if first is None else (first.word, first.tone, len(self._verdicts))

    def _describe(self) -> None:
        has_verdict = bool(self._verdicts)
        self.setEnabled(has_verdict)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus if has_verdict else Qt.FocusPolicy.NoFocus)
        self.setText(self._verdicts[0].word if has_verdict else "")
        lines = [f"{verdict.word}: {verdict.sentence}" for verdict in self._verdicts]
        self.setAccessibleName(lines[0] if has_verdict else "No verdict")
        self.setToolTip(tip("\n".join([*lines, "Click for the rules and what to try.", more()])) if has_verdict else "")
        set_place(self, addresses.of_verdict(self._verdicts[0].name) if has_verdict else "")
        self._restyle()

    def _more(self) -> str:
        return f"+{len(self._verdicts) - 1}" if self._has_word() and len(self._verdicts) > 1 else ""

    def _has_word(self) -> bool:
        return self.is_grave() or self._worded

    def _word_width(self) -> int:
        """Width of icon and word, px."""
        width = theme.px(6 + 12 + 6)
        if self._has_word():
            width += theme.px(5) + round(paint.wide(self.text(), "segment")) + 1
        return width

    def sizeHint(self) -> QSize:
        if not self._verdicts:
            return QSize(0, theme.px(20))
        width = self._word_width()
        if self._more():
            width += theme.px(5) + round(paint.wide(self._more(), "segment")) + 1
        return QSize(width, theme.px(20))

    def width_within(self, most: int) -> int:
        """Width within ``most`` px: first the number is left out, then the word is cut."""
        preferred = self.sizeHint().width()
        return preferred if preferred <= most else min(self._word_width(), most)

    def minimumSizeHint(self) -> QSize:
        return QSize(min(self.sizeHint().width(), theme.px(24)), theme.px(20))

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._verdicts:
            return
        colors, p, first = theme.current(), theme.px, self._verdicts[0]
        with painting(self, smooth=True) as painter:
            area = QRectF(self.rect())
            fill = colors.control_on if self.isDown() else colors.control_hover if self.lit() else colors.control
            paint.box(painter, area, p(3), fill)
            ink = colors.token(TOKENS[first.tone])
            paint.icon(painter, icon_of(first), p(6) + p(12) / 2, area.height() / 2, p(12), ink)
            right = area.width() - p(6)
            more = self._more()
            left = p(6 + 12 + 5)
            if more and area.width() >= self.sizeHint().width():  # else the word needs the room
                wide = paint.wide(more, "segment") + 1
                paint.text(painter, QRectF(right - wide, 0, wide, area.height()), more, "segment", colors.text_2)
                right -= wide + p(5)
            if right > left + p(8):
                paint.text(painter, QRectF(left, 0, right - left, area.height()), self.text(), "segment", ink)


class VerdictList(QWidget):
    """One row per verdict: icon, word, link to the manual, sentence, remedy, and a button for its action.

    The tooltip is the rule. Lines wrap at ``width`` px (in a popover); 0 takes the width of the parent.
    """

    action_chosen = Signal(object)  # Action
    more_wanted = Signal(str)  # the address of a verdict in the manual

    def __init__(self, width: int = 0, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._width = width
        self._shown: tuple[Verdict, ...] | None = None
        self._rows: list[QWidget] = []
        self._inside = QVBoxLayout(self)
        self._inside.setContentsMargins(0, 0, 0, 0)
        self._inside.setSpacing(theme.px(12))
        theme.changes.changed.connect(self._rebuild)

    def set_verdicts(self, verdicts: Sequence[Verdict]) -> None:
        """Show these verdicts in this order. The same ones as before change nothing."""
        if tuple(verdicts) != self._shown:
            self._shown = tuple(verdicts)
            self._rebuild()

    def _rebuild(self) -> None:
        for row in self._rows:
            self._inside.removeWidget(row)
            row.hide()
            row.deleteLater()
        self._rows = [self._row(verdict) for verdict in self._shown or ()]
        for row in self._rows:
            self._inside.addWidget(row)
        self._inside.activate()
        self.updateGeometry()  # at once: a popover asks for its size before the next event

    def _row(self, verdict: Verdict) -> QWidget:
        row, address = QWidget(self), addresses.of_verdict(verdict.name)
        row.setObjectName(f"verdict {verdict.name}")
        row.setToolTip(tip(verdict.threshold))
        row.setAccessibleName(f"{verdict.word}: {verdict.sentence}")
        row.setAccessibleDescription(verdict.threshold)
        token, side = TOKENS[verdict.tone], theme.px(14)
        mark = Label("", parent=row)
        mark.setPixmap(icons.pixmap(icon_of(verdict), side, theme.current().token(token)))
        head = QHBoxLayout()
        head.setSpacing(theme.px(6))
        head.addWidget(mark)
        head.addWidget(Label(verdict.word, "strong", token, parent=row), 1)
        more = LinkButton("More", row)
        more.setObjectName(f"more {verdict.name}")
        more.setAccessibleName(f"{verdict.word}: more in the manual")
        more.clicked.connect(lambda: self.more_wanted.emit(address))
        head.addWidget(more)
        inside = QVBoxLayout(row)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(theme.px(4))
        inside.addLayout(head)
        inside.addWidget(self._lines(verdict.sentence, "body", "text", row))
        if verdict.remedy:
            inside.addWidget(self._lines(f"Try: {verdict.remedy}", "caption", "text_2", row))
        if verdict.action is not None:
            button = Button(verdict.action.label, parent=row)
            button.setObjectName(f"try {verdict.name}")
            button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
            button.clicked.connect(lambda _=False, action=verdict.action: self.action_chosen.emit(action))
            inside.addSpacing(theme.px(2))
            inside.addWidget(button)
        return row

    def _lines(self, words: str, role: str, token: str, row: QWidget) -> Label:
        label = Label(with_fixed_percent(words), role, token, wrap=True, parent=row)
        if self._width:
            label.setFixedSize(self._width, label.heightForWidth(self._width))
        return label
