"""Dialogs: errors with details that can be copied, the list of keys, a progress bar."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QPaintEvent
from PySide6.QtWidgets import (
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QPlainTextEdit,
    QProgressBar,
    QVBoxLayout,
    QWidget,
)

from core.foundation.user_error import as_sentence
from gui.drawing import icons, paint, theme
from gui.drawing.painting import painting
from gui.widgets import focus, later, layouts, tab_order
from gui.widgets.buttons import Button, PrimaryButton
from gui.widgets.chips import KeyCap
from gui.widgets.label import Label


class Dialog(QDialog):
    """Base class of dialogs: deleted when closed; ``inside`` takes the content from top to bottom, under the title.

    The title stands inside too, and a line around all: a dialog that opens as a sheet has no title bar and no frame.
    """

    def __init__(self, parent: QWidget | None, title: str) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.inside = QVBoxLayout(self)
        self.inside.setContentsMargins(20, 20, 20, 16)
        self.inside.setSpacing(12)
        self.inside.addWidget(Label(title, "title", "text"))

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = theme.current()
        with painting(self) as painter:
            paint.box(painter, self.rect(), 0, colors.panel, colors.line_strong)

    def regions(self) -> Sequence[QWidget]:
        """The parts of the dialog, in the order in which Tab goes through them."""
        return (self,)

    def focusNextPrevChild(self, forward: bool) -> bool:
        return focus.gave_back(self) or tab_order.go(self.regions(), forward)

    def done(self, result: int) -> None:
        """Close, and give the keyboard back to the window below: without a window manager nothing else does."""
        is_ours = QGuiApplication.applicationState() == Qt.ApplicationState.ApplicationActive
        below = self.parentWidget()
        super().done(result)
        if is_ours and below is not None:
            below.window().activateWindow()


class ErrorDialog(Dialog):
    """An error: cause and remedy in one sentence, and details to copy."""

    def __init__(self, parent: QWidget | None, title: str, sentence: str, details: str) -> None:
        super().__init__(parent, title)
        self.setObjectName("error dialog")
        self.setMinimumWidth(theme.px(460))
        head = QHBoxLayout()
        head.setSpacing(10)
        mark = Label("")
        mark.setPixmap(icons.pixmap("warning", 16, theme.current().error))
        head.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
        words = Label(as_sentence(sentence), "body", "text", wrap=True)
        words.setObjectName("error sentence")
        words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        head.addWidget(words, 1)
        self._details = QPlainTextEdit(details)
        self._details.setReadOnly(True)
        self._details.setAccessibleName("Details of the error")
        self._details.setMinimumHeight(theme.px(180))
        self._details.hide()
        show = Button("Show details")
        show.setCheckable(True)
        show.toggled.connect(self._details.setVisible)
        copy = Button("Copy details")
        copy.setObjectName("copy details")
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(f"{sentence}\n\n{details}"))
        close = PrimaryButton("Close", "close")
        close.clicked.connect(self.accept)
        foot = QHBoxLayout()
        foot.addWidget(show)
        foot.addWidget(copy)
        foot.addStretch(1)
        foot.addWidget(close)
        self.inside.addLayout(head)
        self.inside.addWidget(self._details)
        self.inside.addLayout(foot)
        close.setFocus()


class KeysDialog(Dialog):
    """The list of keyboard shortcuts, as (key, words). It opens empty; the rows are built in slices, then shown."""

    def __init__(self, parent: QWidget | None, keys: Sequence[tuple[str, str]]) -> None:
        super().__init__(parent, "Keys")
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(6)
        holder = QWidget()
        holder.setLayout(grid)
        scroll = layouts.scrolled(holder, "Keys")
        holder.hide()  # a scroll area shows what it is given
        later.after_frame(self, lambda: later.in_slices(self, self._build(holder, grid, keys)))
        scroll.setMinimumSize(max(theme.px(620), self._width_of(keys)), theme.px(440))
        close = Button("Close")
        close.clicked.connect(self.accept)
        self.inside.addWidget(scroll)
        self.inside.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)
        scroll.setFocus()  # arrows scroll at once

    @staticmethod
    def _width_of(keys: Sequence[tuple[str, str]]) -> int:
        """Width that the rows will need, px: with it the dialog opens in the size that it keeps."""
        half = (len(keys) + 1) // 2
        columns = [column for part in (keys[:half], keys[half:]) for column in zip(*part, strict=True)]
        words = sum(max(paint.wide(each, "body") for each in column) for column in columns)
        return round(words) + theme.px(2 * 16) + 3 * 16 + theme.px(48)

    @staticmethod
    def _build(holder: QWidget, grid: QGridLayout, keys: Sequence[tuple[str, str]]) -> Iterator[None]:
        """Add a key at a time to the hidden holder, then show it."""
        half = (len(keys) + 1) // 2
        for i, (key, words) in enumerate(keys):
            column = 0 if i < half else 2
            grid.addWidget(KeyCap(key), i % half, column, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
            grid.addWidget(Label(words, "body", "text_2"), i % half, column + 1)
            yield
        holder.show()


class ProgressDialog(Dialog):
    """A progress bar with Cancel, while data are read; ``modal``: it keeps the window from being used meanwhile."""

    def __init__(self, parent: QWidget | None, title: str, *, modal: bool = True) -> None:
        super().__init__(parent, title)
        self.setModal(modal)
        self.setMinimumWidth(theme.px(360))
        self._bar = QProgressBar()
        self._bar.setRange(0, 1000)
        self._bar.setTextVisible(False)
        cancel = Button("Cancel")
        cancel.clicked.connect(self.reject)
        self.inside.addWidget(self._bar)
        self.inside.addWidget(cancel, 0, Qt.AlignmentFlag.AlignRight)

    def set_share(self, share: float) -> None:
        """Set the progress, 0 to 1."""
        self._bar.setValue(round(1000 * share))
