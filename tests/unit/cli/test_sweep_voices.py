"""What a sweep says while it trains."""

from __future__ import annotations

import dataclasses
import io
import json
import math
from pathlib import Path

import pytest

from core.cli.sweep_voices import Clock, LiveVoice, SweepVoice, time_words, voice_of
from core.sweeps.asked import Asked
from core.sweeps.home import Happened
from core.sweeps.outcome import Outcome, Value
from core.sweeps.plan import Plan

PLAN = Plan(Asked({"steps": "1000"}, {"beta": ("0.5", "4")}, seeds=(0, 1)).runs())
STEPS = {run.number: 1000 for run in PLAN.runs}
WAITING = tuple(Outcome(run, Path()) for run in PLAN.runs)
DONE = dataclasses.replace(
    WAITING[1], state="done", step=1000, seconds=3.0, values={"rate": Value(2.345, 2, 3, 100)}, points=((1.0, 2.0),)
)
FAILED = dataclasses.replace(WAITING[2], state="failed", step=12, failure="stopped at step 12: −ELBO is not a number")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def told(voice: SweepVoice) -> None:
    """A sweep of four runs, the first of which was finished before."""
    before = (dataclasses.replace(WAITING[0], state="done"), *WAITING[1:])
    voice.planned(before, "2 processes")
    voice.began(before, 2, {1: 0.01})
    with voice.shown():
        voice.begun(PLAN.runs[1])
        voice.progress(Happened(1, "progress", 500, 0.5))
        voice.again(PLAN.runs[2], "SIGKILL")
        voice.tick()
        voice.over(DONE)
        voice.over(FAILED)
        voice.tick()
    voice.ended((before[0], DONE, FAILED, WAITING[3]), Path("place"), "Ctrl-C")


def test_programs_read_a_json_object_a_line() -> None:
    stream = io.StringIO()
    told(voice_of(stream, True, PLAN, STEPS))
    events = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [each["event"] for each in events] == [
        *("plan", "start", "begun", "progress", "again", "run", "run", "stopped"),
    ]
    plan, start, begun, progress, again, run, failed, last = events
    assert (plan["runs"], plan["finished"], plan["varied"]) == (4, 1, ["beta", "seed"])
    assert start["estimated_seconds"] == pytest.approx(3 * (1000 * 0.01 + 0.1) / 2)
    assert begun["varied"] == {"beta": 0.5, "seed": 1}
    assert (progress["run"], progress["step"], progress["share"]) == (1, 500, 0.5)
    assert again["why"] == "SIGKILL"
    assert run["values"]["rate"] == [2.345, 2, 3, 100]
    assert "points" not in run
    assert failed["failure"] == FAILED.failure
    assert (last["done"], last["failed"], last["runs"], last["stopped_by"]) == (2, 1, 4, "Ctrl-C")


def test_people_read_a_line_per_run() -> None:
    stream = io.StringIO()
    told(voice_of(stream, False, PLAN, STEPS))
    first, second, *rest = stream.getvalue().splitlines()
    assert first.startswith("4 runs of 2 settings and 2 seeds on 2 processes, 1 of them finished before")
    assert second == "about 16 s of training"
    assert rest[0] == "β 4, seed 0: its process was lost (SIGKILL); it is computed again"
    assert rest[1].startswith("2 of 4: β 0.5, seed 1: step 1,000, Rate 2.35")
    assert rest[2].startswith("3 of 4: β 4, seed 0: stopped at step 12: −ELBO is not a number")
    assert rest[3].startswith("2 of 4 runs are done, 1 failed (stopped by Ctrl-C; --resume goes on), after ")
    assert rest[4] == "the report is in place/report.html, the table in place/sweep.csv"


def test_a_terminal_has_a_live_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    stream = Terminal()
    voice = voice_of(stream, False, PLAN, STEPS)
    assert isinstance(voice, LiveVoice)
    told(voice)
    text = stream.getvalue()
    assert "━" in text
    assert "β 0.5, seed 1" in text
    assert "2 of 4 runs are done" in text
    monkeypatch.setenv("TERM", "dumb")
    assert not isinstance(voice_of(stream, False, PLAN, STEPS), LiveVoice)


def test_the_time_that_is_left_is_of_what_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("core.cli.sweep_voices.time.monotonic", lambda: now)
    clock = Clock(PLAN, STEPS)
    clock.start(WAITING, 2, {0: 0.01})
    assert clock.left_s() == pytest.approx(4 * 10.1 / 2)
    now = 110.0
    clock.set(0, 0.5)
    clock.set(1, 0.5)  # a quarter took 10 s, twice what the trial said
    assert clock.left_s() == pytest.approx(30.0)
    assert clock.spent_s == pytest.approx(10.0)


def test_without_a_trial_the_time_is_unknown() -> None:
    clock = Clock(PLAN, STEPS)
    clock.start(WAITING, 2, {0: math.nan})
    assert time_words(clock.left_s()) == "unknown"


def test_times_in_words() -> None:
    assert [time_words(each) for each in (0.2, 40, 600, 9000)] == ["1 s", "40 s", "10 min", "2.5 h"]
