"""The dialog for a film: what moves, how large and how fast, with a preview that plays."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRectF, QTimer, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QWidget

from core.foundation.user_error import UserError
from gui.desk.desk import Desk
from gui.drawing import paint, pictures, theme
from gui.drawing.painting import painting
from gui.drawing.pictures import Pixels
from gui.widgets import layouts
from gui.widgets.buttons import Button, PrimaryButton
from gui.widgets.combo import Combo
from gui.widgets.dialogs import Dialog
from gui.widgets.label import Label
from gui.widgets.naming import named
from gui.widgets.painted import PaintedWidget
from gui.widgets.segmented import Segmented
from gui.widgets.spin_field import SpinField

if TYPE_CHECKING:
    from core.engine.run import Run
    from core.exports.motion import Lane, Stage, Style
    from core.training.snapshot import Snapshot

SUBJECTS = (("line", "Path"), ("loop", "Loop"), ("walk", "Walk"), ("slider", "Slider"), ("training", "Training"))
HINTS = {
    "line": "From pin A to pin B.",
    "loop": "From pin A to pin B and back; the end leads on to the beginning.",
    "walk": "A random walk from the point.",
    "slider": "The point, with one coordinate from −3 to 3.",
    "training": "The point, as the kept snapshots of each lane decode it.",
}
FORMATS = ((".gif", "GIF"), (".png", "APNG"), (".webp", "WebP"), (".mp4", "MP4"), (".webm", "WebM"))
REACH = 3.0
"""A slider's film goes from −REACH to REACH."""
GOOD_PX = 224
"""Side of an image up to which the proposed size makes it larger."""
RETRY_MS = 200
"""Time after which lanes that are still being prepared are looked at again."""
PREVIEW_PX = (420, 250)
RESTS = 3.0
"""After a frame the preview rests so many times as long as it took: training goes on beside it."""


class Preview(PaintedWidget):
    """One frame of a film, as large as fits."""

    preferred_px = least_px = PREVIEW_PX

    def __init__(self) -> None:
        super().__init__()
        self._frame: Pixels | None = None
        named(self, "film preview", "Preview of the film")

    def set_frame(self, frame: Pixels | None) -> None:
        """Show a frame, (H, W) or (H, W, 3)."""
        self._frame = frame
        self.update()

    def frame(self) -> Pixels | None:
        """The frame shown."""
        return self._frame

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = theme.current()
        with painting(self) as painter:
            painter.fillRect(self.rect(), QColor(colors.plot))
            if self._frame is not None:
                self._paint_frame(painter, self._frame)
            paint.box(painter, self.rect(), 4, None, colors.line)

    def _paint_frame(self, painter: QPainter, frame: Pixels) -> None:
        colour = frame if frame.ndim == 3 else np.repeat(frame[..., None], 3, 2)
        image = pictures.qimage(colour)
        zoom = min((self.width() - 8) / image.width(), (self.height() - 8) / image.height())
        zoom = float(int(zoom)) if zoom >= 1 else zoom
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, zoom < 1)
        width, height = image.width() * zoom, image.height() * zoom
        painter.drawImage(QRectF((self.width() - width) / 2, (self.height() - height) / 2, width, height), image)


class FilmDialog(Dialog):
    """``lanes`` are what the preview plays; ``asked`` carries them, the `Style` and the ending of the file."""

    asked = Signal(object, object, str)

    def __init__(self, parent: QWidget | None, desk: Desk, subject: str = "line") -> None:
        super().__init__(parent, "Make a film")
        self.setObjectName("film")
        self._desk = desk
        self.lanes: list[Lane] = []
        self._stage: Stage | None = None
        self._order: list[int] = []
        self._at = 0
        self._make_controls(subject)
        self._lay_out()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._play)
        self._renew()

    # --- controls ----------------------------------------------------------------------------------------------------

    def _make_controls(self, subject: str) -> None:
        desk = self._desk
        self._preview = Preview()
        self._subject = named(Segmented(SUBJECTS, fitted=True), "film subject", "What moves")
        self._subject.set_value(subject)
        dims = [(str(i), f"z{i + 1}") for i in range(len(desk.point.z))]
        self._dim = named(Combo(dims), "film dimension", "Coordinate of the slider")
        self._who = named(Segmented([("all", "All"), ("one", "Selected")]), "film lanes", "Which lanes")
        self._format = named(Combo(FORMATS), "film format", "Format of the file")
        self._frames = named(SpinField(int, 2, 600), "film frames", "Number of frames")
        self._fps = named(SpinField(int, 1, 60, unit="/s"), "film rate", "Frames a second")
        self._size = named(SpinField(int, 1, 8, unit="×"), "film size", "Size of a pixel")
        self._back = named(Segmented([("off", "Off"), ("on", "On")]), "film back", "Forwards, then backwards")
        self._forever = named(Segmented([("off", "Once"), ("on", "For ever")]), "film repeat", "How often it plays")
        self._forever.set_value("on")
        side = max(run.dataset.shape[1] for run in desk.runs)
        for field, value in ((self._frames, 48), (self._fps, 12), (self._size, min(8, max(1, GOOD_PX // side)))):
            field.set_value(value)
            field.edited.connect(self._renew)
        for choice in (self._subject, self._dim, self._who, self._format, self._back, self._forever):
            choice.chosen.connect(self._renew)
        self._hint = named(Label("", "caption", "text_2", wrap=True), "film hint")
        self._note = named(Label("", "caption", "text_3", wrap=True), "film note")
        self._save = named(PrimaryButton("Save …", "film"), "save film")
        self._save.clicked.connect(self._ask)

    def _lay_out(self) -> None:
        px = theme.px
        grid = QGridLayout()
        grid.setHorizontalSpacing(px(12))
        grid.setVerticalSpacing(px(8))
        self._dim_label = Label("Coordinate", "body", "text_2")
        rows: tuple[tuple[Label, QWidget], ...] = (
            (self._dim_label, self._dim),
            (Label("Lanes", "body", "text_2"), self._who),
            (Label("Frames", "body", "text_2"), self._frames),
            (Label("Rate", "body", "text_2"), self._fps),
            (Label("Size", "body", "text_2"), self._size),
            (Label("And back", "body", "text_2"), self._back),
            (Label("Plays", "body", "text_2"), self._forever),
            (Label("Format", "body", "text_2"), self._format),
        )
        for i, (label, control) in enumerate(rows):
            grid.addWidget(label, i, 0)
            grid.addWidget(control, i, 1)
            control.setFixedWidth(px(132))
        side = layouts.column(grid, layouts.STRETCH, spacing=px(8))
        left = layouts.column((self._preview, 1), self._hint, self._note, spacing=px(8))
        self.inside.addWidget(self._subject)
        self.inside.addLayout(layouts.row((left, 1), side, spacing=px(16)))
        self.inside.addLayout(self._foot())

    def _foot(self) -> QHBoxLayout:
        cancel = Button("Cancel", key="Esc", height=32)
        cancel.clicked.connect(self.reject)
        return layouts.row(layouts.STRETCH, cancel, self._save, spacing=theme.px(8))

    # --- the film ----------------------------------------------------------------------------------------------------

    def style_chosen(self) -> Style:
        """Size, rate and order of the frames."""
        from core.exports.motion import Style

        back = self._back.value() == "on" and self._subject.value() != "loop"
        size, fps = int(self._size.value()), int(self._fps.value())
        return Style(size, fps, self._forever.value() == "on", back)

    def _lanes_now(self) -> list[Lane]:
        """The lanes with their newest snapshots. Raises `UserError` where a lane has none yet."""
        from core.exports import motion

        desk, point, count = self._desk, self._desk.point, int(self._frames.value())
        selected = [desk.selected] if self._who.value() == "one" and desk.selected is not None else desk.runs
        taken = [(desk.names.of(run).full, run, self._snapshot(run)) for run in selected]
        subject = self._subject.value()
        if subject == "training":
            kept = [(name, self._kept(run, snapshot)) for name, run, snapshot in taken]
            return motion.in_training(kept, point.z, count)
        if subject == "walk":
            z = motion.walk(point.z, count, int(self._fps.value()), desk.experiment.setup.seed)
        elif subject == "slider":
            z = motion.traversal(point.z, int(self._dim.value()), -REACH, REACH, count)
        else:
            z = (motion.loop if subject == "loop" else motion.line)(point.pin("a"), point.pin("b"), count, point.arc)
        return [motion.along(name, snapshot, z) for name, _, snapshot in taken]

    @staticmethod
    def _kept(run: Run, newest: Snapshot) -> list[Snapshot]:
        """The snapshots of a lane that are kept up to the one that is shown, and that one."""
        return [*(each for each in run.reel.snapshots() if each.step < newest.step), newest]

    def _snapshot(self, run: Run) -> Snapshot:
        snapshot = run.snapshot
        if snapshot is None or snapshot.shape.latent != len(self._desk.point.z):
            raise UserError(f"{self._desk.names.of(run).long} is still being prepared.")
        return snapshot

    def _renew(self) -> None:
        """Make the film anew after a change of a control."""
        from core.exports.motion import Stage
        from core.exports.motion_files import KINDS, even, kind_of

        subject, kind = self._subject.value(), KINDS[self._format.value()]
        self._hint.setText(HINTS[subject])
        for widget in (self._dim_label, self._dim):
            widget.setEnabled(subject == "slider")
        self._back.setEnabled(subject != "loop")
        self._forever.setEnabled(kind.repeats)
        self._forever.setToolTip("" if kind.repeats else "How often a video plays is up to its player")
        style = self.style_chosen()
        try:
            self.lanes = self._lanes_now()
        except UserError as error:
            self._tell(str(error), good=False)
            self._stage = None
            self._timer.start(RETRY_MS)
            return
        self._stage = stage = Stage(self.lanes, style.size)
        self._order = style.order(stage.count)
        count = len(self._order)
        try:
            kind_of(Path(f"film{self._format.value()}"), style.fps)
        except UserError as error:
            self._tell(str(error), good=False)
        else:
            seconds = f"{count / style.fps:.1f} s"
            width, height = even(kind, stage.width), even(kind, stage.height)
            self._tell(f"{count:,} frames, {seconds}, {width:,} × {height:,} pixels", good=True)
        self._at = 0
        self._play()

    def _tell(self, words: str, good: bool) -> None:
        """Say what the film will be, or why it cannot be saved."""
        self._note.setText(words)
        self._save.setEnabled(good)

    def _play(self) -> None:
        """Show a frame, and the next one when its time has come; with reduced motion the middle one alone.

        While there is no film, try to make it.
        """
        if self._stage is None:
            self._renew()
            return
        began = time.perf_counter()
        still = self._desk.point.reduce_motion
        self._preview.set_frame(self._stage.frame(self._order[len(self._order) // 2 if still else self._at]))
        took_s = time.perf_counter() - began
        self._at = (self._at + 1) % len(self._order)
        if not still:
            self._timer.start(round(1000 * max(1 / self._fps.value() - took_s, RESTS * took_s)))

    def is_playing(self) -> bool:
        """Whether another frame will follow."""
        return self._timer.isActive()

    def _ask(self) -> None:
        self.asked.emit(self.lanes, self.style_chosen(), self._format.value())

    def done(self, result: int) -> None:
        """Close and stop playing."""
        self._timer.stop()
        super().done(result)
