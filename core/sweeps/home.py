"""Where the runs of a sweep are computed, as the sweep sees it; and the sweep itself, which is the same everywhere."""

from __future__ import annotations

import dataclasses
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from core.sweeps import folder
from core.sweeps.outcome import Outcome
from core.sweeps.plan import Plan, PlannedRun

WAIT_S = 0.5
"""Time between two looks at whether the sweep is to stop, s."""
TRIAL_S = 2.0
"""Length of the trial from which the time is estimated, s."""


@dataclass(frozen=True)
class Happened:
    """What happened to the run of that number.

    "progress": it is at a step, and that share (0 to 1) is done. "over": its folder says what came of it. "kept": it
    was stopped on the way. "lost": whoever computed it is gone, ``why`` says how. "refused": it cannot be computed.
    """

    number: int
    kind: Literal["progress", "over", "kept", "lost", "refused"]
    step: int = 0
    share: float = 0.0
    why: str = ""


class Home(Protocol):
    """Computes runs, ``slots`` at once. One thread calls it."""

    slots: int
    words: str
    """What it is: "2 processes"."""
    own_retries: bool
    """Whether it begins a run again by itself where a machine is lost."""

    def begin(self, run: PlannedRun) -> None:
        """Begin with a run; there are never more than ``slots``."""

    def wait(self, timeout_s: float) -> Sequence[Happened]:
        """What has happened since the last call; nothing where nothing does for so long."""

    def trial(self, runs: Sequence[PlannedRun], seconds: float) -> Mapping[int, float]:
        """The time a step takes of each run, s, by number, where all are computed at once. Nothing of it is kept."""

    def stop(self) -> None:
        """Have every run end now, and be kept; `wait` tells when."""

    def close(self) -> None:
        """End everything that it has started."""


class Listener(Protocol):
    """Hears of a sweep."""

    def begun(self, run: PlannedRun) -> None:
        """A run is being computed."""

    def progress(self, happened: Happened) -> None:
        """A run has come further."""

    def over(self, outcome: Outcome) -> None:
        """A run is done, or has failed."""

    def again(self, run: PlannedRun, why: str) -> None:
        """A run is computed again."""

    def tick(self) -> None:
        """Time has passed."""


def kinds(runs: Sequence[PlannedRun], most: int) -> list[PlannedRun]:
    """A run of each model, network and data set, the first of them, at most so many."""
    found: dict[object, PlannedRun] = {}
    for run in runs:
        found.setdefault((run.model, run.setup.network, run.dataset, run.source), run)
    return list(found.values())[:most]


def sweep(
    place: Path,
    plan: Plan,
    before: Sequence[Outcome],
    home: Home,
    listener: Listener,
    retries: int,
    is_to_stop: Callable[[], bool],
) -> tuple[Outcome, ...]:
    """Compute all runs that are not over, and what came of each, in the order of the plan.

    A run whose process is lost is computed again, ``retries`` times at most. When it is to stop, runs that are computed
    are kept as they are.
    """
    found = {outcome.run.number: outcome for outcome in before}
    waiting = deque(outcome.run for outcome in before if not outcome.is_over)
    lost: Counter[int] = Counter()
    computed: dict[int, PlannedRun] = {}
    has_stopped = False
    while computed or (waiting and not has_stopped):
        while waiting and len(computed) < home.slots and not has_stopped:
            run = waiting.popleft()
            computed[run.number] = run
            home.begin(run)
            listener.begun(run)
        for each in home.wait(WAIT_S):
            if each.number not in computed:
                continue  # an answer of a process that was given up
            run = computed[each.number]
            if each.kind == "progress":
                listener.progress(each)
                continue
            del computed[each.number]
            outcome = folder.read_outcome(place, run)
            if each.kind == "lost" and not outcome.is_over and not has_stopped:
                lost[run.number] += 1
                if lost[run.number] <= retries and not home.own_retries:
                    listener.again(run, each.why)
                    waiting.appendleft(run)
                    continue
                times = "" if home.own_retries or not retries else f" {lost[run.number]} times"
                outcome = dataclasses.replace(outcome, state="failed", failure=f"was lost{times}: {each.why}")
            elif each.kind == "refused":
                outcome = dataclasses.replace(outcome, state="failed", failure=each.why)
            found[run.number] = outcome
            if outcome.is_over:
                listener.over(outcome)
        listener.tick()
        if is_to_stop() and not has_stopped:
            has_stopped = True
            home.stop()
    return tuple(found[run.number] for run in plan.runs)
