"""Every fault, in the order in which they are run."""

from __future__ import annotations

from core.faults import engines, files, hands, saves, signals, wire
from core.faults.base import Fault

FAULTS: tuple[Fault, ...] = (
    *saves.FAULTS,
    *signals.FAULTS,
    *files.FAULTS,
    *hands.FAULTS,
    *wire.FAULTS,
    *engines.FAULTS,
)
