"""The plane on which the maps of a many-dimensional latent space start: the one that carries most."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject

from core.probes.codes import SILENT_NATS, LatentCodesLook
from core.theory.latent_space import Plane, axis_plane, principal_plane
from gui.desk.clock import Clock
from gui.desk.desk import Desk
from gui.desk.lanes import lane_with_encoder, lane_with_rate

if TYPE_CHECKING:
    from core.engine.run import Run

FIRST_STEP = 200
"""A lane that trains is asked from this step on; before it the order of the rates is that of the random weights. Of
what the best two of ten dimensions carry at step 1,500, two chosen at 100 carry 81 and 100 %, at 200 all."""


class StartPlane(QObject):
    """Chooses the plane once, as soon as a lane has codes to choose by. Axes that the user chose stay.

    Lanes that begin again have other codes: a plane of the old ones is then replaced. With a rate it is that of the
    two dimensions with the largest mean rate; without one, where all have one spread in shared units, that of the
    first two principal components.
    """

    def __init__(self, desk: Desk, clock: Clock) -> None:
        super().__init__(desk)
        self._desk = desk
        clock.second.connect(self.choose)

    def choose(self) -> None:
        """Choose the plane if that is due and nobody is dragging."""
        desk = self._desk
        if not desk.is_open or desk.pressed or desk.point.is_moving:
            return
        if desk.experiment.plane_is_chosen or desk.experiment.setup.latent <= 2:
            return
        run = lane_with_rate(desk) or lane_with_encoder(desk)
        keeps_pca = desk.experiment.plane_follows_codes and desk.point.plane.label == "PCA"
        plane = None if run is None else leading_plane(run, keeps_pca)
        if run is not None and plane is not None:
            desk.point.set_plane(plane, follows_codes=True)
            words = (
                "the first two principal components" if plane.label == "PCA" else f"{plane.label}, the largest rates"
            )
            answer = run.view.looks.of(LatentCodesLook)
            at = "" if answer is None else f" at step {answer.step:,}"
            desk.told.emit(f"The maps show {words} of {desk.names.of(run).full}{at}.", "note")


def leading_plane(run: Run, pca: bool = False) -> Plane | None:
    """The plane of a lane that carries most, with ``pca`` by variance; None until it has codes of trained weights."""
    answer, status = run.view.looks.of(LatentCodesLook), run.view.status
    least = FIRST_STEP if status.state == "training" else max(1, min(FIRST_STEP, status.step))  # at rest, of its end
    if answer is None or answer.step < least:
        return None
    codes, rates = answer.value.codes, answer.value.rate_per_dimension
    if codes.shape[1] != run.setup.latent or not np.isfinite(codes).all():
        return None
    if rates is None or pca:
        return principal_plane(codes)
    first, second = np.argsort(-rates, kind="stable")[:2].tolist()
    if rates[second] < SILENT_NATS:
        return None
    return axis_plane(first, second, codes.shape[1])
