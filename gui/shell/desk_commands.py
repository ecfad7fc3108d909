"""Commands on the desk that need more than one call of it. All do nothing while no experiment is open."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from gui.desk.desk import Desk
from gui.side_panels.beta import PRESETS
from gui.widgets import focus

if TYPE_CHECKING:
    from core.engine.run import Run


def nudge(desk: Desk, dx: float, dy: float) -> None:
    """Move the point by (dx, dy) on the map; a walk or loop ends."""
    if desk.is_open:
        focus.note_key()
        desk.point.stop()
        desk.point.nudge(dx, dy)


def move_along_path(desk: Desk, by: float) -> None:
    """Move the point by a share of the path."""
    if desk.is_open:
        focus.note_key()
        desk.point.set_path_t(desk.point.path_t + by)


def select_lane(desk: Desk, index: int) -> None:
    """Select a lane by its index from the left, if there is one."""
    if index < len(desk.runs):
        desk.select(desk.runs[index])


def toggle_lane(desk: Desk) -> None:
    """Train or pause the selected lane."""
    if desk.selected is not None:
        desk.toggle_lane(desk.selected)


def close_lane(desk: Desk) -> None:
    """Close the selected lane."""
    if desk.selected is not None:
        desk.close_lane(desk.selected)


def of_selected(desk: Desk, act: Callable[[Run], object]) -> None:
    """Do something with the selected lane."""
    if desk.selected is not None:
        act(desk.selected)


def can_move_lane(desk: Desk, by: int) -> bool:
    """Whether another lane is ``by`` places to the right of the selected one (negative: left)."""
    run = desk.selected
    return run is not None and 0 <= desk.runs.index(run) + by < len(desk.runs)


def fork(desk: Desk) -> None:
    """Fork the selected lane from the moment looked back at, or where that shows none the first that does."""
    run = desk.first_lane(lambda run: run.moment is not None)
    if run is not None:
        desk.time.fork(run)


def has_encoder(desk: Desk) -> bool:
    """Whether a lane has an encoder."""
    return any(run.model.has_encoder for run in desk.runs)


def can_draw(desk: Desk) -> bool:
    """Whether the data are grey images, so that one can be drawn by hand."""
    return desk.is_open and desk.experiment.dataset.shape[0] == 1


def next_preset(desk: Desk, by: int) -> float | None:
    """The preset above (``by`` 1) or below (−1) the KL weight of `lane_with_weight`; None at the end of the presets."""
    lane = lane_with_weight(desk)
    if lane is None:
        return None
    run, name = lane
    weight = float(getattr(run.pending, name))
    beyond = [value for value in PRESETS if by * (value - weight) > 1e-9]
    return min(beyond, key=lambda value: abs(value - weight), default=None)


def step_beta(desk: Desk, by: int) -> None:
    """Set the KL weight to the next preset above (``by`` 1) or below (−1)."""
    lane, preset = lane_with_weight(desk), next_preset(desk, by)
    if lane is None:
        desk.told.emit("No lane has a KL weight.", "note")
    elif preset is not None:
        desk.set_knob(*lane, preset)


def lane_with_weight(desk: Desk) -> tuple[Run, str] | None:
    """The selected lane if it has a KL weight, else the first that has one, with the name of that knob."""
    run = desk.first_lane(lambda run: run.model.rate_knobs is not None)
    knobs = None if run is None else run.model.rate_knobs
    return None if run is None or knobs is None else (run, knobs.weight)
