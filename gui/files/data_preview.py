"""What the chosen data hold: the tensors that would be trained on, knobs of their source, counts, what is skipped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRectF, Signal
from PySide6.QtGui import QGuiApplication, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QPlainTextEdit, QProgressBar, QStackedWidget, QWidget

from core.foundation.params import KnobError, KnobValue, changed, knobs
from core.foundation.pixels import display_bytes, is_planar
from core.foundation.user_error import as_sentence
from gui.desk.desk import Desk
from gui.drawing import paint, point_plot, theme
from gui.drawing.painting import painting
from gui.files.epoch_time import epoch_words
from gui.widgets import layouts
from gui.widgets.buttons import Button
from gui.widgets.knob_row import KnobRow
from gui.widgets.label import Label
from gui.widgets.mosaic import Mosaic
from gui.widgets.naming import named, plain_tip
from gui.widgets.painted import PaintedWidget

if TYPE_CHECKING:
    from core.datasets.base import SourceConfig
    from core.datasets.first_look import FirstLook
    from core.foundation.arrays import Floats

WIDE_PX = 412
"""Width of what is shown, px."""
TALL_PX = 262
"""Room for the images, px."""
USUAL_TILE = 56
"""Size that images have about: they are shown pixel by pixel, at a whole zoom."""
MOST_CLASSES = 24
"""Classes that are listed by name; the tooltip has all."""
PLACES = ("data", "strokes")
"""Knobs that are no rows: the file or folder, and a drawing."""


class PointsView(PaintedWidget):
    """Points of a plane as dots."""

    def __init__(self) -> None:
        super().__init__()
        self._points: Floats = np.zeros((0, 2), np.float32)
        self.setAccessibleName("Points of the data")

    def set_points(self, points: Floats) -> None:
        """Show points (N, 2)."""
        self._points = points
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        colors, side = theme.current(), float(min(self.width(), self.height()))
        area = QRectF((self.width() - side) / 2, 0, side, side)
        with painting(self) as painter:
            paint.box(painter, area, theme.px(4), colors.plot)
            if len(self._points):
                dots = point_plot.dots(self._points, area, colors.accent, self.devicePixelRatioF())
                painter.drawImage(area.topLeft(), dots)


class SkippedList(QWidget):
    """What was passed over, a sentence each, and a button that copies all of them."""

    def __init__(self) -> None:
        super().__init__()
        self._words = Label("", "caption_strong", "warn", elided=True)
        self._copy = named(Button("Copy list", height=20), "copy skipped")
        self._copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.text()))
        self._list = named(QPlainTextEdit(), "skipped", "What is skipped, and why")
        self._list.setReadOnly(True)
        self._list.setTabChangesFocus(True)
        self._list.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._list.setFixedHeight(theme.px(74))
        head = layouts.row((self._words, 1), self._copy, spacing=theme.px(8))
        layouts.column(head, self._list, spacing=theme.px(4), margins=layouts.NO_MARGINS, on=self)

    def text(self) -> str:
        """All sentences, a line each."""
        return self._list.toPlainText()

    def show_sentences(self, sentences: tuple[str, ...], is_sample: bool) -> None:
        """List these; nothing is shown of none."""
        count = f"{len(sentences):,} {'file is' if len(sentences) == 1 else 'files are'} skipped"
        self._words.setText(f"{count} so far" if is_sample else count)
        self._list.setPlainText("\n".join(sentences))
        self.setVisible(bool(sentences))


class DataPreview(QWidget):
    """Shows one `FirstLook`, or why there is none. ``edited`` carries a config with another value of a knob."""

    edited = Signal(object)
    draw_wanted = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._config: SourceConfig | None = None
        self.look: FirstLook | None = None
        self._title = named(Label("Choose data", "title", "text"), "data title")
        self._sizes = named(Label("", "caption", "text_2", wrap=True), "data sizes")
        self._pictures, self._points = named(Mosaic(USUAL_TILE, 2), "data pictures", "Images to train on"), PointsView()
        self._shown = QStackedWidget()
        self._shown.addWidget(self._pictures)
        self._shown.addWidget(self._points)
        self._shown.setFixedSize(theme.px(WIDE_PX), theme.px(TALL_PX))
        self._bar = QProgressBar()
        self._bar.setRange(0, 1000)
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(theme.px(4))
        keeps_room = self._bar.sizePolicy()
        keeps_room.setRetainSizeWhenHidden(True)
        self._bar.setSizePolicy(keeps_room)
        self._bar.hide()
        self._error = named(Label("", "body", "error", wrap=True), "data error")
        self._details = ""
        self._copy_details = named(Button("Copy details", height=20), "copy details")
        self._copy_details.clicked.connect(
            lambda: QGuiApplication.clipboard().setText(f"{self._error.text()}\n\n{self._details}")
        )
        self._rows: dict[str, KnobRow] = {}
        self._draw = named(Button("Draw …", "pencil"), "draw points")
        self._draw.clicked.connect(self.draw_wanted)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(theme.px(12))
        self._grid.setVerticalSpacing(0)
        self._classes = named(Label("", "caption", "text_2", wrap=True), "data classes")
        self._notes = Label("", "caption", "text_3", wrap=True)
        self.skipped = SkippedList()
        self._epoch = named(Label("", "caption", "text_2", wrap=True), "epoch time")
        self._slow = named(Label("", "caption", "warn", wrap=True), "slow")
        self._lay_out()
        self.clear()

    def _lay_out(self) -> None:
        px, inside = theme.px, QWidget()
        layouts.column(
            self._error,
            layouts.row(self._copy_details, layouts.STRETCH),
            self._grid,
            self._draw,
            self._epoch,
            self._slow,
            self._classes,
            self._notes,
            self.skipped,
            layouts.STRETCH,
            spacing=px(8),
            margins=(0, 0, px(8), 0),
            on=inside,
        )
        layouts.column(
            self._title,
            self._sizes,
            self._bar,
            self._shown,
            (layouts.scrolled(inside, "Preview of the data"), 1),
            spacing=px(6),
            margins=layouts.NO_MARGINS,
            on=self,
        )
        self.setFixedWidth(px(WIDE_PX) + px(8))

    def clear(self) -> None:
        """Show nothing."""
        self.look = None
        self._sizes.setText("")
        self._pictures.clear()
        self._points.set_points(np.zeros((0, 2), np.float32))
        for widget in (self._error, self._copy_details, self._draw, self._classes, self._notes, self.skipped):
            widget.hide()
        self._epoch.hide()
        self._slow.hide()

    def wait_for(self, title: str, config: SourceConfig) -> None:
        """Say what is being looked at, and show its knobs; what is shown stays, greyed, until `show_look`."""
        if type(config) is not type(self._config):
            self.clear()
        self._show_title(title)
        self._show_knobs(config)
        self._pictures.set_dim(True)
        self.set_share(0.0)

    def wait_for_file(self, title: str) -> None:
        """Say which file or folder is being looked at: its knobs are not known yet."""
        self.clear()
        self._shown.show()
        self._show_title(title)
        self._drop_rows()
        self._config = None
        self.set_share(0.0)

    def _show_title(self, title: str) -> None:
        self._title.setText(paint.cut_in_middle(title, "title", theme.px(WIDE_PX)))
        self._title.setToolTip(plain_tip(title))

    def set_share(self, share: float | None) -> None:
        """Show the progress, 0 to 1; None hides it."""
        self._bar.setValue(round(1000 * (share or 0.0)))
        self._bar.setVisible(share is not None)

    def show_error(self, sentence: str, details: str, skipped: tuple[str, ...]) -> None:
        """Say why data cannot be used, and what was passed over. ``details`` can be copied: a traceback."""
        self.clear()
        self.set_share(None)
        self._shown.hide()
        self._details = details
        self._error.setText(as_sentence(sentence))
        self._error.show()
        self._copy_details.show()
        self.skipped.show_sentences(skipped, False)

    def show_look(self, look: FirstLook) -> None:
        """Show these data."""
        from core.datasets.first_look import sizes_in_words, what_is_slow

        self.set_share(None)
        self._error.hide()
        self._copy_details.hide()
        self._shown.show()
        self.look = look
        self._show_title(look.title)
        self._sizes.setText(sizes_in_words(look))
        if is_planar(look.shape):
            self._points.set_points(look.pixels[:, :, 0, 0])
            self._shown.setCurrentWidget(self._points)
        else:
            self._show_pictures(look)
        self._show_knobs(look.config)
        self._show_classes(look.classes)
        self.skipped.show_sentences(look.skipped, look.is_sample)
        slow = what_is_slow(look.shape)
        for label, words in (
            (self._notes, "\n".join(look.notes)),
            (self._epoch, epoch_words(self._desk, look.shape, look.train)),
            (self._slow, slow),
        ):
            label.setText(words)
            label.setVisible(bool(words))

    def _show_pictures(self, look: FirstLook) -> None:
        side = look.shape[-1]
        tile = side * max(1, round(USUAL_TILE / side))
        self._pictures.set_tile(tile)
        columns, rows = (max(1, room // (tile + 2)) for room in (self._shown.width(), self._shown.height()))
        self._pictures.set_grid(columns, rows)
        self._pictures.set_images(display_bytes(look.pixels))
        self._pictures.set_dim(False)
        self._shown.setCurrentWidget(self._pictures)

    def _show_classes(self, classes: Mapping[str, int]) -> None:
        words = [f"{name}: {count:,}" for name, count in classes.items()]
        rest = f" … and {len(words) - MOST_CLASSES:,} more" if len(words) > MOST_CLASSES else ""
        self._classes.setText(f"{len(words):,} classes: " + " · ".join(words[:MOST_CLASSES]) + rest)
        self._classes.setToolTip("\n".join(words[:200]) if rest else "")
        self._classes.setVisible(bool(words))

    # --- knobs -------------------------------------------------------------------------------------------------------

    def _show_knobs(self, config: SourceConfig) -> None:
        if type(config) is not type(self._config):
            self._drop_rows()
            shown = [knob for knob in knobs(type(config)) if knob.name not in PLACES]
            self._rows = {knob.name: KnobRow(knob, waits=False) for knob in shown}
            for at, (name, row) in enumerate(self._rows.items()):
                row.edited.connect(lambda value, name=name: self._edit(name, value))
                self._grid.addWidget(row, at // 2, at % 2)
        self._config = config
        for name, row in self._rows.items():
            row.set_value(getattr(config, name))
        self._draw.setVisible(any(knob.name == "strokes" for knob in knobs(type(config))))

    def _drop_rows(self) -> None:
        for row in self._rows.values():
            row.hide()
            row.deleteLater()
        self._rows = {}

    def _edit(self, name: str, value: KnobValue) -> None:
        assert self._config is not None
        try:
            config = changed(self._config, name, value)
        except KnobError:
            self._rows[name].set_value(getattr(self._config, name))
            return
        if config != self._config:
            self._config = config
            self.edited.emit(config)
