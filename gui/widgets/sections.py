"""Section headers, row strips, cards, lines."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QAccessible, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from gui.drawing import paint, theme
from gui.drawing.painting import painting
from gui.widgets import layouts
from gui.widgets.buttons import PressButton
from gui.widgets.painted import PaintedWidget

_NOTE_GAP = 9  # between title and note, px


class _Header(PressButton):
    """A row with chevron, title, note, and actions at the right (abstract). Click, Space or Enter folds and unfolds.

    It is a button that is checked while unfolded; ``toggled`` says whether it is.
    """

    spoken_role = QAccessible.Role.Button

    def __init__(self, title: str, note: str, *, height: int, title_at: int, roles: tuple[str, str]) -> None:
        super().__init__()
        self._shorter_notes: tuple[str, ...] = ()
        self._title, self._note, self._height, self._title_at = title, note, height, title_at
        self._title_role, self._note_role = roles
        self._foldable = True
        self._hidden = (0, 0)
        self._painted_stop = 0  # where the actions began when the title was painted last, px
        self.setCheckable(True)
        self.setChecked(True)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._actions = QHBoxLayout(self)
        self._actions.setSpacing(theme.px(4))
        self._actions.setContentsMargins(0, 0, 0, 0)
        self._actions.addStretch(1)
        self.setAccessibleName(title)

    def is_open(self) -> bool:
        """Whether it is unfolded."""
        return self.isChecked()

    def set_open(self, opened: bool) -> None:
        """Fold or unfold; emits ``toggled`` on a change."""
        self.setChecked(opened)

    def set_foldable(self, foldable: bool) -> None:
        """Allow folding. Without it there is no chevron and no focus, and the title moves to the left edge."""
        self._foldable = foldable
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus if foldable else Qt.FocusPolicy.NoFocus)
        self._restyle()

    def set_title(self, title: str) -> None:
        """Set the title."""
        if title != self._title:
            self._title = title
            self.setAccessibleName(title)
            self._restyle()

    def set_note(self, note: str, *shorter: str) -> None:
        """Set the caption after the title, and shorter wordings for less room: the first that fits is shown, else none.

        Without any, what stands before a colon is the shorter one.
        """
        if (note, shorter) != (self._note, self._shorter_notes):
            self._note, self._shorter_notes = note, shorter
            self.update()

    def note(self) -> str:
        """The caption after the title."""
        return self._note

    def add_action(self, widget: QWidget) -> None:
        """Add a widget at the right end."""
        self._actions.addWidget(widget, 0, Qt.AlignmentFlag.AlignVCenter)

    def keep_in_sight(self, left: int, right: int) -> None:
        """Leave these widths free at both ends, px: they are scrolled out of sight."""
        if (left, right) != self._hidden:
            self._hidden = (left, right)
            self._actions.setContentsMargins(left, 0, right, 0)
            self.update()

    def _restyle(self) -> None:
        self._actions.setSpacing(theme.px(4))
        super()._restyle()

    def sizeHint(self) -> QSize:
        hint = super().sizeHint()
        title = round(self._title_end()) - self._hidden[0]
        return QSize(hint.width() + title + theme.px(8), theme.px(self._height))

    def _title_left(self) -> int:
        return self._hidden[0] + (theme.px(self._title_at) if self._foldable else 0)

    def _title_end(self) -> float:
        return self._title_left() + paint.wide(self._title, self._title_role)

    def _actions_left(self) -> int:
        lefts = [widget.x() for widget in layouts.widgets(self, self._actions) if widget.isVisibleTo(self)]
        return min(lefts, default=self.width() - self._hidden[1])

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = theme.current()
        with painting(self, smooth=True) as painter:
            lit = self.lit() and self._foldable
            if self._foldable:
                name = "chevron-down" if self.isChecked() else "chevron-right"
                ink = colors.text if lit else colors.text_2
                paint.icon(painter, name, self._hidden[0] + theme.px(6), self.height() / 2, theme.px(12), ink)
            end, stop = self._title_end(), self._actions_left()
            if stop != self._painted_stop:
                self._painted_stop = stop
                if event.rect() != self.rect():
                    self.update()  # actions that moved repaint what they uncover: half a note would stand there
            height = float(self.height())
            ink = colors.text if self.isEnabled() else colors.disabled()
            end = min(end, stop - 4.0)  # with large text in a narrow panel the title is cut
            area = QRectF(self._title_left(), 0, end - self._title_left() + 1, height)
            paint.text(painter, area, self._title, self._title_role, ink)
            left = end + theme.px(_NOTE_GAP)
            room = QRectF(left, 0, stop - theme.px(8 if stop < self.width() - self._hidden[1] else 0) - left, height)
            if self._note and room.width() > theme.px(20):
                shorter = self._shorter_notes or (self._note.partition(":")[0],)
                words = paint.fitting((self._note, *shorter, ""), self._note_role, room.width())
                paint.text(painter, room, words, self._note_role, colors.text_3)

    def hitButton(self, spot: QPoint) -> bool:  # noqa: N802
        return self._foldable and super().hitButton(spot)


class SectionHeader(_Header):
    """The header of a side-panel section, 32 px high. ``key`` is its object name and its key in the settings."""

    def __init__(self, title: str, key: str, note: str = "") -> None:
        super().__init__(title, note, height=32, title_at=18, roles=("strong", "caption"))
        self.setObjectName(key)


class Strip(_Header):
    """The header of a row across all lanes, 24 px high: chevron, title, note, controls at the right."""

    def __init__(self, title: str, note: str = "") -> None:
        super().__init__(title, note, height=24, title_at=16, roles=("caption_strong", "caption"))


class Section(QWidget):
    """A header over a body that folds; add content to ``body``."""

    def __init__(self, title: str, key: str, note: str = "") -> None:
        super().__init__()
        self.setObjectName(f"{key}-section")
        self.header = SectionHeader(title, key, note)
        self._inside = QWidget()
        self.body = QVBoxLayout(self._inside)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(theme.px(4))
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self.header)
        outer.addWidget(self._inside)
        self.header.toggled.connect(self._inside.setVisible)

    def set_open(self, opened: bool) -> None:
        """Fold or unfold."""
        self.header.set_open(opened)


class Divider(PaintedWidget):
    """A line of one device pixel."""

    def __init__(self, *, vertical: bool = False, length: int | None = None) -> None:
        super().__init__()
        self._vertical = vertical
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        if vertical:
            self.setFixedWidth(1)
            if length:
                self.setFixedHeight(length)
        else:
            self.setFixedHeight(1)

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self, smooth=True) as painter:
            hair = paint.hairline(painter)
            area = QRectF(0, 0, hair, self.height()) if self._vertical else QRectF(0, 0, self.width(), hair)
            paint.box(painter, area, 0, theme.current().line)


class Card(PaintedWidget):
    """A box with rounded corners and a 1-px border; ``fill`` and ``border`` are tokens or ``#rrggbb``."""

    spoken_role = QAccessible.Role.Grouping

    def __init__(self, fill: str = "card", border: str = "line", radius: int = 6) -> None:
        super().__init__()
        self._fill, self._border, self._radius = fill, border, radius

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self, smooth=True) as painter:
            self.paint_card(painter, self.rect())

    def paint_card(self, painter: QPainter, area: QRect) -> None:
        """Paint fill and border, for subclasses that paint more on top."""
        colors = theme.current()
        paint.box(painter, area, theme.px(self._radius), colors.token(self._fill), colors.token(self._border))
