"""Typesetting of formulas: LaTeX of `core.text.formulas` to SVG drawings, drawings to pixmaps in the theme's colours.

ziamath draws them (pure Python, with the font STIX Two Math): 0.13 s to import, 9 ms for half of the formulas, 20 ms
for one in ten. So each is drawn once, in a thread that lives only while some are waiting. A drawing has the type size
as its unit and placeholders for colours: another text size or theme draws nothing anew. Until then widgets show
`plain`.
"""

from __future__ import annotations

import functools
import re
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import QByteArray, QCoreApplication, QEvent, QObject, QRectF, Qt, Signal
from PySide6.QtGui import QPixmap
from PySide6.QtSvg import QSvgRenderer

from core.foundation.quoted import brief
from core.text.formulas import ROLES, FormulaError, check, lines, plain, with_colors
from gui.drawing import theme
from gui.drawing.painting import painting

_UNIT = 100.0
"""Type size at which formulas are drawn, in units of the SVG."""
_INK = "#0000ff"
"""Placeholder for the colour of plain symbols."""
_PLACEHOLDERS = {role: f"#0000{at:02x}" for at, role in enumerate(ROLES, 1)}
"""Placeholders for the colours of roles."""
_DISPLAY = r"\displaystyle "
"""Prefix of a line whose sums and fractions are set in display style."""
_NOTIFY_EVERY = 16
"""Number of drawings per notification: each one repaints all widgets that wait."""
LONGEST_WAIT_S = 0.2
"""Longest time that a formula waits for the GUI thread, s."""
IMPATIENT_S = 1.0
"""Time for which none waits after one has waited that long, s."""
_TURNED = QEvent.Type(QEvent.registerEventType())
"""Type of the event that is handled when the GUI thread has nothing more urgent to do."""
_BOX = re.compile(r'viewBox="([-\d.]+) ([-\d.]+) ([-\d.]+) ([-\d.]+)"')


@dataclass(frozen=True)
class Drawing:
    """A drawn formula. Width, ascent (above the baseline) and descent (below it) are in type sizes."""

    svg: str
    width: float
    ascent: float
    descent: float


class _Notifier(QObject):
    drawn = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.has_turned = threading.Event()
        self._patient_from = 0.0  # of ``time.monotonic``

    def wait_for_turn(self) -> None:
        """Wait in another thread until the GUI thread has done what it is at, for `LONGEST_WAIT_S` at most.

        Two threads of Python code take turns at every call of Qt: a page that is painted meanwhile would take three
        times as long.
        """
        if QCoreApplication.instance() is None or time.monotonic() < self._patient_from:
            return
        self.has_turned.clear()
        QCoreApplication.postEvent(self, QEvent(_TURNED), Qt.EventPriority.LowEventPriority.value)
        if not self.has_turned.wait(LONGEST_WAIT_S):
            self._patient_from = time.monotonic() + IMPATIENT_S  # it hangs, or has ended

    def event(self, event: QEvent) -> bool:
        if event.type() == _TURNED:
            self.has_turned.set()
        return super().event(event)


notifier = _Notifier()
"""Emits ``drawn`` in the GUI thread when requested formulas have been drawn."""

_drawn: dict[str, Drawing | None] = {}
_queue: list[str] = []
_lock = threading.Lock()  # guards the queue and the thread
_drawing_lock = threading.Lock()  # ziamath draws one formula at a time
_thread: threading.Thread | None = None


def display_style(latex: str) -> str:
    """The formula as set on a line of its own: limits under sums, fractions at full height."""
    return r" \\ ".join(line if line.startswith(_DISPLAY) else _DISPLAY + line for line in lines(latex))


def draw(latex: str) -> Drawing:
    """Draw a formula now, in this thread. `FormulaError` if it cannot be drawn."""
    bare = latex.removeprefix(_DISPLAY)
    check(bare)
    with _drawing_lock:
        from ziamath.config import config  # 0.13 s: not before a formula is requested
        from ziamath.tex import tex2mml
        from ziamath.zmath import Math

        config.svg2 = False  # Qt draws SVG Tiny 1.2
        try:
            markup = tex2mml(with_colors(bare, _PLACEHOLDERS), inline=bare == latex)
            markup = markup.replace("<mo>&#x00302;", '<mo stretchy="false">&#x002C6;')  # a hat as narrow as its letter
            text = Math(markup.replace("<math ", f'<math mathcolor="{_INK}" ', 1), size=_UNIT).svg()
        except Exception as error:  # the parser documents no error types
            raise FormulaError(f"'{brief(bare)}' cannot be drawn ({brief(error)}); write it in another way") from error
    view_box = _BOX.search(text)
    if view_box is None:
        raise FormulaError(f"'{brief(bare)}' cannot be drawn; write it in another way")
    _, top, width, height = (float(number) / _UNIT for number in view_box.groups())
    return Drawing(text, width, -top, height + top)


def drawing(latex: str) -> Drawing | None:
    """The drawing of one line, requested if it is new. None while it is not drawn, and where it cannot be."""
    if latex not in _drawn:
        want((latex,))
    return _drawn.get(latex)


def reading(latex: str) -> str:
    """The plain text shown in place of a line that is not drawn."""
    return plain(latex.removeprefix(_DISPLAY))


def is_settled(latex: str) -> bool:
    """Whether every line of a formula has been drawn or has failed."""
    return all(line in _drawn for line in lines(latex))


def is_idle() -> bool:
    """Whether no formula is being drawn or waits."""
    return _thread is None


def put(latex: str, drawing: Drawing) -> None:
    """Cache a drawing made with `draw`."""
    _drawn[latex] = drawing


def forget() -> None:
    """Clear the cache. Waits for the drawing in progress."""
    with _lock:
        del _queue[1:]
        thread = _thread
    while thread is not None and thread.is_alive():
        notifier.has_turned.set()  # this thread is at nothing else
        thread.join(0.01)
    _drawn.clear()
    _pixmap.cache_clear()


def want(formulas: Iterable[str]) -> None:
    """Request drawings in the background, line by line, for formulas that will soon be shown."""
    global _thread
    with _lock:
        for latex in formulas:
            for line in lines(latex):
                if line not in _drawn and line not in _queue:
                    _queue.append(line)
        if _queue and _thread is None:
            _thread = threading.Thread(target=_work, name="formulas")
            _thread.start()


def _work() -> None:
    global _thread
    while True:
        with _lock:
            if not _queue:
                _thread = None
                break
            latex = _queue[0]  # stays in the queue while it is drawn, so that it is not queued twice
        notifier.wait_for_turn()
        try:
            drawing: Drawing | None = draw(latex)
        except BaseException:  # widgets keep showing the plain reading; a test draws every formula of the program
            drawing = None
        with _lock:
            _drawn[latex] = drawing
            del _queue[0]
            remaining = len(_queue)
        if remaining % _NOTIFY_EVERY == 0:
            notifier.drawn.emit()


@functools.cache
def inks(name: str, slot: int | None) -> tuple[tuple[str, str], ...]:
    """(role, colour) in a theme, every colour readable as text; ``slot`` is the lane that colours D and q."""
    colors = theme.THEMES[name]
    lane = colors.text if slot is None else colors.lanes[slot % len(colors.lanes)]
    colors_by_role = {
        "p": colors.info_p,
        "q": colors.info_q,
        "kl": colors.info_kl,
        "rate": colors.info_kl,
        "lane": lane,
        "distortion": lane,
        "chosen": colors.accent,
        "hole": colors.error,
    }
    return tuple((role, readable(colors_by_role[role], name)) for role in ROLES)


def readable(color: str, name: str) -> str:
    """A colour for text in a theme: mixed with the text colour until its contrast is 4.5 on every background."""
    colors = theme.THEMES[name]
    backgrounds = (colors.window, colors.panel, colors.card, colors.control, colors.plot)
    for share in range(100, -1, -4):
        mixed = theme.mix(color, colors.text, share / 100)
        if min(theme.contrast(mixed, background) for background in backgrounds) >= 4.5:
            return mixed
    return colors.text


def ink(role: str, slot: int | None = None) -> str:
    """The colour of a role in the present theme."""
    return dict(inks(theme.current().name, slot))[role]


@functools.lru_cache(maxsize=512)
def _pixmap(latex: str, size: float, text: str, name: str, slot: int | None, ratio: float) -> QPixmap:
    drawing = _drawn[latex]
    assert drawing is not None
    svg = drawing.svg
    for role, color in inks(name, slot):
        svg = svg.replace(_PLACEHOLDERS[role], color)
    renderer = QSvgRenderer(QByteArray(svg.replace(_INK, text).encode()))
    wide, tall = drawing.width * size * ratio, (drawing.ascent + drawing.descent) * size * ratio
    # Move the baseline to an edge between device pixels, so that the feet of letters are sharp
    above = -(-drawing.ascent * size * ratio // 1)
    shift = above - drawing.ascent * size * ratio
    image = QPixmap(max(1, int(wide) + 2), max(1, int(tall + shift) + 2))
    image.fill(Qt.GlobalColor.transparent)
    with painting(image, smooth=True) as painter:
        renderer.render(painter, QRectF(0, shift, wide, tall))
    image.setDevicePixelRatio(ratio)
    return image


def pixmap(latex: str, size: float, token: str = "text", slot: int | None = None, ratio: float = 1.0) -> QPixmap:
    """One drawn line, plain symbols in the colour of ``token``. Its baseline is `above` px below its top."""
    colors = theme.current()
    return _pixmap(latex, size, colors.token(token), colors.name, slot, ratio)


def above(latex: str, size: float, ratio: float = 1.0) -> float:
    """The distance from the top of the pixmap to the baseline, in logical pixels."""
    drawing = _drawn[latex]
    assert drawing is not None
    return float(-(-drawing.ascent * size * ratio // 1)) / ratio
