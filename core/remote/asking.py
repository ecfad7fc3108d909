"""Which requests for looks need not travel: panels ask ten times a second for what is made once a second."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.engine.board import View
from core.engine.look_requests import interval_at
from core.probes.look import Answer, Look

if TYPE_CHECKING:
    from core.training.snapshot import Snapshot

REPEAT_S = 0.5
"""Shortest time between two requests for the same look while neither an answer nor new weights come, s."""


@dataclass
class _Asked:
    """What was asked for, where the run was, and when: at first and last without an answer since."""

    look: Look[Any]
    life: int
    snapshot: Snapshot | None
    have: Answer[Any] | None
    first_at: float
    last_at: float


class Asking:
    """What was asked of one run. Whoever is asked has the last word, see `core.engine.look_requests`."""

    def __init__(self) -> None:
        self._asked: dict[Hashable, _Asked] = {}

    def is_due(self, look: Look[Any], view: View, now: float) -> bool:
        """Whether to send a request at time ``now``, s, where ``view`` is the newest known; it counts as sent then."""
        kind = (type(look), look.job)
        have = view.looks.before(look)
        last = self._asked.get(kind)
        first_at = now
        if last is not None and last.life == view.life and last.look.slot == look.slot and last.look.key == look.key:
            if have is last.have:
                if view.snapshot is last.snapshot and now - last.last_at < REPEAT_S:
                    return False
                first_at = last.first_at
            elif now - last.first_at < interval_at(view, look, have):
                return False
        self._asked[kind] = _Asked(look, view.life, view.snapshot, have, first_at, now)
        return True
