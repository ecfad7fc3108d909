"""The experiments that were open lately, newest first, with their pictures."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import QMenu

from core.foundation.quoted import name_of
from gui.desk.settings import Settings

MOST = 10
"""Experiments that are remembered."""
_KEY = "recent experiments"


PATIENCE_S = 0.1
"""Longest wait for a look at their files when they are listed, s: a network folder may have stopped."""


class Recent:
    """The list of recent experiments in the settings of the user. A thread looks at their files: it may get stuck."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pictures: dict[Path, bytes | None] = {}
        """What was found at each place when it was looked at last: its picture, or None where nothing is there."""
        self._looking: threading.Thread | None = None

    @property
    def places(self) -> list[Path]:
        """Their places, newest first; some may be gone."""
        return [Path(place) for place in self._settings.read(_KEY, []) if isinstance(place, str)][:MOST]

    def note(self, place: Path) -> None:
        """Put one first."""
        rest = [each for each in self.places if each != place]
        self._settings.write(_KEY, [str(each) for each in (place, *rest)][:MOST])

    def fill(self, menu: QMenu, act: Callable[[Path], object]) -> None:
        """Put an entry for each into a menu; those that are gone are grey. Of one that nobody can look at, its name."""
        places = self.places
        self._look(places)
        for place in places:
            picture = self._pictures.get(place, b"")
            is_there = picture is not None
            action = menu.addAction(name_of(str(place)) if is_there else f"{name_of(str(place))} (missing)")
            action.setToolTip(str(place))
            action.setEnabled(is_there)
            pixmap = QPixmap()
            if picture and pixmap.loadFromData(picture):
                action.setIcon(QIcon(pixmap))
            action.triggered.connect(lambda _=False, place=place: act(place))
        if menu.isEmpty():
            menu.addAction("None yet").setEnabled(False)

    def _look(self, places: Sequence[Path]) -> None:
        """Look at the files anew; not where the last look has not come back yet."""
        from core.engine.document_file import picture_of

        def look() -> None:
            for place in places:
                self._pictures[place] = picture_of(place) if place.exists() else None

        if self._looking is None or not self._looking.is_alive():
            self._looking = threading.Thread(target=look, name="recent experiments", daemon=True)
            self._looking.start()
        self._looking.join(PATIENCE_S)
