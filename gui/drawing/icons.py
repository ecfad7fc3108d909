"""The bundled icons: 16 × 16 SVG drawings of one colour, tinted at render time; and the icon of the program.

A rendered icon keeps its colours; render it again on `gui.drawing.theme.changes`.
"""

from __future__ import annotations

import functools
from importlib.resources import files

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QGuiApplication, QIcon, QPixmap
from PySide6.QtSvg import QSvgRenderer

from gui.drawing import theme
from gui.drawing.painting import painting

PROGRAM_SIDES = (16, 32, 48, 128)
"""Sides of the pictures of the program's icon, pixels."""


@functools.cache
def names() -> tuple[str, ...]:
    """The names of all icons, sorted."""
    folder = files("assets").joinpath("icons")
    return tuple(sorted(f.name.removesuffix(".svg") for f in folder.iterdir() if f.name.endswith(".svg")))


@functools.cache
def _drawing(name: str) -> str:
    if name not in names():
        raise KeyError(f"there is no icon '{name}'")
    return files("assets").joinpath("icons", f"{name}.svg").read_text("utf-8")


@functools.lru_cache(maxsize=1024)
def _pixmap(name: str, size: int, color: str, ratio: float) -> QPixmap:
    renderer = QSvgRenderer(QByteArray(_drawing(name).replace("currentColor", color).encode()))
    image = _rendered(renderer, max(1, round(size * ratio)))
    image.setDevicePixelRatio(ratio)
    return image


def _rendered(renderer: QSvgRenderer, side: int) -> QPixmap:
    image = QPixmap(side, side)
    image.fill(Qt.GlobalColor.transparent)
    with painting(image) as painter:
        renderer.render(painter, QRectF(0, 0, side, side))
    return image


def pixmap(name: str, size: int, color_hex: str, ratio: float | None = None) -> QPixmap:
    """One icon in one colour, at the screen's pixel ratio or at ``ratio``. `KeyError` if unknown."""
    return _pixmap(name, size, color_hex, ratio or _screen_ratio())


def icon(name: str, size: int = 16, token: str = "text_2") -> QIcon:
    """An icon for Qt's own controls and menus: ``token`` at rest, text when on or hovered, text_3 when disabled."""
    colors = theme.current()
    rest, on, off = colors.token(token), colors.text, colors.text_3
    result = QIcon()
    mode, state = QIcon.Mode, QIcon.State
    for ratio in sorted({1.0, 2.0, _screen_ratio()}):
        for icon_mode, color in ((mode.Normal, rest), (mode.Active, on), (mode.Selected, on), (mode.Disabled, off)):
            result.addPixmap(_pixmap(name, size, color, ratio), icon_mode, state.Off)
            lit = off if icon_mode is mode.Disabled else on
            result.addPixmap(_pixmap(name, size, lit, ratio), icon_mode, state.On)
    return result


def program_icon() -> QIcon:
    """The icon of the program in its own colours, for title bars and lists of windows."""
    renderer = QSvgRenderer(QByteArray(files("assets").joinpath("desktop", "latent-playground.svg").read_bytes()))
    result = QIcon()
    for side in PROGRAM_SIDES:
        result.addPixmap(_rendered(renderer, side))
    return result


def _screen_ratio() -> float:
    app = QGuiApplication.instance()
    return app.devicePixelRatio() if isinstance(app, QGuiApplication) else 1.0
