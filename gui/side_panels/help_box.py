"""The help box: two sentences about what is under the mouse or has the focus."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from core.text import addresses
from gui.desk.desk import Desk
from gui.drawing import icons, paint, theme
from gui.widgets.buttons import LinkButton
from gui.widgets.chips import KeyCap
from gui.widgets.formula import Formula
from gui.widgets.help_text import Help
from gui.widgets.key_hints import Hint, changes, key, key_or
from gui.widgets.label import Label
from gui.widgets.manual_places import set_place
from gui.widgets.naming import named


def welcome() -> Help:
    """What the box shows while it has nothing else to say, with the keys in force."""
    train, keys = key_or("toggle_training", "Train or pause"), key_or("show_keys", "All keys")
    words = f"Press {train} to train. Drag the ring in any map: every lane decodes the same point."
    return Help("Latent Playground", words, f"{keys} shows all keys.", address=addresses.HOME)


HEIGHT_PX = 164


class HelpBox(QWidget):
    """Title, text, formula and footer at the bottom of the left panel. A key hides it, which it names."""

    closed = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        set_place(self, addresses.of_part("Help box"))
        self._desk = desk
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._title = Label("", "strong", "text", elided=True)
        self._text = Label("", "body", "text_2", wrap=True)
        self._formula = Formula("", "body", "text")
        self._footer = Label("", "caption", "text_3", elided=True)
        self._icon = Label("")
        self._address = ""
        self._more = named(LinkButton("More"), "help more")
        Hint(self._more, "The manual says more.", "open_more")
        self._more.clicked.connect(lambda: desk.manual_wanted.emit(self._address))
        head = QHBoxLayout()
        head.setSpacing(theme.px(6))
        head.addWidget(self._icon)
        head.addWidget(self._title, 1)
        self._cap = KeyCap(key("toggle_help"))
        head.addWidget(self._more)
        head.addWidget(self._cap)
        inside = QVBoxLayout(self)
        inside.setContentsMargins(theme.px(12), theme.px(10), theme.px(12), theme.px(8))
        inside.setSpacing(theme.px(3))
        inside.addLayout(head)
        inside.addWidget(self._text)
        inside.addWidget(self._formula)
        inside.addWidget(self._footer)
        inside.addStretch(1)
        desk.helped.connect(self.show_help)
        desk.dataset_changed.connect(lambda: self.show_help(None))  # what it says is worded for the data that were
        theme.changes.changed.connect(self._restyle)
        self._restyle()
        changes.changed.connect(self._show_keys)
        self.show_help(None)

    def _show_keys(self) -> None:
        self._cap.set_text(key("toggle_help"))
        if self._is_welcome:
            self.show_help(None)

    def show_help(self, text: Help | None) -> None:
        """Show a text; None shows the welcome."""
        self._is_welcome = text is None
        text = text or welcome()
        self._title.setText(text.title)
        self._text.setText(text.text)
        self._fit()
        self._footer.setText(text.footer)
        self._address = text.address
        self._more.setVisible(bool(text.address))
        lane = self._desk.selected
        self._formula.set_slot(text.slot if text.slot is not None or lane is None else lane.slot)
        self._formula.set_formula(text.formula, own="frac" in text.formula)
        self._formula.setVisible(bool(text.formula))

    def _fit(self) -> None:
        """Give the text the height it needs; the formula shrinks if there is not enough for both."""
        room = self.width() - 2 * theme.px(12)
        self._text.setMinimumHeight(self._text.heightForWidth(room) if room > 0 else 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _restyle(self) -> None:
        self.setFixedHeight(theme.px(HEIGHT_PX))
        self._icon.setPixmap(icons.pixmap("help", 14, theme.current().accent))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        paint.background(self, "window", "top")
