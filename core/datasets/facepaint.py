"""Painting of cartoon faces in batches: layers from back to front, each a signed distance and a colour.

Coordinates: x from -0.94 (left) to 0.94, y from -0.94 (top) to 0.94 (bottom). A distance is negative inside a shape.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

SIZE = 32
_EDGE = 0.94
_PIXEL = np.float32(2 * _EDGE / SIZE)
_GRID = ((np.arange(SIZE, dtype=np.float32) + 0.5) * _PIXEL - _EDGE).astype(np.float32)

_Array = npt.NDArray[np.floating[Any]]

_SKINS = [(255, 226, 204), (246, 200, 164), (222, 164, 120), (168, 112, 76), (108, 70, 50)]
_HAIRS = [(38, 32, 42), (84, 50, 36), (150, 70, 36), (226, 124, 52), (244, 202, 104), (238, 232, 224)]
_WHITE, _INK, _LIPS, _THROAT, _FRAMES = (255, 255, 255), (40, 34, 48), (150, 54, 62), (112, 30, 46), (60, 46, 70)


@dataclass(frozen=True)
class _Strip:
    """A range of image rows. Most layers cover few rows, and only those are computed."""

    rows: slice
    x: _Array  # (1, 1, S)
    y: _Array  # (1, R, 1)


def _strip(top: float = -1, bottom: float = 1) -> _Strip:
    first, end = np.searchsorted(_GRID, (top - _PIXEL, bottom + _PIXEL))
    rows = slice(int(first), int(end))
    return _Strip(rows, _GRID[None, None, :], _GRID[None, rows, None])


@dataclass(frozen=True)
class _Face:
    """A batch of faces: factors and lengths (B, 1, 1), colours (B, 3, 1, 1) from 0 to 1."""

    image: _Array  # (B, 3, S, S)
    f: dict[str, _Array]  # factors by name
    wide: _Array
    tall: _Array
    turn: _Array  # sideways shift of the features
    skin: _Array
    hair: _Array

    def paint(self, strip: _Strip, distance: _Array, colour: _Array, opacity: float = 1.0) -> None:
        """Paint one layer; ``distance`` (B, R, S). Edges are blended over one pixel."""
        alpha = np.clip(0.5 - distance / _PIXEL, 0, opacity)[:, None]  # (B, 1, R, S)
        part = self.image[:, :, strip.rows]
        part += alpha * (colour - part)


def paint_faces(style: str, factors: dict[str, _Array]) -> npt.NDArray[np.uint8]:
    """Images (B, 3, 32, 32) of faces with one hair style; ``factors`` (B,) each, see `core.datasets.faces.FACTORS`."""
    f = {name: np.asarray(values, np.float32)[:, None, None] for name, values in factors.items()}
    wide = 0.56 + 0.06 * f["head width"]
    face = _Face(
        image=_background(f["background"]),
        f=f,
        wide=wide,
        tall=0.64 - 0.03 * f["head width"],
        turn=0.09 * f["turn"],
        skin=_ramp(_SKINS, f["skin"]),
        hair=_ramp(_HAIRS, f["hair colour"]),
    )
    if style in _BEHIND:
        _BEHIND[style](face)
    _body(face)
    _head(face)
    _BEFORE[style](face)
    _eyes(face)
    _brows(face)
    _nose(face)
    _mouth(face)
    _glasses(face)
    return np.rint(np.clip(face.image, 0, 1) * 255).astype(np.uint8)


# ---- colours


def _rgb(colour: tuple[int, int, int]) -> _Array:
    return (np.array(colour, np.float32) / 255)[None, :, None, None]


def _ramp(stops: list[tuple[int, int, int]], where: _Array) -> _Array:
    """A colour gradient: (B, 1, 1) from 0 to 1 -> (B, 3, 1, 1) between the stops."""
    table = np.array(stops, np.float32) / 255
    positions = np.linspace(0, 1, len(stops))
    channels = [np.interp(where[:, 0, 0], positions, table[:, channel]) for channel in range(3)]
    return np.stack(channels, 1).astype(np.float32)[:, :, None, None]


def _hue(hue: _Array, level: float, amplitude: float) -> _Array:
    """Red to violet at even brightness, not closed to a circle: (B, 1, 1) -> (B, 3, 1, 1)."""
    phase = np.array([0, 1 / 3, 2 / 3], np.float32)[None, :, None, None]
    return np.asarray(level + amplitude * np.cos(2 * np.pi * (0.8 * hue[:, None] - phase)), np.float32)


def _background(hue: _Array) -> _Array:
    fade = (1.03 - 0.06 * _GRID)[None, None, :, None]
    return np.repeat(np.asarray(_hue(hue, 0.74, 0.15) * fade, np.float32), SIZE, axis=3)


# ---- distances


def _ellipse(x: _Array, y: _Array, wide: _Array | float, tall: _Array | float) -> _Array:
    """An approximate distance, good for ellipses that are nearly round."""
    u, v = x / wide, y / tall
    return np.asarray((np.sqrt(u * u + v * v) - 1) * np.minimum(wide, tall), np.float32)


def _box(x: _Array, y: _Array, wide: _Array | float, tall: _Array | float, corner: float) -> _Array:
    """A box with round corners; ``wide`` and ``tall`` are half its sides."""
    u, v = np.abs(x) - wide + corner, np.abs(y) - tall + corner
    outside = np.sqrt(np.square(np.maximum(u, 0)) + np.square(np.maximum(v, 0)))
    return np.asarray(outside + np.minimum(np.maximum(u, v), 0) - corner, np.float32)


# ---- layers

_HEAD_Y, _EYE_Y, _NOSE_Y, _MOUTH_Y = 0.12, 0.10, 0.30, 0.50
_EVERY = _strip()
_BODY, _EARS, _CHEEKS = _strip(0.5, 1.0), _strip(0.0, 0.3), _strip(0.24, 0.4)
_BROWS, _EYES, _NOSE, _MOUTH = _strip(-0.5, 0.05), _strip(-0.16, 0.36), _strip(0.24, 0.36), _strip(0.34, 0.75)
_HAIR, _TOP = _strip(-1.0, 0.4), _strip(-1.0, -0.4)


def _body(face: _Face) -> None:
    x, y = _BODY.x, _BODY.y
    face.paint(_BODY, _ellipse(x, y - 1.16, 0.74, 0.36), _hue(face.f["shirt"], 0.52, 0.28))
    face.paint(_BODY, _box(x, y - 0.7, 0.2, 0.2, 0.1), face.skin * 0.8)


def _head(face: _Face) -> None:
    for side in (-1, 1):
        ear = side * (face.wide + 0.01) - 0.3 * face.turn
        face.paint(_EARS, _ellipse(_EARS.x - ear, _EARS.y - 0.14, 0.1, 0.13), face.skin * 0.88)
    y = _EVERY.y - _HEAD_Y
    chin = np.square(np.maximum(y, 0) / face.tall)
    head = _ellipse(_EVERY.x, y, face.wide * (1 + (0.1 - 0.3 * face.f["jaw"]) * chin), face.tall)
    face.paint(_EVERY, head, face.skin * 0.84)
    face.paint(_EVERY, head + 0.05, face.skin)
    blush = face.skin * _rgb((255, 176, 166))
    for side in (-1, 1):
        face.paint(_CHEEKS, _ellipse(_CHEEKS.x - side * 0.34 - face.turn, _CHEEKS.y - 0.32, 0.12, 0.08), blush, 0.55)


def _eyes(face: _Face) -> None:
    size = 1.0 + 0.25 * face.f["eye size"]
    wide, tall = 0.125 * size, 0.16 * size * (0.5 + 0.5 * face.f["eye opening"])
    look_x, look_y = 0.055 * face.f["gaze x"] * size, 0.05 * face.f["gaze y"] * size
    y = _EYES.y - _EYE_Y
    for side in (-1, 1):
        x = _EYES.x - side * 0.26 - face.turn
        white = _ellipse(x, y, wide, tall)
        pupil = _ellipse(x - look_x, y - look_y, 0.1 * size, 0.115 * size)
        shine = _ellipse(x - look_x - 0.045, y - look_y + 0.05, 0.03, 0.03)
        face.paint(_EYES, _ellipse(x, y + 0.035, wide + 0.02, tall), _rgb(_INK))  # the lashes
        face.paint(_EYES, white, _rgb(_WHITE))
        face.paint(_EYES, np.maximum(pupil, white), _rgb(_INK))
        face.paint(_EYES, shine, _rgb(_WHITE))


def _brows(face: _Face) -> None:
    top = _EYE_Y - 0.27 - 0.07 * face.f["brow height"] - 0.03 * face.f["eye size"]
    for side in (-1, 1):
        outward = side * (_BROWS.x - face.turn) - 0.27  # from the nose
        line = top - 0.3 * face.f["brow tilt"] * outward + 1.2 * outward * outward
        brow = np.maximum(np.abs(_BROWS.y - line) - 0.035, np.abs(outward) - 0.13)
        face.paint(_BROWS, brow, face.hair * 0.55 + face.skin * 0.1)


def _nose(face: _Face) -> None:
    face.paint(_NOSE, _ellipse(_NOSE.x - 1.5 * face.turn, _NOSE.y - _NOSE_Y, 0.075, 0.055), face.skin * 0.78)


def _mouth(face: _Face) -> None:
    smile, opening = face.f["smile"], face.f["mouth open"]
    x, y = _MOUTH.x - face.turn, _MOUTH.y
    half = 0.2 + 0.04 * smile
    arch = 1 - np.square(np.clip(x / half, -1, 1))  # 1 in the middle, 0 at the corners
    upper = _MOUTH_Y + 0.12 * smile * (arch - 0.6)
    lower = upper + 0.2 * np.square(opening) * np.sqrt(arch) + 0.005
    teeth = np.minimum(lower, upper + 0.07)
    ends = np.abs(x) - half
    between = np.maximum(upper - y, y - lower)
    face.paint(_MOUTH, np.maximum(between - 0.035, ends - 0.02), _rgb(_LIPS) * (0.4 + 0.6 * face.skin))
    face.paint(_MOUTH, np.maximum(between + 0.02, ends), _rgb(_THROAT))
    face.paint(_MOUTH, np.maximum(np.maximum(upper - y, y - teeth) + 0.02, ends + 0.05), _rgb(_WHITE))


def _glasses(face: _Face) -> None:
    u, y = np.abs(_EYES.x - face.turn), _EYES.y - _EYE_Y
    rims = np.abs(np.sqrt(np.square(u - 0.27) + np.square(y)) - 0.235)
    bridge = np.maximum(np.abs(y + 0.02), u - 0.04)
    absent = 1 - face.f["glasses"]  # 1 puts every pixel outside
    face.paint(_EYES, np.minimum(rims, bridge) - 0.022 + absent, _rgb(_FRAMES))


# ---- hair behind the head, hair in front of it


def _bob(face: _Face) -> None:
    face.paint(_EVERY, _box(_EVERY.x, _EVERY.y - 0.04, face.wide + 0.14, 0.68, 0.62), face.hair * 0.8)


def _long(face: _Face) -> None:
    face.paint(_EVERY, _box(_EVERY.x, _EVERY.y - 0.5, face.wide + 0.16, 1.15, 0.6), face.hair * 0.8)


def _cloud(face: _Face) -> None:
    x, y = _EVERY.x, _EVERY.y + 0.12
    bumps = 0.05 * np.abs(np.sin(5.5 * np.arctan2(y, x)))
    face.paint(_EVERY, _ellipse(x, y, face.wide + 0.24, 0.72) - bumps, face.hair * 0.85)


def _knot(face: _Face) -> None:
    face.paint(_TOP, _ellipse(_TOP.x, _TOP.y + 0.68, 0.25, 0.24), face.hair * 0.85)


def _cap(face: _Face, top: float, hairline: Callable[[_Array], _Array]) -> None:
    """The outline of the head, taller by ``top``, above the height ``hairline(u)``; u is -1 and 1 at the temples."""
    skull = _ellipse(_HAIR.x, _HAIR.y - _HEAD_Y + top / 2, face.wide + 0.04, face.tall + top)
    u = (_HAIR.x - 0.6 * face.turn) / face.wide
    face.paint(_HAIR, np.maximum(skull, _HAIR.y - hairline(u)), face.hair)


def _spikes(face: _Face) -> None:
    u = _HAIR.x / face.wide
    saw = np.abs((u * 2.25 + 0.5) % 1 - 0.5) * 2  # 0 at a tip
    tips = -0.86 + 0.34 * saw + 0.22 * u * u
    hairline = np.minimum(-0.34 + 0.1 * saw + 0.5 * u**6, 0.1)
    inside = np.maximum((tips - _HAIR.y) * 0.6, _HAIR.y - hairline)  # 0.6: from height above a slanted edge to distance
    face.paint(_HAIR, np.maximum(inside, np.abs(_HAIR.x) - face.wide - 0.02), face.hair)


_BEHIND: dict[str, Callable[[_Face], None]] = {"bun": _knot, "bob": _bob, "long": _long, "curly": _cloud}
_BEFORE: dict[str, Callable[[_Face], None]] = {
    "bald": lambda face: None,
    "short": lambda face: _cap(face, 0.1, lambda u: -0.28 + 0.42 * u**6),
    "side parting": lambda face: _cap(face, 0.14, lambda u: -0.36 + 0.3 * np.abs(u + 0.45) + 0.25 * u**6),
    "spiky": _spikes,
    "bun": lambda face: _cap(face, 0.06, lambda u: -0.36 + 0.5 * u * u),
    "bob": lambda face: _cap(face, 0.12, lambda u: -0.16 + 0.5 * np.abs(u) ** 8),
    "long": lambda face: _cap(face, 0.12, lambda u: -0.42 + 0.55 * u * u + 0.3 * np.abs(u) ** 7),
    "curly": lambda face: _cap(face, 0.12, lambda u: -0.26 + 0.07 * np.abs(np.sin(5.5 * u)) + 0.35 * u**6),
}
STYLES = tuple(_BEFORE)
"""The hair styles, by label."""
