"""*Corrupt an image*: the chosen test image, corrupted, and its reconstruction by every lane with an encoder, live."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from core.foundation.pixels import display
from gui.desk.desk import Desk
from gui.drawing import numbers, theme
from gui.information.add_lane import add_lane_button
from gui.information.card import TitledCard
from gui.information.image_choice import step_buttons
from gui.widgets import layouts
from gui.widgets.buttons import IconButton
from gui.widgets.formula import Sentence
from gui.widgets.image_view import ImageView
from gui.widgets.label import Label
from gui.widgets.lane_mark import LaneMark
from gui.widgets.naming import named
from gui.widgets.prose_formulas import explain
from gui.widgets.segmented import Segmented
from gui.widgets.slider import Slider

if TYPE_CHECKING:
    from core.engine.board import View
    from core.engine.run import Run


KINDS = (("masking", "Masking"), ("gaussian", "Gaussian"), ("salt and pepper", "Salt and pepper"))
"""As `core.probes.denoise.KINDS`; a test compares them."""
FORMULAS = {
    "masking": r"$\tilde x_i = 0$ with probability $a$, else $x_i$",
    "gaussian": r"$\tilde x = x + a \cdot \p{\varepsilon}$, $\p{\varepsilon \sim \mathcal{N}(0, 1)}$, within 0 and 1",
    "salt and pepper": r"$\tilde x_i = 0$ or $1$, each with probability $a / 2$, else $x_i$",
}
UNBOUNDED = r"$\tilde x = x + a \cdot \p{\varepsilon}$, $\p{\varepsilon \sim \mathcal{N}(0, 1)}$"
"""Gaussian noise on points: their coordinates are not clipped."""
ERROR = (
    r"$\text{error}^2 = \text{mean of } (x - \hat x)^2$ over all values;"
    r" $x$ is the clean one, $\hat x$ what stands here"
)
SIDE = 112
"""Side of the pictures before the page sets it, px; little height shrinks them to this side at most."""
MOST_SIDE = 308
"""Largest side of a picture, px at text size 1."""
DAE = "denoising_ae"


class _NamedPicture(QWidget):
    """A picture with its name above, marked as a lane's where it has a slot, and a line of text below."""

    def __init__(self, name: str, slot: int | None = None) -> None:
        super().__init__()
        explain(self, ERROR)
        self.name = Label(name, "caption_strong", "text_2", elided=True)
        self.picture = ImageView(SIDE, border=True)
        self.picture.setAccessibleName(name)
        self.words = Label("", "caption", "text_2", elided=True)
        gap = theme.px(4)
        head = layouts.row((self.name, 1), spacing=gap)
        if slot is not None:
            head.insertWidget(0, LaneMark(slot))
        layouts.column(head, self.picture, self.words, spacing=gap, margins=layouts.NO_MARGINS, on=self)
        self.setFixedWidth(SIDE)

    def rename(self, name: str) -> None:
        """Change the name."""
        self.name.setText(name)
        self.picture.setAccessibleName(name)

    def set_side(self, side: int) -> None:
        """Set the side of the picture, px."""
        self.picture.set_size(side)
        self.setFixedWidth(side)


class CorruptionCard(TitledCard):
    """The input card's image: clean, corrupted, and restored by every lane."""

    def __init__(self, desk: Desk) -> None:
        super().__init__("Corrupt an image", "what each encoder and decoder make of it", "corruption")
        self._desk = desk
        self.run: Run | None = None
        self.hz = 4.0
        self.kind, self.amount, self.seed = "masking", 0.3, 0
        self._noun = "image"
        self._room = QSize(640, SIDE)  # until the page sets it
        back, self.next = step_buttons(desk)
        self.add_action(back, self.next)
        self.body.addLayout(self._controls())
        self.clean, self.corrupted = _NamedPicture("Test image"), _NamedPicture("Corrupted")
        self.clean.setToolTip("")
        self._row = layouts.row(self.clean, self.corrupted, layouts.STRETCH, spacing=theme.px(16))
        self.body.addLayout(self._row)
        self.restored: list[tuple[Run, _NamedPicture]] = []
        desk.lanes_changed.connect(self.rebuild)
        desk.names.changed.connect(self._rename_lanes)
        desk.dataset_changed.connect(self.fit)
        desk.chosen.changed.connect(self.look)
        self.rebuild()

    def _controls(self) -> QHBoxLayout:
        """Kind and amount of noise, another seed, the formula, and a button that adds a denoising lane."""
        px = theme.px
        self.kinds = named(Segmented(list(KINDS)), "corruption kind", "How the image is corrupted")
        self.kinds.chosen.connect(self._set_kind)
        self.slider = named(Slider(0.0, 1.0, default=0.3), "corruption amount", "Amount of corruption")
        self.slider.setMinimumWidth(px(100))
        self.slider.setMaximumWidth(px(180))
        self.slider.moved.connect(self._set_amount)
        self._value = Label("0.30", "medium", "text")
        again = named(IconButton("dice", "Other noise", 24), "other noise")
        again.clicked.connect(self._other_noise)
        self.formula_line = Sentence(FORMULAS[self.kind])
        self.add = add_lane_button(self._desk, DAE, "Add a denoising AE lane")
        amount = Label("amount a", "caption", "text_3")
        shown = (self.kinds, amount, (self.slider, 4), self._value, again, (self.formula_line, 3), self.add)
        return layouts.row(*shown, spacing=px(10))

    def rebuild(self) -> None:
        """Build the restored pictures anew, for other lanes."""
        for _, view in self.restored:
            self._row.removeWidget(view)
            view.hide()
            view.deleteLater()
        self.restored = []
        for run in self._desk.runs:
            if run.model.has_encoder:
                view = _NamedPicture(self._desk.names.of(run).full, run.slot)
                self._row.insertWidget(self._row.count() - 1, view)
                self.restored.append((run, view))
        self.add.setVisible(not any(run.model.corrupts for run in self._desk.runs))
        self.fit()
        self.look()

    def _rename_lanes(self) -> None:
        for run, view in self.restored:
            if run in self._desk.runs:
                view.rename(self._desk.names.of(run).full)

    def set_room(self, room: QSize) -> None:
        """Set the largest size of the card, px."""
        self._room = QSize(room.width(), room.height() - self.sizeHint().height() + self.clean.picture.height())
        self.fit()

    def fit(self) -> None:
        """Make the pictures as large as there is room for; small images at an integer zoom."""
        count = 2 + len(self.restored)
        room = (self._room.width() - theme.px(26) - theme.px(16) * (count - 1)) // count
        image = max(self._desk.experiment.dataset.shape[1:]) if self._desk.is_open else 28
        most = max(56, min(theme.px(MOST_SIDE), room, max(SIDE, self._room.height())))
        side = image * (most // image) if 1 < image <= most else most
        for view in (self.clean, self.corrupted, *(restored for _, restored in self.restored)):
            view.set_side(side)

    def _call(self, noun: str) -> None:
        """Adapt words and kind of noise to data of images or points."""
        self._noun = noun
        self.rename("Corrupt an image" if noun == "image" else f"Corrupt a {noun}")
        self.clean.rename(f"Test {noun}")
        self.kinds.setAccessibleName(f"How the {noun} is corrupted")
        self.kind = "masking" if noun == "image" else "gaussian"  # masking leaves most points as they are
        self.kinds.set_value(self.kind)
        self._show_formula()

    def _show_formula(self) -> None:
        """Show the formula of the corruption."""
        free = self.kind == "gaussian" and self._noun == "point"
        self.formula_line.set_prose(UNBOUNDED if free else FORMULAS[self.kind])

    def _set_kind(self, kind: str) -> None:
        self.kind = kind
        self._show_formula()
        self.look()

    def _set_amount(self, amount: float) -> None:
        self.amount = amount
        self._value.setText(numbers.number(amount, 2))
        self.look()

    def _other_noise(self) -> None:
        self.seed += 1
        self.look()

    def ask(self) -> None:
        """Nothing slow."""

    def parts(self, view: View) -> tuple[object, ...]:
        """What it draws of a view."""
        return (view.snapshot,)

    def refresh(self, view: View) -> None:
        """Show newer weights."""
        self.look()

    def look(self) -> None:
        """Corrupt, encode and decode the image at once."""
        image = self._desk.chosen.image
        if image is None or not self.isVisible():
            return
        from core.probes.denoise import corrupt, error, reconstruct

        if (noun := self._desk.experiment.dataset.noun) != self._noun:
            self._call(noun)
        corrupted = corrupt(image, self.kind, self.amount, self.seed)
        chosen = self._desk.chosen
        self.clean.picture.set_image(display(image[None])[0])
        self.clean.words.setText("your drawing" if chosen.drawn else f"#{chosen.index:,}")
        self.corrupted.picture.set_image(display(corrupted[None])[0])
        self.corrupted.words.setText(f"error {numbers.number(error(corrupted, image), 3)}")
        best: tuple[float, _NamedPicture] | None = None
        for run, view in self.restored:
            snapshot = run.snapshot
            fits = snapshot is not None and image.shape == snapshot.shape.image
            restoration = reconstruct(snapshot, corrupted) if snapshot is not None and fits else None
            view.picture.set_image(None if restoration is None else display(restoration[None])[0])
            if restoration is None:
                view.words.setText("")
                continue
            rmse = error(restoration, image)
            view.words.setText(f"error {numbers.number(rmse, 3)}")
            view.words.set_role("caption")
            best = min(best or (rmse, view), (rmse, view), key=lambda each: each[0])
        if best is not None:
            best[1].words.set_role("caption_strong")

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.look()
