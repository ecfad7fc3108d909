"""What the page of slow motion shows: a copy of a lane, the steps it took, the stage we are at, and who moves it.

The copy is handed out by the lane's trainer between two of its steps; the copy's own steps are taken by the background
thread. This object asks, and looks for answers at every beat of the clock: the window never waits.
"""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from core.engine.commands import Lend
from core.foundation.mailbox import Mailbox, Refusal
from gui.desk.clock import Clock
from gui.desk.desk import Desk

if TYPE_CHECKING:
    from core.engine.run import Run
    from core.slow_motion.stages import PhaseRecord, Stage, StepRecord
    from core.slow_motion.stepper import SlowMotion
    from core.training.training import Training

KEPT = 24
"""So many steps can be gone back."""
SLOWEST, FASTEST, START = 0.5, 40.0, 2.0
"""Stages per second; at the fastest, whole steps as fast as they are made."""
BURST_S = 0.03
"""At the fastest the background takes steps for so long before it shows the last of them."""
BOTH = "both"


class Reel(QObject):
    """Every change that shows emits ``changed``."""

    changed = Signal()

    def __init__(self, desk: Desk, clock: Clock) -> None:
        super().__init__()
        self._desk = desk
        self.run: Run | None = None
        self.steps: list[StepRecord] = []
        self.at = (0, 0)  # which of the steps, which of its stages
        self.choice = BOTH
        self.phases: tuple[str, ...] = ()
        self.playing = False
        self.speed = START
        self.trouble = ""  # why there is no copy, or no step
        self.taken = 0  # the step at which the copy was taken
        self.seen = False  # whether the page shows
        self._life = -1
        self._motion: SlowMotion | None = None
        self._copy: Mailbox[Training] | None = None
        self._made: Mailbox[StepRecord] | None = None
        self._to_end = False  # the step in work is to be shown from its end
        self._asked = BOTH  # the choice that it is taken with
        self._beaten, self._owed = 0.0, 0.0
        desk.opened.connect(self._forget)
        for signal in (desk.lanes_changed, desk.opened):
            signal.connect(self._lanes)
        clock.ticked.connect(self.beat)
        self._lanes()

    # --- what there is -----------------------------------------------------------------------------------------------

    @property
    def step(self) -> StepRecord | None:
        """The step that shows."""
        return self.steps[self.at[0]] if self.steps else None

    @property
    def place(self) -> tuple[PhaseRecord, Stage] | None:
        """The turn and the stage that show."""
        step = self.step
        return None if step is None or not step.places else step.places[self.at[1]]

    @property
    def waiting(self) -> bool:
        """Whether a copy or a step is in work."""
        return self._copy is not None or self._made is not None

    @property
    def stuck(self) -> bool:
        """Whether the copy can take no further step: something in it is not a number."""
        return bool(self.steps and self.steps[-1].trouble)

    @property
    def ended(self) -> bool:
        """Whether nothing comes after the place that shows."""
        return self.stuck and self.at == (len(self.steps) - 1, len(self.steps[-1].places) - 1)

    # --- the copy ----------------------------------------------------------------------------------------------------

    def choose_lane(self, run: Run) -> None:
        """Watch another lane."""
        if run is not self.run:
            self.run = run
            self.choice = BOTH
            self.take()

    def take(self) -> None:
        """Take the lane's state again: a fresh copy, as the lane is now."""
        self._forget()
        run = self.run
        if run is not None:
            self._life = run.view.life
            self._copy = Mailbox()
            run.say(Lend(self._copy))
        self.changed.emit()

    def _forget(self) -> None:
        self.steps, self.at, self.playing, self.trouble = [], (0, 0), False, ""
        self._motion = self._copy = self._made = None
        self.phases = ()

    def _lanes(self) -> None:
        runs = self._desk.runs
        if self.run not in runs:
            self._forget()
            self.run = self._desk.selected or (runs[0] if runs else None)
            self._life = -1  # a copy is taken when somebody looks
            self.choice = BOTH
        self.changed.emit()

    # --- going on ----------------------------------------------------------------------------------------------------

    def next(self) -> None:
        """The stage after this; at the end of a step, the next step is taken."""
        step = self.step
        if step is None:
            return
        if self.at[1] + 1 < len(step.places):
            self._go(self.at[0], self.at[1] + 1)
        elif self.at[0] + 1 < len(self.steps):
            self._go(self.at[0] + 1, 0)
        else:
            self._ask()

    def back(self) -> None:
        """The stage before this, also of the step before."""
        if self.at[1] > 0:
            self._go(self.at[0], self.at[1] - 1)
        elif self.at[0] > 0:
            self._go(self.at[0] - 1, len(self.steps[self.at[0] - 1].places) - 1)

    def whole(self) -> None:
        """To the end of this step; from there to the end of the next."""
        step = self.step
        if step is None:
            return
        if self.at[1] + 1 < len(step.places):
            self._go(self.at[0], len(step.places) - 1)
        elif self.at[0] + 1 < len(self.steps):
            self._go(self.at[0] + 1, len(self.steps[self.at[0] + 1].places) - 1)
        else:
            self._ask(to_end=True)

    def jump(self, stage: int) -> None:
        """To a stage of this step."""
        step = self.step
        if step is not None and step.places:
            self._go(self.at[0], min(len(step.places) - 1, max(0, stage)))

    def set_choice(self, choice: str) -> None:
        """A phase's name, or ``BOTH``; a step that is not over is taken again from its beginning, with that choice."""
        if choice == self.choice:
            return
        self.choice = choice
        step = self.step
        newest = self.at[0] + 1 == len(self.steps)
        if step is not None and newest and self.at[1] + 1 < len(step.places):
            self._ask(again=True)
        self.changed.emit()

    def set_speed(self, speed: float) -> None:
        """Stages per second."""
        self.speed = speed
        self._owed = 0.0

    def toggle(self) -> None:
        """Play or rest."""
        self.playing = not self.playing and self.step is not None and not self.ended
        self._owed, self._beaten = 0.0, time.perf_counter()
        self.changed.emit()

    def rest(self) -> None:
        """Stop playing."""
        if self.playing:
            self.toggle()

    def _go(self, step: int, stage: int) -> None:
        self.at = (step, stage)
        self.changed.emit()

    def _ask(self, *, again: bool = False, to_end: bool = False, burst_s: float = 0.0) -> None:
        """Let the background take a step of the copy."""
        motion, run = self._motion, self.run
        if motion is None or run is None or self.waiting or (self.stuck and not again):
            return
        made: Mailbox[StepRecord] = Mailbox()
        self._made = made
        self._to_end, self._asked = to_end, self.choice
        phases = None if self.choice == BOTH else (self.choice,)
        key = (id(run), "slow motion")
        step = partial(_step, motion, phases, again, burst_s)
        self._desk.experiment.background.ask(key, partial(made.fill, step), urgent=True)
        if again:
            self.steps = self.steps[:-1]
            self.at = (max(0, len(self.steps) - 1), 0)

    # --- every beat --------------------------------------------------------------------------------------------------

    def beat(self) -> None:
        """Take what came; go on while it plays. Nothing while nobody looks."""
        if not self.seen or self.run is None or not self._desk.is_open:
            return
        view = self.run.view
        if view.life != self._life and view.status.state != "building":
            self.take()  # the lane began again, or this is the first look
        elif self._copy is not None and self.run.has_ended:
            self._copy, self.trouble = None, "the lane is closed"
            self.changed.emit()
        self._take_copy()
        self._take_step()
        if self.playing:
            self._play()

    def _take_copy(self) -> None:
        found = None if self._copy is None else self._copy.take()
        if found is None:
            return
        self._copy = None
        if isinstance(found, Refusal):
            self.trouble = found.reason
        else:
            from core.slow_motion.stepper import SlowMotion, phase_names

            self._motion, self.taken, self.phases = SlowMotion(found), found.step, phase_names(found)
            self._ask()
        self.changed.emit()

    def _take_step(self) -> None:
        found = None if self._made is None else self._made.take()
        if found is None:
            return
        self._made = None
        if isinstance(found, Refusal):
            self.trouble, self.playing = found.reason, False
        else:
            self.steps = [*self.steps, found][-KEPT:]
            last = len(found.places) - 1
            self.at = (len(self.steps) - 1, last if self._to_end or not found.places else 0)
            self.trouble = ""
            if self._asked != self.choice:  # it was chosen while the step was in work
                self._ask(again=True)
        self.changed.emit()

    def _play(self) -> None:
        now = time.perf_counter()
        self._owed += (now - self._beaten) * self.speed
        self._beaten = now
        if self.ended:
            self.rest()
        if self.step is None or self.waiting or not self.playing:
            self._owed = min(self._owed, 1.0)
            return
        if self.speed >= FASTEST and not self.stuck:
            self._ask(to_end=True, burst_s=BURST_S)
            return
        moves = int(self._owed)
        self._owed -= moves
        for _ in range(moves):
            self.next()  # nothing while a step is in work


def _step(motion: SlowMotion, phases: tuple[str, ...] | None, again: bool, burst_s: float) -> StepRecord:
    """A step, or the last of as many as there is time for. An error is shown on the page, where the way out is."""
    until = time.perf_counter() + burst_s
    step = motion.again(phases) if again else motion.step(phases)
    while time.perf_counter() < until and not step.trouble:
        step = motion.step(phases)
    return step
