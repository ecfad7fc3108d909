"""The row above the cards: number of symbols, presets, and the unit of the first row."""

from __future__ import annotations

from typing import cast

from core.theory.information import Unit
from gui.drawing import theme
from gui.information.control_group import Group, WrappingBar
from gui.information.pages.entropy.symbols import FEWEST, MOST, PRESETS, Side, Symbols
from gui.widgets.buttons import Button, IconButton
from gui.widgets.label import Label
from gui.widgets.naming import named
from gui.widgets.sections import Divider
from gui.widgets.segmented import Segmented
from gui.widgets.spin_field import SpinField

GAP = 8
PRESET_TIPS = {
    "uniform": "Every symbol equally likely: the most entropy",
    "skewed": "Each symbol 0.7 times as likely as the one before",
    "letters": "The first letters, as often as in English text that had only these",
    "one_hot": "One symbol for certain: no entropy at all",
}


class Toolbar(WrappingBar):
    """Number of symbols and presets at the left; lock, unit and reset at the right."""

    def __init__(self, symbols: Symbols) -> None:
        super().__init__(GAP, ends=True)
        self._symbols = symbols
        self.count = named(SpinField(int, FEWEST, MOST), "symbols", "Number of symbols")
        self.count.setFixedWidth(theme.px(56))
        self.count.edited.connect(lambda value: symbols.set_count(int(value)))
        self.side = named(
            Segmented([("p", "p"), ("q", "q")]),
            "side",
            "Which of the two begins anew",
            "What presets and arrow keys change  (P, Q)",
        )
        self.side.chosen.connect(lambda side: symbols.choose(cast(Side, side)))
        self.presets = {name: self._make_preset(name, title) for name, (title, _) in PRESETS.items()}
        self.set_groups(self._make_start_group(), self._make_rest_group())
        symbols.changed.connect(self._follow)
        self._follow()

    def _make_preset(self, name: str, title: str) -> Button:
        button = named(Button(title), f"preset {name}", tip=PRESET_TIPS[name])
        button.setCheckable(True)
        button.clicked.connect(lambda: self._begin(name))
        return button

    def _make_start_group(self) -> Group:
        return Group(
            Label("Symbols", "body", "text_2"),
            self.count,
            Divider(vertical=True, length=theme.px(20)),
            Label("Start", "body", "text_2"),
            self.side,
            Label("from", "body", "text_2"),
            *self.presets.values(),
        )

    def _make_rest_group(self) -> Group:
        symbols = self._symbols
        self.equal = named(Button("Make q = p"), tip="q becomes what p is: KL falls to 0")
        self.equal.clicked.connect(symbols.make_equal)
        self.lock = named(IconButton("lock", "Lock or free the chosen bar  (L, or right-click a bar)", 24), "lock bar")
        self.lock.setCheckable(True)
        self.lock.clicked.connect(lambda: symbols.toggle_lock(symbols.side, symbols.active))
        self.units = named(
            Segmented([("bits", "Bits"), ("nats", "Nats")]),
            "unit",
            "Unit of the first row",
            "The unit of the first row; Gaussians and models are always in nats. 1 nat = 1.443 bits",
        )
        self.units.chosen.connect(lambda unit: symbols.set_unit(cast(Unit, unit)))
        reset = named(Button("Reset", "restart"), tip="p and q as they were at first")
        reset.clicked.connect(symbols.reset)
        return Group(self.equal, self.lock, Divider(vertical=True, length=theme.px(20)), self.units, reset)

    def _begin(self, name: str) -> None:
        self._symbols.preset(name)
        self._follow()  # a click unchecks the checked preset even if nothing changes

    def _follow(self) -> None:
        symbols = self._symbols
        self.count.set_value(symbols.count)
        for control, key in ((self.side, symbols.side), (self.units, symbols.unit)):
            if control.value() != key:  # a drag comes sixty times a second: repaint only what changes
                control.set_value(key)
        for name, button in self.presets.items():
            button.setChecked(symbols.presets[symbols.side] == name)
        self.lock.setChecked(symbols.is_locked(symbols.side, symbols.active))
