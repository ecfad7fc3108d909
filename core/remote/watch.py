"""An engine ends with its window, whatever it does just then: it may still import torch, or compute a long slice."""

from __future__ import annotations

import os
import select
import sys
import threading
import time

GRACE_S = 1.5
"""Time to end in order once the window is gone, s."""


def end_with_other_side(file: int, grace_s: float = GRACE_S) -> None:
    """From now on end this process, ``grace_s`` after the other end of an open ``file`` was closed at the latest.

    Not on Windows, where nothing tells that before it is read.
    """
    if sys.platform == "win32":
        return
    threading.Thread(target=_watch, args=(file, grace_s), name="end with the window", daemon=True).start()


def _watch(source: int, grace_s: float) -> None:
    poll = select.poll()
    poll.register(source, 0)  # for nothing but its end, which is always told
    poll.poll()
    time.sleep(grace_s)
    os._exit(1)
