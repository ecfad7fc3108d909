"""A sweep in a process of its own: its priority, its end, and what is said of an error."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from gui.sweeps import background
from gui.sweeps.background import NICENESS, SweepProcess

PATIENCE_MS = 20_000
WAITS = "import signal; signal.signal(signal.SIGTERM, lambda *_: exit(143)); print(flush=True); signal.pause()"
Start = Callable[[str], SweepProcess]


@pytest.fixture
def start(qtbot: QtBot, tmp_path: Path) -> Iterator[Start]:
    """Starts lines of Python in place of a sweep."""
    made: list[SweepProcess] = []

    def begin(lines: str) -> SweepProcess:
        process = SweepProcess((sys.executable, "-c", lines), tmp_path)
        made.append(process)
        process.start()
        return process

    yield begin
    for process in made:
        process.stop()


def ended(qtbot: QtBot, process: SweepProcess) -> str:
    with qtbot.waitSignal(process.ended, timeout=PATIENCE_MS) as told:
        pass
    (why,) = told.args
    return str(why)


def test_it_runs_below_everything_else_and_ends_when_asked(start: Start, qtbot: QtBot) -> None:
    process = start(WAITS)
    pid = process._process.processId

    def is_nice() -> bool:
        return bool(pid()) and os.getpriority(os.PRIO_PROCESS, pid()) == NICENESS

    qtbot.waitUntil(is_nice, timeout=PATIENCE_MS)
    assert process.is_running
    process.ask_to_end()
    assert ended(qtbot, process) == ""
    assert process.was_stopped
    assert not process.is_running


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ("", ""),
        ("exit(1)", ""),  # it came to its end, but runs failed
        ("import sys; print('one failed', file=sys.stderr); exit(1)", ""),
        ("import sys; sys.exit('latent-playground: the disk is full')", "The disk is full."),
        (
            "import sys; print('reading\\rread', file=sys.stderr); print('latent-playground: no β', file=sys.stderr,"
            " end=''); exit(2)",
            "No β.",
        ),
        ("exit(3)", "The sweep ended with status 3."),
        ("import os; os.abort()", "The sweep ended with status 6."),
    ],
)
def test_what_is_said_of_its_end(start: Start, qtbot: QtBot, lines: str, why: str) -> None:
    assert ended(qtbot, start(lines)) == why


def test_a_program_that_is_not_there(qtbot: QtBot, tmp_path: Path) -> None:
    process = SweepProcess((str(tmp_path / "nothing"),), tmp_path)
    told: list[str] = []
    process.ended.connect(told.append)
    process.start()
    qtbot.waitUntil(lambda: bool(told), timeout=PATIENCE_MS)
    assert len(told) == 1
    assert told[0]
    assert not process.is_running


def test_one_that_does_not_end_is_killed(start: Start, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "ENDING_MS", 300)
    process = start("import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); signal.pause()")
    qtbot.waitUntil(lambda: bool(process._process.processId()), timeout=PATIENCE_MS)
    process.stop()
    assert not process.is_running


def test_what_it_says_of_its_runs_is_taken(start: Start, qtbot: QtBot) -> None:
    events = (
        '{"event": "begun", "run": 0}',
        '{"event": "begun", "run": 1}',
        '{"event": "progress", "run": 1, "step": 300, "share": 0.4, "seconds_left": 12.5}',
        "no line of ours",
        '{"event": "run", "run": 0, "seconds_left": 9.0}',
        '{"event": "progress", "run": 1, "step": 310, "share": 0.41, "seconds_left": 8.0}',
    )
    process = start(f"print({chr(10).join(events)!r}, flush=True); {WAITS}")
    qtbot.waitUntil(lambda: process.seconds_left == 8.0, timeout=PATIENCE_MS)
    assert process.under_way == {1: (310, 0.41)}
    process.ask_to_end()
    ended(qtbot, process)
    assert process.under_way == {}
