"""What lies still on a latent map: tiles, codes, class badges. Pure painting, no widgets."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter

from gui import theme
from gui.widgets import pictures

DOT_PX = 3
BADGE_PX = 14
APART_PX = 16.0

Badges = list[tuple[float, float, int]]
"""Centre x and y in pixels, and the class."""


def paint_tiles(painter: QPainter, tiles: npt.NDArray[np.uint8], area: QRectF, table: theme.Table) -> None:
    """Tiles (rows, columns, H, W[, 3]) as one picture over an area."""
    rows, columns, height, width = tiles.shape[:4]
    if tiles.ndim == 5:
        mosaic = tiles.transpose(0, 2, 1, 3, 4).reshape(rows * height, columns * width, 3)
        share = float(table[-1].mean() - table[0].mean()) / 255.0
        colored = pictures.colored(mosaic[None], table, dim=min(1.0, abs(share)))[0]
    else:
        colored = table[tiles.transpose(0, 2, 1, 3).reshape(rows * height, columns * width)]
    ratio = painter.device().devicePixelRatioF()
    picture = pictures.qimage(colored).scaled(
        round(area.width() * ratio),
        round(area.height() * ratio),
        Qt.AspectRatioMode.IgnoreAspectRatio,
        Qt.TransformationMode.SmoothTransformation,
    )
    painter.drawImage(area, picture)


def paint_codes(
    painter: QPainter,
    spots: npt.NDArray[np.float32],
    labels: npt.NDArray[np.int64],
    isolated: frozenset[int],
    area: QRect,
) -> Badges:
    """Dots (N, 2) in class colours; returns where each class's badge belongs."""
    badges: Badges = []
    shown = np.ones(len(labels), bool) if not isolated else np.isin(labels, list(isolated))
    for each in np.unique(labels[shown]).tolist():
        x, y = np.median(spots[labels == each], 0)
        badges.append((float(x), float(y), each))
    ratio = painter.device().devicePixelRatioF()
    painter.drawImage(QRectF(area), _dots(spots[shown] * ratio, labels[shown], area, ratio))
    return _apart(badges, area)


def _dots(spots: npt.NDArray[np.float32], labels: npt.NDArray[np.int64], area: QRect, ratio: float) -> QImage:
    """All dots as one transparent picture: a thousand painter calls would cost more than the decoding of a map."""
    width, height = round(area.width() * ratio), round(area.height() * ratio)
    side = max(DOT_PX, round(DOT_PX * ratio))
    colors = theme.current()
    table = np.array([(*theme.rgb(colors.class_color(i))[::-1], 255) for i in range(len(colors.classes))], np.uint8)
    sheet = np.zeros((height + 2 * side, width + 2 * side, 4), np.uint8)  # a margin, so that no dot needs clipping
    at = np.floor(spots - (side - 1) / 2 + 0.5).astype(int) + side  # (N, 2)
    inside = ((at >= 0) & (at < [width + side, height + side])).all(1)
    at, inks = at[inside], table[labels[inside] % len(table)]
    hollow = labels[inside] >= len(table)
    for dy in range(side):
        for dx in range(side):
            corner = dx in (0, side - 1) and dy in (0, side - 1)
            center = 0 < dx < side - 1 and 0 < dy < side - 1
            ink = inks.copy()
            if corner:
                ink = (ink * 0.45).astype(np.uint8)  # premultiplied: a rounded corner
            keep = ~hollow if center else np.ones(len(at), bool)
            sheet[at[keep, 1] + dy, at[keep, 0] + dx] = (
                np.maximum(sheet[at[keep, 1] + dy, at[keep, 0] + dx], ink[keep]) if corner else ink[keep]
            )
    sheet = np.ascontiguousarray(sheet[side : side + height, side : side + width])
    return QImage(sheet.data, width, height, width * 4, QImage.Format.Format_ARGB32_Premultiplied).copy()


def _apart(badges: Badges, area: QRect) -> Badges:
    """Push badges away from each other and into the area."""
    spots = np.array([(x, y) for x, y, _ in badges], float).reshape(-1, 2)
    low = np.array([10.0, 10.0])
    high = np.maximum(low, np.array([area.width() - 10.0, area.height() - 10.0]))
    for _ in range(24):
        gap = spots[:, None] - spots[None]  # (n, n, 2)
        distance = np.hypot(gap[..., 0], gap[..., 1]) + 1e-6
        push = np.clip(APART_PX - distance, 0, None) * (1 - np.eye(len(spots)))
        if push.max(initial=0.0) < 0.5:
            break
        spots = spots + 0.5 * (gap / distance[..., None] * push[..., None]).sum(1)
    spots = np.clip(spots, low, high)
    return [(float(x), float(y), each) for (x, y), (_, _, each) in zip(spots, badges, strict=True)]


def paint_badges(painter: QPainter, badges: Badges, names: tuple[str, ...]) -> None:
    """A small square with the class's digit, with a halo."""
    colors = theme.current()
    painter.setFont(theme.font("keycap"))
    half = BADGE_PX / 2
    for x, y, each in badges:
        area = QRectF(round(x - half), round(y - half), BADGE_PX, BADGE_PX)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colors.plot))
        painter.drawRoundedRect(area.adjusted(-1.5, -1.5, 1.5, 1.5), 4, 4)
        painter.setBrush(QColor(colors.class_color(each)))
        painter.drawRoundedRect(area, 3, 3)
        painter.setPen(QColor(colors.class_ink(each)))
        name = names[each] if each < len(names) and len(names[each]) == 1 else str(each)
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, name)
