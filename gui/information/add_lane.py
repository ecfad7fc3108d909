"""The button of a card that needs a lane of some model."""

from __future__ import annotations

from gui.desk.desk import Desk
from gui.widgets.buttons import Button
from gui.widgets.naming import named


def add_lane_button(desk: Desk, model: str, words: str, height: int = 24) -> Button:
    """Adds a lane of a model, once there is an experiment."""
    made = named(Button(words, "plus", height=height), f"add {model}")
    made.clicked.connect(lambda: desk.add_lane(model) if desk.is_open else None)
    return made
