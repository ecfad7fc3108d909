"""How many of the cores that this process may use other programs keep busy."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from pathlib import Path

WATCHED_S = 0.2
"""Time that is watched, s: twenty of the ticks in which Linux counts."""
PROC_STAT = Path("/proc/stat")
IDLE_COLUMNS = (3, 4)
"""Columns of a processor's line in `PROC_STAT` that are no work: idle, and waiting for a disk."""
WORK_COLUMNS = 8
"""Columns of that line that count time; guests, which follow, are in them already."""


def busy_cores(seconds: float = WATCHED_S) -> float:
    """Cores that other programs use, on average over the next ``seconds``, which it waits; 0 where nobody knows.

    On Linux the time that each core worked, less what this process used; on other systems the load average, which is of
    a minute.
    """
    if not hasattr(os, "sched_getaffinity"):
        return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    began, own, worked = time.perf_counter(), time.process_time(), _worked_s()
    time.sleep(seconds)
    spent, used = time.perf_counter() - began, time.process_time() - own
    return max(0.0, (_worked_s() - worked - used) / spent)


def _worked_s() -> float:
    """Time that the cores of this process have worked since the system began, s; 0 where the system does not say."""
    try:
        lines = PROC_STAT.read_text().splitlines()
    except OSError:
        return 0.0
    return work_ticks(lines, os.sched_getaffinity(0)) / os.sysconf("SC_CLK_TCK")


def work_ticks(lines: Iterable[str], cores: Iterable[int]) -> int:
    """Ticks in which these cores worked, from the lines of `PROC_STAT`, proc(5); time stolen by a host is work."""
    wanted, total = {f"cpu{core}" for core in cores}, 0
    for line in lines:
        name, *ticks = line.split() or [""]
        if name in wanted:
            work = (int(each) for column, each in enumerate(ticks[:WORK_COLUMNS]) if column not in IDLE_COLUMNS)
            total += sum(work)
    return total
