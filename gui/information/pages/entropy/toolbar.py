"""The row above the cards: how many symbols, where they begin, and the unit of row 1."""

from __future__ import annotations

from typing import cast

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QToolTip, QWidget

from core.theory.information import Unit
from gui.drawing import theme
from gui.information.control_group import Group
from gui.information.pages.entropy.symbols import FEWEST, MOST, PRESETS, Side, Symbols
from gui.widgets.buttons import Button, IconButton
from gui.widgets.label import Label
from gui.widgets.sections import Divider
from gui.widgets.segmented import Segmented
from gui.widgets.spin_field import SpinField

GAP = 8


class Toolbar(QWidget):
    """28 high; two such lines where the window is narrow: what one begins from at the left, the rest at the right."""

    def __init__(self, symbols: Symbols) -> None:
        super().__init__()
        self._symbols = symbols
        px = theme.px
        self.count = SpinField(int, FEWEST, MOST)
        self.count.setObjectName("symbols")
        self.count.setAccessibleName("Number of symbols")
        self.count.setFixedWidth(px(56))
        self.count.edited.connect(lambda value: symbols.set_count(int(value)))
        self.count.invalid.connect(self._say_why)
        self.side = Segmented([("p", "p"), ("q", "q")])
        self.side.setObjectName("side")
        self.side.setAccessibleName("Which of the two begins anew")
        self.side.setToolTip("What presets and arrow keys change  (P, Q)")
        self.side.chosen.connect(lambda side: symbols.choose(cast(Side, side)))
        self.presets = {name: Button(title) for name, (title, _) in PRESETS.items()}
        tips = {
            "uniform": "Every symbol equally likely: the most entropy",
            "skewed": "Each symbol 0.7 times as likely as the one before",
            "letters": "The first letters, as often as in English text that had only these",
            "one_hot": "One symbol for certain: no entropy at all",
        }
        for name, button in self.presets.items():
            button.setObjectName(f"preset {name}")
            button.setCheckable(True)
            button.setToolTip(tips[name])
            button.clicked.connect(lambda _=False, name=name: self._begin(name))
        self.equal = Button("Make q = p")
        self.equal.setToolTip("q becomes what p is: KL falls to 0")
        self.equal.clicked.connect(symbols.make_equal)
        self.lock = IconButton("lock", "Lock or free the chosen bar  (L, or right-click a bar)", 24)
        self.lock.setObjectName("lock bar")
        self.lock.setCheckable(True)
        self.lock.clicked.connect(lambda: symbols.toggle_lock(symbols.side, symbols.active))
        self.units = Segmented([("bits", "Bits"), ("nats", "Nats")])
        self.units.setObjectName("unit")
        self.units.setAccessibleName("Unit of the first row")
        self.units.setToolTip("The unit of the first row; Gaussians and models are always in nats. 1 nat = 1.443 bits")
        self.units.chosen.connect(lambda unit: symbols.set_unit(cast(Unit, unit)))
        reset = Button("Reset", "restart")
        reset.setToolTip("p and q as they were at first")
        reset.clicked.connect(symbols.reset)
        self._begins = Group(
            Label("Symbols", "body", "text_2"),
            self.count,
            Divider(vertical=True, length=px(20)),
            Label("Start", "body", "text_2"),
            self.side,
            Label("from", "body", "text_2"),
            *self.presets.values(),
        )
        self._rest = Group(self.equal, self.lock, Divider(vertical=True, length=px(20)), self.units, reset)
        for each in (self._begins, self._rest):
            each.setParent(self)
        symbols.changed.connect(self._follow)
        theme.changes.changed.connect(self._place)
        self._follow()

    def _say_why(self, reason: str) -> None:
        """Why a number of symbols cannot be, under the field; nothing once it can."""
        below = self.count.mapToGlobal(self.count.rect().bottomLeft())
        QToolTip.showText(below, reason, self.count)

    def _begin(self, name: str) -> None:
        self._symbols.preset(name)
        self._follow()  # a click unchecks what was checked, also where nothing changes

    def _follow(self) -> None:
        symbols = self._symbols
        self.count.set_value(symbols.count)
        for tray, key in ((self.side, symbols.side), (self.units, symbols.unit)):
            if tray.value() != key:  # a bar moves sixty times a second: nothing rests that is painted again
                tray.set_value(key)
        for name, button in self.presets.items():
            button.setChecked(symbols.presets[symbols.side] == name)
        self.lock.setChecked(symbols.is_locked(symbols.side, symbols.active))

    def lines(self, width: int) -> int:
        """1 where everything fits beside each other, else 2."""
        groups = (self._begins, self._rest)
        needed = sum(each.sizeHint().width() for each in groups) + theme.px(GAP)
        return 1 if needed <= width else 2

    def heightForWidth(self, width: int) -> int:
        return self.lines(width) * theme.px(28) + (self.lines(width) - 1) * theme.px(4)

    def sizeHint(self) -> QSize:
        return QSize(theme.px(600), self.heightForWidth(max(1, self.width())))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(300), theme.px(28))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._place()

    def _place(self) -> None:
        width, line = self.width(), theme.px(28)
        begins, rest = self._begins.sizeHint().width(), self._rest.sizeHint().width()
        self._begins.setGeometry(0, 0, min(begins, width), line)
        down = line + theme.px(4) if self.lines(width) == 2 else 0
        self._rest.setGeometry(width - rest, down, rest, line)
