"""Paints one line of a typeset formula into any widget, or its plain reading until the formula is drawn."""

from __future__ import annotations

import re
import weakref

import shiboken6
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from core.text import formulas as language
from gui.drawing import paint, theme, typesetting

FACE = 1.16
"""Type size of formulas relative to text: their letters are lower than those of the text font."""

_TALL = re.compile(r"\\(sum|frac|int|prod)(?![A-Za-z])")

LETTER_EXTENTS = (0.92, 0.42)
"""Space above and below the baseline for letters, in type sizes."""
_INLINE_EXTENTS = (1.02, 0.64)
"""The same for sums and fractions in text style."""
_DISPLAY_EXTENTS = (1.36, 1.26)
"""The same for sums and fractions on a line of their own, and for integrals."""

_waiting: weakref.WeakSet[QWidget] = weakref.WeakSet()
"""Widgets that show the plain reading of a formula that is not drawn yet."""


def repaint_when_drawn(widget: QWidget) -> None:
    """Repaint a widget once formulas have been drawn. `line` calls this for the widget it paints on."""
    _waiting.add(widget)


def _repaint_waiting() -> None:
    widgets = list(_waiting)
    _waiting.clear()
    for widget in widgets:
        if shiboken6.isValid(widget):
            widget.update()


typesetting.notifier.drawn.connect(_repaint_waiting)


def size_of(role: str) -> float:
    """Type size of formulas beside text of a role, px, at the present text size."""
    return theme.font(role).pixelSize() * FACE


def extents(latex: str, own: bool = False) -> tuple[float, float]:
    """Space reserved above and below the baseline, in type sizes; ``own`` on a line of its own."""
    if not _TALL.search(latex):
        return LETTER_EXTENTS
    return _DISPLAY_EXTENTS if own or r"\int" in latex else _INLINE_EXTENTS


def width(latex: str, role: str) -> float:
    """Width of one line, px: of its drawing, else of its plain reading."""
    drawing = typesetting.drawing(latex)
    if drawing is None:
        return paint.wide(typesetting.reading(latex), role)
    return drawing.width * size_of(role)


def line(
    painter: QPainter,
    area: QRectF,
    latex: str,
    role: str = "body",
    token: str = "text",
    slot: int | None = None,
    *,
    right: bool = False,
) -> float:
    """Paint a formula on one line, vertically centred in ``area`` and made smaller where it does not fit.

    Paints its plain reading while it is not drawn. Returns the painted width, px.
    """
    joined = " ".join(language.lines(latex))
    drawing = typesetting.drawing(joined)
    if drawing is None:
        if isinstance(device := painter.device(), QWidget):
            repaint_when_drawn(device)
        words = typesetting.reading(joined)
        paint.text(painter, area, words, role, theme.current().token(token), paint.RIGHT if right else paint.LEFT)
        return min(area.width(), paint.wide(words, role))
    size = size_of(role)
    size *= min(1.0, area.width() / max(1.0, drawing.width * size))
    size *= min(1.0, area.height() / max(1.0, (drawing.ascent + drawing.descent) * size))
    top, foot = (
        max(drawing.ascent, 0.72),
        max(drawing.descent, 0.2),
    )  # one baseline for all letters
    baseline = area.center().y() + (top - foot) * size / 2
    baseline = min(max(baseline, area.top() + drawing.ascent * size), area.bottom() - drawing.descent * size)
    left = area.right() - drawing.width * size if right else area.left()
    stamp(painter, QPointF(left, baseline), joined, size, token, slot)
    return drawing.width * size


def stamp(painter: QPainter, at: QPointF, latex: str, size: float, token: str, slot: int | None) -> None:
    """Paint a drawn line with the left end of its baseline at a point, rounded to whole device pixels."""
    device = painter.device()
    ratio = device.devicePixelRatioF() if device is not None else 1.0
    image = typesetting.pixmap(latex, size, token, slot, ratio)
    top = at.y() - typesetting.above(latex, size, ratio)
    painter.drawPixmap(QPointF(round(at.x() * ratio) / ratio, round(top * ratio) / ratio), image)
