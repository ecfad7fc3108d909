"""Looking back: all lanes are shown as they were at one step or second, while training goes on. A lane can go on from
there as another one."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QObject, Signal, SignalInstance

if TYPE_CHECKING:
    from core.engine.experiment import Experiment
    from core.engine.reel import Axis, Moment
    from core.engine.run import Run
    from gui.desk.lane_edits import LaneEdits
    from gui.desk.lane_names import LaneNames


class _Desk(Protocol):
    """What it needs of the desk."""

    x_axis: Axis
    names: LaneNames
    told: SignalInstance
    told_while: SignalInstance

    @property
    def experiment(self) -> Experiment: ...
    @property
    def runs(self) -> list[Run]: ...
    @property
    def selected(self) -> Run | None: ...


class TimeMachine(QObject):
    """Shows the lanes of a desk as they were. ``changed`` follows whatever happens to what is shown."""

    changed = Signal()

    def __init__(self, desk: _Desk, edits: LaneEdits, parent: QObject) -> None:
        super().__init__(parent)
        self._desk, self._edits = desk, edits
        edits.shown.connect(self._follow)

    @property
    def is_back(self) -> bool:
        """Whether a lane is shown as it was."""
        return any(run.moment is not None for run in self._desk.runs)

    @property
    def moment(self) -> Moment | None:
        """The moment of the selected lane, else of the first one that is shown as it was; None now."""
        return next((run.moment for run in self._lanes() if run.moment is not None), None)

    @property
    def axis(self) -> Axis:
        """What the charts and the slider count: steps or seconds."""
        return self._desk.x_axis

    def end(self) -> float:
        """How far the farthest lane has trained, steps or seconds as the charts count."""
        return max((run.live_view.history.last(self._desk.x_axis) or 0.0 for run in self._desk.runs), default=0.0)

    def moments(self) -> list[Moment]:
        """What is kept of the past of the selected lane, or of the first one that has some, oldest first."""
        return next((kept for run in self._lanes() if (kept := _past(run))), [])

    def _lanes(self) -> list[Run]:
        selected = self._desk.selected
        return [*([] if selected is None else [selected]), *self._desk.runs]

    # --- looking back -------------------------------------------------------------------------------------------------

    def look_at(self, value: float) -> None:
        """Show every lane as it was at a step, or after so many seconds, as the charts count; or as near before it as
        is kept."""
        was_back = self.is_back
        for run in self._desk.runs:
            moment, shown = run.reel.at(value, self.axis), run.moment
            if moment is None or shown is None or (moment.step, moment.saved) != (shown.step, shown.saved):
                run.look_back(moment)
        self.changed.emit()
        if self.is_back and not was_back:
            self._desk.told_while.emit(
                "Looking back: lanes are shown as they were, and train on. Esc shows them as they are.",
                "note",
                lambda: self.is_back,
            )

    def now(self) -> None:
        """Show every lane as it is."""
        for run in self._desk.runs:
            run.look_back(None)
        self.changed.emit()

    def move(self, by: int) -> None:
        """Go ``by`` kept moments of the selected lane on, negative: back; after the newest comes now."""
        kept, shown = self.moments(), self.moment
        if not kept:
            return
        at = len(kept) if shown is None else sum(each.step <= shown.step for each in kept) - 1
        if at + by >= len(kept):
            self.now()
        else:
            self.look_at(kept[max(0, at + by)].on(self.axis))

    def _follow(self) -> None:
        """After an edit: lanes that came or begin again are shown as they are, and so all are."""
        if all(run.moment is not None for run in self._desk.runs):
            self.changed.emit()
        else:
            self.now()

    # --- going on from there ------------------------------------------------------------------------------------------

    def fork(self, run: Run) -> None:
        """Open a lane that goes on from the moment at which a lane is shown, and show all lanes as they are.

        One that another program trains can be forked as it is now, too.
        """
        moment = run.moment if run.followed is None else run.moment or run.reel.at(math.inf)
        if moment is None:
            self._desk.told.emit("A fork goes on from a step gone by: move the slider above the lanes back.", "note")
            return
        name = self._desk.names.of(run).full
        forked: list[Run] = []

        def fork() -> Run:
            experiment = self._desk.experiment
            trains = experiment.will_train
            forked.append(experiment.fork(run, moment))
            self.now()
            if trains:
                forked[0].start()
            return forked[0]

        try:
            self._edits.do(lambda *_: f"fork {name} at step {moment.step:,}", fork)
        except ValueError as error:
            self._desk.told.emit(str(error), "warn")
            return
        forked_name, how = self._desk.names.of(forked[0]).full, how_it_goes_on(moment)
        self._desk.told.emit(f"{forked_name} goes on from step {moment.step:,} of {name}, {how}.", "note")


def _past(run: Run) -> list[Moment]:
    return [moment for moment in run.reel.moments() if moment.step < run.live_view.status.step]


def how_it_goes_on(moment: Moment) -> str:
    """What a fork from a moment begins with."""
    if moment.saved is not None:
        return "with its whole state: the same steps follow, to the last bit"
    return "with its weights: the optimiser's moments and the order of the data begin anew"
