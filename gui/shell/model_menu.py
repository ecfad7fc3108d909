"""The menu of models for a new lane."""

from __future__ import annotations

from PySide6.QtWidgets import QMenu, QWidget

from core.foundation.registry import Entry
from gui.desk.desk import Desk
from gui.widgets.menus import fill


def model_menu(parent: QWidget, desk: Desk) -> QMenu:
    """A menu of all models; choosing one adds a lane."""
    menu = QMenu(parent)
    menu.setToolTipsVisible(True)
    fill(menu, models(), desk.add_lane)
    return menu


def models() -> tuple[Entry, ...]:
    """Every model, and every file of one that cannot be used."""
    from core.models.base import MODELS

    return MODELS.entries()
