"""The command palette: a field that finds what can be done by a few letters of its name."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QAbstractListModel, QEvent, QModelIndex, QPersistentModelIndex, QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QColor, QKeyEvent, QPainter
from PySide6.QtWidgets import QFrame, QLineEdit, QListView, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from gui.drawing import paint, theme
from gui.widgets.buttons import paint_cap
from gui.widgets.label import Label
from gui.widgets.matching import Match, match, plain
from gui.widgets.popover import Popover

WIDE = 620
"""Width of the list, px at text size 1."""
ROW_PX = 28
MOST_ROWS = 12
"""Rows in sight at once."""
MOST_RECENT = 12
"""Entries that are remembered as used lately."""

_Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True)
class Entry:
    """Something that can be done. ``name`` is its own; ``place`` says where else it is found, ``tip`` what it does.

    ``why_not`` says why it cannot be done now; "" where it can.
    """

    name: str
    words: str
    do: Callable[[], object]
    place: str = ""
    keys: str = ""
    tip: str = ""
    why_not: str = ""


@dataclass(frozen=True)
class Found:
    """An entry, and which letters of its words fit what is typed."""

    entry: Entry
    letters: tuple[int, ...] = ()


def found(entries: Sequence[Entry], wanted: str, recent: Sequence[str] = ()) -> list[Found]:
    """The entries that fit what is wanted, best first. Of those that fit alike, the one used last comes first.

    ``recent``: names of entries, used last first. An entry whose words do not fit is found by a word of its tip.
    """
    order = {name: rank for rank, name in enumerate(recent)}
    scored = []
    for entry in entries:
        fit = match(wanted, entry.words)
        if fit is None and len(wanted.strip()) >= 3 and plain(wanted.strip()) in plain(f"{entry.place} {entry.tip}"):
            fit = Match(0, ())
        if fit is not None:
            scored.append((-fit.points, order.get(entry.name, len(order)), Found(entry, fit.letters)))
    return [each for _, _, each in sorted(scored, key=lambda each: each[:2])]


def with_newest(recent: Sequence[str], name: str) -> list[str]:
    """The names of what was used lately, with one more, last first."""
    return [name, *(each for each in recent if each != name)][:MOST_RECENT]


class _Model(QAbstractListModel):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.rows: list[Found] = []

    def show(self, rows: list[Found]) -> None:
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def rowCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        entry = self.rows[index.row()].entry
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.words
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleDescriptionRole):
            return entry.tip
        return spoken(entry) if role == Qt.ItemDataRole.AccessibleTextRole else None


def spoken(entry: Entry) -> str:
    """What a screen reader says of an entry: words, key, and why it cannot be done."""
    parts = (entry.words, entry.keys, f"not now: {entry.why_not}" if entry.why_not else "")
    return ", ".join(part for part in parts if part)


class _Row(QStyledItemDelegate):
    """Paints a row: words with the letters that fit, where else it is found or why it is grey, and its key."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(theme.px(WIDE), theme.px(ROW_PX))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        model = index.model()
        assert isinstance(model, _Model)
        row, colors, px = model.rows[index.row()], theme.current(), theme.px
        entry = row.entry
        area = QRectF(option.rect)
        view = option.widget
        is_chosen = isinstance(view, QListView) and view.currentIndex() == index
        painter.fillRect(area, QColor(colors.control_hover if is_chosen else colors.card))
        ink = colors.text_3 if entry.why_not and not is_chosen else colors.text_2 if entry.why_not else colors.text
        right = area.right() - px(8)
        if entry.keys:
            wide = max(px(16), paint.wide(entry.keys, "keycap") + px(9))
            cap = QRectF(right - wide, area.center().y() - px(8), wide, px(16))
            paint_cap(painter, cap, entry.keys, colors.text_2, colors.line_strong)
            right -= wide + px(8)
        left = area.left() + px(8)
        words = area.adjusted(left - area.left(), 0, right - area.right(), 0)
        self._paint_words(painter, words, row, ink)
        rest = words.adjusted(paint.wide(entry.words, "body") + px(16), 0, 0, 0)
        paint.text(
            painter,
            rest,
            paint.cut_in_middle(entry.why_not or entry.place, "caption", rest.width()),
            "caption",
            colors.text_2 if is_chosen else colors.text_3,
            paint.RIGHT,
        )

    @staticmethod
    def _paint_words(painter: QPainter, area: QRectF, row: Found, ink: str) -> None:
        """The words, and a line under each letter that fits: bold letters would be wider than the others."""
        words, colors = row.entry.words, theme.current()
        paint.text(painter, area, words, "body", ink)
        low = area.center().y() + theme.px(7)
        for at in row.letters:
            start, end = (paint.wide(words[:count], "body") for count in (at, at + 1))
            painter.fillRect(QRectF(area.left() + start, low, max(1.0, end - start), 1), QColor(colors.accent))


class Palette(Popover):
    """A field, and below it what fits the letters in it. Arrows choose, Enter or a click does it, Esc closes.

    ``used`` is called with the name of an entry before it is done.
    """

    def __init__(
        self, window: QWidget, entries: Sequence[Entry], recent: Collection[str], used: Callable[[str], object]
    ) -> None:
        super().__init__(window)
        self.setObjectName("palette")
        self.setAccessibleName("Command palette")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setFixedWidth(theme.px(WIDE + 18))
        self._entries, self._recent, self._used = entries, list(recent), used
        px = theme.px
        self.body.setContentsMargins(px(9), px(9), px(9), px(9))
        self.field = QLineEdit()
        self.field.setObjectName("palette_field")
        self.field.setAccessibleName("Find a command")
        self.field.setPlaceholderText("Find a command, a lesson, a model, data …")
        self.field.installEventFilter(self)
        self.field.textChanged.connect(self._search)
        self._model = _Model(self)
        self.list = QListView()
        self.list.setObjectName("palette_list")
        self.list.setAccessibleName("Commands that fit")
        self.list.setModel(self._model)
        self.list.setItemDelegate(_Row(self.list))
        self.list.setUniformItemSizes(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self._none = Label("Nothing fits: try fewer letters", "body", "text_3")
        self.list.clicked.connect(self._do)
        self.body.addWidget(self.field)
        self.body.addWidget(self.list)
        self.body.addWidget(self._none)
        self._search("")

    def open(self) -> None:
        """Show it over its window, below the top bar, with the keyboard in the field."""
        window = self.parentWidget()
        if window is not None:
            across = max(0, (window.width() - self.width()) // 2)
            self.move(window.mapToGlobal(QPoint(across, theme.px(56))))
        self.show()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)

    def shown(self) -> list[Entry]:
        """The entries in the list, best first."""
        return [each.entry for each in self._model.rows]

    def chosen(self) -> Entry | None:
        """The entry that Enter would do; None where nothing fits."""
        row = self.list.currentIndex().row()
        return self._model.rows[row].entry if 0 <= row < len(self._model.rows) else None

    def _search(self, wanted: str) -> None:
        self._model.show(found(self._entries, wanted, self._recent))
        rows = len(self._model.rows)
        self.list.setFixedSize(theme.px(WIDE), theme.px(ROW_PX) * min(rows, MOST_ROWS))
        self.list.setVisible(rows > 0)
        self._none.setVisible(rows == 0)
        self._choose(0)
        self.adjustSize()

    def _choose(self, row: int) -> None:
        row = min(max(row, 0), len(self._model.rows) - 1)
        index = self._model.index(row)
        self.list.setCurrentIndex(index)
        self.list.scrollTo(index)
        entry = self.chosen()
        words = "Nothing fits" if entry is None else spoken(entry)
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self.field, words))

    def _do(self) -> None:
        """Do what is chosen, unless it cannot be done now; the row says why."""
        entry = self.chosen()
        if entry is None or entry.why_not:
            return
        self.close()
        self._used(entry.name)
        entry.do()

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        """Keys of the field that move in the list."""
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        row, last = self.list.currentIndex().row(), len(self._model.rows) - 1
        moves = {
            Qt.Key.Key_Up: row - 1 if row > 0 else last,
            Qt.Key.Key_Down: row + 1 if row < last else 0,
            Qt.Key.Key_PageUp: row - MOST_ROWS,
            Qt.Key.Key_PageDown: row + MOST_ROWS,
        }
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._do()
        elif key in moves:
            self._choose(moves[key])
        elif key == Qt.Key.Key_Escape:
            self.close()
        else:
            return False
        return True
