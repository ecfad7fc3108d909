"""Layers of a latent map: tiles, codes and their density, class badges, posterior ellipses. No widgets."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QLineF, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPolygonF

from gui.drawing import paint, pictures, theme
from gui.drawing.paint import BADGE_PX, HALO_PX
from gui.drawing.painting import pixel

DOT_PX = 3
"""Least side of a code's dot at text size 1, px."""
MOST_DOT_PX = 6
"""Largest side, px."""
ROUND_PX = 0.36
"""A pixel this much beyond the radius of a dot is not painted any more, px."""
DOTS_A_SIDE = 110
"""So many dots beside each other are as long as the shorter side of a large map."""
APART_PX = 16.0
"""Smallest distance of two badges above each other at text size 1, px."""
BESIDE_PX = 2.0
"""Smallest gap between two badges beside each other, px."""
BADGES_SHARE = 0.125
"""Badges are hidden on a map zoomed out so far that they would cover more than this share of what was home."""
MOST_DOTS = 20_000
"""With more codes than this, dots would cover each other: their density is drawn."""
BIN_PX = 2
"""Side of a bin of the density, device px."""
ELLIPSE_CORNERS = 33


@dataclass(frozen=True)
class Badge:
    """A class's mark around ``x`` and ``y``, and the median of its class at ``home_x`` and ``home_y``, px."""

    x: float
    y: float
    label: int
    mark: str
    home_x: float
    home_y: float

    @property
    def area(self) -> QRectF:
        """Where the mark is painted."""
        wide = _width(self.mark)
        return QRectF(pixel(self.x - wide / 2), pixel(self.y - theme.px(BADGE_PX) / 2), wide, theme.px(BADGE_PX))

    @property
    def is_away(self) -> bool:
        """Whether it was pushed by more than its own size from the median that it names."""
        across, down = self.x - self.home_x, self.y - self.home_y
        return math.hypot(across * theme.px(BADGE_PX) / _width(self.mark), down) > theme.px(BADGE_PX)


def _width(mark: str) -> float:
    """Width of a badge, px: that of a longer name is wider."""
    return max(float(theme.px(BADGE_PX)), paint.wide(mark, "best") + 2)


Badges = list[Badge]
ToScreen = Callable[[npt.NDArray[np.float32]], npt.NDArray[np.float32]]
"""From plane coordinates (…, 2) to pixels (…, 2)."""


def paint_tiles(painter: QPainter, tiles: npt.NDArray[np.uint8], area: QRectF, table: theme.Table) -> None:
    """Paint tiles (rows, columns, H, W[, 3]) as one picture over an area; what lies outside the canvas costs nothing.

    That holds for parts of tiles too: right after a map was zoomed in, the old ones may be thousands of pixels wide.
    """
    device = painter.device()
    down, top, bottom = _visible(area.top(), area.height(), device.height(), tiles.shape[0])
    across, left, right = _visible(area.left(), area.width(), device.width(), tiles.shape[1])
    tiles = tiles[down, across]
    rows, columns, height, width = tiles.shape[:4]
    if not rows * columns:
        return
    mosaic = tiles.swapaxes(1, 2).reshape(rows * height, columns * width, *tiles.shape[4:])
    down, top, bottom = _visible(top, bottom - top, device.height(), rows * height, beyond=1)
    across, left, right = _visible(left, right - left, device.width(), columns * width, beyond=1)
    mosaic = mosaic[down, across]
    ratio = device.devicePixelRatioF()
    size = QSize(max(1, round((right - left) * ratio)), max(1, round((bottom - top) * ratio)))
    if size.width() < mosaic.shape[1]:  # first: tiles of 128 px are three million pixels, their area few
        mosaic = pictures.resized(mosaic, size)
    share = float(table[-1].mean() - table[0].mean()) / 255.0
    colored = pictures.colored(mosaic[None], table, dim=min(1.0, abs(share)))[0]
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawImage(QRectF(left, top, right - left, bottom - top), pictures.qimage(colored))


def _visible(start: float, length: float, end: float, count: int, beyond: int = 0) -> tuple[slice, float, float]:
    """Which of ``count`` cells from ``start`` on lie between 0 and ``end``, and so many ``beyond`` them.

    Returns them, and from where to where they reach, px.
    """
    cell = length / count
    first = min(count, max(0, math.floor(-start / cell) - beyond))
    last = max(first, min(count, math.ceil((end - start) / cell) + beyond))
    return slice(first, last), start + first * cell, start + last * cell


class PlaneCodes:
    """Codes projected on a plane, once for many paintings: ``points`` (N, 2), ``labels`` (N,), class medians.

    ``rows`` (N,): which of the codes they are.
    """

    def __init__(
        self,
        points: npt.NDArray[np.float32],
        labels: npt.NDArray[np.integer[Any]],
        rows: npt.NDArray[np.integer[Any]] | None = None,
    ) -> None:
        numbers = np.isfinite(points).all(1)  # codes of a diverging run may be NaN or infinite
        self.points = points = points[numbers]
        self.labels = labels[numbers].astype(np.int32)
        self.rows = np.flatnonzero(numbers) if rows is None else rows[numbers]
        classes = np.unique(self.labels)
        self.medians = {int(label): np.median(points[self.labels == label], 0) for label in classes}
        self._part: tuple[frozenset[int], PlaneCodes] | None = None

    def of(self, isolated: frozenset[int]) -> PlaneCodes:
        """The codes of these classes, cached; of all where none is chosen."""
        if not isolated:
            return self
        if self._part is None or self._part[0] != isolated:
            shown = np.isin(self.labels, list(isolated))
            self._part = isolated, PlaneCodes(self.points[shown], self.labels[shown], self.rows[shown])
        return self._part[1]


def paint_codes(painter: QPainter, codes: PlaneCodes, to_screen: ToScreen, area: QRect, ratio: float) -> None:
    """Paint dots in class colours, or their density above `MOST_DOTS`; ``ratio`` device pixels to a pixel."""
    make = _dots if len(codes.points) <= MOST_DOTS else _density
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    spots = to_screen(codes.points)
    painter.drawImage(QRectF(area), make(spots if ratio == 1 else spots * np.float32(ratio), codes.labels, area, ratio))


def have_room(marks: Sequence[str], inner: QRectF, farther: float) -> bool:
    """Whether badges with these marks leave the codes in sight on a map ``farther`` times as wide, in σ, as at home."""
    home_px = inner.width() * inner.height() / farther**2  # the area that home has now
    return (
        farther <= 1 or sum(_width(mark) + BESIDE_PX for mark in marks) * theme.px(APART_PX) <= BADGES_SHARE * home_px
    )


def marks_of(codes: PlaneCodes, names: Sequence[str]) -> list[str]:
    """What a map calls each class that has codes on it."""
    return [paint.class_mark(label, names[label] if label < len(names) else "") for label in codes.medians]


def placed_badges(
    codes: PlaneCodes,
    marks: Sequence[str],
    to_screen: ToScreen,
    area: QRect,
    words: Sequence[QRectF] = (),
    *,
    is_part: bool = False,
) -> Badges:
    """The place of each class's badge with its mark, as `marks_of`; they leave ``words``, areas of the map, free.

    ``is_part``: somebody looks at a part of the map, and classes whose median lies elsewhere have no badge there.
    """
    labels, medians = np.array(list(codes.medians), int), to_screen(_stacked(codes.medians))
    if is_part:
        seen = ((medians >= 0) & (medians <= [area.width(), area.height()])).all(1)
        labels, medians = labels[seen], medians[seen]
        marks = [marks[row] for row in np.flatnonzero(seen).tolist()]
    return _apart(labels.tolist(), marks, medians, area, words)


def _stacked(medians: dict[int, npt.NDArray[np.float32]]) -> npt.NDArray[np.float32]:
    return np.array(list(medians.values()), np.float32).reshape(-1, 2)


def _density(spots: npt.NDArray[np.float32], labels: npt.NDArray[np.int32], area: QRect, ratio: float) -> QImage:
    """Density of the dots: log count of each bin as opacity, in the mixed colour of its classes."""
    width, height = (max(1, round(side * ratio / BIN_PX)) for side in (area.width(), area.height()))
    table = _inks()[:, :3].astype(np.float32)  # (K, 3)
    at = (spots * np.float32(1 / BIN_PX) + np.float32(1)).astype(np.int32)  # (N, 2); 0 is left of or above
    x = np.clip(at[:, 0], 0, width + 1)
    y = np.clip(at[:, 1], 0, height + 1)
    index = (labels % np.int32(len(table)) * np.int32(height + 2) + y) * np.int32(width + 2) + x
    counts = np.bincount(index, minlength=len(table) * (height + 2) * (width + 2))
    counts = counts.reshape(len(table), height + 2, width + 2)[:, 1:-1, 1:-1]  # the margin holds what lies outside
    counts = counts.reshape(len(table), -1).astype(np.float32)  # (K, height * width)
    total = counts.sum(0)
    opacity = np.log1p(total) / np.log1p(max(float(total.max()), 1.0))
    opacity[total > 0] = 0.3 + 0.7 * opacity[total > 0]
    sheet = np.empty((height, width, 4), np.uint8)  # premultiplied
    mixed = (counts.T @ table) * (opacity / np.maximum(total, 1.0))[:, None]
    sheet[..., :3] = mixed.reshape(height, width, 3)
    sheet[..., 3] = (255 * opacity).reshape(height, width)
    return QImage(sheet.data, width, height, width * 4, QImage.Format.Format_ARGB32_Premultiplied).copy()


def _inks() -> npt.NDArray[np.uint8]:
    """Class colours (K, 4) in the byte order of a QImage: blue, green, red, opaque."""
    colors = theme.current()
    return np.array([(*theme.rgb(colors.class_color(i))[::-1], 255) for i in range(len(colors.classes))], np.uint8)


def _dots(spots: npt.NDArray[np.float32], labels: npt.NDArray[np.int32], area: QRect, ratio: float) -> QImage:
    """All dots as one transparent picture: a thousand painter calls would cost more than decoding a map."""
    width, height = round(area.width() * ratio), round(area.height() * ratio)
    least, most = DOT_PX * theme.text_scale(), MOST_DOT_PX * theme.text_scale()
    side = round(ratio * min(most, max(least, min(area.width(), area.height()) / DOTS_A_SIDE)))
    table = _inks()
    sheet = np.zeros((height + 2 * side, width + 2 * side, 4), np.uint8)  # a margin, so that no dot needs clipping
    at = np.floor(spots - (side - 1) / 2 + 0.5).astype(int) + side  # (N, 2)
    inside = ((at >= 0) & (at < [width + side, height + side])).all(1)
    at, inks = at[inside], table[labels[inside] % len(table)]
    hollow = labels[inside] >= len(table)
    for dy in range(side):
        for dx in range(side):
            share = side / 2 + ROUND_PX - math.hypot(dx - (side - 1) / 2, dy - (side - 1) / 2)
            if share <= 0:
                continue
            center = 0 < dx < side - 1 and 0 < dy < side - 1
            keep = ~hollow if center else np.ones(len(at), bool)
            y, x, ink = at[keep, 1] + dy, at[keep, 0] + dx, inks[keep]
            sheet[y, x] = (
                ink if share >= 1 else np.maximum(sheet[y, x], (ink * share).astype(np.uint8))
            )  # premultiplied
    sheet = np.ascontiguousarray(sheet[side : side + height, side : side + width])
    return QImage(sheet.data, width, height, width * 4, QImage.Format.Format_ARGB32_Premultiplied).copy()


def _apart(
    labels: list[int], marks: Sequence[str], medians: npt.NDArray[np.float32], area: QRect, words: Sequence[QRectF]
) -> Badges:
    """A badge for each class at its median (K, 2), pushed away from the others, off the words and into the area."""
    spots = homes = medians.astype(float)
    wide = np.array([_width(mark) for mark in marks])
    edge = np.stack([wide / 2 + 3, np.full(len(wide), theme.px(BADGE_PX) / 2 + 3.0)], 1)  # (K, 2)
    low, high = edge, np.maximum(edge, np.array([area.width(), area.height()]) - edge)
    least = np.stack(
        [(wide[:, None] + wide) / 2 + BESIDE_PX, np.full((len(wide), len(wide)), theme.px(APART_PX))], 2
    )  # (K, K, 2)
    for _ in range(24):
        gap = (spots[:, None] - spots[None]) / least  # (K, K, 2), 1 is just apart
        distance = np.abs(gap).max(2) + 1e-7
        push = np.clip(1 - distance, 0, None) * (1 - np.eye(len(spots)))
        moved = spots + 0.5 * (gap * least / distance[..., None] * push[..., None]).sum(1)
        moved = _off(moved, wide, words, low, high)
        if np.abs(moved - spots).max(initial=0.0) < 0.25:
            break
        spots = moved
    places = np.concatenate([spots, homes], 1).tolist()
    return [Badge(x, y, label, mark, *home) for label, mark, (x, y, *home) in zip(labels, marks, places, strict=True)]


def _off(
    spots: npt.NDArray[np.float64],
    wide: npt.NDArray[np.float64],
    words: Sequence[QRectF],
    low: npt.NDArray[np.float64],
    high: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    """Centres of badges (K, 2), ``wide`` (K,) px, within ``low`` and ``high`` (K, 2); those on words moved to the
    nearest place beside them."""
    spots = np.clip(spots, low, high)
    reach = np.stack([wide, np.full(len(wide), float(theme.px(BADGE_PX)))], 1) / 2 + HALO_PX
    for area in words:
        first = np.array([area.left(), area.top()]) - reach
        last = np.array([area.right(), area.bottom()]) + reach
        for k in np.flatnonzero(((spots > first) & (spots < last)).all(1)):
            edges = np.concatenate([first[k], last[k]])  # left, top, right, bottom
            ways = np.abs(edges - np.tile(spots[k], 2))
            ways[np.concatenate([first[k] < low[k], last[k] > high[k]])] = np.inf
            way = int(ways.argmin())
            spots[k, way % 2] = edges[way]
    return spots


def paint_ellipses(
    painter: QPainter,
    means: npt.NDArray[np.float32],
    sigmas: npt.NDArray[np.float32],
    axes: npt.NDArray[np.float32],
    labels: npt.NDArray[np.integer[Any]],
    to_screen: ToScreen,
) -> None:
    """Paint the 1 σ ellipses of Gaussians with ``means`` (N, 2) on a plane with ``axes`` (2, D), σ ``sigmas`` (N, D).

    The covariance on the plane is A diag(σ²) Aᵀ; its matrix square root maps a circle to the ellipse.
    """
    colors = theme.current()
    angle = np.linspace(0, 2 * np.pi, ELLIPSE_CORNERS, dtype=np.float32)
    circle = np.stack([np.cos(angle), np.sin(angle)])  # (2, C)
    covariance = np.einsum("id,nd,jd->nij", axes, np.square(sigmas), axes)  # (N, 2, 2)
    variances, directions = np.linalg.eigh(covariance.astype(np.float64))
    root = (directions * np.sqrt(np.maximum(variances, 0.0))[:, None, :]) @ directions.transpose(0, 2, 1)
    rims = to_screen((means[:, None] + (root @ circle).transpose(0, 2, 1)).astype(np.float32))  # (N, C, 2)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for pen, in_class_color in ((QPen(QColor(colors.plot), 3.5), False), (QPen(QColor(colors.text), 1.25), True)):
        for rim, label in zip(rims.tolist(), labels.tolist(), strict=True):
            if in_class_color:
                pen.setColor(QColor(colors.class_color(label)))
            painter.setPen(pen)
            painter.drawPolygon(QPolygonF([QPointF(x, y) for x, y in rim]))


def paint_badges(painter: QPainter, badges: Badges) -> None:
    """Paint the `paint.class_letters` of each class; a line leads to the median that is elsewhere.

    A filled badge would hide the codes beneath it, and on a small map a third of them.
    """
    colors = theme.current()
    for badge in badges:
        if badge.is_away:
            line = QLineF(badge.x, badge.y, badge.home_x, badge.home_y)
            for ink, wide in ((colors.plot, 3.0), (colors.class_color(badge.label), 1.0)):
                painter.setPen(QPen(QColor(ink), wide))
                painter.drawLine(line)
    for badge in badges:
        paint.class_letters(painter, badge.area, badge.label, badge.mark)
