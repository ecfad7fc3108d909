"""The input card: a test image, a drawing or the user's picture, its reconstruction in every lane, and its code."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from core.engine.freshness import present
from core.foundation.arrays import Floats
from core.foundation.pixels import as_floats, display
from core.text import addresses
from gui.desk.chosen_image import Kind
from gui.desk.desk import Desk
from gui.desk.freshness import origin
from gui.desk.lanes import lane_with_encoder
from gui.drawing import numbers, theme
from gui.side_panels.canvas import Canvas, framed
from gui.side_panels.own_picture import OwnPicture, clipboard_picture
from gui.widgets import layouts
from gui.widgets.buttons import Button, IconButton
from gui.widgets.floating_card import FloatingCard
from gui.widgets.image_view import ImageView
from gui.widgets.label import Label
from gui.widgets.lane_mark import LaneMark
from gui.widgets.manual_places import set_place
from gui.widgets.naming import named
from gui.widgets.sections import Section
from gui.widgets.segmented import Segmented
from gui.widgets.spin_field import SpinField

if TYPE_CHECKING:
    from core.engine.board import View
    from core.engine.run import Run
    from core.training.snapshot import Snapshot


class ResultRow(QWidget):
    """Reconstruction, code and distortion of the input in one lane."""

    def __init__(self, desk: Desk, run: Run) -> None:
        super().__init__()
        self._desk, self._run = desk, run
        self._made_by: Snapshot | None = None  # None where nothing is shown
        self._distortion = 0.0
        self._corrupted = ImageView(40)
        self._reconstruction = ImageView(40, "?")
        for view in (self._corrupted, self._reconstruction):
            view.set_smooth(True)
        self._corrupted.setToolTip("What the encoder saw")
        self._name = Label(desk.names.of(run).full, "strong", "text", elided=True)
        desk.names.changed.connect(self._rename)
        self._code = Label("", "caption", "text_2", elided=True)
        self._nats = Label("", "caption", "text_3")
        self._nats.setAlignment(Qt.AlignmentFlag.AlignRight)
        gap = theme.px(6)
        head = layouts.row(LaneMark(run.slot), (self._name, 1), self._nats, spacing=theme.px(4))
        words = layouts.column(head, self._code, spacing=0)
        layouts.row(self._corrupted, self._reconstruction, (words, 1), spacing=gap, margins=(0, 2, 0, 2), on=self)
        self._corrupted.setVisible(run.model.corrupts)  # after it has a parent, else it would open as a window

    def _rename(self) -> None:
        if self._run in self._desk.runs:
            self._name.setText(self._desk.names.of(self._run).full)

    def show_image(self, image: Floats | None) -> None:
        """Encode and reconstruct (C, H, W); nothing is shown of None, nor before there are weights for such images."""
        run, snapshot = self._run, self._run.snapshot
        if not run.model.has_encoder:
            self._code.setText("no encoder")
            return
        self._made_by = None
        if image is None or snapshot is None or image.shape != snapshot.shape.image:
            self._corrupted.set_image(None)
            self._reconstruction.set_image(None)
            self._code.setText("")
            self.date()
            return
        corrupted = snapshot.corrupt(image[None])
        if corrupted is not None:
            self._corrupted.set_image(display(corrupted)[0])
        codes = snapshot.encode(image[None] if corrupted is None else corrupted)
        if codes is None:
            return
        decoded = snapshot.decode(codes.mu)
        self._reconstruction.set_image(display(decoded)[0])
        spread = "" if codes.sigma is None else f" ± {numbers.number(float(codes.sigma[0].mean()), 2)}"
        self._code.setText(f"({numbers.coordinates(codes.mu[0], 2, 2)}){spread}")
        terms = snapshot.measure(image[None])
        self._made_by, self._distortion = snapshot, float(terms["distortion"][0])
        self.date()

    def is_of(self, snapshot: Snapshot | None) -> bool:
        """Whether the reconstruction was made by these weights."""
        return self._made_by is snapshot

    def date(self) -> None:
        """Print the distortion; say of which step it is, and grey the picture, where the lane has trained on since."""
        made_by, now = self._made_by, present(self._run.view)
        is_old = made_by is not None and now.is_old(made_by.step)
        self._reconstruction.set_dim(is_old)
        nats = "" if made_by is None else f"{numbers.number(self._distortion, 0)} nats"
        self._nats.setText(f"{origin(made_by.step)}: {nats}" if made_by is not None and is_old else nats)


class InputPanel(Section):
    """Chooses a test image or takes a drawing or a picture, and shows a `ResultRow` per lane.

    ``sheet_wanted`` asks the window to open the drawing sheet beside a widget, where it covers nothing that it feeds.
    """

    sheet_wanted = Signal(object)

    def __init__(self, desk: Desk) -> None:
        super().__init__("Input", "input")
        set_place(self, addresses.of_part("Input"))
        self._desk = desk
        self.run: Run | None = None
        self.hz = 1.2
        self._drawn: Floats | None = None
        self._index = 0
        kinds = [("test", "Test image"), ("draw", "Draw"), ("own", "Mine")]
        self._kind = named(Segmented(kinds, small=True, fitted=True), "input kind", "Which image is the input")
        self._kind.chosen.connect(self._choose_kind)
        self.header.add_action(self._kind)
        self._picture = ImageView(96, border=True)
        self._picture.clicked.connect(self._open_canvas)
        self._canvas, self.sheet = Canvas(), FloatingCard("Draw", self)
        self._fill_sheet()
        self._class_title = Label("Class", "body", "text_2")
        self._class = Label("", "strong", "text")
        number = SpinField(int, 0, 9999, prefix="# ", thousands=False)
        self._number = named(number, "test image", "Number of the test image")
        self._number.edited.connect(lambda value: self._show_test(int(value)))
        self._drawing = Label("Your drawing", "body", "text")
        self._own = OwnPicture(desk)
        self._own.changed.connect(self._show_own)
        self._own.paste_wanted.connect(self.paste)
        self._own.hide()
        self._drawing.hide()
        self._results = layouts.column(spacing=0)
        self.body.addLayout(layouts.row(self._picture, (self._choice(), 1), spacing=theme.px(8)))
        self._encode = self._make_encode_button()
        self.body.addWidget(self._encode)
        self.body.addLayout(self._results)
        self._rows: dict[Run, ResultRow] = {}
        desk.lanes_changed.connect(self._fill)
        for signal in (desk.lanes_changed, desk.lane_selected, desk.names.changed):
            signal.connect(self._name_encode_button)
        desk.dataset_changed.connect(self._fit)
        desk.opened.connect(self._fit)
        desk.chosen.index_wanted.connect(self._show_test)
        desk.chosen.draw_wanted.connect(self._draw_beside)
        desk.chosen.given.connect(self._take_given)

    def _fill_sheet(self) -> None:
        """The canvas, and buttons to move the ring to its code and to clear it."""
        encode, clear = Button("Move the ring", "enter", key="E"), Button("Clear", "close")
        encode.clicked.connect(self.encode)
        clear.clicked.connect(self._canvas.clear)
        self.sheet.body.addWidget(self._canvas)
        self.sheet.body.addLayout(layouts.row((encode, 1), (clear, 1), spacing=theme.px(8)))
        self._canvas.drawn.connect(self._take_drawing)

    def _choice(self) -> QGridLayout:
        """Beside the picture: its class, its index, and buttons to another."""
        grid = QGridLayout()
        grid.setContentsMargins(*layouts.NO_MARGINS)
        grid.setVerticalSpacing(theme.px(8))
        grid.addWidget(self._class_title, 0, 0)
        grid.addWidget(self._class, 0, 1, Qt.AlignmentFlag.AlignRight)
        grid.addWidget(self._number, 1, 0, 1, 2)
        grid.addWidget(self._drawing, 1, 0, 1, 2)
        grid.addWidget(self._own, 0, 0, 3, 2)
        steps = (
            ("chevron-left", "Previous test", lambda: self._show_test(self._index - 1)),
            ("chevron-right", "Next test", lambda: self._show_test(self._index + 1)),
            ("shuffle", "Any test", lambda: self._show_test(int(np.random.default_rng().integers(1 << 30)))),
        )
        buttons = [IconButton(icon, "", 24, filled=True, width=32) for icon, _, _ in steps]
        self._steps = [(button, which) for button, (_, which, _) in zip(buttons, steps, strict=True)]
        for button, (_, _, act) in zip(buttons, steps, strict=True):
            button.clicked.connect(act)
        grid.addLayout(layouts.row(*buttons, spacing=theme.px(4)), 2, 0, 1, 2)
        grid.setRowStretch(3, 1)
        return grid

    def _make_encode_button(self) -> Button:
        button = named(Button("Move the ring to its code", "enter", key="E", height=28), "encode")
        button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        button.clicked.connect(self.encode)
        return button

    def _name_encode_button(self) -> None:
        run, noun = lane_with_encoder(self._desk), self._desk.noun
        self._encode.setToolTip(
            "No lane has an encoder"
            if run is None
            else f"Move the ring to the code of this {noun} in the lane {self._desk.names.of(run).full}."
            " Every lane then decodes that point"
        )

    def _fit(self) -> None:
        data = self._desk.experiment.dataset
        self._kind.rename("test", f"Test {data.noun}")
        self._kind.setAccessibleName(f"Which {data.noun} is the input")
        self._number.setAccessibleName(f"Number of the test {data.noun}")
        for step, which in self._steps:
            step.set_tip(f"{which} {data.noun}")
        self._name_encode_button()
        self._number.set_range(0, max(1, len(data.test) - 1))
        self._drawn = None
        grey = data.shape[0] == 1
        self._own.forget()
        no_pictures = "These data are points, not pictures"
        self._kind.set_option_enabled("own", not data.points, no_pictures if data.points else "")
        what = "are points" if data.points else "have colour"
        self._kind.set_option_enabled("draw", grey, "" if grey else f"Drawing needs grey images; these {what}")
        if not grey and self._kind.value() == "draw":
            self._kind.set_value("test")
        if self._kind.value() == "own" and not data.points:
            self._reconstruct()
            return
        self._show_test(2079 if len(data.test) > 2079 else 0)

    def _fill(self) -> None:
        for row in self._rows.values():
            row.hide()
            row.deleteLater()
        self._rows = {run: ResultRow(self._desk, run) for run in self._desk.runs}
        for row in self._rows.values():
            self._results.addWidget(row)
        self._reconstruct()

    def _choose_kind(self, kind: str) -> None:
        if kind == "draw":
            self._open_canvas()
        else:
            self.sheet.close_card()
        self._reconstruct()
        if kind == "own" and self._own.image() is None:
            self.paste(quietly=True)

    def _show_own(self) -> None:
        self._kind.set_value("own")
        self.sheet.close_card()
        self._reconstruct()

    def take_picture(self, picture: str | QImage) -> None:
        """Make a picture of the user's own the input: a file by its path, or an image."""
        if self._desk.is_open and not self._desk.experiment.dataset.points:
            self._own.take(picture)

    def paste(self, *, quietly: bool = False) -> None:
        """Make the picture in the clipboard the input."""
        picture = clipboard_picture()
        if picture is not None:
            self.take_picture(picture)
        elif not quietly:
            self._desk.told.emit("There is no picture in the clipboard: copy one first.", "note")

    def stop(self) -> None:
        """Wait until no picture is read any more."""
        self._own.stop()

    def _open_canvas(self) -> None:
        if self._kind.value() == "draw":
            self.sheet_wanted.emit(self._picture)

    def draw(self) -> None:
        """Open the drawing sheet, if the images are grey."""
        self._draw_beside(self._picture)

    def _draw_beside(self, widget: QWidget) -> None:
        """Open the drawing sheet beside a widget, which may be on another page."""
        if self._desk.is_open and self._desk.experiment.dataset.shape[0] == 1:
            self._kind.set_value("draw")
            self.sheet_wanted.emit(widget)
            self._reconstruct()

    def _take_drawing(self) -> None:
        if not self._desk.is_open:
            return
        empty = self._canvas.empty
        self._drawn = None if empty else framed(self._canvas.pixels(), self._desk.experiment.dataset.shape)
        self._reconstruct()

    def _take_given(self, kind: Kind, image: Floats) -> None:
        if kind == "draw":
            self._drawn = image
            self._canvas.put(image)
        else:
            self._own.put(image)
        self._kind.set_value(kind)
        self._reconstruct()

    def _show_test(self, index: int) -> None:
        if not self._desk.is_open:
            return
        self._index = index % len(self._desk.experiment.dataset.test)
        self._kind.set_value("test")
        self.sheet.close_card()
        self._reconstruct()

    def image(self) -> Floats | None:
        """The input (C, H, W) in [0, 1], or None while nothing is drawn."""
        if self._kind.value() == "draw":
            return self._drawn
        if self._kind.value() == "own":
            return self._own.image()
        return as_floats(self._desk.experiment.dataset.test.pixels[self._index])

    def ask(self) -> None:
        """Needs no looks."""

    def parts(self, view: View) -> tuple[object, ...]:
        """Parts of the view that are drawn."""
        return view.snapshot, view.status

    def refresh(self, view: View) -> None:
        """Reconstruct the image where there are new weights."""
        if any(run.model.has_encoder and not row.is_of(run.snapshot) for run, row in self._rows.items()):
            self._reconstruct()
        for row in self._rows.values():
            row.date()

    def _reconstruct(self) -> None:
        if not self._desk.is_open:
            return
        image = self.image()
        data = self._desk.experiment.dataset
        self._picture.set_hint("No picture yet" if self._kind.value() == "own" else "Nothing drawn yet")
        self._picture.set_image(None if image is None else display(image[None])[0])
        self._picture.setToolTip("" if image is None or data.columns is None else data.columns.said(image))
        kind: Kind = next(each for each in get_args(Kind) if each == self._kind.value())
        chosen = self._desk.chosen
        chosen.put(self._index, kind, image)
        labels = data.test.labels
        label = int(labels[self._index]) if labels is not None and chosen.is_of_test else None
        names = data.class_names
        name = "—" if label is None else names[label] if label < len(names) else str(label)
        self._class.setText(name)
        self._number.set_value(self._index)
        self._number.setVisible(chosen.is_of_test)  # only test images have one
        self._drawing.setVisible(kind == "draw")
        self._own.setVisible(kind == "own")
        for widget in (self._class_title, self._class, *(button for button, _ in self._steps)):
            widget.setVisible(kind != "own")
        for row in self._rows.values():
            row.show_image(image)

    def encode(self) -> None:
        """Move the point to the code of the image in the selected lane, else in the first that has an encoder."""
        image = self.image()
        if image is None:
            own = self._kind.value() == "own"
            words = "No picture yet: open, paste or drop one" if own else "Nothing drawn yet: draw something first"
            self._desk.told.emit(f"{words}.", "note")
            return
        run = lane_with_encoder(self._desk)
        codes = run.encode(image[None]) if run is not None else None
        if run is None or codes is None:
            self._desk.told.emit("No lane has an encoder.", "note")
            return
        self._desk.point.stop()
        self._desk.point.move(codes.mu[0])
        name, noun = self._desk.names.of(run).full, self._desk.noun
        text = f"The ring is at the code of this {noun} in {name}; every lane decodes it."
        point, chosen = self._desk.point, self._desk.chosen
        there = point.z
        self._desk.told_while.emit(text, "note", lambda: point.z is there and chosen.is_still(image))
