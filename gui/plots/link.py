"""What linked plots share: the ranges somebody chose by hand, and where the pointer reads."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

Range = tuple[float, float]
"""Lower and upper end of an axis, in its units."""


class Link(QObject):
    """Shared by plots whose ranges are one, as those of a row of lanes. Without a choice each plot shows its home.

    All plots share x. Those of one ``family`` share y: curves of different units have no range in common.
    """

    changed = Signal()  # a range was chosen, or let go
    pointed = Signal()  # the pointer reads another place, or none

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._x: Range | None = None
        self._y: dict[str, Range] = {}
        self._pointer: float | None = None

    @property
    def x(self) -> Range | None:
        """The chosen range of x, or None."""
        return self._x

    def y(self, family: str) -> Range | None:
        """The chosen range of y of a family, or None."""
        return self._y.get(family)

    @property
    def is_home(self) -> bool:
        """Whether nothing is chosen."""
        return self._x is None and not self._y

    def choose(self, x: Range | None, y: Range | None, family: str = "") -> None:
        """Show these ranges in every plot; None leaves an axis as it is."""
        before = self._x, self._y.get(family)
        self._x = self._x if x is None else x
        if y is not None:
            self._y[family] = y
        if before != (self._x, self._y.get(family)):
            self.changed.emit()

    def fit(self) -> None:
        """Let go of what was chosen: every plot shows its home."""
        if not self.is_home:
            self._x, self._y = None, {}
            self.changed.emit()

    def fit_y(self, family: str) -> None:
        """Let go of the range of y of a family."""
        if self._y.pop(family, None) is not None:
            self.changed.emit()

    @property
    def pointer(self) -> float | None:
        """The x at which every plot reads its values, or None."""
        return self._pointer

    def point(self, x: float | None) -> None:
        """Read the values at x in every plot; None ends it."""
        if x != self._pointer:
            self._pointer = x
            self.pointed.emit()
