"""Costs per symbol as stacked bars on one axis: H(p); H(p) + KL(p || q) = H(p, q); the same with p and q swapped."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen

from gui.drawing import chart, formula_line, icons, numbers, paint, theme
from gui.drawing.painting import pixel
from gui.information.card import PAD, Figure, Plot, TitledCard, hatch
from gui.information.pages.entropy.symbols import Account, Symbols
from gui.widgets import layouts
from gui.widgets.label import Label
from gui.widgets.prose_formulas import explain

WORDS_PX = 20
"""Height of the line over a bar, px at text size 1."""
BAR_PX = 36
"""Largest height of a bar, px at text size 1."""
CLOSE = 1e-12
"""Tolerance of H(p) + KL(p || q) = H(p, q), in the unit shown."""
DECIMALS = 3
"""Decimals of the numbers on this card."""
CAPTION_BEST = r"\text{Best possible, } H(\p{p})"
CAPTION_CROSS_ENTROPY = r"\text{With q’s code, } H(\p{p}, \q{q}) = H(\p{p}) + \kl{\mathrm{KL}}(\p{p} \parallel \q{q})"
CAPTION_REVERSE = r"\text{Other way round, } H(\q{q}, \p{p}) = H(\q{q}) + \kl{\mathrm{KL}}(\q{q} \parallel \p{p})"


def formatted(value: float) -> str:
    """A number as this card prints it."""
    return numbers.number(value, DECIMALS)


def closes(account: Account) -> bool:
    """Whether H(p) + KL(p || q) = H(p, q) within `CLOSE`."""
    if account.missing:
        return math.isinf(account.cross_entropy) and math.isinf(account.forward)
    return abs(account.entropy_p + account.forward - account.cross_entropy) <= CLOSE


def axis_end(account: Account) -> float:
    """The right end of the axis: 4 bits or 3 nats, more where something longer is shown."""
    values = (
        account.uniform,
        account.cross_entropy,
        account.cross_entropy_reverse,
        account.entropy_p,
        account.entropy_q,
    )
    most = max(value for value in values if math.isfinite(value))
    return max(4.0 if account.unit == "bits" else 3.0, math.ceil(most - 1e-9))


@dataclass(frozen=True)
class Stack:
    """One bar: an entropy with a KL stacked on it; ``note`` follows the caption, ``total`` stands at the right end."""

    caption: str
    note: str
    total: float
    name: str
    token: str
    entropy: float
    added: float


def stacks(account: Account) -> tuple[Stack, Stack, Stack]:
    """The three bars from top to bottom."""
    other = "nats" if account.unit == "bits" else "bits"
    in_other = account.entropy_p * (math.log(2) if account.unit == "bits" else 1 / math.log(2))
    p, q = account.entropy_p, account.entropy_q
    return (
        Stack(CAPTION_BEST, f" = {formatted(in_other)} {other}", p, "H(p)", "info_p", p, 0.0),
        Stack(CAPTION_CROSS_ENTROPY, "", account.cross_entropy, "H(p)", "info_p", p, account.forward),
        Stack(CAPTION_REVERSE, "", account.cross_entropy_reverse, "H(q)", "info_q", q, account.reverse),
    )


class CostBars(Plot):
    """The three stacked bars of `stacks`."""

    least_px = (220, 3 * 46 + 22)

    def __init__(self, symbols: Symbols) -> None:
        super().__init__("costs", "Entropy, cross-entropy and KL as stacked bars")
        self._symbols = symbols
        symbols.changed.connect(self.update)
        explain(
            self,
            r"$H(\p{p}) = -\sum \p{p} \log \p{p}$"
            "\n"
            r"$H(\p{p}, \q{q}) = -\sum \p{p} \log \q{q} = H(\p{p}) + \kl{\mathrm{KL}}(\p{p} \parallel \q{q})$"
            "\n"
            r"$\kl{\mathrm{KL}}(\p{p} \parallel \q{q}) = \sum \p{p} \log \frac{\p{p}}{\q{q}}$"
            "\nThe tick in the first bar is the entropy of the uniform distribution, the most there can be.",
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        with self.painting() as painter:
            account, px = self._symbols.account, theme.px
            end = axis_end(account)
            room, words = (self.height() - px(22)) / 3, px(WORDS_PX)
            tall = min(px(BAR_PX), max(px(18), room - words - px(8)))
            for k, stack in enumerate(stacks(account)):
                area = QRectF(0, k * room + words, self.width(), tall)
                self._paint_words(painter, QRectF(0, k * room, self.width(), words), stack)
                paint.box(painter, area, 3, theme.current().plot)
                self._paint_stack(painter, area, stack, end)
                if k == 0:
                    self._paint_uniform(painter, area, account, end)
            self._paint_axis(painter, 2 * room + words + tall + px(3), end, account.unit)

    def _paint_words(self, painter: QPainter, line: QRectF, stack: Stack) -> None:
        """Paint the line over a bar: caption, note and total."""
        colors = theme.current()
        left = line.adjusted(0, 0, -theme.px(60), 0)
        caption_width = formula_line.line(painter, left, stack.caption, "body", "text_2")
        paint.text(painter, left.adjusted(caption_width, 0, 0, 0), stack.note, "body", colors.text_2)
        paint.text(painter, line, formatted(stack.total), "title", colors.text, paint.RIGHT)

    def _paint_uniform(self, painter: QPainter, area: QRectF, account: Account, end: float) -> None:
        """Paint a tick at the entropy of the uniform distribution, with its number at the side where there is room."""
        colors, px = theme.current(), theme.px
        x = pixel(account.uniform / end * self.width())
        painter.fillRect(QRectF(min(x, self.width() - 1), area.top(), 1, area.height()), QColor(colors.text_3))
        number = numbers.number(account.uniform, 2)
        space, before = self.width() - x - px(6), x - account.entropy_p / end * self.width() - px(10)
        worded = max(space, before) > px(70)
        words, needed = (f"uniform {number}", px(70)) if worded else (number, px(28))
        if space > needed:
            place = QRectF(x + px(5), area.top(), space, area.height())
            paint.text(painter, place, words, "tick", colors.text_3)
        elif before > needed:
            place = QRectF(x - px(5) - before, area.top(), before, area.height())
            paint.text(painter, place, words, "tick", colors.text_3, paint.RIGHT)

    def _paint_stack(self, painter: QPainter, area: QRectF, stack: Stack, end: float) -> None:
        colors, px, width = theme.current(), theme.px, area.width()
        first, added, color = stack.entropy, stack.added, colors.token(stack.token)
        stop = pixel(first / end * width)
        here = QRectF(area.left(), area.top(), stop, area.height())
        paint.box(painter, here, 3, color)
        ink = colors.window if theme.contrast(colors.window, color) > 4.5 else colors.card
        if stop > px(34):
            paint.text(painter, here.adjusted(px(8), 0, 0, 0), stack.name, "strong", ink)
        if math.isinf(added):
            rest = QRectF(area.left() + stop + 1, area.top(), width - stop - 1, area.height())
            paint.box(painter, rest, 3, theme.mix(colors.info_kl, colors.plot, 0.5))
            hatch(painter, rest, colors.info_kl)
            paint.text(painter, rest.adjusted(px(8), 0, 0, 0), "KL = ∞", "strong", colors.text, paint.LEFT)
        elif added > 0:
            rest = QRectF(area.left() + stop + 1, area.top(), (first + added) / end * width - stop - 1, area.height())
            if rest.width() >= 1:
                paint.box(painter, rest, 3, colors.info_kl)
            if rest.width() > px(28):
                paint.text(painter, rest.adjusted(px(8), 0, 0, 0), "KL", "strong", ink)

    def _paint_axis(self, painter: QPainter, y: float, end: float, unit: str) -> None:
        colors, px = theme.current(), theme.px
        painter.setPen(QPen(QColor(colors.line_strong), 1))
        painter.drawLine(QPointF(0, round(y) + 0.5), QPointF(self.width(), round(y) + 0.5))
        steps = chart.ticks(0.0, end, 5)
        for value in steps:
            x = value / end * (self.width() - 1)
            painter.drawLine(QPointF(round(x) + 0.5, y), QPointF(round(x) + 0.5, y + 4))
        for value in steps:
            x = value / end * (self.width() - 1)
            words = numbers.short(value) + (f" {unit}" if value == steps[-1] else "")
            place = QRectF(min(max(0.0, x - px(30)), self.width() - px(60)), y + px(4), px(60), px(14))
            align = paint.CENTER
            if x < px(30):
                align = paint.LEFT
            elif x > self.width() - px(30):
                align = paint.RIGHT
            paint.text(painter, place, words, "tick", colors.text_3, align)


class CostsCard(TitledCard):
    """Entropy, cross-entropy and KL as bars, and as figures in both directions."""

    def __init__(self, symbols: Symbols) -> None:
        super().__init__("What each symbol costs", "", "costs card")
        self._symbols = symbols
        self._tick, self._sums = Label(""), Label("", "caption", "ok")
        explain(
            self._sums,
            r"$H(\p{p}) + \kl{\mathrm{KL}}(\p{p} \parallel \q{q})$ and $H(\p{p}, \q{q})$ are computed apart; they"
            r" agree within 10⁻¹²",
        )
        self._shown_sums: tuple[bool, str] | None = None
        self.add_action(self._tick, self._sums)
        self.bars = CostBars(symbols)
        self.body.addWidget(self.bars, 1)
        self._make_figures()
        self.sentence = Label("", "body", "text_2", elided=True)
        pad = theme.px(PAD)
        self._outer.addLayout(layouts.row((self.sentence, 1), margins=(pad, 0, pad, theme.px(10))))
        symbols.changed.connect(self._follow)
        theme.changes.changed.connect(self._follow)
        self._follow()

    def _make_figures(self) -> None:
        self.forward = Figure(
            r"$\kl{\mathrm{KL}}(\p{p} \parallel \q{q})$",
            r"$\kl{\mathrm{KL}}(\p{p} \parallel \q{q}) = \sum \p{p} \log \frac{\p{p}}{\q{q}}$"
            "\nWhat coding p with q’s code wastes.",
        )
        self.reverse = Figure(
            r"$\kl{\mathrm{KL}}(\q{q} \parallel \p{p})$",
            r"$\kl{\mathrm{KL}}(\q{q} \parallel \p{p}) = \sum \q{q} \log \frac{\q{q}}{\p{p}}$"
            "\nThe other direction: it is another number.",
        )
        self.js = Figure(
            "Jensen–Shannon",
            r"$\mathrm{JS} = \tfrac12 \kl{\mathrm{KL}}(\p{p} \parallel m) + \tfrac12 \kl{\mathrm{KL}}(\q{q}"
            r" \parallel m)$, "
            r"$m = \tfrac12 (\p{p} + \q{q})$"
            "\nSymmetric, never infinite, at most 1 bit or ln 2 nats.",
        )
        self.add_figures(self.forward, self.reverse, self.js)

    def _follow(self) -> None:
        account = self._symbols.account
        unit = account.unit
        if not self.note.text().startswith(unit):
            self.note.setText(f"{unit} per symbol")
        good = closes(account)
        state = (good, theme.current().name)
        if state != self._shown_sums:
            self._shown_sums = state
            self._show_sums(good)
        for figure, value in ((self.forward, account.forward), (self.reverse, account.reverse), (self.js, account.js)):
            figure.show_value(formatted(value), unit if math.isfinite(value) else "")
            figure.set_token("text" if math.isfinite(value) else "warn")
        if (words := waste(account)) != self.sentence.text():
            self.sentence.setText(words)

    def _show_sums(self, good: bool) -> None:
        self._sums.setText("sums close" if good else "sums do not close")
        self._sums.set_token("ok" if good else "error")
        icon = "check-circle" if good else "warning"
        self._tick.setPixmap(icons.pixmap(icon, 14, theme.current().token(self._sums.token())))


def listed(account: Account, symbols: tuple[int, ...]) -> str:
    """Names of symbols; of more than four the first three and the count of the rest."""
    names = [account.names[i] for i in symbols]
    return ", ".join(names) if len(names) <= 4 else f"{', '.join(names[:3])} and {len(names) - 3} more"


def waste(account: Account) -> str:
    """The card's last line: what q's code wastes."""
    if account.missing:
        return f"q rules out {listed(account, account.missing)}, p does not: KL(p ∥ q) is infinite."
    if account.missing_reverse:
        return f"p rules out {listed(account, account.missing_reverse)}, q does not: KL(q ∥ p) is infinite."
    if account.forward < 5e-4:
        return "q is p: nothing is wasted."
    return f"q’s code wastes {numbers.number(account.forward, 2)} {account.unit} a symbol on average."
