"""What lies still on a latent map: tiles, codes, class badges. Pure painting, no widgets."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

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
    colors = theme.current()
    badges: Badges = []
    classes = [int(c) for c in np.unique(labels)]
    drawn: list[tuple[int, npt.NDArray[np.float32]]] = []
    for each in classes:
        if isolated and each not in isolated:
            continue
        mine = spots[labels == each]
        drawn.append((each, mine))
        x, y = np.median(mine, 0)
        badges.append((float(x), float(y), each))
    for each, mine in drawn:
        pen = QPen(QColor(colors.class_color(each)), DOT_PX if each < 10 else 2)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.drawPoints(QPolygonF([QPointF(x, y) for x, y in mine.tolist()]))
    return _apart(badges, area)


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
