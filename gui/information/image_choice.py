"""Controls of cards that show the image of the input card: previous, next and random test image, and its name."""

from __future__ import annotations

import numpy as np

from gui.desk.desk import Desk
from gui.desk.wording import follow_noun
from gui.widgets.buttons import Button, IconButton


def step_buttons(desk: Desk, *, filled: bool = False) -> tuple[IconButton, IconButton]:
    """Buttons for the previous and for the next test image."""
    previous_button = IconButton("chevron-left", "", 24, filled=filled)
    next_button = IconButton("chevron-right", "", 24, filled=filled)
    previous_button.clicked.connect(lambda: desk.chosen.index_wanted.emit(desk.chosen.index - 1))
    next_button.clicked.connect(lambda: desk.chosen.index_wanted.emit(desk.chosen.index + 1))

    def name() -> None:
        previous_button.set_tip(f"Previous test {desk.noun}")
        next_button.set_tip(f"Next test {desk.noun}")

    follow_noun(desk, name)
    return previous_button, next_button


def other_button(desk: Desk) -> Button:
    """Button for a random test image."""
    button = Button("Other image", "shuffle")
    follow_noun(desk, lambda: _name_other(button, desk.noun))
    button.clicked.connect(lambda: desk.chosen.index_wanted.emit(int(np.random.default_rng().integers(1 << 30))))
    return button


def _name_other(button: Button, noun: str) -> None:
    button.setText(f"Other {noun}")
    button.setToolTip(f"Any test {noun}; the input card follows")


def name_of(desk: Desk) -> str:
    """Number and class of the chosen test image, "#2,079, 7"; of a drawing, that it is one."""
    return desk.chosen.words or f"#{desk.chosen.index:,}{class_of(desk)}"


def class_of(desk: Desk) -> str:
    """Class of the chosen test image as put after its number, ", 7"; empty where it has none."""
    data, chosen = desk.experiment.dataset, desk.chosen
    labels = data.test.labels
    if labels is None or not chosen.is_of_test or chosen.index >= len(labels):
        return ""
    return f", {data.class_name(int(labels[chosen.index]))}"
