"""Switches of layers: on the plane of 2-D data, and posterior ellipses on the maps."""

from __future__ import annotations

from typing import cast

from PySide6.QtWidgets import QHBoxLayout, QWidget

from core.probes.data_plane import HeatKind
from gui.desk.desk import Desk
from gui.desk.lanes import lane_with_rate
from gui.drawing import theme
from gui.widgets.buttons import Button
from gui.widgets.segmented import Segmented


class PlaneControls(QWidget):
    """Switches of heat map, grid and arrows on the data plane. Hidden unless the data are 2-D points."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._heat = Segmented([("", "None"), ("judge", "D(x)"), ("share", "p/(p+q)")], small=True)
        self._heat.setObjectName("plane heat")
        self._heat.setAccessibleName("Behind the points")
        self._tips = (
            "D(x): how sure the second network is that a point is real; for a critic its value, scaled to its range. "
            "A D of packs judges as many copies of the point.\n"
            "p/(p+q): the best possible D of single points, without label smoothing, for p and q blurred alike. p is "
            "the known density of the data, q is estimated from 4,000 samples."
        )
        self._heat.chosen.connect(lambda key: desk.layers.choose(heat=cast(HeatKind, key)))
        self._grid = Button("Grid", height=20)
        self._grid.setToolTip(
            "Where the decoder puts a regular grid of z, ±2.5 σ; above 2 dims the map's plane through z"
        )
        self._grid.toggled.connect(lambda on: desk.layers.choose(grid=on))
        self._arrows = Button("Arrows", height=20)
        self._arrows.setToolTip(
            "With a second network: the way each sample would move to look more real, ∇ log D(x).\n"
            "With an encoder: where a point goes when it is encoded and decoded, r(x) − x."
        )
        self._arrows.toggled.connect(lambda on: desk.layers.choose(arrows=on))
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(theme.px(4))
        for widget, name in ((self._heat, "plane heat"), (self._grid, "plane grid"), (self._arrows, "plane arrows")):
            widget.setObjectName(name)
            line.addWidget(widget)
        for button in (self._grid, self._arrows):
            button.setCheckable(True)
        desk.layers.changed.connect(self._show)
        for signal in (desk.opened, desk.dataset_changed, desk.lanes_changed):
            signal.connect(self._fit)
        self._show()
        self._fit()

    def _show(self) -> None:
        layers = self._desk.layers
        self._heat.set_value(layers.heat)
        self._grid.setChecked(layers.grid)
        self._arrows.setChecked(layers.arrows)

    def _fit(self) -> None:
        """Enable what the data and lanes can show."""
        desk = self._desk
        if not desk.is_open or not desk.experiment.dataset.planar:
            self.hide()
        elif self.parent() is not None:  # without a parent it would open as a window
            self.show()
        if desk.is_open:
            has_judge = any(run.model.judges for run in desk.runs)
            has_density = desk.experiment.dataset.density is not None
            self._heat.set_option_enabled("judge", has_judge, "No lane has a second network")
            self._heat.set_option_enabled("share", has_density, "The density p of these data is not known")
            self._heat.setToolTip(self._tips)


class EllipseButton(Button):
    """Shows posterior ellipses on the maps of the lanes that have a posterior."""

    def __init__(self, desk: Desk) -> None:
        super().__init__("1σ of q(z|x)", height=20)
        self._desk = desk
        self.setObjectName("map ellipses")
        self.setCheckable(True)
        self.toggled.connect(desk.layers.show_ellipses)
        desk.layers.ellipses_changed.connect(self._show)
        for signal in (desk.opened, desk.lanes_changed, desk.dataset_changed):
            signal.connect(self._fit)
        self._show()
        self._fit()

    def _show(self) -> None:
        self.setChecked(self._desk.layers.ellipses)

    def _fit(self) -> None:
        has_posterior = lane_with_rate(self._desk) is not None
        self.setEnabled(has_posterior)
        self.setToolTip(
            self._desk.worded("How wide the encoder's q(z | x) is: 1 σ around the codes of 40 test images")
            if has_posterior
            else "No lane has an encoder with a spread; a VAE has"
        )
