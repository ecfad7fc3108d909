"""Every fault, in the order in which they are run."""

from __future__ import annotations

from core.faults import (
    agreement,
    disks,
    divergence,
    edits,
    engines,
    files,
    hands,
    replays,
    saves,
    signals,
    sleeps,
    storms,
    surroundings,
    wire,
)
from core.faults.base import Fault

FAULTS: tuple[Fault, ...] = (
    *saves.FAULTS,
    *disks.FAULTS,
    *signals.FAULTS,
    *sleeps.FAULTS,
    *surroundings.FAULTS,
    *files.FAULTS,
    *hands.FAULTS,
    *divergence.FAULTS,
    *replays.FAULTS,
    *agreement.FAULTS,
    *wire.FAULTS,
    *engines.FAULTS,
    *edits.FAULTS,
    *storms.FAULTS,
)
