"""The experiments that were open lately, newest first, with their pictures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import QMenu

from core.foundation.quoted import name_of
from gui.desk.settings import Settings

MOST = 10
"""Experiments that are remembered."""
_KEY = "recent experiments"


class Recent:
    """The list of recent experiments in the settings of the user."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @property
    def places(self) -> list[Path]:
        """Their places, newest first; some may be gone."""
        return [Path(place) for place in self._settings.read(_KEY, []) if isinstance(place, str)][:MOST]

    def note(self, place: Path) -> None:
        """Put one first."""
        rest = [each for each in self.places if each != place]
        self._settings.write(_KEY, [str(each) for each in (place, *rest)][:MOST])

    def fill(self, menu: QMenu, act: Callable[[Path], object]) -> None:
        """Put an entry for each into a menu; those that are gone are grey."""
        from core.engine.document_file import picture_of

        for place in self.places:
            is_there = place.exists()
            action = menu.addAction(name_of(str(place)) if is_there else f"{name_of(str(place))} (missing)")
            action.setToolTip(str(place))
            action.setEnabled(is_there)
            picture = QPixmap()
            if is_there and picture.loadFromData(picture_of(place)):
                action.setIcon(QIcon(picture))
            action.triggered.connect(lambda _=False, place=place: act(place))
        if menu.isEmpty():
            menu.addAction("None yet").setEnabled(False)
