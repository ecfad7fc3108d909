"""Where the keyboard was: it goes back there when the control that has it is hidden or disabled."""

from __future__ import annotations

from dataclasses import dataclass

import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

REMEMBERED = 16
"""Number of controls remembered."""


@dataclass(frozen=True)
class FocusPlace:
    """A control that has or had the focus, whether it had the focus ring, and whether it was reached by Tab."""

    widget: QWidget
    ringed: bool
    by_tab: bool

    def is_usable(self) -> bool:
        """Whether the control can have the focus now."""
        widget = self.widget
        return shiboken6.isValid(widget) and widget.isEnabled() and widget.isVisibleTo(widget.window())

    def is_chosen(self) -> bool:
        """Whether the user put the focus there, by Tab or by a click; otherwise an activated window did."""
        return self.ringed or bool(self.widget.focusPolicy() & Qt.FocusPolicy.ClickFocus)

    def restore(self) -> None:
        """Focus the control, with its ring if it had one."""
        by_keyboard = Qt.FocusReason.TabFocusReason if self.by_tab else Qt.FocusReason.ShortcutFocusReason
        self.widget.setFocus(by_keyboard if self.ringed else Qt.FocusReason.OtherFocusReason)


class FocusMemory:
    """The controls of a window that had the focus, latest last.

    When the focused control disappears, Qt moves the focus to the next one as Tab would, with a focus ring: at the end
    of the window that is the first button of the bar, and Space then presses it.
    """

    def __init__(self) -> None:
        self._places: list[FocusPlace] = []

    def note(self, place: FocusPlace) -> None:
        """Add the control that has just got the focus."""
        known = [each for each in self._places if shiboken6.isValid(each.widget) and each.widget is not place.widget]
        self._places = [*known[-REMEMBERED + 1 :], place]

    def give_back(self, lost: QWidget) -> None:
        """Focus the control that had it before ``lost``; without one no control has the focus."""
        while self._places and not self._places[-1].is_usable():
            self._places.pop()
        if self._places:
            self._places[-1].restore()
        else:
            lost.clearFocus()
