"""Which lane something is about: the one that trains, that has an encoder or a rate, that is chosen at first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from core.engine.run import Run


class _Desk(Protocol):
    def first_lane(self, fits: Callable[[Run], bool]) -> Run | None: ...


class _Trains(Protocol):
    @property
    def runs(self) -> list[Run]: ...
    def toggle_lane(self, run: Run) -> None: ...


def trains(run: Run) -> bool:
    """Whether a lane trains, or will once it is built: what its buttons show."""
    state = run.live_view.status.state
    return state == "training" or (state == "building" and run.will_train)


def lane_with_rate(desk: _Desk) -> Run | None:
    """The selected lane if its encoder has a rate, else the first lane that has one."""
    return desk.first_lane(lambda run: run.model.has_encoder and not run.model.no_rate)


def lane_with_encoder(desk: _Desk) -> Run | None:
    """The selected lane if it has an encoder, else the first lane that has one."""
    return desk.first_lane(lambda run: run.model.has_encoder)


def first_choice(runs: Sequence[Run]) -> Run | None:
    """The lane that is selected among new ones: a VAE, else the first."""
    return next((run for run in runs if run.model_name == "vae"), runs[0] if runs else None)


def train_only(desk: _Trains, run: Run) -> None:
    """Train one lane, and pause the others. One that another program trains says why it cannot be trained."""
    if run.followed is None:
        for other in desk.runs:
            if other is not run and other.will_train:
                other.pause()
    if run.followed is not None or not run.will_train:
        desk.toggle_lane(run)
