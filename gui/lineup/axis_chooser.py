"""The chooser of the plane that maps show of a latent space of more than two dimensions."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QWidget

from core.probes.codes import LatentCodesLook
from core.theory.latent_space import axis_plane, principal_plane
from gui.desk.desk import Desk
from gui.drawing import theme
from gui.widgets.combo import Combo


class AxisChooser(QWidget):
    """Two dimensions for the axes of the maps, or the first two principal components. Hidden up to 2 dimensions."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._across, self._up = Combo([("0", "z1")]), Combo([("1", "z2")])
        self._dims = 0
        self._offered: list[tuple[str, str]] = []  # for the second axis
        inside = QHBoxLayout(self)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(theme.px(4))
        for name, combo in (("axis across", self._across), ("axis up", self._up)):
            combo.setObjectName(name)
            combo.setToolTip("The axes of the maps; PCA turns them to where the codes of the chosen lane vary most")
            combo.chosen.connect(self._choose)
            inside.addWidget(combo)
        desk.setup_changed.connect(self._fill)
        desk.point.plane_changed.connect(self._follow)
        self._fill()

    def _fill(self) -> None:
        if not self._desk.is_open:
            self.hide()
            return
        dims = self._desk.experiment.setup.latent
        if dims != self._dims:
            self._dims = dims
            self._across.set_options([*self._axes(), ("pca", "PCA")])
            if dims <= 2:
                self.hide()
            elif self.parentWidget() is not None:  # without a parent it would open as a window
                self.show()
        self._follow()

    def _axes(self) -> list[tuple[str, str]]:
        return [(str(i), f"z{i + 1}") for i in range(self._dims)]

    def _follow(self) -> None:
        """Show the plane of the maps."""
        plane = self._desk.point.plane
        is_pca = plane.label == "PCA"
        options = [("pca", "PC 2")] if is_pca else self._axes()
        if options != self._offered:
            self._offered = options
            self._up.set_options(options)
        self._up.setEnabled(not is_pca)
        if plane.axes.shape[1] == self._dims:
            across, up = (str(int(axis.argmax())) for axis in plane.axes)
            self._across.set_value("pca" if is_pca else across)
            self._up.set_value("pca" if is_pca else up)

    def _choose(self, _: str) -> None:
        before = self._desk.point.plane
        across, up = self._across.value(), self._up.value()
        if across != "pca":
            old_across, old_up = (int(axis.argmax()) for axis in before.axes)
            first, second = int(across), old_up if up == "pca" else int(up)
            if first == second:  # one axis twice is no plane: swap them
                first, second = (first, old_across) if first != old_across else (old_up, second)
            if first == second:
                second = (first + 1) % self._dims
            self._desk.point.set_plane(axis_plane(first, second, self._dims))
            return
        run = self._desk.first_lane(lambda run: run.view.looks.of(LatentCodesLook) is not None)
        look = None if run is None else run.view.looks.value(LatentCodesLook)
        if look is not None and look.codes.shape[1] == self._dims:
            self._desk.point.set_plane(principal_plane(look.codes), follows_codes=True)
        else:
            self._follow()
            self._desk.told.emit("PCA needs the codes of a lane with an encoder.", "note")
