"""State of the slow-motion page: a copy of a lane, the steps it has taken, and the stage that is shown.

The lane's trainer hands out the copy between two of its steps; the background thread takes the copy's own steps.
The reel requests both and polls for results at every beat of the clock: the window never waits.
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
"""Number of steps that are kept to go back to."""
SLOWEST = 0.5
"""Lowest speed, stages/s."""
FASTEST = 40.0
"""Highest speed, stages/s; at it, whole steps are shown as fast as they are taken."""
START = 2.0
"""Speed at first, stages/s."""
BURST_S = 0.03
"""At the highest speed the background takes steps for this long, s, and the last of them is shown."""
BOTH = "both"


class Reel(QObject):
    """Every visible change emits ``changed``."""

    changed = Signal()

    def __init__(self, desk: Desk, clock: Clock) -> None:
        super().__init__()
        self._desk = desk
        self.run: Run | None = None
        self.steps: list[StepRecord] = []
        self.at = (0, 0)  # index of the step, and of its stage
        self.choice = BOTH
        self.phases: tuple[str, ...] = ()
        self.playing = False
        self.speed = START
        self.trouble = ""  # why there is no copy, or no step
        self.taken = 0  # the step at which the copy was taken
        self.seen = False  # whether the page shows
        self._life = -1
        self._motion: SlowMotion | None = None
        self._copy_mailbox: Mailbox[Training] | None = None
        self._step_mailbox: Mailbox[StepRecord] | None = None
        self._to_end = False  # the requested step is to be shown at its last stage
        self._requested_choice = BOTH  # the choice that the requested step is taken with
        self._last_beat, self._stages_due = 0.0, 0.0
        desk.opened.connect(self._forget)
        for signal in (desk.lanes_changed, desk.opened):
            signal.connect(self._lanes)
        clock.ticked.connect(self.beat)
        self._lanes()

    # --- what there is -----------------------------------------------------------------------------------------------

    @property
    def step(self) -> StepRecord | None:
        """The step that is shown."""
        return self.steps[self.at[0]] if self.steps else None

    @property
    def place(self) -> tuple[PhaseRecord, Stage] | None:
        """The phase and the stage that are shown."""
        step = self.step
        return None if step is None or not step.places else step.places[self.at[1]]

    @property
    def waiting(self) -> bool:
        """Whether a copy or a step is requested and not there yet."""
        return self._copy_mailbox is not None or self._step_mailbox is not None

    @property
    def stuck(self) -> bool:
        """Whether the copy can take no further step, because something in it is not finite."""
        return bool(self.steps and self.steps[-1].trouble)

    @property
    def ended(self) -> bool:
        """Whether nothing comes after the stage that is shown."""
        return self.stuck and self.at == (len(self.steps) - 1, len(self.steps[-1].places) - 1)

    # --- the copy ----------------------------------------------------------------------------------------------------

    def choose_lane(self, run: Run) -> None:
        """Choose the lane that is copied."""
        if run is not self.run:
            self.run = run
            self.choice = BOTH
            self.take()

    def take(self) -> None:
        """Request a fresh copy of the lane as it is now."""
        self._forget()
        run = self.run
        if run is not None:
            self._life = run.view.life
            self._copy_mailbox = Mailbox()
            run.say(Lend(self._copy_mailbox))
        self.changed.emit()

    def _forget(self) -> None:
        self.steps, self.at, self.playing, self.trouble = [], (0, 0), False, ""
        self._motion = self._copy_mailbox = self._step_mailbox = None
        self.phases = ()

    def _lanes(self) -> None:
        runs = self._desk.runs
        if self.run not in runs:
            self._forget()
            self.run = self._desk.selected or (runs[0] if runs else None)
            self._life = -1  # a copy is taken once the page shows
            self.choice = BOTH
        self.changed.emit()

    # --- going on ----------------------------------------------------------------------------------------------------

    def next(self) -> None:
        """Go to the next stage; at the end of the newest step, take another."""
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
        """Go to the previous stage, also across steps."""
        if self.at[1] > 0:
            self._go(self.at[0], self.at[1] - 1)
        elif self.at[0] > 0:
            self._go(self.at[0] - 1, len(self.steps[self.at[0] - 1].places) - 1)

    def finish_step(self) -> None:
        """Go to the end of this step; from there to the end of the next."""
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
        """Go to a stage of this step."""
        step = self.step
        if step is not None and step.places:
            self._go(self.at[0], min(len(step.places) - 1, max(0, stage)))

    def set_choice(self, choice: str) -> None:
        """Choose a phase by name, or ``BOTH``; an unfinished step is taken again from its start with that choice."""
        if choice == self.choice:
            return
        self.choice = choice
        step = self.step
        newest = self.at[0] + 1 == len(self.steps)
        if step is not None and newest and self.at[1] + 1 < len(step.places):
            self._ask(again=True)
        self.changed.emit()

    def set_speed(self, speed: float) -> None:
        """Set the speed, stages/s."""
        self.speed = speed
        self._stages_due = 0.0

    def toggle(self) -> None:
        """Play or pause."""
        self.playing = not self.playing and self.step is not None and not self.ended
        self._stages_due, self._last_beat = 0.0, time.perf_counter()
        self.changed.emit()

    def rest(self) -> None:
        """Stop playing."""
        if self.playing:
            self.toggle()

    def _go(self, step: int, stage: int) -> None:
        self.at = (step, stage)
        self.changed.emit()

    def _ask(self, *, again: bool = False, to_end: bool = False, burst_s: float = 0.0) -> None:
        """Request a step of the copy from the background thread."""
        motion, run = self._motion, self.run
        if motion is None or run is None or self.waiting or (self.stuck and not again):
            return
        mailbox: Mailbox[StepRecord] = Mailbox()
        self._step_mailbox = mailbox
        self._to_end, self._requested_choice = to_end, self.choice
        phases = None if self.choice == BOTH else (self.choice,)
        key = (id(run), "slow motion")
        step = partial(_step, motion, phases, again, burst_s)
        self._desk.experiment.engine.background.ask(key, partial(mailbox.fill, step), urgent=True)
        if again:
            self.steps = self.steps[:-1]
            self.at = (max(0, len(self.steps) - 1), 0)

    # --- every beat --------------------------------------------------------------------------------------------------

    def beat(self) -> None:
        """Take finished copies and steps, and go on while playing. Does nothing while the page is hidden."""
        if not self.seen or self.run is None or not self._desk.is_open:
            return
        view = self.run.view
        if view.life != self._life and view.status.state != "building":
            self.take()  # the lane restarted, or the page shows it for the first time
        self._take_copy()
        self._take_step()
        if self.playing:
            self._play()

    def _take_copy(self) -> None:
        copy = None if self._copy_mailbox is None else self._copy_mailbox.take()
        if copy is None:
            return
        self._copy_mailbox = None
        if isinstance(copy, Refusal):
            self.trouble = copy.reason
        else:
            from core.slow_motion.stepper import SlowMotion, phase_names

            self._motion, self.taken, self.phases = SlowMotion(copy), copy.step, phase_names(copy)
            self._ask()
        self.changed.emit()

    def _take_step(self) -> None:
        step = None if self._step_mailbox is None else self._step_mailbox.take()
        if step is None:
            return
        self._step_mailbox = None
        if isinstance(step, Refusal):
            self.trouble, self.playing = step.reason, False
        else:
            self.steps = [*self.steps, step][-KEPT:]
            last = len(step.places) - 1
            self.at = (len(self.steps) - 1, last if self._to_end or not step.places else 0)
            self.trouble = ""
            if self._requested_choice != self.choice:  # the choice changed while the step was taken
                self._ask(again=True)
        self.changed.emit()

    def _play(self) -> None:
        now = time.perf_counter()
        self._stages_due += (now - self._last_beat) * self.speed
        self._last_beat = now
        if self.ended:
            self.rest()
        if self.step is None or self.waiting or not self.playing:
            self._stages_due = min(self._stages_due, 1.0)
            return
        if self.speed >= FASTEST and not self.stuck:
            self._ask(to_end=True, burst_s=BURST_S)
            return
        moves = int(self._stages_due)
        self._stages_due -= moves
        for _ in range(moves):
            self.next()  # does nothing while a step is being taken


def _step(motion: SlowMotion, phases: tuple[str, ...] | None, again: bool, burst_s: float) -> StepRecord:
    """Take a step, or as many as fit into ``burst_s``, and return the last."""
    until = time.perf_counter() + burst_s
    step = motion.again(phases) if again else motion.step(phases)
    while time.perf_counter() < until and not step.trouble:
        step = motion.step(phases)
    return step
