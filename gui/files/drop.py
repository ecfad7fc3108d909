"""What is dropped on the window: a frame shows where it will go, or why it cannot be used."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QMimeData, QObject, QRectF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent, QImage, QPaintEvent
from PySide6.QtWidgets import QWidget

from core.foundation.quoted import name_of
from gui.desk.desk import Desk
from gui.drawing import paint, theme
from gui.drawing.painting import painting
from gui.widgets.painted import PaintedWidget

_EDGE_PX = 3
_CARD_PX = (460, 72)
_LONGEST = 60  # characters of a name


@dataclass(frozen=True)
class Goal:
    """Where something dropped goes: data to look at (``place``), a picture for the input card (``picture``), or the
    path of an ``experiment`` to open.

    ``title`` and ``words`` say so, or why it goes nowhere.
    """

    title: str
    words: str
    place: str = ""
    picture: str | QImage | None = None
    experiment: str = ""

    @property
    def is_usable(self) -> bool:
        """Whether it goes anywhere."""
        return bool(self.place or self.experiment) or self.picture is not None


def goal_of(mime: QMimeData, *, has_pictures: bool) -> Goal:
    """Where a drop or what the clipboard holds goes. ``has_pictures``: the present data are images, not points."""
    places = [url.toLocalFile() for url in mime.urls() if url.isLocalFile()]
    if places:
        return _goal_of_files(places, has_pictures)
    if mime.hasImage():
        image = mime.imageData()
        if isinstance(image, QImage) and not image.isNull():
            return _for_input("A picture", image, has_pictures)
    if mime.hasUrls():
        return Goal("This is not a file of this computer", "Save it first, then drop the file")
    return Goal("Nothing here can be used", "Drop a folder, an archive, a file of arrays, or a picture")


def _goal_of_files(places: Sequence[str], has_pictures: bool) -> Goal:
    from core.datasets.first_look import FILE_ENDINGS, is_picture
    from core.engine.document_file import ENDING

    first, name = places[0], _short(name_of(places[0]))
    if len(places) == 1 and first.lower().endswith(ENDING):
        words = "It takes the place of the present lanes; you are asked first where they are not saved"
        return Goal(f"Open the experiment “{name}”", words, experiment=first)
    if len(places) == 1 and is_picture(first):
        return _for_input(name, first, has_pictures)
    if len(places) > 1:
        folders = {os.path.dirname(place) for place in places}
        if len(folders) > 1 or not all(map(is_picture, places)):
            return Goal(f"{len(places):,} things at once cannot be used", "Drop one folder, one archive or one file")
        folder = folders.pop()
        return Goal(
            f"{len(places):,} pictures: open their folder “{_short(name_of(folder))}” as data",
            "All pictures in it are shown; nothing is trained on before you say so",
            place=folder,
        )
    if os.path.isdir(first) or first.lower().endswith(FILE_ENDINGS):
        return Goal(f"Open “{name}” as data", "What it holds is shown; nothing is trained on before you say so", first)
    return Goal(
        f"“{name}” cannot be used",
        "It is no folder, picture, archive (ZIP, TAR), file of arrays (NPY, NPZ, CSV, MAT, IDX) or table (CSV)",
    )


def _for_input(name: str, picture: str | QImage, has_pictures: bool) -> Goal:
    if not has_pictures:
        return Goal(f"{name} cannot be an input", "The lanes train on points now: choose a dataset of images first")
    return Goal(f"{name} becomes the input", "Every lane with an encoder reconstructs it", picture=picture)


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST // 2]} … {name[-_LONGEST // 2 :]}"


class DropTarget(PaintedWidget):
    """A frame over its window while something is dragged over it. ``take`` gets the `Goal` of what is dropped."""

    def __init__(self, window: QWidget, desk: Desk, take: Callable[[Goal], None]) -> None:
        super().__init__(window)
        self._window, self._desk, self._take = window, desk, take
        self.goal: Goal | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setObjectName("drop target")
        self.hide()
        window.setAcceptDrops(True)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if isinstance(event, QDragEnterEvent | QDragMoveEvent | QDropEvent) and watched is self._window:
            if isinstance(event, QDragEnterEvent):
                self._enter(event)
            elif kind == QEvent.Type.DragMove:
                self._answer(event)
            elif kind == QEvent.Type.Drop:
                self._drop(event)
            return True
        if kind == QEvent.Type.DragLeave:
            self.hide()
        return False

    def _enter(self, event: QDragEnterEvent) -> None:
        if not self._desk.is_open:
            event.ignore()
            return
        self.goal = goal_of(event.mimeData(), has_pictures=not self._desk.experiment.dataset.points)
        self.setGeometry(self._window.rect())
        self.setAccessibleName(f"{self.goal.title}. {self.goal.words}")
        self.show()
        self.raise_()
        self._answer(event)

    def _answer(self, event: QDropEvent) -> None:
        """Take what is dragged, also what cannot be used: else the window would not be asked, and could not say why."""
        if self.goal is None:
            event.ignore()
            return
        event.setDropAction(Qt.DropAction.CopyAction if self.goal.is_usable else Qt.DropAction.IgnoreAction)
        event.accept()

    def _drop(self, event: QDropEvent) -> None:
        goal, self.goal = self.goal, None
        self.hide()
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        if goal is None:
            return
        if goal.is_usable:
            self._take(goal)
        else:
            self._desk.told.emit(f"{goal.title}: {goal.words[:1].lower()}{goal.words[1:]}.", "warn")

    def _box(self) -> QRectF:
        """The card in the middle that says where the drop goes."""
        wide = max(paint.wide(words, "body") for words in (self.goal.title, self.goal.words)) if self.goal else 0.0
        width = min(self.width() - theme.px(32), max(theme.px(_CARD_PX[0]), wide + theme.px(48)))
        height = theme.px(_CARD_PX[1])
        return QRectF((self.width() - width) / 2, (self.height() - height) / 2, width, height)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.goal is None:
            return
        colors, area = theme.current(), QRectF(self.rect())
        ink = colors.accent if self.goal.is_usable else colors.warn
        with painting(self, smooth=True) as painter:
            edge = theme.px(_EDGE_PX)
            for side in (
                QRectF(0, 0, area.width(), edge),
                QRectF(0, area.height() - edge, area.width(), edge),
                QRectF(0, 0, edge, area.height()),
                QRectF(area.width() - edge, 0, edge, area.height()),
            ):
                paint.box(painter, side, 0, ink)
            box = self._box()
            paint.box(painter, box, theme.px(6), colors.card, ink)
            line = box.adjusted(theme.px(16), theme.px(16), -theme.px(16), -box.height() / 2)
            paint.text(painter, line, self.goal.title, "title", colors.text, paint.CENTER)
            below = box.adjusted(theme.px(16), box.height() / 2, -theme.px(16), -theme.px(14))
            paint.text(painter, below, self.goal.words, "body", colors.text_2, paint.CENTER)
