"""The legend of a chart: one row of swatches, names and live values, in as few lines as its width allows."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from gui.drawing import paint, theme
from gui.plots.ground import Ground

LINE_PX = 15
"""Height of a line of the legend, px at text size 1."""
MARGIN_PX = 7
"""Space above and below the legend together, px."""
EDGE_PX = 6.0
"""Space at either end of the legend, px."""
SWATCH_PX = 14
"""Width of a swatch with the space after it, px."""
NAME_GAP_PX = 4
"""Space between name and value, px."""
NARROW_PX = 280
"""A narrower chart has the short names in its legend, px."""


@dataclass(frozen=True)
class Entry:
    """A name with its value. ``is_old``: the value is of an earlier state than the rest. ``is_hidden``: its curve is
    not drawn, and the entry is struck out."""

    kind: Literal["line", "band", "dash", "none"]
    color: str
    name: str
    value: str
    is_old: bool = False
    is_hidden: bool = False


class LegendLayout:
    """Places (x, line) and widths of the entries of a legend whose lines begin at ``left`` and end before ``right``,
    px."""

    def __init__(self, left: float, gap: int, short: Mapping[str, str], entries: Sequence[Entry], right: float) -> None:
        self.short = short
        self.places: list[tuple[float, int]] = []
        self.widths: list[float] = []
        x, line = left, 0
        for entry in entries:
            name = short.get(entry.name, entry.name)
            words = paint.wide(name, "caption") + NAME_GAP_PX + paint.wide(entry.value, "caption_strong")
            wide = (0 if entry.kind == "none" else SWATCH_PX) + words
            if x > left and x + wide > right:
                x, line = left, line + 1
            self.places.append((x, line))
            self.widths.append(wide)
            x += wide + gap
        self.lines = line + 1


class Legend:
    """Entries, and how they are laid out. ``left``: where they begin if there is room, px."""

    def __init__(self, left: float) -> None:
        self._left = left
        self._rests = Ground()
        self.entries: tuple[Entry, ...] = ()
        self.short: Mapping[str, str] = {}

    def layout(self, width: float) -> LegendLayout:
        """Too wide a legend begins at the edge, then has short names, then more lines."""
        tries: list[tuple[float, int, Mapping[str, str]]] = [(self._left, 10, self.short), (EDGE_PX, 5, self.short)]
        if width >= NARROW_PX:
            tries = [(self._left, 10, {}), (EDGE_PX, 5, {}), *tries]
        for left, gap, short in tries:
            layout = LegendLayout(left, gap, short, self.entries, width - EDGE_PX)
            if layout.lines == 1:
                break
        return layout

    @staticmethod
    def height(layout: LegendLayout) -> int:
        """Height of the legend with its margins, px."""
        return round(layout.lines * theme.px(LINE_PX) + MARGIN_PX)

    def entry_at(self, spot: QPointF, width: float) -> int | None:
        """The index of the entry at a pixel of a plot of this width, or None."""
        layout = self.layout(width)
        line = int((spot.y() - MARGIN_PX / 2) // theme.px(LINE_PX))
        for i, ((left, at), wide) in enumerate(zip(layout.places, layout.widths, strict=True)):
            if at == min(max(line, 0), layout.lines - 1) and left - 3 <= spot.x() <= left + wide + 2:
                return i if spot.y() < self.height(layout) else None
        return None

    def paint(self, painter: QPainter, width: int, ratio: float) -> None:
        """Paint it along the top of a plot."""
        layout = self.layout(width)
        size = QSize(width, self.height(layout))
        draw = functools.partial(self._paint, layout=layout)
        self._rests.paint(painter, (self.entries, tuple(layout.short.items())), size, ratio, draw)

    def _paint(self, painter: QPainter, layout: LegendLayout) -> None:
        colors, tall = theme.current(), theme.px(LINE_PX)
        for entry, (x, line) in zip(self.entries, layout.places, strict=True):
            top = MARGIN_PX / 2 + line * tall
            middle = top + tall / 2
            swatch, name_ink, value_ink = entry.color, colors.text_2, colors.text_3 if entry.is_old else colors.text
            if entry.is_hidden:
                swatch, name_ink, value_ink = colors.track, colors.text_3, colors.text_3
            if entry.kind == "dash":
                painter.setPen(QPen(QColor(swatch), 1, Qt.PenStyle.DashLine))
                painter.drawLine(QPointF(x, middle), QPointF(x + 10, middle))
            elif entry.kind != "none":
                high = 8 if entry.kind == "band" else 2
                painter.fillRect(QRectF(x, middle - high / 2, 10, high), QColor(swatch))
            x += SWATCH_PX if entry.kind != "none" else 0
            begin = x
            name = layout.short.get(entry.name, entry.name)
            for role, ink, words in (("caption", name_ink, name), ("caption_strong", value_ink, entry.value)):
                wide = paint.wide(words, role)
                paint.text(painter, QRectF(x, top, wide + 2, tall), words, role, ink)
                x += wide + NAME_GAP_PX
            if entry.is_hidden:
                painter.fillRect(QRectF(begin, round(middle), x - NAME_GAP_PX - begin, 1), QColor(colors.text_3))
