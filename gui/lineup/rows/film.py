"""Film strip: the same z decoded at kept snapshots, from the first step to now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent

from core.probes.pictures import FilmLook
from gui.desk.desk import Desk
from gui.desk.lane_panel import LanePanel, register
from gui.drawing import numbers, paint, pictures, theme
from gui.drawing.painting import painting

if TYPE_CHECKING:
    from core.engine.board import View
    from core.engine.run import Run


@register("film")
class Film(LanePanel):
    """Up to twelve frames with their steps below."""

    title = "Film"
    note = "the same z over training"
    icon = "rows-film"
    order = 50
    shown_at_first = False
    hz = 10.0

    def __init__(self, desk: Desk, run: Run) -> None:
        super().__init__(desk, run)
        self.rename(desk.names.of(run).long)
        self._frames: list[QImage] = []
        self._steps: list[int] = []
        theme.changes.changed.connect(self._retint)

    def rename(self, name: str) -> None:
        self.setAccessibleName(f"Film strip of {name}")

    def ask(self) -> None:
        """Ask for the point decoded by every kept snapshot."""
        self.lane.ask(FilmLook(self.desk.point.z))

    def _retint(self) -> None:
        self.refresh(self.lane.view)

    def parts(self, view: View) -> tuple[object, ...]:
        """Parts of the view that are drawn."""
        return (view.looks.of(FilmLook),)

    def refresh(self, view: View) -> None:
        """Show the newest frames."""
        film = view.looks.value(FilmLook)
        if film is None:
            self._frames, self._steps = [], []
        else:
            table = theme.current().image_table
            self._frames = [pictures.qimage(image) for image in pictures.colored(film.images, table)]
            self._steps = list(film.steps)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        colors, px = theme.current(), theme.px
        with painting(self) as painter:
            painter.fillRect(self.rect(), QColor(colors.plot))
            painter.setPen(QColor(colors.line))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
            if not self._frames:
                paint.text(painter, self.rect(), "No steps yet", "tick", colors.text_3, paint.CENTER)
                return
            side = min(self.height() - px(22), (self.width() - px(8)) // len(self._frames) - 2)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            for i, (frame, step) in enumerate(zip(self._frames, self._steps, strict=False)):
                left = px(4) + i * (side + 2)
                painter.drawImage(QRect(left, px(4), side, side), frame)
                below = QRect(left - 1, px(5) + side, side + 2, px(14))
                paint.text(painter, below, numbers.short(step), "tick", colors.text_3, paint.CENTER)
