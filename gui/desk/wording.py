"""Texts that a widget keeps, in the words of the data: of images, or of points of a plane."""

from __future__ import annotations

from collections.abc import Callable

from gui.desk.desk import Desk


def follow_noun(desk: Desk, name: Callable[[], None]) -> None:
    """Call ``name`` now and whenever the data may be of another kind; for widgets that live as long as the desk."""
    for signal in (desk.opened, desk.dataset_changed):
        signal.connect(name)
    name()


def keep_worded(desk: Desk, text: str, *show: Callable[[str], object]) -> None:
    """Pass a text about images to each of ``show``, as `follow_noun` does: in the words of the data (`Desk.worded`)."""

    def word() -> None:
        for each in show:
            each(desk.worded(text))

    follow_noun(desk, word)
