"""Priorities of threads: what computes for long yields to the window."""

from __future__ import annotations

import contextlib
import os
import sys
import threading


def lower_priority(niceness: int) -> None:
    """Lower the priority of the calling thread, on Linux: 0 is that of the window, 19 the lowest."""
    if sys.platform.startswith("linux"):
        with contextlib.suppress(OSError):  # a sandbox may forbid it; the work is done anyway
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), niceness)
