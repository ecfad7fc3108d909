"""Typesetting formulas: LaTeX of `core.text.formulas` becomes a drawing, drawings become pixmaps in the theme's
colours.

ziamath does it (pure Python, STIX Two Math inside): 0.13 s to import, 9 ms for half of our formulas, 20 for one in
ten. So it happens in a thread that lives while something is to be drawn, once for each formula: a drawing is in units
of the type size and its colours are placeholders, so that text size and theme cost nothing. Until then places show
`plain`.
"""

from __future__ import annotations

import functools
import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import QByteArray, QObject, QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from core.text.formulas import ROLES, FormulaError, check, lines, plain, with_colors
from gui.drawing import theme

_UNIT = 100.0
"""The type size at which formulas are drawn; everything is scaled from there."""
_INK = "#0000ff"
_PLACEHOLDERS = {role: f"#0000{at:02x}" for at, role in enumerate(ROLES, 1)}
_DISPLAY = r"\displaystyle "
"""In front of a line whose sums and fractions stand as tall as they do on a line of their own."""
_TOGETHER = 16
"""So many come at once: each coming is a repaint of what waits."""
_BOX = re.compile(r'viewBox="([-\d.]+) ([-\d.]+) ([-\d.]+) ([-\d.]+)"')


@dataclass(frozen=True)
class Drawing:
    """A formula as it was drawn, in units of the type size: what is above the baseline, below it, and how wide."""

    svg: str
    width: float
    ascent: float
    descent: float


class _Made(QObject):
    made = Signal()


made = _Made()
"""Emits ``made`` in the thread of windows when formulas that were wanted are drawn."""

_drawn: dict[str, Drawing | None] = {}
_wanted: list[str] = []
_lock = threading.Lock()  # over the queue and who works on it
_at_work = threading.Lock()  # ziamath draws one formula at a time
_thread: threading.Thread | None = None


def tall(latex: str) -> str:
    """The formula as it stands on a line of its own: limits under sums, fractions at full height."""
    return r" \\ ".join(each if each.startswith(_DISPLAY) else _DISPLAY + each for each in lines(latex))


def draw(latex: str) -> Drawing:
    """Draw a formula now, in this thread; `FormulaError` where that is impossible."""
    bare = latex.removeprefix(_DISPLAY)
    check(bare)
    with _at_work:
        from ziamath.config import config  # 0.13 s: never before a formula is wanted
        from ziamath.tex import tex2mml
        from ziamath.zmath import Math

        config.svg2 = False  # Qt draws SVG Tiny 1.2
        try:
            markup = tex2mml(with_colors(bare, _PLACEHOLDERS), inline=bare == latex)
            markup = markup.replace("<mo>&#x00302;", '<mo stretchy="false">&#x002C6;')  # a hat, not a roof
            text = Math(markup.replace("<math ", f'<math mathcolor="{_INK}" ', 1), size=_UNIT).svg()
        except Exception as error:  # what a foreign parser raises is not ours to list
            raise FormulaError(f"'{bare}' cannot be drawn ({error}); write it in another way") from error
    found = _BOX.search(text)
    if found is None:
        raise FormulaError(f"'{bare}' cannot be drawn; write it in another way")
    _, top, width, height = (float(each) / _UNIT for each in found.groups())
    return Drawing(text, width, -top, height + top)


def drawing(latex: str) -> Drawing | None:
    """The drawing of one line; None where there is none yet (`made` will say so) or never will be."""
    if latex not in _drawn:
        want((latex,))
    return _drawn.get(latex)


def reading(latex: str) -> str:
    """What stands where a line is not drawn."""
    return plain(latex.removeprefix(_DISPLAY))


def is_there(latex: str) -> bool:
    """Whether nothing of a formula is still to be drawn."""
    return all(each in _drawn for each in lines(latex))


def is_resting() -> bool:
    """Whether nothing is being drawn, and nothing waits for it."""
    return _thread is None


def put(latex: str, found: Drawing) -> None:
    """Keep a drawing that was made elsewhere."""
    _drawn[latex] = found


def forget() -> None:
    """Forget every drawing, as if the window had just begun; waits for what is being drawn."""
    with _lock:
        del _wanted[1:]
        last = _thread
    if last is not None:
        last.join()
    _drawn.clear()
    _pixmap.cache_clear()


def want(formulas: Iterable[str]) -> None:
    """Have formulas drawn in the background, whole or in lines, because they will soon be shown."""
    global _thread
    with _lock:
        for latex in formulas:
            for each in lines(latex):
                if each not in _drawn and each not in _wanted:
                    _wanted.append(each)
        if _wanted and _thread is None:
            _thread = threading.Thread(target=_work, name="formulas")
            _thread.start()


def _work() -> None:
    global _thread
    while True:
        with _lock:
            if not _wanted:
                _thread = None
                break
            latex = _wanted[0]  # stays there while it is drawn, so that nobody asks twice
        try:
            found: Drawing | None = draw(latex)
        except Exception:  # places go on showing its plain reading; a test draws every formula there is
            found = None
        with _lock:
            _drawn[latex] = found
            del _wanted[0]
            rest = len(_wanted)
        if rest % _TOGETHER == 0:
            made.made.emit()


@functools.cache
def inks(name: str, slot: int | None) -> tuple[tuple[str, str], ...]:
    """(role, colour) of a theme, every colour readable as text; ``slot`` is the lane whose colour D and q wear."""
    colors = theme.THEMES[name]
    lane = colors.text if slot is None else colors.lanes[slot % len(colors.lanes)]
    found = {
        "p": colors.info_p,
        "q": colors.info_q,
        "kl": colors.info_kl,
        "rate": colors.info_kl,
        "lane": lane,
        "distortion": lane,
        "chosen": colors.accent,
        "hole": colors.error,
    }
    return tuple((role, readable(found[role], name)) for role in ROLES)


def readable(color: str, name: str) -> str:
    """A colour as text wears it in a theme: nearer to the colour of text until it is readable on every ground."""
    colors = theme.THEMES[name]
    grounds = (colors.window, colors.panel, colors.card, colors.control, colors.plot)
    for share in range(100, -1, -4):
        mixed = theme.mix(color, colors.text, share / 100)
        if min(theme.contrast(mixed, real_side) for real_side in grounds) >= 4.5:
            return mixed
    return colors.text


def ink(role: str, slot: int | None = None) -> str:
    """The colour of a role in the theme in force."""
    return dict(inks(theme.current().name, slot))[role]


@functools.lru_cache(maxsize=512)
def _pixmap(latex: str, size: float, text: str, name: str, slot: int | None, ratio: float) -> QPixmap:
    found = _drawn[latex]
    assert found is not None
    svg = found.svg
    for role, color in inks(name, slot):
        svg = svg.replace(_PLACEHOLDERS[role], color)
    renderer = QSvgRenderer(QByteArray(svg.replace(_INK, text).encode()))
    wide, tall = found.width * size * ratio, (found.ascent + found.descent) * size * ratio
    # The baseline lies between two device pixels, so that straight feet are sharp
    above = -(-found.ascent * size * ratio // 1)
    shift = above - found.ascent * size * ratio
    image = QPixmap(max(1, int(wide) + 2), max(1, int(tall + shift) + 2))
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    renderer.render(painter, QRectF(0, shift, wide, tall))
    painter.end()
    image.setDevicePixelRatio(ratio)
    return image


def pixmap(latex: str, size: float, token: str = "text", slot: int | None = None, ratio: float = 1.0) -> QPixmap:
    """One drawn line with its plain symbols in the colour of ``token``; the baseline is `above` below its top."""
    colors = theme.current()
    return _pixmap(latex, size, colors.token(token), colors.name, slot, ratio)


def above(latex: str, size: float, ratio: float = 1.0) -> float:
    """From the top of the pixmap to the baseline, in logical pixels."""
    found = _drawn[latex]
    assert found is not None
    return float(-(-found.ascent * size * ratio // 1)) / ratio
