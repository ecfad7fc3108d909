"""Colours, fonts and sizes, and how they reach Qt.

Painted widgets ask `current` at paint time; Qt's own controls get a palette and a style sheet from `apply`. A widget
that caches something that depends on the theme (a pixmap, a height) renews it on `changes.changed`.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication, QStyleFactory, QToolTip

from gui.drawing import stylesheet

Table = NDArray[np.uint8]
"""A colour map from grey to RGB, ``(256, 3)``; read-only."""
DIM_SHARE = 0.4
"""What is left of the colours of images that wait to be replaced."""

TEXT_SCALES = (1.0, 1.15, 1.3)
TEXT_AUTO = 0.0
"""The choice of a text size that leaves it to the screen."""
SCREENS = ((1_900, 1.3), (1_300, 1.15))
"""Height of a screen from which on text has a size unless another is chosen, px at the desktop's own scale."""
"""The text sizes to choose from, as factors."""


def rgb(hex_color: str) -> tuple[int, int, int]:
    """Red, green, blue of ``#rrggbb``, 0 to 255."""
    return int(hex_color[1:3], 16), int(hex_color[3:5], 16), int(hex_color[5:7], 16)


@functools.lru_cache(maxsize=256)
def mix(a: str, b: str, share: float) -> str:
    """``share`` of colour ``a`` over ``b``, opaque."""
    mixed = (round(x * share + y * (1.0 - share)) for x, y in zip(rgb(a), rgb(b), strict=True))
    return "#{:02X}{:02X}{:02X}".format(*mixed)


def contrast(a: str, b: str) -> float:
    """WCAG 2 contrast ratio of two colours, 1 to 21."""

    def luminance(color: str) -> float:
        parts = [c / 255 for c in rgb(color)]
        red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@dataclass(frozen=True)
class Theme:
    """Every colour by its token, as ``#rrggbb``; mixed colours are opaque."""

    name: str
    window: str
    panel: str
    card: str
    control: str
    control_hover: str
    control_on: str
    track: str
    plot: str
    grid: str
    line: str
    line_strong: str
    text: str
    text_2: str
    text_3: str
    accent: str
    ok: str
    on_accent: str
    warn: str
    error: str
    knob: str
    picture: str  # the far end of the image table: light on dark, ink on paper
    lanes: tuple[str, ...]
    lane_inks: tuple[str, ...]
    classes: tuple[str, ...]
    info_p: str
    info_q: str
    info_kl: str

    def rate_band(self) -> str:
        """The area between two curves whose height is a rate."""
        return mix(self.info_kl, self.plot, 0.34)

    def hist(self, slot: int) -> str:
        """The bars of a lane's histogram."""
        return mix(self.lanes[slot % len(self.lanes)], self.panel, 0.42)

    def tint(self, slot: int) -> str:
        """The fill of a selected lane's header."""
        return mix(self.lanes[slot % len(self.lanes)], self.card, 0.10 if self.name == "dark" else 0.07)

    def class_color(self, index: int) -> str:
        """The colour of a class; from the eleventh on the colours repeat (draw those hollow)."""
        return self.classes[index % len(self.classes)]

    def class_ink(self, index: int) -> str:
        """The text colour on a class badge, whichever contrasts more."""
        fill = self.class_color(index)
        return max("#0E1012", "#FFFFFF", key=lambda ink: contrast(ink, fill))

    def disabled(self) -> str:
        """Text of a disabled control."""
        return mix(self.text_3, self.panel, 0.45)

    def token(self, token: str) -> str:
        """A colour by its token; ``#rrggbb`` passes through."""
        return token if token.startswith("#") else str(getattr(self, token))

    @functools.cached_property
    def image_table(self) -> Table:
        """Grey images: plot colour to `picture`."""
        return self._table(1.0)

    @functools.cached_property
    def image_dim(self) -> Table:
        """Images that wait to be replaced."""
        return self._table(DIM_SHARE)

    @functools.cached_property
    def tiles_behind_codes(self) -> Table:
        """Decoded tiles under a cloud of codes, 25 %."""
        return self._table(0.25)

    @functools.cached_property
    def tiles_alone(self) -> Table:
        """Decoded tiles with nothing above them, 62 %."""
        return self._table(0.62)

    @functools.cache  # noqa: B019  # there are two themes
    def heat(self, slot: int) -> Table:
        """A map of values from 0 to 1: a lane's colour at 0, the plot colour at 0.5, the colour of data at 1."""
        low, middle, high = (
            np.array(rgb(color), float)
            for color in (mix(self.lanes[slot], self.plot, 0.46), self.plot, mix(self.text, self.plot, 0.34))
        )
        share = np.linspace(-1.0, 1.0, 256)[:, None]  # (256, 1)
        table: Table = np.rint(middle + (np.where(share < 0, low, high) - middle) * np.abs(share)).astype(np.uint8)
        table.flags.writeable = False
        return table

    def _table(self, share: float) -> Table:
        low, high = np.array(rgb(self.plot), float), np.array(rgb(self.picture), float)
        steps = np.linspace(0.0, share, 256)[:, None]  # (256, 1)
        table: Table = np.rint(low + (high - low) * steps).astype(np.uint8)  # (256, 3)
        table.flags.writeable = False
        return table


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


DARK = Theme(
    name="dark",
    window="#121417",
    panel="#181B1F",
    card="#1F2328",
    control="#2A2F36",
    control_hover="#343A43",
    control_on="#454D58",
    track="#3A414B",
    plot="#0E1012",
    grid="#202429",
    line="#2B3037",
    line_strong="#717A86",
    text="#ECEEF1",
    text_2="#B4BBC5",
    text_3="#929AA5",
    accent="#3ECF9B",
    ok="#3ECF9B",
    on_accent="#04261A",
    warn="#F2C94C",
    error="#FF7A70",
    knob="#ECEEF1",
    picture="#F0F2F5",
    lanes=("#F0882E", "#479FF8", "#F58BB2", "#DDDD60", "#62E3DE"),
    lane_inks=("#121417", "#06192B", "#121417", "#121417", "#121417"),
    classes=_words("#81B2F9 #A96038 #ACF6C9 #E8897C #866BEC #EFC878 #D6559F #A3A9B2 #93A434 #69E4F7"),
    info_p="#D3D8DF",
    info_q="#3ECF9B",
    info_kl="#B79CFF",
)

LIGHT = Theme(
    name="light",
    window="#EBEDF0",
    panel="#F6F7F9",
    card="#FFFFFF",
    control="#E0E4E9",
    control_hover="#D2D8DF",
    control_on="#FFFFFF",
    track="#CDD3DA",
    plot="#FFFFFF",
    grid="#E5E8EC",
    line="#D5DAE0",
    line_strong="#79828D",
    text="#15181C",
    text_2="#414953",
    text_3="#555D68",
    accent="#076E55",
    ok="#076E55",
    on_accent="#FFFFFF",
    warn="#7A5600",
    error="#B3261E",
    knob="#FFFFFF",
    picture="#121519",
    lanes=("#A6590A", "#0069BA", "#93286E", "#4C4B12", "#0C7A6B"),
    lane_inks=("#FFFFFF",) * 5,
    classes=_words("#2B6CD4 #7B3F1C #2FA36C #E2604A #5B3CC4 #C28A00 #C0307F #3A3F46 #5E6E0C #009FC2"),
    info_p="#4A525D",
    info_q="#076E55",
    info_kl="#6A3FC6",
)

THEMES = {"dark": DARK, "light": LIGHT}
SYSTEM = "system"
"""The choice that follows the desktop."""
CHOICES = (*THEMES, SYSTEM)


def chosen(name: str) -> Theme:
    """The theme of a choice: for ``system`` that of the desktop, dark where it does not say. `KeyError` else."""
    if name != SYSTEM:
        return THEMES[name]
    is_light = QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Light
    return LIGHT if is_light else DARK


class _Changes(QObject):
    changed = Signal()


changes = _Changes()
"""Emits ``changed`` after a new theme or text size has been applied."""

_theme = DARK
_scale = 1.0


def current() -> Theme:
    """The present theme."""
    return _theme


def text_scale() -> float:
    """The present text size: 1, 1.15 or 1.3."""
    return _scale


@functools.cache  # called 600 times a frame in a drag
def px(length: float) -> int:
    """A length at the present text size, in whole pixels; a positive length is 1 at least."""
    return max(1, math.floor(length * _scale + 0.5)) if length > 0 else 0


_REGULAR, _MEDIUM, _SEMI, _BOLD = (
    QFont.Weight.Normal,
    QFont.Weight.Medium,
    QFont.Weight.DemiBold,
    QFont.Weight.Bold,
)

_ROLES: dict[str, tuple[int, int, QFont.Weight]] = {  # role: (size, line height, weight)
    "hero": (22, 28, _SEMI),
    "figure": (16, 20, _SEMI),
    "title": (13, 16, _SEMI),
    "readout": (13, 16, _MEDIUM),
    "reading": (14, 18, _REGULAR),
    "question": (14, 18, _MEDIUM),
    "body": (12, 16, _REGULAR),
    "medium": (12, 16, _MEDIUM),
    "strong": (12, 16, _SEMI),
    "best": (12, 16, _BOLD),
    "caption": (11, 15, _REGULAR),
    "segment": (11, 15, _MEDIUM),
    "caption_strong": (11, 15, _SEMI),
    "tick": (10, 14, _REGULAR),
    "keycap": (10, 14, _SEMI),
}


def font(role: str) -> QFont:
    """The font of a type role at the present text size, with tabular figures."""
    return QFont(_font(role, _scale))


def line_height(role: str) -> int:
    """The height of one line in a type role, px."""
    return px(_ROLES[role][1])


@functools.cache
def _font(role: str, scale: float) -> QFont:
    size, _, weight = _ROLES[role]
    result = QFont("Inter")
    if not _load_fonts():
        result = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
    result.setPixelSize(max(10, math.floor(size * scale + 0.5)))
    result.setWeight(weight)
    result.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    result.setFeature(QFont.Tag("tnum"), 1)
    return result


@functools.cache
def _load_fonts() -> bool:
    """Register the bundled fonts once. False if one is missing: the system font is used instead."""
    loaded = True
    for weight in ("Regular", "Medium", "SemiBold", "Bold"):
        try:
            data = files("assets").joinpath("fonts", f"Inter-{weight}.otf").read_bytes()
        except OSError:
            return False
        loaded = QFontDatabase.addApplicationFontFromData(data) >= 0 and loaded
    return loaded


def palette(theme: Theme) -> QPalette:
    """The Qt palette of a theme, with its active, inactive and disabled colours."""
    role = QPalette.ColorRole
    colors = {
        role.Window: theme.panel,
        role.Base: theme.control,
        role.AlternateBase: theme.card,
        role.Text: theme.text,
        role.WindowText: theme.text,
        role.ButtonText: theme.text,
        role.BrightText: theme.error,
        role.Button: theme.control,
        role.Highlight: theme.accent,
        role.Accent: theme.accent,
        role.HighlightedText: theme.on_accent,
        role.Link: theme.accent,
        role.LinkVisited: theme.accent,
        role.PlaceholderText: theme.text_3,
        role.ToolTipBase: theme.control,
        role.ToolTipText: theme.text,
        role.Light: theme.control_hover,
        role.Midlight: theme.control_hover,
        role.Mid: theme.line,
        role.Dark: theme.line_strong,
        role.Shadow: theme.window,
    }
    off = theme.disabled()
    disabled = {
        role.Base: theme.panel,
        role.Button: theme.panel,
        role.Text: off,
        role.WindowText: off,
        role.ButtonText: off,
        role.PlaceholderText: off,
        role.Highlight: theme.track,
        role.HighlightedText: off,
    }
    result = QPalette()
    for color_role, color in colors.items():
        result.setColor(QPalette.ColorGroup.Active, color_role, QColor(color))
        result.setColor(QPalette.ColorGroup.Inactive, color_role, QColor(color))
        result.setColor(QPalette.ColorGroup.Disabled, color_role, QColor(disabled.get(color_role, color)))
    return result


def text_scale_of(choice: float) -> float:
    """The text size for a choice: one of `TEXT_SCALES`, or `TEXT_AUTO` for that of the screen."""
    screen = QGuiApplication.primaryScreen()
    height = screen.geometry().height() if screen is not None else 0
    return choice or next((scale for least, scale in SCREENS if height >= least), 1.0)


def apply(app: QApplication, theme: Theme, text_scale: float = 1.0) -> None:
    """Apply a theme and a text size to the application. `ValueError` for a text scale outside 0.5 to 3.

    Nothing happens where both are applied already: a style sheet is worked out anew for every widget there is.
    """
    global _theme, _scale
    if not (math.isfinite(text_scale) and 0.5 <= text_scale <= 3.0):
        raise ValueError(f"text scale {text_scale} is outside 0.5 to 3")
    is_styled = app.property("styled") is not None
    if is_styled and (_theme, _scale) == (theme, text_scale):
        return
    _theme, _scale = theme, text_scale
    px.cache_clear()
    if not is_styled:
        app.setProperty("styled", True)
        app.setStyle(QStyleFactory.create("Fusion"))
    app.setPalette(palette(theme))
    app.setFont(font("body"))
    colors = {k: v for k, v in vars(theme).items() if isinstance(v, str)}
    app.setStyleSheet(stylesheet.stylesheet(colors | {"off": theme.disabled()}, px))
    QToolTip.setFont(font("body"))
    QToolTip.setPalette(app.palette())
    changes.changed.emit()
