"""Cores that other programs keep busy are told from those that are free, and from this program's own work."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.foundation import busy_cores as busy
from core.foundation.busy_cores import busy_cores, work_ticks

LINES = """\
cpu  999 999 999 999 999 999 999 999 999 999
cpu0 100 20 30 4000 500 6 7 8 90 10
cpu1 1 2 3 4 5 6 7 8 9 10
cpu10 5 0 0 9 9 0 0 0 0 0
intr 1234
""".splitlines()


def test_idle_waiting_and_guests_are_no_work_and_other_cores_do_not_count() -> None:
    assert work_ticks(LINES, [0]) == 100 + 20 + 30 + 6 + 7 + 8
    assert work_ticks(LINES, [1, 10]) == (1 + 2 + 3 + 6 + 7 + 8) + 5
    assert work_ticks(LINES, [7]) == 0


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere the load average counts")
def test_work_of_others_counts_and_our_own_does_not(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Two seconds of work in one second, of which this process is said to have done 0.75."""
    stat, hz = tmp_path / "stat", 100
    core = min(busy.os.sched_getaffinity(0))
    now, used = [0.0], [5.0]

    def write() -> None:
        stat.write_text(f"cpu {now[0]}\ncpu{core} {round(2 * hz * now[0])} 0 0 0\n")

    def sleep(seconds: float) -> None:
        now[0] += seconds
        used[0] += 0.75 * seconds
        write()

    write()
    monkeypatch.setattr(busy, "PROC_STAT", stat)
    monkeypatch.setattr(busy.os, "sysconf", lambda name: hz)
    monkeypatch.setattr(busy.time, "sleep", sleep)
    monkeypatch.setattr(busy.time, "perf_counter", lambda: now[0])
    monkeypatch.setattr(busy.time, "process_time", lambda: used[0])
    assert busy_cores(1.0) == pytest.approx(1.25)
    monkeypatch.setattr(busy, "PROC_STAT", tmp_path / "nothing")
    assert busy_cores(1.0) == 0.0


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere the load average counts")
def test_a_busy_process_is_noticed() -> None:
    with subprocess.Popen([sys.executable, "-c", "print(flush=True)\nwhile True: pass"], stdout=subprocess.PIPE) as hog:
        try:
            assert hog.stdout is not None
            hog.stdout.readline()
            until = time.monotonic() + 20
            while busy_cores(0.1) < 0.3:  # others may leave it little at first
                assert time.monotonic() < until
        finally:
            hog.kill()
