"""Image at the cursor: the decoded point, the nearest training image, and where the point lies among the data."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QShowEvent

from core.engine.freshness import present
from core.evaluation.likeness import LIMITS, Judgement, Place, judged
from core.foundation.arrays import Floats
from core.foundation.pixels import FRAME, display, display_bytes
from core.probes.codes import TrainingCodesLook
from core.probes.nearest import Nearest, NearestLook
from core.text import addresses
from gui.desk.desk import Desk
from gui.desk.freshness import origin_if_old
from gui.desk.lane_panel import LanePanel, register
from gui.desk.picture_acts import use_as_input
from gui.drawing import icons, numbers, paint, pictures, point_plot, theme
from gui.drawing.chart import Backdrop
from gui.drawing.painting import painting
from gui.widgets.offer import Act, Offer

if TYPE_CHECKING:
    from core.engine.board import View
    from core.engine.run import Run
    from core.training.snapshot import Snapshot

GAUGE = 4.0
"""Ratio at the right end of the gauge."""
PAD = 4
"""Space above and below the picture, px."""
LEAST_PX = 84
"""Smallest side of the picture, px at text size 1."""
DIM = 0.35
"""Opacity of the nearest image of another point."""
WORDS_PX = 168
"""Width of the text beside the picture, px at text size 1."""
VERDICT_PX = 40
"""Height of the word, the sentence and the gauge, px at text size 1."""
ELSEWHERE = "another z"
"""Said of what was found for a point where the ring is no longer."""
WORDS: dict[Place, tuple[str, str]] = {
    "unknown": ("help", "Not known yet"),
    "manifold": ("check-circle", "On the manifold"),
    "edge": ("dashed-circle", "At the edge"),
    "hole": ("dashed-circle", "Hole"),
    "unlike": ("dashed-circle", "Off the manifold"),
    "unclear": ("help", "Unclear"),
}
"""Icon and word of every place."""


def shorter(sentence: str) -> tuple[str, ...]:
    """A sentence of the verdict on a picture, and shorter forms of it down to its ratio."""
    less = sentence.replace("as close as test", "like test").replace("farther than test", "farther than")
    less = less.replace("as far as few test", "like few test").replace("but shows no", "no")
    ratio, times, rest = sentence.partition("×")
    if not times:
        return sentence, sentence.split(" ")[0] + " …", "…"
    return sentence, less, f"{ratio}× farther" if rest.startswith(" farther") else less, f"{ratio}×", ""


@register("image")
class ImageAtCursor(LanePanel):
    """Decodes the point within the event that moved it; the rest comes from background jobs."""

    title = "Image at the cursor"
    icon = "rows-image"
    order = 30
    place = addresses.of_term("manifold")
    hz = 4.0

    def __init__(self, desk: Desk, run: Run) -> None:
        super().__init__(desk, run)
        self.rename(desk.names.of(run).long)
        self._pixels: np.ndarray | None = None  # (H, W) or (H, W, 3) uint8
        self._picture: QImage | None = None
        self._near: Nearest | None = None
        self._near_picture: QImage | None = None
        self._near_since = ""  # the step of an old nearest image, "" of a new one
        self._judged_since = ""  # the same of what the judgement is computed from
        self._near_key: Hashable = None  # of the point whose nearest image it is
        self._is_elsewhere = False  # the ring has moved since
        self._is_judged_elsewhere = False  # and the judgement reads what was found there
        self._judgement = Judgement("unknown")
        self._image: Floats | None = None  # (C, H, W) in [0, 1]
        self._decoded_by: Snapshot | None = None
        self._decoded_z: Floats | None = None
        self._plane = Backdrop()
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        desk.point.moved.connect(self._follow)
        desk.point.shown.connect(self._follow_slowly)
        theme.changes.changed.connect(self._retint)

    def rename(self, name: str) -> None:
        self.setAccessibleName(f"{self.live_title(self.desk)} of {name}")

    def offer(self) -> Offer:
        """The row, and the pixels of the decoded image or the coordinates of the point."""
        points = self.lane.dataset.points
        array = self._image[:, 0, 0] if points and self._image is not None else self._pixels
        return Offer(super().offer().title, array=array)

    def acts_here(self, at: QPoint | None) -> tuple[Act, ...]:
        """What is done with the decoded image."""
        return (use_as_input(self.desk, self.lane.dataset, self._image, "decoded image"),)

    def _follow(self) -> None:
        if self.isVisible():
            self._decode()
            self.update(self._picture_rect())

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._decoded_z is not self.desk.point.z:  # the point moved while the cell was hidden
            self._decode()
            self._judge()

    def _picture_rect(self) -> QRect:
        """Area of the decoded image: all that a drag repaints at once."""
        side = min(self.height() - 2 * PAD, max(theme.px(LEAST_PX), self.width() - theme.px(WORDS_PX)))
        return QRect(theme.px(8), PAD, side, side)

    def _follow_slowly(self) -> None:
        """Update the text about the point, which nobody reads faster than the clock beats."""
        if self.isVisible():
            self._judge()
            self.update()

    def _decode(self) -> None:
        snapshot, z = self.lane.snapshot, self.desk.point.z
        self._decoded_z = z
        images = self.lane.decode(z[None]) if snapshot is not None else None
        if snapshot is None or images is None:
            self._image = self._pixels = self._picture = self._decoded_by = None
            return
        self._image, self._pixels = images[0], display(images)[0]
        self._decoded_by = snapshot
        self._make_picture()

    def _make_picture(self) -> None:
        if self._pixels is not None:
            self._picture = pictures.qimage(pictures.colored(self._pixels[None], theme.current().image_table)[0])

    def ask(self) -> None:
        """Ask for the training codes, and for the training image nearest to the decoded point."""
        self.lane.ask(TrainingCodesLook())
        self.lane.ask(NearestLook(self.desk.point.z))

    def parts(self, view: View) -> tuple[object, ...]:
        """Parts of the view that are drawn."""
        return view.snapshot, view.looks.of(NearestLook), view.looks.of(TrainingCodesLook), view.status

    def refresh(self, view: View) -> None:
        """Decode the same z with the new weights, so that the picture follows training."""
        if self.lane.snapshot is not self._decoded_by:
            self._decode()
        now, answer = present(view), view.looks.of(NearestLook)
        codes = view.looks.of(TrainingCodesLook) if self.lane.model.has_encoder else answer
        self._near_since, self._judged_since = origin_if_old(now, answer), origin_if_old(now, codes)
        self._judged_since = self._judged_since or self._near_since  # the judgement reads both
        self._near_key = None if answer is None else answer.key
        near = None if answer is None else answer.value
        if near is not self._near:
            self._near = near
            self._show_nearest()
        self._judge()
        self.update()

    def _show_nearest(self) -> None:
        if self._near is None:
            self._near_picture = None
            return
        image = display_bytes(self._near.pixels[None])
        self._near_picture = pictures.qimage(pictures.colored(image, theme.current().image_table)[0])

    def _judge(self) -> None:
        likeness = None if self._near is None else self._near.likeness
        has_encoder = self.lane.model.has_encoder
        z = self.desk.point.z
        r = self.lane.hole_ratio(z) if has_encoder else None
        self._is_elsewhere = self._near is not None and self._near_key != NearestLook(z).key
        by_codes = judged(r, None, has_encoder, self._judgement).place != "unknown"
        self._judgement = judged(r, likeness, has_encoder, self._judgement)
        self._is_judged_elsewhere = self._is_elsewhere and not by_codes

    def _retint(self) -> None:
        self._make_picture()
        self._show_nearest()
        self.update()

    def verdict(self) -> tuple[str, str, str]:
        """Icon, word and sentence."""
        if not self.lane.view.status.step:
            return "help", "Not trained yet", "random weights"
        icon, word = WORDS[self._judgement.place]
        return icon, word, self._sentence()

    def _sentence(self) -> str:
        tests, band = f"test {self.lane.dataset.noun}s", self._judgement.band
        ratio = "" if band is None else numbers.within(self._judgement.ratio, *LIMITS[band])
        match self._judgement.place:
            case "manifold":
                return f"{ratio}×: as close as {tests}"
            case "edge":
                return f"{ratio}×: as far as few {tests}"
            case "hole":
                return f"{ratio}× farther than {tests}"
            case "unlike":
                return f"{ratio}×: unlike {tests}"
            case "unclear":
                return f"{ratio}×, but shows no class"
        if self.lane.model.has_encoder and self._judgement.band is None:
            return "measuring the codes to compare with"
        return f"measuring the {tests} to compare with"

    def _color(self) -> str:
        """The colour of the word and the gauge: neutral where the truth is neither good nor bad."""
        colors, place = theme.current(), self._judgement.place
        if not self.lane.view.status.step or place == "unknown":
            return colors.text_3
        if place in ("hole", "unlike"):
            return colors.warn
        return colors.ok if place == "manifold" else colors.text_2

    def paintEvent(self, event: QPaintEvent) -> None:
        colors, px = theme.current(), theme.px
        frame = self._picture_rect()
        with painting(self) as painter:
            if frame.contains(event.rect()):
                painter.fillRect(event.rect(), QColor(colors.plot))
                self._paint_picture(painter, frame)
                return
            painter.fillRect(self.rect(), QColor(colors.window))
            paint.box(painter, self.rect(), 4, colors.plot, colors.line)
            self._paint_picture(painter, frame)
            left = frame.right() + 1 + px(8)
            tall = self.height() >= px(112)
            side = px(56) if tall else px(44)
            top = px(6)
            thumb = QRect(left, top, side, side)
            if self._near_picture is not None:
                painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
                painter.setOpacity(DIM if self._is_elsewhere else 1.0)
                painter.drawImage(thumb, self._near_picture)
                painter.setOpacity(1.0)
            paint.box(painter, thumb, 3, None, colors.line)
            caption = QRect(left + side + px(8), top, self.width() - left - side - px(12), side)
            self._paint_caption(painter, caption)
            lowest = max(frame.bottom() + 1, thumb.bottom() + 1)
            self._paint_verdict(painter, *self._verdict_place(left, top + side + px(6), lowest + px(6)))

    def _verdict_place(self, left: int, beside: int, below: int) -> tuple[int, int]:
        """Left and top of the verdict: beside the picture, or below it where only there every word fits."""
        px = theme.px  # every word: cards of one row agree, and nothing jumps when the word changes
        fits = max(paint.wide(word, "strong") for _, word in WORDS.values()) <= self.width() - left - px(8) - 20
        return (left, beside) if fits or below + px(VERDICT_PX) > self.height() else (px(8), below)

    def _paint_picture(self, painter: QPainter, area: QRect) -> None:
        colors = theme.current()
        if self.lane.dataset.planar:
            self._paint_plane(painter, area)
            return
        if self._picture is None:
            painter.setPen(QColor(colors.line_strong))
            painter.drawRect(area)
            return
        zoom = area.height() // self._picture.height()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, zoom < 1)
        wide = self._picture.width() * zoom if zoom else area.width()
        tall = self._picture.height() * zoom if zoom else area.height()
        spot = QRect(area.x() + (area.width() - wide) // 2, area.y() + (area.height() - tall) // 2, wide, tall)
        painter.drawImage(spot, self._picture)

    def _paint_plane(self, painter: QPainter, area: QRect) -> None:
        """Paint a 2-D point at its place, over the data points."""
        colors, ratio, data = theme.current(), self.devicePixelRatioF(), self.lane.dataset
        inner = QRectF(0, 0, area.width(), area.height())

        def paint_background(under: QPainter) -> None:
            background = data.test.pixels[: point_plot.MOST_BACKGROUND_POINTS, :, 0, 0]
            under.drawImage(0, 0, point_plot.dots(background, inner, colors.text_3, ratio))

        painter.drawPixmap(area.topLeft(), self._plane.pixmap((id(data),), area.size(), ratio, paint_background))
        if self._image is not None and self._image.shape == data.shape:
            point = np.clip(self._image[None, :, 0, 0], -FRAME, FRAME)  # one far away is drawn at the edge
            x, y = point_plot.spots(point, QRectF(area))[0].tolist()
            point_plot.paint_ring(painter, QPointF(x, y), colors.lanes[self.lane.slot], colors.plot)

    def _paint_caption(self, painter: QPainter, area: QRect) -> None:
        colors = theme.current()
        line, noun = theme.line_height("caption"), self.lane.dataset.noun
        words = ["Nearest", f"training {noun}"] if area.width() < theme.px(140) else [f"Nearest training {noun}"]
        if self._near is not None:
            text = f"#{self._near.index:,}"
            if self._near.label is not None:
                text += f" · “{self._near.label}”"
            words.append(text)
            since = ELSEWHERE if self._is_elsewhere else self._near_since
            if since and (len(words) + 1) * line <= area.height():
                words.append(since)
            elif since:  # without the class, or both would lie over what is below
                words[-1] = f"#{self._near.index:,}, {since}"
        for i, text_line in enumerate(words):
            spot = QRectF(area.x(), area.y() + i * line, area.width(), line)
            choices = (text_line, text_line.partition(" · ")[0], text_line.rpartition(", ")[2], "")
            words_that_fit = paint.fitting(choices, "caption", area.width())
            paint.text(painter, spot, words_that_fit, "caption", colors.text_3)

    def _paint_verdict(self, painter: QPainter, left: int, top: int) -> None:
        colors, px = theme.current(), theme.px
        icon, word, sentence = self.verdict()
        is_known = self._judgement.place != "unknown" and self.lane.view.status.step > 0
        since = ELSEWHERE if self._is_judged_elsewhere else self._judged_since
        since, ratio = since if is_known else "", self._judgement.ratio
        color = colors.text_3 if since else self._color()
        room = self.width() - left - px(8)
        painter.drawPixmap(left, top, icons.pixmap(icon, 14, color, self.devicePixelRatioF()))
        word = paint.fitting((word, ""), "strong", room - 20)  # the icon stays
        paint.text(painter, QRectF(left + 20, top - 1, room - 20, px(16)), word, "strong", color)
        top += px(17)
        choices = shorter(sentence)
        if since:
            choices = (*(f"{each}, {since}" for each in choices if each), since, "")
        paint.text(
            painter, QRectF(left, top, room, px(15)), paint.fitting(choices, "caption", room), "caption", colors.text_2
        )
        top += px(18)
        if top + 4 > self.height() or not np.isfinite(ratio) or not self.lane.view.status.step:
            return
        painter.fillRect(QRectF(left, top, room, 2), QColor(colors.track))
        painter.fillRect(QRectF(left, top, room * min(1.0, ratio / GAUGE), 2), QColor(color))
        painter.fillRect(QRectF(left + room / GAUGE, top - 2, 1, 6), QColor(colors.text))

    @classmethod
    def live_title(cls, desk: Desk) -> str:
        """The title, for images or 2-D points."""
        return desk.worded(cls.title)

    @classmethod
    def live_note(cls, desk: Desk) -> str:
        """The coordinates of the point."""
        return f"z = ({numbers.coordinates(desk.point.z, 2, 4)})" if desk.is_open else ""
