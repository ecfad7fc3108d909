"""State of the Holes page: kind of map, codes shown or not, mouse position, and the two images of the walk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal

from core.foundation.arrays import Floats
from core.probes.codes import LatentCodesLook, TrainingCodesLook
from core.probes.hole_maps import HoleMap, HoleMapLook, Kind, deepest
from gui.desk.desk import Desk
from gui.plots.link import Link

if TYPE_CHECKING:
    from core.datasets.base import Dataset
    from core.engine.run import Run


MOST_LANES = 3
"""Most lanes on the page."""
PAIRS_TRIED = 60
"""Random pairs of images among which the one with the deepest hole between its codes is taken."""
MAPS: tuple[tuple[Kind, str], ...] = (
    ("density", "Density"),
    ("distance", "Distance"),
    ("cycle", "Cycle error"),
    ("stretch", "Stretch"),
)
UNITS: dict[Kind, str] = {"density": "codes per {}", "distance": "×", "cycle": "σ", "stretch": "per σ"}
"""Units of the maps; {} is the unit of volume."""
MEANINGS: dict[Kind, str] = {
    "density": r"training codes per $\sigma^DIMS$, as if there were 1,000; outlined: $\hole{r(z) > 1}$",
    "distance": r"$\min_i \|\mathrm{dec}(z) - x_i\|$: from the picture to its nearest training image; 95 % of test"
    r" images lie"
    " within 1×",
    "cycle": r"$\|\mathrm{enc}(\mathrm{dec}(z)) - z\|$: how far the picture’s code lies from where the picture was"
    r" drawn",
    "stretch": r"$\|\partial\, \mathrm{dec}(z) / \partial z\|$, the largest singular value of the Jacobian in this"
    r" plane: pixel values per $\sigma$ of"
    " movement",
}
CAUTION: dict[Kind, str] = {
    "distance": ".\nNo measure of holes: on digits an AE’s is lower than a VAE’s, holes or not",
    "cycle": ".\nNo measure of holes: on digits an AE’s and a VAE’s are of one size, and the seed says which is lower",
}
"""Limits of the mean of a map, as part of its tooltip."""

_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def unit(kind: Kind, dims: int) -> str:
    """Unit of a map in a latent space of ``dims`` dimensions."""
    return UNITS[kind].format("σ" if dims == 1 else f"σ{str(dims).translate(_RAISED)}")


def meaning(kind: Kind, dims: int) -> str:
    """What a map shows, in one line with formulas."""
    return MEANINGS[kind].replace("^DIMS", "" if dims == 1 else f"^{{{dims}}}")


RATIO = (
    r"$\hole{r(z)}$ = distance from $z$ to its 10th nearest training code ÷ the distance within which 95 % of test"
    r" codes have theirs; $\hole{r(z) > 1}$ is a hole"
)


def lanes(desk: Desk) -> list[Run]:
    """The first lane of an AE and of a VAE, then other lanes with an encoder; at most three, in lane order."""
    encoders = [run for run in desk.runs if run.model.has_encoder]
    first = [next((run for run in encoders if run.model_name == name), None) for name in ("ae", "vae")]
    chosen = [run for run in first if run is not None]
    chosen += [run for run in encoders if run not in chosen]
    return [run for run in encoders if run in chosen[:MOST_LANES]]


def maps(desk: Desk, kind: Kind) -> list[HoleMap]:
    """The newest map of every lane that has one of this kind; they share one range of colours."""
    newest = (run.view.looks.value(HoleMapLook, kind) for run in lanes(desk))
    return [hole_map for hole_map in newest if hole_map is not None]


class HoleState(QObject):
    """Shared by the cards of one page."""

    changed = Signal()  # another map, codes on or off
    mapped = Signal()  # a lane has a new map: the range of colours may be another
    hovered = Signal()
    pair_changed = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.link = Link(self)  # the part of the plane that all maps show
        desk.point.plane_changed.connect(self.link.fit)
        self.kind: Kind = "density"
        self.codes = True
        self.hover: Floats | None = None  # plane coordinates (2,) that are read
        self.by_keys = False  # the keyboard reads there
        self._pair_data: Dataset | None = None
        self._pair = [0, 0]

    def set_kind(self, kind: Kind) -> None:
        """Choose the kind of map."""
        if kind != self.kind:
            self.kind = kind
            self.changed.emit()

    def set_codes(self, codes: bool) -> None:
        """Show or hide training codes."""
        if codes != self.codes:
            self.codes = codes
            self.changed.emit()

    def set_hover(self, point: Floats | None, by_keys: bool = False) -> None:
        """Set plane coordinates (2,) under the mouse, or where the keyboard reads; None for neither."""
        if point is not None or self.hover is not None:
            self.hover, self.by_keys = point, by_keys
            self.hovered.emit()

    @property
    def point(self) -> Floats:
        """Plane coordinates (2,) of the reading: under the mouse or at the cross, else the shared point."""
        return self._desk.point.plane.of(self._desk.point.z[None])[0] if self.hover is None else self.hover

    @property
    def z(self) -> Floats:
        """`point` in the latent space, (D,)."""
        experiment = self._desk.experiment
        return (
            self._desk.point.z if self.hover is None else experiment.plane.at(self.point[None], self._desk.point.z)[0]
        )

    # --- the walk ----------------------------------------------------------------------------------------------------

    @property
    def pair(self) -> tuple[int, int]:
        """Indices of two test images: at first a 3 and an 8, or two of different classes."""
        data = self._desk.experiment.dataset
        if data is not self._pair_data:
            self._pair_data = data
            self._pair = list(_first_pair(data))
        return self._pair[0], self._pair[1]

    def label(self, end: int) -> int | None:
        """Class of the image at one end, 0 or 1; None without classes."""
        labels = self._desk.experiment.dataset.test.labels
        return None if labels is None else int(labels[self.pair[end]])

    def name(self, end: int) -> str:
        """Name of the image at one end: its class, else its number."""
        label = self.label(end)
        data = self._desk.experiment.dataset
        return f"#{self.pair[end]:,}" if label is None else data.class_name(label)

    def next_of_class(self, end: int) -> None:
        """Take the next image of the same class; without classes the next image."""
        labels, at = self._desk.experiment.dataset.test.labels, self.pair[end]
        count = len(self._desk.experiment.dataset.test)
        alike = np.arange(count) if labels is None else np.flatnonzero(labels == labels[at])
        self._put(end, int(alike[(int(np.searchsorted(alike, at)) + 1) % len(alike)]))

    def step_class(self, end: int, by: int) -> None:
        """Take the first image of the next or previous class; without classes ten images on or back."""
        labels, at = self._desk.experiment.dataset.test.labels, self.pair[end]
        if labels is None:
            self._put(end, (at + 10 * by) % len(self._desk.experiment.dataset.test))
            return
        classes = np.unique(labels)
        label = classes[(int(np.searchsorted(classes, labels[at])) + by) % len(classes)]
        self._put(end, int(np.flatnonzero(labels == label)[0]))

    def choose_pair_across_hole(self, run: Run) -> bool:
        """Take the two test images, of `PAIRS_TRIED` random pairs, with the deepest hole of a lane between their codes.

        Returns False before the codes are known.
        """
        looks, index = run.view.looks, run.reference.subsets.mapped_index
        latent_codes, training_codes = looks.value(LatentCodesLook), looks.value(TrainingCodesLook)
        if latent_codes is None or training_codes is None or len(latent_codes.codes) != len(index):
            return False
        pairs = np.random.default_rng().integers(0, len(index), (PAIRS_TRIED, 2))
        a, b = pairs[deepest(latent_codes.codes, pairs, training_codes)]
        self._pair = [int(index[a]), int(index[b])]
        self.pair_changed.emit()
        return True

    def _put(self, end: int, index: int) -> None:
        self._pair[end] = index
        self.pair_changed.emit()


def _first_pair(data: Dataset) -> tuple[int, int]:
    labels = data.test.labels
    if labels is None:
        return 0, len(data.test) // 2
    classes = np.unique(labels).tolist()
    a = 3 if 3 in classes else classes[0]
    b = 8 if 8 in classes else classes[-1]
    return int(np.flatnonzero(labels == a)[0]), int(np.flatnonzero(labels == b)[-1 if a == b else 0])
