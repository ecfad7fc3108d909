"""A plot of one anatomy of the ELBO in the colour of a lane."""

from __future__ import annotations

from core.probes.elbo_anatomy import Anatomy
from gui.information.card_plot import CardPlot
from gui.plots.view import Axes


class AnatomyPlot(CardPlot):
    """A plot of one anatomy, or a hint while there is none (abstract)."""

    def __init__(self, name: str, words: str, *, free: Axes = "xy") -> None:
        super().__init__(name, words, free=free)
        self.hint = "Measuring"
        self.shown: Anatomy | None = None
        self.slot = 0

    @property
    def is_empty(self) -> bool:
        return self.shown is None

    @property
    def anatomy(self) -> Anatomy:
        """The anatomy that it shows, where it is not empty."""
        assert self.shown is not None
        return self.shown

    def set_hint(self, words: str) -> None:
        """Set the text shown while there is no anatomy."""
        if words != self.hint:
            self.hint = words
            self.viewport().update()

    def show_anatomy(self, shown: Anatomy | None, slot: int) -> None:
        """Show an anatomy in the colour of a lane."""
        if shown is self.shown and slot == self.slot:
            return
        if shown is not self.shown:
            self.shown = shown
            self.take(shown)
        self.slot = slot
        if shown is None:
            self.link.fit()  # the next is of another image or lane
        self.redraw()

    def take(self, shown: Anatomy | None) -> None:
        """Compute what is drawn of another anatomy; for subclasses."""
