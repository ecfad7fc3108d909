"""The reel of a run: what the run was at steps gone by, as far as a budget of memory holds it.

It is filled from what comes to the window anyway: snapshots several times a second, whole states every ten seconds.
Where there are too many, the start stays dense: what goes is what has its neighbours nearest, by the root of the step.
"""

from __future__ import annotations

import bisect
import dataclasses
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from core.foundation.params import changed, knobs

if TYPE_CHECKING:
    from core.engine.board import View
    from core.models.base import TrainConfig
    from core.training.saved import Saved
    from core.training.snapshot import Snapshot

BUDGET_BYTES = 64_000_000
"""Memory of a reel, bytes."""
STATES_SHARE = 0.5
"""Share of it for whole states: each takes as much as three snapshots, and one in ten seconds is enough."""
MOST = 512
"""Most moments of either kind."""
FILM_FRAMES = 12
"""Most frames of a film strip."""
FILM_STEPS = 25
"""Steps from one frame to the next; twice as many whenever there are too many."""

Axis = Literal["step", "seconds"]


@dataclass(frozen=True, eq=False)
class Moment:
    """What a run was at a step, after ``seconds`` of training, ``epoch`` times through its data.

    ``snapshot`` has its weights; where there is none they are in ``saved``, from which it goes on to the last bit.
    """

    step: int
    seconds: float
    epoch: float
    config: TrainConfig
    snapshot: Snapshot | None = None
    saved: Saved | None = None

    def on(self, axis: Axis) -> float:
        """Its place on an axis of charts."""
        return self.step if axis == "step" else self.seconds


class Reel:
    """The moments of one run, which follows its views. ``budget`` is in bytes."""

    def __init__(self, budget: float = BUDGET_BYTES) -> None:
        self._pictures = _Strip(budget * (1 - STATES_SHARE))
        self._states = _Strip(budget * STATES_SHARE)
        self._begins_after = -1  # the last life that does not count
        self._began: tuple[int, TrainConfig] | None = None  # the life that is followed, and its first config
        self._snapshot: Snapshot | None = None  # the newest taken
        self._saved: Saved | None = None

    def clear(self, life: int) -> None:
        """Forget everything: the run begins again. What still comes of ``life`` or before is not taken."""
        self._drop_after(-1)
        self._began, self._begins_after = None, life

    def follow(self, view: View, saved: Saved | None) -> None:
        """Take what is new of a view, and of the state ``saved`` that belongs to it. Called many times a second."""
        if view.life <= self._begins_after:
            return
        if self._began is None or self._began[0] != view.life:
            self._began = view.life, view.config
        snapshot = view.snapshot
        if snapshot is not None and snapshot is not self._snapshot:
            self._snapshot = snapshot
            self._drop_after(snapshot.step)
            moment = Moment(snapshot.step, *_times(view, snapshot.step), snapshot.config, snapshot)
            self._pictures.add(moment, _bytes_of_snapshot(snapshot))
        if saved is not None and saved is not self._saved:
            self._saved = saved
            seconds, epoch = saved.seconds, _times(view, saved.step)[1]
            slim = dataclasses.replace(saved, history=None)  # the run has it
            moment = Moment(saved.step, seconds, epoch, self._config_of(saved), saved=slim)
            self._states.add(moment, _bytes_of_state(saved))

    def _drop_after(self, step: int) -> None:
        """The run went back to a step, or goes on from it in another life."""
        for strip in (self._pictures, self._states):
            strip.drop_after(step)

    def _config_of(self, saved: Saved) -> TrainConfig:
        """The config in force at a state: that of the beginning, with the turns up to then."""
        assert self._began is not None
        config = self._began[1]
        live = {each.name for each in knobs(type(config)) if each.param.live}
        for turn in saved.turns:
            if turn.name in live:
                config = changed(config, turn.name, turn.value)
        return config

    # --- what there is ------------------------------------------------------------------------------------------------

    def moments(self) -> list[Moment]:
        """All moments, oldest first; at a step of which both are kept, one with both."""
        found = {moment.step: moment for moment in self._pictures.moments}
        for moment in self._states.moments:
            picture = found.get(moment.step)
            found[moment.step] = moment if picture is None else dataclasses.replace(moment, snapshot=picture.snapshot)
        return [found[step] for step in sorted(found)]

    def at(self, value: float, axis: Axis = "step") -> Moment | None:
        """The newest moment up to a place on an axis, else the first; None where there is none."""
        moments = self.moments()
        if not moments:
            return None
        return moments[max(0, bisect.bisect_right([moment.on(axis) for moment in moments], value) - 1)]

    def film(self) -> tuple[Snapshot, ...]:
        """A dozen snapshots at most, evenly spaced over the run, oldest first; the same until there are too many."""
        pictures, every = self._pictures.moments, FILM_STEPS
        while pictures and pictures[-1].step >= FILM_FRAMES * every:
            every *= 2
        chosen: list[Snapshot] = []
        due = 0
        for moment in pictures:
            if moment.step >= due and moment.snapshot is not None:
                chosen.append(moment.snapshot)
                due = (moment.step // every + 1) * every
        return tuple(chosen)

    def snapshots(self) -> tuple[Snapshot, ...]:
        """All snapshots, oldest first."""
        return tuple(moment.snapshot for moment in self._pictures.moments if moment.snapshot is not None)

    @property
    def bytes(self) -> int:
        """Memory held, bytes."""
        return self._pictures.bytes + self._states.bytes


class _Strip:
    """Moments of one kind within a budget in bytes, oldest first."""

    def __init__(self, budget: float) -> None:
        self._budget = budget
        self.moments: list[Moment] = []
        self._sizes: list[int] = []
        self.bytes = 0

    def add(self, moment: Moment, size: int) -> None:
        """Add a moment after the others, in place of those at its step or after it."""
        self.drop_after(moment.step - 1)
        self.moments.append(moment)
        self._sizes.append(size)
        self.bytes += size
        while len(self.moments) > 2 and (self.bytes > self._budget or len(self.moments) > MOST):
            self._drop(self._nearest())

    def drop_after(self, step: int) -> None:
        """Forget what was after a step."""
        while self.moments and self.moments[-1].step > step:
            self._drop(len(self.moments) - 1)

    def _drop(self, at: int) -> None:
        del self.moments[at]
        self.bytes -= self._sizes.pop(at)

    def _nearest(self) -> int:
        """The inner moment that is missed least: its neighbours are nearest to each other, by the root of the step."""
        roots = [math.sqrt(moment.step) for moment in self.moments]
        return min(range(1, len(roots) - 1), key=lambda at: roots[at + 1] - roots[at - 1])


def _times(view: View, step: int) -> tuple[float, float]:
    """Seconds and epochs of training at a step, by the history and the status of a view."""
    status, rows = view.status, view.history.rows
    share = step / status.step if status.step else 0.0
    if step == status.step or not len(rows):
        return status.seconds * share, status.epoch * share
    steps, seconds = view.history.column("step"), view.history.column("seconds")
    at = min(int(steps.searchsorted(step)), len(steps) - 1)
    return (float(seconds[at]) if step else 0.0), status.epoch * share


def _bytes_of_snapshot(snapshot: Snapshot) -> int:
    tensors = snapshot.model.state_dict().values()
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


def _bytes_of_state(saved: Saved) -> int:
    moments = () if saved.continuation is None else saved.continuation.moments.values()
    return sum(array.nbytes for array in (*saved.weights.values(), *moments))
