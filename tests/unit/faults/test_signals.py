"""Short forms of the faults of signals: a start, a training and a window end in order."""

from __future__ import annotations

import os
import signal

import pytest

from core.faults import signals
from core.faults.signals import Ended

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs signals")


def test_early_signals_end_quietly() -> None:
    assert signals.early(4, 1) == []


def test_late_signals_lose_nothing() -> None:
    assert signals.late(2, 1) == []  # a window and a training


def test_a_job_in_the_background_still_interrupts_what_it_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signals, "NUMBERS", (signal.SIGINT,))
    monkeypatch.setattr(signals, "PATIENCE_S", 20.0)
    monkeypatch.setattr(signals, "WINDOW_EVERY", 1_000)
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        assert signals.late(1, 1) == []
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("status", [0, 1, -15, -6])
def test_a_wrong_end_is_noticed(status: int) -> None:
    assert f"status {status} after SIGTERM" in Ended(status, "", "").trouble(signal.SIGTERM)
    assert "traceback" in Ended(143, "", "Traceback (most recent call last):").trouble(signal.SIGTERM)
    assert Ended(143, "", "").trouble(signal.SIGTERM) == ""


def test_only_before_the_first_line_python_may_answer_itself() -> None:
    before = 'Traceback (most recent call last):\n  File "core/cli/start.py", line 0, in <module>\nKeyboardInterrupt\n'
    later = before.replace("line 0", "line 9")
    assert Ended(-2, "", before).trouble(signal.SIGINT, is_early=True) == ""
    assert Ended(-2, "", "").trouble(signal.SIGINT, is_early=True) == ""
    assert "status -2" in Ended(-2, "", later).trouble(signal.SIGINT, is_early=True)
    assert "status -2" in Ended(-2, "", before).trouble(signal.SIGINT)
