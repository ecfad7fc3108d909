"""When the next copy of a run's weights is due."""

from __future__ import annotations

import time

SNAPSHOT_S = 0.25
"""Shortest time between two copies of the weights, s: panels draw what they decode four times a second at most."""
SNAPSHOT_SHARE = 0.05
"""Largest share of the training time that goes into copying weights."""
UNREAD_SNAPSHOT_S = 1.0
"""Time between two copies while nobody looks, s: a failing run falls back to the last one."""
UNIT_SHARE = 0.01
"""Largest share of the training time for the units of a run's codes, unless that makes it wait `LONGEST_WAIT_S`."""
STALLED_S = 5.0
"""Longest time to the next copy, s: one that was slow because the machine was busy must not stop all pictures."""
LONGEST_WAIT_S = 1.0
"""Longest time between two copies for the sake of their units, s."""


def snapshot_wait_s(cost_s: float, unit_s: float, was_read: bool) -> float:
    """Time from one copy of the weights to the next, s.

    The last one cost ``cost_s``, with ``unit_s`` for the unit of its codes, and somebody read it or nobody did.
    """
    copy_wait = min(cost_s / SNAPSHOT_SHARE, STALLED_S)
    wait = max(SNAPSHOT_S, copy_wait, min(unit_s / UNIT_SHARE, LONGEST_WAIT_S))
    return wait if was_read else max(wait, UNREAD_SNAPSHOT_S)


class SnapshotPace:
    """Made with the first snapshot of a run, whose cost does not count: it prepared what later ones use."""

    def __init__(self) -> None:
        self._made_at = time.perf_counter()
        self._cost_s = 0.0

    def note(self, cost_s: float) -> None:
        """A snapshot was made just now, and kept the thread from training for so long, see `devices.spent_s`."""
        self._made_at = time.perf_counter()
        self._cost_s = cost_s

    def is_due(self, now: float, unit_s: float, was_read: bool) -> bool:
        """Whether it is time for the next snapshot, see `snapshot_wait_s`."""
        return now - self._made_at >= snapshot_wait_s(self._cost_s, unit_s, was_read)
