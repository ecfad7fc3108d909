"""What a latent map reads at the mouse: the place, r, D, and the image of the nearest code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QColor, QPainter

from core.foundation.arrays import Floats
from core.foundation.pixels import display_bytes
from gui.drawing import numbers, paint, pictures, theme
from gui.lineup.map_layers import PlaneCodes, ToScreen

if TYPE_CHECKING:
    from core.datasets.base import Dataset
    from core.engine.run import Run

NEAR_PX = 12.0
"""Largest distance of the mouse from the code that it reads, px."""
SIDE_PX = 52
"""Side of the nearest code's image at text size 1, px."""


def reading_words(run: Run, z: Floats, place: tuple[float, float]) -> tuple[str, ...]:
    """What the map says of z (D,) at a place of the plane, and shorter forms of it.

    r is the distance to the training codes in units of what counts as covered: above 1 is a hole. D is what a GAN's
    second network says of the image decoded there.
    """
    x, y = (numbers.number(each, 2) for each in place)
    parts = [f"({x}, {y})"]
    ratio = run.hole_ratio(z) if run.model.has_encoder else None
    if ratio is not None and np.isfinite(ratio):
        parts.append(f"r {numbers.number(ratio, 1)}×" + (", a hole" if ratio > 1 else ""))
    if run.model.judges:
        score = _judged(run, z)
        if score is not None:
            parts.append(f"{'D' if run.model.judges == 'probability' else 'critic'} {numbers.number(score, 2)}")
    return tuple(" · ".join(parts[:count]) for count in range(len(parts), 0, -1))


def _judged(run: Run, z: Floats) -> float | None:
    """What the second network of a lane says of the image decoded from z (D,); None before there is one."""
    snapshot, images = run.view.snapshot, run.decode(z[None])
    if snapshot is None or images is None:
        return None
    scores = snapshot.judge(images)
    return None if scores is None or not np.isfinite(scores[0]) else float(scores[0])


def nearest_code(codes: PlaneCodes, to_screen: ToScreen, spot: QPointF) -> int | None:
    """The row of the code nearest to a pixel, or None within `NEAR_PX`."""
    if not len(codes.points):
        return None
    gaps = to_screen(codes.points) - np.array([spot.x(), spot.y()], np.float32)
    distances = np.hypot(gaps[:, 0], gaps[:, 1])
    row = int(distances.argmin())
    return row if distances[row] <= NEAR_PX else None


def paint_code(painter: QPainter, data: Dataset, index: int, label: int, ratio: float) -> None:
    """Paint the test image of an index with its class around the origin, in a frame of `SIDE_PX`.

    ``ratio``: device pixels to a pixel.
    """
    colors, names = theme.current(), data.class_names
    half, side = theme.px(SIDE_PX // 2), round((2 * theme.px(SIDE_PX // 2) - 2) * ratio)
    area = QRectF(-half, -half, 2 * half, 2 * half)
    small = pictures.resized(display_bytes(data.test.pixels[[index]])[0], QSize(side, side))
    pixels = pictures.colored(small[None], colors.tiles_alone)[0]
    painter.fillRect(area, QColor(colors.plot))
    painter.drawImage(area.adjusted(1, 1, -1, -1), pictures.qimage(pixels))
    paint.box(painter, area, 0, None, colors.line_strong)
    mark, badge = paint.class_mark(label, names[label] if label < len(names) else ""), theme.px(paint.BADGE_PX)
    corner = QRectF(half - badge - 2, 2 - half, badge, badge)
    whole = QRectF(2 - half, half - badge - 2, 2 * half - 4, badge)  # a name has the whole line, a letter a corner
    paint.class_badge(painter, corner if len(mark) < 3 else whole, label, mark)
