"""What ``sweep`` says: a live table on a terminal, a line per event elsewhere, JSON lines for programs."""

from __future__ import annotations

import contextlib
import math
import os
import statistics
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, TextIO

from core.cli.reporters import Voice
from core.foundation import strict_json
from core.foundation.number_words import telling
from core.sweeps import folder
from core.sweeps.groups import setting_words
from core.sweeps.home import Happened, Listener
from core.sweeps.outcome import Outcome, decimals_of, title_of
from core.sweeps.plan import Plan, PlannedRun

SHOWN_OVER = 12
"""Finished runs in the live table: the last ones."""
BAR = 16
"""Characters of a run's bar."""
MEASURES = 3
"""Measures in a line."""
EACH_S = 0.1
"""Time that a run takes beside its steps, s: its start, its measures and its files."""


class SweepVoice(Listener, Protocol):
    """Tells of a sweep."""

    def planned(self, before: Sequence[Outcome], where: str) -> None:
        """What will be trained, and where."""

    def began(self, before: Sequence[Outcome], slots: int, paces: Mapping[int, float]) -> None:
        """The trial is over: how long a step takes of some runs, s, by number."""

    def shown(self) -> contextlib.AbstractContextManager[object]:
        """Within it runs are trained."""

    def ended(self, outcomes: Sequence[Outcome], out: Path, stopped_by: str) -> None:
        """All is over, or a signal stopped it."""


def voice_of(stream: TextIO, as_json: bool, plan: Plan, steps: Mapping[int, int]) -> SweepVoice:
    """The voice for an output. ``steps`` are those of each run by number, 0 where a time ends it."""
    clock = Clock(plan, steps)
    if as_json:
        return JsonVoice(stream, plan, clock)
    is_terminal = stream.isatty() and os.environ.get("TERM", "" if os.name == "nt" else "dumb") != "dumb"
    return LiveVoice(stream, plan, clock) if is_terminal else LineVoice(stream, plan, clock)


class Clock:
    """How long a sweep will take: from a trial at first, then from what has passed."""

    def __init__(self, plan: Plan, steps: Mapping[int, int]) -> None:
        self._runs, self._steps = {run.number: run for run in plan.runs}, steps
        self._shares: dict[int, float] = {}
        self._costs: dict[int, float] = {}
        self._slots = 1
        self._began = time.monotonic()
        self._to_do = 0.0

    def start(self, before: Sequence[Outcome], slots: int, paces: Mapping[int, float]) -> None:
        """Begin: what is over costs nothing more."""
        self._slots, self._began = slots, time.monotonic()
        kinds = {self._kind(number): pace for number, pace in paces.items() if math.isfinite(pace)}
        usual = statistics.fmean(kinds.values()) if kinds else math.nan
        for outcome in before:
            number = outcome.run.number
            setup, pace = outcome.run.setup, kinds.get(self._kind(number), usual)
            cost = self._steps[number] * pace if self._steps[number] else setup.seconds
            self._costs[number] = (min(cost, setup.seconds) if setup.seconds else cost) + EACH_S
            self._shares[number] = 1.0 if outcome.is_over else 0.0
        self._to_do = self._left()

    def _kind(self, number: int) -> object:
        run = self._runs[number]
        return run.model, run.setup.network, run.dataset, run.source

    def set(self, number: int, share: float) -> None:
        """So much of a run is done, 0 to 1."""
        self._shares[number] = share

    def _left(self) -> float:
        return sum(cost * (1 - self._shares[number]) for number, cost in self._costs.items())

    def left_s(self) -> float:
        """Time that is left, s; NaN where nobody knows."""
        left, spent = self._left(), time.monotonic() - self._began
        done = self._to_do - left
        if done > 0.05 * self._to_do and spent > 1:
            return left * spent / done
        return left / self._slots

    @property
    def spent_s(self) -> float:
        """Time since the start, s."""
        return time.monotonic() - self._began


def time_words(seconds: float) -> str:
    """A time in words: 40 s, 12 min, 3.5 h; "unknown" for NaN."""
    if not math.isfinite(seconds):
        return "unknown"
    if seconds < 90:
        return f"{max(1, math.ceil(seconds))} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def run_words(run: PlannedRun) -> str:
    """A run in words: its setting and its seed."""
    words = setting_words(Outcome(run, Path()))
    seed = f"seed {run.seed}" if "seed" in run.varied else ""
    return ", ".join(each for each in (words, seed) if each) or run.name


def values_words(outcome: Outcome, most: int = MEASURES) -> str:
    """The first measures of a run in words."""
    shown = list(outcome.values.items())[:most]
    return ", ".join(f"{title_of(name)} {telling(each.value, decimals_of(name))}" for name, each in shown)


class JsonVoice:
    """One JSON object a line, for programs."""

    def __init__(self, stream: TextIO, plan: Plan, clock: Clock) -> None:
        self._plan, self._clock = plan, clock
        self._voice = Voice(stream)

    def _say(self, event: str, **facts: Any) -> None:
        print(strict_json.dumps({"event": event, **facts}), file=self._voice, flush=True)

    def planned(self, before: Sequence[Outcome], where: str) -> None:
        """See `SweepVoice`."""
        over = sum(outcome.is_over for outcome in before)
        self._say("plan", runs=len(before), finished=over, where=where, varied=list(self._plan.varied))

    def began(self, before: Sequence[Outcome], slots: int, paces: Mapping[int, float]) -> None:
        """See `SweepVoice`."""
        self._clock.start(before, slots, paces)
        self._say("start", at_once=slots, estimated_seconds=self._clock.left_s())

    def shown(self) -> contextlib.AbstractContextManager[object]:
        """See `SweepVoice`."""
        return contextlib.nullcontext()

    def begun(self, run: PlannedRun) -> None:
        """See `Listener`."""
        self._say("begun", run=run.number, name=run.name, varied=dict(run.varied))

    def progress(self, happened: Happened) -> None:
        """See `Listener`."""
        self._clock.set(happened.number, happened.share)
        facts = {"step": happened.step, "share": happened.share, "seconds_left": self._clock.left_s()}
        self._say("progress", run=happened.number, **facts)

    def over(self, outcome: Outcome) -> None:
        """See `Listener`."""
        self._clock.set(outcome.run.number, 1.0)
        facts = outcome.to_json()
        del facts["points"]
        self._say("run", run=outcome.run.number, **facts, seconds_left=self._clock.left_s())

    def again(self, run: PlannedRun, why: str) -> None:
        """See `Listener`."""
        self._say("again", run=run.number, why=why)

    def tick(self) -> None:
        """See `Listener`."""

    def ended(self, outcomes: Sequence[Outcome], out: Path, stopped_by: str) -> None:
        """See `SweepVoice`."""
        counts = {state: sum(each.state == state for each in outcomes) for state in ("done", "failed")}
        stopped = stopped_by or None
        self._say("stopped" if stopped else "done", **counts, runs=len(outcomes), stopped_by=stopped, saved_in=str(out))


class LineVoice:
    """A line per event, for people who look at a log."""

    def __init__(self, stream: TextIO, plan: Plan, clock: Clock) -> None:
        self._plan, self._clock = plan, clock
        self._voice = Voice(stream)
        self._over = 0
        self._count = len(plan.runs)

    def _print(self, line: str) -> None:
        print(line, file=self._voice, flush=True)

    def planned(self, before: Sequence[Outcome], where: str) -> None:
        """See `SweepVoice`."""
        self._over = sum(outcome.is_over for outcome in before)
        done = f", {self._over:,} of them finished before" if self._over else ""
        settings = len({outcome.run.setting for outcome in before})
        seeds = len({outcome.run.seed for outcome in before})
        seeds_words = f" of {settings:,} settings and {seeds} seeds" if seeds > 1 else ""
        self._print(f"{self._count:,} runs{seeds_words} on {where}{done}; a trial of 2 s comes first")

    def began(self, before: Sequence[Outcome], slots: int, paces: Mapping[int, float]) -> None:
        """See `SweepVoice`."""
        self._clock.start(before, slots, paces)
        self._print(f"about {time_words(self._clock.left_s())} of training")

    def shown(self) -> contextlib.AbstractContextManager[object]:
        """See `SweepVoice`."""
        return contextlib.nullcontext()

    def begun(self, run: PlannedRun) -> None:
        """See `Listener`."""

    def progress(self, happened: Happened) -> None:
        """See `Listener`."""
        self._clock.set(happened.number, happened.share)

    def over(self, outcome: Outcome) -> None:
        """See `Listener`."""
        self._over += 1
        self._clock.set(outcome.run.number, 1.0)
        left = "" if self._over == self._count else f"; {time_words(self._clock.left_s())} left"
        what = outcome.failure if outcome.state == "failed" else f"step {outcome.step:,}, {values_words(outcome)}"
        self._print(f"{self._over:,} of {self._count:,}: {run_words(outcome.run)}: {what}{left}")

    def again(self, run: PlannedRun, why: str) -> None:
        """See `Listener`."""
        self._print(f"{run_words(run)}: its process was lost ({why}); it is computed again")

    def tick(self) -> None:
        """See `Listener`."""

    def ended(self, outcomes: Sequence[Outcome], out: Path, stopped_by: str) -> None:
        """See `SweepVoice`."""
        done, failed = (sum(each.state == state for each in outcomes) for state in ("done", "failed"))
        words = f"{done:,} of {len(outcomes):,} runs are done" + (f", {failed:,} failed" if failed else "")
        stopped = f" (stopped by {stopped_by}; --resume goes on)" if stopped_by else ""
        self._print(f"{words}{stopped}, after {time_words(self._clock.spent_s)}")
        self._print(f"the report is in {out / folder.REPORT}, the table in {out / folder.CSV}")


class LiveVoice(LineVoice):
    """A table that lives on a terminal: what is computed now, what was last, and the time that is left."""

    def __init__(self, stream: TextIO, plan: Plan, clock: Clock) -> None:
        super().__init__(stream, plan, clock)
        self._stream = stream
        self._now: dict[int, tuple[PlannedRun, int, float]] = {}
        self._last: deque[Outcome] = deque(maxlen=SHOWN_OVER)
        self._notes: deque[str] = deque(maxlen=3)
        self._live: Any = None

    @contextlib.contextmanager
    def shown(self) -> Iterator[None]:
        """See `SweepVoice`."""
        from rich.console import Console
        from rich.live import Live

        console = Console(file=self._stream)
        with Live(self._table(), console=console, refresh_per_second=4, transient=True) as self._live:
            yield
        self._live = None

    def begun(self, run: PlannedRun) -> None:
        """See `Listener`."""
        self._now[run.number] = run, 0, 0.0

    def progress(self, happened: Happened) -> None:
        """See `Listener`."""
        super().progress(happened)
        run, _, _ = self._now[happened.number]
        self._now[happened.number] = run, happened.step, happened.share

    def over(self, outcome: Outcome) -> None:
        """See `Listener`."""
        self._over += 1
        self._clock.set(outcome.run.number, 1.0)
        self._now.pop(outcome.run.number, None)
        self._last.append(outcome)

    def again(self, run: PlannedRun, why: str) -> None:
        """See `Listener`."""
        self._notes.append(f"{run_words(run)} is computed again: {why}")

    def tick(self) -> None:
        """See `Listener`."""
        if self._live is not None:
            self._live.update(self._table(), refresh=True)

    def _table(self) -> Any:
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, pad_edge=False, expand=False, caption_justify="left")
        for name in ("run", "", "step", ""):
            table.add_column(name, justify="right" if name == "step" else "left", no_wrap=True)
        for outcome in self._last:
            failed = outcome.state == "failed"
            what = Text(outcome.failure if failed else values_words(outcome), "red" if failed else "")
            mark = "failed" if failed else "done"
            table.add_row(Text(run_words(outcome.run)), Text(mark, "dim"), f"{outcome.step:,}", what)
        for run, step, share in self._now.values():
            bar = Text("━" * round(BAR * share), "cyan") + Text("─" * (BAR - round(BAR * share)), "dim")
            table.add_row(Text(run_words(run)), bar, f"{step:,}", "")
        left = f"{time_words(self._clock.left_s())} left"
        lines = [f"{self._over:,} of {self._count:,} runs, {left}", *self._notes]
        table.caption = Text("\n".join(lines))
        return table
