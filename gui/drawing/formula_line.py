"""One line of a typeset formula, painted into any widget; its plain reading until the drawing is there."""

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
"""The letters of formulas are lower than those of text: so much larger is their type."""


_TALL = re.compile(r"\\(sum|frac|int|prod)(?![A-Za-z])")


_LOW, _MIDDLE, _HIGH = (0.92, 0.42), (1.02, 0.64), (1.36, 1.26)
"""Above and below the baseline, in type sizes: letters; small sums and fractions; those on a line of their own."""


_waiting: weakref.WeakSet[QWidget] = weakref.WeakSet()
"""What shows the plain reading of a formula that is still to be drawn."""


def wait(widget: QWidget) -> None:
    """Paint a widget again once formulas have been drawn. `line` calls this for the widget it paints on."""
    _waiting.add(widget)


def _come() -> None:
    come = list(_waiting)
    _waiting.clear()
    for widget in come:
        if shiboken6.isValid(widget):
            widget.update()


def size_of(role: str) -> float:
    """The type size of formulas beside text of a role, in pixels at the text size in force."""
    return theme.font(role).pixelSize() * FACE


def room(latex: str, own: bool = False) -> tuple[float, float]:
    """What is kept free above and below the baseline, in type sizes."""
    if not _TALL.search(latex):
        return _LOW
    return _HIGH if own or r"\int" in latex else _MIDDLE


def width(latex: str, role: str) -> float:
    """How wide one line is, or will be."""
    found = typesetting.drawing(latex)
    if found is None:
        return paint.wide(typesetting.reading(latex), role)
    return found.width * size_of(role)


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
    """Paint a formula on one line, upright in the middle of ``area``; what is too large becomes smaller.

    Returns how wide it is. While it is not drawn its plain reading stands there.
    """
    one = " ".join(language.lines(latex))
    found = typesetting.drawing(one)
    if found is None:
        if isinstance(device := painter.device(), QWidget):
            wait(device)
        words = typesetting.reading(one)
        paint.text(painter, area, words, role, theme.current().token(token), paint.RIGHT if right else paint.LEFT)
        return min(area.width(), paint.wide(words, role))
    size = size_of(role)
    size *= min(1.0, area.width() / max(1.0, found.width * size))
    size *= min(1.0, area.height() / max(1.0, (found.ascent + found.descent) * size))
    top, foot = max(found.ascent, 0.72), max(found.descent, 0.2)  # rows of letters stand on one line, whatever they are
    baseline = area.center().y() + (top - foot) * size / 2
    baseline = min(max(baseline, area.top() + found.ascent * size), area.bottom() - found.descent * size)
    left = area.right() - found.width * size if right else area.left()
    stamp(painter, QPointF(left, baseline), one, size, token, slot)
    return found.width * size


def stamp(painter: QPainter, at: QPointF, latex: str, size: float, token: str, slot: int | None) -> None:
    """Put a line that is drawn with the left end of its baseline at a point, on whole device pixels."""
    device = painter.device()
    ratio = device.devicePixelRatioF() if device is not None else 1.0
    image = typesetting.pixmap(latex, size, token, slot, ratio)
    top = at.y() - typesetting.above(latex, size, ratio)
    painter.drawPixmap(QPointF(round(at.x() * ratio) / ratio, round(top * ratio) / ratio), image)
