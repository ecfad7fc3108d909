"""A button that adds a lane, for cards that need one of some model."""

from __future__ import annotations

from gui.desk.desk import Desk
from gui.widgets.buttons import Button
from gui.widgets.naming import named


def add_lane_button(desk: Desk, model: str, words: str, height: int = 24) -> Button:
    """Button that adds a lane of a model; it does nothing while no experiment is open."""
    button = named(Button(words, "plus", height=height), f"add {model}")
    button.clicked.connect(lambda: desk.add_lane(model) if desk.is_open else None)
    return button
