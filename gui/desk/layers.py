"""Which layers the plane of 2-D data and the latent maps show, the same in all lanes."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from core.probes.data_plane import HeatKind, Wanted


class Layers(QObject):
    """Layers of the data plane (``wanted``), and whether maps show posterior ellipses (``ellipses``)."""

    changed = Signal()
    ellipses_changed = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.heat: HeatKind = "judge"
        self.grid = False
        self.arrows = True
        self.ellipses = False

    @property
    def wanted(self) -> Wanted:
        """The layers that a lane is asked for."""
        return Wanted(self.heat, self.grid, self.arrows)

    def state(self) -> tuple[Wanted, bool]:
        """All that is chosen here."""
        return self.wanted, self.ellipses

    def take(self, state: tuple[Wanted, bool]) -> None:
        """Choose all of a state."""
        wanted, ellipses = state
        self.choose(heat=wanted.heat, grid=wanted.grid, arrows=wanted.arrows)
        self.show_ellipses(ellipses)

    def choose(self, *, heat: HeatKind | None = None, grid: bool | None = None, arrows: bool | None = None) -> None:
        """Show or hide layers of the data plane."""
        before = self.wanted
        self.heat = self.heat if heat is None else heat
        self.grid = self.grid if grid is None else grid
        self.arrows = self.arrows if arrows is None else arrows
        if before != self.wanted:
            self.changed.emit()

    def show_ellipses(self, shown: bool) -> None:
        """Show or hide posterior ellipses on the maps."""
        if shown != self.ellipses:
            self.ellipses = shown
            self.ellipses_changed.emit()
