"""The path from A to B: seven decoded points, a slider along it, a loop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSizePolicy

from core.foundation.arrays import Floats
from core.foundation.pixels import display
from core.text import addresses
from gui.desk.desk import Desk
from gui.desk.export import decoded_table
from gui.desk.wording import keep_worded
from gui.drawing import numbers, theme
from gui.widgets import layouts
from gui.widgets.buttons import Button, IconButton
from gui.widgets.label import Label
from gui.widgets.manual_places import set_place
from gui.widgets.mosaic import Mosaic
from gui.widgets.naming import named
from gui.widgets.offer import Offer
from gui.widgets.sections import Section
from gui.widgets.segmented import Segmented
from gui.widgets.slider import Slider

if TYPE_CHECKING:
    from core.engine.board import View
    from core.engine.run import Run

FRAMES = 7
"""Number of pictures on the path."""


class PathPanel(Section):
    """Pictures of the selected lane, slider, buttons for the loop and a film, and pins."""

    film_wanted = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__("Path A → B", "path")
        set_place(self, addresses.of_part("Path A → B"))
        self._desk = desk
        self.run: Run | None = None
        self.hz = 1.2
        self.header.add_action(self._make_shape_switch())
        self._z: Floats = np.zeros((0, 0), np.float32)
        self._points: Floats | None = None
        self._frames = Mosaic(28, 2, background="panel")
        keep_worded(desk, "Pictures from A to B", self._frames.setAccessibleName)
        self._frames.set_grid(FRAMES, 1)
        self._frames.clicked.connect(lambda i: desk.point.set_path_t(i / (FRAMES - 1)))
        self._t = named(Slider(0.0, 1.0, default=0.0), "path t", "Place on the path")
        self._t.moved.connect(desk.point.set_path_t)
        self._value = Label("0.00", "medium", "text")
        self._pins = {"a": self._make_pin("a"), "b": self._make_pin("b")}
        self._lay_out()
        desk.point.shown.connect(self._follow)
        desk.point.pins_moved.connect(self._show_path)
        desk.lane_selected.connect(self._show_path)
        desk.setup_changed.connect(self._show_path)

    def offer(self) -> Offer:
        """The panel, what the path decodes to, pictures or points, and the z of each as a table."""
        title, images = self._frames.accessibleName(), self._frames.images()
        if not len(images):
            return Offer(title)
        data, z, points = self._desk.experiment.dataset, self._z, self._points
        array = images if points is None else points
        return Offer(title, table=lambda: decoded_table(data, z, points), array=array)

    def _make_shape_switch(self) -> Segmented:
        switch = named(
            Segmented([("straight", "Straight"), ("arc", "Arc")], small=True),
            "way",
            "Way from A to B",
            tip="Straight, or around the origin at an even length (slerp)",
        )
        switch.chosen.connect(lambda key: self._desk.point.set_arc(key == "arc"))
        return switch

    def _make_loop(self) -> IconButton:
        loop, point = IconButton("loop", "Run along the path and back  (L)", 24), self._desk.point
        loop.setCheckable(True)
        loop.clicked.connect(point.toggle_loop)
        point.animated.connect(lambda _: loop.setChecked(point.looping))
        return loop

    def _make_film(self) -> IconButton:
        film = named(IconButton("film", "Make a film of the path in every lane …", 24), "make film")
        film.clicked.connect(self.film_wanted)
        return film

    def _make_pin(self, which: Literal["a", "b"]) -> Button:
        letter = which.upper()
        pin = named(Button(f"Set {letter}"), f"set {which}", tip=f"Put pin {letter} where the point is  ({letter})")
        pin.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        pin.clicked.connect(lambda: self._desk.point.set_pin(which))
        return pin

    def _lay_out(self) -> None:
        gap = theme.px(6)
        a, b = Label("A", "caption_strong"), Label("B", "caption_strong")
        self.body.addWidget(self._frames, 0, Qt.AlignmentFlag.AlignHCenter)
        self.body.addLayout(
            layouts.row(a, (self._t, 1), b, self._value, self._make_loop(), self._make_film(), spacing=gap)
        )
        self.body.addLayout(layouts.row(*((pin, 1) for pin in self._pins.values()), spacing=gap))

    def ask(self) -> None:
        """Needs no looks."""

    def parts(self, view: View) -> tuple[object, ...]:
        """Parts of the view that are drawn."""
        return (view.snapshot,)

    def refresh(self, view: View) -> None:
        """Decode the path with the new weights."""
        self._show_path()

    def _follow(self) -> None:
        self._t.set_value(self._desk.point.path_t)
        self._value.setText(numbers.number(self._desk.point.path_t, 2))
        self._frames.set_selected(round(self._desk.point.path_t * (FRAMES - 1)) if self._on_path() else -1)

    def _on_path(self) -> bool:
        here = self._desk.point.path_at(np.array([self._desk.point.path_t], np.float32))[0]
        return bool(np.abs(here - self._desk.point.z).max() < 1e-3)

    def _show_path(self) -> None:
        desk = self._desk
        if desk.selected is None:
            return
        for which, pin in (("a", desk.point.pin("a")), ("b", desk.point.pin("b"))):
            self._pins[which].set_detail(numbers.coordinates(pin, 1, 2))
        self._z = desk.point.path(FRAMES)
        decoded = desk.selected.decode(self._z)
        self._points = decoded[:, :, 0, 0] if decoded is not None and desk.experiment.dataset.points else None
        if decoded is None:
            self._frames.clear()
        else:
            self._frames.set_images(display(decoded))
        self._follow()
