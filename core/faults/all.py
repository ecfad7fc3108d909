"""Every fault, in the order in which they are run."""

from __future__ import annotations

from core.faults import edits, engines, files, hands, replays, saves, signals, surroundings, wire
from core.faults.base import Fault

FAULTS: tuple[Fault, ...] = (
    *saves.FAULTS,
    *signals.FAULTS,
    *surroundings.FAULTS,
    *files.FAULTS,
    *hands.FAULTS,
    *replays.FAULTS,
    *wire.FAULTS,
    *engines.FAULTS,
    *edits.FAULTS,
)
