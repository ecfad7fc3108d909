"""The card of Huffman's code: words, tree or message above; what the code costs below."""

from __future__ import annotations

import math
from typing import Literal, cast

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QKeyEvent, QPaintEvent

from gui.drawing import numbers
from gui.information.card import Figure, Plot, TitledCard
from gui.information.pages.entropy import huffman_plot
from gui.information.pages.entropy.symbols import Symbols
from gui.widgets.buttons import IconButton
from gui.widgets.naming import named
from gui.widgets.prose_formulas import explain
from gui.widgets.segmented import Segmented

View = Literal["words", "tree", "message"]
VIEWS = (("words", "Words"), ("tree", "Tree"), ("message", "Message"))


class CodeView(Plot):
    """The code as words, tree or message. P and Q choose whose tree it is."""

    least_px = (240, 180)

    def __init__(self, symbols: Symbols) -> None:
        super().__init__("code", "Huffman code", frozenset({Qt.Key.Key_P, Qt.Key.Key_Q}))
        self._symbols = symbols
        self.view: View = "words"
        explain(
            self,
            "The two rarest symbols are joined, again and again, until one tree is left (Huffman 1952).\n"
            r"Ideal is $-\log \p{p}$, the surprise of a symbol: the length it would have if bits could be split."
            "\n"
            r"$H(\p{p}) \le \sum \p{p} \cdot \text{length} < H(\p{p}) + 1$ bit",
        )
        symbols.changed.connect(self._follow)
        self._follow()

    def set_view(self, view: View) -> None:
        """Words, tree or message."""
        self.view = view
        self.update()

    def _follow(self) -> None:
        account = self._symbols.account
        words = [
            f"{name} {'none' if word is None else word or 'no bits'}"
            for name, word in zip(account.names, account.code_p.words, strict=True)
        ]
        self.setAccessibleDescription("Code built for p: " + ", ".join(words))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        with self.painting() as painter:
            area, account = QRectF(self.rect()), self._symbols.account
            if self.view == "words":
                huffman_plot.paint_words(painter, area, account)
            elif self.view == "tree":
                huffman_plot.paint_tree(painter, area, account, self._symbols.side)
            else:
                huffman_plot.paint_message(painter, area, account, self._symbols.message())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        sides = {Qt.Key.Key_P: "p", Qt.Key.Key_Q: "q"}
        side = sides.get(Qt.Key(event.key()))
        if side is None:
            super().keyPressEvent(event)
        else:
            self._symbols.choose("p" if side == "p" else "q")


class HuffmanCard(TitledCard):
    """Huffman's codes for p and q, and their mean lengths on symbols from p."""

    def __init__(self, symbols: Symbols) -> None:
        super().__init__("Huffman code", "never below H(p)", "huffman")
        self._symbols = symbols
        self.plot = CodeView(symbols)
        again = IconButton("dice", "Another message", 24)
        again.clicked.connect(symbols.new_message)
        again.hide()
        self._again = again
        self.views = named(Segmented(VIEWS, small=True), "code view", "What is shown of the code")
        self.views.chosen.connect(self._choose)
        self.add_action(again, self.views)
        self.body.addWidget(self.plot, 1)
        self.own = Figure(
            "Code for p",
            r"Mean length $= \sum \p{p} \cdot \text{length}$, $H(\p{p}) \le \text{mean} < H(\p{p}) + 1 \text{ bit}$",
            below=True,
        )
        self.other = Figure(
            "Code for q, on p",
            r"Mean length of $\q{q}$’s words when the symbols come from $\p{p}$ $= \sum \p{p} \cdot \q{\text{length}}$",
            below=True,
        )
        self.waste = Figure(
            "Waste",
            "What q’s code costs more than p’s. KL says how much it would be if bits could be split.",
            below=True,
        )
        self.add_figures(self.own, self.other, self.waste)
        symbols.changed.connect(self._follow)
        self._follow()

    def _choose(self, view: str) -> None:
        self.plot.set_view(cast(View, view))
        self._again.setVisible(view == "message")
        self.note.setText("one drawn from p, letter by letter" if view == "message" else "never below H(p)")

    def _follow(self) -> None:
        account = self._symbols.account
        unit = account.unit
        self.own.show_value(
            numbers.number(account.mean_length_p, 2), unit, f"limit H(p) {numbers.number(account.entropy_p, 2)}"
        )
        ideal = numbers.number(account.cross_entropy, 2)  # no bound: whole bits may come out shorter on p
        self.other.show_value(numbers.number(account.mean_length_q, 2), unit, f"ideal H(p, q) {ideal}")
        wasted = account.mean_length_q - account.mean_length_p
        self.waste.show_value(numbers.number(wasted, 2), unit, f"KL says {numbers.number(account.forward, 2)}")
        for figure, value in ((self.other, account.mean_length_q), (self.waste, wasted)):
            figure.set_token("text" if math.isfinite(value) else "warn")
