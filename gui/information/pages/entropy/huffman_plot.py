"""Huffman's code in three views, as pure painting: the words, the tree, and a message bit by bit."""

from __future__ import annotations

import functools
import math
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap

from core.theory.huffman import Node
from gui.drawing import chart, formula_line, numbers, paint, theme
from gui.drawing.painting import painting, pixel
from gui.information.card import bar_fill
from gui.information.pages.entropy.symbols import Account, Side

CHIP_W = 14
"""Width of a bit's box, px at text size 1."""
CHIP_H = 17
"""Height of a bit's box, px at text size 1."""
SHOWN_SYMBOLS = 64
"""Most symbols of the message that are written out."""


@functools.lru_cache(maxsize=512)
def _chips(
    bits: tuple[str, ...], pitch: float, size: tuple[int, int], side: Side, look: str, scale: float, ratio: float
) -> QPixmap:
    """Bits as boxes in a row, painted once: a table holds eighty of them, painted anew in every frame of a drag.

    ``look`` and ``scale``, the theme and the text size, are only part of the key.
    """
    colors = theme.current()
    fill = theme.mix(colors.info_p, colors.card, 0.30) if side == "p" else bar_fill(colors.info_q)
    width, height = size
    pixmap = QPixmap(math.ceil((pitch * (len(bits) - 1) + width) * ratio) + 1, math.ceil(height * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    with painting(pixmap, smooth=True) as painter:
        for k, bit in enumerate(bits):
            area = QRectF(round(k * pitch * ratio) / ratio, 0, width, height)
            paint.box(painter, area, 2, fill)
            paint.text(painter, area, bit, "keycap", colors.text, paint.CENTER)
    return pixmap


def _bits(
    painter: QPainter, x: float, y: float, bits: tuple[str, ...], pitch: float, size: tuple[int, int], side: Side
) -> None:
    """Paint bits in a row; their top left corner is at (x, y)."""
    ratio = 1.0 / paint.hairline(painter)
    chips = _chips(bits, pitch, size, side, theme.current().name, theme.text_scale(), ratio)
    painter.drawPixmap(QPointF(round(x * ratio) / ratio, round(y * ratio) / ratio), chips)


def _word(painter: QPainter, x: float, middle: float, word: str | None, side: Side, room: float) -> None:
    """Paint a code word as chips, narrower ones where there is little room."""
    colors, px = theme.current(), theme.px
    if not word:
        what = "none" if word is None else "no bits"
        paint.text(painter, QRectF(x, middle - 8, room, 16), what, "caption", colors.text_3)
        return
    pitch = min(px(CHIP_W) + 2.0, room / len(word))
    size = (max(3, int(pitch) - 2), px(CHIP_H))
    bits = tuple(word) if pitch >= px(8) else ("",) * len(word)
    _bits(painter, x, middle - px(CHIP_H) / 2, bits, pitch, size, side)


def paint_words(painter: QPainter, area: QRectF, account: Account) -> None:
    """Paint a row for each symbol: p, its word in p's code, its surprise, its word in q's code."""
    colors, px = theme.current(), theme.px
    head = px(22)
    pitch = min(px(28), (area.height() - head) / len(account.names))
    width = area.width()
    x_p, x_own, x_ideal, x_other = (area.left() + width * share for share in (0.085, 0.21, 0.52, 0.73))
    end = area.right()
    log = account.log_name
    for x, words, stop in (
        (area.left(), "Sym", x_p),
        (x_p, "p", x_own),
        (x_own, "Code built for p", x_ideal),
        (x_ideal, rf"$\text{{Ideal }} {{-}}{log} \p{{p}}$", x_other),
        (x_other, "Code built for q", end),
    ):
        place = QRectF(x, area.top(), stop - x - 2, head)
        if words.startswith("$"):
            formula_line.line(painter, place, words.strip("$"), "caption", "text_2")
        else:
            paint.text(painter, place, words, "caption", colors.text_2)
    y = area.top() + head
    for index, name in enumerate(account.names):
        painter.fillRect(QRectF(area.left(), round(y), width, 1), QColor(colors.line))
        middle, tall = y + pitch / 2, px(16)
        row = QRectF(area.left(), middle - tall / 2, width, tall)
        paint.text(painter, row, name, "strong", colors.text)
        row.setLeft(x_p)
        paint.text(painter, row, f"{account.p[index]:.2f}", "body", colors.text_2)
        count = px(16)
        _word(painter, x_own, middle, account.code_p.words[index], "p", x_ideal - x_own - count - px(16))
        _count(painter, QRectF(x_ideal - count - px(14), row.top(), count, tall), account.code_p.words[index])
        row.setLeft(x_ideal)
        ideal = float(account.surprise[index])
        paint.text(painter, row, numbers.number(ideal, 2), "body", colors.text_2)
        missing = index in account.missing
        _word(painter, x_other, middle, account.code_q.words[index], "q", end - x_other - count)
        _count(painter, QRectF(end - count, row.top(), count, tall), account.code_q.words[index], missing)
        y += pitch


def _count(painter: QPainter, area: QRectF, word: str | None, missing: bool = False) -> None:
    colors = theme.current()
    words, ink = ("∞", colors.warn) if missing else ("–" if word is None else str(len(word)), colors.text_3)
    paint.text(painter, area, words, "caption", ink, paint.RIGHT)


@dataclass(frozen=True)
class Tree:
    """Layout of a code tree: positions of its nodes, and its edges as (fork, child, bit)."""

    edges: tuple[tuple[QPointF, QPointF, str], ...]
    nodes: tuple[tuple[QPointF, Node], ...]
    pitch: float
    level: float


def lay_out_tree(root: Node, words: Collection[str | None], area: QRectF) -> Tree:
    """Lay out a tree: leaves at equal distances, as deep as their words are long; forks midway between children."""
    lengths = [len(word) for word in words if word is not None]
    level, pitch = area.height() / max(1, *lengths), area.width() / len(lengths)
    edges: list[tuple[QPointF, QPointF, str]] = []
    nodes: list[tuple[QPointF, Node]] = []
    next_leaf = iter(range(len(lengths)))

    def place(node: Node, depth: int) -> QPointF:
        y = area.top() + depth * level
        if node.zero is None or node.one is None:
            spot = QPointF(area.left() + (next(next_leaf) + 0.5) * pitch, y)
        else:
            zero, one = place(node.zero, depth + 1), place(node.one, depth + 1)
            spot = QPointF((zero.x() + one.x()) / 2, y)
            edges.extend(((spot, zero, "0"), (spot, one, "1")))
        nodes.append((spot, node))
        return spot

    place(root, 0)
    return Tree(tuple(edges), tuple(nodes), pitch, level)


def paint_tree(painter: QPainter, area: QRectF, account: Account, side: Side) -> None:
    """Paint the tree of one side's code: a fork for each bit, a leaf for each symbol, as deep as its word is long."""
    colors, px = theme.current(), theme.px
    code = account.code(side)
    title = f"Tree of {side}’s code: 0 goes left, 1 right. The rarer a symbol, the deeper its leaf."
    paint.text(painter, QRectF(area.left(), area.top(), area.width(), px(16)), title, "caption", colors.text_3)
    leaves = [i for i, word in enumerate(code.words) if word is not None]
    if len(leaves) == 1:
        words = f"{account.names[leaves[0]]} is certain: its word is empty."
        paint.text(painter, area, words, "body", colors.text_2, paint.CENTER)
        return
    tree = lay_out_tree(code.root, code.words, area.adjusted(0, px(30), 0, -px(34)))
    _paint_edges(painter, tree)
    for spot, node in tree.nodes:
        if node.symbol < 0:
            paint.box(painter, QRectF(spot.x() - 2.5, spot.y() - 2.5, 5, 5), 2.5, colors.line_strong)
        else:
            color = colors.info_p if side == "p" else colors.info_q
            length = len(code.words[node.symbol] or "")
            _paint_leaf(painter, spot, tree.pitch, account.names[node.symbol], length, color)


def _paint_edges(painter: QPainter, tree: Tree) -> None:
    colors, px = theme.current(), theme.px
    painter.setPen(QPen(QColor(colors.line_strong), 1))
    for start, stop, _ in tree.edges:
        painter.drawLine(start, QPointF(stop.x(), start.y()))
        painter.drawLine(QPointF(stop.x(), start.y()), stop)
    if tree.level < px(16):  # no room for the bits
        return
    for start, stop, bit in tree.edges:
        box = QRectF(stop.x() - px(6), (start.y() + stop.y()) / 2 - px(7), px(12), px(14))
        paint.box(painter, box, 2, colors.card)
        paint.text(painter, box, bit, "keycap", colors.text_2, paint.CENTER)


def _paint_leaf(painter: QPainter, spot: QPointF, pitch: float, name: str, length: int, color: str) -> None:
    """A symbol in a box, under it the length of its word in bits."""
    colors, px = theme.current(), theme.px
    half = min(px(11), pitch / 2 - 1)
    box = QRectF(spot.x() - half, spot.y() - px(9), 2 * half, px(18))
    paint.box(painter, box, 3, bar_fill(color), color)
    paint.text(painter, box, name, "strong", colors.text, paint.CENTER)
    below = QRectF(spot.x() - pitch / 2, spot.y() + px(10), pitch, px(13))
    words = f"{length}" if pitch < px(34) else f"{length} bit{'s' * (length != 1)}"
    paint.text(painter, below, words, "tick", colors.text_3, paint.CENTER)


def running_mean(message: npt.NDArray[np.int64], lengths: tuple[float, ...]) -> npt.NDArray[np.float64]:
    """Mean bits per symbol after the first 1, 2, … symbols of a message, (N,)."""
    costs = np.array([length if math.isfinite(length) else np.nan for length in lengths])[message]
    return np.asarray(np.cumsum(costs) / np.arange(1, len(message) + 1), np.float64)


def paint_message(painter: QPainter, area: QRectF, account: Account, message: npt.NDArray[np.int64]) -> None:
    """Paint the first symbols of a message (N,) with their words, and the mean length as the message goes on."""
    colors, px = theme.current(), theme.px
    code = account.code_p
    x, y, gap = area.left(), area.top() + px(2), px(5)
    line = px(CHIP_H) + px(16)
    bottom = area.top() + max(2 * line, area.height() * 0.42)
    for symbol in message[:SHOWN_SYMBOLS].tolist():
        word = code.words[symbol] or ""
        width = max(px(10), len(word) * (px(CHIP_W - 2) + 1.0))
        if x + width > area.right():
            x, y = area.left(), y + line
        if y + line > bottom:
            break
        name = QRectF(x, y, width, px(14))
        paint.text(painter, name, account.names[symbol], "keycap", colors.text, paint.CENTER)
        size = (px(CHIP_W - 2), px(CHIP_H - 2))
        if word:
            _bits(painter, x, y + px(14), tuple(word), size[0] + 1.0, size, "p")
        x += width + gap
    plot = QRectF(area.left(), bottom + px(20), area.width(), area.bottom() - bottom - px(20))
    per_bit = 1.0 if account.unit == "bits" else math.log(2.0)
    own = running_mean(message, code.lengths) * per_bit
    other = running_mean(message, account.code_q.lengths) * per_bit
    top = QRectF(area.left(), bottom + px(2), area.width(), px(16))
    for words, ink in reversed(mean_words(account, own, other)):
        paint.text(painter, top, words, "caption_strong", ink, paint.RIGHT)
        top.setRight(top.right() - paint.wide(words, "caption_strong") - px(10))
    head = f"mean {account.unit} per symbol, 1 to {len(message):,} of them"
    paint.text(painter, top, head, "caption", colors.text_3)
    _paint_means(painter, plot, account, own, other)


def mean_words(
    account: Account, own: npt.NDArray[np.float64], other: npt.NDArray[np.float64]
) -> tuple[tuple[str, str], ...]:
    """Mean lengths of p's and q's codes over the whole message, as text and colour of each."""
    colors = theme.current()
    codes = (("p’s code", own, colors.info_p), ("q’s", other, colors.info_q))
    return tuple(
        (f"{name} {numbers.number(float(cost[-1]), 2) if math.isfinite(cost[-1]) else '∞'}", ink)
        for name, cost, ink in codes
    )


def _paint_means(
    painter: QPainter,
    plot: QRectF,
    account: Account,
    own: npt.NDArray[np.float64],
    other: npt.NDArray[np.float64],
) -> None:
    colors = theme.current()
    at = np.unique(np.geomspace(1, len(own), 160).astype(int)) - 1
    finite = other[at][np.isfinite(other[at])]
    values = np.concatenate([own[at], finite, [account.entropy_p, account.mean_length_p]])
    low, high = float(values.min()), float(values.max())
    pad = max(0.05, 0.08 * (high - low))
    x = np.log10(at + 1.0)
    lines = [chart.Line(x, own[at], colors.info_p)]
    if len(finite) == len(at):
        lines.append(chart.Line(x, other[at], colors.info_q))
    picture = chart.Picture(
        (0.0, float(np.log10(len(own)))),
        (max(0.0, low - pad), high + pad),
    )
    frame = chart.Frame(plot, picture)
    for value in chart.ticks(*picture.y_range, 3):
        y = float(frame.down(np.array([value]))[0])
        painter.fillRect(QRectF(frame.inner.left(), pixel(y), frame.inner.width(), 1), QColor(colors.line))
        place = QRectF(plot.left(), y - 7, chart.LEFT - 6, 14)
        paint.text(painter, place, numbers.number(value, 1), "tick", colors.text_3, paint.RIGHT)
    for power in range(int(picture.x_range[1]) + 1):
        spot = float(frame.across(np.array([float(power)]))[0])
        place = QRectF(spot - 20, plot.bottom() - 15, 40, 14)
        paint.text(painter, place, f"{10**power:,}", "tick", colors.text_3, paint.CENTER)
    chart.paint(painter, plot, picture, lines, (account.entropy_p, colors.text_3))
    y = float(frame.down(np.array([account.entropy_p]))[0])
    place = QRectF(frame.inner.right() - 120, y + 1, 118, 14)
    paint.text(painter, place, f"H(p) {numbers.number(account.entropy_p, 2)}", "tick", colors.text_2, paint.RIGHT)
