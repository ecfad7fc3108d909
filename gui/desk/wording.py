"""Texts of the data: what they are called, and what a widget keeps in their words, of images or of points."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from core.foundation.quoted import printable
from gui.desk.desk import Desk

if TYPE_CHECKING:
    from core.datasets.base import Dataset


def whence(data: Dataset) -> str:
    """The name of a dataset, its source and path, a line each; only the name where it is read from no file."""
    from core.datasets.base import SOURCES

    if not data.place:
        return data.title
    return f"{data.title}\n{SOURCES.get(data.name).title}: {printable(data.place)}"


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
