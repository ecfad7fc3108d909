"""Controls of cards that show the image of the input card: to the test images beside it, and what it is called."""

from __future__ import annotations

import numpy as np

from gui.desk.desk import Desk
from gui.widgets.buttons import Button, IconButton
from gui.widgets.naming import named


def step_buttons(desk: Desk, *, filled: bool = False) -> tuple[IconButton, IconButton]:
    """To the test image before and to the one after."""
    back = IconButton("chevron-left", "Previous test image", 24, filled=filled)
    on = IconButton("chevron-right", "Next test image", 24, filled=filled)
    back.clicked.connect(lambda: desk.chosen.index_wanted.emit(desk.chosen.index - 1))
    on.clicked.connect(lambda: desk.chosen.index_wanted.emit(desk.chosen.index + 1))
    return back, on


def other_button(desk: Desk) -> Button:
    """To any test image."""
    made = named(Button("Other image", "shuffle"), tip="Any test image; the input card follows")
    made.clicked.connect(lambda: desk.chosen.index_wanted.emit(int(np.random.default_rng().integers(1 << 30))))
    return made


def name_of(desk: Desk) -> str:
    """Number and class of the chosen test image, "#2,079, 7"; of a drawing, that it is one."""
    return "Your drawing" if desk.chosen.drawn else f"#{desk.chosen.index:,}{class_of(desk)}"


def class_of(desk: Desk) -> str:
    """ ", 7": the class of the chosen test image, to be put after its number; empty where it has none."""
    data, chosen = desk.experiment.dataset, desk.chosen
    labels = data.test.labels
    if labels is None or chosen.drawn or chosen.index >= len(labels):
        return ""
    return f", {data.class_name(int(labels[chosen.index]))}"
